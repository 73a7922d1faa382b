/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the PS/2 keyboard and mouse share. */
#ifndef HW_INPUT_PS2_INTERNAL_H
#define HW_INPUT_PS2_INTERNAL_H

#include "hw/input/ps2.h"

/* Answers, both devices. */
enum {
    PS2_OK = 0xaa,      /* basic assurance test passed */
    PS2_ACK = 0xfa,
    PS2_RESEND = 0xfe,  /* not understood: send it again */
};

/* Queue an answer and tell the controller. */
void ps2_answer(Ps2Device *dev, const uint8_t *bytes, unsigned count);
void ps2_answer_byte(Ps2Device *dev, uint8_t byte);

/* Queue codes of an event: all of them, or none when there is no room. */
void ps2_event(Ps2Device *dev, const uint8_t *bytes, unsigned count);

/* Forget what is queued and any half command. */
void ps2_clear(Ps2Device *dev);

/* A line of a command table: what is answered after ACK, and what it does. */
typedef struct Ps2Command {
    uint8_t byte;
    bool parameter;                         /* fn is called with the byte that follows */
    void (*fn)(void *device, uint8_t parameter);
} Ps2Command;

/*
 * Handle a byte from the controller by the table (ended by a row of 0):
 * answers ACK, or RESEND when the table does not know the command.
 */
void ps2_dispatch(Ps2Device *dev, const Ps2Command *commands, uint8_t byte);

#endif
