/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: plane 0 has characters, plane 1 their attributes, plane 2 the fonts, 32 bytes a character. A line of dots is
 * made as the hardware does it, character by character.
 */
#include "hw/display/vga.h"

enum { FONT_STRIDE = 32, CURSOR_OFF = 0x20, CHARACTER_BLINKS = 0x80 };

/* Places of the eight fonts in plane 2, by the number that SR_CHARACTER_MAP codes. */
static const uint16_t font_places[8] = { 0x0000, 0x4000, 0x8000, 0xc000, 0x2000, 0x6000, 0xa000, 0xe000 };

/* The font of attributes with bit 3 (A), and of those without (B). */
static uint16_t font_place(const Vga *vga, bool font_a)
{
    unsigned map = vga->sequencer[SR_CHARACTER_MAP];

    return font_places[font_a ? (map >> 3 & 4) | (map >> 2 & 3) : (map >> 2 & 4) | (map & 3)];
}

static uint8_t glyph_row(const Vga *vga, unsigned character, uint8_t attribute, unsigned row_scan)
{
    uint32_t offset = font_place(vga, attribute & 0x08) + character * FONT_STRIDE + row_scan;

    return screen_memory(&vga->screen)[offset % VGA_PLANE_SIZE * VGA_PLANES + 2];
}

static bool is_underlined(const Vga *vga, uint8_t attribute, unsigned row_scan)
{
    return (attribute & 0x77) == 0x01 && row_scan == (vga->crtc[CR_UNDERLINE] & 0x1f);
}

static bool has_cursor(const Vga *vga, const VgaLine *line, uint32_t counter)
{
    uint32_t place = (uint32_t)vga->crtc[CR_CURSOR_HIGH] << 8 | vga->crtc[CR_CURSOR_LOW];
    unsigned start = vga->crtc[CR_CURSOR_START], end = vga->crtc[CR_CURSOR_END] & 0x1f;

    return counter == place && !(start & CURSOR_OFF) && line->row_scan >= (start & 0x1f) && line->row_scan <= end;
}

/* Eight dots of a character in its line; the ninth continues line graphics (characters C0 to DF). */
static unsigned dots_of(const Vga *vga, const VgaLine *line, uint32_t counter)
{
    uint32_t word = vga_fetch(vga, counter, line->row_scan);
    unsigned character = word & 0xff;
    uint8_t attribute = (uint8_t)(word >> 8), mode = vga->attribute[AR_MODE];
    unsigned dots = (unsigned)glyph_row(vga, character, attribute, line->row_scan) << 1;

    if (mode & ATTRIBUTE_LINE_GRAPHICS && character >= 0xc0 && character <= 0xdf) {
        dots |= dots >> 1 & 1;
    }
    if (mode & ATTRIBUTE_BLINK && attribute & CHARACTER_BLINKS && line->blink_text) {
        dots = 0;
    }
    if (is_underlined(vga, attribute, line->row_scan) || (!line->blink_cursor && has_cursor(vga, line, counter))) {
        dots = 0x1ff;
    }
    return dots;
}

static void colors_of(const Vga *vga, uint8_t attribute, uint8_t colors[2])
{
    unsigned background = attribute >> 4;

    if (vga->attribute[AR_MODE] & ATTRIBUTE_BLINK) {
        background &= 7;
    }
    colors[0] = vga_attribute_color(vga, background);
    colors[1] = vga_attribute_color(vga, attribute & 0xf);
}

unsigned vga_text_line(const Vga *vga, const VgaLine *line, uint8_t *dots)
{
    unsigned width = vga->sequencer[SR_CLOCKING] & CLOCKING_8_DOTS ? 8 : 9;

    for (unsigned i = 0; i < line->chars; i++) {
        uint8_t colors[2], attribute = (uint8_t)(vga_fetch(vga, line->counter + i, line->row_scan) >> 8);
        unsigned bits = dots_of(vga, line, line->counter + i);
        colors_of(vga, attribute, colors);
        for (unsigned dot = 0; dot < width; dot++) {
            *dots++ = colors[bits >> (8 - dot) & 1];
        }
    }
    return line->chars * width;
}

bool vga_text_blinks(const Vga *vga, const VgaLine *line, bool text)
{
    bool characters = text && vga->attribute[AR_MODE] & ATTRIBUTE_BLINK;

    for (unsigned i = 0; i < line->chars; i++) {
        if (has_cursor(vga, line, line->counter + i) ||
            (characters && vga_fetch(vga, line->counter + i, line->row_scan) >> 8 & CHARACTER_BLINKS)) {
            return true;
        }
    }
    return false;
}
