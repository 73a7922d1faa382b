/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole machine and a guest that does anything: the input is what it does (guest.h). */
#include "tests/fuzz/guest.h"
#include "tests/fuzz/machine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    machine_up();
    return 0;
}

static void check_view(const Space *space)
{
    for (unsigned i = 0; i < space->view->len; i++) {
        const Range *range = &g_array_index(space->view, Range, i);
        g_assert(range->first <= range->last);
        g_assert(i == 0 || g_array_index(space->view, Range, i - 1).last < range->first);
        g_assert(range->offset <= range->region->last &&
                 range->last - range->first <= range->region->last - range->offset);
    }
}

static void check_page(const Range *range, uint64_t page)
{
    const VfioMapping *mapping = fake_dma_find(fuzz_machine.dma, page);

    g_assert(mapping && mapping->host + (page - mapping->iova) == range_host(range) + (page - range->first));
}

/* Whatever the guest did to its map, DMA reaches the memory that it has now. The ends of each stretch stand for it. */
static void check_dma(void)
{
    enum { PAGE = 4096 };

    for (unsigned i = 0; i < memory_space.view->len; i++) {
        const Range *range = &g_array_index(memory_space.view, Range, i);
        uint64_t first = (range->first + PAGE - 1) / PAGE * PAGE, end = (range->last + 1) / PAGE * PAGE;
        if (range->region->kind == REGION_RAM && !range->readonly && first < end) {
            check_page(range, first);
            check_page(range, end - PAGE);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    machine_begin();
    for (Input in = { data, size }; in.left > 0;) {
        guest_step(&in);
    }
    machine_settle();
    check_view(&io_space);
    check_view(&memory_space);
    check_dma();
    return 0;
}
