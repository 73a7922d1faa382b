/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits from the guest: port and memory-mapped I/O to the spaces, the rest to the run state. */
#include <string.h>

#include "accel/kvm/kvm.h"
#include "core/dispatch.h"
#include "core/guarded.h"
#include "core/lock.h"
#include "core/runstate.h"
#include "lib/log.h"

enum { HV_STATUS_INVALID_HYPERCALL_CODE = 2 };   /* Hyper-V TLFS, appendix A */

/* The vCPU cannot go on; @what was already said. */
static void stop_with_dump(KvmVcpu *vcpu)
{
    kvm_dump(vcpu);
    request_stop(RUN_STATE_INTERNAL_ERROR);
}

/* ---- registers, for ports that speak in them ---- */

static __thread KvmVcpu *at_port;   /* whose port access is being carried out */

/* In the middle of an instruction these are as its beginning saw them. */
bool kvm_get_registers(Object *accel, CpuRegisters *ret)
{
    struct kvm_regs regs = { 0 };

    if (!at_port || kvm_call(at_port->fd, KVM_GET_REGS, &regs) < 0) {
        return false;
    }
    *ret = (CpuRegisters){ .ax = regs.rax, .bx = regs.rbx, .cx = regs.rcx, .dx = regs.rdx, .si = regs.rsi, .di = regs.rdi };
    return true;
}

/* The kernel goes on with the instruction only if RIP is where it was. */
void kvm_set_registers(Object *accel, const CpuRegisters *registers)
{
    struct kvm_regs regs = { 0 };

    if (at_port && kvm_call(at_port->fd, KVM_GET_REGS, &regs) == 0) {
        regs.rax = registers->ax;
        regs.rbx = registers->bx;
        regs.rcx = registers->cx;
        regs.rdx = registers->dx;
        regs.rsi = registers->si;
        regs.rdi = registers->di;
        kvm_call(at_port->fd, KVM_SET_REGS, &regs);
    }
}

uint64_t kvm_tsc_hz(Object *accel)
{
    int khz = at_port ? kvm_call_number(at_port->fd, KVM_GET_TSC_KHZ, 0) : 0;

    return khz > 0 ? (uint64_t)khz * 1000 : 0;
}

/* ---- exits ---- */

/* A string instruction comes with all its elements at once, and its registers are not its own to change. */
static void exit_io(KvmVcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    unsigned size = run->io.size;

    at_port = run->io.count == 1 ? vcpu : NULL;
    for (uint32_t i = 0; i < run->io.count; i++, data += size) {
        uint64_t value = 0;
        if (run->io.direction == KVM_EXIT_IO_OUT) {
            memcpy(&value, data, size);
            space_write(&io_space, run->io.port, value, size);
        } else {
            value = space_read(&io_space, run->io.port, size);
            memcpy(data, &value, size);
        }
    }
    at_port = NULL;
    vcpu->io_pending = true;
}

/* Parts of accesses that cross a page can have any length up to 8. */
static bool is_access_size(unsigned len)
{
    return len == 1 || len == 2 || len == 4 || len == 8;
}

void kvm_mmio_write(uint64_t addr, const uint8_t *data, unsigned len)
{
    uint64_t value = 0;

    if (is_access_size(len)) {
        memcpy(&value, data, len);
        space_write(&memory_space, addr, value, len);
    } else {
        space_write_bytes(&memory_space, addr, data, len);
    }
}

static void mmio_read(uint64_t addr, uint8_t *data, unsigned len)
{
    if (is_access_size(len)) {
        uint64_t value = space_read(&memory_space, addr, len);
        memcpy(data, &value, len);
    } else {
        space_read_bytes(&memory_space, addr, data, len);
    }
}

static void exit_mmio(KvmVcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    unsigned len = MIN(run->mmio.len, sizeof(run->mmio.data));

    if (run->mmio.is_write) {
        kvm_mmio_write(run->mmio.phys_addr, run->mmio.data, len);
    } else {
        mmio_read(run->mmio.phys_addr, run->mmio.data, len);
    }
    vcpu->io_pending = true;
}

/* A triple fault resets a PC. */
static void exit_shutdown(KvmVcpu *vcpu)
{
    request_reset(CAUSE_GUEST_RESET);
}

static void exit_system_event(KvmVcpu *vcpu)
{
    switch (vcpu->run->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
        request_shutdown(CAUSE_GUEST_SHUTDOWN);
        break;
    case KVM_SYSTEM_EVENT_RESET:
        request_reset(CAUSE_GUEST_RESET);
        break;
    case KVM_SYSTEM_EVENT_CRASH:
        warn("the guest reported a crash");
        request_panic(NULL);
        break;
    default:
        log_guest("KVM: unknown system event %u", vcpu->run->system_event.type);
        break;
    }
}

static void exit_hyperv(KvmVcpu *vcpu)
{
    if (vcpu->run->hyperv.type == KVM_EXIT_HYPERV_HCALL) {
        vcpu->run->hyperv.u.hcall.result = HV_STATUS_INVALID_HYPERCALL_CODE;
        vcpu->io_pending = true;
    }
}

/* None that leaves the kernel is enabled; the guest gets "no such hypercall". */
static void exit_hypercall(KvmVcpu *vcpu)
{
    vcpu->run->hypercall.ret = (uint64_t)-1000;     /* -KVM_ENOSYS, <linux/kvm_para.h> */
    vcpu->io_pending = true;
}

static void exit_unknown(KvmVcpu *vcpu)
{
    warn("KVM: unknown exit, hardware reason %" G_GINT64_MODIFIER "x", (uint64_t)vcpu->run->hw.hardware_exit_reason);
    stop_with_dump(vcpu);
}

static void exit_fail_entry(KvmVcpu *vcpu)
{
    warn("KVM: entry failed, hardware error 0x%" G_GINT64_MODIFIER "x",
         (uint64_t)vcpu->run->fail_entry.hardware_entry_failure_reason);
    stop_with_dump(vcpu);
}

static const char *const suberrors[] = {
    [KVM_INTERNAL_ERROR_EMULATION] = "emulation failure",
    [KVM_INTERNAL_ERROR_SIMUL_EX] = "two exceptions at once",
    [KVM_INTERNAL_ERROR_DELIVERY_EV] = "exit while an event was being delivered",
    [KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] = "unexpected exit reason",
};

/*
 * What the kernel carries out itself (all of real mode on some machines) may be
 * an atomic instruction on device memory that does not answer: the emulation
 * fails, with an invalid-opcode exception on its way to the guest. With that
 * memory out of direct reach the instruction works. device_fault() ends this
 * soon when memory was not the reason.
 */
static bool emulate_again(KvmVcpu *vcpu)
{
    struct kvm_vcpu_events events;

    if (vcpu->run->internal.suberror != KVM_INTERNAL_ERROR_EMULATION || !device_fault(NULL) ||
        kvm_call(vcpu->fd, KVM_GET_VCPU_EVENTS, &events) < 0) {
        return false;
    }
    memset(&events.exception, 0, sizeof(events.exception));
    return kvm_call(vcpu->fd, KVM_SET_VCPU_EVENTS, &events) == 0;
}

static void exit_internal_error(KvmVcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint32_t suberror = run->internal.suberror;
    const char *words = suberror < G_N_ELEMENTS(suberrors) ? suberrors[suberror] : NULL;

    if (emulate_again(vcpu)) {
        return;
    }
    warn("KVM internal error. Suberror: %u (%s)", suberror, words ? words : "unknown");
    for (uint32_t i = 0; i < MIN(run->internal.ndata, G_N_ELEMENTS(run->internal.data)); i++) {
        warn("KVM: extra data[%u]: 0x%016" G_GINT64_MODIFIER "x", i, (uint64_t)run->internal.data[i]);
    }
    stop_with_dump(vcpu);
}

static void exit_notify(KvmVcpu *vcpu)
{
    bool context_lost = vcpu->run->notify.flags & KVM_NOTIFY_CONTEXT_INVALID;

    warn_limited("KVM: CPU %u of the guest blocked all events for too long", vcpu->index);
    if (context_lost || vcpu->accel->notify_vmexit == NOTIFY_INTERNAL_ERROR) {
        stop_with_dump(vcpu);
    }
}

static void exit_nothing(KvmVcpu *vcpu)
{
}

static void (*const handlers[])(KvmVcpu *vcpu) = {
    [KVM_EXIT_UNKNOWN] = exit_unknown,
    [KVM_EXIT_IO] = exit_io,
    [KVM_EXIT_MMIO] = exit_mmio,
    [KVM_EXIT_HLT] = exit_nothing,              /* the kernel's APIC wakes it */
    [KVM_EXIT_IRQ_WINDOW_OPEN] = exit_nothing,
    [KVM_EXIT_INTR] = exit_nothing,
    [KVM_EXIT_SET_TPR] = exit_nothing,
    [KVM_EXIT_NMI] = exit_nothing,
    [KVM_EXIT_SHUTDOWN] = exit_shutdown,
    [KVM_EXIT_FAIL_ENTRY] = exit_fail_entry,
    [KVM_EXIT_INTERNAL_ERROR] = exit_internal_error,
    [KVM_EXIT_SYSTEM_EVENT] = exit_system_event,
    [KVM_EXIT_HYPERCALL] = exit_hypercall,
    [KVM_EXIT_HYPERV] = exit_hyperv,
    [KVM_EXIT_NOTIFY] = exit_notify,
    [KVM_EXIT_X86_BUS_LOCK] = exit_nothing,
};

void kvm_exit_handle(KvmVcpu *vcpu)
{
    uint32_t reason = vcpu->run->exit_reason;

    vm_lock();
    kvm_posted_flush(&vcpu->accel->obj);
    if (reason < G_N_ELEMENTS(handlers) && handlers[reason]) {
        handlers[reason](vcpu);
    } else {
        warn("KVM: unexpected exit reason %u", reason);
        stop_with_dump(vcpu);
    }
    vm_unlock();
}

/* KVM_EXIT_MEMORY_FAULT of Linux 6.8 and later, which our oldest headers lack (API documentation, chapter 5). */
enum { EXIT_MEMORY_FAULT = 39 };

typedef struct MemoryFault {
    uint64_t flags, addr, size;
} MemoryFault;

/* A device's memory did not answer: its owner may take it out of the guest's direct reach. */
static bool memory_came_back(KvmVcpu *vcpu)
{
    MemoryFault fault;

    memcpy(&fault, &vcpu->run->hw, sizeof(fault));  /* where the exits' descriptions begin */
    return device_fault(vcpu->run->exit_reason == EXIT_MEMORY_FAULT ? &fault.addr : NULL);
}

void kvm_exit_failed(KvmVcpu *vcpu, int err)
{
    vm_lock();
    if (err == EFAULT && memory_came_back(vcpu)) {
        vm_unlock();
        return;
    }
    warn("KVM: CPU %u cannot run: %s%s", vcpu->index, g_strerror(err),
         err == EFAULT ? " (memory of the guest is gone on the host)" : "");
    stop_with_dump(vcpu);
    vm_unlock();
}
