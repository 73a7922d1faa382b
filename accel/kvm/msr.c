/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Model-specific registers at reset. Numbers: Intel SDM vol. 4, AMD APM vol. 2
 * appendix A, Documentation/virt/kvm/x86/msr.rst, Hyper-V TLFS. A register this
 * host lacks is noticed once and left out from then on.
 */
#include "accel/kvm/kvm.h"

typedef struct MsrRow {
    uint32_t index;
    uint32_t count;         /* registers in a row; 0: one */
    uint64_t value;
    bool at_birth;          /* a new vCPU does not have this value already */
} MsrRow;

#define MSR_UCODE_REV 0x8b
#define PAT_POWER_ON 0x0007040600070406ULL
#define MISC_ENABLE_POWER_ON 0x1801ULL      /* fast strings; no branch trace store, no precise event sampling */

enum { MSR_FEATURE_CONTROL = 0x3a };   /* Intel SDM vol. 4, table 2-2 */

static const MsrRow rows[] = {
    { 0x1a0, 0, MISC_ENABLE_POWER_ON, true },
    { 0x10, 0, 0, false },                      /* time stamp counter */
    { 0x3b, 0, 0, false },                      /* TSC_ADJUST */
    { 0x6e0, 0, 0, false },                     /* TSC_DEADLINE */
    { 0x277, 0, PAT_POWER_ON, false },
    { 0x2ff, 0, 0, false },                     /* MTRR_DEF_TYPE: all memory uncached until firmware sets it up */
    { 0x200, 16, 0, false },                    /* MTRR_PHYSBASE and PHYSMASK, 8 pairs */
    { 0x250, 0, 0, false }, { 0x258, 2, 0, false }, { 0x268, 8, 0, false },     /* MTRR_FIX_* */
    { 0x174, 3, 0, false },                     /* SYSENTER_CS, ESP, EIP */
    { 0xc0000081, 4, 0, false },                /* STAR, LSTAR, CSTAR, FMASK */
    { 0xc0000102, 2, 0, false },                /* KERNEL_GS_BASE, TSC_AUX */
    { MSR_FEATURE_CONTROL, 0, 0, false },       /* unlocked */
    { 0x9e, 0, 0x30000, false },                /* SMBASE */
    { 0x48, 0, 0, false },                      /* SPEC_CTRL */
    { 0xc001011f, 0, 0, false },                /* VIRT_SPEC_CTRL */
    { 0xc0010117, 0, 0, false },                /* VM_HSAVE_PA */
    { 0xda0, 0, 0, false },                     /* XSS */
    { 0xe1, 0, 0, false },                      /* UMWAIT_CONTROL */
    { 0x17a, 0, 0, false },                     /* MCG_STATUS */
    { 0x38d, 0, 0, false }, { 0x38f, 0, 0, false },     /* FIXED_CTR_CTRL, PERF_GLOBAL_CTRL */
    { 0x186, 4, 0, false }, { 0xc0010000, 4, 0, false },    /* event selectors */
    { 0x4b564d01, 0, 0, false }, { 0x12, 0, 0, false },     /* kvmclock, new and old */
    { 0x4b564d02, 3, 0, false },                /* asynchronous page faults, steal time, end of interrupt */
    { 0x4b564d05, 0, 1, false },                /* host-side polling */
    { 0x4b564d06, 0, 0, false },                /* asynchronous page faults by interrupt */
};

/* Hyper-V's: only when the guest was shown them. */
static const MsrRow hyperv_rows[] = {
    { 0x40000000, 2, 0, false },                /* guest OS id, hypercall page */
    { 0x40000021, 0, 0, false },                /* reference TSC page */
    { 0x40000073, 0, 0, false },                /* VP assist page */
    { 0x40000080, 0, 0, false }, { 0x40000082, 2, 0, false },   /* SynIC control, event page, message page */
    { 0x40000090, 16, 0x10000, false },         /* SynIC interrupt sources: masked */
    { 0x400000b0, 8, 0, false },                /* synthetic timers */
};

enum { MAX_MSRS = 128 };

/* Laid out as struct kvm_msrs. */
typedef struct MsrList {
    uint32_t count, padding;
    struct kvm_msr_entry entries[MAX_MSRS];
} MsrList;

_Static_assert(offsetof(MsrList, entries) == offsetof(struct kvm_msrs, entries), "not a kvm_msrs");

/* Registers this host lacks, by their position among all rows; set by any vCPU's thread. */
static gint lacking[MAX_MSRS];

static void add(MsrList *list, unsigned position, uint32_t index, uint64_t value)
{
    if (list->count < MAX_MSRS && position < MAX_MSRS && !g_atomic_int_get(&lacking[position])) {
        list->entries[list->count++] = (struct kvm_msr_entry){ .index = index, .data = value, .reserved = position };
    }
}

/* Of a @fresh vCPU only what differs from the kernel's values. @position: of the first row. Returns that behind the last. */
static unsigned add_rows(MsrList *list, bool fresh, unsigned position, const MsrRow *row, unsigned count)
{
    for (const MsrRow *end = row + count; row < end; row++) {
        for (uint32_t i = 0; i < MAX(row->count, 1u); i++, position++) {
            if (!fresh || row->at_birth) {
                add(list, position, row->index + i, row->value);
            }
        }
    }
    return position;
}

/* KVM stops at the first register it does not have: note it and go on behind it. */
static void send(KvmVcpu *vcpu, const MsrList *list)
{
    for (uint32_t first = 0; first < list->count; first++) {
        MsrList rest = { .count = list->count - first };
        for (uint32_t i = 0; i < rest.count; i++) {
            rest.entries[i] = list->entries[first + i];
            rest.entries[i].reserved = 0;
        }
        int done = kvm_call(vcpu->fd, KVM_SET_MSRS, &rest);
        first += (uint32_t)MAX(done, 0);
        if (first < list->count) {
            g_atomic_int_set(&lacking[list->entries[first].reserved], true);
        }
    }
}

void kvm_msrs_reset(KvmVcpu *vcpu)
{
    MsrList list = { .count = 0 };
    unsigned position = add_rows(&list, vcpu->fresh, 1, rows, G_N_ELEMENTS(rows));

    if (vcpu->accel->microcode) {
        add(&list, 0, MSR_UCODE_REV, vcpu->accel->microcode);
    }
    if (cpu_wants_hyperv(&vcpu->accel->cpu)) {
        add_rows(&list, vcpu->fresh, position, hyperv_rows, G_N_ELEMENTS(hyperv_rows));
    }
    send(vcpu, &list);
}

void kvm_msrs_leave_nested(KvmVcpu *vcpu)
{
    MsrList list = { .count = 1, .entries[0].index = MSR_FEATURE_CONTROL };

    kvm_call(vcpu->fd, KVM_SET_MSRS, &list);    /* a processor without it takes none */
}
