/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats of pixels; see pixels.h. */
#include "hw/display/pixels.h"

#include <glib.h>

static void convert_c8(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette)
{
    for (unsigned i = 0; i < count; i++) {
        to[i] = palette[from[i]];
    }
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

static uint32_t from_1555(unsigned pixel)
{
    return widen_5(pixel >> 10) << 16 | widen_5(pixel >> 5) << 8 | widen_5(pixel);
}

static uint32_t from_565(unsigned pixel)
{
    return widen_5(pixel >> 11) << 16 | widen_6(pixel >> 5) << 8 | widen_5(pixel);
}

static unsigned little_16(const uint8_t *from)
{
    return (unsigned)(from[1] << 8 | from[0]);
}

static unsigned big_16(const uint8_t *from)
{
    return (unsigned)(from[0] << 8 | from[1]);
}

static uint32_t little_32(const uint8_t *from)
{
    return (uint32_t)from[3] << 24 | (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
}

/* The eight high bits of each colour. */
static uint32_t from_x2r10g10b10(uint32_t pixel)
{
    return (pixel >> 6 & 0xff0000) | (pixel >> 4 & 0xff00) | (pixel >> 2 & 0xff);
}

static uint32_t from_x2b10g10r10(uint32_t pixel)
{
    return (pixel << 14 & 0xff0000) | (pixel >> 4 & 0xff00) | (pixel >> 22 & 0xff);
}

/* A converter: each pixel of @size bytes at `at` becomes @expression. */
#define CONVERTER(name, size, expression)                                                                   \
    static void name(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette)            \
    {                                                                                                       \
        for (unsigned i = 0; i < count; i++) {                                                              \
            const uint8_t *at = from + (size_t)(size) * i;                                                  \
            to[i] = (expression);                                                                           \
        }                                                                                                   \
    }

static uint32_t rgb(unsigned red, unsigned green, unsigned blue)
{
    return red << 16 | green << 8 | blue;
}

CONVERTER(convert_xrgb1555, 2, from_1555(little_16(at)))
CONVERTER(convert_xrgb1555_big, 2, from_1555(big_16(at)))
CONVERTER(convert_rgb565, 2, from_565(little_16(at)))
CONVERTER(convert_rgb565_big, 2, from_565(big_16(at)))
CONVERTER(convert_rgb888, 3, rgb(at[2], at[1], at[0]))
CONVERTER(convert_bgr888, 3, rgb(at[0], at[1], at[2]))
CONVERTER(convert_xrgb8888, 4, rgb(at[2], at[1], at[0]))
CONVERTER(convert_xrgb8888_big, 4, rgb(at[1], at[2], at[3]))
CONVERTER(convert_xbgr8888, 4, rgb(at[0], at[1], at[2]))
CONVERTER(convert_xrgb2101010, 4, from_x2r10g10b10(little_32(at)))
CONVERTER(convert_xbgr2101010, 4, from_x2b10g10r10(little_32(at)))

/* What is transparent in a picture of the whole screen is not: alpha counts as nothing. */
static const PixelFormat formats[] = {
    { PIXELS_C8, 1, 0, convert_c8 },
    { PIXELS_XRGB1555, 2, 0, convert_xrgb1555 },
    { PIXELS_XRGB1555 | PIXELS_BIG_ENDIAN, 2, 0, convert_xrgb1555_big },
    { PIXELS_RGB565, 2, 0, convert_rgb565 },
    { PIXELS_RGB565 | PIXELS_BIG_ENDIAN, 2, 0, convert_rgb565_big },
    { PIXELS_RGB888, 3, 0, convert_rgb888 },
    { PIXELS_RGB888 | PIXELS_BIG_ENDIAN, 3, 0, convert_bgr888 },
    { PIXELS_BGR888, 3, 0, convert_bgr888 },
    { PIXELS_XRGB8888, 4, PIXMAN_x8r8g8b8, convert_xrgb8888 },
    { PIXELS_XRGB8888 | PIXELS_BIG_ENDIAN, 4, PIXMAN_b8g8r8x8, convert_xrgb8888_big },
    { PIXELS_ARGB8888, 4, PIXMAN_x8r8g8b8, convert_xrgb8888 },
    { PIXELS_XBGR8888, 4, PIXMAN_x8b8g8r8, convert_xbgr8888 },
    { PIXELS_ABGR8888, 4, PIXMAN_x8b8g8r8, convert_xbgr8888 },
    { PIXELS_XRGB2101010, 4, 0, convert_xrgb2101010 },
    { PIXELS_ARGB2101010, 4, 0, convert_xrgb2101010 },
    { PIXELS_XBGR2101010, 4, 0, convert_xbgr2101010 },
    { PIXELS_ABGR2101010, 4, 0, convert_xbgr2101010 },
};

const PixelFormat *pixel_format(uint32_t fourcc)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (formats[i].fourcc == fourcc) {
            return &formats[i];
        }
    }
    return NULL;
}

char *pixel_format_name(uint32_t fourcc)
{
    char word[5] = { 0 };

    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(fourcc >> 8 * i & 0x7f);
        word[i] = g_ascii_isgraph(c) ? c : c == ' ' ? '_' : '?';
    }
    return g_strdup_printf("%s (0x%08x)", word, fourcc);
}
