/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EDID; see edid.h. Sections are those of the VESA E-EDID Standard Release A2 (EDID 1.4) unless another document is
 * named.
 */
#include "hw/display/edid.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum {
    DEFAULT_XRES = 1280, DEFAULT_YRES = 800, DEFAULT_REFRESH_MHZ = 75000,
    WIDTH_MIN = 320, HEIGHT_MIN = 200, PIXELS_MAX = 16384, REFRESH_MIN_MHZ = 24000, REFRESH_MAX_MHZ = 240000,
    USUAL_REFRESH_MHZ = 60000,
    DESCRIPTOR = 18,                /* bytes */
    IN_CTA_MAX = 6, IN_DISPLAYID_MAX = 2,   /* timings besides the preferred one */
    PRODUCT = 0x1234, WEEK_IS_MODEL_YEAR = 0xff, MODEL_YEAR = 2024, GAMMA_2_2 = 220 - 100,
};

/* ---- timings ---- */

/* VESA CVT 1.2, reduced blanking version 1: these are pixels, and lines, ... */
enum { H_BLANK = 160, H_FRONT = 48, H_SYNC = 32, V_FRONT = 3, V_BACK_MIN = 6 };
/* ... the time in which the beam of old returned, and the steps of the pixel clock. */
enum { V_BLANK_MIN_US = 460, CLOCK_STEP_HZ = 250000 };

/* Readers take less for nonsense. */
enum { CLOCK_MIN_10KHZ = 1000 };

typedef struct Timing {
    unsigned width, height;         /* pixels; 0: no timing */
    unsigned v_sync, v_blank;       /* lines */
    unsigned clock_10khz;
} Timing;

/* CVT: the width of the vertical sync tells the shape of the picture. */
static unsigned sync_lines(unsigned width, unsigned height)
{
    static const struct { unsigned width, height, lines; } shapes[] = {
        { 4, 3, 4 }, { 16, 9, 5 }, { 16, 10, 6 }, { 5, 4, 7 }, { 15, 9, 7 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        if (width * shapes[i].height == height * shapes[i].width) {
            return shapes[i].lines;
        }
    }
    return 10;
}

/* CVT's formula, but for pictures of any width: it is not cut to columns of 8 pixels. */
static Timing timing_make(unsigned width, unsigned height, unsigned refresh_mhz)
{
    Timing timing = { .width = width, .height = height, .v_sync = sync_lines(width, height) };
    uint64_t frame_us_by_mhz = G_GUINT64_CONSTANT(1000000000);      /* 1 s of 1/1000 Hz, in microseconds */
    uint64_t lines = V_BLANK_MIN_US * (uint64_t)height * refresh_mhz /
                     (frame_us_by_mhz - (uint64_t)V_BLANK_MIN_US * refresh_mhz) + 1;

    timing.v_blank = (unsigned)MAX(lines, V_FRONT + timing.v_sync + V_BACK_MIN);
    uint64_t clock_hz = (uint64_t)(width + H_BLANK) * (height + timing.v_blank) * refresh_mhz / 1000;
    timing.clock_10khz = (unsigned)MAX(clock_hz / CLOCK_STEP_HZ * (CLOCK_STEP_HZ / 10000), CLOCK_MIN_10KHZ);
    return timing;
}

static unsigned line_hz(const Timing *timing)
{
    return (unsigned)(timing->clock_10khz * UINT64_C(10000) / (timing->width + H_BLANK));
}

static unsigned frame_mhz(const Timing *timing)
{
    return (unsigned)(line_hz(timing) * UINT64_C(1000) / (timing->height + timing->v_blank));
}

/* 3.10.2: what a detailed timing descriptor has bits for. */
static bool timing_fits_descriptor(const Timing *timing)
{
    return timing->width < 4096 && timing->height < 4096 && timing->v_blank < 4096 && timing->clock_10khz < 65536;
}

/* ---- what is told ---- */

typedef struct Mode {
    uint16_t width, height;
} Mode;

/* Modes of the VESA DMT standard at 60 Hz, and where the first block has a bit for them (3.8, 3.10.3.9). */
typedef struct KnownMode {
    Mode mode;
    uint8_t byte, bit;
} KnownMode;

static const KnownMode established[] = {
    { { 640, 480 }, 0x23, 5 }, { { 800, 600 }, 0x23, 0 }, { { 1024, 768 }, 0x24, 3 },
};

/* The bytes are those of the descriptor. */
static const KnownMode established_3[] = {
    { { 1280, 768 }, 7, 6 }, { { 1280, 960 }, 7, 3 }, { { 1360, 768 }, 8, 7 }, { { 1400, 1050 }, 8, 1 },
    { { 1792, 1344 }, 10, 5 }, { { 1856, 1392 }, 10, 3 }, { { 1920, 1440 }, 11, 5 },
};

/* More of DMT, whose shapes have two bits in a standard timing (3.9). */
static const struct { Mode mode; uint8_t shape; } standard[] = {
    { { 1280, 720 }, 3 }, { { 1280, 1024 }, 2 }, { { 1440, 900 }, 0 }, { { 1600, 900 }, 3 }, { { 1600, 1200 }, 1 },
    { { 1680, 1050 }, 0 }, { { 1920, 1080 }, 3 }, { { 1920, 1200 }, 0 },
};

/* All of these at 60 Hz have no more than 91 kHz; 640x480 has least. */
enum { DMT_LINE_MIN_HZ = 31000, DMT_LINE_MAX_HZ = 91000, DMT_FRAME_MIN_MHZ = 59000, DMT_FRAME_MAX_MHZ = 61000 };

/* Larger ones, in extensions, by reduced blanking. */
static const Mode larger[] = {
    { 2048, 1536 }, { 2560, 1080 }, { 2560, 1440 }, { 2560, 1600 }, { 3440, 1440 }, { 3840, 2160 },
    { 5120, 2880 }, { 7680, 4320 },
};

/* What goes where. */
typedef struct Plan {
    EdidMonitor monitor;                    /* without zeros but for "no limit" */
    Timing preferred;
    Timing first;                           /* the preferred one, or what stands for it */
    bool has_cta, has_displayid;
    unsigned in_cta_count, in_displayid_count;
    Timing in_cta[IN_CTA_MAX], in_displayid[IN_DISPLAYID_MAX];
} Plan;

static bool is_offered(const EdidMonitor *monitor, Mode mode)
{
    return (monitor->xmax == 0 || mode.width <= monitor->xmax) && (monitor->ymax == 0 || mode.height <= monitor->ymax);
}

static unsigned pixels(unsigned wanted, unsigned usual, unsigned min, unsigned max)
{
    wanted = wanted ? wanted : usual;
    return CLAMP(max ? MIN(wanted, max) : wanted, min, PIXELS_MAX);
}

static Timing stand_in(const EdidMonitor *monitor, const Timing *preferred)
{
    Timing timing = *preferred;

    for (unsigned part = 1; !timing_fits_descriptor(&timing); part++) {
        timing = timing_make(monitor->xres / part, monitor->yres / part, MIN(monitor->refresh_mhz, USUAL_REFRESH_MHZ));
    }
    return timing;
}

static void plan_larger(Plan *plan, Mode mode)
{
    Timing timing = timing_make(mode.width, mode.height, USUAL_REFRESH_MHZ);

    if (!is_offered(&plan->monitor, mode) ||
        (mode.width == plan->monitor.xres && mode.height == plan->monitor.yres)) {
        return;
    }
    if (timing_fits_descriptor(&timing) && plan->in_cta_count < IN_CTA_MAX) {
        plan->in_cta[plan->in_cta_count++] = timing;
    } else if (plan->in_displayid_count < IN_DISPLAYID_MAX) {
        plan->in_displayid[plan->in_displayid_count++] = timing;
    }
}

static Plan plan_make(const EdidMonitor *monitor)
{
    Plan plan = { .monitor = *monitor };
    unsigned refresh = monitor->refresh_mhz ? monitor->refresh_mhz : DEFAULT_REFRESH_MHZ;

    plan.monitor.xres = pixels(monitor->xres, DEFAULT_XRES, WIDTH_MIN, monitor->xmax);
    plan.monitor.yres = pixels(monitor->yres, DEFAULT_YRES, HEIGHT_MIN, monitor->ymax);
    plan.monitor.refresh_mhz = CLAMP(refresh, REFRESH_MIN_MHZ, REFRESH_MAX_MHZ);
    plan.preferred = timing_make(plan.monitor.xres, plan.monitor.yres, plan.monitor.refresh_mhz);
    plan.first = stand_in(&plan.monitor, &plan.preferred);
    for (unsigned i = 0; i < G_N_ELEMENTS(larger); i++) {
        plan_larger(&plan, larger[i]);
    }
    return plan;
}

/* Which extensions there are; without room for both the one that has the preferred mode stays. */
static void plan_extensions(Plan *plan, size_t room)
{
    bool needed = !timing_fits_descriptor(&plan->preferred);

    plan->has_cta = plan->in_cta_count && room > (needed ? 1 : 0);
    plan->has_displayid = (needed || plan->in_displayid_count) && room > (plan->has_cta ? 1 : 0);
}

/* ---- the first block ---- */

/* The byte that makes the sum of @len bytes zero, the last of which it is. */
static void put_checksum(uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len - 1; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    bytes[len - 1] = (uint8_t)-sum;
}

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* At 100 dots an inch, as displays of computers have; finer ones beyond what fits in bytes of centimetres. */
static void size_in_mm(const EdidMonitor *monitor, unsigned *ret_width, unsigned *ret_height)
{
    unsigned width = monitor->xres * 254 / 1000, height = monitor->yres * 254 / 1000;

    while (width > 2550 || height > 2550) {
        width /= 2;
        height /= 2;
    }
    *ret_width = width;
    *ret_height = height;
}

/* 3.10.2 */
static void put_detailed(uint8_t *at, const EdidMonitor *monitor, const Timing *timing)
{
    enum { SEPARATE_SYNC = 0x18, H_SYNC_POSITIVE = 0x02 };      /* signs of CVT's reduced blanking */
    unsigned width_mm = 0, height_mm = 0;

    size_in_mm(monitor, &width_mm, &height_mm);
    put_u16(at, timing->clock_10khz);
    at[2] = (uint8_t)timing->width;
    at[3] = H_BLANK;
    at[4] = (uint8_t)(timing->width >> 8 << 4);
    at[5] = (uint8_t)timing->height;
    at[6] = (uint8_t)timing->v_blank;
    at[7] = (uint8_t)(timing->height >> 8 << 4 | timing->v_blank >> 8);
    at[8] = H_FRONT;
    at[9] = H_SYNC;
    at[10] = (uint8_t)(V_FRONT << 4 | timing->v_sync);
    at[12] = (uint8_t)width_mm;
    at[13] = (uint8_t)height_mm;
    at[14] = (uint8_t)(width_mm >> 8 << 4 | height_mm >> 8);
    at[17] = SEPARATE_SYNC | H_SYNC_POSITIVE;
}

/* 3.10.3: tags of descriptors that are no timing. */
enum { TAG_SERIAL = 0xff, TAG_RANGES = 0xfd, TAG_NAME = 0xfc, TAG_ESTABLISHED_3 = 0xf7, TAG_DUMMY = 0x10 };

static void put_text(uint8_t *at, uint8_t tag, const char *text)
{
    enum { LEN = 13 };
    size_t len = strnlen(text, LEN);

    at[3] = tag;
    memset(at + 5, ' ', LEN);
    memcpy(at + 5, text, len);
    if (len < LEN) {
        at[5 + len] = '\n';
    }
}

static void put_established_3(uint8_t *at, const EdidMonitor *monitor)
{
    at[3] = TAG_ESTABLISHED_3;
    at[5] = 0x0a;       /* revision */
    for (unsigned i = 0; i < G_N_ELEMENTS(established_3); i++) {
        if (is_offered(monitor, established_3[i].mode)) {
            at[established_3[i].byte] |= (uint8_t)(1u << established_3[i].bit);
        }
    }
}

/* Rates of all modes that are told of. */
typedef struct Ranges {
    unsigned frame_min_mhz, frame_max_mhz, line_min_hz, line_max_hz, clock_max_10khz;
} Ranges;

static void widen(Ranges *ranges, const Timing *timings, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ranges->frame_min_mhz = MIN(ranges->frame_min_mhz, frame_mhz(&timings[i]));
        ranges->frame_max_mhz = MAX(ranges->frame_max_mhz, frame_mhz(&timings[i]));
        ranges->line_min_hz = MIN(ranges->line_min_hz, line_hz(&timings[i]));
        ranges->line_max_hz = MAX(ranges->line_max_hz, line_hz(&timings[i]));
        ranges->clock_max_10khz = MAX(ranges->clock_max_10khz, timings[i].clock_10khz);
    }
}

/* 3.10.3.3. Numbers above 255 have a bit each. What has no numbers is not told. */
static void put_ranges(uint8_t *at, const Plan *plan)
{
    enum { DMT_CLOCK_MAX_10KHZ = 23400, NO_FORMULA = 1, LINE_MAX_255_MORE = 0x08 };
    Ranges ranges = { DMT_FRAME_MIN_MHZ, DMT_FRAME_MAX_MHZ, DMT_LINE_MIN_HZ, DMT_LINE_MAX_HZ, DMT_CLOCK_MAX_10KHZ };

    widen(&ranges, &plan->first, 1);
    widen(&ranges, plan->in_cta, plan->has_cta ? plan->in_cta_count : 0);
    widen(&ranges, &plan->preferred, plan->has_displayid ? 1 : 0);
    widen(&ranges, plan->in_displayid, plan->has_displayid ? plan->in_displayid_count : 0);
    unsigned line_max_khz = ranges.line_max_hz / 1000 + 1, clock_max_10mhz = ranges.clock_max_10khz / 1000 + 1;
    if (line_max_khz > 2 * 255 || clock_max_10mhz > 255) {
        at[3] = TAG_DUMMY;
        return;
    }
    at[3] = TAG_RANGES;
    at[4] = line_max_khz > 255 ? LINE_MAX_255_MORE : 0;
    at[5] = (uint8_t)(ranges.frame_min_mhz / 1000);
    at[6] = (uint8_t)(ranges.frame_max_mhz / 1000 + 1);
    at[7] = (uint8_t)MAX(ranges.line_min_hz / 1000, 1);
    at[8] = (uint8_t)(line_max_khz > 255 ? line_max_khz - 255 : line_max_khz);
    at[9] = (uint8_t)clock_max_10mhz;
    at[10] = NO_FORMULA;
    at[11] = '\n';
    memset(at + 12, ' ', 6);
}

/* 3.4: letters are numbers from 1, of five bits. */
static void put_vendor(uint8_t *at, const char *vendor)
{
    unsigned letters = 0;

    for (unsigned i = 0; i < 3; i++) {
        letters = letters << 5 | (vendor[i] & 0x1f);
    }
    at[0] = (uint8_t)(letters >> 8);
    at[1] = (uint8_t)letters;
}

static void put_display(uint8_t *block, const EdidMonitor *monitor)
{
    enum { DIGITAL_8_BITS_DISPLAYPORT = 0xa5, SRGB_AND_PREFERRED_IS_NATIVE = 0x06 };
    /* 3.7: red, green, blue and white of sRGB (IEC 61966-2-1) in 1/1024, their low bits first */
    static const uint8_t srgb[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    unsigned width_mm = 0, height_mm = 0;

    size_in_mm(monitor, &width_mm, &height_mm);
    block[0x14] = DIGITAL_8_BITS_DISPLAYPORT;
    block[0x15] = (uint8_t)(width_mm / 10);
    block[0x16] = (uint8_t)(height_mm / 10);
    block[0x17] = GAMMA_2_2;
    block[0x18] = SRGB_AND_PREFERRED_IS_NATIVE;
    memcpy(block + 0x19, srgb, sizeof(srgb));
}

static void put_modes(uint8_t *block, const EdidMonitor *monitor)
{
    uint8_t *at = block + 0x26;

    for (unsigned i = 0; i < G_N_ELEMENTS(established); i++) {
        if (is_offered(monitor, established[i].mode)) {
            block[established[i].byte] |= (uint8_t)(1u << established[i].bit);
        }
    }
    memset(at, 0x01, 2 * G_N_ELEMENTS(standard));      /* unused */
    for (unsigned i = 0; i < G_N_ELEMENTS(standard); i++) {
        if (is_offered(monitor, standard[i].mode)) {
            *at++ = (uint8_t)(standard[i].mode.width / 8 - 31);
            *at++ = (uint8_t)(standard[i].shape << 6);      /* and 60 Hz */
        }
    }
}

static void put_descriptors(uint8_t *at, const Plan *plan)
{
    const EdidMonitor *monitor = &plan->monitor;

    put_detailed(at, monitor, &plan->first);
    put_ranges(at + DESCRIPTOR, plan);
    put_text(at + 2 * DESCRIPTOR, TAG_NAME, monitor->name ? monitor->name : "");
    if (monitor->serial) {
        put_text(at + 3 * DESCRIPTOR, TAG_SERIAL, monitor->serial);
    } else {
        put_established_3(at + 3 * DESCRIPTOR, monitor);
    }
}

static void put_base(uint8_t *block, const Plan *plan)
{
    static const uint8_t header[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };

    memcpy(block, header, sizeof(header));
    put_vendor(block + 0x08, plan->monitor.vendor);
    put_u16(block + 0x0a, PRODUCT);
    block[0x10] = WEEK_IS_MODEL_YEAR;
    block[0x11] = MODEL_YEAR - 1990;
    block[0x12] = 1;
    block[0x13] = 4;
    put_display(block, &plan->monitor);
    put_modes(block, &plan->monitor);
    put_descriptors(block + 0x36, plan);
    block[0x7e] = (uint8_t)(plan->has_cta + plan->has_displayid);
    put_checksum(block, EDID_BLOCK);
}

/* ---- extensions ---- */

/* CTA-861-G, 7.5: timings, and that all of the picture is seen and colours have all values (7.5.6). */
static void put_cta(uint8_t *block, const Plan *plan)
{
    enum { TAG = 0x02, REVISION = 3, UNDERSCANS = 0x80 };
    static const uint8_t video_capability[] = { 7 << 5 | 2, 0x00, 0x40 | 2 << 2 | 2 };
    enum { TIMINGS = 4 + sizeof(video_capability) };

    block[0] = TAG;
    block[1] = REVISION;
    block[2] = TIMINGS;
    block[3] = UNDERSCANS | timing_fits_descriptor(&plan->preferred);     /* how many timings are native */
    memcpy(block + 4, video_capability, sizeof(video_capability));
    for (unsigned i = 0; i < plan->in_cta_count; i++) {
        put_detailed(block + TIMINGS + i * DESCRIPTOR, &plan->monitor, &plan->in_cta[i]);
    }
    put_checksum(block, EDID_BLOCK);
}

/* A timing of type I; all numbers are one less. */
static void put_type_1(uint8_t *at, const Timing *timing, bool preferred)
{
    enum { PREFERRED = 0x80, SHAPE_UNDEFINED = 8, POSITIVE = 0x8000 };

    put_u16(at, timing->clock_10khz - 1);
    at[2] = (uint8_t)((timing->clock_10khz - 1) >> 16);
    at[3] = (preferred ? PREFERRED : 0) | SHAPE_UNDEFINED;
    put_u16(at + 4, timing->width - 1);
    put_u16(at + 6, H_BLANK - 1);
    put_u16(at + 8, (H_FRONT - 1) | POSITIVE);
    put_u16(at + 10, H_SYNC - 1);
    put_u16(at + 12, timing->height - 1);
    put_u16(at + 14, timing->v_blank - 1);
    put_u16(at + 16, V_FRONT - 1);
    put_u16(at + 18, timing->v_sync - 1);
}

/* Product identification. */
static uint8_t *put_product(uint8_t *at, const Plan *plan)
{
    memcpy(at, plan->monitor.vendor, 3);
    put_u16(at + 3, PRODUCT);
    at[9] = WEEK_IS_MODEL_YEAR;
    at[10] = MODEL_YEAR - 2000;
    return at + 12;
}

/* Display parameters: size in 1/10 mm, and in pixels. */
static uint8_t *put_parameters(uint8_t *at, const Plan *plan)
{
    enum { EIGHT_BITS = 0x77 };
    unsigned width = plan->monitor.xres, height = plan->monitor.yres, width_mm = 0, height_mm = 0;
    unsigned shape = MAX(width, height) * 100 / MIN(width, height) - 100;

    size_in_mm(&plan->monitor, &width_mm, &height_mm);
    put_u16(at, width_mm * 10);
    put_u16(at + 2, height_mm * 10);
    put_u16(at + 4, width);
    put_u16(at + 6, height);
    at[9] = GAMMA_2_2;
    at[10] = (uint8_t)MIN(shape, 255);
    at[11] = EIGHT_BITS;
    return at + 12;
}

/* Display interface: one DisplayPort, of version 1.1, 8 bits a colour. */
static uint8_t *put_interface(uint8_t *at, const Plan *plan)
{
    static const uint8_t displayport[10] = { 0xa1, 0x11, 0x02 };

    memcpy(at, displayport, sizeof(displayport));
    return at + sizeof(displayport);
}

static uint8_t *put_timings(uint8_t *at, const Plan *plan)
{
    enum { LEN = 20 };

    put_type_1(at, &plan->preferred, true);
    for (unsigned i = 0; i < plan->in_displayid_count; i++) {
        at += LEN;
        put_type_1(at, &plan->in_displayid[i], false);
    }
    return at + LEN;
}

/* A section of DisplayID 1.2: blocks of data, and a sum of its own. */
static void put_displayid(uint8_t *block, const Plan *plan)
{
    enum { TAG = 0x70, VERSION = 0x12, STANDALONE_DISPLAY = 3, SECTION_HEADER = 4, HEADER = 3 };
    static const struct {
        uint8_t tag;
        uint8_t *(*put)(uint8_t *at, const Plan *plan);
    } parts[] = { { 0x00, put_product }, { 0x01, put_parameters }, { 0x0f, put_interface }, { 0x03, put_timings } };
    uint8_t *section = block + 1, *at = section + SECTION_HEADER;

    block[0] = TAG;
    section[0] = VERSION;
    section[2] = STANDALONE_DISPLAY;
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        uint8_t *end = parts[i].put(at + HEADER, plan);
        at[0] = parts[i].tag;
        at[2] = (uint8_t)(end - at - HEADER);
        at = end;
    }
    section[1] = (uint8_t)(at - section - SECTION_HEADER);
    put_checksum(section, (size_t)(at + 1 - section));
    put_checksum(block, EDID_BLOCK);
}

size_t edid_make(const EdidMonitor *monitor, uint8_t *blob, size_t room)
{
    if (room < EDID_BLOCK) {
        return 0;
    }
    Plan plan = plan_make(monitor);
    plan_extensions(&plan, room / EDID_BLOCK - 1);
    size_t size = EDID_BLOCK * (1u + plan.has_cta + plan.has_displayid);
    memset(blob, 0, size);
    put_base(blob, &plan);
    if (plan.has_cta) {
        put_cta(blob + EDID_BLOCK, &plan);
    }
    if (plan.has_displayid) {
        put_displayid(blob + size - EDID_BLOCK, &plan);
    }
    return size;
}
