/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message interrupts: one vector (an eventfd and who listens to it), and the MSI
 * capability, which is ours whole (PCI Local Bus 3.0, 6.8.1). The device gets
 * its own host messages from the kernel; the guest's never reach it.
 */
#include "hw/vfio/pci.h"

#include <errno.h>

#include "lib/fd.h"
#include "lib/log.h"

/* ---- a vector ---- */

static void vector_event(void *opaque)
{
    VfioVector *vector = opaque;

    if (vector->masked) {
        *vector->pending |= vector->pending_bit;
    } else {
        msi_send(vector->message);
    }
}

int vfio_vector_open(VfioVector *vector)
{
    int fd = eventfd_new();

    if (fd < 0) {
        return fd;
    }
    vector->fd = fd;
    vector->open = true;
    vector->masked = true;
    vector->watch = watch_event(fd, vector_event, vector);
    return 0;
}

void vfio_vector_close(VfioVector *vector)
{
    if (!vector->open) {
        return;
    }
    g_clear_pointer(&vector->route, msi_route_free);
    g_clear_pointer(&vector->watch, watch_free);
    fd_close(&vector->fd);
    vector->open = false;
    *vector->pending &= (uint8_t)~vector->pending_bit;
}

static void listen_here(VfioVector *vector)
{
    g_clear_pointer(&vector->route, msi_route_free);
    if (!vector->watch) {
        vector->watch = watch_event(vector->fd, vector_event, vector);
    }
}

static void route_direct(VfioVector *vector)
{
    Error *err = NULL;

    if (vector->route) {
        msi_route_update(vector->route, vector->message);
        return;
    }
    g_clear_pointer(&vector->watch, watch_free);
    vector->route = msi_route_new(vector->message, vector->fd, &err);
    if (!vector->route) {   /* no more routes: slower, but it works */
        error_free(err);
        listen_here(vector);
    }
}

void vfio_vector_deliver(VfioVector *vector, MsiMessage message, bool masked)
{
    bool same = message.address == vector->message.address && message.data == vector->message.data;

    if (!vector->open || (vector->masked == masked && (masked || same))) {
        vector->message = message;
        return;
    }
    vector->message = message;
    vector->masked = masked;
    if (masked) {
        listen_here(vector);    /* an event must wait in the pending bit */
        return;
    }
    if (*vector->pending & vector->pending_bit) {
        *vector->pending &= (uint8_t)~vector->pending_bit;
        msi_send(message);
    }
    if (!vector->direct_refused && msi_routes_available()) {
        route_direct(vector);
    }
}

/* ---- the capability ---- */

static uint16_t control_of(const VfioPci *dev)
{
    return pci_get_u16(dev->pci.config + dev->msi.cap + PCI_MSI_FLAGS);
}

/* Vectors the guest enabled: a power of two up to what the device can. */
static unsigned vectors_enabled(const VfioPci *dev)
{
    unsigned enabled = (control_of(dev) & PCI_MSI_FLAGS_QSIZE) >> 4, able = (control_of(dev) & PCI_MSI_FLAGS_QMASK) >> 1;

    return 1u << MIN(MIN(enabled, able), 5);
}

static MsiMessage message_of(const VfioPci *dev, unsigned n)
{
    const uint8_t *config = dev->pci.config;
    MsiMessage message = { pci_get_u32(config + dev->msi.cap + PCI_MSI_ADDRESS_LO), 0 };

    if (dev->msi.wide) {
        message.address |= (uint64_t)pci_get_u32(config + dev->msi.cap + PCI_MSI_ADDRESS_HI) << 32;
    }
    /* the device replaces the low bits by the number of the vector */
    message.data = (pci_get_u16(config + dev->msi.data) & ~(vectors_enabled(dev) - 1)) | n;
    return message;
}

static void deliver_all(VfioPci *dev)
{
    uint32_t masks = dev->msi.mask ? pci_get_u32(dev->pci.config + dev->msi.mask) : 0;

    msi_batch_begin();
    for (unsigned i = 0; i < dev->msi.count; i++) {
        vfio_vector_deliver(&dev->msi.vectors[i], message_of(dev, i), masks >> i & 1);
    }
    msi_batch_commit();
}

static void msi_written(VfioPci *dev)
{
    vfio_irq_update(dev);
    if (dev->irq_mode == VFIO_IRQ_MSI) {
        deliver_all(dev);
    }
}


/* The control register as the guest finds it: off, and no more vectors than the kernel delivers. */
static uint16_t first_control(uint16_t flags, unsigned deliverable)
{
    unsigned able = (flags & PCI_MSI_FLAGS_QMASK) >> 1;

    while (able > 0 && 1u << able > deliverable) {
        able--;
    }
    return (uint16_t)((flags & ~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE | PCI_MSI_FLAGS_QMASK)) | able << 1);
}

/* Where the registers are depends on the control register (PCI Local Bus 3.0, 6.8.1.3). */
static bool find_registers(VfioPci *dev, unsigned cap, uint16_t flags)
{
    VfioMsi *msi = &dev->msi;
    bool maskable = flags & PCI_MSI_FLAGS_MASKBIT;

    msi->wide = flags & PCI_MSI_FLAGS_64BIT;
    msi->data = cap + (msi->wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32);
    msi->mask = maskable ? cap + (msi->wide ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32) : 0;
    return (maskable ? msi->mask + 8 : msi->data + 2) <= dev->config.size;
}

static void add_rules(VfioPci *dev, unsigned cap, uint16_t control)
{
    const VfioMsi *msi = &dev->msi;
    const VfioConfigRule rules[] = {
        { (uint16_t)(cap + PCI_MSI_FLAGS), 2, 0xffff, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, msi_written },
        { (uint16_t)(cap + PCI_MSI_ADDRESS_LO), 4, UINT32_MAX, ~3u, msi_written },
        { (uint16_t)(cap + PCI_MSI_ADDRESS_HI), msi->wide ? 4 : 0, UINT32_MAX, UINT32_MAX, msi_written },
        { (uint16_t)msi->data, 2, 0xffff, 0xffff, msi_written },
        { (uint16_t)msi->mask, msi->mask ? 4 : 0, UINT32_MAX, UINT32_MAX, msi_written },
        { (uint16_t)(msi->mask + 4), msi->mask ? 4 : 0, UINT32_MAX },   /* pending bits */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (rules[i].len) {
            vfio_config_rule(dev, &rules[i], i == 0 ? control : 0);
        }
    }
}

bool vfio_msi_found(VfioPci *dev, unsigned cap)
{
    VfioMsi *msi = &dev->msi;
    VfioIrqInfo irq = { 0 };
    uint16_t flags = pci_get_u16(dev->config.host + cap + PCI_MSI_FLAGS);

    if (dev->dev->ops->irq_info(dev->dev, VFIO_PCI_MSI_IRQ_INDEX, &irq) < 0 || irq.count == 0 ||
        !find_registers(dev, cap, flags)) {
        return false;   /* the kernel cannot deliver it, or it is no whole capability */
    }
    msi->cap = cap;
    for (unsigned i = 0; i < G_N_ELEMENTS(msi->vectors); i++) {
        msi->vectors[i].direct_refused = dev->no_kvm_msi;
        /* without a pending register in the guest's sight the bits land on a byte of our own */
        msi->vectors[i].pending = msi->mask ? dev->pci.config + msi->mask + 4 + i / 8 : &msi->unseen_pending[i / 8];
        msi->vectors[i].pending_bit = (uint8_t)(1 << i % 8);
    }
    add_rules(dev, cap, first_control(flags, irq.count));
    return true;
}

/* ---- enabled ---- */

/* Give the device the eventfds of all vectors; a kernel that offers fewer is taken at its word. */
static int set_vectors(VfioPci *dev)
{
    int fds[G_N_ELEMENTS(dev->msi.vectors)];

    for (unsigned i = 0; i < dev->msi.count; i++) {
        fds[i] = dev->msi.vectors[i].fd;
    }
    int rc = vfio_irq_set_eventfds(dev, VFIO_PCI_MSI_IRQ_INDEX, 0, dev->msi.count, fds);
    if (rc > 0 && (unsigned)rc < dev->msi.count) {
        warn_limited("vfio %s: the host offers %d of %u MSI vectors", vfio_pci_name(dev), rc, dev->msi.count);
        rc = vfio_irq_set_eventfds(dev, VFIO_PCI_MSI_IRQ_INDEX, 0, (unsigned)rc, fds);
    }
    return rc > 0 ? -ENOSPC : rc;
}

bool vfio_msi_up(VfioPci *dev, Error **errp)
{
    dev->msi.count = vectors_enabled(dev);
    for (unsigned i = 0; i < dev->msi.count; i++) {
        int rc = vfio_vector_open(&dev->msi.vectors[i]);
        if (rc < 0) {
            return fail_errno(errp, rc, "Error: Failed to setup MSI fds");
        }
    }
    deliver_all(dev);   /* listening before the first event can come */
    int rc = set_vectors(dev);
    return rc == 0 || fail_errno(errp, rc, "Error: Failed to setup MSI fds");
}

void vfio_msi_down(VfioPci *dev)
{
    vfio_irq_disable(dev, VFIO_PCI_MSI_IRQ_INDEX);
    msi_batch_begin();
    for (unsigned i = 0; i < dev->msi.count; i++) {
        vfio_vector_close(&dev->msi.vectors[i]);
    }
    msi_batch_commit();
    dev->msi.count = 0;
}
