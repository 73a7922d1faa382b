# SPDX-License-Identifier: GPL-2.0-or-later
"""What the viewer of an emulated display sees, and what the guest gets of keyboard and pointer."""

import re

from labkit import events, pictures
from labkit.case import Case, never, shows
from labkit.session import APPEND, DONE, go, picture, point, pressed, session, typed, wait

# Every colour on every colour, attributes, and the characters of code page 437 that a console has.
WRITE = r"""
write() {
    {
        printf '\033[2J\033[H%s\n' "$1"
        for back in 0 1 2 3 4 5 6 7; do
            for front in 0 1 2 3 4 5 6 7; do
                printf '\033[0;3%s;4%sm normal \033[1m bold ' $front $back
            done
            printf '\033[0m\n'
        done
        printf '\033[4m underlined \033[0;7m reverse \033[0m '
        printf '\342\224\214\342\224\200\342\224\220 \303\251\303\237\302\265\n'
    } >/dev/tty1
}
"""

CONSOLE = WRITE + r"""
start_turns
write 'text mode'
echo "lab: text"
wait_go
load_modules display
wait_for test -e /dev/fb0
write 'graphics mode'
echo "lab: graphics"
wait_go
section paint paint /dev/fb0
wait_go
load_modules input
insmod /modules/psmouse.ko proto=exps
record 'AT Translated Set 2 keyboard' /tmp/keys
record 'Mouse' /tmp/mouse
echo "lab: type"
IFS= read -t 30 -r line </dev/tty1
echo "lab: read $line"
wait_go
section keys recorded /tmp/keys
section mouse recorded /tmp/mouse
section pci pci_ids
"""

LOOK = (wait("lab: text"), picture("text"), go(), wait("lab: graphics"), picture("graphics"))

# Spaces at its end are kept too.
TEXT = r"""`1234567890-= qwertyuiop[]\ asdfghjkl;' zxcvbnm,./ ~!@#$%^&*()_+ QWERTYUIOP{}| ASDFGHJKL:" ZXCVBNM<>? """

# X11 symbols and what Linux calls these keys.
KEYS = {
    0xff1b: 1, 0xffc2: 63, 0xffc9: 88, 0xff50: 102, 0xff54: 108, 0xff63: 110, 0xffff: 111, 0xff61: 99, 0xff13: 119,
    0xffe1: 42, 0xffe2: 54, 0xffe3: 29, 0xffe4: 97, 0xffe9: 56, 0xffea: 100, 0xffeb: 125, 0xff67: 127,
    0xffb5: 76, 0xffab: 78, 0xff8d: 96, 0xffaf: 98, 0xffe5: 58,
}


def last_keys(seen):
    """The keys that are no letters, in their order, at the end of all that was typed."""
    expected = [(code, down) for code in KEYS.values() for down in (1, 0)]
    found = events.keys(seen, "guest:keys")[-len(expected):]
    seen.expect(found == expected, f"guest: keys {found}, not {expected}")

CASES = [
    Case(
        name="display-console", about="a Linux console in text mode and by the bochs driver: the pictures are stock's",
        arguments="-vga std", append=APPEND, guest=CONSOLE,
        run=session(
            *LOOK, go(),
            wait("lab: painted"), picture("painted"), go(),
            wait("lab: type"), typed(TEXT + "\n"), wait("lab: read"), pressed(*KEYS),
            point(200, 200), point(210, 195), point(190, 220), point(190, 220, 1), point(190, 220), point(190, 220, 4),
            point(190, 220), point(190, 220, 8), point(190, 220), go(),
            stock=LOOK),
        checks=(*DONE, pictures.same_as_stock("text", bits=6), pictures.same_as_stock("graphics"),
                pictures.show("painted", 1024, 768),
                shows("guest:paint", "lab: painted 1024x768"),
                shows("guest", rf"^lab: read {re.escape(TEXT)}$"), last_keys,
                events.pressed("guest:mouse", events.BTN_LEFT, events.BTN_RIGHT),
                events.moves("guest:mouse", x=-10, y=20, wheel=1))),
]
