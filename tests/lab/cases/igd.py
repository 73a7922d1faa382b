# SPDX-License-Identifier: GPL-2.0-or-later
"""Intel GPUs of every generation in legacy mode, with SeaBIOS, our test video BIOS and Linux.

The video BIOS (roms/seabios/igd-test) checks from inside what a real one needs, and reports on port 0x402.
Generations 6 to 9: the firmware places OpRegion and stolen memory. 11 and 12: the machine does, stolen
memory at the host's own address.
"""

import os
import pathlib

from labkit import gpu as igd
from labkit import places
from labkit.case import Case, never, shows

VIDEO_BIOS = places.REPOSITORY / "build" / "roms" / "seabios" / "igd-test" / "igd-test.bin"
SEABIOS = pathlib.Path(os.environ.get("IGD_BIOS") or "/usr/share/seabios/bios-256k.bin").resolve()

# The video BIOS as it would be made for the GPU: its ids in the PCI data structure, and the sum right again
# (PCI Firmware Specification, 5.1). Ours would do this itself; stock QEMU hands the file on as it is, and firmware
# does not run a ROM that is made for another device.
MAKE_ROM = f"""
rom=$WORK/video.rom
cp {VIDEO_BIOS} $rom
put() {{ # offset, byte
    printf "\\\\$(printf %o $2)" | dd of=$rom bs=1 seek=$1 conv=notrunc 2>/dev/null
}}
ids=$(($(od -A n -t u2 -j 24 -N 2 $rom) + 6))
device=$(cat /sys/bus/pci/devices/0000:$gpu/device)
put $ids $((device & 255))
put $((ids + 1)) $((device >> 8))
sum=$(od -A n -v -t u1 $rom | awk '{{ for (i = 1; i <= NF; i++) sum += $i }} END {{ print sum % 256 }}')
last=$(($(stat -c %s $rom) - 1))
put $last $((($(od -A n -t u1 -j $last -N 1 $rom) - sum) & 255))
"""

LOOK_AT_BRIDGES = """
section lpc config_space 00:1f.0
section host-bridge config_space 00:00.0
"""


def video_bios_content(seen):
    """The video BIOS ran and found the world it needs.

    A difference: stock 7.2 does not mirror BDSM in BAR 0, so there a check of the video BIOS fails.
    """
    shows("firmware", r"Running option rom at c000:0003", r"^igd-test: \d+ passed, \d+ failed")(seen)
    if seen.emulator != "stock":
        never("firmware", r"^igd-test: .*FAILED.*")(seen)
        shows("firmware", r"^igd-test: [1-9]\d* passed, 0 failed")(seen)


def bridge_ids(seen):
    """The bridges carry the host's ids where drivers look for them."""
    lpc = igd.config_bytes(seen, "guest:lpc")
    seen.expect(lpc[:4] == bytes.fromhex("86801829"), f"guest: LPC bridge ids {lpc[:4].hex()}")
    bridge = igd.config_bytes(seen, "guest:host-bridge")
    seen.expect(bridge[:4] == bytes.fromhex("86803712"), f"guest: host bridge ids {bridge[:4].hex()}")
    seen.expect(bridge[0x2c:0x30] == bytes.fromhex("f41a0011"),
                f"guest: host bridge subsystem {bridge[0x2c:0x30].hex()}")


def firmware_placed(gpu):
    """A check: SeaBIOS did it, and says so."""
    return shows("firmware", r"Intel IGD OpRegion enabled at 0x\w+, size 8KB, dev 00:02.0",
                 rf"Intel IGD BDSM enabled at 0x\w+, size {gpu.stolen // igd.MIB}MB, dev 00:02.0")


def machine_placed(_gpu):
    """A check: the firmware was not asked."""
    return never("firmware", r"Intel IGD (OpRegion|BDSM)")


def legacy(case_name, gpu_name, about, rom="$WORK/video.rom", arguments="", **more):
    """A case with the GPU at 00:02.0 and the test video BIOS."""
    gpu = igd.load(gpu_name)
    placed = firmware_placed if gpu.generation < 11 else machine_placed
    return Case(
        name=case_name, about=about,
        before=f"gpu=${gpu_name}{MAKE_ROM}",
        arguments=f"-device vfio-pci,host=${gpu_name},addr=2.0,romfile={rom} {arguments}",
        after="rm -f $WORK/video.rom",
        guest=gpu.look() + LOOK_AT_BRIDGES,
        report=(
            ("the firmware:", "firmware", r"Intel IGD|id=8086:(1916|2918)|primary VGA|rom at c000:0003"),
            ("the video BIOS:", "firmware", r"^igd-test: .* passed"),
            ("the guest's PCI bus:", "guest:pci", "00:02.0|00:1f.0"),
            ("OpRegion and stolen memory are reserved:", "guest", r"^(ASLS|BDSM) 0x|^1[ef]\w+-1[ef]\w+ : Reserved"),
            ("the signature behind ASLS (IntelGraphicsMem):", "guest:opregion", "0x"),
        ),
        checks=(
            *igd.usual_checks(gpu), bridge_ids, video_bios_content, placed(gpu),
            shows("firmware", rf"PCI: init bdf=00:02.0 id={gpu.ids}", r"PCI: init bdf=00:1f.0 id=8086:2918",
                  r"PCI: Using 00:02.0 for primary VGA"),
            shows("guest:pci", r"^0000:00:1f.0 8086:2918 060100$"),
        ), **more)


CASES = [
    legacy("igd-legacy", "IGD", "Skylake GPU at 00:02.0: OpRegion, stolen memory, bridges, video BIOS", main=True),
    # stock 7.2 takes the size of the GTT for that of stolen memory, unless x-igd-gms is given
    legacy("igd-legacy-6", "IGD6", "Sandy Bridge: small GTT, entries of 32 bits; a video BIOS made for another GPU",
           rom=VIDEO_BIOS, only="ours"),
    legacy("igd-bios", "IGD8", "Broadwell, with the SeaBIOS that the environment names in IGD_BIOS",
           arguments=f"-bios {SEABIOS}", only="ours"),
    # stock 7.2 knows no BDSM of 64 bits: the guest sees the host's, over its own RAM
    legacy("igd-legacy-11", "IGD11", "Ice Lake: stolen memory at the host's address, far above the guest's RAM",
           only="ours"),
    legacy("igd-legacy-12", "IGD12", "Tiger Lake: stolen memory at the host's address; video BIOS table outside",
           only="ours"),
    legacy("igd-legacy-12-inside", "IGDRPL", "Raptor Lake: the host's address lies in the middle of the guest's RAM",
           memory="2200", only="ours"),
]
