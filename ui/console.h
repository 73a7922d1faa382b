/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles: what a display device shows and those who look at it. A device has a
 * console and gives it a picture (a pixman image); viewers (a VNC server, a
 * screendump) watch it. While nobody watches a device is not asked for anything.
 * All functions are called with the machine's lock held.
 */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include <pixman.h>
#include <stdbool.h>

#include "core/class.h"
#include "core/notify.h"

typedef struct Console Console;

/* What a device does for its console. Any function may be NULL. */
typedef struct ConsoleOps {
    /* Bring the picture up to date, and say what changed; @whole: all of it, nobody has seen it yet. */
    void (*refresh)(void *opaque, bool whole);
    /* The first viewer came, the last one left: told before the first refresh and after the last. */
    void (*watched)(void *opaque, bool watched);
    /* The viewer's window has this size now; false: nothing tells the guest of it (a monitor with EDID would). */
    bool (*resize)(void *opaque, unsigned width, unsigned height);
} ConsoleOps;

/* A pointer the device draws for itself over the picture. */
typedef struct ConsoleCursor {
    unsigned width, height, hot_x, hot_y;   /* pixels */
    const uint32_t *argb;                   /* premultiplied, width * height */
} ConsoleCursor;

/* ---- for devices ---- */

/*
 * A console of @device (its @head-th); @ops and @opaque must live as long. Consoles are numbered as they come. Viewers
 * may come, and ask for a refresh, before it returns: *ret is set by then.
 */
void console_new(Console **ret, Object *device, unsigned head, const ConsoleOps *ops, void *opaque);

/* Viewers are told that it shows nothing any more. NULL is accepted. */
void console_free(Console *console);

/*
 * Show @image from now on, which the console references; it can be one of the device's own memory. All of it has
 * changed. @message instead of an image (NULL) says why there is nothing to see.
 */
void console_show(Console *console, pixman_image_t *image);
void console_say(Console *console, const char *message);

/* These pixels have changed; cut to what there is. */
void console_changed(Console *console, int x, int y, int width, int height);

/* The pointer's form, of which a copy is taken, NULL: none; and where its hot spot is. Viewers see it over the image. */
void console_set_cursor(Console *console, const ConsoleCursor *cursor);
void console_move_cursor(Console *console, int x, int y, bool visible);

/* ---- for viewers ---- */

typedef struct ConsoleViewer ConsoleViewer;
struct ConsoleViewer {
    /* Another picture, perhaps of another size; all of it is new. Never NULL: words are a picture too. It is the
     * console's until the next one, and without the pointer: what there is to see is drawn by console_draw(). */
    void (*shown)(ConsoleViewer *self, pixman_image_t *image);
    void (*changed)(ConsoleViewer *self, int x, int y, int width, int height);
    /* state, the console's */
    Console *console;
};

/* The first console, or the one of a device's id or path and head; NULL with *errp set. */
Console *console_find(const char *device, unsigned head, Error **errp);

/* data: NULL. A console came or went; those that watched it were told by its last picture and have no console now. */
extern NotifierList console_notifiers;

/* By number, from 0; NULL: there is none. */
Console *console_at(unsigned index);

/* The device it belongs to, and which of its heads it is. */
Object *console_device(const Console *console);
unsigned console_head(const Console *console);

/*
 * Watch: the viewer is shown the picture at once, and the device is asked to refresh it every 30 ms until
 * console_unwatch(), a picture that does not change less and less often, down to four times a second. A viewer watches one
 * console at a time.
 */
void console_watch(Console *console, ConsoleViewer *viewer);
void console_unwatch(ConsoleViewer *viewer);

/* The viewer's user does something: the picture will change soon. NULL is accepted. */
void console_hurry(Console *console);

/* Draw this part of what there is to see, the pointer included, at the upper left corner of @to. */
void console_draw(Console *console, pixman_image_t *to, int x, int y, int width, int height);

/* What there is to see, refreshed; the caller unrefs it. For those who look once. */
pixman_image_t *console_picture(Console *console);

/* The viewer's window has this size; false: the device cannot follow. */
bool console_resize(Console *console, unsigned width, unsigned height);

#endif
