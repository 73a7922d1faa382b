/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine pc: i440FX host bridge, PIIX3 ISA bridge, PIIX4 power
 * management, and what a PC has besides. pc.c makes the board, pc-memory.c its
 * memory, pc-chips.c its interrupt controllers, pc-firmware.c puts the BIOS in place, pc-tables.c says to
 * firmware what there is.
 */
#ifndef HW_I386_PC_H
#define HW_I386_PC_H

#include "core/accel.h"
#include "core/hostmem.h"
#include "core/machine.h"
#include "core/region.h"
#include "hw/acpi/piix4-pm.h"
#include "hw/block/pflash.h"
#include "hw/i386/i440fx.h"
#include "hw/i386/memory-map.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/pci/pci.h"
#include "hw/rtc/mc146818.h"

/* The inputs of the board's interrupt controllers: pc-chips.c. */
typedef struct PcChips {
    Irq pic[16];
    Irq ioapic[ACCEL_GSI_COUNT];
} PcChips;

typedef struct PcMachine {
    Machine machine;
    MemoryMap map;
    GArray *carved;                     /* of MemoryMapWindow: memory of devices in it */
    MemoryMapWindow pool;               /* what is set aside for devices that come later */
    GPtrArray *reservations;            /* of MachineReservation */
    bool laid;                          /* RAM is in the address space: the map cannot change any more */
    HostMem *ram, *firmware;
    GBytes *firmware_image;             /* as read: reset copies it back */
    Pflash *firmware_chip;              /* or the flash chip firmware begins in */
    Region memory_root, io_root;        /* the two spaces */
    Region pci_memory;                  /* what the host bridge forwards; RAM lies in front */
    Region ram_region;
    Region firmware_region, firmware_low;   /* below 4 GiB, and its last 128 KiB below 1 MiB */
    I440fx *i440fx;
    FwCfg *fw_cfg;
    Rtc *rtc;
    Piix4Pm *pm;
    PcChips chips;
    bool was_started;                   /* the first reset, which starts it, is over */
} PcMachine;

/* Make interrupt controllers and timer when the accelerator has none. Before the devices that interrupt. */
bool pc_chips_make(PcMachine *pc, Error **errp);

/* The machine ends: lines lead nowhere. */
void pc_chips_forget(void);

/* A device of the board: @settings are "key=value,..."; NULL with *errp set when that fails. */
Object *pc_make_device(const char *class_name, const char *settings, Error **errp);

/* Make RAM. It enters the address space by pc_memory_lay(), laid out around what devices reserve until then. */
bool pc_memory_make(PcMachine *pc, Error **errp);
void pc_memory_forget(PcMachine *pc);

/* MachineOps. */
bool pc_memory_reserve(Machine *machine, MachineReservation *reservation, Error **errp);
void pc_memory_unreserve(Machine *machine, MachineReservation *reservation);
bool pc_memory_lay(Machine *machine, Error **errp);
const uint8_t *pc_firmware_image(const Machine *machine, size_t *ret_size);

/* The image of -bios, or the flash chips of -drive if=pflash, below 4 GiB and below 1 MiB. */
bool pc_firmware_load(PcMachine *pc, Error **errp);
void pc_firmware_unload(PcMachine *pc);

/* Fill fw_cfg and CMOS: all devices exist. */
bool pc_tables_finish(PcMachine *pc, Error **errp);

/* At reset: what depends on the processors, which are made last. */
void pc_tables_reset(PcMachine *pc);

#endif
