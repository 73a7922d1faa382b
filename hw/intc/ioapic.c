/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O APIC of a PC: an Intel 82093AA (data sheet 290566) with the EOI
 * register of version 0x20. A line's level says that it is asserted, whatever the
 * voltage: the polarity of a redirection entry is stored and does not count, as
 * with the chips of KVM. An accepted interrupt is a message to the local APICs.
 */
#include "core/accel.h"
#include "core/msi.h"
#include "core/pins.h"
#include "core/region.h"

enum {
    PIN_COUNT = ACCEL_GSI_COUNT,
    TIMER_GSI = 0,
    TIMER_PIN = 2,              /* where a PC wires the timer; pin 0 would be the 8259 */
    IOAPIC_SIZE = 0x1000,
};

#define IOAPIC_BASE UINT64_C(0xfec00000)

/* Memory-mapped registers. */
enum { SELECT = 0x00, WINDOW = 0x10, EOI = 0x40 };

/* Registers behind the window ("IOAPIC Registers"). */
enum {
    REG_ID,
    REG_VERSION,
    REG_ARBITRATION,
    REG_TABLE = 0x10,           /* two a pin, the low one first */
    ID_MASK = 0x0f000000,
    VERSION = 0x20,
    VERSION_LAST_ENTRY_SHIFT = 16,
};

/* A redirection entry. */
#define ENTRY_VECTOR UINT64_C(0xff)
#define ENTRY_DELIVERY_MODE UINT64_C(0x700)
#define ENTRY_LOGICAL UINT64_C(0x800)
#define ENTRY_STATUS UINT64_C(0x1000)           /* send pending: never, messages leave at once */
#define ENTRY_REMOTE_IRR UINT64_C(0x4000)
#define ENTRY_LEVEL UINT64_C(0x8000)
#define ENTRY_MASKED UINT64_C(0x10000)
#define ENTRY_READ_ONLY (ENTRY_STATUS | ENTRY_REMOTE_IRR)
enum { ENTRY_DESTINATION_SHIFT = 56 };

/* Message address and data (SDM volume 3, 11.11). */
#define MESSAGE_BASE UINT64_C(0xfee00000)
enum {
    MESSAGE_DESTINATION_SHIFT = 12,
    MESSAGE_LOGICAL = 0x04,
    MESSAGE_ASSERT = 0x4000,
    MESSAGE_LEVEL = 0x8000,
};

typedef struct Ioapic {
    Object obj;
    Region region;
    uint8_t select;
    uint32_t id;
    uint32_t lines;             /* bit n: pin n is asserted */
    uint64_t table[PIN_COUNT];
} Ioapic;

static unsigned pin_of_gsi(unsigned gsi)
{
    return gsi == TIMER_GSI ? TIMER_PIN : gsi;
}

static int gsi_of_pin(unsigned pin)
{
    return pin == TIMER_PIN ? TIMER_GSI : (int)pin;
}

/* ---- interrupts ---- */

static void deliver(uint64_t entry)
{
    MsiMessage message = {
        .address = MESSAGE_BASE | (entry >> ENTRY_DESTINATION_SHIFT) << MESSAGE_DESTINATION_SHIFT |
                   (entry & ENTRY_LOGICAL ? MESSAGE_LOGICAL : 0),
        .data = (uint32_t)(entry & (ENTRY_VECTOR | ENTRY_DELIVERY_MODE)) | MESSAGE_ASSERT |
                (entry & ENTRY_LEVEL ? MESSAGE_LEVEL : 0),
    };

    msi_send(message);
}

/* A level is heard while it lasts, until its interrupt is accepted and again after that has ended. */
static void hear_level(Ioapic *self, unsigned pin)
{
    uint64_t *entry = &self->table[pin];

    if ((*entry & ENTRY_LEVEL) && !(*entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) && (self->lines >> pin & 1)) {
        *entry |= ENTRY_REMOTE_IRR;
        deliver(*entry);
    }
}

/* An edge while the entry is masked is lost ("Interrupt Mask"). */
static void hear_edge(const Ioapic *self, unsigned pin)
{
    if (!(self->table[pin] & (ENTRY_LEVEL | ENTRY_MASKED))) {
        deliver(self->table[pin]);
    }
}

static void set_input(void *obj, int n, int level)
{
    Ioapic *self = obj;
    unsigned pin = pin_of_gsi((unsigned)n);
    uint32_t mask = 1u << pin;
    bool rises = level && !(self->lines & mask);

    self->lines = level ? self->lines | mask : self->lines & ~mask;
    if (rises) {
        hear_edge(self, pin);
    }
    hear_level(self, pin);
}

/* Who drives the line may lower it before it is heard again. */
static void end_of_interrupt(Ioapic *self, uint8_t vector)
{
    for (unsigned pin = 0; pin < PIN_COUNT; pin++) {
        uint64_t *entry = &self->table[pin];
        if ((*entry & ENTRY_VECTOR) == vector && (*entry & ENTRY_LEVEL) && (*entry & ENTRY_REMOTE_IRR)) {
            int gsi = gsi_of_pin(pin);
            *entry &= ~ENTRY_REMOTE_IRR;
            notify_all(&accel_eoi_notifiers, &gsi);
            hear_level(self, pin);
        }
    }
}

/* ---- registers ---- */

/* Remote IRR is of level-triggered entries: one that becomes edge-triggered forgets it. */
static void write_entry(Ioapic *self, unsigned index, uint32_t value)
{
    uint64_t *entry = &self->table[index / 2];
    unsigned shift = index % 2 * 32;
    uint64_t writable = (UINT64_C(0xffffffff) << shift) & ~ENTRY_READ_ONLY;

    *entry = (*entry & ~writable) | ((uint64_t)value << shift & writable);
    if (!(*entry & ENTRY_LEVEL)) {
        *entry &= ~ENTRY_REMOTE_IRR;
    }
    hear_level(self, index / 2);
}

static bool is_table(unsigned reg)
{
    return reg >= REG_TABLE && reg < REG_TABLE + 2 * PIN_COUNT;
}

static uint32_t read_register(const Ioapic *self)
{
    if (is_table(self->select)) {
        unsigned index = self->select - REG_TABLE;
        return (uint32_t)(self->table[index / 2] >> index % 2 * 32);
    }
    switch (self->select) {
    case REG_ID:
        return self->id;
    case REG_VERSION:
        return VERSION | (PIN_COUNT - 1) << VERSION_LAST_ENTRY_SHIFT;
    default:                    /* messages do not arbitrate */
        return 0;
    }
}

static void write_register(Ioapic *self, uint32_t value)
{
    if (is_table(self->select)) {
        write_entry(self, self->select - REG_TABLE, value);
    } else if (self->select == REG_ID) {
        self->id = value & ID_MASK;
    }
}

static uint64_t ioapic_read(void *opaque, uint64_t offset, unsigned size)
{
    Ioapic *self = opaque;

    switch (offset) {
    case SELECT:
        return self->select;
    case WINDOW:
        return read_register(self);
    default:
        return 0;
    }
}

static void ioapic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Ioapic *self = opaque;

    switch (offset) {
    case SELECT:
        self->select = (uint8_t)value;
        break;
    case WINDOW:
        write_register(self, (uint32_t)value);
        break;
    case EOI:
        end_of_interrupt(self, (uint8_t)value);
        break;
    default:
        break;
    }
}

/* All registers are accessed 32 bits wide ("Register Description"). */
static const RegionOps ioapic_ops = { .read = ioapic_read, .write = ioapic_write, .min_size = 4, .max_size = 4 };

/* ---- the class ---- */

static void ioapic_init(Object *obj)
{
    pins_add_inputs(obj, NULL, PIN_COUNT, set_input);
}

/* Lines keep their levels: they are the devices'. */
static void ioapic_reset(Object *obj)
{
    Ioapic *self = (Ioapic *)obj;

    self->select = 0;
    self->id = 0;
    for (unsigned pin = 0; pin < PIN_COUNT; pin++) {
        self->table[pin] = ENTRY_MASKED;
    }
}

static bool ioapic_realize(Object *obj, Error **errp)
{
    Ioapic *self = (Ioapic *)obj;

    ioapic_reset(obj);
    region_init_io(&self->region, "ioapic", IOAPIC_SIZE, &ioapic_ops, self);
    region_add(memory_space.root, &self->region, IOAPIC_BASE, 0);
    return true;
}

static void ioapic_unrealize(Object *obj)
{
    region_finish(&((Ioapic *)obj)->region);
}

CLASS(ioapic_class) = {
    .name = "ioapic",
    .desc = "I/O interrupt controller (82093AA)",
    .size = sizeof(Ioapic),
    .internal = true,
    .init = ioapic_init,
    .realize = ioapic_realize,
    .unrealize = ioapic_unrealize,
    .reset = ioapic_reset,
};
