/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Video memory and its console; see screen.h. */
#include "hw/display/screen.h"

bool screen_up(Screen *screen, const char *name, uint64_t size, Error **errp)
{
    screen->memory = hostmem_anonymous(NULL, size, errp);
    if (!screen->memory) {
        return false;
    }
    region_init_ram(&screen->region, name, size, screen->memory->memory);
    return true;
}

void screen_connect(Screen *screen, Object *device, const ConsoleOps *ops, void *opaque)
{
    console_new(&screen->canvas.console, device, 0, ops, opaque);
}

void screen_down(Screen *screen)
{
    console_free(screen->canvas.console);
    screen->canvas.console = NULL;
    canvas_clear(&screen->canvas);
    dirty_log_stop(&screen->log);
    region_finish(&screen->region);
    object_free((Object *)screen->memory);
    screen->memory = NULL;
}

void screen_watch(Screen *screen, bool watched)
{
    if (watched && !dirty_log_is_on(&screen->log)) {
        dirty_log_start(&screen->log, screen_memory(screen), screen_memory_size(screen));
    } else if (!watched) {
        dirty_log_stop(&screen->log);
    }
}

void screen_refresh(Screen *screen, const PixelMode *mode, const uint32_t *palette, bool whole)
{
    const PixelMemory memory = { screen_memory(screen), screen_memory_size(screen), &screen->log, false };

    canvas_refresh(&screen->canvas, &memory, mode, palette, whole);
}
