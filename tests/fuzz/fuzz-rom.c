/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Option ROMs that are looked at and made to name another device: ids, firmware, then the ROM. */
#include "hw/vfio/rom-check.h"
#include "tests/fuzz/fuzz.h"

/* Of an image: the device's id and the checksum, two bytes and one. */
enum { MOST_CHANGED = 3 };

static unsigned changed_bytes(const uint8_t *a, const uint8_t *b, size_t size)
{
    unsigned changed = 0;

    for (size_t i = 0; i < size; i++) {
        changed += a[i] != b[i];
    }
    return changed;
}

/* Images lie in the ROM one behind the other. */
static void check_images(const VfioRomImages *rom, size_t size)
{
    size_t end = 0;

    for (unsigned i = 0; i < rom->count; i++) {
        const VfioRomImage *image = &rom->images[i];
        g_assert(image->offset == end && image->size > 0 && image->size <= size - end);
        g_assert(image->pcir > image->offset && image->pcir < image->offset + image->size);
        end += image->size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    VfioRomTarget target = { .vendor = (uint16_t)input_take(&in, 2), .device = (uint16_t)input_take(&in, 2) };
    VfioRomImages rom;

    target.firmware = input_take(&in, 1) % (VFIO_ROM_UEFI + 1);
    g_autofree uint8_t *image = g_memdup2(in.at, in.left);
    vfio_rom_scan(image, in.left, &rom);
    check_images(&rom, in.left);
    vfio_rom_fix(image, in.left, target.vendor, target.device);
    g_assert(changed_bytes(image, in.at, in.left) <= MOST_CHANGED * rom.count);

    vfio_rom_scan(image, in.left, &rom);
    for (unsigned i = 0; i < rom.count; i++) {
        g_assert(rom.images[i].vendor != target.vendor || rom.images[i].device == target.device);
    }
    g_autoptr(GPtrArray) findings = vfio_rom_check(image, in.left, &target);
    g_assert(findings->len <= VFIO_ROM_FINDINGS_MAX);
    g_assert(rom.why == VFIO_ROM_COMPLETE || findings->len > 0);
    return 0;
}
