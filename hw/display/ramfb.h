/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfb: a picture in the guest's own memory, whose place firmware and drivers write to the fw_cfg file "etc/ramfb"
 * (QEMU's docs/specs/ramfb). Here is what a display with a console of its own (the device "ramfb") and one that lends
 * it another's console (a virtual GPU, until its driver is there) have in common.
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

/* NULL is accepted. */
void ramfb_free(Ramfb *ramfb);

/* The guest has to place its picture anew. */
void ramfb_reset(Ramfb *ramfb);

/* Writes to the picture are logged meanwhile: for ConsoleOps.watched. */
void ramfb_watch(Ramfb *ramfb, bool watched);

/*
 * Bring @canvas up to date with the picture, or with words when it is an impossible one; false and nothing done while
 * the guest has not placed any.
 */
bool ramfb_refresh(Ramfb *ramfb, Canvas *canvas, bool whole);

#endif
