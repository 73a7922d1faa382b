/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query-command-line-options: which options there are and which keys they take, for tools that ask before they use them. */
#include "core/command.h"
#include "system/option.h"

/* Options that tools know by another name than users. */
static const struct {
    const char *option, *name;
} other_names[] = {
    { "smp", "smp-opts" },
    { "m", "memory" },
    { "boot", "boot-opts" },
};

static const char *tool_name(const Option *option)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(other_names); i++) {
        if (g_str_equal(other_names[i].option, option->name)) {
            return other_names[i].name;
        }
    }
    return option->name;
}

static const char *type_of(const Key *key)
{
    if (!key->kind) {
        return "string";
    }
    return key->kind == &prop_size                 ? "size"
           : key->kind->json == PROP_JSON_BOOL ? "boolean"
           : key->kind->json == PROP_JSON_INT  ? "number"
                                               : "string";
}

static Json *describe(const Option *option)
{
    Json *parameters = json_array();

    for (const Key *key = option->keys; key && key->name; key++) {
        Json *item = json_add_str(json_new(), "name", key->name);
        json_append(parameters, json_add_str(item, "type", type_of(key)));
    }
    return json_add_str(json_add(json_new(), "parameters", parameters), "option", tool_name(option));
}

/* Options whose argument is a list of settings. */
static bool is_listed(const Option *option, const char *wanted)
{
    bool has_settings = (option->keys || option->implied) && option->arg && !option->unadvertised;

    return has_settings && (!wanted || g_str_equal(wanted, tool_name(option)));
}

typedef struct OptionName {
    char *name;
} OptionName;

static bool query_command_line_options(QmpCall *call, Error **errp)
{
    const char *wanted = ((OptionName *)call->args)->name;

    call->ret = json_array();
    for (const Option *option = options; option->name; option++) {
        if (is_listed(option, wanted)) {
            json_append(call->ret, describe(option));
        }
    }
    return !wanted || json_object_array_length(call->ret) > 0 || fail(errp, "invalid option name: %s", wanted);
}

QMP_COMMAND(qmp_query_command_line_options) = {
    .name = "query-command-line-options",
    .help = "Options of the command line that take settings, and which",
    .size = sizeof(OptionName),
    .args = (const Property[]){ PROP(OptionName, name, str, "option", NULL, "Only this one"), { } },
    .returns = "[{option:str,parameters:[{name:str,type:string|boolean|number|size}]}]",
    .run = query_command_line_options,
    .preconfig = true,
};
