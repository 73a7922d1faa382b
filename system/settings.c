/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line says, read by the table of options; see settings.h. */
#include <string.h>

#include "lib/parse.h"
#include "system/option.h"

const Option *option_find(const char *name)
{
    for (const Option *option = options; option->name; option++) {
        if (g_str_equal(option->name, name)) {
            return option;
        }
    }
    return NULL;
}

char *help_options(void)
{
    GString *text = g_string_new("Usage: qemu-system-x86_64 [options]\n\nOptions:\n");

    for (const Option *option = options; option->name; option++) {
        if (option->help) {
            g_string_append_printf(text, "-%s%s%s\n                %s\n", option->name, option->arg ? " " : "",
                                   option->arg ? option->arg : "", option->help);
        }
    }
    return g_string_free(text, false);
}

bool settings_switch(const KeyVals *kv, const char *key)
{
    const char *text = keyval_get(kv, key);
    Error *err = NULL;
    bool on = false;

    if (text && !parse_bool(text, &on, &err)) {
        error_free(err);
    }
    return on;
}

bool settings_terminal_serial(const Settings *settings)
{
    return settings->nographic && settings->serials->len == 0 && !settings->nodefaults;
}

bool settings_terminal_monitor(const Settings *settings)
{
    return settings->nographic && !settings->monitor_given && !settings->nodefaults;
}

static void option_use_free(gpointer data)
{
    OptionUse *use = data;

    g_free(use->context);
    g_free(use->text);
    keyval_free(use->settings);
    g_free(use);
}

static const size_t lists[] = {
    offsetof(Settings, accels), offsetof(Settings, objects), offsetof(Settings, chardevs),
    offsetof(Settings, devices), offsetof(Settings, globals), offsetof(Settings, sets),
    offsetof(Settings, serials), offsetof(Settings, debugcons), offsetof(Settings, fw_cfgs),
    offsetof(Settings, option_roms), offsetof(Settings, smbios), offsetof(Settings, drives),
    offsetof(Settings, monitors), offsetof(Settings, fds), offsetof(Settings, blockdevs),
    offsetof(Settings, vncs),
};
static const size_t maps[] = {
    offsetof(Settings, machine), offsetof(Settings, memory), offsetof(Settings, smp), offsetof(Settings, boot),
    offsetof(Settings, name), offsetof(Settings, overcommit), offsetof(Settings, messages),
    offsetof(Settings, actions),
};
static const size_t texts[] = {
    offsetof(Settings, help), offsetof(Settings, cpu), offsetof(Settings, kernel), offsetof(Settings, initrd),
    offsetof(Settings, append), offsetof(Settings, bios), offsetof(Settings, uuid), offsetof(Settings, pidfile),
    offsetof(Settings, qtest), offsetof(Settings, qtest_log), offsetof(Settings, vga), offsetof(Settings, layout),
};

static void settings_init(Settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        *(GPtrArray **)((char *)settings + lists[i]) = g_ptr_array_new_with_free_func(option_use_free);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(maps); i++) {
        *(KeyVals **)((char *)settings + maps[i]) = keyval_new();
    }
}

void settings_finish(Settings *settings)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_ptr_array_unref(*(GPtrArray **)((char *)settings + lists[i]));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(maps); i++) {
        keyval_free(*(KeyVals **)((char *)settings + maps[i]));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(*(char **)((char *)settings + texts[i]));
    }
    memset(settings, 0, sizeof(*settings));
}

/* The text for "help", "NAME,help" or "NAME,PROPERTY=help" as the argument, or NULL. */
static char *asked_help(const Option *option, const char *arg)
{
    if (!option->list || !arg) {
        return NULL;
    }
    if (g_str_equal(arg, "help") || g_str_equal(arg, "?")) {
        return option->list();
    }
    Error *err = NULL;
    g_autoptr(KeyVals) kv = option->find ? keyval_parse(arg, option->implied, &err) : NULL;
    const char *name = kv ? keyval_get(kv, option->implied) : NULL;
    const Class *cls = name ? option->find(name) : NULL;
    error_free(err);    /* the option's own setter will meet it again */
    if (!cls) {
        return NULL;
    }
    return keyval_wants_help(kv) ? class_help(cls) : class_choices(cls, kv);
}

/* One option and its argument; *at ends behind them. */
static bool parse_one(Settings *settings, int argc, char **argv, int *at, Error **errp)
{
    const char *word = argv[(*at)++];

    if (word[0] != '-' || !word[1]) {
        fail(errp, "'%s': disk images are not supported", word);
        hint(errp, "Assign a disk controller with -device vfio-pci, or boot with -kernel.");
        return hint(errp, "An argument that has spaces needs quotes: -append \"root=/dev/sda quiet\".");
    }
    const Option *option = option_find(word + (word[1] == '-' ? 2 : 1));
    if (!option) {
        return fail(errp, "%s: invalid option", word);
    }
    if (option->arg && *at >= argc) {
        return fail(errp, "%s: requires an argument", word);
    }
    const char *arg = option->arg ? argv[(*at)++] : NULL;
    settings->help = asked_help(option, arg);
    if (!settings->help && !option->set(settings, option, arg, errp)) {
        return fail(errp, "%s%s%s", word, arg ? " " : "", arg ? arg : "");
    }
    return true;
}

bool settings_parse(Settings *ret, int argc, char **argv, Error **errp)
{
    settings_init(ret);
    for (int at = 1; at < argc && !ret->help;) {
        if (!parse_one(ret, argc, argv, &at, errp)) {
            return false;
        }
    }
    return true;
}
