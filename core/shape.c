/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes of JSON: read, and compared with values; see shape.h. */
#include "core/shape.h"

#include <string.h>

/* In the order of ShapeKind. */
static const struct {
    const char *word;       /* in texts; NULL: has a form of its own */
    json_type type;
    const char *expected;   /* in the words of QMP's errors */
} kinds[] = {
    [SHAPE_STR] = { "str", json_type_string, "string" },
    [SHAPE_INT] = { "int", json_type_int, "integer" },
    [SHAPE_NUMBER] = { "number", json_type_double, "number" },
    [SHAPE_BOOL] = { "bool", json_type_boolean, "boolean" },
    [SHAPE_NULL] = { "null", json_type_null, "null" },
    [SHAPE_ANY] = { "any", json_type_null, NULL },
    [SHAPE_ENUM] = { NULL, json_type_string, "string" },
    [SHAPE_ARRAY] = { NULL, json_type_array, "array" },
    [SHAPE_OBJECT] = { NULL, json_type_object, "object" },
};

const char *shape_builtin_name(ShapeKind kind)
{
    return kinds[kind].word;
}

/* ---- reading; *at moves behind what was read ---- */

static Shape *read_shape(const char **at);

static bool take(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

/* Characters of a name or an enum's value. */
static char *read_word(const char **at)
{
    const char *start = *at;

    while (**at && !strchr("[]{}:,?|", **at)) {
        (*at)++;
    }
    return *at > start ? g_strndup(start, (gsize)(*at - start)) : NULL;
}

static void member_free(gpointer data)
{
    ShapeMember *member = data;

    g_free(member->name);
    shape_free(member->shape);
    g_free(member);
}

static bool read_member(const char **at, GPtrArray *members)
{
    ShapeMember *member = g_new0(ShapeMember, 1);

    g_ptr_array_add(members, member);
    member->optional = take(at, '?');
    member->name = read_word(at);
    member->shape = member->name && take(at, ':') ? read_shape(at) : NULL;
    return member->shape != NULL;
}

static bool read_members(const char **at, GPtrArray *members)
{
    if (take(at, '}')) {
        return true;
    }
    do {
        if (!read_member(at, members)) {
            return false;
        }
    } while (take(at, ','));
    return take(at, '}');
}

static bool read_object(const char **at, Shape *shape)
{
    shape->kind = SHAPE_OBJECT;
    shape->members = g_ptr_array_new_with_free_func(member_free);
    return read_members(at, shape->members);
}

static bool read_array(const char **at, Shape *shape)
{
    shape->kind = SHAPE_ARRAY;
    shape->item = read_shape(at);
    return shape->item && take(at, ']');
}

/* One word that is a kind, or the values of an enum. */
static bool read_words(const char **at, Shape *shape)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    char *word;

    do {
        word = read_word(at);
        g_ptr_array_add(words, word);
    } while (word && take(at, '|'));
    if (!word) {
        return false;
    }
    for (unsigned i = 0; words->len == 1 && i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].word && g_str_equal(kinds[i].word, word)) {
            shape->kind = (ShapeKind)i;
            return true;
        }
    }
    shape->kind = SHAPE_ENUM;
    g_ptr_array_add(words, NULL);
    shape->words = g_strdupv((char **)words->pdata);
    return true;
}

static Shape *read_shape(const char **at)
{
    Shape *shape = g_new0(Shape, 1);
    bool ok = take(at, '{') ? read_object(at, shape) : take(at, '[') ? read_array(at, shape) : read_words(at, shape);

    if (!ok) {
        g_clear_pointer(&shape, shape_free);
    }
    return shape;
}

Shape *shape_parse(const char *text, Error **errp)
{
    const char *at = text;
    Shape *shape = read_shape(&at);

    if (!shape || *at) {
        fail(errp, "'%s' is no shape: stopped at '%s'", text, at);
        g_clear_pointer(&shape, shape_free);
    }
    return shape;
}

void shape_free(Shape *shape)
{
    if (shape) {
        g_strfreev(shape->words);
        shape_free(shape->item);
        g_clear_pointer(&shape->members, g_ptr_array_unref);
        g_free(shape);
    }
}

/* ---- comparing ---- */

/* QEMU names only the member here, not where it is. */
static bool check_enum(const Shape *shape, Json *value, const char *path, Error **errp)
{
    const char *text = json_object_get_string(value), *dot = strrchr(path, '.');

    return g_strv_contains((const char *const *)shape->words, text) ||
           fail(errp, "Parameter '%s' does not accept value '%s'", dot ? dot + 1 : path, text);
}

static bool check_items(const Shape *shape, Json *value, const char *path, Error **errp)
{
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%zu]", path, i);
        if (!shape_check(shape->item, json_object_array_get_idx(value, i), item_path, errp)) {
            return false;
        }
    }
    return true;
}

static const ShapeMember *find_member(const Shape *shape, const char *name)
{
    for (unsigned i = 0; i < shape->members->len; i++) {
        const ShapeMember *member = shape->members->pdata[i];
        if (g_str_equal(member->name, name)) {
            return member;
        }
    }
    return NULL;
}

static bool check_given(const Shape *shape, Json *value, const char *path, Error **errp)
{
    json_object_object_foreach(value, name, item) {
        const ShapeMember *member = find_member(shape, name);
        g_autofree char *item_path = g_strconcat(path, ".", name, NULL);
        if (!member) {
            return fail(errp, "Parameter '%s' is unexpected", item_path);
        }
        if (!shape_check(member->shape, item, item_path, errp)) {
            return false;
        }
    }
    return true;
}

static bool check_members(const Shape *shape, Json *value, const char *path, Error **errp)
{
    for (unsigned i = 0; i < shape->members->len; i++) {
        const ShapeMember *member = shape->members->pdata[i];
        if (!member->optional && !json_object_object_get_ex(value, member->name, NULL)) {
            return fail(errp, "Parameter '%s.%s' is missing", path, member->name);
        }
    }
    return check_given(shape, value, path, errp);
}

static bool has_type(const Shape *shape, Json *value)
{
    bool integral = shape->kind == SHAPE_NUMBER && json_object_is_type(value, json_type_int);

    return shape->kind == SHAPE_ANY || integral || json_object_is_type(value, kinds[shape->kind].type);
}

bool shape_check(const Shape *shape, Json *value, const char *path, Error **errp)
{
    if (!has_type(shape, value)) {
        return fail(errp, "Invalid parameter type for '%s', expected: %s", path, kinds[shape->kind].expected);
    }
    switch (shape->kind) {
    case SHAPE_ENUM:
        return check_enum(shape, value, path, errp);
    case SHAPE_ARRAY:
        return check_items(shape, value, path, errp);
    case SHAPE_OBJECT:
        return check_members(shape, value, path, errp);
    default:
        return true;
    }
}
