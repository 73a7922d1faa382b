# SPDX-License-Identifier: GPL-2.0-or-later
"""The keyboard controller with its keyboard and mouse: commands, status, self-tests, scancodes, gates, reset."""

from case import PC, case, expect, expect_bits, expect_equal

DATA, COMMAND = 0x60, 0x64
FULL, INPUT_FULL, SYSTEM, WAS_COMMAND, AUX_FULL = 1, 2, 4, 8, 0x20
READ_MODE, WRITE_MODE, AUX_OFF, AUX_ON = 0x20, 0x60, 0xa7, 0xa8
TEST_AUX, SELF_TEST, TEST_KEYBOARD = 0xa9, 0xaa, 0xab
KEYBOARD_OFF, KEYBOARD_ON, READ_OUTPUT, WRITE_OUTPUT, TO_KEYBOARD, TO_AUX, WRITE_AUX, RESET = (
    0xad, 0xae, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xfe)
ACK = 0xfa


class Controller:
    """Ports 0x60 and 0x64."""

    def __init__(self, m):
        self.m = m

    def command(self, value, *data):
        self.m.outb(COMMAND, value)
        for byte in data:
            self.m.outb(DATA, byte)

    def status(self):
        return self.m.inb(COMMAND)

    def read(self):
        return self.m.inb(DATA)

    def drain(self):
        """All bytes that wait."""
        got = []
        while self.status() & FULL and len(got) < 64:
            got.append(self.read())
        return got

    def keyboard(self, *values):
        return [byte for value in values for byte in self.answer(self.m.outb, DATA, value)]

    def mouse(self, *values):
        return [byte for value in values for byte in self.answer(self.command, WRITE_AUX, value)]

    def answer(self, call, *values):
        call(*values)
        return self.drain()


@case()
def self_test_passes(m):
    controller = Controller(m)
    controller.command(SELF_TEST)
    expect_equal(controller.drain(), [0x55])
    expect_bits(controller.status(), SYSTEM, SYSTEM)


@case(each={'keyboard': TEST_KEYBOARD, 'mouse': TEST_AUX})
def interface_tests_pass(m, test):
    controller = Controller(m)
    controller.command(test)
    expect_equal(controller.drain(), [0])


@case()
def command_byte_reads_back(m):
    controller = Controller(m)
    for value in (0x47, 0x03, 0x74):
        controller.command(WRITE_MODE, value)
        controller.command(READ_MODE)
        expect_equal(controller.drain(), [value])


@case()
def status_says_when_a_byte_waits(m):
    controller = Controller(m)
    controller.drain()
    expect_bits(controller.status(), 0, FULL | INPUT_FULL)
    controller.command(READ_MODE)
    expect_bits(controller.status(), FULL, FULL | AUX_FULL)
    controller.read()
    expect_bits(controller.status(), 0, FULL)


@case()
def status_marks_bytes_of_the_mouse(m):
    controller = Controller(m)
    controller.command(TO_AUX, 0x77)
    expect_bits(controller.status(), FULL | AUX_FULL, FULL | AUX_FULL)
    expect_equal(controller.read(), 0x77)


@case()
def ports_are_switched_off_in_the_command_byte(m):
    controller = Controller(m)
    for off, on, bit in ((KEYBOARD_OFF, KEYBOARD_ON, 0x10), (AUX_OFF, AUX_ON, 0x20)):
        controller.command(off)
        controller.command(READ_MODE)
        expect_bits(controller.drain()[0], bit, bit)
        controller.command(on)
        controller.command(READ_MODE)
        expect_bits(controller.drain()[0], 0, bit)


@case()
def interrupts_follow_the_command_byte(m):
    m.intercept_in()
    controller = Controller(m)
    for mode, write, irq in ((0x41, TO_KEYBOARD, 1), (0x42, TO_AUX, 12)):
        controller.command(WRITE_MODE, mode & ~3)
        controller.command(write, 1)
        expect_equal(m.irq_level(irq), False, 'off')
        controller.drain()
        controller.command(WRITE_MODE, mode)
        controller.command(write, 2)
        expect_equal(m.irq_level(irq), True, 'on')
        controller.drain()
        expect_equal(m.irq_level(irq), False, 'read')


# ---- keyboard ----

@case()
def keyboard_reset_answers_ack_and_passes(m):
    expect_equal(Controller(m).keyboard(0xff), [ACK, 0xaa])


@case()
def keyboard_says_what_it_is(m):
    controller = Controller(m)
    controller.command(WRITE_MODE, 0x01)        # without translation
    expect_equal(controller.keyboard(0xf2), [ACK, 0xab, 0x83])


@case()
def keyboard_echo(m):
    expect_equal(Controller(m).keyboard(0xee), [0xee])


@case()
def keyboard_leds_take_a_second_byte(m):
    expect_equal(Controller(m).keyboard(0xed, 0x07), [ACK, ACK])


@case()
def keyboard_asks_again_for_what_it_does_not_know(m):
    expect_equal(Controller(m).keyboard(0xe1), [0xfe])


@case(each={f'set {n}': n for n in (1, 2, 3)})
def keyboard_scancode_sets(m, number):
    controller = Controller(m)
    controller.command(WRITE_MODE, 0x01)
    expect_equal(controller.keyboard(0xf0, number), [ACK, ACK])
    expect_equal(controller.keyboard(0xf0, 0)[-1], number)


# ---- mouse ----

@case()
def mouse_reset_answers_ack_passes_and_id(m):
    expect_equal(Controller(m).mouse(0xff), [ACK, 0xaa, 0x00])


@case(stock='the mouse of this project is a plain one')
def mouse_becomes_one_with_a_wheel(m):
    controller = Controller(m)
    controller.mouse(0xf3, 200, 0xf3, 100, 0xf3, 80)
    expect_equal(controller.mouse(0xf2), [ACK, 3])


@case()
def mouse_status(m):
    controller = Controller(m)
    controller.mouse(0xff)
    controller.mouse(0xe8, 3)
    controller.mouse(0xf3, 40)
    controller.mouse(0xf4)
    expect_equal(controller.mouse(0xe9), [ACK, 0x20, 3, 40])


# ---- output port ----

@case()
def output_port_has_the_gate_of_a20(m):
    controller = Controller(m)
    for value in (0xdd, 0xdf):
        controller.command(WRITE_OUTPUT, value)
        controller.command(READ_OUTPUT)
        expect_bits(controller.drain()[0], value & 2, 2)


@case()
def port_92_has_the_gate_of_a20_too(m):
    for value in (0, 2):
        m.outb(0x92, value)
        expect_bits(m.inb(0x92), value, 2)


@case(each={'pulse': (RESET,), 'output port': (WRITE_OUTPUT, 0xde)})
def the_controller_resets_the_machine(m, words):
    Controller(m).command(*words)
    expect_equal(m.event('RESET')['data'], {'guest': True, 'reason': 'guest-reset'})


@case(f'{PC} -machine i8042=off')
def without_the_controller_nobody_is_there(m):
    expect_equal((m.inb(DATA), m.inb(COMMAND)), (0xff, 0xff))


@case()
def every_command_does_no_harm(m):
    controller = Controller(m)
    for value in range(256):
        if value not in range(0xf0, 0x100) and value != WRITE_OUTPUT:
            controller.command(value, 0x00)
            controller.drain()
    for value in range(256):
        controller.keyboard(value, value)
        controller.mouse(value, value)
    controller.drain()
    controller.command(SELF_TEST)
    expect(0x55 in controller.drain(), 'the self-test')
