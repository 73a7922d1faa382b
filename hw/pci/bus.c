/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI buses: who is there, configuration cycles, and the wired-OR interrupt lines; see pci.h. */
#include "hw/pci/internal.h"

static void bus_finish(Object *obj)
{
    PciBus *bus = (PciBus *)obj;

    g_clear_pointer(&bus->intx_routing_changed.notifiers, g_ptr_array_unref);
}

CLASS(pci_bus_class) = {
    .name = "PCI",
    .parent = &bus_class,
    .desc = "PCI bus",
    .size = sizeof(PciBus),
    .internal = true,
    .finish = bus_finish,
};

PciBus *pci_root_bus_new(const char *id, Region *memory, Region *io, Error **errp)
{
    PciBus *bus = (PciBus *)object_new(&pci_bus_class, id, errp);

    if (!bus) {
        return NULL;
    }
    bus->memory = memory;
    bus->io = io;
    if (!object_realize(&bus->obj, errp)) {
        object_free(&bus->obj);
        return NULL;
    }
    return bus;
}

PciDevice *pci_bus_device(const PciBus *bus, int devfn)
{
    return bus->devices[devfn & (PCI_DEVFN_COUNT - 1)];
}

PciBus *pci_bus_find(const char *name, Error **errp)
{
    g_autoptr(GPtrArray) buses = object_list(&pci_bus_class);

    for (unsigned i = 0; i < buses->len; i++) {
        PciBus *bus = buses->pdata[i];
        if (!name || g_str_equal(bus->obj.id, name)) {
            return bus;
        }
    }
    if (!name) {
        fail(errp, "No 'PCI' bus found for a device of that type");
        return NULL;
    }
    fail(errp, "Bus '%s' not found", name);
    if (buses->len > 0) {
        hint(errp, "The machine's PCI bus is '%s'.", ((PciBus *)buses->pdata[0])->obj.id);
    }
    return NULL;
}

/* ---- configuration cycles ---- */

/* Who answers; there is only the root bus until there are bridges. */
static PciDevice *target(PciBus *root, int bus_number, int devfn)
{
    return bus_number == root->number ? pci_bus_device(root, devfn) : NULL;
}

/* One access that stays in its dword. */
static uint32_t device_read(PciDevice *dev, unsigned addr, unsigned len)
{
    const PciOps *ops = pci_ops(dev);

    if (addr + len > dev->config_size) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return ops->config_read ? ops->config_read(dev, addr, len) : pci_config_read_default(dev, addr, len);
}

static void device_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    const PciOps *ops = pci_ops(dev);

    if (addr + len > dev->config_size) {
        return;
    }
    if (ops->config_write) {
        ops->config_write(dev, addr, value, len);
    } else {
        pci_config_write_default(dev, addr, value, len);
    }
}

/* Bytes of an access of @len at @addr that go out in one cycle: all of it, or a naturally aligned piece. */
static unsigned cycle_len(unsigned addr, unsigned len)
{
    if (addr % 4 + len <= 4) {
        return len == 3 ? 2 - addr % 2 : len;
    }
    return addr % 2 ? 1 : 2;
}

uint32_t pci_bus_config_read(PciBus *root, int bus_number, int devfn, unsigned addr, unsigned len)
{
    PciDevice *dev = target(root, bus_number, devfn);
    uint32_t value = 0;

    if (!dev) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    for (unsigned at = 0, n; at < len; at += n) {
        n = cycle_len(addr + at, len - at);
        value |= (device_read(dev, addr + at, n) & (UINT32_MAX >> (32 - 8 * n))) << (8 * at);
    }
    return value;
}

void pci_bus_config_write(PciBus *root, int bus_number, int devfn, unsigned addr, uint32_t value, unsigned len)
{
    PciDevice *dev = target(root, bus_number, devfn);

    for (unsigned at = 0, n; dev && at < len; at += n) {
        n = cycle_len(addr + at, len - at);
        device_write(dev, addr + at, value >> (8 * at) & (UINT32_MAX >> (32 - 8 * n)), n);
    }
}

/* ---- interrupts ---- */

void pci_bus_set_router(PciBus *bus, PciIrqRouter router)
{
    bus->router = router;
    pci_bus_routing_changed(bus);
}

void pci_bus_routing_changed(PciBus *bus)
{
    for (int input = 0; bus->router.set && input < PCI_PIN_COUNT; input++) {
        bus->router.set(bus->router.opaque, input, bus->input_level[input] > 0);
    }
    notify_all(&bus->intx_routing_changed, bus);
}

/* The router input the device's pin is wired to, or -1 for a device without a pin. */
static int router_input(const PciDevice *dev)
{
    const PciIrqRouter *router = &dev->bus->router;
    int pin = dev->config[PCI_INTERRUPT_PIN];

    if (pin < 1 || pin > PCI_PIN_COUNT || !router->map) {
        return -1;
    }
    return router->map(router->opaque, PCI_SLOT_OF(dev->devfn), pin - 1) & (PCI_PIN_COUNT - 1);
}

void pci_irq_update(PciDevice *dev)
{
    bool disabled = pci_get_u16(dev->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
    bool level = dev->intx_level && !disabled;
    int input = router_input(dev);

    if (level == dev->intx_asserted || input < 0) {
        return;
    }
    PciBus *bus = dev->bus;
    unsigned before = bus->input_level[input];
    dev->intx_asserted = level;
    bus->input_level[input] = level ? before + 1 : before - 1;
    if ((before > 0) != (bus->input_level[input] > 0)) {
        bus->router.set(bus->router.opaque, input, level);
    }
}

void pci_irq_set(PciDevice *dev, int level)
{
    dev->intx_level = level;
    /* PCI 3.0, 6.2.3: the status bit shows the wish, whether or not it is let through. */
    if (level) {
        dev->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
    } else {
        dev->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
    }
    pci_irq_update(dev);
}

int pci_irq_gsi(const PciDevice *dev)
{
    const PciIrqRouter *router = &dev->bus->router;
    int input = router_input(dev);

    return input >= 0 && router->gsi ? router->gsi(router->opaque, input) : -1;
}
