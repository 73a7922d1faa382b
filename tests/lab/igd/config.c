/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GPU's config space: which bits stick, what is locked, and the function-level reset. */
#include "device.h"
#include "journal.h"

#include <string.h>

uint64_t bytes_get(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;

    while (count--) {
        value = value << 8 | bytes[count];
    }
    return value;
}

void bytes_put(uint8_t *bytes, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static bool access_fits(unsigned offset, unsigned bytes)
{
    return (bytes == 1 || bytes == 2 || bytes == 4) && offset <= CONFIG_SIZE - bytes;
}

static const Register *register_at(const Device *device, unsigned offset, unsigned bytes)
{
    for (unsigned i = 0; i < device->register_count; i++) {
        const Register *named = &device->registers[i];

        if (offset < named->offset + named->bytes && named->offset < offset + bytes) {
            return named;
        }
    }
    return NULL;
}

/* The words behind an access in the journal: the register's name, and whether a write was in vain. */
static const char *register_name(const Register *named)
{
    return named ? named->name : "-";
}

uint32_t config_read(Device *device, unsigned offset, unsigned bytes)
{
    uint32_t value = UINT32_MAX;

    if (access_fits(offset, bytes)) {
        value = (uint32_t)bytes_get(device->config + offset, bytes);
    }
    journal("config-read  0x%02x %u 0x%0*x %s", offset, bytes, (int)bytes * 2, value,
            register_name(register_at(device, offset, bytes)));
    return value;
}

void config_write(Device *device, unsigned offset, unsigned bytes, uint32_t value)
{
    const Register *named = register_at(device, offset, bytes);

    journal("config-write 0x%02x %u 0x%0*x %s%s", offset, bytes, (int)bytes * 2, value,
            register_name(named), named && named->locked ? " locked" : "");
    if (!access_fits(offset, bytes)) {
        return;
    }
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t mask = device->writable[offset + i];
        uint8_t written = (uint8_t)(value >> (8 * i));

        device->config[offset + i] =
            (uint8_t)((device->config[offset + i] & ~mask) | (written & mask));
        if (offset + i == device->reset_offset && (written & device->reset_mask)) {
            device_reset(device, "function level");
        }
    }
}

/*
 * Back to what the firmware left. Real hardware keeps ASLS over a function-level reset because the
 * firmware restores it; a GPU without firmware does both in one step.
 */
void device_reset(Device *device, const char *reason)
{
    journal("reset        %s", reason);
    memcpy(device->config, device->power_on, sizeof(device->config));
}
