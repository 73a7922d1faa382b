/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the monitor itself: versions, commands, HMP by way of QMP. */
#include <limits.h>

#include "core/cpu.h"
#include "monitor/monitor.h"
#include "monitor/version.h"

Json *version_json(void)
{
    Json *version = json_new(), *qemu = json_new();

    json_add_int(qemu, "micro", VERSION_QEMU_MICRO);
    json_add_int(qemu, "minor", VERSION_QEMU_MINOR);
    json_add_int(qemu, "major", VERSION_QEMU_MAJOR);
    json_add(version, "qemu", qemu);
    return json_add_str(version, "package", VERSION_PACKAGE);
}

static bool query_version(QmpCall *call, Error **errp)
{
    call->ret = version_json();
    return true;
}

QMP_COMMAND(query_version_command) = {
    .name = "query-version",
    .help = "The version of QEMU whose interfaces these are, and ours.",
    .returns = "{qemu:{major:int,minor:int,micro:int},package:str}",
    .run = query_version,
    .preconfig = true,
};

static bool query_commands(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) commands = qmp_commands();

    call->ret = json_array();
    for (unsigned i = 0; i < commands->len; i++) {
        const QmpCommand *command = commands->pdata[i];
        json_append(call->ret, json_add_str(json_new(), "name", command->name));
    }
    return true;
}

QMP_COMMAND(query_commands_command) = {
    .name = "query-commands",
    .help = "All commands.",
    .returns = "[{name:str}]",
    .run = query_commands,
    .preconfig = true,
};

/* QEMU had it until 6.0, and the tools of that time still ask. */
static bool query_events(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) events = event_list();

    call->ret = json_array();
    for (unsigned i = 0; i < events->len; i++) {
        const Event *event = events->pdata[i];
        json_append(call->ret, json_add_str(json_new(), "name", event->name));
    }
    return true;
}

QMP_COMMAND(query_events_command) = {
    .name = "query-events",
    .help = "All events.",
    .returns = "[{name:str}]",
    .run = query_events,
    .preconfig = true,
};

/* ---- HMP by way of QMP ---- */

typedef struct HumanCommand {
    char *line;
    int64_t cpu;
} HumanCommand;

/* Terminals want "\r\n", and so do readers who are used to what they get. */
static char *with_carriage_returns(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    return g_strjoinv("\r\n", lines);
}

static bool human_monitor_command(QmpCall *call, Error **errp)
{
    const HumanCommand *args = call->args;
    g_autofree char *output = NULL;

    if (qmp_given(call, "cpu-index") && !(args->cpu >= 0 && args->cpu <= INT_MAX && cpu_find((unsigned)args->cpu))) {
        return fail(errp, "Parameter 'cpu-index' expects a CPU number");
    }
    output = hmp_run(args->line);
    g_autofree char *text = with_carriage_returns(output);
    call->ret = json_text(text);
    return true;
}

QMP_COMMAND(human_monitor_command_command) = {
    .name = "human-monitor-command",
    .help = "Run a command of the human monitor; what it printed.",
    .size = sizeof(HumanCommand),
    .args = (const Property[]){
        ARG(HumanCommand, line, str, "command-line", "The command and its arguments"),
        PROP(HumanCommand, cpu, i64, "cpu-index", NULL, "CPU for commands about one"),
        { }
    },
    .returns = "str",
    .run = human_monitor_command,
};
