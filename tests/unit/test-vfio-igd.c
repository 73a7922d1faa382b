/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel graphics: ids, codes of stolen memory, registers with addresses, OpRegion, bridges, legacy mode. */
#include <errno.h>
#include <string.h>

#include "core/dispatch.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/vfio/igd.h"
#include "tests/unit/vfio-machine.h"

#define MIB (UINT64_C(1) << 20)

/* ---- tables ---- */

static void test_platforms(void)
{
    static const struct {
        uint16_t id;
        int generation;
        uint16_t bdsm;
        const char *name;
    } golden[] = {
        { 0x0102, 6, IGD_BDSM_32, "Sandy Bridge" }, { 0x0166, 7, IGD_BDSM_32, "Ivy Bridge" },
        { 0x0412, 7, IGD_BDSM_32, "Haswell" }, { 0x0a16, 7, IGD_BDSM_32, "Haswell" },
        { 0x0a84, 9, IGD_BDSM_32, "Broxton" },          /* not Haswell */
        { 0x0f31, 7, IGD_BDSM_32, "Bay Trail" }, { 0x1616, 8, IGD_BDSM_32, "Broadwell" },
        { 0x22b1, 8, IGD_BDSM_32, "Cherryview" }, { 0x1912, 9, IGD_BDSM_32, "Skylake" },
        { 0x1916, 9, IGD_BDSM_32, "Skylake" }, { 0x5a85, 9, IGD_BDSM_32, "Apollo Lake" },
        { 0x3185, 9, IGD_BDSM_32, "Gemini Lake" }, { 0x5912, 9, IGD_BDSM_32, "Kaby Lake" },
        { 0x87c0, 9, IGD_BDSM_32, "Amber Lake" },       /* no family mask has it */
        { 0x3e9b, 9, IGD_BDSM_32, "Coffee Lake" }, { 0x3ea0, 9, IGD_BDSM_32, "Whiskey Lake" },
        { 0x9bc5, 9, IGD_BDSM_32, "Comet Lake" }, { 0x8a52, 11, IGD_BDSM_64, "Ice Lake" },
        { 0x4571, 11, IGD_BDSM_64, "Elkhart Lake" }, { 0x4e61, 11, IGD_BDSM_64, "Jasper Lake" },
        { 0x9a49, 12, IGD_BDSM_64, "Tiger Lake" }, { 0x4c8a, 12, IGD_BDSM_64, "Rocket Lake" },
        { 0x4680, 12, IGD_BDSM_64, "Alder Lake-S" }, { 0x46a6, 12, IGD_BDSM_64, "Alder Lake-P" },
        { 0x46d1, 12, IGD_BDSM_64, "Alder Lake-N" }, { 0xa780, 12, IGD_BDSM_64, "Raptor Lake-S" },
        { 0xa7a0, 12, IGD_BDSM_64, "Raptor Lake-P" }, { 0x7d55, 0, 0, "Meteor Lake" },
        { 0x64a0, 0, 0, "Lunar Lake" }, { 0xb080, 0, 0, "Panther Lake" },
        { 0x19ff, 9, IGD_BDSM_32, "Skylake family" }, { 0xa7ff, 12, IGD_BDSM_64, "Raptor Lake family" },
        { 0x56a0, 0, 0, "unknown" },                    /* a discrete Arc */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(golden); i++) {
        const IgdPlatform *platform = igd_platform(golden[i].id);
        g_assert_cmpstr(platform->name, ==, golden[i].name);
        g_assert_cmpint(platform->generation, ==, golden[i].generation);
        g_assert_cmphex(platform->bdsm, ==, golden[i].bdsm);
    }
}

static void test_stolen_sizes(void)
{
    static const struct {
        uint16_t id, gms;
        uint64_t mib;
    } golden[] = {
        { 0x0102, 0x02, 64 }, { 0x0102, 0x10, 512 }, { 0x0102, 0x11, 0 }, { 0x0412, 0x01, 32 },
        { 0x1616, 0x02, 64 }, { 0x1616, 0x40, 2048 }, { 0x1616, 0xf0, 0 },
        { 0x1912, 0xf0, 4 }, { 0x1912, 0xf1, 8 }, { 0x1912, 0xfe, 60 }, { 0x1912, 0xff, 0 }, { 0x1912, 0x01, 32 },
        { 0x1912, 0x40, 2048 }, { 0x1912, 0x41, 0 }, { 0x9a49, 0x02, 64 }, { 0x9a49, 0x00, 0 },
        { 0x22b0, 0x02, 64 }, { 0x22b0, 0x10, 512 }, { 0x22b0, 0x11, 8 }, { 0x22b0, 0x16, 28 }, { 0x22b0, 0x17, 36 },
        { 0x22b0, 0x1d, 60 }, { 0x22b0, 0x1e, 0 }, { 0x7d55, 0x02, 0 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(golden); i++) {
        const IgdPlatform *platform = igd_platform(golden[i].id);
        uint16_t ggc = platform->gms ? (uint16_t)(golden[i].gms << platform->gms->shift) : golden[i].gms;
        uint16_t made;
        g_assert_cmpuint(igd_stolen_size(platform, ggc), ==, golden[i].mib * MIB);
        bool valid = golden[i].mib > 0 || (platform->gms && golden[i].gms == 0);
        g_assert_cmpint(igd_ggc_with_gms(platform, 0, golden[i].gms, &made), ==, valid);
        if (valid) {
            g_assert_cmphex(made, ==, ggc);
        }
    }
}

/* ---- a synthetic IGD ---- */

enum { OPREGION_SIZE = 0x2000, OPREGION = VFIO_PCI_NUM_REGIONS, HOST_ADDRESS = 0x7c000001, HOST_ASLS = 0x30000000 };

#define INTEL_REGION ((UINT32_C(1) << 31) | 0x8086)

static uint8_t config[PCI_CONFIG_SIZE], opregion[OPREGION_SIZE], lpc[PCI_CONFIG_SIZE], host[PCI_CONFIG_SIZE];

static const FakeSpec whole = {
    .flags = VFIO_DEVICE_FLAGS_RESET,
    .region_count = OPREGION + 3,
    .regions = {
        [0] = { .size = 0x1000000 },
        [VFIO_PCI_ROM_REGION_INDEX] = { .size = 0x10000 },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE },
        [VFIO_PCI_VGA_REGION_INDEX] = { .size = 0xc0000 },
        [OPREGION] = { .size = OPREGION_SIZE, .type = INTEL_REGION,
                       .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION, .data = opregion,
                       .data_size = OPREGION_SIZE },
        [OPREGION + 1] = { .size = PCI_CONFIG_SIZE, .type = INTEL_REGION,
                           .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG, .data = host,
                           .data_size = PCI_CONFIG_SIZE },
        [OPREGION + 2] = { .size = PCI_CONFIG_SIZE, .type = INTEL_REGION,
                           .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG, .data = lpc,
                           .data_size = PCI_CONFIG_SIZE },
    },
};

static FakeSpec spec;

static void describe(uint16_t device, uint32_t class_code)
{
    spec = whole;
    test_config_init(config, 0x8086, device, class_code);
    pci_set_u16(config + IGD_GGC, 0xf1c1);
    if (igd_platform(device)->bdsm) {
        pci_set_u32(config + igd_platform(device)->bdsm, HOST_ADDRESS);
    }
    pci_set_u32(config + IGD_ASLS, HOST_ASLS);
    memset(opregion, 0, sizeof(opregion));
    memcpy(opregion, "IntelGraphicsMem", 16);
    pci_set_u32(opregion + 0x10, OPREGION_SIZE / 1024);
    pci_set_u16(opregion + 0x16, 0x0201);
    test_config_init(lpc, 0x8086, 0x9d48, 0x060100);
    lpc[PCI_REVISION_ID] = 0x21;
    pci_set_u32(lpc + PCI_SUBSYSTEM_VENDOR_ID, 0x223817aa);
    test_config_init(host, 0x8086, 0x1904, 0x060000);
    host[PCI_REVISION_ID] = 0x08;
    pci_set_u32(host + PCI_SUBSYSTEM_VENDOR_ID, 0x223817aa);
}

/* fw_cfg and the host bridge of the machine. */
typedef struct Board {
    Object *fw, *bridge;
} Board;

static const PciOps host_bridge_ops = { .vendor = 0x8086, .device = 0x1237, .class_code = 0x060000 };

CLASS(test_host_bridge) = {
    .name = "test-host-bridge",
    .parent = &pci_device_class,
    .size = sizeof(PciDevice),
    .ops = &host_bridge_ops,
};

static Board board;

static void machine_up(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("addr=00.0", NULL, &err);

    board.fw = object_create(class_find("fw_cfg"), NULL, NULL, &err);
    board.bridge = object_create(&test_host_bridge, NULL, kv, &err);
    g_assert(board.fw && board.bridge);
}

static void machine_down(void)
{
    object_free(board.bridge);
    object_free(board.fw);
}

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
    Error *err;
} Fixture;

static Fixture assign(const char *addr, const char *settings)
{
    Fixture f = { 0 };

    machine_up();
    f.fake = fake_device_new(&spec);
    f.dev = test_assign(f.fake, addr, settings, &f.err);
    return f;
}

static void release(Fixture *f)
{
    error_free(f->err);
    test_release(f->dev, f->fake);
    machine_down();
}

static size_t file_size(const char *name)
{
    GBytes *data = fw_cfg_file(fw_cfg_find(), name);

    return data ? g_bytes_get_size(data) : 0;
}

static uint64_t stolen_file(void)
{
    uint64_t size;
    GBytes *data = fw_cfg_file(fw_cfg_find(), "etc/igd-bdsm-size");

    g_assert(data && g_bytes_get_size(data) == 8);
    memcpy(&size, g_bytes_get_data(data, NULL), 8);
    return GUINT64_FROM_LE(size);
}

/* No dword of the guest's configuration space is one of the host's addresses. */
static void check_no_host_address(VfioPci *dev)
{
    for (unsigned at = 0; at < PCI_CONFIG_SIZE; at++) {
        uint32_t value = test_config_read(dev, at, 4);
        g_assert_cmphex(value, !=, HOST_ADDRESS);
        g_assert_cmphex(value, !=, HOST_ASLS);
    }
}

/* ---- registers ---- */

static const struct {
    const char *addr, *settings;
} anywhere[] = {
    { "02.0", NULL }, { "05.0", "x-igd-place=firmware" }, { "02.0", "x-igd-legacy-mode=off" },
    { "02.0", "x-igd-opregion=off" },
    { "02.0", "rombar=0" },
};

static void test_registers(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(anywhere); i++) {
        uint32_t kept;
        describe(0x1916, 0x030000);
        Fixture f = assign(anywhere[i].addr, anywhere[i].settings);
        g_assert(f.dev);
        check_no_host_address(f.dev);
        g_assert_cmphex(test_config_read(f.dev, IGD_GGC, 2), ==, 0xf1c1);
        test_config_write(f.dev, IGD_BDSM_32, 0x1e700000, 4);
        test_config_write(f.dev, IGD_ASLS, 0x1fffe000, 4);
        g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_32, 4), ==, 0x1e700000);
        g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, 0x1fffe000);
        fake_peek(f.fake, VFIO_PCI_CONFIG_REGION_INDEX, IGD_ASLS, &kept, 4);
        g_assert_cmphex(GUINT32_FROM_LE(kept), ==, HOST_ASLS);
        object_reset(&f.dev->pci.obj);
        g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_32, 4), ==, 0);
        g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, 0);
        release(&f);
    }
}

static void test_mirror(void)
{
    uint32_t value = HOST_ADDRESS;

    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", "x-igd-gms=2");
    fake_poke(f.fake, 0, 0x1080c0, &value, 4);
    fake_poke(f.fake, 0, 0x1080c4, &value, 4);
    test_config_write(f.dev, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
    test_config_write(f.dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    test_config_write(f.dev, IGD_BDSM_32, 0x1e700000, 4);
    g_assert_cmphex(space_read(&memory_space, 0xe01080c0, 4), ==, 0x1e700000);
    g_assert_cmphex(space_read(&memory_space, 0xe01080c4, 4), ==, HOST_ADDRESS);    /* four bytes, no more */
    g_assert_cmphex(space_read(&memory_space, 0xe0108040, 2), ==, 0x02c1);
    g_assert_cmphex(test_config_read(f.dev, IGD_GGC, 2), ==, 0x02c1);
    g_assert_cmpuint(stolen_file(), ==, 64 * MIB);
    release(&f);
}

static void test_wide_bdsm(void)
{
    describe(0x9a49, 0x030000);
    Fixture f = assign("02.0", "x-igd-place=firmware");
    g_assert_cmphex(test_config_read(f.dev, IGD_BDSM_64, 4), ==, 0);
    test_config_write(f.dev, IGD_BDSM_64, 0x7c000000, 4);
    test_config_write(f.dev, IGD_BDSM_64 + 4, 1, 4);
    test_config_write(f.dev, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
    test_config_write(f.dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, 0xe01080c0, 8), ==, UINT64_C(0x17c000000));
    g_assert_false(f.dev->igd->legacy);     /* generation 12 */
    g_assert_cmpuint(stolen_file(), ==, 8 * MIB);
    release(&f);
}

static void test_bad_gms(void)
{
    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", "x-igd-gms=0x41");
    g_assert_null(f.dev);
    g_assert_nonnull(strstr(error_message(f.err), "Unsupported IGD GMS value 0x41"));
    release(&f);
}

/* ---- what firmware is told ---- */

static void test_files(void)
{
    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, OPREGION_SIZE);
    g_assert_cmpuint(stolen_file(), ==, 8 * MIB);
    release(&f);
    f = assign("02.0", "x-igd-opregion=off");
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, 0);
    release(&f);
    spec.mediated = true;
    f = assign("05.0", NULL);
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, 0);
    g_assert_cmpuint(file_size("etc/igd-bdsm-size"), ==, 0);
    g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, HOST_ASLS);   /* kvmgt's own: must reach it */
    release(&f);
    f = assign("05.0", "x-igd-opregion=on");
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, OPREGION_SIZE);
    release(&f);
}

static void test_second_igd(void)
{
    Error *err = NULL;

    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    FakeDevice *fake = fake_device_new(&spec);
    VfioPci *second = test_assign(fake, "05.0", NULL, &err);
    g_assert(second);       /* the firmware serves one: the machine the other */
    g_assert_cmphex(test_config_read(second, IGD_BDSM_32, 4), ==, TEST_RESERVED);
    test_release(second, fake);
    fake = fake_device_new(&spec);
    g_assert_null(test_assign(fake, "05.0", "x-igd-opregion=on,x-igd-place=firmware", &err));
    g_assert_nonnull(strstr(error_message(err), "duplicate fw_cfg file name: etc/igd-opregion"));
    error_free(err);
    fake_device_free(fake);
    release(&f);
}

static void test_opregion_check(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        bool ok;
    } cases[] = {
        { 0x100, 1, true }, { 0, 'X', false }, { 15, 0, false }, { 0x10, 0, false }, { 0x10, 9, false },
        { 0x17, 0, false }, { 0x17, 9, false }, { 0x17, 1, true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *err = NULL;
        describe(0x1916, 0x030000);
        opregion[cases[i].at] = cases[i].value;
        g_assert_cmpint(igd_opregion_check(opregion, sizeof(opregion), &err), ==, cases[i].ok);
        error_free(err);
    }
    Error *err = NULL;
    g_assert_false(igd_opregion_check(opregion, 0x10, &err));
    error_free(err);
}

/* ---- legacy mode ---- */

static void test_legacy(void)
{
    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    PciDevice *bridge = pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0)), *root = (PciDevice *)board.bridge;
    g_assert_true(f.dev->igd->legacy);
    g_assert_true(f.dev->vga_wanted);
    g_assert_nonnull(bridge);
    g_assert_cmphex(pci_get_u32(bridge->config), ==, 0x9d488086);
    g_assert_cmphex(pci_get_u32(bridge->config + PCI_CLASS_REVISION), ==, 0x06010021);
    g_assert_cmphex(pci_get_u32(bridge->config + PCI_SUBSYSTEM_VENDOR_ID), ==, 0x223817aa);
    g_assert_cmphex(pci_get_u32(root->config), ==, 0x12378086);     /* firmware knows the machine by it */
    g_assert_cmphex(root->config[PCI_REVISION_ID], ==, 8);
    g_assert_cmphex(pci_get_u32(root->config + PCI_SUBSYSTEM_VENDOR_ID), ==, 0x223817aa);
    object_reset(&bridge->obj);
    g_assert_cmphex(pci_get_u32(bridge->config), ==, 0x9d488086);
    release(&f);
    g_assert_null(pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0)));
}

static void test_vga_ranges(void)
{
    uint8_t byte = 0x5a;

    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    fake_poke(f.fake, VFIO_PCI_VGA_REGION_INDEX, 0xa1234, &byte, 1);
    fake_poke(f.fake, VFIO_PCI_VGA_REGION_INDEX, 0x3cc, &byte, 1);
    g_assert_cmphex(space_read(&memory_space, 0xa1234, 1), ==, 0xff);
    g_assert_cmphex(space_read(&io_space, 0x3cc, 1), ==, 0xff);
    test_config_write(f.dev, PCI_COMMAND, PCI_COMMAND_IO, 2);
    g_assert_cmphex(space_read(&memory_space, 0xa1234, 1), ==, 0xff);
    g_assert_cmphex(space_read(&io_space, 0x3cc, 1), ==, 0x5a);
    test_config_write(f.dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    g_assert_cmphex(space_read(&memory_space, 0xa1234, 1), ==, 0x5a);
    g_assert_cmphex(space_read(&io_space, 0x3cc, 1), ==, 0xff);
    space_write(&memory_space, 0xb8000, 0x41, 1);
    fake_peek(f.fake, VFIO_PCI_VGA_REGION_INDEX, 0xb8000, &byte, 1);
    g_assert_cmphex(byte, ==, 0x41);
    release(&f);
}

/* Everything that is missing is in one error, with its remedy. */
static void test_strict(void)
{
    describe(0x9a49, 0x038000);
    spec.regions[VFIO_PCI_ROM_REGION_INDEX].size = 0;
    spec.regions[VFIO_PCI_VGA_REGION_INDEX].size = 0;
    spec.region_count = OPREGION + 1;
    Fixture f = assign("05.0", "x-igd-legacy-mode=on");
    g_assert_null(f.dev);
    static const char *const words[] = { "00:02.0", "class 0300", "generation is not", "video BIOS", "VGA ranges",
                                         "ids of its bridges" };
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        g_assert_nonnull(strstr(error_message(f.err), words[i]));
    }
    g_assert_nonnull(strstr(error_advice(f.err), "romfile="));
    g_assert_null(strstr(error_message(f.err), "i440FX"));
    release(&f);
}

/* A missing item takes nothing else away. */
static void test_degraded(void)
{
    describe(0x1916, 0x030000);
    spec.regions[VFIO_PCI_VGA_REGION_INDEX].size = 0;
    Fixture f = assign("02.0", NULL);
    g_assert_true(f.dev->igd->legacy);
    g_assert_false(f.dev->vga_wanted);
    g_assert_nonnull(pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0)));
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, OPREGION_SIZE);
    release(&f);

    describe(0x1916, 0x030000);
    opregion[0] = 'X';
    f = assign("02.0", NULL);
    g_assert_true(f.dev->igd->legacy);
    g_assert_cmpuint(file_size("etc/igd-opregion"), ==, 0);
    g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, 0);
    g_assert_cmpuint(stolen_file(), ==, 8 * MIB);
    release(&f);
}

static void test_refused_nature(void)
{
    describe(0x1916, 0x030000);
    pci_set_u16(config + IGD_GGC, 0xf1c1 | IGD_GGC_IVD);
    Fixture f = assign("02.0", NULL);
    g_assert_false(f.dev->igd->legacy);
    g_assert_false(f.dev->vga_wanted);
    check_no_host_address(f.dev);
    release(&f);
}

static void test_slot_taken(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("addr=1f.0", NULL, &err);
    PciDevice *other = (PciDevice *)object_create(&test_host_bridge, NULL, kv, &err);

    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    g_assert_true(f.dev->igd->legacy);
    g_assert_cmphex(pci_get_u32(other->config), ==, 0x12378086);
    release(&f);
    f = assign("02.0", "x-igd-lpc=on");
    g_assert_null(f.dev);
    g_assert_nonnull(strstr(error_message(f.err), "Cannot create LPC bridge due to existing device at 1f.0"));
    release(&f);
    object_free(&other->obj);
}

/* As at the end of a run: what was made last goes first. */
static void test_bridge_goes_first(void)
{
    describe(0x1916, 0x030000);
    Fixture f = assign("02.0", NULL);
    object_free(&pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0))->obj);
    release(&f);
    g_assert_null(pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0)));
}

static void test_own_bridge(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) wrong = keyval_parse("addr=1e.0", NULL, &err);
    g_autoptr(KeyVals) right = keyval_parse("addr=1f.0,multifunction=on", NULL, &err);

    g_assert_null(object_create(&vfio_igd_lpc_bridge_class, NULL, wrong, &err));
    g_assert_cmpstr(error_message(err), ==, "VFIO dummy ISA/LPC bridge must have address 1f.0");
    error_clear(&err);
    PciDevice *bridge = (PciDevice *)object_create(&vfio_igd_lpc_bridge_class, NULL, right, &err);
    g_assert(bridge);
    describe(0x9a49, 0x030000);
    Fixture f = assign("05.0", "x-igd-lpc=on");
    g_assert_cmphex(pci_get_u32(bridge->config), ==, 0x9d488086);
    release(&f);
    g_assert(pci_bus_device(test_bus, PCI_DEVFN_OF(0x1f, 0)) == bridge);
    object_free(&bridge->obj);
}

static void test_not_integrated(void)
{
    describe(0x56a0, 0x030000);
    spec.region_count = VFIO_PCI_NUM_REGIONS;
    Fixture f = assign("02.0", NULL);
    g_assert_cmphex(test_config_read(f.dev, IGD_ASLS, 4), ==, HOST_ASLS);   /* a register of its own */
    g_assert_cmpuint(file_size("etc/igd-bdsm-size"), ==, 0);
    release(&f);
    f = assign("02.0", "x-igd-opregion=off");
    g_assert(f.dev);
    release(&f);
    f = assign("02.0", "x-igd-opregion=on");
    g_assert_null(f.dev);
    release(&f);
}

/* Known by its id alone (an old kernel offers no OpRegion): its addresses are hidden all the same. */
static void test_known_without_opregion(void)
{
    static const uint16_t ids[] = { 0x1916, 0x9a49, 0x7d55 };

    for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
        describe(ids[i], 0x038000);
        spec.region_count = VFIO_PCI_NUM_REGIONS;
        Fixture f = assign("02.0", NULL);
        check_no_host_address(f.dev);
        g_assert_cmpuint(file_size("etc/igd-opregion"), ==, 0);
        release(&f);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*fn)(void);
    } tests[] = {
        { "platforms", test_platforms }, { "stolen-sizes", test_stolen_sizes }, { "registers", test_registers },
        { "mirror", test_mirror }, { "wide-bdsm", test_wide_bdsm }, { "bad-gms", test_bad_gms },
        { "files", test_files }, { "second-igd", test_second_igd }, { "opregion-check", test_opregion_check },
        { "legacy", test_legacy }, { "vga-ranges", test_vga_ranges }, { "strict", test_strict },
        { "degraded", test_degraded }, { "refused-nature", test_refused_nature }, { "slot-taken", test_slot_taken },
        { "bridge-goes-first", test_bridge_goes_first }, { "own-bridge", test_own_bridge }, { "known-without-opregion", test_known_without_opregion }, { "not-integrated", test_not_integrated },
    };

    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/vfio/igd/%s", tests[i].path);
        g_test_add_func(path, tests[i].fn);
    }
    return g_test_run();
}
