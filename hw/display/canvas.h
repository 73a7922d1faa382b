/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a console shows of pixels that lie in somebody's memory: an image of our own that follows them line by line,
 * or that memory itself where its pixels are what viewers understand and writes to it are logged.
 */
#ifndef HW_DISPLAY_CANVAS_H
#define HW_DISPLAY_CANVAS_H

#include "core/dirty.h"
#include "hw/display/pixels.h"
#include "ui/console.h"

/* How pixels lie in memory. Zero: none. */
typedef struct PixelMode {
    unsigned width, height;     /* pixels */
    uint32_t fourcc;
    uint64_t modifier;          /* PIXELS_LINEAR or PIXELS_X_TILED */
    uint64_t offset, stride;    /* bytes: of the first pixel in memory, from line to line */
} PixelMode;

/* Where they are. */
typedef struct PixelMemory {
    const uint8_t *bytes;
    uint64_t size;
    DirtyLog *log;              /* of these bytes: says which lines to look at while it is on; NULL: look at all */
    bool guarded;               /* of somebody who may take it away at any time; reads as ones then */
} PixelMemory;

typedef struct Canvas {
    Console *console;
    pixman_image_t *image;      /* what the console shows; NULL: words */
    PixelMode mode;             /* of the image; zero: the device draws it */
    const uint8_t *bytes;       /* of the image's memory, for those that are not a copy */
    char *said;                 /* the words */
} Canvas;

/* Forget the picture and the words; the console shows them until it gets others. A zeroed one is accepted. */
void canvas_clear(Canvas *canvas);

/* Show words instead of a picture. */
void canvas_say(Canvas *canvas, const char *words);

/* Is the picture one that the device draws, of this size? */
bool canvas_has_drawing(const Canvas *canvas, unsigned width, unsigned height);

/* Show a complete drawing from now on; the canvas takes @image over. */
void canvas_show_drawing(Canvas *canvas, pixman_image_t *image);

/* A line of an image. */
uint32_t *image_line(pixman_image_t *image, unsigned y);

/* Copy @len bytes that are in it. */
void pixel_memory_load(const PixelMemory *memory, uint64_t offset, void *to, size_t len);

/* Can there be such a picture, of no palette, in @size bytes? False with *errp saying what is wrong with it. */
bool pixel_mode_check(const PixelMode *mode, uint64_t size, Error **errp);

/*
 * Bring the picture up to date. @palette: colours of PIXELS_C8; NULL: there are none, and it is not a format that can be
 * shown. @whole: all of it may differ from what was seen last (the palette, for example). Words say why there is none
 * when @mode is impossible; false then. The log is fetched and cleared.
 */
bool canvas_refresh(Canvas *canvas, const PixelMemory *memory, const PixelMode *mode, const uint32_t *palette,
                    bool whole);

#endif
