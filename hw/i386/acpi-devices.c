/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables of single devices; see acpi-devices.h. */
#include "hw/i386/acpi-devices.h"

#include <string.h>

#include "hw/i386/aml.h"
#include "hw/i386/blob.h"
#include "hw/i386/ssdt-pci-hotplug-aml.h"
#include "hw/i386/ssdt-pvpanic-aml.h"
#include "hw/i386/ssdt-vmgenid-aml.h"

enum { HEADER_SIZE = 36, SLOT_COUNT = 32 };

/* The value of the Name () each table that is completed here begins with: DWordPrefix and what the source says. */
static const uint8_t placeholder[] = { 0x0c, 0x44, 0x33, 0x22, 0x11 };

/* What follows the header of a compiled table. */
static GByteArray *body_of(const uint8_t *table, size_t size)
{
    GByteArray *body = g_byte_array_new();

    g_byte_array_append(body, table + HEADER_SIZE, (guint)(size - HEADER_SIZE));
    return body;
}

static uint32_t find_placeholder(const GByteArray *body)
{
    const uint8_t *at = memmem(body->data, body->len, placeholder, sizeof(placeholder));

    g_assert(at);
    return (uint32_t)(at + 1 - body->data);
}

GByteArray *acpi_pvpanic_body(uint16_t port)
{
    GByteArray *body = body_of(ssdt_pvpanic_aml, ssdt_pvpanic_aml_size);

    blob_set(body, find_placeholder(body), port, 4);
    return body;
}

GByteArray *acpi_vmgenid_body(void)
{
    GByteArray *body = body_of(ssdt_vmgenid_aml, ssdt_vmgenid_aml_size);

    blob_set(body, find_placeholder(body), 0, 4);
    return body;
}

uint32_t acpi_vmgenid_pointer(void)
{
    g_autoptr(GByteArray) body = body_of(ssdt_vmgenid_aml, ssdt_vmgenid_aml_size);

    return find_placeholder(body);
}

/* ---- reserved memory ---- */

enum {
    AML_NAME_OP = 0x08,
    AML_BUFFER_OP = 0x11,
    PNP0C02 = 0x020cd041,                   /* EisaId ("PNP0C02"), ACPI 6.5, 19.3.4 */
    FIXED_MEMORY32 = 0x86,                  /* large resource, ACPI 6.5, 6.4.3.4 */
    FIXED_MEMORY32_LENGTH = 9,
    END_TAG = 0x79,                         /* small resource; checksum 0: none */
};

/* ResourceTemplate () { Memory32Fixed (ReadWrite, base, size) ... } */
static void put_template(GByteArray *out, const MemoryMapWindow *ranges, unsigned count)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new(), body = g_byte_array_new();

    for (unsigned i = 0; i < count; i++) {
        blob_put(bytes, FIXED_MEMORY32, 1);
        blob_put(bytes, FIXED_MEMORY32_LENGTH, 2);
        blob_put(bytes, 1, 1);              /* can be written */
        blob_put(bytes, ranges[i].base, 4);
        blob_put(bytes, ranges[i].size, 4);
    }
    blob_put(bytes, END_TAG, 2);
    aml_integer(body, bytes->len);
    g_byte_array_append(body, bytes->data, bytes->len);
    aml_package(out, AML_BUFFER_OP, body);
}

GByteArray *acpi_reserved_body(const MemoryMapWindow *ranges, unsigned count)
{
    GByteArray *body = g_byte_array_new();
    g_autoptr(GByteArray) device = g_byte_array_new(), scope = g_byte_array_new();

    aml_name_integer(device, "_HID", PNP0C02);
    aml_name_integer(device, "_UID", 1);
    blob_put(device, AML_NAME_OP, 1);
    blob_put_text(device, "_CRS", 4, 0);
    put_template(device, ranges, count);
    aml_device(scope, "RSVD", device);
    aml_scope(body, "\\_SB_", scope);
    return body;
}

/* ---- PCI slots ---- */

static void slot_name(char name[5], unsigned slot)
{
    g_snprintf(name, 5, "S%03X", slot << 3);
}

/* Device (Sxxx) { Name (_ADR, slot << 16) Name (_SUN, slot) Method (_EJ0, 1) { PCEJ (_SUN) } } */
static void put_slot(GByteArray *scope, unsigned slot)
{
    g_autoptr(GByteArray) body = g_byte_array_new(), eject = g_byte_array_new();
    char name[5];

    slot_name(name, slot);
    aml_name_integer(body, "_ADR", (uint64_t)slot << 16);
    aml_name_integer(body, "_SUN", slot);
    blob_put_text(eject, "PCEJ_SUN", 8, 0);
    aml_method(body, "_EJ0", 1, eject);
    aml_device(scope, name, body);
}

/* If (Arg0 & bit) { Notify (Sxxx, Arg1) } */
static void put_notify(GByteArray *method, unsigned slot)
{
    enum { OP_IF = 0xa0, OP_AND = 0x7b, OP_ARG0 = 0x68, OP_ARG1 = 0x69, OP_NOTIFY = 0x86, NO_TARGET = 0 };
    g_autoptr(GByteArray) body = g_byte_array_new();
    char name[5];

    slot_name(name, slot);
    blob_put(body, OP_AND, 1);
    blob_put(body, OP_ARG0, 1);
    aml_integer(body, UINT64_C(1) << slot);
    blob_put(body, NO_TARGET, 1);
    blob_put(body, OP_NOTIFY, 1);
    blob_put_text(body, name, 4, 0);
    blob_put(body, OP_ARG1, 1);
    aml_package(method, OP_IF, body);
}

/* Scope (\_SB.PCI0) { the slots; Method (DVNT, 2): tell those whose bits are set in Arg0 that Arg1 happened } */
GByteArray *acpi_pci_hotplug_body(uint32_t removable)
{
    GByteArray *table = body_of(ssdt_pci_hotplug_aml, ssdt_pci_hotplug_aml_size);
    g_autoptr(GByteArray) scope = g_byte_array_new(), notify = g_byte_array_new();

    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        if (removable >> slot & 1) {
            put_slot(scope, slot);
            put_notify(notify, slot);
        }
    }
    aml_method(scope, "DVNT", 2, notify);
    aml_scope(table, "\\_SB_.PCI0", scope);
    return table;
}
