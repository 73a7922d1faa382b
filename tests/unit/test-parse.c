/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts and the values they stand for: numbers, sizes, UUIDs, PCI addresses. */
#include "lib/parse.h"

#include <glib.h>
#include <string.h>

/* What a reader must say to a text it refuses: something that holds @part. */
static void check_refused(bool ok, Error *err, const char *text, const char *part)
{
    if (ok || !strstr(error_message(err), part)) {
        g_test_message("'%s': %s", text, ok ? "accepted" : error_message(err));
        g_test_fail();
    }
    error_free(err);
}

typedef struct Row {
    const char *text;
    uint64_t value;
    const char *error;      /* part of the message, or NULL: @value is right */
} Row;

typedef bool Reader(const char *text, uint64_t *ret, Error **errp);

static void check_rows(Reader *reader, const Row *row)
{
    for (; row->text; row++) {
        Error *err = NULL;
        uint64_t value = 0xdeadbeef;
        bool ok = reader(row->text, &value, &err);
        if (row->error) {
            check_refused(ok, err, row->text, row->error);
            g_assert_cmphex(value, ==, 0xdeadbeef);     /* written on success only */
        } else if (!ok || value != row->value) {
            g_test_message("'%s': %s", row->text, ok ? "another value" : error_message(err));
            g_test_fail();
            error_free(err);
        }
    }
}

static bool read_u16(const char *text, uint64_t *ret, Error **errp)
{
    return parse_u64(text, 0xffff, ret, errp);
}

static void test_numbers(void)
{
    check_rows(read_u16, (const Row[]){
        { "0", 0 }, { "65535", 65535 }, { "0xffff", 65535 }, { "0XfF", 255 }, { "010", 8 },
        { "65536", 0, "too large" }, { "99999999999999999999999", 0, "too large" },
        { "", 0, "not a number" }, { "-1", 0, "not a number" }, { "+1", 0, "not a number" },
        { " 1", 0, "not a number" }, { "1 ", 0, "not a number" }, { "0x", 0, "not a number" },
        { "ff", 0, "not a number" }, { "1k", 0, "not a number" }, { "09", 0, "not a number" },
        { NULL }
    });
}

static bool read_hex(const char *text, uint64_t *ret, Error **errp)
{
    return parse_hex(text, 0xffff, ret, errp);
}

static void test_hexadecimal_numbers(void)
{
    check_rows(read_hex, (const Row[]){
        { "0", 0 }, { "8086", 0x8086 }, { "0x8086", 0x8086 }, { "ABcd", 0xabcd },
        { "10000", 0, "too large" }, { "g", 0, "not a hexadecimal number" }, { "", 0, "not a hexadecimal number" },
        { NULL }
    });
}

static bool read_signed(const char *text, uint64_t *ret, Error **errp)
{
    int64_t value;

    if (!parse_i64(text, -2, 5, &value, errp)) {
        return false;
    }
    *ret = (uint64_t)value;
    return true;
}

static void test_signed_numbers(void)
{
    check_rows(read_signed, (const Row[]){
        { "0", 0 }, { "5", 5 }, { "-2", (uint64_t)-2 }, { "-0x1", (uint64_t)-1 },
        { "6", 0, "between -2 and 5" }, { "-3", 0, "between" }, { "--1", 0, "not a number" },
        { "99999999999999999999", 0, "between" }, { "", 0, "not a number" }, { " 1", 0, "not a number" },
        { NULL }
    });
}

static bool read_mib(const char *text, uint64_t *ret, Error **errp)
{
    return parse_size(text, 1 << 20, ret, errp);
}

static void test_sizes(void)
{
    check_rows(read_mib, (const Row[]){
        { "0", 0 }, { "512", 512ull << 20 }, { "512M", 512ull << 20 }, { "512m", 512ull << 20 },
        { "1B", 1 }, { "1k", 1024 }, { "2G", 2ull << 30 }, { "3T", 3ull << 40 }, { "4P", 4ull << 50 },
        { "15E", 15ull << 60 }, { "1.5G", 1536ull << 20 }, { "0.5", 512 << 10 }, { "0.25K", 256 },
        { "0x10", 16ull << 20 }, { "0x10M", 16ull << 20 },
        { "16E", 0, "too large" }, { "99999999999999999999", 0, "too large" }, { "", 0, "not a size" },
        { "M", 0, "not a size" }, { "-1M", 0, "not a size" }, { "1MM", 0, "not a size" }, { "1MiB", 0, "not a size" },
        { "1X", 0, "not a size" }, { "1.5.5G", 0, "not a size" }, { " 1", 0, "not a size" },
        { NULL }
    });
}

static bool read_bool(const char *text, uint64_t *ret, Error **errp)
{
    bool value;

    if (!parse_bool(text, &value, errp)) {
        return false;
    }
    *ret = value;
    return true;
}

static void test_switches(void)
{
    check_rows(read_bool, (const Row[]){
        { "on", 1 }, { "yes", 1 }, { "true", 1 }, { "y", 1 }, { "off", 0 }, { "no", 0 }, { "false", 0 }, { "n", 0 },
        { "", 0, "neither" }, { "1", 0, "neither" }, { "On", 0, "neither" }, { "on ", 0, "neither" },
        { NULL }
    });
}

static bool read_devfn(const char *text, uint64_t *ret, Error **errp)
{
    int32_t devfn;

    if (!parse_devfn(text, &devfn, errp)) {
        return false;
    }
    *ret = (uint64_t)devfn;
    return true;
}

static void test_slots(void)
{
    check_rows(read_devfn, (const Row[]){
        { "0", 0 }, { "2", 0x10 }, { "02.0", 0x10 }, { "0x2", 0x10 }, { "0x1f.0x7", 0, "not a PCI slot" },
        { "1f.7", 0xff }, { "1F.7", 0xff }, { "05.0", 0x28 }, { "20", 0, "not a PCI slot" },
        { "1f.8", 0, "not a PCI slot" }, { "", 0, "not a PCI slot" }, { ".1", 0, "not a PCI slot" },
        { "2.", 0, "not a PCI slot" }, { "-1", 0, "not a PCI slot" }, { "002.0", 0, "not a PCI slot" },
        { NULL }
    });
}

static bool read_pci_address(const char *text, uint64_t *ret, Error **errp)
{
    PciAddress address;

    if (!parse_pci_address(text, &address, errp)) {
        return false;
    }
    *ret = (uint64_t)address.domain << 32 | (uint64_t)address.bus << 16 | (uint64_t)address.slot << 8 | address.function;
    return true;
}

static void test_pci_addresses(void)
{
    check_rows(read_pci_address, (const Row[]){
        { "00:02.0", 0x000200 }, { "0000:00:02.0", 0x000200 }, { "ffff:ff:1f.7", 0xffff00ff1f07 },
        { "1:2.3", 0x010203 }, { "a:00:02.1", 0xa00000201 }, { "10000:00:02.0", 0, "not a PCI address" },
        { "00:20.0", 0, "not a PCI address" }, { "00:02.8", 0, "not a PCI address" },
        { "00:02", 0, "not a PCI address" }, { "02.0", 0, "not a PCI address" }, { "", 0, "not a PCI address" },
        { "00:02.0 ", 0, "not a PCI address" }, { "0000:00:02.0:1", 0, "not a PCI address" },
        { NULL }
    });
}

static void test_uuids(void)
{
    static const uint8_t expected[16] = {
        0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x0f, 0xed, 0xcb, 0xa9, 0x87, 0x65, 0x43, 0x21,
    };
    static const char *const wrong[] = {
        "", "12345678", "12345678-9abc-def0-0fed-cba98765432", "123456789abcdef00fedcba987654321",
        "12345678-9abc-def0-0fed-cba98765432g",
    };
    uint8_t uuid[16];
    Error *err = NULL;

    g_assert_true(parse_uuid("12345678-9ABC-def0-0fed-cba987654321", uuid, &err));
    g_assert_cmpmem(uuid, 16, expected, 16);
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        err = NULL;
        bool ok = parse_uuid(wrong[i], uuid, &err);
        check_refused(ok, err, wrong[i], "not a UUID");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parse/numbers", test_numbers);
    g_test_add_func("/parse/hexadecimal numbers", test_hexadecimal_numbers);
    g_test_add_func("/parse/signed numbers", test_signed_numbers);
    g_test_add_func("/parse/sizes", test_sizes);
    g_test_add_func("/parse/switches", test_switches);
    g_test_add_func("/parse/slots", test_slots);
    g_test_add_func("/parse/PCI addresses", test_pci_addresses);
    g_test_add_func("/parse/UUIDs", test_uuids);
    return g_test_run();
}
