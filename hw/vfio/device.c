/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a device of the host and asking what it has; see vfio.h. */
#include <errno.h>
#include <glib.h>

#include "hw/vfio/advice.h"
#include "hw/vfio/container.h"
#include "hw/vfio/kernel.h"
#include "hw/vfio/mdev.h"
#include "hw/vfio/sysfs.h"
#include "hw/vfio/vfio.h"

#define LOAD_MAX (256ULL << 20)     /* no ROM, OpRegion or configuration copy comes near */

/* ---- open, close ---- */

static bool device_attach(VfioDevice *dev, const VfioHostDevice *host, const char *vf_token, Error **errp)
{
    VfioGroup *group = vfio_group_get(host, errp);

    if (!group) {
        return false;
    }
    int fd = vfio_group_device_fd(group, host->name, vf_token);
    if (fd < 0) {
        vfio_group_put(group);
        fail_errno(errp, fd, "error getting device from group %u", host->group);
        return vfio_advise_device_open(host, -fd, errp);
    }
    vfio_kernel_attach(dev, fd, group);
    return true;
}

static bool device_up(VfioDevice *dev, const VfioHostDevice *host, const char *vf_token, Error **errp)
{
    if (!device_attach(dev, host, vf_token, errp)) {
        return false;
    }
    int got = dev->ops->info(dev, &dev->info);
    if (got < 0) {
        return fail_errno(errp, got, "error getting device info");
    }
    return true;
}

VfioDevice *vfio_device_open(const VfioOpen *open, Error **errp)
{
    VfioHostDevice host;

    if (!vfio_host_device_find(open, &host, errp)) {
        return NULL;
    }
    VfioDevice *dev = g_new0(VfioDevice, 1);
    dev->name = g_strdup(host.name);
    dev->sysfs_path = g_strdup(host.path);
    dev->mediated = host.mediated;
    if (!device_up(dev, &host, open->vf_token, errp)) {
        fail(errp, "vfio %s", host.name);
        vfio_device_close(g_steal_pointer(&dev));
    }
    vfio_host_device_clear(&host);
    return dev;
}

void vfio_device_close(VfioDevice *dev)
{
    if (!dev) {
        return;
    }
    if (dev->ops) {
        dev->ops->close(dev);
    }
    mdev_release(dev->mdev);    /* after the last file of it is closed: the kernel would wait for that */
    g_free(dev->name);
    g_free(dev->sysfs_path);
    g_free(dev);
}

/* ---- regions ---- */

bool vfio_region_info(VfioDevice *dev, unsigned index, VfioRegionInfo *ret, Error **errp)
{
    VfioRegionInfo info = { 0 };
    int got = dev->ops->region_info(dev, index, &info);

    if (got < 0) {
        return fail_errno(errp, got, "failed to get region %u info of %s", index, dev->name);
    }
    *ret = info;
    return true;
}

bool vfio_region_find(VfioDevice *dev, uint32_t type, uint32_t subtype, VfioRegionInfo *ret)
{
    for (unsigned i = VFIO_PCI_NUM_REGIONS; i < dev->info.regions; i++) {
        VfioRegionInfo info = { 0 };
        if (dev->ops->region_info(dev, i, &info) < 0) {
            continue;
        }
        if (info.type == type && info.subtype == subtype) {
            *ret = info;
            return true;
        }
        vfio_region_info_clear(&info);
    }
    return false;
}

uint8_t *vfio_region_load(VfioDevice *dev, const VfioRegionInfo *info, Error **errp)
{
    if (info->size == 0 || info->size > LOAD_MAX) {
        fail(errp, "region %u of %s has an impossible size: 0x%" G_GINT64_MODIFIER "x", info->index, dev->name,
             info->size);
        return NULL;
    }
    g_autofree uint8_t *data = g_malloc0(info->size);
    ssize_t got = dev->ops->read(dev, info, 0, data, info->size);
    if (got < 0) {
        fail_errno(errp, (int)got, "failed to read region %u of %s", info->index, dev->name);
        return NULL;
    }
    return g_steal_pointer(&data);
}
