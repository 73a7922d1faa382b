/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of pixels in somebody's memory; see canvas.h. */
#include "hw/display/canvas.h"

#include <string.h>

#include "core/guarded.h"
#include "lib/error.h"

/* Of a picture: more than displays have, and less than what would hurt the host, which may keep a copy. */
enum { PIXELS_MAX = 64 << 20 };

/* X tiles: 512 bytes of eight lines each (Intel graphics PRM, "Memory Views", tiled formats). */
enum { TILE_WIDTH = 512, TILE_HEIGHT = 8, TILE_SIZE = TILE_WIDTH * TILE_HEIGHT };

/* ---- what the console shows ---- */

void canvas_clear(Canvas *canvas)
{
    g_clear_pointer(&canvas->image, pixman_image_unref);
    g_clear_pointer(&canvas->said, g_free);
    canvas->mode = (PixelMode){ 0 };
    canvas->bytes = NULL;
}

void canvas_say(Canvas *canvas, const char *words)
{
    if (g_strcmp0(canvas->said, words) == 0) {
        return;
    }
    char *said = g_strdup(words);   /* before they are forgotten: they can be our own */
    canvas_clear(canvas);
    canvas->said = said;
    console_say(canvas->console, said);
}

bool canvas_has_drawing(const Canvas *canvas, unsigned width, unsigned height)
{
    return canvas->image && canvas->mode.width == 0 &&
           (unsigned)pixman_image_get_width(canvas->image) == width &&
           (unsigned)pixman_image_get_height(canvas->image) == height;
}

void canvas_show_drawing(Canvas *canvas, pixman_image_t *image)
{
    canvas_clear(canvas);
    canvas->image = image;
    console_show(canvas->console, image);
}

uint32_t *image_line(pixman_image_t *image, unsigned y)
{
    return (uint32_t *)((uint8_t *)pixman_image_get_data(image) + (size_t)y * (unsigned)pixman_image_get_stride(image));
}

/* ---- can it be ---- */

static bool is_tiled(const PixelMode *mode)
{
    return mode->modifier == PIXELS_X_TILED;
}

static bool way_check(const PixelMode *mode, const uint32_t *palette, Error **errp)
{
    g_autofree char *name = pixel_format_name(mode->fourcc);

    if (!pixel_format(mode->fourcc) || (mode->fourcc == PIXELS_C8 && !palette)) {
        return fail(errp, "The guest shows pixels of format %s, which is not supported.", name);
    }
    if (mode->modifier != PIXELS_LINEAR && !is_tiled(mode)) {
        return fail(errp, "The guest shows pixels in an order (modifier 0x%016" G_GINT64_MODIFIER
                    "x) which is not supported: only linear and X-tiled ones are.", mode->modifier);
    }
    return true;
}

/* The limit of width and height is pixman's. Lines that lie over each other would make a huge picture of little memory. */
static bool size_check(const PixelMode *mode, uint64_t line, Error **errp)
{
    if (mode->width == 0 || mode->height == 0 || mode->width > INT16_MAX || mode->height > INT16_MAX ||
        mode->width * mode->height > PIXELS_MAX) {
        return fail(errp, "The guest has chosen an impossible display mode of %u x %u pixels.", mode->width,
                    mode->height);
    }
    if (mode->stride < line || (is_tiled(mode) && mode->stride % TILE_WIDTH != 0)) {
        return fail(errp, "The guest has chosen lines of %" G_GUINT64_FORMAT " bytes for %u pixels.", mode->stride,
                    mode->width);
    }
    return true;
}

static bool mode_check(const PixelMode *mode, const uint32_t *palette, uint64_t size, Error **errp)
{
    if (!way_check(mode, palette, errp)) {
        return false;
    }
    uint64_t line = (uint64_t)mode->width * pixel_format(mode->fourcc)->bytes;
    if (!size_check(mode, line, errp)) {
        return false;
    }
    uint64_t rows = is_tiled(mode) ? (mode->height + TILE_HEIGHT - 1) / TILE_HEIGHT * TILE_HEIGHT : mode->height;
    uint64_t last = is_tiled(mode) ? mode->stride : line;   /* what is needed of the last line */
    if (last > size || mode->offset > size - last ||
        (rows > 1 && mode->stride > (size - last - mode->offset) / (rows - 1))) {
        return fail(errp, "The guest has chosen a display mode (%u x %u pixels, %" G_GUINT64_FORMAT
                    " bytes a line) that does not fit in the %" G_GUINT64_FORMAT " bytes it has for it.",
                    mode->width, mode->height, mode->stride, size);
    }
    return true;
}

bool pixel_mode_check(const PixelMode *mode, uint64_t size, Error **errp)
{
    return mode_check(mode, NULL, size, errp);
}

/* ---- a refresh ---- */

/* Changed lines that follow each other, and between which columns; none while first == end. */
typedef struct Change {
    unsigned first, end, left, right;
} Change;

typedef struct Refresh {
    Canvas *canvas;
    const PixelMemory *memory;
    const PixelMode *mode;
    const PixelFormat *format;
    const uint32_t *palette;
    bool whole;
    uint8_t *raw;               /* room for a line of the guest's */
    uint32_t *line;             /* and for one of ours */
    Change change;
} Refresh;

/* Viewers take its memory as it is: nothing has to be converted, writes are logged. pixman wants whole words. */
static bool is_direct(const PixelMemory *memory, const PixelMode *mode)
{
    return pixel_format(mode->fourcc)->direct && memory->log && !memory->guarded && !is_tiled(mode) &&
           mode->offset % 4 == 0 && mode->stride % 4 == 0 && mode->stride >= 4 * (uint64_t)mode->width;
}

void pixel_memory_load(const PixelMemory *memory, uint64_t offset, void *to, size_t len)
{
    if (memory->guarded) {
        guarded_load(to, memory->bytes + offset, len);
    } else {
        memcpy(to, memory->bytes + offset, len);
    }
}

static void take_tiled(const Refresh *refresh, unsigned y, size_t len)
{
    const PixelMode *mode = refresh->mode;
    uint64_t at = mode->offset + y / TILE_HEIGHT * TILE_HEIGHT * mode->stride + y % TILE_HEIGHT * TILE_WIDTH;

    for (size_t done = 0; done < len; done += TILE_WIDTH, at += TILE_SIZE) {
        pixel_memory_load(refresh->memory, at, refresh->raw + done, MIN(len - done, TILE_WIDTH));
    }
}

/* Line @y as the guest has it now, as x8r8g8b8 in refresh->line. */
static void fetch(const Refresh *refresh, unsigned y)
{
    const PixelMode *mode = refresh->mode;
    size_t len = (size_t)mode->width * refresh->format->bytes;

    if (is_tiled(mode)) {
        take_tiled(refresh, y, len);
    } else {
        pixel_memory_load(refresh->memory, mode->offset + y * mode->stride, refresh->raw, len);
    }
    refresh->format->convert(refresh->raw, refresh->line, mode->width, refresh->palette);
}

/* Where two lines differ: *ret_left up to *ret_right. */
static bool differ(const uint32_t *a, const uint32_t *b, unsigned count, unsigned *ret_left, unsigned *ret_right)
{
    unsigned left = 0, right = count;

    if (memcmp(a, b, count * sizeof(*a)) == 0) {
        return false;
    }
    while (a[left] == b[left]) {
        left++;
    }
    while (a[right - 1] == b[right - 1]) {
        right--;
    }
    *ret_left = left;
    *ret_right = right;
    return true;
}

static void tell(Refresh *refresh)
{
    const Change *change = &refresh->change;

    if (change->end > change->first) {
        console_changed(refresh->canvas->console, (int)change->left, (int)change->first,
                        (int)(change->right - change->left), (int)(change->end - change->first));
    }
}

static void add_change(Refresh *refresh, unsigned y, unsigned left, unsigned right)
{
    Change *change = &refresh->change;

    if (change->end != y || change->end == change->first) {
        tell(refresh);
        *change = (Change){ .first = y, .left = left, .right = right };
    }
    change->end = y + 1;
    change->left = MIN(change->left, left);
    change->right = MAX(change->right, right);
}

static bool was_written(const Refresh *refresh, unsigned y)
{
    const PixelMode *mode = refresh->mode;

    return refresh->whole || is_tiled(mode) || !refresh->memory->log ||
           dirty_log_has(refresh->memory->log, mode->offset + y * mode->stride,
                         (uint64_t)mode->width * refresh->format->bytes);
}

static void follow_line(Refresh *refresh, unsigned y)
{
    unsigned left = 0, right = refresh->mode->width;
    uint32_t *shown = image_line(refresh->canvas->image, y);

    if (!was_written(refresh, y)) {
        return;
    }
    if (!refresh->canvas->bytes) {
        fetch(refresh, y);
        if (!differ(refresh->line, shown, refresh->mode->width, &left, &right)) {
            return;
        }
        memcpy(shown + left, refresh->line + left, (right - left) * sizeof(*shown));
    }
    add_change(refresh, y, left, right);
}

static void follow(Refresh *refresh)
{
    for (unsigned y = 0; y < refresh->mode->height; y++) {
        follow_line(refresh, y);
    }
    tell(refresh);
}

/* ---- another picture ---- */

static pixman_image_t *direct_image(const Refresh *refresh)
{
    const PixelMode *mode = refresh->mode;
    uint32_t *pixels = (uint32_t *)(void *)(refresh->memory->bytes + mode->offset);

    return pixman_image_create_bits_no_clear(refresh->format->direct, (int)mode->width, (int)mode->height, pixels,
                                             (int)mode->stride);
}

static pixman_image_t *copied_image(const Refresh *refresh)
{
    const PixelMode *mode = refresh->mode;
    pixman_image_t *image =
        pixman_image_create_bits_no_clear(PIXMAN_x8r8g8b8, (int)mode->width, (int)mode->height, NULL, 0);

    for (unsigned y = 0; image && y < mode->height; y++) {
        fetch(refresh, y);
        memcpy(image_line(image, y), refresh->line, mode->width * sizeof(*refresh->line));
    }
    return image;
}

static bool show_new(Refresh *refresh)
{
    bool direct = is_direct(refresh->memory, refresh->mode);
    pixman_image_t *image = direct ? direct_image(refresh) : copied_image(refresh);

    if (!image) {
        canvas_say(refresh->canvas, "There is not enough memory on the host for this display mode.");
        return false;
    }
    canvas_show_drawing(refresh->canvas, image);
    refresh->canvas->mode = *refresh->mode;
    refresh->canvas->bytes = direct ? refresh->memory->bytes : NULL;
    return true;
}

static bool same_mode(const PixelMode *a, const PixelMode *b)
{
    return a->width == b->width && a->height == b->height && a->fourcc == b->fourcc && a->modifier == b->modifier &&
           a->offset == b->offset && a->stride == b->stride;
}

/* The same picture, perhaps with other pixels. A copy can follow any memory. */
static bool is_shown(const Canvas *canvas, const PixelMemory *memory, const PixelMode *mode)
{
    return canvas->image && same_mode(&canvas->mode, mode) &&
           canvas->bytes == (is_direct(memory, mode) ? memory->bytes : NULL);
}

static bool refresh_possible(Refresh *refresh)
{
    unsigned width = refresh->mode->width;
    bool done = true;

    refresh->format = pixel_format(refresh->mode->fourcc);
    refresh->raw = g_malloc((size_t)width * refresh->format->bytes);
    refresh->line = g_new(uint32_t, width);
    if (is_shown(refresh->canvas, refresh->memory, refresh->mode)) {
        follow(refresh);
    } else {
        done = show_new(refresh);
    }
    g_free(refresh->raw);
    g_free(refresh->line);
    return done;
}

bool canvas_refresh(Canvas *canvas, const PixelMemory *memory, const PixelMode *mode, const uint32_t *palette,
                    bool whole)
{
    Refresh refresh = { .canvas = canvas, .memory = memory, .mode = mode, .palette = palette, .whole = whole };
    Error *err = NULL;

    if (!mode_check(mode, palette, memory->size, &err)) {
        canvas_say(canvas, error_message(err));
        error_free(err);
        return false;
    }
    if (memory->log) {
        dirty_log_sync(memory->log);
    }
    bool done = refresh_possible(&refresh);
    if (memory->log) {
        dirty_log_clear(memory->log);
    }
    return done;
}
