/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI slots whose devices come and go: the registers by which ACPI methods learn of it and let go of a device. The
 * interface is the published one (QEMU's docs/specs/acpi_pci_hotplug); the other side is ssdt-pci-hotplug.asl.
 *
 *     0x00 UP     one bit a slot: a device came; reading clears
 *     0x04 DOWN   one bit a slot: a device is to go; its ejection clears
 *     0x08 EJECT  writing a bit ejects what is in the slot; reads as 0, no optional features
 *     0x0c RMV    one bit a slot: what is in it can be ejected
 *     0x10 BNUM   selects the bus the others speak of; the root bus is 0, and there is no other
 */
#ifndef HW_ACPI_PCI_HOTPLUG_H
#define HW_ACPI_PCI_HOTPLUG_H

#include "hw/acpi/acpi-pm.h"
#include "hw/pci/pci.h"

typedef struct AcpiPciHotplug {
    Region ports;
    AcpiPm *pm;                 /* whose general purpose event 1 tells the guest */
    PciBus *root;               /* NULL: its slots are left alone */
    uint32_t up, down, bus_number;
} AcpiPciHotplug;

/* Make the registers, which the owner puts into the I/O space, and have a say on @root (NULL: on no bus). */
void acpi_pci_hotplug_init(AcpiPciHotplug *hotplug, AcpiPm *pm, PciBus *root);

/* A zeroed one is accepted. */
void acpi_pci_hotplug_finish(AcpiPciHotplug *hotplug);

void acpi_pci_hotplug_reset(AcpiPciHotplug *hotplug);

/* Slots of @bus, one bit each, that are empty or hold only devices that can be ejected. */
uint32_t acpi_pci_removable_slots(const PciBus *bus);

#endif
