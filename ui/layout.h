/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard layouts: on which key a letter is, for clients that tell letters and not keys. libxkbcommon has the layouts; it
 * is loaded when one is asked for.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include <stdint.h>

#include "lib/error.h"

/* Is @name a layout as QEMU's -k calls it ("de-ch")? False with *errp set. */
bool layout_check(const char *name, Error **errp);

/* Use it from now on, instead of any before. False with *errp set; there is none then. */
bool layout_use(const char *name, Error **errp);

/* The Linux key code that has an X11 keysym in the layout in use, on any of its levels; 0: none, or there is no layout. */
unsigned layout_key(uint32_t symbol);

#endif
