/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest runs, and requests to reset or end it. Requests come from
 * anywhere with vm_lock held (a vCPU's exit, a signal, a monitor) and are
 * carried out by the main thread with every vCPU out of the guest.
 */
#ifndef CORE_RUNSTATE_H
#define CORE_RUNSTATE_H

#include <stdbool.h>

#include "core/notify.h"
#include "lib/json.h"

typedef enum RunState {
    RUN_STATE_PRELAUNCH,
    RUN_STATE_RUNNING,
    RUN_STATE_PAUSED,
    RUN_STATE_SHUTDOWN,         /* the guest powered off and -no-shutdown holds it here */
    RUN_STATE_INTERNAL_ERROR,
    RUN_STATE_IO_ERROR,
    RUN_STATE_SUSPENDED,        /* ACPI S3; a wake-up event resets the vCPUs */
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

static inline bool vm_running(void)
{
    return run_state() == RUN_STATE_RUNNING;
}

/* Main thread. Start or stop the vCPUs and the guest's clock. vm_stop() with the guest already stopped only changes the name. */
void vm_start(void);
void vm_stop(RunState state);

/* data: const RunState * (the new one). Called after vCPUs stopped, before they start. */
extern NotifierList run_state_notifiers;

/* data: const Cause *. After all devices were reset. */
extern NotifierList reset_notifiers;

/* data: NULL. The power button was pressed; the machine raises its interrupt. */
extern NotifierList powerdown_notifiers;

void request_reset(Cause cause);
void request_shutdown(Cause cause);
void request_powerdown(void);
void request_suspend(void);

/*
 * The guest's system has failed (pvpanic): what -action panic= says is done, GUEST_PANICKED tells. Takes over
 * @info, what the guest said about it; NULL: nothing.
 */
void request_panic(Json *info);

/* A device of the guest asks the process to end with @status (isa-debug-exit). */
void request_exit(int status);

/* Stop the guest in @state from any thread (a vCPU that cannot go on). */
void request_stop(RunState state);

/* -no-reboot: a guest reset ends the run. -no-shutdown: a shutdown only stops the guest. */
void runstate_configure(bool no_reboot, bool no_shutdown);

/* Full reset: vCPUs are stopped; devices, then reset_notifiers, then vCPU state. Main thread. */
void machine_reset(Cause cause);

#endif
