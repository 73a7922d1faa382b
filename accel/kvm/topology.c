/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID leaves that say which CPU this is and who its neighbours are: Intel SDM
 * vol. 2, CPUID leaves 1, 4, 0xb, 0x1f; AMD APM vol. 3, leaves 0x80000008,
 * 0x8000001d, 0x8000001e.
 */
#include <glib.h>

#include "accel/kvm/cpuid.h"

enum {
    LEVEL_INVALID = 0, LEVEL_THREAD = 1, LEVEL_CORE = 2, LEVEL_DIE = 5,     /* types of leaves 0xb and 0x1f */
    FEATURE_HTT = 28,           /* leaf 1, EDX: the package has more than one logical processor */
    FEATURE_CMP_LEGACY = 1,     /* 0x80000001, ECX: the same in AMD's words, when they are cores */
    CACHE_LEVEL_SHIFT = 5,
    CACHE_SHARING_SHIFT = 14,
};

/* Widths and counts the leaves are made of. */
typedef struct Package {
    const CpuTopology *topology;
    uint32_t apic_id;
    unsigned threads;           /* logical processors of a package */
    unsigned core_shift, die_shift, package_shift;  /* APIC id bits below the core's, die's, package's number */
} Package;

static Package package_of(const CpuTopology *topology, unsigned index)
{
    unsigned core_shift = cpu_id_bits(topology->threads);
    unsigned die_shift = core_shift + cpu_id_bits(topology->cores);

    return (Package){
        .topology = topology,
        .apic_id = cpu_apic_id(topology, index),
        .threads = topology->threads * topology->cores * topology->dies,
        .core_shift = core_shift,
        .die_shift = die_shift,
        .package_shift = die_shift + cpu_id_bits(topology->dies),
    };
}

static void set_leaf_1(CpuidTable *table, const Package *package)
{
    uint32_t ids = MIN(1u << package->package_shift, 255u);

    cpuid_change(table, 1, CPUID_EBX, 0xffff0000, package->apic_id << 24 | ids << 16);
    cpuid_change(table, 1, CPUID_EDX, 1u << FEATURE_HTT, package->threads > 1 ? 1u << FEATURE_HTT : 0);
    if (cpuid_is_amd(table)) {
        cpuid_change(table, 0x80000001, CPUID_ECX, 1u << FEATURE_CMP_LEGACY,
                     package->threads > 1 ? 1u << FEATURE_CMP_LEGACY : 0);
    }
}

/* Levels 1 and 2 belong to a core, what lies behind them to a die. */
static void set_cache_sharing(struct kvm_cpuid_entry2 *entry, const Package *package)
{
    unsigned level = entry->eax >> CACHE_LEVEL_SHIFT & 7;
    uint32_t sharing = (1u << (level <= 2 ? package->core_shift : package->die_shift)) - 1;

    entry->eax = (entry->eax & ~(0xfffu << CACHE_SHARING_SHIFT)) | MIN(sharing, 0xfffu) << CACHE_SHARING_SHIFT;
}

static void set_caches(CpuidTable *table, const Package *package)
{
    uint32_t cores = (1u << (package->package_shift - package->core_shift)) - 1;

    for (uint32_t i = 0; i < table->count; i++) {
        struct kvm_cpuid_entry2 *entry = &table->entries[i];
        bool cache = (entry->function == 4 || entry->function == 0x8000001d) && (entry->eax & 0x1f) != 0;
        if (!cache) {
            continue;
        }
        set_cache_sharing(entry, package);
        if (entry->function == 4) {
            entry->eax = (entry->eax & ~(0x3fu << 26)) | MIN(cores, 0x3fu) << 26;
        }
    }
}

static void set_level(CpuidTable *table, const Package *package, uint32_t leaf, const uint32_t level[4])
{
    struct kvm_cpuid_entry2 *entry = cpuid_add(table, leaf, level[0], true);

    if (entry) {
        entry->eax = level[2];
        entry->ebx = level[3];
        entry->ecx = level[0] | level[1] << 8;
        entry->edx = package->apic_id;
    }
}

/* Leaf 0xb knows threads and cores; 0x1f, shown when a package has more than one die, dies too. */
static void set_extended_topology(CpuidTable *table, const Package *package)
{
    const CpuTopology *topology = package->topology;
    unsigned die_threads = topology->threads * topology->cores;
    /* sub-leaf, type, bits of the APIC id to shift out, logical processors */
    const uint32_t flat[][4] = {
        { 0, LEVEL_THREAD, package->core_shift, topology->threads },
        { 1, LEVEL_CORE, package->package_shift, package->threads },
        { 2, LEVEL_INVALID, 0, 0 },
    };
    const uint32_t dies[][4] = {
        { 0, LEVEL_THREAD, package->core_shift, topology->threads },
        { 1, LEVEL_CORE, package->die_shift, die_threads },
        { 2, LEVEL_DIE, package->package_shift, package->threads },
        { 3, LEVEL_INVALID, 0, 0 },
    };

    cpuid_remove(table, 0xb, 0xb);
    cpuid_remove(table, 0x1f, 0x1f);
    for (unsigned i = 0; i < G_N_ELEMENTS(flat); i++) {
        set_level(table, package, 0xb, flat[i]);
    }
    for (unsigned i = 0; topology->dies > 1 && i < G_N_ELEMENTS(dies); i++) {
        set_level(table, package, 0x1f, dies[i]);
    }
}

static void set_amd(CpuidTable *table, const Package *package)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 0x8000001e, 0);
    const CpuTopology *topology = package->topology;

    cpuid_change(table, 0x80000008, CPUID_ECX, 0xf0ff, (package->threads - 1) | package->package_shift << 12);
    if (entry && topology->threads > 0) {
        uint32_t core = (package->apic_id & ((1u << package->package_shift) - 1)) >> package->core_shift;
        entry->eax = package->apic_id;
        entry->ebx = (core & 0xff) | (topology->threads - 1) << 8;
        entry->ecx = (package->apic_id >> package->die_shift & 0xff) | (topology->dies - 1) << 8;
        entry->edx = 0;
    }
}

static void raise_level(CpuidTable *table, uint32_t level)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 0, 0);

    if (entry && entry->eax < level && entry->eax >= 0xb) {
        entry->eax = level;
    }
}

void cpuid_set_topology(CpuidTable *table, const CpuTopology *topology, unsigned index)
{
    Package package = package_of(topology, index);

    set_leaf_1(table, &package);
    set_caches(table, &package);
    set_extended_topology(table, &package);
    if (cpuid_is_amd(table)) {
        set_amd(table, &package);
    }
    if (topology->dies > 1) {
        raise_level(table, 0x1f);
    }
}
