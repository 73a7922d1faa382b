# SPDX-License-Identifier: GPL-2.0-or-later
"""Intel GPUs with UEFI firmware, which knows nothing of them: the machine places everything, no option ROM.

OVMF is the distribution's, as one image (-bios) and as two flash chips of which one keeps the variables.
Stock 7.2 waits for the firmware to place things, which OVMF does not do.
"""

from labkit import gpu as igd
from labkit.case import Case, never, shows

SKYLAKE = igd.load("IGD")
RAPTOR_LAKE = igd.load("IGDRPL")

CODE, VARS = "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"
VARIABLE = "/sys/firmware/efi/efivars/LabKept-1be4df61-93ca-11d2-aa0d-00e098032b8c"

# Attributes 7: kept, seen by boot services and by the OS.
KEEP_VARIABLE = f"""
load_modules
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
if [ -e {VARIABLE} ]; then
    echo "variable: $(tail -c +5 {VARIABLE})"
else
    echo "variable: absent"
    printf '\\7\\0\\0\\0kept over two starts' >{VARIABLE}
fi
umount /sys/firmware/efi/efivars
"""


def uefi(log="guest"):
    """A check: the guest came up by UEFI."""
    return shows(log, r"^efi: runtime$")


LOOK_AT_FIRMWARE = """
[ -d /sys/firmware/efi ] && echo "efi: runtime"
"""


CASES = [
    Case(
        name="igd-uefi", about="Skylake with OVMF as -bios: no option ROM, the machine places everything",
        before=f"cat {VARS} {CODE} >$WORK/ovmf.fd",
        arguments="-bios $WORK/ovmf.fd -device vfio-pci,host=$IGD,addr=2,rombar=0,x-igd-opregion=on",
        guest=LOOK_AT_FIRMWARE + SKYLAKE.look(), after="rm $WORK/ovmf.fd", timeout=150, only="ours",
        checks=(uefi(), *igd.usual_checks(SKYLAKE))),
    Case(
        name="igd-uefi-flash", about="Raptor Lake with OVMF in flash chips, started twice: variables are kept",
        before=f"cp {VARS} $WORK/vars.fd",
        arguments=f"-drive if=pflash,format=raw,unit=0,readonly=on,file={CODE} "
                  "-drive if=pflash,format=raw,unit=1,file=$WORK/vars.fd "
                  "-device vfio-pci,host=$IGDRPL,addr=2,rombar=0,x-igd-opregion=on",
        guest=LOOK_AT_FIRMWARE + KEEP_VARIABLE + RAPTOR_LAKE.look(), after="rm $WORK/vars.fd", timeout=240,
        only="ours", run="emulate && mv guest.log first.log && emulate",
        checks=(
            uefi("first"), shows("first", r"^variable: absent$", "lab: guest ends"),
            uefi(), shows("guest", r"^variable: kept over two starts$"),
            never("guest", "lab: gave up"),
            *igd.usual_checks(RAPTOR_LAKE),
        )),
]
