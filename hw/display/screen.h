/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video memory of an emulated display and the console that shows it. A picture is an image of our own that the
 * device draws, or the video memory itself where the guest's pixels are what pixman understands.
 */
#ifndef HW_DISPLAY_SCREEN_H
#define HW_DISPLAY_SCREEN_H

#include "core/dirty.h"
#include "core/hostmem.h"
#include "ui/console.h"

/* Pixels in video memory, one after the other. Zero: none. */
typedef struct LinearMode {
    unsigned width, height;     /* pixels */
    unsigned bpp;               /* 8 (palette), 15, 16, 24 or 32 */
    uint64_t offset, stride;    /* bytes: of the first pixel in video memory, from line to line */
    bool big_endian;
} LinearMode;

typedef struct Screen {
    HostMem *memory;
    Region region;              /* the video memory as the guest maps it */
    DirtyLog log;               /* while somebody watches */
    Console *console;
    pixman_image_t *image;      /* what the console shows; NULL: words */
    LinearMode mode;            /* of the image; zero: the device draws it */
} Screen;

/* @size bytes of video memory, a multiple of a page, as region @name. */
bool screen_up(Screen *screen, const char *name, uint64_t size, Error **errp);

/* Its console, whose functions get @opaque. To be called last: viewers may come at once. */
void screen_connect(Screen *screen, Object *device, const ConsoleOps *ops, void *opaque);

/* A screen that is half up, or zero, is accepted. */
void screen_down(Screen *screen);

/* What ConsoleOps.watched does: writes to video memory are logged meanwhile. */
void screen_watch(Screen *screen, bool watched);

static inline uint8_t *screen_memory(const Screen *screen)
{
    return screen->memory->memory.host;
}

static inline uint64_t screen_memory_size(const Screen *screen)
{
    return screen->memory->size;
}

/* Show words instead of a picture. */
void screen_say(Screen *screen, const char *words);

/* Is the picture one that the device draws, of this size? */
bool screen_has_drawing(const Screen *screen, unsigned width, unsigned height);

/* Show a complete drawing from now on; the screen takes @image over. */
void screen_show_drawing(Screen *screen, pixman_image_t *image);

/* A line of the drawing. */
uint32_t *image_line(pixman_image_t *image, unsigned y);

/*
 * Bring the picture up to date with pixels in video memory. @palette: colours of 8 bpp, x8r8g8b8. @whole: everything
 * may differ from what was seen last (the palette, for example).
 */
void screen_refresh_linear(Screen *screen, const LinearMode *mode, const uint32_t *palette, bool whole);

#endif
