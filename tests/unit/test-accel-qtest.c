/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accelerator qtest: messages by eventfd are memory writes, event lines end with their interrupt. */
#include <errno.h>
#include <unistd.h>

#include "core/accel.h"
#include "core/clock.h"
#include "core/mainloop.h"
#include "core/msi.h"
#include "core/region.h"
#include "lib/fd.h"

static Region root, ram;
static uint32_t words[1024];
static int chip_levels[ACCEL_GSI_COUNT];

static void set_chip(void *to, int n, int level)
{
    chip_levels[n] = level;
}

/* What the main loop does with events that are there. */
static void turn(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static void test_messages_by_eventfd(void)
{
    int fd = eventfd_new();
    Error *err = NULL;

    g_assert_true(msi_routes_available());
    MsiRoute *route = msi_route_new((MsiMessage){ 0x10, 0x1234 }, fd, &err);
    g_assert_nonnull(route);
    turn();
    g_assert_cmphex(words[4], ==, 0);
    eventfd_signal(fd);
    turn();
    g_assert_cmphex(words[4], ==, 0x1234);
    msi_route_update(route, (MsiMessage){ 0x14, 0x5678 });
    eventfd_signal(fd);
    turn();
    g_assert_cmphex(words[5], ==, 0x5678);
    msi_route_free(route);
    words[5] = 0;
    eventfd_signal(fd);
    turn();
    g_assert_cmphex(words[5], ==, 0);
    msi_send((MsiMessage){ 0x18, 0x9abc });
    g_assert_cmphex(words[6], ==, 0x9abc);
    msi_send((MsiMessage){ UINT64_C(0xfee00000), 1 });      /* nobody is there */
    close(fd);
}

static void end_interrupt(int gsi)
{
    notify_all(&accel_eoi_notifiers, &gsi);
}

static void test_lines_by_eventfd(void)
{
    int trigger = eventfd_new(), resample = eventfd_new();

    g_assert_cmpint(msi_line_attach(11, trigger, resample), ==, 0);
    end_interrupt(11);                          /* not raised: nothing to end */
    g_assert_false(eventfd_take(resample));
    eventfd_signal(trigger);
    turn();
    g_assert_cmpint(chip_levels[11], ==, 1);
    end_interrupt(10);
    g_assert_cmpint(chip_levels[11], ==, 1);
    end_interrupt(11);
    g_assert_cmpint(chip_levels[11], ==, 0);
    g_assert_true(eventfd_take(resample));
    eventfd_signal(trigger);
    turn();
    msi_line_detach(10, trigger);               /* another line: not this one */
    g_assert_cmpint(chip_levels[11], ==, 1);
    msi_line_detach(11, trigger);
    g_assert_cmpint(chip_levels[11], ==, 0);
    end_interrupt(11);
    g_assert_false(eventfd_take(resample));
    close(trigger);
    close(resample);
}

static void test_nothing_runs_but_the_clock_by_hand(void)
{
    g_assert_true(clock_is_manual());
    g_assert_false(accel_has_chips());
    g_assert_cmpint(clock_now(CLOCK_GUEST), ==, 0);
    accel_hold();
    accel_pause();
    accel_resume();
    accel_reset();
    accel_stop();
    g_assert_cmpint(accel_vfio_file(0, true), ==, 0);
    g_assert_cmpuint(accel_phys_bits(), ==, 40);
    g_assert_cmphex(memory_space.open_bus, ==, 0);
}

static void test_without_an_accelerator(void)
{
    Error *err = NULL;

    msi_set_ops(NULL);
    g_assert_false(msi_routes_available());
    g_assert_null(msi_route_new((MsiMessage){ 0 }, -1, &err));
    g_assert_nonnull(err);
    error_free(err);
    msi_route_free(NULL);
    msi_send((MsiMessage){ 0x10, 1 });
    g_assert_cmpint(msi_line_attach(1, -1, -1), ==, -ENOSYS);
    msi_line_detach(1, -1);
    accel_select(NULL);
    g_assert_true(accel_create_vcpus(&err));
    Irq line = accel_gsi(3);
    irq_set(&line, 1);
    g_assert_cmpint(chip_levels[3], ==, 0);
}

static void start(void)
{
    Irq inputs[ACCEL_GSI_COUNT];
    Error *err = NULL;
    Object *accel = object_create(class_find("qtest-accel"), NULL, NULL, &err);

    for (int i = 0; i < ACCEL_GSI_COUNT; i++) {
        inputs[i] = (Irq){ .set = set_chip, .n = i };
    }
    region_init_container(&root, "memory", 0);
    region_init_ram(&ram, "ram", sizeof(words), (HostMemory){ .host = (uint8_t *)words, .fd = -1 });
    region_add(&root, &ram, 0, 0);
    space_init(&memory_space, "memory", &root, UINT64_MAX);
    accel_select(accel);
    accel_set_board_chips(inputs);
    bool ok = accel_start(&(AccelConfig){ .machine_name = "pc" }, &err) && accel_create_vcpus(&err);
    g_assert_true(ok);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    start();
    g_test_add_func("/accel-qtest/messages", test_messages_by_eventfd);
    g_test_add_func("/accel-qtest/lines", test_lines_by_eventfd);
    g_test_add_func("/accel-qtest/idle", test_nothing_runs_but_the_clock_by_hand);
    g_test_add_func("/accel-qtest/without", test_without_an_accelerator);
    int status = g_test_run();
    object_free_all();
    return status;
}
