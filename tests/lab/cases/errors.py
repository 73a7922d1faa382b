# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that cannot be assigned: the emulator says why, ends with status 1, and harms nothing.

Each row gives stock QEMU's words and ours as regular expressions; the device's state on the host is
the same afterwards as before.
"""

from labkit.case import Case, says, shows

BARE_MACHINE = "-M pc -accel kvm -m 128 -nodefaults -no-user-config -display none"

# What the host holds, before and after: bindings, and whether each group can be opened.
HOST_STATE = """
for device in $IGD $NVME $SCRATCH $NOT_VIABLE $NOT_BOUND; do
    driver=$(readlink /sys/bus/pci/devices/0000:$device/driver)
    echo "$device ${driver##*/} $(cat /sys/bus/pci/devices/0000:$device/enable)"
done
ls -l /dev/vfio
"""

AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"

# Another process that holds the group, as another running guest does.
HOLD_GROUP = """
exec 9<>/dev/vfio/$(basename $(readlink /sys/bus/pci/devices/0000:$NVME/iommu_group))
"""


def state_kept(seen):
    """The host is as it was."""
    before, after = seen.text("before:state"), seen.text("after:state")
    seen.expect(before == after, f"the host's state changed:\n{before}---\n{after}")


def error(name, about, arguments, stock, ours, **more):
    """A case in which the emulator must give up while it starts; more are fields of Case."""
    state = f"host_state() {{\n{HOST_STATE}\n}}\nsection state host_state\n"
    before = more.pop("before", "") + "\n" + state
    after = state + more.pop("after", "")
    checks = (says(stock, ours), state_kept, *more.pop("checks", ()))
    return Case(name=f"errors-{name}", about=about, machine=BARE_MACHINE, arguments=arguments, status=1,
                timeout=30, before=before, after=after, checks=checks, **more)


CASES = [
    error("no-device", "there is no such device on the host", "-device vfio-pci,host=00:1d.0",
          stock=r"0000:00:1d\.0.*No such file or directory", ours=r"0000:00:1d\.0"),
    error("no-mdev", "there is no such mediated device",
          "-device vfio-pci,sysfsdev=/sys/class/mdev_bus/mtty/00000000-0000-0000-0000-000000000000",
          stock=r"00000000-0000.*No such file or directory", ours=r"00000000-0000"),
    error("no-group", "the path is a device without an IOMMU group",
          "-device vfio-pci,sysfsdev=/sys/devices/platform/serial8250",
          stock=r"no iommu_group found: No such file or directory", ours=r"serial8250.*(no iommu_group|not a PCI or mediated device)"),
    error("not-bound", "the device is not bound to vfio-pci", "-device vfio-pci,host=$NOT_BOUND",
          stock=r"/dev/vfio/\d+.*No such file or directory", ours=r"(?=.*0000:00:08\.0)(?=.*vfio-pci)"),
    error("not-viable", "another device of the group belongs to a host driver",
          "-device vfio-pci,host=$NOT_VIABLE", stock=r"group \d+ is not viable",
          ours=r"(?=.*group \d+ is not viable)(?=.*0000:00:07\.1)"),
    error("busy", "another process holds the group", "-device vfio-pci,host=$NVME",
          run=f"{HOLD_GROUP}\n(exec 9>&-; emulate)",
          stock=r"/dev/vfio/\d+.*Device or resource busy", ours=r"(?=.*/dev/vfio/\d+)(?=.*busy)"),
    error("permission", "an ordinary user may not open the group", "-device vfio-pci,host=$NVME",
          run=f"chmod 666 /dev/kvm\nAS='{AS_NOBODY}'\nemulate", after="chmod 600 /dev/kvm",
          stock=r"/dev/vfio/\d+.*Permission denied", ours=r"(?=.*/dev/vfio/\d+)(?=.*Permission denied)"),
    error("memlock", "the user may not pin the guest's memory", "-device vfio-pci,host=$NVME",
          before="group=/dev/vfio/$(basename $(readlink /sys/bus/pci/devices/0000:$NVME/iommu_group))\n"
                 "chmod 666 /dev/kvm $group",
          run=f"AS='prlimit --memlock=65536:65536 {AS_NOBODY}'\nemulate",
          after="group=/dev/vfio/$(basename $(readlink /sys/bus/pci/devices/0000:$NVME/iommu_group))\n"
                "chmod 600 /dev/kvm $group",
          stock=r"Cannot allocate memory", ours=r"(?i)(?=.*memlock|.*locked)",
          checks=(shows("dmesg", r"RLIMIT_MEMLOCK"),)),
]
