/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of CPUID leaves, and what turns the kernel's list of what it supports
 * into what one vCPU shows. Nothing here calls the kernel.
 */
#ifndef ACCEL_KVM_CPUID_H
#define ACCEL_KVM_CPUID_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/kvm/options.h"
#include "core/cpu.h"

typedef enum CpuidRegister { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX } CpuidRegister;

enum { CPUID_MAX_ENTRIES = 256 };   /* KVM's own limit */

/* Laid out as struct kvm_cpuid2. */
typedef struct CpuidTable {
    uint32_t count, padding;
    struct kvm_cpuid_entry2 entries[CPUID_MAX_ENTRIES];
} CpuidTable;

_Static_assert(offsetof(CpuidTable, entries) == offsetof(struct kvm_cpuid2, entries), "not a kvm_cpuid2");

/* The entry of a leaf, or NULL. @index counts for leaves that have sub-leaves. */
struct kvm_cpuid_entry2 *cpuid_find(CpuidTable *table, uint32_t function, uint32_t index);

/* The entry of a leaf (sub-leaf when @indexed), made when it is missing; NULL: the table is full. */
struct kvm_cpuid_entry2 *cpuid_add(CpuidTable *table, uint32_t function, uint32_t index, bool indexed);

/* Forget leaves @first to @last with all their sub-leaves. */
void cpuid_remove(CpuidTable *table, uint32_t first, uint32_t last);

uint32_t *cpuid_register(struct kvm_cpuid_entry2 *entry, CpuidRegister reg);

/* Clear @clear and set @set in a register of a leaf that exists. */
void cpuid_change(CpuidTable *table, uint32_t function, CpuidRegister reg, uint32_t clear, uint32_t set);

/* The vendor's string in leaf 0 begins with @four letters: "Genu", "Auth", "Hygo". */
bool cpuid_vendor_is(CpuidTable *table, const char *four);
bool cpuid_is_amd(CpuidTable *table);       /* AMD or Hygon */

/* build.c: @table holds what KVM supports; make it what every vCPU shows. @tsc_deadline: the local APIC's timer can. */
bool cpuid_build(CpuidTable *table, const CpuOptions *options, bool tsc_deadline, Error **errp);

/* Width of guest-physical addresses on a host whose own are @host bits wide. */
uint32_t cpuid_phys_bits(const CpuOptions *options, uint32_t host);

/*
 * IA32_FEATURE_CONTROL (Intel SDM vol. 3, 24.7) as firmware must leave it for a guest that is shown VMX: locked, with
 * VMXON outside of SMX operation allowed. 0: no CPU needs the register.
 */
uint64_t cpuid_feature_control(CpuidTable *table);

/* topology.c: the leaves that say which CPU this is and who its neighbours are. */
void cpuid_set_topology(CpuidTable *table, const CpuTopology *topology, unsigned index);

/* hyperv.c: the leaves of Microsoft's hypervisor interface. @supported is what KVM offers of it. */
bool cpuid_add_hyperv(CpuidTable *table, const CpuOptions *options, CpuidTable *supported, Error **errp);

/* The guest may use Hyper-V's synthetic interrupt controller. */
bool cpuid_shows_synic(CpuidTable *table);

#endif
