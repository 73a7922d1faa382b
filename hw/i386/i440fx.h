/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 82441FX host bridge: the root bus pci.0 with its configuration ports, and
 * what the CPU finds at each address: RAM, or what PCI has there (PAM, SMRAM).
 */
#ifndef HW_I386_I440FX_H
#define HW_I386_I440FX_H

#include "hw/i386/ram-layout.h"
#include "hw/pci/host.h"

typedef struct I440fxConfig {
    Region *memory, *io;        /* roots of the two spaces */
    Region *pci_memory;         /* container of all 2^64 bytes PCI devices answer in */
    Region *ram;                /* all of guest RAM; i440fx_lay_ram() says where it goes */
} I440fxConfig;

enum { PAM_SEGMENT_COUNT = 13 };

/* Stretches of 0xC0000 to 0xFFFFF whose reads and writes the guest sends to RAM or to PCI. */
typedef struct PamSegment {
    Region to_pci;              /* neither */
    Region read_ram;            /* reads RAM, writes are lost: what lies behind on PCI is ROM */
    Region write_ram;           /* reads PCI, writes RAM: a BIOS that copies itself */
} PamSegment;

typedef struct I440fx {
    PciDevice pci;
    I440fxConfig config;
    PciHost host;
    Region ram[RAM_PIECES_MAX];
    unsigned ram_count;
    PamSegment pam[PAM_SEGMENT_COUNT];
    Region write_ram;           /* trapped; its offsets are guest addresses. Shown by the segments' aliases */
    Region pci_nobody;          /* behind all PCI devices below 1 MiB, so that RAM does not shine through */
    Region smram_hole;          /* 0xA0000 to 0xBFFFF leads to PCI (VGA) */
    Space pci_view;             /* of pci_memory alone, while a segment reads PCI and writes RAM */
    bool pci_view_needed;
} I440fx;

/* Make the bus and the bridge at 00:00.0; NULL with *errp set when that fails. */
I440fx *i440fx_new(const I440fxConfig *config, Error **errp);

/* Put RAM where the CPU finds it: once, when all who need memory of their own have it. */
void i440fx_lay_ram(I440fx *bridge, const RamLayout *layout);

static inline PciBus *i440fx_bus(const I440fx *bridge)
{
    return bridge->host.bus;
}

#endif
