/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and pointers of VNC clients. */
#include <linux/input-event-codes.h>
#include <rfb/keysym.h>
#include <stdlib.h>

#include "ui/input.h"
#include "ui/layout.h"
#include "ui/vnc-internal.h"

/* ---- keys ---- */

typedef struct Symbol {
    uint16_t symbol, code;
} Symbol;

/*
 * X11's key symbols (keysymdef.h; those of Latin 1 are its letters) and the keys that have them on a US keyboard. Of a
 * key's two letters each has a row: the client sends Shift besides. Sorted by symbol.
 */
static const Symbol symbols[] = {
    { ' ', KEY_SPACE }, { '!', KEY_1 }, { '"', KEY_APOSTROPHE }, { '#', KEY_3 }, { '$', KEY_4 }, { '%', KEY_5 },
    { '&', KEY_7 }, { '\'', KEY_APOSTROPHE }, { '(', KEY_9 }, { ')', KEY_0 }, { '*', KEY_8 }, { '+', KEY_EQUAL },
    { ',', KEY_COMMA }, { '-', KEY_MINUS }, { '.', KEY_DOT }, { '/', KEY_SLASH }, { '0', KEY_0 }, { '1', KEY_1 },
    { '2', KEY_2 }, { '3', KEY_3 }, { '4', KEY_4 }, { '5', KEY_5 }, { '6', KEY_6 }, { '7', KEY_7 }, { '8', KEY_8 },
    { '9', KEY_9 }, { ':', KEY_SEMICOLON }, { ';', KEY_SEMICOLON }, { '<', KEY_COMMA }, { '=', KEY_EQUAL },
    { '>', KEY_DOT }, { '?', KEY_SLASH }, { '@', KEY_2 }, { '[', KEY_LEFTBRACE }, { '\\', KEY_BACKSLASH },
    { ']', KEY_RIGHTBRACE }, { '^', KEY_6 }, { '_', KEY_MINUS }, { '`', KEY_GRAVE },
    { 'a', KEY_A }, { 'b', KEY_B }, { 'c', KEY_C }, { 'd', KEY_D }, { 'e', KEY_E }, { 'f', KEY_F }, { 'g', KEY_G },
    { 'h', KEY_H }, { 'i', KEY_I }, { 'j', KEY_J }, { 'k', KEY_K }, { 'l', KEY_L }, { 'm', KEY_M }, { 'n', KEY_N },
    { 'o', KEY_O }, { 'p', KEY_P }, { 'q', KEY_Q }, { 'r', KEY_R }, { 's', KEY_S }, { 't', KEY_T }, { 'u', KEY_U },
    { 'v', KEY_V }, { 'w', KEY_W }, { 'x', KEY_X }, { 'y', KEY_Y }, { 'z', KEY_Z },
    { '{', KEY_LEFTBRACE }, { '|', KEY_BACKSLASH }, { '}', KEY_RIGHTBRACE }, { '~', KEY_GRAVE },
    { XK_ISO_Level3_Shift, KEY_RIGHTALT }, { XK_ISO_Left_Tab, KEY_TAB },
    { XK_BackSpace, KEY_BACKSPACE }, { XK_Tab, KEY_TAB }, { XK_Return, KEY_ENTER }, { XK_Pause, KEY_PAUSE },
    { XK_Scroll_Lock, KEY_SCROLLLOCK }, { XK_Sys_Req, KEY_SYSRQ }, { XK_Escape, KEY_ESC },
    { XK_Muhenkan, KEY_MUHENKAN }, { XK_Henkan, KEY_HENKAN }, { XK_Hiragana_Katakana, KEY_KATAKANAHIRAGANA },
    { XK_Home, KEY_HOME }, { XK_Left, KEY_LEFT }, { XK_Up, KEY_UP }, { XK_Right, KEY_RIGHT }, { XK_Down, KEY_DOWN },
    { XK_Page_Up, KEY_PAGEUP }, { XK_Page_Down, KEY_PAGEDOWN }, { XK_End, KEY_END },
    { XK_Print, KEY_SYSRQ }, { XK_Insert, KEY_INSERT }, { XK_Menu, KEY_COMPOSE }, { XK_Break, KEY_PAUSE },
    { XK_Mode_switch, KEY_RIGHTALT }, { XK_Num_Lock, KEY_NUMLOCK },
    { XK_KP_Enter, KEY_KPENTER }, { XK_KP_Home, KEY_KP7 }, { XK_KP_Left, KEY_KP4 }, { XK_KP_Up, KEY_KP8 },
    { XK_KP_Right, KEY_KP6 }, { XK_KP_Down, KEY_KP2 }, { XK_KP_Page_Up, KEY_KP9 }, { XK_KP_Page_Down, KEY_KP3 },
    { XK_KP_End, KEY_KP1 }, { XK_KP_Begin, KEY_KP5 }, { XK_KP_Insert, KEY_KP0 }, { XK_KP_Delete, KEY_KPDOT },
    { XK_KP_Multiply, KEY_KPASTERISK }, { XK_KP_Add, KEY_KPPLUS }, { XK_KP_Separator, KEY_KPCOMMA },
    { XK_KP_Subtract, KEY_KPMINUS }, { XK_KP_Decimal, KEY_KPDOT }, { XK_KP_Divide, KEY_KPSLASH },
    { XK_KP_0, KEY_KP0 }, { XK_KP_1, KEY_KP1 }, { XK_KP_2, KEY_KP2 }, { XK_KP_3, KEY_KP3 }, { XK_KP_4, KEY_KP4 },
    { XK_KP_5, KEY_KP5 }, { XK_KP_6, KEY_KP6 }, { XK_KP_7, KEY_KP7 }, { XK_KP_8, KEY_KP8 }, { XK_KP_9, KEY_KP9 },
    { XK_KP_Equal, KEY_KPEQUAL },
    { XK_F1, KEY_F1 }, { XK_F2, KEY_F2 }, { XK_F3, KEY_F3 }, { XK_F4, KEY_F4 }, { XK_F5, KEY_F5 }, { XK_F6, KEY_F6 },
    { XK_F7, KEY_F7 }, { XK_F8, KEY_F8 }, { XK_F9, KEY_F9 }, { XK_F10, KEY_F10 }, { XK_F11, KEY_F11 },
    { XK_F12, KEY_F12 },
    { XK_Shift_L, KEY_LEFTSHIFT }, { XK_Shift_R, KEY_RIGHTSHIFT }, { XK_Control_L, KEY_LEFTCTRL },
    { XK_Control_R, KEY_RIGHTCTRL }, { XK_Caps_Lock, KEY_CAPSLOCK }, { XK_Meta_L, KEY_LEFTALT },
    { XK_Meta_R, KEY_RIGHTALT }, { XK_Alt_L, KEY_LEFTALT }, { XK_Alt_R, KEY_RIGHTALT }, { XK_Super_L, KEY_LEFTMETA },
    { XK_Super_R, KEY_RIGHTMETA }, { XK_Delete, KEY_DELETE },
};

static int compare_symbols(const void *a, const void *b)
{
    return (int)((const Symbol *)a)->symbol - (int)((const Symbol *)b)->symbol;
}

unsigned vnc_key_of_symbol(uint32_t symbol)
{
    bool capital = symbol >= 'A' && symbol <= 'Z';
    Symbol wanted = { .symbol = (uint16_t)(capital ? symbol - 'A' + 'a' : symbol) };
    unsigned code = layout_key(symbol);
    const Symbol *found = code || symbol > UINT16_MAX ? NULL :
                          bsearch(&wanted, symbols, G_N_ELEMENTS(symbols), sizeof(symbols[0]), compare_symbols);

    return found ? found->code : code;
}

/* ---- what a client holds ---- */

static void set_key(VncKeys *keys, unsigned code, bool down)
{
    uint64_t bit = UINT64_C(1) << code % 64;

    if (code < KEY_CNT) {
        keys->down[code / 64] = (keys->down[code / 64] & ~bit) | (down ? bit : 0);
        input_key(code, down);
    }
}

static void release_keys(VncKeys *keys)
{
    for (unsigned code = 0; code < KEY_CNT; code++) {
        if (keys->down[code / 64] >> code % 64 & 1) {
            set_key(keys, code, false);
        }
    }
}

/* The guest never sees the last of the three keys, and sees the others let go. */
static bool choose_console(VncServer *server, VncKeys *keys, unsigned code, bool down)
{
    if (!down && code == keys->swallowed) {
        keys->swallowed = 0;
        return true;
    }
    if (!down || !keys->control || !keys->alt || code < KEY_1 || code > KEY_9 || !vnc_server_choose(server, code - KEY_1)) {
        return code == keys->swallowed;     /* it repeats */
    }
    keys->swallowed = code;
    release_keys(keys);
    return true;
}

void vnc_key_event(VncServer *server, VncKeys *keys, unsigned code, bool down)
{
    if (code == KEY_LEFTCTRL) {
        keys->control = down;
    } else if (code == KEY_LEFTALT) {
        keys->alt = down;
    }
    if (code != 0 && !choose_console(server, keys, code, down)) {
        set_key(keys, code, down);
    }
}

/* ---- pointers ---- */

/* Bits of the button mask (RFC 6143, 7.5.5); the wheel's notches are buttons that go down. */
static const struct {
    bool wheel;
    InputButton button;
    int up, right;
} pointer_buttons[] = {
    { .button = INPUT_LEFT }, { .button = INPUT_MIDDLE }, { .button = INPUT_RIGHT },
    { true, .up = 1 }, { true, .up = -1 }, { true, .right = -1 }, { true, .right = 1 }, { .button = INPUT_SIDE },
};

static void press(unsigned before, unsigned now)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(pointer_buttons); i++) {
        bool down = now & (1u << i);
        if (down == !!(before & (1u << i))) {
            continue;
        }
        if (!pointer_buttons[i].wheel) {
            input_button(pointer_buttons[i].button, down);
        } else if (down) {
            input_wheel(pointer_buttons[i].up, pointer_buttons[i].right);
        }
    }
}

/* The middle of the pixel: guests that round and those that cut find it again. */
static unsigned scaled(int at, int size)
{
    return (unsigned)((2 * (int64_t)CLAMP(at, 0, size - 1) + 1) * (INPUT_ABS_MAX + 1) / (2 * (int64_t)size));
}

/* What a client adds to a movement (rfbproto, "QEMU Pointer Motion Change Pseudo-encoding"). */
enum { NO_MOVEMENT = 0x7fff };

/* A mouse cannot be placed: it goes as far as the client's has gone. */
void vnc_pointer_event(VncPointer *pointer, const rfbScreenInfo *screen, unsigned buttons, int x, int y, bool relative)
{
    if (relative) {
        input_move(x - NO_MOVEMENT, y - NO_MOVEMENT);
    } else if (input_is_absolute()) {
        input_place(scaled(x, screen->width), scaled(y, screen->height));
    } else if (pointer->known && (x != pointer->x || y != pointer->y)) {
        input_move(x - pointer->x, y - pointer->y);
    }
    press(pointer->buttons, buttons);
    *pointer = (VncPointer){ !relative, x, y, buttons };
    input_sync();
}

void vnc_let_go(VncKeys *keys, VncPointer *pointer)
{
    release_keys(keys);
    press(pointer->buttons, 0);
    pointer->buttons = 0;
    input_sync();
}
