/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt lines: several sources on one, and the lines of assigned devices under the accelerator qtest. */
#include <unistd.h>

#include "core/msi.h"
#include "core/pins.h"
#include "lib/fd.h"
#include "tests/unit/isa-board.h"

/* ---- several sources ---- */

static void test_a_line_is_up_while_a_source_is(void)
{
    isa_board_up();
    Irq a = accel_gsi(4), b = accel_gsi(4), other = accel_gsi(3);

    irq_set(&a, 1);
    irq_set(&b, 1);
    irq_set(&a, 0);
    g_assert_cmpint(isa_board.level[4], ==, 1);
    irq_set(&a, 0);                     /* said twice, meant once */
    g_assert_cmpint(isa_board.level[4], ==, 1);
    irq_set(&other, 1);
    irq_set(&b, 0);
    g_assert_cmpint(isa_board.level[4], ==, 0);
    g_assert_cmpint(isa_board.level[3], ==, 1);
    g_assert_cmpuint(isa_board.edges[4], ==, 1);
    isa_board_down();
}

static void test_a_source_that_goes_lets_go(void)
{
    isa_board_up();
    Irq a = accel_gsi(4), b = accel_gsi(4);

    irq_set(&a, 1);
    irq_set(&b, 1);
    accel_gsi_free(&a);
    g_assert_cmpint(isa_board.level[4], ==, 1);
    accel_gsi_free(&b);
    g_assert_cmpint(isa_board.level[4], ==, 0);
    irq_set(&b, 1);                     /* leads nowhere */
    accel_gsi_free(&b);
    g_assert_cmpint(isa_board.level[4], ==, 0);
    isa_board_down();
}

/* Two serial ports, COM1 and COM3, have IRQ 4. */
static void test_two_devices_share_an_interrupt(void)
{
    isa_board_up();
    isa_board_add("isa-serial", "index=0");
    isa_board_add("isa-serial", "index=2");
    outb(0x3f9, 0x02);                  /* the transmitter is empty */
    outb(0x3e9, 0x02);
    g_assert_cmpint(isa_board.level[4], ==, 1);
    outb(0x3f9, 0);
    g_assert_cmpint(isa_board.level[4], ==, 1);
    outb(0x3e9, 0);
    g_assert_cmpint(isa_board.level[4], ==, 0);
    isa_board_down();
}

/* ---- lines of assigned devices: an eventfd raises, the end of the interrupt lowers and tells ---- */

enum { GSI = 11, VECTOR = 0x5b };

#define IOAPIC UINT64_C(0xfec00000)

static void ioapic_put(unsigned reg, uint32_t value)
{
    space_write(&memory_space, IOAPIC, reg, 4);
    space_write(&memory_space, IOAPIC + 0x10, value, 4);
}

static unsigned messages;

static void local_apic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    messages++;
    g_assert_cmphex(offset, ==, 0x3000);    /* for APIC 3 */
    g_assert_cmphex(value, ==, 0xc000 | VECTOR);
    g_assert_cmpuint(size, ==, 4);
}

static const RegionOps local_apic_ops = { .write = local_apic_write };
static Region local_apics;

static void qtest_up(void)
{
    Error *err = NULL;
    AccelConfig config = { 0 };
    Irq inputs[ACCEL_GSI_COUNT];

    isa_board_up();
    accel_select(isa_board_add("qtest-accel", ""));
    g_assert_true(accel_start(&config, &err));
    g_assert_false(accel_has_chips());
    Object *ioapic = isa_board_add("ioapic", "");
    for (unsigned n = 0; n < ACCEL_GSI_COUNT; n++) {
        inputs[n] = pin_input(ioapic, NULL, n);
    }
    accel_set_board_chips(inputs);
    region_init_io(&local_apics, "local APICs", 0x100000, &local_apic_ops, NULL);
    region_add(&isa_board.memory, &local_apics, 0xfee00000, 0);
    ioapic_put(0x11 + 2 * GSI, 0x03000000);
    ioapic_put(0x10 + 2 * GSI, 0x8000 | VECTOR);
    messages = 0;
}

static void qtest_down(void)
{
    region_finish(&local_apics);
    msi_set_ops(NULL);
    isa_board_down();
}

static void end_interrupt(void)
{
    space_write(&memory_space, IOAPIC + 0x40, VECTOR, 4);
}

static void test_the_end_of_an_interrupt_is_told_to_the_device(void)
{
    int trigger = eventfd_new(), resample = eventfd_new();

    qtest_up();
    g_assert_cmpint(msi_line_attach(GSI, trigger, resample), ==, 0);
    for (unsigned i = 1; i <= 3; i++) {
        eventfd_signal(trigger);
        isa_board_settle();
        g_assert_cmpuint(messages, ==, i);
        g_assert_false(eventfd_take(resample));
        end_interrupt();
        g_assert_true(eventfd_take(resample));
        g_assert_cmpuint(messages, ==, i);      /* the line is down */
        end_interrupt();
        g_assert_false(eventfd_take(resample));
    }
    msi_line_detach(GSI, trigger);
    qtest_down();
    close(trigger);
    close(resample);
}

/* Another device keeps the line up: its interrupt comes again, the assigned device's has ended. */
static void test_an_assigned_device_shares_its_line(void)
{
    int trigger = eventfd_new(), resample = eventfd_new();

    qtest_up();
    Irq other = accel_gsi(GSI);
    g_assert_cmpint(msi_line_attach(GSI, trigger, resample), ==, 0);
    irq_set(&other, 1);
    eventfd_signal(trigger);
    isa_board_settle();
    g_assert_cmpuint(messages, ==, 1);
    end_interrupt();
    g_assert_true(eventfd_take(resample));
    g_assert_cmpuint(messages, ==, 2);
    eventfd_signal(trigger);
    isa_board_settle();
    irq_set(&other, 0);
    end_interrupt();                            /* the other one's: seen by both */
    g_assert_true(eventfd_take(resample));
    g_assert_cmpuint(messages, ==, 2);
    eventfd_signal(trigger);
    isa_board_settle();
    g_assert_cmpuint(messages, ==, 3);
    msi_line_detach(GSI, trigger);              /* takes the line down */
    end_interrupt();
    g_assert_cmpuint(messages, ==, 3);
    g_assert_false(eventfd_take(resample));
    qtest_down();
    close(trigger);
    close(resample);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interrupt-lines/sources", test_a_line_is_up_while_a_source_is);
    g_test_add_func("/interrupt-lines/sources/free", test_a_source_that_goes_lets_go);
    g_test_add_func("/interrupt-lines/sources/serial", test_two_devices_share_an_interrupt);
    g_test_add_func("/interrupt-lines/assigned", test_the_end_of_an_interrupt_is_told_to_the_device);
    g_test_add_func("/interrupt-lines/assigned/shared", test_an_assigned_device_shares_its_line);
    return g_test_run();
}
