/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places and paths of objects, their interrupt lines. */
#include "core/pins.h"
#include "core/tree.h"

static bool levels_seen[4];
static int device_levels[4];

CLASS(thing_class) = { .name = "thing", .desc = "A thing", .size = sizeof(Object) };

static Object *thing(void)
{
    Error *err = NULL;
    Object *obj = object_new(&thing_class, NULL, &err);

    g_assert_null(err);
    return obj;
}

static void assert_path(const Object *obj, const char *expected)
{
    g_autofree char *path = tree_path(obj);

    g_assert_cmpstr(path, ==, expected);
}

static void test_containers_have_their_known_paths(void)
{
    static const char *const paths[TREE_PLACE_COUNT] = {
        "/", "/machine", "/objects", "/chardevs", "/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached",
    };

    for (unsigned i = 0; i < TREE_PLACE_COUNT; i++) {
        assert_path(tree_at((TreePlace)i), paths[i]);
        g_assert_true(tree_find(paths[i], NULL) == tree_at((TreePlace)i));
    }
}

static void test_unnamed_children_take_the_lowest_free_number(void)
{
    Object *a = thing(), *b = thing(), *c = thing();

    tree_place(tree_at(TREE_UNATTACHED), NULL, a);
    tree_place(tree_at(TREE_UNATTACHED), NULL, b);
    assert_path(a, "/machine/unattached/device[0]");
    assert_path(b, "/machine/unattached/device[1]");
    object_free(a);
    tree_place(tree_at(TREE_UNATTACHED), NULL, c);
    assert_path(c, "/machine/unattached/device[0]");
    object_free(b);
    object_free(c);
    g_assert_null(tree_find("/machine/unattached/device[0]", NULL));
}

static void test_partial_paths_find_one_or_are_ambiguous(void)
{
    Object *a = thing(), *b = thing(), *bus = thing();
    bool ambiguous;

    tree_place(tree_at(TREE_MACHINE), "i440fx", a);
    tree_place(a, "pci.0", bus);
    tree_place(tree_at(TREE_OBJECTS), "other", b);
    g_assert_true(tree_find("pci.0", &ambiguous) == bus && !ambiguous);
    g_assert_true(tree_find("i440fx/pci.0", NULL) == bus);
    g_assert_null(tree_find("pci", &ambiguous));
    g_assert_false(ambiguous);
    g_assert_null(tree_find("", NULL));
    tree_place(tree_at(TREE_OBJECTS), "pci.0", b);
    assert_path(b, "/objects/pci.0");
    g_assert_null(tree_find("pci.0", &ambiguous));
    g_assert_true(ambiguous);
    object_free(a);     /* what stands below it has no place any more */
    assert_path(bus, NULL);
    object_free(bus);
    object_free(b);
}

static void test_the_machine_takes_over_what_was_there(void)
{
    Object *machine = thing();
    Object *peripheral = tree_at(TREE_PERIPHERAL);

    tree_set_machine(machine);
    g_assert_true(tree_find("/machine", NULL) == machine);
    g_assert_true(tree_find("/machine/peripheral", NULL) == peripheral);
    object_free(machine);
    g_assert_true(tree_find("/machine/peripheral", NULL) == peripheral);
    g_assert_true(tree_find("/machine", NULL) != machine);
}

static void set_device(void *obj, int n, int level)
{
    device_levels[n] = level;
}

static void observe(void *opaque, unsigned n, int level)
{
    levels_seen[n] = level;
}

static void test_observed_inputs_still_reach_the_device(void)
{
    Object *obj = thing();

    pins_add_inputs(obj, NULL, 4, set_device);
    Irq line = pin_input(obj, NULL, 2);
    irq_set(&line, 1);
    g_assert_true(device_levels[2] == 1 && !levels_seen[2]);
    g_assert_true(pins_observe_inputs(obj, observe, NULL));
    irq_set(&line, 0);
    irq_set(&line, 1);
    g_assert_true(device_levels[2] == 1 && levels_seen[2]);
    pins_unobserve(&levels_seen);       /* somebody else */
    pins_unobserve(NULL);
    irq_set(&line, 0);
    g_assert_true(device_levels[2] == 0 && levels_seen[2]);
    g_assert_true(pins_observe_inputs(obj, observe, NULL));
    g_assert_true(pin_set_input(obj, NULL, 3, 1));
    g_assert_true(device_levels[3] == 1 && levels_seen[3]);
    g_assert_false(pin_set_input(obj, NULL, 4, 1));
    g_assert_false(pin_set_input(obj, "named", 0, 1));
    g_assert_false(pins_observe_outputs(obj, observe, NULL));
    object_free(obj);
}

static void test_observed_outputs_still_drive_the_wire(void)
{
    Object *from = thing();
    Irq lines[2] = { { .set = set_device, .n = 0 }, { 0 } };

    pins_add_outputs(from, NULL, 2, lines);
    levels_seen[0] = levels_seen[1] = false;
    g_assert_true(pins_observe_outputs(from, observe, NULL));
    g_assert_true(pins_observe_outputs(from, observe, NULL));   /* again: still one tap */
    irq_set(&lines[0], 1);
    irq_set(&lines[1], 1);
    g_assert_true(levels_seen[0] && levels_seen[1] && device_levels[0] == 1);
    object_free(from);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tree/containers", test_containers_have_their_known_paths);
    g_test_add_func("/tree/numbers", test_unnamed_children_take_the_lowest_free_number);
    g_test_add_func("/tree/partial", test_partial_paths_find_one_or_are_ambiguous);
    g_test_add_func("/tree/machine", test_the_machine_takes_over_what_was_there);
    g_test_add_func("/pins/inputs", test_observed_inputs_still_reach_the_device);
    g_test_add_func("/pins/outputs", test_observed_outputs_still_drive_the_wire);
    return g_test_run();
}
