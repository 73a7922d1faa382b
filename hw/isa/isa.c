/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ISA devices have in common: ports and interrupt lines; see isa.h. */
#include "hw/isa/isa.h"

#include "core/accel.h"
#include "core/device.h"
#include "core/machine.h"

enum { ISA_IRQ_COUNT = 16 };

static bool isa_realize(Object *obj, Error **errp)
{
    const char *bus = ((IsaDevice *)obj)->bus_name;

    if (machine_is_bare()) {
        return fail(errp, "No 'ISA' bus found for device '%s'", obj->class->name);
    }
    return !bus || g_str_equal(bus, "isa.0") || fail(errp, "Bus '%s' not found", bus);
}

/* Nothing on this bus comes or goes while the guest runs. */
static const BusKind isa_bus = { .name = "ISA", .bus_name = "isa.0" };

CLASS(isa_device_class) = {
    .name = "isa-device",
    .parent = &device_class,
    .desc = "ISA device",
    .bus = &isa_bus,
    .size = sizeof(IsaDevice),
    .abstract = true,
    .props = (const Property[]){
        PROP(IsaDevice, bus_name, str, "bus", NULL, "Bus the device sits on: isa.0"),
        { }
    },
    .realize = isa_realize,
};

Irq isa_irq(unsigned irq)
{
    g_assert(irq < ISA_IRQ_COUNT);
    return accel_gsi((int)irq);
}

/* Who answers in [first, last] by name, or NULL. Ports of PCI BARs come and go above ISA and do not count. */
static const char *owner(uint64_t first, uint64_t last)
{
    const GPtrArray *children = io_space.root->children;

    for (unsigned i = 0; children && i < children->len; i++) {
        const Region *child = children->pdata[i];
        bool overlaps = child->offset <= last && child->offset + child->last >= first;
        if (child->kind == REGION_IO && !child->hidden && overlaps) {
            return child->name;
        }
    }
    return NULL;
}

bool isa_ports_add(IsaDevice *dev, Region *region, uint16_t port, Error **errp)
{
    uint64_t last = port + region->last;
    const char *there = owner(port, last);

    if (last > UINT16_MAX) {
        return fail(errp, "I/O ports 0x%x to 0x%" G_GINT64_MODIFIER "x end above 0xffff", port, last);
    }
    if (there) {
        return fail(errp, "I/O ports 0x%x to 0x%" G_GINT64_MODIFIER "x of %s overlap those of %s", port, last,
                    dev->obj.class->name, there);
    }
    region_add(io_space.root, region, port, 0);
    return true;
}
