/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run state and requests; see runstate.h. */
#include "core/runstate.h"

#include "core/accel.h"
#include "core/class.h"
#include "core/clock.h"
#include "core/mainloop.h"

NotifierList run_state_notifiers, reset_notifiers, powerdown_notifiers;

static RunState state = RUN_STATE_PRELAUNCH;
static bool no_reboot, no_shutdown;

/* What was asked for and not yet done; @any says that the main thread knows. */
static struct {
    bool any, reset, shutdown, powerdown, suspend, exit, stop;
    Cause reset_cause, shutdown_cause;
    RunState stop_state;
    int exit_status;
} asked;

RunState run_state(void)
{
    return state;
}

void runstate_configure(bool without_reboot, bool without_shutdown)
{
    no_reboot = without_reboot;
    no_shutdown = without_shutdown;
}

static void set_state(RunState new_state)
{
    state = new_state;
    notify_all(&run_state_notifiers, &state);
}

void vm_start(void)
{
    if (vm_running()) {
        return;
    }
    clock_guest_run(true);
    set_state(RUN_STATE_RUNNING);
    accel_resume();
}

void vm_stop(RunState new_state)
{
    if (vm_running()) {
        accel_pause();
        clock_guest_run(false);
    }
    set_state(new_state);
}

void machine_reset(Cause cause)
{
    object_reset_all();
    notify_all(&reset_notifiers, &cause);
    accel_reset();
}

static void do_reset(void)
{
    bool was_running = vm_running() || state == RUN_STATE_SUSPENDED;

    if (no_reboot && asked.reset_cause == CAUSE_GUEST_RESET) {
        request_shutdown(CAUSE_GUEST_RESET);
        return;
    }
    accel_pause();
    asked.reset = asked.suspend = false;    /* what another vCPU asked for on its way out was of the old guest */
    machine_reset(asked.reset_cause);
    if (state == RUN_STATE_SUSPENDED) {
        vm_start();
    } else if (was_running) {
        accel_resume();
    }
}

static void do_shutdown(void)
{
    bool by_host = asked.shutdown_cause == CAUSE_HOST_SIGNAL || asked.shutdown_cause == CAUSE_HOST_QMP_QUIT;

    vm_stop(RUN_STATE_SHUTDOWN);
    if (!no_shutdown || by_host) {
        main_loop_quit(0);
    }
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
    if (TAKE(reset)) {
        do_reset();
    }
    if (TAKE(suspend)) {
        vm_stop(RUN_STATE_SUSPENDED);
    }
    if (TAKE(powerdown)) {
        notify_all(&powerdown_notifiers, NULL);
    }
    if (TAKE(shutdown)) {
        do_shutdown();
    }
}

/* Tell the main thread once, and let no vCPU run further guest code than it must. */
static void ask(void)
{
    if (!asked.any) {
        asked.any = true;
        main_loop_defer(carry_out, NULL);
    }
}

void request_reset(Cause cause)
{
    asked.reset = true;
    asked.reset_cause = cause;
    accel_hold();
    ask();
}

void request_shutdown(Cause cause)
{
    asked.shutdown = true;
    asked.shutdown_cause = cause;
    accel_hold();
    ask();
}

void request_powerdown(void)
{
    asked.powerdown = true;
    ask();
}

void request_suspend(void)
{
    asked.suspend = true;
    accel_hold();
    ask();
}

void request_panic(Json *info)
{
    json_free(info);
    request_shutdown(CAUSE_GUEST_PANIC);
}

void request_exit(int status)
{
    asked.exit = true;
    asked.exit_status = status;
    accel_hold();
    ask();
}

void request_stop(RunState stop_state)
{
    asked.stop = true;
    asked.stop_state = stop_state;
    accel_hold();
    ask();
}
