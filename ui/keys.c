/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key is called: by Linux, by scan code set 1 and by QMP; see input.h. */
#include <linux/input-event-codes.h>

#include "ui/input.h"

/*
 * The codes of set 1 with bit 7 for those behind 0xe0 (PS/2 HITR, "Keyboards"; media keys: Microsoft's "Keyboard Scan
 * Code Specification", 1.3a). A key with two names in QMP has a row for each, and the first is its own.
 */
static const struct {
    uint16_t code;
    uint8_t scan_code;
    const char *name;
} keys[] = {
    { KEY_ESC, 0x01, "esc" }, { KEY_1, 0x02, "1" }, { KEY_2, 0x03, "2" }, { KEY_3, 0x04, "3" },
    { KEY_4, 0x05, "4" }, { KEY_5, 0x06, "5" }, { KEY_6, 0x07, "6" }, { KEY_7, 0x08, "7" },
    { KEY_8, 0x09, "8" }, { KEY_9, 0x0a, "9" }, { KEY_0, 0x0b, "0" }, { KEY_MINUS, 0x0c, "minus" },
    { KEY_EQUAL, 0x0d, "equal" }, { KEY_BACKSPACE, 0x0e, "backspace" }, { KEY_TAB, 0x0f, "tab" },
    { KEY_Q, 0x10, "q" }, { KEY_W, 0x11, "w" }, { KEY_E, 0x12, "e" }, { KEY_R, 0x13, "r" },
    { KEY_T, 0x14, "t" }, { KEY_Y, 0x15, "y" }, { KEY_U, 0x16, "u" }, { KEY_I, 0x17, "i" },
    { KEY_O, 0x18, "o" }, { KEY_P, 0x19, "p" }, { KEY_LEFTBRACE, 0x1a, "bracket_left" },
    { KEY_RIGHTBRACE, 0x1b, "bracket_right" }, { KEY_ENTER, 0x1c, "ret" }, { KEY_LEFTCTRL, 0x1d, "ctrl" },
    { KEY_A, 0x1e, "a" }, { KEY_S, 0x1f, "s" }, { KEY_D, 0x20, "d" }, { KEY_F, 0x21, "f" },
    { KEY_G, 0x22, "g" }, { KEY_H, 0x23, "h" }, { KEY_J, 0x24, "j" }, { KEY_K, 0x25, "k" },
    { KEY_L, 0x26, "l" }, { KEY_SEMICOLON, 0x27, "semicolon" }, { KEY_APOSTROPHE, 0x28, "apostrophe" },
    { KEY_GRAVE, 0x29, "grave_accent" }, { KEY_LEFTSHIFT, 0x2a, "shift" },
    { KEY_BACKSLASH, 0x2b, "backslash" }, { KEY_Z, 0x2c, "z" }, { KEY_X, 0x2d, "x" }, { KEY_C, 0x2e, "c" },
    { KEY_V, 0x2f, "v" }, { KEY_B, 0x30, "b" }, { KEY_N, 0x31, "n" }, { KEY_M, 0x32, "m" },
    { KEY_COMMA, 0x33, "comma" }, { KEY_DOT, 0x34, "dot" }, { KEY_SLASH, 0x35, "slash" },
    { KEY_RIGHTSHIFT, 0x36, "shift_r" }, { KEY_KPASTERISK, 0x37, "kp_multiply" },
    { KEY_LEFTALT, 0x38, "alt" }, { KEY_SPACE, 0x39, "spc" }, { KEY_CAPSLOCK, 0x3a, "caps_lock" },
    { KEY_F1, 0x3b, "f1" }, { KEY_F2, 0x3c, "f2" }, { KEY_F3, 0x3d, "f3" }, { KEY_F4, 0x3e, "f4" },
    { KEY_F5, 0x3f, "f5" }, { KEY_F6, 0x40, "f6" }, { KEY_F7, 0x41, "f7" }, { KEY_F8, 0x42, "f8" },
    { KEY_F9, 0x43, "f9" }, { KEY_F10, 0x44, "f10" }, { KEY_NUMLOCK, 0x45, "num_lock" },
    { KEY_SCROLLLOCK, 0x46, "scroll_lock" }, { KEY_KP7, 0x47, "kp_7" }, { KEY_KP8, 0x48, "kp_8" },
    { KEY_KP9, 0x49, "kp_9" }, { KEY_KPMINUS, 0x4a, "kp_subtract" }, { KEY_KP4, 0x4b, "kp_4" },
    { KEY_KP5, 0x4c, "kp_5" }, { KEY_KP6, 0x4d, "kp_6" }, { KEY_KPPLUS, 0x4e, "kp_add" },
    { KEY_KP1, 0x4f, "kp_1" }, { KEY_KP2, 0x50, "kp_2" }, { KEY_KP3, 0x51, "kp_3" },
    { KEY_KP0, 0x52, "kp_0" }, { KEY_KPDOT, 0x53, "kp_decimal" }, { KEY_102ND, 0x56, "less" },
    { KEY_F11, 0x57, "f11" }, { KEY_F12, 0x58, "f12" }, { KEY_KATAKANAHIRAGANA, 0x70, "hiragana" },
    { KEY_RO, 0x73, "ro" }, { KEY_HENKAN, 0x79, "henkan" }, { KEY_MUHENKAN, 0x7b, "muhenkan" },
    { KEY_YEN, 0x7d, "yen" }, { KEY_KPCOMMA, 0x7e, "kp_comma" }, { KEY_KPENTER, 0x9c, "kp_enter" },
    { KEY_RIGHTCTRL, 0x9d, "ctrl_r" }, { KEY_KPSLASH, 0xb5, "kp_divide" }, { KEY_SYSRQ, 0xb7, "print" },
    { KEY_RIGHTALT, 0xb8, "alt_r" }, { KEY_PAUSE, 0xc6, "pause" }, { KEY_HOME, 0xc7, "home" },
    { KEY_UP, 0xc8, "up" }, { KEY_PAGEUP, 0xc9, "pgup" }, { KEY_LEFT, 0xcb, "left" },
    { KEY_RIGHT, 0xcd, "right" }, { KEY_END, 0xcf, "end" }, { KEY_DOWN, 0xd0, "down" },
    { KEY_PAGEDOWN, 0xd1, "pgdn" }, { KEY_INSERT, 0xd2, "insert" }, { KEY_DELETE, 0xd3, "delete" },
    { KEY_LEFTMETA, 0xdb, "meta_l" }, { KEY_RIGHTMETA, 0xdc, "meta_r" }, { KEY_COMPOSE, 0xdd, "compose" },
    { KEY_POWER, 0xde, "power" }, { KEY_SLEEP, 0xdf, "sleep" }, { KEY_WAKEUP, 0xe3, "wake" },
    { KEY_KPASTERISK, 0x37, "asterisk" }, { KEY_SYSRQ, 0x54, "sysrq" }, { KEY_CALC, 0xa1, "calculator" },
    { KEY_MUTE, 0xa0, "audiomute" }, { KEY_VOLUMEDOWN, 0xae, "volumedown" },
    { KEY_VOLUMEUP, 0xb0, "volumeup" }, { KEY_NEXTSONG, 0x99, "audionext" },
    { KEY_PREVIOUSSONG, 0x90, "audioprev" }, { KEY_STOPCD, 0xa4, "audiostop" },
    { KEY_PLAYPAUSE, 0xa2, "audioplay" }, { KEY_MAIL, 0xec, "mail" }, { KEY_HOMEPAGE, 0xb2, "ac_home" },
    { KEY_BOOKMARKS, 0xe6, "ac_bookmarks" }, { KEY_FORWARD, 0xe9, "ac_forward" },
    { KEY_BACK, 0xea, "ac_back" }, { KEY_COMPUTER, 0xeb, "computer" }, { KEY_KPEQUAL, 0x59, "kp_equals" },
};

unsigned key_of_qcode(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_str_equal(keys[i].name, name)) {
            return keys[i].code;
        }
    }
    return 0;
}

unsigned key_of_scan_code(uint8_t scan_code)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (keys[i].scan_code == scan_code) {
            return keys[i].code;
        }
    }
    return 0;
}

uint8_t key_scan_code(unsigned code)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (keys[i].code == code) {
            return keys[i].scan_code;
        }
    }
    return 0;
}
