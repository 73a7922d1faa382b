/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views against two witnesses: an oracle that asks the tree one address at a
 * time, and a mirror that knows only what listeners are told.
 */
#include "core/region.h"

#include <string.h>

typedef __int128 Wide;

enum {
    MOST_REGIONS = 12,
    NEAR = 0x140,           /* addresses from 0 and up to the last one that are looked at */
    TREES = 4000,
    CHANGES = 40,
};

/* ---- the oracle ---- */

typedef struct Answer {
    const Region *region;   /* NULL: nobody */
    uint64_t offset;
    bool readonly;
} Answer;

/* Who answers at @offset of @region. No address wraps around. */
static Answer ask(const Region *region, Wide offset, bool readonly)
{
    Answer answer = { 0 };

    if (region->hidden || offset < 0 || offset > region->last) {
        return answer;
    }
    readonly |= region->readonly;
    for (unsigned i = 0; region->children && i < region->children->len; i++) {
        const Region *child = region->children->pdata[i];
        answer = ask(child, offset - child->offset, readonly);
        if (answer.region) {
            return answer;
        }
    }
    if (region->kind == REGION_ALIAS) {
        return ask(region->target, offset + region->target_offset, readonly);
    }
    if (region->kind == REGION_CONTAINER) {
        return answer;
    }
    return (Answer){ region, (uint64_t)offset, readonly };
}

static void check_address(Space *space, uint64_t addr)
{
    Answer answer = ask(space->root, addr, false);
    const Range *range = space_find(space, addr);

    g_assert_true((range ? range->region : NULL) == answer.region);
    if (range) {
        g_assert_cmphex(range->offset + (addr - range->first), ==, answer.offset);
        g_assert_true(range->readonly == answer.readonly);
    }
}

/* Sorted, disjoint, and nothing that could be one range is two. */
static void check_form(Space *space)
{
    for (unsigned i = 0; i < space->view->len; i++) {
        const Range *range = &g_array_index(space->view, Range, i);
        g_assert_cmphex(range->first, <=, range->last);
        if (i == 0) {
            continue;
        }
        const Range *before = range - 1;
        g_assert_cmphex(before->last, <, range->first);
        g_assert_false(before->region == range->region && before->readonly == range->readonly &&
                       before->last + 1 == range->first && before->offset + range_size(before) == range->offset);
    }
}

static void check_view(Space *space)
{
    check_form(space);
    for (uint64_t i = 0; i < NEAR; i++) {
        check_address(space, i);
        check_address(space, UINT64_MAX - i);
    }
}

/* ---- the mirror ---- */

typedef struct Mirror {
    Listener listener;
    GArray *ranges;         /* of Range, in the order told */
    bool inside;            /* between begin and commit */
    unsigned changes;
} Mirror;

static void mirror_begin(Listener *listener)
{
    Mirror *mirror = (Mirror *)listener;

    g_assert_false(mirror->inside);
    mirror->inside = true;
}

static void mirror_commit(Listener *listener)
{
    Mirror *mirror = (Mirror *)listener;

    g_assert_true(mirror->inside);
    mirror->inside = false;
}

static void mirror_add(Listener *listener, const Range *range)
{
    Mirror *mirror = (Mirror *)listener;

    g_assert_true(mirror->inside);
    for (unsigned i = 0; i < mirror->ranges->len; i++) {
        const Range *other = &g_array_index(mirror->ranges, Range, i);
        g_assert_true(other->last < range->first || range->last < other->first);
    }
    g_array_append_val(mirror->ranges, *range);
    mirror->changes++;
}

static bool same(const Range *a, const Range *b)
{
    return a->first == b->first && a->last == b->last && a->region == b->region && a->offset == b->offset &&
           a->readonly == b->readonly;
}

static void mirror_del(Listener *listener, const Range *range)
{
    Mirror *mirror = (Mirror *)listener;

    g_assert_true(mirror->inside);
    for (unsigned i = 0; i < mirror->ranges->len; i++) {
        if (same(&g_array_index(mirror->ranges, Range, i), range)) {
            g_array_remove_index_fast(mirror->ranges, i);
            mirror->changes++;
            return;
        }
    }
    g_assert_not_reached();
}

static int compare_ranges(gconstpointer a, gconstpointer b)
{
    const Range *ra = a, *rb = b;

    return ra->first < rb->first ? -1 : ra->first > rb->first;
}

static void check_mirror(Mirror *mirror, Space *space)
{
    g_array_sort(mirror->ranges, compare_ranges);
    g_assert_cmpuint(mirror->ranges->len, ==, space->view->len);
    for (unsigned i = 0; i < space->view->len; i++) {
        g_assert_true(same(&g_array_index(mirror->ranges, Range, i), &g_array_index(space->view, Range, i)));
    }
}

static void mirror_init(Mirror *mirror, Space *space)
{
    *mirror = (Mirror){
        .listener = { .begin = mirror_begin, .del = mirror_del, .add = mirror_add, .commit = mirror_commit },
        .ranges = g_array_new(false, false, sizeof(Range)),
    };
    space_listen(space, &mirror->listener);
}

static void mirror_finish(Mirror *mirror, Space *space)
{
    space_unlisten(space, &mirror->listener);
    g_assert_cmpuint(mirror->ranges->len, ==, 0);
    g_array_unref(mirror->ranges);
}

/* ---- random trees ---- */

static const RegionOps no_ops;

/* Region i holds or shows only regions before it, so there are no circles; the last one is the root. */
typedef struct Tree {
    Region regions[MOST_REGIONS];
    unsigned count;
    Space space;
} Tree;

static uint32_t random_below(uint32_t limit)
{
    return (uint32_t)g_test_rand_int_range(0, (gint32)limit);
}

static uint64_t random_offset(void)
{
    switch (random_below(8)) {
    case 0:
        return UINT64_MAX - random_below(0x100);
    case 1:
        return 0;
    default:
        return random_below(0x100);
    }
}

static uint64_t random_size(void)
{
    return random_below(6) == 0 ? 0 : 1 + random_below(0xc0);
}

static void random_region(Tree *tree, unsigned i)
{
    Region *region = &tree->regions[i];
    uint64_t size = random_size();

    switch (i == tree->count - 1 ? 0 : random_below(i > 0 ? 5 : 3)) {
    case 0:
        region_init_container(region, "container", i == tree->count - 1 ? 0 : size);
        break;
    case 1:
        region_init_io(region, "io", size, &no_ops, NULL);
        break;
    case 2:
        region_init_ram(region, "ram", size, (HostMemory){ .fd = -1 });
        break;
    default:
        region_init_alias(region, "alias", &tree->regions[random_below(i)], random_offset(), size);
        break;
    }
    region->hidden = random_below(8) == 0;
    region->readonly = random_below(6) == 0;
}

/* A container behind @i to put it into, or NULL. I/O and RAM regions may have children too. */
static Region *random_parent(Tree *tree, unsigned i)
{
    Region *parent = &tree->regions[i + 1 + random_below(tree->count - i - 1)];

    return parent->kind == REGION_ALIAS ? &tree->regions[tree->count - 1] : parent;
}

static void attach(Tree *tree, unsigned i)
{
    region_add(random_parent(tree, i), &tree->regions[i], random_offset(), (int)random_below(4) - 1);
}

static void tree_init(Tree *tree)
{
    tree->count = 3 + random_below(MOST_REGIONS - 2);
    for (unsigned i = 0; i < tree->count; i++) {
        random_region(tree, i);
    }
    tree->regions[tree->count - 1].hidden = false;
    for (unsigned i = 0; i < tree->count - 1; i++) {
        if (random_below(8)) {
            attach(tree, i);
        }
    }
    space_init(&tree->space, "random", &tree->regions[tree->count - 1], 0);
}

static void tree_finish(Tree *tree)
{
    space_finish(&tree->space);
    for (unsigned i = 0; i < tree->count; i++) {
        region_finish(&tree->regions[i]);
    }
}

static void random_change(Tree *tree)
{
    unsigned i = random_below(tree->count - 1);
    Region *region = &tree->regions[i];

    switch (random_below(6)) {
    case 0:
        region_hide(region, !region->hidden);
        break;
    case 1:
        region_set_readonly(region, !region->readonly);
        break;
    case 2:
        region_set_size(region, random_size());
        break;
    case 3:
        region_set_alias_offset(region, random_offset());
        break;
    case 4:
        region_move(region, random_offset());
        break;
    default:
        if (region->parent) {
            region_del(region);
        } else {
            attach(tree, i);
        }
        break;
    }
}

/* ---- tests ---- */

static void test_random_trees_equal_the_oracle(void)
{
    for (unsigned i = 0; i < TREES; i++) {
        Tree tree = { 0 };
        tree_init(&tree);
        check_view(&tree.space);
        tree_finish(&tree);
    }
}

static void test_listeners_follow_random_changes(void)
{
    for (unsigned i = 0; i < TREES / 10; i++) {
        Tree tree = { 0 };
        Mirror mirror;
        tree_init(&tree);
        mirror_init(&mirror, &tree.space);
        for (unsigned n = 0; n < CHANGES; n++) {
            unsigned at_once = 1 + random_below(4);
            region_transaction_begin();
            for (; at_once > 0; at_once--) {
                random_change(&tree);
            }
            region_transaction_commit();
            check_view(&tree.space);
            check_mirror(&mirror, &tree.space);
        }
        mirror_finish(&mirror, &tree.space);
        tree_finish(&tree);
    }
}

static void test_a_region_ends_at_the_end_of_the_space(void)
{
    Region root, rom, beyond;
    Space space = { 0 };

    region_init_container(&root, "root", 0);
    region_init_io(&rom, "rom", 0x1000, &no_ops, NULL);
    region_init_io(&beyond, "beyond", 0x1000, &no_ops, NULL);
    region_add(&root, &rom, UINT64_MAX - 0xfff, 0);
    region_add(&root, &beyond, UINT64_MAX - 0xf, 1);
    space_init(&space, "end", &root, 0);
    g_assert_true(space_find(&space, UINT64_MAX)->region == &beyond);
    g_assert_true(space_find(&space, UINT64_MAX - 0x10)->region == &rom);
    g_assert_null(space_find(&space, 0));       /* what does not fit is not at 0 */
    space_finish(&space);
    region_finish(&root);
}

static void test_an_alias_shows_the_middle_of_its_target(void)
{
    Region root, ram, low, high;
    Space space = { 0 };

    region_init_container(&root, "root", 0);
    region_init_ram(&ram, "ram", 0x3000, (HostMemory){ .fd = -1 });
    region_init_alias(&low, "low", &ram, 0, 0x2000);
    region_init_alias(&high, "high", &ram, 0x2000, 0x1000);
    region_add(&root, &low, 0, 0);
    region_add(&root, &high, 0x100000000, 0);
    space_init(&space, "ram", &root, 0);
    g_assert_cmpuint(space.view->len, ==, 2);
    const Range *range = space_find(&space, 0x100000123);
    g_assert_true(range->region == &ram);
    g_assert_cmphex(range->offset, ==, 0x2000);
    region_move(&high, 0x2000);                 /* now both are one stretch */
    g_assert_cmpuint(space.view->len, ==, 1);
    space_finish(&space);
    region_finish(&root);
}

static void test_a_change_that_shows_nothing_tells_nothing(void)
{
    Region root, top, below;
    Space space = { 0 };
    Mirror mirror;

    region_init_container(&root, "root", 0);
    region_init_io(&top, "top", 0x100, &no_ops, NULL);
    region_init_io(&below, "below", 0x10, &no_ops, NULL);
    region_add(&root, &top, 0, 1);
    space_init(&space, "quiet", &root, 0);
    mirror_init(&mirror, &space);
    mirror.changes = 0;
    region_add(&root, &below, 0x20, 0);
    region_move(&below, 0x40);
    region_transaction_begin();
    region_hide(&top, true);
    region_hide(&top, false);
    region_transaction_commit();
    g_assert_cmpuint(mirror.changes, ==, 0);
    region_hide(&top, true);
    g_assert_cmpuint(mirror.changes, ==, 2);    /* top went, below came */
    mirror_finish(&mirror, &space);
    space_finish(&space);
    region_finish(&root);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/region/random trees equal the oracle", test_random_trees_equal_the_oracle);
    g_test_add_func("/region/listeners follow random changes", test_listeners_follow_random_changes);
    g_test_add_func("/region/a region ends at the end of the space", test_a_region_ends_at_the_end_of_the_space);
    g_test_add_func("/region/an alias shows the middle of its target", test_an_alias_shows_the_middle_of_its_target);
    g_test_add_func("/region/a change that shows nothing tells nothing", test_a_change_that_shows_nothing_tells_nothing);
    return g_test_run();
}
