/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands about HMP itself: help, info alone, and who we are. */
#include <string.h>

#include "core/command.h"
#include "monitor/version.h"

/* "quit|q  -- quit the emulator" */
static void describe(GString *out, const HmpCommand *command)
{
    g_string_append_printf(out, "%s%s%s %s -- %s\n", command->name, command->alias ? "|" : "",
                           command->alias ? command->alias : "", command->args ? command->args : "", command->help);
}

/* Commands whose name begins with "info " are those of one group; all others are the other one. */
static bool is_info(const HmpCommand *command)
{
    return g_str_has_prefix(command->name, "info ");
}

static void describe_group(GString *out, bool info)
{
    g_autoptr(GPtrArray) all = hmp_commands();

    for (unsigned i = 0; i < all->len; i++) {
        if (is_info(all->pdata[i]) == info) {
            describe(out, all->pdata[i]);
        }
    }
}

static const HmpCommand *find_command(const char *name)
{
    g_autoptr(GPtrArray) all = hmp_commands();

    for (unsigned i = 0; i < all->len; i++) {
        const HmpCommand *command = all->pdata[i];
        if (g_str_equal(command->name, name) || g_strcmp0(command->alias, name) == 0) {
            return command;
        }
    }
    return NULL;
}

static bool help(GString *out, const char *args, Error **errp)
{
    const HmpCommand *command = find_command(args);

    if (!*args || g_str_equal(args, "info")) {
        describe_group(out, *args);
    } else if (command) {
        describe(out, command);
    } else {
        g_string_append_printf(out, "unknown command: '%s'\n", args);
    }
    return true;
}

HMP_COMMAND(help_command) = {
    .name = "help", .alias = "?", .args = "[cmd]", .help = "show the help", .run = help,
};

/* Commands "info X" are found before this one. */
static bool info_alone(GString *out, const char *args, Error **errp)
{
    if (*args) {
        g_string_append_printf(out, "unknown command: 'info %.*s'\n", (int)strcspn(args, " \t"), args);
    } else {
        describe_group(out, true);
    }
    return true;
}

HMP_COMMAND(info_command) = {
    .name = "info", .args = "[subcommand]", .help = "show various information about the system state", .run = info_alone,
};

static bool info_version(GString *out, const char *args, Error **errp)
{
    g_string_append(out, VERSION_QEMU " " VERSION_PACKAGE "\n");
    return true;
}

HMP_COMMAND(info_version_command) = {
    .name = "info version", .help = "show the version of QEMU", .run = info_version,
};
