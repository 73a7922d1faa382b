/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of the qtest protocol: every one answered, a malformed one changes nothing. */
#include "core/clock.h"
#include "core/pins.h"
#include "core/region.h"
#include "core/tree.h"
#include "monitor/qtest.h"

enum { RAM_SIZE = 0x10000 };

static Region memory_root, io_root, ram, port;
static uint8_t ram_bytes[RAM_SIZE], port_byte;
static GString *sent;
static Timer timers[2];

static uint64_t port_read(void *opaque, uint64_t offset, unsigned size)
{
    return port_byte;
}

static void port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    port_byte = (uint8_t)value;
}

static const RegionOps port_ops = { port_read, port_write, 1, 1 };

CLASS(chip_class) = { .name = "chip", .desc = "A chip with inputs", .size = sizeof(Object) };

static void set_chip(void *obj, int n, int level)
{
}

static Object *chip;

/* A timer's interrupt: up and down, at its deadline. */
static void on_timer(void *opaque)
{
    Irq line = pin_input(chip, NULL, GPOINTER_TO_UINT(opaque));

    irq_pulse(&line);
}

static void send(void *opaque, const char *line)
{
    g_string_append_printf(sent, "%s;", line);
}

static QtestIrqs irqs = { .send = send };

static const struct {
    const char *request, *reply;
} exchanges[] = {
    { "endianness", "OK little" },
    { "outb 0x10 0x1ab", "OK" },
    { "inb 0x10", "OK 0x00ab" },
    { "inb 0x10 extra", "OK 0x00ab" },
    { "inl 0x1234", "OK 0xffffffff" },
    { "inb", "FAIL inb: 1 words must follow, there are 0" },
    { "inb zz", "FAIL inb: 'zz' is not a number" },
    { "inb 0x10000", "FAIL inb: 0x10000 is too large (at most 65535)" },
    { "outb 0x10", "FAIL outb: 2 words must follow, there are 1" },
    { "writeq 0x8 0x1122334455667788", "OK" },
    { "readb 010", "OK 0x0000000000000088" },
    { "readw 8", "OK 0x0000000000007788" },
    { "readl 8", "OK 0x0000000055667788" },
    { "read 0x8 8", "OK 0x8877665544332211" },
    { "read 0x8 0", "FAIL read: the length is 0" },
    { "write 0x20 4 0xaAbB", "OK" },
    { "read 0x20 4", "OK 0xaabb0000" },
    { "write 0x20 2 0x123", "OK" },
    { "read 0x20 2", "OK 0x1200" },
    { "write 0x20 1 0", "ERR invalid argument size" },
    { "write 0x20 1 0xgg", "FAIL write: 'g' is not a hexadecimal digit" },
    { "write 0x20 1 12345", "FAIL write: the data does not begin with 0x" },
    { "write 0xffffffffffffffff 2 0x1234", "FAIL write: the block ends above the last address" },
    { "read 0x0 0x10000001", "FAIL read: 0x10000001 is too large (at most 268435456)" },
    { "memset 0x30 4 0x5a", "OK" },
    { "memset 0x30 0 0", "OK" },
    { "b64read 0x30 4", "OK WlpaWg==" },
    { "b64write 0x30 4 AQIDBA==", "OK" },
    { "read 0x30 4", "OK 0x01020304" },
    { "b64write 0x30 4 AQ", "ERR invalid argument size" },
    { "irq_intercept_in nosuch", "FAIL Unknown device" },
    { "irq_intercept_out chip", "FAIL 'chip' has no unnamed lines" },
    { "irq_intercept_in chip", "OK" },
    { "irq_intercept_in chip", "OK" },
    { "irq_intercept_in /machine", "FAIL IRQ intercept already enabled" },
    { "set_irq_in chip unnamed-gpio-in 5 1", "IRQ raise 5;OK" },
    { "set_irq_in chip unnamed-gpio-in 5 1", "OK" },
    { "set_irq_in chip unnamed-gpio-in 5 0", "IRQ lower 5;OK" },
    { "set_irq_in chip unnamed-gpio-in 24 1", "FAIL 'chip' has no input unnamed-gpio-in 24" },
    { "set_irq_in chip other 0 1", "FAIL 'chip' has no input other 0" },
    { "set_irq_in nosuch unnamed-gpio-in 0 1", "FAIL Unknown device" },
    { "clock_step", "IRQ raise 1;IRQ lower 1;OK 100" },
    { "clock_step 1000", "IRQ raise 2;IRQ lower 2;OK 1100" },
    { "clock_step", "OK 1100" },
    { "clock_set 50", "OK 1100" },
    { "clock_set 2000", "OK 2000" },
    { "clock_step -1", "FAIL clock_step: -1 is not between 0 and 9223372036854773807" },
    { "clock_step 9223372036854775807", "FAIL clock_step: 9223372036854775807 is not between 0 and 9223372036854773807" },
    { "module_load hw- nosuch", "FAIL" },
    { "frobnicate 1 2", "FAIL Unknown command 'frobnicate'" },
    { "INB 0x10", "FAIL Unknown command 'INB'" },
    { "", "FAIL Unknown command ''" },
    { " inb 0x10", "FAIL Unknown command ''" },
};

static void test_clock_exists_only_where_it_stands_still(void)
{
    g_autofree char *reply = qtest_request(&irqs, "clock_step");

    g_assert_cmpstr(reply, ==, "FAIL Unknown command 'clock_step'");
}

static void test_exchanges(void)
{
    clock_guest_manual();
    timer_set(&timers[1], 700);
    timer_set(&timers[0], 100);
    for (unsigned i = 0; i < G_N_ELEMENTS(exchanges); i++) {
        g_string_truncate(sent, 0);
        g_autofree char *reply = qtest_request(&irqs, exchanges[i].request);
        g_string_append(sent, reply);
        g_assert_cmpstr(sent->str, ==, exchanges[i].reply);
    }
}

static void make_machine(void)
{
    Error *err = NULL;

    region_init_container(&memory_root, "memory", 0);
    region_init_container(&io_root, "io", 0x10000);
    region_init_ram(&ram, "ram", RAM_SIZE, (HostMemory){ .host = ram_bytes, .fd = -1 });
    region_init_io(&port, "port", 1, &port_ops, NULL);
    region_add(&memory_root, &ram, 0, 0);
    region_add(&io_root, &port, 0x10, 0);
    space_init(&memory_space, "memory", &memory_root, 0);
    space_init(&io_space, "io", &io_root, UINT64_MAX);
    chip = object_new(&chip_class, NULL, &err);
    pins_add_inputs(chip, NULL, 24, set_chip);
    tree_place(tree_at(TREE_MACHINE), "chip", chip);
    timer_init(&timers[0], CLOCK_GUEST, on_timer, GUINT_TO_POINTER(1));
    timer_init(&timers[1], CLOCK_GUEST, on_timer, GUINT_TO_POINTER(2));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    sent = g_string_new(NULL);
    irqs.levels = g_byte_array_new();
    make_machine();
    g_test_add_func("/qtest/clock", test_clock_exists_only_where_it_stands_still);
    g_test_add_func("/qtest/exchanges", test_exchanges);
    int status = g_test_run();
    object_free(chip);
    g_byte_array_unref(irqs.levels);
    g_string_free(sent, true);
    return status;
}
