/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's memory slots follow the view of memory_space. A range is cut where the
 * chipset's shadow memory begins and ends, so that opening a PAM segment, which
 * joins or splits stretches of RAM, does not take the big pieces away and back.
 */
#include "accel/kvm/kvm.h"
#include "core/dirty.h"
#include "core/region.h"
#include "lib/log.h"

enum { PAGE = 4096 };

/* First address of a new piece: the PAM segments 0xc0000 to 0xfffff have slots of their own. */
static const uint64_t cuts[] = { 0xc0000, 0x100000 };

typedef enum SlotState { SLOT_FREE, SLOT_LIVE, SLOT_LEAVING, SLOT_COMING } SlotState;

typedef struct Slot {
    SlotState state;
    bool readonly;
    bool ram;               /* the guest may execute from it, so it must not be missing for a moment */
    uint64_t first, size;   /* guest addresses */
    const uint8_t *host;
} Slot;

static GArray *slots;       /* of Slot; the position is KVM's slot number */
static int vm_fd = -1;

static Slot *slot_at(unsigned number)
{
    return &g_array_index(slots, Slot, number);
}

/* Slot number of what equals @like in @state; slots->len: none. */
static unsigned find_slot(const Slot *like, SlotState state)
{
    unsigned i = 0;

    for (; i < slots->len; i++) {
        const Slot *slot = slot_at(i);
        if (slot->state == state && (state == SLOT_FREE || (slot->first == like->first && slot->size == like->size &&
                                                            slot->host == like->host && slot->readonly == like->readonly))) {
            break;
        }
    }
    return i;
}

static void piece_leaves(const Slot *piece)
{
    unsigned number = find_slot(piece, SLOT_LIVE);

    if (number < slots->len) {
        slot_at(number)->state = SLOT_LEAVING;
    }
}

/* A piece that leaves and comes back unchanged stays. */
static void piece_comes(const Slot *piece)
{
    unsigned number = find_slot(piece, SLOT_LEAVING);

    if (number < slots->len) {
        slot_at(number)->state = SLOT_LIVE;
        return;
    }
    number = find_slot(piece, SLOT_FREE);
    if (number == slots->len) {
        g_array_set_size(slots, number + 1);
    }
    *slot_at(number) = *piece;
    slot_at(number)->state = SLOT_COMING;
}

/*
 * The whole pages of [first, last]. Parts of pages, and memory whose guest and
 * host addresses differ in their page offset, cannot be mapped: the guest's
 * accesses there exit and find the region by dispatch.
 */
static void each_whole_page(const Range *range, uint64_t first, uint64_t last, void (*fn)(const Slot *piece))
{
    uint64_t skip = -first & (PAGE - 1);
    uint64_t len = last - first + 1;
    Slot piece = {
        .first = first + skip,
        .host = range_host(range) + (first - range->first) + skip,
        .readonly = range->readonly,
        .ram = range->region->kind == REGION_RAM,
    };

    if (len <= skip || (uintptr_t)piece.host % PAGE != 0) {
        return;
    }
    piece.size = (len - skip) & ~(uint64_t)(PAGE - 1);
    if (piece.size > 0) {
        fn(&piece);
    }
}

static void each_piece(const Range *range, void (*fn)(const Slot *piece))
{
    uint64_t first = range->first;

    if (!range_is_ram(range) || !range->region->memory.host) {
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(cuts); i++) {
        if (first < cuts[i] && range->last >= cuts[i]) {
            each_whole_page(range, first, cuts[i] - 1, fn);
            first = cuts[i];
        }
    }
    each_whole_page(range, first, range->last, fn);
}

static void range_del(Listener *self, const Range *range)
{
    each_piece(range, piece_leaves);
}

static void range_add(Listener *self, const Range *range)
{
    each_piece(range, piece_comes);
}

static int set_slot(unsigned number, const Slot *slot, uint64_t size)
{
    bool logged = dirty_is_logged(slot->host, slot->size);
    struct kvm_userspace_memory_region region = {
        .slot = number,
        .flags = (slot->readonly ? KVM_MEM_READONLY : 0) | (logged ? KVM_MEM_LOG_DIRTY_PAGES : 0),
        .guest_phys_addr = slot->first,
        .memory_size = size,
        .userspace_addr = (uintptr_t)slot->host,
    };

    return kvm_call(vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static void remove_slot(unsigned number)
{
    int err = set_slot(number, slot_at(number), 0);

    slot_at(number)->state = SLOT_FREE;
    dirty_mark(slot_at(number)->host, slot_at(number)->size);   /* what KVM knew of it has gone */
    if (err < 0) {
        warn_limited("KVM does not let go of guest memory at 0x%" G_GINT64_MODIFIER "x: %s", slot_at(number)->first,
             g_strerror(-err));
    }
}

/* Without a slot the guest still reaches the memory, one exit an access; it cannot execute there. */
static void insert_slot(unsigned number)
{
    Slot *slot = slot_at(number);
    int err = set_slot(number, slot, slot->size);

    slot->state = err < 0 ? SLOT_FREE : SLOT_LIVE;
    if (err < 0) {
        warn_limited("KVM cannot map 0x%" G_GINT64_MODIFIER "x bytes of guest memory at 0x%" G_GINT64_MODIFIER
             "x (slot %u of %d): %s", slot->size, slot->first, number,
             kvm_capability(vm_fd, KVM_CAP_NR_MEMSLOTS), g_strerror(-err));
    }
}

static void each_in_state(SlotState state, void (*fn)(unsigned number))
{
    for (unsigned i = 0; i < slots->len; i++) {
        if (slot_at(i)->state == state) {
            fn(i);
        }
    }
}

static bool ram_leaves(void)
{
    for (unsigned i = 0; i < slots->len; i++) {
        if (slot_at(i)->state == SLOT_LEAVING && slot_at(i)->ram) {
            return true;
        }
    }
    return false;
}

static void view_commit(Listener *self)
{
    bool exclude = ram_leaves();

    if (exclude) {
        kvm_vcpus_exclude();
    }
    each_in_state(SLOT_LEAVING, remove_slot);
    each_in_state(SLOT_COMING, insert_slot);
    if (exclude) {
        kvm_vcpus_include();
    }
}

/* ---- written pages ---- */

static void each_live_slot(const uint8_t *host, uint64_t size, void (*fn)(unsigned number))
{
    uintptr_t first = (uintptr_t)host;

    for (unsigned i = 0; slots && i < slots->len; i++) {
        uintptr_t slot = (uintptr_t)slot_at(i)->host;
        if (slot_at(i)->state == SLOT_LIVE && slot < first + size && first < slot + slot_at(i)->size) {
            fn(i);
        }
    }
}

/* Only the flags differ: the guest keeps its memory meanwhile. */
static void set_flags(unsigned number)
{
    int err = set_slot(number, slot_at(number), slot_at(number)->size);

    if (err < 0) {
        warn_limited("KVM does not log writes to guest memory at 0x%" G_GINT64_MODIFIER "x: %s",
                     slot_at(number)->first, g_strerror(-err));
    }
}

void kvm_slots_log_dirty(Object *accel, const uint8_t *host, uint64_t size)
{
    each_live_slot(host, size, set_flags);
}

static void mark_pages(const Slot *slot, const uint64_t *pages)
{
    for (uint64_t page = 0; page < slot->size / PAGE; page++) {
        uint64_t word = pages[page / 64];
        if (word >> page % 64 & 1) {
            dirty_mark(slot->host + page * PAGE, PAGE);
        }
        page |= word == 0 ? 63 : 0;     /* mostly nothing has changed */
    }
}

/* Where KVM has no log, all of it may have been written. */
static void fetch_pages(unsigned number)
{
    const Slot *slot = slot_at(number);
    g_autofree uint64_t *pages = g_new0(uint64_t, slot->size / PAGE / 64 + 1);
    struct kvm_dirty_log log = { .slot = number, .dirty_bitmap = pages };

    if (kvm_call(vm_fd, KVM_GET_DIRTY_LOG, &log) < 0) {
        dirty_mark(slot->host, slot->size);
        return;
    }
    mark_pages(slot, pages);
}

void kvm_slots_sync_dirty(Object *accel, const uint8_t *host, uint64_t size)
{
    each_live_slot(host, size, fetch_pages);
}

/* ---- the listener ---- */

static Listener listener = { .del = range_del, .add = range_add, .commit = view_commit };

void kvm_slots_start(int fd)
{
    vm_fd = fd;
    slots = g_array_new(false, true, sizeof(Slot));
    space_listen(&memory_space, &listener);
}

/* The VM is about to go, and its slots with it. */
void kvm_slots_stop(void)
{
    if (vm_fd < 0) {
        return;
    }
    listener = (Listener){ 0 };
    space_unlisten(&memory_space, &listener);
    listener = (Listener){ .del = range_del, .add = range_add, .commit = view_commit };
    g_clear_pointer(&slots, g_array_unref);
    vm_fd = -1;
}
