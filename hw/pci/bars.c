/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base address registers (PCI 3.0, 6.2.5): the size the guest finds by writing
 * ones, and the place where the region appears while decoding is enabled.
 */
#include "hw/pci/internal.h"

enum {
    SMALLEST_IO_BAR = 4,
    SMALLEST_MEMORY_BAR = 16,
    SMALLEST_ROM_BAR = 2048,    /* bits 31:11 hold the address (6.2.5.2) */
    BAR_PRIORITY = 1,           /* above what the machine keeps behind the devices: ISA and the RAM hole */
};

static bool is_io(const PciBar *bar)
{
    return bar->type & PCI_BASE_ADDRESS_SPACE_IO;
}

static bool is_64bit(const PciBar *bar)
{
    return !is_io(bar) && (bar->type & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static uint64_t bar_size(int n, uint8_t type, uint64_t region_size)
{
    uint64_t size = n == PCI_ROM_BAR                   ? SMALLEST_ROM_BAR
                    : type & PCI_BASE_ADDRESS_SPACE_IO ? SMALLEST_IO_BAR
                                                       : SMALLEST_MEMORY_BAR;

    while (size < region_size) {
        size *= 2;
    }
    return size;
}

void pci_bar_add(PciDevice *dev, int n, uint8_t type, Region *region)
{
    PciBar *bar = &dev->bars[n];
    unsigned at = pci_bar_register(n);

    g_assert(n >= 0 && n <= PCI_ROM_BAR && !bar->region);
    *bar = (PciBar){
        .region = region,
        .type = n == PCI_ROM_BAR ? 0 : type,
        .size = bar_size(n, type, region_size(region)),
        .addr = PCI_BAR_UNMAPPED,
    };
    region_init_container(&bar->window, region->name, bar->size);
    region_add(&bar->window, region, 0, 0);
    pci_set_u32(dev->config + at, bar->type);
    pci_set_u32(dev->wmask + at, (uint32_t)~(bar->size - 1) | (n == PCI_ROM_BAR ? PCI_ROM_ADDRESS_ENABLE : 0));
    if (is_64bit(bar)) {
        g_assert(n < PCI_BAR_COUNT - 1);
        pci_set_u32(dev->config + at + 4, 0);
        pci_set_u32(dev->wmask + at + 4, (uint32_t)(~(bar->size - 1) >> 32));
    }
}

static bool is_decoded(const PciDevice *dev, int n)
{
    uint16_t command = pci_get_u16(dev->config + PCI_COMMAND);

    if (is_io(&dev->bars[n])) {
        return command & PCI_COMMAND_IO;
    }
    if (n == PCI_ROM_BAR && !(dev->config[PCI_ROM_ADDRESS] & PCI_ROM_ADDRESS_ENABLE)) {
        return false;
    }
    return command & PCI_COMMAND_MEMORY;
}

/*
 * Where the BAR belongs now. Address 0 is what an unassigned BAR holds, and a
 * BAR that reaches the end of its address range is being sized: neither is a
 * place on a PC, where RAM and firmware live there.
 */
static uint64_t bar_address(const PciDevice *dev, int n)
{
    const PciBar *bar = &dev->bars[n];
    const uint8_t *at = dev->config + pci_bar_register(n);
    uint64_t limit = is_io(bar) ? UINT16_MAX : is_64bit(bar) ? UINT64_MAX : UINT32_MAX;
    uint64_t addr = pci_get_u32(at) | (is_64bit(bar) ? (uint64_t)pci_get_u32(at + 4) << 32 : 0);

    addr &= ~(bar->size - 1);
    if (!is_decoded(dev, n) || addr == 0 || addr >= limit || bar->size - 1 >= limit - addr) {
        return PCI_BAR_UNMAPPED;
    }
    return addr;
}

static void move_bar(PciDevice *dev, int n, uint64_t addr)
{
    PciBar *bar = &dev->bars[n];

    region_del(&bar->window);
    bar->addr = addr;
    if (addr != PCI_BAR_UNMAPPED) {
        region_add(is_io(bar) ? dev->bus->io : dev->bus->memory, &bar->window, addr, BAR_PRIORITY);
    }
}

/* Most writes to the command register move nothing, and a view is not repainted for nothing. */
static bool find_moved(const PciDevice *dev, bool moved[PCI_BAR_COUNT + 1])
{
    bool any = false;

    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        moved[n] = dev->bars[n].region && bar_address(dev, n) != dev->bars[n].addr;
        any |= moved[n];
    }
    return any;
}

void pci_bars_update(PciDevice *dev)
{
    const PciOps *ops = pci_ops(dev);
    bool moved[PCI_BAR_COUNT + 1];

    if (!find_moved(dev, moved)) {
        return;
    }
    region_transaction_begin();
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        if (moved[n]) {
            move_bar(dev, n, bar_address(dev, n));
        }
    }
    region_transaction_commit();
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        if (moved[n] && ops->bar_moved) {
            ops->bar_moved(dev, n);
        }
    }
}

void pci_bars_finish(PciDevice *dev)
{
    region_transaction_begin();
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        PciBar *bar = &dev->bars[n];
        if (bar->region) {
            region_finish(&bar->window);
            bar->region = NULL;
            bar->addr = PCI_BAR_UNMAPPED;
        }
    }
    region_transaction_commit();
}
