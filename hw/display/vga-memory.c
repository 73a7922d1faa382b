/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window at A0000: how an address finds offset and planes, and what the graphics controller does to the data. */
#include "hw/display/vga.h"

#include <string.h>

/* Nobody: the address is not in the part of the window that GR_MISC selects. */
#define NOWHERE UINT32_MAX

/* GR_MISC bits 3:2. */
static const struct {
    uint32_t first, size;
} windows[] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };

/* Every bit of @planes as a byte of ones. */
static uint32_t spread(unsigned planes)
{
    uint32_t bytes = 0;

    for (unsigned plane = 0; plane < VGA_PLANES; plane++) {
        bytes |= planes >> plane & 1 ? UINT32_C(0xff) << 8 * plane : 0;
    }
    return bytes;
}

static uint32_t on_all_planes(uint8_t value)
{
    return value * UINT32_C(0x01010101);
}

static bool is_linear(const Vga *vga)
{
    return dispi_is_on(&vga->dispi) && vga->dispi.values[DISPI_BPP] > 4;
}

/* The window's address @offset in the selected part, in the bank of DISPI. */
static uint32_t address_of(const Vga *vga, uint32_t offset)
{
    unsigned window = vga->graphics[GR_MISC] >> 2 & 3;

    if (offset - windows[window].first >= windows[window].size) {
        return NOWHERE;
    }
    offset -= windows[window].first;
    if (!dispi_is_on(&vga->dispi)) {
        return offset % VGA_PLANE_SIZE;
    }
    uint64_t size = is_linear(vga) ? vga->dispi.memory_size : vga->dispi.memory_size / VGA_PLANES;
    return (uint32_t)((vga->dispi.values[DISPI_BANK] * (uint64_t)DISPI_BANK_SIZE + offset) % size);
}

static uint8_t *word_at(const Vga *vga, uint32_t offset)
{
    return screen_memory(&vga->screen) + (size_t)offset * VGA_PLANES;
}

static uint32_t load(const uint8_t *word)
{
    uint32_t value;

    memcpy(&value, word, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static void store(uint8_t *word, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(word, &value, sizeof(value));
    dirty_mark(word, sizeof(value));
}

/* ---- reading ---- */

/* Read mode 1: a bit is set where the pixel has the colour that is compared with. */
static uint8_t compare(const Vga *vga)
{
    uint32_t wrong = (vga->latches ^ spread(vga->graphics[GR_COLOR_COMPARE])) & spread(vga->graphics[GR_DONT_CARE]);

    wrong |= wrong >> 16;
    return (uint8_t)~(wrong | wrong >> 8);
}

static uint8_t read_planes(Vga *vga, uint32_t address)
{
    enum { READ_MODE_1 = 0x08 };
    unsigned plane = vga->graphics[GR_READ_MAP];
    uint32_t offset = address;

    if (vga->sequencer[SR_MEMORY_MODE] & MEMORY_MODE_CHAIN_4) {
        plane = address & 3;
        offset = address & ~UINT32_C(3);
    } else if (vga->graphics[GR_MODE] & MODE_ODD_EVEN) {
        plane = (plane & 2) | (address & 1);
        offset = address & ~UINT32_C(1);
    }
    vga->latches = load(word_at(vga, offset));
    return vga->graphics[GR_MODE] & READ_MODE_1 ? compare(vga) : (uint8_t)(vga->latches >> 8 * plane);
}

uint8_t vga_memory_read(Vga *vga, uint32_t offset)
{
    uint32_t address = address_of(vga, offset);

    if (address == NOWHERE) {
        return 0xff;
    }
    return is_linear(vga) ? screen_memory(&vga->screen)[address] : read_planes(vga, address);
}

/* ---- writing ---- */

static uint8_t rotate(const Vga *vga, uint8_t value)
{
    unsigned count = vga->graphics[GR_ROTATE] & 7;

    return (uint8_t)(value >> count | value << (8 - count));
}

/* Write mode 0: planes of which set/reset is enabled get its bit, the others the rotated data. */
static uint32_t set_reset_or(const Vga *vga, uint8_t value)
{
    uint32_t enabled = spread(vga->graphics[GR_ENABLE_SET_RESET]);

    return (spread(vga->graphics[GR_SET_RESET]) & enabled) | (on_all_planes(rotate(vga, value)) & ~enabled);
}

/* GR_ROTATE bits 4:3. */
static uint32_t combine(const Vga *vga, uint32_t value)
{
    switch (vga->graphics[GR_ROTATE] >> 3 & 3) {
    case 1:
        return value & vga->latches;
    case 2:
        return value | vga->latches;
    case 3:
        return value ^ vga->latches;
    default:
        return value;
    }
}

/* What a write of @value makes of the four planes, as far as they are written. */
static uint32_t data_for(const Vga *vga, uint8_t value)
{
    uint8_t bits = vga->graphics[GR_BIT_MASK];
    uint32_t data;

    switch (vga->graphics[GR_MODE] & 3) {
    case 0:
        data = set_reset_or(vga, value);
        break;
    case 1:
        return vga->latches;
    case 2:
        data = spread(value);
        break;
    default:
        data = spread(vga->graphics[GR_SET_RESET]);
        bits &= rotate(vga, value);
        break;
    }
    return (combine(vga, data) & on_all_planes(bits)) | (vga->latches & ~on_all_planes(bits));
}

static void write_planes(Vga *vga, uint32_t address, uint8_t value)
{
    unsigned planes = vga->sequencer[SR_MAP_MASK], mode = vga->sequencer[SR_MEMORY_MODE];
    uint32_t offset = address;

    if (mode & MEMORY_MODE_CHAIN_4) {
        planes &= 1u << (address & 3);
        offset = address & ~UINT32_C(3);
    } else if (!(mode & MEMORY_MODE_SEQUENTIAL)) {
        planes &= address & 1 ? 0xa : 0x5;
        offset = address & ~UINT32_C(1);
    }
    uint8_t *word = word_at(vga, offset);
    uint32_t old = load(word), mask = spread(planes);
    uint32_t fresh = (old & ~mask) | (data_for(vga, value) & mask);
    if (fresh != old) {
        store(word, fresh);
        vga->touched = true;
    }
}

void vga_memory_write(Vga *vga, uint32_t offset, uint8_t value)
{
    uint32_t address = address_of(vga, offset);

    if (address == NOWHERE) {
        return;
    }
    if (!is_linear(vga)) {
        write_planes(vga, address, value);
        return;
    }
    screen_memory(&vga->screen)[address] = value;
    dirty_mark(screen_memory(&vga->screen) + address, 1);
}
