/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parallel flash chip with the Intel command set (Common Flash Interface,
 * JESD68; Intel 28F128J3 data sheet): firmware whose variables survive. The
 * image file is the chip: what the guest programs is in the file at once.
 */
#ifndef HW_BLOCK_PFLASH_H
#define HW_BLOCK_PFLASH_H

#include "core/class.h"
#include "core/region.h"

enum { PFLASH_SECTOR = 4096 };      /* bytes an erase covers; a chip is a multiple of it */

typedef struct Pflash Pflash;

/*
 * The chip whose contents are @path; with @readonly (and where the file cannot be written) the guest
 * cannot program it. NULL with *errp set: "Could not open ...", "invalid size".
 */
Pflash *pflash_new(const char *name, const char *path, bool readonly, Error **errp);

/* Bytes. */
uint64_t pflash_size(const Pflash *flash);

/* The chip as the guest sees it, of pflash_size() bytes. */
Region *pflash_region(Pflash *flash);

/* Its contents in the host's memory, whatever a command has the chip answer. */
uint8_t *pflash_data(Pflash *flash);

#endif
