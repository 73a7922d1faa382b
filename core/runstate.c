/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run state and requests; see runstate.h. */
#include "core/runstate.h"

#include "core/accel.h"
#include "core/class.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/mainloop.h"

NotifierList run_state_notifiers, reset_notifiers, powerdown_notifiers, wakeup_notifiers;

static RunState state = RUN_STATE_PRELAUNCH;

/* ---- events ---- */

EVENT(event_stop) = { .name = "STOP", .help = "The guest was stopped" };
EVENT(event_resume) = { .name = "RESUME", .help = "The guest runs (again)" };
EVENT(event_powerdown) = { .name = "POWERDOWN", .help = "The power button was pressed" };
EVENT(event_suspend) = { .name = "SUSPEND", .help = "The guest sleeps in ACPI state S3" };
EVENT(event_wakeup) = { .name = "WAKEUP", .help = "The guest woke from ACPI state S3" };

#define CAUSE_SHAPE "host-error|host-qmp-quit|host-qmp-system-reset|host-signal|guest-shutdown|guest-reset|guest-panic"

EVENT(event_reset) = {
    .name = "RESET",
    .help = "The machine was reset; guest: at the guest's wish",
    .data = "{guest:bool,reason:" CAUSE_SHAPE "}",
};

EVENT(event_shutdown) = {
    .name = "SHUTDOWN",
    .help = "The machine goes off, or stops when -no-shutdown holds it; guest: at the guest's wish",
    .data = "{guest:bool,reason:" CAUSE_SHAPE "}",
};

EVENT(event_panicked) = {
    .name = "GUEST_PANICKED",
    .help = "The guest's system failed; action: what is done about it",
    .data = "{action:pause|poweroff|run,?info:any}",
};

EVENT(event_crash_loaded) = {
    .name = "GUEST_CRASHLOADED",
    .help = "The guest's system failed and takes a crash dump of its own",
    .data = "{action:pause|poweroff|run,?info:any}",
};

EVENT(event_watchdog) = {
    .name = "WATCHDOG",
    .help = "A watchdog of the guest ran out; action: what is done about it",
    .data = "{action:reset|shutdown|poweroff|pause|debug|none|inject-nmi}",
};

static const struct {
    const char *name;
    bool guest;
} causes[] = {
    [CAUSE_HOST_ERROR] = { "host-error", false },
    [CAUSE_HOST_QMP_QUIT] = { "host-qmp-quit", false },
    [CAUSE_HOST_QMP_SYSTEM_RESET] = { "host-qmp-system-reset", false },
    [CAUSE_HOST_SIGNAL] = { "host-signal", false },
    [CAUSE_GUEST_SHUTDOWN] = { "guest-shutdown", true },
    [CAUSE_GUEST_RESET] = { "guest-reset", true },
    [CAUSE_GUEST_PANIC] = { "guest-panic", true },
};

static void emit_cause(const Event *event, Cause cause)
{
    Json *data = json_add_bool(json_new(), "guest", causes[cause].guest);

    event_emit(event, json_add_str(data, "reason", causes[cause].name));
}

static void emit_action(const Event *event, const char *action, Json *info)
{
    Json *data = json_add_str(json_new(), "action", action);

    event_emit(event, info ? json_add(data, "info", info) : data);
}

/* ---- actions ---- */

const char *const reboot_actions[] = { "reset", "shutdown", NULL };
const char *const shutdown_actions[] = { "poweroff", "pause", NULL };
const char *const panic_actions[] = { "pause", "shutdown", "exit-failure", "none", NULL };
const char *const watchdog_actions[] = { "reset", "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi", NULL };

static struct {
    enum { REBOOT_RESET, REBOOT_SHUTDOWN } reboot;
    enum { SHUTDOWN_POWEROFF, SHUTDOWN_PAUSE } shutdown;
    enum { PANIC_PAUSE, PANIC_SHUTDOWN, PANIC_EXIT_FAILURE, PANIC_NONE } panic;
    enum {
        WATCHDOG_RESET, WATCHDOG_SHUTDOWN, WATCHDOG_POWEROFF, WATCHDOG_PAUSE, WATCHDOG_DEBUG, WATCHDOG_NONE, WATCHDOG_NMI
    } watchdog;
} actions = { .panic = PANIC_SHUTDOWN };

bool runstate_set_action(const char *event, const char *action, Error **errp)
{
    const struct {
        const char *event;
        const char *const *words;
        unsigned *value;
    } rows[] = {
        { "reboot", reboot_actions, &actions.reboot },
        { "shutdown", shutdown_actions, &actions.shutdown },
        { "panic", panic_actions, &actions.panic },
        { "watchdog", watchdog_actions, &actions.watchdog },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned word = 0; g_str_equal(rows[i].event, event) && rows[i].words[word]; word++) {
            if (g_str_equal(rows[i].words[word], action)) {
                *rows[i].value = word;
                return true;
            }
        }
    }
    return fail(errp, "Parameter '%s' does not accept value '%s'", event, action);
}

/* ---- states ---- */

static const char *const state_names[] = {
    [RUN_STATE_PRELAUNCH] = "prelaunch",
    [RUN_STATE_RUNNING] = "running",
    [RUN_STATE_PAUSED] = "paused",
    [RUN_STATE_SHUTDOWN] = "shutdown",
    [RUN_STATE_INTERNAL_ERROR] = "internal-error",
    [RUN_STATE_IO_ERROR] = "io-error",
    [RUN_STATE_SUSPENDED] = "suspended",
    [RUN_STATE_GUEST_PANICKED] = "guest-panicked",
    [RUN_STATE_WATCHDOG] = "watchdog",
};

RunState run_state(void)
{
    return state;
}

const char *run_state_name(void)
{
    return state_names[state];
}

static void set_state(RunState new_state)
{
    state = new_state;
    notify_all(&run_state_notifiers, &state);
}

static void start(void)
{
    clock_guest_run(true);
    set_state(RUN_STATE_RUNNING);
    accel_resume();
}

static void stop(RunState new_state)
{
    if (vm_running()) {
        accel_pause();
        clock_guest_run(false);
    }
    set_state(new_state);
}

void vm_start(void)
{
    if (!vm_running()) {
        event_emit(&event_resume, NULL);
        start();
    }
}

void vm_stop(RunState new_state)
{
    bool was_running = vm_running();

    stop(new_state);
    if (was_running) {
        event_emit(&event_stop, NULL);
    }
}

bool vm_continue(Error **errp)
{
    if (state == RUN_STATE_SHUTDOWN || state == RUN_STATE_INTERNAL_ERROR) {
        return fail(errp, "Resetting the Virtual Machine is required");
    }
    if (state != RUN_STATE_SUSPENDED) {     /* only a wake-up event ends that */
        vm_start();
    }
    return true;
}

/* ---- what was asked for ---- */

/* What was asked for and not yet done; @any says that the main thread knows. */
static struct {
    bool any, reset, shutdown, powerdown, suspend, wakeup, panic, exit, stop;
    Cause reset_cause, shutdown_cause;
    RunState stop_state;
    int exit_status;
    Json *panic_info;
} asked;

void machine_reset(Cause cause)
{
    device_unplug_pending();
    object_reset_all();
    notify_all(&reset_notifiers, &cause);
    accel_reset();
}

static void do_reset(void)
{
    bool was_running = vm_running(), was_suspended = state == RUN_STATE_SUSPENDED;

    if (actions.reboot == REBOOT_SHUTDOWN) {
        request_shutdown(asked.reset_cause);
        return;
    }
    accel_pause();
    asked.reset = asked.suspend = false;    /* what another vCPU asked for on its way out was of the old guest */
    machine_reset(asked.reset_cause);
    emit_cause(&event_reset, asked.reset_cause);
    if (was_running) {
        accel_resume();
    } else if (was_suspended) {
        start();
    } else {
        set_state(RUN_STATE_PRELAUNCH);
    }
}

static void do_suspend(void)
{
    stop(RUN_STATE_SUSPENDED);
    event_emit(&event_suspend, NULL);
}

/* The guest wakes by a reset that keeps memory. */
static void do_wakeup(void)
{
    if (state == RUN_STATE_SUSPENDED) {
        notify_all(&wakeup_notifiers, NULL);
        machine_reset(CAUSE_GUEST_RESET);
        start();
        event_emit(&event_wakeup, NULL);
    }
}

static void do_powerdown(void)
{
    event_emit(&event_powerdown, NULL);
    notify_all(&powerdown_notifiers, NULL);
}

static void do_panic(void)
{
    bool pause = actions.panic == PANIC_PAUSE || (actions.panic == PANIC_SHUTDOWN && actions.shutdown == SHUTDOWN_PAUSE);

    emit_action(&event_panicked, pause ? "pause" : "poweroff", g_steal_pointer(&asked.panic_info));
    vm_stop(RUN_STATE_GUEST_PANICKED);
    if (!pause) {
        request_shutdown(CAUSE_GUEST_PANIC);
    }
}

static void do_shutdown(void)
{
    Cause cause = asked.shutdown_cause;
    bool by_host = cause == CAUSE_HOST_SIGNAL || cause == CAUSE_HOST_QMP_QUIT;
    bool failed = cause == CAUSE_GUEST_PANIC && actions.panic == PANIC_EXIT_FAILURE;

    emit_cause(&event_shutdown, cause);
    if (actions.shutdown == SHUTDOWN_PAUSE && !by_host && !failed) {
        vm_stop(RUN_STATE_SHUTDOWN);
        return;
    }
    stop(RUN_STATE_SHUTDOWN);
    main_loop_quit(failed ? 1 : 0);
}

/* Each request that was made, once; requests made meanwhile come with the next round. */
#define TAKE(flag) (asked.flag ? (asked.flag = false, true) : false)

static void carry_out(void *opaque)
{
    asked.any = false;
    if (TAKE(exit)) {
        accel_pause();
        main_loop_quit(asked.exit_status);
        return;
    }
    if (TAKE(stop)) {
        vm_stop(asked.stop_state);
    }
    if (TAKE(panic)) {
        do_panic();
    }
    if (TAKE(reset)) {
        do_reset();
    }
    if (TAKE(suspend)) {
        do_suspend();
    }
    if (TAKE(wakeup)) {
        do_wakeup();
    }
    if (TAKE(powerdown)) {
        do_powerdown();
    }
    if (TAKE(shutdown)) {
        do_shutdown();
    }
}

/* Tell the main thread once. */
static void ask(void)
{
    if (!asked.any) {
        asked.any = true;
        main_loop_defer(carry_out, NULL);
    }
}

/* The same, and let no vCPU run further guest code than it must. */
static void ask_held(void)
{
    accel_hold();
    ask();
}

void request_reset(Cause cause)
{
    asked.reset = true;
    asked.reset_cause = cause;
    ask_held();
}

void request_shutdown(Cause cause)
{
    asked.shutdown = true;
    asked.shutdown_cause = cause;
    ask_held();
}

void request_powerdown(void)
{
    asked.powerdown = true;
    ask();
}

void request_suspend(void)
{
    asked.suspend = true;
    ask_held();
}

void request_wakeup(void)
{
    asked.wakeup = state == RUN_STATE_SUSPENDED;
    ask();
}

void request_panic(Json *info)
{
    if (actions.panic == PANIC_NONE) {
        emit_action(&event_panicked, "run", info);
        return;
    }
    json_free(asked.panic_info);
    asked.panic_info = info;
    asked.panic = true;
    ask_held();
}

void guest_crash_loaded(Json *info)
{
    emit_action(&event_crash_loaded, "run", info);
}

void request_watchdog(void)
{
    emit_action(&event_watchdog, watchdog_actions[actions.watchdog], NULL);
    switch (actions.watchdog) {
    case WATCHDOG_RESET:
        request_reset(CAUSE_GUEST_RESET);
        break;
    case WATCHDOG_SHUTDOWN:
        request_powerdown();
        break;
    case WATCHDOG_POWEROFF:
        request_exit(0);
        break;
    case WATCHDOG_PAUSE:
        request_stop(RUN_STATE_WATCHDOG);
        break;
    case WATCHDOG_NMI:
        accel_inject_nmi();
        break;
    case WATCHDOG_DEBUG:
    case WATCHDOG_NONE:
        break;
    }
}

void request_exit(int status)
{
    asked.exit = true;
    asked.exit_status = status;
    ask_held();
}

void request_stop(RunState stop_state)
{
    asked.stop = true;
    asked.stop_state = stop_state;
    ask_held();
}
