/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video memory of an emulated display and the console that shows it.
 */
#ifndef HW_DISPLAY_SCREEN_H
#define HW_DISPLAY_SCREEN_H

#include "core/hostmem.h"
#include "hw/display/canvas.h"

typedef struct Screen {
    HostMem *memory;
    Region region;              /* the video memory as the guest maps it */
    DirtyLog log;               /* while somebody watches */
    Canvas canvas;
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

/*
 * Bring the picture up to date with pixels in video memory. @palette: colours of 8 bpp, x8r8g8b8. @whole: everything
 * may differ from what was seen last (the palette, for example).
 */
void screen_refresh(Screen *screen, const PixelMode *mode, const uint32_t *palette, bool whole);

#endif
