/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about running: stop, continue, reset, power; see runstate.h. */
#include "core/machine.h"
#include "core/runstate.h"

#include "core/accel.h"

static bool query_status(QmpCall *call, Error **errp)
{
    call->ret = json_new();
    json_add_str(call->ret, "status", run_state_name());
    json_add_bool(call->ret, "singlestep", false);
    json_add_bool(call->ret, "running", vm_running());
    return true;
}

QMP_COMMAND(qmp_query_status) = {
    .name = "query-status",
    .help = "Whether the guest runs, and if not, why",
    .returns = "{status:prelaunch|running|paused|shutdown|internal-error|io-error|suspended|guest-panicked|watchdog,"
               "singlestep:bool,running:bool}",
    .run = query_status,
    .preconfig = true,
};

static bool info_status(GString *out, const char *args, Error **errp)
{
    /* "paused" is understood; other reasons are told. */
    bool told = vm_running() || run_state() == RUN_STATE_PAUSED;

    g_string_append_printf(out, "VM status: %s", vm_running() ? "running" : "paused");
    g_string_append_printf(out, told ? "\n" : " (%s)\n", run_state_name());
    return true;
}

HMP_COMMAND(hmp_info_status) = { .name = "info status", .help = "Whether the guest runs", .run = info_status };

/* A guest that does not run keeps its reason; one that has not started yet will not start by itself either. */
static bool stop(QmpCall *call, Error **errp)
{
    if (vm_running()) {
        vm_stop(RUN_STATE_PAUSED);
    }
    return true;
}

QMP_COMMAND(qmp_stop) = { .name = "stop", .help = "Stop the guest", .run = stop };
HMP_COMMAND(hmp_stop) = { .name = "stop", .alias = "s", .help = "Stop the guest", .qmp = "stop" };

static bool cont(QmpCall *call, Error **errp)
{
    return vm_continue(errp);
}

QMP_COMMAND(qmp_cont) = { .name = "cont", .help = "Let the guest run", .run = cont };
HMP_COMMAND(hmp_cont) = { .name = "cont", .alias = "c", .help = "Let the guest run", .qmp = "cont" };

static bool system_reset(QmpCall *call, Error **errp)
{
    request_reset(CAUSE_HOST_QMP_SYSTEM_RESET);
    return true;
}

QMP_COMMAND(qmp_system_reset) = { .name = "system_reset", .help = "Reset the machine", .run = system_reset };
HMP_COMMAND(hmp_system_reset) = { .name = "system_reset", .help = "Reset the machine", .qmp = "system_reset" };

static bool system_powerdown(QmpCall *call, Error **errp)
{
    request_powerdown();
    return true;
}

QMP_COMMAND(qmp_system_powerdown) = {
    .name = "system_powerdown",
    .help = "Press the power button; the guest decides what that means",
    .run = system_powerdown,
};
HMP_COMMAND(hmp_system_powerdown) = { .name = "system_powerdown", .help = "Press the power button", .qmp = "system_powerdown" };

static bool system_wakeup(QmpCall *call, Error **errp)
{
    if (run_state() != RUN_STATE_SUSPENDED) {
        return fail(errp, "Unable to wake up: guest is not in suspended state");
    }
    request_wakeup();
    return true;
}

QMP_COMMAND(qmp_system_wakeup) = { .name = "system_wakeup", .help = "Wake the guest from ACPI state S3", .run = system_wakeup };
HMP_COMMAND(hmp_system_wakeup) = { .name = "system_wakeup", .help = "Wake the guest from ACPI state S3", .qmp = "system_wakeup" };

static bool quit(QmpCall *call, Error **errp)
{
    request_shutdown(CAUSE_HOST_QMP_QUIT);
    return true;
}

QMP_COMMAND(qmp_quit) = { .name = "quit", .help = "End the emulator", .run = quit, .preconfig = true };
HMP_COMMAND(hmp_quit) = { .name = "quit", .alias = "q", .help = "End the emulator", .qmp = "quit" };

/* ---- actions ---- */

typedef struct SetAction {
    int reboot, shutdown, panic, watchdog;
} SetAction;

static const Property action_rows[] = {
    PROP_ENUM(SetAction, reboot, reboot_actions, "reboot", NULL, "When the guest reboots"),
    PROP_ENUM(SetAction, shutdown, shutdown_actions, "shutdown", NULL, "When the guest powers off"),
    PROP_ENUM(SetAction, panic, panic_actions, "panic", NULL, "When the guest's system fails"),
    PROP_ENUM(SetAction, watchdog, watchdog_actions, "watchdog", NULL, "When a watchdog runs out"),
    { }
};

static bool set_action(QmpCall *call, Error **errp)
{
    json_object_object_foreach(call->given, event, action) {
        if (!runstate_set_action(event, json_object_get_string(action), errp)) {
            return false;
        }
    }
    return true;
}

QMP_COMMAND(qmp_set_action) = {
    .name = "set-action",
    .help = "What happens on a reboot, a power-off, a panic of the guest",
    .size = sizeof(SetAction),
    .args = action_rows,
    .run = set_action,
    .preconfig = true,
};

typedef struct WatchdogSetAction {
    int action;
} WatchdogSetAction;

static bool watchdog_set_action(QmpCall *call, Error **errp)
{
    return runstate_set_action("watchdog", json_get_str(call->given, "action"), errp);
}

QMP_COMMAND(qmp_watchdog_set_action) = {
    .name = "watchdog-set-action",
    .help = "What happens when a watchdog runs out",
    .size = sizeof(WatchdogSetAction),
    .args = (const Property[]){ ARG_ENUM(WatchdogSetAction, action, watchdog_actions, "action", "What to do"), { } },
    .run = watchdog_set_action,
};

static bool hmp_watchdog_action(GString *out, const char *args, Error **errp)
{
    return runstate_set_action("watchdog", args, errp);
}

HMP_COMMAND(hmp_watchdog_action_row) = {
    .name = "watchdog_action",
    .args = "[reset|shutdown|poweroff|pause|debug|none]",
    .help = "What happens when a watchdog runs out",
    .run = hmp_watchdog_action,
};

/* ---- non-maskable interrupts ---- */

static bool inject_nmi(QmpCall *call, Error **errp)
{
    if (machine_is_bare()) {
        return fail(errp, "this feature or command is not currently supported");
    }
    accel_inject_nmi();
    return true;
}

QMP_COMMAND(qmp_inject_nmi) = { .name = "inject-nmi", .help = "Send a non-maskable interrupt to the guest's processors", .run = inject_nmi };
HMP_COMMAND(hmp_nmi) = { .name = "nmi", .help = "Send a non-maskable interrupt to the guest's processors", .qmp = "inject-nmi" };
