/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables of single devices: read back by iasl, and the commands that place a page they share with us. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "hw/i386/acpi-devices.h"
#include "hw/i386/acpi-loader.h"

enum { HEADER_SIZE = 36 };

static uint32_t get32(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static AcpiBlobs build(const AcpiTable *table)
{
    static const uint32_t apic_id;
    AcpiConfig config = {
        .apic_ids = &apic_id,
        .cpu_count = 1,
        .pci32 = { 0x10000000, 0xeec00000 },
        .extra = table,
        .extra_count = 1,
    };
    AcpiBlobs blobs;

    config.dsdt = acpi_dsdt_pc(&config.dsdt_size);
    acpi_build(&config, &blobs);
    return blobs;
}

/* Offset in the tables of the one with @body. */
static uint32_t find_table(const AcpiBlobs *blobs, const GByteArray *body)
{
    const uint8_t *at = memmem(blobs->tables->data, blobs->tables->len, body->data, body->len);

    g_assert_nonnull(at);
    return (uint32_t)(at - blobs->tables->data) - HEADER_SIZE;
}

/* ---- what the tables say ---- */

/* The table as people read it, white space taken out; the caller frees it. NULL: there is no iasl. */
static char *disassemble(const AcpiBlobs *blobs, uint32_t start)
{
    g_autofree char *iasl = g_find_program_in_path("iasl"), *folder = g_dir_make_tmp("acpi-XXXXXX", NULL);
    g_autofree char *aml = g_build_filename(folder, "table.aml", NULL), *dsl = g_build_filename(folder, "table.dsl", NULL);
    const char *argv[] = { iasl, "-d", aml, NULL };
    char *text = NULL;
    int status;

    if (iasl) {
        const uint8_t *table = blobs->tables->data + start;
        g_assert_true(g_file_set_contents(aml, (const char *)table, get32(table + 4), NULL));
        g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                                   NULL, NULL, NULL, NULL, &status, NULL));
        g_assert_cmpint(status, ==, 0);
        g_assert_true(g_file_get_contents(dsl, &text, NULL, NULL));
    }
    g_unlink(aml);
    g_unlink(dsl);
    g_rmdir(folder);
    return text;
}

static char *without_comments(const char *text)
{
    g_autoptr(GRegex) comments = g_regex_new("/\\*.*?\\*/|//[^\n]*|\\s", G_REGEX_DOTALL, 0, NULL);

    return g_regex_replace_literal(comments, text, -1, 0, "", 0, NULL);
}

static void expect_words(GByteArray *body, const char *const words[])
{
    AcpiTable table = { .signature = "SSDT", .revision = 2, .body = body->data, .size = body->len };
    AcpiBlobs blobs = build(&table);
    g_autofree char *raw = disassemble(&blobs, find_table(&blobs, body));

    acpi_blobs_finish(&blobs);
    if (!raw) {
        g_test_skip("there is no iasl");
        return;
    }
    g_autofree char *text = without_comments(raw);
    for (; *words; words++) {
        g_test_message("%s", *words);
        g_assert_nonnull(strstr(text, *words));
    }
    g_assert_null(strstr(text, "0x11223344"));
}

static void test_hotplug(void)
{
    static const char *const words[] = {
        "OperationRegion(PCST,SystemIO,0xAE00,0x18)",
        "PCIU,32,PCID,32,B0EJ,32,Offset(0x10),BNUM,32",
        "Device(S010){Name(_ADR,0x00020000)Name(_SUN,0x02)Method(_EJ0,1,Serialized){PCEJ(_SUN)}}",
        "Device(S0F8){Name(_ADR,0x001F0000)Name(_SUN,0x1F)Method(_EJ0,1,Serialized){PCEJ(_SUN)}}",
        "If((Arg0&0x04)){Notify(S010,Arg1)}",
        "If((Arg0&0x80000000)){Notify(S0F8,Arg1)}",
        "BNUM=ZeroB0EJ=(One<<Arg0)", "DVNT(PCIU,One)DVNT(PCID,0x03)",
        "Method(\\_GPE._E01,0,NotSerialized){\\_SB.PCI0.PCNT()}",
        NULL,
    };
    g_autoptr(GByteArray) body = acpi_pci_hotplug_body(0xfffffff4);

    expect_words(body, words);
    g_assert_null(memmem(body->data, body->len, "S008", 4));    /* the chipset */
    g_assert_null(memmem(body->data, body->len, "S018", 4));    /* slot 3 holds something that stays */
}

static void test_pvpanic(void)
{
    static const char *const words[] = {
        "Name(\\_SB.PVPP,0x00000600)", "Scope(\\_SB.PCI0.ISA)", "Device(PEVT)", "Name(_HID,\"QEMU0001\")",
        "OperationRegion(PEOR,SystemIO,\\_SB.PVPP,One)", "Method(RDPT,0,NotSerialized){Return(PEPT)}",
        "Method(WRPT,1,NotSerialized){PEPT=Arg0}", "Name(_STA,0x0F)",
        NULL,
    };
    g_autoptr(GByteArray) body = acpi_pvpanic_body(0x600);

    expect_words(body, words);
}

static void test_vmgenid(void)
{
    static const char *const words[] = {
        "Name(VGIA,0x00000000)", "Device(VGEN)", "Name(_HID,\"QEMUVGID\")", "Name(_CID,\"VM_Gen_Counter\")",
        "HALF[Zero]=(VGIA+0x28)", "Method(\\_GPE._E05,0,NotSerialized){Notify(\\_SB.VGEN,0x80)}",
        NULL,
    };
    g_autoptr(GByteArray) body = acpi_vmgenid_body();

    expect_words(body, words);
}

static void test_reserved(void)
{
    static const char *const words[] = {
        "Scope(\\_SB)", "Device(RSVD)", "Name(_HID,EisaId(\"PNP0C02\")", "Name(_UID,One)", "Name(_CRS,ResourceTemplate(){",
        "Memory32Fixed(ReadWrite,0x7C800000,0x01000000,)", "Memory32Fixed(ReadWrite,0x20800000,0x00003C00,)",
        NULL,
    };
    const MemoryMapWindow ranges[] = { { 0x7c800000, 0x1000000 }, { 0x20800000, 0x3c00 } };
    g_autoptr(GByteArray) body = acpi_reserved_body(ranges, G_N_ELEMENTS(ranges));

    expect_words(body, words);
}

/* ---- the page ---- */

/* The entry of this command that names @file first, or NULL. */
static const uint8_t *command(const GByteArray *loader, uint32_t number, const char *file)
{
    for (guint at = 0; at < loader->len; at += ACPI_LOADER_ENTRY_SIZE) {
        const uint8_t *entry = loader->data + at;
        if (get32(entry) == number && g_str_equal((const char *)entry + 4, file)) {
            return entry;
        }
    }
    return NULL;
}

static void test_page(void)
{
    g_autoptr(GByteArray) body = acpi_vmgenid_body();
    const AcpiSharedPage page = { "etc/page", acpi_vmgenid_pointer(), "etc/address", 40 };
    AcpiTable table = { .signature = "SSDT", .revision = 1, .body = body->data, .size = body->len,
                        .oem_table_id = "VMGENID", .page = &page };
    AcpiBlobs blobs = build(&table);
    uint32_t start = find_table(&blobs, body);
    const uint8_t *header = blobs.tables->data + start;
    const uint8_t *allocate = command(blobs.loader, 1, "etc/page"), *written = command(blobs.loader, 4, "etc/address");
    const uint8_t *pointer = allocate;

    g_assert_cmpmem(header + 16, 8, "VMGENID", 8);
    g_assert_cmpmem(header + HEADER_SIZE, 6, "\x08VGIA\x0c", 6);      /* tests of others look for it there */
    g_assert_nonnull(allocate);
    g_assert_cmpuint(get32(allocate + 60), ==, 4096);
    g_assert_cmpuint(allocate[64], ==, ACPI_LOADER_HIGH);
    while (get32(pointer) != 2 || !g_str_equal((const char *)pointer + 60, "etc/page")) {
        pointer += ACPI_LOADER_ENTRY_SIZE;
        g_assert_true(pointer < blobs.loader->data + blobs.loader->len);
    }
    g_assert_cmpstr((const char *)pointer + 4, ==, ACPI_TABLES_FILE);
    g_assert_cmpuint(get32(pointer + 116), ==, start + HEADER_SIZE + 6);
    g_assert_cmpuint(pointer[120], ==, 4);
    g_assert_true(written > pointer);
    g_assert_cmpstr((const char *)written + 60, ==, "etc/page");
    g_assert_cmpuint(get32(written + 116), ==, 0);
    g_assert_cmpuint(get32(written + 120), ==, 40);
    g_assert_cmpuint(written[124], ==, 8);
    acpi_blobs_finish(&blobs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/acpi-devices/PCI hot-plug", test_hotplug);
    g_test_add_func("/acpi-devices/panic notifier", test_pvpanic);
    g_test_add_func("/acpi-devices/VM generation ID", test_vmgenid);
    g_test_add_func("/acpi-devices/reserved memory", test_reserved);
    g_test_add_func("/acpi-devices/page", test_page);
    return g_test_run();
}
