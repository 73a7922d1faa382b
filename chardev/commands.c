/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about character devices; their place in the tree of objects is /chardevs. */
#include <string.h>

#include "chardev/chardev.h"
#include "core/command.h"
#include "core/tree.h"
#include "lib/parse.h"

/* ---- what there is ---- */

static Json *describe(const Chardev *chr)
{
    g_autofree char *filename = chardev_filename(chr);
    Json *item = json_add_bool(json_new(), "frontend-open", chardev_in_use(chr));

    json_add_str(item, "filename", filename);
    return json_add_str(item, "label", chardev_label(chr));
}

static bool query_chardev(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) all = object_list(&chardev_class);

    call->ret = json_array();
    for (unsigned i = 0; i < all->len; i++) {
        json_append(call->ret, describe(all->pdata[i]));
    }
    return true;
}

QMP_COMMAND(qmp_query_chardev) = {
    .name = "query-chardev",
    .help = "Character devices",
    .returns = "[{label:str,filename:str,frontend-open:bool}]",
    .run = query_chardev,
    .preconfig = true,
};

static bool info_chardev(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) all = object_list(&chardev_class);

    for (unsigned i = 0; i < all->len; i++) {
        g_autofree char *filename = chardev_filename(all->pdata[i]);
        g_string_append_printf(out, "%s: filename=%s\n", chardev_label(all->pdata[i]), filename);
    }
    return true;
}

HMP_COMMAND(hmp_info_chardev) = { .name = "info chardev", .help = "Character devices", .run = info_chardev };

static bool query_chardev_backends(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) classes = class_list(&chardev_class);

    call->ret = json_array();
    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        g_autofree char *name = class_user_name(cls);
        if (!cls->abstract) {
            json_append(call->ret, json_add_str(json_new(), "name", name));
        }
    }
    return true;
}

QMP_COMMAND(qmp_query_chardev_backends) = {
    .name = "query-chardev-backends",
    .help = "Backends of character devices",
    .returns = "[{name:str}]",
    .run = query_chardev_backends,
};

/* ---- making and removing ---- */

static bool check_new_id(const char *id, Error **errp)
{
    return !chardev_find(id) || fail(errp, "Chardev with id '%s' already exists", id);
}

/*
 * QMP nests what the command line has side by side: {"addr": {"type": "unix", "data": {"path": P}}, "server": true}.
 * The last words of the keys are the settings; "type" of an address is told by which settings there are.
 */
static void add_flat(KeyVals *to, const KeyVals *nested)
{
    for (unsigned i = 0; i < nested->items->len; i++) {
        const KeyVal *item = &g_array_index(nested->items, KeyVal, i);
        const char *dot = strrchr(item->key, '.');
        const char *key = dot ? dot + 1 : item->key;
        if (dot && g_str_equal(key, "type")) {
            continue;
        }
        bool names_fd = g_strcmp0(keyval_get(nested, "addr.type"), "fd") == 0 && g_str_equal(key, "str");
        bool names_file = g_str_equal(key, "out") || g_str_equal(key, "device");
        keyval_add(to, names_fd ? "fd" : names_file ? "path" : key, item->value);
    }
}

typedef struct ChardevAdd {
    char *id;
    Json *backend;
} ChardevAdd;

/* A pty's name is not known before it is made. */
static Json *pty_name(const Chardev *chr)
{
    g_autofree char *filename = chardev_filename(chr);

    return g_str_has_prefix(filename, "pty:") ? json_add_str(json_new(), "pty", filename + strlen("pty:")) : NULL;
}

static bool chardev_add(QmpCall *call, Error **errp)
{
    const ChardevAdd *args = call->args;
    const char *type = json_get_str(args->backend, "type");
    Json *data = json_get(args->backend, "data");

    if (!type) {
        return fail(errp, "Parameter 'backend.type' is missing");
    }
    if (!chardev_backend(type)) {
        return fail(errp, "Parameter 'type' does not accept value '%s'", type);
    }
    if (!data) {
        return fail(errp, "Parameter 'backend.data' is missing");
    }
    if (!json_object_is_type(data, json_type_object)) {
        return fail(errp, "Invalid parameter type for 'backend.data', expected: object");
    }
    g_autoptr(KeyVals) nested = keyval_from_json(data, errp);
    if (!nested || !check_new_id(args->id, errp)) {
        return false;
    }
    g_autoptr(KeyVals) settings = keyval_new();
    keyval_add(settings, "id", args->id);
    add_flat(settings, nested);
    const Chardev *chr = chardev_create_kv(type, settings, errp);
    call->ret = chr ? pty_name(chr) : NULL;
    return chr != NULL;
}

QMP_COMMAND(qmp_chardev_add) = {
    .name = "chardev-add",
    .help = "Make a character device",
    .size = sizeof(ChardevAdd),
    .args = (const Property[]){
        ARG(ChardevAdd, id, str, "id", "Name of the character device"),
        ARG_JSON(ChardevAdd, backend, "{type:str,data:any}", "backend", "Backend and its settings"),
        { }
    },
    .returns = "{?pty:str}",
    .run = chardev_add,
};

static bool hmp_chardev_add(GString *out, const char *args, Error **errp)
{
    return chardev_create(args, errp) != NULL;
}

HMP_COMMAND(hmp_chardev_add_row) = {
    .name = "chardev-add",
    .args = "args",
    .help = "Make a character device, like -chardev on the command line",
    .run = hmp_chardev_add,
};

static bool remove_chardev(const char *id, Error **errp)
{
    Chardev *chr = chardev_find(id);

    if (!chr) {
        return fail(errp, "Chardev '%s' not found", id);
    }
    if (chardev_in_use(chr)) {
        return fail(errp, "Chardev '%s' is busy", id);
    }
    object_free((Object *)chr);
    return true;
}

typedef struct ChardevRemove {
    char *id;
} ChardevRemove;

static bool chardev_remove(QmpCall *call, Error **errp)
{
    return remove_chardev(((ChardevRemove *)call->args)->id, errp);
}

QMP_COMMAND(qmp_chardev_remove) = {
    .name = "chardev-remove",
    .help = "Remove a character device nobody uses",
    .size = sizeof(ChardevRemove),
    .args = (const Property[]){ ARG(ChardevRemove, id, str, "id", "Name of the character device"), { } },
    .run = chardev_remove,
};

static bool hmp_chardev_remove(GString *out, const char *args, Error **errp)
{
    return remove_chardev(args, errp);
}

HMP_COMMAND(hmp_chardev_remove_row) = {
    .name = "chardev-remove",
    .args = "id",
    .help = "Remove a character device nobody uses",
    .run = hmp_chardev_remove,
};

/* ---- ring buffers ---- */

static const char *const formats[] = { "utf8", "base64", NULL };
enum { FORMAT_UTF8, FORMAT_BASE64 };

typedef struct Ringbuf {
    char *device, *data;
    uint64_t size;
    int format;
} Ringbuf;

static Chardev *find_ringbuf(const char *id, Error **errp)
{
    Chardev *chr = chardev_find(id);

    if (!chr) {
        fail(errp, "Device '%s' not found", id);
    } else if (!chardev_is_ringbuf(chr)) {
        fail(errp, "%s is not a ringbuf device", id);
        chr = NULL;
    }
    return chr;
}

/* Bytes that are no text become the replacement character: JSON has no other bytes. */
static Json *encode(GBytes *bytes, int format)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    g_autofree char *text = format == FORMAT_BASE64 ? g_base64_encode((const guchar *)data, len)
                                                    : g_utf8_make_valid(data ? data : "", (gssize)len);

    return json_text(text);
}

static bool ringbuf_read(QmpCall *call, Error **errp)
{
    const Ringbuf *args = call->args;
    Chardev *chr = find_ringbuf(args->device, errp);

    if (!chr) {
        return false;
    }
    if (args->size == 0) {
        return fail(errp, "size must be greater than zero");
    }
    g_autoptr(GBytes) bytes = chardev_ringbuf_read(chr, args->size, errp);
    call->ret = bytes ? encode(bytes, args->format) : NULL;
    return bytes != NULL;
}

QMP_COMMAND(qmp_ringbuf_read) = {
    .name = "ringbuf-read",
    .help = "Take bytes out of a ring buffer, oldest first",
    .size = sizeof(Ringbuf),
    .args = (const Property[]){
        ARG(Ringbuf, device, str, "device", "Name of the character device"),
        ARG(Ringbuf, size, u64, "size", "How many at most"),
        PROP_ENUM(Ringbuf, format, formats, "format", "utf8", "How bytes become text"),
        { }
    },
    .returns = "str",
    .run = ringbuf_read,
};

static bool ringbuf_write(QmpCall *call, Error **errp)
{
    const Ringbuf *args = call->args;
    Chardev *chr = find_ringbuf(args->device, errp);
    gsize len = strlen(args->data);

    if (!chr) {
        return false;
    }
    if (args->format == FORMAT_UTF8) {
        chardev_write(chr, args->data, len);
        return true;
    }
    g_autofree guchar *bytes = g_base64_decode(args->data, &len);
    chardev_write(chr, bytes, len);
    return true;
}

QMP_COMMAND(qmp_ringbuf_write) = {
    .name = "ringbuf-write",
    .help = "Put bytes into a ring buffer",
    .size = sizeof(Ringbuf),
    .args = (const Property[]){
        ARG(Ringbuf, device, str, "device", "Name of the character device"),
        ARG(Ringbuf, data, str, "data", "What to put there"),
        PROP_ENUM(Ringbuf, format, formats, "format", "utf8", "How bytes became text"),
        { }
    },
    .run = ringbuf_write,
};

static bool hmp_ringbuf_write(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);

    if (g_strv_length(words) < 2) {
        return fail(errp, "ringbuf_write: string expected");
    }
    Chardev *chr = find_ringbuf(words[0], errp);
    if (chr) {
        chardev_write(chr, words[1], strlen(words[1]));
    }
    return chr != NULL;
}

HMP_COMMAND(hmp_ringbuf_write_row) = {
    .name = "ringbuf_write",
    .args = "device data",
    .help = "Put text into a ring buffer",
    .run = hmp_ringbuf_write,
};

static bool hmp_ringbuf_read(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    uint64_t size;

    if (g_strv_length(words) < 2) {
        return fail(errp, "ringbuf_read: integer expected");
    }
    Chardev *chr = find_ringbuf(words[0], errp);
    if (!chr || !parse_u64(words[1], UINT32_MAX, &size, errp)) {
        return false;
    }
    g_autoptr(GBytes) bytes = chardev_ringbuf_read(chr, size, errp);
    g_autoptr(Json) text = encode(bytes, FORMAT_UTF8);
    g_string_append_printf(out, "%s\n", json_object_get_string(text));
    return true;
}

HMP_COMMAND(hmp_ringbuf_read_row) = {
    .name = "ringbuf_read",
    .args = "device size",
    .help = "Take text out of a ring buffer, oldest first",
    .run = hmp_ringbuf_read,
};
