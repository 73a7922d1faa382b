/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accelerator: what executes the guest. Classes that descend from `accel`
 * ("kvm-accel", "qtest-accel") implement AccelOps; the machine and run state
 * talk to the one that was chosen.
 */
#ifndef CORE_ACCEL_H
#define CORE_ACCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/class.h"
#include "core/cpu.h"
#include "core/irq.h"
#include "core/notify.h"

enum { ACCEL_GSI_COUNT = 24 };  /* one IOAPIC; 0 to 15 also reach the 8259 pair */

typedef struct AccelConfig {
    CpuTopology topology;
    CpuModel cpu;
    const char *machine_name;   /* for messages */
} AccelConfig;

/* Functions an accelerator has no use for are NULL. */
typedef struct AccelOps {
    /* Open the accelerator and make the VM, its interrupt chips and memory listeners. Devices come after. */
    bool (*start)(Object *accel, const AccelConfig *config, Error **errp);
    /* Make the vCPUs, held. Devices and firmware are there. */
    bool (*create_vcpus)(Object *accel, Error **errp);
    /* Input @gsi of the interrupt chips; NULL: it has none, the board makes them. */
    void (*set_gsi)(Object *accel, int gsi, int level);
    /* Out of the guest: hold asks (any thread, vm_lock held), pause waits (main thread), resume lets them go on. */
    void (*hold)(Object *accel);
    void (*pause)(Object *accel);
    void (*resume)(Object *accel);
    /* vCPUs and interrupt chips to power-on state; called while paused. */
    void (*reset)(Object *accel);
    /*
     * A VFIO group or device file begins or ceases to belong to the guest; told before the device is
     * opened (mediated drivers need to know the VM). 0 or -errno.
     */
    int (*vfio_file)(Object *accel, int fd, bool add);
    /* Interest in writes to guest memory at @host began or ended: dirty_is_logged() (core/dirty.h) tells. */
    void (*log_dirty)(Object *accel, const uint8_t *host, uint64_t size);
    /* dirty_mark() what the guest has written there since the last call. NULL: it writes through dispatch alone. */
    void (*sync_dirty)(Object *accel, const uint8_t *host, uint64_t size);
    /* Carry out the writes that wait (RegionOps.posted). NULL: none ever does. */
    void (*flush_posted)(Object *accel);
    /* Width of guest-physical addresses that CPUID will show. */
    unsigned (*phys_bits)(Object *accel);
    /* What firmware is to write to every CPU's IA32_FEATURE_CONTROL; 0: nothing. Valid once there are vCPUs. */
    uint64_t (*feature_control)(Object *accel);
    /* The host's thread id of CPU @index; NULL: no CPU has a thread of its own. */
    int (*cpu_thread)(Object *accel, unsigned index);
    /* Append what CPU @index has in its registers; vm_lock held. */
    void (*cpu_registers)(Object *accel, unsigned index, GString *out);
    /* Turn *address as CPU @index sees it into a physical one; false: nobody there. vm_lock held. NULL: they are equal. */
    bool (*translate)(Object *accel, unsigned index, uint64_t *address);
    /*
     * Registers of the CPU whose access to a port this thread carries out; false: it is no CPU's. What is set replaces all
     * of them; an IN then puts what was read into as much of ax as it is wide. NULL, both: CPUs have no registers.
     */
    bool (*get_registers)(Object *accel, CpuRegisters *ret);
    void (*set_registers)(Object *accel, const CpuRegisters *registers);
    /* Ticks of the time stamp counter in a second; 0: not known. */
    uint64_t (*tsc_hz)(Object *accel);
    /* A non-maskable interrupt for all CPUs; vm_lock held. */
    void (*inject_nmi)(Object *accel);
    /* End the vCPUs, at the end of the run. */
    void (*stop)(Object *accel);
} AccelOps;

extern const Class accel_class;

/* Choose @accel for the run: NULL at the end. */
void accel_select(Object *accel);

bool accel_start(const AccelConfig *config, Error **errp);
bool accel_create_vcpus(Error **errp);

/* The accelerator has interrupt chips and a timer (8259, IOAPIC, local APICs, 8254) of its own. */
bool accel_has_chips(void);

/* The board made the chips: @inputs are the lines into them, one a GSI. */
void accel_set_board_chips(const Irq inputs[ACCEL_GSI_COUNT]);

/*
 * A source of its own on the line into the interrupt chips' input @gsi (also .n of the result). Several may share
 * a line: it is up while any of its sources is.
 */
Irq accel_gsi(int gsi);

/* Lower the source and take it away. One that lives as long as the machine may stay. */
void accel_gsi_free(Irq *source);

/* data: const int *, the GSI whose interrupt the guest ended. From the board's chips, for level-triggered lines. */
extern NotifierList accel_eoi_notifiers;

/* Without an accelerator (unit tests) these do nothing and succeed. */
int accel_vfio_file(int fd, bool add);
void accel_log_dirty(const uint8_t *host, uint64_t size);
void accel_sync_dirty(const uint8_t *host, uint64_t size);

/* What the guest has written to regions whose writes are posted is there now: for those who look unasked. */
void accel_flush_posted(void);

/* Width of guest-physical addresses, 32 to 52; without an accelerator 40. */
unsigned accel_phys_bits(void);

/* The value of IA32_FEATURE_CONTROL the guest's CPUs need to use what CPUID shows; 0: they do not need it. */
uint64_t accel_feature_control(void);

/* "kvm", "qtest", or NULL without an accelerator; the caller frees it. */
char *accel_name(void);

/* The host's thread id of CPU @index; the process's where CPUs have no threads. */
int accel_cpu_thread(unsigned index);

/* Registers of CPU @index as text; where nothing executes there are none. */
void accel_cpu_registers(unsigned index, GString *out);

/* Turn an address as CPU @index sees it into a physical one; false: nobody there. */
bool accel_translate(unsigned index, uint64_t *address);

/* Registers of the CPU that accesses a port now, for the port's functions; false: none does, or it has no registers. */
bool accel_get_registers(CpuRegisters *ret);
void accel_set_registers(const CpuRegisters *registers);

/* Ticks of the guest's time stamp counter in a second; 0: not known. */
uint64_t accel_tsc_hz(void);

void accel_inject_nmi(void);
void accel_hold(void);
void accel_pause(void);
void accel_resume(void);
void accel_reset(void);
void accel_stop(void);

#endif
