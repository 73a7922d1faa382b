/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of regions and its changes; see region.h. Painting and views are in space.c. */
#include "core/region.h"

#include <string.h>

static void region_init(Region *region, const char *name, uint64_t size, RegionKind kind)
{
    memset(region, 0, sizeof(*region));
    region->name = name;
    region->kind = kind;
    region->last = size - 1;
    region->memory.fd = -1;
}

void region_init_container(Region *region, const char *name, uint64_t size)
{
    region_init(region, name, size, REGION_CONTAINER);
}

void region_init_io(Region *region, const char *name, uint64_t size, const RegionOps *ops, void *opaque)
{
    region_init(region, name, size, REGION_IO);
    region->ops = ops;
    region->opaque = opaque;
}

void region_init_ram(Region *region, const char *name, uint64_t size, HostMemory memory)
{
    region_init(region, name, size, REGION_RAM);
    region->memory = memory;
}

void region_init_device_ram(Region *region, const char *name, uint64_t size, HostMemory memory)
{
    region_init(region, name, size, REGION_DEVICE_RAM);
    region->memory = memory;
}

void region_init_alias(Region *region, const char *name, Region *target, uint64_t target_offset, uint64_t size)
{
    region_init(region, name, size, REGION_ALIAS);
    region->target = target;
    region->target_offset = target_offset;
}

void region_finish(Region *region)
{
    if (region->parent) {
        region_del(region);
    }
    while (region->children && region->children->len > 0) {
        region_del(region->children->pdata[0]);
    }
    g_clear_pointer(&region->children, g_ptr_array_unref);
}

void region_add(Region *parent, Region *child, uint64_t offset, int priority)
{
    unsigned at = 0;

    g_assert(!child->parent);
    if (!parent->children) {
        parent->children = g_ptr_array_new();
    }
    while (at < parent->children->len && ((Region *)parent->children->pdata[at])->priority > priority) {
        at++;
    }
    region_transaction_begin();
    child->parent = parent;
    child->offset = offset;
    child->priority = priority;
    g_ptr_array_insert(parent->children, (int)at, child);
    region_transaction_commit();
}

void region_del(Region *child)
{
    if (!child->parent) {
        return;
    }
    region_transaction_begin();
    g_ptr_array_remove(child->parent->children, child);
    child->parent = NULL;
    region_transaction_commit();
}

/* Set one field of a region inside a transaction, unless it has that value already. */
#define CHANGE(field, value)                    \
    do {                                        \
        if ((field) != (value)) {               \
            region_transaction_begin();         \
            (field) = (value);                  \
            region_transaction_commit();        \
        }                                       \
    } while (0)

void region_move(Region *child, uint64_t offset)
{
    CHANGE(child->offset, offset);
}

void region_hide(Region *region, bool hidden)
{
    CHANGE(region->hidden, hidden);
}

void region_set_readonly(Region *region, bool readonly)
{
    CHANGE(region->readonly, readonly);
}

void region_set_alias_offset(Region *region, uint64_t target_offset)
{
    CHANGE(region->target_offset, target_offset);
}

void region_set_size(Region *region, uint64_t size)
{
    CHANGE(region->last, size - 1);
}
