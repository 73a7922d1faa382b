/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMware's port and its mouse, as a guest's driver uses them. */
#include "core/machine.h"
#include "core/runstate.h"
#include "tests/unit/isa-board.h"
#include "ui/input.h"

enum { PORT = 0x5658, MAGIC = 0x564d5868, COMMAND_PORT = 0x64, DATA_PORT = 0x60, AUX = 0x20, OBF = 0x01 };
enum { VERSION = 10, UUID = 19, MEMORY = 20, DATA = 39, STATUS = 40, CONTROL = 41, HZ = 45, VCPU = 68 };
enum { ENABLE = 0x45414552, DISABLE = 0xf5, RELATIVE = 0x4c455252, ABSOLUTE = 0x53424152, VERSION_ID = 0x3442554a };

CLASS(test_machine_class) = {
    .name = "test-machine", .parent = &machine_class, .desc = "A machine", .size = sizeof(Machine), .internal = true,
    .ops = &(const MachineOps){ 0 },
};

static void setup(void)
{
    isa_board_up();
    Machine *machine = (Machine *)isa_board_add("test-machine", "");
    machine_set(machine);
    machine->ram_size = UINT64_C(0x123456789);
    for (unsigned i = 0; i < sizeof(machine->uuid); i++) {
        machine->uuid[i] = (uint8_t)(i * 0x11);
    }
    isa_board_add("i8042", "");
    isa_board_add("vmport", "");
    isa_board_add("vmmouse", "");
}

static void teardown(void)
{
    machine_set(NULL);
    isa_board_down();
}

/* Call by a read of 4 bytes; what is in the registers then. */
static CpuRegisters call(uint32_t command, uint32_t parameter)
{
    CpuRegisters registers = { MAGIC, parameter, command, PORT, 0x1111, 0x2222 };

    isa_board.registers = &registers;
    uint64_t read = space_read(&io_space, PORT, 4);
    isa_board.registers = NULL;
    g_assert_cmphex(read, ==, (uint32_t)registers.ax);
    return registers;
}

static uint32_t status(void)
{
    return (uint32_t)call(STATUS, 0).ax;
}

static void control(uint32_t what)
{
    call(CONTROL, what);
}

/* All packets that wait: "flags x y wheel;", signed in decimal. */
static char *packets(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_cmphex(status() % 4, ==, 0);
    while (status() > 0) {
        CpuRegisters got = call(DATA, 4);
        g_string_append_printf(text, "%x %d %d %d;", (unsigned)got.ax, (int32_t)got.bx, (int32_t)got.cx, (int32_t)got.dx);
    }
    return g_strdup(text->str);
}

#define assert_packets(expected)                    \
    do {                                            \
        g_autofree char *got_ = packets();          \
        g_assert_cmpstr(got_, ==, (expected));      \
    } while (0)

static void enable_absolute(void)
{
    control(ENABLE);
    g_assert_cmphex(status(), ==, 1);
    g_assert_cmphex(call(DATA, 1).ax, ==, VERSION_ID);
    control(ABSOLUTE);
    g_assert_cmphex(status(), ==, 0);
}

static void test_port(void)
{
    static const CpuRegisters answers[] = {
        { 6, MAGIC, 2, PORT, 0x1111, 0x2222 },
        { 0x33221100, 0x77665544, 0xbbaa9988, 0xffeeddcc, 0x1111, 0x2222 },
        { 0x23456789, 0x1177, MEMORY, PORT, 0x1111, 0x2222 },
        { MAGIC, UINT32_MAX, HZ, PORT, 0x1111, 0x2222 },
        { 8, 5, VCPU, PORT, 0x1111, 0x2222 },
        { UINT32_MAX, 5, 0, PORT, 0x1111, 0x2222 },
        { UINT32_MAX, 5, 0xffff, PORT, 0x1111, 0x2222 },
        { UINT32_MAX, 5, 0x100 + VERSION, PORT, 0x1111, 0x2222 },
        { 6, MAGIC, 2, PORT, 0x1111, 0x2222 },
    };
    static const uint32_t commands[] = { VERSION, UUID, MEMORY, HZ, VCPU, 0, 0xffff, 0x100 + VERSION, 0x10000 + VERSION };

    setup();
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        CpuRegisters got = call(commands[i], 5);
        g_test_message("command %u", commands[i]);
        g_assert_cmpmem(&got, sizeof(got), &answers[i], sizeof(got));
    }
    teardown();
}

/* Nobody is there for who does not ask: no register changes. */
static void test_nobody(void)
{
    CpuRegisters registers = { MAGIC + 1, 1, VERSION, PORT, 2, 3 }, before = registers;

    setup();
    g_assert_cmphex(space_read(&io_space, PORT, 4), ==, UINT32_MAX);      /* not even a CPU */
    space_write(&io_space, PORT, MAGIC, 4);
    isa_board.registers = &registers;
    g_assert_cmphex(space_read(&io_space, PORT, 4), ==, UINT32_MAX);
    g_assert_cmphex(space_read(&io_space, PORT, 1), ==, UINT8_MAX);
    space_write(&io_space, PORT, MAGIC, 4);
    g_assert_cmpmem(&registers, sizeof(registers), &before, sizeof(before));
    registers.ax = MAGIC;
    before.ax = MAGIC;
    g_assert_cmphex(space_read(&io_space, PORT + 1, 1), ==, UINT8_MAX);   /* beside it */
    g_assert_cmpmem(&registers, sizeof(registers), &before, sizeof(before));
    space_write(&io_space, PORT, 0, 4);                                   /* a write is a call too */
    g_assert_cmphex(registers.ax, ==, 6);
    isa_board.registers = NULL;
    teardown();
}

/* What people do, and what the driver fetches then. */
static const struct {
    const char *what;
    int to[2], by[2], wheel;    /* to: -1 not placed */
    int button;                 /* InputButton + 1 goes down, its negative up */
    const char *got;
} rows[] = {
    { "placed", { 0, INPUT_ABS_MAX }, { 0 }, 0, 0, "0 0 65535 0;" },
    { "in the middle", { 0x4000, 0x3fff }, { 0 }, 0, 0, "0 32769 32766 0;" },
    { "a button", { -1 }, { 0 }, 0, INPUT_LEFT + 1, "20 32769 32766 0;" },
    { "a second one, elsewhere", { 1, 2 }, { 0 }, 0, INPUT_RIGHT + 1, "30 2 4 0;" },
    { "up again", { -1 }, { 0 }, 0, -(INPUT_LEFT + 1), "10 2 4 0;" },
    { "one it has not", { -1 }, { 0 }, 0, INPUT_SIDE + 1, "" },
    { "the wheel goes up", { -1 }, { 0 }, 1, 0, "10 2 4 -1;" },
    { "and down", { -1 }, { 0 }, -300, 0, "10 2 4 127;" },
    { "moved", { -1 }, { 5, -3 }, 0, 0, "10010 5 3 0;" },
    { "a button where it was moved to", { -1 }, { 0 }, 0, INPUT_MIDDLE + 1, "10018 0 0 0;" },
    { "both", { 1, 1 }, { 7, 7 }, 2, 0, "10018 7 -7 -2;18 2 2 0;" },
    { "all up", { -1 }, { 0 }, 0, -(INPUT_MIDDLE + 1), "10 2 2 0;" },
};

static void act(unsigned i)
{
    if (rows[i].by[0] || rows[i].by[1]) {
        input_move(rows[i].by[0], rows[i].by[1]);
    }
    if (rows[i].to[0] >= 0) {
        input_place((unsigned)rows[i].to[0], (unsigned)rows[i].to[1]);
    }
    if (rows[i].button) {
        input_button((InputButton)(ABS(rows[i].button) - 1), rows[i].button > 0);
    }
    if (rows[i].wheel) {
        input_wheel(rows[i].wheel, 0);
    }
    input_sync();
}

static void test_packets(void)
{
    setup();
    enable_absolute();
    g_assert_true(input_is_absolute());
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].what);
        act(i);
        assert_packets(rows[i].got);
    }
    teardown();
}

static void test_relative(void)
{
    setup();
    enable_absolute();
    control(RELATIVE);
    g_assert_false(input_is_absolute());
    input_place(5, 5);
    input_sync();
    assert_packets("");
    input_move(3, 4);
    input_button(INPUT_LEFT, true);
    input_sync();
    input_button(INPUT_LEFT, false);
    input_sync();
    assert_packets("10020 3 -4 0;10000 0 0 0;");
    teardown();
}

/* Who is in use: the vmmouse as long as a driver has enabled it. */
static void test_enabled(void)
{
    setup();
    g_assert_cmphex(status(), ==, 0xffff0000);
    control(ABSOLUTE);                          /* not before it is enabled */
    control(12345);
    g_assert_cmphex(status(), ==, 0xffff0000);
    g_assert_false(input_is_absolute());
    enable_absolute();
    control(ABSOLUTE);
    g_autoptr(GPtrArray) pointers = input_pointers();
    g_assert_cmpuint(pointers->len, ==, 2);
    g_assert_cmpstr(((const InputSink *)pointers->pdata[0])->name, ==, "vmmouse");
    input_button(INPUT_LEFT, true);
    input_sync();
    control(DISABLE);
    g_assert_cmphex(status(), ==, 0xffff0000);
    g_assert_false(input_is_absolute());
    enable_absolute();
    input_place(1, 1);
    input_sync();
    assert_packets("0 2 2 0;");                 /* the button was let go */
    object_reset_all();
    g_assert_cmphex(status(), ==, 0xffff0000);
    g_assert_false(input_is_absolute());
    teardown();
}

/* Taking what is not there is an error until it is enabled again. */
static void test_too_much(void)
{
    static const uint32_t sizes[] = { 0, 5, 7, 0xffff, UINT32_MAX };

    setup();
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        enable_absolute();
        input_place(1, 1);
        input_sync();
        CpuRegisters got = call(DATA, sizes[i]);
        g_assert_cmphex(got.ax, ==, MAGIC);
        g_assert_cmphex(status(), ==, 0xffff0000);
        g_assert_false(input_is_absolute());
    }
    enable_absolute();
    input_place(1, 2);
    input_sync();
    CpuRegisters got = call(DATA, 3);
    g_assert_cmphex(got.cx, ==, 4);
    g_assert_cmphex(got.dx, ==, PORT);
    g_assert_cmphex(call(DATA, 1).ax, ==, 0);
    g_assert_cmphex(status(), ==, 0);
    teardown();
}

/* A guest that does not look: the queue has an end, and the last state arrives. */
static void test_flood(void)
{
    g_autofree char *got = NULL;

    setup();
    enable_absolute();
    for (unsigned i = 0; i < 100000; i++) {
        input_place(i % INPUT_ABS_MAX, 0);
        input_button(INPUT_LEFT, i & 1);
        input_sync();
    }
    g_assert_cmphex(status(), <=, 1024);
    input_place(INPUT_ABS_MAX, INPUT_ABS_MAX);
    input_button(INPUT_LEFT, false);
    input_sync();
    got = packets();
    g_assert_true(g_str_has_prefix(got, "0 0 0 0;20 2 0 0;"));
    g_assert_true(g_str_has_suffix(got, ";0 65535 65535 0;"));
    teardown();
}

/* The PS/2 mouse says something whenever there is a packet. */
static void test_nudge(void)
{
    setup();
    outb(COMMAND_PORT, 0xd4);
    outb(DATA_PORT, 0xf4);
    g_assert_cmphex(inb(DATA_PORT), ==, 0xfa);
    enable_absolute();
    g_assert_cmphex(inb(COMMAND_PORT) & OBF, ==, 0);
    unsigned edges = isa_board.edges[12];
    input_place(1, 1);
    input_sync();
    g_assert_cmphex(inb(COMMAND_PORT) & (OBF | AUX), ==, OBF | AUX);
    g_assert_cmpuint(isa_board.edges[12], ==, edges + 1);
    g_assert_cmphex(inb(DATA_PORT), ==, 0x08);
    assert_packets("0 2 2 0;");
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmport/commands", test_port);
    g_test_add_func("/vmport/nobody", test_nobody);
    g_test_add_func("/vmmouse/packets", test_packets);
    g_test_add_func("/vmmouse/relative", test_relative);
    g_test_add_func("/vmmouse/enabled", test_enabled);
    g_test_add_func("/vmmouse/too much", test_too_much);
    g_test_add_func("/vmmouse/flood", test_flood);
    g_test_add_func("/vmmouse/nudge", test_nudge);
    return g_test_run();
}
