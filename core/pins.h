/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt lines of an object, by group and number, so that others can
 * connect, drive and observe them: boards wire inputs, qtest looks on. A group's
 * name is NULL for the lines a device has only one kind of.
 */
#ifndef CORE_PINS_H
#define CORE_PINS_H

#include "core/class.h"
#include "core/irq.h"

/* Group @name of @count inputs of @obj; a change of level calls @set with @obj. Level of all: 0. */
void pins_add_inputs(Object *obj, const char *name, unsigned count, void (*set)(void *obj, int n, int level));

/* Group @name of @count outputs: @lines belong to @obj, whoever wires them writes there. */
void pins_add_outputs(Object *obj, const char *name, unsigned count, Irq *lines);

/* What drives input @n of the group; there must be one. */
Irq pin_input(Object *obj, const char *name, unsigned n);

/* Lead output @n of the group to @wire; there must be one. */
void pin_wire_output(Object *obj, const char *name, unsigned n, Irq wire);

/* Drive input @n; false: there is no such input. */
bool pin_set_input(Object *obj, const char *name, unsigned n, int level);

/*
 * Tell @observe about every level driven on the unnamed inputs (outputs) of
 * @obj; it is told first, the device or the wire still gets the level. One observer an object; false: @obj has no
 * such lines.
 */
typedef void PinObserver(void *opaque, unsigned n, int level);
bool pins_observe_inputs(Object *obj, PinObserver *observe, void *opaque);
bool pins_observe_outputs(Object *obj, PinObserver *observe, void *opaque);

/* The observer called with @opaque goes: nobody tells it any more. One that observes nothing is accepted. */
void pins_unobserve(void *opaque);

/* The object's end: object_free() calls it. */
void pins_finish(Object *obj);

#endif
