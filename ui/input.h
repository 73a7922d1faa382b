/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys and pointers on their way from people (a VNC client, an event device of the host, QMP) to the guest's
 * devices. Keys are Linux key codes (linux/input-event-codes.h): what a key is on the keyboard, whatever is printed
 * on it. Devices that take input register; the newest of a kind gets it. With the machine's lock held.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { INPUT_ABS_MAX = 0x7fff };

typedef enum InputButton {
    INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT, INPUT_SIDE, INPUT_EXTRA, INPUT_BUTTONS
} InputButton;

/* A device of the guest. */
typedef struct InputSink {
    const char *name;           /* "PS/2 Mouse": query-mice */
    void (*key)(void *opaque, unsigned code, bool down);            /* NULL: no keyboard */
    /* A pointer has one of the two; then both that follow. */
    void (*move)(void *opaque, int dx, int dy);                     /* relative: pixels */
    void (*place)(void *opaque, unsigned x, unsigned y);            /* absolute: 0 to INPUT_ABS_MAX */
    void (*button)(void *opaque, InputButton button, bool down);
    void (*wheel)(void *opaque, int up, int right);                 /* notches */
    void (*sync)(void *opaque);                                     /* the end of what happened at once; NULL: nothing */
    void *opaque;
} InputSink;

void input_sink_add(const InputSink *sink);
void input_sink_del(const InputSink *sink);

/* Of InputSink, those with buttons; the first is the one in use. The caller frees the array. */
GPtrArray *input_pointers(void);

/* The pointer in use takes absolute places: viewers need not keep their own in step. */
bool input_is_absolute(void);

void input_key(unsigned code, bool down);
void input_move(int dx, int dy);
void input_place(unsigned x, unsigned y);
void input_button(InputButton button, bool down);
void input_wheel(int up, int right);
void input_sync(void);

/* Linux key codes and QMP's names (QKeyCode) and scan codes of set 1 (0xe0 as bit 7) of keys; 0: there is none. */
unsigned key_of_qcode(const char *name);
unsigned key_of_scan_code(uint8_t scan_code);
uint8_t key_scan_code(unsigned code);

/* Let go of every key and button that is down: their owner has left. */
void input_release_all(void);

#endif
