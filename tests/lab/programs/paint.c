/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paints the lab's picture in a guest: every pixel tells where it belongs (labkit/pictures.py knows the same).
 *
 *   paint DEVICE        a frame buffer (/dev/fb0): once, over all that is visible
 *   paint CARD modes    a display card (/dev/dri/card0): the mode its driver prefers; then, for each line WIDTHxHEIGHT
 *                       of the standard input, that mode, until the input ends
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <drm/drm_mode.h>

enum { MODES_MAX = 256, CONNECTORS_MAX = 16 };

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
    va_list args;
    int error = errno;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(": %s\n", strerror(error));
    exit(1);
}

/* XRGB8888: red and green are the low bytes of column and row, blue has the rest of both. */
static uint32_t pixel(uint32_t x, uint32_t y)
{
    return (x & 0xff) << 16 | (y & 0xff) << 8 | (x >> 8 & 0xf) << 4 | (y >> 8 & 0xf);
}

static void paint_row(uint32_t *row, uint32_t width, uint32_t y)
{
    for (uint32_t x = 0; x < width; x++) {
        row[x] = pixel(x, y);
    }
}

static void painted(uint32_t width, uint32_t height)
{
    printf("lab: painted %ux%u\n", width, height);
    fflush(stdout);
}

/* ---- a frame buffer ---- */

/* In one piece: Linux 6.1 forgets to show a write of exactly one row of a buffer that is shown by a copy. */
static void paint_frame_buffer(int device, const char *name)
{
    struct fb_var_screeninfo var;
    struct fb_fix_screeninfo fix;

    if (ioctl(device, FBIOGET_VSCREENINFO, &var) || ioctl(device, FBIOGET_FSCREENINFO, &fix)) {
        die("%s is no frame buffer", name);
    }
    if (var.bits_per_pixel != 32 || var.red.offset != 16 || var.green.offset != 8 || var.blue.offset != 0) {
        errno = EINVAL;
        die("%s has other pixels than XRGB8888", name);
    }
    size_t size = (size_t)var.yres * fix.line_length;
    uint8_t *frame = calloc(1, size);
    if (!frame) {
        die("memory for %s", name);
    }
    for (uint32_t y = 0; y < var.yres; y++) {
        paint_row((uint32_t *)(frame + (size_t)y * fix.line_length), var.xres, y);
    }
    if (pwrite(device, frame, size, (off_t)var.yoffset * fix.line_length) != (ssize_t)size) {
        die("%s", name);
    }
    free(frame);
    painted(var.xres, var.yres);
}

/* ---- a display card ---- */

typedef struct Card {
    int device;
    uint32_t connector;
    uint32_t crtc;
    uint32_t mode_count;
    struct drm_mode_modeinfo modes[MODES_MAX];
} Card;

static void card_call(const Card *card, unsigned long request, void *args, const char *name)
{
    if (ioctl(card->device, request, args)) {
        die("%s", name);
    }
}

#define CARD_CALL(card, name, args) card_call(card, DRM_IOCTL_MODE_##name, args, #name)

/* The first connector with modes, and the first CRTC. */
static void card_open(Card *card)
{
    uint32_t connectors[CONNECTORS_MAX];
    uint32_t crtcs[CONNECTORS_MAX];
    struct drm_mode_card_res resources = {
        .connector_id_ptr = (uintptr_t)connectors, .count_connectors = CONNECTORS_MAX,
        .crtc_id_ptr = (uintptr_t)crtcs, .count_crtcs = CONNECTORS_MAX,
    };

    CARD_CALL(card, GETRESOURCES, &resources);
    for (uint32_t i = 0; i < resources.count_connectors; i++) {
        struct drm_mode_get_connector probe = { .connector_id = connectors[i] };
        CARD_CALL(card, GETCONNECTOR, &probe);
        struct drm_mode_get_connector connector = {
            .connector_id = connectors[i], .modes_ptr = (uintptr_t)card->modes, .count_modes = MODES_MAX,
        };
        CARD_CALL(card, GETCONNECTOR, &connector);
        if (probe.count_modes > 0 && probe.count_modes <= MODES_MAX) {
            card->connector = connectors[i];
            card->crtc = crtcs[0];
            card->mode_count = connector.count_modes;
            return;
        }
    }
    errno = ENODEV;
    die("no connector has modes");
}

static void card_list_modes(const Card *card)
{
    for (uint32_t i = 0; i < card->mode_count; i++) {
        const struct drm_mode_modeinfo *mode = &card->modes[i];
        printf("mode %ux%u%s\n", mode->hdisplay, mode->vdisplay,
               mode->type & DRM_MODE_TYPE_PREFERRED ? " preferred" : "");
    }
}

static struct drm_mode_modeinfo *card_find_mode(Card *card, uint32_t width, uint32_t height)
{
    for (uint32_t i = 0; i < card->mode_count; i++) {
        struct drm_mode_modeinfo *mode = &card->modes[i];
        if (mode->hdisplay == width && mode->vdisplay == height) {
            return mode;
        }
    }
    return NULL;
}

/* A buffer of its own for each mode; they go when the program ends. */
static void card_paint(Card *card, struct drm_mode_modeinfo *mode)
{
    struct drm_mode_create_dumb buffer = { .width = mode->hdisplay, .height = mode->vdisplay, .bpp = 32 };
    CARD_CALL(card, CREATE_DUMB, &buffer);
    struct drm_mode_map_dumb map = { .handle = buffer.handle };
    CARD_CALL(card, MAP_DUMB, &map);
    uint8_t *memory = mmap(NULL, buffer.size, PROT_READ | PROT_WRITE, MAP_SHARED, card->device, (off_t)map.offset);
    if (memory == MAP_FAILED) {
        die("mapping a buffer");
    }
    for (uint32_t y = 0; y < buffer.height; y++) {
        paint_row((uint32_t *)(memory + (size_t)y * buffer.pitch), buffer.width, y);
    }
    struct drm_mode_fb_cmd frame = {
        .width = buffer.width, .height = buffer.height, .pitch = buffer.pitch,
        .bpp = 32, .depth = 24, .handle = buffer.handle,
    };
    CARD_CALL(card, ADDFB, &frame);
    struct drm_mode_crtc crtc = {
        .crtc_id = card->crtc, .fb_id = frame.fb_id, .set_connectors_ptr = (uintptr_t)&card->connector,
        .count_connectors = 1, .mode = *mode, .mode_valid = 1,
    };
    CARD_CALL(card, SETCRTC, &crtc);
    painted(buffer.width, buffer.height);
}

static void paint_card(int device)
{
    Card card = { .device = device };
    char line[64];
    uint32_t width, height;

    card_open(&card);
    card_list_modes(&card);
    card_paint(&card, &card.modes[0]);
    while (fgets(line, sizeof(line), stdin) && sscanf(line, "%ux%u", &width, &height) == 2) {
        struct drm_mode_modeinfo *mode = card_find_mode(&card, width, height);
        if (!mode) {
            errno = EINVAL;
            die("mode %ux%u", width, height);
        }
        card_paint(&card, mode);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        printf("paint DEVICE | CARD modes\n");
        return 2;
    }
    int device = open(argv[1], O_RDWR | O_CLOEXEC);
    if (device < 0) {
        die("%s", argv[1]);
    }
    if (argc > 2) {
        paint_card(device);
    } else {
        paint_frame_buffer(device, argv[1]);
    }
    return 0;
}
