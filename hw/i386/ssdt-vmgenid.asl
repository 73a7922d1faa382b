/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VM generation ID (Microsoft, "Virtual Machine Generation ID", 2012). VGIA is the address of the page firmware made
 * of etc/vmgenid_guid, and stays first: firmware's loader writes it there.
 */
DefinitionBlock ("", "SSDT", 1, "BOCHS ", "VMGENID", 1)
{
    Name (VGIA, 0x11223344)

    Scope (\_SB)
    {
        Device (VGEN)
        {
            Name (_HID, "QEMUVGID")
            Name (_CID, "VM_Gen_Counter")
            Name (_DDN, "VM_Gen_Counter")

            Method (_STA, 0)
            {
                If (VGIA == 0)
                {
                    Return (0)
                }
                Return (0x0F)
            }

            /* The lower and upper half of the ID's address: 40 bytes into the page, see hw/acpi/vmgenid.h */
            Method (ADDR, 0, Serialized)
            {
                Name (HALF, Package (2) { 0, 0 })
                HALF[0] = VGIA + 0x28
                Return (HALF)
            }
        }
    }

    Method (\_GPE._E05, 0)
    {
        Notify (\_SB.VGEN, 0x80)
    }
}
