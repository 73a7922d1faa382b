/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the keyboard and the mouse: which there are, and keys typed by tools. */
#include <string.h>

#include "core/clock.h"
#include "core/command.h"
#include "hw/input/i8042.h"
#include "lib/parse.h"

/* ---- mice ---- */

static bool has_mouse(void)
{
    g_autoptr(GPtrArray) controllers = object_list(&i8042_class);

    return controllers->len > 0;
}

static bool query_mice(QmpCall *call, Error **errp)
{
    call->ret = json_array();
    if (has_mouse()) {
        Json *mouse = json_add_int(json_new(), "index", 0);
        json_add_str(mouse, "name", "PS/2 Mouse");
        json_add_bool(mouse, "current", true);
        json_append(call->ret, json_add_bool(mouse, "absolute", false));
    }
    return true;
}

QMP_COMMAND(qmp_query_mice) = {
    .name = "query-mice",
    .help = "Mice of the guest",
    .returns = "[{name:str,index:int,current:bool,absolute:bool}]",
    .run = query_mice,
};

static bool info_mice(GString *out, const char *args, Error **errp)
{
    g_string_append(out, has_mouse() ? "* Mouse #0: PS/2 Mouse\n" : "No mouse devices connected\n");
    return true;
}

HMP_COMMAND(hmp_info_mice) = { .name = "info mice", .help = "Mice of the guest", .run = info_mice };

/* ---- names of keys ---- */

enum { E0 = PS2_KEY_EXTENDED };

/* The names of QMP's QKeyCode, and codes of scan code set 1 (ps2.h). */
static const struct {
    const char *name;
    uint8_t key;
} keys[] = {
    { "esc", 0x01 }, { "1", 0x02 }, { "2", 0x03 }, { "3", 0x04 }, { "4", 0x05 }, { "5", 0x06 }, { "6", 0x07 },
    { "7", 0x08 }, { "8", 0x09 }, { "9", 0x0a }, { "0", 0x0b }, { "minus", 0x0c }, { "equal", 0x0d },
    { "backspace", 0x0e }, { "tab", 0x0f }, { "q", 0x10 }, { "w", 0x11 }, { "e", 0x12 }, { "r", 0x13 },
    { "t", 0x14 }, { "y", 0x15 }, { "u", 0x16 }, { "i", 0x17 }, { "o", 0x18 }, { "p", 0x19 },
    { "bracket_left", 0x1a }, { "bracket_right", 0x1b }, { "ret", 0x1c }, { "ctrl", 0x1d }, { "a", 0x1e },
    { "s", 0x1f }, { "d", 0x20 }, { "f", 0x21 }, { "g", 0x22 }, { "h", 0x23 }, { "j", 0x24 }, { "k", 0x25 },
    { "l", 0x26 }, { "semicolon", 0x27 }, { "apostrophe", 0x28 }, { "grave_accent", 0x29 }, { "shift", 0x2a },
    { "backslash", 0x2b }, { "z", 0x2c }, { "x", 0x2d }, { "c", 0x2e }, { "v", 0x2f }, { "b", 0x30 },
    { "n", 0x31 }, { "m", 0x32 }, { "comma", 0x33 }, { "dot", 0x34 }, { "slash", 0x35 }, { "shift_r", 0x36 },
    { "asterisk", 0x37 }, { "kp_multiply", 0x37 }, { "alt", 0x38 }, { "spc", 0x39 }, { "caps_lock", 0x3a },
    { "f1", 0x3b }, { "f2", 0x3c }, { "f3", 0x3d }, { "f4", 0x3e }, { "f5", 0x3f }, { "f6", 0x40 },
    { "f7", 0x41 }, { "f8", 0x42 }, { "f9", 0x43 }, { "f10", 0x44 }, { "num_lock", 0x45 }, { "scroll_lock", 0x46 },
    { "kp_7", 0x47 }, { "kp_8", 0x48 }, { "kp_9", 0x49 }, { "kp_subtract", 0x4a }, { "kp_4", 0x4b },
    { "kp_5", 0x4c }, { "kp_6", 0x4d }, { "kp_add", 0x4e }, { "kp_1", 0x4f }, { "kp_2", 0x50 }, { "kp_3", 0x51 },
    { "kp_0", 0x52 }, { "kp_decimal", 0x53 }, { "sysrq", 0x54 }, { "less", 0x56 }, { "f11", 0x57 },
    { "f12", 0x58 }, { "hiragana", 0x70 }, { "ro", 0x73 }, { "henkan", 0x79 }, { "muhenkan", 0x7b },
    { "yen", 0x7d }, { "kp_comma", 0x7e }, { "kp_enter", E0 | 0x1c }, { "ctrl_r", E0 | 0x1d },
    { "kp_divide", E0 | 0x35 }, { "print", PS2_KEY_PRINT }, { "alt_r", E0 | 0x38 }, { "pause", PS2_KEY_PAUSE },
    { "home", E0 | 0x47 }, { "up", E0 | 0x48 }, { "pgup", E0 | 0x49 }, { "left", E0 | 0x4b }, { "right", E0 | 0x4d },
    { "end", E0 | 0x4f }, { "down", E0 | 0x50 }, { "pgdn", E0 | 0x51 }, { "insert", E0 | 0x52 },
    { "delete", E0 | 0x53 }, { "meta_l", E0 | 0x5b }, { "meta_r", E0 | 0x5c }, { "compose", E0 | 0x5d },
    { "power", E0 | 0x5e }, { "sleep", E0 | 0x5f }, { "wake", E0 | 0x63 },
};

static uint8_t key_named(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_str_equal(keys[i].name, name)) {
            return keys[i].key;
        }
    }
    return 0;
}

/* ---- typing ---- */

enum { KEYS_MAX = 16, HOLD_MS = 100 };

/* Keys that are down until the timer comes. */
static struct {
    uint8_t keys[KEYS_MAX];
    unsigned count;
    Timer release;
} held;

/* In the reverse order, as fingers do; the keyboard may have gone. */
static void release_all(void *opaque)
{
    Ps2Keyboard *keyboard = i8042_keyboard();

    while (held.count > 0) {
        held.count--;
        if (keyboard) {
            ps2_keyboard_key(keyboard, held.keys[held.count], false);
        }
    }
}

static void type(const uint8_t *codes, unsigned count, int64_t hold_ms)
{
    Ps2Keyboard *keyboard = i8042_keyboard();

    timer_cancel(&held.release);
    release_all(NULL);
    for (unsigned i = 0; keyboard && i < count; i++) {
        ps2_keyboard_key(keyboard, codes[i], true);
        held.keys[held.count++] = codes[i];
    }
    timer_init(&held.release, CLOCK_HOST, release_all, NULL);
    timer_set(&held.release, clock_now(CLOCK_HOST) + hold_ms * NS_PER_MS);
}

typedef struct SendKey {
    Json *keys;
    uint32_t hold_ms;
} SendKey;

/* {"type": "qcode", "data": "a"} or {"type": "number", "data": 30}; 0 with *errp set. */
static uint8_t read_key(Json *item, Error **errp)
{
    const char *type_name = json_get_str(item, "type"), *name = json_get_str(item, "data");
    Json *data = json_get(item, "data");
    bool numbered = g_strcmp0(type_name, "number") == 0;

    if (!type_name || (!numbered && !g_str_equal(type_name, "qcode"))) {
        fail(errp, "Parameter 'type' does not accept value '%s'", type_name ? type_name : "");
        return 0;
    }
    if (!json_object_is_type(data, numbered ? json_type_int : json_type_string)) {
        fail(errp, "Invalid parameter type for 'data', expected: %s", numbered ? "integer" : "string");
        return 0;
    }
    int64_t number = numbered ? json_object_get_int64(data) : key_named(name);
    if (number < 1 || number > UINT8_MAX) {
        fail(errp, "Parameter 'data' does not accept value '%s'", json_object_get_string(data));
        return 0;
    }
    return (uint8_t)number;
}

static bool send_key(QmpCall *call, Error **errp)
{
    const SendKey *args = call->args;
    size_t count = json_object_array_length(args->keys);
    uint8_t codes[KEYS_MAX];

    if (count > KEYS_MAX) {
        return fail(errp, "at most %d keys go down together", KEYS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        codes[i] = read_key(json_object_array_get_idx(args->keys, i), errp);
        if (codes[i] == 0) {
            return false;
        }
    }
    type(codes, (unsigned)count, args->hold_ms);
    return true;
}

QMP_COMMAND(qmp_send_key) = {
    .name = "send-key",
    .help = "Type: keys go down in this order, and up again",
    .size = sizeof(SendKey),
    .args = (const Property[]){
        ARG_JSON(SendKey, keys, "[{type:number|qcode,data:any}]", "keys", "What to press"),
        PROP(SendKey, hold_ms, u32, "hold-time", "100", "Milliseconds until they go up"),
        { }
    },
    .run = send_key,
};

/* "ctrl-alt-delete", "0x1e"; a '-' alone cannot be meant: its name is "minus". */
static bool hmp_sendkey(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    g_auto(GStrv) names = g_strsplit(words[0] ? words[0] : "", "-", -1);
    uint64_t hold_ms = HOLD_MS, number;
    uint8_t codes[KEYS_MAX];
    unsigned count = g_strv_length(names);

    if (count == 0 || count > KEYS_MAX) {
        return fail(errp, count ? "too many keys" : "sendkey: string expected");
    }
    for (unsigned i = 0; i < count; i++) {
        if (g_str_has_prefix(names[i], "0x")) {
            codes[i] = parse_u64(names[i], UINT8_MAX, &number, errp) ? (uint8_t)number : 0;
        } else {
            codes[i] = key_named(names[i]);
        }
        if (codes[i] == 0) {
            return *errp ? false : fail(errp, "unknown key: '%s'", names[i]);
        }
    }
    if (words[1] && !parse_u64(words[1], UINT32_MAX, &hold_ms, errp)) {
        return false;
    }
    type(codes, count, (int64_t)hold_ms);
    return true;
}

HMP_COMMAND(hmp_sendkey_row) = {
    .name = "sendkey",
    .args = "keys [hold_ms]",
    .help = "Type: sendkey ctrl-alt-delete",
    .run = hmp_sendkey,
};
