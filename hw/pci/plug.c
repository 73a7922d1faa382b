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

/* A guest looks at a slot when its first function comes: what joins later it never sees. */
static bool slot_is_open(const PciBus *bus, const PciDevice *dev, Error **errp)
{
    int slot = PCI_SLOT_OF(dev->devfn), function = PCI_FUNCTION_OF(dev->devfn);
    const PciDevice *first = dev->devfn >= 0 ? pci_bus_device(bus, PCI_DEVFN_OF(slot, 0)) : NULL;

    if (!first || function == 0 || first == dev) {
        return true;
    }
    if (first->obj.unplugging) {
        return fail(errp, "PCI: slot %d is being unplugged", slot);
    }
    return fail(errp, "PCI: slot %d function 0 already occupied by %s, new func %s cannot be exposed to guest.", slot,
                first->obj.class->name, dev->obj.class->name);
}

static bool can_plug(Object *obj, Error **errp)
{
    const PciDevice *dev = (const PciDevice *)obj;
    const PciBus *bus = bus_of((PciDevice *)obj, errp);

    if (bus && !bus->hotplug.plug) {
        return fail(errp, "Bus '%s' does not support hotplugging", bus->obj.id);
    }
    return bus && (obj->realized || slot_is_open(bus, dev, errp));
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
