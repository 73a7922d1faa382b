/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that come and go; see device.h. */
#include "core/device.h"

#include "core/command.h"
#include "core/tree.h"
#include "lib/parse.h"

static bool machine_complete;

/* ---- the class ---- */

static Json *get_parent_bus(Object *obj)
{
    const BusKind *kind = class_bus(obj->class);
    Object *bus = kind && kind->of ? kind->of(obj) : NULL;
    g_autofree char *path = bus ? tree_path(bus) : NULL;

    return json_text(path);
}

static Json *get_realized(Object *obj)
{
    return json_object_new_boolean(obj->realized);
}

static Json *get_hotplugged(Object *obj)
{
    return json_object_new_boolean(obj->hotplugged);
}

static Json *get_hotpluggable(Object *obj)
{
    const BusKind *kind = class_bus(obj->class);

    return json_object_new_boolean(!obj->class->internal && kind && kind->can_plug);
}

CLASS(device_class) = {
    .name = "device",
    .desc = "Device",
    .option = "-device",
    .size = sizeof(Object),
    .abstract = true,
    .attributes = (const Attribute[]){
        { "parent_bus", "link<bus>", get_parent_bus },
        { "realized", "bool", get_realized },
        { "hotplugged", "bool", get_hotplugged },
        { "hotpluggable", "bool", get_hotpluggable },
        { }
    },
};

static const BusKind system_bus = { .name = "System", .bus_name = "main-system-bus" };

CLASS(system_device_class) = {
    .name = "sys-bus-device",
    .parent = &device_class,
    .desc = "Device of the machine itself",
    .bus = &system_bus,
    .size = sizeof(Object),
    .abstract = true,
};

CLASS(bus_class) = {
    .name = "bus",
    .desc = "Bus",
    .size = sizeof(Object),
    .abstract = true,
};

/* ---- the list ---- */

/* One line a class that users may make, in the form scripts parse. */
static void append_devices(GString *text, const Class *base)
{
    g_autoptr(GPtrArray) classes = class_list(base);

    g_string_append_printf(text, "%s%s devices:\n", text->len > 0 ? "\n" : "", base->bus->name);
    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (!cls->abstract && !cls->internal) {
            g_string_append_printf(text, "name \"%s\", bus %s, desc \"%s\"\n", cls->name, base->bus->name, cls->desc);
        }
    }
}

char *device_help(void)
{
    g_autoptr(GPtrArray) classes = class_list(&device_class);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (cls->bus) {
            append_devices(text, cls);
        }
    }
    return g_string_free(text, false);
}

/* ---- making ---- */

const Class *device_class_find(const char *driver, Error **errp)
{
    const Class *cls = driver ? class_find(driver) : NULL;

    if (!driver) {
        fail(errp, "Parameter 'driver' is missing");
    } else if (!cls || !class_is_a(cls, &device_class)) {
        fail(errp, "'%s' is not a valid device model name", driver);
        hint(errp, "-device help lists the devices.");
    } else if (cls->abstract) {
        fail(errp, "Parameter 'driver' expects a non-abstract device type");
    } else if (cls->internal) {
        fail(errp, "Parameter 'driver' expects a pluggable device type");
        hint(errp, "'%s' is part of the machine.", driver);
    } else if (cls->cold && machine_complete) {
        fail(errp, "Parameter 'driver' expects a pluggable device type");
        hint(errp, "'%s' has to be there when the machine starts.", driver);
    }
    return *errp ? NULL : cls;
}

static bool check_id(const char *id, Error **errp)
{
    if (!id) {
        return true;
    }
    if (!parse_id(id, errp)) {
        return false;
    }
    return !tree_child(tree_at(TREE_PERIPHERAL), id) || fail(errp, "Duplicate device ID '%s'", id);
}

static bool can_plug(Object *dev, Error **errp)
{
    const BusKind *kind = class_bus(dev->class);

    if (dev->class->internal || dev->class->cold || !kind) {
        return fail(errp, "Device '%s' does not support hotplugging", dev->class->name);
    }
    return kind->can_plug ? kind->can_plug(dev, errp)
                          : fail(errp, "Bus '%s' does not support hotplugging", kind->bus_name);
}

static bool bring_up(Object *dev, const KeyVals *settings, Error **errp)
{
    if (!object_set_all(dev, settings, errp)) {
        return false;
    }
    dev->hotplugged = machine_complete;
    if (dev->hotplugged && !can_plug(dev, errp)) {
        return false;
    }
    tree_place(tree_at(dev->id ? TREE_PERIPHERAL : TREE_PERIPHERAL_ANON), dev->id, dev);
    if (!object_realize(dev, errp)) {
        return false;
    }
    if (!dev->hotplugged) {
        return true;            /* completed when all are there */
    }
    if (!object_complete(dev, errp)) {
        return false;
    }
    object_reset(dev);          /* as the reset of the machine does for those that were there */
    return class_bus(dev->class)->plugged(dev, errp);
}

Object *device_create(KeyVals *settings, Error **errp)
{
    g_autofree char *driver = keyval_take(settings, "driver");
    g_autofree char *id = keyval_take(settings, "id");
    const Class *cls = device_class_find(driver, errp);
    Object *dev = cls && check_id(id, errp) ? object_new(cls, id, errp) : NULL;

    if (dev && !bring_up(dev, settings, errp)) {
        object_free(dev);
        dev = NULL;
    }
    return dev;
}

void device_plugging_begins(void)
{
    machine_complete = true;
}

/* ---- unplugging ---- */

Object *device_find(const char *id_or_path, Error **errp)
{
    Object *dev = *id_or_path == '/' ? tree_find(id_or_path, NULL) : tree_child(tree_at(TREE_PERIPHERAL), id_or_path);

    if (!dev) {
        fail(errp, "Device '%s' not found", id_or_path);
        error_set_class(errp, ERROR_DEVICE_NOT_FOUND);
    } else if (!class_is_a(dev->class, &device_class)) {
        fail(errp, "%s is not a hotpluggable device", id_or_path);
        dev = NULL;
    }
    return dev;
}

bool device_unplug_request(Object *dev, Error **errp)
{
    if (!can_plug(dev, errp) || !class_bus(dev->class)->unplug_request(dev, errp)) {
        return false;
    }
    dev->unplugging = true;
    return true;
}

EVENT(event_device_deleted) = {
    .name = "DEVICE_DELETED",
    .help = "The guest let go of a device, and it is gone; device: its id",
    .data = "{?device:str,path:str}",
};

void device_unplugged(Object *dev)
{
    g_autofree char *path = tree_path(dev);
    Json *data = json_new();

    if (dev->id) {
        json_add_str(data, "device", dev->id);
    }
    json_add_str(data, "path", path);
    object_free(dev);
    event_emit(&event_device_deleted, data);
}

static Object *first_unplugging(void)
{
    g_autoptr(GPtrArray) devices = object_list(&device_class);

    for (unsigned i = 0; i < devices->len; i++) {
        Object *dev = devices->pdata[i];
        if (dev->unplugging) {
            return dev;
        }
    }
    return NULL;
}

/* One by one: a device may take others along. */
void device_unplug_pending(void)
{
    for (Object *dev; (dev = first_unplugging());) {
        device_unplugged(dev);
    }
}

/* ---- commands ---- */

static bool device_add(QmpCall *call, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_from_json(call->given, errp);

    return settings && device_create(settings, errp);
}

typedef struct DeviceAdd {
    char *driver, *bus, *id;
} DeviceAdd;

QMP_COMMAND(qmp_device_add) = {
    .name = "device_add",
    .help = "Plug a device in; its properties are further arguments",
    .size = sizeof(DeviceAdd),
    .args = (const Property[]){
        ARG(DeviceAdd, driver, str, "driver", "Class of the device"),
        PROP(DeviceAdd, bus, str, "bus", NULL, "Bus to put it on"),
        PROP(DeviceAdd, id, str, "id", NULL, "Name of the device"),
        { }
    },
    .any_args = true,
    .features = (const char *const[]){ "json-cli", "json-cli-hotplug", NULL },
    .run = device_add,
};

static bool hmp_device_add(GString *out, const char *args, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_parse(args, "driver", errp);
    const char *driver = settings ? keyval_get(settings, "driver") : NULL;
    const Class *cls = driver ? class_find(driver) : NULL;

    if (settings && keyval_wants_help(settings) && (!driver || cls)) {
        g_autofree char *text = cls ? class_help(cls) : device_help();
        g_string_append(out, text);
        return true;
    }
    return settings && device_create(settings, errp);
}

HMP_COMMAND(hmp_device_add_row) = {
    .name = "device_add",
    .args = "driver[,prop=value][,...]",
    .help = "Plug a device in, like -device on the command line",
    .run = hmp_device_add,
};

typedef struct DeviceDel {
    char *id;
} DeviceDel;

static bool unplug(const char *id, Error **errp)
{
    Object *dev = device_find(id, errp);

    return dev && device_unplug_request(dev, errp);
}

static bool device_del(QmpCall *call, Error **errp)
{
    return unplug(((DeviceDel *)call->args)->id, errp);
}

QMP_COMMAND(qmp_device_del) = {
    .name = "device_del",
    .help = "Ask the guest to let go of a device; DEVICE_DELETED tells when it did",
    .size = sizeof(DeviceDel),
    .args = (const Property[]){ ARG(DeviceDel, id, str, "id", "Id or path of the device"), { } },
    .run = device_del,
};

static bool hmp_device_del(GString *out, const char *args, Error **errp)
{
    return unplug(args, errp);
}

HMP_COMMAND(hmp_device_del_row) = {
    .name = "device_del",
    .args = "device",
    .help = "Ask the guest to let go of a device",
    .run = hmp_device_del,
};
