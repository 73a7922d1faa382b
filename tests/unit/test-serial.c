/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 16550A: registers, FIFOs, loopback, interrupts and their order; and the other ports that talk to a chardev. */
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chardev/chardev.h"
#include "tests/unit/isa-board.h"

enum {
    COM1 = 0x3f8, LINE = 4,
    IIR_NONE = 0x01, IIR_THRE = 0x02, IIR_DATA = 0x04, IIR_STATUS = 0x06, IIR_TIMEOUT = 0x0c,
};

static int to_guest, from_guest;    /* our ends of two FIFOs */
static char *folder;

static uint8_t get(unsigned reg)
{
    return inb((uint16_t)(COM1 + reg));
}

static void put(unsigned reg, uint8_t value)
{
    outb((uint16_t)(COM1 + reg), value);
}

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static int make_fifo(const char *name)
{
    g_autofree char *path = path_of(name);

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    return open(path, O_RDWR | O_NONBLOCK);
}

static void remove_file(const char *name)
{
    g_autofree char *path = path_of(name);

    unlink(path);
}

static Object *chardev(const char *text)
{
    Error *err = NULL;
    Object *obj = chardev_create(text, &err);

    g_assert_cmpstr(err ? error_message(err) : NULL, ==, NULL);
    return obj;
}

static void setup(void)
{
    folder = g_dir_make_tmp("serial-XXXXXX", NULL);
    to_guest = make_fifo("s.in");
    from_guest = make_fifo("s.out");
    isa_board_up();
    g_autofree char *text = g_strdup_printf("pipe,id=s,path=%s/s", folder);
    chardev(text);
    isa_board_add("isa-serial", "chardev=s");
}

static void teardown(void)
{
    isa_board_down();
    close(to_guest);
    close(from_guest);
    remove_file("s.in");
    remove_file("s.out");
    rmdir(folder);
    g_clear_pointer(&folder, g_free);
}

static void type(const char *text)
{
    g_assert_cmpint(write(to_guest, text, strlen(text)), ==, strlen(text));
    isa_board_settle();
}

static void assert_printed(const char *text)
{
    char got[256] = "";
    ssize_t n = read(from_guest, got, sizeof(got) - 1);

    g_assert_cmpint(n, ==, strlen(text) ? (ssize_t)strlen(text) : -1);
    g_assert_cmpstr(got, ==, text);
}

static void test_after_reset(void)
{
    setup();
    for (int i = 0; i < 2; i++) {
        static const uint8_t expected[8] = { 0, 0, 1, 0, 0, 0x60, 0xb0, 0 };
        for (unsigned reg = 0; reg < 8; reg++) {
            g_assert_cmphex(get(reg), ==, expected[reg]);
        }
        put(UART_IER, 0x0f);
        put(UART_LCR, 0x1f);
        put(UART_MCR, 0x0f);
        put(UART_FCR, 0xc1);
        object_reset_all();
    }
    teardown();
}

static void test_registers_keep_their_bits(void)
{
    setup();
    put(UART_LCR, 0x80);
    put(UART_DLL, 0x34);
    put(UART_DLM, 0x12);
    g_assert_cmphex(get(UART_DLL), ==, 0x34);
    g_assert_cmphex(get(UART_DLM), ==, 0x12);
    put(UART_LCR, 0x03);
    put(UART_IER, 0xf5);
    g_assert_cmphex(get(UART_IER), ==, 0x05);
    g_assert_cmphex(get(UART_RX), ==, 0);
    put(UART_MCR, 0xff);
    g_assert_cmphex(get(UART_MCR), ==, 0x1f);
    put(UART_SCR, 0xa5);
    put(UART_LSR, 0);
    put(UART_MSR, 0);
    g_assert_cmphex(get(UART_SCR), ==, 0xa5);
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    teardown();
}

static void test_transmit(void)
{
    setup();
    put(UART_TX, 'h');
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    put(UART_TX, 'i');
    assert_printed("hi");
    put(UART_IER, UART_IER_THRI);                       /* empty when enabled: at once */
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    g_assert_cmphex(get(UART_IIR), ==, IIR_THRE);
    g_assert_cmpint(isa_board.level[LINE], ==, 0);      /* reading IIR was the acknowledgement */
    g_assert_cmphex(get(UART_IIR), ==, IIR_NONE);
    put(UART_TX, '!');
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    put(UART_TX, '!');                                  /* a new edge for every time it was empty */
    g_assert_cmpuint(isa_board.edges[LINE], ==, 3);
    put(UART_IER, 0);
    g_assert_cmpint(isa_board.level[LINE], ==, 0);
    teardown();
}

static void test_receive_without_fifo(void)
{
    setup();
    put(UART_IER, UART_IER_RDI);
    type("abc");
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    g_assert_cmphex(get(UART_IIR), ==, IIR_DATA);
    g_assert_cmphex(get(UART_LSR), ==, 0x61);
    g_assert_cmpint(get(UART_RX), ==, 'a');
    g_assert_cmpint(isa_board.level[LINE], ==, 0);
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    isa_board_settle();                                 /* the rest waited outside */
    g_assert_cmpint(get(UART_RX), ==, 'b');
    isa_board_settle();
    g_assert_cmpint(get(UART_RX), ==, 'c');
    isa_board_settle();
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    teardown();
}

static void test_trigger_levels(void)
{
    static const struct { uint8_t fcr; unsigned level; } rows[] = {
        { 0x01, 1 }, { 0x41, 4 }, { 0x81, 8 }, { 0xc1, 14 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        setup();
        put(UART_FCR, rows[i].fcr);
        put(UART_IER, UART_IER_RDI);
        for (unsigned n = 1; n < rows[i].level; n++) {
            type("x");
            g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_NONE);
        }
        type("x");
        g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_DATA);
        get(UART_RX);
        g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_NONE);
        teardown();
    }
}

/* 115200 baud, 8n1: ten bits a character, four characters. */
static void test_character_timeout(void)
{
    int64_t four_characters = 4 * 10 * NS_PER_SECOND / 115200;

    setup();
    put(UART_LCR, 0x83);
    put(UART_DLL, 1);
    put(UART_DLM, 0);
    put(UART_LCR, 0x03);
    put(UART_FCR, 0xc1);
    type("ab");
    g_assert_cmpint(clock_next_deadline(), ==, -1);     /* nobody asked */
    put(UART_IER, UART_IER_RDI);
    clock_step(four_characters - 1);
    g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_NONE);
    clock_step(1);
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_TIMEOUT);
    g_assert_cmpint(get(UART_RX), ==, 'a');
    g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_NONE);
    clock_step(four_characters);
    g_assert_cmphex(get(UART_IIR), ==, 0xc0 | IIR_TIMEOUT);
    g_assert_cmpint(get(UART_RX), ==, 'b');
    g_assert_cmpint(clock_next_deadline(), ==, -1);
    teardown();
}

static void test_long_input_loses_nothing(void)
{
    const char *text = "The quick brown fox jumps over the lazy dog, twice.";

    setup();
    put(UART_FCR, 0x81);
    type(text);
    for (const char *at = text; *at; at++) {
        isa_board_settle();
        g_assert_true(get(UART_LSR) & UART_LSR_DR);
        g_assert_cmpint(get(UART_RX), ==, *at);
    }
    isa_board_settle();
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    teardown();
}

static void test_loopback(void)
{
    setup();
    put(UART_MCR, UART_MCR_LOOP);
    g_assert_cmphex(get(UART_MSR), ==, 0x0b);           /* all lines fell */
    g_assert_cmphex(get(UART_MSR), ==, 0x00);
    put(UART_MCR, UART_MCR_LOOP | 0x0f);
    g_assert_cmphex(get(UART_MSR), ==, 0xfb);           /* RI rose: that is no change to tell */
    put(UART_MCR, UART_MCR_LOOP | 0x0b);
    g_assert_cmphex(get(UART_MSR), ==, 0xb4);           /* and fell */
    put(UART_TX, 0x5a);
    g_assert_cmphex(get(UART_LSR), ==, 0x61);
    put(UART_TX, 0x5b);                                 /* overrun: the holding register has the new one */
    g_assert_cmphex(get(UART_LSR), ==, 0x63);
    g_assert_cmphex(get(UART_LSR), ==, 0x61);
    g_assert_cmphex(get(UART_RX), ==, 0x5b);
    assert_printed("");
    type("z");
    g_assert_cmphex(get(UART_LSR), ==, 0x60);           /* the wire is cut */
    put(UART_MCR, 0);
    isa_board_settle();
    g_assert_cmphex(get(UART_RX), ==, 'z');
    teardown();
}

static void test_fifo_overrun_keeps_the_fifo(void)
{
    setup();
    put(UART_MCR, UART_MCR_LOOP);
    put(UART_FCR, 0x01);
    for (int i = 0; i < 20; i++) {
        put(UART_TX, (uint8_t)i);
    }
    g_assert_cmphex(get(UART_LSR), ==, 0x63);
    for (int i = 0; i < 16; i++) {
        g_assert_cmpint(get(UART_RX), ==, i);
    }
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    put(UART_TX, 1);
    put(UART_FCR, 0x03);                                /* clear the receiver */
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    put(UART_TX, 1);
    put(UART_FCR, 0x00);                                /* turning it off clears too */
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    g_assert_cmphex(get(UART_IIR), ==, IIR_NONE);
    teardown();
}

static void test_interrupt_priorities(void)
{
    setup();
    put(UART_MCR, UART_MCR_LOOP);
    get(UART_MSR);
    put(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR);
    put(UART_TX, 1);
    put(UART_TX, 2);
    put(UART_IER, 0x0f);
    g_assert_cmphex(get(UART_IIR), ==, IIR_STATUS);
    get(UART_LSR);
    g_assert_cmphex(get(UART_IIR), ==, IIR_DATA);
    get(UART_RX);
    g_assert_cmphex(get(UART_IIR), ==, IIR_THRE);
    g_assert_cmphex(get(UART_IIR), ==, 0x00);
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    get(UART_MSR);
    g_assert_cmphex(get(UART_IIR), ==, IIR_NONE);
    g_assert_cmpint(isa_board.level[LINE], ==, 0);
    teardown();
}

static void fill_pipe(void)
{
    uint8_t zeroes[4096] = { 0 };

    while (write(from_guest, zeroes, sizeof(zeroes)) > 0) {
    }
}

static void drain_pipe(void)
{
    uint8_t data[4096];

    while (read(from_guest, data, sizeof(data)) > 0) {
    }
}

/* A reader that does not read: the transmitter fills up, and says when there is room. */
static void test_back_pressure(void)
{
    unsigned sent = 0;

    setup();
    fill_pipe();
    put(UART_FCR, 0x01);
    while (get(UART_LSR) & UART_LSR_THRE) {
        put(UART_TX, 'x');
        g_assert_cmpuint(++sent, <=, CHARDEV_PENDING_MAX + 1);
    }
    g_assert_cmpuint(sent, ==, CHARDEV_PENDING_MAX + 1);
    put(UART_IER, UART_IER_THRI);
    g_assert_cmpint(isa_board.level[LINE], ==, 0);
    drain_pipe();
    isa_board_settle();
    g_assert_cmphex(get(UART_LSR), ==, 0x60);
    g_assert_cmpint(isa_board.level[LINE], ==, 1);
    teardown();
}

static void test_a_stuck_reader_does_not_stop_the_guest(void)
{
    setup();
    fill_pipe();
    while (get(UART_LSR) & UART_LSR_THRE) {
        put(UART_TX, 'x');
    }
    for (int64_t end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC; !(get(UART_LSR) & UART_LSR_THRE);) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, true);
    }
    for (int i = 0; i < 1000; i++) {
        put(UART_TX, 'y');
        g_assert_true(get(UART_LSR) & UART_LSR_THRE);
    }
    teardown();
}

static void test_ports_of_com1_to_com4(void)
{
    static const uint16_t bases[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
    Error *err = NULL;

    isa_board_up();
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(inb(bases[i] + UART_LSR), ==, 0xff);
        isa_board_add("isa-serial", "");
        g_assert_cmphex(inb(bases[i] + UART_LSR), ==, 0x60);
    }
    g_assert_null(object_create(class_find("isa-serial"), NULL, NULL, &err));
    g_assert_cmpstr(error_message(err), ==, "Max. supported number of ISA serial ports is 4.");
    error_free(err);
    isa_board_down();
}

/* settings of isa-serial that fail, with a chardev "a" that a debugcon uses. */
static const struct {
    const char *class_name, *settings, *error;
} refused[] = {
    { "isa-serial", "chardev=nope", "Property 'chardev' can't find value 'nope'" },
    { "isa-serial", "chardev=a", "Property 'chardev' can't take value 'a': Device 'a' is in use" },
    { "isa-serial", "irq=16", "irq 16 is not between 0 and 15" },
    { "isa-serial", "iobase=0xffff", "iobase 0xffff is not between 0 and 0xfff8" },
    { "isa-serial", "iobase=0xe5", "I/O ports 0xe5 to 0xec of isa-serial overlap those of isa-debugcon" },
    { "isa-serial", "baudbase=0", "baudbase must not be 0" },
    { "isa-debugcon", "", "Can't create debugcon device, empty char device" },
    { "isa-debugcon", "chardev=b,iobase=0x10000", "iobase 0x10000 is not a port" },
    { "isa-debug-exit", "iosize=0", "iosize 0 does not fit at port 0x501" },
    { "isa-debug-exit", "iobase=0xfffe,iosize=4", "iosize 4 does not fit at port 0xfffe" },
};

static void test_bad_settings(void)
{
    isa_board_up();
    chardev("null,id=a");
    chardev("null,id=b");
    isa_board_add("isa-debugcon", "chardev=a");
    for (unsigned i = 0; i < G_N_ELEMENTS(refused); i++) {
        Error *err = NULL;
        g_autoptr(KeyVals) kv = keyval_parse(refused[i].settings, NULL, &err);
        g_assert_null(object_create(class_find(refused[i].class_name), NULL, kv, &err));
        g_assert_cmpstr(error_message(err), ==, refused[i].error);
        error_free(err);
    }
    isa_board_down();
}

static void test_debugcon(void)
{
    Error *err = NULL;

    isa_board_up();
    chardev("ringbuf,id=r,size=16");
    isa_board_add("isa-debugcon", "chardev=r,iobase=0x402");
    g_assert_cmphex(inb(0x402), ==, 0xe9);
    for (const char *at = "hello, firmware"; *at; at++) {
        outb(0x402, (uint8_t)*at);
    }
    g_autoptr(GBytes) bytes = chardev_ringbuf_read(chardev_find("r"), 100, &err);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "hello, firmware", 15);
    isa_board_down();
}

static void test_debug_exit(void)
{
    isa_board_up();
    isa_board_add("isa-debug-exit", "iosize=4");
    g_assert_cmphex(inb(0x501), ==, 0);
    space_write(&io_space, 0x501, 0x15, 4);
    g_assert_cmpint(main_loop_run(), ==, 0x15 << 1 | 1);
    isa_board_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/serial/reset", test_after_reset);
    g_test_add_func("/serial/registers", test_registers_keep_their_bits);
    g_test_add_func("/serial/transmit", test_transmit);
    g_test_add_func("/serial/receive/no-fifo", test_receive_without_fifo);
    g_test_add_func("/serial/receive/trigger", test_trigger_levels);
    g_test_add_func("/serial/receive/timeout", test_character_timeout);
    g_test_add_func("/serial/receive/long", test_long_input_loses_nothing);
    g_test_add_func("/serial/loopback", test_loopback);
    g_test_add_func("/serial/overrun", test_fifo_overrun_keeps_the_fifo);
    g_test_add_func("/serial/priorities", test_interrupt_priorities);
    g_test_add_func("/serial/back-pressure", test_back_pressure);
    g_test_add_func("/serial/stuck-reader", test_a_stuck_reader_does_not_stop_the_guest);
    g_test_add_func("/serial/isa/ports", test_ports_of_com1_to_com4);
    g_test_add_func("/serial/isa/errors", test_bad_settings);
    g_test_add_func("/debugcon", test_debugcon);
    g_test_add_func("/debug-exit", test_debug_exit);
    return g_test_run();
}
