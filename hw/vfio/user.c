/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device in another process as a VfioTransport: one short function a message; see user.h. */
#include "hw/vfio/dma.h"
#include "hw/vfio/user.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/vfio/chain.h"
#include "lib/fd.h"
#include "lib/log.h"

enum {
    ANSWER_MAX = 64 << 10,      /* larger answers about a region are not believed */
    REGIONS_MAX = 256,          /* the nine of PCI and some that are typed; each costs a question */
    IRQS_MAX = 256,
    VECTORS_MAX = 2048,         /* MSI-X (PCI Local Bus 3.0, 6.8.2.3) */
    AREAS_MAX = 128,            /* of a region; each takes a memory slot of the machine */
    POSTED_SIZE_MAX = 8,        /* spec, VFIO_USER_REGION_WRITE_MULTI */
};

/* Spec, VFIO_USER_DEVICE_GET_INFO; the others are as in linux/vfio.h. */
typedef struct DeviceInfo {
    uint32_t argsz, flags, regions, irqs;
} DeviceInfo;

typedef struct UserDevice {
    VfioUserSocket *socket;
    VfioUserLimits limits;
    int *files;                 /* of each region, as last told; -1: none */
    bool mapped;                /* the guest may reach some of its memory directly */
} UserDevice;

static UserDevice *user_of(const VfioDevice *dev)
{
    return dev->opaque;
}

/* Ask with @head, which the answer of the same size replaces. */
static int ask(VfioDevice *dev, VfioUserCommand command, void *head, size_t len)
{
    VfioUserCall call = { .command = command, .head = head, .head_len = len,
                          .reply = head, .reply_room = len };
    int got = vfio_user_call(user_of(dev)->socket, &call);

    return got < 0 ? got : call.reply_len < len ? -EPROTO : 0;
}

/* A command whose answer says nothing. A device that is gone does as it is told. */
static int tell(VfioDevice *dev, VfioUserCall call)
{
    uint8_t room[64];       /* some answer with what they were sent */

    call.reply = room;
    call.reply_room = sizeof(room);
    int got = vfio_user_call(user_of(dev)->socket, &call);
    return vfio_user_gone(user_of(dev)->socket) ? 0 : got;
}

/* ---- what it is ---- */

static int user_info(VfioDevice *dev, VfioInfo *ret)
{
    DeviceInfo info = { .argsz = sizeof(info) };
    int got = ask(dev, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info));

    if (got < 0) {
        return got;
    }
    if (info.regions > REGIONS_MAX || info.irqs > IRQS_MAX) {
        return -E2BIG;
    }
    *ret = (VfioInfo){ .flags = info.flags, .regions = info.regions, .irqs = info.irqs };
    return 0;
}

/* Keep the file that came with region @index in place of an earlier one. */
static void keep_file(UserDevice *user, unsigned index, int fd)
{
    fd_close(&user->files[index]);
    user->files[index] = fd;
}

static int parse_region(VfioDevice *dev, unsigned index, const void *answer, size_t len, VfioRegionInfo *ret)
{
    VfioRegionInfo info = { 0 };
    int got = vfio_region_info_parse(answer, len, &info);

    if (got >= 0 && info.index != index) {
        got = -EPROTO;
    }
    if (got < 0) {
        vfio_region_info_clear(&info);
        return got;
    }
    if (info.area_count > AREAS_MAX) {
        warn("vfio-user %s: region %u has %u areas to map, more than %d: none is mapped", dev->name, index,
             info.area_count, AREAS_MAX);
        info.area_count = 0;
    }
    *ret = info;
    return 0;
}

/* The whole answer: the server says in argsz how much room it wants. */
static int user_region_info(VfioDevice *dev, unsigned index, VfioRegionInfo *ret)
{
    UserDevice *user = user_of(dev);
    g_autofree uint8_t *answer = g_malloc0(ANSWER_MAX);
    struct vfio_region_info head = { .argsz = sizeof(head), .index = index };
    int fd = -1;

    for (int tries = 0; index < REGIONS_MAX && tries < 4; tries++) {
        uint32_t room = head.argsz;
        struct vfio_region_info question = { .argsz = room, .index = index };
        VfioUserCall call = {
            .command = VFIO_USER_DEVICE_GET_REGION_INFO, .head = &question, .head_len = sizeof(question),
            .reply = answer, .reply_room = room, .reply_fd = &fd,
        };
        int got = vfio_user_call(user->socket, &call);
        if (got < 0 || call.reply_len < sizeof(head)) {
            fd_close(&fd);
            return got < 0 ? got : -EPROTO;
        }
        keep_file(user, index, fd);
        memcpy(&head, answer, sizeof(head));
        if (head.argsz <= room) {
            return parse_region(dev, index, answer, call.reply_len, ret);
        }
        if (head.argsz > ANSWER_MAX) {
            return -E2BIG;
        }
    }
    return index < REGIONS_MAX ? -E2BIG : -EINVAL;
}

static int user_irq_info(VfioDevice *dev, unsigned index, VfioIrqInfo *ret)
{
    struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
    int got = index < dev->info.irqs ? ask(dev, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info)) : -EINVAL;

    if (got < 0 || info.index != index) {
        return got < 0 ? got : -EPROTO;
    }
    *ret = (VfioIrqInfo){ .flags = info.flags, .count = MIN(info.count, VECTORS_MAX) };
    return 0;
}

/* ---- read, write ---- */

static int read_piece(UserDevice *user, VfioUserAccess want, int64_t deadline_us, void *data)
{
    size_t room = sizeof(want) + want.count;
    g_autofree uint8_t *answer = g_malloc(room);
    VfioUserAccess head;
    VfioUserCall call = { .command = VFIO_USER_REGION_READ, .head = &want, .head_len = sizeof(want),
                          .reply = answer, .reply_room = room, .deadline_us = deadline_us };
    int got = vfio_user_call(user->socket, &call);

    if (got < 0) {
        return got;
    }
    if (call.reply_len < sizeof(head)) {
        return -EPROTO;
    }
    memcpy(&head, answer, sizeof(head));
    if (call.reply_len != room || head.count != want.count) {
        return head.count < want.count ? -EIO : -EPROTO;
    }
    memcpy(data, answer + sizeof(head), want.count);
    return 0;
}

/* Some servers answer with a count of 0: drafts of the protocol asked for it. */
static int write_piece(UserDevice *user, VfioUserAccess want, int64_t deadline_us, const void *data)
{
    VfioUserAccess done = { 0 };
    VfioUserCall call = { .command = VFIO_USER_REGION_WRITE, .head = &want, .head_len = sizeof(want),
                          .data = data, .data_len = want.count, .reply = &done, .reply_room = sizeof(done),
                          .deadline_us = deadline_us };
    int got = vfio_user_call(user->socket, &call);

    return got < 0 ? got : done.count == want.count || done.count == 0 ? 0 : -EIO;
}

static VfioUserAccess piece_at(const UserDevice *user, const VfioRegionInfo *region, uint64_t offset,
                               size_t left)
{
    return (VfioUserAccess){ .offset = offset, .region = region->index,
                             .count = (uint32_t)MIN(left, user->limits.max_xfer) };
}

/* What the whole of it came to: a device that is gone has taken it, too. */
static ssize_t outcome(const UserDevice *user, int got, size_t len)
{
    return got >= 0 || vfio_user_gone(user->socket) ? (ssize_t)len : got;
}

static ssize_t user_read(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, void *data,
                         size_t len)
{
    UserDevice *user = user_of(dev);
    int64_t deadline_us = vfio_user_deadline(user->socket);
    int got = 0;

    for (size_t done = 0; done < len && got >= 0;) {
        VfioUserAccess piece = piece_at(user, region, offset + done, len - done);
        got = read_piece(user, piece, deadline_us, (uint8_t *)data + done);
        done += piece.count;
    }
    if (vfio_user_gone(user->socket)) {
        memset(data, 0xff, len);
    }
    return outcome(user, got, len);
}

/*
 * A CPU's write to a memory BAR need not be waited for: all that follows comes to the server
 * after it, except what the guest writes to memory it reaches directly. So a
 * device with such memory is waited for.
 */
static bool may_post(const UserDevice *user, const VfioRegionInfo *region, size_t len)
{
    return region->posted && !user->mapped && len <= POSTED_SIZE_MAX;
}

static ssize_t user_write(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, const void *data,
                          size_t len)
{
    UserDevice *user = user_of(dev);
    int64_t deadline_us = vfio_user_deadline(user->socket);
    int got = 0;

    if (may_post(user, region, len)) {
        VfioUserWrite write = { .at = piece_at(user, region, offset, len) };
        memcpy(write.data, data, len);
        return outcome(user, vfio_user_post(user->socket, &write, user->limits.write_multiple), len);
    }
    for (size_t done = 0; done < len && got >= 0;) {
        VfioUserAccess piece = piece_at(user, region, offset + done, len - done);
        got = write_piece(user, piece, deadline_us, (const uint8_t *)data + done);
        done += piece.count;
    }
    return outcome(user, got, len);
}

/* ---- mapping ---- */

/* A file too short for the area would be met only when the guest touches it. */
static bool file_holds(int fd, uint64_t offset, uint64_t size)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        return false;
    }
    uint64_t end = (uint64_t)st.st_size;
    return !S_ISREG(st.st_mode) || (offset <= end && size <= end - offset);
}

static void *user_map(VfioDevice *dev, const VfioRegionInfo *region, const VfioArea *area, void *at)
{
    UserDevice *user = user_of(dev);
    int access = (region->flags & VFIO_REGION_INFO_FLAG_READ ? PROT_READ : 0) |
                 (region->flags & VFIO_REGION_INFO_FLAG_WRITE ? PROT_WRITE : 0);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), offset = region->offset + area->offset;
    size_t size = (area->size + page - 1) & ~(page - 1);
    int fd = user->files[region->index];

    if (fd < 0 || offset < area->offset || !file_holds(fd, offset, area->size)) {
        errno = fd < 0 ? EBADF : ENXIO;
        return MAP_FAILED;
    }
    void *mapped = mmap(at, size, access, MAP_SHARED | (at ? MAP_FIXED : 0), fd, (off_t)offset);
    user->mapped |= mapped != MAP_FAILED;
    return mapped;
}

/* ---- interrupts, features, reset ---- */

/* Vectors from @fds[0] on that one message can set: as many with a file as fit, or any number without. */
static unsigned alike(const UserDevice *user, const int *fds, unsigned count)
{
    unsigned n = 1, max = fds[0] < 0 ? count : MIN(count, (unsigned)user->limits.max_fds);

    while (n < max && (fds[n] < 0) == (fds[0] < 0)) {
        n++;
    }
    return n;
}

static int user_set_irqs(VfioDevice *dev, unsigned index, uint32_t flags, unsigned start, unsigned count,
                         const int *fds)
{
    const UserDevice *user = user_of(dev);
    bool files = flags & VFIO_IRQ_SET_DATA_EVENTFD;
    unsigned done = 0, n;
    int got;

    do {
        n = files && count > 0 ? alike(user, fds + done, count - done) : count;
        bool with = files && n > 0 && fds[done] >= 0;
        struct vfio_irq_set set = {
            .argsz = sizeof(set), .flags = flags, .index = index, .start = start + done, .count = n,
        };
        if (with && user->limits.max_fds == 0) {
            return -EOPNOTSUPP;
        }
        got = tell(dev, (VfioUserCall){
            .command = VFIO_USER_DEVICE_SET_IRQS, .head = &set, .head_len = sizeof(set),
            .fds = with ? fds + done : NULL, .fd_count = with ? n : 0,
        });
        done += n;
    } while (got >= 0 && done < count);
    return got;
}

static int user_feature(VfioDevice *dev, uint32_t feature, void *data, size_t len)
{
    size_t size = sizeof(struct vfio_device_feature) + len;
    g_autofree struct vfio_device_feature *request = g_malloc0(size);

    request->argsz = (uint32_t)size;
    request->flags = feature;
    if (len > 0) {
        memcpy(request->data, data, len);
    }
    int got = ask(dev, VFIO_USER_DEVICE_FEATURE, request, size);
    if (got >= 0 && len > 0) {
        memcpy(data, request->data, len);
    }
    return got;
}

/* ---- planes ---- */

static int user_query_plane(VfioDevice *dev, struct vfio_device_gfx_plane_info *plane)
{
    plane->argsz = sizeof(*plane);
    return user_of(dev)->limits.planes ? ask(dev, VFIO_USER_X_QUERY_PLANE, plane, sizeof(*plane)) : -ENOTTY;
}

static int user_get_dmabuf(VfioDevice *dev, uint32_t id)
{
    VfioUserDmabuf dmabuf = { .argsz = sizeof(dmabuf), .id = id };
    int fd = -1;
    VfioUserCall call = { .command = VFIO_USER_X_GET_DMABUF, .head = &dmabuf, .head_len = sizeof(dmabuf),
                          .reply = &dmabuf, .reply_room = sizeof(dmabuf), .reply_fd = &fd };
    int got = vfio_user_call(user_of(dev)->socket, &call);

    if (got < 0) {
        fd_close(&fd);
        return got;
    }
    return fd >= 0 ? fd : -EPROTO;
}

static int user_reset(VfioDevice *dev)
{
    return tell(dev, (VfioUserCall){ .command = VFIO_USER_DEVICE_RESET });
}

static bool user_explain(VfioDevice *dev, Error **errp)
{
    const char *lost = vfio_user_lost(user_of(dev)->socket);

    return lost && hint(errp, "The reason: %s.", lost);
}

static void user_close(VfioDevice *dev)
{
    UserDevice *user = dev->opaque;

    vfio_dma_free(dev->dma);
    vfio_user_socket_free(user->socket);
    for (unsigned i = 0; i < REGIONS_MAX; i++) {
        fd_close(&user->files[i]);
    }
    g_free(user->files);
    g_free(user);
}

static const VfioTransportOps user_ops = {
    .name = "vfio-user",
    .info = user_info,
    .region_info = user_region_info,
    .irq_info = user_irq_info,
    .read = user_read,
    .write = user_write,
    .map = user_map,
    .set_irqs = user_set_irqs,
    .feature = user_feature,
    .query_plane = user_query_plane,
    .get_dmabuf = user_get_dmabuf,
    .reset = user_reset,
    .explain = user_explain,
    .close = user_close,
};

/* ---- opening ---- */

static int serve(void *opaque, uint16_t command, const uint8_t *data, size_t len, uint8_t **ret_reply,
                 size_t *ret_len)
{
    VfioDevice *dev = opaque;

    return dev->dma ? vfio_user_dma_serve(dev->dma, command, data, len, ret_reply, ret_len) : -EFAULT;
}

static VfioDma *dma_new(const UserDevice *user, bool no_files)
{
    VfioUserLimits limits = user->limits;

    limits.max_fds = no_files ? 0 : limits.max_fds;
    return vfio_user_dma_new(user->socket, &limits);
}

static bool device_up(VfioDevice *dev, bool no_files, Error **errp)
{
    UserDevice *user = user_of(dev);

    vfio_user_socket_serve(user->socket, serve, dev);
    if (!vfio_user_negotiate(user->socket, &user->limits, errp)) {
        return false;
    }
    dev->dma = dma_new(user, no_files);
    vfio_dma_set_name(dev->dma, dev->name);
    if (!vfio_dma_start(dev->dma, errp)) {
        return false;
    }
    int got = user_info(dev, &dev->info);
    if (got < 0) {
        fail_errno(errp, got, "error getting device info");
        user_explain(dev, errp);
        return false;
    }
    return true;
}

VfioDevice *vfio_user_open(const VfioUserServer *server, Error **errp)
{
    int fd = vfio_user_connect(server->path, server->timeout_ms, errp);

    if (fd < 0) {
        return NULL;
    }
    VfioDevice *dev = g_new0(VfioDevice, 1);
    UserDevice *user = g_new0(UserDevice, 1);
    user->socket = vfio_user_socket_new(fd, server->path, server->timeout_ms);
    user->files = g_new(int, REGIONS_MAX);
    memset(user->files, 0xff, REGIONS_MAX * sizeof(int));
    dev->ops = &user_ops;
    dev->opaque = user;
    dev->name = g_strdup(server->path);
    if (!device_up(dev, server->no_files, errp)) {
        fail(errp, "vfio-user %s", server->path);
        vfio_device_close(g_steal_pointer(&dev));
    }
    return dev;
}

bool vfio_user_settle(VfioDevice *dev, void (*lost)(void *opaque), void *opaque, Error **errp)
{
    return vfio_user_socket_settle(user_of(dev)->socket, lost, opaque, errp);
}
