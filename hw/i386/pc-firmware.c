/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware, an image of -bios or flash chips: its place in the address space. */
#include <string.h>

#include "hw/i386/pc.h"
#include "lib/fd.h"
#include "lib/parse.h"

enum {
    FIRMWARE_UNIT = 64 * 1024,          /* images are multiples of this */
    FIRMWARE_MAX = 16 * 1024 * 1024,    /* below 4 GiB, above the IOAPIC and LAPIC */
    FIRMWARE_LOW = 128 * 1024,          /* what real mode sees, e0000-fffff */
    FLASH_CHIPS = 2,                    /* code, variables */
    FLASH_MAX = 8 * 1024 * 1024,        /* both together */
};

#define ONE_MIB 0x100000ull

static bool check_image(const char *path, size_t size, Error **errp)
{
    if (size == 0 || size % FIRMWARE_UNIT != 0 || size > FIRMWARE_MAX) {
        fail(errp, "could not load PC BIOS '%s': its size is %zu bytes", path, size);
        return hint(errp, "An image is a multiple of 64 KiB, at most 16 MiB.");
    }
    return true;
}

/* A copy of its own: the mapped file must not change under the guest, and KVM wants whole pages. */
static bool copy_image(PcMachine *pc, Error **errp)
{
    gsize size;
    const void *data = g_bytes_get_data(pc->firmware_image, &size);

    pc->firmware = hostmem_anonymous(NULL, size, errp);
    if (!pc->firmware) {
        return false;
    }
    memcpy(pc->firmware->memory.host, data, size);
    return true;
}

/* Real mode sees the end of the image; writes there vanish. */
static void add_low(PcMachine *pc, uint8_t *data, uint64_t size)
{
    uint64_t low = MIN(size, FIRMWARE_LOW);

    region_init_ram(&pc->firmware_low, "isa-bios", low, (HostMemory){ .host = data + size - low, .fd = -1 });
    pc->firmware_low.readonly = true;
    region_add(&pc->pci_memory, &pc->firmware_low, ONE_MIB - low, 1);
}

static bool load_image(PcMachine *pc, Error **errp)
{
    const char *path = pc->machine.boot.firmware;

    pc->firmware_image = file_map(path, errp);
    if (!pc->firmware_image) {
        return fail(errp, "could not load PC BIOS");
    }
    uint64_t size = g_bytes_get_size(pc->firmware_image);
    if (!check_image(path, size, errp) || !copy_image(pc, errp)) {
        return false;
    }
    region_init_ram(&pc->firmware_region, "pc.bios", size, pc->firmware->memory);
    pc->firmware_region.readonly = true;
    region_add(&pc->pci_memory, &pc->firmware_region, MEMORY_MAP_4G - size, 0);
    add_low(pc, pc->firmware->memory.host, size);
    return true;
}

/* ---- flash ---- */

/* The settings of chip @unit, or NULL. */
static const KeyVals *flash_settings(const PcMachine *pc, unsigned unit)
{
    const GPtrArray *flashes = pc->machine.boot.flashes;

    return flashes && unit < flashes->len ? flashes->pdata[unit] : NULL;
}

/* Below the last one, down from 4 GiB. */
static bool add_flash(PcMachine *pc, unsigned unit, uint64_t *end, Error **errp)
{
    static const char *const names[FLASH_CHIPS] = { "system.flash0", "system.flash1" };
    const KeyVals *settings = flash_settings(pc, unit);
    bool readonly = false;

    if (keyval_get(settings, "readonly") && !parse_bool(keyval_get(settings, "readonly"), &readonly, errp)) {
        return fail(errp, "readonly");
    }
    Pflash *flash = pflash_new(names[unit], keyval_get(settings, "file"), readonly, errp);
    if (!flash) {
        return false;
    }
    *end -= pflash_size(flash);
    if (MEMORY_MAP_4G - *end > FLASH_MAX) {
        return fail(errp, "combined size of system firmware exceeds %d bytes", FLASH_MAX);
    }
    region_add(&pc->pci_memory, pflash_region(flash), *end, 0);
    if (unit == 0) {
        pc->firmware_chip = flash;
        add_low(pc, pflash_data(flash), pflash_size(flash));
    }
    return true;
}

static bool load_flashes(PcMachine *pc, Error **errp)
{
    uint64_t end = MEMORY_MAP_4G;

    for (unsigned unit = 0; flash_settings(pc, unit); unit++) {
        if (!add_flash(pc, unit, &end, errp)) {
            return fail(errp, "-drive if=pflash,unit=%u", unit);
        }
    }
    return true;
}

bool pc_firmware_load(PcMachine *pc, Error **errp)
{
    return flash_settings(pc, 0) ? load_flashes(pc, errp) : load_image(pc, errp);
}

const uint8_t *pc_firmware_image(const Machine *machine, size_t *ret_size)
{
    const PcMachine *pc = (const PcMachine *)machine;

    if (pc->firmware_chip) {
        *ret_size = pflash_size(pc->firmware_chip);
        return pflash_data(pc->firmware_chip);
    }
    return pc->firmware_image ? g_bytes_get_data(pc->firmware_image, ret_size) : NULL;
}

void pc_firmware_unload(PcMachine *pc)
{
    region_finish(&pc->firmware_low);
    region_finish(&pc->firmware_region);
    g_clear_pointer(&pc->firmware_image, g_bytes_unref);
    pc->firmware_chip = NULL;
}
