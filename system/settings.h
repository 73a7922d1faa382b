/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything the command line says, before anything is made of it. */
#ifndef SYSTEM_SETTINGS_H
#define SYSTEM_SETTINGS_H

#include <glib.h>
#include <stdbool.h>

#include "core/cpu.h"
#include "core/machine.h"
#include "lib/keyval.h"

/* One use of a repeatable option: kept with the words that name it in errors. */
typedef struct OptionUse {
    char *context;              /* "-device vfio-pci,host=00:02.0" */
    char *text;
    KeyVals *settings;          /* parsed text, for options that are lists of settings */
} OptionUse;

typedef struct Settings {
    char *help;                 /* the user asked for this text: print it and end */
    /* of the machine */
    KeyVals *machine;           /* all -machine merged; "type" is the board */
    GPtrArray *accels;          /* of OptionUse, in order of preference */
    char *cpu;
    KeyVals *memory, *smp, *boot, *name, *overcommit, *messages, *actions;
    char *kernel, *initrd, *append, *bios, *uuid;
    GPtrArray *option_roms, *smbios, *drives;
    /* repeatable, of OptionUse */
    GPtrArray *objects, *chardevs, *devices, *globals, *sets, *serials, *debugcons, *fw_cfgs, *fds, *blockdevs, *vncs;
    GPtrArray *monitors;        /* of OptionUse: -mon, -monitor, -qmp ...; text is the device when settings have no chardev */
    /* of the run */
    char *pidfile, *qtest, *qtest_log, *vga, *layout;
    bool nographic, nodefaults, stopped, daemonize, no_acpi, preconfig;
    bool monitor_given;         /* -monitor or -mon: no monitor by default */
} Settings;

/* Read argv. False with *errp set; ret->help when only help was asked for. Either way to be finished. */
bool settings_parse(Settings *ret, int argc, char **argv, Error **errp);

/* Free all of it; for those who read more than one command line. */
void settings_finish(Settings *settings);

/* The switch @key of an option that checked its settings; not given: off. */
bool settings_switch(const KeyVals *kv, const char *key);

/* Add an accelerator to those of -accel; @context names its origin in errors. */
void settings_add_accel(Settings *settings, const char *context, const char *name);

/* -nographic puts the first serial port and a monitor on the terminal, unless the user says otherwise. */
bool settings_terminal_serial(const Settings *settings);
bool settings_terminal_monitor(const Settings *settings);

/* Add a monitor for people on chardev @id; @context names its origin in errors. */
void settings_add_monitor(Settings *settings, const char *context, const char *id);

/* The same on a new chardev, in the short form of -monitor. */
void settings_add_monitor_device(Settings *settings, const char *context, const char *device);

/* ---- texts of -help ---- */
char *help_options(void);
char *help_version(void);
char *help_machines(void);
char *help_accels(void);
char *help_objects(void);
char *help_none(void);
char *help_vga(void);
char *help_displays(void);
char *help_log_items(void);

/* The class of -accel NAME, or NULL. */
const Class *accel_class_find(const char *name);

/* ---- what single options mean ---- */

/* -m [size=]N[,slots=,maxmem=] to bytes; no -m: 128 MiB. */
bool settings_ram_size(const Settings *settings, uint64_t *ret, Error **errp);

/* -smp [cpus=]N[,sockets=,dies=,cores=,threads=,maxcpus=], missing parts completed. */
bool settings_topology(const Settings *settings, CpuTopology *ret, Error **errp);

/* The KeyVals of each use of an option, in order; they stay the uses'. The caller frees the array. */
GPtrArray *option_settings(const GPtrArray *uses);

/* Whether there is the display that -display @arg asks for; else what to use instead. */
bool display_check(const char *arg, Error **errp);

/* -boot, -kernel, -bios ... into @ret; its strings belong to @settings. */
bool settings_boot(const Settings *settings, MachineBoot *ret, Error **errp);

#endif
