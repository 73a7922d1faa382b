/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monitors from -mon, -monitor, -qmp and -nographic. */
#include "monitor/monitor.h"
#include "system/create.h"

/* The chardev of -qmp DEV and its like goes into the settings; "none" leaves them without. */
static bool make_chardev(const OptionUse *use, unsigned number, Error **errp)
{
    g_autofree char *id = g_strdup_printf("compat_monitor%u", number);

    if (keyval_get(use->settings, "chardev") || g_str_equal(use->text, "none")) {
        return true;
    }
    Chardev *chr = chardev_from_legacy(use->text, id, errp);
    if (chr) {
        keyval_add(use->settings, "chardev", chardev_label(chr));
    }
    return chr != NULL;
}

/* The settings without those that only choose what is made. */
static bool make_monitor(const OptionUse *use, const char *mode, Error **errp)
{
    g_autofree char *class_name = g_strconcat("monitor-", mode, NULL);
    const Class *cls = class_find(class_name);
    g_autoptr(KeyVals) kv = keyval_new();

    keyval_add_all(kv, use->settings);
    g_free(keyval_take(kv, "mode"));
    g_free(keyval_take(kv, "id"));
    return cls ? object_create(cls, NULL, kv, errp) != NULL : fail(errp, "Parameter 'mode' does not accept value '%s'", mode);
}

static const char *mode_of(const OptionUse *use)
{
    const char *mode = keyval_get(use->settings, "mode");

    return mode ? mode : "readline";
}

static bool is_for_people(const OptionUse *use)
{
    return g_str_equal(mode_of(use), "readline");
}

/* Monitors of one kind; those with "-monitor none" are none. */
static bool make_all(const Settings *settings, bool for_people, Error **errp)
{
    for (unsigned i = 0; i < settings->monitors->len; i++) {
        const OptionUse *use = settings->monitors->pdata[i];
        if (is_for_people(use) == for_people && keyval_get(use->settings, "chardev") &&
            !make_monitor(use, mode_of(use), errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}

bool create_monitors(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->monitors->len; i++) {
        const OptionUse *use = settings->monitors->pdata[i];
        if (!make_chardev(use, i, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return make_all(settings, false, errp);
}

bool create_human_monitors(Settings *settings, Error **errp)
{
    return make_all(settings, true, errp);
}
