# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that is looked at and typed to while it runs: steps in the virtual host, done by programs/viewer.

Guest and viewer take turns. The guest says on its console how far it is ("lab: ..."), the step wait() sees it; the guest
waits in wait_go (guest/init) for the step go(). A run of the emulator and its viewer is session(...), the run of a case.
"""

import json
import shlex

from . import places
from .case import never, shows

VIEWER = places.LAB / "programs" / "viewer"

# The emulator gets this beyond the arguments of the case.
WATCHED = f"""watched() {{ # steps
    emulate -vnc 127.0.0.1:1 -qmp unix:qmp,server=on,wait=off \\
        -chardev socket,id=go,path=go,server=on,wait=off -serial chardev:go &
    python3 -B {VIEWER} "$1" >session.log 2>&1
    wait $!
}}
"""


def wait(pattern, file="guest.log"):
    """Until the regular expression matches a line of the guest's console."""
    return ["wait", pattern, file]


def go(words=""):
    """The guest goes on; its wait_go prints the words."""
    return ["go", words]


def picture(name, device=None):
    """name.png and name.ppm by screendump; of the first console, without device, name-vnc.png by gvnccapture."""
    return ["picture", name, device]


def typed(text):
    """Keys of a US keyboard, over VNC."""
    return ["type", text]


def pressed(*symbols):
    """Keys one after the other, by their X11 symbols."""
    return ["press", *symbols]


def point(x, y, buttons=0):
    """The pointer over VNC; buttons: 1 left, 2 middle, 4 right."""
    return ["point", x, y, buttons]


def qmp(command, **arguments):
    """A command of QMP; its answer is in session.log."""
    return ["qmp", command, arguments]


def shell(command):
    """A command in the host, in the folder of the run."""
    return ["shell", command]


def session(*steps, stock=(), shown="", stock_shown=""):
    """The run of a case: the emulator with a viewer who does the steps.

    stock: steps for the distribution's QEMU with the same guest, which they end; it leaves all in the folder "stock".
    shown, stock_shown: $SHOWN in the arguments of the case, where both differ.
    """
    run = f"{WATCHED}SHOWN={shlex.quote(shown)}\nwatched {_words(steps)}"
    if stock:
        run += (f" && (mkdir -p stock && cd stock && EMULATOR={places.STOCK} WORK=$WORK/stock "
                f"SHOWN={shlex.quote(stock_shown)} watched {_words([*stock, qmp('quit')])})")
    return run


def _words(steps):
    return shlex.quote(json.dumps(steps))


# For guests whose pictures are compared: no cursor, which blinks, and no blanking; and the size that is expected.
APPEND = "console=ttyS0 quiet panic=-1 vt.global_cursor_default=0 consoleblank=0 video=1024x768"

# A guest whose first frame buffer shows the picture of programs/paint.c until the viewer has seen it.
PAINT = """
start_turns
load_modules display
wait_for test -e /dev/fb0
paint /dev/fb0
wait_go
"""

# A screen of text that is still being written.
SETTLE = shell("sleep 1")

# The steps were all done, and the guest came to its end.
DONE = (shows("session", r"^viewer: all done$"), shows("guest", "lab: guest ends"), never("guest", "lab: gave up"))
