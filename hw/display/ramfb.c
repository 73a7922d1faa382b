/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture in the guest's own memory; see ramfb.h. */
#include "hw/display/ramfb.h"

#include "core/datadir.h"
#include "core/dispatch.h"
#include "core/guarded.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/fd.h"

#define FILE_NAME "etc/ramfb"
#define ROM "vgabios-ramfb.bin"

/* The file, big endian. Flags have no meaning yet. */
typedef struct __attribute__((packed)) RamfbFile {
    uint64_t address;
    uint32_t fourcc, flags, width, height, stride;
} RamfbFile;

G_STATIC_ASSERT(sizeof(RamfbFile) == 28);

struct Ramfb {
    RamfbFile file;
};

static bool add_file(Ramfb *ramfb, FwCfg *fw, Error **errp)
{
    const FwCfgWritable file = { .data = &ramfb->file, .len = sizeof(ramfb->file) };

    return fw_cfg_add_writable(fw, FILE_NAME, &file, errp);
}

/* SeaBIOS runs the files under vgaroms/. */
static bool add_rom(FwCfg *fw, Error **errp)
{
    g_autofree char *path = datadir_find(ROM, errp);
    g_autoptr(GBytes) image = path ? file_map(path, errp) : NULL;

    return (image && fw_cfg_add_file(fw, "vgaroms/" ROM, image, errp)) || fail(errp, "the video BIOS of ramfb");
}

Ramfb *ramfb_new(bool legacy_rom, Error **errp)
{
    FwCfg *fw = fw_cfg_find();

    if (!fw) {
        fail(errp, "ramfb device requires fw_cfg with DMA");
        return NULL;
    }
    if (fw_cfg_file(fw, FILE_NAME)) {
        fail(errp, "there is a ramfb already: a machine has one");
        return NULL;
    }
    Ramfb *ramfb = g_new0(Ramfb, 1);
    if ((legacy_rom && !add_rom(fw, errp)) || !add_file(ramfb, fw, errp)) {
        g_free(ramfb);
        return NULL;
    }
    guarded_install();      /* the guest may place its picture in another device's memory */
    return ramfb;
}

void ramfb_free(Ramfb *ramfb)
{
    g_free(ramfb);
}

void ramfb_reset(Ramfb *ramfb)
{
    ramfb->file = (RamfbFile){ 0 };
}

/* Bytes of a line without what is behind it; 0: of an unknown format. */
static uint64_t line_size(const PixelMode *mode)
{
    const PixelFormat *format = pixel_format(mode->fourcc);

    return format ? (uint64_t)mode->width * format->bytes : 0;
}

/* Where it lies now: what is mapped can change while the guest runs. */
static bool find_picture(uint64_t address, const PixelMode *mode, PixelMemory *ret_memory, Error **errp)
{
    uint64_t size = mode->stride * (mode->height - 1) + line_size(mode);

    if (!pixel_mode_check(mode, size, errp)) {
        return false;
    }
    const uint8_t *bytes = space_host(&memory_space, address, size, false);
    if (!bytes) {
        return fail(errp, "The guest has placed its picture, %" G_GUINT64_FORMAT " bytes at 0x%" G_GINT64_MODIFIER
                    "x, where it has no memory.", size, address);
    }
    *ret_memory = (PixelMemory){ .bytes = bytes, .size = size, .guarded = true };
    return true;
}

bool ramfb_refresh(Ramfb *ramfb, Canvas *canvas, bool whole)
{
    const RamfbFile *file = &ramfb->file;
    PixelMode mode = {
        .width = GUINT32_FROM_BE(file->width), .height = GUINT32_FROM_BE(file->height),
        .fourcc = GUINT32_FROM_BE(file->fourcc), .stride = GUINT32_FROM_BE(file->stride),
    };
    PixelMemory memory;
    Error *err = NULL;

    if (!file->address || !file->width || !file->height) {
        return false;
    }
    if (mode.stride == 0) {     /* no gaps between lines */
        mode.stride = line_size(&mode);
    }
    if (find_picture(GUINT64_FROM_BE(file->address), &mode, &memory, &err)) {
        canvas_refresh(canvas, &memory, &mode, NULL, whole);
    } else {
        canvas_say(canvas, error_message(err));
        error_free(err);
    }
    return true;
}
