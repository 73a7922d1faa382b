# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and movements as the PS/2 keyboard and mouse tell them: scan codes of every key in sets 1 and 2 (Microsoft,
"Keyboard Scan Code Specification"), reports of every kind of mouse, and what happens when nobody reads them."""

from case import PC, case, expect, expect_equal, expect_refused
from test_i8042 import ACK, AUX_FULL, COMMAND, DATA, FULL, WRITE_AUX, WRITE_MODE, Controller

PLAIN_MODE, TRANSLATED = 0x03, 0x43     # command bytes: interrupts on, without and with translation to set 1
BYTE_TIME = 300000                      # ns in which a byte comes over the cable
MOST = 64                               # bytes that wait, at most

# key: its code in set 1, in set 2; with e0 in front of both when they are extended
KEYS = '''
esc 01 76, 1 02 16, 2 03 1e, 3 04 26, 4 05 25, 5 06 2e, 6 07 36, 7 08 3d, 8 09 3e, 9 0a 46, 0 0b 45, minus 0c 4e, equal 0d 55,
backspace 0e 66, tab 0f 0d, q 10 15, w 11 1d, e 12 24, r 13 2d, t 14 2c, y 15 35, u 16 3c, i 17 43, o 18 44, p 19 4d,
bracket_left 1a 54, bracket_right 1b 5b, ret 1c 5a, ctrl 1d 14, a 1e 1c, s 1f 1b, d 20 23, f 21 2b, g 22 34, h 23 33, j 24 3b,
k 25 42, l 26 4b, semicolon 27 4c, apostrophe 28 52, grave_accent 29 0e, shift 2a 12, backslash 2b 5d, z 2c 1a, x 2d 22,
c 2e 21, v 2f 2a, b 30 32, n 31 31, m 32 3a, comma 33 41, dot 34 49, slash 35 4a, shift_r 36 59, kp_multiply 37 7c, alt 38 11,
spc 39 29, caps_lock 3a 58, f1 3b 05, f2 3c 06, f3 3d 04, f4 3e 0c, f5 3f 03, f6 40 0b, f7 41 83, f8 42 0a, f9 43 01, f10 44 09,
num_lock 45 77, scroll_lock 46 7e, kp_7 47 6c, kp_8 48 75, kp_9 49 7d, kp_subtract 4a 7b, kp_4 4b 6b, kp_5 4c 73, kp_6 4d 74,
kp_add 4e 79, kp_1 4f 69, kp_2 50 72, kp_3 51 7a, kp_0 52 70, kp_decimal 53 71, less 56 61, f11 57 78, f12 58 07,
kp_enter e01c e05a, ctrl_r e01d e014, kp_divide e035 e04a, alt_r e038 e011, home e047 e06c, up e048 e075, pgup e049 e07d,
left e04b e06b, right e04d e074, end e04f e069, down e050 e072, pgdn e051 e07a, insert e052 e070, delete e053 e071,
meta_l e05b e01f, meta_r e05c e027, compose e05d e02f, power e05e e037, sleep e05f e03f, wake e063 e05e,
audionext e019 e04d, audioprev e010 e015, audiostop e024 e03b, audioplay e022 e034, audiomute e020 e023,
volumeup e030 e032, volumedown e02e e021, calculator e021 e02b, ro 73 51, hiragana 70 13, yen 7d 6a, henkan 79 64, muhenkan 7b 67
'''
TABLE = {name: (bytes.fromhex(first), bytes.fromhex(second))
         for name, first, second in (row.split() for row in KEYS.replace('\n', ' ').split(',') if row.strip())}


class Guest:
    """A driver of both devices, and a person at them."""

    def __init__(self, m, mode=TRANSLATED):
        self.m, self.controller = m, Controller(m)
        self.controller.command(WRITE_MODE, mode)
        self.fetch()

    def fetch(self):
        """All bytes; a byte of the mouse is 0x100 more."""
        got = []
        for _ in range(1000):
            status = self.m.inb(COMMAND)
            if not status & FULL:
                break
            got.append(self.m.inb(DATA) | (0x100 if status & AUX_FULL else 0))
            self.m.clock_step(BYTE_TIME)
        return got

    def mouse(self, *commands):
        """Answers of the mouse."""
        answers = []
        for value in commands:
            self.controller.command(WRITE_AUX, value)
            answers += self.fetch()
        return [byte & 0xff for byte in answers]

    def keyboard(self, *commands):
        answers = []
        for value in commands:
            self.m.outb(DATA, value)
            answers += self.fetch()
        return answers

    def send(self, *events):
        self.m.qmp('input-send-event', events=list(events))

    def key(self, name, down):
        self.send({'type': 'key', 'data': {'down': down, 'key': {'type': 'qcode', 'data': name}}})

    def press(self, name):
        """(codes of going down, codes of going up)"""
        self.key(name, True)
        down = bytes(self.fetch())
        self.key(name, False)
        return down, bytes(self.fetch())

    def move(self, x, y):
        self.send({'type': 'rel', 'data': {'axis': 'x', 'value': x}}, {'type': 'rel', 'data': {'axis': 'y', 'value': y}})

    def button(self, name, down):
        self.send({'type': 'btn', 'data': {'down': down, 'button': name}})

    def reports(self):
        """Bytes of the mouse."""
        got = self.fetch()
        expect(all(byte & 0x100 for byte in got), f'{got}: some are of the keyboard')
        return [byte & 0xff for byte in got]


# ---- keyboard ----

def up_of(code, number):
    """The code of a key that goes up."""
    if number == 1:
        return code[:-1] + bytes([code[-1] | 0x80])
    return code[:-1] + b'\xf0' + code[-1:]


@case(PC, each={'set 1, as the controller translates': (TRANSLATED, None, 1), 'set 2': (PLAIN_MODE, None, 2),
                'set 1, of the keyboard': (PLAIN_MODE, 1, 1)}, ours='stock takes no keys while it is stopped')
def every_key(m, row):
    mode, chosen, number = row
    guest = Guest(m, mode)
    if chosen:
        expect_equal(guest.keyboard(0xf0, chosen), [ACK, ACK])
    wrong = {}
    for name, codes in TABLE.items():
        code = codes[number - 1]
        got = guest.press(name)
        if got != (code, up_of(code, number)):
            wrong[name] = [part.hex() for part in got]
    expect_equal(wrong, {})


# key: down and up in set 1, in set 2
ODD_KEYS = {
    'pause': ('pause', ('e11d45e19dc5', ''), ('e11477e1f014f077', '')),
    'print': ('print', ('e02ae037', 'e0b7e0aa'), ('e012e07c', 'e0f07ce0f012')),
}


@case(PC, each=ODD_KEYS, ours='stock takes no keys while it is stopped')
def keys_that_follow_no_rule(m, row):
    name, *wanted = row
    for mode, codes in zip((TRANSLATED, PLAIN_MODE), wanted):
        guest = Guest(m, mode)
        expect_equal([part.hex() for part in guest.press(name)], list(codes))


# held down meanwhile: the key, as above
CHANGED_KEYS = {
    'SysRq': ('alt', 'print', ('54', 'd4'), ('84', 'f084')),
    'SysRq, by the right Alt': ('alt_r', 'print', ('54', 'd4'), ('84', 'f084')),
    'Print with Shift': ('shift_r', 'print', ('e037', 'e0b7'), ('e07c', 'e0f07c')),
    'Print with Ctrl': ('ctrl', 'print', ('e037', 'e0b7'), ('e07c', 'e0f07c')),
    'Break': ('ctrl_r', 'pause', ('e046e0c6', ''), ('e07ee0f07e', '')),
    'Pause with Shift': ('shift', 'pause', ('e11d45e19dc5', ''), ('e11477e1f014f077', '')),
}


@case(PC, each=CHANGED_KEYS, ours='stock takes no keys while it is stopped')
def keys_that_modifiers_change(m, row):
    held, name, *wanted = row
    for mode, codes in zip((TRANSLATED, PLAIN_MODE), wanted):
        guest = Guest(m, mode)
        guest.key(held, True)
        guest.fetch()
        expect_equal([part.hex() for part in guest.press(name)], list(codes))
        guest.key(name, True)
        guest.fetch()
        guest.key(held, False)
        guest.fetch()
        guest.key(name, False)
        expect_equal(bytes(guest.fetch()).hex(), codes[1], 'as it went down')


@case(PC, ours='stock takes no keys while it is stopped')
def keys_nobody_fetches(m):
    """What does not fit is lost as a whole, and the keyboard works on."""
    guest = Guest(m, PLAIN_MODE)
    for _ in range(50):
        guest.key('right', True)
        guest.key('right', False)
    got = bytes(guest.fetch())
    expect(got and len(got) <= MOST, f'{len(got)} bytes waited')
    while got:
        code = next((code for code in (b'\xe0\x74', b'\xe0\xf0\x74') if got.startswith(code)), None)
        expect(code, f'half a code: {got.hex()}')
        got = got[len(code):]
    expect_equal(guest.press('a'), (b'\x1c', b'\xf0\x1c'))


@case(PC, ours='stock takes no keys while it is stopped')
def answers_come_before_keys_that_wait(m):
    """A driver drops what is no answer while it waits for one: a key let go would be stuck."""
    guest = Guest(m)
    for name in 'abc':
        guest.key(name, True)
    expect_equal(guest.keyboard(0xed, 0x00), [0x1e, 0xfa, 0x30, 0x2e, 0xfa])
    guest.key('d', True)
    guest.key('e', True)
    m.outb(DATA, 0xee)
    expect_equal(guest.fetch(), [0x20, 0xee, 0x12])


@case(PC, ours='stock takes no keys while it is stopped')
def scanning_is_switched_off_and_on(m):
    guest = Guest(m, PLAIN_MODE)
    expect_equal(guest.keyboard(0xf5), [ACK])
    expect_equal(guest.press('a'), (b'', b''))
    expect_equal(guest.keyboard(0xf4), [ACK])
    expect_equal(guest.press('a'), (b'\x1c', b'\xf0\x1c'))


@case(PC, ours='stock takes no keys while it is stopped')
def a_port_that_is_off_holds_keys_back(m):
    guest = Guest(m, PLAIN_MODE)
    m.outb(COMMAND, 0xad)
    guest.key('a', True)
    expect_equal(guest.fetch(), [])
    m.outb(COMMAND, 0xae)
    m.clock_step(BYTE_TIME)
    expect_equal(guest.fetch(), [0x1c])


@case(PC)
def commands_to_the_keyboard(m):
    guest = Guest(m, PLAIN_MODE)
    for commands, answers in (((0xee,), [0xee]), ((0xf2,), [ACK, 0xab, 0x83]), ((0xf3, 0x2b), [ACK, ACK]), ((0xf6,), [ACK]),
                              ((0xff,), [ACK, 0xaa]), ((0xed, 0x02), [ACK, ACK])):
        expect_equal(guest.keyboard(*commands), answers, f'{commands}')
    expect_equal(guest.keyboard(0xfe), [ACK], 'the last byte again')


@case(PC, ours='stock takes no keys while it is stopped')
def a_reset_makes_a_keyboard_of_set_2(m):
    guest = Guest(m, PLAIN_MODE)
    guest.keyboard(0xf0, 1, 0xf5)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(Guest(m, PLAIN_MODE).press('a'), (b'\x1c', b'\xf0\x1c'))


# ---- mouse ----

KNOCKS = {'plain': (), 'wheel': (200, 100, 80), 'five buttons': (200, 100, 80, 200, 200, 80)}
IDS = {'plain': 0, 'wheel': 3, 'five buttons': 4}


def knock(guest, kind):
    for rate in KNOCKS[kind]:
        expect_equal(guest.mouse(0xf3, rate), [ACK, ACK])
    expect_equal(guest.mouse(0xf2), [ACK, IDS[kind]])
    expect_equal(guest.mouse(0xf4), [ACK])


@case(PC, each={kind: kind for kind in KNOCKS}, ours='stock takes no movements while it is stopped')
def reports(m, kind):
    guest = Guest(m)
    more = [] if kind == 'plain' else [0]
    guest.move(9, 9)
    expect_equal(guest.reports(), [], 'before it was asked to report')
    knock(guest, kind)
    for (x, y), wanted in (((5, 0), [0x08, 5, 0]), ((-5, 0), [0x18, 0xfb, 0]), ((0, 7), [0x28, 0, 0xf9]), ((0, -7), [0x08, 0, 7]),
                           ((255, 255), [0x28, 0xff, 1]), ((-3, 4), [0x38, 0xfd, 0xfc])):
        guest.move(x, y)
        expect_equal(guest.reports(), wanted + more, f'{x}, {y}')
    for number, name in enumerate(('left', 'right', 'middle')):
        guest.button(name, True)
        expect_equal(guest.reports(), [0x08 | 1 << number, 0, 0] + more, name)
        guest.button(name, False)
        expect_equal(guest.reports(), [0x08, 0, 0] + more, name)


@case(PC, each={'wheel': ('wheel', []), 'five buttons': ('five buttons', [('side', 0x10), ('extra', 0x20)])},
      ours='stock takes no movements while it is stopped')
def wheels_and_more_buttons(m, row):
    kind, buttons = row
    guest = Guest(m)
    knock(guest, kind)
    few = 0xf if buttons else 0xff
    for name, wanted in (('wheel-up', -1 & few), ('wheel-down', 1)):
        guest.button(name, True)
        guest.button(name, False)
        expect_equal(guest.reports(), [0x08, 0, 0, wanted], name)
    for name, bit in buttons:
        guest.button(name, True)
        expect_equal(guest.reports(), [0x08, 0, 0, bit], name)
        guest.button(name, False)
        expect_equal(guest.reports(), [0x08, 0, 0, 0], name)


@case(PC, ours='stock takes no movements while it is stopped')
def far_movements_come_in_parts(m):
    guest = Guest(m)
    knock(guest, 'plain')
    guest.move(1000, -600)
    got = guest.reports()
    parts = [got[at:at + 3] for at in range(0, len(got), 3)]
    expect_equal(sum(x - (0x100 if first & 0x10 else 0) for first, x, _ in parts), 1000)
    expect_equal(sum(y - (0x100 if first & 0x20 else 0) for first, _, y in parts), 600)
    expect(all(first & 0xc8 == 0x08 for first, _, _ in parts), f'{parts}: an overflow, or no report')


@case(PC, ours='stock takes no movements while it is stopped')
def movements_nobody_fetches(m):
    """They become one, and the place is right in the end."""
    guest = Guest(m)
    knock(guest, 'plain')
    for _ in range(200):
        guest.move(1, 1)
    got = guest.reports()
    parts = [got[at:at + 3] for at in range(0, len(got), 3)]
    expect_equal((sum(part[1] for part in parts), len(got) % 3), (200, 0))
    expect(len(parts) < 20, f'{len(parts)} reports waited')
    guest.button('left', True)
    expect_equal(guest.reports(), [0x09, 0, 0])


@case(PC, ours='stock takes no movements while it is stopped')
def a_mouse_that_is_asked(m):
    """Remote mode: nothing comes by itself. Wrap mode: all comes back."""
    guest = Guest(m)
    knock(guest, 'plain')
    expect_equal(guest.mouse(0xf0), [ACK])
    guest.move(4, -5)
    expect_equal(guest.reports(), [])
    expect_equal(guest.mouse(0xeb), [ACK, 0x08, 4, 5])
    expect_equal(guest.mouse(0xeb), [ACK, 0x08, 0, 0])
    expect_equal(guest.mouse(0xea, 0xee), [ACK, ACK])
    expect_equal(guest.mouse(0xf4, 0x12, 0xeb), [0xf4, 0x12, 0xeb])
    expect_equal(guest.mouse(0xec), [ACK])
    guest.move(1, 0)
    expect_equal(guest.reports()[-3:], [0x08, 1, 0])


@case(PC, ours='stock takes no movements while it is stopped')
def the_state_of_a_mouse(m):
    guest = Guest(m)
    knock(guest, 'plain')
    guest.button('left', True)
    guest.button('middle', True)
    guest.reports()
    guest.mouse(0xe7, 0xe8, 1, 0xf3, 20)
    expect_equal(guest.mouse(0xe9), [ACK, 0x20 | 0x10 | 0x04 | 0x02, 1, 20])
    expect_equal(guest.mouse(0xf6), [ACK])
    expect_equal(guest.mouse(0xe9), [ACK, 0x04 | 0x02, 2, 100])
    expect_equal(guest.mouse(0xff), [ACK, 0xaa, 0])


@case(PC, ours='stock takes no movements while it is stopped')
def keys_and_movements_at_once(m):
    """Bytes of both are marked, and neither is lost or mixed into the other."""
    guest = Guest(m)
    knock(guest, 'plain')
    for number in range(1, 6):
        guest.key('a', True)
        guest.move(number, 0)
        guest.key('a', False)
    got = guest.fetch()
    expect_equal([byte for byte in got if byte < 0x100], [0x1e, 0x9e] * 5)
    mouse = [byte & 0xff for byte in got if byte >= 0x100]
    expect_equal((len(mouse) % 3, sum(mouse[1::3])), (0, 15))


# ---- who types ----

@case(PC)
def events_that_are_none(m):
    """All of a list or nothing."""
    good = {'type': 'key', 'data': {'down': True, 'key': {'type': 'qcode', 'data': 'a'}}}
    for bad in ({'type': 'key', 'data': {'down': True, 'key': {'type': 'qcode', 'data': 'nokey'}}}, {'type': 'tune', 'data': {}},
                {'type': 'btn', 'data': {'down': True, 'button': 'sixth'}}, {'type': 'rel', 'data': {'axis': 'z', 'value': 1}},
                {'type': 'key', 'data': {'down': True}}, {'type': 'rel', 'data': {'axis': 'x'}}):
        expect_refused(m.qmp, 'input-send-event', events=[good, bad])
    expect_equal(Guest(m).fetch(), [])
    expect_equal(m.inb(COMMAND) & FULL, 0)
