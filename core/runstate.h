/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest runs, and requests to reset or end it. Requests come from
 * anywhere with vm_lock held (a vCPU's exit, a signal, a monitor) and are
 * carried out by the main thread with every vCPU out of the guest.
 */
#ifndef CORE_RUNSTATE_H
#define CORE_RUNSTATE_H

#include "core/command.h"

typedef enum RunState {
    RUN_STATE_PRELAUNCH,
    RUN_STATE_RUNNING,
    RUN_STATE_PAUSED,
    RUN_STATE_SHUTDOWN,         /* the guest powered off and -no-shutdown holds it here */
    RUN_STATE_INTERNAL_ERROR,
    RUN_STATE_IO_ERROR,
    RUN_STATE_SUSPENDED,        /* ACPI S3; a wake-up event resets the vCPUs */
    RUN_STATE_GUEST_PANICKED,
    RUN_STATE_WATCHDOG,
} RunState;

/* Who asked for a reset or shutdown; the words of QMP's ShutdownCause. */
typedef enum Cause {
    CAUSE_HOST_ERROR,
    CAUSE_HOST_QMP_QUIT,
    CAUSE_HOST_QMP_SYSTEM_RESET,
    CAUSE_HOST_SIGNAL,
    CAUSE_GUEST_SHUTDOWN,
    CAUSE_GUEST_RESET,
    CAUSE_GUEST_PANIC,
} Cause;

RunState run_state(void);

/* The state in the words of query-status: "running", "guest-panicked". */
const char *run_state_name(void);

static inline bool vm_running(void)
{
    return run_state() == RUN_STATE_RUNNING;
}

/*
 * Main thread. Start or stop the vCPUs and the guest's clock; RESUME and STOP tell. vm_stop() with the guest
 * already stopped only changes the name.
 */
void vm_start(void);
void vm_stop(RunState state);

/* As vm_start() on behalf of a user: refused in states that only a reset ends. */
bool vm_continue(Error **errp);

/* data: const RunState * (the new one). Called after vCPUs stopped, before they start. */
extern NotifierList run_state_notifiers;

/* data: const Cause *. After all devices were reset. */
extern NotifierList reset_notifiers;

/* data: NULL. The power button was pressed; the machine raises its interrupt. */
extern NotifierList powerdown_notifiers;

/* data: NULL. The guest is about to be woken from S3 by a reset; the machine notes why. */
extern NotifierList wakeup_notifiers;

void request_reset(Cause cause);
void request_shutdown(Cause cause);
void request_powerdown(void);
void request_suspend(void);

/* Wake the guest; does nothing unless it is suspended. */
void request_wakeup(void);

/*
 * The guest's system has failed (pvpanic): what -action panic= says is done, GUEST_PANICKED tells. Takes over
 * @info, what the guest said about it; NULL: nothing.
 */
void request_panic(Json *info);

/* The guest has failed and will take its own crash dump: GUEST_CRASHLOADED tells. Takes over @info as request_panic(). */
void guest_crash_loaded(Json *info);

/* A watchdog of the guest ran out: what -action watchdog= says is done, WATCHDOG tells. */
void request_watchdog(void);

/* A device of the guest asks the process to end with @status (isa-debug-exit). */
void request_exit(int status);

/* Stop the guest in @state from any thread (a vCPU that cannot go on). */
void request_stop(RunState state);

/*
 * -action and set-action: what happens on "reboot", "shutdown", "panic", "watchdog". Error when there is no such
 * @event or @action.
 */
bool runstate_set_action(const char *event, const char *action, Error **errp);

/* Words of each action, ended by NULL. */
extern const char *const reboot_actions[], *const shutdown_actions[], *const panic_actions[], *const watchdog_actions[];

/*
 * Full reset: vCPUs are stopped; what waits for the guest's leave to go goes, then devices, reset_notifiers, vCPU
 * state. Main thread.
 */
void machine_reset(Cause cause);

#endif
