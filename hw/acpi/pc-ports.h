/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the power management device and the ACPI tables of "pc" must agree on.
 * Only plain #define: the ASL sources include this file too.
 */
#ifndef HW_ACPI_PC_PORTS_H
#define HW_ACPI_PC_PORTS_H

/*
 * Where SeaBIOS puts the register blocks of PIIX4 function 3 (PMBASE, SMBBASE).
 * Offsets inside PMBASE: PIIX4 data sheet, 7.2: PMSTS 0, PMEN 2, PMCNTRL 4, PMTMR 8.
 */
#define ACPI_PM_BASE        0x600
#define ACPI_PM_LEN         0x40
#define ACPI_SMB_BASE       0x700
#define ACPI_SMB_LEN        0x10

/* General purpose events: status in the first half, enables in the second. Fixed, no BAR. */
#define ACPI_GPE0_BASE      0xafe0
#define ACPI_GPE0_LEN       4

/* General purpose events, by their bit in the status register: \_GPE._E01 and _E05. */
#define ACPI_GPE_PCI_HOTPLUG    (1 << 1)
#define ACPI_GPE_VM_GENERATION  (1 << 5)

/* PCI slots that come and go: pci-hotplug.h. */
#define ACPI_PCI_HOTPLUG_BASE   0xae00
#define ACPI_PCI_HOTPLUG_LEN    0x18

/* APM control: writing these switches between ACPI (SCI_EN = 1) and legacy mode. */
#define ACPI_SMI_CMD        0xb2
#define ACPI_ENABLE         0xf1
#define ACPI_DISABLE        0xf0

#define ACPI_SCI_IRQ        9

/* Reset control of PIIX3 (RCR): a rising bit 2 resets, bit 1 makes it a hard reset. */
#define ACPI_RESET_PORT     0xcf9
#define ACPI_RESET_VALUE    0x06

/* SLP_TYP (PMCNTRL bits 12:10) of the sleep states, as the device decodes them. */
#define ACPI_SLP_TYP_S5     0
#define ACPI_SLP_TYP_S3     1
#define ACPI_SLP_TYP_S4     2

#endif
