/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI buses and devices: configuration space with write masks, BARs that
 * appear in the memory and I/O spaces when the guest enables decoding,
 * capabilities, INTx. Facts: PCI Local Bus 3.0, PCI-to-PCI Bridge 1.2.
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include <linux/pci_regs.h>

#include "core/class.h"
#include "core/irq.h"
#include "core/notify.h"
#include "core/region.h"

enum {
    PCI_CONFIG_SIZE = 256,
    PCIE_CONFIG_SIZE = 4096,
    PCI_BAR_COUNT = 6,
    PCI_ROM_BAR = 6,            /* index of the expansion ROM in PciDevice.bars */
    PCI_DEVFN_COUNT = 256,
    PCI_PIN_COUNT = 4,
};

#define PCI_DEVFN_OF(slot, function) ((slot) << 3 | (function))
#define PCI_SLOT_OF(devfn) ((devfn) >> 3)
#define PCI_FUNCTION_OF(devfn) ((devfn) & 7)

typedef struct PciBus PciBus;
typedef struct PciDevice PciDevice;

/* Where the bus's interrupts go; the host bridge (or the ISA bridge that routes PIRQs) fills it. */
typedef struct PciIrqRouter {
    /* Which of the router's inputs (0 to 3 on pc) pin @pin (0 = INTA) of the device in @slot is wired to. */
    int (*map)(void *opaque, int slot, int pin);
    void (*set)(void *opaque, int input, int level);
    /* The GSI input @input reaches now, or -1 while it is routed nowhere. */
    int (*gsi)(void *opaque, int input);
    void *opaque;
} PciIrqRouter;

/*
 * How devices come and go while the guest runs; who tells the guest fills it (an ACPI controller). When the guest lets
 * go of a device it was asked for, the controller calls device_unplugged() (core/device.h).
 */
typedef struct PciHotplug {
    bool (*plug)(void *opaque, PciDevice *dev, Error **errp);       /* @dev is there: tell the guest */
    bool (*unplug_request)(void *opaque, PciDevice *dev, Error **errp);
    void *opaque;
} PciHotplug;

struct PciBus {
    Object obj;
    int number;                         /* 0: the root bus */
    bool express;                       /* extended configuration space exists */
    Region *memory, *io;                /* BARs are added to these containers */
    PciDevice *devices[PCI_DEVFN_COUNT];
    PciIrqRouter router;
    PciHotplug hotplug;                 /* zero: nothing comes or goes */
    unsigned input_level[PCI_PIN_COUNT];    /* devices that assert each router input (wired OR) */
    NotifierList intx_routing_changed;  /* data: PciBus *. Told when router.gsi's answers may have changed */
};

typedef struct PciBar {
    Region *region;                     /* NULL: not implemented */
    uint8_t type;                       /* PCI_BASE_ADDRESS_SPACE_IO, _MEM_TYPE_64, _MEM_PREFETCH */
    uint64_t size;                      /* a power of two */
    uint64_t addr;                      /* guest address while mapped; PCI_BAR_UNMAPPED otherwise */
    Region window;                      /* of @size; holds @region and is what moves about in the bus's containers */
} PciBar;

#define PCI_BAR_UNMAPPED UINT64_MAX

/* What a class of PCI devices is; ids go into configuration space before realize. */
typedef struct PciOps {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code;                /* 24 bits: base, sub, programming interface */
    uint8_t revision;
    bool fixed;                         /* stays where it is while the machine runs: others hold it */
    /* NULL: pci_config_read_default / pci_config_write_default. @len is 1, 2 or 4; never straddles a dword. */
    uint32_t (*config_read)(PciDevice *dev, unsigned addr, unsigned len);
    void (*config_write)(PciDevice *dev, unsigned addr, uint32_t value, unsigned len);
    /* A BAR was mapped, moved or unmapped (bars[n].addr); may be NULL. */
    void (*bar_moved)(PciDevice *dev, int n);
} PciOps;

struct PciDevice {
    Object obj;
    PciBus *bus;                        /* set by realize */
    int32_t devfn;                      /* property addr; -1 until realize chose a free slot */
    bool multifunction;
    char *bus_name, *romfile;
    uint32_t romsize;                   /* bytes; 0: as large as the image needs */
    int32_t rombar;                     /* 0: hidden; -1 default: shown when there is one */
    int32_t bootindex;
    uint32_t config_size;               /* PCI_CONFIG_SIZE or PCIE_CONFIG_SIZE */
    uint8_t config[PCIE_CONFIG_SIZE];
    uint8_t wmask[PCIE_CONFIG_SIZE];    /* bits the guest may change */
    uint8_t w1cmask[PCIE_CONFIG_SIZE];  /* bits the guest clears by writing 1 */
    uint8_t used[PCI_CONFIG_SIZE];      /* bytes taken by header and capabilities */
    PciBar bars[PCI_BAR_COUNT + 1];
    bool intx_level;                    /* what the device wants */
    bool intx_asserted;                 /* what its pin drives: not while the command register disables INTx */
    Region rom_region;                  /* of romfile=, for devices that leave ROM loading to pci.c */
    void *rom_memory;                   /* HostMem behind rom_region */
    bool rom_handled;                   /* the class deals with romfile itself (vfio-pci): pci.c does not load it */
};

extern const Class pci_bus_class;       /* "PCI": id "pci.0" */
extern const Class pci_device_class;    /* "pci-device", abstract: properties addr, bus, multifunction, romfile, romsize, rombar, bootindex */

/* ---- buses ---- */

/* A root bus with id @id whose BARs live in @memory and @io. NULL with *errp set when the id is taken. */
PciBus *pci_root_bus_new(const char *id, Region *memory, Region *io, Error **errp);

void pci_bus_set_router(PciBus *bus, PciIrqRouter router);

/* The router's answers changed (PIRQ registers were written): lines are re-driven and intx_routing_changed is notified. */
void pci_bus_routing_changed(PciBus *bus);

/* The device in slot.function, or NULL. */
PciDevice *pci_bus_device(const PciBus *bus, int devfn);

/* The bus -device bus= names, or the first one for NULL; NULL with *errp set ("Bus 'x' not found"). */
PciBus *pci_bus_find(const char *name, Error **errp);

/*
 * Configuration access as a host bridge makes it: bus @bus_number, @devfn,
 * register @addr. Nobody there: all ones. @len 1, 2 or 4; an access that
 * straddles a dword is split.
 */
uint32_t pci_bus_config_read(PciBus *root, int bus_number, int devfn, unsigned addr, unsigned len);
void pci_bus_config_write(PciBus *root, int bus_number, int devfn, unsigned addr, uint32_t value, unsigned len);

/* ---- devices ---- */

/* A byte of a chip's configuration space: its value after reset and the bits the guest may change. */
typedef struct PciRegister {
    uint8_t offset, reset, writable;
} PciRegister;

/* Put the bytes of the table (ended by an all-zero row) to their reset values, with their write masks. */
void pci_registers_reset(PciDevice *dev, const PciRegister *registers);

/* "00:02.0" of @dev on its bus, in static storage of the calling thread. */
const char *pci_device_name(const PciDevice *dev);

const PciOps *pci_ops(const PciDevice *dev);

/*
 * Implement BAR @n with @region; @type holds the PCI_BASE_ADDRESS_* type bits.
 * The size is the region's, rounded up to a power of two (at least 4 for I/O,
 * 16 for memory). A 64-bit BAR takes n + 1 too. PCI_ROM_BAR: the expansion ROM.
 * The region may be finished before the device is unrealized: the BAR is then empty.
 */
void pci_bar_add(PciDevice *dev, int n, uint8_t type, Region *region);

/* Put the BARs where the configuration space says (after a change behind pci_config_write_default). */
void pci_bars_update(PciDevice *dev);

/*
 * Add a capability of @len bytes (including id and next) at @offset, or at a
 * free place for 0. It becomes the last of the list, so that a list copied in its
 * order keeps it. Returns the offset, or -1 with *errp set when it does not fit.
 */
int pci_capability_add(PciDevice *dev, uint8_t id, unsigned offset, unsigned len, Error **errp);

/* Offset of the first capability @id, or 0. */
unsigned pci_capability_find(const PciDevice *dev, uint8_t id);

uint32_t pci_config_read_default(PciDevice *dev, unsigned addr, unsigned len);
void pci_config_write_default(PciDevice *dev, unsigned addr, uint32_t value, unsigned len);

/* Back to the state after realize: command register, BARs, INTx, writable bits to zero where reset defines it. */
void pci_device_reset(PciDevice *dev);

/* ---- interrupts ---- */

/* Drive the device's INTx pin (config register 0x3D); only changes count. */
void pci_irq_set(PciDevice *dev, int level);

/* The GSI the device's pin reaches now, or -1. */
int pci_irq_gsi(const PciDevice *dev);

/* ---- little-endian bytes ---- */

static inline uint16_t pci_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t pci_get_u32(const uint8_t *at)
{
    return pci_get_u16(at) | (uint32_t)pci_get_u16(at + 2) << 16;
}

static inline void pci_set_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void pci_set_u32(uint8_t *at, uint32_t value)
{
    pci_set_u16(at, (uint16_t)value);
    pci_set_u16(at + 2, (uint16_t)(value >> 16));
}

static inline uint64_t pci_get_u64(const uint8_t *p)
{
    return pci_get_u32(p) | (uint64_t)pci_get_u32(p + 4) << 32;
}

static inline void pci_set_u64(uint8_t *p, uint64_t value)
{
    pci_set_u32(p, (uint32_t)value);
    pci_set_u32(p + 4, (uint32_t)(value >> 32));
}

#endif
