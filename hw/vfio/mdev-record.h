/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which mediated devices are ours, known beyond the death of the emulator that
 * made them.
 *
 * Each device has a record, a file named by its UUID in /run/qemu-igd/mdev (of
 * other users than root: in $XDG_RUNTIME_DIR; both are empty after a boot: FHS
 * 3.0, 3.15, XDG Base Directory 0.8). The emulator that made the device holds
 * the record with flock() as long as it lives, whatever ends it: a record that
 * can be locked belongs to nobody any more, and its device is to be removed.
 *
 * A UUID is not enough to know the device again: after our emulator was killed
 * somebody may have removed its device and made one of his own by the same UUID.
 * So the record has the inode number of the device's folder in sysfs, which is
 * unique over all folders since boot (64 bits with a generation: fs/kernfs/dir.c,
 * kernfs_new_node). It is written when the device is there; before that it is 0,
 * which stands for "there was no such device, and we are about to make it": the
 * kernel may have finished what the killed emulator had begun.
 *
 * All that makes, removes or looks for devices is done with the folder of the
 * records locked, one emulator at a time: nobody counts instances that another
 * is about to take, two that want the same UUID meet at the record and not at
 * the device, and no record is unlinked that another has just opened.
 */
#ifndef HW_VFIO_MDEV_RECORD_H
#define HW_VFIO_MDEV_RECORD_H

#include <stdbool.h>

#include "lib/error.h"

typedef struct MdevRecord {
    char *path;
    char *device;           /* its folder in sysfs */
    int fd;                 /* holds the lock */
} MdevRecord;

/* Lock the records; a descriptor to close, or -1 with *errp set. */
int mdev_records_lock(Error **errp);

/* Remove devices whose emulator is dead, and their records. Call with the records locked, as all below. */
void mdev_records_sweep(void);

/* Begin a record for @uuid, of which there is no device. NULL with *errp set: there is one, or a living emulator has it. */
MdevRecord *mdev_record_begin(const char *uuid, Error **errp);

/* The record of @uuid, whose device a dead emulator has left; NULL: there is none, and the device is not ours. */
MdevRecord *mdev_record_adopt(const char *uuid);

/* The device is there now. */
bool mdev_record_confirm(MdevRecord *record, Error **errp);

/* It was not made. */
void mdev_record_forget(MdevRecord *record);

/* Remove the device, when it is still the one that was made. What stays is looked after by whoever comes next. */
void mdev_record_end(MdevRecord *record);

#endif
