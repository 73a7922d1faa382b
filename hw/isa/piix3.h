/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIIX3 ISA bridge (82371SB, function 0): routes the PCI interrupt lines to ISA IRQs, resets the machine. */
#ifndef HW_ISA_PIIX3_H
#define HW_ISA_PIIX3_H

#include "hw/pci/pci.h"

enum { PIIX3_ISA_IRQ_COUNT = 16 };

typedef struct Piix3 {
    PciDevice pci;
    Region reset_control;           /* RC, port 0xCF9 */
    uint8_t reset_control_value;
    uint8_t pirq_levels;            /* bit n: PIRQ A + n is asserted */
    Irq isa_irqs[PIIX3_ISA_IRQ_COUNT];
} Piix3;

extern const Class piix3_class;     /* "PIIX3": at 00:01.0 unless told otherwise */

#endif
