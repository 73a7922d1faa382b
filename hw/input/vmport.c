/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's backdoor; see vmport.h. What is known of it comes from its users: Linux (arch/x86/include/asm/vmware.h,
 * drivers/input/mouse/vmmouse.c), open-vm-tools (backdoor_def.h) and X.Org's xf86-input-vmmouse.
 */
#include "hw/input/vmport.h"

#include <string.h>

#include "core/accel.h"
#include "core/machine.h"
#include "hw/isa/isa.h"
#include "lib/log.h"

enum {
    PORT = 0x5658,
    MAGIC = 0x564d5868,         /* in eax: it is meant */
    APIC_BUS_HZ = 1000000000,   /* as KVM's local APIC counts */
    LEGACY_X2APIC_OK = 1 << 3,  /* x2APIC without interrupt remapping */
    MEMORY_MAGIC = 0x1177,
};

typedef struct Vmport {
    IsaDevice isa;
    Region port;
    uint32_t version;
    uint8_t product;
} Vmport;

/* Commands others answer. */
static struct {
    VmportFn fn;
    void *opaque;
} served[VMPORT_COMMANDS];

void vmport_serve(unsigned command, VmportFn fn, void *opaque)
{
    served[command].fn = fn;
    served[command].opaque = opaque;
}

/* ---- commands ---- */

static void get_version(void *opaque, CpuRegisters *registers)
{
    const Vmport *self = opaque;

    registers->ax = self->version;
    registers->bx = MAGIC;
    registers->cx = self->product;
}

/* The bytes in the order of their text, four in each of eax to edx. */
static void get_uuid(void *opaque, CpuRegisters *registers)
{
    uint32_t words[4];

    memcpy(words, machine_get()->uuid, sizeof(words));
    registers->ax = words[0];
    registers->bx = words[1];
    registers->cx = words[2];
    registers->dx = words[3];
}

static void get_memory_size(void *opaque, CpuRegisters *registers)
{
    registers->ax = (uint32_t)machine_get()->ram_size;
    registers->bx = MEMORY_MAGIC;
}

/* ebx of all ones: not known. */
static void get_hz(void *opaque, CpuRegisters *registers)
{
    uint64_t hz = accel_tsc_hz();

    if (hz == 0) {
        registers->bx = UINT32_MAX;
        return;
    }
    registers->ax = (uint32_t)hz;
    registers->bx = hz >> 32;
    registers->cx = APIC_BUS_HZ;
}

static void get_vcpu_info(void *opaque, CpuRegisters *registers)
{
    registers->ax = accel_has_chips() ? LEGACY_X2APIC_OK : 0;
}

static const VmportFn commands[VMPORT_COMMANDS] = {
    [10] = get_version, [19] = get_uuid, [20] = get_memory_size, [45] = get_hz, [68] = get_vcpu_info,
};

/* ---- the port ---- */

/* Nobody can be asked for a command that is unknown. */
static void answer(Vmport *self, CpuRegisters *registers)
{
    unsigned command = registers->cx & 0xffff;

    if (command < VMPORT_COMMANDS && commands[command]) {
        commands[command](self, registers);
    } else if (command < VMPORT_COMMANDS && served[command].fn) {
        served[command].fn(served[command].opaque, registers);
    } else {
        log_guest("vmport: command %u is unknown", command);
        registers->ax = UINT32_MAX;
    }
}

/* Reads and writes are the same: a call. False: it is none, and nobody is at the port. */
static bool call(Vmport *self, uint64_t offset, uint64_t *ret_value)
{
    CpuRegisters registers;

    if (offset != 0 || !accel_get_registers(&registers) || (uint32_t)registers.ax != MAGIC) {
        return false;
    }
    answer(self, &registers);
    accel_set_registers(&registers);
    *ret_value = registers.ax;
    return true;
}

static uint64_t port_read(void *opaque, uint64_t offset, unsigned size)
{
    uint64_t value = UINT64_MAX;

    call(opaque, offset, &value);
    return value;
}

static void port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    call(opaque, offset, &value);
}

static const RegionOps port_ops = { .read = port_read, .write = port_write, .max_size = 4 };

/* ---- the class ---- */

static bool vmport_realize(Object *obj, Error **errp)
{
    Vmport *self = (Vmport *)obj;

    region_init_io(&self->port, "vmport", 4, &port_ops, self);
    return isa_ports_add(&self->isa, &self->port, PORT, errp);
}

static void vmport_unrealize(Object *obj)
{
    region_finish(&((Vmport *)obj)->port);
}

CLASS(vmport_class) = {
    .name = "vmport",
    .parent = &isa_device_class,
    .desc = "VMware's port, by which guests ask for a pointer that can be placed",
    .size = sizeof(Vmport),
    .internal = true,
    .props = (const Property[]){
        PROP(Vmport, version, u32, "vmware-vmx-version", "6", "Version of the hypervisor that guests see"),
        PROP(Vmport, product, u8, "vmware-vmx-type", "2", "Product that guests see"),
        { }
    },
    .realize = vmport_realize,
    .unrealize = vmport_unrealize,
};
