# SPDX-License-Identifier: GPL-2.0-or-later
"""A mediated device: the kernel's sample serial card, whose ports send back what they get."""

from labkit.case import Case, never, shows
from labkit.host import MTTY_UUID

# The port is opened once for writing and reading: the card forgets its bytes when it is closed.
ECHO = """
section pci pci_ids
section ports sh -c 'dmesg | grep -E "ttyS|8250|0000:00:05"'
section resource cat /sys/bus/pci/devices/0000:00:05.0/resource
section irqs-before cat /proc/interrupts
stty -F /dev/ttyS1 9600 raw -echo
exec 5<>/dev/ttyS1
for word in alpha bravo charlie; do
    echo $word >&5
    answer=
    read -t 10 -r answer <&5
    echo "sent $word, got $answer"
done
section irqs-after cat /proc/interrupts
exec 5>&-
"""


def by_interrupt(seen):
    """The card's interrupt line counted up while bytes came back: nothing was polled."""
    before, after = (irq_count(seen, f"guest:irqs-{when}") for when in ("before", "after"))
    seen.expect(after > before, f"guest: interrupts of ttyS1 went from {before} to {after}")


def irq_count(seen, section):
    """Interrupts of ttyS1 so far; its line appears when the port is first opened."""
    lines = [line for line in seen.text(section).splitlines() if "ttyS1" in line]
    return sum(int(word) for line in lines for word in line.split()[1:] if word.isdigit())


MADE = "mdev-parent=mtty,mdev-type=mtty-2"
UUID = "5e55a7e5-0000-4000-8000-00000000abcd"

# Emulator and guest are killed. While they live, another one that wants the same device is refused.
KILLED = f"""
ours() {{ ls -1 /sys/bus/mdev/devices | grep -v {MTTY_UUID}; }}
other() {{ "$EMULATOR" -accel kvm -nodefaults -display none -device "vfio-pci,mdev-parent=mtty,$1"; }}
emulate -pidfile pid &
for _ in $(seq 600); do grep -q 'lab: guest init' guest.log && break; sleep 0.1; done
section during ours
other "mdev-type=mtty-2,mdev-uuid=$(ours)" 2>second.log
kill -KILL $(cat pid)
wait
section left ours
"""

# The next one finds what they left,
AGAIN = KILLED + "emulate\n"

# or somebody has it by then: it stays until he lets go, and the next one looks, even if it gets no further.
HELD = KILLED + """
exec 7<>/dev/vfio/$(basename "$(readlink "/sys/bus/mdev/devices/$(ours)/iommu_group")")
emulate
section held ours
exec 7>&-
other mdev-type=none 2>third.log
true
"""


def devices(section, count):
    """A check: so many mediated devices beside that of the lab were there."""
    def check(seen):
        found = [line for line in seen.text(section).split() if line != MTTY_UUID]
        seen.expect(len(found) == count, f"{section}: {len(found)} mediated devices that guests brought, not {count}")
    return check


def mtty(name, about, source="sysfsdev=$MTTY", more_checks=(), **rest):
    """A case with the serial card at 00:05.0."""
    return Case(
        name=name, about=about, arguments=f"-device vfio-pci,addr=05.0,{source}", guest=ECHO,
        report=(
            ("the guest's PCI bus:", "guest:pci", "00:05.0"),
            ("its serial driver found the card:", "guest:ports", "ttyS1"),
            ("what was sent came back:", "guest", "^sent"),
            ("interrupts of the card:", "guest", r"IO-APIC.*ttyS1"),
        ),
        checks=(
            shows("guest:pci", r"^0000:00:05.0 4348:3253 070002$"),
            shows("guest:ports", r"0000:00:05\.0: ttyS1 at I/O 0x\w+ \(irq = \d+"),
            shows("guest", "sent alpha, got alpha", "sent bravo, got bravo", "sent charlie, got charlie"),
            by_interrupt,
            never("dmesg", "mtty.*(invalid|error)"),
            *more_checks,
        ), **rest)


def made(name, about, settings=MADE, more_checks=(), quiet=never("stderr", "^qemu-system"), **rest):
    """The same with a card that is made for the guest and gone afterwards, and no word about it."""
    checks = (devices("after:devices", 0), devices("after:records", 0), quiet, *more_checks)
    return mtty(name, f"{about} (stock makes no devices)", settings, checks, only="ours",
                after="section devices ls -1 /sys/bus/mdev/devices\nsection records ls -1 /run/qemu-igd/mdev", **rest)


KILLED_CHECKS = (devices("stdout:during", 1), devices("stdout:left", 1),
                 shows("second", r"^qemu-system.* belongs to another emulator, process \d+$"))

CASES = [
    mtty("mdev", "mtty through sysfsdev=; bytes come back by interrupt", main=True),
    mtty("mdev-no-kvm-intx", "the same, every interrupt through the emulator", "sysfsdev=$MTTY,x-no-kvm-intx=on"),
    mtty("mdev-no-mmap", "the same without direct mappings", "sysfsdev=$MTTY,x-no-mmap=on"),
    mtty("mdev-relative", "the path has a slash too much", "sysfsdev=/sys/bus/mdev/devices/../devices/${MTTY##*/}/"),
    mtty("mdev-uuid", "a device that is there by its UUID alone (a setting stock does not have); it stays",
         "mdev-uuid=${MTTY##*/}", (shows("after", MTTY_UUID),), after="ls -1 /sys/bus/mdev/devices", only="ours"),
    made("mdev-made", "the card is made for the guest, and gone afterwards"),
    made("mdev-made-named", "the same, the type by its description, with a UUID",
         f'mdev-parent=mtty,mdev-type="Dual port serial",mdev-uuid={UUID}'),
    made("mdev-killed", "the emulator is killed; the next one removes what is left", run=AGAIN,
         more_checks=KILLED_CHECKS),
    made("mdev-killed-uuid", "the same when both want one UUID", f"{MADE},mdev-uuid={UUID}", run=AGAIN,
         more_checks=KILLED_CHECKS + (shows("stdout:left", UUID),)),
    made("mdev-killed-held", "what is left is in use by somebody else", run=HELD,
         quiet=never("stderr", "error"),
         more_checks=KILLED_CHECKS + (
             devices("stdout:held", 1), shows("stderr", "warning: the mediated device .* stays: somebody still uses it"),
             shows("third", "mdev-type=none: there is no such type"))),
    Case(
        name="mdev-help",
        about="what the host's kernel offers, as tables (stock has none)",
        run='"$EMULATOR" -device vfio-pci,mdev-parent=help && "$EMULATOR" -device vfio-pci,mdev-type=help',
        checks=(
            shows("stdout", r"^PARENT +DRIVER +TYPES +DEVICES +WHAT$", r"^mtty +- +2 +1 +-$", r"^mdpy ", r"^mbochs ",
                  r"^mtty +mtty-2 +\d+ +vfio-pci +- +Dual port serial ",
                  r"^mdpy +mdpy-xga +\d+ +vfio-pci +1024x768 ", r"^mbochs +mbochs-small +\d+ +vfio-pci +yes "),
            never("stderr", "."),
        ),
        only="ours"),
]
