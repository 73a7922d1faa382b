/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planes: what a device shows, as pictures in dma-bufs or in a region of its own, seen by the CPU. Facts:
 * VFIO_DEVICE_QUERY_GFX_PLANE in Linux include/uapi/linux/vfio.h.
 */
#ifndef HW_VFIO_PLANE_H
#define HW_VFIO_PLANE_H

#include "hw/display/canvas.h"
#include "hw/vfio/vfio.h"

/* DRM_PLANE_TYPE_PRIMARY, _CURSOR of Linux include/drm/drm_plane.h. */
typedef enum VfioPlaneKind { VFIO_PLANE_PRIMARY = 1, VFIO_PLANE_CURSOR = 2 } VfioPlaneKind;

typedef struct VfioPlane {
    VfioPlaneKind kind;
    PixelMode mode;
    uint64_t size;              /* bytes */
    uint32_t id;                /* of the dma-buf, or the region's index */
    int x, y;                   /* of a cursor: pixels from the top left corner */
    unsigned hot_x, hot_y;
} VfioPlane;

/* Reads @plane's bytes into @to in another way, when its buffer cannot be mapped. */
typedef bool VfioPlaneGather(void *opaque, const VfioPlane *plane, uint8_t *to, Error **errp);

typedef struct VfioPlanes {
    VfioDevice *dev;
    uint32_t method;            /* VFIO_GFX_PLANE_TYPE_DMABUF or _REGION; 0: the device shows nothing */
    GQueue buffers;             /* of PlaneBuffer, the latest used first */
    void (*refine)(void *opaque, VfioPlane *plane);     /* what the device's own registers say better; NULL: nothing */
    VfioPlaneGather *gather;    /* NULL: there is no other way */
    bool gather_only;           /* its buffers are better left alone */
    void *opaque;               /* of refine and gather */
} VfioPlanes;

/* Asks @dev how it shows planes; dma-bufs are preferred. */
void vfio_planes_up(VfioPlanes *planes, VfioDevice *dev);

/* A zeroed one is accepted. */
void vfio_planes_down(VfioPlanes *planes);

/* Let all buffers go, as after a reset. */
void vfio_planes_forget(VfioPlanes *planes);

/* What @kind shows now. 0 or -errno, -ENODEV: nothing (yet). */
int vfio_plane_query(VfioPlanes *planes, VfioPlaneKind kind, VfioPlane *ret);

/*
 * Where its pixels are, until vfio_plane_done() or the next call for a plane. False with *errp set when they cannot be
 * had.
 */
bool vfio_plane_open(VfioPlanes *planes, const VfioPlane *plane, PixelMemory *ret, Error **errp);
void vfio_plane_done(VfioPlanes *planes, const VfioPlane *plane);

#endif
