/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -readconfig: options from a file. A section is one use of an option:
 *
 *     [device "gpu"]              -device driver=vfio-pci,host=00:02.0,id=gpu
 *       driver = "vfio-pci"
 *       host = "00:02.0"
 */
#include <string.h>

#include "lib/fd.h"
#include "system/option.h"

/* Sections whose name is not the option's. */
static const struct {
    const char *section, *option;
} names[] = {
    { "memory", "m" }, { "smp-opts", "smp" }, { "boot-opts", "boot" },
};

/* The section that is being read. */
typedef struct Section {
    const Option *option;       /* NULL: none yet */
    GString *settings;          /* "key=value,..." */
} Section;

static const Option *option_of(const char *section)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(names[i].section, section)) {
            return option_find(names[i].option);
        }
    }
    return option_find(section);
}

/* Commas in a value are doubled, as on the command line. */
static void add_setting(Section *section, const char *key, const char *value)
{
    g_string_append_printf(section->settings, "%s%s=", section->settings->len > 0 ? "," : "", key);
    for (; *value; value++) {
        g_string_append(section->settings, *value == ',' ? "," : "");
        g_string_append_c(section->settings, *value);
    }
}

static bool end_section(Settings *settings, Section *section, Error **errp)
{
    const Option *option = section->option;
    g_autofree char *text = g_strdup(section->settings->str);

    g_string_truncate(section->settings, 0);
    section->option = NULL;
    return !option || option->set(settings, option, text, errp) || fail(errp, "-%s %s", option->name, text);
}

/* What stands between the first and the last quote of @text, in place; without quotes @text. */
static char *unquoted(char *text)
{
    size_t len = strlen(text);

    if (len < 2 || text[0] != '"' || text[len - 1] != '"') {
        return text;
    }
    text[len - 1] = '\0';
    return text + 1;
}

/* The inside of "[name]" or "[name "id"]". */
static bool begin_section(Settings *settings, Section *section, char *inside, Error **errp)
{
    char *space = strchr(inside, ' ');

    if (!end_section(settings, section, errp)) {
        return false;
    }
    if (space) {
        *space = '\0';
        add_setting(section, "id", unquoted(g_strstrip(space + 1)));
    }
    section->option = option_of(inside);
    return (section->option && section->option->arg) || fail(errp, "there is no option -%s for section [%s]", inside, inside);
}

static bool read_line(Settings *settings, Section *section, char *line, Error **errp)
{
    size_t len = strlen(line);
    char *equals = strchr(line, '=');

    if (len == 0 || line[0] == '#') {
        return true;
    }
    if (line[0] == '[' && line[len - 1] == ']') {
        line[len - 1] = '\0';
        return begin_section(settings, section, g_strstrip(line + 1), errp);
    }
    if (!equals || equals == line || !section->option) {
        return fail(errp, "expected [SECTION], or KEY = \"VALUE\" in a section");
    }
    *equals = '\0';
    add_setting(section, g_strstrip(line), unquoted(g_strstrip(equals + 1)));
    return true;
}

static bool read_lines(Settings *settings, char **lines, const char *path, Error **errp)
{
    Section section = { .settings = g_string_new(NULL) };
    bool ok = true;

    for (unsigned i = 0; ok && lines[i]; i++) {
        ok = read_line(settings, &section, g_strstrip(lines[i]), errp) || fail(errp, "%s:%u", path, i + 1);
    }
    ok = ok && (end_section(settings, &section, errp) || fail(errp, "%s", path));
    g_string_free(section.settings, true);
    return ok;
}

bool read_config(Settings *settings, const Option *option, const char *path, Error **errp)
{
    g_autoptr(GBytes) bytes = file_map(path, errp);

    if (!bytes) {
        return false;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return read_lines(settings, lines, path, errp);
}
