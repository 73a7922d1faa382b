/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration mechanism #1 (PCI 3.0, 3.2.2.3.2): the address register at
 * 0xCF8 and the data window at 0xCFC, as a host bridge embeds them.
 */
#ifndef HW_PCI_HOST_H
#define HW_PCI_HOST_H

#include "hw/pci/pci.h"

typedef struct PciHost {
    PciBus *bus;
    uint32_t address;           /* CONFADD as written */
    Region address_region, data_region;
} PciHost;

/* Put the ports of @bus into @io. */
void pci_host_init(PciHost *host, PciBus *bus, Region *io);

/* A zeroed host is accepted. */
void pci_host_finish(PciHost *host);

void pci_host_reset(PciHost *host);

#endif
