/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bridges Intel's video BIOS and drivers look at to learn which platform they
 * run on: an ISA/LPC bridge at 00:1f.0 that is nothing but ids, and the ids of the
 * host bridge. Both get the host's.
 */
#include "hw/vfio/igd.h"

#include <string.h>

typedef struct LpcBridge {
    PciDevice pci;
} LpcBridge;

enum { LPC_DEVFN = PCI_DEVFN_OF(0x1f, 0), HOST_BRIDGE_DEVFN = PCI_DEVFN_OF(0, 0) };

static bool lpc_realize(Object *obj, Error **errp)
{
    PciDevice *pci = (PciDevice *)obj;

    return pci->devfn == LPC_DEVFN || fail(errp, "VFIO dummy ISA/LPC bridge must have address 1f.0");
}

/* A bridge to ISA; the ids of a chip nobody has until an IGD brings the host's. */
/* The IGD whose bridge it is keeps hold of it. */
static const PciOps lpc_ops = { .vendor = PCI_VENDOR_INTEL, .class_code = 0x060100, .fixed = true };

CLASS(vfio_igd_lpc_bridge_class) = {
    .name = "vfio-pci-igd-lpc-bridge",
    .parent = &pci_device_class,
    .desc = "VFIO dummy ISA/LPC bridge for IGD assignment",
    .size = sizeof(LpcBridge),
    .ops = &lpc_ops,
    .props = (const Property[]) { { } },
    .realize = lpc_realize,
};

/* ---- ids of the host ---- */

typedef struct IdField {
    uint8_t addr, len;
} IdField;

static const IdField lpc_ids[] = {
    { PCI_VENDOR_ID, 2 },
    { PCI_DEVICE_ID, 2 },
    { PCI_CLASS_REVISION, 2 },      /* revision and programming interface */
    { PCI_SUBSYSTEM_VENDOR_ID, 2 },
    { PCI_SUBSYSTEM_ID, 2 },
};

/* Vendor and device stay the machine's: firmware recognises it by them. */
static const IdField host_bridge_ids[] = {
    { PCI_CLASS_REVISION, 2 },
    { PCI_SUBSYSTEM_VENDOR_ID, 2 },
    { PCI_SUBSYSTEM_ID, 2 },
};

static bool read_ids(VfioPci *dev, uint32_t subtype, uint8_t ids[PCI_STD_HEADER_SIZEOF])
{
    VfioRegionInfo region = { 0 };

    if (!igd_region_find(dev, subtype, &region)) {
        return false;
    }
    ssize_t n = dev->dev->ops->read(dev->dev, &region, 0, ids, PCI_STD_HEADER_SIZEOF);
    vfio_region_info_clear(&region);
    return n == PCI_STD_HEADER_SIZEOF;
}

static void copy_ids(PciDevice *pci, const uint8_t *ids, const IdField *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        memcpy(pci->config + fields[i].addr, ids + fields[i].addr, fields[i].len);
    }
}

/* ---- the bridge at 1f.0 ---- */

static bool is_our_bridge(const PciDevice *pci)
{
    return class_is_a(pci->obj.class, &vfio_igd_lpc_bridge_class);
}

bool igd_lpc_is_possible(VfioPci *dev)
{
    const PciDevice *there = pci_bus_device(dev->pci.bus, LPC_DEVFN);

    return !there || is_our_bridge(there);
}

static Object *make_bridge(VfioPci *dev, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_new();

    keyval_add(settings, "addr", "1f.0");
    if (dev->pci.bus_name) {
        keyval_add(settings, "bus", dev->pci.bus_name);
    }
    return object_create(&vfio_igd_lpc_bridge_class, NULL, settings, errp);
}

static bool has_region(VfioPci *dev, uint32_t subtype)
{
    VfioRegionInfo region = { 0 };
    bool has = igd_region_find(dev, subtype, &region);

    vfio_region_info_clear(&region);
    return has;
}

bool igd_bridges_offered(VfioPci *dev)
{
    return has_region(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG) &&
           has_region(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG);
}

static bool lpc_up(VfioPci *dev, const uint8_t *ids, Error **errp)
{
    PciDevice *bridge = pci_bus_device(dev->pci.bus, LPC_DEVFN);

    if (!igd_lpc_is_possible(dev)) {
        fail(errp, "Cannot create LPC bridge due to existing device at 1f.0");
        return hint(errp, "It is %s: give that device another address.", bridge->obj.class->name);
    }
    if (!bridge) {
        bridge = (PciDevice *)make_bridge(dev, errp);
        dev->igd->made_bridge = bridge != NULL;
    }
    if (!bridge) {
        return false;
    }
    copy_ids(bridge, ids, lpc_ids, G_N_ELEMENTS(lpc_ids));
    dev->igd->lpc = (uint32_t)pci_get_u16(ids + PCI_VENDOR_ID) << 16 | pci_get_u16(ids + PCI_DEVICE_ID);
    return true;
}

bool igd_bridges_up(VfioPci *dev, Error **errp)
{
    PciDevice *host_bridge = pci_bus_device(dev->pci.bus, HOST_BRIDGE_DEVFN);
    uint8_t lpc[PCI_STD_HEADER_SIZEOF], host[PCI_STD_HEADER_SIZEOF];

    if (!read_ids(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG, lpc)) {
        return fail(errp, "IGD LPC bridge access is not supported by kernel");
    }
    if (!read_ids(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG, host)) {
        return fail(errp, "IGD host bridge access is not supported by kernel");
    }
    if (!lpc_up(dev, lpc, errp)) {
        return false;
    }
    if (host_bridge) {
        copy_ids(host_bridge, host, host_bridge_ids, G_N_ELEMENTS(host_bridge_ids));
    }
    return true;
}

void igd_bridges_down(VfioPci *dev)
{
    PciDevice *bridge = pci_bus_device(dev->pci.bus, LPC_DEVFN);

    if (dev->igd->made_bridge && bridge && is_our_bridge(bridge)) {
        object_free(&bridge->obj);
    }
}
