/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports 0xCF8 to 0xCFF; see host.h. */
#include "hw/pci/host.h"

enum {
    ADDRESS_PORT = 0xcf8,
    DATA_PORT = 0xcfc,
    ADDRESS_ENABLE = 31,        /* bit: accesses to the data window are configuration cycles */
};

/*
 * The address register is a dword. Narrower writes go past it (another chip
 * has its reset control at 0xCF9); narrower reads give its low bytes, wherever
 * they are made: what drivers of this machine have always seen.
 */
static uint64_t address_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((PciHost *)opaque)->address;
}

static void address_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    if (offset == 0 && size == 4) {
        ((PciHost *)opaque)->address = (uint32_t)value;
    }
}

/* Bits 1:0 of the address register count: some clients keep to port 0xCFC and put the byte there. */
static unsigned register_of(const PciHost *host, uint64_t offset)
{
    return (host->address & 0xff) | (unsigned)(offset & 3);
}

static uint64_t data_read(void *opaque, uint64_t offset, unsigned size)
{
    PciHost *host = opaque;

    if (!(host->address >> ADDRESS_ENABLE)) {
        return UINT32_MAX;
    }
    return pci_bus_config_read(host->bus, host->address >> 16 & 0xff, host->address >> 8 & 0xff,
                               register_of(host, offset), size);
}

static void data_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    PciHost *host = opaque;

    if (host->address >> ADDRESS_ENABLE) {
        pci_bus_config_write(host->bus, host->address >> 16 & 0xff, host->address >> 8 & 0xff,
                             register_of(host, offset), (uint32_t)value, size);
    }
}

static const RegionOps address_ops = {
    .read = address_read,
    .write = address_write,
    .max_size = 4,
    .undivided = true,
};

static const RegionOps data_ops = {
    .read = data_read,
    .write = data_write,
    .max_size = 4,
};

void pci_host_init(PciHost *host, PciBus *bus, Region *io)
{
    host->bus = bus;
    region_init_io(&host->address_region, "PCI configuration address", 4, &address_ops, host);
    region_init_io(&host->data_region, "PCI configuration data", 4, &data_ops, host);
    region_add(io, &host->address_region, ADDRESS_PORT, 0);
    region_add(io, &host->data_region, DATA_PORT, 0);
}

void pci_host_finish(PciHost *host)
{
    region_finish(&host->address_region);
    region_finish(&host->data_region);
}

void pci_host_reset(PciHost *host)
{
    host->address = 0;
}
