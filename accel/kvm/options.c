/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -cpu's settings as rows, features by name, and what is accepted without effect; see options.h. */
#include "accel/kvm/options.h"

#include <string.h>

#include "accel/cpu-models.h"
#include "core/property.h"
#include "lib/log.h"
#include "lib/parse.h"

static const Property settings[] = {
    PROP(CpuOptions, check, bool, "check", "on", "Warn about features the host does not have"),
    PROP(CpuOptions, enforce, bool, "enforce", "off", "Refuse to start without them"),
    PROP(CpuOptions, pmu, bool, "pmu", "on", "Performance counters"),
    PROP(CpuOptions, kvm, bool, "kvm", "on", "Show KVM's CPUID leaves"),
    PROP(CpuOptions, kvm_pv_enforce_cpuid, bool, "kvm-pv-enforce-cpuid", "off", "Only the KVM features CPUID shows work"),
    PROP(CpuOptions, l3_cache, bool, "l3-cache", "on", "Show the third level of cache"),
    PROP(CpuOptions, host_phys_bits, bool, "host-phys-bits", "on", "As many physical address bits as the host"),
    PROP(CpuOptions, host_phys_bits_limit, u32, "host-phys-bits-limit", "0", "But not more than this"),
    PROP(CpuOptions, phys_bits, u32, "phys-bits", "0", "Physical address bits; 0: see host-phys-bits"),
    PROP(CpuOptions, level, i64, "level", "-1", "Highest standard CPUID leaf"),
    PROP(CpuOptions, xlevel, i64, "xlevel", "-1", "Highest extended CPUID leaf"),
    PROP(CpuOptions, family, i64, "family", "-1", "Family of the processor"),
    PROP(CpuOptions, model_number, i64, "model", "-1", "Model of the processor"),
    PROP(CpuOptions, stepping, i64, "stepping", "-1", "Stepping of the processor"),
    PROP(CpuOptions, vendor, str, "vendor", NULL, "Vendor: 12 letters"),
    PROP(CpuOptions, model_id, str, "model-id", NULL, "Name of the processor"),
    PROP(CpuOptions, tsc_frequency, u64, "tsc-frequency", "0", "Of the time stamp counter, in Hz; 0: the host's"),
    PROP(CpuOptions, ucode_rev, u64, "ucode-rev", "0", "Microcode revision; 0: the host's"),
    PROP(CpuOptions, hv_passthrough, bool, "hv-passthrough", "off", "All Hyper-V enlightenments KVM has"),
    PROP(CpuOptions, hv_enforce_cpuid, bool, "hv-enforce-cpuid", "off", "Only the enlightenments CPUID shows work"),
    PROP(CpuOptions, hv_spinlocks, u32, "hv-spinlocks", "0xffffffff", "Attempts before a guest spinlock tells Hyper-V"),
    PROP(CpuOptions, hv_vendor_id, str, "hv-vendor-id", NULL, "Hyper-V's vendor: up to 12 letters"),
    { }
};

/* Settings that change nothing here, and why that is right. */
static const char *const without_effect[] = {
    "migratable",                   /* there is no migration: whatever the host has may be shown */
    "legacy-cache", "host-cache-info",      /* the caches are always the host's */
    "cpuid-0xb", "full-cpuid-auto-level", "min-level", "min-xlevel", "min-xlevel2",    /* leaves are the host's */
    "xlevel2",
    "fill-mtrr-mask",               /* KVM masks by the physical address bits */
    "guest-phys-bits",              /* as KVM says */
    /* bits of IA32_ARCH_CAPABILITIES and IA32_CORE_CAPABILITIES: KVM shows the guest those the host has */
    "rdctl-no", "ibrs-all", "rsba", "skip-l1dfl-vmentry", "ssb-no", "mds-no", "pschange-mc-no", "tsx-ctrl", "taa-no",
    "sbdr-ssdp-no", "fbsdp-no", "psdp-no", "fb-clear", "gds-no", "rfds-no", "rfds-clear", "split-lock-detect",
    "kvm-no-smi-migration", "x-migrate-smi-count", "tcg-cpuid", "vmware-cpuid-freq", "lmce", "hotpluggable",
    "memory", "socket-id", "die-id", "core-id", "thread-id", "apic-id", "start-powered-off",
};

/* Other words for a setting. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    { "tsc-freq", "tsc-frequency" },
    { "hv-vendor", "hv-vendor-id" },
    { "host-cache", "host-cache-info" },
};

static bool is_without_effect(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(without_effect); i++) {
        if (g_str_equal(without_effect[i], name)) {
            return true;
        }
    }
    return false;
}

static const char *resolve_alias(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (g_str_equal(aliases[i].alias, name)) {
            return aliases[i].name;
        }
    }
    return name;
}

/* The last word counts: a bit is in one of the two sets at most. */
static bool set_feature(CpuOptions *options, const FeatureSet *bits, const char *value, Error **errp)
{
    bool on;

    if (!parse_bool(value, &on, errp)) {
        return false;
    }
    for (unsigned i = 0; i < FEATURE_WORDS; i++) {
        options->on.words[i] &= ~bits->words[i];
        options->off.words[i] &= ~bits->words[i];
        (on ? &options->on : &options->off)->words[i] |= bits->words[i];
    }
    return true;
}

static bool set_hyperv(CpuOptions *options, int row, const char *value, Error **errp)
{
    bool on;

    if (!parse_bool(value, &on, errp)) {
        return false;
    }
    options->hyperv = (options->hyperv & ~(1ULL << row)) | (uint64_t)on << row;
    return true;
}

static bool set_named(CpuOptions *options, const char *name, const char *value, Error **errp)
{
    const Property *prop = property_find(settings, name);
    int hyperv = hyperv_row(name);
    FeatureSet bits;

    if (prop) {
        return property_set(prop, options, value, errp);
    }
    if (hyperv >= 0) {
        return set_hyperv(options, hyperv, value, errp) || fail(errp, "Property '%s'", name);
    }
    if (is_without_effect(name)) {
        return true;
    }
    if (feature_find(name, &bits)) {
        return set_feature(options, &bits, value, errp) || fail(errp, "Property '%s'", name);
    }
    fail(errp, "Property '%s-x86_64-cpu.%s' not found", options->model, name);
    return hint(errp, "-cpu help lists all features.");
}

/* "+x" and "-x" are old words for x=on and x=off. */
static bool set_item(CpuOptions *options, const KeyVal *item, Error **errp)
{
    bool sign = item->key[0] == '+' || item->key[0] == '-';
    g_autofree char *name = feature_canonical(item->key + sign);
    const char *value = !sign ? item->value : item->key[0] == '+' ? "on" : "off";

    return set_named(options, resolve_alias(name), value, errp);
}

static bool check_range(const char *name, int64_t value, int64_t max, Error **errp)
{
    return value <= max || fail(errp, "Property '%s': %" G_GINT64_FORMAT " is more than %" G_GINT64_FORMAT, name, value, max);
}

static bool check(const CpuOptions *options, Error **errp)
{
    if (options->vendor && strlen(options->vendor) != 12) {
        return fail(errp, "Property 'vendor' takes 12 letters, such as GenuineIntel");
    }
    if (options->hv_vendor_id && strlen(options->hv_vendor_id) > 12) {
        return fail(errp, "Property 'hv-vendor-id' takes at most 12 letters");
    }
    if (options->phys_bits && (options->phys_bits < 32 || options->phys_bits > 52)) {
        return fail(errp, "phys-bits should be between 32 and 52 (but is %u)", options->phys_bits);
    }
    return check_range("family", options->family, 0xff + 0xf, errp) &&
           check_range("model", options->model_number, 0xff, errp) &&
           check_range("stepping", options->stepping, 0xf, errp) &&
           check_range("level", options->level, UINT32_MAX, errp) &&
           check_range("xlevel", options->xlevel, UINT32_MAX, errp);
}

bool cpu_options_parse(CpuOptions *options, const CpuModel *model, Error **errp)
{
    *options = (CpuOptions){ .model = g_strdup(model->name ? model->name : CPU_MODEL_DEFAULT) };
    property_set_defaults(settings, options);
    if (!cpu_model_known(options->model)) {
        return fail(errp, "unable to find CPU model '%s'", options->model);
    }
    for (unsigned i = 0; model->features && i < model->features->items->len; i++) {
        if (!set_item(options, &g_array_index(model->features->items, KeyVal, i), errp)) {
            return false;
        }
    }
    return check(options, errp);
}

void cpu_options_finish(CpuOptions *options)
{
    properties_finish(settings, options);
    g_clear_pointer(&options->model, g_free);
}

bool cpu_model_check(const CpuModel *model, Error **errp)
{
    CpuOptions options;
    bool good = cpu_options_parse(&options, model, errp);

    cpu_options_finish(&options);
    return good;
}

static void print_words(GString *text, const char *title, GPtrArray *names)
{
    enum { COLUMNS = 78 };
    size_t column = COLUMNS;
    const char *before = "";

    g_string_append_printf(text, "\n%s:", title);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        if (g_str_equal(name, before)) {
            continue;
        }
        if (column + strlen(name) + 1 > COLUMNS) {
            g_string_append(text, "\n  ");
            column = 2;
        }
        g_string_append_printf(text, "%s%s", column > 2 ? " " : "", name);
        column += strlen(name) + 1;
        before = name;
    }
    g_string_append_c(text, '\n');
}

char *cpu_models_help(void)
{
    GString *text = g_string_new("Available CPUs:\n");
    g_autoptr(GPtrArray) features = feature_names();

    cpu_models_print(text);
    print_words(text, "Recognized CPUID flags", features);
    g_string_append(text, "\nSettings:\n");
    for (const Property *prop = settings; prop->name; prop++) {
        g_autofree char *line = property_describe(prop);
        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, false);
}
