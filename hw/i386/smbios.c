/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS 2.8 structures; see smbios.h. Section numbers are those of DSP0134
 * 2.8.0. Handles are constants so that the tables of two runs are equal.
 */
#include "hw/i386/smbios.h"

#include <string.h>

#include "hw/i386/blob.h"

#define GIB (1024ull * 1024 * 1024)

/* A memory device of type 17 holds 16 GiB, or more when there would be too many of them. */
#define DIMM_SIZE   (16 * GIB)
#define DIMM_COUNT  64

enum {
    HANDLE_BIOS = 0x0000, HANDLE_SYSTEM = 0x0100, HANDLE_BOARD = 0x0200, HANDLE_CHASSIS = 0x0300,
    HANDLE_PROCESSOR = 0x0400, HANDLE_OEM_STRINGS = 0x0e00, HANDLE_MEMORY_ARRAY = 0x1000,
    HANDLE_MEMORY_DEVICE = 0x1100, HANDLE_MEMORY_MAPPED = 0x1300, HANDLE_BOOT = 0x2000,
    HANDLE_END = 0x7f00, HANDLE_NONE = 0xfffe,
};

/* The structure being written: its formatted area goes to the tables, its strings behind it. */
typedef struct Builder {
    const SmbiosConfig *config;
    GByteArray *tables;
    GByteArray *strings;    /* string set of the open structure */
    uint8_t string_count;
    size_t start;           /* of the open structure */
    unsigned structures;
    size_t largest;
} Builder;

static void put(Builder *builder, uint64_t value, unsigned bytes)
{
    blob_put(builder->tables, value, bytes);
}

static void structure_begin(Builder *builder, uint8_t type, uint16_t handle)
{
    builder->start = builder->tables->len;
    builder->string_count = 0;
    g_byte_array_set_size(builder->strings, 0);
    put(builder, type, 1);
    put(builder, 0, 1);
    put(builder, handle, 2);
}

/* 6.1.3: the string set ends with an empty string; without strings, two NULs stand there. */
static void structure_end(Builder *builder)
{
    size_t formatted = builder->tables->len - builder->start;

    blob_set(builder->tables, builder->start + 1, formatted, 1);
    if (builder->strings->len) {
        g_byte_array_append(builder->tables, builder->strings->data, builder->strings->len);
    } else {
        put(builder, 0, 1);
    }
    put(builder, 0, 1);
    builder->structures++;
    builder->largest = MAX(builder->largest, builder->tables->len - builder->start);
}

/* A string field: the number of @text, or of @fallback, in the string set; 0: not specified. */
static void put_string(Builder *builder, const char *text, const char *fallback)
{
    const char *value = text ? text : fallback;

    if (!value || !*value || builder->string_count == UINT8_MAX) {
        put(builder, 0, 1);
        return;
    }
    g_byte_array_append(builder->strings, (const guint8 *)value, strlen(value) + 1);
    put(builder, ++builder->string_count, 1);
}

/* 7.1, type 0 */
static void build_bios(Builder *builder)
{
    const SmbiosConfig *config = builder->config;
    enum { CHARACTERISTICS_NOT_SUPPORTED = 1 << 3, TARGETED_CONTENT = 1 << 2, UEFI = 1 << 3, VM = 1 << 4 };

    if (!config->bios.vendor && !config->bios.version && !config->bios.date &&
        !config->bios.has_release && !config->bios.uefi) {
        return;
    }
    structure_begin(builder, 0, HANDLE_BIOS);
    put_string(builder, config->bios.vendor, NULL);
    put_string(builder, config->bios.version, NULL);
    put(builder, 0xe800, 2);                /* segment: 96 KiB of runtime image */
    put_string(builder, config->bios.date, NULL);
    put(builder, 0, 1);                     /* ROM size: 64 KiB * (n + 1) */
    put(builder, CHARACTERISTICS_NOT_SUPPORTED, 8);
    put(builder, 0, 1);
    put(builder, TARGETED_CONTENT | VM | (config->bios.uefi ? UEFI : 0), 1);
    put(builder, config->bios.has_release ? config->bios.major : 0xff, 1);
    put(builder, config->bios.has_release ? config->bios.minor : 0xff, 1);
    put(builder, 0xffff, 2);                /* embedded controller: none */
    structure_end(builder);
}

/* 7.2.1: the first three fields of the UUID are little-endian. */
static void put_uuid(Builder *builder, const uint8_t *uuid)
{
    static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

    for (int i = 0; i < 16; i++) {
        put(builder, uuid ? uuid[order[i]] : 0, 1);
    }
}

/* 7.2, type 1 */
static void build_system(Builder *builder)
{
    const SmbiosConfig *config = builder->config;

    structure_begin(builder, 1, HANDLE_SYSTEM);
    put_string(builder, config->system.manufacturer, "QEMU");
    put_string(builder, config->system.product, config->machine_desc);
    put_string(builder, config->system.version, config->machine_name);
    put_string(builder, config->system.serial, NULL);
    put_uuid(builder, config->uuid);
    put(builder, 6, 1);                     /* wake-up type: power switch */
    put_string(builder, config->system.sku, NULL);
    put_string(builder, config->system.family, NULL);
    structure_end(builder);
}

/* 7.3, type 2 */
static void build_board(Builder *builder)
{
    const SmbiosConfig *config = builder->config;

    if (!config->board.manufacturer && !config->board.product && !config->board.version &&
        !config->board.serial && !config->board.asset && !config->board.location) {
        return;
    }
    structure_begin(builder, 2, HANDLE_BOARD);
    put_string(builder, config->board.manufacturer, "QEMU");
    put_string(builder, config->board.product, config->machine_desc);
    put_string(builder, config->board.version, config->machine_name);
    put_string(builder, config->board.serial, NULL);
    put_string(builder, config->board.asset, NULL);
    put(builder, 1, 1);                     /* a hosting board */
    put_string(builder, config->board.location, NULL);
    put(builder, HANDLE_CHASSIS, 2);
    put(builder, 0x0a, 1);                  /* motherboard */
    put(builder, 0, 1);
    structure_end(builder);
}

/* 7.4, type 3 */
static void build_chassis(Builder *builder)
{
    const SmbiosConfig *config = builder->config;

    structure_begin(builder, 3, HANDLE_CHASSIS);
    put_string(builder, config->chassis.manufacturer, "QEMU");
    put(builder, 1, 1);                     /* type: other */
    put_string(builder, config->chassis.version, config->machine_name);
    put_string(builder, config->chassis.serial, NULL);
    put_string(builder, config->chassis.asset, NULL);
    put(builder, 3, 1);                     /* boot-up, power supply, thermal state: safe */
    put(builder, 3, 1);
    put(builder, 3, 1);
    put(builder, 2, 1);                     /* security status: unknown */
    put(builder, 0, 4);
    put(builder, 0, 1);                     /* height, power cords: unspecified */
    put(builder, 0, 1);
    put(builder, 0, 1);                     /* no contained elements */
    put(builder, 0, 1);
    put_string(builder, config->chassis.sku, NULL);
    structure_end(builder);
}

/* 7.5, type 4; counts have one byte in SMBIOS 2.8, larger ones are cut. */
static void build_processor(Builder *builder, unsigned socket)
{
    const SmbiosConfig *config = builder->config;
    const char *prefix = config->processor.socket_prefix ? config->processor.socket_prefix : "CPU";
    g_autofree char *designation = g_strdup_printf("%s %u", prefix, socket);
    unsigned cores = MIN(config->cores_per_socket, 255);
    unsigned threads = MIN((uint64_t)config->cores_per_socket * config->threads_per_core, 255);

    structure_begin(builder, 4, HANDLE_PROCESSOR + socket);
    put_string(builder, designation, NULL);
    put(builder, 3, 1);                     /* central processor */
    put(builder, 1, 1);                     /* family: other */
    put_string(builder, config->processor.manufacturer, "QEMU");
    put(builder, config->cpuid_eax, 4);
    put(builder, config->cpuid_edx, 4);
    put_string(builder, config->processor.version, config->machine_name);
    put(builder, 0, 1);                     /* voltage: unknown */
    put(builder, 0, 2);                     /* external clock: unknown */
    put(builder, config->processor.max_speed_mhz, 2);
    put(builder, config->processor.current_speed_mhz, 2);
    put(builder, 0x41, 1);                  /* socket populated, processor enabled */
    put(builder, 1, 1);                     /* upgrade: other */
    put(builder, 0xffff, 2);                /* L1, L2, L3: no type 7 structures */
    put(builder, 0xffff, 2);
    put(builder, 0xffff, 2);
    put_string(builder, config->processor.serial, NULL);
    put_string(builder, config->processor.asset, NULL);
    put_string(builder, config->processor.part, NULL);
    put(builder, cores, 1);
    put(builder, cores, 1);
    put(builder, threads, 1);
    put(builder, 2, 2);                     /* characteristics: unknown */
    put(builder, 1, 2);                     /* family 2: other */
    structure_end(builder);
}

/* 7.12, type 11 */
static void build_oem_strings(Builder *builder)
{
    const char *const *text = builder->config->oem_strings;
    unsigned count = text ? g_strv_length((GStrv)text) : 0;

    if (!count) {
        return;
    }
    structure_begin(builder, 11, HANDLE_OEM_STRINGS);
    put(builder, MIN(count, UINT8_MAX), 1);
    for (unsigned i = 0; i < MIN(count, UINT8_MAX); i++) {
        g_byte_array_append(builder->strings, (const guint8 *)text[i], strlen(text[i]) + 1);
    }
    structure_end(builder);
}

static uint64_t ram_size(const SmbiosConfig *config)
{
    const RamLayout *ram = &config->map->ram;

    return ram->pieces[ram->count - 1].offset + ram->pieces[ram->count - 1].size;
}

static uint64_t dimm_size(const SmbiosConfig *config)
{
    uint64_t size = DIMM_SIZE;

    while (ram_size(config) > size * DIMM_COUNT) {
        size *= 2;
    }
    return size;
}

static unsigned dimm_count(const SmbiosConfig *config)
{
    uint64_t size = dimm_size(config);

    return (ram_size(config) + size - 1) / size;
}

/* 7.17, type 16; from 2 TiB on the capacity stands in the extended field. */
static void build_memory_array(Builder *builder)
{
    uint64_t kib = ram_size(builder->config) / 1024;
    bool extended = kib >= 0x80000000;

    structure_begin(builder, 16, HANDLE_MEMORY_ARRAY);
    put(builder, 1, 1);                     /* location: other */
    put(builder, 3, 1);                     /* use: system memory */
    put(builder, 6, 1);                     /* error correction: multi-bit ECC */
    put(builder, extended ? 0x80000000 : kib, 4);
    put(builder, HANDLE_NONE, 2);
    put(builder, dimm_count(builder->config), 2);
    put(builder, extended ? kib * 1024 : 0, 8);
    structure_end(builder);
}

/* 7.18, type 17 */
static void build_memory_device(Builder *builder, unsigned dimm)
{
    const SmbiosConfig *config = builder->config;
    const char *prefix = config->memory.locator_prefix ? config->memory.locator_prefix : "DIMM";
    g_autofree char *locator = g_strdup_printf("%s %u", prefix, dimm);
    uint64_t full = dimm_size(config);
    uint64_t size_mib = MIN(ram_size(config) - dimm * full, full) >> 20;
    bool extended = size_mib >= 0x7fff;

    structure_begin(builder, 17, HANDLE_MEMORY_DEVICE + dimm);
    put(builder, HANDLE_MEMORY_ARRAY, 2);
    put(builder, HANDLE_NONE, 2);
    put(builder, 0xffff, 2);                /* total and data width: unknown */
    put(builder, 0xffff, 2);
    put(builder, extended ? 0x7fff : size_mib, 2);
    put(builder, 9, 1);                     /* form factor: DIMM */
    put(builder, 0, 1);                     /* not part of a set */
    put_string(builder, locator, NULL);
    put_string(builder, config->memory.bank, NULL);
    put(builder, 7, 1);                     /* type: RAM */
    put(builder, 2, 2);                     /* detail: other */
    put(builder, config->memory.speed_mts, 2);
    put_string(builder, config->memory.manufacturer, "QEMU");
    put_string(builder, config->memory.serial, NULL);
    put_string(builder, config->memory.asset, NULL);
    put_string(builder, config->memory.part, NULL);
    put(builder, 0, 1);                     /* rank: unknown */
    put(builder, extended ? size_mib : 0, 4);
    put(builder, config->memory.speed_mts, 2);
    put(builder, 0, 2);                     /* voltages: unknown */
    put(builder, 0, 2);
    put(builder, 0, 2);
    structure_end(builder);
}

/* 7.20, type 19; addresses from 4 TiB on stand in the extended fields. */
static void build_memory_mapped(Builder *builder, unsigned index, uint64_t base, uint64_t size)
{
    uint64_t first_kib = base / 1024, last_kib = (base + size - 1) / 1024;
    bool extended = last_kib >= UINT32_MAX;

    if (!size) {
        return;
    }
    structure_begin(builder, 19, HANDLE_MEMORY_MAPPED + index);
    put(builder, extended ? UINT32_MAX : first_kib, 4);
    put(builder, extended ? UINT32_MAX : last_kib, 4);
    put(builder, HANDLE_MEMORY_ARRAY, 2);
    put(builder, 1, 1);                     /* partition width */
    put(builder, extended ? base : 0, 8);
    put(builder, extended ? base + size - 1 : 0, 8);
    structure_end(builder);
}

/* 7.33, type 32, and 7.45, type 127 */
static void build_tail(Builder *builder)
{
    structure_begin(builder, 32, HANDLE_BOOT);
    put(builder, 0, 6);
    put(builder, 0, 1);                     /* no errors detected */
    structure_end(builder);

    structure_begin(builder, 127, HANDLE_END);
    structure_end(builder);
}

/*
 * 5.2.1, the 2.1 entry point: "_SM_" and, inside it, the older "_DMI_".
 * Firmware fills in the address of the tables and both checksums; they are
 * computed here too, so that the anchor is valid as it stands.
 */
static GByteArray *build_anchor(const Builder *builder)
{
    enum { CHECKSUM = 4, INTERMEDIATE = 16, INTERMEDIATE_CHECKSUM = 21, SIZE = 31 };
    GByteArray *anchor = g_byte_array_new();

    blob_put_text(anchor, "_SM_", 4, ' ');
    blob_put(anchor, 0, 1);
    blob_put(anchor, SIZE, 1);
    blob_put(anchor, 2, 1);
    blob_put(anchor, 8, 1);
    blob_put(anchor, builder->largest, 2);
    blob_put(anchor, 0, 6);                 /* entry point revision, formatted area */
    blob_put_text(anchor, "_DMI_", 5, ' ');
    blob_put(anchor, 0, 1);
    blob_put(anchor, builder->tables->len, 2);
    blob_put(anchor, 0, 4);
    blob_put(anchor, builder->structures, 2);
    blob_put(anchor, 0x28, 1);              /* BCD revision */
    blob_set(anchor, INTERMEDIATE_CHECKSUM, blob_checksum(anchor, INTERMEDIATE, SIZE - INTERMEDIATE), 1);
    blob_set(anchor, CHECKSUM, blob_checksum(anchor, 0, SIZE), 1);
    return anchor;
}

static void build_structures(Builder *builder)
{
    const SmbiosConfig *config = builder->config;

    build_bios(builder);
    build_system(builder);
    build_board(builder);
    build_chassis(builder);
    for (unsigned socket = 0; socket < config->sockets; socket++) {
        build_processor(builder, socket);
    }
    build_oem_strings(builder);
    build_memory_array(builder);
    for (unsigned dimm = 0; dimm < dimm_count(config); dimm++) {
        build_memory_device(builder, dimm);
    }
    for (unsigned i = 0; i < config->map->ram.count; i++) {
        const RamPiece *piece = &config->map->ram.pieces[i];
        build_memory_mapped(builder, i, piece->base, piece->size);
    }
    build_tail(builder);
}

bool smbios_build(const SmbiosConfig *config, SmbiosBlobs *ret, Error **errp)
{
    Builder builder = {
        .config = config,
        .tables = g_byte_array_new(),
        .strings = g_byte_array_new(),
    };

    g_assert(config->sockets >= 1 && config->sockets <= 256);
    build_structures(&builder);
    g_byte_array_unref(builder.strings);
    if (builder.tables->len > UINT16_MAX) {
        fail(errp, "SMBIOS tables have %u bytes, at most 65535 are possible", builder.tables->len);
        g_byte_array_unref(builder.tables);
        return false;
    }
    ret->anchor = build_anchor(&builder);
    ret->tables = builder.tables;
    return true;
}

void smbios_blobs_finish(SmbiosBlobs *blobs)
{
    g_clear_pointer(&blobs->tables, g_byte_array_unref);
    g_clear_pointer(&blobs->anchor, g_byte_array_unref);
}
