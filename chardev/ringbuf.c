/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last bytes of output, kept in memory for a monitor to read. */
#include "chardev/backend.h"

typedef struct RingbufChardev {
    Chardev chr;
    uint64_t size;              /* a power of two */
    uint8_t *data;
    uint64_t written, taken;    /* bytes since the beginning; taken <= written <= taken + size */
} RingbufChardev;

extern const Class chardev_ringbuf;

static size_t ringbuf_write(Chardev *chr, const uint8_t *data, size_t len)
{
    RingbufChardev *self = (RingbufChardev *)chr;

    for (size_t i = 0; i < len; i++) {
        self->data[self->written++ & (self->size - 1)] = data[i];
    }
    if (self->written - self->taken > self->size) {
        self->taken = self->written - self->size;
    }
    return len;
}

bool chardev_is_ringbuf(const Chardev *chr)
{
    return class_is_a(chr->obj.class, &chardev_ringbuf);
}

GBytes *chardev_ringbuf_read(Chardev *chr, size_t max, Error **errp)
{
    RingbufChardev *self = (RingbufChardev *)chr;

    if (!chardev_is_ringbuf(chr)) {
        fail(errp, "'%s' is not a ringbuf device", chr->label);
        return NULL;
    }
    size_t len = MIN(max, self->written - self->taken);
    uint8_t *data = g_malloc(len);
    for (size_t i = 0; i < len; i++) {
        data[i] = self->data[self->taken++ & (self->size - 1)];
    }
    return g_bytes_new_take(data, len);
}

static bool ringbuf_realize(Object *obj, Error **errp)
{
    RingbufChardev *self = (RingbufChardev *)obj;

    if (self->size == 0 || (self->size & (self->size - 1))) {
        return fail(errp, "size of ringbuf chardev must be power of two");
    }
    self->data = g_try_malloc(self->size);
    if (!self->data) {
        return fail(errp, "no memory for a ringbuf of %" G_GUINT64_FORMAT " bytes", self->size);
    }
    chardev_set_open(&self->chr, true);
    return true;
}

static void ringbuf_unrealize(Object *obj)
{
    g_clear_pointer(&((RingbufChardev *)obj)->data, g_free);
}

static const ChardevOps ringbuf_ops = { .write = ringbuf_write };

CLASS(chardev_ringbuf) = {
    .name = "chardev-ringbuf",
    .parent = &chardev_class,
    .desc = "Keeps the last output in memory",
    .size = sizeof(RingbufChardev),
    .ops = &ringbuf_ops,
    .props = (const Property[]) {
        PROP(RingbufChardev, size, size, "size", "64K", "Bytes to keep, a power of two"),
        { }
    },
    .realize = ringbuf_realize,
    .unrealize = ringbuf_unrealize,
};
