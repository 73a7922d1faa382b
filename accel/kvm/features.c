/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of CPUID feature bits. Bits: Intel SDM vol. 2, CPUID; AMD APM vol. 3,
 * appendix E; Documentation/virt/kvm/x86/cpuid.rst. Names: as users and libvirt
 * write them after -cpu.
 */
#include "accel/kvm/features.h"

#include <string.h>

#include "accel/kvm/cpuid.h"

enum { BITS = 32 };

const FeatureWord feature_words[FEATURE_WORDS] = {
    { 0x00000001, 0, CPUID_EDX,
      "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov "
      "pat pse36 pn clflush - ds acpi mmx fxsr sse sse2 ss ht tm ia64 pbe" },
    { 0x00000001, 0, CPUID_ECX,
      "pni|sse3 pclmulqdq|pclmuldq dtes64 monitor ds-cpl vmx smx est tm2 ssse3 cid - fma cx16 xtpr pdcm "
      "- pcid dca sse4-1 sse4-2 x2apic movbe popcnt tsc-deadline aes xsave - avx f16c rdrand hypervisor" },
    { 0x00000006, 0, CPUID_EAX, "- - arat" },
    { 0x00000007, 0, CPUID_EBX,
      "fsgsbase tsc-adjust sgx bmi1 hle avx2 fdp-excptn-only smep bmi2 erms invpcid rtm - zero-fcs-fds mpx - "
      "avx512f avx512dq rdseed adx smap avx512ifma pcommit clflushopt clwb intel-pt avx512pf avx512er avx512cd "
      "sha-ni avx512bw avx512vl" },
    { 0x00000007, 0, CPUID_ECX,
      "- avx512vbmi|avx512-vbmi umip pku - waitpkg avx512vbmi2|avx512-vbmi2 shstk gfni vaes vpclmulqdq "
      "avx512vnni|avx512-vnni avx512bitalg|avx512-bitalg - avx512-vpopcntdq - "
      "la57 - - - - - rdpid - bus-lock-detect cldemote - movdiri movdir64b - sgxlc pks" },
    { 0x00000007, 0, CPUID_EDX,
      "- - avx512-4vnniw avx512-4fmaps fsrm - - - avx512-vp2intersect - md-clear - - - serialize - "
      "tsx-ldtrk - - arch-lbr ibt - amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp flush-l1d "
      "arch-capabilities core-capability ssbd" },
    { 0x00000007, 1, CPUID_EAX,
      "sha512 sm3 sm4 - avx-vnni avx512-bf16 - cmpccxadd - - fzrm fsrs fsrc - - - "
      "- fred lkgs wrmsrns - amx-fp16 - avx-ifma - - lam" },
    { 0x00000007, 1, CPUID_EDX, "- - - - avx-vnni-int8 avx-ne-convert - - amx-complex - avx-vnni-int16 - - - prefetchiti" },
    { 0x00000007, 2, CPUID_EDX, "intel-psfd ipred-ctrl rrsba-ctrl ddpd-u bhi-ctrl mcdt-no" },
    { 0x0000000d, 1, CPUID_EAX, "xsaveopt xsavec xgetbv1 xsaves xfd" },
    { 0x00000012, 0, CPUID_EAX, "sgx1 sgx2" },
    { 0x00000012, 0, CPUID_EBX, "sgx-exinfo" },
    { 0x00000012, 1, CPUID_EAX, "- sgx-debug sgx-mode64 - sgx-provisionkey sgx-tokenkey - sgx-kss" },
    { 0x00000014, 0, CPUID_ECX, "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - intel-pt-lip" },
    { 0x40000001, 0, CPUID_EAX,
      "kvmclock kvm-nopiodelay kvm-mmu kvmclock kvm-asyncpf kvm-steal-time kvm-pv-eoi kvm-pv-unhalt "
      "- kvm-pv-tlb-flush kvm-asyncpf-vmexit kvm-pv-ipi kvm-poll-control kvm-pv-sched-yield kvm-asyncpf-int "
      "kvm-msi-ext-dest-id - - - - - - - - kvmclock-stable-bit" },
    { 0x40000001, 0, CPUID_EDX, "kvm-hint-dedicated" },
    { 0x80000001, 0, CPUID_ECX,
      "lahf-lm cmp-legacy svm extapic cr8legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp "
      "fma4 tce - nodeid-msr - tbm topoext perfctr-core perfctr-nb" },
    { 0x80000001, 0, CPUID_EDX,
      "- - - - - - - - - - - syscall - - - - - - - mp nx|xd - mmxext - - fxsr-opt|ffxsr pdpe1gb rdtscp - lm|i64 3dnowext "
      "3dnow" },
    { 0x80000007, 0, CPUID_EDX, "- - - - - - - - invtsc" },
    { 0x80000008, 0, CPUID_EBX,
      "clzero - xsaveerptr - - - - - - wbnoinvd - - ibpb - ibrs amd-stibp "
      "- stibp-always-on - - - - - - amd-ssbd virt-ssbd amd-no-ssb - amd-psfd" },
    { 0x8000000a, 0, CPUID_EDX,
      "npt lbrv svm-lock nrip-save tsc-scale vmcb-clean flushbyasid decodeassists - - pause-filter - pfthreshold avic - "
      "v-vmsave-vmload vgif - - - - - - - - vnmi - - svme-addr-chk" },
};

/* Walk the names of a word: *text moves past the next token, whose length is returned; 0: no more. */
static size_t next_token(const char **text, const char **ret_token)
{
    *text += strspn(*text, " ");
    *ret_token = *text;
    size_t len = strcspn(*text, " ");
    *text += len;
    return len;
}

/* @token is "name" or "name|other". */
static bool token_has(const char *token, size_t token_len, const char *name)
{
    size_t len = strlen(name);

    for (const char *end = token + token_len; token < end;) {
        size_t part = MIN(strcspn(token, "| "), (size_t)(end - token));
        if (part == len && memcmp(token, name, len) == 0) {
            return true;
        }
        token += part + 1;
    }
    return false;
}

static uint32_t bits_called(const char *names, const char *name)
{
    uint32_t bits = 0;
    const char *token;
    unsigned bit = 0;

    for (size_t len; bit < BITS && (len = next_token(&names, &token)) > 0; bit++) {
        if (token_has(token, len, name)) {
            bits |= 1u << bit;
        }
    }
    return bits;
}

char *feature_canonical(const char *name)
{
    return g_strdelimit(g_strdup(name), "_.", '-');
}

bool feature_find(const char *name, FeatureSet *ret)
{
    g_autofree char *canonical = feature_canonical(name);
    FeatureSet found = { 0 };
    uint32_t any = 0;

    for (unsigned i = 0; i < FEATURE_WORDS && !g_str_equal(canonical, "-"); i++) {
        found.words[i] = bits_called(feature_words[i].names, canonical);
        any |= found.words[i];
    }
    if (any) {
        *ret = found;
    }
    return any != 0;
}

char *feature_name(unsigned word, unsigned bit)
{
    const char *names = feature_words[word].names, *token;
    size_t len;
    unsigned at = 0;

    while ((len = next_token(&names, &token)) > 0 && at < bit) {
        at++;
    }
    if (len == 0 || *token == '-') {
        return NULL;
    }
    return g_strndup(token, MIN(len, strcspn(token, "|")));
}

char *feature_describe(unsigned word, unsigned bit)
{
    static const char *const registers[] = { "EAX", "EBX", "ECX", "EDX" };
    const FeatureWord *at = &feature_words[word];
    g_autofree char *name = feature_name(word, bit);

    return g_strdup_printf("CPUID[eax=%02Xh,ecx=%02Xh].%s%s%s [bit %u]", at->function, at->index, registers[at->reg],
                           name ? "." : "", name ? name : "", bit);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *feature_names(void)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        for (unsigned bit = 0; bit < BITS; bit++) {
            char *name = feature_name(word, bit);
            if (name) {
                g_ptr_array_add(list, name);
            }
        }
    }
    g_ptr_array_sort(list, compare_names);
    return list;
}
