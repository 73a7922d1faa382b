/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfb: a picture in the guest's own memory, whose place firmware and drivers write to the fw_cfg file "etc/ramfb"
 * (QEMU's docs/specs/ramfb). Here is what a display with a console of its own (the device "ramfb") and one that lends
 * it another's console (a virtual GPU, until its driver is there) have in common.
 *
 * Writes to the picture are not logged but looked for: KVM logs whole slots, so a log of a megabyte of picture would
 * take the large pages from all of the guest's memory while somebody watches.
 */
#ifndef HW_DISPLAY_RAMFB_H
#define HW_DISPLAY_RAMFB_H

#include "hw/display/canvas.h"

typedef struct Ramfb Ramfb;

/*
 * Offer it to the guest. @legacy_rom: with the video BIOS for it (vgabios-ramfb.bin), for firmware that runs such ones.
 * NULL with *errp set: there is one already, the machine has no fw_cfg, or the file is missing.
 */
Ramfb *ramfb_new(bool legacy_rom, Error **errp);

/* NULL is accepted. The guest does not run any more: the machine ends, or does not begin. */
void ramfb_free(Ramfb *ramfb);

/* The guest has to place its picture anew. */
void ramfb_reset(Ramfb *ramfb);

/*
 * Bring @canvas up to date with the picture, or with words when it is an impossible one; false and nothing done while
 * the guest has not placed any.
 */
bool ramfb_refresh(Ramfb *ramfb, Canvas *canvas, bool whole);

#endif
