/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses of a guest as bytes of an input: a byte of width (bits 1:0), write
 * (bit 2), from which end of a range the place counts (bit 3) and whether it is
 * among the first registers (bit 4); the place; for a write the value.
 */
#ifndef TESTS_FUZZ_ACCESS_H
#define TESTS_FUZZ_ACCESS_H

#include "core/region.h"
#include "tests/fuzz/fuzz.h"

/* How a guest accesses something: the first byte. */
typedef struct Access {
    unsigned size;              /* 1, 2, 4, 8 */
    bool write, from_end, near;
} Access;

Access access_take(Input *in);

void access_at(Input *in, Space *space, uint64_t addr, Access access);

/* Somewhere in @range or a few bytes around it. */
void access_range(Input *in, Space *space, const Range *range);

/* In the range of the view a byte says. */
void access_space(Input *in, Space *space);

/* At an address of 8 bytes. */
void access_anywhere(Input *in, Space *space);

#endif
