/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyboard controller: ports 0x60 and 0x64, interrupts 1 and 12. */
#ifndef HW_INPUT_I8042_H
#define HW_INPUT_I8042_H

#include "core/class.h"
#include "hw/input/ps2.h"

extern const Class i8042_class;     /* "i8042" */

/* The machine's keyboard; NULL before the controller exists. */
Ps2Keyboard *i8042_keyboard(void);

/* The machine's mouse says something, so that its driver looks for what it gets by another way. */
void i8042_nudge_mouse(void);

#endif
