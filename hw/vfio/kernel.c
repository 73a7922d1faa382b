/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's VFIO devices as a VfioTransport: one short function an ioctl.
 * The only file that names VFIO_DEVICE_*. Facts: linux/vfio.h.
 */
#include "hw/vfio/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/vfio/chain.h"
#include "lib/fd.h"

enum {
    ANSWER_MAX = 1 << 20,       /* larger answers of an INFO ioctl are not believed */
    HUGE_ALIGN_MAX = 1 << 30,   /* the largest page of the CPU's tables */
};

typedef struct KernelDevice {
    int fd;
    VfioGroup *group;
} KernelDevice;

static int device_fd(const VfioDevice *dev)
{
    return ((const KernelDevice *)dev->opaque)->fd;
}

static int device_ioctl(const VfioDevice *dev, unsigned long request, void *arg)
{
    int got = ioctl(device_fd(dev), request, arg);

    return got < 0 ? -errno : got;
}

static int kernel_info(VfioDevice *dev, VfioInfo *ret)
{
    struct vfio_device_info info = { .argsz = sizeof(info) };
    int got = device_ioctl(dev, VFIO_DEVICE_GET_INFO, &info);

    if (got >= 0) {
        *ret = (VfioInfo){ .flags = info.flags, .regions = info.num_regions, .irqs = info.num_irqs };
    }
    return MIN(got, 0);
}

/* The whole answer: the kernel says in argsz how much room it wants. */
static int kernel_region_info(VfioDevice *dev, unsigned index, VfioRegionInfo *ret)
{
    size_t room = sizeof(struct vfio_region_info);
    g_autofree struct vfio_region_info *answer = NULL;

    for (int tries = 0; tries < 4; tries++) {
        g_free(answer);
        answer = g_malloc0(room);
        answer->argsz = (uint32_t)room;
        answer->index = index;
        int got = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, answer);
        if (got < 0) {
            return got;
        }
        if (answer->argsz <= room) {
            return vfio_region_info_parse(answer, room, ret);
        }
        if (answer->argsz > ANSWER_MAX) {
            break;
        }
        room = answer->argsz;
    }
    return -E2BIG;
}

static int kernel_irq_info(VfioDevice *dev, unsigned index, VfioIrqInfo *ret)
{
    struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
    int got = device_ioctl(dev, VFIO_DEVICE_GET_IRQ_INFO, &info);

    if (got >= 0) {
        *ret = (VfioIrqInfo){ .flags = info.flags, .count = info.count };
    }
    return MIN(got, 0);
}

static ssize_t kernel_read(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, void *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(device_fd(dev), (uint8_t *)data + done, len - done, (off_t)(region->offset + offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        done += (size_t)n;
    }
    return (ssize_t)len;
}

static ssize_t kernel_write(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, const void *data,
                            size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(device_fd(dev), (const uint8_t *)data + done, len - done,
                           (off_t)(region->offset + offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        done += (size_t)n;
    }
    return (ssize_t)len;
}

/* ---- mapping ---- */

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

/*
 * Room for @size bytes whose address is @offset modulo @align: then a stretch
 * of a naturally aligned BAR can be mapped by huge pages. NULL when there is none.
 */
static uint8_t *reserve_aligned(size_t size, uint64_t align, uint64_t offset)
{
    size_t room = size + align;
    uint8_t *base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED) {
        return NULL;
    }
    size_t skip = (size_t)((offset - (uintptr_t)base) & (align - 1));
    if (skip > 0) {
        munmap(base, skip);
    }
    if (room > skip + size) {
        munmap(base + skip + size, room - skip - size);
    }
    return base + skip;
}

/* The largest alignment that is of use for @size bytes: a power of two of at most @size. */
static uint64_t useful_align(uint64_t size)
{
    uint64_t align = size ? 1ULL << (63 - __builtin_clzll(size)) : 0;

    return MIN(align, (uint64_t)HUGE_ALIGN_MAX);
}

static int map_protection(const VfioRegionInfo *region)
{
    return (region->flags & VFIO_REGION_INFO_FLAG_READ ? PROT_READ : 0) |
           (region->flags & VFIO_REGION_INFO_FLAG_WRITE ? PROT_WRITE : 0);
}

static void *kernel_map(VfioDevice *dev, const VfioRegionInfo *region, const VfioArea *area, void *at)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), align = useful_align(area->size);
    size_t size = (size_t)round_up(area->size, page);
    void *reserved = !at && align > page ? reserve_aligned(size, align, area->offset) : NULL;
    void *where = at ? at : reserved;
    void *mapped = mmap(where, size, map_protection(region), MAP_SHARED | (where ? MAP_FIXED : 0), device_fd(dev),
                        (off_t)(region->offset + area->offset));

    if (mapped == MAP_FAILED && reserved) {
        int err = errno;
        munmap(reserved, size);
        errno = err;
    }
    return mapped;
}

/* ---- interrupts, features, reset ---- */

static int kernel_set_irqs(VfioDevice *dev, unsigned index, uint32_t flags, unsigned start, unsigned count,
                           const int *fds)
{
    size_t data_size = flags & VFIO_IRQ_SET_DATA_EVENTFD ? count * sizeof(int32_t) : 0;
    g_autofree struct vfio_irq_set *set = g_malloc0(sizeof(*set) + data_size);

    *set = (struct vfio_irq_set){
        .argsz = (uint32_t)(sizeof(*set) + data_size), .flags = flags, .index = index, .start = start, .count = count,
    };
    if (data_size > 0) {
        memcpy(set->data, fds, data_size);
    }
    return device_ioctl(dev, VFIO_DEVICE_SET_IRQS, set);
}

static int kernel_feature(VfioDevice *dev, uint32_t feature, void *data, size_t len)
{
    g_autofree struct vfio_device_feature *request = g_malloc0(sizeof(*request) + len);

    request->argsz = (uint32_t)(sizeof(*request) + len);
    request->flags = feature;
    if (len > 0) {
        memcpy(request->data, data, len);
    }
    int got = device_ioctl(dev, VFIO_DEVICE_FEATURE, request);
    if (got >= 0 && len > 0) {
        memcpy(data, request->data, len);
    }
    return MIN(got, 0);
}

static int kernel_reset(VfioDevice *dev)
{
    return MIN(device_ioctl(dev, VFIO_DEVICE_RESET, NULL), 0);
}

/* Who is reset together with @dev, or NULL with errno set. The caller frees it. */
static struct vfio_pci_hot_reset_info *hot_reset_info(VfioDevice *dev)
{
    size_t room = sizeof(struct vfio_pci_hot_reset_info);

    for (;;) {
        struct vfio_pci_hot_reset_info *info = g_malloc0(room);
        info->argsz = (uint32_t)room;
        int got = device_ioctl(dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
        size_t want = sizeof(*info) + (size_t)info->count * sizeof(info->devices[0]);
        if (got >= 0) {
            return info;
        }
        g_free(info);
        if (got != -ENOSPC || want <= room || want > ANSWER_MAX) {
            errno = -got;
            return NULL;
        }
        room = want;    /* the kernel said how many there are */
    }
}

/* Put the files of the groups @info names into @ret_fds, each once; -EPERM when one is not ours. */
static int collect_groups(VfioDevice *dev, const struct vfio_pci_hot_reset_info *info, GArray *ret_fds, Error **errp)
{
    for (unsigned i = 0; i < info->count; i++) {
        int32_t fd = vfio_group_fd(info->devices[i].group_id);
        if (fd < 0) {
            fail(errp, "Cannot reset device %s, depends on group %u which is not owned.", dev->name,
                 info->devices[i].group_id);
            return -EPERM;
        }
        bool known = false;
        for (unsigned j = 0; j < ret_fds->len; j++) {
            known |= g_array_index(ret_fds, int32_t, j) == fd;
        }
        if (!known) {
            g_array_append_val(ret_fds, fd);
        }
    }
    return 0;
}

static int kernel_hot_reset(VfioDevice *dev, Error **errp)
{
    g_autofree struct vfio_pci_hot_reset_info *info = hot_reset_info(dev);
    g_autoptr(GArray) fds = g_array_new(false, false, sizeof(int32_t));

    if (!info) {
        return -errno;
    }
    int got = collect_groups(dev, info, fds, errp);
    if (got < 0) {
        return got;
    }
    size_t size = sizeof(struct vfio_pci_hot_reset) + fds->len * sizeof(int32_t);
    g_autofree struct vfio_pci_hot_reset *reset = g_malloc0(size);
    reset->argsz = (uint32_t)size;
    reset->count = fds->len;
    memcpy(reset->group_fds, fds->data, fds->len * sizeof(int32_t));
    return MIN(device_ioctl(dev, VFIO_DEVICE_PCI_HOT_RESET, reset), 0);
}

static int kernel_query_plane(VfioDevice *dev, struct vfio_device_gfx_plane_info *plane)
{
    plane->argsz = sizeof(*plane);
    return MIN(device_ioctl(dev, VFIO_DEVICE_QUERY_GFX_PLANE, plane), 0);
}

static int kernel_get_dmabuf(VfioDevice *dev, uint32_t id)
{
    int fd = device_ioctl(dev, VFIO_DEVICE_GET_GFX_DMABUF, &id);

    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

static void kernel_close(VfioDevice *dev)
{
    KernelDevice *kernel = dev->opaque;

    fd_close(&kernel->fd);
    vfio_group_put(kernel->group);
    g_free(kernel);
}

static const VfioTransportOps kernel_ops = {
    .name = "kernel",
    .info = kernel_info,
    .region_info = kernel_region_info,
    .irq_info = kernel_irq_info,
    .read = kernel_read,
    .write = kernel_write,
    .map = kernel_map,
    .set_irqs = kernel_set_irqs,
    .feature = kernel_feature,
    .query_plane = kernel_query_plane,
    .get_dmabuf = kernel_get_dmabuf,
    .reset = kernel_reset,
    .hot_reset = kernel_hot_reset,
    .close = kernel_close,
};

void vfio_kernel_attach(VfioDevice *dev, int fd, VfioGroup *group)
{
    KernelDevice *kernel = g_new0(KernelDevice, 1);

    *kernel = (KernelDevice){ .fd = fd, .group = group };
    dev->ops = &kernel_ops;
    dev->opaque = kernel;
    dev->dma = vfio_group_dma(group);
}
