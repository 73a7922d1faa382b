# SPDX-License-Identifier: GPL-2.0-or-later
"""A real PCI device with DMA and MSI-X: an NVMe disk, read whole by the guest."""

import hashlib

from labkit import places
from labkit.case import Case, never, shows

READ_ALL = """
load_modules
wait_for test -b /dev/nvme0n1
section pci pci_ids
section disk sha256sum /dev/nvme0n1
section size cat /sys/block/nvme0n1/size
section interrupts cat /proc/interrupts
section memory grep MemTotal /proc/meminfo
section nvme sh -c 'dmesg | grep -i nvme'
"""

WRITE_AND_READ = """
load_modules
wait_for test -b /dev/nvme0n1
dd if=/dev/urandom of=/tmp/pattern bs=64k count=32 2>/dev/null
dd if=/tmp/pattern of=/dev/nvme0n1 bs=64k conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
section written sha256sum /tmp/pattern
section read sh -c 'dd if=/dev/nvme0n1 bs=64k count=32 2>/dev/null | sha256sum'
"""


def all_bytes_equal(seen):
    """The guest read what the host's file holds, and it is all there."""
    content = places.DISK.read_bytes()
    expected = hashlib.sha256(content).hexdigest()
    shows("guest:size", rf"^{len(content) // 512}$")(seen)
    shows("guest:disk", rf"^{expected} ")(seen)


# Reading the disk takes less than a hundred; a line that is unmasked too early raises 290,000.
INTERRUPT_STORM = 1000


def counts(pattern, words):
    """A check: interrupts of the disk, delivered that way, counted up, and not more than it takes."""
    def check(seen):
        lines = [line for line in seen.text("guest:interrupts").splitlines() if "nvme" in line]
        total = sum(int(word) for line in lines for word in line.split()[1:] if word.isdigit())
        seen.expect(total > 0, f"guest: no interrupts of the disk ({words})")
        seen.expect(total < INTERRUPT_STORM, f"guest: {total} interrupts of the disk ({words})")
        for line in lines:
            seen.expect(pattern in line, f"guest: interrupts not by {words}: {line.strip()}")
    return check


def nvme(name, about, more="", arguments="", interrupt=("PCI-MSI", "MSI-X"), checks=(), **rest):
    """A case with the read-only disk."""
    return Case(
        name=name, about=about, arguments=f"-device vfio-pci,host=$NVME{more} {arguments}",
        guest=READ_ALL,
        report=(
            ("the guest's PCI bus:", "guest:pci", "010802"),
            ("checksum of the whole disk, read by DMA:", "guest:disk", "nvme"),
            ("interrupts of the disk:", "guest:interrupts", "nvme"),
        ),
        checks=(
            shows("guest:pci", r"^0000:00:0\w.0 1b36:0010 010802$"),
            all_bytes_equal, counts(*interrupt), *checks,
            never("guest:nvme", r"timeout|I/O .* QID|Device not ready|failed"),
        ), **rest)


# D3hot: the device's memory faults on the host; PM control is at offset 0x60 + 4 of QEMU's NVMe.
ASLEEP = """
load_modules
wait_for test -b /dev/nvme0n1
device=$(dirname $(ls -d /sys/bus/pci/drivers/nvme/0000:*/driver))
device=$(readlink -f $device)
echo ${device##*/} >/sys/bus/pci/drivers/nvme/unbind
echo 1 >$device/enable
bar=$(head -n 1 $device/resource | cut -d ' ' -f 1)
section awake devmem $bar 32
printf '\\003' | dd of=$device/config bs=1 seek=100 conv=notrunc 2>/dev/null
section asleep devmem $bar 32
printf '\\000' | dd of=$device/config bs=1 seek=100 conv=notrunc 2>/dev/null
usleep 300000
section again devmem $bar 32
"""

CASES = [
    nvme("nvme", "NVMe through host=; all of it read with MSI-X and DMA through the IOMMU", main=True),
    nvme("nvme-no-kvm-msix", "every MSI-X message through the emulator", ",x-no-kvm-msix=on"),
    nvme("nvme-no-mmap", "every BAR access through the emulator", ",x-no-mmap=on"),
    nvme("nvme-smp-2", "two CPUs, a queue for each", arguments="-smp 2",
         checks=(shows("guest:interrupts", r"PCI-MSI.*nvme0q2"),)),
    nvme("nvme-above-4g", "memory beyond 4 GiB", memory="4608",
         checks=(shows("guest:memory", r"MemTotal: +4[3-6]\d{5} kB"),)),
    nvme("nvme-intx", "no MSI in the guest: level interrupts", append="console=ttyS0 quiet panic=-1 pci=nomsi",
         interrupt=("IO-APIC", "INTx")),
    nvme("nvme-intx-no-kvm", "level interrupts through the emulator", ",x-no-kvm-intx=on",
         append="console=ttyS0 quiet panic=-1 pci=nomsi", interrupt=("IO-APIC", "INTx")),
    Case(
        name="nvme-write", about="what the guest writes to a disk is there when it reads it again",
        arguments="-device vfio-pci,host=$SCRATCH", guest=WRITE_AND_READ,
        checks=(lambda seen: seen.expect(
            seen.text("guest:written").split()[:1] == seen.text("guest:read").split()[:1] != [],
            "guest: what was read is not what was written"),)),
    Case(
        name="nvme-asleep", about="device memory that is touched while the device sleeps reads as ones",
        arguments="-device vfio-pci,host=$NVME", guest=ASLEEP,
        checks=(shows("guest:awake", r"^0x(?!F{8})"), shows("guest:asleep", r"^0xF{8}$"),
                shows("guest:again", r"^0x(?!F{8})"))),
]
