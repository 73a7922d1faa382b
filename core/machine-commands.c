/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the machine of this run and the machines there are. */
#include "core/accel.h"
#include "core/command.h"
#include "core/machine.h"

/* ---- the machines there are ---- */

static Json *describe_machine(const Class *cls)
{
    const MachineOps *ops = class_ops(cls);
    g_autofree char *name = class_user_name(cls);
    Json *item = json_add_bool(json_new(), "hotpluggable-cpus", false);

    json_add_str(item, "name", name);
    json_add_bool(item, "numa-mem-supported", false);
    if (ops->cpu_model) {
        g_autofree char *type = g_strconcat(ops->cpu_model, CPU_CLASS_SUFFIX, NULL);
        json_add_str(item, "default-cpu-type", type);
    }
    if (ops->is_default) {
        json_add_bool(item, "is-default", true);
    }
    json_add_int(item, "cpu-max", ops->max_cpus);
    json_add_bool(item, "deprecated", false);
    if (ops->ram_id) {
        json_add_str(item, "default-ram-id", ops->ram_id);
    }
    return ops->alias ? json_add_str(item, "alias", ops->alias) : item;
}

static bool query_machines(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) classes = class_list(&machine_class);

    call->ret = json_array();
    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (!cls->abstract) {
            json_append(call->ret, describe_machine(cls));
        }
    }
    return true;
}

QMP_COMMAND(qmp_query_machines) = {
    .name = "query-machines",
    .help = "The machines there are",
    .returns = "[{name:str,?alias:str,?is-default:bool,cpu-max:int,hotpluggable-cpus:bool,numa-mem-supported:bool,"
               "deprecated:bool,?default-cpu-type:str,?default-ram-id:str}]",
    .run = query_machines,
};

/* ---- this one ---- */

static bool query_current_machine(QmpCall *call, Error **errp)
{
    const MachineOps *ops = class_ops(machine_get()->obj.class);

    call->ret = json_add_bool(json_new(), "wakeup-suspend-support", ops->wakes_up);
    return true;
}

QMP_COMMAND(qmp_query_current_machine) = {
    .name = "query-current-machine",
    .help = "What the machine of this run can do",
    .returns = "{wakeup-suspend-support:bool}",
    .run = query_current_machine,
};

static bool query_target(QmpCall *call, Error **errp)
{
    call->ret = json_add_str(json_new(), "arch", "x86_64");
    return true;
}

QMP_COMMAND(qmp_query_target) = {
    .name = "query-target",
    .help = "Architecture of the guest",
    .returns = "{arch:x86_64}",
    .run = query_target,
};

static bool query_name(QmpCall *call, Error **errp)
{
    const char *name = machine_get()->guest_name;

    call->ret = name ? json_add_str(json_new(), "name", name) : NULL;
    return true;
}

QMP_COMMAND(qmp_query_name) = {
    .name = "query-name",
    .help = "Name of the guest, when it has one",
    .returns = "{?name:str}",
    .run = query_name,
    .preconfig = true,
};

static bool info_name(GString *out, const char *args, Error **errp)
{
    const char *name = machine_get()->guest_name;

    if (name) {
        g_string_append_printf(out, "%s\n", name);
    }
    return true;
}

HMP_COMMAND(hmp_info_name) = { .name = "info name", .help = "Name of the guest", .run = info_name };

static char *uuid_text(void)
{
    const uint8_t *u = machine_get()->uuid;
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < sizeof(machine_get()->uuid); i++) {
        g_string_append_printf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", u[i]);
    }
    return g_string_free(text, false);
}

static bool query_uuid(QmpCall *call, Error **errp)
{
    g_autofree char *uuid = uuid_text();

    call->ret = json_add_str(json_new(), "UUID", uuid);
    return true;
}

QMP_COMMAND(qmp_query_uuid) = {
    .name = "query-uuid",
    .help = "UUID of the guest; all zeros when it has none",
    .returns = "{UUID:str}",
    .run = query_uuid,
    .preconfig = true,
};

static bool info_uuid(GString *out, const char *args, Error **errp)
{
    g_autofree char *uuid = uuid_text();

    g_string_append_printf(out, "%s\n", uuid);
    return true;
}

HMP_COMMAND(hmp_info_uuid) = { .name = "info uuid", .help = "UUID of the guest", .run = info_uuid };

static bool uses_kvm(void)
{
    g_autofree char *accel = accel_name();

    return g_strcmp0(accel, "kvm") == 0;
}

/* Present means built in, whatever the host has: tools tell the two apart. */
static bool query_kvm(QmpCall *call, Error **errp)
{
    call->ret = json_add_bool(json_new(), "enabled", uses_kvm());
    json_add_bool(call->ret, "present", class_find("kvm-accel") != NULL);
    return true;
}

QMP_COMMAND(qmp_query_kvm) = {
    .name = "query-kvm",
    .help = "Whether KVM is built in and executes the guest",
    .returns = "{enabled:bool,present:bool}",
    .run = query_kvm,
};

static bool info_kvm(GString *out, const char *args, Error **errp)
{
    g_string_append_printf(out, "kvm support: %s\n", uses_kvm() ? "enabled" : "disabled");
    return true;
}

HMP_COMMAND(hmp_info_kvm) = { .name = "info kvm", .help = "Whether KVM executes the guest", .run = info_kvm };

/* ---- memory ---- */

static bool query_memory_size_summary(QmpCall *call, Error **errp)
{
    call->ret = json_add_int(json_new(), "base-memory", (int64_t)machine_get()->ram_size);
    json_add_int(call->ret, "plugged-memory", 0);
    return true;
}

QMP_COMMAND(qmp_query_memory_size_summary) = {
    .name = "query-memory-size-summary",
    .help = "Bytes of memory the guest began with, and of memory plugged in since",
    .returns = "{base-memory:int,?plugged-memory:int}",
    .run = query_memory_size_summary,
};

static bool info_memory_size_summary(GString *out, const char *args, Error **errp)
{
    g_string_append_printf(out, "base memory: %" G_GUINT64_FORMAT "\nplugged memory: 0\n", machine_get()->ram_size);
    return true;
}

HMP_COMMAND(hmp_info_memory_size_summary) = {
    .name = "info memory_size_summary", .help = "Bytes of memory the guest has", .run = info_memory_size_summary,
};
