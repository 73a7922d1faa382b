/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pc's firmware boots, and in which order. */
#ifndef HW_I386_PC_BOOT_H
#define HW_I386_PC_BOOT_H

#include "hw/i386/pc.h"

/* Give the firmware kernel, option ROMs and the bootorder file. */
bool pc_boot_finish(PcMachine *pc, Error **errp);

#endif
