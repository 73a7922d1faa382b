/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Video memory and its console; see screen.h. Pixels in video memory are in linear.c. */
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
    screen->console = console_new(device, 0, ops, opaque);
}

static void forget_image(Screen *screen)
{
    g_clear_pointer(&screen->image, pixman_image_unref);
    screen->mode = (LinearMode){ 0 };
}

void screen_down(Screen *screen)
{
    console_free(screen->console);
    screen->console = NULL;
    forget_image(screen);
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

void screen_say(Screen *screen, const char *words)
{
    forget_image(screen);
    console_say(screen->console, words);
}

bool screen_has_drawing(const Screen *screen, unsigned width, unsigned height)
{
    return screen->image && screen->mode.width == 0 &&
           (unsigned)pixman_image_get_width(screen->image) == width &&
           (unsigned)pixman_image_get_height(screen->image) == height;
}

void screen_show_drawing(Screen *screen, pixman_image_t *image)
{
    forget_image(screen);
    screen->image = image;
    console_show(screen->console, image);
}

uint32_t *image_line(pixman_image_t *image, unsigned y)
{
    return (uint32_t *)((uint8_t *)pixman_image_get_data(image) + (size_t)y * (unsigned)pixman_image_get_stride(image));
}
