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
load_modules mouse
record 'AT Translated Set 2 keyboard' key /tmp/keys
record VMMouse abs /tmp/places
echo "lab: type"
IFS= read -t 30 -r line </dev/tty1
echo "lab: read $line"
wait_go
section keys recorded /tmp/keys
section places recorded /tmp/places
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

# Where the pointer is put: also the first and the last pixel.
SIZE = (1024, 768)
PLACES = ((500, 300), (0, 0), (1023, 767), (1, 766), (513, 1))


def placed(seen):
    """A pointer that can be placed is where the viewer's is, within less than a pixel."""
    found = events.places(seen, "guest:places", *SIZE)[:len(PLACES)]
    near = [max(abs(a - b) for a, b in zip(*pair)) < 1 for pair in zip(found, PLACES)]
    seen.expect(len(near) == len(PLACES) and all(near), f"guest: the pointer was at {found}, not {PLACES}")


CASES = [
    Case(
        name="display-console", about="a Linux console in text mode and by the bochs driver: the pictures are stock's",
        arguments="-vga std", append=APPEND, guest=CONSOLE,
        run=session(
            *LOOK, go(),
            wait("lab: painted"), picture("painted"), go(),
            wait("lab: type"), typed(TEXT + "\n"), wait("lab: read"), pressed(*KEYS),
            *(point(*place) for place in PLACES), point(*PLACES[-1], 1), point(*PLACES[-1]), go(),
            stock=LOOK),
        checks=(*DONE, pictures.same_as_stock("text", bits=6), pictures.same_as_stock("graphics"),
                pictures.show("painted", *SIZE),
                shows("guest:paint", "lab: painted 1024x768"),
                shows("guest", rf"^lab: read {re.escape(TEXT)}$"), last_keys,
                placed, events.pressed("guest:places", events.BTN_LEFT))),
]
