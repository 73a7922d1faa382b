/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the KVM accelerator share: the VM, its vCPUs, and one call into the kernel. */
#ifndef ACCEL_KVM_KVM_H
#define ACCEL_KVM_KVM_H

#include <errno.h>
#include <glib.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "accel/kvm/cpuid.h"
#include "accel/kvm/options.h"
#include "core/accel.h"

typedef struct KvmVcpu KvmVcpu;

typedef struct KvmAccel {
    Object obj;
    /* settings */
    char *device;
    int kernel_irqchip, notify_vmexit;
    uint64_t shadow_mem;
    uint32_t dirty_ring_size, notify_window;
    /* the VM */
    int dev_fd, vm_fd, vfio_fd;
    CpuTopology topology;
    CpuOptions cpu;
    CpuidTable cpuid;       /* what all vCPUs have in common; valid once CPU 0 is made */
    uint64_t microcode;     /* revision; 0: KVM's own */
    KvmVcpu *vcpus;         /* topology.cpus of them */
    size_t run_size;        /* bytes of struct kvm_run and what follows it */
} KvmAccel;

struct KvmVcpu {
    KvmAccel *accel;
    unsigned index;
    uint32_t apic_id;
    int fd;
    struct kvm_run *run;
    pthread_t thread;
    gint tid;               /* atomic: the thread's id on the host; 0 until it runs */
    Error *err;             /* why it could not be made */
    /* under the gate's mutex, see vcpu.c */
    bool started, settled;  /* the thread was made; it has made the vCPU or failed */
    bool idle;              /* waits at the gate */
    bool ran;               /* has executed since its last reset */
    bool needs_reset;
    /* its own thread's */
    bool fresh;             /* as the kernel made it: registers have their power-on values */
    bool paused;            /* the guest's clock must be told that time passed */
    bool io_pending;        /* the kernel waits for the answer to the last exit */
    gint in_guest;          /* atomic: inside KVM_RUN, or about to be */
};

/* Words of notify-vmexit, in this order. */
enum { NOTIFY_RUN, NOTIFY_INTERNAL_ERROR, NOTIFY_DISABLE };

/* One ioctl: its result or -errno. */
static inline int kvm_call(int fd, unsigned long request, const void *arg)
{
    int ret = ioctl(fd, request, arg);

    return ret < 0 ? -errno : ret;
}

static inline int kvm_call_number(int fd, unsigned long request, unsigned long number)
{
    int ret = ioctl(fd, request, number);

    return ret < 0 ? -errno : ret;
}

/* Value of a capability, 0 when it is missing. */
static inline int kvm_capability(int fd, unsigned long capability)
{
    int value = kvm_call_number(fd, KVM_CHECK_EXTENSION, capability);

    return MAX(value, 0);
}

static inline int kvm_enable(int fd, uint32_t capability, uint64_t arg)
{
    struct kvm_enable_cap enable = { .cap = capability, .args = { arg } };

    return kvm_call(fd, KVM_ENABLE_CAP, &enable);
}

/* slots.c: guest memory follows memory_space from here on. */
void kvm_slots_start(int vm_fd);
void kvm_slots_stop(void);
void kvm_slots_log_dirty(Object *accel, const uint8_t *host, uint64_t size);
void kvm_slots_sync_dirty(Object *accel, const uint8_t *host, uint64_t size);

/*
 * posted.c: writes to regions whose writes may wait are collected by the kernel. start: once there is a VM; ready: once
 * there are vCPUs; stop: before they go.
 */
void kvm_posted_start(KvmAccel *accel);
void kvm_posted_ready(const KvmAccel *accel);
void kvm_posted_flush(Object *accel);
void kvm_posted_stop(void);

/* irqchip.c: PIC, IOAPIC, local APICs and PIT in the kernel, and the routes into them. */
void kvm_irqchip_start(KvmAccel *accel);
bool kvm_irqchip_ensure(Error **errp);     /* the chips exist, or are made now */
void kvm_irqchip_reset(int vm_fd);
void kvm_irqchip_stop(void);
void kvm_irqchip_set_gsi(Object *accel, int gsi, int level);

/* vcpu.c: threads. The exclude pair keeps all vCPUs out of the guest while its memory is rearranged. */
bool kvm_vcpus_start(KvmAccel *accel, Error **errp);
bool kvm_vcpus_create(KvmAccel *accel, Error **errp);
void kvm_vcpus_hold(KvmAccel *accel);
void kvm_vcpus_pause(KvmAccel *accel);
void kvm_vcpus_resume(KvmAccel *accel);
void kvm_vcpus_reset(KvmAccel *accel);
void kvm_vcpus_stop(KvmAccel *accel);
void kvm_vcpus_exclude(void);
void kvm_vcpus_include(void);
int kvm_vcpu_thread(Object *accel, unsigned index);
void kvm_inject_nmi(Object *accel);
bool kvm_vcpu_translate(Object *accel, unsigned index, uint64_t *address);
void kvm_vcpu_registers(Object *accel, unsigned index, GString *out);

/* setup.c: a new vCPU gets its CPUID and settings that last; in its own thread. */
bool kvm_vcpu_setup(KvmVcpu *vcpu, Error **errp);
bool kvm_cpuid_prepare(KvmAccel *accel, Error **errp);

/* reset.c, msr.c: registers to power-on state; in its own thread. */
bool kvm_vcpu_reset(KvmVcpu *vcpu, Error **errp);
void kvm_msrs_reset(KvmVcpu *vcpu);

/*
 * A guest that resets in VMX operation has a CR4 KVM lets nobody clear; taking
 * FEATURE_CONTROL away makes KVM leave that operation (AMD: EFER does). Before
 * all other registers.
 */
void kvm_msrs_leave_nested(KvmVcpu *vcpu);

/* exits.c: what the guest did; takes vm_lock. */
void kvm_exit_handle(KvmVcpu *vcpu);
/* Device memory is written; @len up to 8. */
void kvm_mmio_write(uint64_t addr, const uint8_t *data, unsigned len);

/* KVM_RUN itself failed with errno @err. */
void kvm_exit_failed(KvmVcpu *vcpu, int err);
/* Of the vCPU whose port access is being carried out in this thread. */
bool kvm_get_registers(Object *accel, CpuRegisters *ret);
void kvm_set_registers(Object *accel, const CpuRegisters *registers);
uint64_t kvm_tsc_hz(Object *accel);

/* dump.c: registers and the code at RIP, on stderr and as text. The vCPU is not in the guest. */
void kvm_dump(KvmVcpu *vcpu);
void kvm_describe(KvmVcpu *vcpu, GString *text);

/* vfio.c */
int kvm_vfio_file(Object *accel, int fd, bool add);

#endif
