/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to boot: -boot, -kernel, -bios. */
#include <string.h>

#include "core/datadir.h"
#include "lib/parse.h"
#include "system/settings.h"

/* SeaBIOS with everything in, as the distribution names it. */
#define DEFAULT_FIRMWARE "bios-256k.bin"

enum { MAX_BOOT_TIME_MS = 65535, FLASH_CHIPS = 2 };

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
    *ret = (MachineBoot){
        .order = keyval_get(boot, "order"),
        .once = keyval_get(boot, "once"),
        .strict = settings_switch(boot, "strict"),
    };
    if (!check_order(ret->order, errp) || !check_order(ret->once, errp) ||
        !read_time(boot, "splash-time", &ret->splash_time_ms, errp) ||
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

/* ---- -drive ---- */

/* The chip a -drive fills: as it says, or the first that is free. */
static bool find_unit(const GPtrArray *flashes, const KeyVals *drive, uint64_t *ret, Error **errp)
{
    const char *text = keyval_get(drive, "unit") ? keyval_get(drive, "unit") : keyval_get(drive, "index");

    for (*ret = 0; !text && *ret < FLASH_CHIPS && flashes->pdata[*ret]; ++*ret) {
    }
    if (text && !parse_u64(text, UINT8_MAX, ret, errp)) {
        return fail(errp, "unit");
    }
    if (*ret >= FLASH_CHIPS) {
        return fail(errp, "there are %d flash chips, unit 0 and unit 1", FLASH_CHIPS);
    }
    return !flashes->pdata[*ret] || fail(errp, "drive with bus=0, unit=%u (index=%u) exists", (unsigned)*ret, (unsigned)*ret);
}

static bool read_drive(GPtrArray *flashes, KeyVals *drive, Error **errp)
{
    const char *interface = keyval_get(drive, "if"), *format = keyval_get(drive, "format");
    uint64_t unit;

    if (g_strcmp0(interface, "pflash") != 0) {
        fail(errp, "if=%s: disk images are not supported, only if=pflash is", interface ? interface : "ide");
        return hint(errp, "Assign a disk controller with -device vfio-pci, or boot with -kernel.");
    }
    if (format && !g_str_equal(format, "raw")) {
        return fail(errp, "format=%s: a flash chip's image is raw", format);
    }
    if (!keyval_get(drive, "file")) {
        return fail(errp, "Parameter 'file' is missing");
    }
    if (!find_unit(flashes, drive, &unit, errp)) {
        return false;
    }
    flashes->pdata[unit] = drive;
    return true;
}

/* KeyVals of chips 0 and 1; NULL where there is none. */
static bool read_drives(const GPtrArray *drives, GPtrArray **ret, Error **errp)
{
    GPtrArray *flashes = g_ptr_array_new();

    g_ptr_array_set_size(flashes, FLASH_CHIPS);
    for (unsigned i = 0; i < drives->len; i++) {
        const OptionUse *use = drives->pdata[i];
        if (!read_drive(flashes, use->settings, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    *ret = flashes;
    return flashes->pdata[0] || !flashes->pdata[1] || fail(errp, "pflash1 requires pflash0");
}

static bool find_firmware(const Settings *settings, MachineBoot *ret, Error **errp)
{
    if (ret->flashes->pdata[0] && settings->bios) {
        return fail(errp, "-bios and -drive if=pflash,unit=0 are both the firmware: give one of them");
    }
    if (ret->flashes->pdata[0]) {
        return true;
    }
    ret->firmware = datadir_find(settings->bios ? settings->bios : DEFAULT_FIRMWARE, errp);
    if (!ret->firmware) {
        fail(errp, "%s", settings->bios ? "-bios" : "firmware");
        return settings->bios ? false : hint(errp, "Install the package 'seabios', or name an image with -bios.");
    }
    return true;
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
    return read_drives(settings->drives, &ret->flashes, errp) && find_firmware(settings, ret, errp);
}
