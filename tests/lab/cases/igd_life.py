# SPDX-License-Identifier: GPL-2.0-or-later
"""Intel GPUs in guests that reboot: OpRegion and stolen memory are placed anew, whoever placed them first.

Without a video BIOS stock 7.2 leaves the host's BDSM and ASLS visible, so there is nothing to compare.
"""

from labkit import gpu as igd
from labkit.case import MACHINE_THAT_REBOOTS, Case, shows

SKYLAKE = igd.load("IGD")
TIGER_LAKE = igd.load("IGD12")

# The first boot spoils all that was placed, so that nothing can be left over for the second.
SPOIL = """
config_zero() { # offset, bytes
    dd if=/dev/zero of=$gpu/config bs=1 seek="$1" count="$2" conv=notrunc 2>/dev/null
}
if [ "$(boots_before)" = 0 ]; then
    asls=$(config_number 252 4)
    section first at 32 "asls" "asls + 4" "asls + 8" "asls + 12"
    for offset in 0 4 8 12; do
        devmem $((asls + offset)) 32 0
    done
    config_zero 252 4
    config_zero $bdsm_at $bdsm_bytes
    section spoiled at 32 "asls" "asls + 4" "asls + 8" "asls + 12"
    echo "spoiled: $(config_number 252 4) $(config_number $bdsm_at $bdsm_bytes)"
fi
reboot_once
look_at_gpu
"""


def first_boot(seen):
    """The first boot found the OpRegion, and then destroyed it."""
    text = seen.text("guest:first").upper().replace("0X", "0x")
    seen.expect(text == igd.OPREGION_SIGNATURE, f"guest: no OpRegion in the first boot: {text.split()}")
    shows("guest:spoiled", r"\A(0x00000000\n){4}\Z")(seen)
    shows("guest", r"^spoiled: 0x0+ 0x0+$", "boots before: 1")(seen)


def reboot(name, gpu, about, **more):
    """A case with the GPU at 00:02.0 in a guest that reboots once."""
    return Case(
        name=name, about=about, machine=MACHINE_THAT_REBOOTS,
        arguments=f"-device vfio-pci,host=${gpu.name},addr=2,rombar=0,x-igd-opregion=on",
        guest=gpu.look_functions() + SPOIL, checks=(first_boot, *igd.usual_checks(gpu)), **more)


CASES = [
    reboot("igd-reboot", SKYLAKE, "the guest reboots: the firmware places everything again", only="ours"),
    reboot("igd-reboot-machine", TIGER_LAKE, "the guest reboots: the machine places everything again", only="ours"),
]
