/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM around the memory of devices; see ram-layout.h. */
#include "hw/i386/ram-layout.h"

#include <glib.h>
#include <inttypes.h>

#define MIB UINT64_C(0x100000)
#define FOUR_GIB UINT64_C(0x100000000)

/* RAM behind the memory of devices: enough for what firmware allocates at the top of RAM. */
#define PIECE_MIN (16 * MIB)

/* Below this there is RAM only: firmware and boot loaders work there. */
#define CARVED_MIN (16 * MIB)

static const uint64_t pci_starts[] = { 0x80000000, 0xc0000000, RAM_LAYOUT_LOW_MAX };

uint64_t ram_layout_pci_start(uint64_t top)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(pci_starts); i++) {
        if (top <= pci_starts[i]) {
            return pci_starts[i];
        }
    }
    return 0;
}

/* ---- one layout ---- */

/* From the lowest to behind the highest of what is carved; { UINT64_MAX, 0 } when nothing is. */
typedef struct Bounds {
    uint64_t base, end;
} Bounds;

static Bounds bounds_of(const RamLayoutConfig *config)
{
    Bounds bounds = { UINT64_MAX, 0 };

    for (size_t i = 0; i < config->carved_count; i++) {
        bounds.base = MIN(bounds.base, config->carved[i].base);
        bounds.end = MAX(bounds.end, config->carved[i].base + config->carved[i].size);
    }
    return bounds;
}

static void add_piece(RamLayout *layout, uint64_t base, uint64_t size)
{
    const RamPiece *last = layout->count ? &layout->pieces[layout->count - 1] : NULL;

    if (size) {
        layout->pieces[layout->count++] = (RamPiece){ base, size, last ? last->offset + last->size : 0 };
    }
}

/* Low RAM ends where the memory of devices begins, if not before. */
static bool lay_below(const RamLayoutConfig *config, RamLayout *layout)
{
    Bounds carved = bounds_of(config);
    uint64_t low = MIN(config->ram_size, MIN(config->low_top, carved.base));

    *layout = (RamLayout){ 0 };
    add_piece(layout, 0, low);
    add_piece(layout, FOUR_GIB, config->ram_size - low);
    return ram_layout_pci_start(low) >= carved.end;
}

/* Some RAM is behind it. */
static bool lay_around(const RamLayoutConfig *config, RamLayout *layout)
{
    Bounds carved = bounds_of(config);
    uint64_t window = ram_layout_pci_start(carved.end + PIECE_MIN);
    uint64_t top = MIN(window, config->limit);

    if (!config->holes || top < carved.end + PIECE_MIN || config->ram_size < 2 * PIECE_MIN) {
        return false;
    }
    uint64_t low = MIN(config->ram_size - PIECE_MIN, carved.base);
    uint64_t behind = MIN(config->ram_size - low, top - carved.end);
    *layout = (RamLayout){ 0 };
    add_piece(layout, 0, low);
    add_piece(layout, carved.end, behind);
    add_piece(layout, FOUR_GIB, config->ram_size - low - behind);
    return true;
}

/* ---- what is wrong ---- */

static bool overlaps(const RamLayoutConfig *config, uint64_t base, uint64_t size, size_t but)
{
    for (size_t i = 0; i < config->carved_count; i++) {
        if (i != but && base < config->carved[i].base + config->carved[i].size && config->carved[i].base < base + size) {
            return true;
        }
    }
    return false;
}

static bool check_carved(const RamLayoutConfig *config, Error **errp)
{
    for (size_t i = 0; i < config->carved_count; i++) {
        const MemoryMapWindow *at = &config->carved[i];
        uint64_t last = at->base + at->size - 1;
        if (at->base < CARVED_MIN || last < at->base || last >= RAM_LAYOUT_LOW_MAX) {
            return fail(errp, "memory at 0x%" PRIx64 "-0x%" PRIx64 " is not between 0x%" PRIx64 " and 0x%llx",
                        at->base, last, CARVED_MIN, RAM_LAYOUT_LOW_MAX - 1);
        }
        if (overlaps(config, at->base, at->size, i)) {
            return fail(errp, "memory at 0x%" PRIx64 "-0x%" PRIx64 " overlaps what another device has", at->base, last);
        }
    }
    return true;
}

/* The firmware would put PCI devices there. */
static bool no_layout(const RamLayoutConfig *config, Error **errp)
{
    Bounds carved = bounds_of(config);
    uint64_t low = MIN(config->ram_size, MIN(config->low_top, carved.base));
    uint64_t need = ram_layout_pci_start(low) + 1;

    fail(errp, "the firmware's window for PCI devices begins at 0x%" PRIx64 " with %" PRIu64 " MiB of memory, which"
         " overlaps 0x%" PRIx64 "-0x%" PRIx64, ram_layout_pci_start(low), config->ram_size / MIB, carved.base,
         carved.end - 1);
    if (carved.base > need && config->ram_size <= need) {
        return hint(errp, "Give the guest more than %" PRIu64 " MiB (-m).", need / MIB);
    }
    if (config->holes && carved.end + PIECE_MIN > config->limit) {
        return hint(errp, "-machine max-ram-below-4g= leaves no room for RAM behind it, which would move the window: leave it"
                    " out.");
    }
    return !config->holes && hint(errp, "SeaBIOS can have RAM behind it, which moves the window; this firmware cannot.");
}

bool ram_layout(const RamLayoutConfig *config, RamLayout *ret, Error **errp)
{
    RamLayout layout;

    if (!check_carved(config, errp)) {
        return false;
    }
    if (!lay_below(config, &layout) && !lay_around(config, &layout)) {
        return no_layout(config, errp);
    }
    *ret = layout;
    return true;
}

/* ---- finding room ---- */

typedef struct Search {
    const RamLayoutConfig *config;
    uint64_t size, align, base;
    bool holes;
} Search;

/* [base, base + size) is free, and RAM and PCI find their places beside it. */
static bool fits(Search *search, uint64_t base)
{
    const RamLayoutConfig *old = search->config;
    g_autofree MemoryMapWindow *carved = g_new(MemoryMapWindow, old->carved_count + 1);
    RamLayoutConfig config = *old;
    RamLayout layout;

    if (base < CARVED_MIN || base + search->size > RAM_LAYOUT_LOW_MAX || overlaps(old, base, search->size, SIZE_MAX)) {
        return false;
    }
    for (size_t i = 0; i < old->carved_count; i++) {
        carved[i] = old->carved[i];
    }
    carved[old->carved_count] = (MemoryMapWindow){ base, search->size };
    config.carved = carved;
    config.carved_count++;
    search->base = base;
    return lay_below(&config, &layout) || (search->holes && lay_around(&config, &layout));
}

static bool fits_from(Search *search, uint64_t from)
{
    return fits(search, (from + search->align - 1) & ~(search->align - 1));
}

static bool fits_up_to(Search *search, uint64_t end)
{
    return end > search->size && fits(search, (end - search->size) & ~(search->align - 1));
}

/* Beside what is carved; where RAM would end alone; below the possible beginnings of PCI windows. */
static bool search_places(Search *search)
{
    const RamLayoutConfig *config = search->config;
    uint64_t top = MIN(config->ram_size, config->low_top);

    bool found = false;
    for (size_t i = 0; i < config->carved_count && !found; i++) {
        const MemoryMapWindow *at = &config->carved[i];
        found = fits_from(search, at->base + at->size) || fits_up_to(search, at->base);
    }
    found = found || fits_from(search, top);
    for (unsigned i = G_N_ELEMENTS(pci_starts); i-- > 0 && !found;) {
        found = pci_starts[i] <= ram_layout_pci_start(top) && fits_up_to(search, pci_starts[i]);
    }
    return found;
}

bool ram_layout_find(const RamLayoutConfig *config, uint64_t size, uint64_t align, uint64_t *ret_base, Error **errp)
{
    Search search = { .config = config, .size = size, .align = align };
    bool found = search_places(&search);

    if (!found && config->holes) {
        search.holes = true;
        found = search_places(&search);
    }
    if (!found) {
        return fail(errp, "there is no room for %" PRIu64 " MiB below 4 GiB beside %" PRIu64 " MiB of RAM",
                    (size + MIB - 1) / MIB, config->ram_size / MIB);
    }
    *ret_base = search.base;
    return true;
}
