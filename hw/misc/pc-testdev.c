/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kvm-unit-tests expects of a PC: a register that remembers (ports 0xE0 and 0xE8), a port that makes the host
 * forget how it maps a page (0xE4), the lines of the interrupt chips (0x2000 and up), and memory behind traps (0xFF000000).
 */
#include <sys/mman.h>
#include <unistd.h>

#include "core/accel.h"
#include "core/dispatch.h"
#include "hw/isa/isa.h"

enum {
    REGISTER_PORT = 0xe0,
    FLUSH_PORT = 0xe4,
    BYTE_REGISTER_PORT = 0xe8,
    PORT_WIDTH = 4,
    LINES_PORT = 0x2000,
    MEMORY_SIZE = 0x10000,
};

#define MEMORY_BASE UINT64_C(0xff000000)

typedef struct PcTest {
    IsaDevice isa;
    Region register_ports, byte_register_ports, flush_ports, line_ports, memory_region;
    Irq lines[ACCEL_GSI_COUNT];
    uint8_t value[PORT_WIDTH];
    uint8_t memory[MEMORY_SIZE];
} PcTest;

/* ---- bytes that remember ---- */

static uint64_t value_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((PcTest *)opaque)->value[offset];
}

static void value_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((PcTest *)opaque)->value[offset] = (uint8_t)value;
}

static uint64_t memory_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((PcTest *)opaque)->memory[offset];
}

static void memory_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((PcTest *)opaque)->memory[offset] = (uint8_t)value;
}

/* ---- others ---- */

static uint64_t zero_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

/* Tests want to see what a hypervisor does when the host takes back the page behind a guest address. */
static void flush_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *host = space_host(&memory_space, value & ~(uint64_t)(page - 1), page, true);

    /* Still readable: other threads may look at it just then. */
    if (host && mprotect(host, page, PROT_READ) == 0) {
        mprotect(host, page, PROT_READ | PROT_WRITE);
    }
}

static void line_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const PcTest *self = opaque;

    irq_set(&self->lines[offset], value != 0);
}

static const RegionOps value_ops = { .read = value_read, .write = value_write, .max_size = 1 };
static const RegionOps memory_ops = { .read = memory_read, .write = memory_write, .max_size = 1 };
static const RegionOps flush_ops = { .read = zero_read, .write = flush_write, .min_size = 4, .max_size = 4 };
static const RegionOps line_ops = { .read = zero_read, .write = line_write, .max_size = 1 };

static bool pc_testdev_realize(Object *obj, Error **errp)
{
    PcTest *self = (PcTest *)obj;

    region_init_io(&self->register_ports, "pc-testdev", PORT_WIDTH, &value_ops, self);
    region_init_io(&self->byte_register_ports, "pc-testdev bytes", PORT_WIDTH, &value_ops, self);
    region_init_io(&self->flush_ports, "pc-testdev flush", PORT_WIDTH, &flush_ops, self);
    region_init_io(&self->line_ports, "pc-testdev lines", ACCEL_GSI_COUNT, &line_ops, self);
    region_init_io(&self->memory_region, "pc-testdev memory", MEMORY_SIZE, &memory_ops, self);
    for (int i = 0; i < ACCEL_GSI_COUNT; i++) {
        self->lines[i] = accel_gsi(i);
    }
    region_add(memory_space.root, &self->memory_region, MEMORY_BASE, 0);
    return isa_ports_add(&self->isa, &self->register_ports, REGISTER_PORT, errp) &&
           isa_ports_add(&self->isa, &self->byte_register_ports, BYTE_REGISTER_PORT, errp) &&
           isa_ports_add(&self->isa, &self->flush_ports, FLUSH_PORT, errp) &&
           isa_ports_add(&self->isa, &self->line_ports, LINES_PORT, errp);
}

static void pc_testdev_unrealize(Object *obj)
{
    PcTest *self = (PcTest *)obj;

    region_finish(&self->register_ports);
    region_finish(&self->byte_register_ports);
    region_finish(&self->flush_ports);
    region_finish(&self->line_ports);
    region_finish(&self->memory_region);
    for (int i = 0; i < ACCEL_GSI_COUNT; i++) {
        accel_gsi_free(&self->lines[i]);
    }
}

CLASS(pc_testdev_class) = {
    .name = "pc-testdev",
    .parent = &isa_device_class,
    .desc = "Registers for tests of hypervisors",
    .size = sizeof(PcTest),
    .realize = pc_testdev_realize,
    .unrealize = pc_testdev_unrealize,
};
