/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hot-plug of PCI slots by ACPI; see pci-hotplug.h. */
#include "hw/acpi/pci-hotplug.h"

#include "core/device.h"
#include "hw/acpi/pc-ports.h"
#include "lib/log.h"

enum {
    REG_UP = 0x00,
    REG_DOWN = 0x04,
    REG_EJECT = 0x08,
    REG_REMOVABLE = 0x0c,
    REG_BUS = 0x10,
};

enum { SLOT_COUNT = 32, FUNCTION_COUNT = 8 };

static uint32_t slot_bit(const PciDevice *dev)
{
    return UINT32_C(1) << PCI_SLOT_OF(dev->devfn);
}

/* ---- slots ---- */

static bool slot_removable(const PciBus *bus, unsigned slot)
{
    for (unsigned function = 0; function < FUNCTION_COUNT; function++) {
        const PciDevice *dev = pci_bus_device(bus, PCI_DEVFN_OF((int)slot, (int)function));
        if (dev && (dev->obj.class->internal || dev->obj.class->cold || pci_ops(dev)->fixed)) {
            return false;
        }
    }
    return true;
}

uint32_t acpi_pci_removable_slots(const PciBus *bus)
{
    uint32_t slots = 0;

    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        slots |= (uint32_t)slot_removable(bus, slot) << slot;
    }
    return slots;
}

/* The last function goes first: function 0 says that there are others. */
static void eject_slot(const PciBus *bus, unsigned slot)
{
    for (unsigned function = FUNCTION_COUNT; function-- > 0;) {
        PciDevice *dev = pci_bus_device(bus, PCI_DEVFN_OF((int)slot, (int)function));
        if (dev) {
            device_unplugged(&dev->obj);
        }
    }
}

/* A guest may eject what it was not asked for, but nothing that is part of the board. */
static void eject(AcpiPciHotplug *hotplug, uint32_t slots)
{
    uint32_t removable = acpi_pci_removable_slots(hotplug->root);

    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        uint32_t bit = UINT32_C(1) << slot;
        if ((slots & bit) && (removable & bit)) {
            hotplug->up &= ~bit;
            hotplug->down &= ~bit;
            eject_slot(hotplug->root, slot);
        } else if (slots & bit) {
            log_guest("PCI hot-plug: slot %u cannot be ejected", slot);
        }
    }
}

/* ---- registers ---- */

/* The bus the other registers speak of now, or NULL. */
static PciBus *selected(const AcpiPciHotplug *hotplug)
{
    return hotplug->bus_number == 0 ? hotplug->root : NULL;
}

static uint32_t take_up(AcpiPciHotplug *hotplug)
{
    uint32_t up = hotplug->up;

    hotplug->up = 0;
    return up;
}

static uint64_t ports_read(void *opaque, uint64_t offset, unsigned size)
{
    AcpiPciHotplug *hotplug = opaque;
    const PciBus *bus = selected(hotplug);

    switch (offset) {
    case REG_UP:
        return bus ? take_up(hotplug) : 0;
    case REG_DOWN:
        return bus ? hotplug->down : 0;
    case REG_REMOVABLE:
        return bus ? acpi_pci_removable_slots(bus) : UINT32_MAX;
    case REG_BUS:
        return hotplug->bus_number;
    default:
        return 0;
    }
}

static void ports_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    AcpiPciHotplug *hotplug = opaque;

    if (offset == REG_BUS) {
        hotplug->bus_number = (uint32_t)value;
    } else if (offset == REG_EJECT && selected(hotplug)) {
        eject(hotplug, (uint32_t)value);
    }
}

/* The ACPI methods use whole registers only. */
static const RegionOps ports_ops = { .read = ports_read, .write = ports_write, .min_size = 4, .max_size = 4 };

/* ---- what the bus asks ---- */

static bool plug(void *opaque, PciDevice *dev, Error **errp)
{
    AcpiPciHotplug *hotplug = opaque;

    hotplug->up |= slot_bit(dev);
    acpi_pm_raise_gpe(hotplug->pm, ACPI_GPE_PCI_HOTPLUG);
    return true;
}

static bool unplug_request(void *opaque, PciDevice *dev, Error **errp)
{
    AcpiPciHotplug *hotplug = opaque;

    if (dev->obj.unplugging) {
        fail(errp, "Device %s is already in the process of unplug", dev->obj.id ? dev->obj.id : pci_device_name(dev));
        return hint(errp, "The guest has not let go of it yet.");
    }
    if (!slot_removable(dev->bus, (unsigned)PCI_SLOT_OF(dev->devfn))) {
        return fail(errp, "Slot %d holds a part of the machine and cannot be ejected", PCI_SLOT_OF(dev->devfn));
    }
    hotplug->down |= slot_bit(dev);
    acpi_pm_raise_gpe(hotplug->pm, ACPI_GPE_PCI_HOTPLUG);
    return true;
}

/* ---- life ---- */

void acpi_pci_hotplug_init(AcpiPciHotplug *hotplug, AcpiPm *pm, PciBus *root)
{
    hotplug->pm = pm;
    hotplug->root = root;
    region_init_io(&hotplug->ports, "acpi-pci-hotplug", ACPI_PCI_HOTPLUG_LEN, &ports_ops, hotplug);
    if (root) {
        root->hotplug = (PciHotplug){ .plug = plug, .unplug_request = unplug_request, .opaque = hotplug };
    }
}

void acpi_pci_hotplug_finish(AcpiPciHotplug *hotplug)
{
    if (hotplug->root) {
        hotplug->root->hotplug = (PciHotplug){ 0 };
        hotplug->root = NULL;
    }
    region_finish(&hotplug->ports);
}

void acpi_pci_hotplug_reset(AcpiPciHotplug *hotplug)
{
    hotplug->up = hotplug->down = hotplug->bus_number = 0;
}
