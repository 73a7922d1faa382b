/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about keyboards and mice: which there are, and keys and movements that tools send. */
#include <string.h>

#include "core/clock.h"
#include "core/command.h"
#include "core/runstate.h"
#include "lib/parse.h"
#include "ui/console.h"
#include "ui/input.h"

/* ---- mice ---- */

static bool query_mice(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) pointers = input_pointers();

    call->ret = json_array();
    for (unsigned i = 0; i < pointers->len; i++) {
        const InputSink *sink = pointers->pdata[i];
        Json *mouse = json_add_int(json_new(), "index", input_pointer_number(sink));
        json_add_str(mouse, "name", sink->name);
        json_add_bool(mouse, "current", i == 0);
        json_append(call->ret, json_add_bool(mouse, "absolute", sink->place != NULL));
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
    g_autoptr(GPtrArray) pointers = input_pointers();

    for (unsigned i = 0; i < pointers->len; i++) {
        const InputSink *sink = pointers->pdata[i];
        g_string_append_printf(out, "%c Mouse #%u: %s%s\n", i == 0 ? '*' : ' ', input_pointer_number(sink),
                               sink->name, sink->place ? " (absolute)" : "");
    }
    if (pointers->len == 0) {
        g_string_append(out, "No mouse devices connected\n");
    }
    return true;
}

HMP_COMMAND(hmp_info_mice) = { .name = "info mice", .help = "Mice of the guest", .run = info_mice };

static bool hmp_mouse_set(GString *out, const char *args, Error **errp)
{
    uint64_t number;

    return parse_u64(args, UINT32_MAX, &number, errp) ? input_pointer_use((unsigned)number, errp) : fail(errp, "mouse_set");
}

HMP_COMMAND(hmp_mouse_set_row) = {
    .name = "mouse_set",
    .args = "index",
    .help = "Use the mouse of that number (info mice) from now on",
    .run = hmp_mouse_set,
};

/* ---- typing ---- */

enum { KEYS_MAX = 16, HOLD_MS = 100 };

/* Keys that are down until the timer comes. */
static struct {
    unsigned keys[KEYS_MAX];
    unsigned count;
    Timer release;
} held;

/* In the reverse order, as fingers do. */
static void release_held(void *opaque)
{
    while (held.count > 0) {
        held.count--;
        input_key(held.keys[held.count], false);
    }
    input_sync();
}

static void type(const unsigned *codes, unsigned count, int64_t hold_ms)
{
    timer_cancel(&held.release);
    release_held(NULL);
    for (unsigned i = 0; i < count; i++) {
        input_key(codes[i], true);
        held.keys[held.count++] = codes[i];
    }
    input_sync();
    timer_init(&held.release, CLOCK_HOST, release_held, NULL);
    timer_set(&held.release, clock_now(CLOCK_HOST) + hold_ms * NS_PER_MS);
}

typedef struct SendKey {
    Json *keys;
    uint32_t hold_ms;
} SendKey;

/* {"type": "qcode", "data": "a"} or {"type": "number", "data": 30}, a scan code of set 1; 0 with *errp set. */
static unsigned read_key(Json *item, Error **errp)
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
    int64_t number = numbered ? json_object_get_int64(data) : 0;
    unsigned code = !numbered ? key_of_qcode(name) :
                    number > 0 && number <= UINT8_MAX ? key_of_scan_code((uint8_t)number) : 0;
    if (code == 0) {
        fail(errp, "Parameter 'data' does not accept value '%s'", json_object_get_string(data));
    }
    return code;
}

static bool send_key(QmpCall *call, Error **errp)
{
    const SendKey *args = call->args;
    size_t count = json_object_array_length(args->keys);
    unsigned codes[KEYS_MAX];

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
    unsigned codes[KEYS_MAX], count = g_strv_length(names);

    if (count == 0 || count > KEYS_MAX) {
        return fail(errp, count ? "too many keys" : "sendkey: string expected");
    }
    for (unsigned i = 0; i < count; i++) {
        if (g_str_has_prefix(names[i], "0x")) {
            codes[i] = parse_u64(names[i], UINT8_MAX, &number, errp) ? key_of_scan_code((uint8_t)number) : 0;
        } else {
            codes[i] = key_of_qcode(names[i]);
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

/* ---- pointers ---- */

/* How far a person at a monitor may say the mouse went: what two bytes hold. */
enum { MOVE_MAX = 0x7fff };

static bool hmp_mouse_move(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 3);
    unsigned count = g_strv_length(words);
    int64_t by[3] = { 0 };

    if (count < 2) {
        return fail(errp, "mouse_move: string expected");
    }
    for (unsigned i = 0; i < count; i++) {
        if (!parse_i64(words[i], -MOVE_MAX, MOVE_MAX, &by[i], errp)) {
            return false;
        }
    }
    input_move((int)by[0], (int)by[1]);
    input_wheel((int)by[2], 0);
    input_sync();
    return true;
}

HMP_COMMAND(hmp_mouse_move_row) = {
    .name = "mouse_move",
    .args = "dx dy [dz]",
    .help = "Move the mouse; dz: notches of the wheel, up",
    .run = hmp_mouse_move,
};

/* 1: left, 2: middle, 4: right. */
static bool hmp_mouse_button(GString *out, const char *args, Error **errp)
{
    static const InputButton buttons[] = { INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT };
    uint64_t state;

    if (!parse_u64(args, UINT32_MAX, &state, errp)) {
        return fail(errp, "mouse_button");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(buttons); i++) {
        input_button(buttons[i], state & (1u << i));
    }
    input_sync();
    return true;
}

HMP_COMMAND(hmp_mouse_button_row) = {
    .name = "mouse_button",
    .args = "state",
    .help = "Mouse buttons that are down: 1 left, 2 middle, 4 right",
    .run = hmp_mouse_button,
};

/* ---- input-send-event ---- */

static const char *const buttons[] = {
    "left", "middle", "right", "side", "extra", "wheel-up", "wheel-down", "wheel-left", "wheel-right", NULL
};
static const char *const axes[] = { "x", "y", NULL };

/* The place of the word @key of @data in @words; -1 with *errp set. */
static int read_word(Json *data, const char *key, const char *const *words, Error **errp)
{
    const char *text = json_get_str(data, key);

    for (int i = 0; text && words[i]; i++) {
        if (g_str_equal(words[i], text)) {
            return i;
        }
    }
    if (text) {
        fail(errp, "Parameter '%s' does not accept value '%s'", key, text);
    } else {
        fail(errp, "Parameter '%s' is missing", key);
    }
    return -1;
}

static bool read_down(Json *data, bool *ret, Error **errp)
{
    Json *down = json_get(data, "down");

    if (!json_object_is_type(down, json_type_boolean)) {
        return fail(errp, "Invalid parameter type for 'down', expected: boolean");
    }
    *ret = json_object_get_boolean(down);
    return true;
}

static bool key_event(Json *data, bool act, Error **errp)
{
    bool down;
    unsigned code = read_down(data, &down, errp) ? read_key(json_get(data, "key"), errp) : 0;

    if (code != 0 && act) {
        input_key(code, down);
    }
    return code != 0;
}

/* A notch of the wheel is a button that goes down. */
static bool button_event(Json *data, bool act, Error **errp)
{
    static const int wheel[][2] = { { 1, 0 }, { -1, 0 }, { 0, -1 }, { 0, 1 } };
    bool down;
    int button = read_down(data, &down, errp) ? read_word(data, "button", buttons, errp) : -1;

    if (button < 0 || !act) {
        return button >= 0;
    }
    if (button < INPUT_BUTTONS) {
        input_button((InputButton)button, down);
    } else if (down) {
        input_wheel(wheel[button - INPUT_BUTTONS][0], wheel[button - INPUT_BUTTONS][1]);
    }
    return true;
}

/* The axis and how far on it. */
static bool read_axis(Json *data, int *ret_axis, int64_t *ret_value, Error **errp)
{
    Json *value = json_get(data, "value");
    int axis = read_word(data, "axis", axes, errp);

    if (axis < 0) {
        return false;
    }
    if (!json_object_is_type(value, json_type_int)) {
        return fail(errp, "Invalid parameter type for 'value', expected: integer");
    }
    *ret_axis = axis;
    *ret_value = json_object_get_int64(value);
    return true;
}

static bool relative_event(Json *data, bool act, Error **errp)
{
    int axis;
    int64_t value;

    if (!read_axis(data, &axis, &value, errp)) {
        return false;
    }
    int by = (int)CLAMP(value, -MOVE_MAX, MOVE_MAX);
    if (act) {
        input_move(axis == 0 ? by : 0, axis == 1 ? by : 0);
    }
    return true;
}

static bool absolute_event(Json *data, bool act, Error **errp)
{
    static unsigned place[2];   /* the other axis stays where it was */
    int axis;
    int64_t value;

    if (!read_axis(data, &axis, &value, errp)) {
        return false;
    }
    if (!input_takes_places()) {
        return fail(errp, "Input handler not found for event type abs");
    }
    if (act) {
        place[axis] = (unsigned)CLAMP(value, 0, INPUT_ABS_MAX);
        input_place(place[0], place[1]);
    }
    return true;
}

static const struct {
    const char *type;
    bool (*fn)(Json *data, bool act, Error **errp);     /* @act: do it; otherwise only look for mistakes */
} events[] = {
    { "key", key_event },
    { "btn", button_event },
    { "rel", relative_event },
    { "abs", absolute_event },
};

static bool one_event(Json *event, bool act, Error **errp)
{
    const char *name = json_get_str(event, "type");

    for (unsigned i = 0; i < G_N_ELEMENTS(events); i++) {
        if (g_strcmp0(events[i].type, name) == 0) {
            return events[i].fn(json_get(event, "data"), act, errp);
        }
    }
    return fail(errp, "Parameter 'type' does not accept value '%s'", name ? name : "");
}

typedef struct SendEvent {
    char *device;
    uint32_t head;
    Json *events;
} SendEvent;

/* All of them or, when there is a mistake, none. */
static bool input_send_event(QmpCall *call, Error **errp)
{
    const SendEvent *args = call->args;
    size_t count = json_object_array_length(args->events);

    if (args->device && !console_find(args->device, args->head, errp)) {
        return false;
    }
    if (!vm_running() && run_state() != RUN_STATE_SUSPENDED) {
        return fail(errp, "VM not running");
    }
    for (size_t i = 0; i < 2 * count; i++) {
        if (!one_event(json_object_array_get_idx(args->events, i % count), i >= count, errp)) {
            return false;
        }
    }
    input_sync();
    return true;
}

QMP_COMMAND(qmp_input_send_event) = {
    .name = "input-send-event",
    .help = "Keys, buttons and movements, all at once",
    .size = sizeof(SendEvent),
    .args = (const Property[]){
        PROP(SendEvent, device, str, "device", NULL, "Display device in front of which it happens: must exist"),
        PROP(SendEvent, head, u32, "head", "0", "Which of its heads"),
        ARG_JSON(SendEvent, events, "[{type:key|btn|rel|abs,data:any}]", "events", "What happens"),
        { }
    },
    .run = input_send_event,
};
