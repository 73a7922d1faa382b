/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option ROM of roms/linuxboot, built into the program. */
#include "hw/i386/linux-boot.h"

#include "roms/linuxboot.h"

GBytes *linux_boot_rom(void)
{
    return g_bytes_new_static(linuxboot_rom, linuxboot_rom_size);
}
