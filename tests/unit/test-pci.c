/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI bus: configuration accesses, BARs, capabilities, interrupts, places. */
#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/pci-board.h"

/* ---- a device with one BAR of each sort ---- */

typedef struct Toy {
    PciDevice pci;
    Region memory, ports, wide;
    uint32_t last_write;
    unsigned moves;
    char accesses[256];         /* "r ADDR LEN" and "w ADDR LEN", in config_log */
} Toy;

static uint64_t toy_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0x1000 + offset;
}

static void toy_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((Toy *)opaque)->last_write = (uint32_t)value;
}

static const RegionOps toy_ops = { .read = toy_read, .write = toy_write, .max_size = 4 };

static bool toy_realize(Object *obj, Error **errp)
{
    Toy *toy = (Toy *)obj;

    region_init_io(&toy->memory, "toy memory", 0x1000, &toy_ops, toy);
    region_init_io(&toy->ports, "toy ports", 0x20, &toy_ops, toy);
    region_init_io(&toy->wide, "toy wide", 0x60000, &toy_ops, toy);     /* not a power of two */
    pci_bar_add(&toy->pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &toy->memory);
    pci_bar_add(&toy->pci, 1, PCI_BASE_ADDRESS_SPACE_IO, &toy->ports);
    pci_bar_add(&toy->pci, 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, &toy->wide);
    toy->pci.config[PCI_INTERRUPT_PIN] = 1;
    return true;
}

static void toy_unrealize(Object *obj)
{
    Toy *toy = (Toy *)obj;

    region_finish(&toy->memory);
    region_finish(&toy->ports);
    region_finish(&toy->wide);
}

static void toy_moved(PciDevice *dev, int n)
{
    ((Toy *)dev)->moves++;
}

static void note(Toy *toy, char kind, unsigned addr, unsigned len)
{
    size_t used = strlen(toy->accesses);

    g_snprintf(toy->accesses + used, sizeof(toy->accesses) - used, "%c%x.%u ", kind, addr, len);
}

static uint32_t toy_config_read(PciDevice *dev, unsigned addr, unsigned len)
{
    note((Toy *)dev, 'r', addr, len);
    return pci_config_read_default(dev, addr, len);
}

static void toy_config_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    note((Toy *)dev, 'w', addr, len);
    pci_config_write_default(dev, addr, value, len);
}

CLASS(toy_class) = {
    .name = "toy",
    .parent = &pci_device_class,
    .desc = "Device of a test",
    .size = sizeof(Toy),
    .ops = &(const PciOps){
        .vendor = 0x1234,
        .device = 0x5678,
        .class_code = 0x030000,
        .revision = 9,
        .config_read = toy_config_read,
        .config_write = toy_config_write,
        .bar_moved = toy_moved,
    },
    .realize = toy_realize,
    .unrealize = toy_unrealize,
};

static Toy *toy_create(const char *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(settings, NULL, errp);
    g_autofree char *id = keyval_take(kv, "id");

    return (Toy *)object_create(&toy_class, id, kv, errp);
}

static Toy *toy_at(const char *settings)
{
    Error *err = NULL;
    Toy *toy = toy_create(settings, &err);

    if (err) {
        g_test_message("%s: %s", settings, error_message(err));
    }
    g_assert_nonnull(toy);
    return toy;
}

/* ---- configuration accesses ---- */

static void test_the_ports_answer_as_drivers_know_them(void)
{
    static const struct {
        char kind;              /* i: read and compare, o: write */
        uint16_t port;
        uint8_t size;
        uint32_t value;
    } rows[] = {
        { 'i', 0xcf8, 2, 0 }, { 'i', 0xcf8, 4, 0 }, { 'i', 0xcfc, 4, 0xffffffff },
        { 'o', 0xcf8, 4, 0x80000000 }, { 'i', 0xcfc, 4, 0x12378086 }, { 'i', 0xcfe, 2, 0x1237 },
        { 'o', 0xcf8, 4, 0x80000002 }, { 'i', 0xcfc, 2, 0x1237 }, { 'i', 0xcfc, 1, 0x37 },
        { 'i', 0xcfd, 1, 0x12 }, { 'i', 0xcfc, 4, 0x00001237 }, { 'i', 0xcf8, 4, 0x80000002 },
        { 'o', 0xcf8, 2, 0x1111 }, { 'o', 0xcf8, 1, 0x22 }, { 'o', 0xcfa, 2, 0x3333 }, { 'i', 0xcf8, 4, 0x80000002 },
        { 'o', 0xcf8, 4, 0x80001234 }, { 'i', 0xcf8, 4, 0x80001234 }, { 'i', 0xcf8, 2, 0x1234 },
        { 'i', 0xcf8, 1, 0x34 }, { 'i', 0xcf9, 1, 0 }, { 'i', 0xcfa, 1, 0x34 }, { 'i', 0xcfb, 1, 0x34 },
        { 'o', 0xcf8, 4, 0x00000000 }, { 'i', 0xcfc, 4, 0xffffffff }, { 'i', 0xcfc, 1, 0xff },
        { 'o', 0xcf8, 4, 0x80010000 }, { 'i', 0xcfc, 4, 0xffffffff },       /* no bus 1 */
        { 'o', 0xcf8, 4, 0x80002800 }, { 'i', 0xcfc, 2, 0xffff },           /* nobody in slot 5 */
        { 'o', 0xcfc, 4, 0x12345678 }, { 'i', 0xcf8, 4, 0x80002800 },
    };

    board_up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].kind == 'o') {
            out(rows[i].port, rows[i].value, rows[i].size);
        } else {
            g_test_message("row %u", i);
            g_assert_cmphex(in(rows[i].port, rows[i].size), ==, rows[i].value);
        }
    }
    board_down();
}

static void test_an_access_that_leaves_its_dword_is_divided(void)
{
    static const struct {
        unsigned addr, len;
        const char *cycles;
    } rows[] = {
        { 0x40, 4, "r40.4 w40.4 " }, { 0x41, 1, "r41.1 w41.1 " }, { 0x42, 2, "r42.2 w42.2 " },
        { 0x41, 2, "r41.2 w41.2 " }, { 0x43, 2, "r43.1 r44.1 w43.1 w44.1 " },
        { 0x42, 4, "r42.2 r44.2 w42.2 w44.2 " }, { 0x41, 4, "r41.1 r42.2 r44.1 w41.1 w42.2 w44.1 " },
        { 0x43, 4, "r43.1 r44.2 r46.1 w43.1 w44.2 w46.1 " },
    };
    board_up();
    Toy *toy = toy_at("addr=3");
    PciBus *bus = toy->pci.bus;

    memset(toy->pci.wmask + 0x40, 0xff, 8);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint32_t mask = UINT32_MAX >> (32 - 8 * rows[i].len);
        toy->accesses[0] = '\0';
        pci_bus_config_read(bus, 0, 0x18, rows[i].addr, rows[i].len);
        pci_bus_config_write(bus, 0, 0x18, rows[i].addr, 0xa1b2c3d4, rows[i].len);
        g_assert_cmpstr(toy->accesses, ==, rows[i].cycles);
        g_assert_cmphex(pci_bus_config_read(bus, 0, 0x18, rows[i].addr, rows[i].len), ==, 0xa1b2c3d4 & mask);
        toy->accesses[0] = '\0';
    }
    g_assert_cmphex(pci_bus_config_read(bus, 0, 0x18, 0xfe, 4), ==, 0xffff0000);    /* nothing behind the end */
    pci_bus_config_write(bus, 0, 0x18, 0xfe, 0, 4);
    board_down();
}

static void test_the_guest_changes_writable_bits_only(void)
{
    board_up();
    Toy *toy = toy_at("addr=3");

    config_out(0x18, PCI_VENDOR_ID, 0xffffffff, 4);
    g_assert_cmphex(config_in(0x18, PCI_VENDOR_ID, 4), ==, 0x56781234);
    g_assert_cmphex(config_in(0x18, PCI_CLASS_REVISION, 4), ==, 0x03000009);
    g_assert_cmphex(config_in(0x18, PCI_SUBSYSTEM_VENDOR_ID, 4), ==, 0x11001af4);
    config_out(0x18, PCI_COMMAND, 0xffff, 2);
    g_assert_cmphex(config_in(0x18, PCI_COMMAND, 2), ==, 0x0507);
    config_out(0x18, PCI_INTERRUPT_LINE, 0xffff, 2);
    g_assert_cmphex(config_in(0x18, PCI_INTERRUPT_LINE, 2), ==, 0x01ff);
    pci_set_u16(toy->pci.config + PCI_STATUS, 0xf900);      /* errors happened */
    config_out(0x18, PCI_STATUS, 0x8000, 2);
    g_assert_cmphex(config_in(0x18, PCI_STATUS, 2), ==, 0x7900);
    config_out(0x18, PCI_STATUS, 0x0000, 2);
    g_assert_cmphex(config_in(0x18, PCI_STATUS, 2), ==, 0x7900);
    board_down();
}

/* ---- BARs ---- */

static void test_sizing_finds_the_powers_of_two(void)
{
    static const struct {
        unsigned reg;
        uint32_t before, ones;
    } rows[] = {
        { 0x10, 0x00000000, 0xfffff000 }, { 0x14, 0x00000001, 0xffffffe1 },
        { 0x18, 0x0000000c, 0xfff8000c }, { 0x1c, 0, 0xffffffff }, { 0x20, 0, 0 }, { 0x24, 0, 0 }, { 0x30, 0, 0 },
    };
    board_up();
    toy_at("addr=3");

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmphex(config_in(0x18, rows[i].reg, 4), ==, rows[i].before);
        config_out(0x18, rows[i].reg, 0xffffffff, 4);
        g_assert_cmphex(config_in(0x18, rows[i].reg, 4), ==, rows[i].ones);
        config_out(0x18, rows[i].reg, 0, 4);
        g_assert_cmphex(config_in(0x18, rows[i].reg, 4), ==, rows[i].before);
    }
    board_down();
}

static void test_bars_appear_while_decoding_is_enabled(void)
{
    board_up();
    Toy *toy = toy_at("addr=3");

    config_out(0x18, 0x10, 0xfeb00000, 4);
    config_out(0x18, 0x14, 0xc000, 4);
    g_assert_cmphex(space_read(&memory_space, 0xfeb00010, 4), ==, UINT32_MAX);
    config_out(0x18, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, 0xfeb00010, 4), ==, 0x1010);
    g_assert_cmphex(toy->pci.bars[0].addr, ==, 0xfeb00000);
    g_assert_cmphex(in(0xc004, 4), ==, UINT32_MAX);
    config_out(0x18, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
    g_assert_cmphex(in(0xc004, 4), ==, 0x1004);
    g_assert_cmpuint(toy->moves, ==, 2);

    config_out(0x18, 0x10, 0xfea00000, 4);                  /* moves while it is decoded */
    g_assert_cmphex(space_read(&memory_space, 0xfeb00010, 4), ==, UINT32_MAX);
    g_assert_cmphex(space_read(&memory_space, 0xfea00010, 4), ==, 0x1010);
    config_out(0x18, 0x10, 0xffffffff, 4);                  /* being sized: nowhere */
    g_assert_cmphex(toy->pci.bars[0].addr, ==, PCI_BAR_UNMAPPED);
    config_out(0x18, 0x10, 0xfea00000, 4);
    config_out(0x18, PCI_COMMAND, 0, 2);
    g_assert_cmphex(space_read(&memory_space, 0xfea00010, 4), ==, UINT32_MAX);
    g_assert_cmphex(in(0xc004, 4), ==, UINT32_MAX);
    board_down();
}

static void test_a_64_bit_bar_goes_above_4_gib(void)
{
    board_up();
    Toy *toy = toy_at("addr=3");

    config_out(0x18, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    config_out(0x18, 0x18, 0xffffffff, 4);
    config_out(0x18, 0x1c, 0xffffffff, 4);
    g_assert_cmphex(toy->pci.bars[2].addr, ==, PCI_BAR_UNMAPPED);
    config_out(0x18, 0x18, 0x80000, 4);
    config_out(0x18, 0x1c, 0x80, 4);
    g_assert_cmphex(toy->pci.bars[2].addr, ==, 0x8000080000);
    g_assert_cmphex(space_read(&memory_space, 0x80000dfffc, 4), ==, 0x1000 + 0x5fffc);
    g_assert_cmphex(space_read(&memory_space, 0x80000e0000, 4), ==, UINT32_MAX);    /* window, but no region */
    config_out(0x18, 0x1c, 0, 4);
    config_out(0x18, 0x18, 0, 4);
    g_assert_cmphex(toy->pci.bars[2].addr, ==, PCI_BAR_UNMAPPED);                   /* 0 is not a place */
    board_down();
}

static void test_ports_above_64k_do_not_exist(void)
{
    board_up();
    Toy *toy = toy_at("addr=3");

    config_out(0x18, PCI_COMMAND, PCI_COMMAND_IO, 2);
    config_out(0x18, 0x14, 0x1c000, 4);
    g_assert_cmphex(toy->pci.bars[1].addr, ==, PCI_BAR_UNMAPPED);
    config_out(0x18, 0x14, 0xffc0, 4);
    g_assert_cmphex(toy->pci.bars[1].addr, ==, 0xffc0);
    board_down();
}

/* Every 32-bit pattern in every BAR, with any command: nothing breaks, and RAM and firmware stay. */
static void test_random_writes_break_nothing(void)
{
    board_up();
    toy_at("addr=3");
    board.ram[0x1234] = 0x5a;

    for (unsigned i = 0; i < 20000; i++) {
        unsigned reg = (unsigned)g_test_rand_int_range(1, 16) * 4;
        config_out(0x18, reg, (uint32_t)g_test_rand_int(), 4);
        g_assert_cmphex(space_read(&memory_space, 0x1234, 1), ==, 0x5a);
        g_assert_cmphex(config_in(0x18, 0, 4), ==, 0x56781234);
    }
    board_down();
}

static void test_reset_puts_bars_and_command_back(void)
{
    board_up();
    Toy *toy = toy_at("addr=3");

    config_out(0x18, 0x10, 0xfeb00000, 4);
    config_out(0x18, 0x18, 0xffffffff, 4);
    config_out(0x18, 0x1c, 0xffffffff, 4);
    config_out(0x18, PCI_COMMAND, 0x507, 2);
    config_out(0x18, PCI_INTERRUPT_LINE, 11, 1);
    config_out(0x18, PCI_CACHE_LINE_SIZE, 16, 1);
    pci_irq_set(&toy->pci, 1);
    object_reset_all();
    g_assert_cmphex(config_in(0x18, 0x10, 4), ==, 0);
    g_assert_cmphex(config_in(0x18, 0x14, 4), ==, 1);
    g_assert_cmphex(config_in(0x18, 0x18, 4), ==, 0xc);
    g_assert_cmphex(config_in(0x18, 0x1c, 4), ==, 0);
    g_assert_cmphex(config_in(0x18, PCI_COMMAND, 4), ==, 0);
    g_assert_cmphex(config_in(0x18, PCI_INTERRUPT_LINE, 2), ==, 0x100);
    g_assert_cmphex(config_in(0x18, PCI_CACHE_LINE_SIZE, 1), ==, 0);
    g_assert_cmphex(toy->pci.bars[0].addr, ==, PCI_BAR_UNMAPPED);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    board_down();
}

/* ---- the expansion ROM ---- */

static void test_a_romfile_lies_behind_the_rom_bar(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test-pci-XXXXXX", NULL);
    static const char image[3000] = "\x55\xaa\x06 and the rest";
    int fd = g_mkstemp(path);
    g_autofree char *settings = g_strdup_printf("addr=3,romfile=%s", path);

    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, image, sizeof(image), NULL));
    board_up();
    toy_at(settings);
    config_out(0x18, PCI_ROM_ADDRESS, 0xffffffff, 4);
    g_assert_cmphex(config_in(0x18, PCI_ROM_ADDRESS, 4), ==, 0xfffff001);
    config_out(0x18, PCI_ROM_ADDRESS, 0xfeb00000, 4);
    config_out(0x18, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, 0xfeb00000, 2), ==, 0xffff);
    config_out(0x18, PCI_ROM_ADDRESS, 0xfeb00001, 4);
    g_assert_cmphex(space_read(&memory_space, 0xfeb00000, 2), ==, 0xaa55);
    space_write(&memory_space, 0xfeb00000, 0, 2);
    g_assert_cmphex(space_read(&memory_space, 0xfeb00000, 2), ==, 0xaa55);
    board_down();
    g_unlink(path);
}

/* ---- capabilities ---- */

static void test_capabilities_form_a_list(void)
{
    Error *err = NULL;

    board_up();
    Toy *toy = toy_at("addr=3");
    g_assert_cmphex(pci_capability_find(&toy->pci, PCI_CAP_ID_PM), ==, 0);
    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_PM, 0x50, 8, &err), ==, 0x50);
    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_MSI, 0, 14, &err), ==, 0x40);
    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_MSIX, 0, 12, &err), ==, 0x58);
    g_assert_cmphex(config_in(0x18, PCI_CAPABILITY_LIST, 1), ==, 0x50);
    g_assert_cmphex(config_in(0x18, 0x50, 2), ==, 0x4001);
    g_assert_cmphex(config_in(0x18, 0x40, 2), ==, 0x5805);
    g_assert_cmphex(config_in(0x18, 0x58, 2), ==, 0x0011);
    g_assert_cmphex(config_in(0x18, PCI_STATUS, 2), ==, PCI_STATUS_CAP_LIST);
    g_assert_cmphex(pci_capability_find(&toy->pci, PCI_CAP_ID_MSIX), ==, 0x58);

    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_EXP, 0x54, 0x3c, &err), ==, -1);
    error_clear(&err);
    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_EXP, 0xf0, 0x3c, &err), ==, -1);
    error_clear(&err);
    g_assert_cmpint(pci_capability_add(&toy->pci, PCI_CAP_ID_EXP, 0, 0xc0, &err), ==, -1);
    error_clear(&err);
    toy->pci.config[0x59] = 0x50;       /* a circle ends */
    g_assert_cmphex(pci_capability_find(&toy->pci, PCI_CAP_ID_EXP), ==, 0);
    board_down();
}

/* ---- interrupts ---- */

static unsigned routing_changes;

static void on_routing_changed(Notifier *notifier, void *data)
{
    routing_changes++;
}

static void test_pins_are_ored_and_routed(void)
{
    Notifier notifier = { .notify = on_routing_changed };

    board_up();
    Toy *a = toy_at("addr=3"), *b = toy_at("addr=7");       /* both reach PIRQC */
    config_out(0x08, 0x60, 0x0b0b0a0a, 4);
    g_assert_cmpint(pci_irq_gsi(&a->pci), ==, 11);
    pci_irq_set(&a->pci, 1);
    pci_irq_set(&a->pci, 1);
    pci_irq_set(&b->pci, 1);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 11);
    g_assert_cmpuint(board_gsi_changes, ==, 1);
    pci_irq_set(&a->pci, 0);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 11);
    g_assert_cmphex(config_in(0x38, PCI_STATUS, 2), ==, PCI_STATUS_INTERRUPT);
    config_out(0x38, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    g_assert_cmphex(config_in(0x38, PCI_STATUS, 2), ==, PCI_STATUS_INTERRUPT);
    config_out(0x38, PCI_COMMAND, 0, 2);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 11);

    notifier_add(&a->pci.bus->intx_routing_changed, &notifier);
    routing_changes = 0;
    config_out(0x08, 0x62, 0x05, 1);                        /* the line follows its route */
    g_assert_cmphex(board_gsi_levels, ==, 1 << 5);
    g_assert_cmpint(pci_irq_gsi(&b->pci), ==, 5);
    config_out(0x08, 0x62, 0x85, 1);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    g_assert_cmpint(pci_irq_gsi(&b->pci), ==, -1);
    config_out(0x08, 0x62, 0x05, 1);
    g_assert_cmpuint(routing_changes, ==, 3);
    notifier_del(&a->pci.bus->intx_routing_changed, &notifier);
    object_free(&b->pci.obj);                               /* a device that goes takes its level along */
    g_assert_cmphex(board_gsi_levels, ==, 0);
    board_down();
}

/* ---- places ---- */

static void check_refused(const char *settings, const char *message)
{
    Error *err = NULL;

    g_assert_null(toy_create(settings, &err));
    g_assert_cmpstr(error_message(err), ==, message);
    error_free(err);
}

static void test_places_are_checked(void)
{
    board_up();
    check_refused("addr=0", "PCI: slot 0 function 0 not available for toy, in use by i440FX,id=(none)");
    check_refused("addr=20", "Property 'addr': '20' is not a PCI slot (SLOT[.FUNCTION], hexadecimal, 0 to 1f and 0 to 7)");
    check_refused("addr=3,bus=pcie.0", "Bus 'pcie.0' not found");
    check_refused("addr=1.3", "PCI: slot 1 function 3 not available for toy, in use by PIIX4_PM,id=(none)");
    toy_at("addr=2,id=VGA,bus=pci.0");
    check_refused("addr=2.0,id=b", "PCI: slot 2 function 0 not available for toy, in use by toy,id=VGA");
    check_refused("addr=2.1", "PCI: single function device can't be populated in function 2.1");
    toy_at("addr=4.1");
    check_refused("addr=4", "PCI: 4.0 indicates single function, but 4.1 is already populated.");
    toy_at("addr=4,multifunction=on");
    toy_at("addr=4.2");
    g_assert_cmphex(config_in(0x20, PCI_HEADER_TYPE, 1), ==, 0x80);
    g_assert_cmphex(config_in(0x18, 0, 2), ==, 0xffff);
    board_down();
}

static void test_free_slots_are_taken_in_order(void)
{
    Error *err = NULL;

    board_up();
    toy_at("addr=3");
    g_assert_cmphex((unsigned)toy_at("rombar=0")->pci.devfn, ==, 0x10);
    Toy *fourth = toy_at("rombar=1");
    g_assert_cmphex((unsigned)fourth->pci.devfn, ==, 0x20);
    g_assert_cmpstr(pci_device_name(&fourth->pci), ==, "00:04.0");
    for (int slot = 5; slot < 32; slot++) {
        toy_at("rombar=1");
    }
    g_assert_null(toy_create("rombar=1", &err));
    g_assert_cmpstr(error_message(err), ==, "PCI: no slot/function available for toy, all in use or reserved");
    error_free(err);
    object_free(&fourth->pci.obj);
    g_assert_cmphex((unsigned)toy_at("rombar=1")->pci.devfn, ==, 0x20);
    board_down();
}

static void test_a_romfile_that_is_not_there(void)
{
    Error *err = NULL;

    board_up();
    g_assert_null(toy_create("addr=3,romfile=/nowhere/x.rom", &err));
    g_assert_nonnull(strstr(error_message(err), "failed to find romfile \"/nowhere/x.rom\""));
    g_assert_nonnull(strstr(error_message(err), "No such file or directory"));
    g_assert_null(pci_bus_device(i440fx_bus(board.i440fx), 0x18));
    error_free(err);
    toy_at("addr=3,romfile=");          /* empty: no ROM */
    board_down();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(void);
    } tests[] = {
        { "the ports answer as drivers know them", test_the_ports_answer_as_drivers_know_them },
        { "an access that leaves its dword is divided", test_an_access_that_leaves_its_dword_is_divided },
        { "the guest changes writable bits only", test_the_guest_changes_writable_bits_only },
        { "sizing finds the powers of two", test_sizing_finds_the_powers_of_two },
        { "BARs appear while decoding is enabled", test_bars_appear_while_decoding_is_enabled },
        { "a 64-bit BAR goes above 4 GiB", test_a_64_bit_bar_goes_above_4_gib },
        { "ports above 64K do not exist", test_ports_above_64k_do_not_exist },
        { "random writes break nothing", test_random_writes_break_nothing },
        { "reset puts BARs and command back", test_reset_puts_bars_and_command_back },
        { "a romfile lies behind the ROM BAR", test_a_romfile_lies_behind_the_rom_bar },
        { "capabilities form a list", test_capabilities_form_a_list },
        { "pins are ORed and routed", test_pins_are_ored_and_routed },
        { "places are checked", test_places_are_checked },
        { "free slots are taken in order", test_free_slots_are_taken_in_order },
        { "a romfile that is not there", test_a_romfile_that_is_not_there },
    };

    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/pci/%s", tests[i].name);
        g_test_add_func(path, tests[i].test);
    }
    return g_test_run();
}
