/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The class kvm-accel: opens /dev/kvm, makes the VM and hands the work to its neighbours. */
#include "accel/kvm/kvm.h"

#include <cpuid.h>
#include <fcntl.h>

#include "lib/fd.h"
#include "lib/log.h"

static const char *const irqchip_words[] = { "on", "off", "split", "auto", NULL };
static const char *const notify_words[] = { "run", "internal-error", "disable", NULL };

enum { IRQCHIP_ON, IRQCHIP_OFF, IRQCHIP_SPLIT };

/* Why /dev/kvm cannot be opened, and what helps. */
static const struct {
    int err;
    const char *remedy;
} open_remedies[] = {
    { ENOENT, "Load the module of this processor: modprobe kvm-intel, or modprobe kvm-amd. It needs virtualization "
              "enabled in the host's firmware; inside a virtual machine, nested virtualization." },
    { EACCES, "Let the user use KVM: usermod -aG kvm USER, then log in again." },
    { EPERM, "Let the user use KVM: usermod -aG kvm USER, then log in again." },
    { ENODEV, "Load the module of this processor: modprobe kvm-intel, or modprobe kvm-amd." },
    { ENXIO, "Load the module of this processor: modprobe kvm-intel, or modprobe kvm-amd." },
};

/* What must be there; every x86 host kernel since 4.12 has all of it. */
static const struct {
    unsigned long capability;
    const char *name;
} required[] = {
#define NEED(cap) { cap, #cap }
    NEED(KVM_CAP_USER_MEMORY),
    NEED(KVM_CAP_DESTROY_MEMORY_REGION_WORKS),
    NEED(KVM_CAP_READONLY_MEM),     /* ROM the guest executes */
    NEED(KVM_CAP_IRQCHIP),
    NEED(KVM_CAP_IRQ_ROUTING),
    NEED(KVM_CAP_PIT2),
    NEED(KVM_CAP_EXT_CPUID),
    NEED(KVM_CAP_MP_STATE),
    NEED(KVM_CAP_XSAVE),
    NEED(KVM_CAP_DEBUGREGS),
    NEED(KVM_CAP_SIGNAL_MSI),
    NEED(KVM_CAP_IRQFD),
    NEED(KVM_CAP_IMMEDIATE_EXIT),   /* leaving the guest without losing a signal */
#undef NEED
};

static bool open_device(KvmAccel *accel, Error **errp)
{
    accel->dev_fd = open(accel->device, O_RDWR | O_CLOEXEC);
    if (accel->dev_fd >= 0) {
        return true;
    }
    int err = errno;
    fail_errno(errp, err, "Could not access KVM kernel module");
    for (unsigned i = 0; i < G_N_ELEMENTS(open_remedies); i++) {
        if (open_remedies[i].err == err) {
            hint(errp, "%s", open_remedies[i].remedy);
        }
    }
    return false;
}

static bool check_version(int dev_fd, Error **errp)
{
    int version = kvm_call_number(dev_fd, KVM_GET_API_VERSION, 0);

    if (version < 0) {
        return fail_errno(errp, version, "The kernel's KVM device does not answer");
    }
    if (version != KVM_API_VERSION) {
        return fail(errp, "kvm version %d is not supported, %d is", version, KVM_API_VERSION);
    }
    return true;
}

static bool check_capabilities(int dev_fd, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(required); i++) {
        if (!kvm_capability(dev_fd, required[i].capability)) {
            fail(errp, "kvm does not support %s", required[i].name);
            return hint(errp, "The host's kernel is too old, or its KVM is not a complete one.");
        }
    }
    return true;
}

static bool create_vm(KvmAccel *accel, Error **errp)
{
    do {    /* a signal may interrupt it: API documentation, 4.2 */
        accel->vm_fd = kvm_call_number(accel->dev_fd, KVM_CREATE_VM, 0);
    } while (accel->vm_fd == -EINTR);
    if (accel->vm_fd < 0) {
        fail_errno(errp, accel->vm_fd, "ioctl(KVM_CREATE_VM) failed");
        if (accel->vm_fd == -EBUSY) {
            hint(errp, "Another hypervisor (VirtualBox, VMware) uses the processor's virtualization; end it first.");
        }
        return false;
    }
    return true;
}

/*
 * Intel processors without unrestricted guest mode run real mode with a TSS and
 * an identity page table of KVM's. Both live above the local APIC and below the
 * largest firmware image (16 MiB); the e820 map keeps 0xfeffc000 + 16 KiB reserved.
 */
static bool place_kernel_pages(KvmAccel *accel, Error **errp)
{
    uint64_t identity_map = 0xfeffc000;
    int err = 0;

    if (kvm_capability(accel->vm_fd, KVM_CAP_SET_IDENTITY_MAP_ADDR)) {
        err = kvm_call(accel->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
    }
    if (err >= 0 && kvm_capability(accel->vm_fd, KVM_CAP_SET_TSS_ADDR)) {
        err = kvm_call_number(accel->vm_fd, KVM_SET_TSS_ADDR, 0xfeffd000);
    }
    return err >= 0 || fail_errno(errp, err, "KVM does not take the addresses of its pages");
}

/* A guest that never lets an event in would hold its host CPU for ever; the processor can end that. */
static void set_notify(KvmAccel *accel)
{
    uint64_t flags = KVM_X86_NOTIFY_VMEXIT_ENABLED | KVM_X86_NOTIFY_VMEXIT_USER;

    if (accel->notify_vmexit != NOTIFY_DISABLE && kvm_capability(accel->vm_fd, KVM_CAP_X86_NOTIFY_VMEXIT)) {
        kvm_enable(accel->vm_fd, KVM_CAP_X86_NOTIFY_VMEXIT, (uint64_t)accel->notify_window << 32 | flags);
    }
}

static bool check_settings(KvmAccel *accel, Error **errp)
{
    if (accel->kernel_irqchip == IRQCHIP_OFF || accel->kernel_irqchip == IRQCHIP_SPLIT) {
        fail(errp, "kernel-irqchip=%s is not supported: the interrupt chips are always KVM's own",
             irqchip_words[accel->kernel_irqchip]);
        return hint(errp, "Use kernel-irqchip=on, or leave it out.");
    }
    if (accel->dirty_ring_size & (accel->dirty_ring_size - 1)) {
        return fail(errp, "dirty-ring-size must be a power of two");
    }
    return true;
}

static bool check_cpu_count(KvmAccel *accel, Error **errp)
{
    unsigned recommended = (unsigned)kvm_capability(accel->dev_fd, KVM_CAP_NR_VCPUS);
    unsigned limit = (unsigned)kvm_capability(accel->dev_fd, KVM_CAP_MAX_VCPUS);
    unsigned id_limit = (unsigned)kvm_capability(accel->dev_fd, KVM_CAP_MAX_VCPU_ID);
    unsigned cpus = accel->topology.cpus;
    uint32_t last_id = cpu_apic_id(&accel->topology, cpus - 1);

    limit = MAX(limit, recommended);
    if (cpus > limit) {
        return fail(errp, "Number of SMP CPUs requested (%u) exceeds the maximum supported by KVM (%u)", cpus, limit);
    }
    if (last_id >= MAX(id_limit, limit)) {
        return fail(errp, "APIC id %u of the last CPU exceeds the maximum supported by KVM (%u)", last_id,
                    MAX(id_limit, limit) - 1);
    }
    if (cpus > recommended) {
        warn("Number of SMP cpus requested (%u) exceeds the recommended cpus supported by KVM (%u)", cpus, recommended);
    }
    return true;
}

static bool open_vm(KvmAccel *accel, Error **errp)
{
    return open_device(accel, errp) && check_version(accel->dev_fd, errp) &&
           check_capabilities(accel->dev_fd, errp) && check_cpu_count(accel, errp) && create_vm(accel, errp) &&
           place_kernel_pages(accel, errp);
}

static bool kvm_start(Object *obj, const AccelConfig *config, Error **errp)
{
    KvmAccel *accel = (KvmAccel *)obj;

    accel->topology = config->topology;
    if (!check_settings(accel, errp) || !cpu_options_parse(&accel->cpu, &config->cpu, errp) ||
        !open_vm(accel, errp)) {
        return false;
    }
    set_notify(accel);
    if (accel->shadow_mem > 0) {
        kvm_call_number(accel->vm_fd, KVM_SET_NR_MMU_PAGES, accel->shadow_mem / 4096);
    }
    kvm_irqchip_start(accel);
    kvm_slots_start(accel->vm_fd);
    kvm_posted_start(accel);
    return kvm_vcpus_start(accel, errp);
}

static bool kvm_create_vcpus(Object *obj, Error **errp)
{
    if (!kvm_irqchip_ensure(errp) || !kvm_vcpus_create((KvmAccel *)obj, errp)) {
        return false;
    }
    kvm_posted_ready((KvmAccel *)obj);
    return true;
}

static void kvm_hold(Object *obj)
{
    kvm_vcpus_hold((KvmAccel *)obj);
}

static void kvm_pause(Object *obj)
{
    kvm_vcpus_pause((KvmAccel *)obj);
    kvm_posted_flush(obj);
}

static void kvm_resume(Object *obj)
{
    kvm_vcpus_resume((KvmAccel *)obj);
}

static void kvm_reset(Object *obj)
{
    KvmAccel *accel = (KvmAccel *)obj;

    kvm_irqchip_reset(accel->vm_fd);
    kvm_vcpus_reset(accel);
}

static void kvm_stop(Object *obj)
{
    kvm_posted_stop();
    kvm_vcpus_stop((KvmAccel *)obj);
    kvm_slots_stop();   /* the VM's memory goes as a whole: no slot is taken out one by one */
}

/* From the processor itself: KVM's answer comes to another thread, and is the same. */
static unsigned kvm_phys_bits(Object *obj)
{
    uint32_t eax, ebx, ecx, edx;
    uint32_t host = __get_cpuid(0x80000008, &eax, &ebx, &ecx, &edx) ? eax & 0xff : 36;

    return cpuid_phys_bits(&((KvmAccel *)obj)->cpu, host);
}

static uint64_t kvm_feature_control(Object *obj)
{
    return cpuid_feature_control(&((KvmAccel *)obj)->cpuid);
}

static void kvm_init(Object *obj)
{
    KvmAccel *accel = (KvmAccel *)obj;

    accel->dev_fd = accel->vm_fd = accel->vfio_fd = -1;
}

static void kvm_unrealize(Object *obj)
{
    KvmAccel *accel = (KvmAccel *)obj;

    kvm_posted_stop();
    kvm_vcpus_stop(accel);
    kvm_slots_stop();
    kvm_irqchip_stop();
    cpu_options_finish(&accel->cpu);
    fd_close(&accel->vfio_fd);
    fd_close(&accel->vm_fd);
    fd_close(&accel->dev_fd);
}

CLASS(kvm_accel_class) = {
    .name = "kvm-accel",
    .parent = &accel_class,
    .desc = "Linux KVM: the host's processor executes the guest",
    .size = sizeof(KvmAccel),
    .props = (const Property[]){
        PROP(KvmAccel, device, str, "device", "/dev/kvm", "The kernel's KVM device"),
        PROP_ENUM(KvmAccel, kernel_irqchip, irqchip_words, "kernel-irqchip", "on", "Interrupt chips in the kernel; only on"),
        PROP(KvmAccel, shadow_mem, size, "kvm-shadow-mem", "0", "Limit of shadow page tables on hosts without nested paging"),
        PROP(KvmAccel, dirty_ring_size, u32, "dirty-ring-size", "0", "Accepted; displays alone track written memory, by KVM's bitmaps"),
        PROP_ENUM(KvmAccel, notify_vmexit, notify_words, "notify-vmexit", "run", "When the guest blocks all events for long"),
        PROP(KvmAccel, notify_window, u32, "notify-window", "0", "How long that is, in the processor's units; 0: the least"),
        { }
    },
    .ops = &(const AccelOps){
        .start = kvm_start,
        .create_vcpus = kvm_create_vcpus,
        .set_gsi = kvm_irqchip_set_gsi,
        .hold = kvm_hold,
        .pause = kvm_pause,
        .resume = kvm_resume,
        .reset = kvm_reset,
        .vfio_file = kvm_vfio_file,
        .log_dirty = kvm_slots_log_dirty,
        .sync_dirty = kvm_slots_sync_dirty,
        .flush_posted = kvm_posted_flush,
        .phys_bits = kvm_phys_bits,
        .feature_control = kvm_feature_control,
        .cpu_thread = kvm_vcpu_thread,
        .cpu_registers = kvm_vcpu_registers,
        .translate = kvm_vcpu_translate,
        .get_registers = kvm_get_registers,
        .set_registers = kvm_set_registers,
        .tsc_hz = kvm_tsc_hz,
        .inject_nmi = kvm_inject_nmi,
        .stop = kvm_stop,
    },
    .init = kvm_init,
    .unrealize = kvm_unrealize,
};
