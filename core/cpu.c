/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that stand for processors, and the commands about them; see cpu.h. */
#include "core/cpu.h"

#include "core/accel.h"
#include "core/command.h"
#include "core/device.h"
#include "core/machine.h"
#include "core/tree.h"
#include "lib/parse.h"

CLASS(cpu_class) = {
    .name = "cpu",
    .parent = &device_class,
    .desc = "Processor",
    .size = sizeof(Cpu),
    .abstract = true,
};

/* ---- place in the topology ---- */

/* Where CPU @index sits; a level a machine has only one of is not told apart, except those users always see. */
static Json *topology_props(unsigned index)
{
    const CpuTopology *t = &machine_get()->topology;
    Json *props = json_new();

    json_add_int(props, "core-id", index / t->threads % t->cores);
    json_add_int(props, "thread-id", index % t->threads);
    if (t->dies > 1) {
        json_add_int(props, "die-id", index / (t->threads * t->cores) % t->dies);
    }
    return json_add_int(props, "socket-id", index / (t->threads * t->cores * t->dies));
}

static Json *get_place(Object *obj, const char *level)
{
    g_autoptr(Json) props = topology_props(((Cpu *)obj)->index);
    Json *id = json_get(props, level);

    return id ? json_object_ref(id) : json_object_new_int(0);
}

static Json *get_socket_id(Object *obj)
{
    return get_place(obj, "socket-id");
}

static Json *get_die_id(Object *obj)
{
    return get_place(obj, "die-id");
}

static Json *get_core_id(Object *obj)
{
    return get_place(obj, "core-id");
}

static Json *get_thread_id(Object *obj)
{
    return get_place(obj, "thread-id");
}

static Json *get_apic_id(Object *obj)
{
    return json_object_new_int64(cpu_apic_id(&machine_get()->topology, ((Cpu *)obj)->index));
}

CLASS(x86_cpu_class) = {
    .name = "x86_64-cpu",
    .parent = &cpu_class,
    .desc = "Processor of the x86-64 architecture",
    .size = sizeof(Cpu),
    .abstract = true,
    .internal = true,
    .attributes = (const Attribute[]){
        { "apic-id", "uint32", get_apic_id },
        { "socket-id", "int32", get_socket_id },
        { "die-id", "int32", get_die_id },
        { "core-id", "int32", get_core_id },
        { "thread-id", "int32", get_thread_id },
        { }
    },
};

bool cpus_create(const Class *cls, unsigned count, Error **errp)
{
    for (unsigned i = 0; i < count; i++) {
        Object *obj = object_new(cls, NULL, errp);
        if (!obj) {
            return false;
        }
        ((Cpu *)obj)->index = i;
        if (!object_realize(obj, errp)) {
            object_free(obj);
            return false;
        }
    }
    return true;
}

Cpu *cpu_find(unsigned index)
{
    g_autoptr(GPtrArray) cpus = object_list(&cpu_class);

    return index < cpus->len ? cpus->pdata[index] : NULL;
}

/* ---- commands ---- */

static bool query_cpus_fast(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) cpus = object_list(&cpu_class);

    call->ret = json_array();
    for (unsigned i = 0; i < cpus->len; i++) {
        g_autofree char *path = tree_path(cpus->pdata[i]);
        Json *item = json_add_int(json_new(), "thread-id", accel_cpu_thread(i));
        json_add(item, "props", topology_props(i));
        json_add_str(item, "qom-path", path);
        json_add_int(item, "cpu-index", i);
        json_append(call->ret, json_add_str(item, "target", "x86_64"));
    }
    return true;
}

#define PROPS_SHAPE "{?socket-id:int,?die-id:int,?core-id:int,?thread-id:int}"

QMP_COMMAND(qmp_query_cpus_fast) = {
    .name = "query-cpus-fast",
    .help = "Processors the guest has now, and the threads of the host that execute them",
    .returns = "[{cpu-index:int,qom-path:str,thread-id:int,props:" PROPS_SHAPE ",target:str}]",
    .run = query_cpus_fast,
};

static bool info_cpus(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) cpus = object_list(&cpu_class);

    for (unsigned i = 0; i < cpus->len; i++) {
        g_string_append_printf(out, "%c CPU #%u: thread_id=%d\n", i == 0 ? '*' : ' ', i, accel_cpu_thread(i));
    }
    return true;
}

HMP_COMMAND(hmp_info_cpus) = { .name = "info cpus", .help = "Processors and their threads", .run = info_cpus };

/* Every place for a processor, the last one first, as tools expect. */
static Json *list_places(void)
{
    Json *list = json_array();
    const Cpu *first = cpu_find(0);

    for (unsigned i = first ? machine_get()->topology.max_cpus : 0; i-- > 0;) {
        const Cpu *cpu = cpu_find(i);
        g_autofree char *path = cpu ? tree_path(&cpu->obj) : NULL;
        Json *item = json_add(json_new(), "props", topology_props(i));
        json_add_int(item, "vcpus-count", 1);
        if (path) {
            json_add_str(item, "qom-path", path);
        }
        json_append(list, json_add_str(item, "type", first->obj.class->name));
    }
    return list;
}

static bool query_hotpluggable_cpus(QmpCall *call, Error **errp)
{
    if (machine_is_bare()) {
        return fail(errp, "The feature 'query-hotpluggable-cpus' is not enabled");
    }
    call->ret = list_places();
    return true;
}

QMP_COMMAND(qmp_query_hotpluggable_cpus) = {
    .name = "query-hotpluggable-cpus",
    .help = "Places for processors, up to maxcpus, and what sits there",
    .returns = "[{type:str,vcpus-count:int,props:" PROPS_SHAPE ",?qom-path:str}]",
    .run = query_hotpluggable_cpus,
    .preconfig = true,
};

static bool info_hotpluggable_cpus(GString *out, const char *args, Error **errp)
{
    g_autoptr(Json) list = list_places();

    g_string_append(out, "Hotpluggable CPUs:\n");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        Json *item = json_object_array_get_idx(list, i);
        const char *path = json_get_str(item, "qom-path");
        g_string_append_printf(out, "  type: \"%s\"\n  vcpus_count: \"1\"\n", json_get_str(item, "type"));
        if (path) {
            g_string_append_printf(out, "  qom_path: \"%s\"\n", path);
        }
        g_string_append(out, "  CPUInstance Properties:\n");
        json_object_object_foreach(json_get(item, "props"), level, id) {
            g_string_append_printf(out, "    %s: \"%d\"\n", level, json_object_get_int(id));
        }
    }
    return true;
}

HMP_COMMAND(hmp_info_hotpluggable_cpus) = { .name = "info hotpluggable-cpus", .help = "Places for processors", .run = info_hotpluggable_cpus };

/* "-a" all, a number that one, nothing the first. */
static bool info_registers(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) cpus = object_list(&cpu_class);
    bool all = g_str_equal(args, "-a");
    uint64_t index = 0;

    if (*args && !all && !parse_u64(args, UINT32_MAX, &index, errp)) {
        return false;
    }
    if (index >= cpus->len) {
        g_string_append_printf(out, "CPU#%" G_GUINT64_FORMAT " not available\n", index);
        return true;
    }
    for (uint64_t i = all ? 0 : index; i < (all ? cpus->len : index + 1); i++) {
        g_string_append_printf(out, "\nCPU#%" G_GUINT64_FORMAT "\n", i);
        accel_cpu_registers((unsigned)i, out);
    }
    return true;
}

HMP_COMMAND(hmp_info_registers) = { .name = "info registers", .args = "[-a|vcpu]", .help = "Registers of a processor, or of all", .run = info_registers };
