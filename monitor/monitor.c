/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both kinds of monitor share; see monitor.h. */
#include "monitor/monitor.h"

#include "lib/fd.h"

static MonitorStage stage;

MonitorStage monitor_stage(void)
{
    return stage;
}

void monitor_set_stage(MonitorStage new_stage)
{
    g_autoptr(GPtrArray) all = object_list(&monitor_class);

    stage = new_stage;
    for (unsigned i = 0; i < all->len; i++) {
        const ChardevFront *front = class_ops(((Object *)all->pdata[i])->class);
        front->writable(all->pdata[i]);     /* as after any other wait */
    }
}

int monitor_take_fd(Monitor *monitor)
{
    if (monitor->descriptors->len == 0) {
        return -1;
    }
    int fd = g_array_index(monitor->descriptors, int, 0);
    g_array_remove_index(monitor->descriptors, 0);
    return fd;
}

void monitor_receive_descriptors(void *opaque, const int *fds, unsigned count)
{
    Monitor *monitor = opaque;

    for (int fd; (fd = monitor_take_fd(monitor)) >= 0;) {
        fd_close(&fd);
    }
    g_array_append_vals(monitor->descriptors, fds, count);
}

static void monitor_init(Object *obj)
{
    ((Monitor *)obj)->descriptors = g_array_new(false, false, sizeof(int));
}

static void monitor_finish(Object *obj)
{
    monitor_receive_descriptors(obj, NULL, 0);
    g_array_unref(((Monitor *)obj)->descriptors);
    sender_clear(&((Monitor *)obj)->sender);
}

static void monitor_unrealize(Object *obj)
{
    Monitor *monitor = (Monitor *)obj;

    chardev_detach(monitor->chr, monitor);
    monitor->chr = NULL;
}

/* The sender is ready before the front end hears that somebody is there. */
static bool monitor_realize(Object *obj, Error **errp)
{
    Monitor *monitor = (Monitor *)obj;
    Chardev *chr = monitor->chardev_id ? chardev_find(monitor->chardev_id) : NULL;

    if (!monitor->chardev_id) {
        return fail(errp, "Parameter 'chardev' is missing");
    }
    if (!chr) {
        return fail(errp, "chardev \"%s\" not found", monitor->chardev_id);
    }
    monitor->chr = monitor->sender.chr = chr;
    if (!chardev_attach(chr, class_ops(obj->class), monitor, errp)) {
        monitor->chr = NULL;
        return false;
    }
    return true;
}

CLASS(monitor_class) = {
    .name = "monitor",
    .desc = "Somebody who controls the machine",
    .option = "-mon",
    .size = sizeof(Monitor),
    .abstract = true,
    .internal = true,
    .props = (const Property[]){
        PROP(Monitor, chardev_id, str, "chardev", NULL, "Character device the monitor is on"),
        PROP(Monitor, pretty, bool, "pretty", "off", "Replies of QMP in several lines, for people"),
        { }
    },
    .init = monitor_init,
    .realize = monitor_realize,
    .unrealize = monitor_unrealize,
    .finish = monitor_finish,
};
