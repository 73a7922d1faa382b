/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video BIOS table: a header, and blocks of data of which one lists the child devices, the things
 * that are wired to the GPU. The layout is that of Linux's documentation of it (intel_vbt_defs.h).
 */
#include "memory.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADER_SIZE = 48,
    HEADER_CHECKSUM = 26,
    BDB_HEADER_SIZE = 22,
    BLOCK_HEADER_SIZE = 3,          /* id, length */
    BLOCK_GENERAL_DEFINITIONS = 2,
    BLOCK_LAST = 0xff,
    DEFINITIONS_SIZE = 5,           /* before the child devices */
    DEFINITIONS_CHILD_SIZE = 4,
};

/* A wired display and the offsets of its fields in a child device. */
typedef struct {
    uint16_t handle;                /* 0: what old drivers call it */
    uint16_t type;                  /* 2: bits for its signal and its connector */
    uint8_t port;                   /* 16 */
    uint8_t ddc_pin;                /* 19 */
    uint8_t aux_channel;            /* 25 */
} Child;

static const Child children[] = {
    { .handle = 0x0008, .type = 0x78c6, .port = 10, .aux_channel = 0x40 },              /* panel: eDP, port A */
    { .handle = 0x0004, .type = 0x60d2, .port = 1, .ddc_pin = 2, .aux_channel = 0x10 }, /* HDMI, port B */
};

/* Bytes of a child device by the version of the data blocks. */
static unsigned child_size(uint16_t version)
{
    static const struct {
        uint16_t up_to;
        unsigned size;
    } sizes[] = { { 194, 33 }, { 195, 37 }, { 215, 38 }, { 237, 39 } };
    unsigned i;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && version > sizes[i].up_to; i++) {
    }
    return i < sizeof(sizes) / sizeof(sizes[0]) ? sizes[i].size : 40;
}

static void write_child(uint8_t *at, const Child *child)
{
    bytes_put(at, 2, child->handle);
    bytes_put(at + 2, 2, child->type);
    at[16] = child->port;
    at[19] = child->ddc_pin;
    at[25] = child->aux_channel;
}

/* Returns the size of the blocks. */
static unsigned write_blocks(uint8_t *at, uint16_t version)
{
    unsigned count = sizeof(children) / sizeof(children[0]);
    unsigned bytes = child_size(version), size = DEFINITIONS_SIZE + count * bytes;
    uint8_t *definitions = at + BLOCK_HEADER_SIZE;

    at[0] = BLOCK_GENERAL_DEFINITIONS;
    bytes_put(at + 1, 2, size);
    definitions[DEFINITIONS_CHILD_SIZE] = (uint8_t)bytes;
    for (unsigned i = 0; i < count; i++) {
        write_child(definitions + DEFINITIONS_SIZE + i * bytes, &children[i]);
    }
    definitions[size] = BLOCK_LAST;
    return BLOCK_HEADER_SIZE + size + BLOCK_HEADER_SIZE;
}

void vbt_write(const Vbt *vbt, uint8_t *at)
{
    static const char bdb_signature[16] = "BIOS_DATA_BLOCK ";
    uint8_t *bdb = at + HEADER_SIZE;
    unsigned bdb_size = BDB_HEADER_SIZE + write_blocks(bdb + BDB_HEADER_SIZE, vbt->version);
    uint8_t sum = 0;
    char signature[21];

    snprintf(signature, sizeof(signature), "$VBT %-15s", vbt->platform);
    memcpy(at, signature, sizeof(signature) - 1);
    bytes_put(at + 20, 2, 100);                 /* version 1.00 */
    bytes_put(at + 22, 2, HEADER_SIZE);
    bytes_put(at + 24, 2, HEADER_SIZE + bdb_size);
    bytes_put(at + 28, 4, HEADER_SIZE);         /* where the data blocks are */
    memcpy(bdb, bdb_signature, sizeof(bdb_signature));
    bytes_put(bdb + 16, 2, vbt->version);
    bytes_put(bdb + 18, 2, BDB_HEADER_SIZE);
    bytes_put(bdb + 20, 2, bdb_size);
    for (unsigned i = 0; i < HEADER_SIZE + bdb_size; i++) {
        sum = (uint8_t)(sum + at[i]);
    }
    at[HEADER_CHECKSUM] = (uint8_t)-sum;        /* all bytes of the table add up to zero */
}
