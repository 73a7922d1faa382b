/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option ROMs that are made to name another device: ids, then the image. */
#include "hw/vfio/pci.h"
#include "tests/fuzz/fuzz.h"

/* The device's id and the checksum: two bytes and one. */
enum { MOST_CHANGED = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    uint16_t vendor = (uint16_t)input_take(&in, 2), device = (uint16_t)input_take(&in, 2);
    g_autofree uint8_t *image = g_memdup2(in.at, in.left);
    bool fixed = vfio_rom_fix(image, in.left, vendor, device) != device;
    unsigned changed = 0;

    for (size_t i = 0; i < in.left; i++) {
        changed += image[i] != in.at[i];
    }
    g_assert(changed <= (fixed ? MOST_CHANGED : 0));
    return 0;
}
