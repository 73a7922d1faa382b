/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fw_cfg: items through the ports, the file directory, DMA and its errors, the user's files. */
#include "hw/nvram/fw-cfg.h"
#include "hw/nvram/fw-cfg-user.h"
#include "tests/unit/isa-board.h"

enum {
    DESCRIPTOR = 0x1000, BUFFER = 0x2000,
    ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16,
};

static FwCfg *fw;

static void setup(void)
{
    isa_board_up();
    isa_board_add("fw_cfg", "");
    fw = fw_cfg_find();
    g_assert_nonnull(fw);
}

static void teardown(void)
{
    isa_board_down();
    g_assert_null(fw_cfg_find());
}

static void add(const char *name, const void *data, size_t len)
{
    Error *err = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(data, len);

    g_assert_true(fw_cfg_add_file(fw, name, bytes, &err));
}

/* ---- ports ---- */

static void read_item(uint16_t key, void *to, size_t len)
{
    space_write(&io_space, 0x510, key, 2);
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)to)[i] = inb(0x511);
    }
}

static void test_ports(void)
{
    uint8_t got[8];

    setup();
    read_item(FW_CFG_SIGNATURE, got, 8);
    g_assert_cmpmem(got, 8, "QEMU\0\0\0", 8);       /* zeroes behind the end */
    read_item(FW_CFG_ID, got, 5);
    g_assert_cmpmem(got, 5, "\3\0\0\0", 5);
    fw_cfg_set_u16(fw, FW_CFG_NB_CPUS, 0x1234);
    fw_cfg_set_u64(fw, FW_CFG_RAM_SIZE, 0x1122334455667788);
    read_item(FW_CFG_NB_CPUS, got, 3);
    g_assert_cmpmem(got, 3, "\x34\x12\0", 3);
    read_item(FW_CFG_RAM_SIZE, got, 8);
    g_assert_cmpmem(got, 8, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
    fw_cfg_set_u32(fw, FW_CFG_NB_CPUS, 7);          /* the last setting counts */
    read_item(FW_CFG_NB_CPUS, got, 5);
    g_assert_cmpmem(got, 5, "\7\0\0\0\0", 5);
    fw_cfg_set_u32(fw, FW_CFG_IRQ0_OVERRIDE, 1);    /* keys of the architecture are another set */
    read_item(FW_CFG_IRQ0_OVERRIDE, got, 1);
    g_assert_cmpint(got[0], ==, 1);
    read_item(FW_CFG_UUID, got, 1);
    g_assert_cmpint(got[0], ==, 0);
    g_assert_cmphex(space_read(&io_space, 0x510, 2), ==, 0);
    g_assert_cmphex(space_read(&io_space, 0x514, 4), ==, 0x554d4551);
    g_assert_cmphex(space_read(&io_space, 0x518, 4), ==, 0x47464320);
    g_assert_cmphex(inb(0x51b), ==, 'G');
    teardown();
}

static void test_keys_that_do_not_exist(void)
{
    uint8_t got[2];

    setup();
    for (unsigned key = 0; key <= 0xffff; key += 13) {
        read_item((uint16_t)key, got, sizeof(got));
    }
    outb(0x511, 0x55);      /* items cannot be written */
    teardown();
}

static void test_reset_selects_the_signature(void)
{
    setup();
    space_write(&io_space, 0x510, FW_CFG_ID, 2);
    inb(0x511);
    object_reset_all();
    g_assert_cmphex(inb(0x511), ==, 'Q');
    teardown();
}

/* ---- files ---- */

typedef struct Entry {
    uint32_t size;
    uint16_t key, reserved;
    char name[56];
} Entry;

static void assert_entry(const Entry *entry, const char *name, uint32_t size, uint16_t key)
{
    g_assert_cmpstr(entry->name, ==, name);
    g_assert_cmpuint(GUINT32_FROM_BE(entry->size), ==, size);
    g_assert_cmphex(GUINT16_FROM_BE(entry->key), ==, key);
    g_assert_cmphex(entry->reserved, ==, 0);
}

static void test_directory_is_sorted_and_keys_stay(void)
{
    struct { uint32_t count; Entry entries[3]; } directory;
    uint8_t got[4];
    Error *err = NULL;
    g_autoptr(GBytes) longer = g_bytes_new("abcdefgh", 8);

    setup();
    read_item(FW_CFG_FILE_DIR, &directory.count, 4);
    g_assert_cmpuint(directory.count, ==, 0);
    add("etc/b", "bb", 2);
    add("opt/c", "ccc", 3);
    add("etc/a", "a", 1);
    g_assert_true(fw_cfg_set_file(fw, "opt/c", longer, &err));
    read_item(FW_CFG_FILE_DIR, &directory, sizeof(directory));
    g_assert_cmpuint(GUINT32_FROM_BE(directory.count), ==, 3);
    assert_entry(&directory.entries[0], "etc/a", 1, 0x22);
    assert_entry(&directory.entries[1], "etc/b", 2, 0x20);
    assert_entry(&directory.entries[2], "opt/c", 8, 0x21);
    read_item(0x20, got, 3);
    g_assert_cmpmem(got, 3, "bb", 3);
    g_assert_true(fw_cfg_file(fw, "opt/c") == longer);
    g_assert_null(fw_cfg_file(fw, "opt/d"));
    teardown();
}

static void test_file_names(void)
{
    char name[58];
    Error *err = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new("x", 1);

    setup();
    memset(name, 'n', sizeof(name));
    name[56] = 0;
    g_assert_false(fw_cfg_add_file(fw, name, bytes, &err));
    g_assert_nonnull(strstr(error_message(err), "too long (max. 55 char)"));
    error_clear(&err);
    name[55] = 0;
    g_assert_true(fw_cfg_add_file(fw, name, bytes, &err));
    g_assert_false(fw_cfg_add_file(fw, name, bytes, &err));
    g_assert_true(g_str_has_prefix(error_message(err), "duplicate fw_cfg file name: nnn"));
    error_clear(&err);
    for (int i = 0; i < 255; i++) {
        g_snprintf(name, sizeof(name), "f%d", i);
        g_assert_true(fw_cfg_add_file(fw, name, bytes, &err));
    }
    g_assert_false(fw_cfg_add_file(fw, "one more", bytes, &err));
    g_assert_cmpstr(error_message(err), ==, "no room for fw_cfg file one more: there are 256 already");
    error_free(err);
    teardown();
}

/* ---- DMA ---- */

static void put_descriptor(uint32_t control, uint32_t length, uint64_t address)
{
    uint32_t words[] = { GUINT32_TO_BE(control), GUINT32_TO_BE(length) };
    uint64_t be = GUINT64_TO_BE(address);

    memcpy(isa_board.ram + DESCRIPTOR, words, 8);
    memcpy(isa_board.ram + DESCRIPTOR + 8, &be, 8);
}

/* The control word afterwards. */
static uint32_t dma(uint32_t control, uint32_t length, uint64_t address)
{
    uint32_t word;

    put_descriptor(control, length, address);
    space_write(&io_space, 0x514, 0, 4);
    space_write(&io_space, 0x518, GUINT32_TO_BE(DESCRIPTOR), 4);
    memcpy(&word, isa_board.ram + DESCRIPTOR, 4);
    return GUINT32_FROM_BE(word);
}

static void test_dma_read_skip_select(void)
{
    const uint8_t *buffer;

    setup();
    buffer = isa_board.ram + BUFFER;
    add("etc/x", "0123456789", 10);
    memset(isa_board.ram + BUFFER, 0xee, 32);
    g_assert_cmphex(dma(0x20 << 16 | SELECT | READ, 4, BUFFER), ==, 0);
    g_assert_cmpmem(buffer, 5, "0123\xee", 5);
    g_assert_cmphex(dma(SKIP, 3, 0), ==, 0);
    g_assert_cmphex(dma(READ, 6, BUFFER), ==, 0);           /* zeroes behind the end */
    g_assert_cmpmem(buffer, 7, "789\0\0\0\xee", 7);
    g_assert_cmphex(dma(READ, 1, BUFFER), ==, 0);
    g_assert_cmpmem(buffer, 1, "\0", 1);
    g_assert_cmphex(dma(0x20 << 16 | SELECT, 0, 0), ==, 0);
    g_assert_cmphex(dma(SKIP, UINT32_MAX, 0), ==, 0);
    g_assert_cmpint(inb(0x511), ==, 0);
    g_assert_cmphex(dma(0x20 << 16 | SELECT | SKIP, 9, 0), ==, 0);
    g_assert_cmpint(inb(0x511), ==, '9');                   /* ports and DMA share the position */
    g_assert_cmphex(dma(0x3fff << 16 | SELECT | READ, 2, BUFFER + 8), ==, 0);
    g_assert_cmpmem(buffer + 8, 3, "\0\0\xee", 3);          /* no such item: zeroes */
    g_assert_cmphex(dma(READ, 0, UINT64_MAX), ==, 0);
    teardown();
}

/* control, length, address: all must end with the error bit and leave RAM alone elsewhere. */
static const struct {
    uint32_t control, length;
    uint64_t address;
} bad[] = {
    { 0x20 << 16 | SELECT | WRITE, 4, BUFFER },             /* read-only */
    { WRITE, 0, BUFFER },
    { 0x20 << 16 | SELECT | READ, 4, ISA_BOARD_RAM },       /* nobody there */
    { READ, UINT32_MAX, ISA_BOARD_RAM - 16 },               /* out of RAM on the way */
    { READ, 8, UINT64_MAX - 3 },                            /* wraps */
    { READ, UINT32_MAX, UINT64_MAX - 1 },
    { READ, 0x100000, 0xfed00000 },                         /* a device's registers */
};

static void test_dma_errors(void)
{
    setup();
    add("etc/x", "0123456789", 10);
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        memset(isa_board.ram + BUFFER, 0xee, 64);
        g_assert_cmphex(dma(bad[i].control, bad[i].length, bad[i].address), ==, ERROR);
        g_assert_cmphex(isa_board.ram[BUFFER], ==, 0xee);
    }
    g_assert_cmphex(dma(0x20 << 16 | SELECT | READ, 4, BUFFER), ==, 0);
    g_assert_cmpmem(isa_board.ram + BUFFER, 4, "0123", 4);  /* and it goes on working */
    teardown();
}

static unsigned writes;

static void on_write(void *opaque)
{
    writes++;
}

/* Contents and answers as the published interface has them: all of a write or an error and nothing of it. */
static void test_dma_write(void)
{
    static uint8_t data[8];
    static const struct {
        uint32_t control, length;
        uint64_t address;
        uint32_t answer;
        const char *after;
    } rows[] = {
        { 0x21 << 16 | SELECT | WRITE, 4, BUFFER, 0, "abcd...." },
        { WRITE, 4, BUFFER + 4, 0, "abcdefgh" },
        { WRITE, 1, BUFFER, ERROR, "abcdefgh" },                        /* behind the end */
        { 0x21 << 16 | SELECT | WRITE, 9, BUFFER, ERROR, "abcdefgh" },
        { 0x21 << 16 | SELECT | SKIP, 6, 0, 0, "abcdefgh" },
        { WRITE, 2, BUFFER, 0, "abcdefab" },
        { 0x21 << 16 | SELECT | WRITE | SKIP, 1, BUFFER + 7, 0, "hbcdefab" },   /* a write goes before a skip */
        { 0x21 << 16 | SELECT | WRITE | READ, 2, BUFFER + 16, 0, "hbcdefab" },  /* and a read before both */
        { 0x4021 << 16 | SELECT | WRITE, 1, BUFFER, 0, "abcdefab" },
        { 0x21 << 16 | SELECT | WRITE, 0, BUFFER, 0, "abcdefab" },
        { 0x21 << 16 | SELECT | WRITE, 4, ISA_BOARD_RAM - 2, ERROR, "abcdefab" },
        { 0x21 << 16 | SELECT | WRITE, 4, UINT64_MAX - 1, ERROR, "abcdefab" },
        { 0x20 << 16 | SELECT | WRITE, 1, BUFFER, ERROR, "abcdefab" },          /* read-only */
        { (uint32_t)0x8021 << 16 | SELECT | WRITE, 1, BUFFER, ERROR, "abcdefab" },
        { FW_CFG_ID << 16 | SELECT | WRITE, 1, BUFFER, ERROR, "abcdefab" },
        { 0x22 << 16 | SELECT | WRITE, 1, BUFFER, ERROR, "abcdefab" },
    };
    FwCfgWritable file = { .data = data, .len = sizeof(data), .written = on_write };
    Error *err = NULL;

    setup();
    add("etc/x", "0123456789", 10);
    memset(data, '.', sizeof(data));
    writes = 0;
    g_assert_true(fw_cfg_add_writable(fw, "etc/y", &file, &err));
    memcpy(isa_board.ram + BUFFER, "abcdefgh", 8);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%u", i);
        g_assert_cmphex(dma(rows[i].control, rows[i].length, rows[i].address), ==, rows[i].answer);
        g_assert_cmpmem(data, 8, rows[i].after, 8);
    }
    g_assert_cmpuint(writes, ==, 6);
    g_assert_cmpmem(isa_board.ram + BUFFER + 16, 2, "hb", 2);
    g_assert_false(fw_cfg_add_writable(fw, "etc/y", &file, &err));
    error_free(err);
    teardown();
}

/* RAM at both ends of the address space does not make it a ring. */
static void test_dma_does_not_wrap(void)
{
    Region top;

    setup();
    add("etc/x", "0123456789", 10);
    region_init_alias(&top, "top", &isa_board.ram_region, 0x3000, 0x1000);
    region_add(&isa_board.memory, &top, UINT64_MAX - 0xfff, 0);
    g_assert_cmphex(dma(0x20 << 16 | SELECT | READ, 4, UINT64_MAX - 3), ==, 0);
    g_assert_cmpmem(isa_board.ram + 0x3ffc, 4, "0123", 4);
    g_assert_cmphex(dma(0x20 << 16 | SELECT | READ, 8, UINT64_MAX - 3), ==, ERROR);
    g_assert_cmphex(isa_board.ram[0], ==, 0);
    region_finish(&top);
    teardown();
}

static void test_dma_onto_its_own_descriptor(void)
{
    setup();
    add("etc/x", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    g_assert_cmphex(dma(0x20 << 16 | SELECT | READ, 16, DESCRIPTOR), ==, 0);
    g_assert_cmphex(isa_board.ram[DESCRIPTOR + 4], ==, 0xff);
    teardown();
}

static void test_dma_registers(void)
{
    setup();
    add("etc/x", "0123456789", 10);
    put_descriptor(0x20 << 16 | SELECT | READ, 1, BUFFER);
    space_write(&io_space, 0x514, 0x12345678, 4);           /* upper half of an address without memory */
    space_write(&io_space, 0x518, GUINT32_TO_BE(DESCRIPTOR), 4);
    g_assert_cmphex(isa_board.ram[BUFFER], ==, 0);
    space_write(&io_space, 0x518, GUINT32_TO_BE(DESCRIPTOR), 4);    /* it was good for one transfer */
    g_assert_cmphex(isa_board.ram[BUFFER], ==, '0');
    isa_board.ram[BUFFER] = 0;
    outb(0x518, 0x10);                                      /* too narrow: nothing happens */
    space_write(&io_space, 0x51a, 0x1000, 2);
    g_assert_cmphex(isa_board.ram[BUFFER], ==, 0);
    teardown();
}

static void test_dma_is_not_re_entered(void)
{
    uint32_t control = GUINT32_TO_BE(0x20 << 16 | SELECT | READ), length = GUINT32_TO_BE(4);
    uint64_t address = GUINT64_TO_BE((uint64_t)DESCRIPTOR);
    Region window;

    setup();        /* the DMA register also as memory, and a descriptor that lies in it */
    add("etc/x", "0123", 4);
    region_init_alias(&window, "window", io_space.root, 0x514, 8);
    region_add(&isa_board.memory, &window, 0xfed00000, 0);
    memcpy(isa_board.ram + DESCRIPTOR, &control, 4);
    memcpy(isa_board.ram + DESCRIPTOR + 4, &length, 4);
    memcpy(isa_board.ram + DESCRIPTOR + 8, &address, 8);
    space_write(&io_space, 0x514, 0, 4);
    space_write(&io_space, 0x518, GUINT32_TO_BE(0xfed00000), 4);
    region_finish(&window);
    teardown();
}

static void test_random_descriptors(void)
{
    setup();
    add("etc/x", "0123456789", 10);
    for (int i = 0; i < 2000; i++) {
        dma((uint32_t)g_test_rand_int(), (uint32_t)g_test_rand_int() >> g_test_rand_int_range(0, 32),
            (uint64_t)g_test_rand_int_range(0x2000, ISA_BOARD_RAM) << g_test_rand_int_range(0, 45));
    }
    teardown();
}

/* ---- -fw_cfg ---- */

static const struct {
    const char *text, *error;
} options[] = {
    { "name=opt/a,string=hello", NULL },
    { "opt/b,string=x,,y", NULL },
    { "name=opt/a,string=b", "duplicate fw_cfg file name: opt/a" },
    { "name=opt/c", "name, plus exactly one of file, string and gen_id, are needed" },
    { "string=a", "name, plus exactly one of file, string and gen_id, are needed" },
    { "name=opt/c,string=a,file=b", "name, plus exactly one of file, string and gen_id, are needed" },
    { "name=opt/c,file=/nonexistent", "Could not open '/nonexistent': No such file or directory" },
    { "name=opt/c,gen_id=foo", "Cannot find object ID 'foo'" },
    { "name=opt/c,string=a,bogus=1", "Invalid parameter 'bogus'" },
};

static void test_user_files(void)
{
    setup();
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        Error *err = NULL;
        g_assert_cmpint(fw_cfg_add_user(options[i].text, &err), ==, !options[i].error);
        g_assert_cmpstr(err ? error_message(err) : NULL, ==, options[i].error);
        error_free(err);
    }
    GBytes *hello = fw_cfg_file(fw, "opt/a"), *comma = fw_cfg_file(fw, "opt/b");
    g_assert_cmpmem(g_bytes_get_data(hello, NULL), g_bytes_get_size(hello), "hello", 5);
    g_assert_cmpmem(g_bytes_get_data(comma, NULL), g_bytes_get_size(comma), "x,y", 3);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fw-cfg/ports", test_ports);
    g_test_add_func("/fw-cfg/no-such-key", test_keys_that_do_not_exist);
    g_test_add_func("/fw-cfg/reset", test_reset_selects_the_signature);
    g_test_add_func("/fw-cfg/files/directory", test_directory_is_sorted_and_keys_stay);
    g_test_add_func("/fw-cfg/files/names", test_file_names);
    g_test_add_func("/fw-cfg/dma/read-skip-select", test_dma_read_skip_select);
    g_test_add_func("/fw-cfg/dma/errors", test_dma_errors);
    g_test_add_func("/fw-cfg/dma/write", test_dma_write);
    g_test_add_func("/fw-cfg/dma/wrap", test_dma_does_not_wrap);
    g_test_add_func("/fw-cfg/dma/own-descriptor", test_dma_onto_its_own_descriptor);
    g_test_add_func("/fw-cfg/dma/registers", test_dma_registers);
    g_test_add_func("/fw-cfg/dma/re-entry", test_dma_is_not_re_entered);
    g_test_add_func("/fw-cfg/dma/random", test_random_descriptors);
    g_test_add_func("/fw-cfg/user", test_user_files);
    return g_test_run();
}
