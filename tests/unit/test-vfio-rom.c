/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expansion ROM: the fix of an image's device id, reading it late, romfile=, rombar=0, one that cannot be read. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/dispatch.h"
#include "tests/unit/vfio-machine.h"

enum { ROM_SIZE = 4096, IMAGE_SIZE = 1024, PCIR = 0x40, ROM_ADDR = 0xe8000000 };

static uint8_t config[PCI_CONFIG_SIZE], image[ROM_SIZE];

static const FakeSpec spec = {
    .regions = {
        [VFIO_PCI_ROM_REGION_INDEX] = { .size = ROM_SIZE, .flags = VFIO_REGION_INFO_FLAG_READ,
                                        .data = image, .data_size = ROM_SIZE },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE },
    },
};

static uint8_t sum(const uint8_t *data, size_t len)
{
    uint8_t total = 0;

    for (size_t i = 0; i < len; i++) {
        total = (uint8_t)(total + data[i]);
    }
    return total;
}

static void make_image(uint16_t vendor, uint16_t device)
{
    memset(image, 0x11, sizeof(image));
    image[0] = 0x55;
    image[1] = 0xaa;
    image[2] = IMAGE_SIZE / 512;
    pci_set_u16(image + 0x18, PCIR);
    memcpy(image + PCIR, "PCIR", 4);
    pci_set_u16(image + PCIR + 4, vendor);
    pci_set_u16(image + PCIR + 6, device);
    image[PCIR + 12] = 0;
    pci_set_u16(image + PCIR + 16, IMAGE_SIZE / 512);
    image[PCIR + 20] = 0;
    image[PCIR + 21] = 0x80;
    image[6] = 0;
    image[6] = (uint8_t)-sum(image, IMAGE_SIZE);
}

/* ---- the image ---- */

static void test_fix(void)
{
    make_image(0x8086, 0x0406);
    g_assert_cmphex(vfio_rom_fix(image, sizeof(image), 0x8086, 0x0416), ==, 0x0406);
    g_assert_cmphex(pci_get_u16(image + PCIR + 6), ==, 0x0416);
    g_assert_cmpuint(sum(image, IMAGE_SIZE), ==, 0);
    /* right already */
    g_assert_cmphex(vfio_rom_fix(image, sizeof(image), 0x8086, 0x0416), ==, 0x0416);
}

static void test_fix_leaves(void)
{
    uint8_t before[ROM_SIZE];
    static const struct {
        unsigned at;
        uint8_t value;
    } damages[] = { { 0, 0 }, { 1, 0 }, { PCIR, 'X' }, { PCIR + 4, 0x87 }, { 0x19, 0xff } };

    for (unsigned i = 0; i < G_N_ELEMENTS(damages); i++) {
        make_image(0x8086, 0x0406);
        image[damages[i].at] = damages[i].value;
        memcpy(before, image, sizeof(before));
        vfio_rom_fix(image, sizeof(image), 0x8086, 0x0416);
        g_assert_cmpmem(before, sizeof(before), image, sizeof(image));
    }
}

/* The lengths in an image are the guest's or a file's: none leads outside. */
static void test_fix_any_size(void)
{
    GRand *rand = g_rand_new_with_seed(2);

    for (size_t size = 0; size < 256; size++) {
        g_autofree uint8_t *data = g_malloc(MAX(size, 1));
        make_image(0x8086, 0x0406);
        image[0x18] = (uint8_t)g_rand_int(rand);
        image[2] = 0xff;
        memcpy(data, image, size);
        vfio_rom_fix(data, size, 0x8086, 0x0416);
    }
    g_rand_free(rand);
}

/* ---- the device ---- */

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
} Fixture;

static uint32_t ids = 0x12348086;

static void assign(Fixture *f, const char *settings)
{
    Error *err = NULL;

    test_config_init(config, (uint16_t)ids, (uint16_t)(ids >> 16), 0x020000);
    make_image(0x8086, 0x4321);
    f->fake = fake_device_new(&spec);
    f->dev = test_assign(f->fake, "05.0", settings, &err);
    g_assert(f->dev);
}

static uint32_t size_mask(Fixture *f)
{
    test_config_write(f->dev, PCI_ROM_ADDRESS, 0xfffff800, 4);
    return test_config_read(f->dev, PCI_ROM_ADDRESS, 4);
}

static void show(Fixture *f)
{
    test_config_write(f->dev, PCI_ROM_ADDRESS, ROM_ADDR | PCI_ROM_ADDRESS_ENABLE, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
}

static void test_host_rom(void)
{
    Fixture f;

    assign(&f, NULL);
    g_assert_cmphex(size_mask(&f), ==, 0xfffff000);
    show(&f);
    unsigned reads = f.fake->calls.of[FAKE_READ].count;
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR, 2), ==, 0xaa55);
    g_assert_cmpuint(f.fake->calls.of[FAKE_READ].count, ==, reads + 1);
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR + PCIR + 6, 2), ==, 0x1234);
    g_assert_cmpuint(f.fake->calls.of[FAKE_READ].count, ==, reads + 1);
    g_assert_cmpint(space_find(&memory_space, ROM_ADDR)->region->kind, ==, REGION_RAM);
    space_write(&memory_space, ROM_ADDR, 0, 4);
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR, 2), ==, 0xaa55);
    test_release(f.dev, f.fake);
}

static void test_unreadable(void)
{
    Fixture f;

    assign(&f, NULL);
    show(&f);
    fake_fail(&f.fake->calls, FAKE_READ, -EIO, 0, 1);
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR, 4), ==, UINT32_MAX);
    unsigned reads = f.fake->calls.of[FAKE_READ].count;
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR + 4, 4), ==, UINT32_MAX);
    g_assert_cmpuint(f.fake->calls.of[FAKE_READ].count, ==, reads);     /* tried and said once */
    test_release(f.dev, f.fake);
}

static void test_hidden(void)
{
    Fixture f;

    assign(&f, "rombar=0");
    g_assert_cmphex(size_mask(&f), ==, 0);
    test_release(f.dev, f.fake);
}

/* Its ROM hangs it when read: only for those who insist. */
static void test_unreliable(void)
{
    Fixture f;

    ids = 0x168e14e4;
    assign(&f, NULL);
    g_assert_cmphex(size_mask(&f), ==, 0);
    test_release(f.dev, f.fake);
    assign(&f, "rombar=1");
    g_assert_cmphex(size_mask(&f), ==, 0xfffff000);
    test_release(f.dev, f.fake);
    ids = 0x12348086;
}

static void test_romfile(void)
{
    Error *err = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("rom-XXXXXX", &path, NULL);
    Fixture f;

    g_assert_true(g_close(fd, NULL));
    make_image(0x8086, 0x1234);
    image[0x100] = 0x77;
    g_assert_true(g_file_set_contents(path, (char *)image, 3000, NULL));
    g_autofree char *settings = g_strdup_printf("romfile=%s", path);
    assign(&f, settings);
    g_assert_cmphex(size_mask(&f), ==, 0xfffff000);
    show(&f);
    unsigned reads = f.fake->calls.of[FAKE_READ].count;
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR + 0x100, 1), ==, 0x77);
    g_assert_cmphex(space_read(&memory_space, ROM_ADDR + 3000, 4), ==, UINT32_MAX);
    g_assert_cmpuint(f.fake->calls.of[FAKE_READ].count, ==, reads);
    test_release(f.dev, f.fake);
    g_unlink(path);

    FakeDevice *fake = fake_device_new(&spec);
    g_assert_null(test_assign(fake, "05.0", settings, &err));
    g_assert_nonnull(strstr(error_message(err), path));
    error_free(err);
    fake_device_free(fake);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    g_test_add_func("/vfio/rom/fix", test_fix);
    g_test_add_func("/vfio/rom/fix-leaves", test_fix_leaves);
    g_test_add_func("/vfio/rom/fix-any-size", test_fix_any_size);
    g_test_add_func("/vfio/rom/host", test_host_rom);
    g_test_add_func("/vfio/rom/unreadable", test_unreadable);
    g_test_add_func("/vfio/rom/hidden", test_hidden);
    g_test_add_func("/vfio/rom/unreliable", test_unreliable);
    g_test_add_func("/vfio/rom/romfile", test_romfile);
    return g_test_run();
}
