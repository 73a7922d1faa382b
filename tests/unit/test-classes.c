/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is true of every class there is: names, descriptions, help, and defaults that parse. */
#include <string.h>

#include "core/class.h"

typedef void Check(const Class *cls);

static void for_every_class(Check *check)
{
    g_autoptr(GPtrArray) classes = class_list(NULL);

    g_assert_cmpuint(classes->len, >, 0);
    for (unsigned i = 0; i < classes->len; i++) {
        check(classes->pdata[i]);
    }
}

static void complain(const Class *cls, const Property *prop, const char *what)
{
    g_test_message("%s%s%s: %s", cls->name, prop ? "." : "", prop ? prop->name : "", what);
    g_test_fail();
}

static void check_description(const Class *cls)
{
    if (!cls->desc || !*cls->desc) {
        complain(cls, NULL, "no description");
    }
    if (cls->desc && g_str_has_suffix(cls->desc, ".")) {
        complain(cls, NULL, "the description is not a sentence");
    }
}

static void test_every_class_has_a_description(void)
{
    for_every_class(check_description);
}

static void test_names_are_unique(void)
{
    g_autoptr(GPtrArray) classes = class_list(NULL);

    for (unsigned i = 1; i < classes->len; i++) {
        const Class *a = classes->pdata[i - 1], *b = classes->pdata[i];
        g_assert_cmpstr(a->name, !=, b->name);
    }
}

/* An instance holds its parent's and all its settings. */
static void check_size(const Class *cls)
{
    if (cls->size < sizeof(Object) || (cls->parent && cls->size < cls->parent->size)) {
        complain(cls, NULL, "smaller than its parent");
    }
    for (const Property *prop = cls->props; prop && prop->name; prop++) {
        if (prop->offset < sizeof(Object) || prop->offset >= cls->size) {
            complain(cls, prop, "not a field of the instance");
        }
    }
}

static void test_every_setting_lies_in_its_object(void)
{
    for_every_class(check_size);
}

static void check_help(const Class *cls)
{
    for (const Property *prop = cls->props; prop && prop->name; prop++) {
        if (!prop->help || !*prop->help) {
            complain(cls, prop, "no help");
        } else if (g_str_has_suffix(prop->help, ".") || g_ascii_islower(prop->help[0])) {
            complain(cls, prop, "help is a phrase that begins with a capital");
        }
    }
    g_autofree char *help = class_help(cls);
    g_assert_true(g_str_has_prefix(help, cls->name));
}

static void test_every_setting_has_help(void)
{
    for_every_class(check_help);
}

/* Reading back what a default means and setting that changes nothing. */
static void check_default(const Class *cls, const Property *prop, void *object)
{
    Error *err = NULL;

    if (prop->def && !property_set(prop, object, prop->def, &err)) {
        complain(cls, prop, error_message(err));
        error_free(err);
        return;
    }
    g_autofree char *once = prop->kind->print(prop, property_field(prop, object));
    if (prop->def && !property_set(prop, object, once, &err)) {
        complain(cls, prop, error_message(err));
        error_free(err);
        return;
    }
    g_autofree char *twice = prop->kind->print(prop, property_field(prop, object));
    g_assert_cmpstr(once, ==, twice);
}

static void check_defaults(const Class *cls)
{
    g_autofree void *object = g_malloc0(cls->size);

    for (const Property *prop = cls->props; prop && prop->name; prop++) {
        check_default(cls, prop, object);
    }
    properties_finish(cls->props, object);
}

static void test_every_default_parses(void)
{
    for_every_class(check_defaults);
}

static void check_instance(const Class *cls)
{
    Error *err = NULL;

    if (cls->abstract) {
        return;
    }
    Object *obj = object_new(cls, NULL, &err);
    g_assert_nonnull(obj);
    object_free(obj);
}

static void test_an_object_can_be_made_and_dropped(void)
{
    for_every_class(check_instance);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/classes/every class has a description", test_every_class_has_a_description);
    g_test_add_func("/classes/names are unique", test_names_are_unique);
    g_test_add_func("/classes/every setting lies in its object", test_every_setting_lies_in_its_object);
    g_test_add_func("/classes/every setting has help", test_every_setting_has_help);
    g_test_add_func("/classes/every default parses", test_every_default_parses);
    g_test_add_func("/classes/an object can be made and dropped", test_an_object_can_be_made_and_dropped);
    return g_test_run();
}
