/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys and pointers on their way from people (a VNC client, an event device of the host, QMP) to the guest's
 * devices. Keys are Linux key codes (linux/input-event-codes.h): what a key is on the keyboard, whatever is printed
 * on it. Devices that take input register; the newest of a kind gets it, until a person chooses another. With the
 * machine's lock held.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/notify.h"
#include "lib/error.h"

enum { INPUT_ABS_MAX = 0x7fff };

typedef enum InputButton {
    INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT, INPUT_SIDE, INPUT_EXTRA, INPUT_BUTTONS
} InputButton;

/*
 * A device of the guest: a keyboard, a pointer or both. A pointer that is switched on by the guest's driver is added
 * then, and taken out when the driver switches it off: another one is in use meanwhile.
 */
typedef struct InputSink {
    const char *name;           /* "PS/2 Mouse": query-mice */
    void (*key)(void *opaque, unsigned code, bool down);            /* NULL: no keyboard */
    /* A pointer has at least one of the two; then both that follow. With place it is absolute. */
    void (*move)(void *opaque, int dx, int dy);                     /* relative: pixels */
    void (*place)(void *opaque, unsigned x, unsigned y);            /* absolute: 0 to INPUT_ABS_MAX */
    void (*button)(void *opaque, InputButton button, bool down);
    void (*wheel)(void *opaque, int up, int right);                 /* notches */
    void (*sync)(void *opaque);                                     /* the end of what happened at once; NULL: nothing */
    void *opaque;
} InputSink;

/* It is the one in use from now on, and what was pressed on the one before is let go there. */
void input_sink_add(const InputSink *sink);
/* A sink that was never added is accepted. */
void input_sink_del(const InputSink *sink);

/* Of InputSink, those with buttons; the first is the one in use. The caller frees the array. */
GPtrArray *input_pointers(void);

/* Its number among pointers, which it keeps: the lowest that was free when it was added. */
unsigned input_pointer_number(const InputSink *sink);

/* Use the pointer of that number from now on. */
bool input_pointer_use(unsigned number, Error **errp);

/* The pointer in use takes absolute places: viewers need not keep their own in step. */
bool input_is_absolute(void);

/* Some pointer takes places, be it in use or not. */
bool input_takes_places(void);

/* data: NULL. input_is_absolute() has changed. */
extern NotifierList input_absolute_notifiers;

void input_key(unsigned code, bool down);

/* Buttons and the wheel go to the pointer in use. So does a movement or a place, unless it takes none: then the next
 * that does is moved. */
void input_move(int dx, int dy);
void input_place(unsigned x, unsigned y);
void input_button(InputButton button, bool down);
void input_wheel(int up, int right);
void input_sync(void);

/* The lights of the guest's keyboard: INPUT_LED_ bits, as its driver has set them. data of the list: NULL. */
enum { INPUT_LED_SCROLL = 1, INPUT_LED_NUM = 2, INPUT_LED_CAPS = 4 };
extern NotifierList input_led_notifiers;
unsigned input_leds(void);
void input_set_leds(unsigned leds);

/* Linux key codes and QMP's names (QKeyCode) and scan codes of set 1 (0xe0 as bit 7) of keys; 0: there is none. */
unsigned key_of_qcode(const char *name);
unsigned key_of_scan_code(uint8_t scan_code);
uint8_t key_scan_code(unsigned code);

#endif
