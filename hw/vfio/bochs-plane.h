/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of mediated Bochs displays (Linux samples/vfio-mdev/mbochs.c). The driver's dma-bufs are files for reading,
 * and its mmap wants them writable (EINVAL); and one that was closed must not be asked for again: closing it a second time
 * frees pages that are in use. But the pixels are in BAR 0, and the registers in BAR 2 say where.
 */
#ifndef HW_VFIO_BOCHS_PLANE_H
#define HW_VFIO_BOCHS_PLANE_H

#include "hw/vfio/pci.h"
#include "hw/vfio/plane.h"

/* Teach @planes of @dev to find them; nothing for other devices. */
void bochs_plane_help(VfioPci *dev, VfioPlanes *planes);

#endif
