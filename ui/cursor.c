/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pointer that a device draws for itself; see cursor.h. */
#include "ui/cursor.h"

#include <string.h>

enum { BYTES_PER_PIXEL = 4 };

static int spot(unsigned value)
{
    return (int)MIN(value, CURSOR_FAR);
}

/* Rows of 32-bit pixels have no gaps between them. */
static bool is_form(const Cursor *cursor, const ConsoleCursor *form)
{
    return cursor->form && pixman_image_get_width(cursor->form) == (int)form->width &&
           pixman_image_get_height(cursor->form) == (int)form->height &&
           cursor->hot_x == spot(form->hot_x) && cursor->hot_y == spot(form->hot_y) &&
           memcmp(pixman_image_get_data(cursor->form), form->argb, (size_t)form->width * form->height * BYTES_PER_PIXEL) == 0;
}

bool cursor_set(Cursor *cursor, const ConsoleCursor *form)
{
    bool sane = form && form->width > 0 && form->width < CURSOR_FAR && form->height > 0 && form->height < CURSOR_FAR;

    if (sane ? is_form(cursor, form) : !cursor->form) {
        return false;
    }
    cursor_finish(cursor);
    if (sane) {
        cursor->form = pixman_image_create_bits(PIXMAN_a8r8g8b8, (int)form->width, (int)form->height, NULL, 0);
        g_assert(cursor->form);
        memcpy(pixman_image_get_data(cursor->form), form->argb, (size_t)form->width * form->height * BYTES_PER_PIXEL);
        cursor->hot_x = spot(form->hot_x);
        cursor->hot_y = spot(form->hot_y);
    }
    return true;
}

bool cursor_move(Cursor *cursor, int x, int y, bool visible)
{
    Cursor before = *cursor;

    cursor->x = CLAMP(x, -CURSOR_FAR, CURSOR_FAR);
    cursor->y = CLAMP(y, -CURSOR_FAR, CURSOR_FAR);
    cursor->visible = visible;
    return cursor->x != before.x || cursor->y != before.y || visible != before.visible;
}

void cursor_finish(Cursor *cursor)
{
    g_clear_pointer(&cursor->form, pixman_image_unref);
}

pixman_box32_t cursor_box(const Cursor *cursor)
{
    int left = cursor->x - cursor->hot_x, top = cursor->y - cursor->hot_y;

    if (!cursor->form || !cursor->visible) {
        return (pixman_box32_t){ 0 };
    }
    return (pixman_box32_t){ left, top, left + pixman_image_get_width(cursor->form),
                             top + pixman_image_get_height(cursor->form) };
}

void cursor_draw(const Cursor *cursor, pixman_image_t *to, const pixman_box32_t *box)
{
    pixman_box32_t own = cursor_box(cursor);
    int left = MAX(own.x1, box->x1), top = MAX(own.y1, box->y1);
    int width = MIN(own.x2, box->x2) - left, height = MIN(own.y2, box->y2) - top;

    if (width > 0 && height > 0) {
        pixman_image_composite32(PIXMAN_OP_OVER, cursor->form, NULL, to, left - own.x1, top - own.y1, 0, 0,
                                 left - box->x1, top - box->y1, width, height);
    }
}
