/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space by rules, every width and straddle, against an oracle of single bytes; ids, BARs, reset. */
#include <errno.h>
#include <string.h>

#include "tests/unit/vfio-machine.h"

enum { HOST_BAR = 0xfeb00000 };

static uint8_t config[PCI_CONFIG_SIZE];

static const FakeSpec spec = {
    .flags = VFIO_DEVICE_FLAGS_RESET,
    .regions = {
        [0] = { .size = 0x4000 },
        [2] = { .size = 0x40 },
        [3] = { .size = 0x800, .flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
                                        VFIO_REGION_INFO_FLAG_MMAP },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE },
    },
    .irqs = { [VFIO_PCI_INTX_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_AUTOMASKED, 1 } },
};

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
} Fixture;

static void up(Fixture *f, gconstpointer settings)
{
    Error *err = NULL;

    test_config_init(config, 0x1234, 0x5678, 0x020000);
    for (unsigned i = 0x40; i < PCI_CONFIG_SIZE; i++) {
        config[i] = (uint8_t)(i * 7 + 3);
    }
    pci_set_u32(config + PCI_BASE_ADDRESS_0, HOST_BAR | PCI_BASE_ADDRESS_MEM_TYPE_64);
    pci_set_u32(config + PCI_BASE_ADDRESS_2, 0xc000 | PCI_BASE_ADDRESS_SPACE_IO);
    config[PCI_HEADER_TYPE] = 0x80;
    config[PCI_INTERRUPT_LINE] = 11;
    f->fake = fake_device_new(&spec);
    f->dev = test_assign(f->fake, "05.0", settings, &err);
    g_assert(f->dev);
}

static void down(Fixture *f, gconstpointer settings)
{
    test_release(f->dev, f->fake);
}

static uint8_t host_byte(Fixture *f, unsigned addr)
{
    uint8_t byte;

    fake_peek(f->fake, VFIO_PCI_CONFIG_REGION_INDEX, addr, &byte, 1);
    return byte;
}

/* ---- the oracle: the rule, for one byte ---- */

static uint8_t oracle_read(Fixture *f, unsigned addr)
{
    uint8_t ours = f->dev->config.ours[addr];

    return (uint8_t)((f->dev->pci.config[addr] & ours) | (host_byte(f, addr) & ~ours));
}

/* Rows that mix everything: whole, partial, one byte of a dword, straddling a dword. */
static void add_mixed_rules(Fixture *f)
{
    const VfioConfigRule rules[] = {
        { 0x50, 2, 0xffff, 0x00ff },            /* half a dword, half of that writable */
        { 0x5c, 4, UINT32_MAX, UINT32_MAX },
        { 0x61, 1, 0xff, 0xf0 },                /* a byte in the middle */
        { 0x66, 4, UINT32_MAX, 0x0ff00ff0 },    /* straddles */
        { 0x70, 4, 0x00ff0f00, 0x00f00f00 },    /* bits inside bytes */
        { 0xc0, 8, UINT64_MAX, UINT64_C(0xfffffffffff00001) },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        vfio_config_rule(f->dev, &rules[i], UINT64_C(0x1122334455667788));
    }
}

static void test_reads(Fixture *f, gconstpointer settings)
{
    add_mixed_rules(f);
    for (unsigned len = 1; len <= 4; len *= 2) {
        for (unsigned addr = 0; addr + len <= PCI_CONFIG_SIZE; addr++) {
            uint32_t expected = 0;
            for (unsigned i = 0; i < len; i++) {
                expected |= (uint32_t)oracle_read(f, addr + i) << (8 * i);
            }
            g_assert_cmphex(test_config_read(f->dev, addr, len), ==, expected);
        }
    }
}

static void check_write(Fixture *f, unsigned addr, unsigned len, uint32_t value)
{
    uint8_t shadow[4], host[4];

    for (unsigned i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i)), ours = f->dev->config.ours[addr + i];
        uint8_t wmask = f->dev->pci.wmask[addr + i], w1c = f->dev->pci.w1cmask[addr + i];
        uint8_t old = f->dev->pci.config[addr + i];
        shadow[i] = (uint8_t)(((old & ~wmask) | (byte & wmask)) & ~(byte & w1c));
        host[i] = ours == 0xff ? host_byte(f, addr + i) : byte & (uint8_t)~ours;
    }
    test_config_write(f->dev, addr, value, len);
    for (unsigned i = 0; i < len; i++) {
        g_assert_cmphex(f->dev->pci.config[addr + i], ==, shadow[i]);
        g_assert_cmphex(host_byte(f, addr + i), ==, host[i]);
    }
}

static void test_writes(Fixture *f, gconstpointer settings)
{
    GRand *rand = g_rand_new_with_seed(1);

    add_mixed_rules(f);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned len = 1; len <= 4; len *= 2) {
            for (unsigned addr = 0; addr + len <= PCI_CONFIG_SIZE; addr++) {
                check_write(f, addr, len, g_rand_int(rand));
            }
        }
    }
    g_rand_free(rand);
}

/* ---- what the rows are for ---- */

static void test_header(Fixture *f, gconstpointer settings)
{
    g_assert_cmphex(test_config_read(f->dev, PCI_VENDOR_ID, 4), ==, 0x56781234);
    g_assert_cmphex(test_config_read(f->dev, PCI_HEADER_TYPE, 1), ==, 0);           /* not the host's function */
    g_assert_cmphex(test_config_read(f->dev, PCI_INTERRUPT_LINE, 1), ==, 0);
    g_assert_cmphex(test_config_read(f->dev, PCI_INTERRUPT_PIN, 1), ==, 1);
    test_config_write(f->dev, PCI_INTERRUPT_LINE, 5, 1);
    g_assert_cmphex(test_config_read(f->dev, PCI_INTERRUPT_LINE, 1), ==, 5);
    g_assert_cmphex(host_byte(f, PCI_INTERRUPT_LINE), ==, 11);
}

static void test_bars(Fixture *f, gconstpointer settings)
{
    /* the host's addresses are nowhere, sizing works, the device keeps what it had */
    g_assert_cmphex(test_config_read(f->dev, PCI_BASE_ADDRESS_0, 4), ==, PCI_BASE_ADDRESS_MEM_TYPE_64);
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, UINT32_MAX, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_1, UINT32_MAX, 4);
    g_assert_cmphex(test_config_read(f->dev, PCI_BASE_ADDRESS_0, 4), ==, 0xffffc004);
    g_assert_cmphex(test_config_read(f->dev, PCI_BASE_ADDRESS_1, 4), ==, UINT32_MAX);
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_1, 0, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    g_assert_cmphex(f->dev->pci.bars[0].addr, ==, 0xe0000000);
    g_assert_cmphex(host_byte(f, PCI_COMMAND), ==, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    uint32_t host;
    fake_peek(f->fake, VFIO_PCI_CONFIG_REGION_INDEX, PCI_BASE_ADDRESS_0, &host, 4);
    g_assert_cmphex(GUINT32_FROM_LE(host), ==, HOST_BAR | PCI_BASE_ADDRESS_MEM_TYPE_64);
    g_assert_cmphex(test_config_read(f->dev, PCI_BASE_ADDRESS_2, 4), ==, PCI_BASE_ADDRESS_SPACE_IO);
}

static uint64_t mapped_size(uint64_t addr)
{
    const Range *range = space_find(&memory_space, addr);

    return range && range->region->kind == REGION_DEVICE_RAM ? range_size(range) : 0;
}

/* A BAR smaller than a page fills the page it begins, but not a page that another BAR begins. */
static void test_small_bar(Fixture *f, gconstpointer settings)
{
    test_config_write(f->dev, PCI_BASE_ADDRESS_3, 0xe0100000, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(mapped_size(0xe0100000), ==, 0x1000);
    test_config_write(f->dev, PCI_BASE_ADDRESS_3, 0xe0100800, 4);
    g_assert_cmphex(mapped_size(0xe0100800), ==, 0x800);
    g_assert_null(space_find(&memory_space, 0xe0101000));
    g_assert_null(space_find(&memory_space, 0xe0100000));
    test_config_write(f->dev, PCI_BASE_ADDRESS_3, 0xe0200000, 4);
    g_assert_cmphex(mapped_size(0xe0200000), ==, 0x1000);
    /* BAR 0 (trapped) is put into the same page: it is in front */
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, 0xe0200000, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_1, 0, 4);
    g_assert_cmphex(mapped_size(0xe0200000), ==, 0);
}

static void test_overrides(Fixture *f, gconstpointer settings)
{
    g_assert_cmphex(test_config_read(f->dev, PCI_VENDOR_ID, 4), ==, 0x59128086);
    g_assert_cmphex(test_config_read(f->dev, PCI_SUBSYSTEM_VENDOR_ID, 4), ==, 0x00020001);
    g_assert_cmphex(test_config_read(f->dev, PCI_CLASS_REVISION, 4) >> 8, ==, 0x030000);
}

static void test_refused_ids(void)
{
    static const char *const cases[][2] = {
        { "x-pci-vendor-id=0x10000", "vfio 0000:00:02.0: invalid PCI vendor ID provided" },
        { "x-pci-vendor-id=0xffff", "vfio 0000:00:02.0: invalid PCI vendor ID provided" },
        { "x-pci-device-id=0x10000", "vfio 0000:00:02.0: invalid PCI device ID provided" },
        { "x-pci-sub-vendor-id=0x10000", "vfio 0000:00:02.0: invalid PCI subsystem vendor ID provided" },
        { "x-pci-sub-device-id=0x10000", "vfio 0000:00:02.0: invalid PCI subsystem device ID provided" },
        { "x-pci-class-code=0x1000000", "vfio 0000:00:02.0: invalid PCI class code provided" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *err = NULL;
        FakeDevice *fake = fake_device_new(&spec);
        g_assert_null(test_assign(fake, "05.0", cases[i][0], &err));
        g_assert_cmpstr(error_message(err), ==, cases[i][1]);
        error_free(err);
        fake_device_free(fake);
    }
}

static void test_reset(Fixture *f, gconstpointer settings)
{
    const VfioConfigRule address = { 0xfc, 4, UINT32_MAX, UINT32_MAX };

    vfio_config_rule(f->dev, &address, 0);
    vfio_config_remember(f->dev);
    object_reset(&f->dev->pci.obj);
    g_assert_cmpuint(f->fake->resets, ==, 0);   /* opening it was the reset */
    test_config_write(f->dev, 0xfc, 0x1fffe000, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    object_reset(&f->dev->pci.obj);
    g_assert_cmpuint(f->fake->resets, ==, 1);
    g_assert_cmphex(test_config_read(f->dev, 0xfc, 4), ==, 0);
    g_assert_cmphex(host_byte(f, PCI_COMMAND), ==, 0);
    object_reset(&f->dev->pci.obj);
    g_assert_cmpuint(f->fake->resets, ==, 1);
}

/* The gentlest reset that works: by function, else the bus, else by power states. */
static void test_reset_order(void)
{
    static const struct {
        bool function, power, bus_fails;
        unsigned resets, hot_resets;
    } cases[] = {
        { true, true, false, 1, 0 }, { true, false, false, 1, 0 }, { false, false, false, 1, 0 },
        { false, true, false, 0, 1 }, { false, true, true, 1, 1 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *err = NULL;
        test_config_init(config, 0x1234, 0x5678, 0x020000);
        pci_set_u16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
        config[PCI_CAPABILITY_LIST] = 0x40;
        config[0x40] = PCI_CAP_ID_PM;
        config[0x41] = 0x50;
        config[0x40 + PCI_PM_CTRL] = cases[i].power ? 0 : PCI_PM_CTRL_NO_SOFT_RESET;
        config[0x50] = PCI_CAP_ID_AF;
        config[0x50 + PCI_AF_CAP] = cases[i].function ? PCI_AF_CAP_FLR : 0;
        FakeDevice *fake = fake_device_new(&spec);
        VfioPci *dev = test_assign(fake, "05.0", NULL, &err);
        fake_fail(&fake->calls, FAKE_HOT_RESET, -ENOTTY, 0, cases[i].bus_fails);
        test_config_write(dev, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
        object_reset(&dev->pci.obj);
        g_assert_cmpuint(fake->resets, ==, cases[i].resets);
        g_assert_cmpuint(fake->hot_resets, ==, cases[i].hot_resets);
        test_release(dev, fake);
    }
}

static void test_gone(Fixture *f, gconstpointer settings)
{
    fake_fail(&f->fake->calls, FAKE_READ, -EIO, 0, 2);
    g_assert_cmphex(test_config_read(f->dev, PCI_VENDOR_ID, 4), ==, UINT32_MAX);
    g_assert_cmphex(test_config_read(f->dev, PCI_VENDOR_ID, 2), ==, 0xffff);
    g_assert_cmphex(test_config_read(f->dev, PCI_VENDOR_ID, 2), ==, 0x1234);
}

/* mtty's configuration space has 255 bytes. */
static void test_short_space(void)
{
    FakeSpec odd = spec;
    Error *err = NULL;

    test_config_init(config, 0x4348, 0x3253, 0x070002);
    odd.regions[VFIO_PCI_CONFIG_REGION_INDEX].size = 0xff;
    odd.regions[VFIO_PCI_CONFIG_REGION_INDEX].data_size = 0xff;
    memset(config + 0xfc, 0x55, 3);
    FakeDevice *fake = fake_device_new(&odd);
    VfioPci *dev = test_assign(fake, "05.0", NULL, &err);
    g_assert_cmphex(test_config_read(dev, 0xfc, 4), ==, 0x00555555);
    test_config_write(dev, 0xfc, 0x11223344, 4);
    g_assert_cmphex(test_config_read(dev, 0xfc, 4), ==, 0x00223344);
    test_release(dev, fake);
}

/* Each call may fail at each turn of realize: an error, nothing left behind. */
static void test_failures(void)
{
    static const FakeCall calls[] = { FAKE_REGION_INFO, FAKE_READ, FAKE_SET_IRQS, FAKE_IRQ_INFO };

    test_config_init(config, 0x1234, 0x5678, 0x020000);
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        for (int skip = 0; skip < 12; skip++) {
            Error *err = NULL;
            FakeDevice *fake = fake_device_new(&spec);
            fake_fail(&fake->calls, calls[i], -EIO, skip, 1);
            VfioPci *dev = test_assign(fake, "05.0", NULL, &err);
            g_assert((dev != NULL) == (err == NULL));
            error_free(err);
            test_release(dev, fake);
            g_assert_null(pci_bus_device(test_bus, PCI_DEVFN_OF(5, 0)));
        }
    }
}

#define ADD(path, settings, fn) g_test_add("/vfio/config/" path, Fixture, settings, up, fn, down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    ADD("reads", NULL, test_reads);
    ADD("writes", NULL, test_writes);
    ADD("header", NULL, test_header);
    ADD("bars", NULL, test_bars);
    ADD("small-bar", NULL, test_small_bar);
    ADD("overrides", "x-pci-vendor-id=0x8086,x-pci-device-id=0x5912,x-pci-sub-vendor-id=1,x-pci-sub-device-id=2,"
        "x-pci-class-code=0x030000", test_overrides);
    g_test_add_func("/vfio/config/refused-ids", test_refused_ids);
    ADD("reset", NULL, test_reset);
    g_test_add_func("/vfio/config/reset-order", test_reset_order);
    ADD("gone", NULL, test_gone);
    g_test_add_func("/vfio/config/short-space", test_short_space);
    g_test_add_func("/vfio/config/failures", test_failures);
    return g_test_run();
}
