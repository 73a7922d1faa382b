/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBus host controller; see piix4-smbus.h. Facts: Intel 82371AB data sheet (290562), SMBus I/O space registers. */
#include "hw/acpi/piix4-smbus.h"

#include <string.h>

enum {
    HOST_STATUS = 0x0,
    SLAVE_STATUS = 0x1,
    HOST_CONTROL = 0x2,
    BLOCK_DATA = 0x7,
};

enum {
    STATUS_DEVICE_ERROR = 0x04,
    STATUS_FAILED = 0x10,
    STATUS_CLEARABLE = 0x1e,    /* interrupt, device error, bus error, failed */
    CONTROL_KILL = 0x02,
    CONTROL_START = 0x40,       /* reads as 0 */
};

static uint64_t smbus_read(void *opaque, uint64_t offset, unsigned size)
{
    Piix4Smbus *bus = opaque;

    if (offset == HOST_CONTROL) {
        bus->block_index = 0;
    }
    if (offset == BLOCK_DATA) {
        return bus->block[bus->block_index++ % sizeof(bus->block)];
    }
    return bus->registers[offset];
}

/* A transaction ends at once: nobody acknowledges the address. */
static void write_control(Piix4Smbus *bus, uint8_t value)
{
    bus->registers[HOST_CONTROL] = value & (uint8_t)~CONTROL_START;
    if (value & CONTROL_KILL) {
        bus->registers[HOST_STATUS] |= STATUS_FAILED;
    } else if (value & CONTROL_START) {
        bus->registers[HOST_STATUS] |= STATUS_DEVICE_ERROR;
    }
}

static void smbus_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Piix4Smbus *bus = opaque;
    uint8_t byte = (uint8_t)value;

    switch (offset) {
    case HOST_STATUS:
        bus->registers[HOST_STATUS] &= (uint8_t)~(byte & STATUS_CLEARABLE);
        break;
    case SLAVE_STATUS:
        bus->registers[SLAVE_STATUS] &= (uint8_t)~byte;
        break;
    case HOST_CONTROL:
        write_control(bus, byte);
        break;
    case BLOCK_DATA:
        bus->block[bus->block_index++ % sizeof(bus->block)] = byte;
        break;
    default:
        bus->registers[offset] = byte;
        break;
    }
}

static const RegionOps smbus_ops = { .read = smbus_read, .write = smbus_write, .max_size = 1 };

void piix4_smbus_init(Piix4Smbus *bus)
{
    region_init_io(&bus->ports, "piix4 smbus", PIIX4_SMBUS_REGISTER_COUNT, &smbus_ops, bus);
}

void piix4_smbus_reset(Piix4Smbus *bus)
{
    memset(bus->registers, 0, sizeof(bus->registers));
    memset(bus->block, 0, sizeof(bus->block));
    bus->block_index = 0;
}
