/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V enlightenments: names after -cpu, and the CPUID bits they are
 * (Microsoft Hypervisor Top Level Functional Specification, chapter 2).
 */
#include <glib.h>
#include <string.h>

#include "accel/kvm/cpuid.h"
#include "lib/log.h"

enum {
    HV_VENDOR = 0x40000000, HV_INTERFACE, HV_VERSION, HV_FEATURES, HV_RECOMMENDATIONS, HV_LIMITS,
    HV_NESTED = 0x4000000a,
    KVM_LEAVES = 0x40000000, KVM_LEAVES_BESIDE_HV = 0x40000100,
    FEATURE_HYPERCALL = 1 << 5, FEATURE_SYNIC = 1 << 2,     /* HV_FEATURES, EAX */
};

/* A bit mask in a register of leaf 0x40000003 or 0x40000004. */
typedef struct Bits {
    uint32_t function;
    CpuidRegister reg;
    uint32_t mask;
} Bits;

#define FEATURE(reg, bit) { HV_FEATURES, CPUID_##reg, 1u << (bit) }
#define ADVICE(bit) { HV_RECOMMENDATIONS, CPUID_EAX, 1u << (bit) }

static const struct {
    const char *name;
    Bits bits[2];
    const char *needs[3];   /* other rows */
} rows[] = {
    { "hv-relaxed", { ADVICE(5) }, { NULL } },
    { "hv-vapic", { FEATURE(EAX, 4), ADVICE(3) }, { NULL } },
    { "hv-time", { FEATURE(EAX, 1), FEATURE(EAX, 9) }, { NULL } },
    { "hv-crash", { FEATURE(EDX, 10) }, { NULL } },
    { "hv-reset", { FEATURE(EAX, 7) }, { NULL } },
    { "hv-vpindex", { FEATURE(EAX, 6) }, { NULL } },
    { "hv-runtime", { FEATURE(EAX, 0) }, { NULL } },
    { "hv-synic", { FEATURE(EAX, 2) }, { "hv-vpindex" } },
    { "hv-stimer", { FEATURE(EAX, 3) }, { "hv-synic", "hv-time" } },
    { "hv-stimer-direct", { FEATURE(EDX, 19) }, { "hv-stimer" } },
    { "hv-frequencies", { FEATURE(EAX, 11), FEATURE(EDX, 8) }, { NULL } },
    { "hv-reenlightenment", { FEATURE(EAX, 13) }, { NULL } },
    { "hv-tlbflush", { ADVICE(2), ADVICE(11) }, { "hv-vpindex" } },
    { "hv-tlbflush-ext", { FEATURE(EDX, 14) }, { "hv-tlbflush" } },
    { "hv-ipi", { ADVICE(10), ADVICE(11) }, { "hv-vpindex" } },
    { "hv-xmm-input", { FEATURE(EDX, 4) }, { NULL } },
    { "hv-evmcs", { ADVICE(14) }, { "hv-vapic" } },
    { "hv-avic", { ADVICE(9) }, { NULL } },
    { "hv-apicv", { ADVICE(9) }, { NULL } },
    { "hv-no-nonarch-coresharing", { ADVICE(18) }, { NULL } },
    { "hv-emsr-bitmap", { { 0 } }, { "hv-evmcs" } },
    { "hv-tlbflush-direct", { { 0 } }, { "hv-vapic" } },
};

int hyperv_row(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_equal(rows[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

static uint32_t *bits_register(CpuidTable *table, const Bits *bits)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, bits->function, 0);

    return entry ? cpuid_register(entry, bits->reg) : NULL;
}

static bool kvm_has(CpuidTable *supported, const Bits *bits)
{
    const uint32_t *value = bits->mask ? bits_register(supported, bits) : NULL;

    /* "no automatic end of interrupt" is advice for the guest's own sake, not an interface KVM lists */
    return !bits->mask || (bits->function == HV_RECOMMENDATIONS && bits->mask == 1u << 9) ||
           (value && (*value & bits->mask) == bits->mask);
}

static bool check_needs(unsigned row, uint64_t wanted, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows[row].needs) && rows[row].needs[i]; i++) {
        if (!(wanted & 1ULL << hyperv_row(rows[row].needs[i]))) {
            return fail(errp, "Hyper-V %s requires Hyper-V %s", rows[row].name, rows[row].needs[i]);
        }
    }
    return true;
}

static bool add_row(CpuidTable *table, CpuidTable *supported, unsigned row)
{
    const Bits *bits = rows[row].bits;

    if (!kvm_has(supported, &bits[0]) || !kvm_has(supported, &bits[1])) {
        warn("Hyper-V %s is not supported by the host's kernel", rows[row].name);
        return false;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(rows[row].bits) && bits[i].mask; i++) {
        *bits_register(table, &bits[i]) |= bits[i].mask;
    }
    return true;
}

static bool add_rows(CpuidTable *table, const CpuOptions *options, CpuidTable *supported, Error **errp)
{
    bool all = true;

    for (unsigned row = 0; row < G_N_ELEMENTS(rows); row++) {
        if (options->hyperv & 1ULL << row) {
            if (!check_needs(row, options->hyperv, errp)) {
                return false;
            }
            all &= add_row(table, supported, row);
        }
    }
    return all || !options->enforce || fail(errp, "Host doesn't support requested features");
}

/* KVM's own leaves make room. */
static void move_kvm_leaves(CpuidTable *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct kvm_cpuid_entry2 *entry = &table->entries[i];
        if (entry->function == KVM_LEAVES || entry->function == KVM_LEAVES + 1) {
            if (entry->function == KVM_LEAVES) {
                entry->eax = KVM_LEAVES_BESIDE_HV + 1;
            }
            entry->function += KVM_LEAVES_BESIDE_HV - KVM_LEAVES;
        }
    }
}

static void add_leaf(CpuidTable *table, uint32_t function, uint32_t eax, uint32_t ebx)
{
    struct kvm_cpuid_entry2 *entry = cpuid_add(table, function, 0, false);

    if (entry) {
        entry->eax = eax;
        entry->ebx = ebx;
    }
}

static bool add_leaves(CpuidTable *table, const CpuOptions *options, CpuidTable *supported)
{
    struct kvm_cpuid_entry2 *limits = cpuid_find(supported, HV_LIMITS, 0);
    const char *vendor = options->hv_vendor_id ? options->hv_vendor_id : "Microsoft Hv";
    char id[12] = { 0 };

    memcpy(id, vendor, MIN(strlen(vendor), sizeof(id)));
    add_leaf(table, HV_VENDOR, HV_LIMITS, 0);
    add_leaf(table, HV_INTERFACE, 0x31237648, 0);       /* "Hv#1" */
    add_leaf(table, HV_VERSION, 14393, 10u << 16);      /* build, version 10.0: a Windows Server 2016 host */
    add_leaf(table, HV_FEATURES, FEATURE_HYPERCALL, 0);
    add_leaf(table, HV_RECOMMENDATIONS, 0, options->hv_spinlocks);
    add_leaf(table, HV_LIMITS, limits ? limits->eax : UINT32_MAX, limits ? limits->ebx : 0x40);
    struct kvm_cpuid_entry2 *first = cpuid_find(table, HV_VENDOR, 0);
    if (!first || !cpuid_find(table, HV_LIMITS, 0)) {
        return false;
    }
    memcpy(&first->ebx, id, sizeof(id));
    return true;
}

/* What the guest may see of @supported. */
static bool pass_through(CpuidTable *table, CpuidTable *supported)
{
    static const uint32_t leaves[] = { HV_VERSION, HV_FEATURES, HV_RECOMMENDATIONS, HV_LIMITS, HV_NESTED };

    for (unsigned i = 0; i < G_N_ELEMENTS(leaves); i++) {
        struct kvm_cpuid_entry2 *from = cpuid_find(supported, leaves[i], 0);
        struct kvm_cpuid_entry2 *to = from ? cpuid_add(table, leaves[i], 0, false) : NULL;
        if (to) {
            *to = *from;
        }
    }
    cpuid_change(table, HV_VENDOR, CPUID_EAX, UINT32_MAX, cpuid_find(table, HV_NESTED, 0) ? HV_NESTED : HV_LIMITS);
    return true;
}

static void add_nested(CpuidTable *table, const CpuOptions *options, CpuidTable *supported)
{
    struct kvm_cpuid_entry2 *from = cpuid_find(supported, HV_NESTED, 0);

    if (from && (options->hyperv & 1ULL << hyperv_row("hv-evmcs"))) {
        add_leaf(table, HV_NESTED, from->eax, from->ebx);
        cpuid_change(table, HV_VENDOR, CPUID_EAX, UINT32_MAX, HV_NESTED);
    }
}

bool cpuid_shows_synic(CpuidTable *table)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, HV_FEATURES, 0);

    return entry && (entry->eax & FEATURE_SYNIC);
}

bool cpuid_add_hyperv(CpuidTable *table, const CpuOptions *options, CpuidTable *supported, Error **errp)
{
    move_kvm_leaves(table);
    if (!add_leaves(table, options, supported)) {
        return fail(errp, "No room for Hyper-V's CPUID leaves");
    }
    if (options->hv_passthrough) {
        return pass_through(table, supported);
    }
    add_nested(table, options, supported);
    return add_rows(table, options, supported, errp);
}
