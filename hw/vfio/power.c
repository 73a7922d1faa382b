/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest lets the device sleep, or resets it, by registers of the device's
 * own. A device in D3hot answers for its configuration space alone (PCI Power
 * Management 1.2, 5.4.1), and the host's kernel takes mapped BARs away in D3hot
 * and while it resets: they are taken out of the guest's direct reach before the
 * write goes on to the device, and given back when the device is awake.
 */
#include "hw/vfio/pci.h"

static void set_asleep(VfioPci *dev, bool asleep)
{
    region_transaction_begin();
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        if (dev->bars[i].info.size > 0) {
            vfio_region_sleep(&dev->bars[i], asleep);
        }
    }
    region_transaction_commit();
    dev->asleep = asleep;
}

void vfio_power_leave(VfioPci *dev)
{
    set_asleep(dev, true);
}

/* A device that was reset, or that lost its state on the way from D3hot to D0, decodes nothing. */
static void follow_command(VfioPci *dev)
{
    const uint16_t decode = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
    uint16_t command = (uint16_t)vfio_config_host_read(dev, PCI_COMMAND, 2);
    uint8_t *shadow = dev->pci.config + PCI_COMMAND;

    pci_set_u16(shadow, (uint16_t)((pci_get_u16(shadow) & ~decode) | (command & decode)));
    pci_bars_update(&dev->pci);
    vfio_vga_update(dev);
}

static bool sleeps(VfioPci *dev)
{
    unsigned control = dev->caps.pm + PCI_PM_CTRL;

    return dev->caps.pm && (vfio_config_host_read(dev, control, 2) & PCI_PM_CTRL_STATE_MASK) == VFIO_D3HOT;
}

void vfio_power_follow(VfioPci *dev)
{
    if (dev->asleep && !sleeps(dev)) {
        follow_command(dev);
        set_asleep(dev, false);
    }
}

void vfio_power_reset(VfioPci *dev)
{
    if (dev->asleep) {
        set_asleep(dev, false);
    }
}
