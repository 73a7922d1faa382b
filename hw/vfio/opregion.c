/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The OpRegion: the memory by which Intel graphics firmware and driver exchange
 * panel descriptions. The host kernel offers a copy, with the VBT appended; it
 * is checked here before a guest gets it (ACPI IGD OpRegion specification 2.1).
 */
#include "hw/vfio/igd.h"

#include <string.h>

#include "lib/log.h"

enum {
    OPREGION_SIZE_KIB = 0x10,       /* u32 */
    OPREGION_VERSION = 0x16,        /* u16: major in the high byte */
    OPREGION_HEADER = 0x100,
    OPREGION_RVDA = 0x3ba,          /* u64: where a video BIOS table too large for mailbox 4 is, */
    OPREGION_RVDS = 0x3c2,          /* u32: and its size */
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

/* Kernels before 5.16 show where the host has the table that they do not append: an address of the host. */
static void hide_far_table(uint8_t *data, size_t size)
{
    uint64_t offset = size > OPREGION_RVDS + 4 ? pci_get_u64(data + OPREGION_RVDA) : 0;
    uint32_t len = offset ? pci_get_u32(data + OPREGION_RVDS) : 0;

    if (pci_get_u16(data + OPREGION_VERSION) >> 8 >= 2 && offset && (offset > size || len > size - offset)) {
        warn("igd: the OpRegion names a video BIOS table at 0x%" G_GINT64_MODIFIER "x, which is not in it: the guest gets"
             " no table; use a host kernel of 5.16 or newer", offset);
        pci_set_u64(data + OPREGION_RVDA, 0);
        pci_set_u32(data + OPREGION_RVDS, 0);
    }
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
    if (data) {
        hide_far_table(data, size);
    }
    return data ? g_bytes_new_take(data, size) : NULL;
}
