/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The class vfio-pci: a PCI or mediated device of the host's kernel. */
#include <string.h>

#include "hw/vfio/mdev.h"
#include "hw/vfio/pci.h"
#include "hw/vfio/sysfs.h"

typedef struct VfioKernelPci {
    VfioPci vfio;
    char *host, *sysfsdev, *vf_token;
    char *mdev_parent, *mdev_type, *mdev_uuid;
    bool balloon_allowed;
} VfioKernelPci;

static bool wants_mdev(const VfioKernelPci *dev)
{
    return dev->mdev_parent || dev->mdev_type || dev->mdev_uuid;
}

/* In the form messages and sysfs use. */
static const char *setting(const VfioPci *vfio)
{
    const VfioKernelPci *dev = (const VfioKernelPci *)vfio;
    static char name[64];
    g_autofree char *text = NULL;
    PciAddress at;
    Error *err = NULL;

    if (wants_mdev(dev)) {
        return dev->mdev_uuid ? dev->mdev_uuid : dev->mdev_parent ? dev->mdev_parent : dev->mdev_type;
    }
    if (dev->sysfsdev) {
        text = g_path_get_basename(dev->sysfsdev);
    } else if (dev->host && parse_pci_address(dev->host, &at, &err)) {
        text = vfio_host_pci_name(&at);
    }
    error_free(err);
    g_strlcpy(name, text ? text : dev->host ? dev->host : "?", sizeof(name));
    return name;
}

/* ---- a mediated device that comes and goes with the guest ---- */

static bool acquire(VfioKernelPci *dev, Mdev **ret, Error **errp)
{
    const MdevWish wish = { .parent = dev->mdev_parent, .type = dev->mdev_type, .uuid = dev->mdev_uuid };

    if (!wants_mdev(dev)) {
        return true;
    }
    if (dev->host || dev->sysfsdev) {
        return fail(errp, "%s= and mdev-...= both name a device: give one of them", dev->host ? "host" : "sysfsdev");
    }
    *ret = mdev_acquire(&wish, errp);
    if (!*ret) {
        return fail(errp, "vfio %s", setting(&dev->vfio));
    }
    g_free(dev->mdev_uuid);
    dev->mdev_uuid = g_strdup(mdev_uuid(*ret));     /* for those who ask which one it is */
    return true;
}

static VfioDevice *open_device(VfioPci *vfio, Error **errp)
{
    VfioKernelPci *dev = (VfioKernelPci *)vfio;
    Mdev *mdev = NULL;

    if (!acquire(dev, &mdev, errp)) {
        return NULL;
    }
    const VfioOpen open = {
        .host = dev->sysfsdev ? NULL : dev->host,
        .sysfsdev = mdev ? mdev_folder(mdev) : dev->sysfsdev,
        .vf_token = dev->vf_token,
    };
    VfioDevice *opened = vfio_device_open(&open, errp);
    if (!opened) {
        mdev_release(mdev);
        return NULL;
    }
    opened->mdev = mdev;
    if (dev->balloon_allowed && !opened->mediated) {
        fail(errp, "vfio %s: x-balloon-allowed only potentially compatible with mdev devices", opened->name);
        vfio_device_close(g_steal_pointer(&opened));
    }
    return opened;
}

/* Ids stay zero here: they are the device's. */
static const VfioPciOps kernel_pci_ops = { VFIO_PCI_OPS, .setting = setting, .open = open_device };

CLASS(vfio_pci_class) = {
    .name = "vfio-pci",
    .parent = &vfio_pci_base_class,
    .desc = "VFIO-based PCI device assignment",
    .size = sizeof(VfioKernelPci),
    .ops = &kernel_pci_ops,
    .props = (const Property[]) {
        PROP(VfioKernelPci, host, str, "host", NULL, "Function on the host, [DDDD:]BB:DD.F"),
        PROP(VfioKernelPci, sysfsdev, str, "sysfsdev", NULL, "Folder of the device or mediated device in sysfs"),
        PROP_CHOICES(VfioKernelPci, mdev_parent, "mdev-parent",
                     "Make a mediated device of this parent for the guest's life ('help' lists them)", mdev_parents_help),
        PROP_CHOICES(VfioKernelPci, mdev_type, "mdev-type", "Its type ('help' lists them)", mdev_types_help),
        PROP(VfioKernelPci, mdev_uuid, str, "mdev-uuid", NULL,
             "Its UUID; alone: the device with this UUID, or the one mdevctl starts"),
        PROP(VfioKernelPci, vf_token, str, "vf-token", NULL, "UUID the owner of the physical function has set"),
        PROP(VfioKernelPci, balloon_allowed, bool, "x-balloon-allowed", "off", "Guest memory may shrink (mdev only)"),
        { }
    },
};

CLASS(vfio_pci_cold_class) = {
    .name = "vfio-pci-nohotplug",
    .parent = &vfio_pci_class,
    .desc = "VFIO-based PCI device assignment, there from the start",
    .size = sizeof(VfioKernelPci),
    .cold = true,
    .props = (const Property[]) {
        VFIO_COLD_PROPS(VfioPci),
        { }
    },
};
