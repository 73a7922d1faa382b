/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset of the assigned device with the machine: quiet it (no interrupts, no
 * decoding, no DMA, full power), reset it in the gentlest way that works, and
 * show the guest the registers of a device that was just switched on.
 */
#include "hw/vfio/display.h"
#include "hw/vfio/pci.h"

#include <errno.h>

#include "lib/log.h"

static void to_full_power(VfioPci *dev)
{
    if (!dev->caps.pm) {
        return;
    }
    unsigned at = dev->caps.pm + PCI_PM_CTRL;
    uint16_t control = (uint16_t)vfio_config_host_read(dev, at, 2);
    if (control & PCI_PM_CTRL_STATE_MASK) {
        vfio_config_host_write(dev, at, control & ~PCI_PM_CTRL_STATE_MASK, 2);
    }
}

static void quiet(VfioPci *dev)
{
    uint16_t off = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;

    vfio_irq_stop(dev);
    to_full_power(dev);
    vfio_config_host_write(dev, PCI_COMMAND, vfio_config_host_read(dev, PCI_COMMAND, 2) & ~off, 2);
}

/* Function level reset by the PCI Express (5.0, 6.6.2) or the advanced features capability. */
static bool has_function_reset(const VfioPci *dev)
{
    const uint8_t *host = dev->config.host;

    return (dev->caps.express &&
            (pci_get_u32(host + dev->caps.express + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR)) ||
           (dev->caps.af && (host[dev->caps.af + PCI_AF_CAP] & PCI_AF_CAP_FLR));
}

/* Going through D3hot resets the device unless it says No_Soft_Reset (PCI Power Management 1.2, 3.2.4). */
static bool has_power_reset(const VfioPci *dev)
{
    return dev->caps.pm &&
           !(pci_get_u16(dev->config.host + dev->caps.pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET);
}

static int reset_function(VfioPci *dev)
{
    bool possible = dev->dev->info.flags & VFIO_DEVICE_FLAGS_RESET;

    return possible ? dev->dev->ops->reset(dev->dev) : -ENOTTY;
}

static int reset_bus(VfioPci *dev)
{
    Error *err = NULL;
    int rc = dev->dev->ops->hot_reset ? dev->dev->ops->hot_reset(dev->dev, &err) : -ENOTTY;

    error_clear(&err);
    return rc;
}

/*
 * A power-state reset is the last resort: many devices keep state over it. A bus
 * reset takes every device on it along; the transport refuses when one is not ours.
 */
static void reset_device(VfioPci *dev)
{
    bool only_power = has_power_reset(dev) && !has_function_reset(dev);

    if ((!only_power && reset_function(dev) == 0) || reset_bus(dev) == 0 ||
        (only_power && reset_function(dev) == 0)) {
        return;
    }
    if (!dev->dev->mediated) {
        warn("vfio %s: the device cannot be reset; the guest finds it as it was left", vfio_pci_name(dev));
    }
}

void vfio_pci_reset(Object *obj)
{
    VfioPci *dev = (VfioPci *)obj;

    if (!dev->dev) {
        return;
    }
    quiet(dev);
    /* Opening the device reset it: before the guest has written to it there is nothing to undo. */
    if (dev->config.touched) {
        reset_device(dev);
        dev->config.touched = false;
    }
    vfio_config_restore(dev);
    vfio_power_reset(dev);
    vfio_msix_reset(dev);
    pci_bars_update(&dev->pci);
    vfio_vga_update(dev);
    vfio_irq_update(dev);
    vfio_quirks_reset(dev);
    vfio_display_reset(dev);
}
