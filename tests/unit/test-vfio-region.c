/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VFIO regions as the guest meets them: trapped, mapped, with holes, and gone. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "core/guarded.h"
#include "tests/unit/vfio-fake.h"

enum {
    BAR_ADDR = 0x100000,
    READ_WRITE_MMAP = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP,
};

static const VfioArea sparse[] = { { 0x1000, 0x2000 }, { 0x8000, 0x1000 } };

static const FakeSpec spec = {
    .regions = {
        [0] = { .size = 0x10000, .flags = READ_WRITE_MMAP },
        [1] = { .size = 0x10000, .flags = READ_WRITE_MMAP, .areas = sparse, .area_count = 2 },
        [2] = { .size = 8 },
        [3] = { .size = 0x800, .flags = READ_WRITE_MMAP },
        [4] = { .size = 0xC000 },
    },
};

typedef struct Fixture {
    FakeDevice *fake;
    VfioRegion bar;
    Region root;
} Fixture;

static void up(Fixture *f, gconstpointer index)
{
    Error *err = NULL;

    f->fake = fake_device_new(&spec);
    region_init_container(&f->root, "root", 0);
    space_init(&memory_space, "memory", &f->root, UINT64_MAX);
    memory_space.settled = true;        /* the machine is built */
    g_assert_true(vfio_region_up(&f->bar, f->fake->dev, GPOINTER_TO_UINT(index), "BAR", &err));
    region_add(&f->root, &f->bar.region, BAR_ADDR, 1);
}

static void down(Fixture *f, gconstpointer index)
{
    vfio_region_down(&f->bar);
    region_finish(&f->root);
    space_finish(&memory_space);
    vfio_device_close(f->fake->dev);
    fake_device_free(f->fake);
}

static uint64_t bar_read(uint64_t offset, unsigned size)
{
    return space_read(&memory_space, BAR_ADDR + offset, size);
}

static void bar_write(uint64_t offset, uint64_t value, unsigned size)
{
    space_write(&memory_space, BAR_ADDR + offset, value, size);
}

static unsigned reads(const Fixture *f)
{
    return f->fake->calls.of[FAKE_READ].count;
}

/* The guest reaches the byte at @offset without a trap. */
static bool direct(uint64_t offset)
{
    const Range *range = space_find(&memory_space, BAR_ADDR + offset);

    return range && range->region->kind == REGION_DEVICE_RAM;
}

static void test_traps_with_the_guests_width(Fixture *f, gconstpointer index)
{
    for (unsigned size = 1; size <= 8; size *= 2) {
        bar_write(0x40, 0x1122334455667788, size);
        g_assert_cmpuint(f->fake->last_access_size, ==, size);
        g_assert_cmphex(bar_read(0x40, size), ==, 0x1122334455667788 & (UINT64_MAX >> (64 - 8 * size)));
        g_assert_cmpuint(f->fake->last_access_size, ==, size);
    }
    uint8_t bytes[8];
    fake_peek(f->fake, 0, 0x40, bytes, 8);
    g_assert_cmphex(bytes[0], ==, 0x88);
    g_assert_cmphex(bytes[7], ==, 0x11);
}

static void test_guest_size_is_a_power_of_two(Fixture *f, gconstpointer index)
{
    g_assert_cmphex(region_size(&f->bar.region), ==, 0x10000);
    g_assert_cmphex(bar_read(0xBFFC, 4), ==, 0);
    g_assert_cmphex(bar_read(0xC000, 4), ==, 0xFFFFFFFF);
}

static void test_an_io_bar_keeps_its_size(Fixture *f, gconstpointer index)
{
    g_assert_cmphex(region_size(&f->bar.region), ==, 8);
    vfio_region_map(&f->bar, NULL, 0);
    g_assert_false(direct(0));
    vfio_region_subpage(&f->bar, true);
    g_assert_cmphex(region_size(&f->bar.region), ==, 8);
}

static void test_a_missing_region_is_no_error(Fixture *f, gconstpointer index)
{
    VfioRegion none = { 0 }, zeroed = { 0 };
    Error *err = NULL;

    g_assert_true(vfio_region_up(&none, f->fake->dev, VFIO_PCI_BAR5_REGION_INDEX, "BAR 5", &err));
    g_assert_cmpuint(none.info.size, ==, 0);
    vfio_region_map(&none, NULL, 0);
    vfio_region_trap_all(&none, true);
    vfio_region_down(&none);
    vfio_region_down(&zeroed);
    g_assert_false(vfio_region_up(&none, f->fake->dev, 14, "region 14", &err));
    g_assert_cmpstr(error_message(err), ==, "failed to get region 14 info of 0000:00:02.0: Invalid argument");
    error_free(err);
    vfio_region_down(&none);
}

static void test_failed_access_is_open_bus(void)
{
    if (g_test_subprocess()) {
        Fixture f = { 0 };
        up(&f, GUINT_TO_POINTER(0));
        fake_fail(&f.fake->calls, FAKE_READ, -EIO, 0, 1);
        fake_fail(&f.fake->calls, FAKE_WRITE, -EBUSY, 0, 1);
        g_assert_cmphex(bar_read(0x10, 4), ==, 0xFFFFFFFF);
        bar_write(0x14, 0xAB, 2);
        g_assert_cmphex(bar_read(0x14, 2), ==, 0);
        down(&f, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*vfio_region_read(0000:00:02.0:region0+0x10, 4) failed: Input/output error*"
                              "vfio_region_write(0000:00:02.0:region0+0x14, 0xab, 2) failed: Device or resource busy*");
}

static void count_access(void *opaque)
{
    ++*(unsigned *)opaque;
}

static void test_trapped_accesses_are_announced(Fixture *f, gconstpointer index)
{
    unsigned count = 0;

    f->bar.on_access = count_access;
    f->bar.opaque = &count;
    bar_read(0, 4);
    bar_write(0, 0, 4);
    g_assert_cmpuint(count, ==, 2);
    vfio_region_map(&f->bar, NULL, 0);
    bar_read(0, 4);
    g_assert_cmpuint(count, ==, 2);
}

static void test_a_mapped_bar_is_the_devices_memory(Fixture *f, gconstpointer index)
{
    uint32_t value = 0xCAFEF00D;

    vfio_region_map(&f->bar, NULL, 0);
    fake_poke(f->fake, 0, 0x2000, &value, 4);
    g_assert_cmphex(bar_read(0x2000, 4), ==, 0xCAFEF00D);
    bar_write(0x2004, 0x12345678, 4);
    fake_peek(f->fake, 0, 0x2004, &value, 4);
    g_assert_cmphex(value, ==, 0x12345678);
    g_assert_cmpuint(reads(f), ==, 0);
    g_assert_cmpuint(f->bar.area_count, ==, 1);
}

static void test_only_sparse_areas_are_mapped(Fixture *f, gconstpointer index)
{
    static const struct {
        uint64_t offset;
        bool direct;
    } rows[] = { { 0, false }, { 0xFFC, false }, { 0x1000, true }, { 0x2FFC, true }, { 0x3000, false },
                 { 0x7FFC, false }, { 0x8000, true }, { 0x9000, false }, { 0xFFFC, false } };

    vfio_region_map(&f->bar, NULL, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(direct(rows[i].offset), ==, rows[i].direct);
        bar_write(rows[i].offset, i + 1, 4);
        uint32_t value;
        fake_peek(f->fake, 1, rows[i].offset, &value, 4);
        g_assert_cmphex(value, ==, i + 1);
        g_assert_cmphex(bar_read(rows[i].offset, 4), ==, i + 1);
    }
}

static void test_holes_are_rounded_out_to_pages(Fixture *f, gconstpointer index)
{
    static const VfioArea holes[] = { { 0x2FF0, 0x20 }, { 0xF800, 0x100 }, { 0x5000, 0 } };

    vfio_region_map(&f->bar, holes, G_N_ELEMENTS(holes));
    g_assert_true(direct(0x1FFC));
    g_assert_false(direct(0x2000));
    g_assert_false(direct(0x3FFC));
    g_assert_true(direct(0x4000));
    g_assert_true(direct(0x5000));
    g_assert_true(direct(0xEFFC));
    g_assert_false(direct(0xF000));
    g_assert_false(direct(0xFFFC));
    g_assert_cmpuint(f->bar.area_count, ==, 2);
}

static void test_a_hole_over_everything_leaves_the_trap(Fixture *f, gconstpointer index)
{
    static const VfioArea hole = { 0, 0x10000 };

    vfio_region_map(&f->bar, &hole, 1);
    g_assert_cmpuint(f->bar.area_count, ==, 0);
    g_assert_false(direct(0x8000));
}

static void test_trap_all_hides_and_shows(Fixture *f, gconstpointer index)
{
    vfio_region_map(&f->bar, NULL, 0);
    vfio_region_trap_all(&f->bar, true);
    g_assert_false(direct(0x2000));
    bar_read(0x2000, 4);
    g_assert_cmpuint(reads(f), ==, 1);
    vfio_region_trap_all(&f->bar, false);
    g_assert_true(direct(0x2000));
}

static void test_a_refused_mmap_leaves_the_trap(void)
{
    if (g_test_subprocess()) {
        Fixture f = { 0 };
        uint32_t value = 7;
        up(&f, GUINT_TO_POINTER(0));
        fake_fail(&f.fake->calls, FAKE_MAP, -EBUSY, 0, 1);
        vfio_region_map(&f.bar, NULL, 0);
        fake_poke(f.fake, 0, 0, &value, 4);
        g_assert_cmphex(bar_read(0, 4), ==, 7);
        g_assert_cmpuint(reads(&f), ==, 1);
        down(&f, NULL);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*warning: Failed to mmap 0000:00:02.0 BAR. Performance may be slow*");
}

static void test_a_small_bar_grows_to_a_page_when_aligned(Fixture *f, gconstpointer index)
{
    vfio_region_map(&f->bar, NULL, 0);
    g_assert_cmphex(region_size(&f->bar.region), ==, 0x800);
    g_assert_true(direct(0x7FC));
    g_assert_false(direct(0x800));
    vfio_region_subpage(&f->bar, true);
    g_assert_cmphex(region_size(&f->bar.region), ==, 0x1000);
    g_assert_true(direct(0xFFC));
    g_assert_cmphex(bar_read(0xFFC, 4), ==, 0);
    vfio_region_subpage(&f->bar, false);
    g_assert_cmphex(region_size(&f->bar.region), ==, 0x800);
    g_assert_cmphex(bar_read(0x800, 4), ==, 0xFFFFFFFF);
}

static void test_a_large_bar_never_changes_size(Fixture *f, gconstpointer index)
{
    vfio_region_map(&f->bar, NULL, 0);
    vfio_region_subpage(&f->bar, true);
    g_assert_cmphex(region_size(&f->bar.region), ==, 0x10000);
}

/* ---- memory that does not answer ---- */

static void test_vanished_memory_reads_all_ones(Fixture *f, gconstpointer index)
{
    vfio_region_map(&f->bar, NULL, 0);
    bar_write(0x3000, 0x11, 8);
    fake_vanish(f->fake, 0, true);
    for (unsigned size = 1; size <= 8; size *= 2) {
        g_assert_cmphex(bar_read(0x3000, size), ==, UINT64_MAX >> (64 - 8 * size));
        bar_write(0x3000, 0x55, size);
    }
    fake_vanish(f->fake, 0, false);
    g_assert_cmphex(bar_read(0x3000, 8), ==, 0);    /* the fake forgot; nothing of 0x55 arrived later */
    bar_write(0x3000, 0x66, 8);
    g_assert_cmphex(bar_read(0x3000, 8), ==, 0x66);
    g_assert_cmpuint(reads(f), ==, 0);
}

static void test_dma_into_vanished_memory_is_survived(Fixture *f, gconstpointer index)
{
    uint8_t bytes[37], ones[37];

    memset(ones, 0xFF, sizeof(ones));
    vfio_region_map(&f->bar, NULL, 0);
    fake_vanish(f->fake, 0, true);
    dma_write(BAR_ADDR + 0x1001, bytes, sizeof(bytes));
    dma_read(BAR_ADDR + 0x1001, bytes, sizeof(bytes));
    g_assert_cmpmem(bytes, sizeof(bytes), ones, sizeof(ones));
}

static void test_other_bus_errors_still_kill(void)
{
    if (g_test_subprocess()) {
        long page = sysconf(_SC_PAGESIZE);
        int fd = memfd_create("nothing", 0);
        guarded_install();
        volatile char *at = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, 0);
        (void)*at;
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
}

static void test_a_vcpus_fault_makes_it_trap_for_a_while(Fixture *f, gconstpointer index)
{
    uint64_t inside = BAR_ADDR + 0x2000, outside = BAR_ADDR - 0x1000;

    vfio_region_map(&f->bar, NULL, 0);
    g_assert_false(device_fault(&outside));
    g_assert_true(direct(0x2000));
    g_assert_true(device_fault(&inside));
    g_assert_false(direct(0x2000));
    g_assert_true(device_fault(&inside));       /* another vCPU was on its way */
    g_assert_false(device_fault(&outside));
    vfio_region_trap_all(&f->bar, true);
    vfio_region_trap_all(&f->bar, false);
    g_assert_false(direct(0x2000));
    while (f->bar.trapped) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_true(direct(0x2000));
    g_assert_true(device_fault(NULL));          /* address not known: all of it */
    g_assert_false(direct(0x2000));
}

static void test_a_fault_that_does_not_end_is_not_ours(Fixture *f, gconstpointer index)
{
    unsigned count = 0;

    g_assert_false(device_fault(NULL));         /* nothing is mapped directly */
    vfio_region_map(&f->bar, NULL, 0);
    while (device_fault(NULL)) {
        g_assert_cmpuint(count++, <, 100000);
    }
    g_assert_cmpuint(count, >, 255);            /* as many vCPUs may come at once */
}

#define ADD(name, index, test) g_test_add("/vfio-region/" name, Fixture, GUINT_TO_POINTER(index), up, test, down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("traps-with-the-guests-width", 0, test_traps_with_the_guests_width);
    ADD("guest-size-is-a-power-of-two", 4, test_guest_size_is_a_power_of_two);
    ADD("an-io-bar-keeps-its-size", 2, test_an_io_bar_keeps_its_size);
    ADD("a-missing-region-is-no-error", 0, test_a_missing_region_is_no_error);
    g_test_add_func("/vfio-region/failed-access-is-open-bus", test_failed_access_is_open_bus);
    ADD("trapped-accesses-are-announced", 0, test_trapped_accesses_are_announced);
    ADD("a-mapped-bar-is-the-devices-memory", 0, test_a_mapped_bar_is_the_devices_memory);
    ADD("only-sparse-areas-are-mapped", 1, test_only_sparse_areas_are_mapped);
    ADD("holes-are-rounded-out-to-pages", 0, test_holes_are_rounded_out_to_pages);
    ADD("a-hole-over-everything-leaves-the-trap", 0, test_a_hole_over_everything_leaves_the_trap);
    ADD("trap-all-hides-and-shows", 0, test_trap_all_hides_and_shows);
    g_test_add_func("/vfio-region/a-refused-mmap-leaves-the-trap", test_a_refused_mmap_leaves_the_trap);
    ADD("a-small-bar-grows-to-a-page-when-aligned", 3, test_a_small_bar_grows_to_a_page_when_aligned);
    ADD("a-large-bar-never-changes-size", 0, test_a_large_bar_never_changes_size);
    ADD("vanished-memory-reads-all-ones", 0, test_vanished_memory_reads_all_ones);
    ADD("dma-into-vanished-memory-is-survived", 0, test_dma_into_vanished_memory_is_survived);
    g_test_add_func("/vfio-region/other-bus-errors-still-kill", test_other_bus_errors_still_kill);
    ADD("a-vcpus-fault-makes-it-trap-for-a-while", 0, test_a_vcpus_fault_makes_it_trap_for_a_while);
    ADD("a-fault-that-does-not-end-is-not-ours", 0, test_a_fault_that_does_not_end_is_not_ours);
    return g_test_run();
}
