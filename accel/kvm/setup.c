/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new vCPU is given once: CPUID, machine check banks, TSC frequency, Hyper-V's interfaces. In its own thread. */
#include <string.h>

#include "accel/cpu-models.h"
#include "accel/kvm/kvm.h"
#include "lib/log.h"

enum { MCE_BANKS = 10 };    /* as many as PCs of the last years have; each costs the guest's kernel a few exits */

#define MSR_UCODE_REV 0x8b
#define MCG_CTL_P (1ULL << 8)   /* IA32_MCG_CAP, Intel SDM vol. 3, 16.3.1.1 */
#define MCG_SER_P (1ULL << 24)

static bool add_hyperv(KvmAccel *accel, Error **errp)
{
    g_autofree CpuidTable *supported = g_new0(CpuidTable, 1);
    int err = -ENOSYS;

    if (!cpu_wants_hyperv(&accel->cpu)) {
        return true;
    }
    if (kvm_capability(accel->dev_fd, KVM_CAP_SYS_HYPERV_CPUID)) {
        supported->count = CPUID_MAX_ENTRIES;
        err = kvm_call(accel->dev_fd, KVM_GET_SUPPORTED_HV_CPUID, supported);
    }
    if (err < 0) {
        warn("KVM cannot say which Hyper-V enlightenments it has: hv-* settings are ignored");
        return true;
    }
    return cpuid_add_hyperv(&accel->cpuid, &accel->cpu, supported, errp);
}

typedef struct OneMsr {
    uint32_t count, padding;
    struct kvm_msr_entry entry;
} OneMsr;

/* Guests look for known bad microcode by its revision: show the host's. */
static void choose_microcode(KvmAccel *accel)
{
    OneMsr msr = { .count = 1, .entry.index = MSR_UCODE_REV };

    accel->microcode = accel->cpu.ucode_rev;
    if (!accel->microcode && kvm_call(accel->dev_fd, KVM_GET_MSRS, &msr) == 1) {
        accel->microcode = msr.entry.data;
    }
}

/* By the first vCPU's thread: this ioctl executes every CPUID leaf, which costs on a host that is itself a guest. */
bool kvm_cpuid_prepare(KvmAccel *accel, Error **errp)
{
    accel->cpuid.count = CPUID_MAX_ENTRIES;
    int err = kvm_call(accel->dev_fd, KVM_GET_SUPPORTED_CPUID, &accel->cpuid);
    if (err < 0) {
        return fail_errno(errp, err, "KVM does not say which processor features it supports");
    }
    choose_microcode(accel);
    if (cpu_model_is_mapped(accel->cpu.model)) {
        warn("the CPU model '%s' is mapped to the host's CPU", accel->cpu.model);
    }
    return cpuid_build(&accel->cpuid, &accel->cpu, kvm_capability(accel->dev_fd, KVM_CAP_TSC_DEADLINE_TIMER), errp) &&
           add_hyperv(accel, errp);
}

static bool set_cpuid(KvmVcpu *vcpu, Error **errp)
{
    CpuidTable table = vcpu->accel->cpuid;

    cpuid_set_topology(&table, &vcpu->accel->topology, vcpu->index);
    int err = kvm_call(vcpu->fd, KVM_SET_CPUID2, &table);
    return err >= 0 || fail_errno(errp, err, "KVM refuses the CPUID of CPU %u", vcpu->index);
}

static bool set_tsc_frequency(KvmVcpu *vcpu, Error **errp)
{
    uint64_t hz = vcpu->accel->cpu.tsc_frequency;
    int err = hz ? kvm_call_number(vcpu->fd, KVM_SET_TSC_KHZ, hz / 1000) : 0;

    if (err < 0) {
        fail_errno(errp, err, "TSC frequency cannot be set to %" G_GUINT64_FORMAT " kHz", hz / 1000);
        return hint(errp, "This host cannot scale its time stamp counter: leave tsc-frequency out.");
    }
    return true;
}

static void enable_interfaces(KvmVcpu *vcpu)
{
    const CpuOptions *cpu = &vcpu->accel->cpu;

    if (cpu->kvm_pv_enforce_cpuid) {
        kvm_enable(vcpu->fd, KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1);
    }
    if (cpu_wants_hyperv(cpu) && cpu->hv_enforce_cpuid) {
        kvm_enable(vcpu->fd, KVM_CAP_HYPERV_ENFORCE_CPUID, 1);
    }
    if (cpu_wants_hyperv(cpu) && cpuid_shows_synic(&vcpu->accel->cpuid)) {
        kvm_enable(vcpu->fd, KVM_CAP_HYPERV_SYNIC2, 0);
    }
}

bool kvm_vcpu_setup(KvmVcpu *vcpu, Error **errp)
{
    uint64_t machine_check = MCE_BANKS | MCG_CTL_P | MCG_SER_P;

    enable_interfaces(vcpu);
    if (!set_cpuid(vcpu, errp) || !set_tsc_frequency(vcpu, errp)) {
        return false;
    }
    kvm_call(vcpu->fd, KVM_X86_SETUP_MCE, &machine_check);  /* without it: KVM's own 32 banks */
    return true;
}
