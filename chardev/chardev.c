/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices: making, finding, and the traffic between backend and front end; see chardev.h. */
#include "chardev/chardev.h"

#include <fcntl.h>
#include <string.h>

#include "chardev/backend.h"
#include "core/tree.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"

/* Other names of backends. */
static const struct {
    const char *alias, *backend;
} aliases[] = {
    { "tty", "serial" },
    { "memory", "ringbuf" },
};

static Chardev *as_chardev(Object *obj)
{
    return (Chardev *)obj;
}

const ChardevOps *chardev_ops(const Chardev *chr)
{
    return class_ops(chr->obj.class);
}

/* ---- front ends ---- */

static Attached *focused(Chardev *chr)
{
    return chr->front_count > 0 ? &chr->fronts[chr->focus] : NULL;
}

void chardev_tell_focus(Chardev *chr)
{
    Attached *to = focused(chr);

    if (to && to->front->event) {
        to->front->event(to->opaque, CHARDEV_FOCUS);
    }
}

bool chardev_is_patient(const Chardev *chr)
{
    for (unsigned i = 0; i < chr->front_count; i++) {
        if (chr->fronts[i].front->patient) {
            return true;
        }
    }
    return false;
}

bool chardev_attach(Chardev *chr, const ChardevFront *front, void *opaque, Error **errp)
{
    if (chr->front_count >= (chr->mux ? CHARDEV_FRONTS_MAX : 1)) {
        return fail(errp, "Device '%s' is in use", chr->label);
    }
    chr->fronts[chr->front_count++] = (Attached){ front, opaque };
    if (chr->open && front->event) {
        front->event(opaque, CHARDEV_OPENED);
    }
    if (chr->mux && chr->front_count == 1) {
        chardev_tell_focus(chr);
    }
    stream_watch_input(chr);
    return true;
}

bool chardev_attach_id(Chardev **ret_chr, const char *id, const ChardevFront *front, void *opaque, Error **errp)
{
    Chardev *chr = id ? chardev_find(id) : NULL;

    if (id && !chr) {
        return fail(errp, "Property 'chardev' can't find value '%s'", id);
    }
    if (chr && !chardev_attach(chr, front, opaque, errp)) {
        return fail(errp, "Property 'chardev' can't take value '%s'", id);
    }
    *ret_chr = chr;
    return true;
}

void chardev_detach(Chardev *chr, void *opaque)
{
    for (unsigned i = 0; chr && i < chr->front_count; i++) {
        if (chr->fronts[i].opaque == opaque) {
            chr->front_count--;
            memmove(&chr->fronts[i], &chr->fronts[i + 1], (chr->front_count - i) * sizeof(chr->fronts[0]));
            chr->focus = 0;
            stream_watch_input(chr);
            return;
        }
    }
}

void chardev_tell(Chardev *chr, ChardevEvent event)
{
    for (unsigned i = 0; i < chr->front_count; i++) {
        if (chr->fronts[i].front->event) {
            chr->fronts[i].front->event(chr->fronts[i].opaque, event);
        }
    }
}

void chardev_set_open(Chardev *chr, bool open)
{
    if (chr->open != open) {
        chr->open = open;
        chardev_tell(chr, open ? CHARDEV_OPENED : CHARDEV_CLOSED);
    }
}

size_t chardev_room(Chardev *chr)
{
    Attached *to = focused(chr);

    if (!to) {
        return 0;   /* it stays with the sender until somebody listens */
    }
    return to->front->receive && to->front->can_receive ? to->front->can_receive(to->opaque) : SIZE_MAX;
}

void chardev_deliver(Chardev *chr, const uint8_t *data, size_t len)
{
    Attached *to = focused(chr);

    if (to && to->front->receive && len > 0) {
        to->front->receive(to->opaque, data, len);
    }
}

void chardev_deliver_descriptors(Chardev *chr, const int *fds, unsigned count)
{
    Attached *to = focused(chr);

    if (to && to->front->descriptors) {
        to->front->descriptors(to->opaque, fds, count);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        int fd = fds[i];
        fd_close(&fd);
    }
}

void chardev_accept_input(Chardev *chr)
{
    if (chr) {
        mux_flush(chr);
        stream_watch_input(chr);
    }
}

static void log_output(Chardev *chr, const void *data, size_t len)
{
    if (chr->log_fd >= 0 && len > 0 && fd_write_all(chr->log_fd, data, len) < 0) {
        warn("chardev %s: writing '%s' failed; no more is logged", chr->label, chr->logfile);
        fd_close(&chr->log_fd);
    }
}

size_t chardev_write(Chardev *chr, const void *data, size_t len)
{
    if (!chr) {
        return len;
    }
    const ChardevOps *ops = chardev_ops(chr);
    size_t accepted = ops && ops->write ? ops->write(chr, data, len) : stream_write(chr, data, len);
    log_output(chr, data, accepted);
    return accepted;
}

/* ---- asking ---- */

const char *chardev_label(const Chardev *chr)
{
    return chr->label;
}

bool chardev_is_open(const Chardev *chr)
{
    return chr->open;
}

bool chardev_is_shared(const Chardev *chr)
{
    return chr->mux;
}

bool chardev_in_use(const Chardev *chr)
{
    return chr->front_count > 0;
}

char *chardev_filename(const Chardev *chr)
{
    const ChardevOps *ops = chardev_ops(chr);

    return ops && ops->filename ? ops->filename(chr) : class_user_name(chr->obj.class);
}

Chardev *chardev_find(const char *id)
{
    g_autoptr(GPtrArray) all = object_list(&chardev_class);

    for (unsigned i = 0; i < all->len; i++) {
        if (g_str_equal(as_chardev(all->pdata[i])->label, id)) {
            return all->pdata[i];
        }
    }
    return NULL;
}

char *chardev_help(void)
{
    g_autoptr(GPtrArray) all = class_list(&chardev_class);
    GString *text = g_string_new("Available chardev backend types:\n");

    for (unsigned i = 0; i < all->len; i++) {
        const Class *cls = all->pdata[i];
        g_autofree char *name = class_user_name(cls);
        if (!cls->abstract) {
            g_string_append_printf(text, "  %-10s %s\n", name, cls->desc);
        }
    }
    return g_string_free(text, false);
}

/* ---- making ---- */

const Class *chardev_backend(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (g_str_equal(aliases[i].alias, name)) {
            name = aliases[i].backend;
        }
    }
    g_autofree char *class_name = g_strconcat("chardev-", name, NULL);
    const Class *cls = class_find(class_name);
    return cls && class_is_a(cls, &chardev_class) && !cls->abstract ? cls : NULL;
}

/* "nowait" alone is the old spelling of wait=off. */
static bool set_item(Object *obj, const KeyVal *item, Error **errp)
{
    const Property *prop = class_property(obj->class, item->key);

    if (!prop && item->bare && g_str_has_prefix(item->key, "no")) {
        prop = class_property(obj->class, item->key + 2);
        if (prop && prop->kind != &prop_bool && prop->kind != &prop_onoffauto) {
            prop = NULL;
        }
        return prop ? object_set(obj, prop->name, "off", errp) : fail(errp, "Invalid parameter '%s'", item->key);
    }
    return prop ? object_set(obj, item->key, item->value, errp) : fail(errp, "Invalid parameter '%s'", item->key);
}

static bool set_items(Object *obj, const KeyVals *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->items->len; i++) {
        if (!set_item(obj, &g_array_index(settings->items, KeyVal, i), errp)) {
            return false;
        }
    }
    return true;
}

Chardev *chardev_create_kv(const char *backend, const KeyVals *settings, Error **errp)
{
    const Class *cls = chardev_backend(backend);

    if (!cls) {
        fail(errp, "'%s' is not a valid char driver name", backend);
        hint(errp, "-chardev help lists them.");
        return NULL;
    }
    Object *obj = object_new(cls, NULL, errp);
    if (obj && !(set_items(obj, settings, errp) && object_realize(obj, errp))) {
        object_free(obj);
        obj = NULL;
    }
    return as_chardev(obj);
}

Object *chardev_create(const char *option_text, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_parse(option_text, "backend", errp);

    if (!settings) {
        return NULL;
    }
    g_autofree char *backend = keyval_take(settings, "backend");
    if (!backend) {
        fail(errp, "chardev: no backend specified");
        return NULL;
    }
    return (Object *)chardev_create_kv(backend, settings, errp);
}

/* ---- the class ---- */

static bool check_id(const char *id, Error **errp)
{
    if (!id) {
        return fail(errp, "chardev: no id specified");
    }
    if (!parse_id(id, errp)) {
        return false;
    }
    if (chardev_find(id)) {
        return fail(errp, "Duplicate ID '%s' for chardev", id);
    }
    return true;
}

static bool open_log(Chardev *chr, Error **errp)
{
    int flags = O_WRONLY | O_CREAT | (chr->logappend ? O_APPEND : O_TRUNC);

    if (chr->logfile) {
        chr->log_fd = chardev_open_file(chr->logfile, flags, errp);
    }
    return !chr->logfile || chr->log_fd >= 0;
}

static void chardev_init(Object *obj)
{
    as_chardev(obj)->log_fd = -1;
    stream_init(as_chardev(obj));
}

static bool chardev_realize(Object *obj, Error **errp)
{
    Chardev *chr = as_chardev(obj);

    if (!check_id(chr->label, errp) || !open_log(chr, errp)) {
        return false;
    }
    chr->typed = g_byte_array_new();
    tree_place(tree_at(TREE_CHARDEVS), chr->label, obj);
    return true;
}

static void chardev_unrealize(Object *obj)
{
    Chardev *chr = as_chardev(obj);

    stream_close(chr);
    fd_close(&chr->log_fd);
    g_clear_pointer(&chr->typed, g_byte_array_unref);
}

CLASS(chardev_class) = {
    .name = "chardev",
    .desc = "Character device",
    .option = "-chardev",
    .size = sizeof(Chardev),
    .abstract = true,
    .props = (const Property[]) {
        PROP(Chardev, label, str, "id", NULL, "Name of the character device"),
        PROP(Chardev, mux, bool, "mux", "off", "Several front ends take turns; Ctrl-A is the escape key"),
        PROP(Chardev, logfile, str, "logfile", NULL, "File that gets a copy of the output"),
        PROP(Chardev, logappend, bool, "logappend", "off", "Append to the log file"),
        { }
    },
    .init = chardev_init,
    .realize = chardev_realize,
    .unrealize = chardev_unrealize,
};
