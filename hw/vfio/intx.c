/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTx, in one of two ways. Direct: the accelerator takes the device's eventfd
 * as the level of an interrupt line and hands the end of interrupt back to the
 * kernel by a second eventfd; we are not involved. Ours: we raise the line, and
 * as the guest's end of interrupt is not visible to us, any access to a BAR counts
 * as one; the direct mappings of BARs are hidden meanwhile, and a timer brings
 * them back when interrupts are rare.
 */
#include "hw/vfio/pci.h"

#include <errno.h>

#include "lib/fd.h"
#include "lib/log.h"

static void trap_bars(VfioPci *dev, bool trap)
{
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        if (dev->bars[i].info.size) {
            vfio_region_trap_all(&dev->bars[i], trap);
        }
    }
}

/* ---- ours ---- */

static void set_map_timer(VfioPci *dev)
{
    timer_set(&dev->intx.map_timer, clock_now(CLOCK_GUEST) + dev->intx_mmap_timeout_ms * NS_PER_MS);
}

static void intx_event(void *opaque)
{
    VfioPci *dev = opaque;

    if (dev->intx.pending) {
        return;     /* the kernel masks the line until we unmask it: a leftover event */
    }
    dev->intx.pending = true;
    trap_bars(dev, true);       /* first: the guest may serve the interrupt at once, and we must see it */
    pci_irq_set(&dev->pci, 1);
    if (dev->intx_mmap_timeout_ms > 0) {
        set_map_timer(dev);
    }
}

/*
 * The guest has worked with the device: taken as the end of interrupt. After the
 * access, not before it: the write that makes the device let go of its line must
 * have reached it, or unmasking raises an interrupt nobody is left to serve.
 */
static void served(void *opaque)
{
    VfioPci *dev = opaque;

    if (dev->intx.pending) {
        dev->intx.pending = false;
        pci_irq_set(&dev->pci, 0);
        vfio_irq_unmask(dev, VFIO_PCI_INTX_IRQ_INDEX);
    }
}

/* See the guest's trapped accesses to BARs, or no more. */
static void watch_bars(VfioPci *dev, bool on)
{
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        VfioRegion *bar = &dev->bars[i];
        bar->opaque = dev;
        bar->on_access = on ? served : NULL;
    }
}

static void map_again(void *opaque)
{
    VfioPci *dev = opaque;

    if (dev->intx.pending) {
        set_map_timer(dev);
    } else {
        trap_bars(dev, false);
    }
}

static void listen_ours(VfioPci *dev)
{
    if (!dev->intx.watch) {
        dev->intx.watch = watch_event(dev->intx.trigger, intx_event, dev);
    }
}

static void forget_ours(VfioPci *dev)
{
    g_clear_pointer(&dev->intx.watch, watch_free);
    timer_cancel(&dev->intx.map_timer);
    trap_bars(dev, false);
    if (dev->intx.pending) {
        dev->intx.pending = false;
        pci_irq_set(&dev->pci, 0);
    }
}

/* ---- direct ---- */

/* Hand the (masked) line to the accelerator; 0 or -errno with nothing changed. */
static int attach_line(VfioPci *dev, int gsi)
{
    VfioIntx *intx = &dev->intx;

    intx->resample = eventfd_new();
    if (intx->resample < 0) {
        return intx->resample;
    }
    int rc = msi_line_attach(gsi, intx->trigger, intx->resample);
    if (rc == 0) {
        rc = vfio_irq_set_unmask_eventfd(dev, VFIO_PCI_INTX_IRQ_INDEX, intx->resample);
        if (rc < 0) {
            msi_line_detach(gsi, intx->trigger);
        }
    }
    if (rc < 0) {
        fd_close(&intx->resample);
        return rc;
    }
    intx->gsi = gsi;
    return 0;
}

static bool direct_possible(VfioPci *dev)
{
    VfioIrqInfo irq = { 0 };

    /* Level interrupts need a kernel that masks the line by itself until the resample event. */
    return !dev->no_kvm_intx && dev->dev->ops->irq_info(dev->dev, VFIO_PCI_INTX_IRQ_INDEX, &irq) == 0 &&
           (irq.flags & VFIO_IRQ_INFO_AUTOMASKED);
}

static void direct_begin(VfioPci *dev)
{
    int gsi = pci_irq_gsi(&dev->pci);

    if (gsi < 0 || !direct_possible(dev)) {
        return;
    }
    vfio_irq_mask(dev, VFIO_PCI_INTX_IRQ_INDEX);
    forget_ours(dev);
    eventfd_take(dev->intx.trigger);    /* unmasking raises it again if the device still wants service */
    if (attach_line(dev, gsi) < 0) {
        listen_ours(dev);
    }
    vfio_irq_unmask(dev, VFIO_PCI_INTX_IRQ_INDEX);
}

static void direct_end(VfioPci *dev)
{
    VfioIntx *intx = &dev->intx;

    if (intx->gsi < 0) {
        return;
    }
    vfio_irq_mask(dev, VFIO_PCI_INTX_IRQ_INDEX);
    vfio_irq_set_unmask_eventfd(dev, VFIO_PCI_INTX_IRQ_INDEX, -1);
    msi_line_detach(intx->gsi, intx->trigger);
    intx->gsi = -1;
    fd_close(&intx->resample);
    eventfd_take(intx->trigger);
}

/* The machine routed the bus's interrupts anew: the line may lead elsewhere now. */
static void routing_changed(Notifier *notifier, void *data)
{
    VfioPci *dev = (VfioPci *)((char *)notifier - offsetof(VfioPci, intx.routing));

    if (dev->intx.gsi >= 0 && dev->intx.gsi == pci_irq_gsi(&dev->pci)) {
        return;
    }
    if (dev->intx.gsi >= 0) {
        direct_end(dev);
        listen_ours(dev);
        vfio_irq_unmask(dev, VFIO_PCI_INTX_IRQ_INDEX);
    }
    direct_begin(dev);
}

/* ---- both ---- */

static bool setup_failed(int rc, Error **errp)
{
    fail_errno(errp, rc, "failed to set up INTx");
    if (rc == -EBUSY) {
        hint(errp, "The device cannot share its interrupt line on the host, and another device has it: "
             "unbind that one's driver.");
    }
    return false;
}

bool vfio_intx_up(VfioPci *dev, Error **errp)
{
    VfioIntx *intx = &dev->intx;

    intx->resample = intx->gsi = -1;
    timer_init(&intx->map_timer, CLOCK_GUEST, map_again, dev);
    intx->trigger = eventfd_new();
    if (intx->trigger < 0) {
        return setup_failed(intx->trigger, errp);
    }
    watch_bars(dev, true);
    int rc = vfio_irq_set_eventfds(dev, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, &intx->trigger);
    if (rc < 0) {
        return setup_failed(rc, errp);
    }
    listen_ours(dev);
    intx->routing.notify = routing_changed;
    notifier_add(&dev->pci.bus->intx_routing_changed, &intx->routing);
    direct_begin(dev);
    return true;
}

void vfio_intx_down(VfioPci *dev)
{
    VfioIntx *intx = &dev->intx;

    if (intx->trigger < 0) {
        return;
    }
    notifier_del(&dev->pci.bus->intx_routing_changed, &intx->routing);
    direct_end(dev);
    vfio_irq_disable(dev, VFIO_PCI_INTX_IRQ_INDEX);
    forget_ours(dev);
    watch_bars(dev, false);
    fd_close(&intx->trigger);
}
