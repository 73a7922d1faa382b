/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A board for tests; see pci-board.h. */
#include "tests/unit/pci-board.h"

#include "core/accel.h"

Board board;
uint32_t board_gsi_levels;
unsigned board_gsi_changes;
void (*board_log_dirty)(const uint8_t *host, uint64_t size);
void (*board_sync_dirty)(const uint8_t *host, uint64_t size);
void (*board_flush_posted)(void);

static Object *accel;

static void set_gsi(Object *obj, int gsi, int level)
{
    uint32_t bit = 1u << gsi;

    board_gsi_changes += ((board_gsi_levels & bit) != 0) != (level != 0);
    board_gsi_levels = level ? board_gsi_levels | bit : board_gsi_levels & ~bit;
}

static void nothing(Object *obj)
{
}

static void log_dirty(Object *obj, const uint8_t *host, uint64_t size)
{
    if (board_log_dirty) {
        board_log_dirty(host, size);
    }
}

static void sync_dirty(Object *obj, const uint8_t *host, uint64_t size)
{
    if (board_sync_dirty) {
        board_sync_dirty(host, size);
    }
}

static void flush_posted(Object *obj)
{
    if (board_flush_posted) {
        board_flush_posted();
    }
}

CLASS(board_accel_class) = {
    .name = "test-accel",
    .parent = &accel_class,
    .desc = "Remembers interrupt levels",
    .size = sizeof(Object),
    .internal = true,
    .ops = &(const AccelOps){
        .set_gsi = set_gsi,
        .hold = nothing,
        .pause = nothing,
        .resume = nothing,
        .reset = nothing,
        .log_dirty = log_dirty,
        .sync_dirty = sync_dirty,
        .flush_posted = flush_posted,
        .stop = nothing,
    },
};

static Object *make(const Class *cls)
{
    Error *err = NULL;
    Object *obj = object_create(cls, NULL, NULL, &err);

    g_assert_nonnull(obj);
    return obj;
}

void board_up(void)
{
    Error *err = NULL;

    accel = make(&board_accel_class);
    accel_select(accel);
    board.ram = g_malloc0(BOARD_RAM_SIZE);
    region_init_container(&board.memory, "memory", 0);
    region_init_container(&board.io, "io", 0x10000);
    region_init_container(&board.pci_memory, "pci", 0);
    region_init_ram(&board.ram_region, "ram", BOARD_RAM_SIZE, (HostMemory){ .host = board.ram, .fd = -1 });
    space_init(&memory_space, "memory", &board.memory, UINT64_MAX);
    space_init(&io_space, "I/O", &board.io, UINT64_MAX);
    I440fxConfig config = {
        .memory = &board.memory,
        .io = &board.io,
        .pci_memory = &board.pci_memory,
        .ram = &board.ram_region,
    };
    static const uint64_t half = BOARD_RAM_SIZE / 2;
    static const RamLayout ram = { { { 0, half, 0 }, { UINT64_C(1) << 32, half, half } }, 2 };
    board.i440fx = i440fx_new(&config, &err);
    g_assert_nonnull(board.i440fx);
    i440fx_lay_ram(board.i440fx, &ram);
    board.piix3 = (Piix3 *)make(&piix3_class);
    board.pm = (Piix4Pm *)make(&piix4_pm_class);
    board_gsi_levels = board_gsi_changes = 0;
}

void board_down(void)
{
    object_free_all();
    accel_select(NULL);
    g_assert_cmpuint(board.io.children ? board.io.children->len : 0, ==, 0);
    g_assert_cmpuint(board.pci_memory.children ? board.pci_memory.children->len : 0, ==, 0);
    space_finish(&memory_space);
    space_finish(&io_space);
    region_finish(&board.memory);
    region_finish(&board.io);
    region_finish(&board.pci_memory);
    g_clear_pointer(&board.ram, g_free);
}

void board_settle(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

uint32_t in(uint16_t port, unsigned size)
{
    return (uint32_t)space_read(&io_space, port, size);
}

void out(uint16_t port, uint32_t value, unsigned size)
{
    space_write(&io_space, port, value, size);
}

uint32_t config_in(int devfn, unsigned addr, unsigned size)
{
    out(0xcf8, 0x80000000u | (uint32_t)devfn << 8 | (addr & ~3u), 4);
    return in((uint16_t)(0xcfc + (addr & 3)), size);
}

void config_out(int devfn, unsigned addr, uint32_t value, unsigned size)
{
    out(0xcf8, 0x80000000u | (uint32_t)devfn << 8 | (addr & ~3u), 4);
    out((uint16_t)(0xcfc + (addr & 3)), value, size);
}

uint32_t write_file(uint16_t key, const void *bytes, uint32_t len)
{
    enum { DESCRIPTOR = 0x1000, BUFFER = 0x2000, SELECT = 8, WRITE = 16 };
    uint32_t words[] = { GUINT32_TO_BE((uint32_t)key << 16 | SELECT | WRITE), GUINT32_TO_BE(len), 0,
                         GUINT32_TO_BE(BUFFER) };

    memcpy(board.ram + DESCRIPTOR, words, sizeof(words));
    memcpy(board.ram + BUFFER, bytes, len);
    out(0x514, 0, 4);
    out(0x518, GUINT32_TO_BE(DESCRIPTOR), 4);
    memcpy(words, board.ram + DESCRIPTOR, 4);
    return GUINT32_FROM_BE(words[0]);
}
