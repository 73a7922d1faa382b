/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The class vfio-user-pci: a PCI device that another process emulates. */
#include <string.h>

#include "hw/vfio/pci.h"
#include "hw/vfio/user.h"

typedef struct VfioUserPci {
    VfioPci vfio;
    char *socket;                       /* path */
    char *address_type, *address_path;  /* the same as management tools write it: an object in JSON */
    uint32_t timeout_ms;
    bool no_direct_dma, mediated;
} VfioUserPci;

static const char *path_of(const VfioUserPci *dev)
{
    return dev->socket ? dev->socket : dev->address_path;
}

static const char *setting(const VfioPci *vfio)
{
    const char *path = path_of((const VfioUserPci *)vfio);

    return path && *path ? path : "?";
}

static bool check_address(const VfioUserPci *dev, Error **errp)
{
    const char *path = path_of(dev);

    if (dev->address_type && !g_str_equal(dev->address_type, "unix")) {
        fail(errp, "Unsupported socket type '%s': only 'unix' is", dev->address_type);
        return hint(errp, "The device's server must run on this host: guest memory is shared with it.");
    }
    if (dev->socket && dev->address_path) {
        return fail(errp, "'socket' and 'socket.path' both name a socket");
    }
    if (!path || !*path) {
        fail(errp, "No provided socket");
        return hint(errp, "Use -device vfio-user-pci,socket=PATH, the path the device's server listens on.");
    }
    return dev->timeout_ms > 0 || fail(errp, "x-msg-timeout=0: give the server at least 1 ms to answer");
}

static VfioDevice *open_device(VfioPci *vfio, Error **errp)
{
    const VfioUserPci *dev = (const VfioUserPci *)vfio;
    const VfioUserServer server = {
        .path = path_of(dev),
        .timeout_ms = dev->timeout_ms,
        .no_files = dev->no_direct_dma,
    };

    VfioDevice *opened = check_address(dev, errp) ? vfio_user_open(&server, errp) : NULL;

    if (opened) {
        opened->mediated = dev->mediated;
    }
    return opened;
}

/* Nobody is there to lower a line, or to answer in memory the guest has mapped. */
static void on_lost(void *opaque)
{
    VfioPci *dev = opaque;

    vfio_irq_stop(dev);
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        vfio_region_give_up(&dev->bars[i]);
    }
}

/* Until it is whole its loss is an error of the command line. */
static bool user_pci_complete(Object *obj, Error **errp)
{
    VfioPci *dev = (VfioPci *)obj;

    return vfio_user_settle(dev->dev, on_lost, dev, errp) || fail(errp, "vfio-user %s", vfio_pci_name(dev));
}

static const VfioPciOps user_pci_ops = { VFIO_PCI_OPS, .setting = setting, .open = open_device };

CLASS(vfio_user_pci_class) = {
    .name = "vfio-user-pci",
    .parent = &vfio_pci_base_class,
    .desc = "VFIO over a socket: a PCI device of another process",
    .size = sizeof(VfioUserPci),
    .ops = &user_pci_ops,
    .props = (const Property[]) {
        PROP(VfioUserPci, socket, str, "socket", NULL, "UNIX socket the device's server listens on"),
        PROP(VfioUserPci, address_type, str, "socket.type", NULL, "Only 'unix'; for socket={...} in JSON"),
        PROP(VfioUserPci, address_path, str, "socket.path", NULL, "The same as socket=, for JSON"),
        PROP(VfioUserPci, timeout_ms, u32, "x-msg-timeout", "5000",
             "Milliseconds after which a server that does not answer is given up"),
        PROP(VfioUserPci, no_direct_dma, bool, "x-no-direct-dma", "off",
             "Share no memory with the server: it reads and writes the guest's by messages"),
        PROP(VfioUserPci, mediated, bool, "x-mediated", "off",
             "The device is as the kernel's mediated ones: its registers with addresses are its own (GVT-g)"),
        PROP(VfioUserPci, vfio.no_posted_writes, bool, "x-no-posted-writes", "off",
             "Wait for the end of every write to a BAR"),
        { }
    },
    .complete = user_pci_complete,
};

CLASS(vfio_user_pci_cold_class) = {
    .name = "vfio-user-pci-nohotplug",
    .parent = &vfio_user_pci_class,
    .desc = "VFIO over a socket, there from the start",
    .size = sizeof(VfioUserPci),
    .cold = true,
    .props = (const Property[]) {
        VFIO_COLD_PROPS(VfioPci),
        { }
    },
};
