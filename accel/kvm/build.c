/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the list of what KVM supports to the CPUID that all vCPUs share: what the user asked for, and what follows. */
#include <glib.h>
#include <string.h>

#include "accel/kvm/cpuid.h"
#include "lib/log.h"

enum {
    ECX_OSXSAVE = 1 << 27, ECX_TSC_DEADLINE = 1 << 24,      /* leaf 1 */
    ECX_PDCM = 1 << 15,
    EBX_SGX = 1 << 2, ECX_SGX_LC = 1 << 30, ECX_OSPKE = 1 << 4,     /* leaf 7 */
    ECX_PERFCTR_CORE = 1 << 23,                             /* 0x80000001 */
};

#define ECX_HYPERVISOR (1u << 31)
/* 0x80000001, EDX: bits that repeat leaf 1's on AMD processors (APM vol. 3, appendix E.4.2) */
#define AMD_MIRRORED 0x0183f3ffu

/* ---- what KVM's list leaves to us ---- */

/* Leaves that speak of what this VM does not have: SGX memory, PT buffers, encrypted memory, AMD's long topology. */
static const struct {
    uint32_t first, last;
} absent_leaves[] = {
    { 0x12, 0x12 }, { 0x14, 0x14 }, { 0x8000001f, 0x80000020 }, { 0x80000026, 0x80000026 },
};

static void complete(CpuidTable *table, bool tsc_deadline)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(absent_leaves); i++) {
        cpuid_remove(table, absent_leaves[i].first, absent_leaves[i].last);
    }
    /* OSXSAVE and OSPKE show CR4: the kernel keeps them. */
    cpuid_change(table, 1, CPUID_ECX, ECX_OSXSAVE, ECX_HYPERVISOR | (tsc_deadline ? ECX_TSC_DEADLINE : 0));
    cpuid_change(table, 7, CPUID_ECX, ECX_OSPKE | ECX_SGX_LC, 0);
    cpuid_change(table, 7, CPUID_EBX, EBX_SGX, 0);
}

/* ---- features by name ---- */

static void warn_missing(unsigned word, uint32_t missing)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        if (missing & 1u << bit) {
            g_autofree char *text = feature_describe(word, bit);
            warn("host doesn't support requested feature: %s", text);
        }
    }
}

/* Returns the bits the user wants and the host lacks. */
static uint32_t apply_word(CpuidTable *table, const CpuOptions *options, unsigned word)
{
    const FeatureWord *at = &feature_words[word];
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, at->function, at->index);
    uint32_t *value = entry ? cpuid_register(entry, (CpuidRegister)at->reg) : NULL;
    uint32_t missing = options->on.words[word] & ~(value ? *value : 0);

    if (value) {
        *value &= ~options->off.words[word];
    }
    /* kvmclock is the name of an old and a new interface; the host need not have both */
    return at->function == 0x40000001 && value && (*value & options->on.words[word]) ? 0 : missing;
}

static bool apply_features(CpuidTable *table, const CpuOptions *options, Error **errp)
{
    bool all = true;

    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        uint32_t missing = apply_word(table, options, word);
        if (missing && (options->check || options->enforce)) {
            warn_missing(word, missing);
        }
        all &= !missing;
    }
    return all || !options->enforce || fail(errp, "Host doesn't support requested features");
}

/* ---- what follows from features ---- */

static bool has(CpuidTable *table, const char *feature)
{
    FeatureSet set;
    bool known = feature_find(feature, &set);

    g_assert(known);
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        const FeatureWord *at = &feature_words[word];
        struct kvm_cpuid_entry2 *entry = set.words[word] ? cpuid_find(table, at->function, at->index) : NULL;
        if (entry && (*cpuid_register(entry, (CpuidRegister)at->reg) & set.words[word])) {
            return true;
        }
    }
    return false;
}

/* State components of XCR0 (Intel SDM vol. 1, 13.1) and the feature without which they are not there. */
static const struct {
    const char *feature;
    uint32_t components;
} xsave_parts[] = {
    { "avx", 1u << 2 }, { "mpx", 3u << 3 }, { "avx512f", 7u << 5 }, { "pku", 1u << 9 }, { "amx-tile", 3u << 17 },
};

static void limit_xsave(CpuidTable *table)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 0xd, 0);

    if (!has(table, "xsave")) {
        cpuid_remove(table, 0xd, 0xd);
        return;
    }
    for (unsigned i = 0; entry && i < G_N_ELEMENTS(xsave_parts); i++) {
        if (!has(table, xsave_parts[i].feature)) {
            entry->eax &= ~xsave_parts[i].components;
        }
    }
}

static void mirror_amd(CpuidTable *table)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 1, 0);

    if (entry && cpuid_is_amd(table)) {
        cpuid_change(table, 0x80000001, CPUID_EDX, AMD_MIRRORED, entry->edx & AMD_MIRRORED);
    }
}

static void hide_pmu(CpuidTable *table)
{
    cpuid_remove(table, 0xa, 0xa);
    cpuid_remove(table, 0x80000022, 0x80000022);
    cpuid_change(table, 1, CPUID_ECX, ECX_PDCM, 0);
    cpuid_change(table, 0x80000001, CPUID_ECX, ECX_PERFCTR_CORE, 0);
}

/* ---- settings ---- */

static void set_vendor(CpuidTable *table, const char *vendor)
{
    static const uint32_t leaves[] = { 0, 0x80000000 };

    for (unsigned i = 0; i < G_N_ELEMENTS(leaves); i++) {
        struct kvm_cpuid_entry2 *entry = cpuid_find(table, leaves[i], 0);
        if (entry) {
            memcpy(&entry->ebx, vendor, 4);
            memcpy(&entry->edx, vendor + 4, 4);
            memcpy(&entry->ecx, vendor + 8, 4);
        }
    }
}

/* 48 letters in three leaves; short names end in zeros. */
static void set_model_id(CpuidTable *table, const char *text)
{
    char id[48] = { 0 };

    memcpy(id, text, MIN(strlen(text), sizeof(id) - 1));
    for (unsigned i = 0; i < 3; i++) {
        struct kvm_cpuid_entry2 *entry = cpuid_add(table, 0x80000002 + i, 0, false);
        if (entry) {
            memcpy(&entry->eax, id + 16 * i, 16);
        }
    }
}

/* The signature's fields: Intel SDM vol. 2, CPUID, figure 3-6. */
static uint32_t changed_signature(uint32_t signature, const CpuOptions *options)
{
    if (options->family >= 0) {
        uint32_t family = (uint32_t)options->family;
        uint32_t extended = family > 15 ? family - 15 : 0;
        signature = (signature & ~0x0ff00f00u) | extended << 20 | MIN(family, 15u) << 8;
    }
    if (options->model_number >= 0) {
        uint32_t model = (uint32_t)options->model_number;
        signature = (signature & ~0x000f00f0u) | model >> 4 << 16 | (model & 15) << 4;
    }
    if (options->stepping >= 0) {
        signature = (signature & ~15u) | (uint32_t)options->stepping;
    }
    return signature;
}

static void set_signature(CpuidTable *table, const CpuOptions *options)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 1, 0);

    if (entry) {
        entry->eax = changed_signature(entry->eax, options);
        if (cpuid_is_amd(table)) {
            cpuid_change(table, 0x80000001, CPUID_EAX, UINT32_MAX, entry->eax);
        }
    }
}

static void set_limit(CpuidTable *table, uint32_t leaf, int64_t level)
{
    if (level >= 0) {
        cpuid_change(table, leaf, CPUID_EAX, UINT32_MAX, (uint32_t)level);
    }
}

uint32_t cpuid_phys_bits(const CpuOptions *options, uint32_t host)
{
    enum { WITHOUT_HOST = 40 };     /* what a processor model without a word on it has */
    uint32_t bits = options->phys_bits ? options->phys_bits : options->host_phys_bits ? host : WITHOUT_HOST;

    if (options->host_phys_bits && options->host_phys_bits_limit) {
        bits = MIN(bits, options->host_phys_bits_limit);
    }
    return bits;
}

static bool set_phys_bits(CpuidTable *table, const CpuOptions *options, Error **errp)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 0x80000008, 0);

    if (!entry) {
        return true;
    }
    uint32_t host = entry->eax & 0xff;
    uint32_t bits = cpuid_phys_bits(options, host);
    if (bits < 32 || bits > 52) {
        return fail(errp, "phys-bits should be between 32 and 52 (but is %u)", bits);
    }
    if (bits > host) {
        warn("Host physical bits (%u) does not match phys-bits property (%u)", host, bits);
    }
    uint32_t guest = entry->eax >> 16 & 0xff;   /* what nested paging reaches; 0: all of it */
    entry->eax = (entry->eax & 0xff00ff00) | bits | MIN(guest, bits) << 16;
    return true;
}

static void hide_l3(CpuidTable *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct kvm_cpuid_entry2 *entry = &table->entries[i];
        if ((entry->function == 4 || entry->function == 0x8000001d) && (entry->eax >> 5 & 7) == 3) {
            entry->eax = entry->ebx = entry->ecx = entry->edx = 0;      /* ends the list of caches */
        }
    }
    cpuid_change(table, 0x80000006, CPUID_EDX, UINT32_MAX, 0);
}

static void apply_settings(CpuidTable *table, const CpuOptions *options)
{
    if (options->vendor) {
        set_vendor(table, options->vendor);
    }
    if (options->model_id) {
        set_model_id(table, options->model_id);
    }
    set_signature(table, options);
    set_limit(table, 0, options->level);
    set_limit(table, 0x80000000, options->xlevel);
    if (!options->pmu) {
        hide_pmu(table);
    }
    if (!options->l3_cache) {
        hide_l3(table);
    }
    if (!options->kvm) {
        cpuid_remove(table, 0x40000000, 0x400000ff);
    }
}

bool cpuid_build(CpuidTable *table, const CpuOptions *options, bool tsc_deadline, Error **errp)
{
    complete(table, tsc_deadline);
    if (!apply_features(table, options, errp) || !set_phys_bits(table, options, errp)) {
        return false;
    }
    apply_settings(table, options);
    limit_xsave(table);
    mirror_amd(table);
    return true;
}

uint64_t cpuid_feature_control(CpuidTable *table)
{
    enum { ECX_VMX = 1 << 5, LOCKED = 1 << 0, VMXON_OUTSIDE_SMX = 1 << 2 };
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 1, 0);

    return entry && (entry->ecx & ECX_VMX) ? LOCKED | VMXON_OUTSIDE_SMX : 0;
}
