/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs of written pages against one flag a page. */
#include <glib.h>
#include <string.h>

#include "core/dirty.h"
#include "core/lock.h"

enum { PAGES = 333, ROUNDS = 200 };

static uint8_t memory[PAGES * DIRTY_PAGE];
static bool written[PAGES];

static bool any_written(uint64_t offset, uint64_t len)
{
    for (uint64_t at = offset; at < offset + len; at++) {
        if (written[at / DIRTY_PAGE]) {
            return true;
        }
    }
    return false;
}

static void mark(uint64_t offset, uint64_t len)
{
    dirty_mark(memory + offset, len);
    for (uint64_t at = offset; at < offset + len; at++) {
        written[at / DIRTY_PAGE] = true;
    }
}

static uint64_t random_below(uint64_t end)
{
    return (uint64_t)g_test_rand_int_range(0, (int)end);
}

/* Stretches of all lengths; most pages are not written, as in life. */
static void test_has(void)
{
    DirtyLog log = { 0 };

    g_assert_true(dirty_log_has(&log, 0, 1));
    dirty_log_start(&log, memory, sizeof(memory));
    g_assert_true(dirty_log_has(&log, sizeof(memory) - 1, 1));
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (round % 20 == 0) {
            dirty_log_clear(&log);
            memset(written, 0, sizeof(written));
            g_assert_false(dirty_log_has(&log, 0, sizeof(memory)));
        }
        uint64_t at = random_below(sizeof(memory) - 1);
        mark(at, 1 + random_below(MIN(3 * DIRTY_PAGE, sizeof(memory) - at)));
        for (unsigned i = 0; i < 20; i++) {
            uint64_t offset = random_below(sizeof(memory)), len = random_below(sizeof(memory) - offset + 1);
            g_assert_cmpint(dirty_log_has(&log, offset, len), ==, any_written(offset, len));
        }
    }
    dirty_log_stop(&log);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/dirty/has", test_has);
    return g_test_run();
}
