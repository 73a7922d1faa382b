/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capability list as the guest sees it: each capability of the device is
 * looked up in a table of handlers that keep, follow or hide it, and the list
 * is chained anew over what is left (PCI Local Bus 3.0, 6.7). Extended
 * capabilities lie above 256 bytes, which a conventional bus does not have.
 */
#include "hw/vfio/pci.h"

#include <string.h>

#include "lib/log.h"

enum {
    CAPS_FIRST = PCI_STD_HEADER_SIZEOF,
    CAPS_MAX = (PCI_CONFIG_SIZE - CAPS_FIRST) / 4,  /* capabilities are dword-aligned */
};

/* ---- PCI Express on this bus (PCI Express 5.0, 7.5.3) ---- */

/* What becomes of the capability of a device of type @type on a root bus. */
typedef struct ExpressRow {
    uint8_t type;           /* PCI_EXP_TYPE_* */
    bool express_bus;
    enum { EXPRESS_KEEP, EXPRESS_HIDE, EXPRESS_INTEGRATE } action;
} ExpressRow;

static const ExpressRow express_rows[] = {
    /* On i440FX the guest sees what is there: drivers look for the capability, not for the bus. */
    { PCI_EXP_TYPE_ENDPOINT, false, EXPRESS_KEEP },
    { PCI_EXP_TYPE_LEG_END,  false, EXPRESS_KEEP },
    { PCI_EXP_TYPE_RC_END,   false, EXPRESS_KEEP },
    /* Beside a root complex there is no link, so an endpoint is an integrated one. */
    { PCI_EXP_TYPE_ENDPOINT, true,  EXPRESS_INTEGRATE },
    { PCI_EXP_TYPE_LEG_END,  true,  EXPRESS_HIDE },     /* there is no integrated legacy endpoint */
    { PCI_EXP_TYPE_RC_END,   true,  EXPRESS_KEEP },
};

static const ExpressRow *express_row(uint8_t type, bool express_bus)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(express_rows); i++) {
        if (express_rows[i].type == type && express_rows[i].express_bus == express_bus) {
            return &express_rows[i];
        }
    }
    return NULL;
}

/* Device type "integrated endpoint", link registers zero. */
static void express_integrate(VfioPci *dev, unsigned at, uint16_t flags)
{
    const VfioConfigRule type = { (uint16_t)(at + PCI_EXP_FLAGS), 2, PCI_EXP_FLAGS_TYPE };
    const VfioConfigRule link = { (uint16_t)(at + PCI_EXP_LNKCAP), 8, UINT64_MAX };
    const VfioConfigRule link2 = { (uint16_t)(at + PCI_EXP_LNKCAP2), 8, UINT64_MAX };

    vfio_config_rule(dev, &type, PCI_EXP_TYPE_RC_END << 4);
    vfio_config_rule(dev, &link, 0);
    if ((flags & PCI_EXP_FLAGS_VERS) >= 2 && at + PCI_EXP_LNKCAP2 + 8 <= PCI_CONFIG_SIZE) {
        vfio_config_rule(dev, &link2, 0);
    }
}

static bool express_found(VfioPci *dev, unsigned at)
{
    uint16_t flags = pci_get_u16(dev->config.host + at + PCI_EXP_FLAGS);
    uint8_t type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;
    const VfioConfigRule control = {
        (uint16_t)(at + PCI_EXP_DEVCTL), 2, .written = vfio_power_follow, .takes_away = PCI_EXP_DEVCTL_BCR_FLR,
    };
    const ExpressRow *row = express_row(type, dev->pci.bus->express);

    dev->caps.express = at;
    vfio_config_rule(dev, &control, 0);
    if (!row) {
        warn("vfio %s: PCI Express type 0x%x is no endpoint; its capability is hidden", vfio_pci_name(dev), type);
        return false;
    }
    if ((flags & PCI_EXP_FLAGS_VERS) == 0) {
        /* Some devices forget the version; drivers then ignore the capability. */
        const VfioConfigRule version = { (uint16_t)(at + PCI_EXP_FLAGS), 2, PCI_EXP_FLAGS_VERS };
        vfio_config_rule(dev, &version, 1);
    }
    if (row->action == EXPRESS_INTEGRATE) {
        express_integrate(dev, at, flags);
    }
    return row->action != EXPRESS_HIDE;
}

/* ---- the other handlers ---- */

/* The device changes its own power state; the shadow follows. */
static bool pm_found(VfioPci *dev, unsigned at)
{
    const VfioConfigRule state = {
        (uint16_t)(at + PCI_PM_CTRL), 2, 0, PCI_PM_CTRL_STATE_MASK, vfio_power_follow, .takes_away = VFIO_D3HOT,
    };

    dev->caps.pm = at;
    vfio_config_rule(dev, &state, 0);
    return true;
}

static bool af_found(VfioPci *dev, unsigned at)
{
    const VfioConfigRule control = {
        (uint16_t)(at + PCI_AF_CTRL), 1, .written = vfio_power_follow, .takes_away = PCI_AF_CTRL_FLR,
    };

    vfio_config_rule(dev, &control, 0);
    dev->caps.af = at;
    return true;
}

/* The kernel leaves id 0 where it hides a capability. */
static bool hidden_found(VfioPci *dev, unsigned at)
{
    return false;
}

typedef struct CapHandler {
    uint8_t id, len;                    /* len: bytes that must lie in configuration space */
    /* The capability at @at of the device; false: the guest does not see it. */
    bool (*found)(VfioPci *dev, unsigned at);
} CapHandler;

/* Capabilities without a row (vendor specific, VPD, SATA, ...) are the device's own, whole. */
static const CapHandler handlers[] = {
    { 0, 2, hidden_found },
    { PCI_CAP_ID_PM, PCI_PM_SIZEOF, pm_found },
    { PCI_CAP_ID_MSI, PCI_MSI_ADDRESS_HI + 2, vfio_msi_found },
    { PCI_CAP_ID_EXP, PCI_EXP_LNKSTA + 2, express_found },
    { PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF, vfio_msix_found },
    { PCI_CAP_ID_AF, PCI_CAP_AF_SIZEOF, af_found },
};

/* @handled: a bit for each row of the table that has had its capability. A function has one of each of these. */
static bool cap_is_shown(VfioPci *dev, unsigned at, unsigned *handled)
{
    uint8_t id = dev->config.host[at];

    for (unsigned i = 0; i < G_N_ELEMENTS(handlers); i++) {
        if (handlers[i].id != id) {
            continue;
        }
        bool first = !(*handled & 1u << i);
        *handled |= 1u << i;
        if (!first && id) {
            warn("vfio %s: a second capability with id 0x%02x, at 0x%02x, is hidden", vfio_pci_name(dev), id, at);
        }
        return first && at + handlers[i].len <= dev->config.size && handlers[i].found(dev, at);
    }
    return true;
}

/* ---- the list ---- */

/* Offsets of the device's capabilities in its own order; bad pointers and loops end the list. */
static unsigned list_host_caps(const VfioConfig *config, uint8_t ret_at[CAPS_MAX])
{
    bool seen[PCI_CONFIG_SIZE] = { false };
    unsigned count = 0;

    if (!(config->host[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    unsigned at = config->host[PCI_CAPABILITY_LIST] & ~3u;
    while (at >= CAPS_FIRST && at + 2 <= config->size && !seen[at] && count < CAPS_MAX) {
        seen[at] = true;
        ret_at[count++] = (uint8_t)at;
        at = config->host[at + PCI_CAP_LIST_NEXT] & ~3u;
    }
    return count;
}

/* Make the pointer at @addr ours and let it name @next. */
static void link_to(VfioPci *dev, unsigned addr, unsigned next)
{
    const VfioConfigRule pointer = { (uint16_t)addr, 1, 0xff };

    vfio_config_rule(dev, &pointer, next);
}

bool vfio_caps_up(VfioPci *dev, Error **errp)
{
    uint8_t at[CAPS_MAX];
    unsigned count = list_host_caps(&dev->config, at), pointer = PCI_CAPABILITY_LIST, handled = 0;
    const VfioConfigRule status = { PCI_STATUS, 2, PCI_STATUS_CAP_LIST };

    for (unsigned i = 0; i < count; i++) {
        bool shown = cap_is_shown(dev, at[i], &handled);
        /* Nobody may follow the host's pointer of a hidden capability either. */
        link_to(dev, at[i] + PCI_CAP_LIST_NEXT, 0);
        if (shown) {
            link_to(dev, pointer, at[i]);
            pointer = at[i] + PCI_CAP_LIST_NEXT;
            memset(dev->pci.used + at[i], 1, PCI_CAP_SIZEOF);
        }
    }
    vfio_config_rule(dev, &status, pointer == PCI_CAPABILITY_LIST ? 0 : PCI_STATUS_CAP_LIST);
    return true;
}
