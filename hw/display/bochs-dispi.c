/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display interface of Bochs; see bochs-dispi.h. Registers hold what is written; a mode is what they say when
 * it is enabled, cut to what video memory can hold.
 */
#include "hw/display/bochs-dispi.h"

#include <glib.h>
#include <string.h>

#include "core/dirty.h"

enum { OLDEST_ID = 0xb0c0, NEWEST_ID = 0xb0c5, MAX_XRES = 16000, MAX_YRES = 12000, MAX_BPP = 32 };

void dispi_reset(Dispi *dispi, uint8_t *memory, uint64_t memory_size)
{
    *dispi = (Dispi){ .memory = memory, .memory_size = memory_size };
    dispi->values[DISPI_ID] = NEWEST_ID;
    dispi->values[DISPI_MEMORY_64K] = (uint16_t)(memory_size / DISPI_BANK_SIZE);
}

uint16_t dispi_read(const Dispi *dispi, unsigned index)
{
    bool caps = dispi->values[DISPI_ENABLE] & DISPI_GETCAPS;

    switch (index) {
    case DISPI_XRES:
        return caps ? MAX_XRES : dispi->values[index];
    case DISPI_YRES:
        return caps ? MAX_YRES : dispi->values[index];
    case DISPI_BPP:
        return caps ? MAX_BPP : dispi->values[index];
    default:
        return index < DISPI_COUNT ? dispi->values[index] : 0;
    }
}

static uint64_t line_bytes(const Dispi *dispi, uint64_t pixels)
{
    unsigned bpp = dispi->values[DISPI_BPP];

    return bpp == 4 ? pixels / 2 : pixels * ((bpp + 7) / 8);
}

uint64_t dispi_stride(const Dispi *dispi)
{
    return line_bytes(dispi, dispi->values[DISPI_VIRT_WIDTH]);
}

uint64_t dispi_offset(const Dispi *dispi)
{
    return dispi->values[DISPI_Y_OFFSET] * dispi_stride(dispi) + line_bytes(dispi, dispi->values[DISPI_X_OFFSET]);
}

static const struct {
    unsigned bpp;
    uint32_t fourcc;
} depths[] = {
    { 8, PIXELS_C8 }, { 15, PIXELS_XRGB1555 }, { 16, PIXELS_RGB565 }, { 24, PIXELS_RGB888 }, { 32, PIXELS_XRGB8888 },
};

/* 0: no such depth. */
static uint32_t fourcc_of(unsigned bpp, bool big_endian)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(depths); i++) {
        if (depths[i].bpp == bpp) {
            return depths[i].fourcc | (big_endian && bpp > 8 ? PIXELS_BIG_ENDIAN : 0);
        }
    }
    return 0;
}

PixelMode dispi_mode(const Dispi *dispi, bool big_endian)
{
    return (PixelMode){
        .width = dispi->values[DISPI_XRES],
        .height = dispi->values[DISPI_YRES],
        .fourcc = fourcc_of(dispi->values[DISPI_BPP], big_endian),
        .offset = dispi_offset(dispi),
        .stride = dispi_stride(dispi),
    };
}

/* The mode's depth, size, and virtual size: all that is shown is in video memory. */
static void cut_size(Dispi *dispi)
{
    uint16_t *values = dispi->values;
    unsigned bpp = values[DISPI_BPP];

    if (bpp != 4 && bpp != 8 && bpp != 15 && bpp != 16 && bpp != 24 && bpp != 32) {
        values[DISPI_BPP] = 8;
    }
    values[DISPI_XRES] = CLAMP(values[DISPI_XRES] & ~7, 8, MAX_XRES);
    values[DISPI_VIRT_WIDTH] = MAX(values[DISPI_VIRT_WIDTH] & ~7, values[DISPI_XRES]);
    uint64_t lines = dispi->memory_size / dispi_stride(dispi);
    values[DISPI_YRES] = (uint16_t)CLAMP(values[DISPI_YRES], 1, MIN(lines, MAX_YRES));
    values[DISPI_VIRT_HEIGHT] = (uint16_t)MIN(lines, UINT16_MAX);
}

/* What is shown begins in video memory and ends in it. */
static void cut_offset(Dispi *dispi)
{
    uint64_t shown = dispi->values[DISPI_YRES] * dispi_stride(dispi);

    if (dispi_offset(dispi) + shown > dispi->memory_size) {
        dispi->values[DISPI_Y_OFFSET] = 0;
    }
    if (dispi_offset(dispi) + shown > dispi->memory_size) {
        dispi->values[DISPI_X_OFFSET] = 0;
    }
}

static void enable(Dispi *dispi, uint16_t value)
{
    bool was_on = dispi_is_on(dispi);

    dispi->values[DISPI_ENABLE] = value;
    if (!(value & DISPI_ENABLED)) {
        dispi->values[DISPI_BANK] = 0;
        return;
    }
    if (was_on) {
        return;
    }
    dispi->values[DISPI_VIRT_WIDTH] = 0;
    dispi->values[DISPI_X_OFFSET] = dispi->values[DISPI_Y_OFFSET] = 0;
    cut_size(dispi);
    if (!(value & DISPI_NOCLEARMEM)) {
        uint64_t shown = dispi->values[DISPI_YRES] * dispi_stride(dispi);
        memset(dispi->memory, 0, shown);
        dirty_mark(dispi->memory, shown);
    }
}

static void set_id(Dispi *dispi, uint16_t value)
{
    if (value >= OLDEST_ID && value <= NEWEST_ID) {
        dispi->values[DISPI_ID] = value;
    }
}

static void set_bank(Dispi *dispi, uint16_t value)
{
    unsigned banks = (unsigned)(dispi->memory_size / DISPI_BANK_SIZE);

    dispi->values[DISPI_BANK] = (uint16_t)(value % banks);
}

void dispi_write(Dispi *dispi, unsigned index, uint16_t value)
{
    dispi->touched |= index != DISPI_BANK;
    switch (index) {
    case DISPI_ID:
        set_id(dispi, value);
        return;
    case DISPI_ENABLE:
        enable(dispi, value);
        return;
    case DISPI_BANK:
        set_bank(dispi, value);
        return;
    case DISPI_XRES:
    case DISPI_YRES:
    case DISPI_BPP:
    case DISPI_VIRT_WIDTH:
    case DISPI_X_OFFSET:
    case DISPI_Y_OFFSET:
        dispi->values[index] = value;
        break;
    default:    /* read-only, or nothing */
        return;
    }
    if (dispi_is_on(dispi)) {
        cut_size(dispi);
        cut_offset(dispi);
    }
}
