# SPDX-License-Identifier: GPL-2.0-or-later
"""A keyboard and a mouse of the host for the guest alone (input-linux), played by tests/lab/programs/hands."""

from labkit import events, places
from labkit.case import Case, shows
from labkit.session import DONE, go, point, session, shell, wait

HANDS = f"python3 -B {places.LAB}/programs/hands"
PLUGS = "/tmp/plugs"

# Devices that are there before the emulator is, and go with the case.
PLUGGED = f"mkdir {PLUGS}\n{HANDS} up {PLUGS} keyboard mouse &\necho $! >hands.pid\n{HANDS} grabbed {PLUGS} keyboard"
UNPLUGGED = f"kill $(cat hands.pid)\nrm -r {PLUGS}"

LISTEN = """
start_turns
load_modules input
load_modules mouse
record 'AT Translated Set 2 keyboard' key /tmp/keys
record 'Mouse' rel /tmp/mouse
echo "lab: type"
read -t 30 -r line </dev/tty1
echo "lab: read $line"
wait_go
section mouse recorded /tmp/mouse
section keys recorded /tmp/keys
"""

# linux/input-event-codes.h
CODES = {letter: 16 + n for n, letter in enumerate("qwertyuiop")}
CODES |= {letter: 30 + n for n, letter in enumerate("asdfghjkl")}
CODES |= {letter: 44 + n for n, letter in enumerate("zxcvbnm")}
CODES |= {" ": 57, "\n": 28}
LEFT_CTRL, RIGHT_CTRL, KEY_Z = 29, 97, CODES["z"]
PAUSE = "T20"


def keys(*codes):
    """Keys pressed and released, one after the other, on the host's keyboard."""
    pressed = " ".join(f"K{code}:1 S {PAUSE} K{code}:0 S {PAUSE}" for code in codes)
    return shell(f"{HANDS} play {PLUGS} keyboard {pressed}")


def mouse(*played):
    """Events of the host's mouse, each on its own."""
    return shell(f"{HANDS} play {PLUGS} mouse " + f" S {PAUSE} ".join(played) + f" S {PAUSE}")


def both_ctrl():
    """The keys that give the devices to the host or to the guest; and who has them then."""
    chord = f"K{LEFT_CTRL}:1 S K{RIGHT_CTRL}:1 S {PAUSE} K{LEFT_CTRL}:0 S K{RIGHT_CTRL}:0 S T200"
    return shell(f"{HANDS} play {PLUGS} keyboard {chord}\n"
                 f"for device in keyboard mouse; do {HANDS} grabbed {PLUGS} $device; done >>grabbed.log")


def never_z(seen):
    """What was typed while the host had the keyboard did not reach the guest."""
    found = events.keys(seen, "guest:keys")
    seen.expect((KEY_Z, 1) not in found, f"guest: got a key that was not for it: {found}")


CASES = [
    Case(
        name="input-linux", about="keyboard and mouse of the host for the guest; both Ctrl keys give them back; VNC moves too",
        arguments=f"-machine vmport=off -object input-linux,id=keyboard,evdev={PLUGS}/keyboard,grab_all=on,repeat=on "
                  f"-object input-linux,id=mouse,evdev={PLUGS}/mouse",
        guest=LISTEN, before=PLUGGED, after=UNPLUGGED,
        run=session(
            wait("lab: type"), keys(*(CODES[letter] for letter in "keys of the")),
            both_ctrl(), keys(KEY_Z), mouse("R0:50", "K272:1", "K272:0"),
            both_ctrl(), keys(*(CODES[letter] for letter in " host\n")), wait("lab: read"),
            mouse("R0:-30", "R1:40", "K273:1", "K273:0", "R8:1"),
            point(200, 200), point(210, 195), point(190, 220), point(190, 220, 1), point(190, 220), point(190, 220, 8),
            point(190, 220), go()),
        checks=(*DONE, shows("before", "^no$"), shows("guest", "^lab: read keys of the host$"), never_z,
                shows("grabbed", r"\Ano\nno\nyes\nyes\n\Z"),
                events.pressed("guest:mouse", events.BTN_RIGHT, events.BTN_LEFT),
                events.moves("guest:mouse", x=-40, y=60, wheel=2))),
]
