/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Planes of a device and the memory they are in; see plane.h. */
#include "hw/vfio/plane.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/guarded.h"
#include "lib/fd.h"

enum {
    BUFFERS_MAX = 8,            /* guests flip between two or three pictures, and have cursors */
    SIZE_MAX_MIB = 1024,        /* no picture of 32767 x 8191 pixels is larger */
};

/* One that was shown lately. A device that flips shows it again. */
typedef struct PlaneBuffer {
    uint32_t id;
    int fd;                     /* dma-buf; -1: none */
    VfioRegionInfo region;      /* size 0: none */
    uint8_t *bytes;
    uint64_t size;              /* of the plane; the mapping is of whole pages */
    bool mapped;                /* else bytes are a copy on the heap, taken each time */
    bool gathered;              /* ... from the guest's memory */
    int refusal;                /* errno: why it cannot be mapped. It is kept: nobody asks again for what is not given */
} PlaneBuffer;

static size_t whole_pages(uint64_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    return (size_t)((size + page - 1) & ~(page - 1));
}

static void buffer_free(PlaneBuffer *buffer)
{
    if (buffer->mapped) {
        munmap(buffer->bytes, whole_pages(buffer->size));
    } else {
        g_free(buffer->bytes);
    }
    fd_close(&buffer->fd);
    vfio_region_info_clear(&buffer->region);
    g_free(buffer);
}

/* ---- what there is ---- */

void vfio_planes_up(VfioPlanes *planes, VfioDevice *dev)
{
    static const uint32_t methods[] = { VFIO_GFX_PLANE_TYPE_DMABUF, VFIO_GFX_PLANE_TYPE_REGION };

    planes->dev = dev;
    g_queue_init(&planes->buffers);
    guarded_install();
    for (unsigned i = 0; dev->ops->query_plane && i < G_N_ELEMENTS(methods); i++) {
        struct vfio_device_gfx_plane_info probe = { .flags = VFIO_GFX_PLANE_TYPE_PROBE | methods[i] };
        if (dev->ops->query_plane(dev, &probe) >= 0) {
            planes->method = methods[i];
            return;
        }
    }
}

void vfio_planes_forget(VfioPlanes *planes)
{
    for (PlaneBuffer *buffer; (buffer = g_queue_pop_head(&planes->buffers));) {
        buffer_free(buffer);
    }
}

void vfio_planes_down(VfioPlanes *planes)
{
    vfio_planes_forget(planes);
    planes->method = 0;
}

/* The sample driver mbochs says -ENOMEM to whoever asks first after a change of mode, and has made the buffer then. */
static int query(VfioPlanes *planes, struct vfio_device_gfx_plane_info *info)
{
    const struct vfio_device_gfx_plane_info question = *info;
    int got = planes->dev->ops->query_plane(planes->dev, info);

    if (got == -ENOMEM) {
        *info = question;
        got = planes->dev->ops->query_plane(planes->dev, info);
    }
    return got;
}

/* Of a cursor, which can be a little outside. */
static int place(uint32_t value)
{
    return CLAMP((int32_t)value, INT16_MIN, INT16_MAX);
}

int vfio_plane_query(VfioPlanes *planes, VfioPlaneKind kind, VfioPlane *ret)
{
    struct vfio_device_gfx_plane_info info = { .flags = planes->method, .drm_plane_type = kind };
    int got = query(planes, &info);

    if (got < 0) {
        return got;
    }
    if (info.width == 0 || info.height == 0 || info.size == 0 || info.drm_format == 0) {
        return -ENODEV;
    }
    bool spot = info.x_hot <= info.width && info.y_hot <= info.height;      /* all ones: none */
    *ret = (VfioPlane){
        .kind = kind,
        .mode = { .width = info.width, .height = info.height, .fourcc = info.drm_format,
                  .modifier = info.drm_format_mod, .stride = info.stride },
        .size = info.size,
        .id = planes->method == VFIO_GFX_PLANE_TYPE_DMABUF ? info.dmabuf_id : info.region_index,
        .x = place(info.x_pos),
        .y = place(info.y_pos),
        .hot_x = spot ? info.x_hot : 0,
        .hot_y = spot ? info.y_hot : 0,
    };
    if (planes->refine) {
        planes->refine(planes->opaque, ret);
    }
    return 0;
}

/* ---- in another way ---- */

static bool gather_open(VfioPlanes *planes, PlaneBuffer *buffer, Error **errp)
{
    buffer->gathered = true;
    buffer->bytes = g_malloc0(buffer->size);
    return true;
}

/* ---- dma-bufs ---- */

static bool dmabuf_open(VfioPlanes *planes, PlaneBuffer *buffer, Error **errp)
{
    int fd = planes->dev->ops->get_dmabuf(planes->dev, buffer->id);

    if (fd < 0) {
        return fail_errno(errp, fd, "The device does not hand over dma-buf %u of its picture", buffer->id);
    }
    buffer->fd = fd;
    void *bytes = mmap(NULL, whole_pages(buffer->size), PROT_READ, MAP_SHARED, fd, 0);
    if (bytes != MAP_FAILED) {
        buffer->bytes = bytes;
        buffer->mapped = true;
        return true;
    }
    if (planes->gather) {
        return gather_open(planes, buffer, errp);
    }
    buffer->refusal = errno;
    return true;
}

/* The device's caches, and ours; files that are no dma-bufs need none of it. */
static void sync_for_cpu(const PlaneBuffer *buffer, uint64_t edge)
{
    struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_READ | edge };

    if (buffer->fd < 0 || !buffer->mapped) {
        return;
    }
    while (ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 && (errno == EINTR || errno == EAGAIN)) {
    }
}

/* ---- regions ---- */

static bool region_open(VfioPlanes *planes, PlaneBuffer *buffer, Error **errp)
{
    VfioDevice *dev = planes->dev;
    const VfioArea area = { 0, buffer->size };

    if (!vfio_region_info(dev, buffer->id, &buffer->region, errp)) {
        return false;
    }
    if (buffer->size > buffer->region.size) {
        return fail(errp, "The picture of %" G_GUINT64_FORMAT " bytes does not fit in the device's region %u, which has %"
                    G_GUINT64_FORMAT, buffer->size, buffer->id, buffer->region.size);
    }
    void *bytes = buffer->region.flags & VFIO_REGION_INFO_FLAG_MMAP ? dev->ops->map(dev, &buffer->region, &area, NULL)
                                                                    : MAP_FAILED;
    buffer->mapped = bytes != MAP_FAILED;
    buffer->bytes = buffer->mapped ? bytes : g_malloc0(buffer->size);
    return true;
}

static bool region_take(VfioPlanes *planes, PlaneBuffer *buffer, Error **errp)
{
    ssize_t got = planes->dev->ops->read(planes->dev, &buffer->region, 0, buffer->bytes, buffer->size);

    return got >= 0 || fail_errno(errp, (int)got, "The device's region %u with the picture cannot be read", buffer->id);
}

/* ---- buffers ---- */

static PlaneBuffer *buffer_find(VfioPlanes *planes, const VfioPlane *plane)
{
    for (GList *at = planes->buffers.head; at; at = at->next) {
        PlaneBuffer *buffer = at->data;
        if (buffer->id == plane->id && buffer->size == plane->size) {
            g_queue_unlink(&planes->buffers, at);
            g_queue_push_head_link(&planes->buffers, at);
            return buffer;
        }
    }
    return NULL;
}

static PlaneBuffer *buffer_new(VfioPlanes *planes, const VfioPlane *plane, Error **errp)
{
    PlaneBuffer *buffer = g_new0(PlaneBuffer, 1);
    bool (*open)(VfioPlanes *, PlaneBuffer *, Error **) =
        planes->gather_only ? gather_open : planes->method == VFIO_GFX_PLANE_TYPE_DMABUF ? dmabuf_open : region_open;

    *buffer = (PlaneBuffer){ .id = plane->id, .fd = -1, .size = plane->size };
    if (!open(planes, buffer, errp)) {
        buffer_free(buffer);
        return NULL;
    }
    g_queue_push_head(&planes->buffers, buffer);
    if (planes->buffers.length > BUFFERS_MAX) {
        buffer_free(g_queue_pop_tail(&planes->buffers));
    }
    return buffer;
}

static bool buffer_take(VfioPlanes *planes, PlaneBuffer *buffer, const VfioPlane *plane, Error **errp)
{
    if (buffer->refusal) {
        return fail_errno(errp, buffer->refusal, "The host's driver does not let dma-buf %u of the picture be mapped",
                          buffer->id);
    }
    if (buffer->gathered) {
        return planes->gather(planes->opaque, plane, buffer->bytes, errp);
    }
    sync_for_cpu(buffer, DMA_BUF_SYNC_START);
    return buffer->mapped || region_take(planes, buffer, errp);
}

bool vfio_plane_open(VfioPlanes *planes, const VfioPlane *plane, PixelMemory *ret, Error **errp)
{
    if (plane->size > (uint64_t)SIZE_MAX_MIB << 20) {
        return fail(errp, "The guest shows an impossible picture of %" G_GUINT64_FORMAT " bytes", plane->size);
    }
    if (!pixel_mode_check(&plane->mode, plane->size, errp)) {
        return false;
    }
    PlaneBuffer *buffer = buffer_find(planes, plane);
    if (!buffer) {
        buffer = buffer_new(planes, plane, errp);
    }
    if (!buffer || !buffer_take(planes, buffer, plane, errp)) {
        return false;
    }
    *ret = (PixelMemory){ .bytes = buffer->bytes, .size = buffer->size, .guarded = buffer->mapped };
    return true;
}

void vfio_plane_done(VfioPlanes *planes, const VfioPlane *plane)
{
    const PlaneBuffer *buffer = buffer_find(planes, plane);

    if (buffer) {
        sync_for_cpu(buffer, DMA_BUF_SYNC_END);
    }
}
