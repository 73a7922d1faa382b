/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture of text and planar modes, line by line as the CRTC scans it: where a line begins in memory, what its
 * bytes are as dots, which colours the dots have. Lines that look as before are not told.
 */
#include "hw/display/vga.h"

#include <string.h>

#include "core/accel.h"
#include "core/clock.h"

enum { SMALLEST = 16 };     /* pixels: less is a mode that is being programmed */

/* How the registers say the picture is made: it has the dots and lines of the CRT. */
typedef struct Scan {
    unsigned width, height;
    unsigned dot_width;         /* dots of the CRT a pixel has: 1, 2 or 4 */
    unsigned line_repeat;       /* lines of the CRT that show one line of a row: 1 or 2 */
    unsigned row_height;        /* lines a row of characters has */
    unsigned chars;             /* of a line */
    uint32_t start, pitch;      /* counts of the CRTC: of the first character, from row to row */
    unsigned preset;            /* line of the first row the picture begins with */
    unsigned compare;           /* line of the CRT after which the picture goes on at address 0 */
    unsigned pan;               /* pixels */
    bool pan_top_only;
} Scan;

/* ---- registers ---- */

static unsigned crtc_bit(const Vga *vga, unsigned index, unsigned bit)
{
    return vga->crtc[index] >> bit & 1;
}

/* Lines of the CRT: eight bits, and two more in the overflow register. */
static unsigned display_end(const Vga *vga)
{
    return (vga->crtc[CR_DISPLAY_END_Y] | crtc_bit(vga, CR_OVERFLOW, 1) << 8 | crtc_bit(vga, CR_OVERFLOW, 6) << 9) + 1;
}

static unsigned line_compare(const Vga *vga)
{
    return vga->crtc[CR_LINE_COMPARE] | crtc_bit(vga, CR_OVERFLOW, 4) << 8 | crtc_bit(vga, CR_ROW_HEIGHT, 6) << 9;
}

static bool is_off(const Vga *vga)
{
    return vga->sequencer[SR_CLOCKING] & CLOCKING_SCREEN_OFF || !(vga->attribute_index & ATTRIBUTE_SCREEN_ON);
}

static bool has_256_colors(const Vga *vga)
{
    return !vga_is_text(vga) && vga->graphics[GR_MODE] & MODE_256_COLORS && !dispi_is_on(&vga->dispi);
}

static unsigned char_width(const Vga *vga)
{
    if (vga_is_text(vga)) {
        return vga->sequencer[SR_CLOCKING] & CLOCKING_8_DOTS ? 8 : 9;
    }
    return has_256_colors(vga) ? 4 : 8;
}

/* The value that pans by one pixel less than it says: in characters of nine dots 8 is none, 0 is one. */
static unsigned panning(const Vga *vga)
{
    unsigned pan = vga->attribute[AR_PANNING];

    if (char_width(vga) == 9) {
        return (pan + 1) % 9;
    }
    return has_256_colors(vga) ? pan / 2 % 4 : pan % 8;
}

static Scan scan_crtc(const Vga *vga)
{
    bool half_clock = vga->sequencer[SR_CLOCKING] & CLOCKING_HALF;
    Scan scan = {
        .height = display_end(vga),
        .dot_width = (half_clock ? 2 : 1) * (has_256_colors(vga) ? 2 : 1),
        .line_repeat = crtc_bit(vga, CR_ROW_HEIGHT, 7) ? 2 : 1,
        .row_height = (vga->crtc[CR_ROW_HEIGHT] & 0x1f) + 1,
        .chars = vga->crtc[CR_DISPLAY_END_X] + 1u,
        .start = ((uint32_t)vga->crtc[CR_START_HIGH] << 8 | vga->crtc[CR_START_LOW]) +
                 (vga->crtc[CR_PRESET_ROW] >> 5 & 3),
        .pitch = vga->crtc[CR_OFFSET] * 2u,
        .preset = vga->crtc[CR_PRESET_ROW] & 0x1f,
        .compare = line_compare(vga),
        .pan = panning(vga),
        .pan_top_only = vga->attribute[AR_MODE] & ATTRIBUTE_PAN_TOP_ONLY,
    };

    scan.width = scan.chars * char_width(vga) * scan.dot_width;
    return scan;
}

/* DISPI with 4 bits a pixel: four planes, a byte has eight pixels. */
static Scan scan_dispi(const Vga *vga)
{
    const uint16_t *values = vga->dispi.values;
    uint32_t pitch = values[DISPI_VIRT_WIDTH] / 8u;

    return (Scan){
        .width = values[DISPI_XRES],
        .height = values[DISPI_YRES],
        .dot_width = 1,
        .line_repeat = 1,
        .row_height = 1,
        .chars = values[DISPI_XRES] / 8u,
        .start = values[DISPI_Y_OFFSET] * pitch + values[DISPI_X_OFFSET] / 8u,
        .pitch = pitch,
        .compare = UINT16_MAX,
        .pan = values[DISPI_X_OFFSET] % 8u,
    };
}

/* ---- memory ---- */

/* The CRTC's count becomes an address: bytes, words or double words, whose low bits come from above (CR17, CR14). */
static uint32_t crtc_address(const Vga *vga, uint32_t counter, unsigned row_scan)
{
    enum { DOUBLE_WORD = 0x40, BYTE_MODE = 0x40, WRAP_15 = 0x20, NO_ROW_SCAN_0 = 0x01, NO_ROW_SCAN_1 = 0x02 };
    unsigned mode = vga->crtc[CR_MODE];
    uint32_t address = counter;

    if (vga->crtc[CR_UNDERLINE] & DOUBLE_WORD) {
        address = counter << 2 | (counter >> 14 & 3);
    } else if (!(mode & BYTE_MODE)) {
        address = counter << 1 | (counter >> (mode & WRAP_15 ? 15 : 13) & 1);
    }
    if (!(mode & NO_ROW_SCAN_0)) {
        address = (address & ~UINT32_C(0x2000)) | (row_scan & 1) << 13;
    }
    if (!(mode & NO_ROW_SCAN_1)) {
        address = (address & ~UINT32_C(0x4000)) | (row_scan >> 1 & 1) << 14;
    }
    return address % VGA_PLANE_SIZE;
}

uint32_t vga_fetch(const Vga *vga, uint32_t counter, unsigned row_scan)
{
    uint32_t address = dispi_is_on(&vga->dispi) ? counter % (uint32_t)(vga->dispi.memory_size / VGA_PLANES)
                                                : crtc_address(vga, counter, row_scan);
    uint32_t word;

    memcpy(&word, screen_memory(&vga->screen) + (size_t)address * VGA_PLANES, sizeof(word));
    return GUINT32_FROM_LE(word);
}

/* ---- dots ---- */

/* Eight pixels: a bit of each plane. */
static void dots_planar(uint32_t word, uint8_t pixels[8])
{
    for (unsigned i = 0; i < 8; i++) {
        uint32_t bits = word >> (7 - i);
        pixels[i] = (uint8_t)((bits & 1) | (bits >> 7 & 2) | (bits >> 14 & 4) | (bits >> 21 & 8));
    }
}

/* Four pixels of planes 0 and 2, four of planes 1 and 3: two bits of each (CGA's layout). */
static void dots_interleaved(uint32_t word, uint8_t pixels[8])
{
    for (unsigned i = 0; i < 8; i++) {
        uint32_t bits = word >> (i / 4 * 8) >> (6 - i % 4 * 2);
        pixels[i] = (uint8_t)((bits & 3) | (bits >> 14 & 0xc));
    }
}

static unsigned graphics_line(const Vga *vga, const VgaLine *line, uint8_t *dots)
{
    bool interleaved = vga->graphics[GR_MODE] & MODE_INTERLEAVE && !dispi_is_on(&vga->dispi);
    uint8_t colors[16];

    for (unsigned i = 0; i < G_N_ELEMENTS(colors); i++) {
        colors[i] = vga_attribute_color(vga, i);
    }
    for (unsigned i = 0; i < line->chars; i++) {
        uint32_t word = vga_fetch(vga, line->counter + i, line->row_scan);
        uint8_t *eight = dots + (size_t)8 * i;
        (interleaved ? dots_interleaved : dots_planar)(word, eight);
        for (unsigned dot = 0; dot < 8; dot++) {
            eight[dot] = colors[eight[dot]];
        }
    }
    return line->chars * 8;
}

/* A byte of each plane is a pixel. */
static unsigned byte_line(const Vga *vga, const VgaLine *line, uint8_t *dots)
{
    for (unsigned i = 0; i < line->chars; i++) {
        uint32_t word = GUINT32_TO_LE(vga_fetch(vga, line->counter + i, line->row_scan));
        memcpy(dots + (size_t)VGA_PLANES * i, &word, VGA_PLANES);
    }
    return line->chars * VGA_PLANES;
}

static unsigned any_line(const Vga *vga, const VgaLine *line, uint8_t *dots)
{
    if (vga_is_text(vga)) {
        return vga_text_line(vga, line, dots);
    }
    return has_256_colors(vga) ? byte_line(vga, line, dots) : graphics_line(vga, line, dots);
}

/* ---- colours ---- */

uint8_t vga_attribute_color(const Vga *vga, unsigned color)
{
    unsigned index = vga->attribute[color & vga->attribute[AR_PLANE_ENABLE] & 0xf];
    unsigned select = vga->attribute[AR_COLOR_SELECT];

    if (vga->attribute[AR_MODE] & ATTRIBUTE_P54_SELECT) {
        index = (index & 0xf) | (select & 3) << 4;
    }
    return (uint8_t)(index | (select & 0xc) << 4);
}

void vga_palette(const Vga *vga, uint32_t palette[256])
{
    bool wide = vga->dispi.values[DISPI_ENABLE] & DISPI_8BIT_DAC;

    for (unsigned i = 0; i < 256; i++) {
        const uint8_t *color = vga->dac.colors[i & vga->dac.mask];
        palette[i] = 0;
        for (unsigned part = 0; part < 3; part++) {
            unsigned value = wide ? color[part] : (color[part] & 0x3fu) << 2 | (color[part] & 0x3fu) >> 4;
            palette[i] = palette[i] << 8 | value;
        }
    }
}

/* ---- the picture ---- */

/* Bits of the phase: this is in its dark half. */
enum { BLINK_CURSOR = 1, BLINK_TEXT = 2 };

/* Cursor and characters blink at a 16th and a 32nd of 70 frames a second. */
static unsigned blink_phase(const Vga *vga)
{
    enum { FRAME_NS = NS_PER_SECOND / 70 };

    return vga_is_text(vga) ? (unsigned)(clock_now(CLOCK_GUEST) / (8 * FRAME_NS) % 4) : 0;
}

/* Line @y of the picture: below the compared line it is another one, which begins at address 0. */
static VgaLine line_of(const Scan *scan, unsigned y, unsigned phase)
{
    bool below = y > scan->compare;
    unsigned line = (below ? y - scan->compare - 1 : y) / scan->line_repeat + (below ? 0 : scan->preset);

    return (VgaLine){
        .counter = (below ? 0 : scan->start) + line / scan->row_height * scan->pitch,
        .row_scan = line % scan->row_height,
        .pan = below && scan->pan_top_only ? 0 : scan->pan,
        .chars = scan->chars,
        .blink_text = phase & BLINK_TEXT,
        .blink_cursor = phase & BLINK_CURSOR,
    };
}

/* What a refresh works on. */
typedef struct Drawing {
    const Vga *vga;
    Scan scan;
    uint32_t palette[256];
    unsigned blinked;           /* bits of the phase: nothing but them has changed; 0: everything may have */
    uint8_t *dots;              /* DAC indices of a line and one character more */
    uint32_t *pixels;
} Drawing;

static void draw_line(const Drawing *drawing, unsigned y)
{
    VgaLine line = line_of(&drawing->scan, y, drawing->vga->blink);

    line.chars += line.pan > 0;
    any_line(drawing->vga, &line, drawing->dots);
    for (unsigned x = 0; x < drawing->scan.width; x++) {
        drawing->pixels[x] = drawing->palette[drawing->dots[x / drawing->scan.dot_width + line.pan]];
    }
}

static bool may_differ(const Drawing *drawing, unsigned y)
{
    VgaLine line = line_of(&drawing->scan, y, drawing->vga->blink);

    line.chars += line.pan > 0;
    return !drawing->blinked || vga_text_blinks(drawing->vga, &line, drawing->blinked & BLINK_TEXT);
}

/* Draw line @y into @image; false: it looks as before. */
static bool update_line(const Drawing *drawing, pixman_image_t *image, unsigned y)
{
    uint32_t *shown = image_line(image, y);
    size_t bytes = drawing->scan.width * sizeof(*shown);

    draw_line(drawing, y);
    if (memcmp(shown, drawing->pixels, bytes) == 0) {
        return false;
    }
    memcpy(shown, drawing->pixels, bytes);
    return true;
}

static void draw_changed(const Drawing *drawing, const Screen *screen)
{
    for (unsigned y = 0, first = 0; y <= drawing->scan.height; y++) {
        if (y < drawing->scan.height && may_differ(drawing, y) && update_line(drawing, screen->canvas.image, y)) {
            continue;
        }
        if (y > first) {
            console_changed(screen->canvas.console, 0, (int)first, (int)drawing->scan.width, (int)(y - first));
        }
        first = y + 1;
    }
}

static void draw_new(const Drawing *drawing, Screen *screen)
{
    int width = (int)drawing->scan.width, height = (int)drawing->scan.height;
    pixman_image_t *image = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);

    for (unsigned y = 0; image && y < drawing->scan.height; y++) {
        update_line(drawing, image, y);
    }
    if (image) {
        canvas_show_drawing(&screen->canvas, image);
    }
}

static void draw(Vga *vga, const Scan *scan, unsigned blinked)
{
    Drawing drawing = { .vga = vga, .scan = *scan, .blinked = blinked };

    drawing.dots = g_malloc0(scan->width + 2 * 9);
    drawing.pixels = g_new0(uint32_t, scan->width);
    vga_palette(vga, drawing.palette);
    if (is_off(vga)) {
        memset(drawing.palette, 0, sizeof(drawing.palette));
    }
    if (canvas_has_drawing(&vga->screen.canvas, scan->width, scan->height)) {
        draw_changed(&drawing, &vga->screen);
    } else {
        draw_new(&drawing, &vga->screen);
    }
    g_free(drawing.dots);
    g_free(drawing.pixels);
}

/* The guest also reaches the planes directly, through BAR 0. */
static bool planes_written(Vga *vga)
{
    bool written;

    dirty_log_sync(&vga->screen.log);
    written = dirty_log_has(&vga->screen.log, 0, screen_memory_size(&vga->screen));
    dirty_log_clear(&vga->screen.log);
    return written;
}

static bool take_touched(Vga *vga)
{
    bool touched = vga->touched || vga->dispi.touched;

    vga->touched = vga->dispi.touched = false;
    return touched;
}

static void refresh_planes(Vga *vga, bool whole)
{
    Scan scan = dispi_is_on(&vga->dispi) ? scan_dispi(vga) : scan_crtc(vga);
    unsigned phase = blink_phase(vga);
    unsigned blinked = phase ^ vga->blink;
    bool written = planes_written(vga);

    if (scan.width < SMALLEST || scan.height < SMALLEST) {
        return;
    }
    vga->blink = phase;
    if (take_touched(vga) || whole || written) {
        draw(vga, &scan, 0);
    } else if (blinked) {
        draw(vga, &scan, blinked);
    }
}

static void refresh_linear(Vga *vga, bool whole)
{
    uint32_t palette[256];
    PixelMode mode = dispi_mode(&vga->dispi, vga->big_endian);

    vga_palette(vga, palette);
    screen_refresh(&vga->screen, &mode, palette, take_touched(vga) || whole);
}

void vga_refresh(Vga *vga, bool whole)
{
    accel_flush_posted();
    if (dispi_is_on(&vga->dispi) && vga->dispi.values[DISPI_BPP] > 4 && !is_off(vga)) {
        refresh_linear(vga, whole);
    } else {
        refresh_planes(vga, whole);
    }
}

/* ---- life ---- */

bool vga_up(Vga *vga, const char *name, uint64_t size, Error **errp)
{
    if (!screen_up(&vga->screen, name, size, errp)) {
        return false;
    }
    vga_reset(vga);
    return true;
}

void vga_down(Vga *vga)
{
    screen_down(&vga->screen);
}
