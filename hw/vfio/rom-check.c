/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of an expansion ROM, and what is wrong with them; see rom-check.h. The
 * bytes come from a file or from the host: no length in them is believed.
 */
#include "hw/vfio/rom-check.h"

#include <string.h>

#include "hw/pci/pci.h"

/* PCI Firmware 3.3, 5.1.1 (headers), 5.1.2 (PCI data structure); UEFI 2.10, 14.4.2 (EFI header). */
enum {
    ROM_HEADER_SIZE = 0x1a,
    ROM_SIZE_BLOCKS = 2,        /* u8: length of an x86 image in 512 byte blocks, as far as it is summed up */
    ROM_CHECKSUM = 6,           /* a reserved byte of x86 images: free to make the sum zero */
    ROM_DATA_POINTER = 0x18,    /* u16, from the start of the image */
    ROM_BLOCK = 512,

    EFI_SIGNATURE = 4,          /* u32 */
    EFI_SUBSYSTEM = 8,          /* u16 */
    EFI_MACHINE = 0xa,          /* u16 */
    EFI_COMPRESSION = 0xc,      /* u16; 0: none */
    EFI_OFFSET = 0x16,          /* u16: the driver, from the start of the image */
    EFI_SIGNATURE_VALUE = 0x0ef1,
    EFI_BOOT_DRIVER = 11, EFI_RUNTIME_DRIVER = 12,
    EFI_MACHINE_X64 = 0x8664,

    PCIR_VENDOR = 4,            /* u16 */
    PCIR_DEVICE = 6,            /* u16 */
    PCIR_DEVICE_LIST = 8,       /* u16, from the start of the structure; ids, and a zero behind the last */
    PCIR_REVISION = 0xc,        /* u8; 3: there may be a list */
    PCIR_BLOCKS = 0x10,         /* u16: length of the image in 512 byte blocks */
    PCIR_CODE = 0x14,           /* u8 */
    PCIR_INDICATOR = 0x15,      /* u8 */
    PCIR_LAST = 0x80,
    PCIR_SIZE = 0x18,
    PCIR_ALIGNMENT = 4,
};

static const char pcir_signature[4] = "PCIR", pe_signature[2] = "MZ";

const char *vfio_rom_code_name(uint8_t code)
{
    static const char *const names[] = {
        [VFIO_ROM_X86] = "x86 BIOS", [VFIO_ROM_OPEN_FIRMWARE] = "Open Firmware", [VFIO_ROM_PA_RISC] = "PA-RISC",
        [VFIO_ROM_EFI] = "EFI",
    };

    return code < G_N_ELEMENTS(names) ? names[code] : "unknown";
}

/* ---- the images ---- */

static bool has_signature(const uint8_t *data, size_t size, size_t at)
{
    return at + 2 <= size && data[at] == 0x55 && data[at + 1] == 0xaa;
}

/* An image begins at @at: *ret as far as its structure is sound. False: *why not, and nothing is in *ret. */
static bool read_image(const uint8_t *data, size_t size, size_t at, VfioRomImage *ret, VfioRomEnd *why)
{
    if (!has_signature(data, size, at)) {
        *why = VFIO_ROM_NO_SIGNATURE;
        return false;
    }
    if (at + ROM_HEADER_SIZE > size) {
        *why = VFIO_ROM_NO_HEADER;
        return false;
    }
    size_t pcir = at + pci_get_u16(data + at + ROM_DATA_POINTER);
    if (pcir < at + ROM_HEADER_SIZE || pcir + PCIR_SIZE > size) {
        *why = VFIO_ROM_BAD_POINTER;
        return false;
    }
    if (memcmp(data + pcir, pcir_signature, sizeof(pcir_signature)) != 0) {
        *why = VFIO_ROM_NO_PCIR;
        return false;
    }
    size_t claimed = (size_t)pci_get_u16(data + pcir + PCIR_BLOCKS) * ROM_BLOCK;
    if (claimed && pcir + PCIR_SIZE > at + claimed) {
        *why = VFIO_ROM_BAD_POINTER;
        return false;
    }
    *ret = (VfioRomImage){
        .offset = at, .pcir = pcir, .claimed = claimed, .size = claimed ? MIN(claimed, size - at) : size - at,
        .vendor = pci_get_u16(data + pcir + PCIR_VENDOR), .device = pci_get_u16(data + pcir + PCIR_DEVICE),
        .code = data[pcir + PCIR_CODE],
    };
    return true;
}

/* Whether to go on behind @image; false: *why not. */
static bool goes_on(const uint8_t *data, const VfioRomImage *image, unsigned count, VfioRomEnd *why)
{
    if (image->claimed > image->size) {
        *why = VFIO_ROM_TRUNCATED;
    } else if (data[image->pcir + PCIR_INDICATOR] & PCIR_LAST) {
        *why = VFIO_ROM_COMPLETE;
    } else if (image->claimed == 0) {
        *why = VFIO_ROM_NO_LENGTH;
    } else if (count == VFIO_ROM_IMAGES_MAX) {
        *why = VFIO_ROM_TOO_MANY;
    } else {
        return true;
    }
    return false;
}

void vfio_rom_scan(const uint8_t *data, size_t size, VfioRomImages *ret)
{
    VfioRomImage image;

    memset(ret, 0, sizeof(*ret));
    while (read_image(data, size, ret->end, &image, &ret->why)) {
        ret->images[ret->count++] = image;
        if (!goes_on(data, &image, ret->count, &ret->why)) {
            break;
        }
        ret->end += image.size;
    }
}

static bool list_has(const uint8_t *data, const VfioRomImage *image, uint16_t device)
{
    size_t at = image->pcir + pci_get_u16(data + image->pcir + PCIR_DEVICE_LIST);

    if (data[image->pcir + PCIR_REVISION] < 3 || at < image->pcir + PCIR_SIZE) {
        return false;
    }
    for (; at + 2 <= image->offset + image->size && pci_get_u16(data + at) != 0; at += 2) {
        if (pci_get_u16(data + at) == device) {
            return true;
        }
    }
    return false;
}

bool vfio_rom_names(const uint8_t *data, const VfioRomImage *image, uint16_t vendor, uint16_t device)
{
    return image->vendor == vendor && (image->device == device || list_has(data, image, device));
}

/* Bytes of an x86 image that have to add up to zero. */
static size_t summed(const uint8_t *data, const VfioRomImage *image)
{
    return MIN((size_t)data[image->offset + ROM_SIZE_BLOCKS] * ROM_BLOCK, image->size);
}

static uint8_t sum(const uint8_t *data, const VfioRomImage *image)
{
    size_t len = summed(data, image);
    uint8_t total = 0;

    for (size_t i = 0; i < len; i++) {
        total = (uint8_t)(total + data[image->offset + i]);
    }
    return total;
}

uint16_t vfio_rom_fix(uint8_t *data, size_t size, uint16_t vendor, uint16_t device)
{
    VfioRomImages rom;
    uint16_t named = device;

    vfio_rom_scan(data, size, &rom);
    for (unsigned i = 0; i < rom.count; i++) {
        const VfioRomImage *image = &rom.images[i];
        if (image->vendor != vendor || image->device == device) {
            continue;
        }
        if (named == device && !list_has(data, image, device)) {
            named = image->device;
        }
        /* Firmware that knows no lists looks at the id alone. */
        pci_set_u16(data + image->pcir + PCIR_DEVICE, device);
        if (image->code == VFIO_ROM_X86) {
            uint8_t *spare = data + image->offset + ROM_CHECKSUM;
            *spare = (uint8_t)(*spare - sum(data, image));
        }
    }
    return named;
}

/* ---- what is wrong ---- */

typedef struct Check {
    const uint8_t *data;
    size_t size;
    const VfioRomTarget *target;
    VfioRomImages rom;
    GPtrArray *findings;
} Check;

static void __attribute__((format(printf, 2, 3))) find(Check *check, const char *fmt, ...)
{
    va_list args;

    if (check->findings->len < VFIO_ROM_FINDINGS_MAX) {
        va_start(args, fmt);
        g_ptr_array_add(check->findings, g_strdup_vprintf(fmt, args));
        va_end(args);
    }
}

/* ---- of one image ---- */

static void check_ids(Check *check, const VfioRomImage *image, unsigned number)
{
    const VfioRomTarget *target = check->target;

    if (!vfio_rom_names(check->data, image, target->vendor, target->device)) {
        find(check, "image %u is made for %04x:%04x and the device is %04x:%04x, so no firmware runs it; use the ROM of"
             " this device", number, image->vendor, image->device, target->vendor, target->device);
    }
}

static void check_alignment(Check *check, const VfioRomImage *image, unsigned number)
{
    size_t at = image->pcir - image->offset;

    if (at % PCIR_ALIGNMENT != 0) {
        find(check, "image %u has its PCI data structure at 0x%zx, which is no multiple of %d: UEFI firmware does not"
             " look at it; build the ROM anew", number, at, PCIR_ALIGNMENT);
    }
}

static void check_x86(Check *check, const VfioRomImage *image, unsigned number)
{
    size_t claimed = (size_t)check->data[image->offset + ROM_SIZE_BLOCKS] * ROM_BLOCK;

    if (image->code != VFIO_ROM_X86) {
        return;
    }
    if (claimed == 0 || claimed > image->size) {
        find(check, "image %u (x86 BIOS) says in its header that it has 0x%zx bytes, there are 0x%zx; dump the ROM again",
             number, claimed, image->size);
    } else if (sum(check->data, image) != 0) {
        find(check, "image %u (x86 BIOS) adds up to 0x%02x instead of 0, so a BIOS does not run it: it was changed or cut;"
             " dump the ROM again, from a host that has just started", number, sum(check->data, image));
    }
}

static void check_driver(Check *check, const VfioRomImage *image, unsigned number)
{
    const uint8_t *header = check->data + image->offset;
    size_t driver = pci_get_u16(header + EFI_OFFSET);
    bool plain = pci_get_u16(header + EFI_COMPRESSION) == 0;

    if (driver < ROM_HEADER_SIZE || driver + sizeof(pe_signature) > image->size) {
        find(check, "image %u (EFI) has its driver at 0x%zx, outside of its 0x%zx bytes; build the ROM anew", number,
             driver, image->size);
    } else if (plain && memcmp(header + driver, pe_signature, sizeof(pe_signature)) != 0) {
        find(check, "image %u (EFI) has no driver at 0x%zx: it begins with %02x %02x, \"MZ\" (4d 5a) is expected; build the"
             " ROM anew", number, driver, header[driver], header[driver + 1]);
    }
}

static void check_efi(Check *check, const VfioRomImage *image, unsigned number)
{
    const uint8_t *header = check->data + image->offset;
    uint16_t machine = pci_get_u16(header + EFI_MACHINE), subsystem = pci_get_u16(header + EFI_SUBSYSTEM);

    if (image->code != VFIO_ROM_EFI) {
        return;
    }
    if (pci_get_u32(header + EFI_SIGNATURE) != EFI_SIGNATURE_VALUE) {
        find(check, "image %u says it is EFI, its header says 0x%08x instead of 0x%08x; build the ROM anew (EfiRom -e)",
             number, pci_get_u32(header + EFI_SIGNATURE), EFI_SIGNATURE_VALUE);
        return;
    }
    if (machine != EFI_MACHINE_X64) {
        find(check, "image %u (EFI) is for machine type 0x%04x, the guest's firmware runs 0x%04x (x86-64); use a driver"
             " built for x86-64", number, machine, EFI_MACHINE_X64);
    }
    if (subsystem != EFI_BOOT_DRIVER && subsystem != EFI_RUNTIME_DRIVER) {
        find(check, "image %u (EFI) has subsystem %u, firmware runs %d (boot service driver) and %d (runtime driver);"
             " wrap a driver, not an application", number, subsystem, EFI_BOOT_DRIVER, EFI_RUNTIME_DRIVER);
    }
    check_driver(check, image, number);
}

static void (*const image_checks[])(Check *check, const VfioRomImage *image, unsigned number) = {
    check_ids, check_alignment, check_x86, check_efi,
};

/* ---- of the whole ---- */

/* Where a good image begins behind something else, as dumping tools of vendors put it; 0: nowhere. */
static size_t later_image(const Check *check)
{
    VfioRomImage image;
    VfioRomEnd why;

    for (size_t at = 4; at < check->size; at += 4) {
        if (read_image(check->data, check->size, at, &image, &why)) {
            return at;
        }
    }
    return 0;
}

static bool all_are(const Check *check, uint8_t value)
{
    for (size_t i = 0; i < check->size; i++) {
        if (check->data[i] != value) {
            return false;
        }
    }
    return true;
}

static void check_start(Check *check)
{
    const uint8_t *data = check->data;
    size_t later = later_image(check);

    if (check->size < 2 || all_are(check, data[0])) {
        find(check, "it is empty (%zu bytes of 0x%02x)", check->size, check->size ? data[0] : 0);
    } else if (memcmp(data, pe_signature, sizeof(pe_signature)) == 0) {
        find(check, "it is an EFI driver (MZ) without the header of a ROM; wrap it: EfiRom -f 0x%04x -i 0x%04x -e FILE",
             check->target->vendor, check->target->device);
    } else if (later) {
        find(check, "it begins with %02x %02x instead of 55 aa, the first image begins at 0x%zx; cut off what is before it",
             data[0], data[1], later);
    } else {
        find(check, "it begins with %02x %02x instead of 55 aa: this is no ROM", data[0], data[1]);
    }
}

/* Behind the images that were found: around the offset of what ended the search. */
static const struct {
    const char *before, *behind;
} end_words[] = {
    [VFIO_ROM_NO_SIGNATURE] = { "no image says that it is the last, and no other one begins", "" },
    [VFIO_ROM_NO_HEADER] = { "it ends in the header of the image", "" },
    [VFIO_ROM_BAD_POINTER] = { "the image", " has its PCI data structure outside of itself" },
    [VFIO_ROM_NO_PCIR] = { "the image", " has no PCI data structure (\"PCIR\"), so nobody knows what it is for" },
    [VFIO_ROM_NO_LENGTH] = { "there is no way on behind the image", ", which says it has no bytes" },
    [VFIO_ROM_TOO_MANY] = { "there are more images than are looked at behind the one", "" },
};

static void check_end(Check *check)
{
    const VfioRomImages *rom = &check->rom;

    if (rom->why == VFIO_ROM_NO_SIGNATURE && rom->end == 0) {
        check_start(check);
    } else if (rom->why == VFIO_ROM_TRUNCATED) {
        const VfioRomImage *last = &rom->images[rom->count - 1];
        find(check, "image %u says it has 0x%zx bytes, there are 0x%zx: the end is missing; dump the ROM again, with its"
             " full size", rom->count, last->claimed, last->size);
    } else if (rom->why != VFIO_ROM_COMPLETE) {
        find(check, "%s at 0x%zx%s; dump the ROM again, with its full size", end_words[rom->why].before, rom->end,
             end_words[rom->why].behind);
    }
}

/* What a firmware runs, and what to do when there is nothing of it. */
static const struct {
    uint8_t code;
    const char *firmware, *advice;
} firmwares[] = {
    [VFIO_ROM_BIOS] = { VFIO_ROM_X86, "SeaBIOS", "use a ROM with an x86 BIOS image (video BIOS), or UEFI firmware (OVMF)" },
    [VFIO_ROM_UEFI] = { VFIO_ROM_EFI, "UEFI", "use a ROM with an EFI driver (GOP), or SeaBIOS" },
};

static void check_firmware(Check *check)
{
    const VfioRomImages *rom = &check->rom;
    VfioRomFirmware firmware = check->target->firmware;

    if (firmware == VFIO_ROM_ANY_FIRMWARE || rom->count == 0) {
        return;
    }
    for (unsigned i = 0; i < rom->count; i++) {
        if (rom->images[i].code == firmwares[firmware].code) {
            return;
        }
    }
    find(check, "the guest's firmware is %s, which runs %s images, and there is none (the first is %s): the firmware"
         " cannot use the device, a driver of the guest may; %s", firmwares[firmware].firmware,
         vfio_rom_code_name(firmwares[firmware].code), vfio_rom_code_name(rom->images[0].code),
         firmwares[firmware].advice);
}

GPtrArray *vfio_rom_check(const uint8_t *data, size_t size, const VfioRomTarget *target)
{
    Check check = { data, size, target, .findings = g_ptr_array_new_with_free_func(g_free) };

    vfio_rom_scan(data, size, &check.rom);
    for (unsigned i = 0; i < check.rom.count; i++) {
        for (unsigned j = 0; j < G_N_ELEMENTS(image_checks); j++) {
            image_checks[j](&check, &check.rom.images[i], i + 1);
        }
    }
    check_end(&check);
    check_firmware(&check);
    return check.findings;
}
