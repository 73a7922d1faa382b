# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest's input devices told: sections made by record and recorded of guest/init.

Types, codes and values are those of linux/input-event-codes.h.
"""

EV_SYN, EV_KEY, EV_REL, EV_ABS = 0, 1, 2, 3
REL_X, REL_Y, REL_WHEEL = 0, 1, 8
ABS_X, ABS_Y = 0, 1
ABS_RANGE = 1 << 16     # of Linux' vmmouse
BTN_LEFT, BTN_RIGHT, BTN_MIDDLE = 0x110, 0x111, 0x112

# struct input_event on a 64-bit machine, in words of 16 bits: 8 of time, type, code, value.
WORDS = 12


def events(seen, section):
    """(type, code, value) of each event; EV_SYN ends what happened at once."""
    found = []
    for line in seen.text(section).splitlines():
        words = [int(word, 16) for word in line.split()]
        if len(words) != WORDS:
            seen.faults.append(f"{section}: not an event: {line}")
            continue
        value = words[10] | words[11] << 16
        found.append((words[8], words[9], value - (value >> 31 << 32)))
    return found


def keys(seen, section):
    """(code, 1 pressed or 0 released) in order; repetitions are left out."""
    return [(code, value) for kind, code, value in events(seen, section) if kind == EV_KEY and value != 2]


def moved(seen, section, code):
    """All movements of one axis, added up."""
    return sum(value for kind, axis, value in events(seen, section) if (kind, axis) == (EV_REL, code))


def places(seen, section, width, height):
    """Pixels of a screen of that size, one after the other, where a pointer that is placed was; with their fractions."""
    found, place = [], {ABS_X: 0, ABS_Y: 0}
    for kind, code, value in events(seen, section):
        if kind == EV_ABS:
            place[code] = value
        elif kind == EV_SYN:
            found.append((place[ABS_X] * width / ABS_RANGE, place[ABS_Y] * height / ABS_RANGE))
    return found


def pressed(section, *codes):
    """A check: just these keys or buttons were pressed, one after the other, and released each time."""
    def check(seen):
        expected = [(code, down) for code in codes for down in (1, 0)]
        found = keys(seen, section)
        seen.expect(found == expected, f"{section}: keys {found}, not {expected}")
    return check


def moves(section, **axes):
    """A check: the pointer has moved by so much, and its wheel: x=, y=, wheel=."""
    def check(seen):
        codes = {"x": REL_X, "y": REL_Y, "wheel": REL_WHEEL}
        found = {axis: moved(seen, section, codes[axis]) for axis in axes}
        seen.expect(found == axes, f"{section}: moved by {found}, not {axes}")
    return check
