/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of hw/acpi/pci-hotplug.h: event 1 says that devices came or are to go. acpi-devices.c appends
 * what depends on the slots: a device each, and DVNT, which notifies them.
 */
#include "hw/acpi/pc-ports.h"

DefinitionBlock ("", "SSDT", 2, "BOCHS ", "BXPCHOTP", 1)
{
    External (\_SB.PCI0, DeviceObj)
    External (\_SB.PCI0.DVNT, MethodObj)

    Scope (\_SB.PCI0)
    {
        OperationRegion (PCST, SystemIO, ACPI_PCI_HOTPLUG_BASE, ACPI_PCI_HOTPLUG_LEN)
        Field (PCST, DWordAcc, NoLock, WriteAsZeros)
        {
            PCIU, 32,       /* came */
            PCID, 32,       /* is to go */
            B0EJ, 32,       /* eject */
            , 32,
            BNUM, 32        /* bus */
        }

        /* The bus number and what is read and written next belong together. */
        Mutex (BLCK, 0)

        /* Eject slot Arg0 */
        Method (PCEJ, 1, Serialized)
        {
            Acquire (BLCK, 0xFFFF)
            BNUM = 0
            B0EJ = 1 << Arg0
            Release (BLCK)
        }

        /* 1: device check, 3: eject request (ACPI 6.5, 5.6.6) */
        Method (PCNT, 0, Serialized)
        {
            Acquire (BLCK, 0xFFFF)
            BNUM = 0
            DVNT (PCIU, 1)
            DVNT (PCID, 3)
            Release (BLCK)
        }

        Device (PHPR)
        {
            Name (_HID, EisaId ("PNP0A06"))
            Name (_UID, "PCI Hotplug resources")
            Name (_STA, 0x0B)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, ACPI_PCI_HOTPLUG_BASE, ACPI_PCI_HOTPLUG_BASE, 1, ACPI_PCI_HOTPLUG_LEN)
            })
        }
    }

    Method (\_GPE._E01, 0)
    {
        \_SB.PCI0.PCNT ()
    }
}
