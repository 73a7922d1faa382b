/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vfio-pci device as its parts see it: settings, the open device, and the
 * state each part keeps. A part is a pair of functions in the table of pci.c:
 * up() may fail half-way, down() undoes whatever up() did and accepts a part
 * that was never up. Facts: PCI Local Bus 3.0, Linux include/uapi/linux/vfio.h.
 */
#ifndef HW_VFIO_PCI_H
#define HW_VFIO_PCI_H

#include "core/clock.h"
#include "core/mainloop.h"
#include "core/msi.h"
#include "hw/pci/pci.h"
#include "hw/vfio/rom-check.h"
#include "hw/vfio/vfio.h"

typedef struct VfioPci VfioPci;

/* ---- configuration space ---- */

/*
 * A register and who answers for its bits. Reads take @ours from our shadow
 * (PciDevice.config) and the rest from the device; writes reach the device only
 * in bits that are not ours. Where both matter (the device's own register whose
 * state we follow) a bit is writable but not ours.
 */
typedef struct VfioConfigRule {
    uint16_t addr;
    uint8_t len;                        /* 1 to 8 bytes */
    uint64_t ours;
    uint64_t writable;                  /* what the guest may change in the shadow */
    void (*written)(VfioPci *dev);      /* after a guest write that touched it; NULL: nothing */
    /* A write of ones to all of these bits takes the device's BARs away; written() looks when they are back. */
    uint64_t takes_away;
} VfioConfigRule;

typedef struct VfioConfig {
    VfioRegionInfo region;
    unsigned size;                      /* bytes the device answers for */
    uint8_t host[PCIE_CONFIG_SIZE];     /* the device's own at start: never shown as a whole */
    uint8_t ours[PCIE_CONFIG_SIZE];
    uint8_t initial[PCIE_CONFIG_SIZE];  /* the shadow after realize: what a reset brings back */
    GArray *rules;                      /* of VfioConfigRule: those with a function */
    bool gone;                          /* the device stopped answering; said once */
    bool touched;                       /* the guest wrote to the device since its last reset */
} VfioConfig;

bool vfio_config_up(VfioPci *dev, Error **errp);
void vfio_config_down(VfioPci *dev);

/* Follow @rule from now on; the bits that are ours start as @value. */
void vfio_config_rule(VfioPci *dev, const VfioConfigRule *rule, uint64_t value);

/* The guest's view: PciOps.config_read and config_write. */
uint32_t vfio_config_read(PciDevice *pci, unsigned addr, unsigned len);
void vfio_config_write(PciDevice *pci, unsigned addr, uint32_t value, unsigned len);

/* The device's own registers; a failed read is all ones. */
uint32_t vfio_config_host_read(VfioPci *dev, unsigned addr, unsigned len);
void vfio_config_host_write(VfioPci *dev, unsigned addr, uint32_t value, unsigned len);

/* The shadow of a register of ours, now and after every reset. */
void vfio_config_preset(VfioPci *dev, unsigned addr, unsigned len, uint64_t value);

/* Remember the shadow as the one a reset restores; and restore it. */
void vfio_config_remember(VfioPci *dev);
void vfio_config_restore(VfioPci *dev);

/* Ids as the guest sees them. */
static inline uint16_t vfio_pci_vendor(const VfioPci *dev);
static inline uint16_t vfio_pci_device_id(const VfioPci *dev);
static inline uint32_t vfio_pci_class_code(const VfioPci *dev);     /* 24 bits */

/* ---- capabilities ---- */

/* Rebuild the capability list the guest sees; finds MSI, MSI-X and what resets need. */
bool vfio_caps_up(VfioPci *dev, Error **errp);

typedef struct VfioCaps {
    unsigned pm, af, express;           /* offsets; 0: not there */
} VfioCaps;

/* ---- sleep and resets by the guest ---- */

enum { VFIO_D3HOT = 3 };    /* PowerState of PMCSR (PCI Power Management 1.2, 3.2.4) */

/* Until vfio_power_follow() finds the device awake, BARs read as ones and writes to them vanish. */
void vfio_power_leave(VfioPci *dev);

/* After a write that may have woken it; VfioConfigRule.written of such registers. */
void vfio_power_follow(VfioPci *dev);

/* It was reset with the machine, at full power. */
void vfio_power_reset(VfioPci *dev);

/* ---- interrupts ---- */

typedef enum VfioIrqMode { VFIO_IRQ_NONE, VFIO_IRQ_INTX, VFIO_IRQ_MSI, VFIO_IRQ_MSIX } VfioIrqMode;

/* INTx: level-triggered, shared with the emulator or handed to the accelerator whole. */
typedef struct VfioIntx {
    int trigger, resample;              /* eventfds */
    Watch *watch;                       /* of trigger, while interrupts come through us */
    int gsi;                            /* the line the accelerator drives; -1: they come through us */
    bool pending;                       /* asserted and masked in the device until the guest serves it */
    Timer map_timer;                    /* gives BARs back to the guest when interrupts are rare */
    Notifier routing;
} VfioIntx;

/* One message interrupt: an eventfd that a route of the accelerator, or we, listen to. */
typedef struct VfioVector {
    int fd;                             /* valid while open */
    bool open, masked;
    bool direct_refused;                /* x-no-kvm-msi(x) */
    uint8_t *pending, pending_bit;      /* the vector's bit of the pending register the guest reads */
    MsiMessage message;
    MsiRoute *route;
    Watch *watch;
} VfioVector;

typedef struct VfioMsi {
    unsigned cap;                       /* offset of the capability; 0: none */
    unsigned data, mask;                /* offsets of those registers; mask 0: vectors cannot be masked */
    bool wide;                          /* 64-bit address */
    unsigned count;                     /* vectors in use */
    uint8_t unseen_pending[4];          /* where there is no pending register */
    VfioVector vectors[32];
} VfioMsi;

typedef struct VfioMsix {
    unsigned cap, count;
    unsigned table_bar, pba_bar;
    uint64_t table_offset, pba_offset;
    bool resizable;                     /* vectors can be added while others are in use (no NORESIZE) */
    unsigned allocated;                 /* vectors the device has been given */
    uint8_t *table;                     /* 16 bytes a vector, as the guest wrote them */
    uint8_t *pending;                   /* a bit a vector */
    VfioVector *vectors;
    Region table_region, pba_region;
} VfioMsix;

/* An eventfd the host uses to tell us something (errors, requests). */
typedef struct VfioNotice {
    int fd;
    Watch *watch;
    unsigned count;                     /* how often it did */
} VfioNotice;

bool vfio_irqs_up(VfioPci *dev, Error **errp);
void vfio_irqs_down(VfioPci *dev);

/* Interrupt as the registers now say: MSI-X, MSI or INTx. VfioConfigRule.written of the control registers. */
void vfio_irq_update(VfioPci *dev);

/* Stop interrupting, before a reset; vfio_irq_update() begins again. */
void vfio_irq_stop(VfioPci *dev);

/* SET_IRQS in the few forms that are used; 0, a positive number of vectors on offer, or -errno. */
int vfio_irq_set_eventfds(VfioPci *dev, unsigned index, unsigned start, unsigned count, const int *fds);
int vfio_irq_disable(VfioPci *dev, unsigned index);
int vfio_irq_mask(VfioPci *dev, unsigned index);
int vfio_irq_unmask(VfioPci *dev, unsigned index);
int vfio_irq_set_unmask_eventfd(VfioPci *dev, unsigned index, int fd);

bool vfio_err_up(VfioPci *dev, Error **errp);
void vfio_err_down(VfioPci *dev);
bool vfio_req_up(VfioPci *dev, Error **errp);
void vfio_req_down(VfioPci *dev);

bool vfio_intx_up(VfioPci *dev, Error **errp);
void vfio_intx_down(VfioPci *dev);

/* The MSI capability at @cap of the device; false: do not show it. */
bool vfio_msi_found(VfioPci *dev, unsigned cap);
bool vfio_msi_up(VfioPci *dev, Error **errp);
void vfio_msi_down(VfioPci *dev);

/* Give @vector its eventfd; 0 or -errno. */
int vfio_vector_open(VfioVector *vector);
void vfio_vector_close(VfioVector *vector);

/* Deliver as @message from now on, or keep pending while @masked. */
void vfio_vector_deliver(VfioVector *vector, MsiMessage message, bool masked);

bool vfio_msix_found(VfioPci *dev, unsigned cap);
void vfio_msix_finish(VfioPci *dev);
void vfio_msix_reset(VfioPci *dev);
bool vfio_msix_up(VfioPci *dev, Error **errp);
void vfio_msix_down(VfioPci *dev);

/* ---- expansion ROM and VGA ---- */

typedef struct VfioRom {
    VfioRegionInfo info;                /* of the device's ROM; size 0: none */
    uint8_t *data;                      /* page-aligned, size bytes; valid once loaded */
    uint64_t size;                      /* a power of two; 0: the guest sees no ROM */
    bool failed;                        /* tried to read it, in vain */
    bool loaded;                        /* data is there: at start from romfile=, else when the guest first looks */
    VfioRomImages images;               /* what it consists of, once loaded */
    Region region, trap, memory;        /* container; until it is read; afterwards */
} VfioRom;

bool vfio_rom_up(VfioPci *dev, Error **errp);
void vfio_rom_down(VfioPci *dev);

/* Where the guest's ROM will come from: "romfile", "host", or NULL for nowhere. *ret_size in bytes. */
const char *vfio_rom_source(VfioPci *dev, uint64_t *ret_size);

typedef struct VfioVgaWindow {
    VfioPci *dev;
    uint64_t offset;                    /* in the VGA region: the legacy address */
    uint16_t decoded_by;                /* PCI_COMMAND_IO or _MEMORY */
    Region region;
} VfioVgaWindow;

typedef struct VfioVga {
    VfioRegionInfo info;
    VfioVgaWindow windows[3];
} VfioVga;

bool vfio_vga_up(VfioPci *dev, Error **errp);
void vfio_vga_down(VfioPci *dev);

/* The host offers this device's legacy VGA ranges. */
bool vfio_vga_offered(VfioPci *dev);

/* Decode as the command register says; VfioConfigRule.written of it. */
void vfio_vga_update(VfioPci *dev);

/* ---- reset ---- */

void vfio_pci_reset(Object *obj);

/* ---- quirks ---- */

/* What a family of devices needs beyond the standards. */
typedef struct VfioQuirk {
    const char *name;
    uint16_t vendor, device;            /* VFIO_ANY_ID: all */
    uint32_t class_code, class_mask;
    bool (*up)(VfioPci *dev, Error **errp);
    bool (*complete)(VfioPci *dev, Error **errp);   /* all devices are there (Class.complete) */
    void (*reset)(VfioPci *dev);                    /* after the rest of the device; NULL: nothing */
    void (*down)(VfioPci *dev);                     /* NULL: nothing to undo */
} VfioQuirk;

enum { VFIO_ANY_ID = 0xffff };

#define QUIRK(ident)                                                                    \
    extern const VfioQuirk ident;                                                       \
    static const VfioQuirk *const ident##_entry                                         \
        __attribute__((section("igd_vfio_quirks"), used)) = &ident;                     \
    const VfioQuirk ident

bool vfio_quirks_up(VfioPci *dev, Error **errp);
bool vfio_quirks_complete(VfioPci *dev, Error **errp);
void vfio_quirks_reset(VfioPci *dev);
void vfio_quirks_down(VfioPci *dev);

/* Registers of ours over those of a BAR. Functions of the region get it as their opaque. */
typedef struct VfioOverlay {
    Region region;                      /* hidden by its owner when it is not needed any more; a reset shows it */
    VfioPci *dev;
    unsigned bar;
    uint64_t offset;                    /* in the BAR */
    unsigned row;                       /* the owner's: of its table */
} VfioOverlay;

/*
 * Lay @len bytes over what @like says (bar, offset, row). They trap, and with
 * them the page they are in. Nothing happens when the BAR is too small.
 */
void vfio_overlay_add(VfioPci *dev, const VfioOverlay *like, unsigned len, const RegionOps *ops);

/*
 * Show the guest's configuration register @addr, @len bytes, at @offset of BAR
 * @bar too, as the device itself does. Nothing happens when the BAR is too small.
 */
void vfio_mirror_add(VfioPci *dev, unsigned bar, uint64_t offset, unsigned addr, unsigned len);

/* ---- the device ---- */

typedef struct Igd Igd;
typedef struct VfioDisplay VfioDisplay;

struct VfioPci {
    PciDevice pci;
    /* settings */
    char *msix_relocation;
    uint32_t intx_mmap_timeout_ms;
    bool x_vga, x_req, no_mmap, no_kvm_intx, no_kvm_msi, no_kvm_msix, no_posted_writes;
    OnOffAuto igd_opregion, igd_legacy_mode, migration, display;
    bool igd_lpc, igd_dbuf, igd_clear_gtt;
    uint32_t igd_gms;
    uint32_t xres, yres;                /* the monitor's, in pixels; 0: what the device prefers */
    bool ramfb, legacy_rom;             /* of classes that cannot be plugged in while the guest runs */
    OnOffAuto ramfb_migrate;
    int igd_place, igd_dsm;             /* IgdPlacer, IgdDsm */
    uint64_t dsm;                       /* bytes; 0: as on the host */
    uint32_t vendor_id, device_id, sub_vendor_id, sub_device_id, class_code;   /* UINT32_MAX: the device's own */
    /* state */
    unsigned parts_up;
    VfioDevice *dev;
    VfioConfig config;
    VfioRegion bars[PCI_BAR_COUNT];
    VfioCaps caps;
    bool asleep;                        /* in D3hot, or on the way through a reset */
    bool irqs_up;
    VfioIrqMode irq_mode;
    VfioIntx intx;
    VfioMsi msi;
    VfioMsix msix;
    VfioNotice err, req;
    VfioRom rom;
    bool vga_wanted;                    /* x-vga, or a quirk needs it */
    VfioVga vga;
    GPtrArray *overlays;                /* of VfioOverlay */
    Igd *igd;
    VfioDisplay *shown;                 /* NULL: nothing is */
};

/* What the classes of assigned devices differ in: how the device is named and opened. */
typedef struct VfioPciOps {
    PciOps pci;                         /* first: all the bus sees. VFIO_PCI_OPS */
    /* The device as its settings name it, for errors before it is open. */
    const char *(*setting)(const VfioPci *dev);
    VfioDevice *(*open)(VfioPci *dev, Error **errp);
} VfioPciOps;

/* Properties of those that cannot be plugged in or out while the guest runs: ramfb is firmware's from the start. */
#define VFIO_COLD_PROPS(type)                                                                                   \
    PROP(type, ramfb, bool, "ramfb", "off", "Show the guest's ramfb until its driver has set up the display"),    \
    PROP(type, legacy_rom, bool, "use-legacy-x86-rom", "on", "With a video BIOS for the ramfb"),                  \
    PROP(type, ramfb_migrate, onoffauto, "x-ramfb-migrate", "auto", "Accepted; there is no migration")

#define VFIO_PCI_OPS                                                                    \
    { .config_read = vfio_config_read, .config_write = vfio_config_write, .bar_moved = vfio_pci_bar_moved }

void vfio_pci_bar_moved(PciDevice *pci, int n);

extern const Class vfio_pci_base_class;     /* abstract: everything but the above */
extern const Class vfio_pci_class;          /* "vfio-pci": a device of the host's kernel */
extern const Class vfio_user_pci_class;     /* "vfio-user-pci": a device of another process */

/* "0000:00:02.0" or the mdev's name, also before the device is open. */
const char *vfio_pci_name(const VfioPci *dev);

static inline uint16_t vfio_pci_vendor(const VfioPci *dev)
{
    return pci_get_u16(dev->pci.config + PCI_VENDOR_ID);
}

static inline uint16_t vfio_pci_device_id(const VfioPci *dev)
{
    return pci_get_u16(dev->pci.config + PCI_DEVICE_ID);
}

static inline uint32_t vfio_pci_class_code(const VfioPci *dev)
{
    return pci_get_u32(dev->pci.config + PCI_CLASS_REVISION) >> 8;
}

static inline VfioPci *vfio_pci_of(PciDevice *pci)
{
    return (VfioPci *)pci;      /* pci is its first member */
}

#endif
