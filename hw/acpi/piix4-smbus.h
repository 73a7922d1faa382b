/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SMBus host controller of PIIX4 function 3, with no device on its bus. */
#ifndef HW_ACPI_PIIX4_SMBUS_H
#define HW_ACPI_PIIX4_SMBUS_H

#include "core/region.h"

enum { PIIX4_SMBUS_REGISTER_COUNT = 16 };

typedef struct Piix4Smbus {
    Region ports;
    uint8_t registers[PIIX4_SMBUS_REGISTER_COUNT];
    uint8_t block[32];          /* behind the block data register */
    unsigned block_index;
} Piix4Smbus;

/* Make its ports; the owner puts them into the I/O space. */
void piix4_smbus_init(Piix4Smbus *bus);
void piix4_smbus_reset(Piix4Smbus *bus);

#endif
