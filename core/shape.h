/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What JSON looks like, said in a line of text (core/command.h): str, int, number, bool, any,
 * null; [SHAPE]; {name:SHAPE,?optional:SHAPE}; other words, separated by '|', are
 * the strings there may be.
 */
#ifndef CORE_SHAPE_H
#define CORE_SHAPE_H

#include <glib.h>

#include "lib/json.h"

typedef enum ShapeKind {
    SHAPE_STR, SHAPE_INT, SHAPE_NUMBER, SHAPE_BOOL, SHAPE_NULL, SHAPE_ANY,
    SHAPE_ENUM, SHAPE_ARRAY, SHAPE_OBJECT,
} ShapeKind;

typedef struct Shape Shape;

typedef struct ShapeMember {
    char *name;
    Shape *shape;
    bool optional;
} ShapeMember;

struct Shape {
    ShapeKind kind;
    char **words;           /* enum */
    Shape *item;            /* array */
    GPtrArray *members;     /* object: of ShapeMember, in the order of the text */
};

/* A @text that is no shape sets *errp and returns NULL. Texts are ours: tests see to it that all are shapes. */
Shape *shape_parse(const char *text, Error **errp);

/* NULL is accepted. */
void shape_free(Shape *shape);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shape, shape_free)

/* "str", "int" ...; NULL for enums, arrays and objects. */
const char *shape_builtin_name(ShapeKind kind);

/*
 * @value looks like this. @path names it in errors: "Invalid parameter type for 'enable[0]', expected:
 * string", "Parameter 'a.b' is missing", "Parameter 'x' does not accept value 'y'".
 */
bool shape_check(const Shape *shape, Json *value, const char *path, Error **errp);

#endif
