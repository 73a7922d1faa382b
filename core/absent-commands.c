/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands about things this program does not have, block devices, migration
 * and the like: management tools ask them whatever the machine is made of, and
 * end the guest when one is refused. The answer is what there is: nothing.
 */
#include "core/command.h"
#include "core/machine.h"

/* ---- empty lists ---- */

static bool empty_list(QmpCall *call, Error **errp)
{
    call->ret = json_array();
    return true;
}

/* The identifier is made from the line. */
#define EMPTY_LIST(command, text, shape)  EMPTY_LIST_AT(__LINE__, command, text, shape)
#define EMPTY_LIST_AT(line, command, text, shape)  EMPTY_LIST_ROW(line, command, text, shape)
#define EMPTY_LIST_ROW(line, command, text, shape) \
    QMP_COMMAND(qmp_empty_##line) = { .name = command, .help = text, .returns = shape, .run = empty_list, .preconfig = true }

EMPTY_LIST("query-block", "Block devices: there are none", "[any]");
EMPTY_LIST("query-block-jobs", "Jobs of block devices: there are none", "[any]");
EMPTY_LIST("query-iothreads", "Threads of devices: there are none", "[{id:str,thread-id:int}]");
EMPTY_LIST("query-jobs", "Background jobs: there are none", "[any]");
EMPTY_LIST("query-memory-devices", "Memory modules plugged in: there are none", "[any]");
EMPTY_LIST("query-tpm", "Trusted platform modules: there are none", "[any]");
EMPTY_LIST("query-tpm-models", "Models of trusted platform modules: there are none", "[str]");
EMPTY_LIST("query-tpm-types", "Backends of trusted platform modules: there are none", "[str]");

static bool query_acpi_ospm_status(QmpCall *call, Error **errp)
{
    return machine_is_bare() ? fail(errp, "command is not supported, missing ACPI device") : empty_list(call, errp);
}

QMP_COMMAND(qmp_query_acpi_ospm_status) = {
    .name = "query-acpi-ospm-status",
    .help = "What the guest said about memory modules: nothing",
    .returns = "[any]",
    .run = query_acpi_ospm_status,
};

static bool migrate_pause(QmpCall *call, Error **errp)
{
    return fail(errp, "migrate-pause is currently only supported during postcopy-active or postcopy-recover state");
}

QMP_COMMAND(qmp_migrate_pause) = {
    .name = "migrate-pause",
    .help = "Pause a migration: there is none",
    .run = migrate_pause,
    .oob = true,
};

typedef struct Flags {
    bool flag;
} Flags;

QMP_COMMAND(qmp_query_named_block_nodes) = {
    .name = "query-named-block-nodes",
    .help = "Nodes of block devices: there are none",
    .size = sizeof(Flags),
    .args = (const Property[]){ PROP(Flags, flag, bool, "flat", "off", "Without the nodes below them"), { } },
    .returns = "[any]",
    .run = empty_list,
    .preconfig = true,
};

QMP_COMMAND(qmp_query_blockstats) = {
    .name = "query-blockstats",
    .help = "Counters of block devices: there are none",
    .size = sizeof(Flags),
    .args = (const Property[]){ PROP(Flags, flag, bool, "query-nodes", "off", "Of nodes rather than of devices"), { } },
    .returns = "[any]",
    .run = empty_list,
    .preconfig = true,
};

typedef struct RxFilter {
    char *name;
} RxFilter;

static bool query_rx_filter(QmpCall *call, Error **errp)
{
    const char *name = ((RxFilter *)call->args)->name;

    return name ? fail(errp, "invalid net client name: %s", name) : empty_list(call, errp);
}

QMP_COMMAND(qmp_query_rx_filter) = {
    .name = "query-rx-filter",
    .help = "What network cards let through: there are none",
    .size = sizeof(RxFilter),
    .args = (const Property[]){ PROP(RxFilter, name, str, "name", NULL, "Name of the card"), { } },
    .returns = "[any]",
    .run = query_rx_filter,
};

/* ---- devices nobody has ---- */

static bool no_balloon(QmpCall *call, Error **errp)
{
    fail(errp, "No balloon device has been activated");
    return error_set_class(errp, ERROR_DEVICE_NOT_ACTIVE);
}

QMP_COMMAND(qmp_query_balloon) = {
    .name = "query-balloon",
    .help = "Memory the guest was left with: there is no balloon",
    .returns = "{actual:int}",
    .run = no_balloon,
};

typedef struct BalloonSize {
    int64_t value;
} BalloonSize;

QMP_COMMAND(qmp_balloon) = {
    .name = "balloon",
    .help = "Memory the guest is to be left with: there is no balloon",
    .size = sizeof(BalloonSize),
    .args = (const Property[]){ ARG(BalloonSize, value, i64, "value", "Bytes"), { } },
    .run = no_balloon,
};

static bool query_display_options(QmpCall *call, Error **errp)
{
    call->ret = json_add_str(json_new(), "type", "none");
    return true;
}

QMP_COMMAND(qmp_query_display_options) = {
    .name = "query-display-options",
    .help = "The window of this host that shows the guest's screen: there is none; query-vnc tells of VNC",
    .returns = "{type:none}",
    .run = query_display_options,
};

/* ---- migration ---- */

/* Whether MIGRATION events are wanted; tools ask for them at every start. */
static bool migration_events;

static bool query_migrate(QmpCall *call, Error **errp)
{
    return true;
}

QMP_COMMAND(qmp_query_migrate) = {
    .name = "query-migrate",
    .help = "The migration under way: there is none",
    .returns = "{?status:str}",
    .run = query_migrate,
};

#define CAPABILITIES_SHAPE "[{capability:events,state:bool}]"

static bool query_migrate_capabilities(QmpCall *call, Error **errp)
{
    Json *item = json_add_bool(json_new(), "state", migration_events);

    call->ret = json_append(json_array(), json_add_str(item, "capability", "events"));
    return true;
}

QMP_COMMAND(qmp_query_migrate_capabilities) = {
    .name = "query-migrate-capabilities",
    .help = "What a migration would do",
    .returns = CAPABILITIES_SHAPE,
    .run = query_migrate_capabilities,
};

typedef struct SetCapabilities {
    Json *capabilities;
} SetCapabilities;

static bool set_capability(Json *item, Error **errp)
{
    const char *name = json_get_str(item, "capability");
    Json *state = json_get(item, "state");

    if (!name || !json_object_is_type(state, json_type_boolean)) {
        return fail(errp, "Parameter 'capabilities' expects a list of capability and state");
    }
    if (!g_str_equal(name, "events")) {
        return fail(errp, "Parameter 'capability' does not accept value '%s'", name);
    }
    migration_events = json_object_get_boolean(state);
    return true;
}

static bool migrate_set_capabilities(QmpCall *call, Error **errp)
{
    Json *list = ((SetCapabilities *)call->args)->capabilities;

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (!set_capability(json_object_array_get_idx(list, i), errp)) {
            return false;
        }
    }
    return true;
}

QMP_COMMAND(qmp_migrate_set_capabilities) = {
    .name = "migrate-set-capabilities",
    .help = "Choose what a migration would do",
    .size = sizeof(SetCapabilities),
    .args = (const Property[]){
        ARG_JSON(SetCapabilities, capabilities, CAPABILITIES_SHAPE, "capabilities", "What to change"), { } },
    .run = migrate_set_capabilities,
};
