/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an expansion ROM consists of and what is wrong with it: functions of bytes
 * alone, without a device. A ROM is a row of images, each with a header and a PCI
 * data structure "PCIR" that names the device it is for, its length, the kind of
 * its code and whether it is the last (PCI Firmware Specification 3.3, 5.1).
 */
#ifndef HW_VFIO_ROM_CHECK_H
#define HW_VFIO_ROM_CHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* PCIR, offset 0x14 (5.1.2). */
typedef enum VfioRomCode {
    VFIO_ROM_X86 = 0, VFIO_ROM_OPEN_FIRMWARE = 1, VFIO_ROM_PA_RISC = 2, VFIO_ROM_EFI = 3,
} VfioRomCode;

/* "x86 BIOS", "EFI", ... for any value of the byte. */
const char *vfio_rom_code_name(uint8_t code);

typedef struct VfioRomImage {
    size_t offset, size;        /* in the ROM; whatever the image says, it lies inside */
    size_t claimed;             /* the size it says it has */
    size_t pcir;                /* offset of its PCI data structure in the ROM */
    uint16_t vendor, device;    /* as the PCI data structure names them */
    uint8_t code;               /* VfioRomCode, or another number */
} VfioRomImage;

/* Why nothing is looked for behind the last image that was found. */
typedef enum VfioRomEnd {
    VFIO_ROM_COMPLETE,          /* it says that it is the last */
    VFIO_ROM_NO_SIGNATURE,      /* at .end there is no 55 aa */
    VFIO_ROM_NO_HEADER,         /* the file ends in the header */
    VFIO_ROM_BAD_POINTER,       /* the pointer to "PCIR" leads outside, */
    VFIO_ROM_NO_PCIR,           /* or to something else */
    VFIO_ROM_NO_LENGTH,         /* the image says it has no bytes: nobody knows where the next one begins */
    VFIO_ROM_TRUNCATED,         /* the image says it has more bytes than there are */
    VFIO_ROM_TOO_MANY,
} VfioRomEnd;

enum { VFIO_ROM_IMAGES_MAX = 16, VFIO_ROM_FINDINGS_MAX = 8 };

typedef struct VfioRomImages {
    unsigned count;
    VfioRomImage images[VFIO_ROM_IMAGES_MAX];
    VfioRomEnd why;
    size_t end;                 /* offset of what ended the search: a header, or one that should be there */
} VfioRomImages;

/* Find the images of @size bytes at @data. */
void vfio_rom_scan(const uint8_t *data, size_t size, VfioRomImages *ret);

/* The image is for this device: by its ids, or by its list of devices (PCIR revision 3, offset 8). */
bool vfio_rom_names(const uint8_t *data, const VfioRomImage *image, uint16_t vendor, uint16_t device);

/* Firmware of the guest, which runs images of one kind. */
typedef enum VfioRomFirmware { VFIO_ROM_ANY_FIRMWARE, VFIO_ROM_BIOS, VFIO_ROM_UEFI } VfioRomFirmware;

typedef struct VfioRomTarget {
    uint16_t vendor, device;    /* as the guest sees them */
    VfioRomFirmware firmware;
} VfioRomTarget;

/*
 * What keeps a ROM from being run for @target, in words: what is wrong, with its
 * values, and what to do. Array of char *, at most VFIO_ROM_FINDINGS_MAX, empty for
 * a good ROM; the caller frees it. Ids that vfio_rom_fix() corrects are to be
 * corrected before.
 */
GPtrArray *vfio_rom_check(const uint8_t *data, size_t size, const VfioRomTarget *target);

/*
 * Make every image of @vendor that names another device name @device, and correct
 * the checksum of those that have one: x86 images. Returns the id the first of
 * them named before, or @device when nothing was to do or the image's list of
 * devices had it anyway.
 */
uint16_t vfio_rom_fix(uint8_t *data, size_t size, uint16_t vendor, uint16_t device);

#endif
