/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI devices that come and go while the guest runs: who on their bus is to be told. */
#include "hw/pci/internal.h"

/* Before realize the bus is what the property says, afterwards where the device is. */
static PciBus *bus_of(PciDevice *dev, Error **errp)
{
    return dev->bus ? dev->bus : pci_bus_find(dev->bus_name, errp);
}

static Object *of(const Object *obj)
{
    const PciDevice *dev = (const PciDevice *)obj;

    return dev->bus ? &dev->bus->obj : NULL;
}

static bool can_plug(Object *obj, Error **errp)
{
    const PciBus *bus = bus_of((PciDevice *)obj, errp);

    return bus && (bus->hotplug.plug || fail(errp, "Bus '%s' does not support hotplugging", bus->obj.id));
}

static bool plugged(Object *obj, Error **errp)
{
    PciDevice *dev = (PciDevice *)obj;

    return dev->bus->hotplug.plug(dev->bus->hotplug.opaque, dev, errp);
}

/* A slot goes as a whole: its other functions are on their way too. */
static void mark_slot(PciDevice *dev)
{
    for (int function = 0; function < 8; function++) {
        PciDevice *other = pci_bus_device(dev->bus, PCI_DEVFN_OF(PCI_SLOT_OF(dev->devfn), function));
        if (other) {
            other->obj.unplugging = true;
        }
    }
}

static bool unplug_request(Object *obj, Error **errp)
{
    PciDevice *dev = (PciDevice *)obj;

    if (!dev->bus->hotplug.unplug_request(dev->bus->hotplug.opaque, dev, errp)) {
        return false;
    }
    mark_slot(dev);
    return true;
}

const BusKind pci_bus_kind = {
    .name = "PCI",
    .of = of,
    .describe = pci_describe,
    .can_plug = can_plug,
    .plugged = plugged,
    .unplug_request = unplug_request,
};
