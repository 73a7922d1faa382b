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

enum { PCI_VENDOR_INTEL = 0x8086 };

/* Registers of the device in configuration space. */
enum {
    IGD_GGC = 0x50,             /* u16: graphics control */
    IGD_GGC_IVD = 1 << 1,       /* VGA cycles are not for this device */
    IGD_BDSM_32 = 0x5c,         /* u32: base of stolen memory, generations 6 to 10 */
    IGD_BDSM_64 = 0xc0,         /* u64: the same, 11 and 12 */
    IGD_ASLS = 0xfc,            /* u32: address of the OpRegion */
};

/* ---- ids ---- */

/* How GGC.GMS codes the size of stolen memory. */
typedef struct IgdGms {
    uint16_t mask;              /* the field in GGC */
    uint8_t shift;
    /* Bytes that code @gms stands for; false: no such code. */
    bool (*decode)(unsigned gms, uint64_t *ret_bytes);
} IgdGms;

typedef struct IgdPlatform {
    const char *name;
    int generation;             /* 0: has no stolen memory of the kind below (Meteor Lake and later), or is unknown */
    const IgdGms *gms;          /* NULL with generation 0 */
    uint16_t bdsm;              /* IGD_BDSM_32, IGD_BDSM_64, or 0 */
    const uint16_t *ids;        /* ended by 0 */
} IgdPlatform;

/* The platform of @device by exact id, else by the masks of id families, else the unknown platform. Never NULL. */
const IgdPlatform *igd_platform(uint16_t device);

/* It is on the list or of a family: integrated graphics for certain. */
bool igd_platform_is_known(const IgdPlatform *platform);

/* Bytes of stolen memory as GGC says; 0 for a platform without, or an unknown code. */
uint64_t igd_stolen_size(const IgdPlatform *platform, uint16_t ggc);

/* GGC with the code @gms in it; false when the platform has no such code. */
bool igd_ggc_with_gms(const IgdPlatform *platform, uint16_t ggc, uint32_t gms, uint16_t *ret);

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
 * get the ids of the host's. Fills Igd.lpc, and Igd.bridge when it made one.
 */
bool igd_bridges_up(VfioPci *dev, Error **errp);

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

enum { IGD_CONDITION_COUNT = 11 };

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
    Object *bridge;             /* the LPC bridge, when we made it */
    /* placement */
    IgdPlacer placer;           /* AUTO: there is nothing to place */
    const char *placer_reason;
    bool identity;              /* stolen memory is at the host's address */
    MachineReservation opregion_at, stolen_at;
};

/* Where the host's stolen memory is; 0: unknown or none. */
uint64_t igd_host_bdsm(const VfioPci *dev);

/* What the guest reads in these registers, now and after every reset. */
void igd_preset_asls(VfioPci *dev, uint32_t addr);
void igd_preset_bdsm(VfioPci *dev, uint64_t addr);

/* ---- what people and tools are told: igd-report.c ---- */

/* The line about the whole arrangement, on the console. */
void igd_say_summary(VfioPci *dev);

#endif
