/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The video BIOS table: where it is, what it says, and tables that lie. */
#include <glib.h>
#include <string.h>

#include "hw/pci/pci.h"
#include "hw/vfio/igd-vbt.h"

enum { OPREGION = 0x2000, MAILBOX4 = 0x400, VBT_AT = 48, BDB_AT = VBT_AT + 22, CHILD_SIZE = 39 };

static uint8_t opregion[2 * OPREGION];

/* A table at @at: features (a block to step over), then definitions of a panel, an unused row and a port. */
static void put_table(size_t at)
{
    uint8_t *table = opregion + at, *bdb = table + VBT_AT, *block = table + BDB_AT;

    memcpy(table, "$VBT SKYLAKE        ", 20);
    pci_set_u16(table + 22, VBT_AT);
    pci_set_u16(table + 24, 0x300);
    pci_set_u32(table + 28, VBT_AT);
    memcpy(bdb, "BIOS_DATA_BLOCK ", 16);
    pci_set_u16(bdb + 16, 221);
    pci_set_u16(bdb + 18, 22);
    pci_set_u16(bdb + 20, 0x200);
    block[0] = 1;
    pci_set_u16(block + 1, 5);
    block += 3 + 5;
    block[0] = 2;
    pci_set_u16(block + 1, 5 + 3 * CHILD_SIZE);
    block[3 + 4] = CHILD_SIZE;
    uint8_t *child = block + 3 + 5;
    pci_set_u16(child, 8);
    pci_set_u16(child + 2, 0x1806);
    child[16] = 10;
    child += 2 * CHILD_SIZE;
    pci_set_u16(child, 4);
    pci_set_u16(child + 2, 0x60d2);
    child[16] = 1;
}

static void start(uint16_t version)
{
    memset(opregion, 0, sizeof(opregion));
    pci_set_u16(opregion + 0x16, version);
}

static void check_whole(const IgdVbt *vbt, size_t at)
{
    char buffer[16];

    g_assert_cmpstr(vbt->product, ==, "$VBT SKYLAKE");
    g_assert_cmpuint(vbt->version, ==, 221);
    g_assert_cmphex(vbt->offset, ==, at);
    g_assert_cmphex(vbt->size, ==, 0x300);
    g_assert_cmpuint(vbt->child_count, ==, 2);
    g_assert_cmphex(vbt->children[0].handle, ==, 8);
    g_assert_cmphex(vbt->children[0].type, ==, 0x1806);
    g_assert_cmpstr(igd_vbt_port_name(&vbt->children[0], buffer), ==, "DP-A");
    g_assert_cmpstr(igd_vbt_port_name(&vbt->children[1], buffer), ==, "HDMI-B");
}

static void test_places(void)
{
    static const struct {
        uint16_t version;
        uint64_t rvda;
        size_t at;
    } rows[] = {
        { 0x0200, 0, MAILBOX4 }, { 0x0201, OPREGION, OPREGION }, { 0x0100, OPREGION, MAILBOX4 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        IgdVbt vbt;
        start(rows[i].version);
        pci_set_u64(opregion + 0x3ba, rows[i].rvda);
        pci_set_u32(opregion + 0x3c2, rows[i].rvda ? 0x300 : 0);
        put_table(rows[i].at);
        g_assert_true(igd_vbt_parse(opregion, sizeof(opregion), &vbt, &err));
        check_whole(&vbt, rows[i].at);
    }
}

/* What is cut short has fewer outputs, or none; what is no table is an error in words. */
static void test_lies(void)
{
    static const struct {
        size_t at;
        unsigned len;
        uint32_t value;
        const char *words;          /* NULL: a table */
        unsigned children;
    } rows[] = {
        { MAILBOX4, 1, 'X', "no video BIOS table at 0x400", 0 },
        { MAILBOX4 + 28, 4, 0xffffffff, "does not begin with \"BIOS_DATA_BLOCK\"", 0 },
        { MAILBOX4 + 28, 4, 0x17f0, "does not begin with \"BIOS_DATA_BLOCK\"", 0 },
        { MAILBOX4 + VBT_AT, 1, 'X', "does not begin with \"BIOS_DATA_BLOCK\"", 0 },
        { MAILBOX4 + VBT_AT + 18, 2, 0xffff, NULL, 0 },         /* no block */
        { MAILBOX4 + VBT_AT + 20, 2, 22 + 8 + 3 + 5 + CHILD_SIZE, NULL, 1 },     /* the data block ends behind the first child */
        { MAILBOX4 + BDB_AT + 1, 2, 0xffff, NULL, 0 },          /* the first block has everything */
        { MAILBOX4 + BDB_AT + 8 + 7, 1, 0, NULL, 0 },           /* children without a size */
        { MAILBOX4 + BDB_AT + 8 + 7, 1, 21, NULL, 0 },          /* too small */
        { MAILBOX4 + BDB_AT + 8 + 1, 2, 3, NULL, 0 },           /* no room for their size */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        IgdVbt vbt;
        start(0x0200);
        put_table(MAILBOX4);
        for (unsigned j = 0; j < rows[i].len; j++) {
            opregion[rows[i].at + j] = (uint8_t)(rows[i].value >> (8 * j));
        }
        g_assert_cmpint(igd_vbt_parse(opregion, OPREGION, &vbt, &err), ==, rows[i].words == NULL);
        if (rows[i].words) {
            g_assert_nonnull(strstr(error_message(err), rows[i].words));
            error_free(err);
        } else {
            g_assert_cmpuint(vbt.child_count, ==, rows[i].children);
        }
    }
}

static void test_small(void)
{
    Error *err = NULL;
    IgdVbt vbt;

    start(0x0200);
    put_table(MAILBOX4);
    g_assert_false(igd_vbt_parse(opregion, 0x1000, &vbt, &err));
    g_assert_nonnull(strstr(error_message(err), "no mailbox 4"));
    error_free(err);
}

static void test_unknown_port(void)
{
    char buffer[16];

    g_assert_cmpstr(igd_vbt_port_name(&(IgdVbtChild){ .port = 200 }, buffer), ==, "port 200");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vfio/vbt/places", test_places);
    g_test_add_func("/vfio/vbt/lies", test_lies);
    g_test_add_func("/vfio/vbt/small", test_small);
    g_test_add_func("/vfio/vbt/unknown port", test_unknown_port);
    return g_test_run();
}
