/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -cpu MODEL,feature=on|off,setting=value as a structure, checked against our tables only. */
#ifndef ACCEL_KVM_OPTIONS_H
#define ACCEL_KVM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "accel/kvm/features.h"
#include "core/cpu.h"
#include "lib/error.h"

typedef struct CpuOptions {
    char *model;
    FeatureSet on, off;         /* what the user asked for by name */
    uint64_t hyperv;            /* bits: rows of hyperv.c */
    /* settings, see the rows in options.c; -1 and 0 leave it to the host */
    bool check, enforce, pmu, kvm, host_phys_bits, l3_cache, kvm_pv_enforce_cpuid, hv_passthrough, hv_enforce_cpuid;
    uint32_t phys_bits, host_phys_bits_limit, hv_spinlocks;
    int64_t level, xlevel, family, model_number, stepping;
    uint64_t tsc_frequency, ucode_rev;
    char *vendor, *model_id, *hv_vendor_id;
} CpuOptions;

bool cpu_options_parse(CpuOptions *options, const CpuModel *model, Error **errp);
void cpu_options_finish(CpuOptions *options);

/* A hv-* enlightenment is asked for. */
static inline bool cpu_wants_hyperv(const CpuOptions *options)
{
    return options->hyperv || options->hv_passthrough;
}

/* hyperv.c: the row of a name such as "hv-time"; -1: unknown. */
int hyperv_row(const char *name);

#endif
