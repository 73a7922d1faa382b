/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices as sysfs shows them: parents, their types, and devices; and what is said when something lacks. */
#ifndef HW_VFIO_MDEV_HOST_H
#define HW_VFIO_MDEV_HOST_H

#include "hw/vfio/sysfs.h"

/* ---- parents ---- */

/* Folders of all parents, sorted. Their last parts are the names. */
GPtrArray *mdev_parents(void);

/* Folder of the parent the user calls @name, for the caller to free; NULL with *errp set. */
char *mdev_parent_find(const char *name, Error **errp);

/* "mtty-1 (Single port serial), mtty-2 (...)", or names of the parents; the caller frees it. */
char *mdev_type_names(const char *parent);
char *mdev_parent_names(void);

/* Folders of the mediated devices of @parent, sorted. */
GPtrArray *mdev_devices(const char *parent);

/* ---- types ---- */

/* Folders of the types of @parent, sorted. */
GPtrArray *mdev_types(const char *parent);

/* Folder of the type the user calls @name, which can make a PCI device now; NULL with *errp set. */
char *mdev_type_find(const char *parent, const char *name, Error **errp);

/* ---- devices ---- */

/* /sys/bus/mdev/devices/@uuid for the caller to free, whether it is there or not. */
char *mdev_device_folder(const char *uuid);

/* Write @uuid to "create" of @type; "1" to "remove" of @device. 0 or -errno. */
int mdev_create(const char *type, const char *uuid);
int mdev_remove(const char *device);

/* Somebody has the device open. */
bool mdev_in_use(const char *device);

/* ---- words ---- */

/* Why there is no parent @name, which may be a PCI device; adds to *errp. */
bool mdev_advise_no_parent(const char *name, Error **errp);

/* Why a GPU that could have mediated devices has none: a line each in @why (of char *). False: it could not. */
bool mdev_explain_gpu(const char *pci_folder, GPtrArray *why);

/* No instance of @type is left. */
bool mdev_advise_full(const char *type, Error **errp);

/* "create" of @type said @err (positive). */
bool mdev_advise_create(const char *type, int err, Error **errp);

/* Words for why "remove" said @err (positive). */
const char *mdev_remove_words(int err);

#endif
