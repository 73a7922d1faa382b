/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual host's memory, as far as it was shared with us, and the OpRegion that lies in it. */
#ifndef LAB_IGD_MEMORY_H
#define LAB_IGD_MEMORY_H

#include "device.h"
#include "wire.h"

/* Maps what the message brings, instead of what was mapped before. */
void memory_sync(const WireMessage *message);

/* Returns size bytes at the physical address, or NULL when they are not all there. */
uint8_t *memory_at(uint64_t address, uint64_t size);

/* Writes the OpRegion where the device says it lies, once the memory is there. */
void opregion_place(const Device *device);

/* Writes a video BIOS table with two displays; the memory there is zero. */
void vbt_write(const Vbt *vbt, uint8_t *at);

#endif
