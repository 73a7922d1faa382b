/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accelerator qtest: no processor executes anything, the guest's clock
 * moves when it is told to, and a test drives the machine over a socket
 * (monitor/qtest.c). Interrupt chips are the board's. A message-signalled
 * interrupt is what it is on the bus: a write of its data to its address.
 */
#include "core/accel.h"
#include "core/clock.h"
#include "core/dispatch.h"
#include "core/mainloop.h"
#include "core/msi.h"
#include "lib/fd.h"

/* ---- messages ---- */

struct MsiRoute {
    MsiMessage message;
    Watch *watch;
};

static void send_message(MsiMessage message)
{
    space_write(&memory_space, message.address, message.data, sizeof(message.data));
}

static void on_route_event(void *opaque)
{
    MsiRoute *route = opaque;

    send_message(route->message);
}

static MsiRoute *route_new(MsiMessage message, int fd, Error **errp)
{
    MsiRoute *route = g_new0(MsiRoute, 1);

    route->message = message;
    route->watch = watch_event(fd, on_route_event, route);
    return route;
}

static void route_update(MsiRoute *route, MsiMessage message)
{
    route->message = message;
}

static void route_free(MsiRoute *route)
{
    watch_free(route->watch);
    g_free(route);
}

/* Changes take effect as they are made. */
static void commit(void)
{
}

/* ---- lines ---- */

/* A level line driven by one eventfd; the end of its interrupt lowers it and goes to another. */
typedef struct EventLine {
    Notifier on_eoi;
    Irq irq;
    int trigger, resample;
    bool raised;
    Watch *watch;
} EventLine;

static GSList *lines;

static void on_line_event(void *opaque)
{
    EventLine *line = opaque;

    line->raised = true;
    irq_set(&line->irq, 1);
}

static void on_end_of_interrupt(Notifier *self, void *data)
{
    EventLine *line = (EventLine *)self;

    if (line->raised && *(const int *)data == line->irq.n) {
        line->raised = false;
        irq_set(&line->irq, 0);
        eventfd_signal(line->resample);
    }
}

static int line_attach(int gsi, int trigger, int resample)
{
    EventLine *line = g_new0(EventLine, 1);

    line->on_eoi.notify = on_end_of_interrupt;
    line->irq = accel_gsi(gsi);
    line->trigger = trigger;
    line->resample = resample;
    line->watch = watch_event(trigger, on_line_event, line);
    notifier_add(&accel_eoi_notifiers, &line->on_eoi);
    lines = g_slist_prepend(lines, line);
    return 0;
}

static void line_free(EventLine *line)
{
    lines = g_slist_remove(lines, line);
    notifier_del(&accel_eoi_notifiers, &line->on_eoi);
    watch_free(line->watch);
    accel_gsi_free(&line->irq);
    g_free(line);
}

static void line_detach(int gsi, int trigger)
{
    for (GSList *at = lines; at; at = at->next) {
        EventLine *line = at->data;
        if (line->irq.n == gsi && line->trigger == trigger) {
            line_free(line);
            return;
        }
    }
}

static const MsiOps qtest_msi = {
    .send = send_message,
    .route_new = route_new,
    .route_update = route_update,
    .route_free = route_free,
    .commit = commit,
    .line_attach = line_attach,
    .line_detach = line_detach,
};

/* ---- the accelerator ---- */

static bool start(Object *accel, const AccelConfig *config, Error **errp)
{
    clock_guest_manual();
    msi_set_ops(&qtest_msi);
    return true;
}

/* The machine is complete. Tests know 0 as what memory reads where nobody answers; a guest reads all ones. */
static bool create_vcpus(Object *accel, Error **errp)
{
    memory_space.open_bus = 0;
    return true;
}

CLASS(qtest_accel_class) = {
    .name = "qtest-accel",
    .parent = &accel_class,
    .desc = "No processor: tests drive the machine",
    .size = sizeof(Object),
    .ops = &(const AccelOps){ .start = start, .create_vcpus = create_vcpus },
};
