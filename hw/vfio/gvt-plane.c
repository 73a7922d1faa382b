/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the planes of a mediated Intel GPU are; see gvt-plane.h. Facts: Intel's PRMs for Broadwell and Skylake, volume
 * "Display" (PIPE_CONF, TRANS_DDI_FUNC_CTL, PLANE_SURF, CUR_BASE) and "Memory Views" (GTT entries); which pipe GVT-g
 * shows: Linux drivers/gpu/drm/i915/gvt, the other side of the interface.
 */
#include "hw/vfio/gvt-plane.h"

#include <stdlib.h>
#include <string.h>

#include "core/dispatch.h"
#include "core/guarded.h"
#include "hw/vfio/igd.h"

enum {
    REGISTER_BAR = 0,
    GTT_OFFSET = 8 << 20,               /* the upper half of BAR 0 */
    GTT_ENTRY = 8,
    GTT_ENTRIES = (8 << 20) / GTT_ENTRY,
    GTT_PRESENT = 1 << 0,
    GTT_PAGE = 4096,
    PIPES = 3, PIPE_STEP = 0x1000,      /* between the registers of two pipes */
    PIPE_CONF = 0x70008, PIPE_CONF_EDP = 0x7f008,
    TRANS_DDI_FUNC_CTL_EDP = 0x6f400, EDP_INPUT_SHIFT = 12, EDP_INPUT_MASK = 7,
    PLANE_SURF = 0x7019c, CUR_BASE = 0x70084, CUR_POS = 0x70088,
    CUR_X_NEGATIVE = 1 << 15,
};

#define ENABLED (UINT32_C(1) << 31)                         /* of PIPE_CONF and TRANS_DDI_FUNC_CTL */
#define CUR_Y_NEGATIVE (UINT32_C(1) << 31)
#define SURFACE_MASK UINT32_C(0xfffff000)                   /* of PLANE_SURF and CUR_BASE: graphics addresses */
#define GTT_ADDRESS UINT64_C(0x0000007ffffff000)            /* bits 38:12 */

/* Zero when the device does not answer: nothing is enabled then. */
static uint32_t read_register(VfioPci *dev, uint64_t at)
{
    uint32_t value = 0;

    return dev->dev->ops->read(dev->dev, &dev->bars[REGISTER_BAR].info, at, &value, sizeof(value)) < 0 ? 0 : value;
}

static bool register_enabled(VfioPci *dev, uint64_t at)
{
    return read_register(dev, at) & ENABLED;
}

/* The pipe that feeds the embedded panel by its own transcoder; PIPES: none. */
static unsigned edp_pipe(VfioPci *dev)
{
    static const uint8_t pipes[EDP_INPUT_MASK + 1] = { 0, PIPES, PIPES, PIPES, 0, 1, 2, PIPES };
    uint32_t control = read_register(dev, TRANS_DDI_FUNC_CTL_EDP);

    if (!(control & ENABLED) || !register_enabled(dev, PIPE_CONF_EDP)) {
        return PIPES;
    }
    return pipes[control >> EDP_INPUT_SHIFT & EDP_INPUT_MASK];
}

/* The first that is on: the one GVT-g tells about. PIPES: none. */
static unsigned active_pipe(VfioPci *dev)
{
    unsigned edp = edp_pipe(dev), pipe = 0;

    while (pipe < PIPES && pipe != edp && !register_enabled(dev, PIPE_CONF + pipe * PIPE_STEP)) {
        pipe++;
    }
    return pipe;
}

/* GVT-g tells where the cursor is without the signs, which are bits 15 and 31 of CUR_POS. */
static void refine(void *opaque, VfioPlane *plane)
{
    VfioPci *dev = opaque;
    unsigned pipe = plane->kind == VFIO_PLANE_CURSOR ? active_pipe(dev) : PIPES;
    uint32_t position = pipe < PIPES ? read_register(dev, CUR_POS + pipe * PIPE_STEP) : 0;

    plane->x = position & CUR_X_NEGATIVE ? -abs(plane->x) : plane->x;
    plane->y = position & CUR_Y_NEGATIVE ? -abs(plane->y) : plane->y;
}

/* Pages the guest has not mapped, or not to its memory, are black. */
static void load_page(uint64_t entry, uint8_t *to, size_t len)
{
    const void *page = entry & GTT_PRESENT ? space_host(&memory_space, entry & GTT_ADDRESS, GTT_PAGE, false) : NULL;

    if (page) {
        guarded_load(to, page, len);
    } else {
        memset(to, 0, len);
    }
}

static bool gather(void *opaque, const VfioPlane *plane, uint8_t *to, Error **errp)
{
    VfioPci *dev = opaque;
    unsigned pipe = active_pipe(dev);
    uint64_t count = (plane->size + GTT_PAGE - 1) / GTT_PAGE;

    if (pipe == PIPES) {
        return fail(errp, "The guest shows a picture, but no pipe of its GPU is on");
    }
    uint32_t base = read_register(dev, (plane->kind == VFIO_PLANE_CURSOR ? CUR_BASE : PLANE_SURF) + pipe * PIPE_STEP);
    uint64_t first = (base & SURFACE_MASK) / GTT_PAGE;
    if (first + count > GTT_ENTRIES) {
        return fail(errp, "The guest's picture of %" G_GUINT64_FORMAT " bytes at graphics address 0x%08x is not in its"
                    " translation table", plane->size, base & SURFACE_MASK);
    }
    g_autofree uint64_t *entries = g_new(uint64_t, count);
    ssize_t got = dev->dev->ops->read(dev->dev, &dev->bars[REGISTER_BAR].info, GTT_OFFSET + first * GTT_ENTRY, entries,
                                      count * GTT_ENTRY);
    if (got < 0) {
        return fail_errno(errp, (int)got, "The guest's graphics translation table cannot be read");
    }
    for (uint64_t i = 0; i < count; i++) {
        load_page(entries[i], to + i * GTT_PAGE, MIN(plane->size - i * GTT_PAGE, GTT_PAGE));
    }
    return true;
}

/* GVT-g exists for generations 8 and 9. */
void gvt_plane_help(VfioPci *dev, VfioPlanes *planes)
{
    bool intel = vfio_pci_vendor(dev) == PCI_VENDOR_INTEL && dev->dev->mediated;
    int generation = intel ? igd_platform(vfio_pci_device_id(dev))->generation : 0;

    if (generation == 8 || generation == 9) {
        planes->refine = refine;
        planes->gather = gather;
        planes->opaque = dev;
    }
}
