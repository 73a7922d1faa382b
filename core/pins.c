/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt lines of objects by group and number; see pins.h. */
#include "core/pins.h"

typedef struct PinGroup {
    Object *obj;
    char *name;
    unsigned count;
    void (*set)(void *obj, int n, int level);   /* inputs; NULL: a group of outputs */
    Irq *lines;                                 /* outputs, in the device */
    Irq *wires;                                 /* outputs that are observed: where they lead */
    PinObserver *observe;
    void *observer;
} PinGroup;

static GSList *observed;    /* groups that have an observer */

static PinGroup *find(Object *obj, const char *name, bool inputs)
{
    for (unsigned i = 0; obj->pins && i < obj->pins->len; i++) {
        PinGroup *group = obj->pins->pdata[i];
        if (g_strcmp0(group->name, name) == 0 && (group->set != NULL) == inputs) {
            return group;
        }
    }
    return NULL;
}

static void group_free(gpointer data)
{
    PinGroup *group = data;

    observed = g_slist_remove(observed, group);
    g_free(group->name);
    g_free(group->wires);
    g_free(group);
}

static PinGroup *add(Object *obj, const char *name, unsigned count)
{
    PinGroup *group = g_new0(PinGroup, 1);

    group->obj = obj;
    group->name = g_strdup(name);
    group->count = count;
    if (!obj->pins) {
        obj->pins = g_ptr_array_new_with_free_func(group_free);
    }
    g_ptr_array_add(obj->pins, group);
    return group;
}

void pins_add_inputs(Object *obj, const char *name, unsigned count, void (*set)(void *obj, int n, int level))
{
    g_assert(!find(obj, name, true));
    add(obj, name, count)->set = set;
}

void pins_add_outputs(Object *obj, const char *name, unsigned count, Irq *lines)
{
    g_assert(!find(obj, name, false));
    add(obj, name, count)->lines = lines;
}

static void tell_observer(PinGroup *group, int n, int level)
{
    if (group->observe) {
        group->observe(group->observer, (unsigned)n, level);
    }
}

static void drive_input(void *to, int n, int level)
{
    PinGroup *group = to;

    tell_observer(group, n, level);
    group->set(group->obj, n, level);
}

Irq pin_input(Object *obj, const char *name, unsigned n)
{
    PinGroup *group = find(obj, name, true);

    g_assert(group && n < group->count);
    return (Irq){ .set = drive_input, .to = group, .n = (int)n };
}

void pin_wire_output(Object *obj, const char *name, unsigned n, Irq wire)
{
    PinGroup *group = find(obj, name, false);

    g_assert(group && n < group->count);
    (group->wires ? group->wires : group->lines)[n] = wire;
}

bool pin_set_input(Object *obj, const char *name, unsigned n, int level)
{
    PinGroup *group = find(obj, name, true);

    if (!group || n >= group->count) {
        return false;
    }
    drive_input(group, (int)n, level);
    return true;
}

static bool observe(PinGroup *group, PinObserver *fn, void *opaque)
{
    if (group) {
        group->observe = fn;
        group->observer = opaque;
        observed = g_slist_remove(observed, group);
        observed = g_slist_prepend(observed, group);
    }
    return group != NULL;
}

bool pins_observe_inputs(Object *obj, PinObserver *fn, void *opaque)
{
    return observe(find(obj, NULL, true), fn, opaque);
}

static void drive_output(void *to, int n, int level)
{
    PinGroup *group = to;

    tell_observer(group, n, level);
    irq_set(&group->wires[n], level);
}

/* The device keeps driving its own lines; they now lead here first. */
static void tap_outputs(PinGroup *group)
{
    group->wires = g_new(Irq, group->count);
    for (unsigned i = 0; i < group->count; i++) {
        group->wires[i] = group->lines[i];
        group->lines[i] = (Irq){ .set = drive_output, .to = group, .n = (int)i };
    }
}

bool pins_observe_outputs(Object *obj, PinObserver *fn, void *opaque)
{
    PinGroup *group = find(obj, NULL, false);

    if (observe(group, fn, opaque) && !group->wires) {
        tap_outputs(group);
    }
    return group != NULL;
}

void pins_unobserve(void *opaque)
{
    for (GSList *at = observed; at; at = at->next) {
        PinGroup *group = at->data;
        if (group->observer == opaque) {
            group->observe = NULL;
        }
    }
}

void pins_finish(Object *obj)
{
    g_clear_pointer(&obj->pins, g_ptr_array_unref);
}
