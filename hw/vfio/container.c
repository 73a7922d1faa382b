/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /dev/vfio/vfio, groups and the type 1 IOMMU as a VfioDma; see container.h. */
#include "hw/vfio/container.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/accel.h"
#include "hw/vfio/advice.h"
#include "hw/vfio/chain.h"
#include "hw/vfio/dma.h"
#include "lib/fd.h"
#include "lib/log.h"

enum { ANSWER_MAX = 1 << 20 };  /* larger answers of an INFO ioctl are not believed */

typedef struct Container {
    int fd;
    unsigned groups;
    VfioDma *dma;
} Container;

struct VfioGroup {
    unsigned id, refs;
    int fd;
    bool announced;             /* the accelerator knows it */
    Container *container;
};

static GPtrArray *containers, *groups;  /* all that are open */

static int checked_ioctl(int fd, unsigned long request, void *arg)
{
    int got = ioctl(fd, request, arg);

    return got < 0 ? -errno : got;
}

static void list_add(GPtrArray **list, void *item)
{
    if (!*list) {
        *list = g_ptr_array_new();
    }
    g_ptr_array_add(*list, item);
}

static void list_del(GPtrArray *list, void *item)
{
    if (list) {
        g_ptr_array_remove(list, item);
    }
}

/* ---- type 1 as VfioDmaOps ---- */

static int container_fd(const VfioDma *dma)
{
    return ((const Container *)dma->opaque)->fd;
}

static int type1_limits(VfioDma *dma, VfioDmaLimits *ret)
{
    size_t room = sizeof(struct vfio_iommu_type1_info);
    g_autofree struct vfio_iommu_type1_info *answer = NULL;

    for (int tries = 0; tries < 4; tries++) {
        g_free(answer);
        answer = g_malloc0(room);
        answer->argsz = (uint32_t)room;
        int got = checked_ioctl(container_fd(dma), VFIO_IOMMU_GET_INFO, answer);
        if (got < 0) {
            return got;
        }
        if (answer->argsz <= room) {
            return vfio_limits_parse(answer, room, ret);
        }
        if (answer->argsz > ANSWER_MAX) {
            break;
        }
        room = answer->argsz;
    }
    return -E2BIG;
}

static int type1_map(VfioDma *dma, const VfioMapping *mapping)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map),
        .flags = VFIO_DMA_MAP_FLAG_READ | (mapping->readonly ? 0 : VFIO_DMA_MAP_FLAG_WRITE),
        .vaddr = (uintptr_t)mapping->host,
        .iova = mapping->iova,
        .size = mapping->size,
    };

    return checked_ioctl(container_fd(dma), VFIO_IOMMU_MAP_DMA, &map);
}

static int type1_unmap(VfioDma *dma, uint64_t iova, uint64_t size)
{
    struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova, .size = size };

    return checked_ioctl(container_fd(dma), VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static void type1_free(VfioDma *dma)
{
}

static const VfioDmaOps type1_ops = {
    .name = "type1",
    .limits = type1_limits,
    .map = type1_map,
    .unmap = type1_unmap,
    .free = type1_free,
};

/* ---- containers ---- */

static bool check_api(int fd, Error **errp)
{
    int version = ioctl(fd, VFIO_GET_API_VERSION);

    return version == VFIO_API_VERSION ||
           fail(errp, "supported vfio version: %d, reported version: %d", VFIO_API_VERSION, version);
}

static bool container_open(Container *container, Error **errp)
{
    g_autofree char *path = vfio_host_path("/dev/vfio/vfio");

    container->fd = open(path, O_RDWR | O_CLOEXEC);
    if (container->fd < 0) {
        int err = errno;
        fail_errno(errp, err, "Could not open '%s'", path);
        return vfio_advise_container_open(err, errp);
    }
    return check_api(container->fd, errp);
}

/* Version 2 keeps to the mappings' own borders when unmapping. */
static bool container_set_iommu(Container *container, Error **errp)
{
    static const unsigned long types[] = { VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU };

    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
        if (ioctl(container->fd, VFIO_CHECK_EXTENSION, types[i]) <= 0) {
            continue;
        }
        if (ioctl(container->fd, VFIO_SET_IOMMU, types[i]) == 0) {
            return true;
        }
        int err = errno;
        fail_errno(errp, err, "Failed to set iommu for container");
        return vfio_advise_iommu(err, errp);
    }
    fail(errp, "No available IOMMU models");
    return hint(errp, "modprobe vfio_iommu_type1");
}

/* Unmaps everything while a group still holds the IOMMU. */
static void container_stop(Container *container)
{
    vfio_dma_free(container->dma);
    container->dma = NULL;
}

static void container_free(Container *container)
{
    list_del(containers, container);
    container_stop(container);
    fd_close(&container->fd);
    g_free(container);
}

static int set_container(VfioGroup *group, Container *container)
{
    int got = checked_ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &container->fd);

    if (got >= 0) {
        group->container = container;
        container->groups++;
    }
    return MIN(got, 0);
}

/* One container for all groups whose IOMMUs agree: memory is then pinned and mapped once. */
static bool join_container(VfioGroup *group, bool pins)
{
    for (unsigned i = 0; containers && i < containers->len; i++) {
        Container *container = containers->pdata[i];
        if (pins) {
            vfio_dma_will_pin(container->dma);
        }
        if (set_container(group, container) == 0) {
            return true;
        }
    }
    return false;
}

static bool make_container(VfioGroup *group, bool pins, Error **errp)
{
    Container *container = g_new0(Container, 1);

    container->fd = -1;
    list_add(&containers, container);
    container->dma = vfio_dma_new(&type1_ops, container, pins);
    if (!container_open(container, errp)) {
        container_free(container);
        return false;
    }
    int got = set_container(group, container);
    if (got < 0) {
        container_free(container);
        return fail_errno(errp, got, "failed to set container for group %u", group->id);
    }
    return container_set_iommu(container, errp);    /* when it fails the group's put undoes the rest */
}

/* ---- groups ---- */

static bool group_open(VfioGroup *group, const VfioHostDevice *host, Error **errp)
{
    g_autofree char *below = g_strdup_printf("/dev/vfio/%u", group->id);
    g_autofree char *path = vfio_host_path(below);

    group->fd = open(path, O_RDWR | O_CLOEXEC);
    if (group->fd < 0) {
        int err = errno;
        fail_errno(errp, err, "Could not open '%s'", path);
        return vfio_advise_group_open(host, path, err, errp);
    }
    return true;
}

static bool group_check(VfioGroup *group, Error **errp)
{
    struct vfio_group_status status = { .argsz = sizeof(status) };
    int got = checked_ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status);

    if (got < 0) {
        return fail_errno(errp, got, "failed to get group %u status", group->id);
    }
    if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
        fail(errp, "group %u is not viable", group->id);
        return vfio_advise_not_viable(group->id, errp);
    }
    return true;
}

/* Mediated drivers look for the VM when their device is opened: kvmgt refuses without. */
static void group_announce(VfioGroup *group)
{
    int got = accel_vfio_file(group->fd, true);

    group->announced = got == 0;
    if (got < 0) {
        warn("failed to add group %u to the accelerator's VFIO device: %s", group->id, g_strerror(-got));
    }
}

static bool group_up(VfioGroup *group, const VfioHostDevice *host, Error **errp)
{
    bool pins = !host->mediated;

    if (!group_open(group, host, errp) || !group_check(group, errp)) {
        return false;
    }
    if (!join_container(group, pins) && !make_container(group, pins, errp)) {
        return false;
    }
    if (!group->container->dma->name) {
        vfio_dma_set_name(group->container->dma, host->name);
    }
    group_announce(group);
    return vfio_dma_start(group->container->dma, errp);
}

static VfioGroup *group_find(unsigned id)
{
    for (unsigned i = 0; groups && i < groups->len; i++) {
        VfioGroup *group = groups->pdata[i];
        if (group->id == id) {
            return group;
        }
    }
    return NULL;
}

VfioGroup *vfio_group_get(const VfioHostDevice *host, Error **errp)
{
    VfioGroup *group = group_find(host->group);

    if (group) {
        group->refs++;
        return group;
    }
    group = g_new0(VfioGroup, 1);
    *group = (VfioGroup){ .id = host->group, .refs = 1, .fd = -1 };
    list_add(&groups, group);
    if (!group_up(group, host, errp)) {
        vfio_group_put(group);
        return NULL;
    }
    return group;
}

static void leave_container(VfioGroup *group)
{
    Container *container = group->container;
    bool last = container && --container->groups == 0;

    if (last) {
        container_stop(container);
    }
    if (container) {
        ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
    }
    if (last) {
        container_free(container);
    }
}

void vfio_group_put(VfioGroup *group)
{
    if (!group || --group->refs > 0) {
        return;
    }
    list_del(groups, group);
    if (group->announced) {
        accel_vfio_file(group->fd, false);
    }
    leave_container(group);
    fd_close(&group->fd);
    g_free(group);
}

int vfio_group_device_fd(VfioGroup *group, const char *name, const char *vf_token)
{
    g_autofree char *text = vf_token ? g_strdup_printf("%s vf_token=%s", name, vf_token) : g_strdup(name);

    return checked_ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, text);
}

VfioDma *vfio_group_dma(VfioGroup *group)
{
    return group->container->dma;
}

int vfio_group_fd(unsigned id)
{
    const VfioGroup *group = group_find(id);

    return group ? group->fd : -1;
}
