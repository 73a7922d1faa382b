/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stop, continue, reset, power and panic: what commands answer, which events tell, and in which order. */
#include "core/mainloop.h"
#include "core/runstate.h"
#include "tests/unit/ask.h"
#include "tests/unit/event-log.h"
#include "tests/unit/pci-board.h"

static EventLog events;

/* A machine that has not run, with the actions of one that was told nothing. */
static void up(void)
{
    board_up();
    vm_stop(RUN_STATE_PRELAUNCH);
    expect_answer("set-action {\"reboot\": \"reset\", \"shutdown\": \"poweroff\", \"panic\": \"shutdown\", \"watchdog\": \"reset\"}",
                  "{}", ask);
    event_log_start(&events);
}

static void down(void)
{
    event_log_stop(&events);
    board_down();
}

/* What a row does: a QMP command, or, in capitals, a wish of the guest. */
typedef struct Step {
    const char *act, *answer, *now, *settled;   /* events before the answer is there, and when requests were carried out */
} Step;

static bool is_wish(const char *act, const char *wish)
{
    return g_str_equal(act, wish);
}

static void act(const Step *step)
{
    if (is_wish(step->act, "GUEST RESETS")) {
        request_reset(CAUSE_GUEST_RESET);
    } else if (is_wish(step->act, "GUEST POWERS OFF")) {
        request_shutdown(CAUSE_GUEST_SHUTDOWN);
    } else if (is_wish(step->act, "GUEST SLEEPS")) {
        request_suspend();
    } else if (is_wish(step->act, "GUEST PANICS")) {
        request_panic(json_add_int(json_new(), "code", 7));
    } else if (is_wish(step->act, "WATCHDOG")) {
        request_watchdog();
    } else {
        expect_answer(step->act, step->answer, ask);
    }
}

static void run_steps(const Step *steps, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_test_message("%s", steps[i].act);
        act(&steps[i]);
        event_log_expect(&events, steps[i].now);
        board_settle();
        event_log_expect(&events, steps[i].settled);
    }
}

#define RUN_STEPS(steps) run_steps(steps, G_N_ELEMENTS(steps))

#define STATUS(word, runs) "{\"status\": \"" word "\", \"singlestep\": false, \"running\": " runs "}"
#define CAUSED(event, guest, reason) event " {\"guest\": " guest ", \"reason\": \"" reason "\"}\n"

static void test_stop_and_continue(void)
{
    static const Step steps[] = {
        { "query-status", STATUS("prelaunch", "false"), "", "" },
        { "stop", "{}", "", "" },
        { "query-status", STATUS("prelaunch", "false"), "", "" },
        { "cont", "{}", "RESUME\n", "" },
        { "cont", "{}", "", "" },
        { "query-status", STATUS("running", "true"), "", "" },
        { "stop", "{}", "STOP\n", "" },
        { "stop", "{}", "", "" },
        { "query-status", STATUS("paused", "false"), "", "" },
        { "system_reset", "{}", "", CAUSED("RESET", "false", "host-qmp-system-reset") },
        { "query-status", STATUS("prelaunch", "false"), "", "" },
        { "cont", "{}", "RESUME\n", "" },
        { "system_reset", "{}", "", CAUSED("RESET", "false", "host-qmp-system-reset") },
        { "GUEST RESETS", NULL, "", CAUSED("RESET", "true", "guest-reset") },
        { "query-status", STATUS("running", "true"), "", "" },
        { "system_powerdown", "{}", "", "POWERDOWN\n" },
    };

    up();
    RUN_STEPS(steps);
    down();
}

static void test_sleep_ends_with_a_wake_up(void)
{
    static const Step steps[] = {
        { "cont", "{}", "RESUME\n", "" },
        { "system_wakeup", "GenericError: Unable to wake up: guest is not in suspended state", "", "" },
        { "GUEST SLEEPS", NULL, "", "SUSPEND\n" },
        { "query-status", STATUS("suspended", "false"), "", "" },
        { "cont", "{}", "", "" },
        { "query-status", STATUS("suspended", "false"), "", "" },
        { "system_wakeup", "{}", "", "WAKEUP\n" },
        { "query-status", STATUS("running", "true"), "", "" },
        { "GUEST SLEEPS", NULL, "", "SUSPEND\n" },
        { "system_reset", "{}", "", CAUSED("RESET", "false", "host-qmp-system-reset") },
        { "query-status", STATUS("running", "true"), "", "" },
    };

    up();
    RUN_STEPS(steps);
    down();
}

static void test_a_held_machine_needs_a_reset(void)
{
    static const Step steps[] = {
        { "set-action {\"shutdown\": \"pause\"}", "{}", "", "" },
        { "cont", "{}", "RESUME\n", "" },
        { "GUEST POWERS OFF", NULL, "", CAUSED("SHUTDOWN", "true", "guest-shutdown") "STOP\n" },
        { "query-status", STATUS("shutdown", "false"), "", "" },
        { "cont", "GenericError: Resetting the Virtual Machine is required", "", "" },
        { "stop", "{}", "", "" },
        { "system_reset", "{}", "", CAUSED("RESET", "false", "host-qmp-system-reset") },
        { "cont", "{}", "RESUME\n", "" },
        { "set-action {\"reboot\": \"shutdown\"}", "{}", "", "" },
        { "GUEST RESETS", NULL, "", CAUSED("SHUTDOWN", "true", "guest-reset") "STOP\n" },
        { "system_reset", "{}", "", CAUSED("SHUTDOWN", "false", "host-qmp-system-reset") },
        { "query-status", STATUS("shutdown", "false"), "", "" },
        { "set-action {\"reboot\": \"reset\"}", "{}", "", "" },
        { "system_reset", "{}", "", CAUSED("RESET", "false", "host-qmp-system-reset") },
    };

    up();
    RUN_STEPS(steps);
    down();
}

#define PANIC(action) "GUEST_PANICKED {\"action\": \"" action "\", \"info\": {\"code\": 7}}\n"
#define WATCHDOG(action) "WATCHDOG {\"action\": \"" action "\"}\n"

static void test_panic_and_watchdog_do_as_told(void)
{
    static const Step steps[] = {
        { "cont", "{}", "RESUME\n", "" },
        { "set-action {\"panic\": \"none\"}", "{}", "", "" },
        { "GUEST PANICS", NULL, PANIC("run"), "" },
        { "set-action {\"panic\": \"pause\"}", "{}", "", "" },
        { "GUEST PANICS", NULL, "", PANIC("pause") "STOP\n" },
        { "query-status", STATUS("guest-panicked", "false"), "", "" },
        { "cont", "{}", "RESUME\n", "" },
        { "set-action {\"panic\": \"shutdown\", \"shutdown\": \"pause\"}", "{}", "", "" },
        { "GUEST PANICS", NULL, "", PANIC("pause") "STOP\n" },
        { "cont", "{}", "RESUME\n", "" },
        { "watchdog-set-action {\"action\": \"none\"}", "{}", "", "" },
        { "WATCHDOG", NULL, WATCHDOG("none"), "" },
        { "watchdog-set-action {\"action\": \"pause\"}", "{}", "", "" },
        { "WATCHDOG", NULL, WATCHDOG("pause"), "STOP\n" },
        { "query-status", STATUS("watchdog", "false"), "", "" },
        { "cont", "{}", "RESUME\n", "" },
        { "watchdog-set-action {\"action\": \"shutdown\"}", "{}", "", "" },
        { "WATCHDOG", NULL, WATCHDOG("shutdown"), "POWERDOWN\n" },
        { "watchdog-set-action {\"action\": \"reset\"}", "{}", "", "" },
        { "WATCHDOG", NULL, WATCHDOG("reset"), CAUSED("RESET", "true", "guest-reset") },
    };

    up();
    RUN_STEPS(steps);
    expect_answer("set-action {\"watchdog\": \"inject-nmi\"}", "{}", ask);
    request_watchdog();
    event_log_expect(&events, WATCHDOG("inject-nmi"));
    guest_crash_loaded(NULL);
    event_log_expect(&events, "GUEST_CRASHLOADED {\"action\": \"run\"}\n");
    down();
}

static void test_wrong_actions_are_refused(void)
{
    static const Asked rows[] = {
        { "set-action {\"reboot\": \"foo\"}", "GenericError: Parameter 'reboot' does not accept value 'foo'" },
        { "set-action {\"panic\": 3}", "GenericError: Invalid parameter type for 'panic', expected: string" },
        { "set-action {\"foo\": \"reset\"}", "GenericError: Parameter 'foo' is unexpected" },
        { "watchdog-set-action", "GenericError: Parameter 'action' is missing" },
        { "watchdog-set-action {\"action\": \"foo\"}", "GenericError: Parameter 'action' does not accept value 'foo'" },
    };

    ASK_ALL(rows);
}

/* Each end of the run, and the status the process has then; in a child, because a loop that was left stays left. */
static const struct {
    const char *name, *actions, *act, *events;
    int status;
} ends[] = {
    { "quit", NULL, "quit", CAUSED("SHUTDOWN", "false", "host-qmp-quit"), 0 },
    { "quit-held", "set-action {\"shutdown\": \"pause\"}", "quit", CAUSED("SHUTDOWN", "false", "host-qmp-quit"), 0 },
    { "power-off", NULL, "GUEST POWERS OFF", CAUSED("SHUTDOWN", "true", "guest-shutdown"), 0 },
    { "no-reboot", "set-action {\"reboot\": \"shutdown\"}", "GUEST RESETS", CAUSED("SHUTDOWN", "true", "guest-reset"), 0 },
    { "panic", NULL, "GUEST PANICS", PANIC("poweroff") "STOP\n" CAUSED("SHUTDOWN", "true", "guest-panic"), 0 },
    { "watchdog", "set-action {\"watchdog\": \"poweroff\"}", "WATCHDOG", WATCHDOG("poweroff"), 0 },
    { "panic-failure", "set-action {\"panic\": \"exit-failure\"}", "GUEST PANICS",
      PANIC("poweroff") "STOP\n" CAUSED("SHUTDOWN", "true", "guest-panic"), 1 },
    { "panic-failure-held", "set-action {\"panic\": \"exit-failure\", \"shutdown\": \"pause\"}", "GUEST PANICS",
      PANIC("poweroff") "STOP\n" CAUSED("SHUTDOWN", "true", "guest-panic"), 1 },
};

static void end_in_child(unsigned n)
{
    up();
    vm_start();
    if (ends[n].actions) {
        expect_answer(ends[n].actions, "{}", ask);
    }
    event_log_expect(&events, "RESUME\n");
    act(&(Step){ ends[n].act, "{}" });
    g_assert_cmpint(main_loop_run(), ==, ends[n].status);
    event_log_expect(&events, ends[n].events);
    down();
}

static void test_the_run_ends(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *path = g_strdup_printf("/run-state/ends/subprocess/%s", ends[i].name);
        g_test_trap_subprocess(path, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
    }
}

static void test_one_end(gconstpointer n)
{
    if (g_test_subprocess()) {
        end_in_child(GPOINTER_TO_UINT(n));
    }
}

static void test_people_see_the_state(void)
{
    static const Asked rows[] = {
        { "info status", "VM status: paused (prelaunch)\n" },
        { "c", "" },
        { "info status", "VM status: running\n" },
        { "stop", "" },
        { "info status", "VM status: paused\n" },
        { "watchdog_action foo", "Error: Parameter 'watchdog' does not accept value 'foo'\n" },
        { "watchdog_action none", "" },
        { "nmi", "" },
    };

    up();
    SAY_ALL(rows);
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/run-state/stop", test_stop_and_continue);
    g_test_add_func("/run-state/sleep", test_sleep_ends_with_a_wake_up);
    g_test_add_func("/run-state/held", test_a_held_machine_needs_a_reset);
    g_test_add_func("/run-state/panic", test_panic_and_watchdog_do_as_told);
    g_test_add_func("/run-state/wrong", test_wrong_actions_are_refused);
    g_test_add_func("/run-state/hmp", test_people_see_the_state);
    g_test_add_func("/run-state/ends", test_the_run_ends);
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *path = g_strdup_printf("/run-state/ends/subprocess/%s", ends[i].name);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_one_end);
    }
    return g_test_run();
}
