/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables after firmware has placed them: this test plays the firmware. */
#include <glib.h>
#include <string.h>

#include "hw/i386/acpi-loader.h"
#include "hw/i386/acpi.h"
#include "hw/i386/aml.h"

/* Where "firmware" puts the files. */
enum { TABLES_AT = 0x0ffe0000, RSDP_AT = 0x000f5a00 };

static uint64_t get(const uint8_t *data, size_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | data[offset + i];
    }
    return value;
}

static uint8_t sum(const uint8_t *data, size_t size)
{
    uint8_t total = 0;

    for (size_t i = 0; i < size; i++) {
        total += data[i];
    }
    return total;
}

static GByteArray *file_of(AcpiBlobs *blobs, const char *name, uint32_t *ret_address)
{
    bool tables = !strcmp(name, ACPI_TABLES_FILE);

    g_assert_true(tables || !strcmp(name, ACPI_RSDP_FILE));
    *ret_address = tables ? TABLES_AT : RSDP_AT;
    return tables ? blobs->tables : blobs->rsdp;
}

static void run_pointer(AcpiBlobs *blobs, const uint8_t *entry)
{
    uint32_t from, to;
    GByteArray *file = file_of(blobs, (const char *)entry + 4, &from);
    GByteArray *pointee = file_of(blobs, (const char *)entry + 60, &to);
    uint32_t offset = get(entry, 116, 4);
    unsigned size = entry[120];

    g_assert_cmpuint(offset + size, <=, file->len);
    uint64_t value = get(file->data, offset, size);
    g_assert_cmpuint(value, <, pointee->len);
    value = GUINT64_TO_LE(value + to);
    memcpy(file->data + offset, &value, size);
}

static void run_checksum(AcpiBlobs *blobs, const uint8_t *entry)
{
    uint32_t address;
    GByteArray *file = file_of(blobs, (const char *)entry + 4, &address);
    uint32_t offset = get(entry, 60, 4), start = get(entry, 64, 4), length = get(entry, 68, 4);

    g_assert_cmpuint(start + length, <=, file->len);
    g_assert_cmpuint(offset, >=, start);
    g_assert_cmpuint(offset, <, start + length);
    g_assert_cmpuint(file->data[offset], ==, 0);
    file->data[offset] -= sum(file->data + start, length);
}

/* What firmware does with etc/table-loader. */
static void run_loader(AcpiBlobs *blobs)
{
    unsigned allocated = 0;

    g_assert_cmpuint(blobs->loader->len % ACPI_LOADER_ENTRY_SIZE, ==, 0);
    for (guint at = 0; at < blobs->loader->len; at += ACPI_LOADER_ENTRY_SIZE) {
        const uint8_t *entry = blobs->loader->data + at;
        uint32_t address;

        switch (get(entry, 0, 4)) {
        case 1:
            file_of(blobs, (const char *)entry + 4, &address);
            g_assert_cmpuint(address % get(entry, 60, 4), ==, 0);
            g_assert_cmpuint(entry[64], ==, address == RSDP_AT ? ACPI_LOADER_FSEG : ACPI_LOADER_HIGH);
            allocated++;
            break;
        case 2:
            g_assert_cmpuint(allocated, ==, 2);
            run_pointer(blobs, entry);
            break;
        case 3:
            g_assert_cmpuint(allocated, ==, 2);
            run_checksum(blobs, entry);
            break;
        default:
            g_assert_not_reached();
        }
    }
}

static AcpiBlobs build(const AcpiConfig *base)
{
    static const uint32_t apic_ids[] = { 0, 1, 4, 255, 300 };
    AcpiConfig config = *base;
    AcpiBlobs blobs;

    config.dsdt = acpi_dsdt_pc(&config.dsdt_size);
    config.apic_ids = apic_ids;
    config.cpu_count = base->cpu_count ? base->cpu_count : 1;
    config.pci32 = (MemoryMapWindow) { 0x10000000, 0xeec00000 };
    acpi_build(&config, &blobs);
    run_loader(&blobs);
    return blobs;
}

/* The @nth table with @signature as an OS finds it: RSDP, XSDT. Sums are checked. */
static const uint8_t *find_nth(const AcpiBlobs *blobs, const char *signature, unsigned nth)
{
    const uint8_t *tables = blobs->tables->data;
    const uint8_t *xsdt = tables + (get(blobs->rsdp->data, 24, 8) - TABLES_AT);

    g_assert_cmpmem(xsdt, 4, "XSDT", 4);
    for (size_t at = 36; at < get(xsdt, 4, 4); at += 8) {
        const uint8_t *table = tables + (get(xsdt, at, 8) - TABLES_AT);

        g_assert_cmpuint(sum(table, get(table, 4, 4)), ==, 0);
        if (!memcmp(table, signature, 4) && !nth--) {
            return table;
        }
    }
    return NULL;
}

static const uint8_t *find(const AcpiBlobs *blobs, const char *signature)
{
    const uint8_t *table = find_nth(blobs, signature, 0);

    g_assert_nonnull(table);
    return table;
}

static void test_roots(void)
{
    AcpiBlobs blobs = build(&(AcpiConfig) { 0 });
    const uint8_t *rsdp = blobs.rsdp->data;

    g_assert_cmpuint(blobs.rsdp->len, ==, 36);
    g_assert_cmpmem(rsdp, 8, "RSD PTR ", 8);
    g_assert_cmpuint(sum(rsdp, 20), ==, 0);
    g_assert_cmpuint(sum(rsdp, 36), ==, 0);

    const uint8_t *rsdt = blobs.tables->data + (get(rsdp, 16, 4) - TABLES_AT);
    const uint8_t *xsdt = blobs.tables->data + (get(rsdp, 24, 8) - TABLES_AT);
    unsigned count = (get(rsdt, 4, 4) - 36) / 4;

    g_assert_cmpmem(rsdt, 4, "RSDT", 4);
    g_assert_cmpuint(sum(rsdt, get(rsdt, 4, 4)), ==, 0);
    g_assert_cmpuint(sum(xsdt, get(xsdt, 4, 4)), ==, 0);
    g_assert_cmpuint((get(xsdt, 4, 4) - 36) / 8, ==, count);
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmphex(get(rsdt, 36 + 4 * i, 4), ==, get(xsdt, 36 + 8 * i, 8));
    }
    acpi_blobs_finish(&blobs);
}

static void test_fadt(void)
{
    AcpiBlobs blobs = build(&(AcpiConfig) { .no_vga = true });
    const uint8_t *fadt = find(&blobs, "FACP");
    const uint8_t *facs = blobs.tables->data + (get(fadt, 36, 4) - TABLES_AT);
    const uint8_t *dsdt = blobs.tables->data + (get(fadt, 40, 4) - TABLES_AT);

    g_assert_cmpuint(get(fadt, 4, 4), ==, 244);
    g_assert_cmpuint(get(fadt, 36, 4) % 64, ==, 0);
    g_assert_cmpmem(facs, 4, "FACS", 4);
    g_assert_cmpuint(get(facs, 4, 4), ==, 64);
    g_assert_cmpmem(dsdt, 4, "DSDT", 4);
    g_assert_cmpuint(sum(dsdt, get(dsdt, 4, 4)), ==, 0);
    g_assert_cmphex(get(fadt, 132, 8), ==, 0);
    g_assert_cmphex(get(fadt, 140, 8), ==, get(fadt, 40, 4));
    g_assert_cmpuint(get(fadt, 46, 2), ==, 9);
    g_assert_cmphex(get(fadt, 48, 4), ==, 0xb2);
    g_assert_cmphex(get(fadt, 56, 4), ==, 0x600);
    g_assert_cmphex(get(fadt, 64, 4), ==, 0x604);
    g_assert_cmphex(get(fadt, 76, 4), ==, 0x608);
    g_assert_cmphex(get(fadt, 80, 4), ==, 0xafe0);
    g_assert_cmphex(get(fadt, 109, 2), ==, 7);
    g_assert_cmphex(get(fadt, 120, 8), ==, 0xcf9);
    g_assert_cmphex(fadt[128], ==, 6);
    g_assert_cmphex(get(fadt, 148 + 4, 8), ==, 0x600);
    g_assert_cmphex(get(fadt, 172 + 4, 8), ==, 0x604);
    g_assert_cmphex(get(fadt, 208 + 4, 8), ==, 0x608);
    g_assert_cmphex(get(fadt, 220 + 4, 8), ==, 0xafe0);
    acpi_blobs_finish(&blobs);
}

/* "type:length" of every MADT entry, in order */
static char *madt_summary(const uint8_t *madt)
{
    GString *text = g_string_new(NULL);

    for (size_t at = 44; at < get(madt, 4, 4); at += madt[at + 1]) {
        g_string_append_printf(text, "%u:%u ", madt[at], madt[at + 1]);
    }
    return g_string_free(text, FALSE);
}

static void test_madt(void)
{
    AcpiBlobs blobs = build(&(AcpiConfig) { .cpu_count = 3 });
    const uint8_t *madt = find(&blobs, "APIC");
    g_autofree char *summary = madt_summary(madt);

    g_assert_cmpstr(summary, ==, "0:8 0:8 0:8 1:12 2:10 2:10 2:10 2:10 2:10 4:6 ");
    g_assert_cmphex(get(madt, 36, 4), ==, 0xfee00000);
    g_assert_cmpuint(madt[44 + 16 + 2], ==, 2);     /* third processor: uid, APIC id */
    g_assert_cmpuint(madt[44 + 16 + 3], ==, 4);
    acpi_blobs_finish(&blobs);
}

static void test_madt_x2apic(void)
{
    AcpiBlobs blobs = build(&(AcpiConfig) { .cpu_count = 5 });
    const uint8_t *madt = find(&blobs, "APIC");
    g_autofree char *summary = madt_summary(madt);

    g_assert_cmpstr(summary, ==, "0:8 0:8 0:8 9:16 9:16 1:12 2:10 2:10 2:10 2:10 2:10 4:6 10:12 ");
    g_assert_cmpuint(get(madt, 44 + 24 + 16 + 4, 4), ==, 300);
    g_assert_cmpuint(get(madt, 44 + 24 + 16 + 12, 4), ==, 4);
    acpi_blobs_finish(&blobs);
}

static bool contains(const uint8_t *table, const char *bytes, size_t size)
{
    return memmem(table, get(table, 4, 4), bytes, size);
}

static void test_ssdt(void)
{
    AcpiBlobs off = build(&(AcpiConfig) { 0 });
    AcpiBlobs on = build(&(AcpiConfig) {
        .serial_ports = 3, .s3 = true, .s4 = true, .pci64 = { 0x140000000, 0x40000000 },
    });
    const uint8_t *ssdt = find(&on, "SSDT");

    g_assert_true(contains(ssdt, "\x08" "COMS\x0a\x03", 7));
    g_assert_true(contains(ssdt, "\x08" "P32B\x0c\0\0\0\x10", 10));
    g_assert_true(contains(ssdt, "\x08" "P32L\x0c\xff\xff\xbf\xfe", 10));
    g_assert_true(contains(ssdt, "\x08" "P64B\x0e\0\0\0\x40\x01\0\0\0", 14));
    g_assert_true(contains(ssdt, "\x08" "P64L\x0e\xff\xff\xff\x7f\x01\0\0\0", 14));
    g_assert_true(contains(ssdt, "\x08\\_S3_\x12\x06\x04\x01\x01\0\0", 13));
    g_assert_true(contains(ssdt, "\x08\\_S4_\x12\x08\x04\x0a\x02\x0a\x02\0\0", 15));
    ssdt = find(&off, "SSDT");
    g_assert_true(contains(ssdt, "P64L\0", 5));
    g_assert_false(contains(ssdt, "_S3_", 4));
    g_assert_false(contains(ssdt, "_S4_", 4));
    acpi_blobs_finish(&on);
    acpi_blobs_finish(&off);
}

/* PkgLength at @at: where the package ends; *ret_content: where its content begins. */
static size_t package_end(const uint8_t *aml, size_t at, size_t *ret_content)
{
    unsigned following = aml[at] >> 6;
    size_t length = aml[at] & (following ? 0x0f : 0x3f);

    length |= following ? get(aml, at + 1, following) << 4 : 0;
    *ret_content = at + 1 + following;
    return at + length;
}

/* Behind the name at @at; null name, root and parent prefixes, and multiple segments are possible. */
static size_t name_end(const uint8_t *aml, size_t at)
{
    while (aml[at] == '\\' || aml[at] == '^') {
        at++;
    }
    switch (aml[at]) {
    case 0x00:
        return at + 1;
    case 0x2e:
        return at + 1 + 8;
    case 0x2f:
        return at + 2 + 4u * aml[at + 1];
    default:
        return at + 4;
    }
}

/* Behind the constant at @at (integer, string, buffer, package). */
static size_t data_end(const uint8_t *aml, size_t at)
{
    size_t content;

    switch (aml[at]) {
    case 0x00:
    case 0x01:
    case 0xff:
        return at + 1;
    case 0x0a:
        return at + 2;
    case 0x0b:
        return at + 3;
    case 0x0c:
        return at + 5;
    case 0x0d:
        return at + 2 + strlen((const char *)aml + at + 1);
    case 0x0e:
        return at + 9;
    case 0x11:
    case 0x12:
        return package_end(aml, at + 1, &content);
    default:
        g_error("AML byte %02x at %zu is no constant", aml[at], at);
    }
}

static size_t walk_extended(const uint8_t *aml, size_t at, GString *names);

/* Step over the term at @at; only the terms SeaBIOS knows outside of methods. */
static size_t walk_term(const uint8_t *aml, size_t at, GString *names)
{
    size_t content, end;

    switch (aml[at]) {
    case 0x08:      /* Name */
        return data_end(aml, name_end(aml, at + 1));
    case 0x10:      /* Scope */
        end = package_end(aml, at + 1, &content);
        for (size_t inner = name_end(aml, content); inner < end;) {
            inner = walk_term(aml, inner, names);
        }
        return end;
    case 0x14:      /* Method */
        return package_end(aml, at + 1, &content);
    case 0x5b:
        return walk_extended(aml, at + 1, names);
    default:
        g_error("SeaBIOS does not know AML byte %02x at %zu", aml[at], at);
    }
}

static size_t walk_extended(const uint8_t *aml, size_t at, GString *names)
{
    size_t content, end;

    switch (aml[at]) {
    case 0x80:      /* OperationRegion: name, space, offset, length */
        return data_end(aml, data_end(aml, name_end(aml, at + 1) + 1));
    case 0x81:      /* Field */
        return package_end(aml, at + 1, &content);
    case 0x82:      /* Device */
        end = package_end(aml, at + 1, &content);
        g_string_append_printf(names, "%.4s ", (const char *)aml + content);
        for (size_t inner = name_end(aml, content); inner < end;) {
            inner = walk_term(aml, inner, names);
            g_assert_cmpuint(inner, <=, end);
        }
        return end;
    default:
        g_error("SeaBIOS does not know AML bytes 5b %02x at %zu", aml[at], at);
    }
}

static void test_dsdt_for_seabios(void)
{
    g_autoptr(GString) names = g_string_new(NULL);
    size_t size, at = 36;
    const uint8_t *dsdt = acpi_dsdt_pc(&size);

    while (at < size) {
        at = walk_term(dsdt, at, names);
    }
    g_assert_cmpuint(at, ==, size);
    g_assert_cmpstr(names->str, ==,
                    "PCI0 ISA_ KBD_ MOU_ RTC_ COM1 COM2 COM3 COM4 BORD LNKA LNKB LNKC LNKD LNKS FWCF ");
}

/* SeaBIOS starts PS/2 only when it finds PNP0303 in the DSDT. */
static void test_dsdt(void)
{
    size_t size;
    const uint8_t *dsdt = acpi_dsdt_pc(&size);

    g_assert_cmpuint(get(dsdt, 4, 4), ==, size);
    g_assert_cmpuint(dsdt[8], ==, 2);
    g_assert_true(contains(dsdt, "\x08_HID\x0c\x41\xd0\x03\x03", 10));
    g_assert_true(contains(dsdt, "_S5_", 4));
    g_assert_true(contains(dsdt, "QEMU0002", 9));
}

static void test_extra_and_oem(void)
{
    static const uint8_t body[] = { 0x27, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
    const AcpiTable extra[] = {
        { .signature = "DMAR", .revision = 1, .body = body, .size = sizeof(body) },
        { .signature = "SSDT", .revision = 2 },
    };
    AcpiBlobs blobs = build(&(AcpiConfig) {
        .oem_id = "LENOVO", .oem_table_id = "TP-R0E  and more", .extra = extra, .extra_count = 2,
    });
    const uint8_t *dmar = find(&blobs, "DMAR"), *fadt = find(&blobs, "FACP");
    const uint8_t *dsdt = blobs.tables->data + (get(fadt, 40, 4) - TABLES_AT);

    g_assert_cmpuint(get(dmar, 4, 4), ==, 36 + sizeof(body));
    g_assert_cmpmem(dmar + 36, sizeof(body), body, sizeof(body));
    g_assert_cmpuint(get(find_nth(&blobs, "SSDT", 1), 4, 4), ==, 36);
    g_assert_cmpmem(dmar + 10, 14, "LENOVOTP-R0E  ", 14);
    g_assert_cmpmem(dsdt + 10, 14, "LENOVOTP-R0E  ", 14);
    g_assert_cmpmem(blobs.rsdp->data + 9, 6, "LENOVO", 6);
    acpi_blobs_finish(&blobs);
}

/* PkgLength at every change of its own size (ACPI 6.5, 20.2.4). */
static void test_package_length(void)
{
    static const struct {
        guint body;
        uint8_t want[4];
        unsigned bytes;
    } rows[] = {
        { 0, { 0x05 }, 1 },
        { 58, { 0x3f }, 1 },
        { 59, { 0x41, 0x04 }, 2 },
        { 4089, { 0x4f, 0xff }, 2 },
        { 4090, { 0x81, 0x00, 0x01 }, 3 },
        { 1048568, { 0x8f, 0xff, 0xff }, 3 },
        { 1048569, { 0xc1, 0x00, 0x00, 0x01 }, 4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) body = g_byte_array_new(), out = g_byte_array_new();

        g_byte_array_set_size(body, rows[i].body);      /* contents do not matter */
        aml_scope(out, "_SB_", body);
        g_assert_cmpuint(out->data[0], ==, 0x10);
        g_assert_cmpmem(out->data + 1, rows[i].bytes, rows[i].want, rows[i].bytes);
        g_assert_cmpmem(out->data + 1 + rows[i].bytes, 4, "_SB_", 4);
        g_assert_cmpuint(out->len, ==, 1 + rows[i].bytes + 4 + rows[i].body);
    }
}

static void test_aml_terms(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    static const char want[] = "\x08\\.ABCDEFGH\x0b\x34\x12"
                               "\x08\\/\x03" "ABCDEFGHIJKL\x01"
                               "\x08NAME\rtext";

    aml_name_integer(out, "\\ABCD.EFGH", 0x1234);
    aml_name_integer(out, "\\ABCD.EFGH.IJKL", 1);
    aml_name_string(out, "NAME", "text");
    g_assert_cmpmem(out->data, out->len, want, sizeof(want));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acpi/RSDP, RSDT and XSDT agree", test_roots);
    g_test_add_func("/acpi/FADT", test_fadt);
    g_test_add_func("/acpi/MADT", test_madt);
    g_test_add_func("/acpi/MADT with x2APIC ids", test_madt_x2apic);
    g_test_add_func("/acpi/SSDT carries the run-time values", test_ssdt);
    g_test_add_func("/acpi/DSDT has what firmware looks for", test_dsdt);
    g_test_add_func("/acpi/DSDT can be read by SeaBIOS", test_dsdt_for_seabios);
    g_test_add_func("/acpi/extra tables and OEM ids", test_extra_and_oem);
    g_test_add_func("/acpi/AML package length", test_package_length);
    g_test_add_func("/acpi/AML terms", test_aml_terms);
    return g_test_run();
}
