/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of etc/table-loader; see acpi-loader.h. */
#include "hw/i386/acpi-loader.h"

#include "hw/i386/blob.h"

enum { COMMAND_ALLOCATE = 1, COMMAND_ADD_POINTER = 2, COMMAND_ADD_CHECKSUM = 3, COMMAND_WRITE_POINTER = 4 };

enum { FILE_NAME_SIZE = 56 };

static void put_file_name(GByteArray *loader, const char *name)
{
    g_assert(strlen(name) < FILE_NAME_SIZE);
    blob_put_text(loader, name, FILE_NAME_SIZE, '\0');
}

static void end_entry(GByteArray *loader)
{
    blob_align(loader, ACPI_LOADER_ENTRY_SIZE);
}

void acpi_loader_allocate(GByteArray *loader, const char *file, uint32_t align, AcpiLoaderZone zone)
{
    blob_put(loader, COMMAND_ALLOCATE, 4);
    put_file_name(loader, file);
    blob_put(loader, align, 4);
    blob_put(loader, zone, 1);
    end_entry(loader);
}

void acpi_loader_add_pointer(GByteArray *loader, const char *file, uint32_t offset, uint8_t size,
                             const char *pointee)
{
    blob_put(loader, COMMAND_ADD_POINTER, 4);
    put_file_name(loader, file);
    put_file_name(loader, pointee);
    blob_put(loader, offset, 4);
    blob_put(loader, size, 1);
    end_entry(loader);
}

void acpi_loader_add_checksum(GByteArray *loader, const char *file, uint32_t offset, uint32_t start,
                              uint32_t length)
{
    blob_put(loader, COMMAND_ADD_CHECKSUM, 4);
    put_file_name(loader, file);
    blob_put(loader, offset, 4);
    blob_put(loader, start, 4);
    blob_put(loader, length, 4);
    end_entry(loader);
}

void acpi_loader_write_pointer(GByteArray *loader, const char *file, const char *pointee, uint32_t offset)
{
    blob_put(loader, COMMAND_WRITE_POINTER, 4);
    put_file_name(loader, file);
    put_file_name(loader, pointee);
    blob_put(loader, 0, 4);
    blob_put(loader, offset, 4);
    blob_put(loader, 8, 1);
    end_entry(loader);
}
