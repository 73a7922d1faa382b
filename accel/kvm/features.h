/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of CPUID feature bits. */
#ifndef ACCEL_KVM_FEATURES_H
#define ACCEL_KVM_FEATURES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { FEATURE_WORDS = 21 };

/* One bit mask a word of the table. */
typedef struct FeatureSet {
    uint32_t words[FEATURE_WORDS];
} FeatureSet;

/* 32 feature bits: a register of a leaf. */
typedef struct FeatureWord {
    uint32_t function, index;
    int reg;                /* CpuidRegister */
    const char *names;      /* of bits 0, 1 ... separated by spaces; "a|b": two names; "-": none */
} FeatureWord;

extern const FeatureWord feature_words[FEATURE_WORDS];

/* The bits called @name, '_' and '.' being the same as '-'; none: false and *ret untouched. */
bool feature_find(const char *name, FeatureSet *ret);

/* The first name of a bit, for the caller to free; NULL: it has none. */
char *feature_name(unsigned word, unsigned bit);

/* "CPUID[eax=07h,ecx=00h].EBX.avx2 [bit 5]", for the caller to free. */
char *feature_describe(unsigned word, unsigned bit);

/* The spelling in the table: '_' and '.' become '-'. The caller frees it. */
char *feature_canonical(const char *name);

/* All names, sorted, for help; the caller frees the array. */
GPtrArray *feature_names(void);

#endif
