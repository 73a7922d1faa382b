/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550A UART (National Semiconductor PC16550D data sheet), without a bus:
 * isa-serial and others put its eight registers where they belong.
 */
#ifndef HW_CHAR_SERIAL_H
#define HW_CHAR_SERIAL_H

#include "chardev/chardev.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/region.h"

enum { SERIAL_FIFO_SIZE = 16 };

typedef struct SerialFifo {
    uint8_t data[SERIAL_FIFO_SIZE];
    uint8_t error[SERIAL_FIFO_SIZE];    /* receiver: LSR bits that came with the byte */
    unsigned head, count;
} SerialFifo;

typedef struct Serial {
    Region region;          /* eight byte-wide registers */
    Irq irq;
    uint32_t baudbase;      /* bits a second with divisor 1 */
    Chardev *chr;
    bool irq_level;

    uint8_t ier, fcr, lcr, mcr, scr;
    uint16_t divisor;
    uint8_t line_errors;    /* LSR bits that a read of LSR clears */
    uint8_t modem;          /* MSR: lines above, changes below */
    SerialFifo received, sending;
    bool thre_pending;      /* the transmitter became empty and the CPU has not seen it */
    bool timeout_pending;   /* bytes below the trigger level have waited for four character times */
    Timer timeout;
} Serial;

/* irq and baudbase are set before. @chardev_id may be NULL: output is dropped. */
bool serial_realize(Serial *serial, const char *chardev_id, Error **errp);
void serial_unrealize(Serial *serial);
void serial_reset(Serial *serial);

#endif
