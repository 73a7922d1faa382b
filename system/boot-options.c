/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to boot: -boot, -kernel, -bios. */
#include <string.h>

#include "core/datadir.h"
#include "lib/parse.h"
#include "system/settings.h"

/* SeaBIOS with everything in, as the distribution names it. */
#define DEFAULT_FIRMWARE "bios-256k.bin"

enum { MAX_BOOT_TIME_MS = 65535 };

static bool check_order(const char *order, Error **errp)
{
    for (const char *at = order; at && *at; at++) {
        if (*at < 'a' || *at > 'p') {
            return fail(errp, "Invalid boot device for 'pc': '%c'", *at);
        }
        if (strchr(at + 1, *at)) {
            return fail(errp, "Boot device '%c' was given twice", *at);
        }
    }
    return true;
}

static bool read_time(const KeyVals *boot, const char *key, int *ret, Error **errp)
{
    const char *text = keyval_get(boot, key);
    int64_t value = -1;

    if (text && !parse_i64(text, -1, MAX_BOOT_TIME_MS, &value, errp)) {
        return fail(errp, "%s", key);
    }
    *ret = (int)value;
    return true;
}

static bool read_boot(const KeyVals *boot, MachineBoot *ret, Error **errp)
{
    const char *once = keyval_get(boot, "once");

    *ret = (MachineBoot){ .order = once ? once : keyval_get(boot, "order"), .strict = settings_switch(boot, "strict") };
    if (!check_order(ret->order, errp) || !read_time(boot, "splash-time", &ret->splash_time_ms, errp) ||
        !read_time(boot, "reboot-timeout", &ret->reboot_timeout_ms, errp)) {
        return fail(errp, "-boot");
    }
    if (keyval_get(boot, "menu")) {
        ret->menu = settings_switch(boot, "menu") ? ON_OFF_AUTO_ON : ON_OFF_AUTO_OFF;
    }
    if (keyval_get(boot, "splash")) {
        return fail(errp, "-boot splash=%s: boot splash pictures are not supported", keyval_get(boot, "splash"));
    }
    return true;
}

GPtrArray *option_settings(const GPtrArray *uses)
{
    GPtrArray *list = g_ptr_array_new();

    for (unsigned i = 0; i < uses->len; i++) {
        g_ptr_array_add(list, ((const OptionUse *)uses->pdata[i])->settings);
    }
    return list;
}

bool settings_boot(const Settings *settings, MachineBoot *ret, Error **errp)
{
    if (!settings->kernel && (settings->initrd || settings->append)) {
        return fail(errp, "%s only allowed with -kernel option", settings->initrd ? "-initrd" : "-append");
    }
    if (!read_boot(settings->boot, ret, errp)) {
        return false;
    }
    ret->kernel = settings->kernel;
    ret->initrd = settings->initrd;
    ret->append = settings->append;
    ret->option_roms = option_settings(settings->option_roms);
    ret->firmware = datadir_find(settings->bios ? settings->bios : DEFAULT_FIRMWARE, errp);
    if (!ret->firmware) {
        fail(errp, "%s", settings->bios ? "-bios" : "firmware");
        return settings->bios ? false : hint(errp, "Install the package 'seabios', or name an image with -bios.");
    }
    return true;
}
