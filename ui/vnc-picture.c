/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copy of the console's picture that libvncserver has. A device says roughly what may have changed (lines, as pages
 * of memory are written); what reaches clients, which costs much more, are the tiles whose pixels are others.
 */
#include <string.h>

#include "ui/vnc-internal.h"

enum { TILE_WIDTH = 64, TILE_HEIGHT = 16 };     /* pixels */

/* PIXMAN_x8r8g8b8. Most clients want just this, and pixels that are as wanted are copied and not calculated. */
static const rfbPixelFormat format = {
    .bitsPerPixel = 32, .depth = 24, .bigEndian = G_BYTE_ORDER == G_BIG_ENDIAN, .trueColour = TRUE,
    .redMax = 255, .greenMax = 255, .blueMax = 255, .redShift = 16, .greenShift = 8, .blueShift = 0,
};

static rfbBool keep_translation(rfbClientPtr client)
{
    return TRUE;
}

/* libvncserver begins with a format of its own each time. To clients it has not changed. */
static void set_frame_buffer(rfbScreenInfo *screen, pixman_image_t *picture)
{
    rfbSetTranslateFunctionProcPtr translate = screen->setTranslateFunction;

    screen->setTranslateFunction = keep_translation;
    vnc_library.rfbNewFramebuffer(screen, (char *)pixman_image_get_data(picture), pixman_image_get_width(picture),
                                  pixman_image_get_height(picture), VNC_BITS_PER_COLOUR, VNC_COLOURS, VNC_BYTES_PER_PIXEL);
    screen->setTranslateFunction = translate;
    screen->serverFormat = format;
}

void vnc_picture_resize(VncServer *server, int width, int height)
{
    pixman_image_t *before = server->picture;

    if (before && width == pixman_image_get_width(before) && height == pixman_image_get_height(before)) {
        return;
    }
    server->picture = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
    g_assert(server->picture);
    set_frame_buffer(server->screen, server->picture);
    g_clear_pointer(&server->band, pixman_image_unref);
    server->band = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, TILE_HEIGHT, NULL, 0);
    g_assert(server->band);
    if (before) {
        pixman_image_unref(before);
    }
}

void vnc_picture_finish(VncServer *server)
{
    g_clear_pointer(&server->picture, pixman_image_unref);
    g_clear_pointer(&server->band, pixman_image_unref);
}

static uint8_t *pixel_at(pixman_image_t *image, int x, int y)
{
    return (uint8_t *)pixman_image_get_data(image) + (size_t)y * (size_t)pixman_image_get_stride(image) + (size_t)x * VNC_BYTES_PER_PIXEL;
}

/* Copy the tile from the band, whose upper left corner is the same; false: it is the same already. */
static bool take_tile(VncServer *server, const pixman_box32_t *band, int x, int width)
{
    size_t bytes = (size_t)width * VNC_BYTES_PER_PIXEL;
    bool differs = false;

    for (int y = band->y1; y < band->y2; y++) {
        const uint8_t *from = pixel_at(server->band, x - band->x1, y - band->y1);
        uint8_t *to = pixel_at(server->picture, x, y);
        if (differs || memcmp(to, from, bytes) != 0) {
            memcpy(to, from, bytes);
            differs = true;
        }
    }
    return differs;
}

static void tell_clients(VncServer *server)
{
    for (unsigned i = 0; i < server->clients->len; i++) {
        vnc_client_update_soon(server->clients->pdata[i]);
    }
}

/* Tiles beside each other are told as one. */
static bool take_band(VncServer *server, const pixman_box32_t *band)
{
    int first = band->x1, x = band->x1;         /* of those to be told, and of the one to look at */
    bool any = false;

    while (x < band->x2) {
        int width = MIN(TILE_WIDTH, band->x2 - x);
        bool differs = take_tile(server, band, x, width);
        int end = differs ? x + width : x;
        x += width;
        if (end > first && (!differs || x == band->x2)) {
            vnc_library.rfbMarkRectAsModified(server->screen, first, band->y1, end, band->y2);
        }
        first = differs ? first : x;
        any |= differs;
    }
    return any;
}

void vnc_picture_take(VncServer *server, Console *console, int x, int y, int width, int height)
{
    bool differs = false;

    for (int top = y; top < y + height; top += TILE_HEIGHT) {
        pixman_box32_t band = { x, top, x + width, MIN(top + TILE_HEIGHT, y + height) };
        console_draw(console, server->band, x, top, width, band.y2 - top);
        differs |= take_band(server, &band);
    }
    if (differs) {
        tell_clients(server);
    }
}

void vnc_picture_show(VncServer *server, pixman_image_t *image)
{
    int width = pixman_image_get_width(image), height = pixman_image_get_height(image);

    vnc_picture_resize(server, width, height);
    pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, server->picture, 0, 0, 0, 0, 0, 0, width, height);
    vnc_library.rfbMarkRectAsModified(server->screen, 0, 0, width, height);
    tell_clients(server);
}
