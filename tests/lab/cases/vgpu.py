# SPDX-License-Identifier: GPL-2.0-or-later
"""Displays of virtual GPUs: the kernel's samples, mdpy (pixels in a region) and mbochs (dma-bufs, a monitor's EDID)."""

from labkit.case import Case, shows
from labkit.pictures import same_as_stock, show
from labkit.session import APPEND, DONE, SETTLE, go, picture, session, typed, wait

# One of each type; the first console is that of the first.
MDPYS = {"xga": (1024, 768), "vga": (640, 480), "hd": (1920, 1080)}

PAINT_ALL = """
start_turns
load_modules display
for buffer in 0 1 2; do
    wait_for test -e /dev/fb$buffer
    paint /dev/fb$buffer
done
section drivers ls -1 /sys/bus/pci/drivers/mdpy-fb
echo "lab: all painted"
wait_go
"""

# The driver chooses; then the viewer names modes, until its line is none.
MODES = """
start_turns
load_modules display
wait_for test -e /dev/dri/card0
section edid od -v -A n -t x1 /sys/class/drm/card0-Virtual-1/edid
section modes paint /dev/dri/card0 modes <&7
"""

# Nothing but the firmware has a picture, until the driver has one.
FIRMWARE = """
start_turns
load_modules display
paint /dev/dri/card0 modes <&7
"""

# The driver chooses the size.
NO_CURSOR = "console=ttyS0 quiet panic=-1 vt.global_cursor_default=0 consoleblank=0"

PREFERRED = (1280, 960)
CHOSEN = (800, 600)


def edid_of_monitor(seen):
    """What the driver read is an EDID, with the preferred mode in its first detailed timing (VESA E-EDID, 3.10.2)."""
    edid = bytes.fromhex("".join(seen.text("guest:edid").split()))
    if not seen.expect(len(edid) >= 128 and sum(edid[:128]) % 256 == 0, f"guest: no EDID: {edid.hex()}"):
        return
    timing = edid[54:72]
    mode = (timing[2] | (timing[4] & 0xf0) << 4, timing[5] | (timing[7] & 0xf0) << 4)
    seen.expect(mode == PREFERRED, f"guest: the EDID's preferred mode is {mode}")


def words(size):
    """1024x768"""
    return "x".join(str(pixels) for pixels in size)


# The video BIOS takes the end of memory for its pictures, where in a small guest the initrd of -kernel is already.
MEMORY = "2560"

# SeaBIOS waits for the key; the first row of its menu is the kernel (stock has another name for it, and more rows).
NO_DRIVER = (wait("Press ESC for boot menu", "firmware.log"), SETTLE, picture("firmware"))
BOOT = (typed("\033"), wait("Select boot device", "firmware.log"), SETTLE, typed("1"))

CASES = [
    Case(
        name="vgpu-region", about="mdpy of three types with display=on: what the guest's driver paints is seen",
        arguments=" ".join(f"-device vfio-pci,id={kind},addr={slot},mdev-parent=mdpy,mdev-type=mdpy-{kind},display=on"
                           for slot, kind in enumerate(MDPYS, 5)),
        append=APPEND, guest=PAINT_ALL, only="ours",
        run=session(picture("before"), wait("lab: all painted"), picture("first"),
                    *(picture(kind, kind) for kind in MDPYS), go()),
        checks=(*DONE, shows("guest:drivers", *(f"^0000:00:0{slot}.0$" for slot in (5, 6, 7))),
                show("first", *MDPYS["xga"]), *(show(kind, *size, vnc=False) for kind, size in MDPYS.items()))),
    Case(
        name="vgpu-dma-buf", about="mbochs with xres= and yres=: the driver prefers that mode; another one follows",
        arguments="-device vfio-pci,mdev-parent=mbochs,mdev-type=mbochs-medium,display=on,"
                  f"xres={PREFERRED[0]},yres={PREFERRED[1]}",
        append=NO_CURSOR, guest=MODES, only="ours",
        run=session(wait(f"lab: painted {words(PREFERRED)}"), picture("preferred"), go(words(CHOSEN)),
                    wait(f"lab: painted {words(CHOSEN)}"), picture("chosen"), go("enough")),
        checks=(*DONE, edid_of_monitor, shows("guest:modes", f"^mode {words(PREFERRED)} preferred$"),
                show("preferred", *PREFERRED), show("chosen", *CHOSEN))),
    Case(
        name="vgpu-ramfb", about="mbochs with ramfb=on: the firmware's picture as stock's ramfb, then the driver's",
        arguments="$SHOWN -boot menu=on,splash-time=30000", append=NO_CURSOR, guest=FIRMWARE, memory=MEMORY, only="ours",
        run=session(
            *NO_DRIVER, *BOOT, wait(f"lab: painted {words(PREFERRED)}"), picture("driver"), go("enough"),
            shown="-device vfio-pci-nohotplug,mdev-parent=mbochs,mdev-type=mbochs-medium,display=on,ramfb=on,"
                  f"xres={PREFERRED[0]},yres={PREFERRED[1]}",
            stock=NO_DRIVER, stock_shown="-device ramfb"),
        checks=(*DONE, same_as_stock("firmware", cell=(8, 16)), show("driver", *PREFERRED))),
]
