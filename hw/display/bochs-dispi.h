/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display interface of Bochs (DISPI): sixteen-bit registers by which a guest asks for a mode of pixels in video
 * memory. Facts: "VBE Display Interface" of Bochs and its VBE BIOS, version 0xB0C5.
 */
#ifndef HW_DISPLAY_BOCHS_DISPI_H
#define HW_DISPLAY_BOCHS_DISPI_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/display/canvas.h"

enum {
    DISPI_ID, DISPI_XRES, DISPI_YRES, DISPI_BPP, DISPI_ENABLE, DISPI_BANK, DISPI_VIRT_WIDTH, DISPI_VIRT_HEIGHT,
    DISPI_X_OFFSET, DISPI_Y_OFFSET, DISPI_MEMORY_64K, DISPI_COUNT,
};

/* Bits of DISPI_ENABLE. */
enum {
    DISPI_ENABLED = 0x01, DISPI_GETCAPS = 0x02, DISPI_8BIT_DAC = 0x20, DISPI_LFB = 0x40, DISPI_NOCLEARMEM = 0x80,
};

/* The longest line there can be (65535 pixels of 4 bytes) fits in the smallest memory. */
enum { DISPI_BANK_SIZE = 0x10000, DISPI_MEMORY_MIN = 1 << 20 };

typedef struct Dispi {
    uint16_t values[DISPI_COUNT];
    uint8_t *memory;            /* video memory, a multiple of 64K, at least DISPI_MEMORY_MIN */
    uint64_t memory_size;
    bool touched;               /* something that may show was written; the owner clears it */
} Dispi;

void dispi_reset(Dispi *dispi, uint8_t *memory, uint64_t memory_size);
uint16_t dispi_read(const Dispi *dispi, unsigned index);
void dispi_write(Dispi *dispi, unsigned index, uint16_t value);

static inline bool dispi_is_on(const Dispi *dispi)
{
    return dispi->values[DISPI_ENABLE] & DISPI_ENABLED;
}

/* While it is on: bytes from line to line, and of the first pixel that is shown. 4 bpp: four planes, interleaved. */
uint64_t dispi_stride(const Dispi *dispi);
uint64_t dispi_offset(const Dispi *dispi);

/* What is shown while it is on, of 8 bpp or more. */
PixelMode dispi_mode(const Dispi *dispi, bool big_endian);

#endif
