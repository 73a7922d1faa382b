/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS tables, read back structure by structure. */
#include <glib.h>
#include <string.h>

#include "hw/i386/smbios.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull

static const uint8_t uuid[16] = {
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
};

static uint64_t get(const uint8_t *data, size_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | data[offset + i];
    }
    return value;
}

/* A machine with @ram bytes; @change may edit the configuration first. */
static SmbiosBlobs build(uint64_t ram, void (*change)(SmbiosConfig *config))
{
    MemoryMapConfig memory = { .ram_size = ram, .phys_bits = 52 };
    MemoryMap map;
    SmbiosBlobs blobs = { 0 };
    Error *err = NULL;

    g_assert_true(memory_map_init(&memory, &map, &err));
    SmbiosConfig config = {
        .machine_desc = "Standard PC", .machine_name = "pc-1.0", .uuid = uuid,
        .sockets = 2, .cores_per_socket = 4, .threads_per_core = 2,
        .cpuid_eax = 0x506e3, .cpuid_edx = 0xbfebfbff, .map = &map,
    };
    if (change) {
        change(&config);
    }
    if (!smbios_build(&config, &blobs, &err)) {
        g_error("%s", error_message(err));
    }
    memory_map_finish(&map);
    return blobs;
}

/* Behind a structure and its strings. */
static size_t next(const GByteArray *tables, size_t at)
{
    at += tables->data[at + 1];
    while (tables->data[at] || tables->data[at + 1]) {
        at++;
        g_assert_cmpuint(at + 1, <, tables->len);
    }
    return at + 2;
}

/* The @nth structure of @type, or NULL. */
static const uint8_t *find(const SmbiosBlobs *blobs, uint8_t type, unsigned nth)
{
    for (size_t at = 0; at < blobs->tables->len; at = next(blobs->tables, at)) {
        if (blobs->tables->data[at] == type && !nth--) {
            return blobs->tables->data + at;
        }
    }
    return NULL;
}

/* String field at @offset: the text, or NULL for number 0. */
static const char *text(const uint8_t *structure, size_t offset)
{
    const char *string = (const char *)structure + structure[1];

    if (!structure[offset]) {
        return NULL;
    }
    for (unsigned n = structure[offset]; n > 1; n--) {
        string += strlen(string) + 1;
    }
    return string;
}

static unsigned count(const SmbiosBlobs *blobs, uint8_t type)
{
    unsigned n = 0;

    while (find(blobs, type, n)) {
        n++;
    }
    return n;
}

static void test_anchor(void)
{
    SmbiosBlobs blobs = build(256 * MIB, NULL);
    const uint8_t *anchor = blobs.anchor->data;
    unsigned structures = 0, largest = 0;
    uint8_t sum = 0;

    for (size_t at = 0, end; at < blobs.tables->len; at = end, structures++) {
        end = next(blobs.tables, at);
        largest = MAX(largest, (unsigned)(end - at));
    }
    g_assert_cmpuint(blobs.anchor->len, ==, 31);
    g_assert_cmpmem(anchor, 4, "_SM_", 4);
    g_assert_cmpmem(anchor + 16, 5, "_DMI_", 5);
    g_assert_cmpuint(get(anchor, 6, 2), ==, 0x0802);
    g_assert_cmpuint(get(anchor, 8, 2), ==, largest);
    g_assert_cmpuint(get(anchor, 22, 2), ==, blobs.tables->len);
    g_assert_cmpuint(get(anchor, 28, 2), ==, structures);
    for (int i = 0; i < 31; i++) {
        sum += anchor[i];
    }
    g_assert_cmpuint(sum, ==, 0);
    smbios_blobs_finish(&blobs);
}

static void test_default_types(void)
{
    SmbiosBlobs blobs = build(256 * MIB, NULL);
    static const uint8_t lengths[][3] = {
        /* type, how many, length of the formatted area in DSP0134 2.8 */
        { 0, 0, 0 }, { 1, 1, 0x1b }, { 2, 0, 0 }, { 3, 1, 0x16 }, { 4, 2, 0x2a }, { 11, 0, 0 },
        { 16, 1, 0x17 }, { 17, 1, 0x28 }, { 19, 1, 0x1f }, { 32, 1, 0x0b }, { 127, 1, 4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_assert_cmpuint(count(&blobs, lengths[i][0]), ==, lengths[i][1]);
        if (lengths[i][1]) {
            g_assert_cmpuint(find(&blobs, lengths[i][0], 0)[1], ==, lengths[i][2]);
        }
    }
    smbios_blobs_finish(&blobs);
}

static void test_system(void)
{
    static const uint8_t mixed[16] = {
        0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    };
    SmbiosBlobs blobs = build(256 * MIB, NULL);
    const uint8_t *system = find(&blobs, 1, 0);

    g_assert_cmpstr(text(system, 4), ==, "QEMU");
    g_assert_cmpstr(text(system, 5), ==, "Standard PC");
    g_assert_cmpstr(text(system, 6), ==, "pc-1.0");
    g_assert_cmpstr(text(system, 7), ==, NULL);
    g_assert_cmpmem(system + 8, 16, mixed, 16);
    smbios_blobs_finish(&blobs);
}

static void test_processors(void)
{
    SmbiosBlobs blobs = build(256 * MIB, NULL);
    const uint8_t *second = find(&blobs, 4, 1);

    g_assert_cmpstr(text(second, 4), ==, "CPU 1");
    g_assert_cmphex(get(second, 8, 4), ==, 0x506e3);
    g_assert_cmpuint(second[0x23], ==, 4);
    g_assert_cmpuint(second[0x24], ==, 4);
    g_assert_cmpuint(second[0x25], ==, 8);
    smbios_blobs_finish(&blobs);
}

static void test_memory_sizes(void)
{
    static const struct {
        uint64_t ram;
        unsigned dimms, ranges;
        uint64_t last_mib;      /* of the last memory device */
    } rows[] = {
        { 128 * MIB, 1, 1, 128 },
        { 3 * GIB, 1, 1, 3072 },
        { 4 * GIB, 1, 2, 4096 },
        { 16 * GIB, 1, 2, 16384 },
        { 17 * GIB, 2, 2, 1024 },
        { 1024 * GIB, 64, 2, 16384 },
        { 1025 * GIB, 33, 2, 1024 },
        { 8192 * GIB, 64, 2, 131072 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        SmbiosBlobs blobs = build(rows[i].ram, NULL);
        const uint8_t *array = find(&blobs, 16, 0), *last = find(&blobs, 17, rows[i].dimms - 1);
        uint64_t kib = get(array, 7, 4), mib = get(last, 12, 2);

        g_assert_cmpuint(count(&blobs, 17), ==, rows[i].dimms);
        g_assert_cmpuint(count(&blobs, 19), ==, rows[i].ranges);
        g_assert_cmpuint(get(array, 13, 2), ==, rows[i].dimms);
        g_assert_cmpuint(kib == 0x80000000 ? get(array, 15, 8) : kib * 1024, ==, rows[i].ram);
        g_assert_cmpuint(mib == 0x7fff ? get(last, 28, 4) : mib, ==, rows[i].last_mib);
        smbios_blobs_finish(&blobs);
    }
}

static void test_mapped_ranges(void)
{
    SmbiosBlobs blobs = build(8192 * GIB, NULL);
    const uint8_t *low = find(&blobs, 19, 0), *high = find(&blobs, 19, 1);

    g_assert_cmphex(get(low, 4, 4), ==, 0);
    g_assert_cmphex(get(low, 8, 4), ==, 0xc0000000 / 1024 - 1);
    g_assert_cmphex(get(high, 4, 4), ==, 0xffffffff);
    g_assert_cmphex(get(high, 15, 8), ==, 4 * GIB);
    g_assert_cmphex(get(high, 23, 8), ==, 8193 * GIB - 1);
    smbios_blobs_finish(&blobs);
}

static void set(SmbiosConfig *config, unsigned type, const char *field, const char *value)
{
    Error *err = NULL;

    if (!smbios_config_set(config, type, field, value, &err)) {
        g_error("%s", error_message(err));
    }
}

static void set_many(SmbiosConfig *config)
{
    static const char *const oem[] = { "one", "two", NULL };

    set(config, 0, "vendor", "ACME");
    set(config, 0, "release", "1.23");
    set(config, 1, "manufacturer", "Foo, Inc");
    set(config, 1, "serial", "");
    set(config, 2, "product", "Board");
    set(config, 3, "sku", "case");
    set(config, 4, "sock_pfx", "Socket");
    set(config, 4, "max-speed", "4000");
    set(config, 17, "loc_pfx", "Slot");
    set(config, 17, "speed", "2133");
    config->oem_strings = oem;
}

static void test_overrides(void)
{
    SmbiosBlobs blobs = build(256 * MIB, set_many);

    g_assert_cmpstr(text(find(&blobs, 0, 0), 4), ==, "ACME");
    g_assert_cmpuint(get(find(&blobs, 0, 0), 0x14, 2), ==, 1 | 23 << 8);
    g_assert_cmpstr(text(find(&blobs, 1, 0), 4), ==, "Foo, Inc");
    g_assert_cmpstr(text(find(&blobs, 1, 0), 7), ==, NULL);
    g_assert_cmpstr(text(find(&blobs, 2, 0), 5), ==, "Board");
    g_assert_cmpstr(text(find(&blobs, 3, 0), 0x15), ==, "case");
    g_assert_cmpstr(text(find(&blobs, 4, 0), 4), ==, "Socket 0");
    g_assert_cmpuint(get(find(&blobs, 4, 0), 0x14, 2), ==, 4000);
    g_assert_cmpstr(text(find(&blobs, 17, 0), 16), ==, "Slot 0");
    g_assert_cmpuint(get(find(&blobs, 17, 0), 0x15, 2), ==, 2133);
    g_assert_cmpuint(find(&blobs, 11, 0)[4], ==, 2);
    g_assert_cmpstr((const char *)find(&blobs, 11, 0) + 5, ==, "one");
    smbios_blobs_finish(&blobs);
}

static void test_bad_overrides(void)
{
    static const struct {
        unsigned type;
        const char *field, *value, *words;
    } rows[] = {
        { 1, "colour", "red", "no field 'colour'" },
        { 99, "vendor", "x", "type 99" },
        { 4, "max-speed", "fast", "max-speed" },
        { 4, "max-speed", "65536", "max-speed" },
        { 0, "release", "1", "release" },
        { 0, "release", "1.256", "release" },
        { 0, "uefi", "maybe", "uefi" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        SmbiosConfig config = { 0 };
        Error *err = NULL;

        g_assert_false(smbios_config_set(&config, rows[i].type, rows[i].field, rows[i].value, &err));
        g_assert_nonnull(strstr(error_message(err), rows[i].words));
        error_free(err);
    }
}

static void test_too_large(void)
{
    g_autofree char *long_text = g_strnfill(70000, 'x');
    MemoryMap map = { .ram = { { { 0, GIB, 0 } }, 1 } };
    SmbiosConfig config = { .sockets = 1, .map = &map };
    SmbiosBlobs blobs = { 0 };
    Error *err = NULL;

    config.system.serial = long_text;
    g_assert_false(smbios_build(&config, &blobs, &err));
    g_assert_nonnull(strstr(error_message(err), "65535"));
    g_assert_null(blobs.tables);
    error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/smbios/entry point", test_anchor);
    g_test_add_func("/smbios/structures and their lengths", test_default_types);
    g_test_add_func("/smbios/system and UUID", test_system);
    g_test_add_func("/smbios/one processor a socket", test_processors);
    g_test_add_func("/smbios/memory of all sizes", test_memory_sizes);
    g_test_add_func("/smbios/mapped ranges beyond 4 TiB", test_mapped_ranges);
    g_test_add_func("/smbios/fields by the user", test_overrides);
    g_test_add_func("/smbios/bad fields are named", test_bad_overrides);
    g_test_add_func("/smbios/tables too large", test_too_large);
    return g_test_run();
}
