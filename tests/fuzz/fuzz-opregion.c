/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpRegions as a host may offer them, and the video BIOS table in them: the input is the image. */
#include "hw/vfio/igd-vbt.h"
#include "hw/vfio/igd.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Error *err = NULL;
    bool ok = igd_opregion_check(data, size, &err);

    check_outcome(ok, &err);

    IgdVbt vbt;
    ok = igd_vbt_parse(data, size, &vbt, &err);
    g_assert(!ok || (vbt.child_count <= IGD_VBT_CHILDREN_MAX && vbt.offset < size && vbt.size <= size - vbt.offset));
    check_outcome(ok, &err);
    return 0;
}
