/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From -cpu and what the host supports to what a vCPU shows: options, features, topology, Hyper-V. */
#include <string.h>

#include "accel/cpu-models.h"
#include "accel/kvm/cpuid.h"

#define VENDOR_INTEL { 0x756e6547, 0x6c65746e, 0x49656e69 }     /* EBX, ECX, EDX */
#define VENDOR_AMD { 0x68747541, 0x444d4163, 0x69746e65 }

static CpuidTable table;    /* 10 KiB: not on the stack */

static void add(uint32_t function, uint32_t index, bool indexed, const uint32_t values[4])
{
    struct kvm_cpuid_entry2 *entry = cpuid_add(&table, function, index, indexed);

    for (unsigned reg = 0; reg < 4; reg++) {
        *cpuid_register(entry, (CpuidRegister)reg) = values[reg];
    }
}

/* A host with everything the tests ask for. */
static void make_host(const uint32_t vendor[3])
{
    const uint32_t all = 0xffffffff;

    table.count = 0;
    add(0, 0, false, (const uint32_t[]){ 0x16, vendor[0], vendor[1], vendor[2] });
    add(1, 0, false, (const uint32_t[]){ 0x000506e3, 0x00100800, 0xfefaf383, 0xbfebfbff });
    add(4, 0, true, (const uint32_t[]){ 0x1c004121, 0x01c0003f, 0x3f, 0 });     /* L1 */
    add(4, 3, true, (const uint32_t[]){ 0x1c03c163, 0x03c0003f, 0x1fff, 6 });   /* L3 */
    add(7, 0, true, (const uint32_t[]){ 0, all, all, all });
    add(0xa, 0, false, (const uint32_t[]){ 0x07300804, 0, 0, 0x603 });
    add(0xb, 0, true, (const uint32_t[]){ 1, 2, 0x100, 9 });
    add(0xd, 0, true, (const uint32_t[]){ 0x2ff, 0x440, 0x440, 0 });
    add(0xd, 1, true, (const uint32_t[]){ 0xf, 0, 0, 0 });
    add(0x12, 0, true, (const uint32_t[]){ 1, 0, 0, 0 });
    add(0x40000000, 0, false, (const uint32_t[]){ 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d });
    add(0x40000001, 0, false, (const uint32_t[]){ 0x01007efb, 0, 0, 0 });
    add(0x80000000, 0, false, (const uint32_t[]){ 0x80000022, vendor[0], vendor[1], vendor[2] });
    add(0x80000001, 0, false, (const uint32_t[]){ 0x000506e3, 0, 0x00400121, 0x2c100800 });
    add(0x80000008, 0, false, (const uint32_t[]){ 0x302e, 0, 0, 0 });
    add(0x8000001d, 3, true, (const uint32_t[]){ 0x4163, 0, 0, 0 });
    add(0x8000001e, 0, false, (const uint32_t[]){ 0, 0, 0, 0 });
    add(0x8000001f, 0, false, (const uint32_t[]){ 3, 0, 0, 0 });
}

static uint32_t leaf(uint32_t function, uint32_t index, CpuidRegister reg)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(&table, function, index);

    return entry ? *cpuid_register(entry, reg) : 0;
}

static bool parse(CpuOptions *options, const char *text, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(text, "cpu-type", errp);
    g_autofree char *name = keyval_take(kv, "cpu-type");

    return cpu_options_parse(options, &(const CpuModel){ .name = name, .features = kv }, errp);
}

/* What -cpu @text makes of the host. */
static void build(const uint32_t vendor[3], const char *text)
{
    CpuOptions options;
    Error *err = NULL;

    make_host(vendor);
    g_assert_true(parse(&options, text, &err));
    g_assert_true(cpuid_build(&table, &options, true, &err));
    cpu_options_finish(&options);
}

static void assert_refused(const char *text, const char *message)
{
    CpuOptions options;
    Error *err = NULL;

    g_assert_false(parse(&options, text, &err));
    g_assert_cmpstr(error_message(err), ==, message);
    error_free(err);
    cpu_options_finish(&options);
}

static const uint32_t intel[3] = VENDOR_INTEL, amd[3] = VENDOR_AMD;

/* ---- names ---- */

static void test_names_find_their_bits(void)
{
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        g_auto(GStrv) names = g_strsplit(feature_words[word].names, " ", -1);
        g_assert_cmpuint(g_strv_length(names), <=, 32);
        for (unsigned bit = 0; names[bit]; bit++) {
            g_autofree char *name = feature_name(word, bit);
            FeatureSet found;
            g_assert_true(!name == g_str_equal(names[bit], "-"));
            if (name) {
                g_assert_true(feature_find(name, &found));
                g_assert_true(found.words[word] & 1u << bit);
            }
        }
    }
}

/* Positions people know by heart. */
static void test_known_bits(void)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        { "sse4.2", "CPUID[eax=01h,ecx=00h].ECX.sse4-2 [bit 20]" },
        { "tsc_deadline", "CPUID[eax=01h,ecx=00h].ECX.tsc-deadline [bit 24]" },
        { "avx512vl", "CPUID[eax=07h,ecx=00h].EBX.avx512vl [bit 31]" },
        { "pku", "CPUID[eax=07h,ecx=00h].ECX.pku [bit 3]" },
        { "la57", "CPUID[eax=07h,ecx=00h].ECX.la57 [bit 16]" },
        { "spec-ctrl", "CPUID[eax=07h,ecx=00h].EDX.spec-ctrl [bit 26]" },
        { "ssbd", "CPUID[eax=07h,ecx=00h].EDX.ssbd [bit 31]" },
        { "topoext", "CPUID[eax=80000001h,ecx=00h].ECX.topoext [bit 22]" },
        { "lm", "CPUID[eax=80000001h,ecx=00h].EDX.lm [bit 29]" },
        { "invtsc", "CPUID[eax=80000007h,ecx=00h].EDX.invtsc [bit 8]" },
        { "ibpb", "CPUID[eax=80000008h,ecx=00h].EBX.ibpb [bit 12]" },
        { "svme-addr-chk", "CPUID[eax=8000000Ah,ecx=00h].EDX.svme-addr-chk [bit 28]" },
        { "xd", "CPUID[eax=80000001h,ecx=00h].EDX.nx [bit 20]" },
        { "i64", "CPUID[eax=80000001h,ecx=00h].EDX.lm [bit 29]" },
        { "ffxsr", "CPUID[eax=80000001h,ecx=00h].EDX.fxsr-opt [bit 25]" },
        { "sgx2", "CPUID[eax=12h,ecx=00h].EAX.sgx2 [bit 1]" },
        { "sgx-exinfo", "CPUID[eax=12h,ecx=00h].EBX.sgx-exinfo [bit 0]" },
        { "sgx-kss", "CPUID[eax=12h,ecx=01h].EAX.sgx-kss [bit 7]" },
        { "intel-pt-lip", "CPUID[eax=14h,ecx=00h].ECX.intel-pt-lip [bit 31]" },
        { "kvm-pv-ipi", "CPUID[eax=40000001h,ecx=00h].EAX.kvm-pv-ipi [bit 11]" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        FeatureSet found;
        g_assert_true(feature_find(known[i].name, &found));
        for (unsigned word = 0; word < FEATURE_WORDS; word++) {
            if (found.words[word]) {
                g_autofree char *text = feature_describe(word, (unsigned)__builtin_ctz(found.words[word]));
                g_assert_cmpstr(text, ==, known[i].text);
            }
        }
    }
}

static void test_models(void)
{
    g_assert_true(cpu_model_known("host") && cpu_model_known("max") && cpu_model_known("EPYC-Rome-v2"));
    g_assert_true(cpu_model_known("Skylake-Client-noTSX-IBRS") && cpu_model_known("Skylake-Client-v4"));
    g_assert_false(cpu_model_known("Skylake") || cpu_model_known("host-") || cpu_model_known("EPYC-v") ||
                   cpu_model_known("EPYC-v2x") || cpu_model_known(""));
    g_assert_false(cpu_model_is_mapped("host") || cpu_model_is_mapped("qemu64"));
    g_assert_true(cpu_model_is_mapped("kvm64"));
}

/* ---- options ---- */

static void test_last_word_counts(void)
{
    CpuOptions options;
    Error *err = NULL;
    FeatureSet avx2;

    g_assert_true(feature_find("avx2", &avx2));
    g_assert_true(parse(&options, "host,+avx2,avx2=off,-x2apic,x2apic", &err));
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        g_assert_cmphex(options.off.words[word], ==, avx2.words[word]);
        g_assert_cmphex(options.on.words[word] & options.off.words[word], ==, 0);
    }
    cpu_options_finish(&options);
}

static void test_refusals(void)
{
    assert_refused("host,foo=on", "Property 'host-x86_64-cpu.foo' not found");
    assert_refused("Pentium9", "unable to find CPU model 'Pentium9'");
    assert_refused("host,vendor=Intel", "Property 'vendor' takes 12 letters, such as GenuineIntel");
    assert_refused("host,phys-bits=53", "phys-bits should be between 32 and 52 (but is 53)");
    assert_refused("host,stepping=16", "Property 'stepping': 16 is more than 15");
}

static void test_features_leave(void)
{
    build(intel, "host,-avx,sse4_2=off,kvm_pv_eoi=off");
    g_assert_cmphex(leaf(1, 0, CPUID_ECX) & (1u << 28 | 1u << 20), ==, 0);
    g_assert_cmphex(leaf(0x40000001, 0, CPUID_EAX), ==, 0x01007ebb);
    g_assert_cmphex(leaf(0xd, 0, CPUID_EAX), ==, 0x2fb);    /* no AVX state without AVX */
    build(intel, "host,-xsave");
    g_assert_null(cpuid_find(&table, 0xd, 0));
}

static void test_enforce(void)
{
    CpuOptions options;
    Error *err = NULL;

    make_host(intel);
    g_assert_true(parse(&options, "host,check=off,enforce=off,+3dnow", &err));
    g_assert_true(cpuid_build(&table, &options, true, &err));
    options.enforce = true;
    g_assert_false(cpuid_build(&table, &options, true, &err));
    g_assert_cmpstr(error_message(err), ==, "Host doesn't support requested features");
    error_free(err);
    cpu_options_finish(&options);
}

static void test_what_the_vm_lacks_is_not_shown(void)
{
    build(intel, "host");
    g_assert_null(cpuid_find(&table, 0x12, 0));
    g_assert_null(cpuid_find(&table, 0x8000001f, 0));
    g_assert_cmphex(leaf(7, 0, CPUID_EBX) & 1 << 2, ==, 0);
    g_assert_true(leaf(1, 0, CPUID_ECX) & 1u << 31);        /* hypervisor */
    g_assert_false(leaf(1, 0, CPUID_ECX) & 1u << 27);       /* OSXSAVE */
    g_assert_true(leaf(1, 0, CPUID_ECX) & 1u << 24);        /* TSC deadline timer */
}

/* libvirt's host-model names what it finds on the host, also bits of registers: none may end the start. */
static void test_what_libvirt_finds_is_known(void)
{
    build(intel, "host,check=off,arch-capabilities=on,rdctl-no=on,ibrs-all=on,skip-l1dfl-vmentry=on,ssb-no=on,mds-no=on,"
                 "pschange-mc-no=on,tsx-ctrl=on,taa-no=on,rsba=on,split-lock-detect=on,sgx=on,sgx1=on,sgx-mode64=on,"
                 "sgx-provisionkey=on,intel-pt-lip=on,svme-addr-chk=on");
    g_assert_null(cpuid_find(&table, 0x12, 0));     /* asked for or not: there is no SGX memory */
    g_assert_null(cpuid_find(&table, 0x14, 0));
    assert_refused("host,rdctl-yes=on", "Property 'host-x86_64-cpu.rdctl-yes' not found");
}

static void test_hiding(void)
{
    build(intel, "host,kvm=off,hypervisor=off,pmu=off,l3-cache=off");
    g_assert_null(cpuid_find(&table, 0x40000000, 0));
    g_assert_null(cpuid_find(&table, 0x40000001, 0));
    g_assert_null(cpuid_find(&table, 0xa, 0));
    g_assert_false(leaf(1, 0, CPUID_ECX) & 1u << 31);
    g_assert_cmphex(leaf(4, 3, CPUID_EAX), ==, 0);
}

static void test_identity(void)
{
    build(amd, "host,family=23,model=49,stepping=2,vendor=AuthenticAMD,model-id=A B,level=13,xlevel=0x80000008");
    g_assert_cmphex(leaf(1, 0, CPUID_EAX), ==, 0x00830f12);
    g_assert_cmphex(leaf(0x80000001, 0, CPUID_EAX), ==, 0x00830f12);
    g_assert_cmphex(leaf(0, 0, CPUID_EAX), ==, 13);
    g_assert_cmphex(leaf(0x80000000, 0, CPUID_EAX), ==, 0x80000008);
    g_assert_cmphex(leaf(0x80000002, 0, CPUID_EAX), ==, 0x00422041);
    build(intel, "host,vendor=AuthenticAMD");
    g_assert_true(cpuid_is_amd(&table));
    g_assert_cmphex(leaf(0, 0, CPUID_ECX), ==, amd[1]);
}

static void test_phys_bits(void)
{
    static const struct {
        const char *cpu;
        uint32_t bits;
    } cases[] = {
        { "host", 46 }, { "host,host-phys-bits-limit=39", 39 }, { "host,host-phys-bits-limit=48", 46 },
        { "host,phys-bits=40", 40 }, { "host,host-phys-bits=off", 40 }, { "host,phys-bits=36,host-phys-bits=off", 36 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        build(intel, cases[i].cpu);
        g_assert_cmphex(leaf(0x80000008, 0, CPUID_EAX), ==, 0x3000 | cases[i].bits);
    }
}

/* ---- topology ---- */

static void check_cpu(const CpuTopology *topology, unsigned index, const uint32_t vendor[3])
{
    uint32_t id = cpu_apic_id(topology, index);
    unsigned package = topology->threads * topology->cores * topology->dies;

    build(vendor, "host");
    cpuid_set_topology(&table, topology, index);
    g_assert_cmphex(leaf(1, 0, CPUID_EBX) >> 24, ==, id & 0xff);
    g_assert_cmphex(leaf(1, 0, CPUID_EBX) & 0xffff, ==, 0x0800);
    g_assert_cmpint(leaf(1, 0, CPUID_EDX) >> 28 & 1, ==, package > 1);
    g_assert_cmphex(leaf(0xb, 0, CPUID_EDX), ==, id);
    g_assert_cmphex(leaf(0xb, 0, CPUID_EBX), ==, topology->threads);
    g_assert_cmphex(leaf(0xb, 1, CPUID_EBX), ==, package);
    g_assert_cmphex(leaf(0xb, 1, CPUID_ECX), ==, 0x201);
    g_assert_cmphex(leaf(0xb, 2, CPUID_ECX), ==, 2);
    /* the package's number is what is left of the APIC id: equal within a package, different outside */
    g_assert_cmphex(id >> leaf(0xb, 1, CPUID_EAX), ==, index / package);
    g_assert_true((cpuid_find(&table, 0x1f, 0) != NULL) == (topology->dies > 1));
}

static void test_topology(void)
{
    static const CpuTopology topologies[] = {
        { 1, 1, 1, 1, 1, 1 }, { 2, 2, 1, 1, 2, 1 }, { 6, 6, 1, 1, 3, 2 }, { 8, 8, 2, 1, 2, 2 }, { 24, 24, 2, 2, 3, 2 },
        { 3, 3, 3, 1, 1, 1 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(topologies); i++) {
        for (unsigned cpu = 0; cpu < topologies[i].cpus; cpu++) {
            check_cpu(&topologies[i], cpu, intel);
            check_cpu(&topologies[i], cpu, amd);
        }
    }
}

static void test_caches_are_shared_as_the_topology_says(void)
{
    const CpuTopology topology = { 6, 6, 1, 1, 3, 2 };

    build(intel, "host");
    cpuid_set_topology(&table, &topology, 5);
    g_assert_cmpuint(leaf(4, 0, CPUID_EAX) >> 14 & 0xfff, ==, 1);   /* L1: the two threads of a core */
    g_assert_cmpuint(leaf(4, 3, CPUID_EAX) >> 14 & 0xfff, ==, 7);   /* L3: all, in ids */
    g_assert_cmpuint(leaf(4, 0, CPUID_EAX) >> 26, ==, 3);           /* ids of cores */
    g_assert_cmphex(leaf(4, 0, CPUID_EAX) & 0x3fff, ==, 0x0121);
}

static void test_amd_topology(void)
{
    const CpuTopology topology = { 12, 12, 1, 2, 3, 2 };

    build(amd, "host");
    cpuid_set_topology(&table, &topology, 11);
    g_assert_cmphex(leaf(0x8000001e, 0, CPUID_EAX), ==, cpu_apic_id(&topology, 11));
    g_assert_cmphex(leaf(0x8000001e, 0, CPUID_EBX), ==, 0x106);     /* core 6 in ids, two threads each */
    g_assert_cmphex(leaf(0x8000001e, 0, CPUID_ECX), ==, 0x101);     /* second of two nodes */
    g_assert_cmphex(leaf(0x80000008, 0, CPUID_ECX), ==, 0x400b);
    g_assert_cmphex(leaf(0x80000001, 0, CPUID_ECX) & 2, ==, 2);     /* more than one core */
    g_assert_cmphex(leaf(0x80000001, 0, CPUID_EDX) & 1, ==, leaf(1, 0, CPUID_EDX) & 1);
}

/* ---- Hyper-V ---- */

static bool add_hyperv(const char *text, Error **errp)
{
    static CpuidTable supported;
    CpuOptions options;

    build(intel, "host");
    supported.count = 0;
    cpuid_add(&supported, 0x40000003, 0, false)->eax = 0xfff;
    cpuid_add(&supported, 0x40000004, 0, false)->eax = 0xfff;
    g_assert_true(parse(&options, text, errp));
    bool added = cpuid_add_hyperv(&table, &options, &supported, errp);
    cpu_options_finish(&options);
    return added;
}

static void test_hyperv(void)
{
    Error *err = NULL;

    g_assert_true(add_hyperv("host,hv_relaxed,hv-time,hv-vapic=on,hv-spinlocks=0x1fff,hv-vendor-id=abc", &err));
    g_assert_cmphex(leaf(0x40000000, 0, CPUID_EAX), ==, 0x40000005);
    g_assert_cmphex(leaf(0x40000000, 0, CPUID_EBX), ==, 0x00636261);
    g_assert_cmphex(leaf(0x40000001, 0, CPUID_EAX), ==, 0x31237648);
    g_assert_cmphex(leaf(0x40000003, 0, CPUID_EAX), ==, 0x232);
    g_assert_cmphex(leaf(0x40000004, 0, CPUID_EAX), ==, 0x28);
    g_assert_cmphex(leaf(0x40000004, 0, CPUID_EBX), ==, 0x1fff);
    g_assert_cmphex(leaf(0x40000100, 0, CPUID_EBX), ==, 0x4b4d564b);    /* KVM's own made room */
    g_assert_cmphex(leaf(0x40000101, 0, CPUID_EAX), ==, 0x01007efb);
    g_assert_false(cpuid_shows_synic(&table));
}

static void test_hyperv_needs(void)
{
    Error *err = NULL;

    g_assert_false(add_hyperv("host,hv-stimer,hv-time", &err));
    g_assert_cmpstr(error_message(err), ==, "Hyper-V hv-stimer requires Hyper-V hv-synic");
    error_clear(&err);
    g_assert_true(add_hyperv("host,hv-stimer,hv-time,hv-synic,hv-vpindex", &err));
    g_assert_true(cpuid_shows_synic(&table));
    g_assert_true(add_hyperv("host,hv-passthrough", &err));
    g_assert_cmphex(leaf(0x40000003, 0, CPUID_EAX), ==, 0xfff);
}

/* Intel SDM vol. 3, 24.7: bit 0 locks, bit 2 allows VMXON outside of SMX. */
static void test_feature_control(void)
{
    const uint32_t without[4] = { 0, 0, ~(1u << 5), 0 }, with[4] = { 0, 0, 1 << 5, 0 };

    memset(&table, 0, sizeof(table));
    g_assert_cmphex(cpuid_feature_control(&table), ==, 0);
    add(1, 0, false, without);
    g_assert_cmphex(cpuid_feature_control(&table), ==, 0);
    memset(&table, 0, sizeof(table));
    add(1, 0, false, with);
    g_assert_cmphex(cpuid_feature_control(&table), ==, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpuid/features/names find their bits", test_names_find_their_bits);
    g_test_add_func("/cpuid/features/known bits", test_known_bits);
    g_test_add_func("/cpuid/features/what libvirt finds is known", test_what_libvirt_finds_is_known);
    g_test_add_func("/cpuid/features/leave with what depends on them", test_features_leave);
    g_test_add_func("/cpuid/features/enforce", test_enforce);
    g_test_add_func("/cpuid/models", test_models);
    g_test_add_func("/cpuid/options/the last word counts", test_last_word_counts);
    g_test_add_func("/cpuid/options/refusals", test_refusals);
    g_test_add_func("/cpuid/build/what the VM lacks is not shown", test_what_the_vm_lacks_is_not_shown);
    g_test_add_func("/cpuid/build/hiding", test_hiding);
    g_test_add_func("/cpuid/build/identity", test_identity);
    g_test_add_func("/cpuid/build/physical address bits", test_phys_bits);
    g_test_add_func("/cpuid/build/feature control", test_feature_control);
    g_test_add_func("/cpuid/topology/every CPU", test_topology);
    g_test_add_func("/cpuid/topology/caches", test_caches_are_shared_as_the_topology_says);
    g_test_add_func("/cpuid/topology/amd", test_amd_topology);
    g_test_add_func("/cpuid/hyperv/leaves", test_hyperv);
    g_test_add_func("/cpuid/hyperv/needs", test_hyperv_needs);
    return g_test_run();
}
