/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kind of interrupt the device uses now, the forms of VFIO_DEVICE_SET_IRQS,
 * and the two eventfds by which the host talks to us: ERR and REQ.
 */
#include "hw/vfio/pci.h"

#include <errno.h>

#include "core/device.h"
#include "core/runstate.h"
#include "lib/fd.h"
#include "lib/log.h"

/* ---- SET_IRQS ---- */

int vfio_irq_set_eventfds(VfioPci *dev, unsigned index, unsigned start, unsigned count, const int *fds)
{
    return dev->dev->ops->set_irqs(dev->dev, index, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                                   start, count, fds);
}

int vfio_irq_disable(VfioPci *dev, unsigned index)
{
    return dev->dev->ops->set_irqs(dev->dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0,
                                   NULL);
}

int vfio_irq_mask(VfioPci *dev, unsigned index)
{
    return dev->dev->ops->set_irqs(dev->dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1, NULL);
}

int vfio_irq_unmask(VfioPci *dev, unsigned index)
{
    return dev->dev->ops->set_irqs(dev->dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1,
                                   NULL);
}

int vfio_irq_set_unmask_eventfd(VfioPci *dev, unsigned index, int fd)
{
    return dev->dev->ops->set_irqs(dev->dev, index, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, 0, 1,
                                   &fd);
}

/* ---- the kind in use ---- */

static bool none_up(VfioPci *dev, Error **errp)
{
    return true;
}

static void none_down(VfioPci *dev)
{
}

static const struct {
    bool (*up)(VfioPci *dev, Error **errp);
    void (*down)(VfioPci *dev);
} modes[] = {
    [VFIO_IRQ_NONE] = { none_up, none_down },
    [VFIO_IRQ_INTX] = { vfio_intx_up, vfio_intx_down },
    [VFIO_IRQ_MSI] = { vfio_msi_up, vfio_msi_down },
    [VFIO_IRQ_MSIX] = { vfio_msix_up, vfio_msix_down },
};

/* The guest can make this fail as often as it likes. */
static void say_failed(const VfioPci *dev, Error *err)
{
    static LogLimit limit;
    g_autofree char *context = g_strdup_printf("vfio %s", vfio_pci_name(dev));

    if (log_limit_pass(&limit)) {
        error_report(err, context);
    } else {
        error_free(err);
    }
}

/* The device has one kind at a time: the old one ends before the new one begins. */
static void set_mode(VfioPci *dev, VfioIrqMode mode)
{
    Error *err = NULL;

    if (mode == dev->irq_mode) {
        return;
    }
    modes[dev->irq_mode].down(dev);
    dev->irq_mode = mode;
    if (!modes[mode].up(dev, &err)) {
        modes[mode].down(dev);
        dev->irq_mode = VFIO_IRQ_NONE;
        say_failed(dev, err);
    }
}

static bool control_has(const VfioPci *dev, unsigned cap, uint16_t bit)
{
    return cap && (pci_get_u16(dev->pci.config + cap + PCI_CAP_FLAGS) & bit);
}

static VfioIrqMode mode_wanted(const VfioPci *dev)
{
    if (control_has(dev, dev->msix.cap, PCI_MSIX_FLAGS_ENABLE)) {
        return VFIO_IRQ_MSIX;
    }
    if (control_has(dev, dev->msi.cap, PCI_MSI_FLAGS_ENABLE)) {
        return VFIO_IRQ_MSI;
    }
    return dev->pci.config[PCI_INTERRUPT_PIN] ? VFIO_IRQ_INTX : VFIO_IRQ_NONE;
}

void vfio_irq_update(VfioPci *dev)
{
    if (dev->irqs_up) {
        set_mode(dev, mode_wanted(dev));
    }
}

void vfio_irq_stop(VfioPci *dev)
{
    set_mode(dev, VFIO_IRQ_NONE);
}

static void hide_pin(VfioPci *dev)
{
    const VfioConfigRule pin = { PCI_INTERRUPT_PIN, 1, 0xff };

    vfio_config_rule(dev, &pin, 0);
}

static bool has_intx(VfioPci *dev)
{
    VfioIrqInfo irq = { 0 };

    return dev->dev->ops->irq_info(dev->dev, VFIO_PCI_INTX_IRQ_INDEX, &irq) == 0 && irq.count > 0;
}

/* A device that cannot have INTx (its line cannot be shared on the host) may still do well with messages. */
bool vfio_irqs_up(VfioPci *dev, Error **errp)
{
    dev->irqs_up = true;
    dev->intx.trigger = dev->intx.resample = dev->intx.gsi = -1;
    if (!has_intx(dev)) {
        hide_pin(dev);
    }
    vfio_irq_update(dev);
    if (dev->pci.config[PCI_INTERRUPT_PIN] && dev->irq_mode == VFIO_IRQ_NONE) {
        warn("vfio %s: INTx cannot be used, the guest is shown no interrupt pin; message interrupts still work",
             vfio_pci_name(dev));
        hide_pin(dev);
    }
    return true;
}

void vfio_irqs_down(VfioPci *dev)
{
    vfio_irq_stop(dev);
    dev->irqs_up = false;
}

/* ---- notices of the host ---- */

/* A device without this interrupt (mdevs answer -EINVAL) is served without it. */
static bool notice_up(VfioPci *dev, VfioNotice *notice, unsigned index, void (*fn)(void *opaque))
{
    VfioIrqInfo irq = { 0 };

    notice->fd = -1;
    if (dev->dev->ops->irq_info(dev->dev, index, &irq) < 0 || irq.count < 1) {
        return true;
    }
    notice->fd = eventfd_new();
    if (notice->fd < 0 || vfio_irq_set_eventfds(dev, index, 0, 1, &notice->fd) < 0) {
        warn("vfio %s: the host's %s cannot be heard", vfio_pci_name(dev),
             index == VFIO_PCI_ERR_IRQ_INDEX ? "error reports" : "requests to release the device");
        fd_close(&notice->fd);
        return true;
    }
    notice->watch = watch_event(notice->fd, fn, dev);
    return true;
}

static void notice_down(VfioPci *dev, VfioNotice *notice, unsigned index)
{
    if (notice->watch) {
        vfio_irq_disable(dev, index);
        g_clear_pointer(&notice->watch, watch_free);
        fd_close(&notice->fd);
    }
}

static void err_event(void *opaque)
{
    VfioPci *dev = opaque;

    warn_limited("vfio_err_notifier_handler(%s) Unrecoverable error detected. Please collect any data possible and then "
                 "kill the guest", vfio_pci_name(dev));
    request_stop(RUN_STATE_INTERNAL_ERROR);
}

bool vfio_err_up(VfioPci *dev, Error **errp)
{
    return notice_up(dev, &dev->err, VFIO_PCI_ERR_IRQ_INDEX, err_event);
}

void vfio_err_down(VfioPci *dev)
{
    notice_down(dev, &dev->err, VFIO_PCI_ERR_IRQ_INDEX);
}

/* The kernel repeats a request every ten seconds: patience of half a minute. */
enum { REQUESTS_BEFORE_IMPATIENCE = 4 };

/*
 * Somebody on the host unbinds the device or removes it, and waits; the kernel
 * repeats the request. The guest is asked to let go. Where it cannot be, or does
 * not, the user decides: ending a guest because of it would lose its data.
 */
static void req_event(void *opaque)
{
    VfioPci *dev = opaque;
    Object *obj = &dev->pci.obj;
    Error *err = NULL;

    dev->req.count++;
    if (obj->unplugging) {
        if (dev->req.count == REQUESTS_BEFORE_IMPATIENCE) {
            warn("vfio %s: the host still waits for this device, the guest does not let go of it; shut the guest down to"
                 " give it back", vfio_pci_name(dev));
        }
        return;
    }
    if (device_unplug_request(obj, &err)) {
        warn("vfio %s: the host asks for this device back; the guest was asked to let go of it", vfio_pci_name(dev));
        return;
    }
    warn_limited("vfio %s: the host asks for this device back and waits until the guest has ended (%s); "
                 "shut the guest down to give it back", vfio_pci_name(dev), error_message(err));
    error_free(err);
}

bool vfio_req_up(VfioPci *dev, Error **errp)
{
    dev->req.fd = -1;
    return !dev->x_req || notice_up(dev, &dev->req, VFIO_PCI_REQ_IRQ_INDEX, req_event);
}

void vfio_req_down(VfioPci *dev)
{
    notice_down(dev, &dev->req, VFIO_PCI_REQ_IRQ_INDEX);
}
