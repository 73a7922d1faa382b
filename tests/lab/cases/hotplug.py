# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that come and go while the guest runs, told by ACPI."""

import hashlib

from labkit import places
from labkit.case import Case, never, shows

# What the management tool says over QMP, each when the guest's console (or QMP itself) shows that it is time.
# Waits are bounded: without an answer the rest is said at once, and the checks fail.
TALK = """{
    wait_in() { for _ in $(seq 400); do grep -q "$2" $1 2>/dev/null && return; sleep 0.1; done; }
    echo '{"execute": "qmp_capabilities"}'
    %s
    wait_in guest.log 'lab: guest ends'
} | emulate -qmp stdio"""

DEVICE = "/sys/bus/pci/devices/0000:00:06.0"

# There and away, as conditions for wait_for, which gives up after ten seconds.
WAITS = f"""
there() {{ test -e {DEVICE}; }}
away() {{ ! test -e {DEVICE}; }}
"""


def talk(*steps):
    """A run: (file, what must be in it, the command that is then sent); $NAMES of the host are known.

    A command that begins with "!" is one of the host's shell.
    """
    lines = []
    for file, pattern, command in steps:
        if command.startswith("!"):
            lines.append(f"wait_in {file} '{pattern}'\n    {command[1:]}")
            continue
        quoted = command.replace('"', '\\"')
        lines.append(f"wait_in {file} '{pattern}'\n    echo \"{quoted}\"")
    return TALK % "\n    ".join(lines)


def add(source):
    """The command that plugs the device in."""
    return ('{"execute": "device_add", "arguments": {"driver": "vfio-pci", "id": "hot", "addr": "6.0", '
            f'{source}}}}}')


UUID = "5e55a7e5-0000-4000-8000-00000000beef"
DELETE = '{"execute": "device_del", "arguments": {"id": "hot"}}'
DELETED = r'"event": "DEVICE_DELETED", "data": {"device": "hot", "path": "/machine/peripheral/hot"}'

SERIAL = WAITS + r"""
section before pci_ids
echo "lab: ready for the device"
wait_for there
wait_for sh -c 'dmesg | grep -q "06.0: ttyS1"'
section added pci_ids
section ports sh -c 'dmesg | grep -E "0000:00:06"'
stty -F /dev/ttyS1 9600 raw -echo
exec 5<>/dev/ttyS1
echo alpha >&5
answer=
read -t 10 -r answer <&5
echo "sent alpha, got $answer"
exec 5>&-
echo "lab: device works"
wait_for away
section removed pci_ids
echo "lab: ready for another"
wait_for there
sleep 1
section again pci_ids
echo 0 >/sys/bus/pci/slots/6/power
wait_for away
section ejected pci_ids
section dmesg dmesg
"""

DISK = WAITS + r"""
echo "lab: ready for the device"
load_modules
wait_for there
wait_for test -b /dev/nvme0n1
section added pci_ids
section sum sha256sum /dev/nvme0n1
section interrupts grep nvme /proc/interrupts
echo "lab: device works"
wait_for away
section removed pci_ids
section disks ls /dev
section dmesg dmesg
"""

TROUBLE = (r"BUG:", r"Call Trace", r"ACPI (Error|Warning|BIOS Error)", r"nobody cared")


def deleted(count):
    """A check: QMP told so many times that the device is gone."""
    def check(seen):
        found = seen.text("stdout").count(DELETED)
        seen.expect(found == count, f"QMP: DEVICE_DELETED {found} times, not {count}")
    return check


def checksum(seen):
    """The guest read what is on the disk."""
    expected = hashlib.sha256(places.DISK.read_bytes()).hexdigest()
    shows("guest:sum", rf"^{expected} ")(seen)


def serial(name, about, source, looks=((), ()), more_checks=(), **rest):
    """A case with the serial card that is plugged in twice; looks are steps while it is there, and when it has gone."""
    return Case(
        name=name, about=about, guest=SERIAL,
        run=talk(
            ("guest.log", "lab: ready for the device", add(source)),
            *looks[0],
            ("guest.log", "lab: device works", DELETE),
            *looks[1],
            ("guest.log", "lab: ready for another", add(source))),
        checks=(
            never("guest:before", r"^0000:00:06"),
            shows("guest:added", r"^0000:00:06.0 4348:3253 070002$"),
            shows("guest:ports", r"06\.0: ttyS1 at I/O 0x\w+ \(irq = \d+"),
            shows("guest", "sent alpha, got alpha", "lab: guest ends"),
            never("guest:removed", r"^0000:00:06"),
            shows("guest:again", r"^0000:00:06.0 4348:3253 070002$"),
            never("guest:ejected", r"^0000:00:06"),
            never("guest", "lab: gave up"),
            never("guest:dmesg", *TROUBLE),
            deleted(2),
            never("stdout", '"error"'),
            *more_checks,
        ), **rest)


CASES = [
    serial("hotplug", "a mediated device is plugged in, works, is let go; plugged in again, the guest ejects it",
           '"sysfsdev": "$MTTY"'),
    serial("hotplug-mdev-made", "the same with a device that is made by device_add and goes with device_del (not stock's)",
           f'"mdev-parent": "mtty", "mdev-type": "mtty-2", "mdev-uuid": "{UUID}"',
           ([("guest.log", "lab: device works", "!ls -1 /sys/bus/mdev/devices >plugged.log")],
            [("stdout.log", "DEVICE_DELETED", "!ls -1 /sys/bus/mdev/devices >unplugged.log")]),
           (shows("plugged", UUID), never("unplugged", UUID), never("after", UUID)),
           after="ls -1 /sys/bus/mdev/devices", only="ours"),
    Case(
        name="hotplug-nvme",
        about="a device with DMA and MSI-X is plugged into a running guest, read, and let go",
        guest=DISK,
        run=talk(
            ("guest.log", "lab: ready for the device", add('"host": "$NVME"')),
            ("guest.log", "lab: device works", DELETE)),
        checks=(
            shows("guest:added", r"^0000:00:06.0 \w{4}:\w{4} 010802$"),
            shows("guest:interrupts", r"PCI-MSI"),
            checksum,
            never("guest:removed", r"^0000:00:06"),
            never("guest:disks", r"^nvme0n1$"),
            never("guest", "lab: gave up"),
            never("guest:dmesg", *TROUBLE),
            deleted(1),
            never("stdout", '"error"'),
        )),
]
