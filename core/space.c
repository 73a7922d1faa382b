/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views: painting the tree, finding addresses, telling listeners the difference; see region.h. */
#include "core/region.h"

#include <string.h>

#include "core/lock.h"

Space memory_space = { .name = "memory" }, io_space = { .name = "I/O" };

static unsigned transaction_depth;
static GPtrArray *spaces;       /* all initialised spaces */

/* ---- painting ---- */

/* Wide enough for every base, also below zero and behind the end, where no address may wrap around to. */
typedef __int128 WideAddress;

/* A brush: where in the guest's space the region lies and which part of it may be painted. */
typedef struct Brush {
    WideAddress base;           /* of the region's first byte; below zero for an alias that starts inside its target */
    uint64_t first, last;       /* clip, inclusive */
    bool readonly;
} Brush;

static Range *view_at(GArray *view, unsigned i)
{
    return &g_array_index(view, Range, i);
}

static void paint_piece(GArray *view, unsigned at, Region *region, const Brush *brush, uint64_t first, uint64_t last)
{
    Range range = { first, last, region, (uint64_t)(first - brush->base), brush->readonly };

    g_array_insert_val(view, at, range);
}

/* Fill what is still free between brush->first and brush->last. */
static void paint_leaf(GArray *view, Region *region, const Brush *brush)
{
    uint64_t next = brush->first;
    unsigned i = 0;

    for (; i < view->len; i++) {
        uint64_t taken_first = view_at(view, i)->first, taken_last = view_at(view, i)->last;
        if (taken_last < next) {
            continue;
        }
        if (taken_first > brush->last) {
            break;
        }
        if (taken_first > next) {
            paint_piece(view, i++, region, brush, next, taken_first - 1);
        }
        if (taken_last >= brush->last) {
            return;
        }
        next = taken_last + 1;
    }
    paint_piece(view, i, region, brush, next, brush->last);
}

/* Narrow the brush's clip to what the region covers; false: nothing is left. */
static bool clip(Brush *brush, const Region *region)
{
    WideAddress end = brush->base + region->last;

    if (end < brush->first || brush->base > brush->last) {
        return false;
    }
    brush->first = brush->base > brush->first ? (uint64_t)brush->base : brush->first;
    brush->last = end < brush->last ? (uint64_t)end : brush->last;
    return true;
}

static void paint(GArray *view, Region *region, Brush brush)
{
    if (region->hidden || !clip(&brush, region)) {
        return;
    }
    brush.readonly |= region->readonly;
    for (unsigned i = 0; region->children && i < region->children->len; i++) {
        Region *child = region->children->pdata[i];
        Brush inner = brush;
        inner.base += child->offset;
        paint(view, child, inner);
    }
    if (region->kind == REGION_ALIAS) {
        brush.base -= region->target_offset;
        paint(view, region->target, brush);
    } else if (region->kind != REGION_CONTAINER) {
        paint_leaf(view, region, &brush);
    }
}

static bool continues(const Range *a, const Range *b)
{
    return a->region == b->region && a->readonly == b->readonly && b->first - 1 == a->last && b->first != 0 &&
           b->offset - a->offset == range_size(a);
}

/* Join neighbours that are one stretch of one region, so that a view has one form. */
static void join_neighbours(GArray *view)
{
    unsigned kept = 0;

    for (unsigned i = 1; i < view->len; i++) {
        if (continues(view_at(view, kept), view_at(view, i))) {
            view_at(view, kept)->last = view_at(view, i)->last;
        } else {
            *view_at(view, ++kept) = *view_at(view, i);
        }
    }
    if (view->len > 0) {
        g_array_set_size(view, kept + 1);
    }
}

GArray *region_paint(Region *root)
{
    GArray *view = g_array_new(false, false, sizeof(Range));

    if (root) {
        paint(view, root, (Brush){ .base = 0, .first = 0, .last = UINT64_MAX });
        join_neighbours(view);
    }
    return view;
}

/* ---- differences ---- */

static bool same_range(const Range *a, const Range *b)
{
    return a->first == b->first && a->last == b->last && a->region == b->region && a->offset == b->offset &&
           a->readonly == b->readonly;
}

/* Tell @fn of every range of @from that is not in @of, both sorted. */
static void tell_missing(Listener *listener, void (*fn)(Listener *, const Range *), GArray *from, GArray *of)
{
    unsigned j = 0;

    for (unsigned i = 0; fn && i < from->len; i++) {
        const Range *range = view_at(from, i);
        while (j < of->len && view_at(of, j)->first < range->first) {
            j++;
        }
        if (j >= of->len || !same_range(range, view_at(of, j))) {
            fn(listener, range);
        }
    }
}

static void tell_difference(Listener *listener, GArray *old, GArray *new)
{
    if (listener->begin) {
        listener->begin(listener);
    }
    tell_missing(listener, listener->del, old, new);
    tell_missing(listener, listener->add, new, old);
    if (listener->commit) {
        listener->commit(listener);
    }
}

static bool same_view(GArray *a, GArray *b)
{
    bool same = a->len == b->len;

    for (unsigned i = 0; same && i < a->len; i++) {
        same = same_range(view_at(a, i), view_at(b, i));
    }
    return same;
}

static void space_commit(Space *space)
{
    g_autoptr(GArray) old = space->view;

    space->view = region_paint(space->root);
    space->last_hit = 0;
    if (same_view(old, space->view)) {
        return;
    }
    for (unsigned i = 0; i < space->listeners->len; i++) {
        tell_difference(space->listeners->pdata[i], old, space->view);
    }
}

void region_transaction_begin(void)
{
    transaction_depth++;
}

void region_transaction_commit(void)
{
    g_assert(transaction_depth > 0);
    if (--transaction_depth > 0) {
        return;
    }
    for (unsigned i = 0; spaces && i < spaces->len; i++) {
        space_commit(spaces->pdata[i]);
    }
}

/* ---- spaces ---- */

void space_init(Space *space, const char *name, Region *root, uint64_t open_bus)
{
    GPtrArray *early = space->listeners;    /* the accelerator listens before there is a machine */

    *space = (Space){ .name = name, .root = root, .open_bus = open_bus };
    space->listeners = early ? early : g_ptr_array_new();
    space->view = g_array_new(false, false, sizeof(Range));
    if (!spaces) {
        spaces = g_ptr_array_new();
    }
    g_ptr_array_add(spaces, space);
    region_transaction_begin();
    region_transaction_commit();
}

void space_finish(Space *space)
{
    if (spaces) {
        g_ptr_array_remove(spaces, space);
    }
    g_clear_pointer(&space->view, g_array_unref);
    g_clear_pointer(&space->listeners, g_ptr_array_unref);
}

void space_listen(Space *space, Listener *listener)
{
    g_autoptr(GArray) nothing = g_array_new(false, false, sizeof(Range));

    if (!space->listeners) {
        space->listeners = g_ptr_array_new();
    }
    g_ptr_array_add(space->listeners, listener);
    tell_difference(listener, nothing, space->view ? space->view : nothing);
}

void space_unlisten(Space *space, Listener *listener)
{
    g_autoptr(GArray) nothing = g_array_new(false, false, sizeof(Range));

    if (space->listeners && g_ptr_array_remove(space->listeners, listener)) {
        tell_difference(listener, space->view ? space->view : nothing, nothing);
    }
}

bool space_settle(Space *space, Error **errp)
{
    bool ok = true;

    space->settled = true;
    for (unsigned i = 0; space->listeners && i < space->listeners->len && ok; i++) {
        Listener *listener = space->listeners->pdata[i];
        ok = !listener->settle || listener->settle(listener, errp);
    }
    return ok;
}

const Range *space_find(Space *space, uint64_t addr)
{
    unsigned low = 0, high = space->view ? space->view->len : 0;     /* none: before there is a machine */

    if (space->last_hit < high) {
        const Range *last = view_at(space->view, space->last_hit);
        if (addr >= last->first && addr <= last->last) {
            return last;
        }
    }
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const Range *range = view_at(space->view, middle);
        if (addr < range->first) {
            high = middle;
        } else if (addr > range->last) {
            low = middle + 1;
        } else {
            space->last_hit = middle;
            return range;
        }
    }
    return NULL;
}
