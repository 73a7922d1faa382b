/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of objects: kinds, errors, defaults, globals, and the life of an object. */
#include <string.h>

#include "core/class.h"

static GString *life;       /* one word a step */

typedef struct Thing {
    Object obj;
    bool flag;
    uint8_t small;
    uint16_t medium;
    uint32_t number;
    uint64_t large;
    int32_t sign;
    int64_t wide;
    uint64_t bytes;
    char *text;
    int word;
    OnOffAuto mode;
    bool refuse;
} Thing;

static const char *const words[] = { "red", "green", NULL };

static bool base_realize(Object *obj, Error **errp)
{
    g_string_append(life, "base ");
    return true;
}

static void base_unrealize(Object *obj)
{
    g_string_append(life, "unbase ");
}

static void base_reset(Object *obj)
{
    g_string_append(life, "rebase ");
}

CLASS(base_class) = {
    .name = "test-base",
    .desc = "A base",
    .size = sizeof(Thing),
    .abstract = true,
    .props = (const Property[]){
        PROP(Thing, flag, bool, "flag", "off", "A switch"),
        PROP(Thing, small, u8, "small", "7", "A byte"),
        PROP(Thing, text, str, "text", "none", "A text"),
        { }
    },
    .realize = base_realize,
    .unrealize = base_unrealize,
    .reset = base_reset,
};

static bool thing_realize(Object *obj, Error **errp)
{
    g_string_append(life, "thing ");
    return !((Thing *)obj)->refuse || fail(errp, "refused");
}

static void thing_unrealize(Object *obj)
{
    g_string_append(life, "unthing ");
}

static void thing_reset(Object *obj)
{
    g_string_append(life, "rething ");
}

CLASS(thing_class) = {
    .name = "test-thing",
    .parent = &base_class,
    .desc = "A thing",
    .size = sizeof(Thing),
    .props = (const Property[]){
        PROP(Thing, medium, u16, "medium", "0x10", "Two bytes"),
        PROP(Thing, number, u32, "number", "4000000000", "Four bytes"),
        PROP(Thing, large, u64, "large", "0xffffffffffffffff", "Eight bytes"),
        PROP(Thing, sign, i32, "sign", "-1", "Signed"),
        PROP(Thing, wide, i64, "wide", "-5000000000", "Signed, wide"),
        PROP(Thing, bytes, size, "bytes", "1M", "A size"),
        PROP_ENUM(Thing, word, words, "word", "green", "One of two"),
        PROP(Thing, mode, onoffauto, "mode", "auto", "Three ways"),
        PROP(Thing, flag, bool, "flag", "on", "A switch, restated"),
        PROP(Thing, refuse, bool, "refuse", "off", "Realize fails"),
        { }
    },
    .realize = thing_realize,
    .unrealize = thing_unrealize,
    .reset = thing_reset,
};

static Thing *thing_new(const char *id)
{
    Error *err = NULL;
    Object *obj = object_new(&thing_class, id, &err);

    g_assert_nonnull(obj);
    return (Thing *)obj;
}

static void test_defaults_are_read_like_settings(void)
{
    static const char *const rows[][2] = {
        { "flag", "on" }, { "small", "7" }, { "text", "none" }, { "medium", "16" }, { "number", "4000000000" },
        { "large", "18446744073709551615" }, { "sign", "-1" }, { "wide", "-5000000000" }, { "bytes", "1048576" },
        { "word", "green" }, { "mode", "auto" },
    };
    Thing *thing = thing_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        g_autofree char *text = object_get(&thing->obj, rows[i][0], &err);
        g_assert_cmpstr(text, ==, rows[i][1]);
    }
    object_free(&thing->obj);
}

static void test_kinds_read_and_print(void)
{
    static const struct {
        const char *name, *text, *printed;      /* printed: NULL: refused */
    } rows[] = {
        { "flag", "off", "off" }, { "flag", "yes", "on" }, { "flag", "maybe", NULL },
        { "small", "255", "255" }, { "small", "256", NULL }, { "small", "-1", NULL },
        { "medium", "0xffff", "65535" }, { "medium", "65536", NULL },
        { "number", "0xffffffff", "4294967295" }, { "number", "0x100000000", NULL },
        { "large", "18446744073709551615", "18446744073709551615" }, { "large", "18446744073709551616", NULL },
        { "sign", "-2147483648", "-2147483648" }, { "sign", "2147483648", NULL },
        { "wide", "9223372036854775807", "9223372036854775807" }, { "wide", "9223372036854775808", NULL },
        { "bytes", "2G", "2147483648" }, { "bytes", "64", "64" }, { "bytes", "x", NULL },
        { "text", "", "" }, { "text", "a b", "a b" },
        { "word", "red", "red" }, { "word", "blue", NULL }, { "word", "", NULL },
        { "mode", "on", "on" }, { "mode", "no", "off" }, { "mode", "auto", "auto" }, { "mode", "x", NULL },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Thing *thing = thing_new(NULL);
        Error *err = NULL;
        g_autofree char *before = object_get(&thing->obj, rows[i].name, &err);
        bool ok = object_set(&thing->obj, rows[i].name, rows[i].text, &err);
        Error *none = NULL;
        g_autofree char *after = object_get(&thing->obj, rows[i].name, &none);
        g_test_message("%s=%s", rows[i].name, rows[i].text);
        g_assert_true(ok == (rows[i].printed != NULL));
        g_assert_cmpstr(after, ==, ok ? rows[i].printed : before);
        error_free(err);
        object_free(&thing->obj);
    }
}

static void check_error(Thing *thing, const char *name, const char *text, const char *expected)
{
    Error *err = NULL;

    g_assert_false(object_set(&thing->obj, name, text, &err));
    g_assert_cmpstr(error_message(err), ==, expected);
    error_free(err);
}

static void test_errors_name_the_setting(void)
{
    Thing *thing = thing_new(NULL);

    check_error(thing, "nope", "1", "Property 'test-thing.nope' not found");
    check_error(thing, "small", "x", "Property 'small': 'x' is not a number");
    check_error(thing, "small", "256", "Property 'small': 256 is too large (at most 255)");
    check_error(thing, "word", "blue", "Property 'word': 'blue' is not one of: red, green");
    check_error(thing, "flag", "1", "Property 'flag': '1' is neither 'on' nor 'off'");
    object_free(&thing->obj);
}

static void test_json_sets_the_same(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) pairs = keyval_parse("small=3,flag=off,text=a,,b,sign=-4", NULL, &err);
    g_autoptr(KeyVals) json = keyval_parse("{'small': 3, 'flag': false, 'text': 'a,b', 'sign': -4}", NULL, &err);
    const KeyVals *forms[] = { pairs, json };

    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        Thing *thing = thing_new(NULL);
        g_assert_true(object_set_all(&thing->obj, forms[i], &err));
        g_assert_cmpuint(thing->small, ==, 3);
        g_assert_false(thing->flag);
        g_assert_cmpstr(thing->text, ==, "a,b");
        g_assert_cmpint(thing->sign, ==, -4);
        object_free(&thing->obj);
    }
}

static void test_life_goes_from_the_ancestor_down_and_back(void)
{
    Error *err = NULL;
    Thing *thing = thing_new("t");

    g_string_truncate(life, 0);
    g_assert_true(object_realize(&thing->obj, &err));
    g_assert_true(object_find(&base_class, "t") == &thing->obj);
    object_reset_all();
    object_free_all();
    g_assert_cmpstr(life->str, ==, "base thing rebase rething unthing unbase ");
    g_assert_null(object_find(NULL, "t"));
}

static void test_a_failed_realize_is_undone(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("refuse=on", NULL, &err);

    g_string_truncate(life, 0);
    g_assert_null(object_create(&thing_class, "t", kv, &err));
    g_assert_cmpstr(error_message(err), ==, "refused");
    g_assert_cmpstr(life->str, ==, "base thing unthing unbase ");
    g_assert_null(object_find(NULL, "t"));
    error_free(err);
}

static void test_ids_are_unique(void)
{
    Error *err = NULL;
    Object *first = object_create(&thing_class, "same", NULL, &err);

    g_assert_nonnull(first);
    g_assert_null(object_create(&thing_class, "same", NULL, &err));
    g_assert_cmpstr(error_message(err), ==, "Duplicate ID 'same'");
    error_free(err);
    object_free(first);
}

static void test_help_shows_each_setting_once(void)
{
    g_autofree char *help = class_help(&thing_class);

    g_assert_nonnull(strstr(help, "flag=<bool>"));
    g_assert_nonnull(strstr(help, "A switch, restated (default: on)"));
    g_assert_null(strstr(strstr(help, "flag=") + 1, "flag="));
    g_assert_nonnull(strstr(help, "word=<red/green>"));
}

/* Last: globals stay. */
static void test_globals_come_before_the_users_words(void)
{
    Error *err = NULL;

    class_add_global("test-base", "small", "21");
    class_add_global("test-thing", "medium", "22");
    class_add_global("no-such-class", "medium", "23");
    class_add_global("test-thing", "no-such-property", "24");
    Thing *thing = thing_new(NULL);
    g_assert_cmpuint(thing->small, ==, 21);
    g_assert_cmpuint(thing->medium, ==, 22);
    g_assert_true(object_set(&thing->obj, "small", "3", &err));
    g_assert_cmpuint(thing->small, ==, 3);
    object_free(&thing->obj);

    class_add_global("test-thing", "number", "many");
    g_assert_null(object_new(&thing_class, NULL, &err));
    g_assert_cmpstr(error_message(err), ==,
                    "-global test-thing.number=many: Property 'number': 'many' is not a number");
    error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    life = g_string_new(NULL);
    g_test_add_func("/property/defaults are read like settings", test_defaults_are_read_like_settings);
    g_test_add_func("/property/kinds read and print", test_kinds_read_and_print);
    g_test_add_func("/property/errors name the setting", test_errors_name_the_setting);
    g_test_add_func("/property/JSON sets the same", test_json_sets_the_same);
    g_test_add_func("/property/life goes from the ancestor down and back", test_life_goes_from_the_ancestor_down_and_back);
    g_test_add_func("/property/a failed realize is undone", test_a_failed_realize_is_undone);
    g_test_add_func("/property/ids are unique", test_ids_are_unique);
    g_test_add_func("/property/help shows each setting once", test_help_shows_each_setting_once);
    g_test_add_func("/property/globals come before the user's words", test_globals_come_before_the_users_words);
    int status = g_test_run();
    g_string_free(life, true);
    return status;
}
