/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU in power-on state: Intel SDM vol. 3, 10.1 (processor state after reset)
 * and 11.4.7 (local APIC after power-up); AMD APM vol. 2, 14.1.
 */
#include <string.h>

#include "accel/kvm/kvm.h"

enum {
    SEGMENT_CODE = 0xb, SEGMENT_DATA = 0x3, SEGMENT_LDT = 0x2, SEGMENT_TSS = 0xb,   /* types, accessed */
    FCW_INITIAL = 0x37f,        /* as the kernel makes vCPUs; firmware executes FNINIT anyway */
    APIC_ID = 0x20, APIC_VERSION = 0x30, APIC_DFR = 0xe0, APIC_SPIV = 0xf0, APIC_LVT_TIMER = 0x320, APIC_LVT_LINT0 = 0x350,
    APIC_LVT_ERROR = 0x370,
    LVT_MASKED = 1 << 16, LVT_EXTINT = 7 << 8,
    XSAVE_BYTES = 4096,
    XSAVE_MXCSR = 24 / 4, XSAVE_STATES = 512 / 4,    /* words of the legacy area and the header */
};

#define CR0_POWER_ON 0x60000010u    /* CD, NW, ET */
#define APIC_BASE_ADDRESS 0xfee00000u
#define APIC_BASE_BSP (1u << 8)
#define APIC_BASE_ENABLE (1u << 11)

/* One ioctl; the error names it. */
#define SET(vcpu, request, arg, errp) set_state(vcpu, request, arg, #request, errp)

static bool set_state(KvmVcpu *vcpu, unsigned long request, const void *arg, const char *name, Error **errp)
{
    int err = kvm_call(vcpu->fd, request, arg);

    return err >= 0 || fail_errno(errp, err, "CPU %u cannot be reset: %s", vcpu->index, name);
}

static struct kvm_segment segment(uint8_t type, bool code_or_data)
{
    return (struct kvm_segment){ .limit = 0xffff, .type = type, .present = 1, .s = code_or_data };
}

static bool reset_sregs(KvmVcpu *vcpu, Error **errp)
{
    struct kvm_segment data = segment(SEGMENT_DATA, true);
    struct kvm_sregs sregs = {
        .cs = segment(SEGMENT_CODE, true),
        .ds = data, .es = data, .fs = data, .gs = data, .ss = data,
        .ldt = segment(SEGMENT_LDT, false),
        .tr = segment(SEGMENT_TSS, false),
        .gdt.limit = 0xffff,
        .idt.limit = 0xffff,
        .cr0 = CR0_POWER_ON,
        .apic_base = APIC_BASE_ADDRESS | APIC_BASE_ENABLE | (vcpu->index == 0 ? APIC_BASE_BSP : 0),
    };

    sregs.cs.selector = 0xf000;
    sregs.cs.base = 0xffff0000;
    return SET(vcpu, KVM_SET_SREGS, &sregs, errp);
}

static bool reset_regs(KvmVcpu *vcpu, Error **errp)
{
    const struct kvm_cpuid_entry2 *signature = cpuid_find(&vcpu->accel->cpuid, 1, 0);
    struct kvm_regs regs = { .rip = 0xfff0, .rflags = 2, .rdx = signature ? signature->eax : 0x600 };

    return SET(vcpu, KVM_SET_REGS, &regs, errp);
}

/* What the header does not name gets its initial value. */
static bool reset_xsave(KvmVcpu *vcpu, Error **errp)
{
    int needed = kvm_capability(vcpu->accel->vm_fd, KVM_CAP_XSAVE2);
    g_autofree uint32_t *area = g_malloc0((size_t)MAX(XSAVE_BYTES, needed));
    struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = 1 } } };

    area[0] = FCW_INITIAL;
    area[XSAVE_MXCSR] = 0x1f80;
    area[XSAVE_STATES] = 3;     /* the area holds x87 and SSE state */
    if (!SET(vcpu, KVM_SET_XSAVE, area, errp)) {
        return false;
    }
    return !cpuid_find(&vcpu->accel->cpuid, 0xd, 0) || SET(vcpu, KVM_SET_XCRS, &xcrs, errp);
}

static bool reset_debug(KvmVcpu *vcpu, Error **errp)
{
    struct kvm_debugregs debug = { .dr6 = 0xffff0ff0, .dr7 = 0x400 };

    return SET(vcpu, KVM_SET_DEBUGREGS, &debug, errp);
}

static bool reset_events(KvmVcpu *vcpu, Error **errp)
{
    struct kvm_vcpu_events events = {
        .flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR | KVM_VCPUEVENT_VALID_SHADOW,
    };

    if (kvm_capability(vcpu->accel->vm_fd, KVM_CAP_X86_SMM)) {
        events.flags |= KVM_VCPUEVENT_VALID_SMM;
    }
    return SET(vcpu, KVM_SET_VCPU_EVENTS, &events, errp);
}

static void set_apic(struct kvm_lapic_state *state, unsigned offset, uint32_t value)
{
    memcpy(&state->regs[offset], &value, sizeof(value));
}

/* The boot processor's LINT0 takes the 8259's interrupts before firmware sets it up, as chipsets wire it. */
static bool reset_apic(KvmVcpu *vcpu, Error **errp)
{
    struct kvm_lapic_state state = { 0 };

    if (!SET(vcpu, KVM_GET_LAPIC, &state, errp)) {      /* the version register is the kernel's */
        return false;
    }
    uint32_t version;
    memcpy(&version, &state.regs[APIC_VERSION], sizeof(version));
    memset(&state, 0, sizeof(state));
    set_apic(&state, APIC_ID, vcpu->apic_id << 24);
    set_apic(&state, APIC_VERSION, version);
    set_apic(&state, APIC_DFR, UINT32_MAX);
    set_apic(&state, APIC_SPIV, 0xff);
    for (unsigned offset = APIC_LVT_TIMER; offset <= APIC_LVT_ERROR; offset += 0x10) {
        set_apic(&state, offset, LVT_MASKED);
    }
    if (vcpu->index == 0) {
        set_apic(&state, APIC_LVT_LINT0, LVT_EXTINT);
    }
    return SET(vcpu, KVM_SET_LAPIC, &state, errp);
}

static bool reset_mp_state(KvmVcpu *vcpu, Error **errp)
{
    struct kvm_mp_state state = { vcpu->index == 0 ? KVM_MP_STATE_RUNNABLE : KVM_MP_STATE_UNINITIALIZED };

    return SET(vcpu, KVM_SET_MP_STATE, &state, errp);
}

static bool reset_all(KvmVcpu *vcpu, Error **errp)
{
    kvm_msrs_leave_nested(vcpu);
    return reset_events(vcpu, errp) && reset_sregs(vcpu, errp) && reset_regs(vcpu, errp) && reset_xsave(vcpu, errp) &&
           reset_debug(vcpu, errp) && reset_apic(vcpu, errp) && reset_mp_state(vcpu, errp);
}

/* The kernel makes vCPUs in power-on state, except that it did not know the signature in EDX. */
bool kvm_vcpu_reset(KvmVcpu *vcpu, Error **errp)
{
    if (!(vcpu->fresh ? reset_regs(vcpu, errp) : reset_all(vcpu, errp))) {
        return false;
    }
    kvm_msrs_reset(vcpu);
    vcpu->fresh = false;
    return true;
}
