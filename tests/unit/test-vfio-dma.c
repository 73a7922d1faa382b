/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DMA listener: mappings equal guest memory, change little, and fail in words. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/runstate.h"
#include "tests/unit/vfio-fake.h"

enum { PAGE = 4096, MIB = 1 << 20, GUEST_MIB = 8 };

typedef struct Machine {
    FakeDma *fake;
    uint8_t *host;              /* GUEST_MIB of memory */
    Region root, ram, bios, bar;
} Machine;

static HostMemory memory_at(uint8_t *host)
{
    return (HostMemory){ .host = host, .fd = -1 };
}

/* RAM of GUEST_MIB at 0; the DMA backend is there and not yet started. */
static void up(Machine *m, gconstpointer pins)
{
    m->fake = fake_dma_new(pins != NULL);
    m->host = mmap(NULL, GUEST_MIB * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(m->host != MAP_FAILED);
    region_init_container(&m->root, "root", 0);
    region_init_ram(&m->ram, "ram", GUEST_MIB * MIB, memory_at(m->host));
    region_add(&m->root, &m->ram, 0, 0);
    space_init(&memory_space, "memory", &m->root, UINT64_MAX);
    memory_space.settled = true;        /* the machine is built */
}

static void down(Machine *m, gconstpointer pins)
{
    vfio_dma_free(m->fake->dma);
    g_assert_cmpuint(m->fake->mappings->len, ==, 0);
    fake_dma_free(m->fake);
    region_finish(&m->root);
    space_finish(&memory_space);
    munmap(m->host, GUEST_MIB * MIB);
}

static void start(Machine *m)
{
    Error *err = NULL;

    g_assert_true(vfio_dma_start(m->fake->dma, &err));
}

static unsigned calls(const Machine *m, FakeCall call)
{
    return m->fake->calls.of[call].count;
}

/* ---- the oracle ---- */

/* The page at @addr is mapped for DMA as the view says. */
static void check_page(const Machine *m, uint64_t addr)
{
    const Range *range = space_find(&memory_space, addr);
    const VfioMapping *mapping = fake_dma_find(m->fake, addr);

    if (!range || !range_is_ram(range)) {
        g_assert_null(mapping);
        return;
    }
    g_assert_nonnull(mapping);
    g_assert_true(mapping->host + (addr - mapping->iova) == range_host(range) + (addr - range->first));
    g_assert_cmpint(mapping->readonly, ==, range->readonly);
}

static void check_all(const Machine *m, uint64_t end)
{
    for (uint64_t addr = 0; addr < end; addr += PAGE) {
        check_page(m, addr);
    }
}

static void test_maps_what_the_guest_has(Machine *m, gconstpointer pins)
{
    start(m);
    check_all(m, (GUEST_MIB + 1) * (uint64_t)MIB);
    start(m);
    g_assert_cmpuint(calls(m, FAKE_DMA_MAP), ==, 4);    /* cut at 640 KiB, 768 KiB and 1 MiB, and only there */
}

enum { TOYS = 12, TOY_PAGES = 64 };

/* Random changes to a toy region; several in one transaction at times. */
static void play(GRand *rand, Region *root, Region *toy)
{
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        if (toy->parent) {
            region_del(toy);
        } else {
            region_add(root, toy, (uint64_t)g_rand_int_range(rand, 0, 400) * PAGE, g_rand_int_range(rand, 0, 4));
        }
        break;
    case 1:
        region_hide(toy, g_rand_boolean(rand));
        break;
    case 2:
        region_set_readonly(toy, g_rand_boolean(rand));
        break;
    default:
        region_move(toy, (uint64_t)g_rand_int_range(rand, 0, 400) * PAGE);
        break;
    }
}

static void init_toy(GRand *rand, Region *toy, uint8_t *host)
{
    static const RegionOps no_ops = { 0 };
    uint64_t size = (uint64_t)g_rand_int_range(rand, 1, TOY_PAGES) * PAGE;
    uint8_t *memory = host + (uint64_t)g_rand_int_range(rand, 0, 1024) * PAGE;

    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        region_init_io(toy, "io", size, &no_ops, NULL);
        break;
    case 1:
        region_init_device_ram(toy, "device", size, memory_at(memory));
        break;
    default:
        region_init_ram(toy, "toy", size, memory_at(memory));
        break;
    }
}

static void test_follows_every_change(Machine *m, gconstpointer pins)
{
    Region toys[TOYS];
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)g_test_rand_int());

    for (unsigned i = 0; i < TOYS; i++) {
        init_toy(rand, &toys[i], m->host);
    }
    start(m);
    for (unsigned round = 0; round < 1000; round++) {
        region_transaction_begin();
        for (int i = g_rand_int_range(rand, 1, 4); i > 0; i--) {
            play(rand, &m->root, &toys[g_rand_int_range(rand, 0, TOYS)]);
        }
        region_transaction_commit();
        check_all(m, 464 * PAGE);
    }
    g_assert_cmpuint(m->fake->calls.of[FAKE_DMA_UNMAP].count, >, 100);
    for (unsigned i = 0; i < TOYS; i++) {
        region_finish(&toys[i]);
    }
}

/* ---- few and large mappings ---- */

static void test_neighbours_become_one_mapping(Machine *m, gconstpointer pins)
{
    Region second, third;

    region_init_ram(&second, "second", 2 * MIB, memory_at(m->host + 4 * MIB));
    region_init_ram(&third, "third", 2 * MIB, memory_at(m->host + 6 * MIB));
    region_set_size(&m->ram, 4 * MIB);
    region_add(&m->root, &second, 4 * MIB, 0);
    region_add(&m->root, &third, 6 * MIB, 0);
    start(m);
    const VfioMapping *mapping = fake_dma_find(m->fake, 5 * MIB);
    g_assert_cmphex(mapping->iova, ==, MIB);
    g_assert_cmphex(mapping->size, ==, 7 * MIB);
    region_finish(&second);
    region_finish(&third);
}

static void test_shadow_flips_leave_large_memory_alone(Machine *m, gconstpointer pins)
{
    Region shadow[4];

    start(m);
    for (unsigned i = 0; i < 4; i++) {
        region_init_ram(&shadow[i], "rom", 0x4000, memory_at(m->host + 2 * MIB));
        region_set_readonly(&shadow[i], true);
        region_add(&m->root, &shadow[i], 0xF0000 + 0x4000 * i, 1);
        const VfioMapping *above = fake_dma_find(m->fake, MIB), *below = fake_dma_find(m->fake, 0);
        g_assert_cmphex(above->size, ==, 7 * MIB);
        g_assert_cmphex(below->size, ==, 0xA0000);
    }
    g_assert_cmpuint(calls(m, FAKE_DMA_MAP), <=, 4 + 4 * 3);
    check_all(m, 2 * MIB);
    for (unsigned i = 0; i < 4; i++) {
        region_finish(&shadow[i]);
    }
}

static void test_unrelated_changes_cost_nothing(Machine *m, gconstpointer pins)
{
    static const RegionOps no_ops = { 0 };
    Region io;

    start(m);
    unsigned before = calls(m, FAKE_DMA_MAP);
    region_init_io(&io, "io", PAGE, &no_ops, NULL);
    region_add(&m->root, &io, 64 * MIB, 0);
    region_finish(&io);
    g_assert_cmpuint(calls(m, FAKE_DMA_MAP), ==, before);
    g_assert_cmpuint(calls(m, FAKE_DMA_UNMAP), ==, 0);
}

static void test_pieces_of_pages_are_left_out(Machine *m, gconstpointer pins)
{
    static const RegionOps no_ops = { 0 };
    Region hole, tiny;

    region_init_io(&hole, "hole", 0x100, &no_ops, NULL);
    region_add(&m->root, &hole, 2 * MIB + 0x800, 1);
    region_init_device_ram(&tiny, "tiny", 0x800, memory_at(m->host));
    region_add(&m->root, &tiny, 32 * MIB, 1);
    start(m);
    g_assert_null(fake_dma_find(m->fake, 2 * MIB));
    g_assert_nonnull(fake_dma_find(m->fake, 2 * MIB - 1));
    g_assert_nonnull(fake_dma_find(m->fake, 2 * MIB + PAGE));
    g_assert_null(fake_dma_find(m->fake, 32 * MIB));
    region_finish(&hole);
    region_finish(&tiny);
}

static void test_larger_iommu_pages_are_respected(Machine *m, gconstpointer pins)
{
    static const RegionOps no_ops = { 0 };
    Region hole;

    m->fake->limits.page_sizes = ~UINT64_C(0xFFFF);
    region_init_io(&hole, "hole", PAGE, &no_ops, NULL);
    region_add(&m->root, &hole, 3 * MIB, 1);
    start(m);
    g_assert_null(fake_dma_find(m->fake, 3 * MIB + 0xF000));
    g_assert_nonnull(fake_dma_find(m->fake, 3 * MIB + 0x10000));
    region_finish(&hole);
}

/* ---- failures ---- */

static void expect_failure(Machine *m, const char *message, const char *advice)
{
    Error *err = NULL;

    g_assert_false(vfio_dma_start(m->fake->dma, &err));
    g_assert_true(g_pattern_match_simple(message, error_message(err)));
    g_assert_true(g_pattern_match_simple(advice, error_advice(err)));
    g_assert_cmpuint(m->fake->mappings->len, ==, 0);
    error_free(err);
}

static void test_failure_at_start_undoes_all(Machine *m, gconstpointer pins)
{
    fake_fail(&m->fake->calls, FAKE_DMA_MAP, -ENOMEM, 3, 1);
    expect_failure(m, "vfio_container_dma_map(0x*, 0x100000, 0x700000, 0x*) = -12 (Cannot allocate memory)",
                   "*8388608 bytes*");
    start(m);   /* and it can be tried again */
    check_all(m, 2 * MIB);
}

static void test_memory_beyond_the_iommu_is_refused(Machine *m, gconstpointer pins)
{
    static VfioArea ranges[] = { { 0, 0x400000 }, { 0x500000, 0x100000000 } };

    m->fake->limits.ranges = ranges;
    m->fake->limits.range_count = 2;
    expect_failure(m, "*0x100000, 0x700000, * = -22 (Invalid argument)", "*0x0-0x3fffff, 0x500000-0x1004fffff*");
    g_assert_cmpuint(calls(m, FAKE_DMA_MAP), ==, 0);    /* known before anything is pinned */
}

static void test_ranges_that_fit_are_used(Machine *m, gconstpointer pins)
{
    static VfioArea ranges[] = { { 0, GUEST_MIB * MIB }, { 0xF0000000, UINT64_MAX - 0xF0000000 } };

    m->fake->limits.ranges = ranges;
    m->fake->limits.range_count = 2;
    start(m);
    check_all(m, GUEST_MIB * MIB);
}

static void test_too_many_mappings_are_refused(Machine *m, gconstpointer pins)
{
    m->fake->limits.max_mappings = 3;
    expect_failure(m, "* = -28 (No space left on device)", "*dma_entry_limit*");
    m->fake->limits.max_mappings = 4;
    start(m);
    start(m);   /* what is mapped counts once */
    check_all(m, GUEST_MIB * MIB);
}

static void test_leftovers_make_way(Machine *m, gconstpointer pins)
{
    VfioMapping old = { .iova = 0x200000, .size = 0x1000, .host = m->host, .fd = -1 };

    g_array_append_val(m->fake->mappings, old);
    start(m);
    check_all(m, GUEST_MIB * MIB);
}

static void test_unreadable_limits_are_an_error(Machine *m, gconstpointer pins)
{
    Error *err = NULL;

    fake_fail(&m->fake->calls, FAKE_DMA_LIMITS, -EINVAL, 0, 1);
    g_assert_false(vfio_dma_start(m->fake->dma, &err));
    error_free(err);
}

static void test_peer_to_peer_failure_is_one_warning(void)
{
    if (g_test_subprocess()) {
        Machine m = { 0 };
        Region bars[2];
        up(&m, NULL);
        start(&m);
        fake_fail(&m.fake->calls, FAKE_DMA_MAP, -EFAULT, 0, 2);
        for (unsigned i = 0; i < 2; i++) {
            region_init_device_ram(&bars[i], "bar", MIB, memory_at(m.host));
            region_add(&m.root, &bars[i], (64 + 2 * i) * (uint64_t)MIB, 0);
        }
        region_move(&bars[0], 128 * MIB);
        check_page(&m, 128 * MIB);
        g_assert_cmpint(run_state(), ==, RUN_STATE_PRELAUNCH);
        region_finish(&bars[0]);
        region_finish(&bars[1]);
        down(&m, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*PCI peer-to-peer transactions on BARs are not supported.*");
    g_test_trap_assert_stderr_unmatched("*peer-to-peer*peer-to-peer*");
}

static void test_failure_at_run_time_stops_the_guest(void)
{
    if (g_test_subprocess()) {
        Machine m = { 0 };
        Region more;
        up(&m, NULL);
        start(&m);
        region_init_ram(&more, "more", MIB, memory_at(m.host));
        fake_fail(&m.fake->calls, FAKE_DMA_MAP, -ENOMEM, 0, 2);
        region_add(&m.root, &more, 64 * MIB, 0);
        region_move(&more, 80 * MIB);
        while (g_main_context_iteration(NULL, false)) {
        }
        g_assert_cmpint(run_state(), ==, RUN_STATE_INTERNAL_ERROR);
        region_finish(&more);
        down(&m, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*vfio: DMA mapping failed, unable to continue: "
                              "vfio_container_dma_map(*, 0x4000000, 0x100000, *) = -12*");
    g_test_trap_assert_stderr_unmatched("*unable to continue*unable to continue*");
}

/* ---- prefault ---- */

static size_t resident(uint8_t *host, size_t size)
{
    g_autofree unsigned char *pages = g_malloc(size / PAGE);
    size_t count = 0;

    g_assert_cmpint(mincore(host, size, pages), ==, 0);
    for (size_t i = 0; i < size / PAGE; i++) {
        count += pages[i] & 1;
    }
    return count;
}

static void check_prefault(bool pins)
{
    size_t size = ((size_t)1 << 30) + 16 * MIB;
    Machine m = { 0 };
    Region large;

    up(&m, GINT_TO_POINTER(pins));
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    madvise(host, size, MADV_HUGEPAGE);
    region_init_ram(&large, "large", size, memory_at(host));
    region_add(&m.root, &large, UINT64_C(1) << 32, 0);
    start(&m);
    g_assert_cmpuint(resident(host, size), ==, pins ? size / PAGE : 0);
    region_finish(&large);
    down(&m, NULL);
    munmap(host, size);
}

static void test_mediated_devices_leave_memory_untouched(void)
{
    check_prefault(false);
}

static void test_large_memory_is_touched_before_it_is_pinned(void)
{
    if (sysconf(_SC_AVPHYS_PAGES) < (3L << 30) / PAGE) {
        g_test_skip("less than 3 GiB of free memory");
        return;
    }
    check_prefault(true);
}

#define ADD(name, test) g_test_add("/vfio-dma/" name, Machine, NULL, up, test, down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("maps-what-the-guest-has", test_maps_what_the_guest_has);
    ADD("follows-every-change", test_follows_every_change);
    ADD("neighbours-become-one-mapping", test_neighbours_become_one_mapping);
    ADD("shadow-flips-leave-large-memory-alone", test_shadow_flips_leave_large_memory_alone);
    ADD("unrelated-changes-cost-nothing", test_unrelated_changes_cost_nothing);
    ADD("pieces-of-pages-are-left-out", test_pieces_of_pages_are_left_out);
    ADD("larger-iommu-pages-are-respected", test_larger_iommu_pages_are_respected);
    ADD("failure-at-start-undoes-all", test_failure_at_start_undoes_all);
    ADD("memory-beyond-the-iommu-is-refused", test_memory_beyond_the_iommu_is_refused);
    ADD("ranges-that-fit-are-used", test_ranges_that_fit_are_used);
    ADD("too-many-mappings-are-refused", test_too_many_mappings_are_refused);
    ADD("leftovers-make-way", test_leftovers_make_way);
    ADD("unreadable-limits-are-an-error", test_unreadable_limits_are_an_error);
    g_test_add_func("/vfio-dma/peer-to-peer-failure-is-one-warning", test_peer_to_peer_failure_is_one_warning);
    g_test_add_func("/vfio-dma/failure-at-run-time-stops-the-guest", test_failure_at_run_time_stops_the_guest);
    g_test_add_func("/vfio-dma/mediated-devices-leave-memory-untouched", test_mediated_devices_leave_memory_untouched);
    g_test_add_func("/vfio-dma/large-memory-is-touched-before-it-is-pinned",
                    test_large_memory_is_touched_before_it_is_pinned);
    return g_test_run();
}
