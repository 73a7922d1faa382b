# SPDX-License-Identifier: GPL-2.0-or-later
"""Small devices that the guest's own drivers find: panic notifier, VM generation ID, notes for crash dumps."""

from labkit.case import Case, never, shows

GUID = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"

# Little endian in its first three fields.
GUID_IN_MEMORY = "af 6e 4e 32 d1 d1 f6 4b bf 41 b9 bb 6c 91 fb 87"

LOOK = r"""
load_modules
files=/sys/firmware/qemu_fw_cfg/by_name
section acpi sh -c 'ls -1 /sys/bus/acpi/drivers/vmgenid'
section guid sh -c "dd if=$files/etc/vmgenid_guid/raw bs=1 skip=40 count=16 2>/dev/null | od -A n -t x1"
section address od -A n -t x8 $files/etc/vmgenid_addr/raw
section notes od -A n -t x2 $files/etc/vmcoreinfo/raw
section port od -A n -t x2 $files/etc/pvpanic-port/raw
section drivers sh -c 'ls -d /sys/bus/platform/drivers/pvpanic-mmio/QEMU0001* /sys/bus/pci/drivers/pvpanic-pci/0000*'
section memory cat /proc/iomem
section dmesg dmesg
"""

# The words of QMP come on the emulator's standard output.
PANIC_TOLD = """{
    echo '{"execute": "qmp_capabilities"}'
    for _ in $(seq 400); do grep -q '"SHUTDOWN"' stdout.log && break; sleep 0.1; done
} | emulate -qmp stdio"""


def address_in_reserved_memory(seen):
    """Firmware told where the ID is, and that is memory the guest's kernel leaves alone."""
    words = seen.text("guest:address").split()
    address = int(words[0], 16) if words else 0
    seen.expect(address % 4096 == 40, f"guest: the address of the ID is {address:#x}")
    inside = False
    for line in seen.text("guest:memory").splitlines():
        span, _, name = line.strip().partition(" : ")
        first, _, last = span.partition("-")
        if name == "Reserved" and int(first, 16) <= address <= int(last, 16):
            inside = True
    seen.expect(inside, f"guest: the ID at {address:#x} is not in reserved memory")


CASES = [
    Case(
        name="small-devices",
        about="VM generation ID, panic notifiers and the notes for crash dumps, as the guest's drivers see them",
        arguments=f"-device vmgenid,guid={GUID} -device vmcoreinfo -device pvpanic -device pvpanic-pci,addr=7",
        guest=LOOK,
        checks=(
            shows("guest:acpi", r"^QEMUVGID:00$"),
            shows("guest:guid", GUID_IN_MEMORY),
            address_in_reserved_memory,
            shows("guest:notes", r"^ \w{4} 0001 (?!0000 0000)"),
            shows("guest:port", r"^ 0505$"),
            shows("guest:drivers", r"QEMU0001:00$", r"pvpanic-pci/0000:00:07\.0$"),
            never("guest:dmesg", r"BUG:", r"Call Trace", r"ACPI (Error|Warning|BIOS Error)"),
            shows("guest", "lab: guest ends"),
        )),
    Case(
        name="panic",
        about="a guest that panics tells so, and the machine ends as -action panic= says",
        arguments="-device pvpanic -action panic=exit-failure",
        guest="load_modules\necho 'lab: panic now'\necho c >/proc/sysrq-trigger\n",
        run=PANIC_TOLD, status=1,
        checks=(
            shows("guest", "lab: panic now"),
            never("guest", "lab: guest ends"),
            shows("stdout", r'"event": "GUEST_PANICKED", "data": {"action": "(poweroff|pause)"}',
                  r'"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-panic"}'),
        )),
]
