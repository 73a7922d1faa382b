/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8259A; see i8259.h. Quoted headings are of its data sheet; the edge/level
 * registers are of the 82371SB (PIIX3) data sheet. As in that chip, LTIM of ICW1 does
 * not count: each input's trigger mode is its bit of ELCR. A request of an edge-triggered
 * input is remembered when the line falls again before it is acknowledged.
 */
#include "hw/intc/i8259.h"

#include "core/accel.h"
#include "core/pins.h"
#include "hw/isa/isa.h"

enum { INPUT_COUNT = 8, PORT_COUNT = 2, LAST_INPUT = 7 };

/* Initialization command words ("Initialization Command Words"). */
enum {
    ICW1 = 0x10,            /* at the even port: this is ICW1 */
    ICW1_SINGLE = 0x02,     /* no ICW3 */
    ICW1_HAS_ICW4 = 0x01,
    ICW2_VECTOR = 0xf8,
    ICW4_FULLY_NESTED_SPECIAL = 0x10,
    ICW4_AUTO_EOI = 0x02,
};

/* Operation command words: OCW1 is the mask; bits 4 and 3 tell OCW2 and OCW3 ("Operation Command Words"). */
enum {
    OCW3 = 0x08,
    OCW2_COMMAND_SHIFT = 5, /* R, SL, EOI */
    OCW2_LEVEL = 0x07,
    OCW3_SPECIAL_MASK_ENABLE = 0x40,
    OCW3_SPECIAL_MASK = 0x20,
    OCW3_POLL = 0x04,
    OCW3_READ = 0x02,
    OCW3_READ_ISR = 0x01,
};

enum { POLL_REQUEST = 0x80 };

typedef enum Expected { EXPECT_COMMAND, EXPECT_ICW2, EXPECT_ICW3, EXPECT_ICW4 } Expected;

struct I8259 {
    IsaDevice isa;
    Region ports, elcr_port;
    bool master;
    uint32_t iobase, elcr_addr;
    uint8_t elcr_mask;          /* inputs whose trigger mode can be chosen */
    I8259 *slave;               /* on input I8259_CASCADE; NULL: none */
    Irq out;
    bool out_level;

    uint8_t lines;              /* levels of the inputs */
    uint8_t edges;              /* edge-triggered requests not acknowledged yet */
    uint8_t elcr;               /* bit set: level-triggered */
    uint8_t isr, imr;
    uint8_t lowest;             /* input with the lowest priority; the next one has the highest */
    Expected expected;
    uint8_t icw1, vector_base, slaves;
    bool auto_eoi, nested_special, rotate_in_auto_eoi, special_mask;
    bool poll, read_isr;        /* what the next read of the even port gives */
};

static uint8_t bit(unsigned input)
{
    return (uint8_t)(1u << input);
}

static uint8_t request_register(const I8259 *pic)
{
    return (uint8_t)((pic->lines & pic->elcr) | (pic->edges & ~pic->elcr));
}

/* ---- priority ---- */

/* Input in place @rank, 0 being the highest ("Automatic Rotation", "Specific Rotation"). */
static unsigned input_of_rank(const I8259 *pic, unsigned rank)
{
    return (pic->lowest + 1 + rank) % INPUT_COUNT;
}

/* The first of @set by priority, or -1. */
static int highest_of(const I8259 *pic, uint8_t set)
{
    for (unsigned rank = 0; rank < INPUT_COUNT; rank++) {
        unsigned input = input_of_rank(pic, rank);
        if (set & bit(input)) {
            return (int)input;
        }
    }
    return -1;
}

/* Inputs in service that keep requests of their own and of lower priority away ("Special Mask Mode"). */
static uint8_t in_the_way(const I8259 *pic)
{
    return pic->special_mask ? pic->isr & (uint8_t)~pic->imr : pic->isr;
}

/* More may come from a slave that is in service ("The Special Fully Nested Mode"). */
static bool lets_in_again(const I8259 *pic, unsigned input)
{
    return pic->nested_special && (pic->slaves & bit(input));
}

/* The request to be served now ("Fully Nested Mode"), or -1. */
static int eligible(const I8259 *pic)
{
    uint8_t requests = request_register(pic) & (uint8_t)~pic->imr, serving = in_the_way(pic);

    int request = highest_of(pic, requests);
    int first = highest_of(pic, requests | serving);
    if (request < 0 || first != request) {
        return -1;
    }
    return !(serving & bit((unsigned)request)) || lets_in_again(pic, (unsigned)request) ? request : -1;
}

static void update(I8259 *pic)
{
    bool level = eligible(pic) >= 0;

    if (level != pic->out_level) {
        pic->out_level = level;
        irq_set(&pic->out, level);
    }
}

static void set_input(void *obj, int n, int level)
{
    I8259 *pic = obj;
    uint8_t mask = bit((unsigned)n);

    if (level && !(pic->lines & mask)) {
        pic->edges |= mask;
    }
    pic->lines = (uint8_t)(level ? pic->lines | mask : pic->lines & ~mask);
    update(pic);
}

/* ---- acknowledge and end of interrupt ---- */

static void rotate_to(I8259 *pic, unsigned lowest)
{
    pic->lowest = (uint8_t)lowest;
}

/* Who drives a level-triggered line may lower it before it is looked at again. */
static void end_interrupt(I8259 *pic, unsigned input, bool rotate)
{
    int gsi = (int)(pic->master ? input : input + INPUT_COUNT);

    pic->isr &= (uint8_t)~bit(input);
    if (rotate) {
        rotate_to(pic, input);
    }
    if (pic->elcr & bit(input)) {
        notify_all(&accel_eoi_notifiers, &gsi);
    }
}

/* INT falls with every acknowledge, so that the master sees an edge for what is next. */
static void drop_out(I8259 *pic)
{
    if (pic->out_level) {
        pic->out_level = false;
        irq_set(&pic->out, 0);
    }
}

/* The request that is now in service, or -1. */
static int acknowledge(I8259 *pic)
{
    int input = eligible(pic);

    if (input < 0) {
        return -1;
    }
    drop_out(pic);
    pic->edges &= (uint8_t)~bit((unsigned)input);
    pic->isr |= bit((unsigned)input);
    if (pic->auto_eoi) {
        end_interrupt(pic, (unsigned)input, pic->rotate_in_auto_eoi);
    }
    update(pic);
    return input;
}

static uint8_t vector(const I8259 *pic, int input)
{
    return pic->vector_base | (uint8_t)(input < 0 ? LAST_INPUT : input);
}

uint8_t i8259_acknowledge(I8259 *master)
{
    int input = acknowledge(master);

    if (input == I8259_CASCADE && master->slave) {
        return vector(master->slave, acknowledge(master->slave));
    }
    return vector(master, input);
}

/* "End of Interrupt": the highest in service; in special mask mode one that is masked is not it. */
static void end_highest(I8259 *pic, bool rotate)
{
    int input = highest_of(pic, in_the_way(pic));

    if (input >= 0) {
        end_interrupt(pic, (unsigned)input, rotate);
    }
}

/* ---- commands ---- */

enum {                          /* R, SL, EOI of OCW2 */
    ROTATE_IN_AUTO_EOI_CLEAR,
    NON_SPECIFIC_EOI,
    NO_OPERATION,
    SPECIFIC_EOI,
    ROTATE_IN_AUTO_EOI_SET,
    ROTATE_ON_NON_SPECIFIC_EOI,
    SET_PRIORITY,
    ROTATE_ON_SPECIFIC_EOI,
};

static void write_ocw2(I8259 *pic, uint8_t value)
{
    unsigned level = value & OCW2_LEVEL, command = value >> OCW2_COMMAND_SHIFT;

    switch (command) {
    case ROTATE_IN_AUTO_EOI_CLEAR:
    case ROTATE_IN_AUTO_EOI_SET:
        pic->rotate_in_auto_eoi = command == ROTATE_IN_AUTO_EOI_SET;
        break;
    case NON_SPECIFIC_EOI:
    case ROTATE_ON_NON_SPECIFIC_EOI:
        end_highest(pic, command == ROTATE_ON_NON_SPECIFIC_EOI);
        break;
    case SPECIFIC_EOI:
    case ROTATE_ON_SPECIFIC_EOI:
        end_interrupt(pic, level, command == ROTATE_ON_SPECIFIC_EOI);
        break;
    case SET_PRIORITY:
        rotate_to(pic, level);
        break;
    default:
        break;
    }
}

static void write_ocw3(I8259 *pic, uint8_t value)
{
    if (value & OCW3_SPECIAL_MASK_ENABLE) {
        pic->special_mask = value & OCW3_SPECIAL_MASK;
    }
    pic->poll = value & OCW3_POLL;
    if (value & OCW3_READ) {
        pic->read_isr = value & OCW3_READ_ISR;
    }
}

/* What ICW1 does by itself; an edge-triggered input must rise anew. */
static void clear(I8259 *pic)
{
    pic->edges = pic->isr = pic->imr = pic->slaves = 0;
    pic->lowest = LAST_INPUT;
    pic->auto_eoi = pic->nested_special = pic->rotate_in_auto_eoi = pic->special_mask = false;
    pic->poll = pic->read_isr = false;
}

static void write_icw1(I8259 *pic, uint8_t value)
{
    clear(pic);
    pic->icw1 = value;
    pic->expected = EXPECT_ICW2;
}

static void write_even(I8259 *pic, uint8_t value)
{
    if (value & ICW1) {
        write_icw1(pic, value);
    } else {
        (value & OCW3 ? write_ocw3 : write_ocw2)(pic, value);
    }
}

static Expected after_icw3(const I8259 *pic)
{
    return pic->icw1 & ICW1_HAS_ICW4 ? EXPECT_ICW4 : EXPECT_COMMAND;
}

static void write_odd(I8259 *pic, uint8_t value)
{
    switch (pic->expected) {
    case EXPECT_ICW2:
        pic->vector_base = value & ICW2_VECTOR;
        pic->expected = pic->icw1 & ICW1_SINGLE ? after_icw3(pic) : EXPECT_ICW3;
        break;
    case EXPECT_ICW3:
        pic->slaves = pic->master ? value : 0;      /* a slave's is its number */
        pic->expected = after_icw3(pic);
        break;
    case EXPECT_ICW4:
        pic->auto_eoi = value & ICW4_AUTO_EOI;
        pic->nested_special = value & ICW4_FULLY_NESTED_SPECIAL;
        pic->expected = EXPECT_COMMAND;
        break;
    default:
        pic->imr = value;
        break;
    }
}

/* ---- ports ---- */

/* "Poll Command": the next read, of either port, is the acknowledge. */
static uint8_t read_poll(I8259 *pic)
{
    pic->poll = false;
    int input = acknowledge(pic);
    return input < 0 ? 0 : (uint8_t)(POLL_REQUEST | input);
}

static uint64_t pic_read(void *opaque, uint64_t offset, unsigned size)
{
    I8259 *pic = opaque;

    if (pic->poll) {
        return read_poll(pic);
    }
    if (offset == 1) {
        return pic->imr;
    }
    return pic->read_isr ? pic->isr : request_register(pic);
}

static void pic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    I8259 *pic = opaque;

    (offset == 0 ? write_even : write_odd)(pic, (uint8_t)value);
    update(pic);
}

static uint64_t elcr_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((I8259 *)opaque)->elcr;
}

static void elcr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    I8259 *pic = opaque;

    pic->elcr = (uint8_t)value & pic->elcr_mask;
    update(pic);
}

static const RegionOps pic_ops = { .read = pic_read, .write = pic_write, .max_size = 1 };
static const RegionOps elcr_ops = { .read = elcr_read, .write = elcr_write, .max_size = 1 };

/* ---- the class ---- */

void i8259_cascade(I8259 *master, I8259 *slave)
{
    master->slave = slave;
    pin_wire_output((Object *)slave, NULL, 0, pin_input((Object *)master, NULL, I8259_CASCADE));
}

static void pic_init(Object *obj)
{
    pins_add_inputs(obj, NULL, INPUT_COUNT, set_input);
    pins_add_outputs(obj, NULL, 1, &((I8259 *)obj)->out);
}

static bool pic_realize(Object *obj, Error **errp)
{
    I8259 *pic = (I8259 *)obj;

    pic->lowest = LAST_INPUT;
    region_init_io(&pic->ports, "pic", PORT_COUNT, &pic_ops, pic);
    region_init_io(&pic->elcr_port, "elcr", 1, &elcr_ops, pic);
    return isa_ports_add(&pic->isa, &pic->ports, (uint16_t)pic->iobase, errp) &&
           isa_ports_add(&pic->isa, &pic->elcr_port, (uint16_t)pic->elcr_addr, errp);
}

static void pic_unrealize(Object *obj)
{
    region_finish(&((I8259 *)obj)->ports);
    region_finish(&((I8259 *)obj)->elcr_port);
}

/* Lines keep their levels: they are the devices'. */
static void pic_reset(Object *obj)
{
    I8259 *pic = (I8259 *)obj;

    clear(pic);
    pic->elcr = pic->icw1 = pic->vector_base = 0;
    pic->expected = EXPECT_COMMAND;
    update(pic);
}

CLASS(i8259_class) = {
    .name = "isa-i8259",
    .parent = &isa_device_class,
    .desc = "Interrupt controller (8259A)",
    .size = sizeof(I8259),
    .internal = true,
    .props = (const Property[]) {
        PROP(I8259, master, bool, "master", "off", "Its INT goes to the processor, not to another controller"),
        PROP(I8259, iobase, u32, "iobase", "0x20", "First of two I/O ports"),
        PROP(I8259, elcr_addr, u32, "elcr_addr", "0x4d0", "I/O port of the edge/level register"),
        PROP(I8259, elcr_mask, u8, "elcr_mask", "0xff", "Inputs that can be level-triggered"),
        { }
    },
    .init = pic_init,
    .realize = pic_realize,
    .unrealize = pic_unrealize,
    .reset = pic_reset,
};
