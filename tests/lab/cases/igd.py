# SPDX-License-Identifier: GPL-2.0-or-later
"""An Intel GPU in legacy mode: the firmware places its memory, nothing of the host's shines through.

The GPU is tests/lab/igd/skylake.conf; HOST_ADDRESSES are the values that file gives it.
"""

import re

from labkit.case import Case, never, shows

HOST_ADDRESSES = {"ASLS": 0x30000000, "BDSM": 0x7c000001, "BGSM": 0x7b800001}
STOLEN_MIB = 8

LOOK_AT_GPU = """
section pci pci_ids
section gpu config_space 00:02.0
section lpc config_space 00:1f.0
section host-bridge config_space 00:00.0
section iomem cat /proc/iomem
section resource cat /sys/bus/pci/devices/0000:00:02.0/resource
config_dword() { # offset
    od -A n -t x4 -j "$1" -N 4 /sys/bus/pci/devices/0000:00:02.0/config | tr -d ' '
}
asls=0x$(config_dword 252)
bdsm=0x$(config_dword 92)
echo "ASLS $asls"
echo "BDSM $bdsm"
opregion() { # sixteen bytes through /dev/mem, which shows reserved memory
    for offset in 0 4 8 12; do
        devmem $((asls + offset)) 32
    done
}
section opregion opregion
section opregion-size devmem $((asls + 16)) 32
section vbt devmem $((asls + 1024)) 32
bar=$(head -n 1 /sys/bus/pci/devices/0000:00:02.0/resource | cut -d ' ' -f 1)
echo 1 >/sys/bus/pci/devices/0000:00:02.0/enable
section mirror devmem $((bar + 0x1080c0)) 32
section ggc devmem $((bar + 0x108040)) 16
section rom od -A x -t x1 -N 64 -j 786432 /dev/mem
"""

# "IntelGraphicsMem", four bytes at a time as devmem prints them.
OPREGION_SIGNATURE = "0x65746E49\n0x6172476C\n0x63696870\n0x6D654D73\n"


def config_bytes(seen, section):
    """The 256 bytes that the guest sees of a device's config space."""
    data = bytearray()
    for line in seen.text(section).splitlines():
        words = line.split()[1:]
        data += bytes(int(word, 16) for word in words)
    seen.expect(len(data) >= 256, f"{section}: only {len(data)} bytes")
    return bytes(data).ljust(256, b"\0")


def reserved_ranges(seen):
    """Memory that the guest's firmware keeps from its kernel."""
    pattern = r"^([0-9a-f]+)-([0-9a-f]+) : Reserved"
    return [tuple(int(end, 16) for end in pair)
            for pair in re.findall(pattern, seen.text("guest:iomem"), re.M)]


def is_reserved(seen, name, start, size):
    """Notes a fault unless the range lies in reserved memory."""
    inside = any(low <= start and start + size - 1 <= high for low, high in reserved_ranges(seen))
    seen.expect(start and inside, f"guest: {name} {start:#x} (+{size:#x}) is not in reserved memory")


def memory_is_reserved(seen):
    """OpRegion and stolen memory are the firmware's, where the registers say."""
    is_reserved(seen, "OpRegion", seen.number("guest", r"^ASLS (0x\w+)$"), 8192)
    bdsm = seen.number("guest", r"^BDSM (0x\w+)$") & ~0xfffff
    is_reserved(seen, "stolen memory", bdsm, STOLEN_MIB << 20)


def host_addresses_hidden(seen):
    """No register of the guest's GPU holds a value that only the host's firmware can have written."""
    config = config_bytes(seen, "guest:gpu")
    for name, value in HOST_ADDRESSES.items():
        for shown in (value, value & ~1):
            where = config.find(shown.to_bytes(4, "little"))
            seen.expect(where < 0, f"guest: the host's {name} {shown:#x} at config {where:#x}")


def opregion_is_there(seen):
    """Behind ASLS lies the host's OpRegion, and in it the video BIOS table."""
    text = seen.text("guest:opregion").upper().replace("0X", "0x")
    seen.expect(text == OPREGION_SIGNATURE, f"guest: no OpRegion behind ASLS: {text.split()}")
    shows("guest:opregion-size", r"^0x00000008$")(seen)
    shows("guest:vbt", r"(?i)^0x54425624$")(seen)


def mirror_shows_guest_bdsm(seen):
    """The register in BAR 0 says what config space says, not what the host's says.

    A difference: stock 7.2 does not trap this register on generation 9, later versions do.
    """
    if seen.emulator == "stock":
        return
    bdsm = seen.number("guest", r"^BDSM (0x\w+)$")
    mirror = seen.number("guest:mirror", r"^(0x\w+)$")
    seen.expect(mirror == bdsm, f"guest: BDSM is {bdsm:#x} in config space, {mirror:#x} in BAR 0")


def bridge_ids(seen):
    """The bridges carry the host's ids where drivers look for them."""
    lpc = config_bytes(seen, "guest:lpc")
    seen.expect(lpc[:4] == bytes.fromhex("86801829"), f"guest: LPC bridge ids {lpc[:4].hex()}")
    bridge = config_bytes(seen, "guest:host-bridge")
    seen.expect(bridge[:4] == bytes.fromhex("86803712"), f"guest: host bridge ids {bridge[:4].hex()}")
    seen.expect(bridge[0x2c:0x30] == bytes.fromhex("f41a0011"),
                f"guest: host bridge subsystem {bridge[0x2c:0x30].hex()}")


def keeps_host_registers(seen):
    """Ours does not even try to change what belongs to the host's firmware. (Stock writes through.)"""
    if seen.emulator != "stock":
        never("igd", r"config-write .* (BDSM|ASLS|GGC)")(seen)


CASES = [
    Case(
        name="igd-legacy", main=True,
        about="Skylake GPU at 00:02.0: OpRegion, stolen memory, bridges, option ROM",
        arguments="-device vfio-pci,host=$IGD,addr=2.0,romfile=/usr/share/seabios/vgabios-isavga.bin",
        guest=LOOK_AT_GPU,
        report=(
            ("the firmware:", "firmware", r"Intel IGD|id=8086:(1916|2918)|primary VGA|rom at c000:0003"),
            ("the guest's PCI bus:", "guest:pci", "00:02.0|00:1f.0"),
            ("OpRegion and stolen memory are reserved:", "guest", r"^(ASLS|BDSM) 0x|^1[ef]\w+-1[ef]\w+ : Reserved"),
            ("the signature behind ASLS (IntelGraphicsMem):", "guest:opregion", "0x"),
        ),
        checks=(
            shows("firmware", r"PCI: init bdf=00:02.0 id=8086:1916",
                  r"Intel IGD OpRegion enabled at 0x\w+, size 8KB, dev 00:02.0",
                  rf"Intel IGD BDSM enabled at 0x\w+, size {STOLEN_MIB}MB, dev 00:02.0",
                  r"PCI: init bdf=00:1f.0 id=8086:2918",
                  r"PCI: Using 00:02.0 for primary VGA",
                  r"Running option rom at c000:0003"),
            shows("guest:pci", r"^0000:00:02.0 8086:1916 030000$", r"^0000:00:1f.0 8086:2918 060100$"),
            memory_is_reserved, host_addresses_hidden, opregion_is_there, mirror_shows_guest_bdsm,
            bridge_ids, keeps_host_registers,
            shows("igd", r"reset +function level"),
        )),
]
