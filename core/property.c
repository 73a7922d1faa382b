/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of properties and the operations on rows; see property.h. */
#include "core/property.h"

#include <glib.h>
#include <string.h>

#include "lib/parse.h"

static bool bool_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    return parse_bool(text, field, errp);
}

static char *bool_print(const Property *prop, const void *field)
{
    return g_strdup(*(const bool *)field ? "on" : "off");
}

const PropKind prop_bool = { .name = "bool", .json = PROP_JSON_BOOL, .parse = bool_parse, .print = bool_print };

/* One kind per integer width: parse within the type's limits, print in decimal. */
#define INTEGER_KIND(kind, label, type, wide, reader, format, ...)                                        \
    static bool kind##_parse(const Property *prop, const char *text, void *field, Error **errp)          \
    {                                                                                                     \
        wide value;                                                                                       \
        if (!reader(text, __VA_ARGS__, &value, errp)) {                                                   \
            return false;                                                                                 \
        }                                                                                                 \
        *(type *)field = (type)value;                                                                     \
        return true;                                                                                      \
    }                                                                                                     \
    static char *kind##_print(const Property *prop, const void *field)                                    \
    {                                                                                                     \
        return g_strdup_printf("%" format, (wide)*(const type *)field);                                   \
    }                                                                                                     \
    const PropKind prop_##kind = { .name = label, .json = PROP_JSON_INT, .parse = kind##_parse, .print = kind##_print }

INTEGER_KIND(u8, "uint8", uint8_t, uint64_t, parse_u64, G_GUINT64_FORMAT, UINT8_MAX);
INTEGER_KIND(u16, "uint16", uint16_t, uint64_t, parse_u64, G_GUINT64_FORMAT, UINT16_MAX);
INTEGER_KIND(u32, "uint32", uint32_t, uint64_t, parse_u64, G_GUINT64_FORMAT, UINT32_MAX);
INTEGER_KIND(u64, "uint64", uint64_t, uint64_t, parse_u64, G_GUINT64_FORMAT, UINT64_MAX);
INTEGER_KIND(i32, "int32", int32_t, int64_t, parse_i64, G_GINT64_FORMAT, INT32_MIN, INT32_MAX);
INTEGER_KIND(i64, "int64", int64_t, int64_t, parse_i64, G_GINT64_FORMAT, INT64_MIN, INT64_MAX);
INTEGER_KIND(size, "size", uint64_t, uint64_t, parse_size, G_GUINT64_FORMAT, 1);

static bool str_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    char **text_field = field;

    g_free(*text_field);
    *text_field = g_strdup(text);
    return true;
}

static char *str_print(const Property *prop, const void *field)
{
    const char *text = *(char *const *)field;

    return g_strdup(text ? text : "");
}

static void str_finish(void *field)
{
    g_clear_pointer((char **)field, g_free);
}

const PropKind prop_str = { .name = "str", .parse = str_parse, .print = str_print, .finish = str_finish };

static bool words_parse(const char *const *words, const char *text, int *ret, Error **errp)
{
    for (int i = 0; words[i]; i++) {
        if (g_str_equal(words[i], text)) {
            *ret = i;
            return true;
        }
    }
    g_autofree char *list = g_strjoinv(", ", (char **)words);
    return fail(errp, "'%s' is not one of: %s", text, list);
}

static bool enum_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    return words_parse(prop->words, text, field, errp);
}

static char *enum_print(const Property *prop, const void *field)
{
    return g_strdup(prop->words[*(const int *)field]);
}

const PropKind prop_enum = { .name = "enum", .parse = enum_parse, .print = enum_print };

static const char *const onoffauto_words[] = { "auto", "on", "off", NULL };

static bool onoffauto_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    bool on;
    Error *not_bool = NULL;
    int value;

    if (parse_bool(text, &on, &not_bool)) {
        *(OnOffAuto *)field = on ? ON_OFF_AUTO_ON : ON_OFF_AUTO_OFF;
        return true;
    }
    error_free(not_bool);
    if (!words_parse(onoffauto_words, text, &value, errp)) {
        return false;
    }
    *(OnOffAuto *)field = (OnOffAuto)value;
    return true;
}

static char *onoffauto_print(const Property *prop, const void *field)
{
    return g_strdup(onoffauto_words[*(const OnOffAuto *)field]);
}

const PropKind prop_onoffauto = { .name = "OnOffAuto", .parse = onoffauto_parse, .print = onoffauto_print };

const Property *property_find(const Property *props, const char *name)
{
    for (; props && props->name; props++) {
        if (g_str_equal(props->name, name)) {
            return props;
        }
    }
    return NULL;
}

bool property_set(const Property *prop, void *object, const char *text, Error **errp)
{
    return prop->kind->parse(prop, text, property_field(prop, object), errp) ||
           fail(errp, "Property '%s'", prop->name);
}

void property_set_defaults(const Property *props, void *object)
{
    for (; props && props->name; props++) {
        Error *err = NULL;
        if (!props->def) {
            continue;
        }
        bool ok = property_set(props, object, props->def, &err);
        g_assert(ok);
    }
}

void properties_finish(const Property *props, void *object)
{
    for (; props && props->name; props++) {
        if (props->kind->finish) {
            props->kind->finish(property_field(props, object));
        }
    }
}

char *property_describe(const Property *prop)
{
    g_autofree char *words = prop->words ? g_strjoinv("/", (char **)prop->words) : NULL;
    g_autofree char *type = words ? g_strdup_printf("%s", words) : g_strdup(prop->kind->name);
    g_autofree char *def = prop->def ? g_strdup_printf(" (default: %s)", prop->def) : g_strdup("");

    return g_strdup_printf("  %s=<%s>%*s - %s%s", prop->name, type,
                           MAX(0, 30 - (int)(strlen(prop->name) + strlen(type))), "", prop->help, def);
}
