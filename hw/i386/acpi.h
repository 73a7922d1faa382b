/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables of the PC and the commands by which firmware places them.
 *
 * The result is three fw_cfg files. Firmware (SeaBIOS, OVMF) copies the two
 * table files into guest memory and runs the commands of etc/table-loader:
 * allocate a file, add a file's address to a pointer, compute a checksum.
 *
 * Pure: no machine, no I/O, no globals.
 */
#ifndef HW_I386_ACPI_H
#define HW_I386_ACPI_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/acpi/pc-ports.h"
#include "hw/i386/memory-map.h"

#define ACPI_TABLES_FILE    "etc/acpi/tables"
#define ACPI_RSDP_FILE      "etc/acpi/rsdp"
#define ACPI_LOADER_FILE    "etc/table-loader"

/* A page that emulator and guest share: firmware makes it of a file and tells its address to a table and to us. */
typedef struct AcpiSharedPage {
    const char *file;
    uint32_t pointer;           /* where in the body of the table 4 bytes of its address go */
    const char *address_file;   /* writable file of 8 bytes that gets the address of byte @offset in the page */
    uint32_t offset;
} AcpiSharedPage;

/* A table of a device or the user: we write its header around @body. */
typedef struct AcpiTable {
    char signature[5];          /* "SSDT", "DMAR", ... */
    uint8_t revision;
    const uint8_t *body;        /* what follows the 36 bytes of header; for an SSDT: AML */
    size_t size;
    const char *oem_table_id;   /* NULL: as the others */
    const AcpiSharedPage *page; /* NULL: none */
} AcpiTable;

typedef struct AcpiConfig {
    const char *oem_id;         /* up to 6 characters; NULL: "BOCHS" */
    const char *oem_table_id;   /* up to 8 characters; NULL: "BXPC" */
    const uint8_t *dsdt;        /* compiled DSDT with its header, see dsdt-pc.asl */
    size_t dsdt_size;

    const uint32_t *apic_ids;   /* of the processors that are present */
    size_t cpu_count;           /* 1 .. 4096 */

    uint16_t pm_base;           /* first port of power management; 0: ACPI_PM_BASE */
    MemoryMapWindow pci32, pci64;   /* pci64.size 0: no 64-bit window */
    unsigned serial_ports;      /* bit n: COM n+1 (0x3f8, 0x2f8, 0x3e8, 0x2e8) exists */
    bool s3, s4;                /* the PM device can suspend to RAM, to disk */
    bool no_vga;                /* nothing decodes VGA: the OS must not probe for it */
    bool rtc_needs_no_ack;      /* the RTC interrupts again although register C was not read */

    const AcpiTable *extra;     /* in the order in which the OS shall see them */
    size_t extra_count;
} AcpiConfig;

/* Contents of the files named above. */
typedef struct AcpiBlobs {
    GByteArray *tables, *rsdp, *loader;
} AcpiBlobs;

/* Fill *ret, to be released by acpi_blobs_finish(). */
void acpi_build(const AcpiConfig *config, AcpiBlobs *ret);

/* Accepts zeroed blobs. */
void acpi_blobs_finish(AcpiBlobs *blobs);

/* The DSDT of machine "pc", compiled from dsdt-pc.asl: @ret_size bytes, static. */
const uint8_t *acpi_dsdt_pc(size_t *ret_size);

#endif
