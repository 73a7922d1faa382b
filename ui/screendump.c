/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a console shows, into a file: PPM (netpbm's "P6") or PNG (by libpng). */
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "lib/fd-names.h"
#include "lib/parse.h"
#include "ui/console.h"

enum { BYTES_PER_PIXEL = 3 };

static const char *const format_words[] = { "ppm", "png", NULL };

/* A copy of @picture whose words of 32 bits are x8r8g8b8, whatever the device has; never NULL. */
static pixman_image_t *plain_copy(pixman_image_t *picture)
{
    int width = pixman_image_get_width(picture), height = pixman_image_get_height(picture);
    pixman_image_t *copy = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);

    g_assert(copy);
    pixman_image_composite32(PIXMAN_OP_SRC, picture, NULL, copy, 0, 0, 0, 0, 0, 0, width, height);
    return copy;
}

/* Red, green and blue, a byte each. */
static GByteArray *pixels_of(pixman_image_t *picture)
{
    pixman_image_t *plain = plain_copy(picture);
    unsigned width = (unsigned)pixman_image_get_width(plain), height = (unsigned)pixman_image_get_height(plain);
    unsigned stride = (unsigned)pixman_image_get_stride(plain) / sizeof(uint32_t);
    const uint32_t *from = pixman_image_get_data(plain);
    GByteArray *pixels = g_byte_array_sized_new(width * height * BYTES_PER_PIXEL);

    g_byte_array_set_size(pixels, width * height * BYTES_PER_PIXEL);
    uint8_t *to = pixels->data;
    for (unsigned i = 0; i < width * height; i++) {
        uint32_t pixel = from[i / width * stride + i % width];
        *to++ = (uint8_t)(pixel >> 16);
        *to++ = (uint8_t)(pixel >> 8);
        *to++ = (uint8_t)pixel;
    }
    pixman_image_unref(plain);
    return pixels;
}

static bool write_ppm(FILE *file, const GByteArray *pixels, unsigned width, unsigned height)
{
    return fprintf(file, "P6\n%u %u\n255\n", width, height) > 0 &&
           fwrite(pixels->data, 1, pixels->len, file) == pixels->len;
}

static bool write_png(FILE *file, const GByteArray *pixels, unsigned width, unsigned height)
{
    png_image image = { .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGB };

    return png_image_write_to_stdio(&image, file, 0, pixels->data, 0, NULL);
}

static bool (*const writers[])(FILE *file, const GByteArray *pixels, unsigned width, unsigned height) = {
    write_ppm, write_png,
};

/* What could not be written whole goes again; a device or a pipe is somebody else's. */
static void discard(const char *filename)
{
    if (g_file_test(filename, G_FILE_TEST_IS_REGULAR)) {
        remove(filename);
    }
}

static bool save(pixman_image_t *picture, const char *filename, int format, Error **errp)
{
    int fd = file_open(filename, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0) {
        return fail_errno(errp, fd, "failed to open file '%s'", filename);
    }
    FILE *file = fdopen(fd, "wb");
    g_autoptr(GByteArray) pixels = pixels_of(picture);
    errno = 0;
    bool written = writers[format](file, pixels, (unsigned)pixman_image_get_width(picture),
                                   (unsigned)pixman_image_get_height(picture));
    int err = errno;
    if (fclose(file) != 0 && written) {
        written = false;
        err = errno;
    }
    if (!written) {
        discard(filename);
        return fail_errno(errp, err ? err : EIO, "failed to write file '%s'", filename);
    }
    return true;
}

static bool screendump(const char *filename, const char *device, unsigned head, int format, Error **errp)
{
    Console *console = console_find(device, head, errp);

    if (!console) {
        return false;
    }
    pixman_image_t *picture = console_picture(console);
    bool saved = save(picture, filename, format, errp);
    pixman_image_unref(picture);
    return saved;
}

/* ---- QMP ---- */

typedef struct Screendump {
    char *filename, *device;
    uint32_t head;
    int format;
} Screendump;

static bool qmp_run(QmpCall *call, Error **errp)
{
    const Screendump *args = call->args;

    if (qmp_given(call, "head") && !args->device) {
        return fail(errp, "'head' must be specified together with 'device'");
    }
    return screendump(args->filename, args->device, args->head, args->format, errp);
}

QMP_COMMAND(qmp_screendump) = {
    .name = "screendump",
    .help = "What a console shows, into a file",
    .size = sizeof(Screendump),
    .args = (const Property[]){
        ARG(Screendump, filename, str, "filename", "File to write"),
        PROP(Screendump, device, str, "device", NULL, "Id or path of the display device (default: that of the first console)"),
        PROP(Screendump, head, u32, "head", "0", "Which of its heads"),
        PROP_ENUM(Screendump, format, format_words, "format", "ppm", "What to write"),
        { }
    },
    .run = qmp_run,
};

/* ---- HMP ---- */

static bool take_format(GStrv words, unsigned *at, int *ret, Error **errp)
{
    if (g_strcmp0(words[*at], "-f") != 0) {
        return true;
    }
    const char *name = words[*at + 1];
    for (int i = 0; name && format_words[i]; i++) {
        if (g_str_equal(format_words[i], name)) {
            *ret = i;
            *at += 2;
            return true;
        }
    }
    return fail(errp, "invalid parameter value: %s", name ? name : "");
}

/* FILE [-f FORMAT] [DEVICE [HEAD]]; the format may come first. */
static bool hmp_run_screendump(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", -1);
    unsigned at = 0;
    int format = 0;
    uint64_t head = 0;

    if (!take_format(words, &at, &format, errp)) {
        return false;
    }
    const char *filename = words[at] ? words[at++] : "";
    if (!*filename) {
        return fail(errp, "screendump: filename expected");
    }
    if (!take_format(words, &at, &format, errp)) {
        return false;
    }
    const char *device = words[at] ? words[at++] : NULL;
    if (device && words[at] && !parse_u64(words[at], UINT32_MAX, &head, errp)) {
        return false;
    }
    return screendump(filename, device, (unsigned)head, format, errp);
}

HMP_COMMAND(hmp_screendump) = {
    .name = "screendump",
    .args = "filename [-f format] [device [head]]",
    .help = "What a console shows, into a file: ppm or png",
    .run = hmp_run_screendump,
};
