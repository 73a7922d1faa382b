/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VNC client is told besides pixels: rectangles of pseudo-encodings (the RFB community's rfbproto), each in an
 * update of its own. libvncserver knows none of them as we need them.
 */
#include "ui/input.h"
#include "ui/vnc-internal.h"

enum { ENCODING_KEYS = -258, ENCODING_POINTER = -257, ENCODING_LEDS = -261, ENCODING_LAYOUT = -308, SCREEN_ID = 1 };

typedef struct Rectangle {
    unsigned x, y;
    int width, height;
    int32_t encoding;
} Rectangle;

static void put16(GByteArray *out, unsigned value)
{
    g_byte_array_append(out, (const uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void put32(GByteArray *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

/* A FramebufferUpdate of one rectangle (RFC 6143, 7.6.1); its data may follow. */
static void put_update(GByteArray *out, const Rectangle *rectangle)
{
    put16(out, 0);              /* type and padding */
    put16(out, 1);
    put16(out, rectangle->x);
    put16(out, rectangle->y);
    put16(out, (unsigned)rectangle->width);
    put16(out, (unsigned)rectangle->height);
    put32(out, (uint32_t)rectangle->encoding);
}

/* "QEMU Extended Key Event Pseudo-encoding": the client may send raw key codes. */
static void tell_keys(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out)
{
    put_update(out, &(Rectangle){ 0, 0, screen->width, screen->height, ENCODING_KEYS });
}

/* "QEMU Pointer Motion Change Pseudo-encoding": 1: places, 0: movements. */
static void tell_pointer(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out)
{
    notes->told_relative = !input_is_absolute();
    put_update(out, &(Rectangle){ !notes->told_relative, 0, screen->width, screen->height, ENCODING_POINTER });
}

/* "QEMU LED State Pseudo-encoding": the bits are those of INPUT_LED_. */
static void tell_leds(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out)
{
    put_update(out, &(Rectangle){ 0, 0, 1, 1, ENCODING_LEDS });
    g_byte_array_append(out, &(uint8_t){ (uint8_t)input_leds() }, 1);
}

/* "ExtendedDesktopSize Pseudo-encoding": one screen, which is the whole picture; the answer to a wish of the client's. */
static void tell_layout(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out)
{
    put_update(out, &(Rectangle){ notes->asked, notes->status, screen->width, screen->height, ENCODING_LAYOUT });
    put32(out, 1u << 24);       /* screens, and padding */
    put32(out, SCREEN_ID);
    put32(out, 0);              /* where it begins */
    put16(out, (unsigned)screen->width);
    put16(out, (unsigned)screen->height);
    put32(out, 0);              /* flags */
    notes->asked = false;
    notes->status = VNC_SIZE_DONE;
}

static const struct {
    VncNote note;
    int32_t encoding;
    void (*tell)(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out);
} rows[] = {
    { VNC_NOTE_KEYS, ENCODING_KEYS, tell_keys },
    { VNC_NOTE_POINTER, ENCODING_POINTER, tell_pointer },
    { VNC_NOTE_LEDS, ENCODING_LEDS, tell_leds },
    { VNC_NOTE_LAYOUT, ENCODING_LAYOUT, tell_layout },
};

void vnc_notes_accept(VncNotes *notes, int32_t encoding)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].encoding == encoding) {
            notes->accepted |= rows[i].note;
        }
    }
}

bool vnc_notes_add(VncNotes *notes, unsigned due)
{
    notes->due |= due & notes->accepted;
    return due & notes->accepted;
}

void vnc_notes_write(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (notes->due & rows[i].note) {
            rows[i].tell(notes, screen, out);
        }
    }
    notes->due = 0;
}
