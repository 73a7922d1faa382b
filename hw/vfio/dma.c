/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listener that keeps DMA mappings equal to guest memory; see dma.h. */
#include "hw/vfio/dma.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "core/runstate.h"
#include "hw/vfio/chain.h"
#include "lib/log.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

typedef struct DmaPiece {
    VfioMapping mapping;
    bool required;      /* guest RAM; device memory and ROM are mapped when they can be */
    bool mapped;
    bool kept;          /* while comparing: was there before */
} DmaPiece;

/*
 * Mappings end at these addresses even where memory goes on. Firmware switches
 * the memory between 640 KiB and 1 MiB (PAM, SMRAM) to and fro; the kernel only
 * unmaps whole mappings, and without the cuts all of RAM would go with them.
 */
static const uint64_t cuts[] = { 0xA0000, 0xC0000, 0x100000 };

static DmaPiece *piece_at(GArray *pieces, unsigned i)
{
    return &g_array_index(pieces, DmaPiece, i);
}

/* ---- from the view to pieces ---- */

static bool is_cut(uint64_t addr)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(cuts); i++) {
        if (cuts[i] == addr) {
            return true;
        }
    }
    return false;
}

/* First cut above @first, or UINT64_MAX. */
static uint64_t next_cut(uint64_t first)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(cuts); i++) {
        if (cuts[i] > first) {
            return cuts[i];
        }
    }
    return UINT64_MAX;
}

static bool goes_on(const DmaPiece *a, const DmaPiece *b)
{
    const VfioMapping *m = &a->mapping, *n = &b->mapping;

    return m->device == n->device && m->readonly == n->readonly && m->iova + m->size == n->iova &&
           m->host + m->size == n->host && m->fd == n->fd && (m->fd < 0 || m->fd_offset + m->size == n->fd_offset) &&
           !is_cut(n->iova);
}

static void add_piece(GArray *pieces, DmaPiece piece)
{
    DmaPiece *last = pieces->len ? piece_at(pieces, pieces->len - 1) : NULL;

    if (last && goes_on(last, &piece)) {
        last->mapping.size += piece.mapping.size;
    } else {
        g_array_append_val(pieces, piece);
    }
}

static void add_range(GArray *pieces, const Range *range)
{
    const HostMemory *memory = &range->region->memory;

    for (uint64_t first = range->first, cut; first <= range->last; first = cut) {
        cut = next_cut(first);
        uint64_t skip = first - range->first, last = MIN(cut - 1, range->last);
        bool ram = range->region->kind == REGION_RAM;
        add_piece(pieces, (DmaPiece){
            .mapping = {
                .iova = first,
                .size = last - first + 1,
                .host = range_host(range) + skip,
                .readonly = range->readonly,
                .device = !ram,
                .fd = memory->fd,
                .fd_offset = memory->fd < 0 ? 0 : memory->fd_offset + range->offset + skip,
            },
            .required = ram && !range->readonly,
        });
        if (last == range->last) {
            return;
        }
    }
}

/* Shrink to whole IOMMU pages; false: nothing is left. */
static bool fit_pages(VfioMapping *mapping, uint64_t page)
{
    uint64_t first = (mapping->iova + page - 1) & ~(page - 1);
    uint64_t end = (mapping->iova + mapping->size) & ~(page - 1);
    uint64_t skip = first - mapping->iova;

    if (first < mapping->iova || end <= first) {
        return false;
    }
    mapping->iova = first;
    mapping->size = end - first;
    mapping->host += skip;
    mapping->fd_offset += mapping->fd < 0 ? 0 : skip;
    return ((uintptr_t)mapping->host & (page - 1)) == 0;
}

/* What should be mapped now. The caller frees it. */
static GArray *wanted_pieces(VfioDma *dma)
{
    GArray *pieces = g_array_new(false, false, sizeof(DmaPiece));
    uint64_t page = dma->limits.page_sizes & -dma->limits.page_sizes;
    unsigned kept = 0;

    for (unsigned i = 0; i < dma->ranges->len; i++) {
        add_range(pieces, &g_array_index(dma->ranges, Range, i));
    }
    for (unsigned i = 0; i < pieces->len; i++) {
        DmaPiece piece = *piece_at(pieces, i);
        if (fit_pages(&piece.mapping, page)) {
            *piece_at(pieces, kept++) = piece;
        }
    }
    g_array_set_size(pieces, kept);
    return pieces;
}

/* ---- failures in words ---- */

static uint64_t required_bytes(GArray *pieces)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < pieces->len; i++) {
        sum += piece_at(pieces, i)->required ? piece_at(pieces, i)->mapping.size : 0;
    }
    return sum;
}

static bool hint_memlock(GArray *pieces, Error **errp)
{
    struct rlimit limit = { 0 };
    uint64_t need = required_bytes(pieces);

    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (vfio_may_lock(need)) {
        return hint(errp, "The host has too little free memory to pin the guest's %" G_GUINT64_FORMAT " bytes.", need);
    }
    hint(errp, "All of the guest's memory, %" G_GUINT64_FORMAT " bytes, must be locked; the limit (RLIMIT_MEMLOCK) is %"
         G_GUINT64_FORMAT " bytes.", need, (uint64_t)limit.rlim_cur);
    return hint(errp, "Raise it: ulimit -l %" G_GUINT64_FORMAT " in the shell, memlock in /etc/security/limits.conf,"
                " or LimitMEMLOCK= of a systemd unit.", (need >> 10) + 65536);
}

static bool hint_ranges(const VfioDma *dma, Error **errp)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < dma->limits.range_count; i++) {
        const VfioArea *range = &dma->limits.ranges[i];
        g_string_append_printf(text, "%s" HEX "-" HEX, i ? ", " : "", range->offset, range->offset + range->size - 1);
    }
    if (text->len > 0) {
        hint(errp, "The host's IOMMU can map %s.", text->str);
    }
    return hint(errp, "Addresses beyond the IOMMU's width cannot be mapped: give the guest less memory.");
}

static bool hint_for(const VfioDma *dma, GArray *pieces, int err, Error **errp)
{
    if (dma->ops->advise) {
        return dma->ops->advise(dma, err, errp);
    }
    switch (-err) {
    case ENOMEM:
        return hint_memlock(pieces, errp);
    case EINVAL:
        return hint_ranges(dma, errp);
    case ENOSPC:
        return hint(errp, "More mappings than the host allows: raise dma_entry_limit of its module vfio_iommu_type1.");
    case EFAULT:
    case EOPNOTSUPP:
        return hint(errp, "This memory cannot be pinned: memory-backend-file wants hugetlbfs or tmpfs,"
                    " not a disk's file system.");
    default:
        return false;
    }
}

/* "vfio_container_dma_map(0x55..., 0x0, 0xa0000, 0x7f...) = -12 (Cannot allocate memory)", for the caller to free. */
static char *map_failure(const VfioDma *dma, const VfioMapping *mapping, int err)
{
    return g_strdup_printf("vfio_container_dma_map(%p, " HEX ", " HEX ", %p) = %d (%s)", (const void *)dma,
                           mapping->iova, mapping->size, (void *)mapping->host, err, g_strerror(-err));
}

static void report_required(VfioDma *dma, GArray *pieces, const VfioMapping *mapping, int err)
{
    g_autofree char *text = map_failure(dma, mapping, err);
    Error *error = NULL;

    fail(&error, "%s", text);
    hint_for(dma, pieces, err, &error);
    if (dma->starting) {
        dma->error = error;
    } else if (!dma->reported) {
        error_report(error, "vfio: DMA mapping failed, unable to continue");
        dma->reported = true;
        request_stop(RUN_STATE_INTERNAL_ERROR);
    } else {
        error_free(error);
    }
}

static void report_optional(VfioDma *dma, const VfioMapping *mapping, int err)
{
    g_autofree char *text = map_failure(dma, mapping, err);

    if (!dma->warned && !mapping->readonly) {
        warn("%s: PCI peer-to-peer transactions on BARs are not supported.", text);
        dma->warned = true;
    }
}

/* ---- mapping ---- */

static bool in_ranges(const VfioDmaLimits *limits, const VfioMapping *mapping)
{
    for (unsigned i = 0; i < limits->range_count; i++) {
        const VfioArea *range = &limits->ranges[i];
        if (mapping->iova >= range->offset && mapping->iova - range->offset <= range->size &&
            mapping->size <= range->size - (mapping->iova - range->offset)) {
            return true;
        }
    }
    return limits->range_count == 0;
}

static unsigned mapped_count(GArray *pieces)
{
    unsigned count = 0;

    for (unsigned i = 0; i < pieces->len; i++) {
        count += piece_at(pieces, i)->mapped;
    }
    return count;
}

static int try_map(VfioDma *dma, GArray *pieces, const VfioMapping *mapping)
{
    if (!in_ranges(&dma->limits, mapping)) {
        return -EINVAL;     /* as the kernel would answer */
    }
    if (mapped_count(pieces) >= dma->limits.max_mappings) {
        return -ENOSPC;
    }
    int got = dma->ops->map(dma, mapping);
    if (got == -EBUSY || got == -EEXIST) {  /* something was left there: ours goes first */
        dma->ops->unmap(dma, mapping->iova, mapping->size);
        got = dma->ops->map(dma, mapping);
    }
    return got;
}

static void map_piece(VfioDma *dma, GArray *pieces, DmaPiece *piece)
{
    int got = try_map(dma, pieces, &piece->mapping);

    piece->mapped = got >= 0;
    if (got < 0 && piece->required) {
        report_required(dma, pieces, &piece->mapping, got);
    } else if (got < 0) {
        report_optional(dma, &piece->mapping, got);
    }
}

static void unmap_piece(VfioDma *dma, const DmaPiece *piece)
{
    int got = piece->mapped ? dma->ops->unmap(dma, piece->mapping.iova, piece->mapping.size) : 0;

    if (got < 0 && !dma->ending) {  /* at the end the kernel may have dropped them with the group */
        warn_limited("vfio_container_dma_unmap(%p, " HEX ", " HEX ") = %d (%s)", (void *)dma, piece->mapping.iova,
                     piece->mapping.size, got, g_strerror(-got));
    }
}

static bool same_mapping(const VfioMapping *a, const VfioMapping *b)
{
    return a->iova == b->iova && a->size == b->size && a->host == b->host && a->readonly == b->readonly;
}

/* Unmap what is not wanted any more; mark in @wanted what stays. */
static void unmap_missing(VfioDma *dma, GArray *wanted)
{
    for (unsigned i = 0, j = 0; i < dma->pieces->len; i++) {
        const DmaPiece *old = piece_at(dma->pieces, i);
        while (j < wanted->len && piece_at(wanted, j)->mapping.iova < old->mapping.iova) {
            j++;
        }
        DmaPiece *new = j < wanted->len ? piece_at(wanted, j) : NULL;
        if (new && same_mapping(&old->mapping, &new->mapping)) {
            new->kept = true;
            new->mapped = old->mapped;
        } else {
            unmap_piece(dma, old);
        }
    }
}

/* Memory that can never be mapped is reported before any of the rest is touched. */
static bool all_in_ranges(VfioDma *dma, GArray *wanted)
{
    for (unsigned i = 0; i < wanted->len; i++) {
        const DmaPiece *piece = piece_at(wanted, i);
        if (piece->required && !piece->kept && !in_ranges(&dma->limits, &piece->mapping)) {
            report_required(dma, wanted, &piece->mapping, -EINVAL);
            return false;
        }
    }
    return true;
}

static void prefault(GArray *pieces, bool all)
{
    g_autoptr(GArray) stretches = g_array_new(false, false, sizeof(VfioStretch));

    for (unsigned i = 0; i < pieces->len; i++) {
        const DmaPiece *piece = piece_at(pieces, i);
        VfioStretch stretch = { piece->mapping.host, piece->mapping.size };
        if (piece->required && (all || !piece->kept)) {
            g_array_append_val(stretches, stretch);
        }
    }
    vfio_prefault((const VfioStretch *)(const void *)stretches->data, stretches->len);
}

static void dma_commit(Listener *listener)
{
    VfioDma *dma = (VfioDma *)listener;
    GArray *wanted = wanted_pieces(dma);

    unmap_missing(dma, wanted);
    if (all_in_ranges(dma, wanted) && dma->pins && vfio_may_lock(required_bytes(wanted))) {
        prefault(wanted, false);
    }
    for (unsigned i = 0; i < wanted->len && !dma->error; i++) {
        DmaPiece *piece = piece_at(wanted, i);
        if (!piece->kept) {
            map_piece(dma, wanted, piece);
        }
        piece->kept = false;
    }
    g_array_unref(dma->pieces);
    dma->pieces = wanted;
}

/* The machine is built. */
static bool dma_settle(Listener *listener, Error **errp)
{
    VfioDma *dma = (VfioDma *)listener;

    dma->starting = false;
    if (!dma->error) {
        return true;
    }
    *errp = g_steal_pointer(&dma->error);
    return dma->name ? fail(errp, "vfio %s", dma->name) : false;
}

/* ---- what memory there is ---- */

static void dma_del(Listener *listener, const Range *range)
{
    VfioDma *dma = (VfioDma *)listener;

    for (unsigned i = 0; i < dma->ranges->len; i++) {
        if (g_array_index(dma->ranges, Range, i).first == range->first) {
            g_array_remove_index(dma->ranges, i);
            return;
        }
    }
}

static void dma_add(Listener *listener, const Range *range)
{
    VfioDma *dma = (VfioDma *)listener;
    unsigned at = 0;

    if (!range_is_ram(range)) {
        return;
    }
    while (at < dma->ranges->len && g_array_index(dma->ranges, Range, at).first < range->first) {
        at++;
    }
    g_array_insert_val(dma->ranges, at, *range);
}

/* ---- life ---- */

VfioDma *vfio_dma_new(const VfioDmaOps *ops, void *opaque, bool pins)
{
    VfioDma *dma = g_new0(VfioDma, 1);

    *dma = (VfioDma){
        .listener = { .del = dma_del, .add = dma_add, .commit = dma_commit, .settle = dma_settle },
        .ops = ops,
        .opaque = opaque,
        .pins = pins,
        .ranges = g_array_new(false, false, sizeof(Range)),
        .pieces = g_array_new(false, false, sizeof(DmaPiece)),
    };
    return dma;
}

static bool read_limits(VfioDma *dma, Error **errp)
{
    VfioDmaLimits limits = { 0 };
    unsigned mapped = mapped_count(dma->pieces);
    int got = dma->ops->limits(dma, &limits);

    if (got < 0) {
        return fail_errno(errp, got, "failed to read the IOMMU's limits");
    }
    if (limits.max_mappings < UINT_MAX - mapped) {      /* the kernel counts what is still free */
        limits.max_mappings += mapped;
    }
    vfio_limits_clear(&dma->limits);
    dma->limits = limits;
    return true;
}

static void stop(VfioDma *dma)
{
    if (dma->listening) {
        dma->ending = true;
        space_unlisten(&memory_space, &dma->listener);
        dma->ending = dma->listening = false;
    }
}

bool vfio_dma_start(VfioDma *dma, Error **errp)
{
    if (!read_limits(dma, errp)) {
        return false;
    }
    if (dma->listening) {
        return true;
    }
    g_assert(!*errp);
    dma->starting = dma->listening = true;
    space_listen(&memory_space, &dma->listener);
    if (!memory_space.settled) {
        return true;            /* space_settle() will ask */
    }
    dma->starting = false;
    if (!dma->error) {
        return true;
    }
    *errp = g_steal_pointer(&dma->error);
    stop(dma);
    return false;
}

void vfio_dma_will_pin(VfioDma *dma)
{
    if (!dma->pins) {
        prefault(dma->pieces, true);
        dma->pins = true;
    }
}

void vfio_dma_set_name(VfioDma *dma, const char *name)
{
    g_free(dma->name);
    dma->name = g_strdup(name);
}

void vfio_dma_free(VfioDma *dma)
{
    if (!dma) {
        return;
    }
    stop(dma);
    if (dma->ops->free) {
        dma->ops->free(dma);
    }
    vfio_limits_clear(&dma->limits);
    error_free(dma->error);
    g_array_unref(dma->ranges);
    g_array_unref(dma->pieces);
    g_free(dma->name);
    g_free(dma);
}
