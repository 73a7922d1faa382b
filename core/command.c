/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands, HMP commands and events: the registries, and calling them; see command.h. */
#include "core/command.h"

#include <string.h>

NotifierList event_notifiers;

/* ---- registries ---- */

/* The bounds of a linker section; weak so that a program without entries links. */
#define SECTION(type, section)                                                  \
    extern const type *const __start_##section[] __attribute__((weak));         \
    extern const type *const __stop_##section[] __attribute__((weak))

SECTION(QmpCommand, igd_commands);
SECTION(HmpCommand, igd_hmp_commands);
SECTION(Event, igd_events);

/* All three kinds of rows begin with their name. */
static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

static GPtrArray *sorted(const void *const *start, const void *const *stop)
{
    GPtrArray *list = g_ptr_array_new();

    for (; start < stop; start++) {
        g_ptr_array_add(list, (gpointer)*start);
    }
    g_ptr_array_sort(list, compare_names);
    return list;
}

GPtrArray *qmp_commands(void)
{
    return sorted((const void *const *)__start_igd_commands, (const void *const *)__stop_igd_commands);
}

GPtrArray *hmp_commands(void)
{
    return sorted((const void *const *)__start_igd_hmp_commands, (const void *const *)__stop_igd_hmp_commands);
}

GPtrArray *event_list(void)
{
    return sorted((const void *const *)__start_igd_events, (const void *const *)__stop_igd_events);
}

const QmpCommand *qmp_command_find(const char *name)
{
    for (const QmpCommand *const *at = __start_igd_commands; at < __stop_igd_commands; at++) {
        if (g_str_equal((*at)->name, name)) {
            return *at;
        }
    }
    return NULL;
}

/* ---- QMP ---- */

static bool check_names(const QmpCommand *command, Json *given, Error **errp)
{
    json_object_object_foreach(given, name, value) {
        (void)value;
        if (!command->any_args && !property_find(command->args, name)) {
            return fail(errp, "Parameter '%s' is unexpected", name);
        }
    }
    return true;
}

static bool fill(const QmpCommand *command, QmpCall *call, Error **errp)
{
    property_set_defaults(command->args, call->args);
    for (const Property *row = command->args; row && row->name; row++) {
        Json *value;
        if (!json_object_object_get_ex(call->given, row->name, &value)) {
            if (row->required) {
                return fail(errp, "Parameter '%s' is missing", row->name);
            }
        } else if (!property_set_json(row, call->args, value, errp)) {
            return false;
        }
    }
    return check_names(command, call->given, errp);
}

Json *qmp_command_run(const QmpCommand *command, Json *arguments, void *session, Error **errp)
{
    g_autoptr(Json) given = arguments ? json_object_ref(arguments) : json_new();
    QmpCall call = { .args = g_malloc0(MAX(command->size, 1)), .given = given, .session = session };
    bool ok = fill(command, &call, errp) && command->run(&call, errp);

    properties_finish(command->args, call.args);
    g_free(call.args);
    if (!ok) {
        json_free(call.ret);
        return NULL;
    }
    return call.ret ? call.ret : json_new();
}

/* ---- HMP ---- */

/* Where the words of @name end in @line, NULL when it does not begin with them. A format may follow: "xp/4xw". */
static const char *behind_name(const char *line, const char *name)
{
    size_t len = strlen(name);

    return strncmp(line, name, len) == 0 && strchr(" \t/", line[len]) ? line + len : NULL;
}

/* The command with the longest name that @line begins with. */
static const HmpCommand *find_hmp(const char *line, const char **ret_args)
{
    const HmpCommand *found = NULL;

    for (const HmpCommand *const *at = __start_igd_hmp_commands; at < __stop_igd_hmp_commands; at++) {
        const char *args = behind_name(line, (*at)->name);
        if (!args && (*at)->alias) {
            args = behind_name(line, (*at)->alias);
        }
        if (args && (!found || strlen((*at)->name) > strlen(found->name))) {
            found = *at;
            *ret_args = args;
        }
    }
    return found;
}

static bool run_hmp(const HmpCommand *command, GString *out, const char *args, Error **errp)
{
    if (command->run) {
        return command->run(out, args, errp);
    }
    Json *ret = qmp_command_run(qmp_command_find(command->qmp), NULL, NULL, errp);
    json_free(ret);
    return ret != NULL;
}

/* The last word of the name, as "info" is not the command's own. */
static void say_extraneous(GString *out, const HmpCommand *command)
{
    const char *space = strrchr(command->name, ' ');

    g_string_append_printf(out, "%s%s%s: extraneous characters at the end of line\nTry \"help %s\" for more information\n",
                           space ? space + 1 : command->name, command->alias ? "|" : "",
                           command->alias ? command->alias : "", command->name);
}

/* Quotes mean nothing beyond themselves: commands divide their arguments by commas, or take the rest of the line. */
static char *without_quotes(const char *line)
{
    GString *text = g_string_new(NULL);

    for (; *line; line++) {
        if (line[0] == '\\' && line[1] == '"') {
            line++;
        } else if (*line == '"') {
            continue;
        }
        g_string_append_c(text, *line);
    }
    return g_string_free(text, false);
}

char *hmp_run(const char *line)
{
    GString *out = g_string_new(NULL);
    g_autofree char *stripped = g_strstrip(without_quotes(line));
    const char *args = NULL;
    Error *err = NULL;

    if (!*stripped) {
        return g_string_free(out, false);
    }
    const HmpCommand *command = find_hmp(stripped, &args);
    args = args ? args + strspn(args, " \t") : NULL;
    if (!command) {
        g_string_append_printf(out, "unknown command: '%.*s'\n", (int)strcspn(stripped, " \t"), stripped);
    } else if (!command->args && *args) {
        say_extraneous(out, command);
    } else if (!run_hmp(command, out, args, &err)) {
        const char *advice = error_advice(err);
        g_string_append_printf(out, "Error: %s\n%s%s", error_message(err), advice ? advice : "", advice ? "\n" : "");
        error_free(err);
    }
    return g_string_free(out, false);
}

/* ---- events ---- */

void event_emit(const Event *event, Json *data)
{
    int64_t now = g_get_real_time();
    g_autoptr(Json) whole = json_new();
    Json *timestamp = json_new();

    json_add_int(timestamp, "seconds", now / G_USEC_PER_SEC);
    json_add_int(timestamp, "microseconds", now % G_USEC_PER_SEC);
    json_add(whole, "timestamp", timestamp);
    json_add_str(whole, "event", event->name);
    if (data) {
        json_add(whole, "data", data);
    }
    notify_all(&event_notifiers, whole);
}
