/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The video BIOS table; see igd-vbt.h. */
#include "hw/vfio/igd-vbt.h"

#include <glib.h>
#include <string.h>

#include "hw/pci/pci.h"

/* OpRegion */
enum {
    MAJOR_VERSION = 0x17,
    RVDA = 0x3ba,                   /* u64: where the table is when it is too large for mailbox 4; the kernel makes it an offset */
    RVDS = 0x3c2,                   /* u32 */
    MAILBOX4 = 0x400,
    MAILBOX4_END = 0x1c00,
};

/* struct vbt_header */
enum { VBT_PRODUCT = 20, VBT_HEADER_SIZE = 22, VBT_SIZE = 24, VBT_BDB_OFFSET = 28, VBT_HEADER = 48 };

/* struct bdb_header; blocks follow: u8 id, u16 size, contents */
enum { BDB_VERSION = 16, BDB_HEADER_SIZE = 18, BDB_SIZE = 20, BDB_HEADER = 22, BLOCK_HEADER = 3 };

/* struct bdb_general_definitions */
enum { GENERAL_DEFINITIONS = 2, CHILD_SIZE = 4, CHILDREN = 5 };

/* struct child_device_config */
enum { CHILD_HANDLE = 0, CHILD_TYPE = 2, CHILD_PORT = 16, CHILD_MIN = 22 };

/* A stretch of bytes; reading behind its end finds nothing. */
typedef struct Bytes {
    const uint8_t *data;
    size_t size;
} Bytes;

static Bytes part(Bytes whole, size_t offset, size_t size)
{
    if (offset > whole.size) {
        return (Bytes){ NULL, 0 };
    }
    return (Bytes){ whole.data + offset, MIN(size, whole.size - offset) };
}

static size_t table_offset(Bytes opregion)
{
    uint64_t rvda = pci_get_u64(opregion.data + RVDA);
    bool external = opregion.data[MAJOR_VERSION] >= 2 && rvda && pci_get_u32(opregion.data + RVDS);

    return external ? (size_t)MIN(rvda, SIZE_MAX) : MAILBOX4;
}

static void read_product(const uint8_t *table, IgdVbt *vbt)
{
    memcpy(vbt->product, table, VBT_PRODUCT);
    for (unsigned i = 0; i < VBT_PRODUCT; i++) {
        vbt->product[i] = g_ascii_isprint(vbt->product[i]) ? vbt->product[i] : ' ';
    }
    g_strchomp(vbt->product);
}

static void read_children(Bytes block, IgdVbt *vbt)
{
    size_t step = block.size > CHILD_SIZE ? block.data[CHILD_SIZE] : 0;

    for (size_t at = CHILDREN; step >= CHILD_MIN && at + step <= block.size; at += step) {
        const uint8_t *child = block.data + at;
        uint16_t type = pci_get_u16(child + CHILD_TYPE);
        if (type && vbt->child_count < IGD_VBT_CHILDREN_MAX) {
            vbt->children[vbt->child_count++] =
                (IgdVbtChild){ pci_get_u16(child + CHILD_HANDLE), type, child[CHILD_PORT] };
        }
    }
}

static bool read_blocks(Bytes bdb, IgdVbt *vbt, Error **errp)
{
    if (bdb.size < BDB_HEADER || memcmp(bdb.data, "BIOS_DATA_BLOCK ", 16) != 0) {
        return fail(errp, "its data block does not begin with \"BIOS_DATA_BLOCK\"");
    }
    if (pci_get_u16(bdb.data + BDB_SIZE) > bdb.size) {
        return fail(errp, "its data block says it has %u bytes, there are %zu", pci_get_u16(bdb.data + BDB_SIZE), bdb.size);
    }
    vbt->version = pci_get_u16(bdb.data + BDB_VERSION);
    Bytes blocks = part(bdb, 0, pci_get_u16(bdb.data + BDB_SIZE));
    size_t at = pci_get_u16(bdb.data + BDB_HEADER_SIZE);
    while (at + BLOCK_HEADER <= blocks.size) {
        size_t size = pci_get_u16(blocks.data + at + 1);
        if (blocks.data[at] == GENERAL_DEFINITIONS) {
            read_children(part(blocks, at + BLOCK_HEADER, size), vbt);
            return true;
        }
        at += BLOCK_HEADER + size;
    }
    return true;
}

bool igd_vbt_parse(const uint8_t *opregion, size_t size, IgdVbt *ret, Error **errp)
{
    Bytes whole = { opregion, size };
    IgdVbt vbt = { 0 };

    if (size < MAILBOX4_END) {
        return fail(errp, "the OpRegion has no mailbox 4");
    }
    vbt.offset = table_offset(whole);
    Bytes table = part(whole, vbt.offset, vbt.offset == MAILBOX4 ? MAILBOX4_END - MAILBOX4 : SIZE_MAX);
    if (table.size < VBT_HEADER || memcmp(table.data, "$VBT", 4) != 0) {
        return fail(errp, "there is no video BIOS table at 0x%zx of the OpRegion", vbt.offset);
    }
    read_product(table.data, &vbt);
    vbt.size = pci_get_u16(table.data + VBT_SIZE);
    if (vbt.size > table.size) {
        return fail(errp, "%s says it has %zu bytes, there are %zu", vbt.product, vbt.size, table.size);
    }
    if (!read_blocks(part(table, pci_get_u32(table.data + VBT_BDB_OFFSET), SIZE_MAX), &vbt, errp)) {
        return fail(errp, "%s", vbt.product);
    }
    *ret = vbt;
    return true;
}

const char *igd_vbt_port_name(const IgdVbtChild *child, char buffer[16])
{
    static const char *const names[] = {
        "HDMI-A", "HDMI-B", "HDMI-C", "HDMI-D", "LVDS", "TV", "VGA", "DP-B", "DP-C", "DP-D", "DP-A", "DP-E", "HDMI-E",
        "DP-F", "HDMI-F", "DP-G", "HDMI-G", "DP-H", "HDMI-H", "DP-I", "HDMI-I", "MIPI-A", "MIPI-B", "MIPI-C", "MIPI-D",
    };

    if (child->port < G_N_ELEMENTS(names)) {
        return names[child->port];
    }
    g_snprintf(buffer, 16, "port %u", child->port);
    return buffer;
}
