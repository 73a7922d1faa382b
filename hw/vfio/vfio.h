/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two interfaces everything in hw/vfio is written against. A transport
 * reaches one device (the kernel's /dev/vfio, a vfio-user socket, an in-memory
 * fake); a DMA backend maps guest memory for it. Both are complete: nothing
 * slips past with a raw ioctl, and there is no "give me the fd". Facts:
 * Linux include/uapi/linux/vfio.h.
 *
 * Functions close to the kernel return 0 or a count, or -errno; the first
 * caller that knows the meaning turns it into words.
 */
#ifndef HW_VFIO_VFIO_H
#define HW_VFIO_VFIO_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/region.h"
#include "lib/error.h"

typedef struct VfioDevice VfioDevice;
typedef struct VfioDma VfioDma;

/* VFIO_DEVICE_GET_INFO */
typedef struct VfioInfo {
    uint32_t flags;                     /* VFIO_DEVICE_FLAGS_PCI, _RESET ... */
    unsigned regions, irqs;
} VfioInfo;

typedef struct VfioArea {
    uint64_t offset, size;              /* in the region */
} VfioArea;

/* VFIO_DEVICE_GET_REGION_INFO with its capability chain taken apart. */
typedef struct VfioRegionInfo {
    unsigned index;
    uint32_t flags;                     /* VFIO_REGION_INFO_FLAG_READ, _WRITE, _MMAP */
    uint64_t size;                      /* 0: not there */
    uint64_t offset;                    /* the transport's own; only it uses this */
    uint32_t type, subtype;             /* of a typed region; 0 otherwise */
    bool msix_mappable;
    bool posted;                        /* the owner's: nobody waits for the end of writes up to 8 bytes */
    unsigned area_count;                /* sparse mmap areas; one area of the whole region when the chain has none and _MMAP is set */
    VfioArea *areas;
} VfioRegionInfo;

/* VFIO_DEVICE_GET_IRQ_INFO */
typedef struct VfioIrqInfo {
    uint32_t flags;                     /* VFIO_IRQ_INFO_EVENTFD, _MASKABLE, _AUTOMASKED, _NORESIZE */
    unsigned count;
} VfioIrqInfo;

typedef struct VfioTransportOps {
    const char *name;
    int (*info)(VfioDevice *dev, VfioInfo *ret);
    /* Fill *ret (zeroed by the caller; areas to be freed with vfio_region_info_clear). -EINVAL: no such region. */
    int (*region_info)(VfioDevice *dev, unsigned index, VfioRegionInfo *ret);
    int (*irq_info)(VfioDevice *dev, unsigned index, VfioIrqInfo *ret);
    /* Bytes moved (== len) or -errno. */
    ssize_t (*read)(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, void *data, size_t len);
    ssize_t (*write)(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, const void *data, size_t len);
    /* Map part of a region shared, at @at (MAP_FIXED) or anywhere for NULL. MAP_FAILED with errno set when refused. */
    void *(*map)(VfioDevice *dev, const VfioRegionInfo *region, const VfioArea *area, void *at);
    /*
     * VFIO_DEVICE_SET_IRQS. @flags: one VFIO_IRQ_SET_DATA_* and one _ACTION_*. @fds: @count eventfds
     * (-1: none) for DATA_EVENTFD, NULL otherwise. Positive: the kernel offers that many vectors only.
     */
    int (*set_irqs)(VfioDevice *dev, unsigned index, uint32_t flags, unsigned start, unsigned count, const int *fds);
    /* VFIO_DEVICE_FEATURE: @feature holds flags and index; @data @len bytes in and out. */
    int (*feature)(VfioDevice *dev, uint32_t feature, void *data, size_t len);
    /*
     * VFIO_DEVICE_QUERY_GFX_PLANE: @plane holds flags and, unless it is a probe, the plane's kind. NULL, as the next
     * function: the transport knows no displays. -ENODEV: the guest shows nothing yet.
     */
    int (*query_plane)(VfioDevice *dev, struct vfio_device_gfx_plane_info *plane);
    int (*get_dmabuf)(VfioDevice *dev, uint32_t id);    /* VFIO_DEVICE_GET_GFX_DMABUF: the caller's file or -errno */
    int (*reset)(VfioDevice *dev);      /* function level; -errno when not possible now */
    /* Reset of the bus or slot. 0, or -errno; -EPERM with *errp naming groups that are not ours. */
    int (*hot_reset)(VfioDevice *dev, Error **errp);
    /* Why calls have failed, as a hint; NULL: their errors say it all. */
    bool (*explain)(VfioDevice *dev, Error **errp);
    void (*close)(VfioDevice *dev);
} VfioTransportOps;

/* An open device. @opaque is the transport's. */
struct VfioDevice {
    const VfioTransportOps *ops;
    VfioDma *dma;
    void *opaque;
    char *name;                         /* "0000:00:02.0" or the mdev's UUID: for messages */
    char *sysfs_path;                   /* NULL when there is none (vfio-user) */
    bool mediated;                      /* no IOMMU of its own behind it */
    struct Mdev *mdev;                  /* lives as long as this is open; NULL: the device stays */
    VfioInfo info;
};

/* ---- DMA ---- */

typedef struct VfioDmaLimits {
    uint64_t page_sizes;                /* bitmap of IOVA page sizes */
    unsigned max_mappings;              /* mappings available in all; UINT_MAX: no limit known */
    unsigned range_count;               /* usable IOVA ranges, sorted; 0: all */
    VfioArea *ranges;
} VfioDmaLimits;

/* One stretch of guest memory to map: IOVA is the guest-physical address. */
typedef struct VfioMapping {
    uint64_t iova, size;
    uint8_t *host;
    bool readonly;
    bool device;                        /* memory of another device, not RAM */
    int fd;                             /* shareable memory: file and offset; -1 otherwise */
    uint64_t fd_offset;
} VfioMapping;

typedef struct VfioDmaOps {
    const char *name;
    int (*limits)(VfioDma *dma, VfioDmaLimits *ret);
    int (*map)(VfioDma *dma, const VfioMapping *mapping);
    int (*unmap)(VfioDma *dma, uint64_t iova, uint64_t size);
    /* What to do about a mapping that failed with @err (-errno), as hints. NULL: what helps with an IOMMU. */
    bool (*advise)(const VfioDma *dma, int err, Error **errp);
    void (*free)(VfioDma *dma);
} VfioDmaOps;

/* ---- device.c ---- */

/* What the user named: @host "[DDDD:]BB:DD.F" or @sysfsdev a path (any symlink to the device's folder), the other NULL. */
typedef struct VfioOpen {
    const char *host, *sysfsdev;
    const char *vf_token;               /* UUID a virtual function's owner set, or NULL */
} VfioOpen;

/*
 * Finds the group, checks its viability, joins or makes the container, maps
 * guest memory, tells the accelerator about the group and opens the device.
 * NULL with *errp set, in the users' known words; the text begins with
 * "vfio NAME: ".
 */
VfioDevice *vfio_device_open(const VfioOpen *open, Error **errp);

/* NULL is accepted. Leaves the group and the container when it was the last. */
void vfio_device_close(VfioDevice *dev);

/* Region @index; false with *errp set. *ret is to be cleared. */
bool vfio_region_info(VfioDevice *dev, unsigned index, VfioRegionInfo *ret, Error **errp);
void vfio_region_info_clear(VfioRegionInfo *info);

/* The first region of @type and @subtype; false, without error, when there is none. */
bool vfio_region_find(VfioDevice *dev, uint32_t type, uint32_t subtype, VfioRegionInfo *ret);

/* The whole of a (typed) region as bytes for the caller to free; NULL with *errp set. */
uint8_t *vfio_region_load(VfioDevice *dev, const VfioRegionInfo *info, Error **errp);

/* ---- region.c: a VFIO region as a guest Region ---- */

typedef struct VfioRegionFault VfioRegionFault;

typedef struct VfioRegion {
    VfioDevice *dev;
    VfioRegionInfo info;
    Region region;                      /* container of the size a BAR must have: trap below, direct areas above */
    Region trap;                        /* I/O through the transport */
    unsigned area_count;
    struct VfioMappedArea *areas;       /* direct mappings; none with no_mmap */
    char *name;                         /* "0000:00:02.0 BAR 0" */
    unsigned trapped;                   /* reasons why direct areas are hidden */
    VfioRegionFault *fault;             /* recovery from device memory that does not answer */
    /* Called after a trapped access has reached the device, NULL: nothing (INTx's userspace end-of-interrupt). */
    void (*on_access)(void *opaque);
    void *opaque;
} VfioRegion;

/* The mapping of @len bytes at @offset of the VFIO region; NULL when they are not all in one. May fault: core/guarded.h. */
const void *vfio_region_host(const VfioRegion *region, uint64_t offset, uint64_t len);

/*
 * Prepare BAR or typed region @index. Its guest size is the region's rounded up
 * to a power of two (at least 4, the smallest I/O BAR). Succeeds with info.size
 * 0 when the device has no such region. @name ("BAR 0") is copied.
 */
bool vfio_region_up(VfioRegion *region, VfioDevice *dev, unsigned index, const char *name, Error **errp);

/*
 * mmap what may be mapped, except @holes (the MSI-X table; NULL-terminated by
 * count), each rounded out to pages. A refused mmap is a warning ("Failed to
 * mmap ... Performance may be slow") and leaves the trap in place.
 */
void vfio_region_map(VfioRegion *region, const VfioArea *holes, unsigned hole_count);

/* Hide or show the direct areas: while hidden every access traps. */
void vfio_region_trap_all(VfioRegion *region, bool trap);

/* While it sleeps: nobody answers. Direct areas are hidden, reads are all ones and writes vanish. */
void vfio_region_sleep(VfioRegion *region, bool asleep);

/* The device is gone for good: hide the direct areas from now on. */
void vfio_region_give_up(VfioRegion *region);

/*
 * A memory BAR smaller than a page that may be mapped: while the guest's address
 * for it is page-aligned, make the region (and so the BAR in the guest's memory)
 * a whole page, so that the guest reaches it directly; its true size otherwise.
 * The kernel offers the mapping only when nothing else lives in the host's page.
 * Give it a lower priority than other BARs: one in the same guest page wins.
 * Nothing happens to other regions.
 */
void vfio_region_subpage(VfioRegion *region, bool guest_addr_page_aligned);

/* A zeroed region is accepted. */
void vfio_region_down(VfioRegion *region);

/* Trapped access as the guest makes it: @size 1, 2, 4, 8; a failed read is all ones, a failed write vanishes; both are logged. */
uint64_t vfio_region_read(VfioRegion *region, uint64_t offset, unsigned size);
void vfio_region_write(VfioRegion *region, uint64_t offset, uint64_t value, unsigned size);

#endif
