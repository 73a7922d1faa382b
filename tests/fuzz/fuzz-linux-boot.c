/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels for -kernel: memory in MiB, size of the initrd in KiB, the command line, then the image. */
#include "hw/i386/linux-boot.h"
#include "hw/nvram/fw-cfg.h"
#include "tests/fuzz/fuzz.h"

static uint32_t number(const LinuxBoot *boot, uint16_t key)
{
    uint32_t le = 0;

    for (unsigned i = 0; i < boot->count; i++) {
        if (boot->items[i].key == key) {
            g_assert(g_bytes_get_size(boot->items[i].data) == sizeof(le));
            memcpy(&le, g_bytes_get_data(boot->items[i].data, NULL), sizeof(le));
        }
    }
    return GUINT32_FROM_LE(le);
}

/* Kernel and initrd lie in RAM and apart. */
static void check_places(const LinuxBoot *boot, const MemoryMap *map)
{
    uint64_t kernel_end = (uint64_t)number(boot, FW_CFG_KERNEL_ADDR) + number(boot, FW_CFG_KERNEL_SIZE);
    uint64_t initrd = number(boot, FW_CFG_INITRD_ADDR), initrd_size = number(boot, FW_CFG_INITRD_SIZE);

    g_assert(kernel_end <= map->below_4g);
    g_assert(initrd_size == 0 || (initrd >= kernel_end && initrd + initrd_size <= map->below_4g));
    g_assert(number(boot, FW_CFG_SETUP_ADDR) + number(boot, FW_CFG_SETUP_SIZE) <= 0xa0000);
    g_assert(number(boot, FW_CFG_CMDLINE_ADDR) + number(boot, FW_CFG_CMDLINE_SIZE) <= 0xa0000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    MemoryMapConfig memory = { .ram_size = (1 + input_take(&in, 2)) << 20, .phys_bits = 40 };
    size_t initrd_size = input_take(&in, 1) << 10;
    g_autofree char *cmdline = input_text(&in, '\0');
    g_autoptr(GBytes) kernel = g_bytes_new(in.at, in.left);
    g_autoptr(GBytes) initrd = g_bytes_new_take(g_malloc0(initrd_size), initrd_size);
    MemoryMap map = { 0 };
    LinuxBoot boot = { 0 };
    Error *err = NULL;

    g_assert(memory_map_init(&memory, &map, &err));
    LinuxBootConfig config = {
        .kernel = "k", .initrd = "i", .cmdline = cmdline, .map = &map,
        .firmware_reserve = LINUX_BOOT_FIRMWARE_RESERVE,
    };
    bool ok = linux_boot_build(&config, kernel, initrd_size ? initrd : NULL, &boot, &err);
    check_outcome(ok, &err);
    if (ok) {
        check_places(&boot, &map);
    }
    linux_boot_finish(&boot);
    memory_map_finish(&map);
    return 0;
}
