/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user can do when a host device cannot be had. Each function adds
 * hint lines to the error in *errp and returns false.
 */
#ifndef HW_VFIO_ADVICE_H
#define HW_VFIO_ADVICE_H

#include "hw/vfio/sysfs.h"

/* The device has no IOMMU group. */
bool vfio_advise_no_group(const VfioHostDevice *host, Error **errp);

/* The group's file @node could not be opened: errno value @err. */
bool vfio_advise_group_open(const VfioHostDevice *host, const char *node, int err, Error **errp);

/* /dev/vfio/vfio could not be opened. */
bool vfio_advise_container_open(int err, Error **errp);

/* The group has members whose drivers may do DMA: names them. */
bool vfio_advise_not_viable(unsigned group, Error **errp);

/* The group refused a container or the container its IOMMU. */
bool vfio_advise_iommu(int err, Error **errp);

/* The group did not give a file of the device. */
bool vfio_advise_device_open(const VfioHostDevice *host, int err, Error **errp);

#endif
