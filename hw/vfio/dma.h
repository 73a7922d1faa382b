/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for devices: what the guest sees as memory is mapped at the
 * same addresses for DMA, and stays so.
 */
#ifndef HW_VFIO_DMA_H
#define HW_VFIO_DMA_H

#include "core/region.h"
#include "hw/vfio/vfio.h"

struct VfioDma {
    Listener listener;          /* of memory_space; first, so that it leads back here */
    const VfioDmaOps *ops;
    void *opaque;               /* the backend's */
    bool pins;                  /* an IOMMU is behind it: memory is pinned when mapped (not for mediated devices) */
    bool listening;
    bool starting;              /* until the memory there is from the start is mapped: failures go to error */
    bool reported;              /* a failure at run time was reported */
    bool ending;                /* everything is unmapped for good */
    bool warned;                /* about device memory */
    char *name;                 /* of the device that began it, for errors; NULL: none yet */
    Error *error;
    VfioDmaLimits limits;
    GArray *ranges;             /* of Range: memory of the view as it is now, sorted */
    GArray *pieces;             /* of DmaPiece: what was mapped of it, sorted */
};

VfioDma *vfio_dma_new(const VfioDmaOps *ops, void *opaque, bool pins);

/*
 * Read the limits anew; at the first call map all of guest memory and follow
 * its changes from then on. False with *errp set when memory could not be
 * mapped; nothing is mapped then. While the machine is being built its memory
 * comes later, and space_settle() tells of failures.
 */
bool vfio_dma_start(VfioDma *dma, Error **errp);

/* A device that pins memory is about to join: touch what is mapped, in parallel. */
void vfio_dma_will_pin(VfioDma *dma);

/* @name goes in front of errors: "vfio NAME: ..." */
void vfio_dma_set_name(VfioDma *dma, const char *name);

/* Unmaps everything. NULL is accepted. */
void vfio_dma_free(VfioDma *dma);

/* ---- prefault.c ---- */

typedef struct VfioStretch {
    uint8_t *host;
    uint64_t size;
} VfioStretch;

/*
 * Touch @count stretches of writable memory by several threads: the kernel pins
 * on one thread, and clearing pages is most of that time. Small memory is left
 * to it. Failures are not reported: mapping meets them again.
 */
void vfio_prefault(const VfioStretch *stretches, unsigned count);

/* Whether this process may lock @size bytes (RLIMIT_MEMLOCK, CAP_IPC_LOCK); the kernel has the last word. */
bool vfio_may_lock(uint64_t size);

#endif
