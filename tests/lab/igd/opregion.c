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
    OPREGION_VBT = 0x400,
    MAILBOXES_1_3_4 = 0x0d,     /* ACPI, backlight, video BIOS table */
    VBT_HEADER_SIZE = 48,
    BDB_HEADER_SIZE = 22,
    BDB_VERSION_SKYLAKE = 205,
    LAST_BLOCK_SIZE = 3,        /* id 0xff and a length of zero end the blocks */
};

/* A video BIOS table without child devices: no monitor is wired, which drivers accept. */
static void write_vbt(uint8_t *vbt)
{
    static const char signature[20] = "$VBT SKYLAKE        ";
    static const char bdb_signature[16] = "BIOS_DATA_BLOCK ";
    unsigned size = VBT_HEADER_SIZE + BDB_HEADER_SIZE + LAST_BLOCK_SIZE;
    uint8_t *bdb = vbt + VBT_HEADER_SIZE;
    uint8_t sum = 0;

    memcpy(vbt, signature, sizeof(signature));
    bytes_put(vbt + 20, 2, 100);                /* version 1.00 */
    bytes_put(vbt + 22, 2, VBT_HEADER_SIZE);
    bytes_put(vbt + 24, 2, size);
    bytes_put(vbt + 28, 4, VBT_HEADER_SIZE);    /* where the data block is */
    memcpy(bdb, bdb_signature, sizeof(bdb_signature));
    bytes_put(bdb + 16, 2, BDB_VERSION_SKYLAKE);
    bytes_put(bdb + 18, 2, BDB_HEADER_SIZE);
    bytes_put(bdb + 20, 2, BDB_HEADER_SIZE + LAST_BLOCK_SIZE);
    bdb[BDB_HEADER_SIZE] = 0xff;
    for (unsigned i = 0; i < size; i++) {
        sum = (uint8_t)(sum + vbt[i]);
    }
    vbt[26] = (uint8_t)-sum;                    /* all bytes of the table add up to zero */
}

void opregion_place(const Device *device)
{
    static const char signature[16] = "IntelGraphicsMem";
    const OpRegionPlace *place = &device->opregion;
    uint64_t size = (uint64_t)place->size_kib * 1024;
    uint8_t *opregion = memory_at(place->address, size);

    if (!place->address || !opregion || !memcmp(opregion, signature, sizeof(signature))) {
        return;
    }
    memset(opregion, 0, size);
    memcpy(opregion, signature, sizeof(signature));
    bytes_put(opregion + OPREGION_SIZE_KIB, 4, place->size_kib);
    bytes_put(opregion + OPREGION_VERSION, 2, place->version);
    bytes_put(opregion + OPREGION_MAILBOXES, 4, MAILBOXES_1_3_4);
    write_vbt(opregion + OPREGION_VBT);
    journal("opregion     0x%llx %u KiB version 0x%04x", (unsigned long long)place->address,
            place->size_kib, place->version);
}
