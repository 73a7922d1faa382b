/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panic notifier (QEMU's docs/specs/pvpanic): \_SB.PVPP, which stays first, is where it is. */
DefinitionBlock ("", "SSDT", 1, "BOCHS ", "BXPCPANC", 1)
{
    Name (\_SB.PVPP, 0x11223344)
    External (\_SB.PCI0.ISA, DeviceObj)

    Scope (\_SB.PCI0.ISA)
    {
        Device (PEVT)
        {
            Name (_HID, "QEMU0001")
            Name (_STA, 0x0F)

            Method (_CRS, 0, Serialized)
            {
                Name (PRES, ResourceTemplate ()
                {
                    IO (Decode16, 0x0505, 0x0505, 1, 1, PIO)
                })
                CreateWordField (PRES, PIO._MIN, PMIN)
                CreateWordField (PRES, PIO._MAX, PMAX)
                PMIN = \_SB.PVPP
                PMAX = \_SB.PVPP
                Return (PRES)
            }

            OperationRegion (PEOR, SystemIO, \_SB.PVPP, 1)
            Field (PEOR, ByteAcc, NoLock, Preserve) { PEPT, 8 }

            Method (RDPT, 0) { Return (PEPT) }
            Method (WRPT, 1) { PEPT = Arg0 }
        }
    }
}
