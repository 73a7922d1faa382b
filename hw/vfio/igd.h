/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel integrated graphics: which device is which, how its firmware codes
 * stolen memory, and the pieces assignment consists of. Facts: Intel's public
 * PRMs ("GMCH Graphics Control", "Base of Data Stolen Memory"), the OpRegion
 * specification, Linux include/drm/intel/pciids.h for the ids.
 */
#ifndef HW_VFIO_IGD_H
#define HW_VFIO_IGD_H

#include "core/machine.h"
#include "hw/vfio/pci.h"

enum {
    PCI_VENDOR_INTEL = 0x8086,
    IGD_CLASS_DISPLAY = 0x03,           /* PCI class code assignments 1.x: base class, */
    IGD_CLASS_VGA = 0x0300,             /* and with the subclass of a primary display */
    IGD_DEVFN = PCI_DEVFN_OF(2, 0),     /* where firmware and drivers look for it */
};

/* Registers of the device in configuration space. */
enum {
    IGD_GGC = 0x50,             /* u16: graphics control */
    IGD_GGC_IVD = 1 << 1,       /* VGA cycles are not for this device */
    IGD_BDSM_32 = 0x5c,         /* u32: base of stolen memory, generations 6 to 10 */
    IGD_BDSM_64 = 0xc0,         /* u64: the same, 11 and 12 */
    IGD_ASLS = 0xfc,            /* u32: address of the OpRegion */
};

/* ---- ids ---- */

/* How GGC codes the sizes of stolen memory (GMS) and of the GTT below it (GGMS). */
typedef struct IgdGms {
    uint16_t mask;              /* the field GMS in GGC */
    uint8_t shift;
    uint8_t gtt_shift;          /* of GGMS, two bits */
    bool gtt_powers;            /* n stands for 2^n MiB, and not for n */
    /* Bytes that code @gms stands for; false: no such code. */
    bool (*decode)(unsigned gms, uint64_t *ret_bytes);
} IgdGms;

extern const IgdGms igd_gms_gen6, igd_gms_gen8, igd_gms_gen9, igd_gms_chv;

typedef struct IgdPlatform {
    const char *name;
    int generation;             /* 0: has no stolen memory of the kind below (Meteor Lake and later), or is unknown */
    const IgdGms *gms;          /* NULL with generation 0 */
    uint16_t bdsm;              /* IGD_BDSM_32, IGD_BDSM_64, or 0 */
    uint8_t dbuf_slices;        /* whose power states are cleaned up: igd-dbuf.c */
    const uint16_t *ids;        /* ended by 0 */
} IgdPlatform;

/* The platform of @device by exact id, else by the masks of id families, else the unknown platform. Never NULL. */
const IgdPlatform *igd_platform(uint16_t device);

/* It is on the list or of a family: integrated graphics for certain. */
bool igd_platform_is_known(const IgdPlatform *platform);

/* "Skylake (generation 9)", or "unknown (device id 0x1234)"; the caller frees it. */
char *igd_platform_title(const IgdPlatform *platform, uint16_t device);

/* ---- sizes ---- */

/* Bytes of stolen memory as GGC says; 0 for a platform without, or an unknown code. */
uint64_t igd_stolen_size(const IgdPlatform *platform, uint16_t ggc);

/* Bytes of the GTT as GGC says; 0 for a platform without, or an unknown code. */
uint64_t igd_gtt_size(const IgdPlatform *platform, uint16_t ggc);

/* GGC with the code @gms in it; false when the platform has no such code. */
bool igd_ggc_with_gms(const IgdPlatform *platform, uint16_t ggc, uint32_t gms, uint16_t *ret);

/* What the user asks for. 0: as on the host. */
typedef struct IgdSizeWish {
    uint32_t gms;               /* x-igd-gms: a code */
    uint64_t bytes;             /* dsm */
} IgdSizeWish;

/* The host's @ggc as the guest is to see it. @device is named when it is of no known platform. */
bool igd_ggc_choose(const IgdPlatform *platform, uint16_t device, const IgdSizeWish *wish, uint16_t ggc,
                    uint16_t *ret, Error **errp);

/* ---- registers ---- */

/* Stolen memory: base 0 while nobody has placed it. */
typedef struct IgdStolen {
    uint64_t base, size;
} IgdStolen;

IgdStolen igd_stolen_host(const VfioPci *dev);
IgdStolen igd_stolen_guest(const VfioPci *dev);

/* The registers that hold addresses or sizes of the host show the guest's own from now on. Fills Igd.ggc. */
bool igd_registers_up(VfioPci *dev, Error **errp);
void igd_registers_reset(VfioPci *dev);

/* What the guest reads now and after every reset, until it writes something else. */
void igd_preset_asls(VfioPci *dev, uint32_t addr);
void igd_preset_bdsm(VfioPci *dev, uint64_t base);

/* DBUF_CTL without stale power states, unless x-igd-dbuf=off. */
void igd_dbuf_up(VfioPci *dev);

/* The index and data registers in BAR 4. */
void igd_gtt_up(VfioPci *dev);

/* x-igd-clear-gtt=on: no entry of the GTT is valid any more. */
bool igd_gtt_clear(VfioPci *dev, Error **errp);

/* ---- OpRegion ---- */

/* The regions vfio-pci adds for Intel graphics (linux/vfio.h). */
bool igd_region_find(VfioPci *dev, uint32_t subtype, VfioRegionInfo *ret);

/* The OpRegion as the host offers it: signature, size and version are right. NULL with *errp set. */
GBytes *igd_opregion_load(VfioPci *dev, Error **errp);

/* Check an image of @size bytes. */
bool igd_opregion_check(const uint8_t *data, size_t size, Error **errp);

/* ---- bridges ---- */

/* The bus has nothing at 1f.0, or our bridge. */
bool igd_lpc_is_possible(VfioPci *dev);

/* The host offers the ids of its bridges. */
bool igd_bridges_offered(VfioPci *dev);

/*
 * The bridge at 1f.0 (made when it is not there) and the host bridge at 00.0
 * get the ids of the host's. Fills Igd.lpc, and Igd.made_bridge when it made one.
 */
bool igd_bridges_up(VfioPci *dev, Error **errp);

/* Frees the bridge that up has made, unless it is gone: the machine's end takes what was made last first. */
void igd_bridges_down(VfioPci *dev);

extern const Class vfio_igd_lpc_bridge_class;

/* ---- legacy mode ---- */

/* What legacy mode asks for: igd-legacy.c. */
typedef enum IgdConditionKind {
    IGD_PLACE,                  /* the user's choice: automatic legacy mode is silent about it */
    IGD_NATURE,                 /* of the device */
    IGD_ITEM,                   /* legacy mode goes on without it */
} IgdConditionKind;

typedef struct IgdCondition {
    IgdConditionKind kind;
    const char *name;           /* in queries: "at-00:02.0" */
    bool (*met)(VfioPci *dev);
    const char *what;           /* is the matter when it is not met */
    const char *remedy;
} IgdCondition;

enum { IGD_CONDITION_COUNT = 12 };

extern const IgdCondition igd_conditions[IGD_CONDITION_COUNT];

/* Look at all conditions and make the device the guest's primary display when they are met. */
bool igd_legacy_up(VfioPci *dev, Error **errp);

/* The guest has a display that is no assigned device. */
bool igd_beside_emulated_display(void);

/* ---- placement ---- */

typedef enum IgdPlacer { IGD_PLACER_AUTO, IGD_PLACER_FIRMWARE, IGD_PLACER_MACHINE } IgdPlacer;
typedef enum IgdDsm { IGD_DSM_AUTO, IGD_DSM_IDENTITY, IGD_DSM_RELOCATE } IgdDsm;

extern const char *const igd_placer_words[], *const igd_dsm_words[];

/*
 * Have Igd.opregion and Igd.stolen bytes of stolen memory put into guest memory: by the firmware, which is
 * handed what it needs, or by the machine. Both may be nothing.
 */
bool igd_place(VfioPci *dev, Error **errp);
void igd_unplace(VfioPci *dev);

/* At a reset: what the guest did to it is undone. */
void igd_place_reset(VfioPci *dev);

/* ---- the device ---- */

typedef enum IgdKind {
    IGD_INTEGRATED,
    IGD_VIRTUAL_FUNCTION,       /* no OpRegion, no stolen memory, no display */
    IGD_MEDIATED,               /* GVT-g: its driver emulates the registers */
} IgdKind;

struct Igd {
    IgdKind kind;
    const IgdPlatform *platform;
    uint16_t ggc;               /* as the guest sees it */
    bool has_opregion;          /* on the host */
    GBytes *opregion;           /* what the guest gets, or NULL */
    uint64_t stolen;            /* bytes the guest gets */
    bool legacy;
    bool met[IGD_CONDITION_COUNT];
    uint32_t lpc;               /* vendor << 16 | device at 1f.0; 0: nothing was done there */
    bool made_bridge;           /* the LPC bridge is ours, not the user's */
    /* placement */
    IgdPlacer placer;           /* AUTO: there is nothing to place */
    const char *placer_reason;
    bool identity;              /* stolen memory is at the host's address */
    MachineReservation opregion_at, stolen_at;
};

/* ---- what people and tools are told: igd-report.c ---- */

/* The line about the whole arrangement, on the console. */
void igd_say_summary(VfioPci *dev);

#endif
