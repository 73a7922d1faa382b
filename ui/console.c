/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles and their viewers; see console.h. */
#include "ui/console.h"

#include <string.h>

#include "core/clock.h"
#include "core/device.h"
#include "ui/cursor.h"
#include "ui/words.h"

#define REFRESH_NS (30 * INT64_C(1000000))
/* When so many refreshes, about a second, have shown nothing new, each is a step later than the one before, up to so many. */
enum { QUIET = 32, STEPS = 8 };

struct Console {
    Object *device;
    unsigned head;
    const ConsoleOps *ops;
    void *opaque;
    pixman_image_t *image;      /* the device's; never NULL */
    GPtrArray *viewers;         /* of ConsoleViewer */
    Timer timer;                /* while there are viewers */
    int64_t due;                /* CLOCK_HOST: the next refresh */
    unsigned quiet;             /* refreshes since viewers were told something */
    Cursor cursor;
};

NotifierList console_notifiers;
static GPtrArray *consoles;

/* ---- telling viewers ---- */

static ConsoleViewer *viewer_at(const Console *console, unsigned i)
{
    return console->viewers->pdata[i];
}

/* Takes over @image. The one before lives until all have seen the new one. */
static void replace_image(Console *console, pixman_image_t *image)
{
    pixman_image_t *before = console->image;

    console->image = image;
    console->quiet = 0;
    for (unsigned i = 0; i < console->viewers->len; i++) {
        viewer_at(console, i)->shown(viewer_at(console, i), image);
    }
    pixman_image_unref(before);
}

/* ---- devices ---- */

static void refresh(Console *console, bool whole)
{
    if (console->ops->refresh) {
        console->ops->refresh(console->opaque, whole);
    }
}

static void tell_watched(Console *console, bool watched)
{
    if (console->ops->watched) {
        console->ops->watched(console->opaque, watched);
    }
}

/* A refresh that was late does not delay the next one, as long as others have their half of the time. */
static void refresh_later(Console *console)
{
    int64_t interval = CLAMP((int)console->quiet - QUIET, 1, STEPS) * REFRESH_NS;

    console->due = MAX(console->due + interval, clock_now(CLOCK_HOST) + interval / 2);
    timer_set(&console->timer, console->due);
}

static void on_timer(void *opaque)
{
    Console *console = opaque;

    console->quiet = MIN(console->quiet + 1, QUIET + STEPS);
    refresh(console, false);
    refresh_later(console);
}

void console_new(Console **ret, Object *device, unsigned head, const ConsoleOps *ops, void *opaque)
{
    Console *console = g_new0(Console, 1);

    console->device = device;
    console->head = head;
    console->ops = ops;
    console->opaque = opaque;
    console->viewers = g_ptr_array_new();
    console->image = words_image("The guest has not shown anything yet.");
    timer_init(&console->timer, CLOCK_HOST, on_timer, console);
    if (!consoles) {
        consoles = g_ptr_array_new();
    }
    g_ptr_array_add(consoles, console);
    *ret = console;
    notify_all(&console_notifiers, NULL);
}

void console_free(Console *console)
{
    if (!console) {
        return;
    }
    g_ptr_array_remove(consoles, console);
    timer_cancel(&console->timer);
    console->cursor.visible = false;
    replace_image(console, words_image("This display has gone."));
    for (unsigned i = 0; i < console->viewers->len; i++) {
        viewer_at(console, i)->console = NULL;
    }
    g_ptr_array_unref(console->viewers);
    pixman_image_unref(console->image);
    cursor_finish(&console->cursor);
    g_free(console);
    notify_all(&console_notifiers, NULL);
}

void console_show(Console *console, pixman_image_t *image)
{
    replace_image(console, pixman_image_ref(image));
}

void console_say(Console *console, const char *message)
{
    replace_image(console, words_image(message));
}

void console_changed(Console *console, int x, int y, int width, int height)
{
    int right = MIN(x + width, pixman_image_get_width(console->image));
    int bottom = MIN(y + height, pixman_image_get_height(console->image));

    x = MAX(x, 0);
    y = MAX(y, 0);
    console->quiet = 0;
    for (unsigned i = 0; x < right && y < bottom && i < console->viewers->len; i++) {
        viewer_at(console, i)->changed(viewer_at(console, i), x, y, right - x, bottom - y);
    }
}

/* The pointer was @before and is something else now: two rectangles. */
static void cursor_changed(Console *console, const pixman_box32_t *before)
{
    pixman_box32_t now = cursor_box(&console->cursor);

    console_changed(console, before->x1, before->y1, before->x2 - before->x1, before->y2 - before->y1);
    if (memcmp(&now, before, sizeof(now)) != 0) {
        console_changed(console, now.x1, now.y1, now.x2 - now.x1, now.y2 - now.y1);
    }
}

void console_set_cursor(Console *console, const ConsoleCursor *cursor)
{
    pixman_box32_t before = cursor_box(&console->cursor);

    if (cursor_set(&console->cursor, cursor)) {
        cursor_changed(console, &before);
    }
}

void console_move_cursor(Console *console, int x, int y, bool visible)
{
    pixman_box32_t before = cursor_box(&console->cursor);

    if (cursor_move(&console->cursor, x, y, visible)) {
        cursor_changed(console, &before);
    }
}

/* ---- viewers ---- */

Console *console_at(unsigned index)
{
    return consoles && index < consoles->len ? consoles->pdata[index] : NULL;
}

Console *console_find(const char *device, unsigned head, Error **errp)
{
    Object *dev = device ? device_find(device, errp) : NULL;

    if (device && !dev) {
        return NULL;
    }
    for (unsigned i = 0; consoles && i < consoles->len; i++) {
        Console *console = consoles->pdata[i];
        if (!dev || (console->device == dev && console->head == head)) {
            return console;
        }
    }
    if (device) {
        fail(errp, "Device %s (head %u) is not bound to a QemuConsole", device, head);
    } else {
        fail(errp, "There is no console to take a screendump from");
    }
    return NULL;
}

Object *console_device(const Console *console)
{
    return console->device;
}

unsigned console_head(const Console *console)
{
    return console->head;
}

void console_watch(Console *console, ConsoleViewer *viewer)
{
    g_assert(!viewer->console);

    viewer->console = console;
    if (console->viewers->len == 0) {
        tell_watched(console, true);
        refresh(console, true);
        console->due = clock_now(CLOCK_HOST);
        refresh_later(console);
    }
    g_ptr_array_add(console->viewers, viewer);
    viewer->shown(viewer, console->image);
}

void console_hurry(Console *console)
{
    if (console && console->viewers->len > 0) {
        console->quiet = 0;
        console->due = MIN(console->due, clock_now(CLOCK_HOST) + REFRESH_NS);
        timer_set(&console->timer, console->due);
    }
}

void console_unwatch(ConsoleViewer *viewer)
{
    Console *console = viewer->console;

    if (!console) {
        return;
    }
    viewer->console = NULL;
    g_ptr_array_remove(console->viewers, viewer);
    if (console->viewers->len == 0) {
        timer_cancel(&console->timer);
        tell_watched(console, false);
    }
}

void console_draw(Console *console, pixman_image_t *to, int x, int y, int width, int height)
{
    pixman_box32_t box = { x, y, x + width, y + height };

    pixman_image_composite32(PIXMAN_OP_SRC, console->image, NULL, to, x, y, 0, 0, 0, 0, width, height);
    cursor_draw(&console->cursor, to, &box);
}

pixman_image_t *console_picture(Console *console)
{
    refresh(console, true);
    pixman_box32_t pointer = cursor_box(&console->cursor);
    if (pointer.x1 == pointer.x2) {
        return pixman_image_ref(console->image);
    }
    int width = pixman_image_get_width(console->image), height = pixman_image_get_height(console->image);
    pixman_image_t *picture = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
    g_assert(picture);
    console_draw(console, picture, 0, 0, width, height);
    return picture;
}

bool console_resize(Console *console, unsigned width, unsigned height)
{
    return console->ops->resize && console->ops->resize(console->opaque, width, height);
}
