/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The class vfio-pci: a PCI or mediated device of the host's kernel. */
#include <string.h>

#include "hw/vfio/pci.h"
#include "lib/parse.h"

typedef struct VfioKernelPci {
    VfioPci vfio;
    char *host, *sysfsdev, *vf_token;
    bool balloon_allowed;
} VfioKernelPci;

/* In the form messages and sysfs use. */
static const char *setting(const VfioPci *vfio)
{
    const VfioKernelPci *dev = (const VfioKernelPci *)vfio;
    static char name[32];
    PciAddress at;
    Error *err = NULL;

    if (dev->sysfsdev) {
        const char *slash = strrchr(dev->sysfsdev, '/');
        return slash && slash[1] ? slash + 1 : dev->sysfsdev;
    }
    if (!dev->host || !parse_pci_address(dev->host, &at, &err)) {
        error_free(err);
        return dev->host ? dev->host : "?";
    }
    g_snprintf(name, sizeof(name), "%04x:%02x:%02x.%x", at.domain, at.bus, at.slot, at.function);
    return name;
}

static VfioDevice *open_device(VfioPci *vfio, Error **errp)
{
    const VfioKernelPci *dev = (const VfioKernelPci *)vfio;
    const VfioOpen open = {
        .host = dev->sysfsdev ? NULL : dev->host,
        .sysfsdev = dev->sysfsdev,
        .vf_token = dev->vf_token,
    };
    VfioDevice *opened = vfio_device_open(&open, errp);

    if (opened && dev->balloon_allowed && !opened->mediated) {
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
        PROP(VfioKernelPci, vf_token, str, "vf-token", NULL, "UUID the owner of the physical function has set"),
        PROP(VfioKernelPci, balloon_allowed, bool, "x-balloon-allowed", "off", "Guest memory may shrink (mdev only)"),
        { }
    },
};
