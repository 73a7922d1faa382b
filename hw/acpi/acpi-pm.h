/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI fixed hardware (ACPI 6.5, 4.8): power management events and control,
 * the power management timer, general purpose events, and the SCI they drive.
 * A chipset embeds it and decides at which ports it appears.
 */
#ifndef HW_ACPI_ACPI_PM_H
#define HW_ACPI_ACPI_PM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/irq.h"

enum { ACPI_PM_TIMER_HZ = 3579545 };

/* PM1 status and enable (4.8.3.1) and control (4.8.3.2). */
enum {
    PM1_TIMER_OVERFLOW = 1 << 0,
    PM1_GLOBAL = 1 << 5,
    PM1_POWER_BUTTON = 1 << 8,
    PM1_RTC = 1 << 10,
    PM1_WAKE = 1 << 15,             /* status only */
    PM1_SCI_ENABLE = 1 << 0,        /* control */
    PM1_SLEEP_TYPE_SHIFT = 10,
    PM1_SLEEP_ENABLE = 1 << 13,
};

typedef struct AcpiPm {
    uint16_t status, enable, control;
    uint64_t overflow_at;           /* timer tick at which the overflow bit is set again */
    Timer overflow_timer;
    uint16_t gpe_status, gpe_enable;
    Irq sci;
    void (*sleep)(void *opaque, unsigned type);     /* the guest wrote SLP_EN with SLP_TYP @type */
    void *opaque;                                   /* of sleep */
} AcpiPm;

void acpi_pm_init(AcpiPm *pm, Irq sci);

/* A zeroed one is accepted. */
void acpi_pm_finish(AcpiPm *pm);

void acpi_pm_reset(AcpiPm *pm);

/* Registers at @offset: PM1 status 0, enable 2, control 4, timer 8; others read 0. */
uint64_t acpi_pm_read(AcpiPm *pm, uint64_t offset, unsigned size);
void acpi_pm_write(AcpiPm *pm, uint64_t offset, uint64_t value, unsigned size);

/* GPE block of 4 bytes: status, then enables. */
uint64_t acpi_pm_gpe_read(AcpiPm *pm, uint64_t offset, unsigned size);
void acpi_pm_gpe_write(AcpiPm *pm, uint64_t offset, uint64_t value, unsigned size);

/* Set status bits (PM1_POWER_BUTTON ...); the SCI follows. */
void acpi_pm_raise(AcpiPm *pm, uint16_t status);

/* Set status bits of general purpose events; the SCI follows. */
void acpi_pm_raise_gpe(AcpiPm *pm, uint16_t events);

/* Between legacy mode (events make SMIs, of which there are none) and ACPI mode. */
void acpi_pm_set_sci_enable(AcpiPm *pm, bool on);

#endif
