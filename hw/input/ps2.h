/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hangs on the two cables of the keyboard controller: a keyboard and a
 * mouse that speak the PS/2 protocol (IBM PS/2 Hardware Interface Technical
 * Reference, "Keyboards" and "Mouse"). They know nothing of the controller.
 */
#ifndef HW_INPUT_PS2_H
#define HW_INPUT_PS2_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PS2_QUEUE_SIZE = 64,
    PS2_QUEUE_EVENTS = 32,      /* of these at most for keys, the rest for answers to commands */
    PS2_EVENT = 0x100,          /* mark of a queued byte that is no answer but an event */
    PS2_KEY_EXTENDED = 0x80,    /* of a key number: its codes begin with 0xe0 */
    PS2_KEY_PAUSE = 0xc6,
    PS2_KEY_PRINT = 0xb7,
};

/* Bytes on their way to the controller: answers to commands, then events, each oldest first. */
typedef struct Ps2Queue {
    uint16_t bytes[PS2_QUEUE_SIZE];
    unsigned head, count;
    unsigned answers;           /* of count */
} Ps2Queue;

/* One end of a cable. */
typedef struct Ps2Device {
    Ps2Queue queue;
    uint8_t last_sent;          /* for the command Resend */
    uint8_t command;            /* waits for its parameter; 0: none */
    void (*ready)(void *opaque);    /* there is something in the queue */
    void *opaque;
} Ps2Device;

typedef struct Ps2Keyboard {
    Ps2Device dev;
    bool scanning;
    unsigned scan_set;          /* 1 to 3 */
    uint8_t leds;               /* scroll, num, caps */
    uint8_t typematic;
    unsigned held;              /* bits of ps2-keyboard.c: modifiers that are down */
    unsigned held_with;         /* ... when the last odd key went down */
} Ps2Keyboard;

typedef struct Ps2Mouse {
    Ps2Device dev;
    bool reporting, remote, wrap, scaling21;
    uint8_t resolution, rate;
    uint8_t id;                 /* 0: plain, 3: with a wheel, 4: and five buttons */
    uint8_t last_rates[3];
    int dx, dy, wheel;          /* not reported yet, as reports count */
    uint8_t buttons, reported_buttons;      /* left, right, middle, side, extra from bit 0 */
} Ps2Mouse;

/* Take the next byte (with PS2_EVENT); call only with queue.count > 0. */
unsigned ps2_take(Ps2Device *dev);

void ps2_keyboard_reset(Ps2Keyboard *keyboard);
void ps2_keyboard_write(Ps2Keyboard *keyboard, uint8_t byte);

/*
 * A key goes down or up. @key is its scan code of set 1 (0x01 to 0x7f), with
 * PS2_KEY_EXTENDED for those behind 0xe0. Lost when the queue is full or the
 * guest has turned scanning off.
 */
void ps2_keyboard_key(Ps2Keyboard *keyboard, uint8_t key, bool down);

/* Codes as they are, for keys no table knows: all or nothing. */
void ps2_keyboard_send(Ps2Keyboard *keyboard, const uint8_t *codes, unsigned count);

void ps2_mouse_reset(Ps2Mouse *mouse);
void ps2_mouse_write(Ps2Mouse *mouse, uint8_t byte);

/*
 * The mouse goes right, down and its wheel up; a button (bit of Ps2Mouse.buttons) goes down or up. The guest is told by
 * ps2_mouse_report(), which the controller also calls when the guest has fetched what there was.
 */
void ps2_mouse_move(Ps2Mouse *mouse, int dx, int dy, int wheel_up);
void ps2_mouse_button(Ps2Mouse *mouse, unsigned button, bool down);
void ps2_mouse_report(Ps2Mouse *mouse);

/* The code of set 1 the controller makes of a byte of set 2. */
uint8_t ps2_translate(uint8_t set2);

#endif
