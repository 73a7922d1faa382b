/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VGA's ports: five groups of registers behind index and data ports, the DAC, and what is by itself. */
#include "hw/display/vga.h"

#include <string.h>

#include "core/clock.h"

enum {
    PORT_ATTRIBUTE = 0x3c0, PORT_ATTRIBUTE_READ = 0x3c1, PORT_MISC_WRITE = 0x3c2, PORT_ENABLE = 0x3c3,
    PORT_SEQUENCER = 0x3c4, PORT_DAC_MASK = 0x3c6, PORT_DAC_READ = 0x3c7, PORT_DAC_WRITE = 0x3c8, PORT_DAC_DATA = 0x3c9,
    PORT_FEATURE_READ = 0x3ca, PORT_MISC_READ = 0x3cc, PORT_GRAPHICS = 0x3ce,
    /* with MISC output bit 0; 20 less without */
    PORT_CRTC = 0x3d4, PORT_STATUS = 0x3da, MONOCHROME = 0x20,
};

enum { MISC_COLOR = 0x01 };

/* Bits that exist. */
static const uint8_t sequencer_bits[SR_COUNT] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t graphics_bits[GR_COUNT] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
static const uint8_t attribute_bits[AR_COUNT] = {
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
    0xef, 0xff, 0x3f, 0x0f, 0x0f,
};

void vga_reset(Vga *vga)
{
    vga->dispi_index = 0;
    vga->misc_output = vga->feature = 0;
    vga->sequencer_index = vga->graphics_index = vga->crtc_index = vga->attribute_index = 0;
    vga->attribute_data = false;
    memset(vga->sequencer, 0, sizeof(vga->sequencer));
    memset(vga->graphics, 0, sizeof(vga->graphics));
    memset(vga->crtc, 0, sizeof(vga->crtc));
    memset(vga->attribute, 0, sizeof(vga->attribute));
    vga->dac = (VgaDac){ .mask = 0xff };
    vga->latches = 0;
    vga->big_endian = false;
    vga->touched = true;
    dispi_reset(&vga->dispi, screen_memory(&vga->screen), screen_memory_size(&vga->screen));
}

/* ---- attribute controller: one port for index and data ---- */

static void write_attribute(Vga *vga, uint8_t value)
{
    unsigned index = vga->attribute_index & 0x1f;

    if (!vga->attribute_data) {
        vga->attribute_index = value & 0x3f;
    } else if (index < AR_COUNT) {
        vga->attribute[index] = value & attribute_bits[index];
    }
    vga->attribute_data = !vga->attribute_data;
}

static uint8_t read_attribute(const Vga *vga)
{
    unsigned index = vga->attribute_index & 0x1f;

    return index < AR_COUNT ? vga->attribute[index] : 0;
}

/* ---- DAC ---- */

static void next_part(VgaDac *dac, uint8_t *at)
{
    dac->part = (uint8_t)(dac->part + 1) % 3;
    *at = (uint8_t)(*at + (dac->part == 0));
}

static void write_dac(Vga *vga, uint8_t value)
{
    VgaDac *dac = &vga->dac;
    bool wide = vga->dispi.values[DISPI_ENABLE] & DISPI_8BIT_DAC;

    dac->colors[dac->write_at][dac->part] = wide ? value : value & 0x3f;
    next_part(dac, &dac->write_at);
}

static uint8_t read_dac(Vga *vga)
{
    VgaDac *dac = &vga->dac;
    uint8_t value = dac->colors[dac->read_at][dac->part];

    next_part(dac, &dac->read_at);
    return value;
}

static void begin_dac(VgaDac *dac, uint8_t at, bool reading)
{
    dac->reading = reading;
    dac->part = 0;
    *(reading ? &dac->read_at : &dac->write_at) = at;
}

/* ---- CRTC ---- */

static void write_crtc(Vga *vga, uint8_t value)
{
    enum { PROTECT = 0x80, LINE_COMPARE_8 = 0x10 };
    unsigned index = vga->crtc_index;

    if (index >= CR_COUNT) {
        return;
    }
    uint8_t *reg = &vga->crtc[index];
    if (index > CR_OVERFLOW || !(vga->crtc[CR_RETRACE_END] & PROTECT)) {
        *reg = value;
    } else if (index == CR_OVERFLOW) {      /* one bit is not protected */
        *reg = (uint8_t)((*reg & ~LINE_COMPARE_8) | (value & LINE_COMPARE_8));
    }
}

/* Lines and columns of a frame of 70 Hz, as the guest's clock has it: those who wait for the retrace see it come. */
static uint8_t read_status(Vga *vga)
{
    enum { NOT_DISPLAYING = 0x01, RETRACE = 0x08, LINES = 449, SHOWN_LINES = 400, RETRACE_LINE = 412, RETRACE_LINES = 2 };
    static const int64_t line_ns = 31778, shown_ns = 25422;
    int64_t time = clock_now(CLOCK_GUEST), line = time / line_ns % LINES;
    uint8_t status = 0;

    vga->attribute_data = false;
    if (line >= SHOWN_LINES || time % line_ns >= shown_ns) {
        status |= NOT_DISPLAYING;
    }
    if (line >= RETRACE_LINE && line < RETRACE_LINE + RETRACE_LINES) {
        status |= RETRACE;
    }
    return status;
}

/* ---- ports ---- */

/* The CRTC and the status are at one of two places: @port as if it were the place for colour, or 0. */
static unsigned color_port(const Vga *vga, unsigned port)
{
    bool color = vga->misc_output & MISC_COLOR;

    if (port < PORT_ATTRIBUTE) {
        return color ? 0 : port + MONOCHROME;
    }
    return port >= PORT_CRTC - 4 && !color ? 0 : port;
}

uint8_t vga_port_read(Vga *vga, unsigned port)
{
    switch (color_port(vga, port)) {
    case PORT_ATTRIBUTE:
        return vga->attribute_index;
    case PORT_ATTRIBUTE_READ:
        return read_attribute(vga);
    case PORT_MISC_WRITE:
    case PORT_ENABLE:
        return 0;
    case PORT_SEQUENCER:
        return vga->sequencer_index;
    case PORT_SEQUENCER + 1:
        return vga->sequencer_index < SR_COUNT ? vga->sequencer[vga->sequencer_index] : 0;
    case PORT_DAC_MASK:
        return vga->dac.mask;
    case PORT_DAC_READ:
        return vga->dac.reading ? 3 : 0;
    case PORT_DAC_WRITE:
        return vga->dac.write_at;
    case PORT_DAC_DATA:
        return read_dac(vga);
    case PORT_FEATURE_READ:
        return vga->feature;
    case PORT_MISC_READ:
        return vga->misc_output;
    case PORT_GRAPHICS:
        return vga->graphics_index;
    case PORT_GRAPHICS + 1:
        return vga->graphics_index < GR_COUNT ? vga->graphics[vga->graphics_index] : 0;
    case PORT_CRTC:
        return vga->crtc_index;
    case PORT_CRTC + 1:
        return vga->crtc_index < CR_COUNT ? vga->crtc[vga->crtc_index] : 0;
    case PORT_STATUS:
        return read_status(vga);
    default:
        return 0xff;
    }
}

static void write_dac_port(Vga *vga, unsigned port, uint8_t value)
{
    if (port == PORT_DAC_MASK) {
        vga->dac.mask = value;
    } else if (port == PORT_DAC_DATA) {
        write_dac(vga, value);
    } else {
        begin_dac(&vga->dac, value, port == PORT_DAC_READ);
    }
}

static void write_sequencer(Vga *vga, uint8_t value)
{
    if (vga->sequencer_index < SR_COUNT) {
        vga->sequencer[vga->sequencer_index] = value & sequencer_bits[vga->sequencer_index];
    }
}

static void write_graphics(Vga *vga, uint8_t value)
{
    if (vga->graphics_index < GR_COUNT) {
        vga->graphics[vga->graphics_index] = value & graphics_bits[vga->graphics_index];
    }
}

void vga_port_write(Vga *vga, unsigned port, uint8_t value)
{
    vga->touched = true;
    switch (color_port(vga, port)) {
    case PORT_ATTRIBUTE:
        write_attribute(vga, value);
        break;
    case PORT_MISC_WRITE:
        vga->misc_output = value;
        break;
    case PORT_SEQUENCER:
        vga->sequencer_index = value & 7;
        break;
    case PORT_SEQUENCER + 1:
        write_sequencer(vga, value);
        break;
    case PORT_DAC_MASK:
    case PORT_DAC_READ:
    case PORT_DAC_WRITE:
    case PORT_DAC_DATA:
        write_dac_port(vga, port, value);
        break;
    case PORT_GRAPHICS:
        vga->graphics_index = value & 0xf;
        break;
    case PORT_GRAPHICS + 1:
        write_graphics(vga, value);
        break;
    case PORT_CRTC:
        vga->crtc_index = value;
        break;
    case PORT_CRTC + 1:
        write_crtc(vga, value);
        break;
    case PORT_STATUS:
        vga->feature = value & 0x08;
        break;
    default:
        break;
    }
}
