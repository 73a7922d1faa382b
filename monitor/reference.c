/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference, from the rows; see reference.h. */
#include "monitor/reference.h"

#include "core/command.h"

static const char introduction[] =
    "# QMP, events and HMP\n"
    "\n"
    "What `qemu-system-x86_64 -qmp help` prints; `make docs` writes it to docs/qmp.md.\n"
    "\n"
    "QMP is JSON, a message after the other. After the greeting a client sends `{\"execute\": \"qmp_capabilities\"}`,\n"
    "then commands: `{\"execute\": NAME, \"arguments\": {...}, \"id\": ANY}`. Each is answered by `{\"return\": ...}` or\n"
    "`{\"error\": {\"class\": CLASS, \"desc\": TEXT}}` with the same `id`, in order. With the capability `oob` enabled,\n"
    "commands marked so may be sent as `exec-oob` and overtake others. Events come at any time after negotiation.\n"
    "\n"
    "Shapes: `str`, `int`, `number`, `bool`, `any`; `[SHAPE]` is an array, `{name:SHAPE,?optional:SHAPE}` an object,\n"
    "`a|b|c` one of these words.\n";

static char *shape_of(const Property *prop)
{
    static const char *const names[] = {
        [PROP_JSON_STR] = "str", [PROP_JSON_INT] = "int", [PROP_JSON_BOOL] = "bool", [PROP_JSON_ANY] = "any",
    };

    if (prop->words) {
        return g_strjoinv("|", (char **)prop->words);
    }
    return g_strdup(prop->shape ? prop->shape : prop->kind == &prop_onoffauto ? "auto|on|off" : names[prop->kind->json]);
}

static void write_argument(GString *out, const Property *prop)
{
    g_autofree char *shape = shape_of(prop);
    g_autofree char *def = prop->def ? g_strdup_printf(" (default: %s)", prop->def) : g_strdup("");

    g_string_append_printf(out, "- `%s`%s `%s`: %s%s\n", prop->name, prop->required ? "" : ", optional,", shape, prop->help, def);
}

static void write_notes(GString *out, const QmpCommand *command)
{
    if (command->any_args) {
        g_string_append(out, "\nOther arguments are looked at by the command itself.\n");
    }
    if (command->oob || command->preconfig) {
        g_string_append_printf(out, "\nAllowed%s%s%s.\n", command->oob ? " out of band" : "",
                               command->oob && command->preconfig ? ", and" : "",
                               command->preconfig ? " before the machine exists (`--preconfig`)" : "");
    }
    for (const char *const *feature = command->features; feature && *feature; feature++) {
        g_string_append_printf(out, "\nFeature `%s`.\n", *feature);
    }
}

static void write_command(GString *out, const QmpCommand *command)
{
    const Property *row = command->args;

    g_string_append_printf(out, "\n### %s\n\n%s\n", command->name, command->help);
    if (row && row->name) {
        g_string_append_c(out, '\n');
    }
    for (; row && row->name; row++) {
        write_argument(out, row);
    }
    if (command->returns) {
        g_string_append_printf(out, "\nReturns `%s`.\n", command->returns);
    }
    write_notes(out, command);
}

static void write_event(GString *out, const Event *event)
{
    g_string_append_printf(out, "\n### %s\n\n%s\n", event->name, event->help);
    if (event->data) {
        g_string_append_printf(out, "\nData `%s`.\n", event->data);
    }
}

static void write_human(GString *out, const HmpCommand *command)
{
    g_string_append_printf(out, "- `%s%s%s%s%s`: %s\n", command->name, command->alias ? "|" : "", command->alias ? command->alias : "",
                           command->args ? " " : "", command->args ? command->args : "", command->help);
}

char *monitor_reference(void)
{
    g_autoptr(GPtrArray) commands = qmp_commands(), events = event_list(), people = hmp_commands();
    GString *out = g_string_new(introduction);

    g_string_append(out, "\n## Commands\n");
    for (unsigned i = 0; i < commands->len; i++) {
        write_command(out, commands->pdata[i]);
    }
    g_string_append(out, "\n## Events\n");
    for (unsigned i = 0; i < events->len; i++) {
        write_event(out, events->pdata[i]);
    }
    g_string_append(out, "\n## Commands for people (HMP)\n\n");
    for (unsigned i = 0; i < people->len; i++) {
        write_human(out, people->pdata[i]);
    }
    return g_string_free(out, false);
}
