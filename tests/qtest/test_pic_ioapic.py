# SPDX-License-Identifier: GPL-2.0-or-later
"""The 8259 pair with its edge/level registers, and the 82093AA I/O APIC.

There is no processor to take an interrupt: the poll command acknowledges in its place. Interrupts come from the
serial ports (4 and 3) and the keyboard controller (1 and 12), which raise them at a register's write.
"""

from case import PC, case, expect, expect_bits, expect_equal

MASTER, SLAVE = 0x20, 0xa0
ICW1, ICW1_ICW4, ICW1_LEVEL = 0x10, 0x01, 0x08
ICW4_8086, ICW4_AUTO_EOI, ICW4_SFNM = 0x01, 0x02, 0x10
OCW3, READ_IRR, READ_ISR, POLL, SMM_ON, SMM_OFF = 0x08, 0x0a, 0x0b, 0x0c, 0x68, 0x48
EOI, SPECIFIC_EOI, ROTATE_EOI, SET_PRIORITY, ROTATE_SPECIFIC = 0x20, 0x60, 0xa0, 0xc0, 0xe0
ELCR1, ELCR2 = 0x4d0, 0x4d1
SERIALS = f'{PC} -serial null -serial null'
COM1, COM2 = 0x3f8, 0x2f8


def setup(m, base, vector, icw3, icw4=ICW4_8086):
    m.outb(base, ICW1 | ICW1_ICW4)
    for value in (vector, icw3, icw4):
        m.outb(base + 1, value)
    m.outb(base + 1, 0)


def setup_both(m, icw4=ICW4_8086):
    setup(m, MASTER, 0x20, 1 << 2, icw4)
    setup(m, SLAVE, 0x28, 2, icw4)


def irr(m, base=MASTER):
    m.outb(base, READ_IRR)
    return m.inb(base)


def isr(m, base=MASTER):
    m.outb(base, READ_ISR)
    return m.inb(base)


def poll(m, base=MASTER):
    """The acknowledged level, None when there is no request."""
    m.outb(base, POLL)
    answer = m.inb(base)
    return answer & 7 if answer & 0x80 else None


def raise_com(m, port=COM1):
    """Transmitter empty, and the gate to the interrupt line open (OUT2)."""
    m.outb(port + 4, 8)
    m.outb(port + 1, 2)


def lower_com(m, port=COM1):
    m.outb(port + 1, 0)


def pulse_com(m, port=COM1):
    lower_com(m, port)
    raise_com(m, port)


def i8042(m, command, data):
    m.outb(0x64, command)
    m.outb(0x60, data)


def raise_keyboard(m):
    i8042(m, 0x60, 0x41)        # command byte: interrupt 1 on
    i8042(m, 0xd2, 0x55)        # a byte as if from the keyboard


def raise_mouse(m):
    i8042(m, 0x60, 0x42)
    i8042(m, 0xd3, 0x55)


# ---- 8259: masks, requests, priorities ----

@case(SERIALS)
def mask_reads_back(m):
    setup_both(m)
    for base in (MASTER, SLAVE):
        for value in (0xff, 0x00, 0xa5):
            m.outb(base + 1, value)
            expect_equal(m.inb(base + 1), value)


@case(SERIALS)
def initialisation_clears_the_mask_and_what_is_in_service(m):
    setup_both(m)
    raise_com(m)
    expect_equal(poll(m), 4)
    expect_bits(isr(m), 0x10, 0x10)
    m.outb(MASTER + 1, 0xff)
    m.outb(MASTER, ICW1 | ICW1_ICW4)
    for value in (0x20, 4, ICW4_8086):
        m.outb(MASTER + 1, value)
    expect_equal(m.inb(MASTER + 1), 0, 'mask')
    expect_equal(isr(m), 0, 'in service')


@case(SERIALS)
def request_is_seen_acknowledged_and_ended(m):
    setup_both(m)
    raise_com(m)
    expect_bits(irr(m), 0x10, 0x10, 'requested')
    expect_equal(poll(m), 4)
    expect_bits(irr(m), 0, 0x10, 'taken')
    expect_equal(isr(m), 0x10)
    m.outb(MASTER, EOI)
    expect_equal(isr(m), 0)


@case(SERIALS)
def an_edge_is_one_interrupt(m):
    setup_both(m)
    raise_com(m)
    expect_equal(poll(m), 4)
    m.outb(MASTER, EOI)
    expect_equal(poll(m), None)
    pulse_com(m)
    expect_equal(poll(m), 4)


@case(SERIALS)
def masked_requests_wait(m):
    setup_both(m)
    m.outb(MASTER + 1, 0x10)
    raise_com(m)
    expect_bits(irr(m), 0x10, 0x10)
    expect_equal(poll(m), None)
    m.outb(MASTER + 1, 0)
    expect_equal(poll(m), 4)


@case(SERIALS)
def lower_numbers_come_first(m):
    setup_both(m)
    raise_com(m)
    raise_com(m, COM2)
    raise_keyboard(m)
    got = []
    while len(got) < 4 and (level := poll(m)) is not None:
        got.append(level)
        m.outb(MASTER, EOI)
    expect_equal(got, [1, 3, 4])


@case(SERIALS)
def what_is_in_service_holds_back_lower_priorities(m):
    setup_both(m)
    raise_com(m, COM2)
    expect_equal(poll(m), 3)
    raise_com(m)
    expect_equal(poll(m), None, '4 while 3 is in service')
    raise_keyboard(m)
    expect_equal(poll(m), 1, '1 interrupts 3')
    expect_equal(isr(m), 0x0a)
    m.outb(MASTER, EOI)
    expect_equal(isr(m), 0x08, 'the highest one ended')
    m.outb(MASTER, EOI)
    expect_equal(poll(m), 4)


@case(SERIALS)
def specific_end_of_interrupt(m):
    setup_both(m)
    raise_com(m, COM2)
    poll(m)
    raise_keyboard(m)
    poll(m)
    m.outb(MASTER, SPECIFIC_EOI | 3)
    expect_equal(isr(m), 0x02)


@case(SERIALS)
def rotation_makes_the_served_one_the_lowest(m):
    setup_both(m)
    raise_com(m, COM2)
    expect_equal(poll(m), 3)
    m.outb(MASTER, ROTATE_EOI)
    raise_com(m)
    pulse_com(m, COM2)
    expect_equal(poll(m), 4, '4 is the highest after 3')


@case(SERIALS)
def priority_can_be_set(m):
    setup_both(m)
    m.outb(MASTER, SET_PRIORITY | 3)
    raise_com(m)
    raise_com(m, COM2)
    expect_equal(poll(m), 4)


@case(SERIALS)
def rotation_on_a_specific_end(m):
    setup_both(m)
    raise_com(m, COM2)
    poll(m)
    m.outb(MASTER, ROTATE_SPECIFIC | 3)
    expect_equal(isr(m), 0)
    raise_com(m)
    pulse_com(m, COM2)
    expect_equal(poll(m), 4)


@case(SERIALS)
def automatic_end_of_interrupt(m):
    setup_both(m, ICW4_8086 | ICW4_AUTO_EOI)
    raise_com(m)
    expect_equal(poll(m), 4)
    expect_equal(isr(m), 0)


@case(SERIALS)
def special_mask_lets_lower_priorities_through(m):
    setup_both(m)
    raise_com(m, COM2)
    expect_equal(poll(m), 3)
    raise_com(m)
    expect_equal(poll(m), None)
    m.outb(MASTER, SMM_ON)
    m.outb(MASTER + 1, 0x08)
    expect_equal(poll(m), 4)
    m.outb(MASTER, SMM_OFF)


@case(SERIALS)
def poll_without_a_request_says_so(m):
    setup_both(m)
    expect_equal(poll(m), None)
    expect_equal(isr(m), 0)


@case(SERIALS)
def slave_requests_by_the_cascade(m):
    setup_both(m)
    raise_mouse(m)
    expect_bits(irr(m, SLAVE), 0x10, 0x10)
    expect_bits(irr(m), 0x04, 0x04)
    expect_equal(poll(m, SLAVE), 4)
    expect_bits(isr(m, SLAVE), 0x10, 0x10)
    m.outb(SLAVE, EOI)
    expect_equal(isr(m, SLAVE), 0)


@case(SERIALS)
def reads_choose_between_requests_and_service(m):
    setup_both(m)
    raise_com(m)
    m.outb(MASTER, READ_ISR)
    expect_equal([m.inb(MASTER), m.inb(MASTER)], [0, 0])
    m.outb(MASTER, READ_IRR)
    expect_bits(m.inb(MASTER), 0x10, 0x10)


# ---- edge and level ----

@case(SERIALS)
def elcr_reads_back_without_the_fixed_lines(m):
    m.outb(ELCR1, 0xff)
    m.outb(ELCR2, 0xff)
    expect_equal((m.inb(ELCR1), m.inb(ELCR2)), (0xf8, 0xde), '0, 1, 2, 8 and 13 are edges')
    m.outb(ELCR1, 0)
    m.outb(ELCR2, 0)
    expect_equal((m.inb(ELCR1), m.inb(ELCR2)), (0, 0))


@case(SERIALS)
def a_level_interrupts_again_until_it_falls(m):
    setup_both(m)
    m.outb(ELCR1, 0x10)
    raise_com(m)
    for _ in range(3):
        expect_equal(poll(m), 4)
        m.outb(MASTER, EOI)
    lower_com(m)
    expect_equal(poll(m), None)


@case(SERIALS)
def a_level_that_fell_is_no_request(m):
    setup_both(m)
    m.outb(ELCR1, 0x10)
    raise_com(m)
    lower_com(m)
    expect_bits(irr(m), 0, 0x10)


@case(SERIALS)
def reset_clears_elcr(m):
    m.outb(ELCR1, 0xf8)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(m.inb(ELCR1), 0)


# ---- 82093AA ----

IOAPIC = 0xfec00000
WINDOW = IOAPIC + 0x10
ID, VERSION, ARBITRATION, TABLE = 0, 1, 2, 0x10
MASKED, LEVEL, REMOTE_IRR, LOW_ACTIVE, PENDING = 1 << 16, 1 << 15, 1 << 14, 1 << 13, 1 << 12
PINS = 24


def ioapic(m, index):
    m.writel(IOAPIC, index)
    return m.readl(WINDOW)


def set_ioapic(m, index, value):
    m.writel(IOAPIC, index)
    m.writel(WINDOW, value)


@case()
def ioapic_says_version_and_pins(m):
    expect_equal(ioapic(m, VERSION) >> 16 & 0xff, PINS - 1)
    expect(ioapic(m, VERSION) & 0xff in (0x11, 0x20), 'version')


@case()
def ioapic_id_has_four_bits(m):
    set_ioapic(m, ID, 0xffffffff)
    expect_equal(ioapic(m, ID), 0x0f000000)


@case()
def ioapic_starts_with_everything_masked(m):
    for pin in range(PINS):
        expect_equal(ioapic(m, TABLE + 2 * pin), MASKED, f'pin {pin}')
        expect_equal(ioapic(m, TABLE + 2 * pin + 1), 0, f'pin {pin}')


@case()
def ioapic_entries_keep_their_writable_bits(m):
    for pin in range(PINS):
        set_ioapic(m, TABLE + 2 * pin + 1, 0xff000000)
        set_ioapic(m, TABLE + 2 * pin, MASKED | LEVEL | LOW_ACTIVE | 0x9ff | pin)
        expect_equal(ioapic(m, TABLE + 2 * pin) & ~REMOTE_IRR & ~PENDING,
                     (MASKED | LEVEL | LOW_ACTIVE | 0x9ff | pin), f'pin {pin}')
        expect_equal(ioapic(m, TABLE + 2 * pin + 1), 0xff000000, f'pin {pin}')


@case()
def ioapic_status_bits_cannot_be_written(m):
    set_ioapic(m, TABLE, MASKED | REMOTE_IRR | PENDING)
    expect_equal(ioapic(m, TABLE), MASKED)


@case()
def ioapic_registers_past_the_last_do_no_harm(m):
    for index in (3, 0x0f, 0x40, 0xff):
        set_ioapic(m, index, 0x12345678)
        ioapic(m, index)
    expect_equal(ioapic(m, TABLE), MASKED)


@case()
def ioapic_select_register_reads_back(m):
    m.writel(IOAPIC, 0x12)
    expect_equal(m.readl(IOAPIC) & 0xff, 0x12)


@case()
def ioapic_reset_masks_again(m):
    set_ioapic(m, TABLE + 8, 0x30)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(ioapic(m, TABLE + 8), MASKED)


@case(SERIALS)
def isa_interrupts_reach_the_pin_of_their_number(m):
    m.intercept_in()
    for name, act, number in (('COM1', raise_com, 4), ('keyboard', raise_keyboard, 1), ('mouse', raise_mouse, 12)):
        act(m)
        expect_equal(m.irq_level(number), True, name)
        m.inb(0x60)
    lower_com(m)
    expect_equal(m.irq_level(4), False)


@case(SERIALS)
def level_interrupt_sets_remote_irr(m):
    set_ioapic(m, TABLE + 8, LEVEL | 0x34)
    raise_com(m)
    expect_bits(ioapic(m, TABLE + 8), REMOTE_IRR, REMOTE_IRR)


@case(SERIALS)
def edge_interrupt_leaves_remote_irr(m):
    set_ioapic(m, TABLE + 8, 0x34)
    raise_com(m)
    expect_bits(ioapic(m, TABLE + 8), 0, REMOTE_IRR)


@case(SERIALS)
def masked_level_interrupt_leaves_remote_irr(m):
    set_ioapic(m, TABLE + 8, MASKED | LEVEL | 0x34)
    raise_com(m)
    expect_bits(ioapic(m, TABLE + 8), 0, REMOTE_IRR)
    set_ioapic(m, TABLE + 8, LEVEL | 0x34)
    expect_bits(ioapic(m, TABLE + 8), REMOTE_IRR, REMOTE_IRR, 'unmasked while it is high')
