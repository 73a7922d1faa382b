/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of etc/table-loader: 128 bytes each, little-endian, file names of
 * up to 55 characters. The interface is the one SeaBIOS ("romfile_loader")
 * and OVMF implement.
 *
 *   1 ALLOCATE      @4 file[56]  @60 u32 align  @64 u8 zone
 *   2 ADD_POINTER   @4 pointer file[56]  @60 pointee file[56]  @116 u32 offset  @120 u8 size
 *   3 ADD_CHECKSUM  @4 file[56]  @60 u32 offset  @64 u32 start  @68 u32 length
 *   4 WRITE_POINTER @4 pointer file[56]  @60 pointee file[56]  @116 u32 pointer offset  @120 u32 pointee offset
 *                   @124 u8 size
 */
#ifndef HW_I386_ACPI_LOADER_H
#define HW_I386_ACPI_LOADER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_LOADER_ENTRY_SIZE 128

/* Where ALLOCATE puts a file: anywhere below 4 GiB, or in 0xf0000-0xfffff. */
typedef enum AcpiLoaderZone {
    ACPI_LOADER_HIGH = 1,
    ACPI_LOADER_FSEG = 2,
} AcpiLoaderZone;

void acpi_loader_allocate(GByteArray *loader, const char *file, uint32_t align, AcpiLoaderZone zone);

/* Add the address of file @pointee to the @size bytes at @offset of @file: they hold an offset in @pointee. */
void acpi_loader_add_pointer(GByteArray *loader, const char *file, uint32_t offset, uint8_t size,
                             const char *pointee);

/* Make the bytes [start, start + length) of @file sum up to 0 by the byte at @offset. */
void acpi_loader_add_checksum(GByteArray *loader, const char *file, uint32_t offset, uint32_t start,
                              uint32_t length);

/* Write the address of byte @offset of @pointee into the 8 bytes of @file, which stays the emulator's. */
void acpi_loader_write_pointer(GByteArray *loader, const char *file, const char *pointee, uint32_t offset);

#endif
