/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EDID region of a virtual GPU; see edid.h. */
#include "hw/vfio/edid.h"

#include <string.h>

#include "hw/display/edid.h"
#include "lib/log.h"

#define PLUG_NS (100 * INT64_C(1000000))

/* i915's vGPUs take 128 bytes, mbochs 1024. */
enum { REGISTER = sizeof(uint32_t), BLOB_MAX = 1024 };

#define AT(field) offsetof(struct vfio_region_gfx_edid, field)

/* ---- registers: four bytes each, no others are taken ---- */

static int read_register(VfioEdid *edid, uint64_t at, uint32_t *ret)
{
    ssize_t got = edid->dev->ops->read(edid->dev, &edid->region, at, ret, REGISTER);

    return got < 0 ? (int)got : 0;
}

static int write_register(VfioEdid *edid, uint64_t at, uint32_t value)
{
    ssize_t got = edid->dev->ops->write(edid->dev, &edid->region, at, &value, REGISTER);

    return got < 0 ? (int)got : 0;
}

static int write_blob(VfioEdid *edid, const uint8_t *blob, size_t size)
{
    int got = 0;

    for (size_t at = 0; got == 0 && at < size; at += REGISTER) {
        uint32_t word;
        memcpy(&word, blob + at, sizeof(word));
        got = write_register(edid, edid->offset + at, word);
    }
    return got;
}

/* ---- the monitor ---- */

static int write_link(VfioEdid *edid, uint32_t state)
{
    return write_register(edid, AT(link_state), state);
}

/* The size comes first: i915 takes no more bytes. */
static int describe(VfioEdid *edid)
{
    uint8_t blob[BLOB_MAX];
    const EdidMonitor monitor = {
        .vendor = EDID_VENDOR, .name = EDID_NAME, .xres = edid->xres, .yres = edid->yres,
        .xmax = edid->xmax, .ymax = edid->ymax,
    };
    size_t size = edid_make(&monitor, blob, MIN(edid->room, sizeof(blob)));
    int got = write_register(edid, AT(edid_size), (uint32_t)size);

    return got == 0 ? write_blob(edid, blob, size) : got;
}

/* Also after an error: a monitor that tells nothing new is better than none. The next wish is tried again. */
static void plug_in(void *opaque)
{
    VfioEdid *edid = opaque;
    int got = describe(edid), linked = write_link(edid, VFIO_DEVICE_GFX_LINK_STATE_UP);

    if (got < 0 || linked < 0) {
        warn_limited("vfio %s: the device does not take the EDID of a monitor of %u x %u pixels: %s", edid->dev->name,
                     edid->xres, edid->yres, strerror(got < 0 ? -got : -linked));
        edid->xres = edid->yres = 0;
    }
}

/* The protocol of the header: unplug, size and contents, plug in. While it is unplugged the last wish counts. */
void vfio_edid_set(VfioEdid *edid, unsigned xres, unsigned yres, bool first)
{
    xres = xres ? xres : edid->xmax;
    yres = yres ? yres : edid->ymax;
    if (!vfio_edid_is_there(edid) || (!first && edid->xres == xres && edid->yres == yres)) {
        return;
    }
    edid->xres = xres;
    edid->yres = yres;
    if (timer_is_set(&edid->link_timer)) {
        return;
    }
    int got = write_link(edid, VFIO_DEVICE_GFX_LINK_STATE_DOWN);
    if (first || got < 0) {
        plug_in(edid);
    } else {
        timer_set(&edid->link_timer, clock_now(CLOCK_HOST) + PLUG_NS);
    }
}

/* ---- life ---- */

static int read_layout(VfioEdid *edid)
{
    const struct {
        uint64_t at;
        uint32_t *to;
    } rows[] = {
        { AT(edid_offset), &edid->offset }, { AT(edid_max_size), &edid->room },
        { AT(max_xres), &edid->xmax }, { AT(max_yres), &edid->ymax },
    };
    int got = 0;

    for (unsigned i = 0; got == 0 && i < G_N_ELEMENTS(rows); i++) {
        got = read_register(edid, rows[i].at, rows[i].to);
    }
    return got;
}

bool vfio_edid_up(VfioEdid *edid, VfioDevice *dev, Error **errp)
{
    edid->dev = dev;
    timer_init(&edid->link_timer, CLOCK_HOST, plug_in, edid);
    if (!vfio_region_find(dev, VFIO_REGION_TYPE_GFX, VFIO_REGION_SUBTYPE_GFX_EDID, &edid->region)) {
        return true;
    }
    int got = read_layout(edid);
    if (got < 0) {
        return fail_errno(errp, got, "its EDID region cannot be read");
    }
    if (edid->room < EDID_BLOCK) {
        return fail(errp, "its EDID region has room for %u bytes: an EDID has %d at least", edid->room, EDID_BLOCK);
    }
    return true;
}

void vfio_edid_down(VfioEdid *edid)
{
    timer_cancel(&edid->link_timer);
    vfio_region_info_clear(&edid->region);
    edid->region.size = 0;
}
