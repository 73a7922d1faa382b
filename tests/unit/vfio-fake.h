/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VFIO device and a DMA backend that live in memory: the third
 * implementation of hw/vfio/vfio.h's two interfaces, for unit tests. A device
 * is described by data; every call can be made to fail; what was asked is kept.
 */
#ifndef TESTS_UNIT_VFIO_FAKE_H
#define TESTS_UNIT_VFIO_FAKE_H

#include "hw/vfio/dma.h"
#include "hw/vfio/vfio.h"

enum { FAKE_REGIONS = 16, FAKE_IRQS = 8, FAKE_VECTORS = 64 };

/* Calls that can be made to fail. */
typedef enum FakeCall {
    FAKE_INFO, FAKE_REGION_INFO, FAKE_IRQ_INFO, FAKE_READ, FAKE_WRITE, FAKE_MAP, FAKE_SET_IRQS, FAKE_FEATURE,
    FAKE_RESET, FAKE_HOT_RESET, FAKE_DMA_LIMITS, FAKE_DMA_MAP, FAKE_DMA_UNMAP, FAKE_CALLS,
} FakeCall;

/* Errors to come and calls so far. */
typedef struct FakeCalls {
    struct {
        int error;              /* -errno */
        int skip, times;        /* fail @times calls after @skip good ones */
        unsigned count;         /* calls so far */
    } of[FAKE_CALLS];
} FakeCalls;

/* Let the call fail with @error @times times, after @skip calls that succeed. */
void fake_fail(FakeCalls *calls, FakeCall call, int error, int skip, int times);

typedef struct FakeRegion {
    uint64_t size;              /* 0: not there */
    uint32_t flags;             /* VFIO_REGION_INFO_FLAG_*; 0: readable and writable */
    uint32_t type, subtype;
    bool msix_mappable;
    const VfioArea *areas;      /* sparse areas; NULL: the whole when the flags say MMAP */
    unsigned area_count;
    const void *data;           /* contents at the start */
    size_t data_size;
} FakeRegion;

/* What a device is. Regions and interrupts have their VFIO_PCI_* index. */
typedef struct FakeSpec {
    const char *name;
    bool mediated;
    uint32_t flags;             /* VFIO_DEVICE_FLAGS_*, besides PCI */
    unsigned region_count;      /* 0: VFIO_PCI_NUM_REGIONS */
    FakeRegion regions[FAKE_REGIONS];
    VfioIrqInfo irqs[FAKE_IRQS];    /* count 0: no such interrupt (-EINVAL, as kvmgt answers) */
    unsigned vectors_max;       /* MSI and MSI-X: the kernel offers that many only; 0: all */
} FakeSpec;

typedef struct FakeIrqSet {
    unsigned index, start, count;
    uint32_t flags;
    int fds[FAKE_VECTORS];      /* of DATA_EVENTFD */
} FakeIrqSet;

typedef struct FakeDevice {
    VfioDevice *dev;            /* give it back with vfio_device_close() */
    const FakeSpec *spec;
    FakeCalls calls;
    int memory[FAKE_REGIONS];   /* memfds behind the regions */
    GArray *irq_sets;           /* of FakeIrqSet, in order */
    int trigger[FAKE_IRQS][FAKE_VECTORS], unmask[FAKE_IRQS][FAKE_VECTORS];  /* eventfds as they are set now; -1 */
    bool masked[FAKE_IRQS];
    uint32_t last_feature;
    unsigned resets, hot_resets, last_access_size;
    void (*on_write)(struct FakeDevice *fake, unsigned index, uint64_t offset);     /* after it; NULL: nothing */
    void *opaque;               /* of the test */
    bool closed;
} FakeDevice;

/* @spec stays the caller's and must stay valid. Free with fake_device_free(), after vfio_device_close(). */
FakeDevice *fake_device_new(const FakeSpec *spec);
void fake_device_free(FakeDevice *fake);

/* The contents of a region, past all interfaces. */
void fake_peek(FakeDevice *fake, unsigned index, uint64_t offset, void *data, size_t len);
void fake_poke(FakeDevice *fake, unsigned index, uint64_t offset, const void *data, size_t len);

/* Nobody answers in a mapped region (SIGBUS) and trapped accesses fail with -EIO, until it comes back. */
void fake_vanish(FakeDevice *fake, unsigned index, bool gone);

/* The device raises an interrupt. False: no eventfd is set for it. */
bool fake_interrupt(FakeDevice *fake, unsigned index, unsigned vector);

/* The last SET_IRQS, or NULL. */
const FakeIrqSet *fake_last_irq_set(const FakeDevice *fake);

/* ---- DMA ---- */

typedef struct FakeDma {
    VfioDma *dma;               /* free with vfio_dma_free() */
    FakeCalls calls;
    VfioDmaLimits limits;       /* what the backend answers; ranges stay the caller's */
    GArray *mappings;           /* of VfioMapping, sorted by IOVA */
} FakeDma;

FakeDma *fake_dma_new(bool pins);
void fake_dma_free(FakeDma *fake);

/* The mapping that holds @iova, or NULL. */
const VfioMapping *fake_dma_find(const FakeDma *fake, uint64_t iova);

#endif
