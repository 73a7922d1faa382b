/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fw_cfg: a guest that reads items by port and by DMA, from descriptors it has put anywhere in memory. */
#include "hw/nvram/fw-cfg.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/isa-board.h"

enum { SELECTOR = 0x510, DATA = 0x511, DMA = 0x514 };

static void add_file(const char *name, size_t len)
{
    Error *err = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_take(g_malloc0(len), len);

    g_assert(fw_cfg_add_file(fw_cfg_find(), name, bytes, &err));
}

static uint8_t written[64];

static void add_writable(const char *name)
{
    Error *err = NULL;
    FwCfgWritable file = { .data = written, .len = sizeof(written) };

    g_assert(fw_cfg_add_writable(fw_cfg_find(), name, &file, &err));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    isa_board_up();
    isa_board_add("fw_cfg", "");
    add_file("opt/empty", 0);
    add_file("opt/short", 3);
    add_file("opt/long", 100000);
    add_writable("opt/written");
    return 0;
}

/* ---- what the guest does ---- */

static void select_item(Input *in)
{
    space_write(&io_space, SELECTOR, input_take(in, 2), 2);
}

static void read_data(Input *in)
{
    for (size_t n = input_take(in, 1); n > 0; n--) {
        inb(DATA);
    }
}

static void any_port(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1), size = 1u << (how & 3);
    uint64_t port = SELECTOR + (how >> 3 & 15);

    if (how & 4) {
        space_write(&io_space, port, input_take(in, size), size);
    } else {
        space_read(&io_space, port, size);
    }
}

/* A descriptor (control, length, address) in RAM, and its address where DMA begins. */
static void transfer(Input *in)
{
    size_t len = 16;
    const uint8_t *descriptor = input_bytes(in, &len);
    uint64_t addr = input_take(in, 3);

    dma_write(addr, descriptor, len);
    space_write(&io_space, DMA, 0, 4);
    space_write(&io_space, DMA + 4, GUINT32_SWAP_LE_BE((uint32_t)addr), 4);
}

/* The descriptor anywhere at all. */
static void wild_transfer(Input *in)
{
    space_write(&io_space, DMA, input_take(in, 4), 4);
    space_write(&io_space, DMA + 4, input_take(in, 4), 4);
}

static void (*const steps[])(Input *in) = {
    select_item, read_data, any_port, transfer, transfer, wild_transfer,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    object_reset_all();
    memset(written, 0, sizeof(written));
    for (Input in = { data, size }; in.left > 0;) {
        steps[input_take(&in, 1) % G_N_ELEMENTS(steps)](&in);
    }
    return 0;
}
