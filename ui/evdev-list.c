/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which event devices there are, and of what kind: for people who choose one. See evdev.h. */
#include <string.h>

#include "lib/fd.h"
#include "ui/evdev.h"

static const char *folder = "/dev/input";

void evdev_set_folder(const char *path)
{
    folder = path;
}

/* As udev tells them apart: fingers on a surface that is not the picture. */
bool evdev_is_touchpad(const EvdevInfo *info)
{
    return evdev_bit(info->absolute, ABS_X) && evdev_bit(info->keys, BTN_TOOL_FINGER) &&
           !evdev_bit(info->keys, BTN_TOOL_PEN) && !evdev_bit(info->properties, INPUT_PROP_DIRECT);
}

/* Joysticks have axes too, and no such button. */
bool evdev_is_absolute(const EvdevInfo *info)
{
    return evdev_bit(info->absolute, ABS_X) && evdev_bit(info->absolute, ABS_Y) && !evdev_is_touchpad(info) &&
           (evdev_bit(info->keys, BTN_LEFT) || evdev_bit(info->keys, BTN_TOUCH));
}

/* Power buttons and the like have a few keys, but no letters. */
const char *evdev_kind(const EvdevInfo *info)
{
    if (evdev_is_touchpad(info)) {
        return "touchpad";
    }
    if (evdev_is_absolute(info)) {
        return "tablet or touch screen";
    }
    if (evdev_bit(info->relative, REL_X) && evdev_bit(info->relative, REL_Y)) {
        return "mouse";
    }
    if (evdev_bit(info->keys, KEY_A) && evdev_bit(info->keys, KEY_Z)) {
        return "keyboard";
    }
    for (unsigned i = 0; i < sizeof(info->keys); i++) {
        if (info->keys[i]) {
            return "keys";
        }
    }
    return NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "usb-..-event-kbd", "pci-..-event-mouse"; those without "event" are of other interfaces of the kernel. */
static void add_paths(GPtrArray *paths, const char *below)
{
    g_autofree char *at = g_build_filename(folder, below, NULL);
    g_autoptr(GDir) dir = g_dir_open(at, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (strstr(name, "event")) {
            g_ptr_array_add(paths, g_build_filename(at, name, NULL));
        }
    }
    g_ptr_array_sort(paths, compare_names);
}

char **evdev_paths(void)
{
    static const char *const places[] = { "by-id", "by-path", "" };
    GPtrArray *paths = g_ptr_array_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(places) && paths->len == 0; i++) {
        add_paths(paths, places[i]);
    }
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(paths, false);
}

static void describe(GString *out, const char *path)
{
    EvdevInfo info;
    int fd = evdev->open(path);
    int err = fd < 0 ? fd : evdev->describe(fd, &info);
    const char *kind = err < 0 ? g_strerror(-err) : evdev_kind(&info);

    g_string_append_printf(out, "%s  %s%s%s\n", path, kind ? kind : "of no use to a guest", err < 0 ? "" : ": ",
                           err < 0 ? "" : info.name);
    fd_close(&fd);
}

/* All of them: a built-in keyboard has no name by id. */
char *evdev_table(void)
{
    static const char *const places[] = { "by-id", "by-path", "" };
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        add_paths(paths, places[i]);
        for (unsigned j = 0; j < paths->len; j++) {
            describe(out, paths->pdata[j]);
        }
    }
    if (out->len == 0) {
        g_string_append_printf(out, "There are no event devices in %s.\n", folder);
    }
    return g_string_free(out, false);
}
