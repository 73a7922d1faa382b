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
#include "core/region.h"

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
    uint64_t max_ram_below_4g, igd_reserve;
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

/*
 * Guest memory that a device has for itself: below 4 GiB, beside RAM, and
 * reserved in every map the guest is given.
 */
typedef struct MachineReservation {
    const char *name;           /* of its region */
    uint64_t size, align;       /* bytes, multiples of 4 KiB; align is a power of two */
    uint64_t base;              /* the address it must have, or MACHINE_ANYWHERE; then the address it has */
    HostMemory memory;          /* zeroed at first; host is NULL while there is no reservation */
    Region region;
} MachineReservation;

#define MACHINE_ANYWHERE UINT64_MAX

typedef struct MachineOps {
    const char *alias;          /* "pc" */
    bool is_default;
    unsigned max_cpus;
    const char *cpu_model;      /* what -cpu is when not given: "qemu64" */
    const char *ram_id;         /* name of its RAM among the objects: "pc.ram" */
    bool wakes_up;              /* can be woken from ACPI S3 */
    bool bare;                  /* no RAM, no processor, no firmware: "none" */
    /* See machine_reserve() and machine_unreserve(). NULL: it has no memory to reserve. */
    bool (*reserve)(Machine *machine, MachineReservation *reservation, Error **errp);
    void (*unreserve)(Machine *machine, MachineReservation *reservation);
    /* Put RAM into the address space: all who reserve memory have done so. NULL: nothing to do. */
    bool (*lay_memory)(Machine *machine, Error **errp);
    /* The firmware image, @ret_size bytes; NULL when there is none. */
    const uint8_t *(*firmware)(const Machine *machine, size_t *ret_size);
    /* All devices are there: interrupt tables, boot order, what firmware reads. NULL: nothing to do. */
    bool (*finish)(Machine *machine, Error **errp);
} MachineOps;

extern const Class machine_class;

/* The machine of this run, or NULL. */
Machine *machine_get(void);
void machine_set(Machine *machine);

/* This run's machine has nothing: "none". */
bool machine_is_bare(void);

/*
 * Set guest memory aside for a device, from its complete() on. For a device that is plugged in later there is what
 * -machine igd-reserve= has set aside. False with *errp set when that cannot be; then nothing has changed.
 */
bool machine_reserve(MachineReservation *reservation, Error **errp);

/* Give it back, at any time; a reservation that is none is accepted. */
void machine_unreserve(MachineReservation *reservation);

/* All devices are complete: RAM goes where it is left to go. False with *errp set when something cannot follow. */
bool machine_lay_memory(Error **errp);

/* The firmware that will run has @text in its image. */
bool machine_firmware_contains(const char *text);

/* It is SeaBIOS, by its own word. */
bool machine_firmware_is_seabios(void);

/* The class of -machine @name: an alias, "pc", or a versioned name, "pc-i440fx-7.2". NULL: unknown. */
const Class *machine_class_find(const char *name);

#endif
