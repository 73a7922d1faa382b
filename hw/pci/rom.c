/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The expansion ROM of ordinary devices: the image of romfile= behind the ROM BAR. */
#include <string.h>

#include "core/datadir.h"
#include "core/hostmem.h"
#include "hw/pci/internal.h"
#include "lib/fd.h"

enum { LARGEST_ROM = 16 << 20 };    /* PCI 3.0, 6.2.5.2: devices may ask for at most 16 MiB */

static uint64_t power_of_two(uint64_t size)
{
    return size <= 2048 ? 2048 : UINT64_C(1) << (64 - __builtin_clzll(size - 1));
}

/* How large the ROM is to be: what the user says, or as large as the image. */
static bool choose_size(const PciDevice *dev, uint64_t image_size, uint64_t *ret, Error **errp)
{
    if (image_size == 0) {
        return fail(errp, "romfile \"%s\" is empty", dev->romfile);
    }
    if (image_size > LARGEST_ROM) {
        return fail(errp, "romfile \"%s\" is too large (at most %d MiB)", dev->romfile, LARGEST_ROM >> 20);
    }
    if (dev->romsize & (dev->romsize - 1) || dev->romsize > LARGEST_ROM) {
        return fail(errp, "ROM size %u is not a power of two up to %d", dev->romsize, LARGEST_ROM);
    }
    if (dev->romsize && image_size > dev->romsize) {
        return fail(errp, "romfile \"%s\" (%" G_GUINT64_FORMAT " bytes) is too large for ROM size %u", dev->romfile,
                    image_size, dev->romsize);
    }
    *ret = power_of_two(dev->romsize ? dev->romsize : image_size);
    return true;
}

bool pci_rom_load(PciDevice *dev, Error **errp)
{
    uint64_t size = 0;

    if (dev->rom_handled || dev->rombar == 0 || !dev->romfile || !*dev->romfile) {
        return true;
    }
    g_autofree char *path = datadir_find(dev->romfile, errp);
    g_autoptr(GBytes) image = path ? file_map(path, errp) : NULL;
    if (!image) {
        return fail(errp, "failed to find romfile \"%s\"", dev->romfile);
    }
    if (!choose_size(dev, g_bytes_get_size(image), &size, errp)) {
        return false;
    }
    HostMem *memory = hostmem_anonymous(NULL, size, errp);
    if (!memory) {
        return false;
    }
    dev->rom_memory = memory;
    memcpy(memory->memory.host, g_bytes_get_data(image, NULL), g_bytes_get_size(image));
    region_init_ram(&dev->rom_region, "expansion ROM", size, memory->memory);
    region_set_readonly(&dev->rom_region, true);
    pci_bar_add(dev, PCI_ROM_BAR, 0, &dev->rom_region);
    return true;
}

void pci_rom_unload(PciDevice *dev)
{
    region_finish(&dev->rom_region);
    object_free(dev->rom_memory);
    dev->rom_memory = NULL;
}
