/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine "pc" as ACPI describes it: i440FX host bridge, PIIX3 with its
 * PIRQ router, ISA devices. What varies from run to run are Name()s in an
 * SSDT written by acpi.c:
 *
 *   \_SB.COMS  bit n: COM n+1 exists
 *   \_SB.PMBA  first port of power management, which firmware chooses
 *   \_SB.P32B, \_SB.P32L  first and last address of the 32-bit PCI window
 *   \_SB.P64B, \_SB.P64L  the same for the 64-bit window; P64L is 0: no window
 *   \_SB.Cnnn  processors; \_S3 and \_S4 when these states exist
 *
 * Revision 2: integers have 64 bits. The keyboard must stay in this table:
 * SeaBIOS looks for PNP0303 here, and only here, before it starts PS/2; its
 * reader steps over methods, but outside of them it knows little more than
 * names, scopes, devices, regions and fields, and a term it does not know ends
 * the enclosing block for it: the keyboard is gone. test-acpi.c watches.
 *
 * The C preprocessor reads this file before iasl does: iasl has no macros.
 */
#include "hw/acpi/pc-ports.h"

DefinitionBlock ("", "DSDT", 2, "BOCHS ", "BXPCDSDT", 1)
{
    External (\_SB.COMS, IntObj)
    External (\_SB.PMBA, IntObj)
    External (\_SB.P32B, IntObj)
    External (\_SB.P32L, IntObj)
    External (\_SB.P64B, IntObj)
    External (\_SB.P64L, IntObj)

    Name (\_S5, Package () { ACPI_SLP_TYP_S5, ACPI_SLP_TYP_S5, 0, 0 })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, 0)

            Name (LOWR, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0xFF, 0, 0x100)
                IO (Decode16, 0x0CF8, 0x0CF8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0x0CF7, 0, 0x0CF8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0x0D00, 0xFFFF, 0, 0xF300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0x000A0000, 0x000BFFFF, 0, 0x00020000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                             0, 0xE0000000, 0xFEBFFFFF, 0, 0x1EC00000, , , WIN3)
            })

            Name (HIGR, ResourceTemplate ()
            {
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                             0, 0x0000008000000000, 0x000000FFFFFFFFFF, 0, 0x0000008000000000, , , WIN6)
            })

            Method (_CRS, 0, Serialized)
            {
                CreateDWordField (LOWR, ^WIN3._MIN, MIN3)
                CreateDWordField (LOWR, ^WIN3._MAX, MAX3)
                CreateDWordField (LOWR, ^WIN3._LEN, LEN3)
                MIN3 = \_SB.P32B
                MAX3 = \_SB.P32L
                LEN3 = \_SB.P32L - \_SB.P32B + 1
                If (\_SB.P64L == 0)
                {
                    Return (LOWR)
                }
                CreateQWordField (HIGR, ^WIN6._MIN, MIN6)
                CreateQWordField (HIGR, ^WIN6._MAX, MAX6)
                CreateQWordField (HIGR, ^WIN6._LEN, LEN6)
                MIN6 = \_SB.P64B
                MAX6 = \_SB.P64L
                LEN6 = \_SB.P64L - \_SB.P64B + 1
                Return (ConcatenateResTemplate (LOWR, HIGR))
            }

/*
 * Slot n, pin INTA + p: link (n + p - 1) & 3, as the host bus is wired. The
 * power management function 00:01.3 drives INTA of slot 1, but through the
 * SCI line, which is IRQ 9 whatever the router says.
 */
#define SLOT(n, a, b, c, d) \
    Package () { n, 0, a, 0 }, \
    Package () { n, 1, b, 0 }, \
    Package () { n, 2, c, 0 }, \
    Package () { n, 3, d, 0 }
            Name (_PRT, Package ()
            {
                SLOT (0x0000FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0001FFFF, LNKS, LNKB, LNKC, LNKD),
                SLOT (0x0002FFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x0003FFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x0004FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0005FFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x0006FFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x0007FFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x0008FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0009FFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x000AFFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x000BFFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x000CFFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x000DFFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x000EFFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x000FFFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x0010FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0011FFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x0012FFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x0013FFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x0014FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0015FFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x0016FFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x0017FFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x0018FFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x0019FFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x001AFFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x001BFFFF, LNKC, LNKD, LNKA, LNKB),
                SLOT (0x001CFFFF, LNKD, LNKA, LNKB, LNKC),
                SLOT (0x001DFFFF, LNKA, LNKB, LNKC, LNKD),
                SLOT (0x001EFFFF, LNKB, LNKC, LNKD, LNKA),
                SLOT (0x001FFFFF, LNKC, LNKD, LNKA, LNKB)
            })

            Device (ISA)
            {
                Name (_ADR, 0x00010000)

                /* PIRQRC[A:D], PIIX3 data sheet 2.3.7: bits 3:0 IRQ, bit 7 routing disabled */
                OperationRegion (PIRC, PCI_Config, 0x60, 0x04)
                Field (PIRC, ByteAcc, NoLock, Preserve)
                {
                    PRQA, 8, PRQB, 8, PRQC, 8, PRQD, 8
                }

                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0060, 0x0060, 1, 1)
                        IO (Decode16, 0x0064, 0x0064, 1, 1)
                        IRQNoFlags () { 1 }
                    })
                }

                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_CRS, ResourceTemplate () { IRQNoFlags () { 12 } })
                }

                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0070, 0x0070, 1, 2)
                        IRQNoFlags () { 8 }
                    })
                }

#define SERIAL(dev, uid, bit, port, irq) \
    Device (dev) \
    { \
        Name (_HID, EisaId ("PNP0501")) \
        Name (_UID, uid) \
        Method (_STA, 0) \
        { \
            If (\_SB.COMS & bit) \
            { \
                Return (0x0F) \
            } \
            Return (0) \
        } \
        Name (_CRS, ResourceTemplate () \
        { \
            IO (Decode16, port, port, 1, 8) \
            IRQNoFlags () { irq } \
        }) \
    }
                SERIAL (COM1, 1, 1, 0x03F8, 4)
                SERIAL (COM2, 2, 2, 0x02F8, 3)
                SERIAL (COM3, 3, 4, 0x03E8, 4)
                SERIAL (COM4, 4, 8, 0x02E8, 3)

                /* Ports of the chipset that no other device may be given. */
                Device (BORD)
                {
                    Name (_HID, EisaId ("PNP0C02"))
                    Name (PORT, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0092, 0x0092, 1, 1)                               /* A20, fast reset */
                        IO (Decode16, ACPI_SMI_CMD, ACPI_SMI_CMD, 1, 2)                   /* APM control and status */
                        IO (Decode16, 0, 0, 1, ACPI_PM_LEN, PMIO)                         /* PIIX4 power management */
                        IO (Decode16, ACPI_SMB_BASE, ACPI_SMB_BASE, 1, ACPI_SMB_LEN)      /* PIIX4 SMBus */
                        IO (Decode16, ACPI_GPE0_BASE, ACPI_GPE0_BASE, 1, ACPI_GPE0_LEN)
                    })
                    Method (_CRS, 0, Serialized)
                    {
                        CreateWordField (PORT, ^PMIO._MIN, PMIN)
                        CreateWordField (PORT, ^PMIO._MAX, PMAX)
                        PMIN = \_SB.PMBA
                        PMAX = \_SB.PMBA
                        Return (PORT)
                    }
                }
            }
        }

        /* The state of a link: what its PIRQRC register says */
        Method (LSTA, 1)
        {
            If (Arg0 & 0x80)
            {
                Return (0x09)
            }
            Return (0x0B)
        }

        Method (LCRS, 1, Serialized)
        {
            Name (LINT, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared, , , LIRQ) { 0 }
            })
            CreateDWordField (LINT, LIRQ._INT, LNUM)
            If (!(Arg0 & 0x80))
            {
                LNUM = Arg0 & 0x0F
            }
            Return (LINT)
        }

/*
 * Interrupt lines of the router reach the IOAPIC pins of the same numbers, so
 * the links serve PIC and APIC mode alike. _SRS: the number stands at byte 5
 * of an extended interrupt descriptor (ACPI 6.5, 6.4.3.6).
 */
#define LINK(dev, uid, reg) \
    Device (dev) \
    { \
        Name (_HID, EisaId ("PNP0C0F")) \
        Name (_UID, uid) \
        Name (_PRS, ResourceTemplate () \
        { \
            Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } \
        }) \
        Method (_STA, 0) { Return (LSTA (reg)) } \
        Method (_DIS, 0) { reg |= 0x80 } \
        Method (_CRS, 0) { Return (LCRS (reg)) } \
        Method (_SRS, 1) \
        { \
            CreateDWordField (Arg0, 5, SNUM) \
            reg = SNUM \
        } \
    }
        LINK (LNKA, 1, \_SB.PCI0.ISA.PRQA)
        LINK (LNKB, 2, \_SB.PCI0.ISA.PRQB)
        LINK (LNKC, 3, \_SB.PCI0.ISA.PRQC)
        LINK (LNKD, 4, \_SB.PCI0.ISA.PRQD)

        /* The SCI: always IRQ 9, nothing to choose */
        Device (LNKS)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 5)
            Name (_PRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 9 }
            })
            Name (_STA, 0x0B)
            Method (_CRS, 0) { Return (_PRS) }
            Method (_SRS, 1) { }
            Method (_DIS, 0) { }
        }

        Device (FWCF)
        {
            Name (_HID, "QEMU0002")
            Name (_STA, 0x0B)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0510, 0x0510, 1, 0x0C)
            })
        }
    }
}
