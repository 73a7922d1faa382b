/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables of single devices: made of a compiled one (ssdt-*.asl) and what is known only at run time. */
#ifndef HW_I386_ACPI_DEVICES_H
#define HW_I386_ACPI_DEVICES_H

#include "hw/i386/acpi.h"

/* Contents of an SSDT, for the caller to unref: hot-plug of the slots whose bits are set in @removable. */
GByteArray *acpi_pci_hotplug_body(uint32_t removable);

/* The panic notifier at @port. */
GByteArray *acpi_pvpanic_body(uint16_t port);

/* VM generation ID; firmware writes the address of the page at acpi_vmgenid_pointer(). */
GByteArray *acpi_vmgenid_body(void);

/* Where in the body of the VM generation ID the loader puts 4 bytes. */
uint32_t acpi_vmgenid_pointer(void);

/*
 * Memory that is nobody else's (PNP0C02), all below 4 GiB. Firmware that draws its own memory map from the RAM alone, as
 * OVMF does, leaves it out of that map; the OS learns of it here.
 */
GByteArray *acpi_reserved_body(const MemoryMapWindow *ranges, unsigned count);

#endif
