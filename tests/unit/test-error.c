/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as values, and how they and other messages are printed. */
#include <errno.h>
#include <glib.h>

#include "lib/error.h"
#include "lib/log.h"

static bool callee(Error **errp)
{
    fail(errp, "the file %d is missing", 7);
    hint(errp, "Make it.");
    return hint(errp, "Or name %s.", "another");
}

static void test_context_goes_in_front(void)
{
    Error *err = NULL;

    g_assert_false(callee(&err));
    g_assert_false(fail(&err, "-device x"));
    g_assert_cmpstr(error_message(err), ==, "-device x: the file 7 is missing");
    g_assert_cmpstr(error_advice(err), ==, "Make it.\nOr name another.");
    error_clear(&err);
    g_assert_null(err);
    error_free(NULL);
}

static void test_errno_either_way(void)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        Error *err = NULL;
        g_assert_false(fail_errno(&err, sign * ENOENT, "open"));
        g_assert_cmpstr(error_message(err), ==, "open: No such file or directory");
        g_assert_null(error_advice(err));
        error_free(err);
    }
}

static void test_classes(void)
{
    Error *err = NULL;

    fail(&err, "Device 'x' not found");
    g_assert_cmpint(error_class(err), ==, ERROR_GENERIC);
    g_assert_false(error_set_class(&err, ERROR_DEVICE_NOT_FOUND));
    fail(&err, "context");
    g_assert_cmpint(error_class(err), ==, ERROR_DEVICE_NOT_FOUND);
    error_free(err);
}

static void say_everything(void)
{
    Error *err = NULL;

    callee(&err);
    error_report(err, "-device x");
    warn("careful with %d", 1);
    info("by the way");
    log_guest("not heard");
    log_guest_enable(true);
    for (int i = 0; i < 15; i++) {
        log_guest("guest %d", i);
    }
    for (int i = 0; i < 15; i++) {
        warn_limited("limited %d", i);
    }
    Error *no_folder = NULL;
    g_assert_false(log_guest_file("/nonexistent/log", &no_folder));
    error_report(no_folder, NULL);
    log_set_format(true, "vm1");
    warn("with the time");
}

static void test_what_is_printed(void)
{
    if (g_test_subprocess()) {
        say_everything();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*-device x: the file 7 is missing\nMake it.\nOr name another.\n*warning: careful with 1\n*by the way\n*");
    g_test_trap_assert_stderr_unmatched("*not heard*");
    g_test_trap_assert_stderr("*guest 9\n*");
    g_test_trap_assert_stderr_unmatched("*guest 10\n*");
    g_test_trap_assert_stderr("*limited 9\n*");
    g_test_trap_assert_stderr_unmatched("*limited 10\n*");
    g_test_trap_assert_stderr("*cannot open the log '/nonexistent/log': No such file or directory\n*");
    g_test_trap_assert_stderr("*20*-*T*:*:*.*Z vm1 *with the time\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/context", test_context_goes_in_front);
    g_test_add_func("/error/errno", test_errno_either_way);
    g_test_add_func("/error/classes", test_classes);
    g_test_add_func("/error/printed", test_what_is_printed);
    return g_test_run();
}
