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
#include "core/machine.h"
#include "lib/fd.h"
#include "lib/log.h"

enum {
    ROM_SIZE_MIN = 2048,        /* smallest expansion ROM BAR (PCI Local Bus 3.0, 6.2.5.2) */
    ROM_SIZE_MAX = 16 << 20,
    DISPLAY_CLASS = 0x03,       /* PCI Code and ID Assignment 1.11, 1.4 */
};

/* ---- the contents ---- */

/* The signature of firmware volumes is in every UEFI image (UEFI Platform Initialization 1.7, volume 3, 3.2.1). */
static VfioRomFirmware guest_firmware(void)
{
    if (machine_firmware_contains("_FVH")) {
        return VFIO_ROM_UEFI;
    }
    return machine_firmware_is_seabios() ? VFIO_ROM_BIOS : VFIO_ROM_ANY_FIRMWARE;
}

/*
 * A ROM that no firmware will run is a warning, never an error: it matters until
 * a driver of the guest is there, and drivers find their way without it.
 */
static void check(VfioPci *dev, size_t size, const char *source, VfioRomFirmware firmware)
{
    const VfioRomTarget target = { vfio_pci_vendor(dev), vfio_pci_device_id(dev), firmware };
    g_autoptr(GPtrArray) findings = vfio_rom_check(dev->rom.data, size, &target);

    for (unsigned i = 0; i < findings->len; i++) {
        warn("vfio %s: %s: %s", vfio_pci_name(dev), source, (const char *)findings->pdata[i]);
    }
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
    vfio_rom_scan(rom->data, MIN(size, rom->size), &rom->images);
    rom->loaded = true;
    region_hide(&rom->memory, false);
}

/* ---- the device's own ---- */

/* The kernel takes the ROM of the host's primary display from where a BIOS leaves it, at 0xc0000. */
static const char no_video_bios[] =
    "A host that was started by UEFI has no video BIOS in memory: start it in legacy (CSM) mode, or give one by romfile=";

static bool is_display(const VfioPci *dev)
{
    return vfio_pci_class_code(dev) >> 16 == DISPLAY_CLASS;
}

static bool is_empty(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != data[0]) {
            return false;
        }
    }
    return true;
}

/* It is read while the guest runs: what is wrong is said then. */
static void check_host_rom(VfioPci *dev)
{
    const VfioRom *rom = &dev->rom;

    if (is_empty(rom->data, rom->info.size)) {
        warn("vfio %s: the ROM on the host is empty (%" G_GUINT64_FORMAT " bytes of 0x%02x). %s", vfio_pci_name(dev),
             rom->info.size, rom->data[0], is_display(dev) ? no_video_bios : "Give one by romfile=, or hide it by rombar=0");
    } else {
        /* Nobody chose it: few miss what a network adapter's would do. */
        check(dev, rom->info.size, "the ROM on the host", is_display(dev) ? guest_firmware() : VFIO_ROM_ANY_FIRMWARE);
    }
}

static void unreadable(VfioPci *dev)
{
    Error *err = NULL;

    dev->rom.failed = true;
    fail(&err, "Cannot read device rom at %s", vfio_pci_name(dev));
    hint(&err, "Device option ROM contents are probably invalid (check dmesg).");
    hint(&err, "Skip option ROM probe with rombar=0, or load from file with romfile=");
    if (is_display(dev)) {
        hint(&err, "%s", no_video_bios);
    }
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
        check_host_rom(dev);
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

    g_autofree char *source = g_strdup_printf("romfile \"%s\"", dev->pci.romfile);

    if (!file) {
        return fail(errp, "failed to find %s", source);
    }
    size_t size = g_bytes_get_size(file), limit = dev->pci.romsize ? dev->pci.romsize : ROM_SIZE_MAX;
    if (size == 0) {
        return fail(errp, "%s is empty", source);
    }
    if (size > limit) {
        return fail(errp, "%s (%zu bytes) is too large for ROM size %zu", source, size, limit);
    }
    if (!rom_bar_up(dev, dev->pci.romsize ? dev->pci.romsize : size, errp)) {
        return false;
    }
    fill(dev, g_bytes_get_data(file, NULL), size);
    check(dev, size, source, guest_firmware());
    return true;
}

/* rombar=0 is for a ROM that does harm, romfile= for one that is missing. */
static void say_unused(const VfioPci *dev)
{
    if (has_romfile(dev)) {
        warn("vfio %s: romfile \"%s\" is not used: rombar=0 hides the ROM from the guest; leave out one of the two",
             vfio_pci_name(dev), dev->pci.romfile);
    }
}

bool vfio_rom_up(VfioPci *dev, Error **errp)
{
    Error *err = NULL;

    if (dev->pci.rombar == 0) {
        say_unused(dev);
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
    rom->loaded = rom->failed = false;
    vfio_region_info_clear(&rom->info);
}
