/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a PCI device: its place on the bus, its header, reset; see pci.h. */
#include <stdio.h>
#include <string.h>

#include "hw/pci/internal.h"
#include "lib/parse.h"

/* ---- property addr ---- */

static bool devfn_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    return parse_devfn(text, field, errp);
}

static char *devfn_print(const Property *prop, const void *field)
{
    int32_t devfn = *(const int32_t *)field;

    return devfn < 0 ? g_strdup("unset") : g_strdup_printf("%02x.%x", PCI_SLOT_OF(devfn), PCI_FUNCTION_OF(devfn));
}

typedef int32_t PropType_devfn;
static const PropKind prop_devfn = { .name = "slot[.function]", .parse = devfn_parse, .print = devfn_print };

/* ---- place ---- */

static bool choose_place(PciDevice *dev, Error **errp)
{
    PciBus *bus = dev->bus;

    for (int devfn = 0; dev->devfn < 0 && devfn < PCI_DEVFN_COUNT; devfn += 8) {
        if (!bus->devices[devfn]) {
            dev->devfn = devfn;
        }
    }
    if (dev->devfn < 0) {
        return fail(errp, "PCI: no slot/function available for %s, all in use or reserved", dev->obj.class->name);
    }
    const PciDevice *there = bus->devices[dev->devfn];
    if (there) {
        return fail(errp, "PCI: slot %d function %d not available for %s, in use by %s,id=%s",
                    PCI_SLOT_OF(dev->devfn), PCI_FUNCTION_OF(dev->devfn), dev->obj.class->name,
                    there->obj.class->name, there->obj.id ? there->obj.id : "(none)");
    }
    return true;
}

/*
 * PCI 3.0, 6.2.1: software looks for functions 1 to 7 only where function 0
 * says that there are several.
 */
static bool check_functions(const PciDevice *dev, Error **errp)
{
    int slot = PCI_SLOT_OF(dev->devfn), function = PCI_FUNCTION_OF(dev->devfn);
    PciDevice *const *functions = &dev->bus->devices[PCI_DEVFN_OF(slot, 0)];

    if (function > 0) {
        if (functions[0] && !functions[0]->multifunction) {
            fail(errp, "PCI: single function device can't be populated in function %x.%x", slot, function);
            return hint(errp, "Give the device at %x.0 multifunction=on.", slot);
        }
        return true;
    }
    for (int i = 1; !dev->multifunction && i < 8; i++) {
        if (functions[i]) {
            fail(errp, "PCI: %x.0 indicates single function, but %x.%x is already populated.", slot, slot, i);
            return hint(errp, "Give the device at %x.0 multifunction=on.", slot);
        }
    }
    return true;
}

/* ---- header ---- */

/* What a device is known as to drivers when its class names no subsystem: the ids virtual machines use. */
enum { DEFAULT_SUBSYSTEM_VENDOR = 0x1af4, DEFAULT_SUBSYSTEM = 0x1100 };

static void set_ids(PciDevice *dev)
{
    const PciOps *ops = pci_ops(dev);
    bool own = ops->subsystem_vendor != 0;

    pci_set_u16(dev->config + PCI_VENDOR_ID, ops->vendor);
    pci_set_u16(dev->config + PCI_DEVICE_ID, ops->device);
    pci_set_u16(dev->config + PCI_SUBSYSTEM_VENDOR_ID, own ? ops->subsystem_vendor : DEFAULT_SUBSYSTEM_VENDOR);
    pci_set_u16(dev->config + PCI_SUBSYSTEM_ID, own ? ops->subsystem : DEFAULT_SUBSYSTEM);
    dev->config[PCI_REVISION_ID] = ops->revision;
    dev->config[PCI_CLASS_PROG] = (uint8_t)ops->class_code;
    pci_set_u16(dev->config + PCI_CLASS_DEVICE, (uint16_t)(ops->class_code >> 8));
}

static void set_masks(PciDevice *dev)
{
    pci_set_u16(dev->wmask + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
                                          PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
    pci_set_u16(dev->w1cmask + PCI_STATUS, PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |
                                           PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |
                                           PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY);
    dev->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
    dev->wmask[PCI_INTERRUPT_LINE] = 0xff;
    memset(dev->used, 1, PCI_STD_HEADER_SIZEOF);
    if (dev->multifunction) {
        dev->config[PCI_HEADER_TYPE] |= 0x80;
    }
}

/* ---- life ---- */

static void device_init(Object *obj)
{
    PciDevice *dev = (PciDevice *)obj;

    dev->devfn = -1;
    dev->config_size = PCI_CONFIG_SIZE;
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        dev->bars[n].addr = PCI_BAR_UNMAPPED;
    }
}

static bool device_realize(Object *obj, Error **errp)
{
    PciDevice *dev = (PciDevice *)obj;

    dev->bus = pci_bus_find(dev->bus_name, errp);
    if (!dev->bus || !choose_place(dev, errp) || !check_functions(dev, errp)) {
        return false;
    }
    dev->bus->devices[dev->devfn] = dev;
    set_ids(dev);
    set_masks(dev);
    return pci_rom_load(dev, errp);
}

static void device_unrealize(Object *obj)
{
    PciDevice *dev = (PciDevice *)obj;

    if (!dev->bus || dev->devfn < 0 || dev->bus->devices[dev->devfn] != dev) {
        return;
    }
    pci_irq_set(dev, 0);
    pci_bars_finish(dev);
    pci_rom_unload(dev);
    dev->bus->devices[dev->devfn] = NULL;
}

void pci_device_reset(PciDevice *dev)
{
    uint16_t writable = pci_get_u16(dev->wmask + PCI_COMMAND), command = pci_get_u16(dev->config + PCI_COMMAND);

    dev->intx_level = false;
    dev->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
    pci_set_u16(dev->config + PCI_COMMAND, command & (uint16_t)~writable);
    pci_irq_update(dev);
    dev->config[PCI_STATUS + 1] &= (uint8_t)~dev->w1cmask[PCI_STATUS + 1];
    dev->config[PCI_CACHE_LINE_SIZE] = 0;
    dev->config[PCI_INTERRUPT_LINE] = 0;
    for (unsigned i = PCI_BASE_ADDRESS_0; i < PCI_ROM_ADDRESS + 4; i++) {
        if (i < PCI_CARDBUS_CIS || i >= PCI_ROM_ADDRESS) {
            dev->config[i] &= (uint8_t)~dev->wmask[i];
        }
    }
    pci_bars_update(dev);
}

static void device_reset(Object *obj)
{
    pci_device_reset((PciDevice *)obj);
}

CLASS(pci_device_class) = {
    .name = "pci-device",
    .parent = &device_class,
    .desc = "PCI device",
    .bus = &pci_bus_kind,
    .size = sizeof(PciDevice),
    .abstract = true,
    .ops = &(const PciOps){ 0 },
    .props = (const Property[]){
        PROP(PciDevice, devfn, devfn, "addr", NULL, "Slot and function on the bus (default: the first free slot)"),
        PROP(PciDevice, bus_name, str, "bus", NULL, "Bus the device sits on (default: the machine's first)"),
        PROP(PciDevice, multifunction, bool, "multifunction", "off", "The slot has more functions than this one"),
        PROP(PciDevice, romfile, str, "romfile", NULL, "File with the expansion ROM; empty: none"),
        PROP(PciDevice, romsize, u32, "romsize", "0", "Size of the expansion ROM; 0: as large as the image"),
        PROP(PciDevice, rombar, i32, "rombar", "-1", "0 hides the expansion ROM; -1 shows it when there is one"),
        PROP(PciDevice, bootindex, i32, "bootindex", "-1", "Place in the boot order; -1: the firmware's choice"),
        { }
    },
    .init = device_init,
    .realize = device_realize,
    .unrealize = device_unrealize,
    .reset = device_reset,
};

const PciOps *pci_ops(const PciDevice *dev)
{
    return class_ops(dev->obj.class);
}

const char *pci_device_name(const PciDevice *dev)
{
    static _Thread_local char name[16];

    snprintf(name, sizeof(name), "%02x:%02x.%x", dev->bus ? dev->bus->number & 0xff : 0, PCI_SLOT_OF(dev->devfn) & 0x1f,
             PCI_FUNCTION_OF(dev->devfn));
    return name;
}
