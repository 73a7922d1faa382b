# SPDX-License-Identifier: GPL-2.0-or-later
"""PIIX3 and PIIX4: reset registers, power management timer and events, routing of PCI interrupts, configuration."""

from case import PC, Skip, case, expect, expect_bits, expect_equal, start, target
from chipset import Pci

PMBASE, PMREGMISC, PIRQ = 0x40, 0x80, 0x60
PM = 0x600
STATUS, ENABLE, CONTROL, TIMER = PM, PM + 2, PM + 4, PM + 8
TMR, GBL, PWRBTN, RTC, WAK = 1, 0x20, 0x100, 0x400, 0x8000
SCI_EN, SLP_EN = 1, 1 << 13
S3, S5 = 1 << 10, 0 << 10
GPE = 0xafe0
TIMER_HZ = 3579545
SECOND = 1_000_000_000
SCI = 9
RESET_GUEST = {'guest': True, 'reason': 'guest-reset'}

ISA = {'vendor and device': (0x00, 4, 0x70008086), 'class': (0x0a, 2, 0x0601),
       'header type': (0x0e, 1, 0x80), 'PIRQA': (0x60, 1, 0x80), 'PIRQB': (0x61, 1, 0x80), 'PIRQC': (0x62, 1, 0x80),
       'PIRQD': (0x63, 1, 0x80)}
POWER = {'vendor and device': (0x00, 4, 0x71138086), 'class': (0x0a, 2, 0x0680), 'revision': (0x08, 1, 0x03),
         'interrupt pin': (0x3d, 1, 0x01)}


@case(each=ISA)
def isa_bridge_after_reset(m, row):
    offset, size, value = row
    expect_equal(Pci(m).read(1 << 3, offset, size), value)


@case(each=POWER)
def power_management_after_reset(m, row):
    offset, size, value = row
    expect_equal(Pci(m).read(1 << 3 | 3, offset, size), value)


# ---- resets ----

RESETS = {
    'port cf9': [(0xcf9, 0x02), (0xcf9, 0x06)], 'port cf9, full': [(0xcf9, 0x0e)], 'port 92': [(0x92, 0x01)],
    'keyboard controller': [(0x64, 0xfe)],
}


@case(each=RESETS)
def guest_resets_the_machine(m, writes):
    Pci(m).write(0, 0x59, 1, 0x30)
    for port, value in writes:
        m.outb(port, value)
    expect_equal(m.event('RESET')['data'], RESET_GUEST)
    expect_equal(m.inb(0x92) & 1, 0)


@case()
def reset_control_remembers_its_kind(m):
    m.outb(0xcf9, 0x02)
    expect_bits(m.inb(0xcf9), 0x02, 0x06)


@case()
def port_92_resets_on_a_rise_only(m):
    m.outb(0x92, 0x02)
    m.inb(0)
    expect(m.monitor.lines.is_silent(), 'a reset without bit 0')


# ---- power management ----

def power(m, base=PM):
    device = Pci(m).device(1, 3)
    device.write32(PMBASE, base | 1)
    device.write8(PMREGMISC, 1)
    return device


@case()
def registers_appear_at_the_base_when_enabled(m):
    expect_equal(m.inl(TIMER), 0xffffffff, 'before')
    device = power(m)
    expect(m.inw(STATUS) != 0xffff, 'enabled')
    device.write32(PMBASE, 0x700 | 1)
    expect(m.inw(0x700) != 0xffff, 'moved')
    expect_equal(m.inw(STATUS), 0xffff, 'the old place')
    device.write8(PMREGMISC, 0)
    expect_equal(m.inw(0x700), 0xffff, 'disabled')


@case(ours='QEMU 7.2 keeps all bits of the register')
def base_register_has_64_byte_steps(m):
    device = power(m)
    device.write32(PMBASE, 0xffffffff)
    expect_equal(device.read32(PMBASE), 0xffc1)


@case()
def timer_runs_at_its_rate_and_has_24_bits(m):
    power(m)
    first = m.inl(TIMER)
    m.clock_step(SECOND)
    expect(abs((m.inl(TIMER) - first & 0xffffff) - TIMER_HZ) <= 2, 'a second')
    m.clock_step(10 * SECOND)
    expect(m.inl(TIMER) < 1 << 24, '24 bits')


@case()
def timer_overflow_is_a_status_and_an_interrupt(m):
    m.intercept_in()
    power(m)
    m.outw(CONTROL, SCI_EN)
    m.outw(ENABLE, TMR)
    m.clock_step(5 * SECOND)                # half of 2^24 counts are 2.34 seconds
    expect_bits(m.inw(STATUS), TMR, TMR)
    expect_equal(m.irq_level(SCI), True)
    m.outw(STATUS, TMR)
    expect_bits(m.inw(STATUS), 0, TMR)
    expect_equal(m.irq_level(SCI), False)


@case()
def enable_and_control_read_back(m):
    power(m)
    m.outw(ENABLE, PWRBTN | GBL)
    expect_equal(m.inw(ENABLE), PWRBTN | GBL)
    m.outb(0xb2, 0xf1)                      # SeaBIOS and others switch ACPI on so
    m.outw(CONTROL, SCI_EN)
    expect_bits(m.inw(CONTROL), SCI_EN, SCI_EN)


@case()
def power_button_is_a_status_and_an_interrupt(m):
    m.intercept_in()
    power(m)
    m.outw(CONTROL, SCI_EN)
    m.outw(ENABLE, PWRBTN)
    if target.is_stock and m.status() != 'running':
        raise Skip('the button is for running machines')
    m.qmp('system_powerdown')
    m.event('POWERDOWN')
    expect_bits(m.inw(STATUS), PWRBTN, PWRBTN)
    expect_equal(m.irq_level(SCI), True)
    m.outw(STATUS, PWRBTN)
    expect_equal(m.irq_level(SCI), False)


@case()
def power_button_without_enable_is_silent(m):
    m.intercept_in()
    power(m)
    m.outw(CONTROL, SCI_EN)
    m.qmp('system_powerdown')
    expect_equal(m.irq_level(SCI), False)


@case()
def general_purpose_events_read_back_and_clear(m):
    expect_equal([m.inb(GPE + n) for n in range(4)], [0, 0, 0, 0])
    m.outb(GPE + 2, 0x02)
    expect_equal(m.inb(GPE + 2), 0x02)


@case(None)
def soft_off_ends_the_process():
    with start() as m:
        power(m)
        m.outw(CONTROL, S5 | SLP_EN)
        expect_equal(m.event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-shutdown'})
        m.expect_exit(0)


@case(None)
def soft_off_without_shutdown_stops():
    with start(f'{PC} -no-shutdown') as m:
        power(m)
        m.outw(CONTROL, S5 | SLP_EN)
        expect_equal(m.event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-shutdown'})
        if not (target.is_stock and 'qtest' not in target.accel):
            expect_equal(m.status(), 'shutdown')


@case(f'{PC} -global PIIX4_PM.disable_s3=0')
def suspend_is_announced(m):
    if m.status() != 'running' or 'system_wakeup' not in [row['name'] for row in m.qmp('query-commands')]:
        raise Skip('this machine does not suspend')
    power(m)
    m.outw(CONTROL, S3 | SLP_EN)
    m.event('SUSPEND')
    expect_equal(m.status(), 'suspended')
    m.qmp('system_wakeup')
    m.event('WAKEUP')
    expect_bits(m.inw(STATUS), WAK, WAK)


# ---- PIRQ ----

@case()
def routing_registers_keep_line_and_disable(m):
    isa = Pci(m).device(1)
    for n in range(4):
        for value in (0x0a, 0x8b, 0x80):
            isa.write8(PIRQ + n, value)
            expect_equal(isa.read8(PIRQ + n), value)


EDU = f'{PC} -device edu,addr=04.0'
EDU_RAISE, EDU_ACKNOWLEDGE = 0x60, 0x64


@case(EDU, needs='edu')
def pci_interrupt_follows_its_route(m):
    m.intercept_in()
    pci = Pci(m)
    isa, edu = pci.device(1), pci.device(4)
    base = edu.bar(0).map()
    edu.enable()
    pirq = (4 + 0 - 1) & 3                  # slot 4, pin A
    isa.write8(PIRQ + pirq, 10)
    m.writel(base + EDU_RAISE, 1)
    expect_equal(m.irq_level(10), True)
    isa.write8(PIRQ + pirq, 11)
    expect_equal((m.irq_level(10), m.irq_level(11)), (False, True), 'moved')
    isa.write8(PIRQ + pirq, 0x80)
    expect_equal(m.irq_level(11), False, 'off')
    isa.write8(PIRQ + pirq, 10)
    edu.write16(4, edu.read16(4) | 0x400)
    expect_equal(m.irq_level(10), False, 'INTx disable')
    edu.write16(4, edu.read16(4) & ~0x400)
    expect_equal(m.irq_level(10), True)
    m.writel(base + EDU_ACKNOWLEDGE, 1)
    expect_equal(m.irq_level(10), False, 'acknowledged')


@case()
def every_byte_of_the_power_management_block(m):
    power(m)
    for offset in range(64):
        m.inb(PM + offset)
        if offset not in (4, 5):
            m.outb(PM + offset, 0xff)
    expect(m.inb(0x1234) == 0xff, 'the machine')
