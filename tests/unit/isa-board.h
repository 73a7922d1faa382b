/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A board for tests of ISA devices: RAM, ports, a clock that is moved by hand, and interrupt lines that are counted. */
#ifndef TESTS_UNIT_ISA_BOARD_H
#define TESTS_UNIT_ISA_BOARD_H

#include <string.h>

#include "core/accel.h"
#include "core/clock.h"
#include "core/dispatch.h"
#include "core/mainloop.h"

enum { ISA_BOARD_RAM = 1 << 20, ISA_BOARD_LINES = ACCEL_GSI_COUNT };

static struct {
    uint8_t *ram;
    Region memory, io, ram_region;
    Object *accel;
    int level[ISA_BOARD_LINES];
    unsigned edges[ISA_BOARD_LINES];    /* from low to high */
    CpuRegisters *registers;            /* of the CPU that accesses ports; NULL: none does */
} isa_board;

static inline void isa_board_set_gsi(Object *accel, int gsi, int level)
{
    isa_board.edges[gsi] += level && !isa_board.level[gsi];
    isa_board.level[gsi] = level;
}

static inline bool isa_board_get_registers(Object *accel, CpuRegisters *ret)
{
    if (isa_board.registers) {
        *ret = *isa_board.registers;
    }
    return isa_board.registers != NULL;
}

static inline void isa_board_set_registers(Object *accel, const CpuRegisters *registers)
{
    *isa_board.registers = *registers;
}

static inline void isa_board_nothing(Object *accel)
{
}

CLASS(isa_board_accel_class) = {
    .name = "isa-board-accel",
    .parent = &accel_class,
    .desc = "Remembers interrupt lines",
    .size = sizeof(Object),
    .internal = true,
    .ops = &(const AccelOps){
        .set_gsi = isa_board_set_gsi,
        .get_registers = isa_board_get_registers,
        .set_registers = isa_board_set_registers,
        .hold = isa_board_nothing,
        .pause = isa_board_nothing,
        .resume = isa_board_nothing,
        .reset = isa_board_nothing,
        .stop = isa_board_nothing,
    },
};

/* A realized @class_name with settings as in "-device NAME,@settings". */
static inline Object *isa_board_add(const char *class_name, const char *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, NULL, &err);
    g_assert_nonnull(kv);
    Object *obj = object_create(class_find(class_name), NULL, kv, &err);

    g_assert_cmpstr(err ? error_message(err) : NULL, ==, NULL);
    return obj;
}

static inline void isa_board_up(void)
{
    clock_guest_manual();
    isa_board.ram = g_malloc0(ISA_BOARD_RAM);
    region_init_container(&isa_board.memory, "memory", 0);
    region_init_container(&isa_board.io, "io", 0x10000);
    region_init_ram(&isa_board.ram_region, "ram", ISA_BOARD_RAM, (HostMemory){ .host = isa_board.ram, .fd = -1 });
    space_init(&memory_space, "memory", &isa_board.memory, UINT64_MAX);
    space_init(&io_space, "I/O", &isa_board.io, UINT64_MAX);
    region_add(&isa_board.memory, &isa_board.ram_region, 0, 0);
    isa_board.accel = isa_board_add("isa-board-accel", "");
    accel_select(isa_board.accel);
}

static inline void isa_board_down(void)
{
    object_free_all();
    accel_select(NULL);
    g_assert_cmpuint(isa_board.io.children ? isa_board.io.children->len : 0, ==, 0);
    space_finish(&memory_space);
    space_finish(&io_space);
    region_finish(&isa_board.memory);
    region_finish(&isa_board.io);
    g_free(isa_board.ram);
    memset(&isa_board, 0, sizeof(isa_board));
}

/* Carry out what is due in the main loop. */
static inline void isa_board_settle(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static inline void clock_step(int64_t ns)
{
    clock_step_to(clock_now(CLOCK_GUEST) + ns);
}

static inline uint8_t inb(uint16_t port)
{
    return (uint8_t)space_read(&io_space, port, 1);
}

static inline void outb(uint16_t port, uint8_t value)
{
    space_write(&io_space, port, value, 1);
}

#endif
