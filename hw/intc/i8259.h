/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8259A interrupt controller, in a PC a master and a slave; Intel data sheet 231468. */
#ifndef HW_INTC_I8259_H
#define HW_INTC_I8259_H

#include "core/class.h"

typedef struct I8259 I8259;

extern const Class i8259_class;     /* "isa-i8259": eight unnamed inputs, one unnamed output (INT) */

enum { I8259_CASCADE = 2 };         /* the master's input for the slave's INT */

/* @slave answers for input I8259_CASCADE of @master. */
void i8259_cascade(I8259 *master, I8259 *slave);

/* The processor's acknowledge cycle (INTA): the vector. Without a request a spurious one, IR7 of who is asked. */
uint8_t i8259_acknowledge(I8259 *master);

#endif
