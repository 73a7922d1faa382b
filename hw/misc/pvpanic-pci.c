/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panic notifier as a PCI device; see panic.h. */
#include "hw/misc/panic.h"
#include "hw/pci/pci.h"

enum { REGISTER_SIZE = 2 };

typedef struct PciPanic {
    PciDevice pci;
    PanicRegister reg;
} PciPanic;

static bool pvpanic_pci_realize(Object *obj, Error **errp)
{
    PciPanic *self = (PciPanic *)obj;

    panic_register_init(&self->reg, REGISTER_SIZE);
    pci_bar_add(&self->pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &self->reg.region);
    return true;
}

static void pvpanic_pci_unrealize(Object *obj)
{
    region_finish(&((PciPanic *)obj)->reg.region);
}

CLASS(pvpanic_pci_class) = {
    .name = "pvpanic-pci",
    .parent = &pci_device_class,
    .desc = "Panic notifier on PCI",
    .size = sizeof(PciPanic),
    .ops = &(const PciOps){ .vendor = 0x1b36, .device = 0x0011, .class_code = 0x088000, .revision = 1 },
    .props = (const Property[]){
        PROP(PciPanic, reg.events, u8, "events", "3", "Events it has: 1 panic, 2 crash kernel"),
        { }
    },
    .realize = pvpanic_pci_realize,
    .unrealize = pvpanic_pci_unrealize,
};
