/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that the guest puts to sleep or resets by their own registers: BARs are
 * out of its direct reach before the device sees the write, and back when it is awake.
 */
#include <errno.h>
#include <string.h>

#include "core/dispatch.h"
#include "tests/unit/vfio-machine.h"

enum {
    PM = 0x40, AF = 0x50, EXPRESS = 0x60, PMCSR = PM + PCI_PM_CTRL, AF_CONTROL = AF + PCI_AF_CTRL,
    DEVICE_CONTROL = EXPRESS + PCI_EXP_DEVCTL,
    BAR = 0xe0000000, IO_BAR = 0xc000, BAR_SIZE = 0x4000,
};

static uint8_t config[PCI_CONFIG_SIZE];

static const FakeSpec spec = {
    .flags = VFIO_DEVICE_FLAGS_RESET,
    .regions = {
        [0] = { .size = BAR_SIZE,
                .flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP },
        [2] = { .size = 0x40 },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE },
    },
};

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
    unsigned watched;       /* the register whose writes are looked at; */
    unsigned writes;        /* how many there were, */
    bool direct;            /* and whether the guest reached the BAR directly at the last */
    bool loses_state;       /* the device's command register is cleared by them */
} Fixture;

static bool direct(void)
{
    const Range *range = space_find(&memory_space, BAR);

    return range && range->region->kind == REGION_DEVICE_RAM;
}

static void on_write(FakeDevice *fake, unsigned index, uint64_t offset)
{
    Fixture *f = fake->opaque;
    uint16_t nothing = 0;

    if (index == VFIO_PCI_CONFIG_REGION_INDEX && offset == f->watched) {
        f->writes++;
        f->direct = direct();
        if (f->loses_state) {
            fake_poke(fake, index, PCI_COMMAND, &nothing, sizeof(nothing));
        }
    }
}

static void capability(unsigned at, uint8_t id, unsigned next)
{
    config[at] = id;
    config[at + PCI_CAP_LIST_NEXT] = (uint8_t)next;
}

static void enable(Fixture *f)
{
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
}

static void up(Fixture *f, gconstpointer settings)
{
    Error *err = NULL;

    test_config_init(config, 0x1234, 0x5678, 0x020000);
    pci_set_u32(config + PCI_BASE_ADDRESS_2, IO_BAR | PCI_BASE_ADDRESS_SPACE_IO);
    config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    config[PCI_CAPABILITY_LIST] = PM;
    capability(PM, PCI_CAP_ID_PM, AF);
    capability(AF, PCI_CAP_ID_AF, EXPRESS);
    capability(EXPRESS, PCI_CAP_ID_EXP, 0);
    pci_set_u16(config + EXPRESS + PCI_EXP_FLAGS, 1);
    f->fake = fake_device_new(&spec);
    f->fake->opaque = f;
    f->fake->on_write = on_write;
    f->dev = test_assign(f->fake, "05.0", settings, &err);
    g_assert(f->dev);
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, BAR, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_2, IO_BAR, 4);
    enable(f);
    g_assert_true(direct());
    space_write(&memory_space, BAR, 0x11223344, 4);
    space_write(&io_space, IO_BAR, 0x55, 1);
}

static void down(Fixture *f, gconstpointer settings)
{
    test_release(f->dev, f->fake);
}

static void expect_silence(void)
{
    g_assert_false(direct());
    g_assert_cmphex(space_read(&memory_space, BAR, 4), ==, 0xffffffff);
    g_assert_cmphex(space_read(&memory_space, BAR + 8, 8), ==, UINT64_MAX);
    g_assert_cmphex(space_read(&io_space, IO_BAR, 1), ==, 0xff);
    space_write(&memory_space, BAR, 0, 4);
    space_write(&io_space, IO_BAR, 0, 1);
}

static void expect_life(void)
{
    g_assert_true(direct());
    g_assert_cmphex(space_read(&memory_space, BAR, 4), ==, 0x11223344);
    g_assert_cmphex(space_read(&io_space, IO_BAR, 1), ==, 0x55);
}

/* ---- sleep ---- */

static void test_bars_are_gone_in_d3hot(Fixture *f, gconstpointer settings)
{
    f->watched = PMCSR;
    test_config_write(f->dev, PMCSR, VFIO_D3HOT, 2);
    g_assert_cmpuint(f->writes, ==, 1);
    g_assert_false(f->direct);
    expect_silence();
    test_config_write(f->dev, PMCSR, 0, 2);
    g_assert_cmpuint(f->writes, ==, 2);
    g_assert_false(f->direct);              /* not before it is awake */
    expect_life();
}

static void test_any_width_of_write_counts(Fixture *f, gconstpointer settings)
{
    static const struct {
        unsigned addr, len;
        uint32_t value;
    } writes[] = { { PMCSR, 1, 3 }, { PMCSR, 2, 0x8003 }, { PMCSR, 4, 0x12348103 } };

    for (unsigned i = 0; i < G_N_ELEMENTS(writes); i++) {
        test_config_write(f->dev, writes[i].addr, writes[i].value, writes[i].len);
        expect_silence();
        test_config_write(f->dev, PMCSR, 0, 1);
        expect_life();
    }
}

static void test_other_writes_leave_it_awake(Fixture *f, gconstpointer settings)
{
    static const uint32_t states[] = { 0, 1, 2, 0x8100 };

    f->watched = PMCSR;
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        test_config_write(f->dev, PMCSR, states[i], 2);
        g_assert_true(f->direct);
    }
    test_config_write(f->dev, PMCSR + 1, 3, 1);
    expect_life();
}

/* A device may refuse the state: what it says counts. */
static void refuse_sleep(FakeDevice *fake, unsigned index, uint64_t offset)
{
    uint16_t awake = 0;

    if (index == VFIO_PCI_CONFIG_REGION_INDEX && offset == PMCSR) {
        fake_poke(fake, index, PMCSR, &awake, sizeof(awake));
    }
}

static void test_a_device_that_stays_awake_keeps_its_bars(Fixture *f, gconstpointer settings)
{
    f->fake->on_write = refuse_sleep;
    test_config_write(f->dev, PMCSR, VFIO_D3HOT, 2);
    expect_life();
}

/* Without No_Soft_Reset a device comes back from D3hot as from a reset (PCI Power Management 1.2, 5.4.1). */
static void test_a_device_that_lost_its_state_decodes_nothing(Fixture *f, gconstpointer settings)
{
    test_config_write(f->dev, PMCSR, VFIO_D3HOT, 2);
    f->watched = PMCSR;
    f->loses_state = true;
    test_config_write(f->dev, PMCSR, 0, 2);
    g_assert_null(space_find(&memory_space, BAR));
    g_assert_cmphex(test_config_read(f->dev, PCI_COMMAND, 2), ==, 0);
    enable(f);
    expect_life();
}

static void test_a_reset_of_the_machine_wakes_it(Fixture *f, gconstpointer settings)
{
    test_config_write(f->dev, PMCSR, VFIO_D3HOT, 2);
    vfio_pci_reset(&f->dev->pci.obj);
    g_assert_false(f->dev->asleep);
    g_assert_cmphex(test_config_read(f->dev, PMCSR, 2) & 3, ==, 0);
}

static void test_a_bar_moved_in_its_sleep_stays_silent(Fixture *f, gconstpointer settings)
{
    test_config_write(f->dev, PMCSR, VFIO_D3HOT, 2);
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, BAR + 0x100000, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, BAR, 4);
    enable(f);
    expect_silence();
    test_config_write(f->dev, PMCSR, 0, 2);
    expect_life();
}

/* ---- resets ---- */

static const struct {
    const char *name;
    unsigned addr, len;
    uint32_t value;
} resets[] = {
    { "advanced features", AF_CONTROL, 1, PCI_AF_CTRL_FLR },
    { "advanced features, two bytes", AF_CONTROL, 2, 0xff00 | PCI_AF_CTRL_FLR },
    { "express", DEVICE_CONTROL, 2, PCI_EXP_DEVCTL_BCR_FLR | 0x2810 },
    { "express, four bytes", DEVICE_CONTROL, 4, PCI_EXP_DEVCTL_BCR_FLR },
    { "express, the upper byte", DEVICE_CONTROL + 1, 1, PCI_EXP_DEVCTL_BCR_FLR >> 8 },
};

/* The kernel keeps the command register over it. */
static void test_bars_are_away_during_a_reset_by_the_guest(Fixture *f, gconstpointer settings)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(resets); i++) {
        f->watched = resets[i].addr;
        f->writes = 0;
        test_config_write(f->dev, resets[i].addr, resets[i].value, resets[i].len);
        g_assert_cmpuint(f->writes, ==, 1);
        g_assert_false(f->direct);
        expect_life();
    }
}

static void test_a_device_that_was_reset_decodes_nothing(Fixture *f, gconstpointer settings)
{
    f->loses_state = true;
    for (unsigned i = 0; i < G_N_ELEMENTS(resets); i++) {
        f->watched = resets[i].addr;
        test_config_write(f->dev, resets[i].addr, resets[i].value, resets[i].len);
        g_assert_null(space_find(&memory_space, BAR));
        enable(f);
        expect_life();
    }
}

/* Other bits of the same registers are everyday. */
static void test_other_control_bits_cost_nothing(Fixture *f, gconstpointer settings)
{
    f->watched = DEVICE_CONTROL;
    test_config_write(f->dev, DEVICE_CONTROL, 0x2810, 2);
    g_assert_true(f->direct);
    unsigned reads = f->fake->calls.of[FAKE_READ].count;
    test_config_write(f->dev, DEVICE_CONTROL, 0x2810, 2);
    g_assert_cmpuint(f->fake->calls.of[FAKE_READ].count, ==, reads);
}

#define ADD(name, test) g_test_add("/vfio-power/" name, Fixture, NULL, up, test, down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    ADD("bars-are-gone-in-d3hot", test_bars_are_gone_in_d3hot);
    ADD("any-width-of-write-counts", test_any_width_of_write_counts);
    ADD("other-writes-leave-it-awake", test_other_writes_leave_it_awake);
    ADD("a-device-that-stays-awake-keeps-its-bars", test_a_device_that_stays_awake_keeps_its_bars);
    ADD("a-device-that-lost-its-state-decodes-nothing", test_a_device_that_lost_its_state_decodes_nothing);
    ADD("a-reset-of-the-machine-wakes-it", test_a_reset_of_the_machine_wakes_it);
    ADD("a-bar-moved-in-its-sleep-stays-silent", test_a_bar_moved_in_its_sleep_stays_silent);
    ADD("bars-are-away-during-a-reset-by-the-guest", test_bars_are_away_during_a_reset_by_the_guest);
    ADD("a-device-that-was-reset-decodes-nothing", test_a_device_that_was_reset_decodes_nothing);
    ADD("other-control-bits-cost-nothing", test_other_control_bits_cost_nothing);
    return g_test_run();
}
