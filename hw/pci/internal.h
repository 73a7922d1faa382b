/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of hw/pci tell each other; devices use pci.h. */
#ifndef HW_PCI_INTERNAL_H
#define HW_PCI_INTERNAL_H

#include "core/device.h"
#include "hw/pci/pci.h"

/* The register of BAR @n (PCI_ROM_BAR too) in a type 0 header. */
static inline unsigned pci_bar_register(int n)
{
    return n == PCI_ROM_BAR ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * (unsigned)n;
}

/* The pin again drives what the device wants and the command register allows. */
void pci_irq_update(PciDevice *dev);

/* Unmap the BARs and forget their regions. */
void pci_bars_finish(PciDevice *dev);

/* What info qtree says about a PCI device besides its settings. */
void pci_describe(const Object *obj, GString *out, unsigned indent);

/* How PCI devices come and go. */
extern const BusKind pci_bus_kind;

/* The expansion ROM of romfile=; does nothing for classes that handle it themselves. */
bool pci_rom_load(PciDevice *dev, Error **errp);
void pci_rom_unload(PciDevice *dev);

#endif
