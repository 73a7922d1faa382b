/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info mtree: the trees of regions and, with -f, the views painted from them, as text that people and scripts know. */
#include "core/command.h"
#include "core/region.h"

static const Space *const spaces[] = { &memory_space, &io_space };

#define ADDRESS "%016" G_GINT64_MODIFIER "x"

static const char *kind_word(const Region *region)
{
    switch (region->kind) {
    case REGION_RAM:
        return region->readonly ? "rom" : "ram";
    case REGION_DEVICE_RAM:
        return "ramd";
    case REGION_ALIAS:
        return region->readonly && region->target->kind == REGION_RAM ? "rom" : kind_word(region->target);
    default:
        return "i/o";
    }
}

static int compare_places(gconstpointer a, gconstpointer b)
{
    const Region *first = *(const Region *const *)a, *second = *(const Region *const *)b;

    if (first->offset != second->offset) {
        return first->offset < second->offset ? -1 : 1;
    }
    return second->priority - first->priority;
}

/* By address, whatever hides whom: priorities are printed. */
static GPtrArray *sorted_children(const Region *region)
{
    GPtrArray *list = region->children ? g_ptr_array_copy(region->children, NULL, NULL) : g_ptr_array_new();

    g_ptr_array_sort(list, compare_places);
    return list;
}

static void print_region(GString *out, const Region *region, uint64_t base, unsigned indent)
{
    g_autoptr(GPtrArray) children = sorted_children(region);

    if (region->hidden) {
        return;
    }
    g_string_append_printf(out, "%*s" ADDRESS "-" ADDRESS " (prio %d, %s): ", (int)indent, "", base, base + region->last,
                           region->priority, kind_word(region));
    if (region->kind == REGION_ALIAS) {
        g_string_append_printf(out, "alias %s @%s " ADDRESS "-" ADDRESS "\n", region->name, region->target->name,
                               region->target_offset, region->target_offset + region->last);
        return;
    }
    g_string_append_printf(out, "%s\n", region->name);
    for (unsigned i = 0; i < children->len; i++) {
        const Region *child = children->pdata[i];
        print_region(out, child, base + child->offset, indent + 2);
    }
}

/* Regions that are seen only through aliases, each once. */
static void collect_targets(const Region *region, GPtrArray *targets)
{
    if (region->kind == REGION_ALIAS && !g_ptr_array_find(targets, region->target, NULL)) {
        g_ptr_array_add(targets, region->target);
        collect_targets(region->target, targets);
    }
    for (unsigned i = 0; region->children && i < region->children->len; i++) {
        collect_targets(region->children->pdata[i], targets);
    }
}

static void print_trees(GString *out)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new();

    for (unsigned i = 0; i < G_N_ELEMENTS(spaces); i++) {
        g_string_append_printf(out, "address-space: %s\n", spaces[i]->name);
        print_region(out, spaces[i]->root, 0, 2);
        g_string_append_c(out, '\n');
        collect_targets(spaces[i]->root, targets);
    }
    for (unsigned i = 0; i < targets->len; i++) {
        const Region *target = targets->pdata[i];
        g_string_append_printf(out, "memory-region: %s\n", target->name);
        print_region(out, target, target->offset, 2);
        g_string_append_c(out, '\n');
    }
}

static void print_range(GString *out, const Range *range)
{
    const Region *region = range->region;
    bool rom = region->kind == REGION_RAM && range->readonly;

    g_string_append_printf(out, "  " ADDRESS "-" ADDRESS " (prio %d, %s): %s", range->first, range->last, region->priority,
                           rom ? "rom" : kind_word(region), region->name);
    if (range->offset) {
        g_string_append_printf(out, " @" ADDRESS, range->offset);
    }
    g_string_append_c(out, '\n');
}

static void print_views(GString *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(spaces); i++) {
        const Space *space = spaces[i];
        g_string_append_printf(out, "FlatView #%u\n AS \"%s\", root: %s\n Root memory region: %s\n", i, space->name,
                               space->root->name, space->root->name);
        for (unsigned j = 0; j < space->view->len; j++) {
            print_range(out, &g_array_index(space->view, Range, j));
        }
        if (space->view->len == 0) {
            g_string_append(out, "  No rendered FlatView\n");
        }
        g_string_append_c(out, '\n');
    }
}

static bool info_mtree(GString *out, const char *args, Error **errp)
{
    if (!*args) {
        print_trees(out);
    } else if (g_str_equal(args, "-f")) {
        print_views(out);
    } else {
        return fail(errp, "unsupported option '%s'", args);
    }
    return true;
}

HMP_COMMAND(hmp_info_mtree) = {
    .name = "info mtree",
    .args = "[-f]",
    .help = "Memory and ports: the tree of regions; -f: what lies where",
    .run = info_mtree,
};
