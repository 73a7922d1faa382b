/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pointer that a device draws for itself: its form, where it is, and how it looks over a picture. */
#ifndef UI_CURSOR_H
#define UI_CURSOR_H

#include "ui/console.h"

/* All zero: there is none. */
typedef struct Cursor {
    pixman_image_t *form;       /* a8r8g8b8, premultiplied; NULL: none */
    int hot_x, hot_y, x, y;     /* pixels; all of them at most CURSOR_FAR from 0 */
    bool visible;
} Cursor;

/* Farther away than any picture is large (pixman's limit): what lies there is nowhere to be seen. */
enum { CURSOR_FAR = 0x8000 };

/* Take a copy of @form, NULL: none. False: it is what it was. */
bool cursor_set(Cursor *cursor, const ConsoleCursor *form);

/* False: it is there already. */
bool cursor_move(Cursor *cursor, int x, int y, bool visible);

void cursor_finish(Cursor *cursor);

/* The pixels it covers of a picture however large; empty while it is not to be seen. */
pixman_box32_t cursor_box(const Cursor *cursor);

/* Draw those that lie in @box over @to, which has that part of the picture at its upper left corner. */
void cursor_draw(const Cursor *cursor, pixman_image_t *to, const pixman_box32_t *box);

#endif
