/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PS/2 keyboard (PS/2 HITR, "Keyboards (101- and 102-key)": commands, scan code sets 1, 2 and 3). */
#include <string.h>

#include "hw/input/ps2-internal.h"
#include "ui/input.h"

enum {
    ECHO = 0xee,
    PREFIX_EXTENDED = 0xe0,
    PREFIX_PAUSE = 0xe1,
    PREFIX_BREAK = 0xf0,    /* sets 2 and 3 */
    BREAK_BIT = 0x80,       /* set 1 */
    DEFAULT_TYPEMATIC = 0x2b,   /* 10.9 a second after 500 ms */
    CODES_MAX = 8,
};

/* ---- codes ---- */

/*
 * What keyboard controllers make of set 2 when they translate to set 1. It is
 * also how we find the code of set 2 for a key.
 */
static const uint8_t set2_to_set1[0x80] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};

/* The two codes of set 2 beyond 0x7f. */
enum { SET2_F7 = 0x83, SET2_SYSRQ = 0x84, SET1_F7 = 0x41, SET1_SYSRQ = 0x54 };

uint8_t ps2_translate(uint8_t set2)
{
    if (set2 == SET2_F7 || set2 == SET2_SYSRQ) {
        return set2 == SET2_F7 ? SET1_F7 : SET1_SYSRQ;
    }
    return set2 < sizeof(set2_to_set1) ? set2_to_set1[set2] : set2;
}

static uint8_t to_set2(uint8_t set1)
{
    if (set1 == SET1_F7 || set1 == SET1_SYSRQ) {
        return set1 == SET1_F7 ? SET2_F7 : SET2_SYSRQ;
    }
    const uint8_t *found = memchr(set2_to_set1, set1, sizeof(set2_to_set1));
    return found ? (uint8_t)(found - set2_to_set1) : 0;
}

/* Set 3 has one code a key and no prefixes; keys that are not here have that of set 2. */
static const struct {
    uint8_t key, set3;
} set3_codes[] = {
    { 0x01, 0x08 }, { 0x1d, 0x11 }, { 0x2b, 0x5c }, { 0x37, 0x7e }, { 0x38, 0x19 }, { 0x3a, 0x14 },
    { 0x3b, 0x07 }, { 0x3c, 0x0f }, { 0x3d, 0x17 }, { 0x3e, 0x1f }, { 0x3f, 0x27 }, { 0x40, 0x2f },
    { 0x41, 0x37 }, { 0x42, 0x3f }, { 0x43, 0x47 }, { 0x44, 0x4f }, { 0x45, 0x76 }, { 0x46, 0x5f },
    { 0x4a, 0x84 }, { 0x4e, 0x7c }, { 0x54, 0x57 }, { 0x56, 0x13 }, { 0x57, 0x56 }, { 0x58, 0x5e },
    { 0x9c, 0x79 }, { 0x9d, 0x58 }, { 0xb5, 0x77 }, { PS2_KEY_PRINT, 0x57 }, { 0xb8, 0x39 }, { PS2_KEY_PAUSE, 0x62 },
    { 0xc7, 0x6e }, { 0xc8, 0x63 }, { 0xc9, 0x6f }, { 0xcb, 0x61 }, { 0xcd, 0x6a }, { 0xcf, 0x65 },
    { 0xd0, 0x60 }, { 0xd1, 0x6d }, { 0xd2, 0x67 }, { 0xd3, 0x64 }, { 0xdb, 0x8b }, { 0xdc, 0x8c },
    { 0xdd, 0x8d },
};

static uint8_t to_set3(uint8_t key)
{
    for (unsigned i = 0; i < sizeof(set3_codes) / sizeof(set3_codes[0]); i++) {
        if (set3_codes[i].key == key) {
            return set3_codes[i].set3;
        }
    }
    return to_set2(key & ~PS2_KEY_EXTENDED);
}

/* Keys that change what others send. */
enum { LEFT_CTRL = 1, RIGHT_CTRL = 2, LEFT_SHIFT = 4, RIGHT_SHIFT = 8, LEFT_ALT = 16, RIGHT_ALT = 32 };
enum { CTRL = LEFT_CTRL | RIGHT_CTRL, SHIFT = LEFT_SHIFT | RIGHT_SHIFT, ALT = LEFT_ALT | RIGHT_ALT };

static const struct {
    uint8_t key;
    unsigned bit;
} modifiers[] = {
    { 0x1d, LEFT_CTRL }, { 0x9d, RIGHT_CTRL }, { 0x2a, LEFT_SHIFT }, { 0x36, RIGHT_SHIFT }, { 0x38, LEFT_ALT },
    { 0xb8, RIGHT_ALT },
};

static void follow_modifiers(Ps2Keyboard *keyboard, uint8_t key, bool down)
{
    for (unsigned i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
        if (modifiers[i].key == key) {
            keyboard->held = (keyboard->held & ~modifiers[i].bit) | (down ? modifiers[i].bit : 0);
        }
    }
}

/*
 * Keys whose codes follow no rule, and what they are with modifiers: Print is SysRq with Alt, Pause is Break with Ctrl
 * (Microsoft, "Keyboard Scan Code Specification", notes to the tables). Pause has no break code: all of it comes when it
 * is pressed. The first row that fits counts.
 */
static const struct {
    uint8_t key, scan_set;
    bool down;
    unsigned with;              /* one of these is down; 0: it does not matter */
    uint8_t count, codes[CODES_MAX];
} odd_keys[] = {
    { PS2_KEY_PAUSE, 1, true, CTRL, 4, { 0xe0, 0x46, 0xe0, 0xc6 } },
    { PS2_KEY_PAUSE, 1, true, 0, 6, { PREFIX_PAUSE, 0x1d, 0x45, PREFIX_PAUSE, 0x9d, 0xc5 } },
    { PS2_KEY_PAUSE, 1, false, 0, 0, { 0 } },
    { PS2_KEY_PAUSE, 2, true, CTRL, 5, { 0xe0, 0x7e, 0xe0, 0xf0, 0x7e } },
    { PS2_KEY_PAUSE, 2, true, 0, 8, { PREFIX_PAUSE, 0x14, 0x77, PREFIX_PAUSE, 0xf0, 0x14, 0xf0, 0x77 } },
    { PS2_KEY_PAUSE, 2, false, 0, 0, { 0 } },
    { PS2_KEY_PRINT, 1, true, ALT, 1, { 0x54 } },
    { PS2_KEY_PRINT, 1, false, ALT, 1, { 0xd4 } },
    { PS2_KEY_PRINT, 1, true, CTRL | SHIFT, 2, { 0xe0, 0x37 } },
    { PS2_KEY_PRINT, 1, false, CTRL | SHIFT, 2, { 0xe0, 0xb7 } },
    { PS2_KEY_PRINT, 1, true, 0, 4, { 0xe0, 0x2a, 0xe0, 0x37 } },
    { PS2_KEY_PRINT, 1, false, 0, 4, { 0xe0, 0xb7, 0xe0, 0xaa } },
    { PS2_KEY_PRINT, 2, true, ALT, 1, { 0x84 } },
    { PS2_KEY_PRINT, 2, false, ALT, 2, { 0xf0, 0x84 } },
    { PS2_KEY_PRINT, 2, true, CTRL | SHIFT, 2, { 0xe0, 0x7c } },
    { PS2_KEY_PRINT, 2, false, CTRL | SHIFT, 3, { 0xe0, 0xf0, 0x7c } },
    { PS2_KEY_PRINT, 2, true, 0, 4, { 0xe0, 0x12, 0xe0, 0x7c } },
    { PS2_KEY_PRINT, 2, false, 0, 6, { 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12 } },
};

/* Codes of @key into @codes; their number, or -1: it is no odd key. What was pressed as one key is let go as that. */
static int odd_codes(Ps2Keyboard *keyboard, uint8_t key, bool down, uint8_t *codes)
{
    unsigned held = down ? keyboard->held : keyboard->held_with;

    for (unsigned i = 0; i < sizeof(odd_keys) / sizeof(odd_keys[0]); i++) {
        if (odd_keys[i].key == key && odd_keys[i].scan_set == keyboard->scan_set && odd_keys[i].down == down &&
            (odd_keys[i].with == 0 || (odd_keys[i].with & held))) {
            memcpy(codes, odd_keys[i].codes, odd_keys[i].count);
            keyboard->held_with = held;
            return odd_keys[i].count;
        }
    }
    return -1;
}

static unsigned regular_codes(unsigned scan_set, uint8_t key, bool down, uint8_t *codes)
{
    uint8_t set1 = key & ~PS2_KEY_EXTENDED;
    uint8_t code = scan_set == 1 ? set1 : scan_set == 2 ? to_set2(set1) : to_set3(key);
    unsigned count = 0;

    if (code == 0) {
        return 0;
    }
    if ((key & PS2_KEY_EXTENDED) && scan_set != 3) {
        codes[count++] = PREFIX_EXTENDED;
    }
    if (!down && scan_set != 1) {
        codes[count++] = PREFIX_BREAK;
    }
    codes[count++] = code | (!down && scan_set == 1 ? BREAK_BIT : 0);
    return count;
}

void ps2_keyboard_send(Ps2Keyboard *keyboard, const uint8_t *codes, unsigned count)
{
    if (keyboard->scanning) {
        ps2_event(&keyboard->dev, codes, count);
    }
}

void ps2_keyboard_key(Ps2Keyboard *keyboard, uint8_t key, bool down)
{
    uint8_t codes[CODES_MAX];
    int count = odd_codes(keyboard, key, down, codes);

    follow_modifiers(keyboard, key, down);
    if (count < 0) {
        count = (int)regular_codes(keyboard->scan_set, key, down, codes);
    }
    ps2_keyboard_send(keyboard, codes, (unsigned)count);
}

/* ---- commands ---- */

static void ack(Ps2Keyboard *keyboard)
{
    ps2_answer_byte(&keyboard->dev, PS2_ACK);
}

/* Scanning stays as it is: that is for the commands to say. */
static void set_defaults(Ps2Keyboard *keyboard)
{
    ps2_clear(&keyboard->dev);
    keyboard->scan_set = 2;
    keyboard->typematic = DEFAULT_TYPEMATIC;
}

/* Bits 0 to 2, scroll, num and caps, are those of INPUT_LED_. */
static void set_leds(Ps2Keyboard *keyboard, uint8_t leds)
{
    keyboard->leds = leds;
    input_set_leds(leds);
}

void ps2_keyboard_reset(Ps2Keyboard *keyboard)
{
    set_defaults(keyboard);
    set_leds(keyboard, 0);
    keyboard->scanning = true;
}

static void do_leds(void *device, uint8_t parameter)
{
    set_leds(device, parameter & 7);
}

static void do_echo(void *device, uint8_t parameter)
{
    ps2_answer_byte(&((Ps2Keyboard *)device)->dev, ECHO);
}

/* 0 asks for the set in use. */
static void do_scan_set(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    if (parameter == 0) {
        ps2_answer_byte(&keyboard->dev, (uint8_t)keyboard->scan_set);
    } else if (parameter <= 3) {
        keyboard->scan_set = parameter;
    }
}

static void do_identify(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    ps2_answer(&keyboard->dev, (const uint8_t[]){ PS2_ACK, 0xab, 0x83 }, 3);
}

static void do_typematic(void *device, uint8_t parameter)
{
    ((Ps2Keyboard *)device)->typematic = parameter & 0x7f;
}

static void do_enable(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    ps2_clear(&keyboard->dev);
    keyboard->scanning = true;
    ack(keyboard);
}

static void do_disable(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    set_defaults(keyboard);
    keyboard->scanning = false;
    ack(keyboard);
}

static void do_defaults(void *device, uint8_t parameter)
{
    set_defaults(device);
    ack(device);
}

/* Which keys repeat or send break codes in set 3: ours all do both. */
static void do_key_types(void *device, uint8_t parameter)
{
    ack(device);
}

static void do_one_key_type(void *device, uint8_t parameter)
{
}

static void do_resend(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    ps2_answer_byte(&keyboard->dev, keyboard->dev.last_sent);
}

static void do_reset(void *device, uint8_t parameter)
{
    Ps2Keyboard *keyboard = device;

    ps2_keyboard_reset(keyboard);
    ps2_answer(&keyboard->dev, (const uint8_t[]){ PS2_ACK, PS2_OK }, 2);
}

static const Ps2Command commands[] = {
    { 0xed, true, do_leds },
    { ECHO, false, do_echo },
    { 0xf0, true, do_scan_set },
    { 0xf2, false, do_identify },
    { 0xf3, true, do_typematic },
    { 0xf4, false, do_enable },
    { 0xf5, false, do_disable },
    { 0xf6, false, do_defaults },
    { 0xf7, false, do_key_types },
    { 0xf8, false, do_key_types },
    { 0xf9, false, do_key_types },
    { 0xfa, false, do_key_types },
    { 0xfb, true, do_one_key_type },
    { 0xfc, true, do_one_key_type },
    { 0xfd, true, do_one_key_type },
    { 0xfe, false, do_resend },
    { 0xff, false, do_reset },
    { 0 }
};

void ps2_keyboard_write(Ps2Keyboard *keyboard, uint8_t byte)
{
    ps2_dispatch(&keyboard->dev, commands, byte);
}
