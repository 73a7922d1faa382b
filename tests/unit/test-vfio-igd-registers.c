/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel graphics: what the guest sees of registers that hold the host's addresses, and of DBUF. */
#include "core/dispatch.h"
#include "tests/unit/vfio-igd-board.h"

/* ---- registers beside stolen memory ---- */

static void check_moved(Fixture *f, unsigned model, uint64_t base)
{
    bool wide = models[model].generation >= 11;
    unsigned size = wide ? 8 : 4;
    uint64_t bgsm = base ? (base - models[model].gtt_mib * MIB) | 1 : 0;

    set_base(f, model, base);
    g_assert_cmphex(bar_read(BDSM_MIRROR, size), ==, base);
    g_assert_cmphex(bar_read(BGSM, size), ==, bgsm);
    g_assert_cmphex(bar_read(BGSM, 2), ==, bgsm & 0xffff);
    g_assert_cmphex(bar_read(BGSM + 3, 1), ==, bgsm >> 24 & 0xff);
    g_assert_cmphex(bar_read(RESERVED, size), ==, base ? (base + 62 * MIB) | 0x81 : 0);
    if (models[model].generation == 12) {
        g_assert_cmphex(test_config_read(f->dev, 0xf0, 4), ==, (uint32_t)bgsm);
        g_assert_cmphex(test_config_read(f->dev, 0xf4, 4), ==, bgsm >> 32);
    }
}

static void test_moved(void)
{
    for (unsigned i = 0; i < MODELS; i++) {
        Fixture f = up(i, NULL);
        poke_host_values(&f, i);
        check_moved(&f, i, 0);
        check_moved(&f, i, GUEST_BASE);
        check_moved(&f, i, HOST_BASE);      /* identity: the host's own */
        check_moved(&f, i, models[i].generation >= 11 ? UINT64_C(0x23c000000) : 0x9c000000);
        object_reset(&f.dev->pci.obj);
        decode(&f);
        check_moved(&f, i, 0);
        release(&f);
    }
}

static void test_locked(void)
{
    Fixture f = up(TIGER, NULL);

    poke_host_values(&f, TIGER);
    bar_write(BGSM, 0x12345678, 4);
    bar_write(RESERVED, UINT64_MAX, 8);
    test_config_write(f.dev, 0xf0, 0xffffffff, 4);
    g_assert_cmphex(peek(&f, 0, BGSM), ==, (HOST_BASE - (8 << 20)) | 1);
    g_assert_cmphex(peek(&f, 0, RESERVED), ==, (HOST_BASE + (62 << 20)) | 0x81);
    g_assert_cmphex(peek(&f, VFIO_PCI_CONFIG_REGION_INDEX, 0xf0), ==, HOST_BASE - (8 << 20) + 1);
    check_moved(&f, TIGER, GUEST_BASE);
    release(&f);
}

/* The neighbours are the device's. */
static void test_edges(void)
{
    Fixture f = up(SKYLAKE, NULL);

    poke(&f, BGSM - 4, 0x11111111);
    poke(&f, BGSM + 4, 0x22222222);
    g_assert_cmphex(bar_read(BGSM - 4, 4), ==, 0x11111111);
    g_assert_cmphex(bar_read(BGSM + 4, 4), ==, 0x22222222);
    bar_write(BGSM + 4, 0x33333333, 4);
    g_assert_cmphex(peek(&f, 0, BGSM + 4), ==, 0x33333333);
    release(&f);
}

/* Stolen memory of another size than the host's: what is at its end stays there. */
static void test_other_size(void)
{
    Fixture f = up(SKYLAKE, "dsm=32M");

    poke_host_values(&f, SKYLAKE);
    set_base(&f, SKYLAKE, GUEST_BASE);
    g_assert_cmphex(bar_read(0x108040, 2), ==, 0x01c0);
    g_assert_cmphex(test_config_read(f.dev, IGD_GGC, 2), ==, 0x01c0);
    g_assert_cmphex(bar_read(BGSM, 4), ==, (GUEST_BASE - (8 << 20)) | 1);
    g_assert_cmphex(bar_read(RESERVED, 4), ==, (GUEST_BASE + (30 << 20)) | 0x81);
    poke(&f, RESERVED, HOST_BASE | 0x81);       /* 64 MiB do not fit */
    g_assert_cmphex(bar_read(RESERVED, 4), ==, 0);
    release(&f);
}

/* Haswell's reserved part begins at any 256 KiB; the bits below are not its base. */
static void test_fine_base(void)
{
    Fixture f = up(HASWELL, "dsm=128M");

    poke(&f, RESERVED, (HOST_BASE + (63u << 20) + 0xc0000) | 0x3ffff);
    set_base(&f, HASWELL, GUEST_BASE);
    g_assert_cmphex(bar_read(RESERVED, 4), ==, (GUEST_BASE + (127 << 20) + 0xc0000) | 0x3ffff);
    release(&f);
}

/* Values that make no sense show nothing of the host. */
static void test_strange_values(void)
{
    static const uint32_t strange[] = { 0x10000001, HOST_BASE + (64u << 20), HOST_BASE - (9u << 20), 0xfff00000 };
    Fixture f = up(SKYLAKE, NULL);

    set_base(&f, SKYLAKE, GUEST_BASE);
    for (unsigned i = 0; i < G_N_ELEMENTS(strange); i++) {
        poke(&f, RESERVED, strange[i]);
        g_assert_cmphex(bar_read(RESERVED, 4), ==, 0);
    }
    poke(&f, RESERVED, 0x81);       /* no base: Bay Trail's is implied */
    g_assert_cmphex(bar_read(RESERVED, 4), ==, 0x81);
    release(&f);
}

/* Class 0380, x-no-mmap, other slots: nothing of the host's in the page of its addresses, nor in configuration space. */
static void test_nothing_of_the_host(void)
{
    for (unsigned i = 0; i < MODELS; i++) {
        describe(i, i % 2 ? 0x038000 : 0x030000);
        Fixture f = assign(i % 3 ? NULL : "x-no-mmap=on,x-igd-legacy-mode=off");
        decode(&f);
        poke_host_values(&f, i);
        for (unsigned at = 0; at < 0x1000; at += 4) {
            g_assert_cmphex(bar_read(0x108000 + at, 4), ==, 0);
        }
        for (unsigned at = 0; at < PCI_CONFIG_SIZE; at += 4) {
            g_assert_cmphex(test_config_read(f.dev, at, 4) >> 20, !=, HOST_BASE >> 20);
        }
        release(&f);
    }
}

/* ---- presets ---- */

static void test_presets(void)
{
    for (unsigned i = 0; i < MODELS; i++) {
        Fixture f = up(i, NULL);
        uint64_t base = models[i].generation >= 11 ? UINT64_C(0x17c000000) : GUEST_BASE;
        igd_preset_asls(f.dev, 0x1fffe000);
        igd_preset_bdsm(f.dev, base);
        for (unsigned resets = 0; resets < 2; resets++) {
            g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, 0x1fffe000);
            g_assert_cmphex(bar_read(BDSM_MIRROR, 4), ==, (uint32_t)base);
            if (models[i].generation == 12) {
                g_assert_cmphex(test_config_read(f.dev, 0xf4, 4), ==, 1);
            }
            set_base(&f, i, 0x9c000000);
            test_config_write(f.dev, IGD_ASLS, 0, 4);
            g_assert_cmphex(bar_read(BDSM_MIRROR, 4), ==, 0x9c000000);
            object_reset(&f.dev->pci.obj);
            decode(&f);
        }
        release(&f);
    }
}

/* ---- DBUF ---- */

static const uint32_t dbuf_ctl[] = { 0x45008, 0x44fe8, 0x44300, 0x44304 };

static void test_dbuf_slices(void)
{
    static const struct {
        uint16_t id;
        unsigned slices;
        const char *settings;
    } golden[] = {
        { 0x1616, 0, NULL }, { 0x1916, 1, NULL }, { 0x8a52, 2, NULL }, { 0x9a49, 2, NULL }, { 0x4680, 2, NULL },
        { 0x46a6, 4, NULL }, { 0x46d1, 4, NULL }, { 0xa7a0, 4, NULL }, { 0xa780, 2, NULL },
        { 0x46a6, 0, "x-igd-dbuf=off" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(golden); i++) {
        describe(TIGER, 0x030000);
        pci_set_u16(board_config + PCI_DEVICE_ID, golden[i].id);
        Fixture f = assign(golden[i].settings);
        decode(&f);
        for (unsigned slice = 0; slice < G_N_ELEMENTS(dbuf_ctl); slice++) {
            poke(&f, dbuf_ctl[slice], 0x40000123);
            g_assert_cmphex(bar_read(dbuf_ctl[slice], 4), ==, slice < golden[i].slices ? 0x123 : 0x40000123);
        }
        release(&f);
    }
}

static bool is_direct(uint64_t at)
{
    return space_find(&memory_space, BAR0 + at)->region->kind == REGION_DEVICE_RAM;
}

static void test_dbuf_life(void)
{
    Fixture f = up(ICE, NULL);

    poke(&f, 0x45008, 0xc0000000);
    g_assert_cmphex(bar_read(0x45008, 4), ==, 0xc0000000);      /* requested: the device's word counts */
    poke(&f, 0x45008, 0x40000000);
    g_assert_cmphex(bar_read(0x45008, 4), ==, 0);
    g_assert_cmphex(bar_read(0x4500b, 1), ==, 0);
    bar_write(0x45008, 0x00000042, 4);
    g_assert_cmphex(peek(&f, 0, 0x45008), ==, 0x42);
    g_assert_false(is_direct(0x45008));
    bar_write(0x4500b, 0x80, 1);
    g_assert_cmphex(peek(&f, 0, 0x45008), ==, 0x80000042);
    g_assert_true(is_direct(0x45008));                          /* the guest runs it now */
    g_assert_false(is_direct(0x44fe8));
    object_reset(&f.dev->pci.obj);
    decode(&f);
    g_assert_false(is_direct(0x45008));
    release(&f);
}

/* ---- others ---- */

/* Stolen memory behind BAR 2, or a device nobody knows: nothing but ASLS. */
static void test_other_platforms(void)
{
    static const uint16_t ids[] = { 0x7d55, 0xb080 };

    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        describe(TIGER, 0x030000);
        pci_set_u16(board_config + PCI_DEVICE_ID, ids[i]);
        pci_set_u32(board_config + IGD_ASLS, 0x30000000);
        Fixture f = assign(NULL);
        decode(&f);
        poke_host_values(&f, TIGER);
        g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, 0);
        g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_64, 4), ==, HOST_BASE | 1);    /* means something else there */
        g_assert_true(is_direct(BGSM));
        g_assert_true(is_direct(0x45008));
        igd_preset_bdsm(f.dev, GUEST_BASE);
        g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_64, 4), ==, HOST_BASE | 1);
        release(&f);
    }
}

/* A virtual function has no stolen memory to choose a size of; its zeros are no size either. */
static void test_virtual_function(void)
{
    describe(TIGER, 0x030000);
    pci_set_u16(board_config + IGD_GGC, 0);
    pci_set_u32(board_config + IGD_BDSM_64, 0);
    pci_set_u32(board_config + 0xf0, 0x12345678);       /* something of its own */
    Fixture f = assign("dsm=64M,x-igd-clear-gtt=on");
    g_assert_nonnull(f.dev);
    g_assert_cmpint(f.dev->igd->kind, ==, IGD_VIRTUAL_FUNCTION);
    decode(&f);
    g_assert_cmphex(test_config_read(f.dev, IGD_GGC, 2), ==, 0);
    g_assert_cmphex(test_config_read(f.dev, 0xf0, 4), ==, 0x12345678);
    poke(&f, BGSM, 0x12345678);
    g_assert_cmphex(bar_read(BGSM, 4), ==, 0x12345678);
    g_assert_true(is_direct(0x45008));
    object_reset(&f.dev->pci.obj);
    g_assert_cmphex(test_config_read(f.dev, 0xf0, 4), ==, 0x12345678);
    release(&f);
}

/* ---- a mediated GPU emulates its own ---- */

static void test_mediated(void)
{
    describe(SKYLAKE, 0x030000);
    board_spec.mediated = true;
    Fixture f = assign("x-igd-clear-gtt=on");
    g_assert_null(f.dev);
    release(&f);
    f = assign(NULL);
    g_assert_nonnull(f.dev);
    decode(&f);
    poke_host_values(&f, SKYLAKE);
    poke(&f, 0x45008, 0x40000000);
    g_assert_cmphex(bar_read(BDSM_MIRROR, 4), ==, HOST_BASE | 1);
    g_assert_cmphex(bar_read(0x45008, 4), ==, 0x40000000);
    g_assert_cmphex(written(&f, 1, 0x7c000001), ==, 0x7c000001);
    g_assert_cmphex(test_config_read(f.dev, IGD_GGC, 2), ==, 0x02c0);
    object_reset(&f.dev->pci.obj);
    release(&f);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*fn)(void);
    } tests[] = {
        { "moved", test_moved }, { "locked", test_locked }, { "edges", test_edges },
        { "other-size", test_other_size }, { "fine-base", test_fine_base }, { "strange-values", test_strange_values },
        { "nothing-of-the-host", test_nothing_of_the_host }, { "presets", test_presets },
        { "dbuf-slices", test_dbuf_slices }, { "dbuf-life", test_dbuf_life }, { "other-platforms", test_other_platforms }, { "virtual-function", test_virtual_function }, { "mediated", test_mediated },
    };

    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/igd-registers/%s", tests[i].path);
        g_test_add_func(path, tests[i].fn);
    }
    return g_test_run();
}
