/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's mouse: a pointer that can be placed, without another device for the guest. Its driver is that of the PS/2 mouse,
 * which looks at VMware's port whenever the PS/2 mouse has something to say. The protocol is what drivers speak: Linux
 * drivers/input/mouse/vmmouse.c, X.Org's xf86-input-vmmouse.
 */
#include "core/runstate.h"
#include "hw/input/i8042.h"
#include "hw/input/vmport.h"
#include "hw/isa/isa.h"
#include "lib/log.h"
#include "ui/input.h"

/* Commands of the port. */
enum { COMMAND_DATA = 39, COMMAND_STATUS = 40, COMMAND_CONTROL = 41 };

/* Parameters of COMMAND_CONTROL. */
enum { ENABLE = 0x45414552, DISABLE = 0xf5, REQUEST_RELATIVE = 0x4c455252, REQUEST_ABSOLUTE = 0x53424152 };

enum {
    VERSION_ID = 0x3442554a,            /* the first word after ENABLE */
    PACKET = 4,                         /* words: flags and buttons, x, y, wheel */
    PACKET_RELATIVE = 0x10000,          /* flag: x and y are movements, y upwards */
    QUEUE_WORDS = 256 * PACKET,
    DATA_WORDS_MAX = 6,                 /* in one answer: there are so many registers */
    MOVE_MAX = 0x7fff, WHEEL_MAX = 0x7f,
};
#define STATUS_ERROR 0xffff0000u        /* it is not enabled, or the driver took what was not there */

typedef struct VmMouse {
    IsaDevice isa;
    InputSink relative, absolute;
    const InputSink *in_use;            /* NULL: not enabled */
    uint32_t queue[QUEUE_WORDS];
    unsigned head, count;               /* words */
    /* what the guest has not been told yet */
    bool moved, placed, changed;        /* changed: a button or the wheel */
    int dx, dy, wheel;
    uint32_t x, y, buttons;
    bool was_moved;                     /* the last packet with a movement or a place had a movement */
} VmMouse;

/* ---- packets ---- */

static void push(VmMouse *mouse, uint32_t word)
{
    mouse->queue[(mouse->head + mouse->count++) % QUEUE_WORDS] = word;
}

static uint32_t take(VmMouse *mouse)
{
    uint32_t word = mouse->queue[mouse->head];

    mouse->head = (mouse->head + 1) % QUEUE_WORDS;
    mouse->count--;
    return word;
}

static void push_movement(VmMouse *mouse)
{
    push(mouse, mouse->buttons | PACKET_RELATIVE);
    push(mouse, (uint32_t)mouse->dx);
    push(mouse, (uint32_t)-mouse->dy);
    push(mouse, (uint32_t)mouse->wheel);
    mouse->dx = mouse->dy = 0;
}

static void push_place(VmMouse *mouse)
{
    push(mouse, mouse->buttons);
    push(mouse, mouse->x);
    push(mouse, mouse->y);
    push(mouse, (uint32_t)mouse->wheel);
}

/*
 * Everything that waits, unless there is no room: then it waits until the guest has made some, and movements become one. A
 * button that changes after a movement does so where the pointer is, and not where it was placed before.
 */
static void tell(VmMouse *mouse)
{
    if (!(mouse->moved || mouse->placed || mouse->changed) || QUEUE_WORDS - mouse->count < 2 * PACKET) {
        return;
    }
    bool relative = mouse->in_use == &mouse->relative || (!mouse->placed && mouse->was_moved);
    if (mouse->moved || relative) {
        push_movement(mouse);
        mouse->wheel = 0;
        mouse->was_moved = true;
    }
    if (mouse->placed || !(mouse->moved || relative)) {
        push_place(mouse);
        mouse->was_moved = false;
    }
    mouse->wheel = 0;
    mouse->moved = mouse->placed = mouse->changed = false;
    i8042_nudge_mouse();
}

/* ---- people ---- */

static void on_move(void *opaque, int dx, int dy)
{
    VmMouse *mouse = opaque;

    mouse->dx = CLAMP(mouse->dx + CLAMP(dx, -MOVE_MAX, MOVE_MAX), -MOVE_MAX, MOVE_MAX);
    mouse->dy = CLAMP(mouse->dy + CLAMP(dy, -MOVE_MAX, MOVE_MAX), -MOVE_MAX, MOVE_MAX);
    mouse->moved = true;
}

/* 15 bits become 16: all bits set stays so. */
static uint32_t widened(unsigned place)
{
    return place << 1 | place >> 14;
}

static void on_place(void *opaque, unsigned x, unsigned y)
{
    VmMouse *mouse = opaque;

    mouse->x = widened(x);
    mouse->y = widened(y);
    mouse->placed = true;
}

/* It has three. */
static void on_button(void *opaque, InputButton button, bool down)
{
    static const uint32_t bits[INPUT_BUTTONS] = { [INPUT_LEFT] = 0x20, [INPUT_RIGHT] = 0x10, [INPUT_MIDDLE] = 0x08 };
    VmMouse *mouse = opaque;
    uint32_t before = mouse->buttons;

    request_wakeup();
    mouse->buttons = down ? before | bits[button] : before & ~bits[button];
    mouse->changed = mouse->changed || mouse->buttons != before;
}

/* The protocol's wheel grows downwards. */
static void on_wheel(void *opaque, int up, int right)
{
    VmMouse *mouse = opaque;

    mouse->wheel = CLAMP(mouse->wheel - CLAMP(up, -WHEEL_MAX, WHEEL_MAX), -WHEEL_MAX, WHEEL_MAX);
    mouse->changed = mouse->changed || up != 0;
}

static void on_sync(void *opaque)
{
    tell(opaque);
}

/* ---- the driver ---- */

static void use(VmMouse *mouse, const InputSink *sink)
{
    const InputSink *before = mouse->in_use;

    if (before == sink) {
        return;
    }
    mouse->in_use = sink;
    if (before) {
        input_sink_del(before);
    }
    if (sink) {
        input_sink_add(sink);
    }
}

/* Nothing waits, in the queue or for it. */
static void forget(VmMouse *mouse)
{
    mouse->head = mouse->count = 0;
    mouse->dx = mouse->dy = mouse->wheel = 0;
    mouse->buttons = 0;
    mouse->moved = mouse->placed = mouse->changed = mouse->was_moved = false;
}

static void disable(VmMouse *mouse)
{
    use(mouse, NULL);
    forget(mouse);
}

static void enable(VmMouse *mouse)
{
    disable(mouse);
    push(mouse, VERSION_ID);
    use(mouse, &mouse->relative);
}

static void get_data(void *opaque, CpuRegisters *registers)
{
    VmMouse *mouse = opaque;
    uint64_t *const answer[DATA_WORDS_MAX] = {
        &registers->ax, &registers->bx, &registers->cx, &registers->dx, &registers->si, &registers->di,
    };
    uint32_t words = (uint32_t)registers->bx;

    if (words == 0 || words > DATA_WORDS_MAX || words > mouse->count) {
        log_guest("vmmouse: %u words were taken of %u", words, mouse->count);
        disable(mouse);
        return;
    }
    for (uint32_t i = 0; i < words; i++) {
        *answer[i] = take(mouse);
    }
    tell(mouse);
}

static void get_status(void *opaque, CpuRegisters *registers)
{
    const VmMouse *mouse = opaque;

    registers->ax = (mouse->in_use ? 0 : STATUS_ERROR) | mouse->count;
}

static void control(void *opaque, CpuRegisters *registers)
{
    VmMouse *mouse = opaque;
    uint32_t what = (uint32_t)registers->bx;

    if (what == ENABLE) {
        enable(mouse);
    } else if (what == DISABLE) {
        disable(mouse);
    } else if (what == REQUEST_RELATIVE || what == REQUEST_ABSOLUTE) {
        use(mouse, !mouse->in_use ? NULL : what == REQUEST_ABSOLUTE ? &mouse->absolute : &mouse->relative);
    } else {
        log_guest("vmmouse: request 0x%x is unknown", what);
    }
}

/* ---- the class ---- */

static const struct {
    unsigned command;
    VmportFn fn;
} commands[] = { { COMMAND_DATA, get_data }, { COMMAND_STATUS, get_status }, { COMMAND_CONTROL, control } };

static bool vmmouse_realize(Object *obj, Error **errp)
{
    VmMouse *mouse = (VmMouse *)obj;

    mouse->relative = (InputSink){
        .name = "vmmouse", .move = on_move, .button = on_button, .wheel = on_wheel, .sync = on_sync, .opaque = mouse,
    };
    mouse->absolute = mouse->relative;
    mouse->absolute.place = on_place;
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        vmport_serve(commands[i].command, commands[i].fn, mouse);
    }
    return true;
}

static void vmmouse_unrealize(Object *obj)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        vmport_serve(commands[i].command, NULL, NULL);
    }
    disable((VmMouse *)obj);
}

static void vmmouse_reset(Object *obj)
{
    disable((VmMouse *)obj);
}

CLASS(vmmouse_class) = {
    .name = "vmmouse",
    .parent = &isa_device_class,
    .desc = "Pointer that can be placed, for drivers of VMware's mouse",
    .size = sizeof(VmMouse),
    .internal = true,
    .realize = vmmouse_realize,
    .unrealize = vmmouse_unrealize,
    .reset = vmmouse_reset,
};
