/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of VFIO with their capability chains: the input is the answer. */
#include "hw/vfio/chain.h"
#include "tests/fuzz/fuzz.h"

static void check_region(const VfioRegionInfo *info)
{
    for (unsigned i = 0; i < info->area_count; i++) {
        const VfioArea *area = &info->areas[i];
        g_assert(area->size > 0 && area->offset <= info->size && area->size <= info->size - area->offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VfioRegionInfo info = { 0 };
    VfioDmaLimits limits = { 0 };

    if (vfio_region_info_parse(data, size, &info) == 0) {
        check_region(&info);
    }
    vfio_region_info_clear(&info);
    if (vfio_limits_parse(data, size, &limits) == 0) {
        g_assert(limits.page_sizes != 0);
    }
    vfio_limits_clear(&limits);
    return 0;
}
