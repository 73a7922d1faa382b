/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two DMA controllers of a PC (8237 in the PIIX3 data sheet) as
 * firmware and kernels set them up. No device of ours asks for ISA DMA, so the
 * channels keep what is written and never count.
 */
#include <string.h>

#include "hw/isa/isa.h"

enum {
    CONTROLLER_COUNT = 2,
    CHANNEL_REGISTER_COUNT = 8,     /* address and count of four channels */
    CONTROL_REGISTER_COUNT = 8,
    PAGE_FIRST = 0x81,              /* 0x80 is the POST port */
    PAGE_COUNT = 15,
};

enum {                              /* control registers: as written, as read */
    REG_COMMAND_STATUS,
    REG_REQUEST,
    REG_SINGLE_MASK,
    REG_MODE,
    REG_CLEAR_FLIP_FLOP,
    REG_MASTER_CLEAR_TEMPORARY,
    REG_CLEAR_MASK,
    REG_ALL_MASK,
};

typedef struct Controller {
    Region ports;
    unsigned stride_shift;          /* the second controller's registers are two ports apart */
    uint16_t channel[CHANNEL_REGISTER_COUNT];
    bool high_byte;                 /* flip-flop: the next access is to the high byte */
    uint8_t mask;
} Controller;

typedef struct Dma {
    IsaDevice isa;
    Controller controllers[CONTROLLER_COUNT];
    Region page_ports;
    uint8_t pages[PAGE_COUNT];
} Dma;

static const struct {
    uint16_t port, len;
    uint8_t stride_shift;
} places[CONTROLLER_COUNT] = {
    { 0x00, 0x10, 0 },
    { 0xc0, 0x20, 1 },
};

static void controller_clear(Controller *dma)
{
    dma->high_byte = false;
    dma->mask = 0x0f;
}

static uint64_t controller_read(void *opaque, uint64_t offset, unsigned size)
{
    Controller *dma = opaque;
    unsigned reg = (unsigned)offset >> dma->stride_shift;

    if (reg < CHANNEL_REGISTER_COUNT) {
        unsigned shift = dma->high_byte ? 8 : 0;
        dma->high_byte = !dma->high_byte;
        return dma->channel[reg] >> shift & 0xff;
    }
    return reg - CHANNEL_REGISTER_COUNT == REG_ALL_MASK ? 0xf0 | dma->mask : 0;
}

static void channel_write(Controller *dma, unsigned reg, uint8_t value)
{
    uint16_t old = dma->channel[reg];

    dma->channel[reg] = (uint16_t)(dma->high_byte ? (old & 0xff) | value << 8 : (old & 0xff00) | value);
    dma->high_byte = !dma->high_byte;
}

static void set_one_mask(Controller *dma, uint8_t value)
{
    uint8_t bit = (uint8_t)(1u << (value & 3));

    dma->mask = (uint8_t)(value & 4 ? dma->mask | bit : dma->mask & ~bit);
}

static void control_write(Controller *dma, unsigned reg, uint8_t value)
{
    switch (reg) {
    case REG_SINGLE_MASK:
        set_one_mask(dma, value);
        break;
    case REG_CLEAR_FLIP_FLOP:
        dma->high_byte = false;
        break;
    case REG_MASTER_CLEAR_TEMPORARY:
        controller_clear(dma);
        break;
    case REG_CLEAR_MASK:
        dma->mask = 0;
        break;
    case REG_ALL_MASK:
        dma->mask = value & 0x0f;
        break;
    default:                        /* command, request, mode: nobody transfers */
        break;
    }
}

static void controller_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Controller *dma = opaque;
    unsigned reg = (unsigned)offset >> dma->stride_shift;

    if (reg < CHANNEL_REGISTER_COUNT) {
        channel_write(dma, reg, (uint8_t)value);
    } else {
        control_write(dma, reg - CHANNEL_REGISTER_COUNT, (uint8_t)value);
    }
}

static uint64_t page_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((Dma *)opaque)->pages[offset];
}

static void page_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((Dma *)opaque)->pages[offset] = (uint8_t)value;
}

static const RegionOps controller_ops = { .read = controller_read, .write = controller_write, .max_size = 1 };
static const RegionOps page_ops = { .read = page_read, .write = page_write, .max_size = 1 };

static bool dma_realize(Object *obj, Error **errp)
{
    Dma *dma = (Dma *)obj;

    for (unsigned i = 0; i < CONTROLLER_COUNT; i++) {
        Controller *controller = &dma->controllers[i];
        controller->stride_shift = places[i].stride_shift;
        region_init_io(&controller->ports, "DMA controller", places[i].len, &controller_ops, controller);
        if (!isa_ports_add(&dma->isa, &controller->ports, places[i].port, errp)) {
            return false;
        }
    }
    region_init_io(&dma->page_ports, "DMA pages", PAGE_COUNT, &page_ops, dma);
    return isa_ports_add(&dma->isa, &dma->page_ports, PAGE_FIRST, errp);
}

static void dma_unrealize(Object *obj)
{
    Dma *dma = (Dma *)obj;

    for (unsigned i = 0; i < CONTROLLER_COUNT; i++) {
        region_finish(&dma->controllers[i].ports);
    }
    region_finish(&dma->page_ports);
}

static void dma_reset(Object *obj)
{
    Dma *dma = (Dma *)obj;

    for (unsigned i = 0; i < CONTROLLER_COUNT; i++) {
        controller_clear(&dma->controllers[i]);
        memset(dma->controllers[i].channel, 0, sizeof(dma->controllers[i].channel));
    }
    memset(dma->pages, 0, sizeof(dma->pages));
}

CLASS(i8257_class) = {
    .name = "i8257",
    .parent = &isa_device_class,
    .desc = "ISA DMA controllers",
    .size = sizeof(Dma),
    .internal = true,
    .realize = dma_realize,
    .unrealize = dma_unrealize,
    .reset = dma_reset,
};
