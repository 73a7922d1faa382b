/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpRegions as a host may offer them: the input is the image. */
#include "hw/vfio/igd.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Error *err = NULL;
    bool ok = igd_opregion_check(data, size, &err);

    check_outcome(ok, &err);
    return 0;
}
