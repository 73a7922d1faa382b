/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The OpRegion: the memory through which firmware and graphics driver talk. Offsets are those of the
 * "IGD OpRegion Specification" of Intel; only what drivers look at before they trust it is filled in.
 */
#include "journal.h"
#include "memory.h"

#include <string.h>

enum {
    OPREGION_SIZE_KIB = 0x10,
    OPREGION_VERSION = 0x16,
    OPREGION_MAILBOXES = 0x58,
    OPREGION_RVDA = 0x3ba,      /* where a video BIOS table lies that is too large for mailbox 4 */
    OPREGION_RVDS = 0x3c2,      /* and its size */
    OPREGION_VBT = 0x400,
    MAILBOXES_1_3_4 = 0x0d,     /* ACPI, backlight, video BIOS table */
    RVDA_ABSOLUTE = 0x0200,     /* the version that has an address; later ones have an offset */
};

void opregion_place(const Device *device)
{
    static const char signature[16] = "IntelGraphicsMem";
    const OpRegionPlace *place = &device->opregion;
    const Vbt *vbt = &place->vbt;
    uint64_t size = (uint64_t)place->size_kib * 1024;
    uint8_t *opregion = memory_at(place->address, vbt->offset ? vbt->offset + vbt->size : size);

    if (!place->address || !opregion || !memcmp(opregion, signature, sizeof(signature))) {
        return;
    }
    memset(opregion, 0, size);
    memcpy(opregion, signature, sizeof(signature));
    bytes_put(opregion + OPREGION_SIZE_KIB, 4, place->size_kib);
    bytes_put(opregion + OPREGION_VERSION, 2, place->version);
    bytes_put(opregion + OPREGION_MAILBOXES, 4, MAILBOXES_1_3_4);
    if (vbt->offset) {
        memset(opregion + vbt->offset, 0, vbt->size);
        bytes_put(opregion + OPREGION_RVDA, 8,
                  (place->version == RVDA_ABSOLUTE ? place->address : 0) + vbt->offset);
        bytes_put(opregion + OPREGION_RVDS, 4, vbt->size);
    }
    vbt_write(vbt, opregion + (vbt->offset ? vbt->offset : OPREGION_VBT));
    journal("opregion     0x%llx %u KiB version 0x%04x", (unsigned long long)place->address,
            place->size_kib, place->version);
}
