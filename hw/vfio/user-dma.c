/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for a vfio-user server. Memory with a file is passed on for the
 * server to map; any memory can be read and written by messages. The table of
 * what was passed on is the whole of what the server can reach by messages.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "hw/vfio/user.h"

/* struct vfio_user_dma_map and _unmap (spec, VFIO_USER_DMA_MAP, _UNMAP) */
typedef struct DmaMap {
    uint32_t argsz, flags;
    uint64_t offset, addr, size;
} DmaMap;

typedef struct DmaUnmap {
    uint32_t argsz, flags;
    uint64_t addr, size;
} DmaUnmap;

enum { READABLE = 1 << 0, WRITABLE = 1 << 1 };

typedef struct UserDma {
    VfioUserSocket *socket;
    VfioUserLimits limits;
    GArray *mappings;       /* of VfioMapping, as the server knows them, in no order: they are few */
} UserDma;

static VfioMapping *mapping_at(const UserDma *user, unsigned i)
{
    return &g_array_index(user->mappings, VfioMapping, i);
}

static VfioMapping *mapping_of(const UserDma *user, uint64_t addr)
{
    for (unsigned i = 0; i < user->mappings->len; i++) {
        VfioMapping *mapping = mapping_at(user, i);
        if (addr >= mapping->iova && addr - mapping->iova < mapping->size) {
            return mapping;
        }
    }
    return NULL;
}

/* ---- map, unmap ---- */

/* The mappings' number is for map() to check: a guest that brings it about must not stop its machine. */
static int user_limits(VfioDma *dma, VfioDmaLimits *ret)
{
    const UserDma *user = dma->opaque;

    *ret = (VfioDmaLimits){ .page_sizes = user->limits.page_sizes, .max_mappings = UINT_MAX };
    return 0;
}

static int send_map(UserDma *user, const VfioMapping *mapping)
{
    bool shared = mapping->fd >= 0 && user->limits.max_fds > 0;
    DmaMap map = {
        .argsz = sizeof(map),
        .flags = READABLE | (mapping->readonly ? 0 : WRITABLE),
        .offset = shared ? mapping->fd_offset : 0,
        .addr = mapping->iova,
        .size = mapping->size,
    };
    VfioUserCall call = {
        .command = VFIO_USER_DMA_MAP, .head = &map, .head_len = sizeof(map),
        .fds = &mapping->fd, .fd_count = shared,
        .reply = &map, .reply_room = sizeof(map),       /* some answer with what they were sent */
    };

    return vfio_user_call(user->socket, &call);
}

static int send_unmap(UserDma *user, uint64_t iova, uint64_t size)
{
    DmaUnmap unmap = { .argsz = sizeof(unmap), .addr = iova, .size = size };
    VfioUserCall call = {
        .command = VFIO_USER_DMA_UNMAP, .head = &unmap, .head_len = sizeof(unmap),
        .reply = &unmap, .reply_room = sizeof(unmap),
    };

    return vfio_user_call(user->socket, &call);
}

/* An answer of failure does not say that nothing was done: take it back. */
static int map_or_nothing(UserDma *user, const VfioMapping *mapping)
{
    int got = send_map(user, mapping);

    if (got < 0) {
        send_unmap(user, mapping->iova, mapping->size);
    }
    return got;
}

/* Later than at the start the guest is not to suffer from its server. */
static int map_failed(const VfioDma *dma, const VfioMapping *mapping, int err)
{
    UserDma *user = dma->opaque;

    if (dma->starting) {
        return err;
    }
    if (!mapping->readonly) {
        vfio_user_give_up(user->socket, "the server does not take the guest's memory (%s)", g_strerror(-err));
    }
    return vfio_user_lost(user->socket) ? 0 : err;
}

/* Memory of other devices is not for the server: its messages could find it gone. */
static int user_map(VfioDma *dma, const VfioMapping *mapping)
{
    UserDma *user = dma->opaque;

    if (mapping->device) {
        return 0;
    }
    bool room = user->mappings->len < user->limits.max_dma_maps;
    int got = room ? map_or_nothing(user, mapping) : -ENOSPC;
    if (got == -EEXIST) {       /* spec: something was left there; now it is not */
        got = map_or_nothing(user, mapping);
    }
    if (got < 0) {
        return map_failed(dma, mapping, got);
    }
    g_array_append_val(user->mappings, *mapping);
    return 0;
}

/* The server may use the memory until it has answered. At the end it loses all of it with the connection. */
static int user_unmap(VfioDma *dma, uint64_t iova, uint64_t size)
{
    UserDma *user = dma->opaque;
    VfioMapping *mapping = mapping_of(user, iova);

    if (!mapping) {     /* never passed on */
        return 0;
    }
    int got = send_unmap(user, iova, size);
    g_array_remove_index_fast(user->mappings, (guint)(mapping - mapping_at(user, 0)));
    if (got < 0 && !dma->ending) {      /* it may go on using memory that will soon be something else */
        vfio_user_give_up(user->socket, "the server does not let go of the guest's memory (%s)",
                          g_strerror(-got));
    }
    return 0;
}

static bool user_advise(const VfioDma *dma, int err, Error **errp)
{
    const UserDma *user = dma->opaque;

    if (vfio_user_lost(user->socket)) {
        return hint(errp, "The reason: %s.", vfio_user_lost(user->socket));
    }
    if (err == -ENOSPC) {
        return hint(errp, "The server takes %" G_GUINT64_FORMAT " mappings (max_dma_maps), and this machine"
                    " needs more.", user->limits.max_dma_maps);
    }
    return hint(errp, "This is the server's answer; its own messages may say more.");
}

static void user_free(VfioDma *dma)
{
    UserDma *user = dma->opaque;

    g_array_unref(user->mappings);
    g_free(user);
}

static const VfioDmaOps user_dma_ops = {
    .name = "vfio-user",
    .limits = user_limits,
    .map = user_map,
    .unmap = user_unmap,
    .advise = user_advise,
    .free = user_free,
};

VfioDma *vfio_user_dma_new(VfioUserSocket *socket, const VfioUserLimits *limits)
{
    UserDma *user = g_new0(UserDma, 1);

    user->socket = socket;
    user->limits = *limits;
    user->mappings = g_array_new(false, false, sizeof(VfioMapping));
    return vfio_dma_new(&user_dma_ops, user, false);
}

/* ---- reading and writing by message ---- */

/* All of it must have been passed on before any of it is touched. */
static int check_access(const UserDma *user, VfioUserDmaAccess access, bool write)
{
    while (access.count > 0) {
        const VfioMapping *mapping = mapping_of(user, access.addr);
        if (!mapping || (write && mapping->readonly)) {
            return mapping ? -EACCES : -EFAULT;
        }
        uint64_t here = MIN(access.count, mapping->size - (access.addr - mapping->iova));
        access.addr += here;
        access.count -= here;
    }
    return 0;
}

/* From @from to guest memory, or, where that is NULL, from guest memory to @to. */
static void copy(const UserDma *user, VfioUserDmaAccess access, const uint8_t *from, uint8_t *to)
{
    for (uint64_t done = 0, here; done < access.count; done += here) {
        const VfioMapping *mapping = mapping_of(user, access.addr + done);
        uint64_t at = access.addr + done - mapping->iova;
        here = MIN(access.count - done, mapping->size - at);
        if (from) {
            memcpy(mapping->host + at, from + done, here);
        } else {
            memcpy(to + done, mapping->host + at, here);
        }
    }
}

static bool well_formed(const VfioUserDmaAccess *access, bool write, size_t data_len)
{
    return access->count <= VFIO_USER_XFER_MAX && access->count <= UINT64_MAX - access->addr &&
           (!write || access->count == data_len);
}

int vfio_user_dma_serve(VfioDma *dma, uint16_t command, const uint8_t *data, size_t len, uint8_t **ret_reply,
                        size_t *ret_len)
{
    const UserDma *user = dma->opaque;
    bool write = command == VFIO_USER_DMA_WRITE;
    VfioUserDmaAccess access;

    if (command != VFIO_USER_DMA_READ && !write) {
        return -ENOSYS;
    }
    if (len < sizeof(access)) {
        return -EINVAL;
    }
    memcpy(&access, data, sizeof(access));
    if (!well_formed(&access, write, len - sizeof(access))) {
        return -EINVAL;
    }
    int got = check_access(user, access, write);
    if (got < 0) {
        return got;
    }
    *ret_len = sizeof(access) + (write ? 0 : access.count);
    *ret_reply = g_malloc(*ret_len);
    memcpy(*ret_reply, &access, sizeof(access));
    copy(user, access, write ? data + sizeof(access) : NULL, *ret_reply + sizeof(access));
    return 0;
}
