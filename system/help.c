/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists for the user: version, machines, accelerators, devices, objects. */
#include <string.h>

#include "core/accel.h"
#include "system/settings.h"

/* The version of the command line and protocols we speak, in the words scripts parse; ours in parentheses. */
#define SPOKEN_VERSION "7.2.22"

char *help_version(void)
{
    return g_strdup("QEMU emulator version " SPOKEN_VERSION " (qemu-igd " QEMU_IGD_VERSION ")\n"
                    "The qemu-igd machine emulator; GNU General Public License, version 2 or later\n");
}

char *help_machines(void)
{
    g_autoptr(GPtrArray) classes = class_list(&machine_class);
    GString *text = g_string_new("Supported machines are:\n");

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        const MachineOps *ops = class_ops(cls);
        if (cls->abstract) {
            continue;
        }
        g_autofree char *name = class_user_name(cls);
        if (ops->alias) {
            g_string_append_printf(text, "%-20s %s (alias of %s)\n", ops->alias, cls->desc, name);
        }
        g_string_append_printf(text, "%-20s %s%s\n", name, cls->desc, ops->is_default ? " (default)" : "");
    }
    return g_string_free(text, false);
}

char *help_accels(void)
{
    g_autoptr(GPtrArray) classes = class_list(&accel_class);
    GString *text = g_string_new("Accelerators supported in QEMU binary:\n");

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        g_autofree char *name = class_user_name(cls);
        if (!cls->abstract) {
            g_string_append_printf(text, "%s\n", name);
        }
    }
    return g_string_free(text, false);
}

const Class *accel_class_find(const char *name)
{
    g_autofree char *full = g_strconcat(name, "-accel", NULL);
    const Class *cls = class_find(full);

    return cls && class_is_a(cls, &accel_class) && !cls->abstract ? cls : NULL;
}

char *help_none(void)
{
    return g_strdup("none\n");
}

char *help_vga(void)
{
    return g_strdup("none  no display adapter\nstd   VGA with VESA modes, as -device VGA\n");
}

char *help_log_items(void)
{
    return g_strdup("Log items:\nguest_errors    odd things the guest does\n");
}

char *help_objects(void)
{
    g_autoptr(GPtrArray) classes = class_list(&user_creatable_class);
    GString *text = g_string_new("List of user creatable objects:\n");

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (!cls->abstract) {
            g_string_append_printf(text, "  %s\n", cls->name);
        }
    }
    return g_string_free(text, false);
}
