/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of Intel graphics that hold addresses of the host: the guest sees
 * its own instead, wherever the device is put and whatever its class. BDSM and
 * ASLS are the guest's to set. What the host's firmware has locked after it
 * (the GTT's memory, the part of stolen memory reserved for microcontrollers)
 * is shown where it would be had that firmware placed the guest's stolen memory.
 *
 * One that stays the host's: RC6_CTX_BASE (BAR 0 + 0xd48, generation 9 and
 * later, and its neighbour 0xdc8). Its page holds FORCEWAKE_ACK (0xd84, 0xd88),
 * which drivers poll around register accesses all the time. GUC_WOPCM_* hold
 * offsets, no addresses. Meteor Lake and later have stolen memory in BAR 2: of
 * them only ASLS is ours.
 */
#include "hw/vfio/igd.h"

#define BASE_32 UINT64_C(0xfff00000)
#define BASE_64 UINT64_C(0xfffffffffff00000)

enum {
    REGISTER_BAR = 0,
    CONFIGURATION = -1,
    /* Registers in BAR 0 that show configuration registers (i915: GGC, GEN6_DSMBASE). */
    MIRROR_GGC = 0x108040,
    MIRROR_BDSM = 0x1080c0,
};

/* ---- stolen memory ---- */

static uint64_t bdsm_of(const IgdPlatform *platform, const uint8_t *config)
{
    const uint8_t *at = config + platform->bdsm;

    if (platform->bdsm == IGD_BDSM_64) {
        return pci_get_u64(at) & BASE_64;
    }
    return platform->bdsm ? pci_get_u32(at) & BASE_32 : 0;
}

IgdStolen igd_stolen_host(const VfioPci *dev)
{
    const IgdPlatform *platform = dev->igd->platform;
    const uint8_t *config = dev->config.host;

    return (IgdStolen){ bdsm_of(platform, config), igd_stolen_size(platform, pci_get_u16(config + IGD_GGC)) };
}

IgdStolen igd_stolen_guest(const VfioPci *dev)
{
    const IgdPlatform *platform = dev->igd->platform;

    return (IgdStolen){ bdsm_of(platform, dev->pci.config), igd_stolen_size(platform, dev->igd->ggc) };
}

/* ---- registers that lie by stolen memory ---- */

/*
 * What is at the end of stolen memory is moved with its end, should sizes
 * differ. All those in BAR 0 share a page with the mirror of BDSM, which traps
 * anyway: drivers read it when they start, and never again.
 */
typedef struct MovedRegister {
    int first, last;            /* generations */
    int bar;                    /* or CONFIGURATION */
    uint32_t at;
    unsigned len;
    uint64_t base;              /* the bits of the address that change: all moves are by whole MiB */
    bool at_end;
} MovedRegister;

static const MovedRegister moved_registers[] = {
    /* BGSM: base of the GTT's memory, below stolen memory (i915: GEN6_GSMBASE) */
    { 6, 10, REGISTER_BAR, 0x108100, 4, BASE_32, false },
    { 11, 12, REGISTER_BAR, 0x108100, 8, BASE_64, false },
    { 12, 12, CONFIGURATION, 0xf0, 8, BASE_64, false },
    /* The reserved part of stolen memory (i915: GEN6_STOLEN_RESERVED). Haswell's base is finer: the bits come along. */
    { 6, 10, REGISTER_BAR, 0x1082c0, 4, BASE_32, true },
    { 11, 12, REGISTER_BAR, 0x1082c0, 8, BASE_64, true },
};

/* @base lies in the host's stolen memory, or is that of the GTT below it. */
static bool is_hosts(const VfioPci *dev, const IgdStolen *host, uint64_t base)
{
    uint64_t gtt = igd_gtt_size(dev->igd->platform, pci_get_u16(dev->config.host + IGD_GGC));

    return host->base && base < host->base + host->size && base + gtt >= host->base;
}

/* What the guest sees of the host's @value; 0 while its stolen memory has no place, or not this one. */
static uint64_t moved(const VfioPci *dev, const MovedRegister *reg, uint64_t value)
{
    IgdStolen host = igd_stolen_host(dev), guest = igd_stolen_guest(dev);
    uint64_t base = value & reg->base, place = guest.base - host.base;

    if (base == 0 || (guest.base == host.base && guest.base)) {
        return value;
    }
    if (guest.base == 0 || !is_hosts(dev, &host, base)) {
        return 0;
    }
    place += base + (reg->at_end ? guest.size - host.size : 0);
    if (base >= host.base && place < guest.base) {
        return 0;       /* the guest's stolen memory is too small for it */
    }
    return (value & ~reg->base) | (place & reg->base);
}

static uint64_t moved_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioOverlay *overlay = opaque;
    const MovedRegister *reg = &moved_registers[overlay->row];
    VfioRegion *bar = &overlay->dev->bars[overlay->bar];
    uint64_t value = 0;

    for (unsigned i = 0; i < reg->len; i += 4) {
        value |= vfio_region_read(bar, overlay->offset + i, 4) << (8 * i);
    }
    return moved(overlay->dev, reg, value) >> (8 * offset);
}

/* Firmware has locked them. */
static void moved_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const RegionOps moved_ops = { .read = moved_read, .write = moved_write };

static bool is_for(const MovedRegister *reg, const VfioPci *dev)
{
    int generation = dev->igd->platform->generation;

    return generation >= reg->first && generation <= reg->last;
}

/* Configuration registers follow whenever BDSM changes. */
static void follow_bdsm(VfioPci *dev)
{
    for (unsigned i = 0; dev->igd->kind == IGD_INTEGRATED && i < G_N_ELEMENTS(moved_registers); i++) {
        const MovedRegister *reg = &moved_registers[i];
        if (reg->bar == CONFIGURATION && is_for(reg, dev)) {
            uint64_t value = moved(dev, reg, pci_get_u64(dev->config.host + reg->at));
            vfio_config_rule(dev, &(VfioConfigRule){ (uint16_t)reg->at, (uint8_t)reg->len, UINT64_MAX }, value);
        }
    }
}

static void moved_up(VfioPci *dev)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(moved_registers); i++) {
        const MovedRegister *reg = &moved_registers[i];
        if (reg->bar != CONFIGURATION && is_for(reg, dev)) {
            VfioOverlay like = { .bar = (unsigned)reg->bar, .offset = reg->at, .row = i };
            vfio_overlay_add(dev, &like, reg->len, &moved_ops);
        }
    }
    follow_bdsm(dev);
}

/* ---- the guest's own ---- */

static bool ggc_up(VfioPci *dev, Error **errp)
{
    const VfioConfigRule rule = { IGD_GGC, 2, 0xffff };
    Igd *igd = dev->igd;
    bool whole = igd->kind == IGD_INTEGRATED;
    IgdSizeWish wish = { whole ? dev->igd_gms : 0, whole ? dev->dsm : 0 };

    if (!igd_ggc_choose(igd->platform, vfio_pci_device_id(dev), &wish, pci_get_u16(dev->config.host + IGD_GGC),
                        &igd->ggc, errp)) {
        return false;
    }
    /* Otherwise it is the device's own, which no guest can change: firmware has locked it. */
    if (wish.gms || wish.bytes) {
        vfio_config_rule(dev, &rule, igd->ggc);
        vfio_mirror_add(dev, REGISTER_BAR, MIRROR_GGC, IGD_GGC, 2);
    }
    return true;
}

/* Zero until the guest's firmware writes the place it has chosen; the device keeps the host's. */
static void bdsm_up(VfioPci *dev)
{
    uint16_t at = dev->igd->platform->bdsm;
    const VfioConfigRule rule = { at, at == IGD_BDSM_64 ? 8 : 4, UINT64_MAX, UINT64_MAX, follow_bdsm };

    if (at) {
        vfio_config_rule(dev, &rule, 0);
        vfio_mirror_add(dev, REGISTER_BAR, MIRROR_BDSM, at, rule.len);
    }
}

static void asls_up(VfioPci *dev)
{
    const VfioConfigRule rule = { IGD_ASLS, 4, UINT32_MAX, UINT32_MAX };

    vfio_config_rule(dev, &rule, 0);
}

bool igd_registers_up(VfioPci *dev, Error **errp)
{
    bdsm_up(dev);
    asls_up(dev);
    if (!ggc_up(dev, errp)) {
        return false;
    }
    if (dev->igd->kind == IGD_INTEGRATED) {     /* a virtual function has none of these */
        moved_up(dev);
        igd_dbuf_up(dev);
        igd_gtt_up(dev);
    }
    return true;
}

void igd_registers_reset(VfioPci *dev)
{
    follow_bdsm(dev);
}

void igd_preset_asls(VfioPci *dev, uint32_t addr)
{
    vfio_config_preset(dev, IGD_ASLS, 4, addr);
}

void igd_preset_bdsm(VfioPci *dev, uint64_t base)
{
    uint16_t at = dev->igd->platform->bdsm;

    if (at) {
        vfio_config_preset(dev, at, at == IGD_BDSM_64 ? 8 : 4, base);
        follow_bdsm(dev);
    }
}
