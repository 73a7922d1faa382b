/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI fixed hardware; see acpi-pm.h. */
#include "hw/acpi/acpi-pm.h"

enum {
    REG_STATUS = 0,
    REG_ENABLE = 2,
    REG_CONTROL = 4,
    REG_TIMER = 8,
};

enum {
    STATUS_BITS = PM1_TIMER_OVERFLOW | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC | PM1_WAKE,
    EVENT_BITS = PM1_TIMER_OVERFLOW | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC,
    CONTROL_BITS = PM1_SCI_ENABLE | 1 << 1 | 7 << PM1_SLEEP_TYPE_SHIFT,     /* bit 1: BM_RLD */
};

/* A 24-bit counter; its top bit toggles every 2^23 ticks, 2.34 s (4.8.3.3). */
enum { TIMER_MASK = 0xffffff, TOP_BIT_PERIOD = 1 << 23 };

static uint64_t ticks_now(void)
{
    return (uint64_t)((unsigned __int128)clock_now(CLOCK_GUEST) * ACPI_PM_TIMER_HZ / NS_PER_SECOND);
}

/* The first nanosecond at which the timer shows @ticks. */
static int64_t time_of_tick(uint64_t ticks)
{
    unsigned __int128 scaled = (unsigned __int128)ticks * NS_PER_SECOND;

    return (int64_t)((scaled + ACPI_PM_TIMER_HZ - 1) / ACPI_PM_TIMER_HZ);
}

static uint64_t next_overflow(void)
{
    return (ticks_now() / TOP_BIT_PERIOD + 1) * TOP_BIT_PERIOD;
}

/* Overflow is noticed when somebody looks: a timer runs only while it may interrupt. */
static void update(AcpiPm *pm)
{
    if (ticks_now() >= pm->overflow_at) {
        pm->status |= PM1_TIMER_OVERFLOW;
    }
    bool event = (pm->status & pm->enable & EVENT_BITS) || (pm->gpe_status & pm->gpe_enable);
    irq_set(&pm->sci, event && (pm->control & PM1_SCI_ENABLE));
    if ((pm->enable & PM1_TIMER_OVERFLOW) && !(pm->status & PM1_TIMER_OVERFLOW)) {
        timer_set(&pm->overflow_timer, time_of_tick(pm->overflow_at));
    } else {
        timer_cancel(&pm->overflow_timer);
    }
}

static void on_overflow(void *opaque)
{
    update(opaque);
}

void acpi_pm_init(AcpiPm *pm, Irq sci)
{
    pm->sci = sci;
    timer_init(&pm->overflow_timer, CLOCK_GUEST, on_overflow, pm);
    pm->overflow_at = next_overflow();
}

void acpi_pm_finish(AcpiPm *pm)
{
    timer_cancel(&pm->overflow_timer);
    irq_set(&pm->sci, 0);
}

void acpi_pm_reset(AcpiPm *pm)
{
    pm->status = pm->enable = pm->control = 0;
    pm->gpe_status = pm->gpe_enable = 0;
    pm->overflow_at = next_overflow();
    update(pm);
}

uint64_t acpi_pm_read(AcpiPm *pm, uint64_t offset, unsigned size)
{
    if (offset >= REG_TIMER + 4) {
        return 0;
    }
    if (offset >= REG_TIMER) {
        return (ticks_now() & TIMER_MASK) >> (8 * (offset - REG_TIMER));
    }
    update(pm);
    uint64_t registers = pm->status | (uint64_t)pm->enable << 16 | (uint64_t)pm->control << 32;
    return registers >> (8 * offset);
}

/* One byte of the 16-bit register @old. */
static uint16_t merge_byte(uint16_t old, uint64_t offset, uint8_t value)
{
    return (uint16_t)(offset & 1 ? (old & 0xff) | value << 8 : (old & 0xff00) | value);
}

static void clear_status(AcpiPm *pm, uint16_t bits)
{
    pm->status &= (uint16_t)~bits;
    if (bits & PM1_TIMER_OVERFLOW) {
        pm->overflow_at = next_overflow();
    }
}

static void write_control(AcpiPm *pm, uint16_t control)
{
    pm->control = control & CONTROL_BITS;   /* SLP_EN and GBL_RLS read as 0 */
    if ((control & PM1_SLEEP_ENABLE) && pm->sleep) {
        pm->sleep(pm->opaque, control >> PM1_SLEEP_TYPE_SHIFT & 7);
    }
}

static void write_byte(AcpiPm *pm, uint64_t offset, uint8_t value)
{
    switch (offset & ~UINT64_C(1)) {
    case REG_STATUS:
        clear_status(pm, merge_byte(0, offset, value) & STATUS_BITS);
        break;
    case REG_ENABLE:
        pm->enable = merge_byte(pm->enable, offset, value) & EVENT_BITS;
        break;
    case REG_CONTROL:
        write_control(pm, merge_byte(pm->control, offset, value));
        break;
    default:    /* the timer is read-only */
        break;
    }
}

void acpi_pm_write(AcpiPm *pm, uint64_t offset, uint64_t value, unsigned size)
{
    update(pm);
    for (unsigned i = 0; i < size; i++) {
        write_byte(pm, offset + i, (uint8_t)(value >> (8 * i)));
    }
    update(pm);
}

uint64_t acpi_pm_gpe_read(AcpiPm *pm, uint64_t offset, unsigned size)
{
    return (pm->gpe_status | (uint64_t)pm->gpe_enable << 16) >> (8 * offset);
}

void acpi_pm_gpe_write(AcpiPm *pm, uint64_t offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        if (offset + i < 2) {
            pm->gpe_status &= (uint16_t)~merge_byte(0, offset + i, byte);
        } else if (offset + i < 4) {
            pm->gpe_enable = merge_byte(pm->gpe_enable, offset + i, byte);
        }
    }
    update(pm);
}

void acpi_pm_raise(AcpiPm *pm, uint16_t status)
{
    pm->status |= status;
    update(pm);
}

void acpi_pm_raise_gpe(AcpiPm *pm, uint16_t events)
{
    pm->gpe_status |= events;
    update(pm);
}

void acpi_pm_set_sci_enable(AcpiPm *pm, bool on)
{
    pm->control = (uint16_t)(on ? pm->control | PM1_SCI_ENABLE : pm->control & ~PM1_SCI_ENABLE);
    update(pm);
}
