/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GPU's BARs: plain memory, with a few registers that show config space or other memory. */
#include "device.h"
#include "journal.h"

/* The registers of an indexed BAR: "MMIO_INDEX" and "MMIO_DATA" of Intel's graphics manuals. */
enum {
    INDEX = 0,
    DATA = 4,
    DATA_BYTES = 4,
    INDEX_IS_GTT = 1 << 0,      /* the GTT, in the upper half of the target; else its registers */
    INDEX_FLAGS = 0x3,
};

uint64_t bar_base(const Device *device, unsigned index)
{
    uint32_t flags = device->bars[index].is_memory ? 0xf : 0x3;

    return bytes_get(device->config + 0x10 + 4 * index, 4) & ~(uint64_t)flags;
}

/* Returns the BAR that answers at the bus address, or BAR_COUNT. */
static unsigned bar_at(const Device *device, uint64_t address, unsigned bytes, bool is_memory)
{
    unsigned index;

    for (index = 0; index < BAR_COUNT; index++) {
        const Bar *bar = &device->bars[index];
        uint64_t base = bar_base(device, index);

        if (bar->size && bar->is_memory == is_memory && address >= base &&
            address - base <= bar->size - bytes) {
            break;
        }
    }
    return index;
}

static const Mirror *mirror_at(const Device *device, unsigned bar, uint64_t offset, unsigned bytes)
{
    for (unsigned i = 0; i < device->mirror_count; i++) {
        const Mirror *mirror = &device->mirrors[i];

        if (mirror->bar == bar && offset < mirror->offset + mirror->bytes &&
            mirror->offset < offset + bytes) {
            return mirror;
        }
    }
    return NULL;
}

/* Puts the config register's present value where it is mirrored. */
static const char *refresh_mirror(Device *device, unsigned bar, uint64_t offset, unsigned bytes)
{
    const Mirror *mirror = mirror_at(device, bar, offset, bytes);

    if (!mirror) {
        return "";
    }
    bytes_put(device->bars[bar].content + mirror->offset, mirror->bytes,
              bytes_get(device->config + mirror->config_offset, mirror->bytes));
    return " mirror";
}

/* A dword in a BAR. */
typedef struct {
    unsigned bar;
    uint64_t offset;
} Place;

/* Follows an access to the data register to where the index points; other accesses stay where they are. */
static Place followed(const Device *device, unsigned bar, uint64_t offset, unsigned bytes)
{
    const Indexed *indexed = &device->indexed;
    Place place = { bar, offset };

    if (indexed->present && bar == indexed->through && offset == DATA && bytes == DATA_BYTES) {
        uint32_t index = (uint32_t)bytes_get(device->bars[bar].content + INDEX, 4);
        uint64_t half = device->bars[indexed->target].size / 2;

        place.bar = indexed->target;
        place.offset = (index & ~(uint32_t)INDEX_FLAGS) % half + (index & INDEX_IS_GTT ? half : 0);
    }
    return place;
}

uint64_t bar_read(Device *device, uint64_t address, unsigned bytes, bool is_memory)
{
    unsigned index = bar_at(device, address, bytes, is_memory);
    const char *note;
    uint64_t value;
    Place place;

    if (index == BAR_COUNT) {
        journal("bar-read     nobody at 0x%llx %u", (unsigned long long)address, bytes);
        return UINT64_MAX;
    }
    place = followed(device, index, address - bar_base(device, index), bytes);
    note = refresh_mirror(device, place.bar, place.offset, bytes);
    value = bytes_get(device->bars[place.bar].content + place.offset, bytes);
    journal("bar-read     %u 0x%llx %u 0x%llx%s%s", place.bar, (unsigned long long)place.offset, bytes,
            (unsigned long long)value, note, place.bar == index ? "" : " indexed");
    return value;
}

void bar_write(Device *device, uint64_t address, unsigned bytes, bool is_memory, uint64_t value)
{
    unsigned index = bar_at(device, address, bytes, is_memory);
    Place place;

    if (index == BAR_COUNT) {
        journal("bar-write    nobody at 0x%llx %u 0x%llx", (unsigned long long)address, bytes,
                (unsigned long long)value);
        return;
    }
    place = followed(device, index, address - bar_base(device, index), bytes);
    journal("bar-write    %u 0x%llx %u 0x%llx%s", place.bar, (unsigned long long)place.offset, bytes,
            (unsigned long long)value, place.bar == index ? "" : " indexed");
    bytes_put(device->bars[place.bar].content + place.offset, bytes, value);
}
