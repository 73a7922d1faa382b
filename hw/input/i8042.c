/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard controller of a PS/2: an 8042 with a keyboard and an auxiliary
 * port (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
 * Auxiliary Device Controller"). See i8042.h.
 */
#include "hw/input/i8042.h"

#include <string.h>

#include "core/clock.h"
#include "core/runstate.h"
#include "hw/isa/isa.h"
#include "lib/log.h"
#include "ui/input.h"

enum { DATA_PORT = 0x60, COMMAND_PORT = 0x64, KEYBOARD_IRQ = 1, AUX_IRQ = 12, RAM_SIZE = 32, REPLIES_MAX = 8 };

enum {
    STATUS_OUTPUT_FULL = 0x01,
    STATUS_SYSTEM = 0x04,       /* bit 2 of the command byte; set by the self test */
    STATUS_COMMAND = 0x08,      /* the last write was to the command port */
    STATUS_UNLOCKED = 0x10,
    STATUS_AUX = 0x20,          /* the output buffer holds a byte of the auxiliary device */
};

/* The command byte: RAM byte 0. */
enum {
    MODE_KEYBOARD_INT = 0x01,
    MODE_AUX_INT = 0x02,
    MODE_SYSTEM = 0x04,
    MODE_KEYBOARD_OFF = 0x10,
    MODE_AUX_OFF = 0x20,
    MODE_TRANSLATE = 0x40,
};

/* The output port. */
enum {
    OUT_NO_RESET = 0x01,
    OUT_A20 = 0x02,
    OUT_KEYBOARD_FULL = 0x10,
    OUT_AUX_FULL = 0x20,
    OUT_OTHERS = 0xcc,          /* lines that lead nowhere and read as 1 */
};

/*
 * Pause between two bytes of a key or movement. Handlers that are chained read
 * the data port more than once and expect the same byte; a cable needs about
 * 1 ms for the next. Answers to commands follow each other at once.
 */
static const int64_t event_gap_ns = 300000;

typedef enum Source { FROM_CONTROLLER, FROM_KEYBOARD, FROM_AUX } Source;

typedef struct Reply {
    uint8_t byte;
    Source source;      /* whose byte it pretends to be */
} Reply;

typedef struct I8042 {
    IsaDevice isa;
    Region data_port, command_port;
    Irq irq[2];                 /* keyboard, auxiliary */
    bool irq_level[2];
    Timer gap;
    Ps2Keyboard keyboard;
    Ps2Mouse mouse;
    InputSink keyboard_sink, mouse_sink;

    uint8_t ram[RAM_SIZE];
    uint8_t command;            /* waits for a write to the data port; 0: none */
    bool last_was_command;
    bool a20;
    bool full;                  /* the output buffer holds a byte nobody has read */
    uint8_t output;
    Source source;
    bool was_event;
    bool break_seen;            /* translation: 0xf0 was swallowed */
    Reply replies[REPLIES_MAX]; /* the controller's own, first in line */
    unsigned reply_count;
} I8042;

static I8042 *machine_i8042;

Ps2Keyboard *i8042_keyboard(void)
{
    return machine_i8042 ? &machine_i8042->keyboard : NULL;
}

/* A movement: of reports without any, drivers might take no notice. */
void i8042_nudge_mouse(void)
{
    if (machine_i8042) {
        ps2_mouse_move(&machine_i8042->mouse, 1, 0, 0);
        ps2_mouse_report(&machine_i8042->mouse);
    }
}

/* ---- output buffer ---- */

static uint8_t mode(const I8042 *kbc)
{
    return kbc->ram[0];
}

static void update_irq(I8042 *kbc, unsigned line, bool level)
{
    if (kbc->irq_level[line] != level) {
        kbc->irq_level[line] = level;
        irq_set(&kbc->irq[line], level);
    }
}

static void update_irqs(I8042 *kbc)
{
    bool aux = kbc->source == FROM_AUX;

    update_irq(kbc, 0, kbc->full && !aux && (mode(kbc) & MODE_KEYBOARD_INT));
    update_irq(kbc, 1, kbc->full && aux && (mode(kbc) & MODE_AUX_INT));
}

static void fill(I8042 *kbc, uint8_t byte, Source source, bool event)
{
    kbc->output = byte;
    kbc->source = source;
    kbc->was_event = event;
    kbc->full = true;
    update_irqs(kbc);
}

static void take_reply(I8042 *kbc)
{
    Reply reply = kbc->replies[0];

    kbc->reply_count--;
    for (unsigned i = 0; i < kbc->reply_count; i++) {
        kbc->replies[i] = kbc->replies[i + 1];
    }
    fill(kbc, reply.byte, reply.source, false);
}

/* With translation, 0xf0 and a code of set 2 become one break code of set 1. */
static bool take_keyboard(I8042 *kbc)
{
    while (kbc->keyboard.dev.queue.count > 0) {
        unsigned got = ps2_take(&kbc->keyboard.dev);
        uint8_t byte = (uint8_t)got;
        if ((mode(kbc) & MODE_TRANSLATE) && byte == 0xf0) {
            kbc->break_seen = true;
            continue;
        }
        if (mode(kbc) & MODE_TRANSLATE) {
            byte = ps2_translate(byte) | (kbc->break_seen ? 0x80 : 0);
        }
        kbc->break_seen = false;
        fill(kbc, byte, FROM_KEYBOARD, got & PS2_EVENT);
        return true;
    }
    return false;
}

static bool take_aux(I8042 *kbc)
{
    if (kbc->mouse.dev.queue.count == 0) {
        return false;
    }
    unsigned got = ps2_take(&kbc->mouse.dev);
    fill(kbc, (uint8_t)got, FROM_AUX, got & PS2_EVENT);
    ps2_mouse_report(&kbc->mouse);      /* the buffer is full: it only queues */
    return true;
}

/* The next byte into the output buffer, when that is free. */
static void advance(I8042 *kbc)
{
    if (kbc->full) {
        return;
    }
    if (kbc->reply_count > 0) {
        take_reply(kbc);
        return;
    }
    if (timer_is_set(&kbc->gap)) {
        return;
    }
    bool taken = !(mode(kbc) & MODE_KEYBOARD_OFF) && take_keyboard(kbc);
    if (!taken && !(mode(kbc) & MODE_AUX_OFF)) {
        take_aux(kbc);
    }
}

static void on_ready(void *opaque)
{
    advance(opaque);
}

static void reply_as(I8042 *kbc, uint8_t byte, Source source)
{
    if (kbc->reply_count == REPLIES_MAX) {
        log_guest("i8042: answers are not read");
        return;
    }
    kbc->replies[kbc->reply_count++] = (Reply){ byte, source };
    advance(kbc);
}

static void reply(I8042 *kbc, uint8_t byte)
{
    reply_as(kbc, byte, FROM_CONTROLLER);
}

/* The line falls with every byte that is read, so that the next one is an edge. Without a new byte, the last again. */
static uint8_t read_data(I8042 *kbc)
{
    uint8_t byte = kbc->output;

    if (!kbc->full) {
        return byte;
    }
    kbc->full = false;
    update_irqs(kbc);
    if (kbc->was_event) {
        timer_set(&kbc->gap, clock_now(CLOCK_GUEST) + event_gap_ns);
    }
    advance(kbc);
    return byte;
}

/* ---- output port ---- */

static uint8_t output_port(const I8042 *kbc)
{
    return OUT_OTHERS | OUT_NO_RESET | (kbc->a20 ? OUT_A20 : 0) |
           (kbc->full && kbc->source != FROM_AUX ? OUT_KEYBOARD_FULL : 0) |
           (kbc->full && kbc->source == FROM_AUX ? OUT_AUX_FULL : 0);
}

static void write_output_port(I8042 *kbc, uint8_t value)
{
    kbc->a20 = value & OUT_A20;     /* remembered; the address line itself is never masked */
    if (!(value & OUT_NO_RESET)) {
        request_reset(CAUSE_GUEST_RESET);
    }
}

/* ---- commands ---- */

enum {
    READ_RAM = 0x20, WRITE_RAM = 0x60, WRITE_OUTPUT = 0xd1, WRITE_KEYBOARD_BUFFER = 0xd2,
    WRITE_AUX_BUFFER = 0xd3, WRITE_AUX = 0xd4, PULSE = 0xf0,
};

static void set_mode(I8042 *kbc, uint8_t value)
{
    kbc->ram[0] = value;
    update_irqs(kbc);
    advance(kbc);
}

static void do_read_ram(I8042 *kbc, uint8_t command)
{
    reply(kbc, kbc->ram[command % RAM_SIZE]);
}

/* The byte follows on the data port. */
static void do_expect_data(I8042 *kbc, uint8_t command)
{
    kbc->command = command;
}

/* 0xf1: no password is installed. */
static void do_test_password(I8042 *kbc, uint8_t command)
{
    reply(kbc, 0xf1);
}

static void do_aux_off(I8042 *kbc, uint8_t command)
{
    set_mode(kbc, mode(kbc) | MODE_AUX_OFF);
}

static void do_aux_on(I8042 *kbc, uint8_t command)
{
    set_mode(kbc, mode(kbc) & ~MODE_AUX_OFF);
}

static void do_keyboard_off(I8042 *kbc, uint8_t command)
{
    set_mode(kbc, mode(kbc) | MODE_KEYBOARD_OFF);
}

static void do_keyboard_on(I8042 *kbc, uint8_t command)
{
    set_mode(kbc, mode(kbc) & ~MODE_KEYBOARD_OFF);
}

static void do_self_test(I8042 *kbc, uint8_t command)
{
    kbc->ram[0] |= MODE_SYSTEM;
    reply(kbc, 0x55);
}

/* 0: clock and data lines of the cable are well. */
static void do_test_cable(I8042 *kbc, uint8_t command)
{
    reply(kbc, 0x00);
}

/* Bit 7: the keyboard is not locked. */
static void do_read_input(I8042 *kbc, uint8_t command)
{
    reply(kbc, 0x80);
}

static void do_read_output(I8042 *kbc, uint8_t command)
{
    reply(kbc, output_port(kbc));
}

static void do_read_test_inputs(I8042 *kbc, uint8_t command)
{
    reply(kbc, 0x00);
}

static void do_a20(I8042 *kbc, uint8_t command)
{
    kbc->a20 = command & 0x02;      /* 0xdd: off, 0xdf: on */
}

/* The lower four lines of the output port go low for 6 us where the command has a 0; line 0 is reset. */
static void do_pulse(I8042 *kbc, uint8_t command)
{
    if (!(command & OUT_NO_RESET)) {
        request_reset(CAUSE_GUEST_RESET);
    }
}

static const struct {
    uint8_t first, last;
    void (*fn)(I8042 *kbc, uint8_t command);
} commands[] = {
    { READ_RAM, 0x3f, do_read_ram },
    { WRITE_RAM, 0x7f, do_expect_data },
    { 0xa4, 0xa4, do_test_password },
    { 0xa7, 0xa7, do_aux_off },
    { 0xa8, 0xa8, do_aux_on },
    { 0xa9, 0xa9, do_test_cable },
    { 0xaa, 0xaa, do_self_test },
    { 0xab, 0xab, do_test_cable },
    { 0xad, 0xad, do_keyboard_off },
    { 0xae, 0xae, do_keyboard_on },
    { 0xc0, 0xc0, do_read_input },
    { 0xd0, 0xd0, do_read_output },
    { WRITE_OUTPUT, WRITE_AUX, do_expect_data },
    { 0xdd, 0xdd, do_a20 },
    { 0xdf, 0xdf, do_a20 },
    { 0xe0, 0xe0, do_read_test_inputs },
    { PULSE, 0xff, do_pulse },
};

static void run_command(I8042 *kbc, uint8_t command)
{
    kbc->command = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (command >= commands[i].first && command <= commands[i].last) {
            commands[i].fn(kbc, command);
            return;
        }
    }
    log_guest("i8042: command 0x%02x is unknown", command);
}

/* Writing to a device turns its port on. */
static void write_keyboard(I8042 *kbc, uint8_t byte)
{
    kbc->ram[0] &= ~MODE_KEYBOARD_OFF;
    ps2_keyboard_write(&kbc->keyboard, byte);
}

static void write_aux(I8042 *kbc, uint8_t byte)
{
    kbc->ram[0] &= ~MODE_AUX_OFF;
    ps2_mouse_write(&kbc->mouse, byte);
}

static void write_ram(I8042 *kbc, unsigned at, uint8_t byte)
{
    if (at == 0) {
        set_mode(kbc, byte);
    } else {
        kbc->ram[at] = byte;
    }
}

static void write_data(I8042 *kbc, uint8_t byte)
{
    uint8_t command = kbc->command;

    kbc->command = 0;
    switch (command) {
    case 0:
        write_keyboard(kbc, byte);
        break;
    case WRITE_OUTPUT:
        write_output_port(kbc, byte);
        break;
    case WRITE_KEYBOARD_BUFFER:
        reply_as(kbc, byte, FROM_KEYBOARD);
        break;
    case WRITE_AUX_BUFFER:
        reply_as(kbc, byte, FROM_AUX);
        break;
    case WRITE_AUX:
        write_aux(kbc, byte);
        break;
    default:
        write_ram(kbc, command % RAM_SIZE, byte);
        break;
    }
}

/* ---- ports ---- */

static uint8_t read_status(const I8042 *kbc)
{
    return STATUS_UNLOCKED | (kbc->full ? STATUS_OUTPUT_FULL : 0) |
           (kbc->full && kbc->source == FROM_AUX ? STATUS_AUX : 0) |
           (mode(kbc) & MODE_SYSTEM ? STATUS_SYSTEM : 0) | (kbc->last_was_command ? STATUS_COMMAND : 0);
}

static uint64_t data_port_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_data(opaque);
}

static void data_port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    I8042 *kbc = opaque;

    kbc->last_was_command = false;
    write_data(kbc, (uint8_t)value);
}

static uint64_t command_port_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_status(opaque);
}

static void command_port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    I8042 *kbc = opaque;

    kbc->last_was_command = true;
    run_command(kbc, (uint8_t)value);
}

static const RegionOps data_ops = { .read = data_port_read, .write = data_port_write, .max_size = 1 };
static const RegionOps command_ops = { .read = command_port_read, .write = command_port_write, .max_size = 1 };

/* ---- people ---- */

static void on_key(void *opaque, unsigned code, bool down)
{
    I8042 *kbc = opaque;
    uint8_t key = key_scan_code(code);

    if (key != 0) {
        request_wakeup();
        ps2_keyboard_key(&kbc->keyboard, key, down);
    }
}

static void on_move(void *opaque, int dx, int dy)
{
    ps2_mouse_move(&((I8042 *)opaque)->mouse, dx, dy, 0);
}

/* The mouse has no second wheel. */
static void on_wheel(void *opaque, int up, int right)
{
    ps2_mouse_move(&((I8042 *)opaque)->mouse, 0, 0, up);
}

static void on_button(void *opaque, InputButton button, bool down)
{
    static const uint8_t bits[INPUT_BUTTONS] = {
        [INPUT_LEFT] = 0, [INPUT_RIGHT] = 1, [INPUT_MIDDLE] = 2, [INPUT_SIDE] = 3, [INPUT_EXTRA] = 4,
    };

    request_wakeup();
    ps2_mouse_button(&((I8042 *)opaque)->mouse, bits[button], down);
}

static void on_mouse_sync(void *opaque)
{
    ps2_mouse_report(&((I8042 *)opaque)->mouse);
}

static void connect_people(I8042 *kbc)
{
    kbc->keyboard_sink = (InputSink){ .name = "PS/2 Keyboard", .key = on_key, .opaque = kbc };
    kbc->mouse_sink = (InputSink){
        .name = "PS/2 Mouse", .move = on_move, .button = on_button, .wheel = on_wheel, .sync = on_mouse_sync, .opaque = kbc,
    };
    input_sink_add(&kbc->keyboard_sink);
    input_sink_add(&kbc->mouse_sink);
}

/* ---- the class ---- */

static void on_gap_over(void *opaque)
{
    advance(opaque);
}

static bool i8042_realize(Object *obj, Error **errp)
{
    I8042 *kbc = (I8042 *)obj;

    region_init_io(&kbc->data_port, "i8042.data", 1, &data_ops, kbc);
    region_init_io(&kbc->command_port, "i8042.command", 1, &command_ops, kbc);
    timer_init(&kbc->gap, CLOCK_GUEST, on_gap_over, kbc);
    kbc->irq[0] = isa_irq(KEYBOARD_IRQ);
    kbc->irq[1] = isa_irq(AUX_IRQ);
    kbc->keyboard.dev.ready = kbc->mouse.dev.ready = on_ready;
    kbc->keyboard.dev.opaque = kbc->mouse.dev.opaque = kbc;
    machine_i8042 = kbc;
    connect_people(kbc);
    object_reset(obj);
    return isa_ports_add(&kbc->isa, &kbc->data_port, DATA_PORT, errp) &&
           isa_ports_add(&kbc->isa, &kbc->command_port, COMMAND_PORT, errp);
}

static void i8042_unrealize(Object *obj)
{
    I8042 *kbc = (I8042 *)obj;

    input_sink_del(&kbc->keyboard_sink);
    input_sink_del(&kbc->mouse_sink);
    timer_cancel(&kbc->gap);
    region_finish(&kbc->data_port);
    region_finish(&kbc->command_port);
    if (machine_i8042 == kbc) {
        machine_i8042 = NULL;
    }
}

static void i8042_reset(Object *obj)
{
    I8042 *kbc = (I8042 *)obj;

    timer_cancel(&kbc->gap);
    ps2_keyboard_reset(&kbc->keyboard);
    ps2_mouse_reset(&kbc->mouse);
    memset(kbc->ram, 0, sizeof(kbc->ram));
    kbc->ram[0] = MODE_KEYBOARD_INT | MODE_AUX_INT;
    kbc->command = kbc->output = 0;
    kbc->reply_count = 0;
    kbc->full = kbc->was_event = kbc->break_seen = false;
    kbc->last_was_command = kbc->a20 = true;
    update_irqs(kbc);
}

CLASS(i8042_class) = {
    .name = "i8042",
    .parent = &isa_device_class,
    .desc = "Keyboard controller with PS/2 keyboard and mouse",
    .size = sizeof(I8042),
    .internal = true,
    .realize = i8042_realize,
    .unrealize = i8042_unrealize,
    .reset = i8042_reset,
};
