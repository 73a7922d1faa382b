/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices, objects and devices from their options. */
#include <stdio.h>
#include <string.h>

#include "chardev/chardev.h"
#include "core/device.h"
#include "core/user-object.h"
#include "hw/vfio/pci.h"
#include "monitor/qtest.h"
#include "system/create.h"
#include "ui/console.h"

/* ---- character devices and the ports that use them ---- */

/* The chardev of a -serial or -debugcon: its id, or NULL for "none". "mon:" shares it with a monitor. */
static bool legacy_chardev(Settings *settings, const OptionUse *use, const char *id, char **ret_id, Error **errp)
{
    *ret_id = NULL;
    if (g_str_equal(use->text, "none")) {
        return true;
    }
    Chardev *chardev = chardev_from_legacy(use->text, id, errp);
    if (!chardev) {
        return fail(errp, "%s", use->context);
    }
    *ret_id = g_strdup(chardev_label(chardev));
    if (g_str_has_prefix(use->text, "mon:")) {
        settings_add_monitor(settings, use->context, *ret_id);
    }
    return true;
}

/* What -nographic puts on the terminal. */
static bool create_serials(Settings *settings, Error **errp)
{
    GPtrArray *serials = machine_get()->serials;
    bool on_terminal = settings_terminal_serial(settings), monitor = settings_terminal_monitor(settings);
    OptionUse terminal = { .context = (char *)"-nographic", .text = (char *)(monitor ? "mon:stdio" : "stdio") };
    unsigned count = on_terminal ? 1 : settings->serials->len;

    if (monitor && !on_terminal) {
        settings_add_monitor_device(settings, "-nographic", "stdio");
    }
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *id = g_strdup_printf("serial%u", i);
        char *chardev;
        if (!legacy_chardev(settings, on_terminal ? &terminal : settings->serials->pdata[i], id, &chardev, errp)) {
            return false;
        }
        g_ptr_array_add(serials, chardev);
    }
    return true;
}

bool create_chardevs(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->chardevs->len; i++) {
        const OptionUse *use = settings->chardevs->pdata[i];
        if (!chardev_create(use->text, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return create_serials(settings, errp);
}

bool create_qtest(Settings *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_new();

    if (!settings->qtest) {
        return true;
    }
    Chardev *chardev = chardev_from_legacy(settings->qtest, "qtest", errp);
    if (!chardev) {
        return *errp ? fail(errp, "-qtest %s", settings->qtest) : true;      /* "none" */
    }
    keyval_add(kv, "chardev", chardev_label(chardev));
    if (settings->qtest_log) {
        keyval_add(kv, "log", settings->qtest_log);
    }
    return object_create(&qtest_class, "qtest", kv, errp) || fail(errp, "-qtest %s", settings->qtest);
}

/* ---- objects and devices ---- */

bool create_objects(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->objects->len; i++) {
        const OptionUse *use = settings->objects->pdata[i];
        if (!user_object_create(use->settings, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}

/* Settings of "-set device.ID.PROP=VALUE" for this device. */
static void apply_sets(const Settings *settings, const char *id, KeyVals *kv)
{
    for (unsigned i = 0; i < settings->sets->len; i++) {
        const OptionUse *use = settings->sets->pdata[i];
        g_auto(GStrv) sides = g_strsplit(use->text, "=", 2);
        g_auto(GStrv) names = g_strsplit(sides[0], ".", 3);
        if (g_strcmp0(names[1], id) == 0) {
            keyval_add(kv, names[2], sides[1]);
        }
    }
}

static Object *create_device(const Settings *settings, const OptionUse *use, Error **errp)
{
    const char *id = keyval_get(use->settings, "id");

    apply_sets(settings, id, use->settings);
    return device_create(use->settings, errp);
}

/* -debugcon DEV is an isa-debugcon. */
static bool create_debugcons(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->debugcons->len; i++) {
        const OptionUse *use = settings->debugcons->pdata[i];
        g_autofree char *id = g_strdup_printf("debugcon%u", i), *chardev = NULL;
        g_autoptr(KeyVals) kv = keyval_new();
        if (!legacy_chardev(settings, use, id, &chardev, errp)) {
            return false;
        }
        if (!chardev) {
            continue;
        }
        keyval_add(kv, "driver", "isa-debugcon");
        keyval_add(kv, "chardev", chardev);
        if (!device_create(kv, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}

static bool create_vga(const char *context, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_new();

    keyval_add(kv, "driver", "VGA");
    Object *vga = device_create(kv, errp);
    return (vga && object_complete(vga, errp)) || fail(errp, "%s", context);
}

/* -vga std is a device in front of those of -device: it has the first free slot. */
static bool create_first_vga(const Settings *settings, Error **errp)
{
    return g_strcmp0(settings->vga, "std") != 0 || create_vga("-vga std", errp);
}

/*
 * A VNC server has something to show, unless it is to show nothing: -nodefaults, -vga none. Who assigns devices
 * says what there is to see: a display of ours beside a GPU of the host changes what that one is to the guest.
 */
static bool create_default_vga(const Settings *settings, Error **errp)
{
    g_autoptr(GPtrArray) assigned = object_list(&vfio_pci_base_class), buses = object_list(&pci_bus_class);
    bool wanted = settings->vncs->len > 0 && !settings->vga && !settings->nodefaults && !console_at(0) &&
                  assigned->len == 0 && buses->len > 0;

    return !wanted || create_vga("display for VNC (-vga none: there is none)", errp);
}

bool create_devices(Settings *settings, Error **errp)
{
    unsigned count = settings->devices->len;
    g_autofree Object **made = g_new0(Object *, count);

    if (!create_first_vga(settings, errp) || !create_debugcons(settings, errp)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const OptionUse *use = settings->devices->pdata[i];
        made[i] = create_device(settings, use, errp);
        if (!made[i]) {
            return fail(errp, "%s", use->context);
        }
    }
    if (!create_default_vga(settings, errp)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const OptionUse *use = settings->devices->pdata[i];
        if (!object_complete(made[i], errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}
