/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transport to a device of the host's kernel. */
#ifndef HW_VFIO_KERNEL_H
#define HW_VFIO_KERNEL_H

#include "hw/vfio/container.h"
#include "hw/vfio/vfio.h"

/* Reach @dev through @fd, a device file of @group. Takes both over: close closes the file and puts the group. */
void vfio_kernel_attach(VfioDevice *dev, int fd, VfioGroup *group);

#endif
