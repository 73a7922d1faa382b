/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI hot-plug by ACPI: the registers as the guest's methods use them, the SCI, and what goes when. */
#include "core/device.h"
#include "core/runstate.h"
#include "tests/unit/ask.h"
#include "tests/unit/event-log.h"
#include "tests/unit/pci-board.h"

enum {
    UP = 0xae00, DOWN = 0xae04, EJECT = 0xae08, REMOVABLE = 0xae0c, BUS = 0xae10,
    GPE_STATUS = 0xafe0, GPE_ENABLE = 0xafe2, HOTPLUG_EVENT = 2, SCI = 1 << 9,
};

static EventLog events;

static void up(void)
{
    board_up();
    event_log_start(&events);
    device_plugging_begins();
}

static void down(void)
{
    event_log_stop(&events);
    board_down();
}

static void add(const char *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", &err);

    g_assert_nonnull(device_create(kv, &err));
}

static void delete(const char *id)
{
    Error *err = NULL;

    g_assert_true(device_unplug_request(device_find(id, &err), &err));
}

static void test_the_guest_is_told(void)
{
    up();
    config_out(PCI_DEVFN_OF(1, 3), 0x40, 0x601, 4);
    config_out(PCI_DEVFN_OF(1, 3), 0x80, 1, 1);
    out(0x604, 1, 2);                       /* SCI_EN */
    out(GPE_ENABLE, HOTPLUG_EVENT, 2);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    add("pci-testdev,id=a,addr=7");
    g_assert_cmphex(board_gsi_levels, ==, SCI);
    g_assert_cmphex(in(GPE_STATUS, 2), ==, HOTPLUG_EVENT);
    out(GPE_STATUS, HOTPLUG_EVENT, 2);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    add("pci-testdev,addr=9");
    add("pci-testdev,addr=1f");
    g_assert_cmphex(in(UP, 4), ==, 1u << 7 | 1u << 9 | 1u << 31);
    g_assert_cmphex(in(UP, 4), ==, 0);      /* told once */
    out(GPE_STATUS, HOTPLUG_EVENT, 2);
    delete("a");
    g_assert_cmphex(board_gsi_levels, ==, SCI);
    g_assert_cmphex(in(DOWN, 4), ==, 1 << 7);
    g_assert_cmphex(in(DOWN, 4), ==, 1 << 7);
    event_log_expect(&events, "");
    out(EJECT, 1 << 7, 4);
    g_assert_cmphex(in(DOWN, 4), ==, 0);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(7, 0), 0, 4), ==, UINT32_MAX);
    event_log_expect(&events, "DEVICE_DELETED {\"device\": \"a\", \"path\": \"/machine/peripheral/a\"}\n");
    down();
}

static void test_the_registers(void)
{
    static const struct {
        uint16_t port;
        unsigned size;
        uint32_t value;
    } rows[] = {
        { UP, 4, 0x40 }, { UP, 4, 0 }, { DOWN, 4, 0x40 }, { EJECT, 4, 0 }, { REMOVABLE, 4, 0xfffffffc },
        { REMOVABLE, 1, 0xfc }, { BUS, 4, 0 }, { 0xae14, 4, 0 }, { 0xae18, 4, UINT32_MAX },
    };

    up();
    add("pci-testdev,id=a,addr=6");
    delete("a");
    out(UP, 0xffffffff, 4);
    out(DOWN, 0xffffffff, 4);
    out(REMOVABLE, 0, 4);
    out(EJECT, 0x40, 1);            /* too narrow to eject */
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%x", rows[i].port);
        g_assert_cmphex(in(rows[i].port, rows[i].size), ==, rows[i].value);
    }
    down();
}

static void test_another_bus_has_no_slots(void)
{
    up();
    add("pci-testdev,id=a,addr=6");
    out(BUS, 1, 4);
    g_assert_cmphex(in(BUS, 4), ==, 1);
    g_assert_cmphex(in(UP, 4), ==, 0);
    g_assert_cmphex(in(REMOVABLE, 4), ==, UINT32_MAX);
    out(EJECT, 0x40, 4);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(6, 0), 0, 4), ==, 0x00051b36);
    out(BUS, 0, 4);
    g_assert_cmphex(in(UP, 4), ==, 0x40);
    down();
}

static void test_the_board_stays(void)
{
    up();
    out(EJECT, 0xffffffff, 4);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(0, 0), 0, 4), ==, 0x12378086);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(1, 0), 0, 4), ==, 0x70008086);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(1, 3), 0, 4), ==, 0x71138086);
    event_log_expect(&events, "");
    down();
}

/* Others hold on to the LPC bridge of an Intel GPU. */
static void test_what_is_fixed_stays(void)
{
    static const Asked rows[] = {
        { "device_del {\"id\": \"lpc\"}",
          "GenericError: Slot 31 holds a part of the machine and cannot be ejected" },
    };

    up();
    add("vfio-pci-igd-lpc-bridge,id=lpc,addr=1f");
    g_assert_cmphex(in(REMOVABLE, 4), ==, 0x7ffffffc);
    ASK_ALL(rows);
    out(EJECT, 0x80000000, 4);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(0x1f, 0), 8, 4) >> 8, ==, 0x060100);
    down();
}

static void test_all_functions_go_together(void)
{
    up();
    add("pci-testdev,id=b,addr=6.1");
    add("pci-testdev,id=a,addr=6,multifunction=on");   /* the guest looks when function 0 comes */
    delete("b");
    g_assert_cmphex(in(DOWN, 4), ==, 0x40);
    out(EJECT, 0x40, 4);
    event_log_expect(&events, "DEVICE_DELETED {\"device\": \"b\", \"path\": \"/machine/peripheral/b\"}\n"
                              "DEVICE_DELETED {\"device\": \"a\", \"path\": \"/machine/peripheral/a\"}\n");
    down();
}

static void test_refusals(void)
{
    static const Asked rows[] = {
        { "device_del {\"id\": \"a\"}", "{}" },
        { "device_del {\"id\": \"a\"}", "GenericError: Device a is already in the process of unplug" },
        { "device_add {\"driver\": \"PIIX4_PM\", \"id\": \"b\"}",
          "GenericError: Parameter 'driver' expects a pluggable device type" },
    };

    up();
    add("pci-testdev,id=a,addr=6");
    ASK_ALL(rows);
    down();
}

/* What was pending is gone after a reset, the device too. */
static void test_reset(void)
{
    up();
    add("pci-testdev,id=a,addr=6");
    add("pci-testdev,id=b,addr=7");
    delete("a");
    out(BUS, 5, 4);
    machine_reset(CAUSE_GUEST_RESET);
    g_assert_cmphex(in(BUS, 4), ==, 0);
    g_assert_cmphex(in(UP, 4), ==, 0);
    g_assert_cmphex(in(DOWN, 4), ==, 0);
    g_assert_cmphex(in(GPE_STATUS, 2), ==, 0);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(6, 0), 0, 4), ==, UINT32_MAX);
    g_assert_cmphex(config_in(PCI_DEVFN_OF(7, 0), 0, 4), ==, 0x00051b36);
    down();
}

static void test_random_ejections(void)
{
    up();
    for (int i = 0; i < 2000; i++) {
        int slot = g_test_rand_int_range(2, 32);
        PciBus *bus = board.pm->pci.bus;
        g_autofree char *settings = g_strdup_printf("pci-testdev,addr=%x", slot);
        if (!pci_bus_device(bus, PCI_DEVFN_OF(slot, 0))) {
            add(settings);
        }
        out((uint16_t)(0xae00 + g_test_rand_int_range(0, 0x18)), (uint32_t)g_test_rand_int(),
            1u << g_test_rand_int_range(0, 3));
        g_string_truncate(events.text, 0);
    }
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci-hotplug/told", test_the_guest_is_told);
    g_test_add_func("/pci-hotplug/registers", test_the_registers);
    g_test_add_func("/pci-hotplug/bus", test_another_bus_has_no_slots);
    g_test_add_func("/pci-hotplug/board", test_the_board_stays);
    g_test_add_func("/pci-hotplug/fixed", test_what_is_fixed_stays);
    g_test_add_func("/pci-hotplug/functions", test_all_functions_go_together);
    g_test_add_func("/pci-hotplug/refusals", test_refusals);
    g_test_add_func("/pci-hotplug/reset", test_reset);
    g_test_add_func("/pci-hotplug/random", test_random_ejections);
    return g_test_run();
}
