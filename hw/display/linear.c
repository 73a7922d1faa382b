/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures whose pixels lie one after the other in video memory. */
#include "hw/display/screen.h"

#include <string.h>

/* @count pixels at @from become x8r8g8b8. */
typedef void (*Converter)(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian);

static void convert_8(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian)
{
    for (unsigned i = 0; i < count; i++) {
        to[i] = palette[from[i]];
    }
}

static unsigned word_at(const uint8_t *from, bool big_endian)
{
    return big_endian ? (unsigned)(from[0] << 8 | from[1]) : (unsigned)(from[1] << 8 | from[0]);
}

/* The high bits again as low ones: all ones stay all ones. */
static uint32_t widen_5(unsigned value)
{
    return (value & 0x1f) << 3 | (value & 0x1f) >> 2;
}

static uint32_t widen_6(unsigned value)
{
    return (value & 0x3f) << 2 | (value & 0x3f) >> 4;
}

static void convert_15(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned pixel = word_at(from + 2 * i, big_endian);
        to[i] = widen_5(pixel >> 10) << 16 | widen_5(pixel >> 5) << 8 | widen_5(pixel);
    }
}

static void convert_16(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned pixel = word_at(from + 2 * i, big_endian);
        to[i] = widen_5(pixel >> 11) << 16 | widen_6(pixel >> 5) << 8 | widen_5(pixel);
    }
}

static void convert_24(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian)
{
    unsigned red = big_endian ? 0 : 2, blue = 2 - red;

    for (unsigned i = 0; i < count; i++, from += 3) {
        to[i] = (uint32_t)from[red] << 16 | (uint32_t)from[1] << 8 | from[blue];
    }
}

static void convert_32(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette, bool big_endian)
{
    for (unsigned i = 0; i < count; i++, from += 4) {
        to[i] = big_endian ? (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3]
                           : (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
    }
}

static const struct {
    unsigned bpp, bytes;
    Converter convert;
} depths[] = {
    { 8, 1, convert_8 }, { 15, 2, convert_15 }, { 16, 2, convert_16 }, { 24, 3, convert_24 }, { 32, 4, convert_32 },
};

static unsigned depth_of(const LinearMode *mode)
{
    unsigned i = 0;

    while (i < G_N_ELEMENTS(depths) && depths[i].bpp != mode->bpp) {
        i++;
    }
    return i;
}

static bool fits(const Screen *screen, const LinearMode *mode, unsigned depth)
{
    uint64_t size = screen_memory_size(screen);

    if (depth == G_N_ELEMENTS(depths) || mode->width == 0 || mode->height == 0 || mode->width > INT16_MAX ||
        mode->height > INT16_MAX) {     /* the limit is pixman's */
        return false;
    }
    uint64_t line = (uint64_t)mode->width * depths[depth].bytes;
    return line <= size && mode->offset <= size - line &&
           (mode->height == 1 || mode->stride <= (size - line - mode->offset) / (mode->height - 1));
}

/* pixman reads lines of whole words. */
static bool is_direct(const LinearMode *mode)
{
    return mode->bpp == 32 && mode->offset % 4 == 0 && mode->stride % 4 == 0 && mode->stride >= 4 * (uint64_t)mode->width;
}

static pixman_image_t *new_image(const Screen *screen, const LinearMode *mode)
{
    uint8_t *pixels = screen_memory(screen) + mode->offset;
    pixman_format_code_t format = mode->big_endian ? PIXMAN_b8g8r8x8 : PIXMAN_x8r8g8b8;

    if (!is_direct(mode)) {
        return pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)mode->width, (int)mode->height, NULL, 0);
    }
    return pixman_image_create_bits_no_clear(format, (int)mode->width, (int)mode->height, (uint32_t *)pixels,
                                             (int)mode->stride);
}

/* What a refresh works on. */
typedef struct Refresh {
    Screen *screen;
    const LinearMode *mode;
    const uint32_t *palette;
    pixman_image_t *image;
    unsigned depth;
    bool whole;
} Refresh;

static bool line_changed(const Refresh *refresh, unsigned y)
{
    const LinearMode *mode = refresh->mode;

    return refresh->whole || dirty_log_has(&refresh->screen->log, mode->offset + y * mode->stride,
                                           (uint64_t)mode->width * depths[refresh->depth].bytes);
}

static void draw_line(const Refresh *refresh, unsigned y)
{
    const LinearMode *mode = refresh->mode;
    const uint8_t *from = screen_memory(refresh->screen) + mode->offset + y * mode->stride;

    if (!is_direct(mode)) {
        depths[refresh->depth].convert(from, image_line(refresh->image, y), mode->width, refresh->palette,
                                       mode->big_endian);
    }
}

/* Lines that follow each other are told as one. */
static void draw_changed(const Refresh *refresh)
{
    unsigned height = refresh->mode->height;

    for (unsigned y = 0, first = 0; y <= height; y++) {
        if (y < height && line_changed(refresh, y)) {
            draw_line(refresh, y);
            continue;
        }
        if (y > first) {
            console_changed(refresh->screen->console, 0, (int)first, (int)refresh->mode->width, (int)(y - first));
        }
        first = y + 1;
    }
}

static bool draw_new(Refresh *refresh)
{
    refresh->image = new_image(refresh->screen, refresh->mode);
    if (!refresh->image) {
        screen_say(refresh->screen, "There is not enough memory on the host for this display mode.");
        return false;
    }
    for (unsigned y = 0; y < refresh->mode->height; y++) {
        draw_line(refresh, y);
    }
    screen_show_drawing(refresh->screen, refresh->image);
    refresh->screen->mode = *refresh->mode;
    return true;
}

static bool same_mode(const LinearMode *a, const LinearMode *b)
{
    return a->width == b->width && a->height == b->height && a->bpp == b->bpp && a->offset == b->offset &&
           a->stride == b->stride && a->big_endian == b->big_endian;
}

void screen_refresh_linear(Screen *screen, const LinearMode *mode, const uint32_t *palette, bool whole)
{
    Refresh refresh = { .screen = screen, .mode = mode, .palette = palette, .image = screen->image, .whole = whole };

    refresh.depth = depth_of(mode);
    if (!fits(screen, mode, refresh.depth)) {
        screen_say(screen, "The guest has chosen a display mode that does not exist.");
        return;
    }
    dirty_log_sync(&screen->log);
    if (!screen->image || !same_mode(&screen->mode, mode)) {
        draw_new(&refresh);
    } else {
        draw_changed(&refresh);
    }
    dirty_log_clear(&screen->log);
}
