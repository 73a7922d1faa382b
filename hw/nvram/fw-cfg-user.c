/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of the user's own; see fw-cfg-user.h. */
#include "hw/nvram/fw-cfg-user.h"

#include <string.h>

#include "hw/nvram/fw-cfg.h"
#include "lib/fd.h"
#include "lib/keyval.h"
#include "lib/log.h"

static const char *const known_keys[] = { "name", "file", "string", "gen_id", NULL };

static bool check_keys(const KeyVals *kv, Error **errp)
{
    for (unsigned i = 0; i < kv->items->len; i++) {
        const char *key = g_array_index(kv->items, KeyVal, i).key;
        if (!g_strv_contains(known_keys, key)) {
            return fail(errp, "Invalid parameter '%s'", key);
        }
    }
    return true;
}

/* Exactly one source of the bytes. */
static bool check_sources(const KeyVals *kv, Error **errp)
{
    int sources = !!keyval_get(kv, "file") + !!keyval_get(kv, "string") + !!keyval_get(kv, "gen_id");

    const char *name = keyval_get(kv, "name");

    if (!name || !*name || sources != 1) {
        return fail(errp, "name, plus exactly one of file, string and gen_id, are needed");
    }
    return true;
}

/* A string is published without its final NUL. */
static GBytes *read_source(const KeyVals *kv, Error **errp)
{
    const char *string = keyval_get(kv, "string"), *path = keyval_get(kv, "file");

    if (string) {
        return g_bytes_new(string, strlen(string));
    }
    if (path) {
        return file_map(path, errp);
    }
    fail(errp, "Cannot find object ID '%s'", keyval_get(kv, "gen_id"));
    return NULL;
}

static bool add(const KeyVals *kv, Error **errp)
{
    const char *name = keyval_get(kv, "name");
    FwCfg *fw = fw_cfg_find();

    if (!fw) {
        return fail(errp, "fw_cfg device not available");
    }
    if (!g_str_has_prefix(name, "opt/")) {
        warn("-fw_cfg name=%s: externally provided fw_cfg item names should be prefixed with \"opt/\"", name);
    }
    g_autoptr(GBytes) bytes = read_source(kv, errp);
    return bytes && fw_cfg_add_file(fw, name, bytes, errp);
}

bool fw_cfg_add_user(const char *option_text, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(option_text, "name", errp);

    return kv && check_keys(kv, errp) && check_sources(kv, errp) && add(kv, errp);
}
