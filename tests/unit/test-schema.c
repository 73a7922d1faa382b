/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema: every type it names is there, what management tools look up is found; shapes are read and compared. */
#include "core/shape.h"
#include "monitor/schema.h"

/* ---- rows for the test ---- */

typedef struct TestObject {
    Object obj;
    uint32_t size;
    OnOffAuto mode;
} TestObject;

CLASS(test_object_base) = { .name = "test-base", .size = sizeof(TestObject), .abstract = true };

CLASS(test_object) = {
    .name = "test-kind",
    .parent = &test_object_base,
    .size = sizeof(TestObject),
    .props = (const Property[]){
        PROP(TestObject, size, u32, "size", "1", "A number"),
        PROP(TestObject, mode, onoffauto, "mode", "auto", "A switch"),
        { }
    },
};

typedef struct TestArgs {
    char *kind, *id;
    Json *list;
} TestArgs;

static bool do_nothing(QmpCall *call, Error **errp)
{
    return true;
}

QMP_COMMAND(test_add_command) = {
    .name = "test-add",
    .help = "Adds.",
    .size = sizeof(TestArgs),
    .args = (const Property[]){
        ARG(TestArgs, kind, str, "kind", "What"),
        ARG(TestArgs, id, str, "id", "Which"),
        OPT_JSON(TestArgs, list, "[{name:str,?state:up|down}]", "list", "More"),
        { }
    },
    .returns = "{?actual:int}",
    .run = do_nothing,
    .any_args = true,
    .tag = "kind",
    .tag_class = &test_object_base,
    .features = (const char *const[]){ "json-cli", "json-cli-hotplug", NULL },
    .oob = true,
};

EVENT(test_event) = { .name = "TEST", .help = "For the test.", .data = "{device:str}" };

/* ---- looking things up ---- */

static Json *schema;

static Json *find(const char *name)
{
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        Json *entry = json_object_array_get_idx(schema, i);
        if (g_strcmp0(json_get_str(entry, "name"), name) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* The item whose @key is @value; NULL: none. */
static Json *item(Json *array, const char *key, const char *value)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        Json *at = json_object_array_get_idx(array, i);
        if (g_strcmp0(json_get_str(at, key), value) == 0) {
            return at;
        }
    }
    return NULL;
}

static bool has_word(Json *array, const char *word)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        if (g_str_equal(json_object_get_string(json_object_array_get_idx(array, i)), word)) {
            return true;
        }
    }
    return false;
}

static Json *type_of(Json *entry, const char *key)
{
    return find(json_get_str(entry, key));
}

static Json *member_type(Json *object, const char *name)
{
    return type_of(item(json_get(object, "members"), "name", name), "type");
}

/* ---- tests ---- */

static void check_reference(Json *entry, const char *key)
{
    const char *type = json_get_str(entry, key);

    if (type && !find(type)) {
        g_error("%s: %s '%s' is not in the schema", json_get_str(entry, "name"), key, type);
    }
}

static void check_all(Json *array)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        check_reference(json_object_array_get_idx(array, i), "type");
    }
}

static void test_every_type_is_there(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        Json *entry = json_object_array_get_idx(schema, i);
        g_assert_nonnull(json_get_str(entry, "name"));
        g_assert_nonnull(json_get_str(entry, "meta-type"));
        g_assert_true(g_hash_table_add(names, (gpointer)json_get_str(entry, "name")));
        check_reference(entry, "arg-type");
        check_reference(entry, "ret-type");
        check_reference(entry, "element-type");
        check_all(json_get(entry, "members"));
        check_all(json_get(entry, "variants"));
    }
}

static void test_every_row_is_there(void)
{
    g_autoptr(GPtrArray) commands = qmp_commands(), events = event_list();

    for (unsigned i = 0; i < commands->len; i++) {
        const QmpCommand *command = commands->pdata[i];
        g_assert_cmpstr(json_get_str(find(command->name), "meta-type"), ==, "command");
        g_assert_nonnull(command->help);
        g_assert_nonnull(command->run);
    }
    for (unsigned i = 0; i < events->len; i++) {
        const Event *event = events->pdata[i];
        g_assert_cmpstr(json_get_str(find(event->name), "meta-type"), ==, "event");
        g_assert_nonnull(event->help);
    }
}

/* As libvirt does: command/$feature, command/arg-type/member/^value, command/arg-type/+variant/member, ret-type/member. */
static void test_lookups(void)
{
    Json *command = find("test-add"), *args = type_of(command, "arg-type"), *kind = member_type(args, "kind");

    g_assert_true(has_word(json_get(command, "features"), "json-cli-hotplug"));
    g_assert_true(json_object_get_boolean(json_get(command, "allow-oob")));
    g_assert_cmpstr(json_get_str(args, "tag"), ==, "kind");
    g_assert_true(has_word(json_get(kind, "values"), "test-kind"));
    g_assert_nonnull(item(json_get(kind, "members"), "name", "test-kind"));
    g_assert_false(has_word(json_get(kind, "values"), "test-base"));
    Json *variant = type_of(item(json_get(args, "variants"), "case", "test-kind"), "type");
    g_assert_cmpstr(json_get_str(member_type(variant, "size"), "json-type"), ==, "int");
    g_assert_true(has_word(json_get(member_type(variant, "mode"), "values"), "auto"));
    g_assert_nonnull(member_type(type_of(command, "ret-type"), "actual"));
    Json *list = member_type(args, "list"), *element = type_of(list, "element-type");
    g_assert_cmpstr(json_get_str(list, "meta-type"), ==, "array");
    g_assert_true(has_word(json_get(member_type(element, "state"), "values"), "down"));
    g_assert_cmpstr(json_get_str(member_type(type_of(find("TEST"), "arg-type"), "device"), "name"), ==, "str");
}

/* Optional members say so by a default of null; others have none. */
static void test_optional(void)
{
    Json *members = json_get(type_of(find("test-add"), "arg-type"), "members");

    g_assert_true(json_object_object_get_ex(item(members, "name", "list"), "default", NULL));
    g_assert_false(json_object_object_get_ex(item(members, "name", "id"), "default", NULL));
}

/* ---- shapes ---- */

static const char *const bad_shapes[] = { "", "[", "[str", "{", "{a}", "{a:}", "{a:str", "{a:str,}", "a|", "str]", "?a", "{?:str}" };

static void test_bad_shapes(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(bad_shapes); i++) {
        Error *err = NULL;
        g_assert_null(shape_parse(bad_shapes[i], &err));
        g_assert_nonnull(err);
        error_free(err);
    }
}

static const struct {
    const char *shape, *value, *error;
} compared[] = {
    { "str", "'a'", NULL },
    { "str", "1", "Invalid parameter type for 'x', expected: string" },
    { "int", "1", NULL },
    { "int", "1.5", "Invalid parameter type for 'x', expected: integer" },
    { "number", "1", NULL },
    { "number", "1.5", NULL },
    { "number", "'1'", "Invalid parameter type for 'x', expected: number" },
    { "bool", "true", NULL },
    { "any", "[1]", NULL },
    { "up|down", "'down'", NULL },
    { "up|down", "'left'", "Parameter 'x' does not accept value 'left'" },
    { "up|down", "{}", "Invalid parameter type for 'x', expected: string" },
    { "[[int]]", "[[1],[]]", NULL },
    { "[[int]]", "[[1],['a']]", "Invalid parameter type for 'x[1][0]', expected: integer" },
    { "{}", "{}", NULL },
    { "{}", "{'a':1}", "Parameter 'x.a' is unexpected" },
    { "{a:int,?b:str}", "{'a':1}", NULL },
    { "{a:int,?b:str}", "{'b':'c'}", "Parameter 'x.a' is missing" },
    { "{a:int,?b:str}", "{'a':1,'b':2}", "Invalid parameter type for 'x.b', expected: string" },
    { "{a:int}", "[]", "Invalid parameter type for 'x', expected: object" },
};

static void test_compare(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(compared); i++) {
        Error *err = NULL;
        g_autoptr(Shape) shape = shape_parse(compared[i].shape, &err);
        g_autoptr(Json) value = json_parse(compared[i].value, &err);
        g_assert_true(shape_check(shape, value, "x", &err) == !compared[i].error);
        g_assert_cmpstr(err ? error_message(err) : NULL, ==, compared[i].error);
        error_free(err);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    schema = schema_new();
    g_test_add_func("/schema/every type is there", test_every_type_is_there);
    g_test_add_func("/schema/every row is there", test_every_row_is_there);
    g_test_add_func("/schema/look-ups", test_lookups);
    g_test_add_func("/schema/optional", test_optional);
    g_test_add_func("/shape/bad ones", test_bad_shapes);
    g_test_add_func("/shape/compared with values", test_compare);
    int failed = g_test_run();
    json_free(schema);
    return failed;
}
