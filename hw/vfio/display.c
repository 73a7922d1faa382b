/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console of a virtual GPU: its primary plane, the cursor plane over it, and until the guest's driver has set up
 * the first of them the picture of a ramfb or words. Planes are asked for only while somebody looks.
 */
#include "hw/vfio/display.h"

#include <errno.h>
#include <string.h>

#include "hw/display/ramfb.h"
#include "hw/vfio/bochs-plane.h"
#include "hw/vfio/edid.h"
#include "hw/vfio/gvt-plane.h"
#include "hw/vfio/pci.h"
#include "hw/vfio/plane.h"

#define NOTHING_YET "Guest has not initialized the display (yet)."

enum { CURSOR_MAX = 512 };      /* pixels each way; hardware has 256 */

struct VfioDisplay {
    VfioPlanes planes;
    VfioEdid edid;
    Canvas canvas;
    Ramfb *ramfb;               /* NULL: none */
};

/* ---- settings ---- */

static bool settings_check(const VfioPci *dev, Error **errp)
{
    if (dev->ramfb && dev->display != ON_OFF_AUTO_ON) {
        return fail(errp, "ramfb=on requires display=on");
    }
    if ((dev->xres || dev->yres) && dev->display == ON_OFF_AUTO_OFF) {
        return fail(errp, "xres and yres properties require display=on");
    }
    if (!dev->xres != !dev->yres) {
        return fail(errp, "%s=%u without %s=: give both", dev->xres ? "xres" : "yres", dev->xres | dev->yres,
                    dev->xres ? "yres" : "xres");
    }
    return true;
}

/* ---- the cursor ---- */

static void hide_cursor(VfioDisplay *display)
{
    console_set_cursor(display->canvas.console, NULL);
}

static bool cursor_possible(const VfioPlane *plane)
{
    return plane->mode.fourcc == PIXELS_ARGB8888 && plane->mode.modifier == PIXELS_LINEAR &&
           plane->mode.width <= CURSOR_MAX && plane->mode.height <= CURSOR_MAX;
}

static uint32_t *cursor_copy(const PixelMemory *memory, const PixelMode *mode)
{
    uint32_t *copy = g_new(uint32_t, (size_t)mode->width * mode->height);

    for (unsigned y = 0; y < mode->height; y++) {
        pixel_memory_load(memory, y * mode->stride, copy + (size_t)y * mode->width, mode->width * sizeof(*copy));
    }
    return copy;
}

/* The console tells viewers only when it is another one. */
static void show_cursor(VfioDisplay *display, const VfioPlane *plane, const PixelMemory *memory)
{
    g_autofree uint32_t *argb = cursor_copy(memory, &plane->mode);
    const ConsoleCursor cursor = { plane->mode.width, plane->mode.height, plane->hot_x, plane->hot_y, argb };

    console_set_cursor(display->canvas.console, &cursor);
    console_move_cursor(display->canvas.console, plane->x + (int)plane->hot_x, plane->y + (int)plane->hot_y, true);
}

/* Devices that show a region have no cursor plane. A cursor that cannot be seen is none. */
static void refresh_cursor(VfioDisplay *display)
{
    PixelMemory memory;
    VfioPlane plane;
    Error *err = NULL;

    if (display->planes.method != VFIO_GFX_PLANE_TYPE_DMABUF ||
        vfio_plane_query(&display->planes, VFIO_PLANE_CURSOR, &plane) < 0 || !cursor_possible(&plane) ||
        !vfio_plane_open(&display->planes, &plane, &memory, &err)) {
        hide_cursor(display);
    } else {
        show_cursor(display, &plane, &memory);
        vfio_plane_done(&display->planes, &plane);
    }
    error_free(err);
}

/* ---- the picture ---- */

/* Errors by which drivers say that the guest has no picture: none, nothing that makes sense, at no valid address. */
static bool means_nothing_yet(int err)
{
    return err == -ENODEV || err == -EINVAL || err == -EFAULT;
}

static void refresh_without_plane(VfioDisplay *display, int err, bool whole)
{
    g_autofree char *words = NULL;

    hide_cursor(display);
    if (!means_nothing_yet(err)) {
        words = g_strdup_printf("The device does not say what it shows: %s.", strerror(-err));
        canvas_say(&display->canvas, words);
    } else if (!display->ramfb || !ramfb_refresh(display->ramfb, &display->canvas, whole)) {
        canvas_say(&display->canvas, NOTHING_YET);
    }
}

static void refresh_plane(VfioDisplay *display, const VfioPlane *plane, bool whole)
{
    PixelMemory memory;
    Error *err = NULL;

    if (!vfio_plane_open(&display->planes, plane, &memory, &err)) {
        canvas_say(&display->canvas, error_message(err));
        error_free(err);
        hide_cursor(display);
        return;
    }
    canvas_refresh(&display->canvas, &memory, &plane->mode, NULL, whole);
    vfio_plane_done(&display->planes, plane);
    refresh_cursor(display);
}

static void display_refresh(void *opaque, bool whole)
{
    VfioDisplay *display = opaque;
    VfioPlane plane;
    int got = vfio_plane_query(&display->planes, VFIO_PLANE_PRIMARY, &plane);

    if (got < 0) {
        refresh_without_plane(display, got, whole);
    } else {
        refresh_plane(display, &plane, whole);
    }
}

/* Buffers belong to the guest: nobody holds what nobody looks at. */
static void display_watched(void *opaque, bool watched)
{
    if (!watched) {
        vfio_planes_forget(&((VfioDisplay *)opaque)->planes);
    }
}

static bool display_resize(void *opaque, unsigned width, unsigned height)
{
    VfioEdid *edid = &((VfioDisplay *)opaque)->edid;

    vfio_edid_set(edid, width, height, false);
    return vfio_edid_is_there(edid);
}

static const ConsoleOps console_ops = { .refresh = display_refresh, .watched = display_watched, .resize = display_resize };

/* ---- life ---- */

static bool edid_up(VfioPci *dev, Error **errp)
{
    VfioEdid *edid = &dev->shown->edid;

    if (!vfio_edid_up(edid, dev->dev, errp)) {
        return false;
    }
    if (dev->xres && !vfio_edid_is_there(edid)) {
        return fail(errp, "xres and yres properties need edid support");
    }
    if ((edid->xmax && dev->xres > edid->xmax) || (edid->ymax && dev->yres > edid->ymax)) {
        return fail(errp, "xres=%u,yres=%u is more than the device can show: %u x %u pixels", dev->xres, dev->yres,
                    edid->xmax, edid->ymax);
    }
    vfio_edid_set(edid, dev->xres, dev->yres, true);
    return true;
}

static bool display_up(VfioPci *dev, Error **errp)
{
    VfioDisplay *display = dev->shown;

    if (!edid_up(dev, errp)) {
        return false;
    }
    if (dev->ramfb && !(display->ramfb = ramfb_new(dev->legacy_rom, errp))) {
        return false;
    }
    bochs_plane_help(dev, &display->planes);
    gvt_plane_help(dev, &display->planes);
    console_new(&display->canvas.console, &dev->pci.obj, 0, &console_ops, display);
    return true;
}

bool vfio_display_up(VfioPci *dev, Error **errp)
{
    if (!settings_check(dev, errp)) {
        return false;
    }
    if (dev->display == ON_OFF_AUTO_OFF) {
        return true;
    }
    dev->shown = g_new0(VfioDisplay, 1);
    vfio_planes_up(&dev->shown->planes, dev->dev);
    if (dev->shown->planes.method) {
        return display_up(dev, errp);
    }
    g_clear_pointer(&dev->shown, g_free);
    if (dev->display == ON_OFF_AUTO_ON) {
        fail(errp, "device doesn't support any (known) display method");
        return hint(errp, "Only virtual GPUs can be shown; a physical one shows its picture on its own outputs. Leave"
                    " display=on out.");
    }
    return true;
}

void vfio_display_down(VfioPci *dev)
{
    VfioDisplay *display = dev->shown;

    if (!display) {
        return;
    }
    console_free(display->canvas.console);
    canvas_clear(&display->canvas);
    ramfb_free(display->ramfb);
    vfio_edid_down(&display->edid);
    vfio_planes_down(&display->planes);
    g_clear_pointer(&dev->shown, g_free);
}

void vfio_display_reset(VfioPci *dev)
{
    VfioDisplay *display = dev->shown;

    if (!display) {
        return;
    }
    hide_cursor(display);
    vfio_planes_forget(&display->planes);
    if (display->ramfb) {
        ramfb_reset(display->ramfb);
    }
}
