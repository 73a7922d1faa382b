/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A synthetic Intel GPU; see vfio-igd-board.h. */
#include "tests/unit/vfio-igd-board.h"

#include "core/dispatch.h"

enum { BAR0_SIZE = 16 << 20 };

const IgdModel models[MODELS] = {
    { 0x0102, 0x0210, 6, 2 }, { 0x0412, 0x0210, 7, 2 }, { 0x22b0, 0x0310, 8, 8 }, { 0x1616, 0x02c0, 8, 8 },
    { 0x1916, 0x02c0, 9, 8 }, { 0x5a40, 0x02c0, 10, 8 }, { 0x8a52, 0x02c0, 11, 8 }, { 0x9a49, 0x02c0, 12, 8 },
};

uint8_t board_config[PCI_CONFIG_SIZE];
FakeSpec board_spec;

void describe(unsigned model, uint32_t class_code)
{
    board_spec = (FakeSpec){
        .flags = VFIO_DEVICE_FLAGS_RESET,
        .regions = {
            [0] = { .size = BAR0_SIZE, .flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
                                                VFIO_REGION_INFO_FLAG_MMAP },
            [4] = { .size = 64 },
            [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = board_config,
                                               .data_size = PCI_CONFIG_SIZE },
        },
    };
    test_config_init(board_config, 0x8086, models[model].id, class_code);
    board_config[PCI_BASE_ADDRESS_4] = PCI_BASE_ADDRESS_SPACE_IO;
    pci_set_u16(board_config + IGD_GGC, models[model].ggc);
    pci_set_u32(board_config + igd_platform(models[model].id)->bdsm, HOST_BASE | 1);
    if (models[model].generation == 12) {
        pci_set_u32(board_config + 0xf0, HOST_BASE - (8 << 20) + 1);
    }
}

void poke(Fixture *f, uint64_t at, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    fake_poke(f->fake, 0, at, &value, 4);
}

uint32_t peek(Fixture *f, unsigned region, uint64_t at)
{
    uint32_t value;

    fake_peek(f->fake, region, at, &value, 4);
    return GUINT32_FROM_LE(value);
}

uint64_t bar_read(uint64_t at, unsigned size)
{
    return space_read(&memory_space, BAR0 + at, size);
}

void bar_write(uint64_t at, uint64_t value, unsigned size)
{
    space_write(&memory_space, BAR0 + at, value, size);
}

void decode(Fixture *f)
{
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, BAR0, 4);
    test_config_write(f->dev, PCI_BASE_ADDRESS_4, BAR4, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
}

Fixture board_new(void)
{
    Fixture f = { 0 };

    f.fw = object_create(class_find("fw_cfg"), NULL, NULL, &f.err);
    f.fake = fake_device_new(&board_spec);
    return f;
}

void board_assign(Fixture *f, const char *settings)
{
    /* BDSM is 0 until the test sets it */
    g_autofree char *all = g_strdup_printf("x-igd-place=firmware%s%s", settings ? "," : "", settings ? settings : "");

    f->dev = test_assign(f->fake, "05.0", all, &f->err);
}

Fixture assign(const char *settings)
{
    Fixture f = board_new();

    board_assign(&f, settings);
    return f;
}

Fixture up(unsigned model, const char *settings)
{
    describe(model, 0x030000);
    Fixture f = assign(settings);
    g_assert_nonnull(f.dev);
    decode(&f);
    return f;
}

void release(Fixture *f)
{
    error_free(f->err);
    test_release(f->dev, f->fake);
    object_free(f->fw);
}

void poke_host_values(Fixture *f, unsigned model)
{
    poke(f, BGSM, (HOST_BASE - (models[model].gtt_mib << 20)) | 1);
    poke(f, RESERVED, (HOST_BASE + (62u << 20)) | 0x81);
    poke(f, BDSM_MIRROR, HOST_BASE | 1);
}

void set_base(Fixture *f, unsigned model, uint64_t base)
{
    unsigned at = igd_platform(models[model].id)->bdsm;

    test_config_write(f->dev, at, (uint32_t)base, 4);
    if (at == IGD_BDSM_64) {
        test_config_write(f->dev, at + 4, (uint32_t)(base >> 32), 4);
    }
}

uint32_t written(Fixture *f, uint32_t index, uint32_t value)
{
    uint32_t none = 0xdeadbeef;

    fake_poke(f->fake, 4, 4, &none, 4);
    space_write(&io_space, INDEX, index, 4);
    space_write(&io_space, DATA, value, 4);
    return peek(f, 4, 4);
}

