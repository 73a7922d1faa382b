/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PS/2 cable: queue of bytes, commands with and without a parameter. */
#include "hw/input/ps2.h"

#include <stddef.h>

#include "hw/input/ps2-internal.h"

static uint16_t *byte_at(Ps2Queue *queue, unsigned place)
{
    return &queue->bytes[(queue->head + place) % PS2_QUEUE_SIZE];
}

/* A device that is told something answers before it tells what it has to tell: drivers drop the rest meanwhile. */
static void push_answer(Ps2Queue *queue, uint8_t byte)
{
    for (unsigned place = queue->count++; place > queue->answers; place--) {
        *byte_at(queue, place) = *byte_at(queue, place - 1);
    }
    *byte_at(queue, queue->answers++) = byte;
}

unsigned ps2_take(Ps2Device *dev)
{
    Ps2Queue *queue = &dev->queue;
    unsigned byte = *byte_at(queue, 0);

    queue->head = (queue->head + 1) % PS2_QUEUE_SIZE;
    queue->count--;
    queue->answers -= queue->answers > 0;
    dev->last_sent = (uint8_t)byte;
    return byte;
}

static void tell(Ps2Device *dev)
{
    if (dev->ready && dev->queue.count > 0) {
        dev->ready(dev->opaque);
    }
}

/* A guest that sends commands and never reads gets no more answers once the queue is full. */
void ps2_answer(Ps2Device *dev, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count && dev->queue.count < PS2_QUEUE_SIZE; i++) {
        push_answer(&dev->queue, bytes[i]);
    }
    tell(dev);
}

void ps2_answer_byte(Ps2Device *dev, uint8_t byte)
{
    ps2_answer(dev, &byte, 1);
}

void ps2_event(Ps2Device *dev, const uint8_t *bytes, unsigned count)
{
    if (dev->queue.count + count > PS2_QUEUE_EVENTS) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        *byte_at(&dev->queue, dev->queue.count++) = PS2_EVENT | bytes[i];
    }
    tell(dev);
}

void ps2_clear(Ps2Device *dev)
{
    dev->queue.head = dev->queue.count = dev->queue.answers = 0;
    dev->command = 0;
}

static const Ps2Command *find(const Ps2Command *commands, uint8_t byte)
{
    for (; commands->byte; commands++) {
        if (commands->byte == byte) {
            return commands;
        }
    }
    return NULL;
}

void ps2_dispatch(Ps2Device *dev, const Ps2Command *commands, uint8_t byte)
{
    const Ps2Command *waiting = dev->command ? find(commands, dev->command) : NULL;
    const Ps2Command *command = find(commands, byte);

    dev->command = 0;
    if (waiting && !command) {      /* a new command instead of the parameter cancels the old one */
        ps2_answer_byte(dev, PS2_ACK);
        waiting->fn(dev, byte);
    } else if (!command) {
        ps2_answer_byte(dev, PS2_RESEND);
    } else if (command->parameter) {
        ps2_answer_byte(dev, PS2_ACK);
        dev->command = byte;
    } else {
        command->fn(dev, 0);
    }
}
