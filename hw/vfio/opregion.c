/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The OpRegion: the memory by which Intel graphics firmware and driver exchange
 * panel descriptions. The host kernel offers a copy, with the VBT appended; it
 * is checked here before a guest gets it (ACPI IGD OpRegion specification 2.1).
 */
#include "hw/vfio/igd.h"

#include <string.h>

enum {
    OPREGION_SIZE_KIB = 0x10,       /* u32 */
    OPREGION_VERSION = 0x16,        /* u16: major in the high byte */
    OPREGION_HEADER = 0x100,
    OPREGION_MAJOR_MAX = 3,         /* 1 and 2 are published */
};

/* A type that is a PCI vendor's own: VFIO_REGION_TYPE_PCI_VENDOR_TYPE, as an unsigned constant. */
#define INTEL_REGIONS ((UINT32_C(1) << 31) | PCI_VENDOR_INTEL)

static const char signature[16] = "IntelGraphicsMem";

bool igd_region_find(VfioPci *dev, uint32_t subtype, VfioRegionInfo *ret)
{
    return vfio_region_find(dev->dev, INTEL_REGIONS, subtype, ret);
}

bool igd_opregion_check(const uint8_t *data, size_t size, Error **errp)
{
    if (size < OPREGION_HEADER || memcmp(data, signature, sizeof(signature)) != 0) {
        return fail(errp, "the host's OpRegion does not begin with \"%.16s\"", signature);
    }
    uint64_t claimed = (uint64_t)pci_get_u32(data + OPREGION_SIZE_KIB) * 1024;
    if (claimed == 0 || claimed > size) {
        return fail(errp, "the host's OpRegion says it has %" G_GINT64_MODIFIER "u KiB, but %zu KiB are there",
                    claimed / 1024, size / 1024);
    }
    unsigned version = pci_get_u16(data + OPREGION_VERSION);
    if (version >> 8 == 0 || version >> 8 > OPREGION_MAJOR_MAX) {
        return fail(errp, "the host's OpRegion has version %u.%u, which nobody knows", version >> 8, version & 0xff);
    }
    return true;
}

GBytes *igd_opregion_load(VfioPci *dev, Error **errp)
{
    VfioRegionInfo region = { 0 };

    if (!igd_region_find(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION, &region)) {
        fail(errp, "Device does not supports IGD OpRegion feature: No such device");
        hint(errp, "The host firmware must have the Intel graphics enabled (best as the primary display), and the "
             "host kernel must be 4.6 or newer, for class 0380 6.15 or newer. A virtual function has none.");
        return NULL;
    }
    size_t size = region.size;
    uint8_t *data = vfio_region_load(dev->dev, &region, errp);
    vfio_region_info_clear(&region);
    if (data && !igd_opregion_check(data, size, errp)) {
        g_clear_pointer(&data, g_free);
    }
    return data ? g_bytes_new_take(data, size) : NULL;
}
