/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel integrated graphics: which device is which, how its firmware codes
 * stolen memory, and the pieces assignment consists of. Facts: Intel's public
 * PRMs ("GMCH Graphics Control", "Base of Data Stolen Memory"), the OpRegion
 * specification, Linux include/drm/intel/pciids.h for the ids.
 */
#ifndef HW_VFIO_IGD_H
#define HW_VFIO_IGD_H

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

/* ---- the device ---- */

struct Igd {
    const IgdPlatform *platform;
    uint16_t ggc;               /* as the guest sees it */
    uint64_t stolen;            /* bytes */
    bool has_opregion;          /* on the host */
    size_t opregion;            /* bytes published to the guest's firmware */
    bool legacy;
    uint32_t lpc;               /* vendor << 16 | device at 1f.0; 0: nothing was done there */
    Object *bridge;             /* the LPC bridge, when we made it */
};

#endif
