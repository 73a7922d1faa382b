/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine and the accelerator from their settings. */
#include <string.h>

#include "accel/cpu-models.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "system/create.h"

static const Class *default_board(void)
{
    g_autoptr(GPtrArray) classes = class_list(&machine_class);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        const MachineOps *ops = class_ops(cls);
        if (!cls->abstract && ops->is_default) {
            return cls;
        }
    }
    return NULL;
}

static const Class *find_board(const Settings *settings, Error **errp)
{
    const char *type = keyval_get(settings->machine, "type");
    const Class *board = type ? machine_class_find(type) : default_board();

    if (!board) {
        fail(errp, "-machine %s: unsupported machine type", type ? type : "");
        hint(errp, "Use -machine help to list supported machines");
    }
    return board;
}

/* Settings of -machine that belong to others than the machine's properties. */
static bool belongs_elsewhere(const KeyVal *item)
{
    static const char *const others[] = { "type", "accel", "kernel-irqchip", "kernel_irqchip", "kvm-shadow-mem", NULL };

    return g_strv_contains(others, item->key);
}

static bool set_machine_properties(Settings *settings, Object *obj, Error **errp)
{
    if (settings->nographic && !object_set(obj, "graphics", "off", errp)) {     /* firmware talks on the serial port */
        return false;
    }
    for (unsigned i = 0; i < settings->machine->items->len; i++) {
        const KeyVal *item = &g_array_index(settings->machine->items, KeyVal, i);
        if (!belongs_elsewhere(item) && !object_set(obj, item->key, item->value, errp)) {
            return fail(errp, "-machine %s=%s", item->key, item->value);
        }
    }
    return !settings->no_acpi || object_set(obj, "acpi", "off", errp);
}

/* "MODEL,FEATURE=..." */
static bool read_cpu(const Settings *settings, CpuModel *ret, Error **errp)
{
    *ret = (CpuModel){ 0 };
    if (!settings->cpu) {
        return true;
    }
    KeyVals *features = keyval_parse(settings->cpu, "cpu-type", errp);
    if (!features) {
        return fail(errp, "-cpu %s", settings->cpu);
    }
    ret->name = keyval_take(features, "cpu-type");
    ret->features = features;
    return cpu_model_check(ret, errp) || fail(errp, "-cpu %s", settings->cpu);
}

static bool read_uuid(const Settings *settings, Machine *machine, Error **errp)
{
    machine->uuid_set = settings->uuid != NULL;
    return !settings->uuid || parse_uuid(settings->uuid, machine->uuid, errp) || fail(errp, "-uuid");
}

static bool check_cpu_limit(const Machine *machine, Error **errp)
{
    const MachineOps *ops = class_ops(machine->obj.class);

    if (machine->topology.max_cpus > ops->max_cpus) {
        g_autofree char *name = class_user_name(machine->obj.class);
        return fail(errp, "-smp: Invalid SMP CPUs %u. The max CPUs supported by machine '%s' is %u",
                    machine->topology.max_cpus, name, ops->max_cpus);
    }
    return true;
}

/* Without -m, a memory backend says how large the machine's memory is. */
static bool read_ram_size(Settings *settings, Machine *machine, Error **errp)
{
    for (unsigned i = 0; machine->memory_backend && !keyval_get(settings->memory, "size") && i < settings->objects->len; i++) {
        const OptionUse *use = settings->objects->pdata[i];
        const char *size = keyval_get(use->settings, "size");
        if (size && g_strcmp0(keyval_get(use->settings, "id"), machine->memory_backend) == 0) {
            return parse_size(size, 1, &machine->ram_size, errp) || fail(errp, "%s", use->context);
        }
    }
    return settings_ram_size(settings, &machine->ram_size, errp);
}

/* What a machine with memory and processors needs; "none" takes none of it, not even firmware that is there. */
static bool read_hardware(Settings *settings, Machine *machine, Error **errp)
{
    const MachineOps *ops = class_ops(machine->obj.class);

    return read_ram_size(settings, machine, errp) && settings_topology(settings, &machine->topology, errp) &&
           check_cpu_limit(machine, errp) && (ops->bare || settings_boot(settings, &machine->boot, errp)) &&
           read_cpu(settings, &machine->cpu, errp);
}

Machine *create_machine(Settings *settings, Error **errp)
{
    const Class *board = find_board(settings, errp);
    Machine *machine = board ? (Machine *)object_new(board, NULL, errp) : NULL;

    if (!machine) {
        return NULL;
    }
    const MachineOps *ops = class_ops(board);
    machine->guest_name = keyval_get(settings->name, "guest");
    machine->smbios = option_settings(settings->smbios);
    machine->serials = g_ptr_array_new_with_free_func(g_free);
    if ((ops->bare || blockdev_take_flashes(settings, errp)) &&
        set_machine_properties(settings, &machine->obj, errp) && read_hardware(settings, machine, errp) &&
        read_uuid(settings, machine, errp)) {
        machine_set(machine);
        return machine;
    }
    object_free(&machine->obj);
    return NULL;
}

/* ---- the accelerator ---- */

/* -machine accel=a:b becomes -accel a -accel b; without either, kvm. */
static bool list_accels(Settings *settings, Error **errp)
{
    const char *list = keyval_get(settings->machine, "accel");

    if (list && settings->accels->len > 0) {
        return fail(errp, "The -accel and \"-machine accel=\" options are incompatible");
    }
    if (list || settings->accels->len == 0) {
        g_auto(GStrv) words = g_strsplit(list ? list : "kvm", ":", -1);
        for (char **at = words; *at; at++) {
            if (!**at) {
                continue;
            }
            g_autofree char *context = g_strdup_printf("-machine accel=%s", *at);
            settings_add_accel(settings, context, *at);
        }
    }
    return settings->accels->len > 0 || fail(errp, "-machine accel=: no accelerator found");
}

static bool start_accel(Object *accel, const AccelConfig *config, Error **errp)
{
    accel_select(accel);
    if (accel_start(config, errp)) {
        return true;
    }
    accel_select(NULL);
    object_free(accel);
    return false;
}

/* kernel-irqchip of -machine is the accelerator's; so it is with its old name. */
static void take_machine_settings(const Settings *settings, KeyVals *kv)
{
    static const char *const keys[] = { "kernel_irqchip", "kernel-irqchip" };

    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *value = keyval_get(settings->machine, keys[i]);
        if (value) {
            keyval_add(kv, "kernel-irqchip", value);
        }
    }
}

static bool start_one(const Settings *settings, const OptionUse *use, const AccelConfig *config, Error **errp)
{
    g_autofree char *name = keyval_take(use->settings, "accel");
    const Class *cls = name ? accel_class_find(name) : NULL;

    if (!cls) {
        return fail(errp, "%s: invalid accelerator %s (-accel help lists them)", use->context, name ? name : "");
    }
    take_machine_settings(settings, use->settings);
    Object *accel = object_create(cls, NULL, use->settings, errp);
    return accel ? start_accel(accel, config, errp) : fail(errp, "%s", use->context);
}

/* "none" runs nothing: it is happy without. */
static bool accel_needed(void)
{
    return !machine_is_bare();
}

bool create_accel(Settings *settings, const AccelConfig *config, Error **errp)
{
    if (!list_accels(settings, errp)) {
        return false;
    }
    for (unsigned i = 0; i < settings->accels->len; i++) {
        if (start_one(settings, settings->accels->pdata[i], config, errp)) {
            return true;
        }
        if (!accel_needed()) {
            error_clear(errp);
        } else if (i + 1 < settings->accels->len) {     /* say why, and try the next */
            error_report(*errp, NULL);
            *errp = NULL;
        }
    }
    return !accel_needed();
}
