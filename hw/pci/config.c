/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration registers: what the guest reads and may change (PCI 3.0, 6.2); see pci.h. */
#include "hw/pci/internal.h"

uint32_t pci_config_read_default(PciDevice *dev, unsigned addr, unsigned len)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < len; i++) {
        uint32_t byte = addr + i < dev->config_size ? dev->config[addr + i] : 0xff;
        value |= byte << (8 * i);
    }
    return value;
}

static void write_byte(PciDevice *dev, unsigned at, uint8_t value)
{
    uint8_t keep = dev->config[at] & (uint8_t)~dev->wmask[at];

    dev->config[at] = (uint8_t)((keep | (value & dev->wmask[at])) & ~(value & dev->w1cmask[at]));
}

/* The access at @addr touches one of the registers from @first to @last. */
static bool touches(unsigned addr, unsigned len, unsigned first, unsigned last)
{
    return addr <= last && addr + len > first;
}

void pci_config_write_default(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < len && addr + i < dev->config_size; i++) {
        write_byte(dev, addr + i, (uint8_t)(value >> (8 * i)));
    }
    bool command = touches(addr, len, PCI_COMMAND, PCI_COMMAND + 1);
    if (command) {
        pci_irq_update(dev);
    }
    if (command || touches(addr, len, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_5 + 3) ||
        touches(addr, len, PCI_ROM_ADDRESS, PCI_ROM_ADDRESS + 3)) {
        pci_bars_update(dev);
    }
}

void pci_registers_reset(PciDevice *dev, const PciRegister *registers)
{
    for (; registers->offset || registers->reset || registers->writable; registers++) {
        dev->config[registers->offset] = registers->reset;
        dev->wmask[registers->offset] = registers->writable;
    }
}
