# SPDX-License-Identifier: GPL-2.0-or-later
"""The 16550A at COM1: registers, divisor, FIFO, loopback, interrupt identification and its priorities."""

import qtest

from case import PC, case, expect, expect_bits, expect_equal, start
from qtest import listener, scratch_path

COM1, COM2 = 0x3f8, 0x2f8
DATA, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH = range(8)
FCR = IIR
IER_DATA, IER_EMPTY, IER_LINE, IER_MODEM = 1, 2, 4, 8
IIR_NONE, IIR_MODEM, IIR_EMPTY, IIR_DATA, IIR_TIMEOUT, IIR_LINE = 1, 0, 2, 4, 12, 6
MCR_DTR, MCR_RTS, MCR_OUT1, MCR_OUT2, MCR_LOOP = 1, 2, 4, 8, 16
LSR_DATA, LSR_OVERRUN, LSR_BREAK, LSR_EMPTY, LSR_IDLE = 1, 2, 0x10, 0x20, 0x40
DLAB = 0x80
ONE = f'{PC} -serial null'
CHARACTER_NS = 100_000_000      # longer than any character here takes


class Uart:
    """A serial port by its registers."""

    def __init__(self, m, base=COM1):
        self.m, self.base = m, base

    def read(self, register):
        return self.m.inb(self.base + register)

    def write(self, register, value):
        self.m.outb(self.base + register, value)

    def loop(self, fifo=True):
        self.write(FCR, 7 if fifo else 0)
        self.write(MCR, MCR_LOOP | MCR_OUT2)


# ---- registers ----

@case(ONE)
def registers_after_reset(m):
    uart = Uart(m)
    expect_equal((uart.read(IER), uart.read(IIR), uart.read(LCR)), (0, IIR_NONE, 0))
    expect_equal(uart.read(LSR), LSR_EMPTY | LSR_IDLE)


@case(ONE)
def scratch_register_keeps_its_value(m):
    uart = Uart(m)
    for value in (0x55, 0xaa, 0):
        uart.write(SCRATCH, value)
        expect_equal(uart.read(SCRATCH), value)


@case(ONE)
def divisor_is_behind_dlab(m):
    uart = Uart(m)
    uart.write(IER, 5)
    uart.write(LCR, DLAB | 3)
    uart.write(0, 0x34)
    uart.write(1, 0x12)
    expect_equal((uart.read(0), uart.read(1)), (0x34, 0x12))
    uart.write(LCR, 3)
    expect_equal((uart.read(IER), uart.read(LCR)), (5, 3))


@case(ONE)
def interrupt_enable_has_four_bits(m):
    uart = Uart(m)
    uart.write(IER, 0xff)
    expect_equal(uart.read(IER), 0x0f)


@case(ONE)
def modem_control_has_five_bits(m):
    uart = Uart(m)
    uart.write(MCR, 0xff)
    expect_equal(uart.read(MCR), 0x1f)


@case(ONE)
def fifo_shows_in_the_top_of_iir(m):
    uart = Uart(m)
    expect_bits(uart.read(IIR), 0, 0xc0, 'off')
    uart.write(FCR, 1)
    expect_bits(uart.read(IIR), 0xc0, 0xc0, 'on')
    uart.write(FCR, 0)
    expect_bits(uart.read(IIR), 0, 0xc0, 'off again')


@case(ONE)
def status_registers_are_read_only(m):
    uart = Uart(m)
    uart.write(LSR, 0)
    expect_equal(uart.read(LSR), LSR_EMPTY | LSR_IDLE)


@case(PC)
def without_serial_nobody_is_there(m):
    expect_equal([m.inb(COM1 + n) for n in range(8)], [0xff] * 8)


@case(f'{PC} -serial null -serial null -serial null -serial null')
def four_ports_at_the_usual_places(m):
    for base in (COM1, COM2, 0x3e8, 0x2e8):
        uart = Uart(m, base)
        uart.write(SCRATCH, base & 0xff)
        expect_equal(uart.read(SCRATCH), base & 0xff, f'{base:#x}')


@case(f'{PC} -chardev null,id=c -device isa-serial,chardev=c,iobase=0x3e8,irq=5')
def place_and_interrupt_of_a_device(m):
    m.intercept_in()
    uart = Uart(m, 0x3e8)
    uart.write(MCR, MCR_OUT2)
    uart.write(IER, IER_EMPTY)
    expect_equal(m.irq_level(5), True)


# ---- loopback ----

@case(ONE)
def loopback_connects_modem_lines(m):
    uart = Uart(m)
    for bits, wanted in ((0, 0), (MCR_RTS, 0x10), (MCR_DTR, 0x20), (MCR_OUT1, 0x40), (MCR_OUT2, 0x80),
                         (0x0f, 0xf0)):
        uart.write(MCR, MCR_LOOP | bits)
        expect_bits(uart.read(MSR), wanted, 0xf0, f'MCR {bits:#x}')


@case(ONE)
def loopback_returns_a_byte(m):
    uart = Uart(m)
    uart.loop(fifo=False)
    uart.write(DATA, 0x5a)
    m.clock_step(CHARACTER_NS)
    expect_bits(uart.read(LSR), LSR_DATA, LSR_DATA)
    expect_equal(uart.read(DATA), 0x5a)
    expect_bits(uart.read(LSR), 0, LSR_DATA)


@case(ONE)
def fifo_keeps_sixteen_bytes_in_order(m):
    uart = Uart(m)
    uart.loop()
    for byte in range(16):
        uart.write(DATA, byte)
        m.clock_step(CHARACTER_NS)
    expect_equal([uart.read(DATA) for _ in range(16)], list(range(16)))
    expect_bits(uart.read(LSR), 0, LSR_DATA)


@case(ONE)
def byte_too_many_is_an_overrun(m):
    uart = Uart(m)
    uart.loop()
    for byte in range(18):
        uart.write(DATA, byte)
        m.clock_step(CHARACTER_NS)
    expect_bits(uart.read(LSR), LSR_OVERRUN, LSR_OVERRUN)
    expect_bits(uart.read(LSR), 0, LSR_OVERRUN, 'reading clears it')


@case(ONE)
def fifo_reset_empties_it(m):
    uart = Uart(m)
    uart.loop()
    uart.write(DATA, 1)
    m.clock_step(CHARACTER_NS)
    uart.write(FCR, 3)
    expect_bits(uart.read(LSR), 0, LSR_DATA)


# ---- interrupts ----

@case(ONE)
def transmitter_empty_interrupts_and_reading_iir_ends_it(m):
    m.intercept_in()
    uart = Uart(m)
    uart.write(MCR, MCR_OUT2)
    uart.write(IER, IER_EMPTY)
    expect_equal(m.irq_level(4), True)
    expect_bits(uart.read(IIR), IIR_EMPTY, 0x0f)
    expect_equal(m.irq_level(4), False)
    expect_bits(uart.read(IIR), IIR_NONE, 0x0f)


@case(ONE)
def enabling_again_interrupts_again(m):
    uart = Uart(m)
    for _ in range(3):
        uart.write(IER, 0)
        uart.write(IER, IER_EMPTY)
        expect_bits(uart.read(IIR), IIR_EMPTY, 0x0f)


@case(ONE, ours='QEMU 7.2 reports no changes in loopback')
def modem_status_is_the_last_priority(m):
    uart = Uart(m)
    uart.write(MCR, MCR_LOOP)
    uart.read(MSR)
    uart.write(IER, IER_MODEM)
    uart.write(MCR, MCR_LOOP | MCR_RTS)
    expect_bits(uart.read(IIR), IIR_MODEM, 0x0f)
    expect_bits(uart.read(MSR), 0x11, 0x1f, 'CTS and its change')
    expect_bits(uart.read(IIR), IIR_NONE, 0x0f, 'reading MSR ends it')


@case(ONE)
def received_data_comes_before_empty(m):
    uart = Uart(m)
    uart.loop(fifo=False)
    uart.write(IER, IER_DATA | IER_EMPTY)
    uart.write(DATA, 0x55)
    m.clock_step(CHARACTER_NS)
    expect_bits(uart.read(IIR), IIR_DATA, 0x0f)
    uart.read(DATA)
    expect_bits(uart.read(IIR), IIR_EMPTY, 0x0f)
    expect_bits(uart.read(IIR), IIR_NONE, 0x0f)


@case(ONE)
def line_status_is_the_first_priority(m):
    uart = Uart(m)
    uart.loop()
    uart.write(IER, IER_DATA | IER_EMPTY | IER_LINE)
    for byte in range(18):
        uart.write(DATA, byte)
        m.clock_step(CHARACTER_NS)
    expect_bits(uart.read(IIR), IIR_LINE, 0x0f)
    uart.read(LSR)
    expect_bits(uart.read(IIR), IIR_DATA, 0x0f)


@case(ONE)
def fifo_trigger_and_time_out(m):
    uart = Uart(m)
    uart.loop()
    uart.write(FCR, 0x81)                   # on, trigger at eight
    uart.write(IER, IER_DATA)
    for byte in range(7):
        uart.write(DATA, byte)
    expect(uart.read(IIR) & 0x0f != IIR_DATA, 'the trigger is not reached')
    m.clock_step(CHARACTER_NS)
    expect_bits(uart.read(IIR), IIR_TIMEOUT, 0x0f, 'seven bytes nobody read')
    uart.write(DATA, 7)
    expect_bits(uart.read(IIR), IIR_DATA, 0x0f, 'trigger')


# ---- the other end ----

def connected():
    """A machine whose serial port is a socket, and the socket."""
    server, path = listener()
    machine = start(f'{PC} -chardev socket,id=s,path={path} -serial chardev:s')
    connection = machine.process.accept(server)
    connection.settimeout(10)
    return machine, connection


@case(None)
def what_the_guest_writes_arrives():
    machine, connection = connected()
    with machine as m, connection:
        uart = Uart(m)
        text = b'hello, world'
        for byte in text:
            uart.write(DATA, byte)
            m.inb(0)
        got = b''
        while len(got) < len(text):
            got += connection.recv(100)
        expect_equal(got, text)


@case(None)
def what_arrives_interrupts_the_guest():
    machine, connection = connected()
    with machine as m, connection:
        m.intercept_in()
        uart = Uart(m)
        uart.write(FCR, 0x01)
        uart.write(MCR, MCR_OUT2)
        uart.write(IER, IER_DATA)
        connection.sendall(b'xyz')

        qtest.wait_until(lambda: m.irq_level(4), 'the interrupt')
        got = b''
        qtest.wait_until(lambda: uart.read(LSR) & LSR_DATA, 'data')
        while len(got) < 3:
            qtest.wait_until(lambda: uart.read(LSR) & LSR_DATA, 'data')
            got += bytes([uart.read(DATA)])
        expect_equal(got, b'xyz')
        expect_equal(m.irq_level(4), False)


@case(None)
def output_goes_to_a_file():
    path = scratch_path('.out')
    with start(f'{PC} -serial file:{path}') as m:
        for byte in b'to a file\n':
            Uart(m).write(DATA, byte)
    with open(path, 'rb') as file:
        expect_equal(file.read(), b'to a file\n')


@case(None)
def debug_console_is_read_back_and_written():
    path = scratch_path('.out')
    with start(f'{PC} -debugcon file:{path} -global isa-debugcon.iobase=0x402') as m:
        expect_equal(m.inb(0x402), 0xe9, 'how firmware finds it')
        for byte in b'debug':
            m.outb(0x402, byte)
    with open(path, 'rb') as file:
        expect_equal(file.read(), b'debug')
