/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VGA: registers at legacy ports, 256K of memory in four planes, and the picture they make. Facts: "IBM Personal
 * System/2 Hardware Interface Technical Reference, Video Subsystem" (1992), and the FreeVGA project's description.
 *
 * The byte of plane p at offset a is byte 4 * a + p of video memory: the four planes of an offset are one word, as
 * the memory's controller sees them.
 */
#ifndef HW_DISPLAY_VGA_H
#define HW_DISPLAY_VGA_H

#include "hw/display/bochs-dispi.h"
#include "hw/display/screen.h"

enum {
    VGA_PLANES = 4,
    VGA_PLANE_SIZE = 0x10000,
    VGA_WINDOW = 0xa0000, VGA_WINDOW_SIZE = 0x20000,
};

/* Registers by their index. */
enum { SR_RESET, SR_CLOCKING, SR_MAP_MASK, SR_CHARACTER_MAP, SR_MEMORY_MODE, SR_COUNT };

enum {
    GR_SET_RESET, GR_ENABLE_SET_RESET, GR_COLOR_COMPARE, GR_ROTATE, GR_READ_MAP, GR_MODE, GR_MISC, GR_DONT_CARE,
    GR_BIT_MASK, GR_COUNT,
};

enum {
    CR_DISPLAY_END_X = 0x01, CR_OVERFLOW = 0x07, CR_PRESET_ROW, CR_ROW_HEIGHT, CR_CURSOR_START, CR_CURSOR_END,
    CR_START_HIGH, CR_START_LOW, CR_CURSOR_HIGH, CR_CURSOR_LOW, CR_RETRACE_START, CR_RETRACE_END, CR_DISPLAY_END_Y,
    CR_OFFSET, CR_UNDERLINE, CR_MODE = 0x17, CR_LINE_COMPARE, CR_COUNT,
};

enum { AR_MODE = 0x10, AR_OVERSCAN, AR_PLANE_ENABLE, AR_PANNING, AR_COLOR_SELECT, AR_COUNT };

/* Bits that several files look at. */
enum {
    CLOCKING_8_DOTS = 0x01, CLOCKING_HALF = 0x08, CLOCKING_SCREEN_OFF = 0x20,   /* SR_CLOCKING */
    MEMORY_MODE_SEQUENTIAL = 0x04, MEMORY_MODE_CHAIN_4 = 0x08,      /* SR_MEMORY_MODE; not sequential: odd/even */
    MODE_ODD_EVEN = 0x10, MODE_INTERLEAVE = 0x20, MODE_256_COLORS = 0x40,   /* GR_MODE */
    MISC_GRAPHICS = 0x01,                                           /* GR_MISC */
    ATTRIBUTE_LINE_GRAPHICS = 0x04, ATTRIBUTE_BLINK = 0x08, ATTRIBUTE_PAN_TOP_ONLY = 0x20, ATTRIBUTE_8_BITS = 0x40,
    ATTRIBUTE_P54_SELECT = 0x80,                                    /* AR_MODE */
    ATTRIBUTE_SCREEN_ON = 0x20,                                     /* attribute_index */
};

typedef struct VgaDac {
    uint8_t colors[256][3];     /* red, green, blue: of 6 bits, or of 8 while DISPI says so */
    uint8_t mask, read_at, write_at;
    uint8_t part;               /* which of the three is next */
    bool reading;
} VgaDac;

typedef struct Vga {
    Screen screen;
    Dispi dispi;
    uint16_t dispi_index;
    uint8_t misc_output, feature;
    uint8_t sequencer_index, graphics_index, crtc_index, attribute_index;
    bool attribute_data;        /* the next write to 3C0 is data */
    uint8_t sequencer[SR_COUNT], graphics[GR_COUNT], crtc[CR_COUNT], attribute[AR_COUNT];
    VgaDac dac;
    uint32_t latches;           /* the four planes of the offset that was read last */
    bool big_endian;            /* of linear pixels: qext, in vga-pci.c */
    /* the picture */
    bool touched;               /* something that shows was written since the last refresh */
    unsigned blink;             /* phase of the last refresh */
} Vga;

/* Video memory of @size bytes (at least DISPI_MEMORY_MIN), and all that is known about it at power-on. */
bool vga_up(Vga *vga, const char *name, uint64_t size, Error **errp);

void vga_down(Vga *vga);
void vga_reset(Vga *vga);

/* Ports 3B4 to 3DA, a byte each; those of the other colour setting (MISC output bit 0) and of nobody read FF. */
uint8_t vga_port_read(Vga *vga, unsigned port);
void vga_port_write(Vga *vga, unsigned port, uint8_t value);

/* A byte of the window at A0000: @offset from there. */
uint8_t vga_memory_read(Vga *vga, uint32_t offset);
void vga_memory_write(Vga *vga, uint32_t offset, uint8_t value);

/* ---- the picture, vga-draw.c and what it calls ---- */

/* Bring what the screen's console shows up to date; @whole: all of it, nobody has seen it yet. */
void vga_refresh(Vga *vga, bool whole);

/* Where the four bytes are that the CRTC shows for one character clock. */
typedef struct VgaLine {
    uint32_t counter;           /* of the first character */
    unsigned row_scan;          /* line of the character row */
    unsigned chars;             /* to be fetched */
    unsigned pan;               /* pixels at the left that are not shown */
    bool blink_text, blink_cursor;  /* they are in their dark half */
} VgaLine;

/* The word of all planes at count @counter of the CRTC. */
uint32_t vga_fetch(const Vga *vga, uint32_t counter, unsigned row_scan);

/* Dots of a text line, as DAC indices; returns how many. */
unsigned vga_text_line(const Vga *vga, const VgaLine *line, uint8_t *dots);

/* Does something of a text line look different when the cursor has blinked, and characters too if @text? */
bool vga_text_blinks(const Vga *vga, const VgaLine *line, bool text);

/* The DAC index of a colour of four bits. */
uint8_t vga_attribute_color(const Vga *vga, unsigned color);

/* The DAC as x8r8g8b8. */
void vga_palette(const Vga *vga, uint32_t palette[256]);

static inline bool vga_is_text(const Vga *vga)
{
    return !dispi_is_on(&vga->dispi) && !(vga->graphics[GR_MISC] & MISC_GRAPHICS);
}

#endif
