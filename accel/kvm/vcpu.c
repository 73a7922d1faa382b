/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPU threads and the gate between them and the main thread.
 *
 * A thread makes its vCPU, resets it and waits at the gate. hold() closes the
 * gate and kicks everyone out of the guest; pause() waits until all are back;
 * resume() opens it. Kicks cannot be lost: whoever wants a vCPU out first
 * closes the gate, then sets immediate_exit and sends a signal; the vCPU
 * clears immediate_exit first and looks at the gate afterwards, so it sees the
 * gate, or KVM_RUN sees immediate_exit, or the signal ends KVM_RUN.
 *
 * Lock order: vm_lock, then the gate's mutex.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel/kvm/kvm.h"
#include "core/lock.h"
#include "core/runstate.h"
#include "lib/fd.h"
#include "lib/log.h"

enum { KICK_SIGNAL = SIGUSR1 };

/*
 * Rounds in which a held vCPU may finish the instruction that exited. KVM ends a
 * repeated string instruction after at most 1024 elements.
 */
enum { FINISH_ROUNDS = 2048 };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    gint held;              /* atomic: nobody enters the guest */
    gint excluded;          /* atomic: nobody enters the guest for a moment; does not make vCPUs idle */
    bool ending;
    enum { CPUID_PENDING, CPUID_READY, CPUID_FAILED } cpuid;     /* what all vCPUs share, made by CPU 0's thread */
    bool create;            /* the VM is ready for vCPUs */
    unsigned resets_left;   /* vCPUs that must be reset before any runs: one may start the others */
    KvmAccel *accel;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .held = true };

static void gate_lock(void)
{
    pthread_mutex_lock(&gate.mutex);
}

static void gate_unlock(void)
{
    pthread_mutex_unlock(&gate.mutex);
}

static void gate_wait(void)
{
    pthread_cond_wait(&gate.changed, &gate.mutex);
}

static void gate_changed(void)
{
    pthread_cond_broadcast(&gate.changed);
}

/* ---- out of the guest ---- */

static void set_immediate_exit(KvmVcpu *vcpu, uint8_t value)
{
    __atomic_store_n(&vcpu->run->immediate_exit, value, __ATOMIC_SEQ_CST);
}

/* The gate has been closed. Nothing is needed for a vCPU outside: it will see that. */
static void kick_all(KvmAccel *accel)
{
    for (unsigned i = 0; accel->vcpus && i < accel->topology.cpus; i++) {
        KvmVcpu *vcpu = &accel->vcpus[i];
        if (g_atomic_int_get(&vcpu->in_guest)) {
            set_immediate_exit(vcpu, 1);
            pthread_kill(vcpu->thread, KICK_SIGNAL);
        }
    }
}

static void leave_guest(KvmVcpu *vcpu)
{
    g_atomic_int_set(&vcpu->in_guest, false);
    if (g_atomic_int_get(&gate.excluded)) {     /* somebody waits for it */
        gate_lock();
        gate_changed();
        gate_unlock();
    }
}

/* True with in_guest set: KVM_RUN may be called. False: the gate is closed. */
static bool begin_entry(KvmVcpu *vcpu, bool even_held)
{
    for (;;) {
        set_immediate_exit(vcpu, even_held);
        g_atomic_int_set(&vcpu->in_guest, true);
        bool held = !even_held && g_atomic_int_get(&gate.held);
        if (!held && !g_atomic_int_get(&gate.excluded)) {
            return true;
        }
        leave_guest(vcpu);
        if (held) {
            return false;
        }
        gate_lock();
        while (g_atomic_int_get(&gate.excluded)) {
            gate_wait();
        }
        gate_unlock();
    }
}

/* One KVM_RUN and what it led to. False: it was interrupted. */
static bool run_once(KvmVcpu *vcpu)
{
    vcpu->io_pending = false;
    int err = kvm_call_number(vcpu->fd, KVM_RUN, 0);
    leave_guest(vcpu);
    if (err == -EINTR || err == -EAGAIN) {
        return false;
    }
    if (err < 0) {
        kvm_exit_failed(vcpu, -err);
    } else {
        kvm_exit_handle(vcpu);
    }
    return true;
}

/* The kernel completes an exited instruction at the next KVM_RUN: let it, without running further guest code. */
static void finish_instruction(KvmVcpu *vcpu)
{
    for (unsigned i = 0; vcpu->io_pending && i < FINISH_ROUNDS; i++) {
        begin_entry(vcpu, true);
        run_once(vcpu);
    }
}

static void run_until_held(KvmVcpu *vcpu)
{
    while (begin_entry(vcpu, false)) {
        run_once(vcpu);
    }
    finish_instruction(vcpu);
}

/* ---- the thread ---- */

static void reset_in_thread(KvmVcpu *vcpu)
{
    Error *err = NULL;

    gate_unlock();
    if (!kvm_vcpu_reset(vcpu, &err)) {
        error_report(err, NULL);
        vm_lock();
        request_stop(RUN_STATE_INTERNAL_ERROR);     /* its old state must not run on a machine that was reset */
        vm_unlock();
    }
    gate_lock();
    vcpu->needs_reset = false;
    vcpu->paused = false;
    gate.resets_left--;
    gate_changed();
}

/* Wait, doing the resets that are asked for, until the guest may run. False: the end. Gate's mutex held. */
static bool wait_for_turn(KvmVcpu *vcpu)
{
    vcpu->idle = true;
    gate_changed();
    while (!gate.ending) {
        bool held = g_atomic_int_get(&gate.held);
        if (!held && vcpu->needs_reset) {
            reset_in_thread(vcpu);
        } else if (held || gate.resets_left > 0) {
            gate_wait();
        } else {
            break;
        }
    }
    vcpu->idle = false;
    vcpu->ran = true;
    return !gate.ending;
}

/* kvmclock: the guest's watchdogs must not count the time in which it stood still. Guests without it: an error, ignored. */
static void tell_guest_of_pause(KvmVcpu *vcpu)
{
    if (vcpu->paused) {
        kvm_call_number(vcpu->fd, KVM_KVMCLOCK_CTRL, 0);
    }
    vcpu->paused = true;
}

/* CPUID does not need the VM, so it is prepared while the machine is built. False without an error: CPU 0 has it. */
static bool prepare(KvmVcpu *vcpu, Error **errp)
{
    bool made = vcpu->index == 0 && kvm_cpuid_prepare(vcpu->accel, errp);

    gate_lock();
    if (vcpu->index == 0) {
        gate.cpuid = made ? CPUID_READY : CPUID_FAILED;
        gate_changed();
    }
    while (!gate.ending && (gate.cpuid == CPUID_PENDING || !gate.create)) {
        gate_wait();
    }
    bool ready = gate.cpuid == CPUID_READY && gate.create;
    gate_unlock();
    return ready;
}

static bool open_vcpu(KvmVcpu *vcpu, Error **errp)
{
    KvmAccel *accel = vcpu->accel;

    vcpu->fd = kvm_call_number(accel->vm_fd, KVM_CREATE_VCPU, vcpu->apic_id);
    if (vcpu->fd < 0) {
        return fail_errno(errp, vcpu->fd, "kvm_init_vcpu: kvm_get_vcpu failed (%u)", vcpu->index);
    }
    void *run = mmap(NULL, accel->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (run == MAP_FAILED) {
        return fail_errno(errp, errno, "kvm_init_vcpu: mmap'ing vcpu state failed (%u)", vcpu->index);
    }
    vcpu->run = run;
    return true;
}

static void *vcpu_thread(void *opaque)
{
    KvmVcpu *vcpu = opaque;
    char name[16];

    g_atomic_int_set(&vcpu->tid, gettid());
    g_snprintf(name, sizeof(name), "CPU %u/KVM", vcpu->index);
    pthread_setname_np(pthread_self(), name);
    bool made = prepare(vcpu, &vcpu->err) && open_vcpu(vcpu, &vcpu->err) && kvm_vcpu_setup(vcpu, &vcpu->err) &&
                kvm_vcpu_reset(vcpu, &vcpu->err);
    gate_lock();
    vcpu->settled = true;
    gate_changed();
    while (made && wait_for_turn(vcpu)) {
        gate_unlock();
        tell_guest_of_pause(vcpu);
        run_until_held(vcpu);
        gate_lock();
    }
    vcpu->idle = true;
    gate_changed();
    gate_unlock();
    return NULL;
}

static void on_kick(int sig)
{
    /* The signal's arrival ends KVM_RUN; there is nothing more to do. */
}

/* The kick, and what a thread's own instructions raise (core/guarded.h). */
static const int vcpu_signals[] = { KICK_SIGNAL, SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS };

/* All other signals are the main thread's. */
static bool start_thread(KvmVcpu *vcpu, Error **errp)
{
    sigset_t blocked, before;

    sigfillset(&blocked);
    for (unsigned i = 0; i < G_N_ELEMENTS(vcpu_signals); i++) {
        sigdelset(&blocked, vcpu_signals[i]);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    vcpu->started = err == 0;
    return err == 0 || fail_errno(errp, err, "Cannot make the thread of CPU %u", vcpu->index);
}

/* ---- for the main thread ---- */

bool kvm_vcpus_start(KvmAccel *accel, Error **errp)
{
    struct sigaction kick = { .sa_handler = on_kick };

    sigaction(KICK_SIGNAL, &kick, NULL);
    gate.accel = accel;
    accel->run_size = (size_t)kvm_call_number(accel->dev_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    accel->vcpus = g_new0(KvmVcpu, accel->topology.cpus);
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        accel->vcpus[i] = (KvmVcpu){
            .accel = accel,
            .index = i,
            .apic_id = cpu_apic_id(&accel->topology, i),
            .fd = -1,
            .fresh = true,
        };
    }
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        if (!start_thread(&accel->vcpus[i], errp)) {
            return false;
        }
    }
    return true;
}

bool kvm_vcpus_create(KvmAccel *accel, Error **errp)
{
    KvmVcpu *failed = NULL;

    gate_lock();
    gate.create = true;
    gate_changed();
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        while (!accel->vcpus[i].settled) {
            gate_wait();
        }
        failed = failed || !accel->vcpus[i].err ? failed : &accel->vcpus[i];
    }
    gate_unlock();
    if (failed) {
        *errp = failed->err;
        failed->err = NULL;
    }
    return !failed;
}

void kvm_vcpus_hold(KvmAccel *accel)
{
    g_atomic_int_set(&gate.held, true);
    kick_all(accel);
}

/* A vCPU on its way to the gate may need vm_lock to answer its last exit. */
static void wait_idle(KvmAccel *accel)
{
    bool locked = vm_locked();

    if (locked) {
        vm_unlock();
    }
    gate_lock();
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        while (accel->vcpus[i].started && !accel->vcpus[i].idle) {
            gate_wait();
        }
    }
    gate_unlock();
    if (locked) {
        vm_lock();
    }
}

void kvm_vcpus_pause(KvmAccel *accel)
{
    if (!accel->vcpus) {
        return;
    }
    kvm_vcpus_hold(accel);
    if (gate.create || gate.ending) {   /* before that the threads wait for the machine, and none is in the guest */
        wait_idle(accel);
    }
}

void kvm_vcpus_resume(KvmAccel *accel)
{
    gate_lock();
    g_atomic_int_set(&gate.held, false);
    gate_changed();
    gate_unlock();
}

/* Done by the threads when they go on; a vCPU that has not run is as reset left it. */
void kvm_vcpus_reset(KvmAccel *accel)
{
    gate_lock();
    for (unsigned i = 0; accel->vcpus && i < accel->topology.cpus; i++) {
        KvmVcpu *vcpu = &accel->vcpus[i];
        if (vcpu->ran && !vcpu->needs_reset) {
            vcpu->needs_reset = true;
            vcpu->ran = false;
            gate.resets_left++;
        }
    }
    gate_unlock();
}

static void free_vcpu(KvmVcpu *vcpu, size_t run_size)
{
    if (vcpu->started) {
        pthread_join(vcpu->thread, NULL);
    }
    if (vcpu->run) {
        munmap(vcpu->run, run_size);
    }
    fd_close(&vcpu->fd);
    error_free(vcpu->err);
}

void kvm_vcpus_stop(KvmAccel *accel)
{
    if (!accel->vcpus) {
        return;
    }
    gate_lock();
    gate.ending = true;
    gate_changed();
    gate_unlock();
    kvm_vcpus_pause(accel);
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        free_vcpu(&accel->vcpus[i], accel->run_size);
    }
    g_clear_pointer(&accel->vcpus, g_free);
    gate.ending = false;
}

/* ---- for slots.c, with vm_lock held ---- */

static bool any_in_guest(KvmAccel *accel)
{
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        if (g_atomic_int_get(&accel->vcpus[i].in_guest)) {
            return true;
        }
    }
    return false;
}

void kvm_vcpus_exclude(void)
{
    if (!gate.accel || !gate.accel->vcpus) {
        return;
    }
    g_atomic_int_set(&gate.excluded, true);
    kick_all(gate.accel);
    gate_lock();
    while (any_in_guest(gate.accel)) {
        gate_wait();
    }
    gate_unlock();
}

void kvm_vcpus_include(void)
{
    g_atomic_int_set(&gate.excluded, false);
    gate_lock();
    gate_changed();
    gate_unlock();
}

/* ---- for those who ask, with vm_lock held ---- */

int kvm_vcpu_thread(Object *accel, unsigned index)
{
    return g_atomic_int_get(&((KvmAccel *)accel)->vcpus[index].tid);
}

/* The kernel lets nobody else touch a vCPU while it executes. */
void kvm_inject_nmi(Object *obj)
{
    KvmAccel *accel = (KvmAccel *)obj;

    kvm_vcpus_exclude();
    for (unsigned i = 0; i < accel->topology.cpus; i++) {
        kvm_call_number(accel->vcpus[i].fd, KVM_NMI, 0);
    }
    kvm_vcpus_include();
}

void kvm_vcpu_registers(Object *obj, unsigned index, GString *out)
{
    kvm_vcpus_exclude();
    kvm_describe(&((KvmAccel *)obj)->vcpus[index], out);
    kvm_vcpus_include();
}

bool kvm_vcpu_translate(Object *obj, unsigned index, uint64_t *address)
{
    struct kvm_translation translation = { .linear_address = *address };

    kvm_vcpus_exclude();
    int err = kvm_call(((KvmAccel *)obj)->vcpus[index].fd, KVM_TRANSLATE, &translation);
    kvm_vcpus_include();
    if (err < 0 || !translation.valid) {
        return false;
    }
    *address = translation.physical_address;
    return true;
}
