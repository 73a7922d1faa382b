/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -blockdev, as far as firmware in flash chips goes: management tools name an image by a node of the block layer and the
 * chip by -machine pflash0=NODE. Here it becomes what -drive if=pflash says; there is no block layer.
 */
#include "system/create.h"

/* A raw node on a file node; more layers than that have no use. */
enum { MAX_LAYERS = 2 };

static const KeyVals *find_node(const Settings *settings, const char *name)
{
    for (unsigned i = 0; i < settings->blockdevs->len; i++) {
        const OptionUse *use = settings->blockdevs->pdata[i];
        if (g_strcmp0(keyval_get(use->settings, "node-name"), name) == 0) {
            return use->settings;
        }
    }
    return NULL;
}

bool check_blockdev(const Settings *settings, const OptionUse *use, Error **errp)
{
    const char *driver = keyval_get(use->settings, "driver"), *name = keyval_get(use->settings, "node-name");

    if (!driver) {
        return fail(errp, "Parameter 'driver' is missing");
    }
    if (!g_str_equal(driver, "file") && !g_str_equal(driver, "raw")) {
        fail(errp, "Parameter 'driver' does not accept value '%s'", driver);
        return hint(errp, "Only raw images of flash chips are supported: drivers file and raw.");
    }
    if (!name) {
        return fail(errp, "'node-name' must be specified for the root node");
    }
    if (find_node(settings, name) != use->settings) {
        return fail(errp, "Duplicate nodes with node-name='%s'", name);
    }
    const char *target = g_str_equal(driver, "file") ? "filename" : "file";
    return keyval_get(use->settings, target) || fail(errp, "Parameter '%s' is missing", target);
}

/* What -drive says of the file @node ends in: "file" and "readonly", which any layer can ask for. */
static bool describe_node(const Settings *settings, const char *node, KeyVals *drive, Error **errp)
{
    for (unsigned layer = 0; layer < MAX_LAYERS; layer++) {
        const KeyVals *at = find_node(settings, node);
        if (!at) {
            return fail(errp, "Cannot find device='%s' nor node-name='%s'", node, node);
        }
        if (settings_switch(at, "read-only")) {
            keyval_add(drive, "readonly", "on");
        }
        if (g_str_equal(keyval_get(at, "driver"), "file")) {
            keyval_add(drive, "file", keyval_get(at, "filename"));
            return true;
        }
        node = keyval_get(at, "file");
    }
    return fail(errp, "node '%s' is not a file", node);
}

static bool take_flash(Settings *settings, const char *chip, const char *unit, Error **errp)
{
    g_autofree char *node = keyval_take(settings->machine, chip);

    if (!node) {
        return true;
    }
    OptionUse *use = g_new0(OptionUse, 1);
    use->context = g_strdup_printf("-machine %s=%s", chip, node);
    use->settings = keyval_new();
    keyval_add(use->settings, "if", "pflash");
    keyval_add(use->settings, "unit", unit);
    g_ptr_array_add(settings->drives, use);
    return describe_node(settings, node, use->settings, errp) || fail(errp, "%s", use->context);
}

bool blockdev_take_flashes(Settings *settings, Error **errp)
{
    return take_flash(settings, "pflash0", "0", errp) && take_flash(settings, "pflash1", "1", errp);
}
