/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitor tells about itself: EDID 1.4 (VESA E-EDID Standard Release A2), with a CTA-861 and a DisplayID
 * extension for the modes that the first block has no room or no numbers for.
 */
#ifndef HW_DISPLAY_EDID_H
#define HW_DISPLAY_EDID_H

#include <stddef.h>
#include <stdint.h>

/* The monitor of all our displays, as guests that keep lists of monitors know it from other emulators. */
#define EDID_VENDOR "RHT"
#define EDID_NAME "QEMU Monitor"

enum {
    EDID_BLOCK = 128,
    EDID_SIZE_MAX = 3 * EDID_BLOCK,     /* of what edid_make() makes */
};

typedef struct EdidMonitor {
    const char *vendor;         /* three letters, of the PNP ID registry */
    const char *name;           /* up to 13 characters, or NULL */
    const char *serial;         /* the same */
    unsigned xres, yres;        /* preferred mode in pixels; 0: 1280, 800 */
    unsigned xmax, ymax;        /* largest mode offered; 0: no limit */
    unsigned refresh_mhz;       /* of the preferred mode, in 1/1000 Hz; 0: 75 Hz */
} EdidMonitor;

/*
 * Fill at most @room bytes with whole blocks: 128 bytes that are complete by themselves, then extensions while there
 * is room. Returns the size; 0 when @room is less than a block.
 *
 * The preferred mode is not larger than the largest one offered, and is kept within what the format can tell (320x200
 * to 16384x16384 pixels, 24 to 240 Hz). What a detailed timing cannot tell (more than 4095 pixels, a pixel clock
 * above 655.35 MHz) is in the DisplayID extension, and the first block has the same size at 60 Hz if that fits, or a
 * half, a third ... of it: guests that cannot read the extension, or were not given it, have a picture that scales.
 */
size_t edid_make(const EdidMonitor *monitor, uint8_t *blob, size_t room);

#endif
