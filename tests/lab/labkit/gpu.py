# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of the lab's Intel GPUs, and what a guest of such a GPU must see.

The numbers come from igd/*.conf, the same files that the GPUs themselves are made of.
"""

import dataclasses
import re

from . import places
from .case import shows
from .host import GPUS

MIB = 1 << 20
LOCK = 1

# "IntelGraphicsMem" and "$VBT", four bytes at a time as devmem prints them.
OPREGION_SIGNATURE = "0x65746E49\n0x6172476C\n0x63696870\n0x6D654D73\n"
VBT_SIGNATURE = "0x54425624\n"

# Guest functions; $slot is where the GPU is, $bdsm_at and $bdsm_bytes where its register is (0: nowhere).
LOOK = """
gpu=/sys/bus/pci/devices/0000:00:$slot
config_number() { # offset, bytes
    echo 0x$(od -A n -t "x$2" -j "$1" -N "$2" $gpu/config | tr -d ' ')
}
at() { # bits, address...: memory that the kernel leaves alone
    bits=$1
    shift
    for address; do
        devmem $((address)) "$bits"
    done
}
vbt() { # behind the OpRegion, or in mailbox 4; see IGD OpRegion Specification, RVDA
    rvda=$(($(devmem $((asls + 0x3ba)) 16) + ($(devmem $((asls + 0x3bc)) 16) << 16)))
    [ "$rvda" = 0 ] && rvda=1024
    devmem $((asls + rvda)) 32
}
look_at_opregion() {
    section opregion at 32 "asls" "asls + 4" "asls + 8" "asls + 12"
    section opregion-size devmem $((asls + 16)) 32
    section vbt vbt
}
look_at_gpu() {
    section pci pci_ids
    section gpu config_space "00:$slot"
    section iomem cat /proc/iomem
    section resources sh -c 'cat /sys/bus/pci/devices/*/resource'
    asls=$(config_number 252 4)
    echo "ASLS $asls"
    [ $((asls)) = 0 ] || look_at_opregion
    bar=$(head -n 1 $gpu/resource | cut -d ' ' -f 1)
    echo 1 >$gpu/enable
    if [ "$bdsm_at" != 0 ]; then
        echo "BDSM $(config_number $bdsm_at $bdsm_bytes)"
        section mirror devmem $((bar + 0x1080c0)) $((8 * bdsm_bytes))
    fi
}
"""


@dataclasses.dataclass(frozen=True)
class Gpu:
    """One GPU of the virtual host, as its description has it."""

    name: str
    """As in host.GPUS; $name in a command line."""
    generation: int
    ids: str
    """vendor:device"""
    pci_class: str
    registers: dict
    """Value by name: GGC, BDSM, ASLS; with the lock bits."""
    hidden: tuple
    """Other host addresses, in registers of BAR 0."""
    opregion_size: int
    """As VFIO offers it: the OpRegion, and the video BIOS table when that is outside; 0: VFIO does not."""

    @property
    def log(self):
        """The name of its journal: a log of every case."""
        return self.name.lower()

    @property
    def stolen(self):
        """Bytes of stolen memory, by the GMS field of GGC."""
        ggc = self.registers.get("GGC", 0)
        if self.generation < 8:
            return (ggc >> 3 & 0x1f) * 32 * MIB
        code = ggc >> 8
        return (code - 0xf0 + 1) * 4 * MIB if code >= 0xf0 else code * 32 * MIB

    @property
    def bdsm_place(self):
        """Offset and bytes of BDSM in config space."""
        if "BDSM" not in self.registers:
            return 0, 0
        return (0xc0, 8) if self.generation >= 11 else (0x5c, 4)

    def look_functions(self, slot="02.0"):
        """Guest script: the functions of LOOK for the GPU in this slot."""
        offset, count = self.bdsm_place
        return f"slot={slot} bdsm_at={offset} bdsm_bytes={count}\n{LOOK}\n"

    def look(self, slot="02.0"):
        """Guest script: looks at the GPU in this slot."""
        return f"{self.look_functions(slot)}look_at_gpu\n"


def load(name):
    """The GPU of that name."""
    found = {"name": name, "registers": {}, "hidden": [], "opregion_size": 0}
    for line in (places.LAB / "igd" / f"{GPUS[name][1]}.conf").read_text().splitlines():
        words = line.partition("#")[0].split()
        if words and words[0] in _READERS:
            _READERS[words[0]](found, words[1:])
    found["hidden"] = tuple(found["hidden"])
    if found["pci_class"] != "030000":
        # Linux before 6.15 makes no OpRegion region for other classes
        found["opregion_size"] = 0
    return Gpu(**found)


def _read_identity(found, words):
    found["ids"] = f"{words[0]}:{words[1]}"
    found["pci_class"] = words[4]


def _read_register(found, words):
    found["registers"][words[0]] = int(words[3], 0)


_READERS = {
    "generation": lambda found, words: found.update(generation=int(words[0])),
    "identity": _read_identity,
    "register": _read_register,
    "preset": lambda found, words: found["hidden"].append(int(words[3], 0)),
    "opregion": lambda found, words: found.update(opregion_size=int(words[2]) * 1024),
    "vbt": lambda found, words: found.update(
        opregion_size=found["opregion_size"] + (int(words[3], 0) if len(words) > 2 else 0)),
}


# ---- what was seen ----

def config_bytes(seen, section):
    """The 256 bytes that the guest sees of a device's config space."""
    data = bytearray()
    for line in seen.text(section).splitlines():
        data += bytes(int(word, 16) for word in line.split()[1:])
    seen.expect(len(data) >= 256, f"{section}: only {len(data)} bytes")
    return bytes(data).ljust(256, b"\0")


def memory_ranges(seen, what):
    """(first, last) of the lines of the guest's /proc/iomem that match."""
    pattern = rf"^ *([0-9a-f]+)-([0-9a-f]+) : {what}"
    return [tuple(int(end, 16) for end in pair) for pair in re.findall(pattern, seen.text("guest:iomem"), re.M)]


def bars(seen):
    """(first, last) of every memory BAR in the guest."""
    rows = [[int(word, 16) for word in line.split()] for line in seen.text("guest:resources").splitlines()]
    is_memory = 0x200
    return [(first, last) for first, last, flags in rows if last and flags & is_memory]


def is_set_aside(seen, name, start, size):
    """The guest's OS keeps the range free: it is not RAM, and no PCI window or BAR lies over it.

    SeaBIOS has it in its memory map; OVMF draws its own map from the RAM alone, there ACPI tells (pnp).
    """
    last = start + size - 1
    kept = memory_ranges(seen, "(?:Reserved|ACPI Non-volatile Storage|pnp [0-9a-f:]+)")
    inside = any(low <= start and last <= high for low, high in kept)
    seen.expect(start and inside, f"guest: {name} {start:#x} (+{size:#x}) is not in reserved memory")
    for low, high in memory_ranges(seen, "(?:PCI Bus|System RAM)") + bars(seen):
        seen.expect(last < low or high < start, f"guest: {name} {start:#x} (+{size:#x}) lies in {low:#x}-{high:#x}")


def guest_bdsm(seen):
    """The guest's BDSM without its lock."""
    return seen.number("guest", r"^BDSM (0x\w+)$") & ~0xfffff


def identified(gpu, slot="02.0"):
    """A check: the guest finds the GPU in that slot."""
    return shows("guest:pci", rf"^0000:00:{re.escape(slot)} {gpu.ids} {gpu.pci_class}$")


def opregion_there(gpu):
    """A check: ASLS leads the guest to the host's OpRegion and to the video BIOS table, in reserved memory."""
    def check(seen):
        is_set_aside(seen, "OpRegion", seen.number("guest", r"^ASLS (0x\w+)$"), gpu.opregion_size)
        text = seen.text("guest:opregion").upper().replace("0X", "0x")
        seen.expect(text == OPREGION_SIGNATURE, f"guest: no OpRegion behind ASLS: {text.split()}")
        shows("guest:opregion-size", r"^0x00000008$")(seen)
        text = seen.text("guest:vbt").upper().replace("0X", "0x")
        seen.expect(text == VBT_SIGNATURE, f"guest: no video BIOS table: {text.split()}")
    return check


def opregion_absent(seen):
    """A check: the guest is told that there is no OpRegion."""
    shows("guest", r"^ASLS 0x00000000$")(seen)


def stolen_there(gpu, identity=None):
    """A check: stolen memory is reserved where BDSM says, at the host's own address on generations 11 and 12."""
    identity = gpu.generation in (11, 12) if identity is None else identity

    def check(seen):
        base = guest_bdsm(seen)
        is_set_aside(seen, "stolen memory", base, gpu.stolen)
        host = gpu.registers["BDSM"] & ~LOCK
        if identity:
            seen.expect(base == host, f"guest: stolen memory at {base:#x}, the host's is at {host:#x}")
    return check


def mirror_shows_guest_bdsm(seen):
    """The register in BAR 0 says what config space says, not what the host's says.

    A difference: stock 7.2 does not trap this register, later versions do.
    """
    if seen.emulator == "stock":
        return
    bdsm = seen.number("guest", r"^BDSM (0x\w+)$")
    mirror = seen.number("guest:mirror", r"^(0x\w+)$")
    seen.expect(mirror == bdsm, f"guest: BDSM is {bdsm:#x} in config space, {mirror:#x} in BAR 0")


def host_addresses_hidden(gpu, identity=False):
    """A check: config space holds no value that only the host's firmware can have written."""
    values = {name: value for name, value in gpu.registers.items()
              if name != "GGC" and not (identity and name == "BDSM")}
    values |= {f"of BAR 0 {value:#x}": value for value in gpu.hidden}

    def check(seen):
        config = config_bytes(seen, "guest:gpu")
        for name, value in values.items():
            for shown in (value, value & ~LOCK):
                where = config.find(shown.to_bytes(4, "little"))
                seen.expect(where < 0, f"guest: the host's {name} {shown:#x} at config {where:#x}")
    return check


def keeps_host_registers(gpu):
    """A check: ours does not even try to change what belongs to the host's firmware. (Stock writes through.)"""
    def check(seen):
        written = sorted(set(re.findall(r"config-write .* (BDSM|ASLS|GGC)", seen.text(gpu.log))))
        seen.expect(seen.emulator == "stock" or not written,
                    f"{gpu.log}: the guest's {' and '.join(written)} went to the host's GPU")
    return check


def usual_checks(gpu, slot="02.0"):
    """What holds for a GPU with OpRegion, in whichever way it is assigned."""
    identity = gpu.generation in (11, 12)
    checks = [identified(gpu, slot), opregion_there(gpu), host_addresses_hidden(gpu, identity),
              keeps_host_registers(gpu), shows(gpu.log, r"reset +function level"), shows("guest", "lab: guest ends")]
    if "BDSM" in gpu.registers:
        checks += [stolen_there(gpu), mirror_shows_guest_bdsm]
    return checks
