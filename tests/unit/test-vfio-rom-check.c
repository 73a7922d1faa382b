/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expansion ROMs with one thing wrong, and what is said about each; ids corrected in ROMs of several images. */
#include <string.h>

#include "hw/pci/pci.h"
#include "hw/vfio/rom-check.h"

enum {
    IMAGE = 1024, PCIR = 0x40, LIST = 0x20, DRIVER = 0x100,
    VENDOR = 0x8086, DEVICE = 0x5912, OTHER = 0x1912,
};

static const VfioRomTarget any = { VENDOR, DEVICE, VFIO_ROM_ANY_FIRMWARE };

typedef struct Rom {
    uint8_t data[4 * IMAGE];
    size_t size;
} Rom;

static uint8_t sum(const uint8_t *data, size_t len)
{
    uint8_t total = 0;

    for (size_t i = 0; i < len; i++) {
        total = (uint8_t)(total + data[i]);
    }
    return total;
}

static void set_sum(uint8_t *image)
{
    image[6] = (uint8_t)(image[6] - sum(image, IMAGE));
}

/* Another image at the end; all before it are not the last any more. */
static uint8_t *add_image(Rom *rom, VfioRomCode code)
{
    uint8_t *image = rom->data + rom->size;

    g_assert_cmpuint(rom->size + IMAGE, <=, sizeof(rom->data));
    for (size_t at = 0; at < rom->size; at += IMAGE) {
        rom->data[at + PCIR + 0x15] = 0;
        if (rom->data[at + PCIR + 0x14] == VFIO_ROM_X86) {
            set_sum(rom->data + at);
        }
    }
    memset(image, 0x11, IMAGE);
    pci_set_u16(image, 0xaa55);
    pci_set_u16(image + 0x18, PCIR);
    memcpy(image + PCIR, "PCIR", 4);
    pci_set_u16(image + PCIR + 4, VENDOR);
    pci_set_u16(image + PCIR + 6, DEVICE);
    pci_set_u16(image + PCIR + 8, 0);
    image[PCIR + 0xc] = 3;
    pci_set_u16(image + PCIR + 0x10, IMAGE / 512);
    image[PCIR + 0x14] = (uint8_t)code;
    image[PCIR + 0x15] = 0x80;
    rom->size += IMAGE;
    return image;
}

static uint8_t *add_x86(Rom *rom)
{
    uint8_t *image = add_image(rom, VFIO_ROM_X86);

    image[2] = IMAGE / 512;
    set_sum(image);
    return image;
}

static uint8_t *add_efi(Rom *rom)
{
    uint8_t *image = add_image(rom, VFIO_ROM_EFI);

    pci_set_u16(image + 2, IMAGE / 512);
    pci_set_u32(image + 4, 0x0ef1);
    pci_set_u16(image + 8, 11);
    pci_set_u16(image + 0xa, 0x8664);
    pci_set_u16(image + 0xc, 0);
    pci_set_u16(image + 0x16, DRIVER);
    memcpy(image + DRIVER, "MZ", 2);
    return image;
}

/* "image 1 ...\nimage 2 ...\n": all findings. The bytes are copied, so that a sanitizer sees one too far. */
static char *findings_of(const Rom *rom, const VfioRomTarget *target)
{
    g_autofree uint8_t *copy = g_memdup2(rom->data, rom->size);
    g_autoptr(GPtrArray) findings = vfio_rom_check(copy, rom->size, target);
    GString *all = g_string_new(NULL);

    for (unsigned i = 0; i < findings->len; i++) {
        g_string_append_printf(all, "%s\n", (char *)findings->pdata[i]);
    }
    return g_string_free(all, false);
}

static void expect_one(const Rom *rom, const VfioRomTarget *target, const char *words)
{
    g_autofree char *all = findings_of(rom, target);

    if (!strstr(all, words) || strchr(all, '\n') != all + strlen(all) - 1) {
        g_test_message("wanted one line with \"%s\", got:\n%s", words, all);
        g_test_fail();
    }
}

/* ---- good ones ---- */

static void test_good_roms_have_no_findings(void)
{
    static const VfioRomFirmware firmwares[] = { VFIO_ROM_ANY_FIRMWARE, VFIO_ROM_BIOS, VFIO_ROM_UEFI };
    Rom rom = { .size = 0 };

    add_x86(&rom);
    add_efi(&rom);
    for (unsigned i = 0; i < G_N_ELEMENTS(firmwares); i++) {
        VfioRomTarget target = { VENDOR, DEVICE, firmwares[i] };
        g_autofree char *all = findings_of(&rom, &target);
        g_assert_cmpstr(all, ==, "");
    }
    VfioRomImages images;
    vfio_rom_scan(rom.data, rom.size, &images);
    g_assert_cmpint(images.why, ==, VFIO_ROM_COMPLETE);
    g_assert_cmpuint(images.count, ==, 2);
    g_assert_cmpuint(images.images[1].offset, ==, IMAGE);
    g_assert_cmpstr(vfio_rom_code_name(images.images[1].code), ==, "EFI");
}

/* A BAR is larger than what is in it: what lies behind the last image is nobody's. */
static void test_what_follows_the_last_image_does_not_matter(void)
{
    Rom rom = { .size = 0 };

    add_x86(&rom);
    memset(rom.data + rom.size, 0xff, sizeof(rom.data) - rom.size);
    rom.size = sizeof(rom.data);
    g_autofree char *all = findings_of(&rom, &any);
    g_assert_cmpstr(all, ==, "");
}

static void test_kinds_of_code_that_suit_no_firmware(void)
{
    const VfioRomTarget bios = { VENDOR, DEVICE, VFIO_ROM_BIOS }, uefi = { VENDOR, DEVICE, VFIO_ROM_UEFI };
    Rom x86 = { .size = 0 }, efi = { .size = 0 };

    add_x86(&x86);
    add_efi(&efi);
    expect_one(&efi, &bios, "SeaBIOS, which runs x86 BIOS images, and there is none (the first is EFI)");
    expect_one(&x86, &uefi, "UEFI, which runs EFI images, and there is none (the first is x86 BIOS)");
    g_autofree char *neither = findings_of(&x86, &bios), *nor = findings_of(&efi, &uefi);
    g_assert_cmpstr(neither, ==, "");
    g_assert_cmpstr(nor, ==, "");
}

/* ---- one thing wrong ---- */

/* A u16 of one image; x86 images have their checksum put right afterwards. */
static const struct Damage {
    const char *name;
    VfioRomCode code;
    uint16_t at, value;
    bool keep_sum;
    const char *words;
} damages[] = {
    { "no signature", VFIO_ROM_X86, 0, 0x1234, false, "it begins with 34 12 instead of 55 aa: this is no ROM" },
    { "a naked driver", VFIO_ROM_EFI, 0, 0x5a4d, false, "EfiRom -f 0x8086 -i 0x5912 -e FILE" },
    { "PCIR outside", VFIO_ROM_X86, 0x18, 0xfff0, false, "the image at 0x0 has its PCI data structure outside" },
    { "PCIR in the header", VFIO_ROM_X86, 0x18, 0x10, false, "the image at 0x0 has its PCI data structure outside" },
    { "PCIR elsewhere", VFIO_ROM_X86, 0x18, 0x80, false, "the image at 0x0 has no PCI data structure" },
    { "another vendor", VFIO_ROM_X86, PCIR + 4, 0x1002, false, "image 1 is made for 1002:5912 and the device is 8086:5912" },
    { "another device", VFIO_ROM_EFI, PCIR + 6, OTHER, false, "image 1 is made for 8086:1912 and the device is 8086:5912" },
    { "not the last", VFIO_ROM_X86, PCIR + 0x15, 0, false, "no image says that it is the last, and no other one begins at 0x400" },
    { "no length, not the last", VFIO_ROM_EFI, PCIR + 0x10, 0, false, NULL },
    { "truncated", VFIO_ROM_X86, PCIR + 0x10, 3, false, "image 1 says it has 0x600 bytes, there are 0x400" },
    { "header too long", VFIO_ROM_X86, 2, 0x1103, true, "says in its header that it has 0x600 bytes, there are 0x400" },
    { "header without length", VFIO_ROM_X86, 2, 0x1100, true, "says in its header that it has 0x0 bytes" },
    { "wrong sum", VFIO_ROM_X86, 0x200, 0x1112, true, "image 1 (x86 BIOS) adds up to 0x01 instead of 0" },
    { "no EFI header", VFIO_ROM_EFI, 4, 0x0ef2, false, "its header says 0x00000ef2 instead of 0x00000ef1" },
    { "32-bit EFI", VFIO_ROM_EFI, 0xa, 0x014c, false, "is for machine type 0x014c" },
    { "EFI application", VFIO_ROM_EFI, 8, 10, false, "has subsystem 10" },
    { "driver outside", VFIO_ROM_EFI, 0x16, IMAGE - 1, false, "has its driver at 0x3ff, outside of its 0x400 bytes" },
    { "no driver", VFIO_ROM_EFI, DRIVER, 0x1234, false, "no driver at 0x100: it begins with 34 12" },
};

static void test_damage(gconstpointer data)
{
    const struct Damage *damage = data;
    Rom rom = { .size = 0 };
    uint8_t *image = damage->code == VFIO_ROM_X86 ? add_x86(&rom) : add_efi(&rom);

    pci_set_u16(image + damage->at, damage->value);
    if (damage->code == VFIO_ROM_X86 && !damage->keep_sum) {
        set_sum(image);
    }
    if (damage->words) {
        expect_one(&rom, &any, damage->words);
        return;
    }
    g_autofree char *all = findings_of(&rom, &any);     /* the last image may leave out its length */
    g_assert_cmpstr(all, ==, "");
}

static void test_pcir_has_to_be_aligned(void)
{
    Rom rom = { .size = 0 };
    uint8_t *image = add_x86(&rom);

    memmove(image + PCIR + 2, image + PCIR, 0x18);
    pci_set_u16(image + 0x18, PCIR + 2);
    set_sum(image);
    expect_one(&rom, &any, "image 1 has its PCI data structure at 0x42, which is no multiple of 4");
}

static void test_a_length_is_needed_to_find_the_next_image(void)
{
    Rom rom = { .size = 0 };

    uint8_t *first = add_x86(&rom);
    add_efi(&rom);
    pci_set_u16(first + PCIR + 0x10, 0);
    set_sum(first);
    expect_one(&rom, &any, "no way on behind the image at 0x0, which says it has no bytes");
}

/* What tools of vendors put in front is found, and nothing else is taken for an image. */
static void test_an_image_behind_a_preamble_is_found(void)
{
    Rom rom = { .size = 0 };

    add_x86(&rom);
    memmove(rom.data + 0x600, rom.data, rom.size);
    memset(rom.data, 'N', 0x600);
    pci_set_u16(rom.data + 0x100, 0xaa55);
    rom.size += 0x600;
    expect_one(&rom, &any, "begins with 4e 4e instead of 55 aa, the first image begins at 0x600");
}

static void test_empty_roms(void)
{
    Rom rom = { .size = 0 };

    expect_one(&rom, &any, "it is empty (0 bytes");
    rom.size = 512;
    expect_one(&rom, &any, "it is empty (512 bytes of 0x00)");
    memset(rom.data, 0xff, rom.size);
    expect_one(&rom, &any, "it is empty (512 bytes of 0xff)");
}

static void test_every_truncation_is_found(void)
{
    Rom rom = { .size = 0 };

    add_x86(&rom);
    add_efi(&rom);
    for (; rom.size-- > 0;) {
        g_autofree char *all = findings_of(&rom, &any);
        g_assert_cmpstr(all, !=, "");
    }
}

static void test_images_without_end(void)
{
    g_autofree uint8_t *many = g_malloc(40 * IMAGE);
    Rom rom = { .size = 0 };
    VfioRomImages images;

    add_efi(&rom);
    rom.data[PCIR + 0x15] = 0;
    for (unsigned i = 0; i < 40; i++) {
        memcpy(many + i * IMAGE, rom.data, IMAGE);
        pci_set_u16(many + i * IMAGE + PCIR + 6, OTHER);
    }
    vfio_rom_scan(many, 40 * IMAGE, &images);
    g_assert_cmpint(images.why, ==, VFIO_ROM_TOO_MANY);
    g_assert_cmpuint(images.count, ==, VFIO_ROM_IMAGES_MAX);
    g_autoptr(GPtrArray) findings = vfio_rom_check(many, 40 * IMAGE, &any);
    g_assert_cmpuint(findings->len, ==, VFIO_ROM_FINDINGS_MAX);
}

/* ---- ids ---- */

static void test_every_image_is_corrected(void)
{
    Rom rom = { .size = 0 };

    pci_set_u16(add_x86(&rom) + PCIR + 6, OTHER);
    pci_set_u16(add_efi(&rom) + PCIR + 6, OTHER);
    pci_set_u16(add_x86(&rom) + PCIR + 4, 0x1002);      /* another vendor's is left alone */
    Rom before = rom;
    g_assert_cmphex(vfio_rom_fix(rom.data, rom.size, VENDOR, DEVICE), ==, OTHER);
    g_assert_cmphex(pci_get_u16(rom.data + PCIR + 6), ==, DEVICE);
    g_assert_cmphex(pci_get_u16(rom.data + IMAGE + PCIR + 6), ==, DEVICE);
    g_assert_cmphex(sum(rom.data, IMAGE), ==, 0);
    /* EFI images have no checksum: only the id has changed */
    pci_set_u16(before.data + IMAGE + PCIR + 6, DEVICE);
    g_assert_cmpmem(rom.data + IMAGE, 2 * IMAGE, before.data + IMAGE, 2 * IMAGE);
}

static void test_a_list_of_devices_names_them_all(void)
{
    Rom rom = { .size = 0 };
    uint8_t *image = add_efi(&rom);

    pci_set_u16(image + PCIR + 6, OTHER);
    pci_set_u16(image + PCIR + 8, LIST);
    pci_set_u16(image + PCIR + LIST, 0x1902);
    pci_set_u16(image + PCIR + LIST + 2, DEVICE);
    pci_set_u16(image + PCIR + LIST + 4, 0);
    g_autofree char *all = findings_of(&rom, &any);
    g_assert_cmpstr(all, ==, "");

    image[PCIR + 0xc] = 0;              /* revision 0 has vital product data there */
    expect_one(&rom, &any, "image 1 is made for 8086:1912");
    image[PCIR + 0xc] = 3;
    pci_set_u16(image + PCIR + LIST + 2, 0);
    expect_one(&rom, &any, "image 1 is made for 8086:1912");
    memset(image + PCIR + LIST, 0x22, IMAGE - PCIR - LIST);     /* a list without an end */
    memcpy(image + DRIVER, "MZ", 2);
    expect_one(&rom, &any, "image 1 is made for 8086:1912");
}

static void test_a_listed_device_is_corrected_in_silence(void)
{
    Rom rom = { .size = 0 };
    uint8_t *image = add_efi(&rom);

    pci_set_u16(image + PCIR + 6, OTHER);
    pci_set_u16(image + PCIR + 8, LIST);
    pci_set_u16(image + PCIR + LIST, DEVICE);
    g_assert_cmphex(vfio_rom_fix(rom.data, rom.size, VENDOR, DEVICE), ==, DEVICE);
    g_assert_cmphex(pci_get_u16(image + PCIR + 6), ==, DEVICE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vfio-rom-check/good-roms-have-no-findings", test_good_roms_have_no_findings);
    g_test_add_func("/vfio-rom-check/what-follows-the-last-image-does-not-matter",
                    test_what_follows_the_last_image_does_not_matter);
    g_test_add_func("/vfio-rom-check/kinds-of-code-that-suit-no-firmware", test_kinds_of_code_that_suit_no_firmware);
    for (unsigned i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *path = g_strdup_printf("/vfio-rom-check/damage/%s", damages[i].name);
        g_test_add_data_func(path, &damages[i], test_damage);
    }
    g_test_add_func("/vfio-rom-check/pcir-has-to-be-aligned", test_pcir_has_to_be_aligned);
    g_test_add_func("/vfio-rom-check/a-length-is-needed-to-find-the-next-image",
                    test_a_length_is_needed_to_find_the_next_image);
    g_test_add_func("/vfio-rom-check/an-image-behind-a-preamble-is-found", test_an_image_behind_a_preamble_is_found);
    g_test_add_func("/vfio-rom-check/empty-roms", test_empty_roms);
    g_test_add_func("/vfio-rom-check/every-truncation-is-found", test_every_truncation_is_found);
    g_test_add_func("/vfio-rom-check/images-without-end", test_images_without_end);
    g_test_add_func("/vfio-rom-check/every-image-is-corrected", test_every_image_is_corrected);
    g_test_add_func("/vfio-rom-check/a-list-of-devices-names-them-all", test_a_list_of_devices_names_them_all);
    g_test_add_func("/vfio-rom-check/a-listed-device-is-corrected-in-silence",
                    test_a_listed_device_is_corrected_in_silence);
    return g_test_run();
}
