/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expansion ROM: a file the user names, or the device's own, which is read
 * when the guest first looks at it (reading it takes time, and many devices have
 * none that can be read). Either is made to name the device the guest sees.
 */
#include "hw/vfio/pci.h"

#include <string.h>
#include <sys/mman.h>

#include "core/datadir.h"
#include "lib/fd.h"
#include "lib/log.h"

/* PCI Firmware 3.0, 5.1: the header of an image and its PCI data structure. */
enum {
    ROM_SIZE_BLOCKS = 2,        /* u8: length of the image in 512 byte blocks */
    ROM_CHECKSUM = 6,           /* the byte that is free to make the sum zero */
    ROM_DATA_POINTER = 0x18,    /* u16 */
    ROM_BLOCK = 512,
    PCIR_VENDOR = 4,            /* u16 */
    PCIR_DEVICE = 6,            /* u16 */
    PCIR_SIZE = 0x18,
    ROM_SIZE_MIN = 2048,        /* smallest expansion ROM BAR (PCI Local Bus 3.0, 6.2.5.2) */
    ROM_SIZE_MAX = 16 << 20,
};

/* ---- the image ---- */

static void fix_checksum(uint8_t *data, size_t size)
{
    size_t len = MIN((size_t)data[ROM_SIZE_BLOCKS] * ROM_BLOCK, size);
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + data[i]);
    }
    data[ROM_CHECKSUM] = (uint8_t)(data[ROM_CHECKSUM] - sum);
}

uint16_t vfio_rom_fix(uint8_t *data, size_t size, uint16_t vendor, uint16_t device)
{
    if (size < ROM_DATA_POINTER + 2 || data[0] != 0x55 || data[1] != 0xaa) {
        return device;
    }
    size_t pcir = pci_get_u16(data + ROM_DATA_POINTER);
    if (pcir + PCIR_SIZE > size || memcmp(data + pcir, "PCIR", 4) != 0) {
        return device;
    }
    uint16_t named = pci_get_u16(data + pcir + PCIR_DEVICE);
    if (pci_get_u16(data + pcir + PCIR_VENDOR) != vendor || named == device) {
        return device;
    }
    pci_set_u16(data + pcir + PCIR_DEVICE, device);
    fix_checksum(data, size);
    return named;
}

/* Take @image as the ROM's contents; the rest reads as ones, like erased memory. */
static void fill(VfioPci *dev, const uint8_t *image, size_t size)
{
    VfioRom *rom = &dev->rom;
    uint16_t device = vfio_pci_device_id(dev);

    memset(rom->data, 0xff, rom->size);
    memcpy(rom->data, image, MIN(size, rom->size));
    uint16_t named = vfio_rom_fix(rom->data, rom->size, vfio_pci_vendor(dev), device);
    if (named != device) {
        info("vfio %s: its ROM is made for %04x:%04x; the guest sees it as made for %04x:%04x", vfio_pci_name(dev),
             vfio_pci_vendor(dev), named, vfio_pci_vendor(dev), device);
    }
    region_hide(&rom->memory, false);
}

/* ---- the device's own ---- */

static void unreadable(VfioPci *dev)
{
    Error *err = NULL;

    dev->rom.failed = true;
    fail(&err, "Cannot read device rom at %s", vfio_pci_name(dev));
    hint(&err, "Device option ROM contents are probably invalid (check dmesg).");
    hint(&err, "Skip option ROM probe with rombar=0, or load from file with romfile=");
    error_report(err, NULL);
}

static void load_host_rom(VfioPci *dev)
{
    Error *err = NULL;
    g_autofree uint8_t *image = vfio_region_load(dev->dev, &dev->rom.info, &err);

    if (!image) {
        error_free(err);
        unreadable(dev);
    } else {
        fill(dev, image, dev->rom.info.size);
    }
}

/* Only until the contents are there: then they are mapped into the guest in front of this. */
static uint64_t trap_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioPci *dev = opaque;
    uint64_t value = 0;

    if (dev->rom.memory.hidden && !dev->rom.failed) {
        load_host_rom(dev);
    }
    if (dev->rom.failed) {
        return UINT64_MAX;
    }
    memcpy(&value, dev->rom.data + offset, size);
    return GUINT64_FROM_LE(value);
}

static const RegionOps trap_ops = { .read = trap_read };

/* ---- the part ---- */

/* Devices that hang when their ROM is read: shown only to those who ask for it with rombar=1. */
static const struct {
    uint16_t vendor, device;
} unreliable[] = {
    { 0x14e4, 0x168e },     /* Broadcom BCM57810 */
};

static bool is_unreliable(const VfioPci *dev)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(unreliable); i++) {
        if (pci_get_u16(dev->config.host + PCI_VENDOR_ID) == unreliable[i].vendor &&
            pci_get_u16(dev->config.host + PCI_DEVICE_ID) == unreliable[i].device) {
            return true;
        }
    }
    return false;
}

/* Reading the device's own ROM was not asked for, and would hang it. */
static bool is_avoided(const VfioPci *dev)
{
    bool avoided = is_unreliable(dev) && dev->pci.rombar != 1;

    if (avoided) {
        warn("vfio %s: its ROM is hidden, reading it is known to hang the device; rombar=1 shows it all the same, "
             "romfile= gives another one", vfio_pci_name(dev));
    }
    return avoided;
}

static bool has_romfile(const VfioPci *dev)
{
    return dev->pci.romfile && *dev->pci.romfile;
}

/* romfile="" means: no ROM at all. */
static bool has_host_rom(const VfioPci *dev)
{
    return dev->rom.info.size > 0 && !dev->pci.romfile;
}

const char *vfio_rom_source(VfioPci *dev, uint64_t *ret_size)
{
    if (dev->rom.size == 0) {
        return NULL;
    }
    *ret_size = dev->rom.size;
    return has_romfile(dev) ? "romfile" : "host";
}

static uint64_t power_of_two(uint64_t size)
{
    uint64_t power = ROM_SIZE_MIN;

    while (power < size) {
        power *= 2;
    }
    return power;
}

static bool rom_bar_up(VfioPci *dev, uint64_t size, Error **errp)
{
    VfioRom *rom = &dev->rom;

    if (size > ROM_SIZE_MAX) {
        return fail(errp, "the ROM is larger than the %d MiB a ROM BAR can have", ROM_SIZE_MAX >> 20);
    }
    size = power_of_two(size);
    rom->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (rom->data == MAP_FAILED) {
        rom->data = NULL;
        return fail(errp, "no memory for the ROM");
    }
    rom->size = size;
    region_init_container(&rom->region, "vfio-rom", size);
    region_init_io(&rom->trap, "vfio-rom-trap", size, &trap_ops, dev);
    region_init_ram(&rom->memory, "vfio-rom-memory", size, (HostMemory){ rom->data, -1, 0 });
    region_set_readonly(&rom->memory, true);
    region_hide(&rom->memory, true);
    region_add(&rom->region, &rom->trap, 0, 0);
    region_add(&rom->region, &rom->memory, 0, 1);
    pci_bar_add(&dev->pci, PCI_ROM_BAR, 0, &rom->region);
    return true;
}

static bool romfile_up(VfioPci *dev, Error **errp)
{
    g_autofree char *path = datadir_find(dev->pci.romfile, errp);
    g_autoptr(GBytes) file = path ? file_map(path, errp) : NULL;

    if (!file) {
        return fail(errp, "failed to find romfile \"%s\"", dev->pci.romfile);
    }
    size_t size = g_bytes_get_size(file), limit = dev->pci.romsize ? dev->pci.romsize : ROM_SIZE_MAX;
    if (size == 0) {
        return fail(errp, "romfile \"%s\" is empty", dev->pci.romfile);
    }
    if (size > limit) {
        return fail(errp, "romfile \"%s\" (%zu bytes) is too large for ROM size %zu", dev->pci.romfile, size, limit);
    }
    if (!rom_bar_up(dev, dev->pci.romsize ? dev->pci.romsize : size, errp)) {
        return false;
    }
    fill(dev, g_bytes_get_data(file, NULL), size);
    return true;
}

bool vfio_rom_up(VfioPci *dev, Error **errp)
{
    Error *err = NULL;

    if (dev->pci.rombar == 0) {
        return true;
    }
    if (has_romfile(dev)) {
        return romfile_up(dev, errp);
    }
    if (is_avoided(dev)) {
        return true;
    }
    if (!vfio_region_info(dev->dev, VFIO_PCI_ROM_REGION_INDEX, &dev->rom.info, &err)) {
        error_clear(&err);      /* a mediated device need not have the region */
    }
    return !has_host_rom(dev) || rom_bar_up(dev, dev->rom.info.size, errp);
}

void vfio_rom_down(VfioPci *dev)
{
    VfioRom *rom = &dev->rom;

    region_finish(&rom->memory);
    region_finish(&rom->trap);
    region_finish(&rom->region);
    if (rom->data) {
        munmap(rom->data, rom->size);
        rom->data = NULL;
    }
    rom->size = 0;
    vfio_region_info_clear(&rom->info);
}
