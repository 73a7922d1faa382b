/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formats of pixels by their fourcc (Linux include/uapi/drm/drm_fourcc.h), and how a line of them becomes x8r8g8b8.
 */
#ifndef HW_DISPLAY_PIXELS_H
#define HW_DISPLAY_PIXELS_H

#include <pixman.h>
#include <stdint.h>

#define PIXELS_FOURCC(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum {
    PIXELS_C8 = PIXELS_FOURCC('C', '8', ' ', ' '),          /* a palette's */
    PIXELS_XRGB1555 = PIXELS_FOURCC('X', 'R', '1', '5'),
    PIXELS_RGB565 = PIXELS_FOURCC('R', 'G', '1', '6'),
    PIXELS_RGB888 = PIXELS_FOURCC('R', 'G', '2', '4'),
    PIXELS_BGR888 = PIXELS_FOURCC('B', 'G', '2', '4'),
    PIXELS_XRGB8888 = PIXELS_FOURCC('X', 'R', '2', '4'),
    PIXELS_ARGB8888 = PIXELS_FOURCC('A', 'R', '2', '4'),
    PIXELS_XBGR8888 = PIXELS_FOURCC('X', 'B', '2', '4'),
    PIXELS_ABGR8888 = PIXELS_FOURCC('A', 'B', '2', '4'),
    PIXELS_XRGB2101010 = PIXELS_FOURCC('X', 'R', '3', '0'),
    PIXELS_ARGB2101010 = PIXELS_FOURCC('A', 'R', '3', '0'),
    PIXELS_XBGR2101010 = PIXELS_FOURCC('X', 'B', '3', '0'),
    PIXELS_ABGR2101010 = PIXELS_FOURCC('A', 'B', '3', '0'),
};

/* Added to a fourcc: the bytes of a pixel the other way round (DRM_FORMAT_BIG_ENDIAN). */
#define PIXELS_BIG_ENDIAN UINT32_C(0x80000000)

/* How lines follow each other. The first is DRM_FORMAT_MOD_LINEAR, the second I915_FORMAT_MOD_X_TILED. */
#define PIXELS_LINEAR UINT64_C(0)
#define PIXELS_X_TILED (UINT64_C(1) << 56 | 1)

typedef struct PixelFormat {
    uint32_t fourcc;
    unsigned bytes;                 /* of a pixel */
    pixman_format_code_t direct;    /* what pixman and viewers take as it is; 0: it has to be converted */
    /* @count pixels; @palette is x8r8g8b8. */
    void (*convert)(const uint8_t *from, uint32_t *to, unsigned count, const uint32_t *palette);
} PixelFormat;

/* NULL: not one of ours. */
const PixelFormat *pixel_format(uint32_t fourcc);

/* "XR24 (0x34325258)", for messages; to be freed. */
char *pixel_format_name(uint32_t fourcc);

#endif
