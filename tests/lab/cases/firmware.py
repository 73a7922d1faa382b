# SPDX-License-Identifier: GPL-2.0-or-later
"""What is seen, and typed, before there is an operating system."""

from labkit import pictures
from labkit.case import MACHINE_OF_FIRMWARE, Case, shows
from labkit.session import SETTLE, picture, qmp, session, typed, wait

CODE, VARS = "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"

# Its first page, which it writes to the serial console too: its last line is the help for keys.
SETUP = (wait(r"=3h", "guest.log"), *[typed("\033"), SETTLE] * 3, wait("Select Entry"), SETTLE, picture("setup"))

CASES = [
    Case(
        name="uefi-screen", about="OVMF on a ramfb: its setup looks as with stock, and takes keys",
        machine=MACHINE_OF_FIRMWARE, before=f"cp {VARS} $WORK/vars.fd; mkdir $WORK/stock; cp {VARS} $WORK/stock/vars.fd",
        arguments=f"-drive if=pflash,format=raw,unit=0,readonly=on,file={CODE} "
                  "-drive if=pflash,format=raw,unit=1,file=$WORK/vars.fd -device ramfb -boot menu=on,splash-time=10000",
        after="rm $WORK/vars.fd $WORK/stock/vars.fd", timeout=150,
        run=session(*SETUP, qmp("quit"), stock=SETUP),
        checks=(shows("session", "^viewer: all done$"), pictures.same_as_stock("setup"))),
]
