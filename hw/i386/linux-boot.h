/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct kernel boot: -kernel, -initrd and -append become fw_cfg items that
 * our option ROM (roms/linuxboot) copies into guest memory.
 *
 * The format is the Linux x86 boot protocol (Documentation/arch/x86/boot.rst),
 * versions 2.00 and later, bzImage only. Files are mapped, not read: a large
 * initrd costs start-up nothing.
 */
#ifndef HW_I386_LINUX_BOOT_H
#define HW_I386_LINUX_BOOT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/i386/memory-map.h"
#include "lib/error.h"

/* The option ROM: its name in fw_cfg, and what etc/bootorder calls it. */
#define LINUX_BOOT_ROM_FILE     "genroms/linuxboot_dma.bin"
#define LINUX_BOOT_ROM_ENTRY    "/rom@genroms/linuxboot_dma.bin"

/* What SeaBIOS itself takes at the top of low RAM, ACPI tables included, and some air. */
#define LINUX_BOOT_FIRMWARE_RESERVE (2u << 20)

typedef struct LinuxBootConfig {
    const char *kernel, *initrd;    /* paths; initrd may be NULL */
    const char *cmdline;            /* NULL: empty */
    const MemoryMap *map;
    /*
     * Bytes at the top of low RAM the initrd must stay out of:
     * LINUX_BOOT_FIRMWARE_RESERVE and whatever else firmware is asked to
     * allocate there (OpRegion, stolen memory of an IGD).
     */
    uint64_t firmware_reserve;
} LinuxBootConfig;

typedef struct LinuxBootItem {
    uint16_t key;                   /* FW_CFG_KERNEL_ADDR ... */
    GBytes *data;                   /* addresses and sizes: 4 bytes, little-endian */
} LinuxBootItem;

#define LINUX_BOOT_ITEMS 12

typedef struct LinuxBoot {
    LinuxBootItem items[LINUX_BOOT_ITEMS];
    unsigned count;                 /* without an initrd its data item is missing, its size is 0 */
} LinuxBoot;

/*
 * Map the files of @config and fill *ret, to be released by
 * linux_boot_finish(). Errors name the file and what is wrong with it.
 * A NULL kernel is an error when there is an initrd or a command line.
 */
bool linux_boot_load(const LinuxBootConfig *config, LinuxBoot *ret, Error **errp);

/* The same with the contents of the files; @initrd may be NULL. No I/O. */
bool linux_boot_build(const LinuxBootConfig *config, GBytes *kernel, GBytes *initrd, LinuxBoot *ret,
                      Error **errp);

/* Accepts a zeroed structure. */
void linux_boot_finish(LinuxBoot *boot);

/* The option ROM for LINUX_BOOT_ROM_FILE; the caller unrefs it. */
GBytes *linux_boot_rom(void);

#endif
