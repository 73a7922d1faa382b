/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host with two parents of mediated devices, and what the kernel does when
 * their files are written: an actor in the place of drivers/vfio/mdev. Its state
 * is the tree alone, so several processes share it.
 */
#ifndef TESTS_UNIT_MDEV_KERNEL_H
#define TESTS_UNIT_MDEV_KERNEL_H

#include <stdbool.h>

#define GPU_FOLDER "sys/devices/pci0000:00/0000:00:02.0"
#define MTTY_FOLDER "sys/devices/virtual/mtty/mtty"

/* How the actor behaves. Zero: as the kernel does. */
typedef struct MdevKernel {
    int create_error, remove_error;     /* errno value of all writes */
    bool somebody_is_faster;            /* makes the device himself just before a create */
    bool dies_before, dies_after;       /* the writing process is killed by a create */
} MdevKernel;

extern MdevKernel mdev_kernel;

/* The tree: mtty with mtty-1 and mtty-2, a Skylake with GVT-g, a UHD 770 without. mdev.h writes to the actor. */
void mdev_kernel_up(void);
void mdev_kernel_down(void);

/* Somebody writes @text to the file @below the root. */
int mdev_kernel_write(const char *below, const char *text);

/* There is such a device. */
bool mdev_kernel_has(const char *uuid);

/* Devices there are. */
unsigned mdev_kernel_count(void);

#endif
