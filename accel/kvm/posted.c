/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that may wait: the kernel puts them into a ring and lets the guest go on, which saves an exit to us for each
 * byte of a screen of text (KVM API, 4.116 "KVM_REGISTER_COALESCED_MMIO"). Whatever else the guest does ends in an
 * exit, and the ring is emptied first: so nothing happens before what the guest did before.
 */
#include "accel/kvm/kvm.h"
#include "core/region.h"

enum { PAGE = 4096, RING_SIZE = (PAGE - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio) };

static int vm_fd = -1;
static struct kvm_coalesced_mmio_ring *ring;    /* the VM's, behind each vCPU's registers; NULL: no guest runs */

/* ---- which addresses ---- */

/* Without the zone each write is an exit, which is what all others are. */
static void set_zone(const Range *range, unsigned long request)
{
    struct kvm_coalesced_mmio_zone zone = { .addr = range->first, .size = (uint32_t)range_size(range) };

    if (range->region->kind == REGION_IO && range->region->ops->posted && range_size(range) <= UINT32_MAX) {
        kvm_call(vm_fd, request, &zone);
    }
}

static void range_add(Listener *self, const Range *range)
{
    set_zone(range, KVM_REGISTER_COALESCED_MMIO);
}

static void range_del(Listener *self, const Range *range)
{
    set_zone(range, KVM_UNREGISTER_COALESCED_MMIO);
}

static Listener listener = { .add = range_add, .del = range_del };

/* ---- the ring ---- */

/* Only what was there at first: another vCPU may write on and on. */
void kvm_posted_flush(Object *accel)
{
    if (!ring) {
        return;
    }
    uint32_t last = __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
    for (uint32_t first = ring->first; first != last;) {
        struct kvm_coalesced_mmio entry = ring->coalesced_mmio[first];
        first = (first + 1) % RING_SIZE;
        __atomic_store_n(&ring->first, first, __ATOMIC_RELEASE);
        kvm_mmio_write(entry.phys_addr, entry.data, MIN(entry.len, sizeof(entry.data)));
    }
}

/* ---- life ---- */

void kvm_posted_start(KvmAccel *accel)
{
    if (kvm_capability(accel->vm_fd, KVM_CAP_COALESCED_MMIO)) {
        vm_fd = accel->vm_fd;
        space_listen(&memory_space, &listener);
    }
}

/* The capability's value is the page where the ring is. */
void kvm_posted_ready(const KvmAccel *accel)
{
    size_t place = (size_t)kvm_capability(accel->vm_fd, KVM_CAP_COALESCED_MMIO) * PAGE;

    if (vm_fd >= 0 && place + PAGE <= accel->run_size) {
        ring = (void *)((uint8_t *)accel->vcpus[0].run + place);
    }
}

void kvm_posted_stop(void)
{
    if (vm_fd >= 0) {
        space_unlisten(&memory_space, &listener);
    }
    ring = NULL;
    vm_fd = -1;
}
