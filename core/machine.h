/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every machine has: the settings a user gives for the whole machine, and
 * the two steps of making one. Boards are classes that descend from `machine`
 * and are named TYPE-machine.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "core/class.h"
#include "core/cpu.h"

/* Words of the whole machine that are not properties: filled before realize. Texts are system/'s, all else the machine's. */
typedef struct MachineBoot {
    char *firmware;             /* path of the BIOS image */
    const char *kernel, *initrd, *append;   /* direct boot, or NULL */
    const char *order;          /* -boot order=, "cad" */
    const char *once;           /* -boot once=: the order until the first reset, or NULL */
    OnOffAuto menu;             /* -boot menu= */
    bool strict;                /* -boot strict= */
    int splash_time_ms;         /* -boot splash-time=; -1: not given */
    int reboot_timeout_ms;      /* -boot reboot-timeout=; -1: never */
    GPtrArray *flashes;         /* of KeyVals: -drive if=pflash, at most two: code and variables */
    GPtrArray *option_roms;     /* of KeyVals: -option-rom romfile=, bootindex= */
} MachineBoot;

typedef struct Machine {
    Object obj;
    /* properties */
    char *memory_backend;
    bool graphics, usb, dump_guest_core, mem_merge, acpi, hpet, pit, i8042, igd_passthru;
    OnOffAuto vmport, smm_auto;
    uint64_t max_ram_below_4g;
    /* from other options */
    uint64_t ram_size;          /* bytes */
    CpuTopology topology;
    CpuModel cpu;
    MachineBoot boot;
    uint8_t uuid[16];
    bool uuid_set;
    const char *guest_name;     /* -name guest=, or NULL; owned by system/ */
    GPtrArray *smbios;          /* of KeyVals: -smbios */
    GPtrArray *serials;         /* of char *: chardev ids of serial ports, NULL entries: port absent */
} Machine;

typedef struct MachineOps {
    const char *alias;          /* "pc" */
    bool is_default;
    unsigned max_cpus;
    const char *cpu_model;      /* what -cpu is when not given: "qemu64" */
    const char *ram_id;         /* name of its RAM among the objects: "pc.ram" */
    bool wakes_up;              /* can be woken from ACPI S3 */
    bool bare;                  /* no RAM, no processor, no firmware: "none" */
    /* All devices are there: interrupt tables, boot order, what firmware reads. NULL: nothing to do. */
    bool (*finish)(Machine *machine, Error **errp);
} MachineOps;

extern const Class machine_class;

/* The machine of this run, or NULL. */
Machine *machine_get(void);
void machine_set(Machine *machine);

/* This run's machine has nothing: "none". */
bool machine_is_bare(void);

/* The class of -machine @name: an alias, "pc", or a versioned name, "pc-i440fx-7.2". NULL: unknown. */
const Class *machine_class_find(const char *name);

#endif
