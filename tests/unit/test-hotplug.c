/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that come and go: device_add and device_del on a bus that tells the guest, and on those that do not. */
#include "core/device.h"
#include "core/runstate.h"
#include "core/tree.h"
#include "tests/unit/ask.h"
#include "tests/unit/event-log.h"
#include "tests/unit/pci-board.h"

typedef struct Toy {
    PciDevice pci;
    Region memory, ports, wide;
    bool spoilt, made;
} Toy;

static unsigned toys, resets;

static uint64_t toy_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0x5a;
}

static const RegionOps toy_ops = { .read = toy_read };

static bool toy_realize(Object *obj, Error **errp)
{
    Toy *toy = (Toy *)obj;

    toy->made = true;
    toys++;
    if (toy->spoilt) {
        return fail(errp, "spoilt");
    }
    toy->pci.config[PCI_INTERRUPT_PIN] = 1;
    region_init_io(&toy->memory, "toy", 4096, &toy_ops, toy);
    region_init_io(&toy->ports, "toy ports", 16, &toy_ops, toy);
    region_init_io(&toy->wide, "toy wide", 1 << 16, &toy_ops, toy);
    pci_bar_add(&toy->pci, 0, 0, &toy->memory);
    pci_bar_add(&toy->pci, 1, PCI_BASE_ADDRESS_SPACE_IO, &toy->ports);
    pci_bar_add(&toy->pci, 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, &toy->wide);
    return true;
}

static void toy_unrealize(Object *obj)
{
    Toy *toy = (Toy *)obj;

    toys -= toy->made;
    region_finish(&toy->memory);
    region_finish(&toy->ports);
    region_finish(&toy->wide);
}

static void toy_reset(Object *obj)
{
    resets++;
}

CLASS(toy_class) = {
    .name = "toy",
    .parent = &pci_device_class,
    .desc = "Device of a test",
    .size = sizeof(Toy),
    .ops = &(const PciOps){ .vendor = 0x1234, .device = 0x5678, .class_code = 0x030000 },
    .props = (const Property[]){ PROP(Toy, spoilt, bool, "spoilt", "off", "Cannot be made"), { } },
    .realize = toy_realize,
    .unrealize = toy_unrealize,
    .reset = toy_reset,
};

/* ---- a controller that tells the guest ---- */

static GString *told;
static PciDevice *asked_for;

static bool plug(void *opaque, PciDevice *dev, Error **errp)
{
    g_string_append_printf(told, "plug %02x ", dev->devfn);
    return true;
}

static bool unplug_request(void *opaque, PciDevice *dev, Error **errp)
{
    g_string_append_printf(told, "request %02x ", dev->devfn);
    asked_for = dev;
    return true;
}

static void expect_told(const char *expected)
{
    g_assert_cmpstr(told->str, ==, expected);
    g_string_truncate(told, 0);
}

static EventLog events;

static void up(bool hotplug)
{
    Error *err = NULL;

    board_up();
    told = g_string_new(NULL);
    resets = 0;
    event_log_start(&events);
    device_plugging_begins();
    /* Instead of the board's own. */
    pci_bus_find(NULL, &err)->hotplug = hotplug ? (PciHotplug){ plug, unplug_request, NULL } : (PciHotplug){ 0 };
}

static void down(void)
{
    event_log_stop(&events);
    g_string_free(told, true);
    board_down();
    g_assert_cmpuint(toys, ==, 0);
}

/* ---- tests ---- */

static void test_a_device_comes_and_goes(void)
{
    static const Asked rows[] = {
        { "device_add {\"driver\": \"toy\", \"id\": \"t\", \"addr\": \"0x5\"}", "{}" },
        { "qom-get {\"path\": \"/machine/peripheral/t\", \"property\": \"hotplugged\"}", "true" },
        { "qom-get {\"path\": \"/machine/peripheral/t\", \"property\": \"hotpluggable\"}", "true" },
        { "qom-get {\"path\": \"/machine/peripheral/t\", \"property\": \"realized\"}", "true" },
        { "qom-get {\"path\": \"/machine/peripheral/t\", \"property\": \"parent_bus\"}", "\"/machine/i440fx/pci.0\"" },
        { "device_add {\"driver\": \"toy\", \"id\": \"t\"}", "GenericError: Duplicate device ID 't'" },
        { "device_del {\"id\": \"t\"}", "{}" },
        { "device_del {\"id\": \"/machine/peripheral/t\"}", "{}" },
    };

    up(true);
    ASK_ALL(rows);
    expect_told("plug 28 request 28 request 28 ");
    g_assert_cmpuint(resets, ==, 1);
    event_log_expect(&events, "");
    config_out(0x28, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
    config_out(0x28, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, 0xe0000000, 1), ==, 0x5a);
    pci_irq_set(asked_for, 1);
    device_unplugged(&asked_for->obj);
    event_log_expect(&events, "DEVICE_DELETED {\"device\": \"t\", \"path\": \"/machine/peripheral/t\"}\n");
    g_assert_cmpuint(toys, ==, 0);
    g_assert_cmphex(config_in(0x28, PCI_VENDOR_ID, 4), ==, 0xffffffff);
    g_assert_cmphex(space_read(&memory_space, 0xe0000000, 1), ==, 0xff);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    expect_answer("device_del {\"id\": \"t\"}", "DeviceNotFound: Device 't' not found", ask);
    expect_answer("device_add {\"driver\": \"toy\", \"id\": \"t\", \"addr\": \"0x5\"}", "{}", ask);
    down();
}

static void expect_part(const char *line, const char *part, char *(*to_ask)(const char *))
{
    g_autofree char *text = to_ask(line);

    g_test_message("%s -> %s", line, text);
    g_assert_nonnull(strstr(text, part));
}

static void test_its_bars_are_shown(void)
{
    up(true);
    expect_answer("device_add {\"driver\": \"toy\", \"id\": \"t\", \"addr\": \"5\"}", "{}", ask);
    config_out(0x28, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
    config_out(0x28, PCI_BASE_ADDRESS_1, 0xc100, 4);
    config_out(0x28, PCI_INTERRUPT_LINE, 11, 1);
    config_out(0x28, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
    expect_part("info pci", "  Bus  0, device   5, function 0:\n    VGA controller: PCI device 1234:5678\n"
                            "      PCI subsystem 1af4:1100\n      IRQ 11, pin A\n"
                            "      BAR0: 32 bit memory at 0xe0000000 [0xe0000fff].\n"
                            "      BAR1: I/O at 0xc100 [0xc10f].\n"
                            "      BAR2: 64 bit prefetchable memory at 0xffffffffffffffff [0x0000fffe].\n"
                            "      id \"t\"\n", hmp_run);
    expect_part("info qtree", "    class VGA controller, addr 00:05.0, pci id 1234:5678 (sub 1af4:1100)\n"
                              "    bar 0: mem at 0xe0000000 [0xe0000fff]\n    bar 1: i/o at 0xc100 [0xc10f]\n", hmp_run);
    expect_part("query-pci", "\"qdev_id\": \"t\", \"irq\": 11, \"slot\": 5, \"class_info\": {\"class\": 768, "
                             "\"desc\": \"VGA controller\"}, ", ask);
    expect_part("query-pci", "\"regions\": [{\"bar\": 0, \"prefetch\": false, \"mem_type_64\": false, \"size\": 4096, "
                             "\"address\": 3758096384, \"type\": \"memory\"}, "
                             "{\"bar\": 1, \"size\": 16, \"address\": 49408, \"type\": \"io\"}, "
                             "{\"bar\": 2, \"prefetch\": true, \"mem_type_64\": true, \"size\": 65536, "
                             "\"address\": -1, \"type\": \"memory\"}]", ask);
    down();
}

static void test_a_device_without_an_id(void)
{
    up(true);
    expect_answer("device_add {\"driver\": \"toy\"}", "{}", ask);
    expect_answer("device_del {\"id\": \"/machine/peripheral-anon/device[0]\"}", "{}", ask);
    device_unplugged(&asked_for->obj);
    event_log_expect(&events, "DEVICE_DELETED {\"path\": \"/machine/peripheral-anon/device[0]\"}\n");
    down();
}

static void test_a_reset_ends_what_waits(void)
{
    static const Asked rows[] = {
        { "device_add {\"driver\": \"toy\", \"id\": \"a\"}", "{}" },
        { "device_add {\"driver\": \"toy\", \"id\": \"b\"}", "{}" },
        { "device_add {\"driver\": \"toy\", \"id\": \"c\"}", "{}" },
        { "device_del {\"id\": \"a\"}", "{}" },
        { "device_del {\"id\": \"c\"}", "{}" },
        { "system_reset", "{}" },
    };

    up(true);
    ASK_ALL(rows);
    event_log_expect(&events, "");
    board_settle();
    event_log_expect(&events, "DEVICE_DELETED {\"device\": \"a\", \"path\": \"/machine/peripheral/a\"}\n"
                              "DEVICE_DELETED {\"device\": \"c\", \"path\": \"/machine/peripheral/c\"}\n"
                              "RESET {\"guest\": false, \"reason\": \"host-qmp-system-reset\"}\n");
    g_assert_cmpuint(toys, ==, 1);
    down();
}

static void test_a_slot_goes_as_a_whole(void)
{
    static const Asked rows[] = {
        { "device_add {\"driver\": \"toy\", \"id\": \"a\", \"addr\": \"5.1\"}", "{}" },
        { "device_add {\"driver\": \"toy\", \"id\": \"b\", \"addr\": \"5.0\", \"multifunction\": true}", "{}" },
        { "device_add {\"driver\": \"toy\", \"id\": \"d\", \"addr\": \"5.2\"}",
          "GenericError: PCI: slot 5 function 0 already occupied by toy, new func toy cannot be exposed to guest." },
        { "device_add {\"driver\": \"toy\", \"id\": \"c\", \"addr\": \"6\"}", "{}" },
        { "device_del {\"id\": \"b\"}", "{}" },
        { "system_reset", "{}" },
    };

    up(true);
    ASK_ALL(rows);
    board_settle();
    event_log_expect(&events, "DEVICE_DELETED {\"device\": \"a\", \"path\": \"/machine/peripheral/a\"}\n"
                              "DEVICE_DELETED {\"device\": \"b\", \"path\": \"/machine/peripheral/b\"}\n"
                              "RESET {\"guest\": false, \"reason\": \"host-qmp-system-reset\"}\n");
    g_assert_cmpuint(toys, ==, 1);
    down();
}

static void test_mistakes_leave_nothing_behind(void)
{
    static const Asked rows[] = {
        { "device_add {\"driver\": \"nosuch\"}", "GenericError: 'nosuch' is not a valid device model name" },
        { "device_add {\"id\": \"x\"}", "GenericError: Parameter 'driver' is missing" },
        { "device_add {\"driver\": \"i440FX\"}", "GenericError: Parameter 'driver' expects a pluggable device type" },
        { "device_add {\"driver\": \"pci-device\"}", "GenericError: Parameter 'driver' expects a non-abstract device type" },
        { "device_add {\"driver\": \"memory-backend-ram\"}", "GenericError: 'memory-backend-ram' is not a valid device model name" },
        { "device_add {\"driver\": \"toy\", \"id\": \"2 bad\"}", "GenericError: Parameter 'id' expects an identifier" },
        { "device_add {\"driver\": \"toy\", \"foo\": 1}", "GenericError: Property 'toy.foo' not found" },
        { "device_add {\"driver\": \"toy\", \"bus\": \"foo\"}", "GenericError: Bus 'foo' not found" },
        { "device_add {\"driver\": \"toy\", \"id\": \"x\", \"spoilt\": true}", "GenericError: spoilt" },
        { "device_add {\"driver\": \"toy\", \"addr\": \"1.0\"}", "GenericError: PCI: slot 1 function 0 not available for toy, in use by PIIX3,id=*" },
        { "device_add {\"driver\": \"isa-debug-exit\"}", "GenericError: Bus 'isa.0' does not support hotplugging" },
        { "device_del", "GenericError: Parameter 'id' is missing" },
        { "device_del {\"id\": \"x\"}", "DeviceNotFound: Device 'x' not found" },
        { "device_del {\"id\": \"/nosuch\"}", "DeviceNotFound: Device '/nosuch' not found" },
        { "device_del {\"id\": \"/machine\"}", "GenericError: /machine is not a hotpluggable device" },
        { "device_del {\"id\": \"/machine/i440fx\"}", "GenericError: Device 'i440FX' does not support hotplugging" },
        { "qom-list {\"path\": \"/machine/peripheral\"}", "[{\"name\": \"type\", \"type\": \"string\"}]" },
        { "qom-list {\"path\": \"/machine/peripheral-anon\"}", "[{\"name\": \"type\", \"type\": \"string\"}]" },
    };

    up(true);
    tree_set_machine(NULL);
    ASK_ALL(rows);
    expect_told("");
    g_assert_cmpuint(toys, ==, 0);
    down();
}

static void test_the_bus_fills_up(void)
{
    up(true);
    for (int slot = 2; slot < 32; slot++) {
        expect_answer("device_add {\"driver\": \"toy\"}", "{}", ask);
    }
    expect_answer("device_add {\"driver\": \"toy\"}",
                  "GenericError: PCI: no slot/function available for toy, all in use or reserved", ask);
    g_assert_cmpuint(toys, ==, 30);
    down();
}

static void test_nobody_tells_the_guest(void)
{
    static const Asked rows[] = {
        { "device_add toy,id=x", "Error: Bus 'pci.0' does not support hotplugging\n" },
        { "device_del x", "Error: Device 'x' not found\n" },
        { "device_add toy,help", "toy options:\n*" },
        { "device_add help", "ISA devices:\n*" },
        { "device_add", "Error: Parameter 'driver' is missing\n" },
    };

    up(false);
    SAY_ALL(rows);
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hotplug/come-and-go", test_a_device_comes_and_goes);
    g_test_add_func("/hotplug/bars", test_its_bars_are_shown);
    g_test_add_func("/hotplug/anonymous", test_a_device_without_an_id);
    g_test_add_func("/hotplug/reset", test_a_reset_ends_what_waits);
    g_test_add_func("/hotplug/slot", test_a_slot_goes_as_a_whole);
    g_test_add_func("/hotplug/mistakes", test_mistakes_leave_nothing_behind);
    g_test_add_func("/hotplug/full", test_the_bus_fills_up);
    g_test_add_func("/hotplug/untold", test_nobody_tells_the_guest);
    return g_test_run();
}
