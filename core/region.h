/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies at which guest address. Regions form a tree; a space paints its
 * tree front to back into a sorted array of ranges (the view). On commit,
 * listeners get only the difference between the old view and the new one.
 *
 * A region is embedded in its owner and does not own guest memory. All calls
 * need vm_lock. Offsets are relative to the parent; children with a higher
 * priority hide lower ones, later ones hide earlier ones of the same priority.
 */
#ifndef CORE_REGION_H
#define CORE_REGION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

typedef struct Region Region;
typedef struct Space Space;

/* Functions of an I/O region. @offset is relative to the region, @size is 1, 2, 4 or 8. */
typedef struct RegionOps {
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, uint64_t value, unsigned size);
    /*
     * Widths the functions take; 0 means 1 and 8. A wider guest access is split
     * into max_size pieces, lowest address first; a narrower one is widened to
     * min_size for a read and dropped for a write.
     */
    uint8_t min_size, max_size;
    /*
     * An access that begins in a visible part of the region and ends within the region is not divided
     * where a region of higher priority covers its end: port 0xCF8 is a dword register of one chip,
     * 0xCF9 a byte register of another.
     */
    bool undivided;
    /* Writes may wait, in their order, until the guest does something else or accel_flush_posted() is called. */
    bool posted;
} RegionOps;

typedef enum RegionKind {
    REGION_CONTAINER,   /* only children */
    REGION_IO,          /* trapped: ops */
    REGION_RAM,         /* guest memory: mapped into the guest, target of DMA */
    REGION_DEVICE_RAM,  /* a device's memory (an mmapped BAR): mapped into the guest, peer-to-peer DMA at most */
    REGION_ALIAS,       /* a window onto another region */
} RegionKind;

/* Host memory behind a RAM region; fd is -1 when the memory cannot be shared. */
typedef struct HostMemory {
    uint8_t *host;
    int fd;
    uint64_t fd_offset;
} HostMemory;

struct Region {
    const char *name;
    RegionKind kind;
    uint64_t last;          /* size - 1; a size of 0 means all 2^64 bytes */
    bool readonly;          /* guest writes go to ops->write, or vanish */
    bool hidden;            /* as if it were not in the tree */
    bool busy;              /* inside its own ops: a device is not re-entered by its own DMA */
    int priority;
    uint64_t offset;        /* in the parent */
    const RegionOps *ops;
    void *opaque;
    HostMemory memory;
    Region *target;         /* of an alias */
    uint64_t target_offset;
    Region *parent;
    GPtrArray *children;    /* front to back */
};

/* A stretch of the view: always a REGION_IO, REGION_RAM or REGION_DEVICE_RAM leaf. */
typedef struct Range {
    uint64_t first, last;   /* inclusive guest addresses */
    Region *region;
    uint64_t offset;        /* of first in the region */
    bool readonly;
} Range;

static inline uint64_t range_size(const Range *range)
{
    return range->last - range->first + 1;
}

/* Host address of the first byte of a RAM range. */
static inline uint8_t *range_host(const Range *range)
{
    return range->region->memory.host + range->offset;
}

static inline bool range_is_ram(const Range *range)
{
    return range->region->kind != REGION_IO;
}

/*
 * Told about changes of a view: begin, every del, every add, commit. A range
 * that only changed its neighbours is not mentioned. Any function may be NULL.
 */
typedef struct Listener Listener;
struct Listener {
    void (*begin)(Listener *self);
    void (*del)(Listener *self, const Range *range);
    void (*add)(Listener *self, const Range *range);
    void (*commit)(Listener *self);
    /* Whether all went well until now; false with *errp set. Asked once, by space_settle(). */
    bool (*settle)(Listener *self, Error **errp);
};

struct Space {
    const char *name;
    Region *root;
    uint64_t open_bus;      /* what a read of nobody's address returns, per byte lane */
    GArray *view;           /* of Range, sorted by address */
    GPtrArray *listeners;
    unsigned last_hit;      /* index of the range the last look-up found */
    bool dirty;
    bool settled;           /* what is there from the start is there */
};

/* The two spaces of the machine. */
extern Space memory_space, io_space;

/* ---- regions ---- */

/* @size 0: the whole 64-bit space. @name must stay valid. */
void region_init_container(Region *region, const char *name, uint64_t size);
void region_init_io(Region *region, const char *name, uint64_t size, const RegionOps *ops, void *opaque);
void region_init_ram(Region *region, const char *name, uint64_t size, HostMemory memory);
void region_init_device_ram(Region *region, const char *name, uint64_t size, HostMemory memory);
void region_init_alias(Region *region, const char *name, Region *target, uint64_t target_offset, uint64_t size);

/* Take it out of its parent and forget its children; memory stays the owner's. A zeroed region is accepted. */
void region_finish(Region *region);

void region_add(Region *parent, Region *child, uint64_t offset, int priority);
void region_del(Region *child);
void region_move(Region *child, uint64_t offset);
void region_hide(Region *region, bool hidden);
void region_set_readonly(Region *region, bool readonly);
void region_set_alias_offset(Region *region, uint64_t target_offset);
void region_set_size(Region *region, uint64_t size);

static inline uint64_t region_size(const Region *region)
{
    return region->last + 1;
}

/* ---- views ---- */

/* Changes between begin and commit reach listeners as one difference. Nests; single calls are their own transaction. */
void region_transaction_begin(void);
void region_transaction_commit(void);

/* @space is zero, or has listeners already. */
void space_init(Space *space, const char *name, Region *root, uint64_t open_bus);
void space_finish(Space *space);

/* The listener hears an add for all that is there now. Works before space_init(): then nothing is there yet. */
void space_listen(Space *space, Listener *listener);

/* The listener hears a del for all that is there. */
void space_unlisten(Space *space, Listener *listener);

/*
 * What is there from the start is there: the listeners say whether they could follow, in what is
 * still start-up and may fail. Later troubles are theirs to report.
 */
bool space_settle(Space *space, Error **errp);

/* The range that holds @addr, or NULL; valid until the next commit. */
const Range *space_find(Space *space, uint64_t addr);

/* A sorted array of Range painted from @root: what a view is made of. The caller frees it. */
GArray *region_paint(Region *root);

#endif
