/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of start-up, in order; see phases.h. */
#include "system/phases.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "accel/cpu-models.h"
#include "core/accel.h"
#include "core/device.h"
#include "core/mainloop.h"
#include "core/region.h"
#include "core/runstate.h"
#include "hw/nvram/fw-cfg-user.h"
#include "lib/log.h"
#include "monitor/monitor.h"
#include "system/create.h"
#include "system/daemon.h"
#include "system/preconfig.h"
#include "system/signals.h"
#include "ui/vnc.h"

/* The machine under construction; its strings belong to Settings. */
static Machine *machine;

static bool check_options(Settings *settings, Error **errp)
{
    return check_names(settings, errp);
}

static bool set_actions(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->actions->items->len; i++) {
        const KeyVal *item = &g_array_index(settings->actions->items, KeyVal, i);
        if (!runstate_set_action(item->key, item->value, errp)) {
            return fail(errp, "-action %s=%s", item->key, item->value);
        }
    }
    return true;
}

static bool configure_run(Settings *settings, Error **errp)
{
    const char *process = keyval_get(settings->name, "process");

    if (process) {
        prctl(PR_SET_NAME, process);
    }
    return set_actions(settings, errp) && (!settings->daemonize || daemon_start(errp)) && signals_start(errp) &&
           (!settings->pidfile || daemon_write_pidfile(settings->pidfile, errp) || fail(errp, "-pidfile"));
}

static bool lock_memory(Settings *settings, Error **errp)
{
    if (settings_switch(settings->overcommit, "cpu-pm")) {
        warn("-overcommit cpu-pm=on has no effect");
    }
    if (settings_switch(settings->overcommit, "mem-lock") && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
        fail_errno(errp, errno, "-overcommit mem-lock=on: locking memory failed");
        return hint(errp, "Raise the limit of locked memory (ulimit -l).");
    }
    return true;
}

/* "-global DRIVER.PROP=VALUE" or "-global driver=,property=,value=" */
static bool read_global(const OptionUse *use, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(use->text, NULL, errp);
    const char *driver, *property, *value;

    if (!kv) {
        return false;
    }
    driver = keyval_get(kv, "driver");
    property = keyval_get(kv, "property");
    value = keyval_get(kv, "value");
    if (driver && property && value) {
        class_add_global(driver, property, value);
        return true;
    }
    g_auto(GStrv) sides = g_strsplit(use->text, "=", 2);
    char *dot = sides[0] ? strrchr(sides[0], '.') : NULL;
    if (!dot || !sides[1]) {
        return fail(errp, "expected DRIVER.PROPERTY=VALUE");
    }
    *dot = '\0';
    class_add_global(sides[0], dot + 1, sides[1]);
    return true;
}

static bool read_globals(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->globals->len; i++) {
        const OptionUse *use = settings->globals->pdata[i];
        if (!read_global(use, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    class_check_globals();
    return true;
}

static bool make_machine(Settings *settings, Error **errp)
{
    machine = create_machine(settings, errp);
    return machine != NULL;
}

static bool start_accel(Settings *settings, Error **errp)
{
    AccelConfig config = {
        .topology = machine->topology,
        .cpu = machine->cpu,
        .machine_name = machine->obj.class->name,
    };

    return create_accel(settings, &config, errp);
}

/* The first things of the machine: tools expect the first processor at the first place. */
static bool make_cpus(Settings *settings, Error **errp)
{
    const char *default_model = ((const MachineOps *)class_ops(machine->obj.class))->cpu_model;
    const char *model = machine->cpu.name ? machine->cpu.name : default_model;

    return !default_model || cpus_create(cpu_model_class(model), machine->topology.cpus, errp);
}

static bool realize_machine(Settings *settings, Error **errp)
{
    return object_realize(&machine->obj, errp);
}

static bool add_firmware_items(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->fw_cfgs->len; i++) {
        const OptionUse *use = settings->fw_cfgs->pdata[i];
        if (!fw_cfg_add_user(use->text, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}

static bool lay_memory(Settings *settings, Error **errp)
{
    return machine_lay_memory(errp);
}

static bool finish_machine(Settings *settings, Error **errp)
{
    const MachineOps *ops = class_ops(machine->obj.class);

    return !ops->finish || ops->finish(machine, errp);
}

static bool make_vcpus(Settings *settings, Error **errp)
{
    return machine_is_bare() || accel_create_vcpus(errp);
}

static bool start_guest(Settings *settings, Error **errp)
{
    machine_reset(CAUSE_HOST_QMP_SYSTEM_RESET);
    device_plugging_begins();
    daemon_ready();
    monitor_set_stage(MONITOR_STAGE_MACHINE);
    if (!settings->stopped) {
        vm_start();
    }
    return true;
}

static const struct {
    const char *name;
    bool (*up)(Settings *settings, Error **errp);
} phases[] = {
    { "names", check_options },
    { "process", configure_run },
    { "memory lock", lock_memory },
    { "globals", read_globals },
    { "machine", make_machine },        /* settings only: errors in them come before anything is touched */
    { "accelerator", start_accel },
    { "descriptors", create_fdsets },
    { "character devices", create_chardevs },
    { "qtest", create_qtest },          /* like monitors, it connects early and answers when the loop runs */
    { "monitors", create_monitors },
    { "objects", create_objects },
    { "processors", make_cpus },
    { "preconfig", preconfig },
    { "board", realize_machine },
    { "firmware items", add_firmware_items },   /* a user's file goes before a device's */
    { "devices", create_devices },
    { "memory", lay_memory },           /* around what devices have for themselves */
    { "firmware tables", finish_machine },
    { "human monitors", create_human_monitors },
    { "VNC", create_vncs },
    { "vCPUs", make_vcpus },
    { "start", start_guest },
};

/* A signal that came while a phase waited (for a client, for x-exit-preconfig) has ended the loop. */
bool phases_up(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(phases) && !main_loop_ended(); i++) {
        if (!phases[i].up(settings, errp)) {
            return false;
        }
    }
    return true;
}

void phases_down(void)
{
    accel_pause();
    accel_stop();
    vnc_stop_all();
    region_transaction_begin();     /* nobody looks at the map any more */
    object_free_all();
    region_transaction_commit();
    daemon_remove_pidfile();
}
