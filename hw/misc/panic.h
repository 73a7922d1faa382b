/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The panic notifier: a register whose bits the guest sets to tell that its system failed (bit 0) or failed and boots
 * a crash kernel (bit 1). Facts: QEMU's docs/specs/pvpanic and Linux's include/uapi/misc/pvpanic.h.
 */
#ifndef HW_MISC_PANIC_H
#define HW_MISC_PANIC_H

#include "core/region.h"
#include "hw/isa/isa.h"

typedef struct PanicRegister {
    Region region;
    uint8_t events;             /* bits that are there; what a read gives */
} PanicRegister;

/* Make a register of @size bytes, each of which is the register; events is set by a property. */
void panic_register_init(PanicRegister *reg, uint64_t size);

typedef struct IsaPanic {
    IsaDevice isa;
    PanicRegister reg;
    uint16_t ioport;
} IsaPanic;

extern const Class pvpanic_class;       /* "pvpanic" */

#endif
