/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords and keys users hand over; see secret.h. */
#include "core/secret.h"

#include <string.h>

#include "core/class.h"
#include "lib/fd.h"

typedef enum SecretFormat { SECRET_RAW, SECRET_BASE64 } SecretFormat;

static const char *const formats[] = { "raw", "base64", NULL };

typedef struct Secret {
    Object obj;
    char *data, *file;
    int format;             /* SecretFormat of what was given */
    GBytes *bytes;
} Secret;

/* A copy: a file that shrinks later must not take mapped pages away. */
static GBytes *read_file(const char *path, Error **errp)
{
    g_autoptr(GBytes) contents = file_map(path, errp);

    if (!contents) {
        fail(errp, "Unable to read %s", path);
        return NULL;
    }
    return g_bytes_new(g_bytes_get_data(contents, NULL), g_bytes_get_size(contents));
}

/* RFC 4648 section 4: groups of four, of which '=' fills up the last. g_base64_decode() alone would guess. */
static bool check_base64(const GString *text, Error **errp)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    gsize digits = strspn(text->str, alphabet), filled = strspn(text->str + digits, "=");

    if (digits + filled != text->len) {     /* a NUL among them ends the count as well */
        return fail(errp, "Base64 data contains invalid characters");
    }
    return (text->len % 4 == 0 && filled <= 2) || fail(errp, "Base64 data is incomplete");
}

/* Tools end lines of base64, and files of it, with a newline. */
static GBytes *decode(GBytes *given, Error **errp)
{
    g_autoptr(GString) text = g_string_new_len(g_bytes_get_data(given, NULL), (gssize)g_bytes_get_size(given));

    g_string_replace(text, "\n", "", 0);
    g_string_replace(text, "\r", "", 0);
    if (!check_base64(text, errp)) {
        return NULL;
    }
    gsize len;
    guchar *bytes = g_base64_decode(text->str, &len);
    return g_bytes_new_take(bytes, len);
}

static bool secret_realize(Object *obj, Error **errp)
{
    Secret *secret = (Secret *)obj;

    if (secret->data && secret->file) {
        return fail(errp, "'file' and 'data' are mutually exclusive");
    }
    if (!secret->data && !secret->file) {
        return fail(errp, "Either 'file' or 'data' must be provided");
    }
    g_autoptr(GBytes) given = secret->file ? read_file(secret->file, errp) : g_bytes_new(secret->data, strlen(secret->data));
    if (given) {
        secret->bytes = secret->format == SECRET_BASE64 ? decode(given, errp) : g_bytes_ref(given);
    }
    return secret->bytes != NULL;
}

static void secret_unrealize(Object *obj)
{
    g_clear_pointer(&((Secret *)obj)->bytes, g_bytes_unref);
}

CLASS(secret_class) = {
    .name = "secret",
    .parent = &user_creatable_class,
    .desc = "Password or key",
    .size = sizeof(Secret),
    .props = (const Property[]){
        PROP(Secret, data, str, "data", NULL, "The secret itself; anyone who sees the command line sees it"),
        PROP(Secret, file, str, "file", NULL, "File that holds it"),
        PROP_ENUM(Secret, format, formats, "format", "raw", "How it is given: raw or base64"),
        { }
    },
    .realize = secret_realize,
    .unrealize = secret_unrealize,
};

GBytes *secret_bytes(const char *id, Error **errp)
{
    Secret *secret = (Secret *)object_find(&secret_class, id);

    if (!secret) {
        fail(errp, "No secret with id '%s'", id);
        return NULL;
    }
    return g_bytes_ref(secret->bytes);
}
