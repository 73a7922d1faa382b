/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS tables from -smbios: a byte a count, then lines "type=N,field=value,...". */
#include "hw/i386/smbios.h"
#include "lib/keyval.h"
#include "lib/parse.h"
#include "tests/fuzz/fuzz.h"

static void apply(SmbiosConfig *config, const KeyVals *kv)
{
    const char *text = keyval_get(kv, "type");
    uint64_t type = 0;
    Error *err = NULL;

    if (text && parse_u64(text, 127, &type, &err)) {
        smbios_config_knows((unsigned)type);
    }
    error_clear(&err);
    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        check_outcome(smbios_config_set(config, (unsigned)type, item->key, item->value, &err), &err);
    }
}

/* DSP0134 6.1: every structure has its strings, two NULs end them, and type 127 ends the table. */
static void check_tables(const GByteArray *tables)
{
    size_t at = 0;
    uint8_t type;

    do {
        g_assert(tables->len - at >= 6 && tables->data[at + 1] >= 4);
        type = tables->data[at];
        at += tables->data[at + 1];
        while (at + 1 < tables->len && (tables->data[at] || tables->data[at + 1])) {
            at++;
        }
        at += 2;
    } while (type != 127 && at < tables->len);
    g_assert(type == 127 && at == tables->len && at <= UINT16_MAX);
}

static void build(SmbiosConfig *config, Input *in)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func((GDestroyNotify)keyval_free);
    SmbiosBlobs blobs = { 0 };
    Error *err = NULL;

    while (in->left > 0) {
        g_autofree char *line = input_text(in, '\n');
        KeyVals *kv = keyval_parse(line, NULL, &err);
        error_clear(&err);
        if (kv) {
            g_ptr_array_add(lines, kv);
            apply(config, kv);
        }
    }
    bool ok = smbios_build(config, &blobs, &err);
    check_outcome(ok, &err);
    if (ok) {
        check_tables(blobs.tables);
    }
    smbios_blobs_finish(&blobs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    MemoryMapConfig memory = { .phys_bits = 52, .ram_size = (1 + (input_take(&in, 4) & 0xffffff)) << 20 };
    SmbiosConfig config = {
        .machine_desc = "PC", .machine_name = "pc",
        .sockets = 1 + (unsigned)input_take(&in, 1),
        .cores_per_socket = 1 + (unsigned)input_take(&in, 2),
        .threads_per_core = 1 + (unsigned)input_take(&in, 2),
    };
    MemoryMap map = { 0 };
    Error *err = NULL;

    bool ok = memory_map_init(&memory, &map, &err);
    check_outcome(ok, &err);
    config.map = &map;
    if (ok) {
        build(&config, &in);
    }
    memory_map_finish(&map);
    return 0;
}
