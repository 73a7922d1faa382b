/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accesses of a guest; see access.h. */
#include "tests/fuzz/access.h"

#include "core/dispatch.h"

enum {
    AROUND = 4,                 /* bytes in front of a range that are tried, too */
    NEAR = 64,                  /* bytes at the ends of a range where most registers are */
};

Access access_take(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1);

    return (Access){ .size = 1u << (how & 3), .write = how & 4, .from_end = how & 8, .near = how & 16 };
}

void access_at(Input *in, Space *space, uint64_t addr, Access access)
{
    if (access.write) {
        space_write(space, addr, input_take(in, access.size), access.size);
    } else {
        space_read(space, addr, access.size);
    }
}

void access_range(Input *in, Space *space, const Range *range)
{
    Access access = access_take(in);
    uint64_t place = input_take(in, 2), size = range_size(range);

    size = MIN(size - 1, access.near ? NEAR - 1 : UINT16_MAX) + 1;      /* 0 were all 2^64 bytes */
    place %= size + AROUND;
    access_at(in, space, access.from_end ? range->last - place : range->first + place - AROUND, access);
}

void access_space(Input *in, Space *space)
{
    unsigned n = (unsigned)input_take(in, 1);

    if (space->view->len > 0) {
        Range range = g_array_index(space->view, Range, n % space->view->len);  /* a copy: it may vanish */
        access_range(in, space, &range);
    }
}

void access_anywhere(Input *in, Space *space)
{
    Access access = access_take(in);

    access_at(in, space, input_take(in, 8), access);
}
