/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info qtree: devices by the bus they sit on, with their settings. */
#include "core/command.h"
#include "core/device.h"

static void print_property(GString *out, const Property *prop, Object *dev, unsigned indent)
{
    g_autofree char *text = prop->kind->print(prop, property_field(prop, dev));
    g_autoptr(Json) value = property_get_json(prop, dev);

    g_string_append_printf(out, "%*s%s = ", (int)indent, "", prop->name);
    if (prop->kind == &prop_size) {
        g_autofree char *human = g_format_size_full((guint64)json_object_get_int64(value), G_FORMAT_SIZE_IEC_UNITS);
        g_string_append_printf(out, "%s (%s)\n", text, human);
    } else if (prop->kind->json == PROP_JSON_INT) {
        g_string_append_printf(out, "%s (0x%" G_GINT64_MODIFIER "x)\n", text, (uint64_t)json_object_get_int64(value));
    } else if (prop->kind->json == PROP_JSON_BOOL) {
        g_string_append_printf(out, "%s\n", json_object_get_boolean(value) ? "true" : "false");
    } else {
        bool quoted = prop->kind == &prop_str || prop->kind == &prop_enum || prop->kind == &prop_onoffauto;
        g_string_append_printf(out, quoted ? "\"%s\"\n" : "%s\n", text);
    }
}

static void print_device(GString *out, Object *dev, unsigned indent)
{
    const BusKind *kind = class_bus(dev->class);

    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", (int)indent, "", dev->class->name, dev->id ? dev->id : "");
    for (const Class *cls = dev->class; cls; cls = cls->parent) {
        for (const Property *prop = cls->props; prop && prop->name; prop++) {
            if (class_property(dev->class, prop->name) == prop) {
                print_property(out, prop, dev, indent + 2);
            }
        }
    }
    if (kind && kind->describe) {
        kind->describe(dev, out, indent + 2);
    }
}

/* Where a device sits: an object, the one bus of its kind, or the board itself. */
typedef struct Seat {
    const Object *bus;
    const BusKind *kind;
} Seat;

static Seat seat_of(const Object *dev)
{
    const BusKind *kind = class_bus(dev->class);

    return (Seat){ kind && kind->of ? kind->of(dev) : NULL, kind };
}

static bool same_seat(Seat a, Seat b)
{
    return a.bus == b.bus && a.kind == b.kind;
}

static void print_bus(GString *out, const GPtrArray *devices, Seat seat)
{
    const char *name = seat.bus ? seat.bus->id : seat.kind ? seat.kind->bus_name : "main-system-bus";

    g_string_append_printf(out, "bus: %s\n  type %s\n", name, seat.kind ? seat.kind->name : "System");
    for (unsigned i = devices->len; i-- > 0;) {     /* the newest first */
        if (same_seat(seat_of(devices->pdata[i]), seat)) {
            print_device(out, devices->pdata[i], 2);
        }
    }
}

static bool info_qtree(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) devices = object_list(&device_class);

    for (unsigned i = 0; i < devices->len; i++) {
        Seat seat = seat_of(devices->pdata[i]);
        bool seen = false;
        for (unsigned j = 0; j < i && !seen; j++) {
            seen = same_seat(seat_of(devices->pdata[j]), seat);
        }
        if (!seen) {
            print_bus(out, devices, seat);
        }
    }
    return true;
}

HMP_COMMAND(hmp_info_qtree) = { .name = "info qtree", .help = "Devices by the bus they sit on", .run = info_qtree };
