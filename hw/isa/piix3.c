/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PIIX3 ISA bridge; see piix3.h. Facts: Intel 82371FB/82371SB data sheet (290550). */
#include "hw/isa/piix3.h"

#include "core/accel.h"
#include "core/runstate.h"
#include "hw/isa/isa.h"

/* The edge/level registers 0x4D0 and 0x4D1 belong to the interrupt controllers. */

enum {
    PIRQ_ROUTE_FIRST = 0x60,        /* PIRQRC[A:D] */
    PIRQ_ROUTE_LAST = 0x63,
    PIRQ_ROUTE_DISABLED = 0x80,
    PIRQ_ROUTE_IRQ = 0x0f,
};

/* IRQ numbers PIRQRC may hold; 0, 1, 2, 8 and 13 are reserved and lead nowhere. */
enum { PIRQ_ROUTABLE = 0xdef8 };

/* Reset control (RC). The port lies inside the host bridge's dword register 0xCF8. */
enum {
    RESET_CONTROL_PORT = 0xcf9,
    RESET_CONTROL_HARD = 0x02,
    RESET_CONTROL_RESET = 0x04,
    RESET_CONTROL_PRIORITY = 1,
};

/* Defaults as chips and virtual machines show them; what is not used here can be written and read back. */
static const PciRegister registers[] = {
    { PCI_STATUS + 1, 0x02, 0 },    /* medium DEVSEL# */
    { 0x4c, 0x4d, 0xff },           /* ISA I/O recovery */
    { 0x4e, 0x03, 0xff },           /* X-bus chip selects: keyboard controller, RTC */
    { 0x4f, 0x00, 0x01 },
    { 0x60, 0x80, 0x8f }, { 0x61, 0x80, 0x8f }, { 0x62, 0x80, 0x8f }, { 0x63, 0x80, 0x8f },
    { 0x69, 0x02, 0xfe },           /* top of memory for ISA masters */
    { 0x6a, 0x00, 0xff }, { 0x6b, 0x00, 0xff },
    { 0x70, 0x80, 0xef },           /* motherboard device IRQ */
    { 0x76, 0x0c, 0x8f }, { 0x77, 0x0c, 0x8f },
    { 0x78, 0x02, 0xff }, { 0x79, 0x00, 0xff },
    { 0x80, 0x00, 0x7f },           /* APIC base */
    { 0x82, 0x00, 0xff },
    { 0xa0, 0x08, 0xff }, { 0xa2, 0x00, 0xff }, { 0xa3, 0x00, 0xff },
    { 0xa8, 0x0f, 0xff },
    { 0 }
};

/* ---- PCI interrupts ---- */

/* The ISA IRQ that PIRQ A + @pirq reaches, or -1. */
static int pirq_route(const Piix3 *bridge, int pirq)
{
    uint8_t route = bridge->pci.config[PIRQ_ROUTE_FIRST + pirq];
    int irq = route & PIRQ_ROUTE_IRQ;

    return !(route & PIRQ_ROUTE_DISABLED) && (PIRQ_ROUTABLE >> irq & 1) ? irq : -1;
}

/* What the bridge drives on the ISA IRQs: the OR of the PIRQs routed to each. */
static uint16_t wanted_levels(const Piix3 *bridge)
{
    uint16_t levels = 0;

    for (int pirq = 0; pirq < PCI_PIN_COUNT; pirq++) {
        int irq = pirq_route(bridge, pirq);
        if (irq >= 0 && (bridge->pirq_levels >> pirq & 1)) {
            levels |= (uint16_t)(1u << irq);
        }
    }
    return levels;
}

static void drive_irqs(Piix3 *bridge)
{
    uint16_t levels = wanted_levels(bridge);

    for (unsigned n = 0; n < PIIX3_ISA_IRQ_COUNT; n++) {
        irq_set(&bridge->isa_irqs[n], levels >> n & 1);
    }
}

/* The board wires INTA of slot 1 to PIRQA and turns the pins by one with each slot. */
static int router_map(void *opaque, int slot, int pin)
{
    return (slot + pin - 1) & (PCI_PIN_COUNT - 1);
}

static void router_set(void *opaque, int pirq, int level)
{
    Piix3 *bridge = opaque;
    uint8_t bit = (uint8_t)(1u << pirq);

    bridge->pirq_levels = (uint8_t)(level ? bridge->pirq_levels | bit : bridge->pirq_levels & ~bit);
    drive_irqs(bridge);
}

static int router_gsi(void *opaque, int pirq)
{
    return pirq_route(opaque, pirq);
}

static void config_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    pci_config_write_default(dev, addr, value, len);
    if (addr <= PIRQ_ROUTE_LAST && addr + len > PIRQ_ROUTE_FIRST) {
        drive_irqs((Piix3 *)dev);
        pci_bus_routing_changed(dev->bus);
    }
}

/* ---- reset control ---- */

static uint64_t reset_control_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((Piix3 *)opaque)->reset_control_value;
}

/* A rising bit 2 resets; a soft reset (INIT) is carried out as a hard one. */
static void reset_control_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Piix3 *bridge = opaque;

    if (value & ~bridge->reset_control_value & RESET_CONTROL_RESET) {
        request_reset(CAUSE_GUEST_RESET);
    }
    bridge->reset_control_value = value & (RESET_CONTROL_HARD | RESET_CONTROL_RESET);
}

static const RegionOps reset_control_ops = { .read = reset_control_read, .write = reset_control_write };

/* ---- life ---- */

static void piix3_reset(Object *obj)
{
    Piix3 *bridge = (Piix3 *)obj;

    pci_registers_reset(&bridge->pci, registers);
    bridge->reset_control_value = 0;
    drive_irqs(bridge);
    pci_bus_routing_changed(bridge->pci.bus);
}

static void piix3_init(Object *obj)
{
    PciDevice *dev = (PciDevice *)obj;

    dev->devfn = PCI_DEVFN_OF(1, 0);
    dev->multifunction = true;
}

static bool piix3_realize(Object *obj, Error **errp)
{
    Piix3 *bridge = (Piix3 *)obj;
    PciIrqRouter router = { .map = router_map, .set = router_set, .gsi = router_gsi, .opaque = bridge };

    pci_registers_reset(&bridge->pci, registers);
    for (unsigned n = 0; n < PIIX3_ISA_IRQ_COUNT; n++) {
        bridge->isa_irqs[n] = isa_irq(n);
    }
    region_init_io(&bridge->reset_control, "reset control", 1, &reset_control_ops, bridge);
    region_add(bridge->pci.bus->io, &bridge->reset_control, RESET_CONTROL_PORT, RESET_CONTROL_PRIORITY);
    pci_bus_set_router(bridge->pci.bus, router);
    return true;
}

static void piix3_unrealize(Object *obj)
{
    Piix3 *bridge = (Piix3 *)obj;

    for (unsigned n = 0; n < PIIX3_ISA_IRQ_COUNT; n++) {
        accel_gsi_free(&bridge->isa_irqs[n]);
    }
    region_finish(&bridge->reset_control);
    if (bridge->pci.bus && bridge->pci.bus->router.opaque == bridge) {
        bridge->pci.bus->router = (PciIrqRouter){ 0 };
    }
}

CLASS(piix3_class) = {
    .name = "PIIX3",
    .parent = &pci_device_class,
    .desc = "ISA bridge",
    .size = sizeof(Piix3),
    .internal = true,
    .ops = &(const PciOps){
        .vendor = 0x8086,
        .device = 0x7000,
        .class_code = 0x060100,
        .config_write = config_write,
    },
    .init = piix3_init,
    .realize = piix3_realize,
    .unrealize = piix3_unrealize,
    .reset = piix3_reset,
};
