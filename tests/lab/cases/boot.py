# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest without assigned devices: boot, power-off, reboot, several CPUs."""

from labkit.case import MACHINE_THAT_REBOOTS, Case, never, shows

LOOK_AROUND = """
section cpuinfo grep -E 'processor|vendor_id|model name|apicid|flags' /proc/cpuinfo
section iomem cat /proc/iomem
section interrupts cat /proc/interrupts
section pci pci_ids
section acpi sh -c 'dmesg | grep -i acpi'
section dmesg dmesg
"""

# The kernel's own complaints about what firmware and machine told it.
KERNEL_TROUBLE = (r"Firmware Bug", r"ACPI (Error|Warning|BIOS Error)", r"BUG:", r"Call Trace",
                  r"can't claim", r"nobody cared", r"unchecked MSR")

def boots(count):
    """A check: the guest's init started that many times."""
    def check(seen):
        found = seen.text("guest").count("lab: guest init")
        seen.expect(found == count, f"guest: init started {found} times, not {count}")
    return check


def online(count):
    """A check: the guest sees that many CPUs, and all take interrupts."""
    def check(seen):
        shows("guest:online", rf"^0-{count - 1}$")(seen)
        processors = seen.text("guest:cpuinfo").count("processor")
        seen.expect(processors == count, f"guest: {processors} CPUs in /proc/cpuinfo, not {count}")
        timers = [line for line in seen.text("guest:interrupts").splitlines() if "LOC:" in line]
        counts = [int(word) for word in timers[0].split()[1:count + 1]] if timers else []
        seen.expect(len(counts) == count and all(counts), f"guest: timer interrupts {counts}")
    return check


def smp(name, arguments, count, **more):
    """A case with several CPUs."""
    return Case(
        name=name, about=f"{count} CPUs by {arguments}", arguments=arguments,
        guest=LOOK_AROUND + """
section online cat /sys/devices/system/cpu/online
section packages sh -c 'cat /sys/devices/system/cpu/cpu*/topology/physical_package_id | sort -u | wc -l'
""",
        checks=(online(count), shows("guest", "lab: guest ends"),
                *more.pop("checks", ())), **more)


CASES = [
    Case(
        name="boot",
        about="the distribution's kernel boots to init and powers the machine off",
        guest=LOOK_AROUND,
        checks=(
            shows("firmware", r"SeaBIOS \(version"),
            shows("guest:cpuinfo", r"vendor_id\s*: AuthenticAMD"),
            shows("guest:iomem", r"System RAM", r"IOAPIC 0", r"Local APIC", r"^00100000-1\w{7} : System RAM"),
            # no line of the old timer: a kernel that knows the CPU's frequency may do without
            shows("guest:interrupts", r"LOC: +[1-9]\d+ ", r"IO-APIC .*ttyS0", r"IO-APIC .*acpi",
                  r"IO-APIC .*rtc0"),
            shows("guest:pci", r"^0000:00:00.0 8086:1237 060000$", r"^0000:00:01.0 8086:7000 060100$",
                  r"^0000:00:01.3 8086:7113 068000$"),
            shows("guest:acpi", r"ACPI: RSDP", r"ACPI: FACP", r"ACPI: DSDT", r"ACPI: APIC",
                  r"ACPI: PCI Root Bridge", r"ACPI: Interpreter enabled", r"ACPI: PM: \(supports.* S5"),
            never("guest:dmesg", *KERNEL_TROUBLE),
            shows("guest", "lab: guest ends"),
            boots(1),
        )),
    Case(
        name="reboot", about="the guest reboots, comes up again, and powers off",
        guest="reboot_once", machine=MACHINE_THAT_REBOOTS,
        checks=(boots(2), shows("guest", "boots before: 0", "boots before: 1", "lab: guest ends"))),
    Case(
        name="no-reboot", about="the guest's reboot ends an emulator that was started with -no-reboot",
        guest="echo 'lab: rebooting'; reboot -f",
        checks=(boots(1), shows("guest", "lab: rebooting"), never("guest", "lab: guest ends"))),
    smp("smp-2", "-smp 2", 2),
    smp("smp-4-sockets", "-smp 4,sockets=2,cores=2", 4, checks=(shows("guest:packages", "^2$"),)),
]
