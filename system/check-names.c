/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes that show in the options alone: they are reported before anything is touched. */
#include <string.h>

#include "core/device.h"
#include "core/user-object.h"
#include "lib/parse.h"
#include "system/create.h"

static bool check_device(const Settings *settings, const OptionUse *use, Error **errp)
{
    const char *id = keyval_get(use->settings, "id");

    return device_class_find(keyval_get(use->settings, "driver"), errp) && (!id || parse_id(id, errp));
}

static bool check_object(const Settings *settings, const OptionUse *use, Error **errp)
{
    const char *id = keyval_get(use->settings, "id");

    return user_object_class_find(keyval_get(use->settings, "qom-type"), errp) &&
           (id ? parse_id(id, errp) : fail(errp, "Parameter 'id' is missing"));
}

/* Every -set must name a device of the command line. */
static bool check_set(const Settings *settings, const OptionUse *use, Error **errp)
{
    g_auto(GStrv) names = g_strsplit(use->text, ".", 3);

    for (unsigned i = 0; i < settings->devices->len; i++) {
        const OptionUse *device = settings->devices->pdata[i];
        if (g_strcmp0(keyval_get(device->settings, "id"), names[1]) == 0) {
            return true;
        }
    }
    return fail(errp, "there is no device \"%s\" defined", names[1]);
}

static bool refuse_stdio(const Settings *settings, bool stdio, Error **errp)
{
    if (stdio && settings->daemonize) {
        fail(errp, "cannot use stdio with -daemonize");
        return hint(errp, "Use a file, a pty or a socket.");
    }
    return true;
}

static bool check_chardev(const Settings *settings, const OptionUse *use, Error **errp)
{
    return refuse_stdio(settings, g_strcmp0(keyval_get(use->settings, "backend"), "stdio") == 0, errp);
}

static bool check_port(const Settings *settings, const OptionUse *use, Error **errp)
{
    const char *text = use->text && g_str_has_prefix(use->text, "mon:") ? use->text + strlen("mon:") : use->text;

    return refuse_stdio(settings, g_strcmp0(text, "stdio") == 0, errp);
}

bool check_names(const Settings *settings, Error **errp)
{
    const struct {
        const GPtrArray *uses;
        bool (*check)(const Settings *settings, const OptionUse *use, Error **errp);
    } rows[] = {
        { settings->objects, check_object }, { settings->devices, check_device }, { settings->sets, check_set },
        { settings->chardevs, check_chardev }, { settings->serials, check_port }, { settings->debugcons, check_port },
        { settings->monitors, check_port }, { settings->blockdevs, check_blockdev },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned j = 0; j < rows[i].uses->len; j++) {
            const OptionUse *use = rows[i].uses->pdata[j];
            if (!rows[i].check(settings, use, errp)) {
                return fail(errp, "%s", use->context);
            }
        }
    }
    bool terminal = settings_terminal_serial(settings) || settings_terminal_monitor(settings);
    return refuse_stdio(settings, terminal, errp) || fail(errp, "-nographic");
}
