/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the host as sysfs shows them: where they are, which group, which driver. */
#ifndef HW_VFIO_SYSFS_H
#define HW_VFIO_SYSFS_H

#include "hw/vfio/vfio.h"
#include "lib/parse.h"

typedef struct VfioHostDevice {
    char *name;         /* "0000:00:02.0" or an mdev's UUID */
    char *path;         /* its folder, without symlinks */
    bool mediated;      /* on the mdev bus: no IOMMU of its own */
    unsigned group;
} VfioHostDevice;

/* The device @open names; false with *errp set, which begins with "vfio NAME: ". */
bool vfio_host_device_find(const VfioOpen *open, VfioHostDevice *ret, Error **errp);

void vfio_host_device_clear(VfioHostDevice *host);

/* Name of the driver of the device in folder @path for the caller to free, or NULL: none. */
char *vfio_host_driver(const char *path);

/* Last part of what the symlink @folder/@name points at, for the caller to free; NULL: no such link. */
char *vfio_host_link(const char *folder, const char *name);

/* Text of the file @folder/@name without space around it, for the caller to free; NULL: not readable. */
char *vfio_host_attribute(const char *folder, const char *name);

/* Paths of what is in @folder, sorted; empty when it cannot be read. */
GPtrArray *vfio_host_list(const char *folder);

/* "0000:00:02.0", as sysfs has it; the caller frees it. */
char *vfio_host_pci_name(const PciAddress *at);

/* Whether a device with @driver (NULL: none) leaves its group viable (drivers/vfio: group viability). */
bool vfio_driver_is_harmless(const char *driver);

/* Folders of the devices in an IOMMU group, sorted. */
GPtrArray *vfio_group_members(unsigned group);

/*
 * "/sys/...", "/dev/..." or "/proc/..." below the root, for the caller to free.
 * The root is "" except in tests, which set a canned tree (kept by reference).
 */
char *vfio_host_path(const char *path);
void vfio_host_set_root(const char *root);

#endif
