/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of Intel's mediated GPUs (GVT-g). The host's i915 hands over dma-bufs that only a GPU can look into (mmap:
 * ENODEV). But the pixels are in the guest's memory, and the device's registers and its graphics translation table
 * say where.
 */
#ifndef HW_VFIO_GVT_PLANE_H
#define HW_VFIO_GVT_PLANE_H

#include "hw/vfio/pci.h"
#include "hw/vfio/plane.h"

/* Teach @planes of @dev to find them; nothing for other devices. */
void gvt_plane_help(VfioPci *dev, VfioPlanes *planes);

#endif
