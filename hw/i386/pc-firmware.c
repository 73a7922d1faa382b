/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BIOS image: its place in the address space and its contents at reset. */
#include <string.h>

#include "hw/i386/pc.h"
#include "lib/fd.h"

enum {
    FIRMWARE_UNIT = 64 * 1024,          /* images are multiples of this */
    FIRMWARE_MAX = 16 * 1024 * 1024,    /* below 4 GiB, above the IOAPIC and LAPIC */
    FIRMWARE_LOW = 128 * 1024,          /* what real mode sees, e0000-fffff */
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

    pc->firmware = hostmem_anonymous("pc.bios", size, errp);
    if (!pc->firmware) {
        return false;
    }
    memcpy(pc->firmware->memory.host, data, size);
    return true;
}

bool pc_firmware_load(PcMachine *pc, Error **errp)
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
    uint64_t low = MIN(size, FIRMWARE_LOW);
    region_init_ram(&pc->firmware_region, "pc.bios", size, pc->firmware->memory);
    pc->firmware_region.readonly = true;
    region_add(&pc->pci_memory, &pc->firmware_region, MEMORY_MAP_4G - size, 0);
    region_init_alias(&pc->firmware_low, "isa-bios", &pc->firmware_region, size - low, low);
    region_add(&pc->pci_memory, &pc->firmware_low, ONE_MIB - low, 1);
    return true;
}

void pc_firmware_unload(PcMachine *pc)
{
    region_finish(&pc->firmware_low);
    region_finish(&pc->firmware_region);
    g_clear_pointer(&pc->firmware_image, g_bytes_unref);
}
