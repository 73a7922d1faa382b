/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A viewer that writes down what it is told. */
#ifndef TESTS_UNIT_VIEWER_H
#define TESTS_UNIT_VIEWER_H

#include "ui/console.h"

static GString *told;
static pixman_image_t *image;

static void on_shown(ConsoleViewer *self, pixman_image_t *shown)
{
    image = shown;
    g_string_append_printf(told, "shown %dx%d;", pixman_image_get_width(shown), pixman_image_get_height(shown));
}

static void on_changed(ConsoleViewer *self, int x, int y, int width, int height)
{
    g_string_append_printf(told, "%d+%d %dx%d;", x, y, width, height);
}

static ConsoleViewer viewer;

static void viewer_up(void)
{
    told = g_string_new(NULL);
    viewer = (ConsoleViewer){ .shown = on_shown, .changed = on_changed };
}

static void viewer_down(void)
{
    console_unwatch(&viewer);
    g_string_free(told, TRUE);
}

/* What it was told since the last time. */
#define assert_told(expected)                           \
    do {                                                \
        g_assert_cmpstr(told->str, ==, (expected));     \
        g_string_set_size(told, 0);                     \
    } while (0)

#endif
