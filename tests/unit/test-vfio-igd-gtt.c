/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel graphics: the translation table behind BAR 4, and clearing it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "lib/interrupt.h"
#include "lib/log.h"
#include "tests/unit/vfio-igd-board.h"

/* ---- the GTT behind BAR 4 ---- */

static const struct {
    unsigned model;
    uint32_t index, entry, expected;
} entries[] = {
    { SANDY, 1, 0x7c000001, 0x1c000001 }, { SANDY, 5, 0x7ffff007, 0x1ffff007 },
    { SANDY, 1, 0x80000001, 0x80000001 }, { SANDY, 1, 0x7bfff001, 0x7bfff001 },     /* just outside */
    { SANDY, 1, 0x1c345001, 0x1c345001 },                                           /* the guest's own */
    { SANDY, 1, 0x7c000011, 0x7c000011 }, { HASWELL, 1, 0x7c000401, 0x7c000401 },   /* above 4 GiB */
    { HASWELL, 1, 0x7c000803, 0x1c000803 },                                         /* bit 11: cache control */
    { CHERRY, 1, 0x7c001003, 0x1c001003 }, { CANNON, 0x7ffff9, 0x7c001003, 0x1c001003 },
    { BROADWELL, 1, 0x7c001003, 0x1c001003 }, { BROADWELL, 5, 0x7c001003, 0x7c001003 },     /* the upper half */
    { SKYLAKE, 9, 0x7c000ff1, 0x1c000ff1 }, { SKYLAKE, 0xd, 1, 1 }, { SKYLAKE, 0xfffffff9, 0x7d000001, 0x1d000001 },
    { SKYLAKE, 0, 0x7c000001, 0x7c000001 },                                         /* a register */
    { ICE, 1, 0x7c000001, 0x7c000001 }, { TIGER, 1, 0x7c000001, 0x7c000001 },       /* not there any more */
};

static void test_gtt_entries(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(entries); i++) {
        Fixture f = up(entries[i].model, NULL);
        set_base(&f, entries[i].model, GUEST_BASE);
        g_assert_cmphex(written(&f, entries[i].index, entries[i].entry), ==, entries[i].expected);
        g_assert_cmphex(space_read(&io_space, INDEX, 4), ==, entries[i].index);
        release(&f);
    }
}

static void test_gtt_too_early(void)
{
    Fixture f = up(SKYLAKE, NULL);

    g_assert_cmphex(written(&f, 1, 0x7c000001), ==, 0xdeadbeef);
    g_assert_cmphex(written(&f, 1, 0x00100001), ==, 0xdeadbeef);
    g_assert_cmphex(written(&f, 5, 0), ==, 0);      /* an upper half leads nowhere */
    set_base(&f, SKYLAKE, GUEST_BASE);
    g_assert_cmphex(written(&f, 1, 0x00100001), ==, 0x00100001);
    object_reset(&f.dev->pci.obj);
    decode(&f);
    g_assert_cmphex(written(&f, 1, 0x7c000001), ==, 0xdeadbeef);
    release(&f);
}

static void test_gtt_words(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "igd-guest-log-XXXXXX", NULL);
    g_autofree char *said = NULL;
    Error *err = NULL;
    int fd = g_mkstemp(path);

    g_assert_true(log_guest_file(path, &err));
    log_guest_enable(true);
    Fixture f = up(SKYLAKE, "dsm=32M");
    written(&f, 1, 0x7c000001);
    set_base(&f, SKYLAKE, GUEST_BASE);
    g_assert_cmphex(written(&f, 1, 0x7e000001), ==, 0xdeadbeef);
    log_guest_enable(false);
    g_assert_true(g_file_get_contents(path, &said, NULL, NULL));
    g_assert_nonnull(strstr(said, "vfio-igd: Guest attempted to program IGD GTT before BIOS reserved stolen memory. "
                                  "Unsupported BIOS?\n"));
    g_assert_nonnull(strstr(said, "vfio-igd: GTT entry 0x7e000001 is beyond the guest's stolen memory\n"));
    close(fd);
    g_assert_cmpint(unlink(path), ==, 0);
    release(&f);
}

/* Without stolen memory a guest has nothing to wait for, only the host's is not for it. */
static void test_gtt_without_stolen(void)
{
    describe(SKYLAKE, 0x030000);
    pci_set_u16(board_config + IGD_GGC, 0x00c0);
    Fixture f = assign(NULL);
    decode(&f);
    g_assert_cmphex(written(&f, 1, 0x00100001), ==, 0x00100001);
    release(&f);
}

static uint32_t shown(Fixture *f, uint32_t index, uint32_t value)
{
    space_write(&io_space, INDEX, index, 4);
    value = GUINT32_TO_LE(value);
    fake_poke(f->fake, 4, 4, &value, 4);
    return (uint32_t)space_read(&io_space, DATA, 4);
}

/* Entries the host's firmware left. */
static void test_gtt_reads(void)
{
    Fixture f = up(SKYLAKE, NULL);

    g_assert_cmphex(shown(&f, 1, 0x7c123003), ==, 0);
    g_assert_cmphex(shown(&f, 1, 0x00123003), ==, 0x00123003);
    set_base(&f, SKYLAKE, GUEST_BASE);
    g_assert_cmphex(shown(&f, 1, 0x7c123003), ==, 0x1c123003);
    g_assert_cmphex(shown(&f, 5, 0x7c123003), ==, 0x7c123003);
    g_assert_cmphex(space_read(&io_space, DATA + 2, 1), ==, 0x12);
    release(&f);
}

/* The guest's stolen memory overlaps the host's: its own addresses stay. */
static void test_gtt_overlap(void)
{
    Fixture f = up(SKYLAKE, NULL);

    set_base(&f, SKYLAKE, HOST_BASE + 0x1000000);
    g_assert_cmphex(written(&f, 1, 0x7e000001), ==, 0x7e000001);
    g_assert_cmphex(written(&f, 1, 0x7c000001), ==, 0x7d000001);
    release(&f);
}

static void test_gtt_narrow(void)
{
    Fixture f = up(SKYLAKE, NULL);
    uint32_t empty = 0;

    set_base(&f, SKYLAKE, GUEST_BASE);
    space_write(&io_space, INDEX, 9, 1);
    space_write(&io_space, INDEX + 1, 0, 1);
    space_write(&io_space, INDEX + 2, 0x12, 2);
    g_assert_cmphex(space_read(&io_space, INDEX, 4), ==, 0x00120009);
    fake_poke(f.fake, 4, 4, &empty, 4);
    space_write(&io_space, DATA, 0x5003, 2);
    g_assert_cmphex(peek(&f, 4, 4), ==, 0x5003);
    space_write(&io_space, DATA + 2, 0x34, 1);
    space_write(&io_space, DATA + 3, 0x7c, 1);
    g_assert_cmphex(peek(&f, 4, 4), ==, 0x1c345003);
    g_assert_cmphex(space_read(&io_space, DATA + 1, 1), ==, 0x50);
    g_assert_cmphex(space_read(&io_space, INDEX + 2, 4), ==, 0x50030012);   /* across both */
    space_write(&io_space, INDEX + 3, 0x11223344, 4);
    g_assert_cmphex(peek(&f, 4, 0) >> 24, ==, 0x44);
    g_assert_cmphex(peek(&f, 4, 4) & 0xffffff, ==, 0x112233);
    release(&f);
}

/* Registers of ours, by way of the index: the same as in BAR 0. */
static void test_index_to_ours(void)
{
    Fixture f = up(SKYLAKE, "x-igd-gms=1");

    poke_host_values(&f, SKYLAKE);
    for (unsigned placed = 0; placed < 2; placed++) {
        set_base(&f, SKYLAKE, placed ? GUEST_BASE : 0);
        uint32_t base = placed ? GUEST_BASE : 0;
        g_assert_cmphex(shown(&f, BDSM_MIRROR, HOST_BASE | 1), ==, base);
        g_assert_cmphex(shown(&f, BGSM, HOST_BASE - (8 << 20)), ==, placed ? (base - (8 << 20)) | 1 : 0);
        g_assert_cmphex(shown(&f, BGSM | 2, HOST_BASE), ==, placed ? (base - (8 << 20)) | 1 : 0);
        g_assert_cmphex(shown(&f, BGSM + 0x80000000, HOST_BASE), ==, placed ? (base - (8 << 20)) | 1 : 0);
        g_assert_cmphex(shown(&f, 0x108040, 0xabcd02c0), ==, 0xabcd01c0);
        g_assert_cmphex(shown(&f, 0x45008, 0x40000000), ==, 0);
        g_assert_cmphex(shown(&f, 0x2030, HOST_BASE), ==, HOST_BASE);       /* any other is the device's */
    }
    g_assert_cmphex(space_read(&io_space, DATA + 3, 1), ==, HOST_BASE >> 24);
    g_assert_cmphex(written(&f, BGSM, 0x12345678), ==, 0xdeadbeef);
    g_assert_cmphex(written(&f, BDSM_MIRROR, 0x12300000), ==, 0xdeadbeef);
    g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_32, 4), ==, 0x12300000);
    g_assert_cmphex(written(&f, 0x2030, 0x12345678), ==, 0x12345678);
    bar_write(0x45008, 0x80000000, 4);      /* given back to the device: here, too */
    g_assert_cmphex(shown(&f, 0x45008, 0x40000000), ==, 0x40000000);
    release(&f);
}

/* A device that does not answer is all ones, also where its index should be. */
static void test_gtt_dead(void)
{
    Fixture f = up(SKYLAKE, NULL);

    set_base(&f, SKYLAKE, GUEST_BASE);
    fake_fail(&f.fake->calls, FAKE_READ, -EIO, 0, 100);
    fake_fail(&f.fake->calls, FAKE_WRITE, -EIO, 0, 100);
    g_assert_cmphex(space_read(&io_space, DATA, 4), ==, 0xffffffff);
    space_write(&io_space, DATA, 0x7c000001, 4);
    space_write(&io_space, DATA + 1, 1, 1);
    release(&f);
}

/* Whatever a guest does with the ports: its own memory, the device's answers, and nothing of the host's. */
static void test_anything(void)
{
    static const uint32_t starts[] = { 0, 1, 4, 5, BGSM, RESERVED, BDSM_MIRROR, 0x108040, 0x45008, 0xfffffffc };

    for (unsigned model = 0; model < MODELS; model++) {
        Fixture f = up(model, "dsm=32M");
        poke_host_values(&f, model);
        for (unsigned i = 0; i < 20000; i++) {
            uint32_t value = (uint32_t)g_test_rand_int(), at = INDEX + value % 16, size = 1u << (value >> 8) % 3;
            switch ((value >> 16) % 8) {
            case 0:
                set_base(&f, model, value & 0x10000000 ? g_test_rand_int() & 0xfff00000 : HOST_BASE);
                break;
            case 1:
                space_write(&io_space, INDEX, starts[value % G_N_ELEMENTS(starts)] + (value >> 24) % 16, 4);
                break;
            case 2: case 3: case 4:
                space_write(&io_space, at, (uint32_t)g_test_rand_int(), size);
                break;
            default:
                space_read(&io_space, at, size);
            }
        }
        g_assert_cmphex(peek(&f, 0, BGSM), ==, (HOST_BASE - (models[model].gtt_mib << 20)) | 1);
        release(&f);
    }
}

/* ---- clearing ---- */

static void fill_gtt(FakeDevice *fake, uint64_t half)
{
    g_autofree uint8_t *bytes = g_malloc(half);

    memset(bytes, 0x5a, half);
    fake_poke(fake, 0, 0, bytes, half);
    fake_poke(fake, 0, half, bytes, half);
}

static bool is_all(FakeDevice *fake, uint64_t at, uint64_t len, uint8_t byte)
{
    g_autofree uint8_t *bytes = g_malloc(len);

    fake_peek(fake, 0, at, bytes, len);
    return bytes[0] == byte && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static Fixture assign_filled(const char *settings)
{
    Fixture f = board_new();

    fill_gtt(f.fake, board_spec.regions[0].size / 2);
    board_assign(&f, settings);
    return f;
}

static void test_clear(void)
{
    for (unsigned i = 0; i < MODELS; i++) {
        uint64_t size = models[i].gtt_mib * MIB, half = size;
        describe(i, 0x030000);
        board_spec.regions[0].size = 2 * half;
        pci_set_u16(board_config + PCI_COMMAND, PCI_COMMAND_MASTER);
        Fixture f = assign_filled("x-igd-clear-gtt=on");
        g_assert_nonnull(f.dev);
        g_assert_true(is_all(f.fake, half, size, 0));
        g_assert_true(is_all(f.fake, 0, half, 0x5a));
        g_assert_cmphex(peek(&f, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND) & 0xffff, ==, PCI_COMMAND_MASTER);
        release(&f);
    }
}

/* As much as there is, and no more than the BAR has. */
static void test_clear_sizes(void)
{
    describe(SKYLAKE, 0x030000);
    pci_set_u16(board_config + IGD_GGC, 0x0240);      /* 2 MiB */
    Fixture f = assign_filled("x-igd-clear-gtt=on");
    g_assert_true(is_all(f.fake, 8 * MIB, 2 * MIB, 0));
    g_assert_true(is_all(f.fake, 10 * MIB, 6 * MIB, 0x5a));
    release(&f);
    describe(SKYLAKE, 0x030000);
    board_spec.regions[0].size = 4 * MIB;
    f = assign_filled("x-igd-clear-gtt=on");
    g_assert_true(is_all(f.fake, 2 * MIB, 2 * MIB, 0));
    release(&f);
    describe(SKYLAKE, 0x030000);
    f = assign_filled(NULL);
    g_assert_true(is_all(f.fake, 8 * MIB, 8 * MIB, 0x5a));
    release(&f);
}

static void check_clear_fails(const char *words)
{
    Fixture f = assign_filled("x-igd-clear-gtt=on");

    g_assert_null(f.dev);
    g_test_message("%s", error_message(f.err));
    g_assert_nonnull(strstr(error_message(f.err), words));
    release(&f);
}

static void test_clear_fails(void)
{
    describe(SKYLAKE, 0x030000);
    pci_set_u16(board_config + PCI_DEVICE_ID, 0x7d55);
    board_spec.regions[VFIO_PCI_ROM_REGION_INDEX].size = 0x10000;       /* a virtual function has none */
    check_clear_fails("x-igd-clear-gtt: where the translation table of Meteor Lake is, is not known");

    describe(SKYLAKE, 0x030000);
    Fixture f = board_new();
    fake_fail(&f.fake->calls, FAKE_WRITE, -EIO, 100, 1);
    board_assign(&f, "x-igd-clear-gtt=on");
    g_assert_null(f.dev);
    g_assert_nonnull(strstr(error_message(f.err), "x-igd-clear-gtt: cannot write to BAR 0 at 0x863000: "));
    g_assert_cmphex(peek(&f, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND) & PCI_COMMAND_MEMORY, ==, 0);
    release(&f);
}

static void test_clear_interrupted(void)
{
    sigset_t signals = interrupt_signals();
    struct timespec now = { 0 };

    g_assert_cmpint(pthread_sigmask(SIG_BLOCK, &signals, NULL), ==, 0);
    g_assert_cmpint(raise(SIGTERM), ==, 0);
    describe(SKYLAKE, 0x030000);
    check_clear_fails("x-igd-clear-gtt: interrupted");
    g_assert_cmpint(sigtimedwait(&signals, NULL, &now), ==, SIGTERM);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*fn)(void);
    } tests[] = {
        { "gtt-entries", test_gtt_entries }, { "gtt-too-early", test_gtt_too_early },
        { "gtt-words", test_gtt_words }, { "gtt-without-stolen", test_gtt_without_stolen },
        { "gtt-reads", test_gtt_reads }, { "gtt-overlap", test_gtt_overlap },
        { "gtt-narrow", test_gtt_narrow }, { "index-to-ours", test_index_to_ours },
        { "gtt-dead", test_gtt_dead }, { "anything", test_anything },
        { "clear", test_clear }, { "clear-sizes", test_clear_sizes },
        { "clear-fails", test_clear_fails }, { "clear-interrupted", test_clear_interrupted },
    };

    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/igd-gtt/%s", tests[i].path);
        g_test_add_func(path, tests[i].fn);
    }
    return g_test_run();
}
