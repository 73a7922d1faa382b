/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often a device is asked for its picture while somebody watches. */
#include "core/clock.h"
#include "core/lock.h"
#include "ui/console.h"

enum { WIDTH = 4, HEIGHT = 4 };

static Console *console;
static unsigned refreshes;
static bool busy;               /* there is something new each time */

static void on_refresh(void *opaque, bool whole)
{
    refreshes++;
    if (busy) {
        console_changed(console, 0, 0, 1, 1);
    }
}

static const ConsoleOps ops = { .refresh = on_refresh };

static void on_shown(ConsoleViewer *self, pixman_image_t *image)
{
}

static void on_changed(ConsoleViewer *self, int x, int y, int width, int height)
{
}

/* Refreshes in @ms. */
static unsigned count(int64_t ms)
{
    int64_t end = clock_now(CLOCK_HOST) + ms * NS_PER_MS;
    unsigned before = refreshes;

    while (clock_now(CLOCK_HOST) < end) {
        if (!g_main_context_iteration(NULL, false)) {
            g_usleep(1000);
        }
    }
    return refreshes - before;
}

/* At most what the time allows for, so that a machine that is slow passes; at least what shows the difference. */
static void test_pace(void)
{
    ConsoleViewer viewer = { on_shown, on_changed };

    console_new(&console, NULL, 0, &ops, NULL);
    g_assert_cmpuint(count(100), ==, 0);
    busy = true;
    console_watch(console, &viewer);
    g_assert_cmpuint(count(500), >, 5);
    busy = false;
    count(2500);
    unsigned quiet = count(1000);
    g_assert_cmpuint(quiet, >, 0);
    g_assert_cmpuint(quiet, <=, 5);
    console_hurry(console);
    g_assert_cmpuint(count(500), >, 3);
    console_unwatch(&viewer);
    g_assert_cmpuint(count(300), ==, 0);
    console_hurry(console);
    g_assert_cmpuint(count(100), ==, 0);
    console_free(console);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/console/pace", test_pace);
    return g_test_run();
}
