/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups and the containers that map memory for them (Documentation/driver-api/vfio.rst). */
#ifndef HW_VFIO_CONTAINER_H
#define HW_VFIO_CONTAINER_H

#include "hw/vfio/sysfs.h"
#include "hw/vfio/vfio.h"

typedef struct VfioGroup VfioGroup;

/*
 * The group of @host, opened, viable, in a container with guest memory mapped,
 * and known to the accelerator. Counted: each get wants a put. NULL with *errp
 * set when any of it fails, everything undone.
 */
VfioGroup *vfio_group_get(const VfioHostDevice *host, Error **errp);

/* NULL and half-built groups are accepted. */
void vfio_group_put(VfioGroup *group);

/* A file of the device @name, or -errno. @vf_token may be NULL. */
int vfio_group_device_fd(VfioGroup *group, const char *name, const char *vf_token);

VfioDma *vfio_group_dma(VfioGroup *group);

/* The file of group @id while we hold it, or -1: for resets that concern several groups. */
int vfio_group_fd(unsigned id);

#endif
