/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS 2.8 tables (DMTF DSP0134) of the PC, as two fw_cfg files. Firmware
 * copies both into guest memory and completes the entry point: address and
 * checksums. Without type 0 in the tables SeaBIOS adds its own, which tells
 * the truth about the firmware; so type 0 is built only when asked for.
 *
 * Pure: no machine, no I/O, no globals.
 */
#ifndef HW_I386_SMBIOS_H
#define HW_I386_SMBIOS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/i386/memory-map.h"
#include "lib/error.h"

#define SMBIOS_TABLES_FILE  "etc/smbios/smbios-tables"
#define SMBIOS_ANCHOR_FILE  "etc/smbios/smbios-anchor"

/*
 * Every string may be NULL: then the guest reads what stands behind it, or
 * "not specified" (string number 0). The strings stay the caller's.
 */
typedef struct SmbiosConfig {
    struct {                            /* type 0; built when one of these is set */
        const char *vendor, *version, *date;
        bool has_release, uefi;
        uint8_t major, minor;           /* when has_release */
    } bios;
    struct {                            /* type 1 */
        const char *manufacturer;       /* "QEMU" */
        const char *product;            /* machine_desc */
        const char *version;            /* machine_name */
        const char *serial, *sku, *family;
    } system;
    struct {                            /* type 2; built when one of these is set */
        const char *manufacturer, *product, *version, *serial, *asset, *location;
    } board;
    struct {                            /* type 3 */
        const char *manufacturer, *version, *serial, *asset, *sku;
    } chassis;
    struct {                            /* type 4 */
        const char *socket_prefix;      /* "CPU" */
        const char *manufacturer, *version, *serial, *asset, *part;
        uint16_t max_speed_mhz, current_speed_mhz;  /* 0: unknown */
    } processor;
    struct {                            /* type 17 */
        const char *locator_prefix;     /* "DIMM" */
        const char *bank, *manufacturer, *serial, *asset, *part;
        uint16_t speed_mts;             /* 0: unknown */
    } memory;
    const char *const *oem_strings;     /* type 11; NULL-terminated, or NULL */

    const char *machine_desc;           /* "Standard PC (i440FX + PIIX, 1996)" */
    const char *machine_name;           /* "pc-i440fx-10.0" */
    const uint8_t *uuid;                /* 16 bytes in text order, or NULL: none */

    unsigned sockets;                   /* at least 1, at most 256 */
    unsigned cores_per_socket, threads_per_core;
    uint32_t cpuid_eax, cpuid_edx;      /* leaf 1: the processor id of type 4 */
    const MemoryMap *map;
} SmbiosConfig;

typedef struct SmbiosBlobs {
    GByteArray *tables, *anchor;
} SmbiosBlobs;

/* Type of the OEM strings. */
enum { SMBIOS_OEM_STRINGS = 11 };

/* Fill *ret, to be released by smbios_blobs_finish(). Fails when the tables exceed 65535 bytes. */
bool smbios_build(const SmbiosConfig *config, SmbiosBlobs *ret, Error **errp);

/* Accepts zeroed blobs. */
void smbios_blobs_finish(SmbiosBlobs *blobs);

/*
 * One field=value of "-smbios type=N,field=value,...", under the names users
 * know (type 1: manufacturer product version serial uuid sku family; type 17:
 * loc_pfx bank manufacturer serial asset part speed; ...). Strings are kept
 * by reference. Errors: unknown field, bad number. uuid and type 11
 * value= are the caller's: they need storage.
 */
bool smbios_config_set(SmbiosConfig *config, unsigned type, const char *field, const char *value,
                       Error **errp);

/* Tables of this type have fields that can be set. */
bool smbios_config_knows(unsigned type);

#endif
