/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panic notifiers, devices for tests, VM generation ID and notes for crash dumps, as the guest finds them. */
#include "core/device.h"
#include "core/runstate.h"
#include "hw/acpi/vmgenid.h"
#include "hw/nvram/fw-cfg.h"
#include "tests/unit/ask.h"
#include "tests/unit/event-log.h"
#include "tests/unit/pci-board.h"

enum { GPE_STATUS = 0xafe0, VMGENID_EVENT = 1 << 5, MEMORY_BAR = 0xe0000000, PORTS_BAR = 0xc000 };

enum { ADDRESS_KEY = FW_CFG_FILE_FIRST + 1 };   /* of etc/vmgenid_addr: its files are the only ones */

static FwCfg *fw;
static EventLog events;

static Object *add(const char *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", &err);
    Object *obj = device_create(kv, &err);

    g_assert_cmpstr(err ? error_message(err) : NULL, ==, NULL);
    return obj;
}

static void refuse(const char *settings, const char *message)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", &err);

    g_assert_null(device_create(kv, &err));
    g_assert_cmpstr(error_message(err), ==, message);
    error_free(err);
}

static void up(void)
{
    Error *err = NULL;

    board_up();
    g_assert_nonnull(object_create(class_find("fw_cfg"), NULL, NULL, &err));
    fw = fw_cfg_find();
    event_log_start(&events);
}

static void down(void)
{
    event_log_stop(&events);
    board_down();
}

static void expect_file(const char *name, const void *bytes, size_t len)
{
    GBytes *file = fw_cfg_file(fw, name);

    g_assert_nonnull(file);
    g_assert_cmpmem(g_bytes_get_data(file, NULL), g_bytes_get_size(file), bytes, len);
}

/* ---- pvpanic ---- */

static void test_pvpanic(void)
{
    up();
    add("pvpanic");
    expect_file("etc/pvpanic-port", "\x05\x05", 2);
    g_assert_cmphex(in(0x505, 1), ==, 3);
    out(0x505, 0xfc, 1);            /* bits it does not have */
    board_settle();
    event_log_expect(&events, "");
    out(0x505, 2, 1);
    board_settle();
    event_log_expect(&events, "GUEST_CRASHLOADED {\"action\": \"run\"}\n");
    refuse("pvpanic,ioport=0x506", "duplicate fw_cfg file name: etc/pvpanic-port");
    down();
}

static void test_pvpanic_panics(void)
{
    Error *err = NULL;

    g_assert_true(runstate_set_action("panic", "pause", &err));
    up();
    vm_start();
    g_string_truncate(events.text, 0);
    add("pvpanic,ioport=0x600,events=1");
    g_assert_cmphex(in(0x505, 1), ==, 0xff);
    g_assert_cmphex(in(0x600, 1), ==, 1);
    out(0x600, 2, 1);
    board_settle();
    g_assert_true(vm_running());
    out(0x600, 0xff, 1);
    board_settle();
    g_assert_cmpint(run_state(), ==, RUN_STATE_GUEST_PANICKED);
    g_assert_nonnull(strstr(events.text->str, "GUEST_PANICKED {\"action\": \"pause\"}\n"));
    down();
}

static void test_pvpanic_pci(void)
{
    enum { DEV = PCI_DEVFN_OF(5, 0) };

    up();
    add("pvpanic-pci,addr=5");
    g_assert_cmphex(config_in(DEV, 0, 4), ==, 0x00111b36);
    g_assert_cmphex(config_in(DEV, 8, 4), ==, 0x08800001);
    config_out(DEV, PCI_BASE_ADDRESS_0, MEMORY_BAR, 4);
    config_out(DEV, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, MEMORY_BAR, 1), ==, 3);
    g_assert_cmphex(space_read(&memory_space, MEMORY_BAR + 1, 1), ==, 3);
    space_write(&memory_space, MEMORY_BAR, 2, 1);
    board_settle();
    event_log_expect(&events, "GUEST_CRASHLOADED {\"action\": \"run\"}\n");
    down();
}

/* ---- pci-testdev ---- */

static void add_testdev(void)
{
    enum { DEV = PCI_DEVFN_OF(6, 0) };

    add("pci-testdev,addr=6,membar=8G");
    g_assert_cmphex(config_in(DEV, 0, 4), ==, 0x00051b36);
    g_assert_cmphex(config_in(DEV, 8, 4), ==, 0x00ff0000);
    config_out(DEV, PCI_BASE_ADDRESS_2, UINT32_MAX, 4);
    config_out(DEV, PCI_BASE_ADDRESS_3, UINT32_MAX, 4);
    g_assert_cmphex(config_in(DEV, PCI_BASE_ADDRESS_2, 4), ==, 0xc);
    g_assert_cmphex(config_in(DEV, PCI_BASE_ADDRESS_3, 4), ==, 0xfffffffe);
    config_out(DEV, PCI_BASE_ADDRESS_0, MEMORY_BAR, 4);
    config_out(DEV, PCI_BASE_ADDRESS_1, PORTS_BAR, 4);
    config_out(DEV, PCI_BASE_ADDRESS_3, 4, 4);
    config_out(DEV, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
}

static void test_pci_testdev(void)
{
    static const struct {
        bool ports;
        uint8_t number;
        uint16_t offset;
        uint8_t data;
        uint32_t after_other;       /* count when other data was written as well */
        const char *name;
    } rows[] = {
        { false, 0, 0x800, 0xfa, 1, "mmio-no-eventfd" },
        { false, 1, 0x801, 0xce, 2, "mmio-wildcard-eventfd" },
        { false, 2, 0x802, 0xfa, 1, "mmio-datamatch-eventfd" },
        { true, 0, 0x83, 0xfa, 1, "portio-no-eventfd" },
        { true, 1, 0x84, 0xce, 2, "portio-wildcard-eventfd" },
        { true, 2, 0x85, 0xfa, 1, "portio-datamatch-eventfd" },
    };

    up();
    add_testdev();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Space *space = rows[i].ports ? &io_space : &memory_space;
        uint64_t base = rows[i].ports ? PORTS_BAR : MEMORY_BAR;
        char name[32] = { 0 };
        space_write(space, base, rows[i].number, 1);
        g_assert_cmphex(space_read(space, base, 1), ==, i);
        g_assert_cmphex(space_read(space, base + 1, 1), ==, 1);
        g_assert_cmphex(space_read(space, base + 4, 4), ==, rows[i].offset);
        g_assert_cmphex(space_read(space, base + 8, 4), ==, rows[i].data);
        for (unsigned n = 0; n < sizeof(name) - 1; n++) {
            name[n] = (char)space_read(space, base + 16 + n, 1);
        }
        g_assert_cmpstr(name, ==, rows[i].name);
        g_assert_cmpuint(space_read(space, base + 12, 4), ==, 0);
        space_write(space, base + rows[i].offset, rows[i].data, 1);
        g_assert_cmpuint(space_read(space, base + 12, 4), ==, 1);
        space_write(space, base + rows[i].offset, rows[i].data ^ 0xff, 1);
        g_assert_cmpuint(space_read(space, base + 12, 4), ==, rows[i].after_other);
        space_write(space, base + rows[i].offset + 1, rows[i].data, 1);
        g_assert_cmpuint(space_read(space, base + 12, 4), ==, rows[i].after_other);
    }
    space_write(&memory_space, MEMORY_BAR, 3, 1);       /* no such test */
    g_assert_cmphex(space_read(&memory_space, MEMORY_BAR, 8), ==, 0);
    space_write(&memory_space, MEMORY_BAR + 0x800, 0xfa, 1);
    g_assert_cmphex(space_read(&memory_space, 0x400000000, 8), ==, 0);
    refuse("pci-testdev,membar=12345", "membar is not a power of two of at least 16 bytes");
    down();
}

/* ---- pc-testdev ---- */

static void test_pc_testdev(void)
{
    up();
    add("pc-testdev");
    out(0xe0, 0x11223344, 4);
    g_assert_cmphex(in(0xe1, 2), ==, 0x2233);
    out(0xe1, 0xaa, 1);
    g_assert_cmphex(in(0xe8, 4), ==, 0x1122aa44);
    out(0xea, 0xbbcc, 2);
    g_assert_cmphex(in(0xe0, 4), ==, 0xbbccaa44);
    out(0x2005, 1, 1);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 5);
    out(0x2017, 2, 1);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 5 | 1 << 23);
    out(0x2005, 0, 1);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 23);
    space_write(&memory_space, 0xff00fff8, UINT64_C(0x1122334455667788), 8);
    g_assert_cmphex(space_read(&memory_space, 0xff00fffa, 2), ==, 0x5566);
    g_assert_cmphex(space_read(&memory_space, 0xff000000, 4), ==, 0);
    board.ram[0x3000] = 0x5a;
    out(0xe4, 0x3000, 4);           /* memory is as before */
    g_assert_cmphex(board.ram[0x3000], ==, 0x5a);
    board.ram[0x3000] = 1;
    out(0xe4, 0xfffff000, 4);
    g_assert_cmphex(in(0xe4, 4), ==, 0);
    down();
    g_assert_cmphex(board_gsi_levels, ==, 0);
}

/* ---- vmgenid ---- */

#define GUID "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"
#define GUID_BYTES "\xaf\x6e\x4e\x32\xd1\xd1\xf6\x4b\xbf\x41\xb9\xbb\x6c\x91\xfb\x87"

static void test_vmgenid_page(void)
{
    static const Asked rows[] = { { "query-vm-generation-id", "{\"guid\": \"" GUID "\"}" } };
    uint8_t page[4096] = { 0 };

    up();
    add("vmgenid,guid=" GUID);
    memcpy(page + 40, GUID_BYTES, 16);
    expect_file("etc/vmgenid_guid", page, sizeof(page));
    expect_file("etc/vmgenid_addr", "\0\0\0\0\0\0\0\0", 8);
    ASK_ALL(rows);
    refuse("vmgenid", "at most one vmgenid device is permitted");
    down();
}

static void test_vmgenid_changes(void)
{
    Error *err = NULL;

    up();
    Object *obj = add("vmgenid");
    g_assert_cmphex(in(GPE_STATUS, 2), ==, 0);
    g_assert_cmphex(write_file(ADDRESS_KEY, "\x28\x50\0\0\0\0\0\0", 8), ==, 0);
    g_assert_true(object_set(obj, "guid", GUID, &err));
    g_assert_cmpmem(board.ram + 0x5028, 16, GUID_BYTES, 16);
    g_assert_cmphex(in(GPE_STATUS, 2), ==, VMGENID_EVENT);
    g_assert_false(object_set(obj, "guid", "x", &err));
    error_clear(&err);
    out(GPE_STATUS, 0xffff, 2);
    object_reset_all();             /* the address was of the guest before */
    memset(board.ram + 0x5028, 0, 16);
    g_assert_true(object_set(obj, "guid", "auto", &err));
    g_assert_cmphex(board.ram[0x5028] | board.ram[0x5029] | board.ram[0x502a], ==, 0);
    g_assert_cmphex(in(GPE_STATUS, 2), ==, 0);
    down();
}

/* An address that is no RAM is the guest's mistake. */
static void test_vmgenid_address(void)
{
    static const char *const addresses[] = {
        "\xff\xff\xff\xff\xff\xff\xff\xff", "\0\0\0\xfe\0\0\0\0", "\xf8\xff\xff\xff\0\0\0\0",
    };
    Error *err = NULL;

    up();
    Object *obj = add("vmgenid");
    for (unsigned i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_assert_cmphex(write_file(ADDRESS_KEY, addresses[i], 8), ==, 0);
        g_assert_true(object_set(obj, "guid", GUID, &err));
        g_assert_cmphex(in(GPE_STATUS, 2), ==, 0);
    }
    down();
}

static void test_vmgenid_is_random(void)
{
    Error *err = NULL;

    up();
    Object *obj = add("vmgenid");
    g_autofree char *one = object_get(obj, "guid", &err);
    g_assert_true(object_set(obj, "guid", "auto", &err));
    g_autofree char *two = object_get(obj, "guid", &err);
    g_assert_cmpuint(strlen(one), ==, 36);
    g_assert_cmpint(one[14], ==, '4');
    g_assert_cmpstr(one, !=, two);
    down();
}

static void test_no_vmgenid(void)
{
    static const Asked rows[] = { { "query-vm-generation-id", "GenericError: VM Generation ID device not found" } };

    up();
    ASK_ALL(rows);
    down();
}

/* ---- vmcoreinfo ---- */

static void test_vmcoreinfo(void)
{
    static const uint8_t fresh[16] = { 1 }, written[16] = { 1, 0, 1, 0, 0, 0x10, 0, 0, 0x34, 0x12 };

    up();
    add("vmcoreinfo");
    expect_file("etc/vmcoreinfo", fresh, sizeof(fresh));
    g_assert_cmphex(write_file(FW_CFG_FILE_FIRST, written, sizeof(written)), ==, 0);
    expect_file("etc/vmcoreinfo", written, sizeof(written));
    object_reset_all();
    expect_file("etc/vmcoreinfo", fresh, sizeof(fresh));
    refuse("vmcoreinfo", "at most one vmcoreinfo device is permitted");
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/small-devices/pvpanic/port", test_pvpanic);
    g_test_add_func("/small-devices/pvpanic/panic", test_pvpanic_panics);
    g_test_add_func("/small-devices/pvpanic/pci", test_pvpanic_pci);
    g_test_add_func("/small-devices/pci-testdev", test_pci_testdev);
    g_test_add_func("/small-devices/pc-testdev", test_pc_testdev);
    g_test_add_func("/small-devices/vmgenid/page", test_vmgenid_page);
    g_test_add_func("/small-devices/vmgenid/changes", test_vmgenid_changes);
    g_test_add_func("/small-devices/vmgenid/address", test_vmgenid_address);
    g_test_add_func("/small-devices/vmgenid/random", test_vmgenid_is_random);
    g_test_add_func("/small-devices/vmgenid/none", test_no_vmgenid);
    g_test_add_func("/small-devices/vmcoreinfo", test_vmcoreinfo);
    return g_test_run();
}
