/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PIIX4 power management; see piix4-pm.h. Facts: Intel 82371AB data sheet (290562), function 3. */
#include "hw/acpi/piix4-pm.h"

#include "core/runstate.h"
#include "hw/acpi/pc-ports.h"
#include "hw/isa/isa.h"
#include "lib/log.h"

/* Configuration registers with an effect. */
enum {
    PMBASE = 0x40,
    DEVRESC_HIGH = 0x67,        /* serial port decoding */
    PMREGMISC = 0x80,           /* bit 0: PMBASE is decoded */
    SMBBASE = 0x90,
    SMBHSTCFG = 0xd2,           /* bit 0: SMBBASE is decoded */
};

enum {
    COM1_PORT = 0x3f8,
    COM2_PORT = 0x2f8,
    DEVRESC_COM1 = 0x08,        /* port A enabled, at 3F8 */
    DEVRESC_COM2 = 0x90,        /* port B enabled, at 2F8 */
};

static const PciRegister registers[] = {
    { PCI_STATUS, 0x80, 0 }, { PCI_STATUS + 1, 0x02, 0 },   /* fast back-to-back, medium DEVSEL# */
    { PCI_INTERRUPT_LINE, ACPI_SCI_IRQ, 0xff },
    { PCI_INTERRUPT_PIN, 1, 0 },
    { PMBASE, 0x01, 0xc0 }, { PMBASE + 1, 0x00, 0xff },
    { 0x5b, 0x02, 0xff },       /* DEVACTB, APMC_EN set: firmware takes SMM for set up and leaves it alone */
    { 0x5f, 0x10, 0xff }, { 0x63, 0x60, 0xff },             /* DEVRESA, DEVRESB */
    { PMREGMISC, 0x00, 0x01 },
    { SMBBASE, 0x01, 0xf0 }, { SMBBASE + 1, 0x00, 0xff },
    { SMBHSTCFG, 0x09, 0x0f },  /* enabled, interrupts as IRQ 9 */
    { 0 }
};

/* ---- where the ports are ---- */

static void place_ports(Region *ports, uint16_t base, bool enabled)
{
    region_move(ports, base);
    region_hide(ports, !enabled);
}

static void update_ports(Piix4Pm *self)
{
    const uint8_t *config = self->pci.config;
    uint16_t base = pci_get_u16(config + PMBASE) & 0xffc0;
    uint16_t before = self->ports_base;

    region_transaction_begin();
    place_ports(&self->pm_ports, base, config[PMREGMISC] & 1);
    place_ports(&self->smbus.ports, pci_get_u16(config + SMBBASE) & 0xfff0, config[SMBHSTCFG] & 1);
    region_transaction_commit();
    self->ports_base = config[PMREGMISC] & 1 ? base : 0;
    if (self->ports_base != before && self->ports_moved) {
        self->ports_moved(self->opaque);
    }
}

static void config_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    pci_config_write_default(dev, addr, value, len);
    if (addr >= PMBASE) {
        update_ports((Piix4Pm *)dev);
    }
}

/* ---- registers ---- */

static uint64_t pm_read(void *opaque, uint64_t offset, unsigned size)
{
    return acpi_pm_read(&((Piix4Pm *)opaque)->pm, offset, size);
}

static void pm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    acpi_pm_write(&((Piix4Pm *)opaque)->pm, offset, value, size);
}

static uint64_t gpe_read(void *opaque, uint64_t offset, unsigned size)
{
    return acpi_pm_gpe_read(&((Piix4Pm *)opaque)->pm, offset, size);
}

static void gpe_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    acpi_pm_gpe_write(&((Piix4Pm *)opaque)->pm, offset, value, size);
}

static uint64_t apm_read(void *opaque, uint64_t offset, unsigned size)
{
    const Piix4Pm *self = opaque;

    return offset == 0 ? self->apm_control : self->apm_status;
}

/* On the chip the control port raises an SMI whose handler switches modes; here the chip does it itself. */
static void apm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Piix4Pm *self = opaque;

    if (offset != 0) {
        self->apm_status = (uint8_t)value;
        return;
    }
    self->apm_control = (uint8_t)value;
    if (value == ACPI_ENABLE || value == ACPI_DISABLE) {
        acpi_pm_set_sci_enable(&self->pm, value == ACPI_ENABLE);
    }
}

static const RegionOps pm_ops = { .read = pm_read, .write = pm_write, .max_size = 4 };
static const RegionOps gpe_ops = { .read = gpe_read, .write = gpe_write, .max_size = 4 };
static const RegionOps apm_ops = { .read = apm_read, .write = apm_write, .max_size = 1 };

/* ---- sleep and wake ---- */

static void sleep_now(void *opaque, unsigned type)
{
    const Piix4Pm *self = opaque;

    if (type == ACPI_SLP_TYP_S5 || (type == self->s4_val && !self->disable_s4)) {
        request_shutdown(CAUSE_GUEST_SHUTDOWN);
    } else if (type == ACPI_SLP_TYP_S3 && !self->disable_s3) {
        request_suspend();
    } else {
        log_guest("PIIX4_PM: sleep type %u does not exist", type);
    }
}

/* The machine wakes by a reset that keeps memory; firmware finds the wake status and continues the guest. */
static void on_wakeup(Notifier *notifier, void *data)
{
    Piix4Pm *self = (Piix4Pm *)((char *)notifier - offsetof(Piix4Pm, wakeup));

    self->waking = true;
}

static void on_powerdown(Notifier *notifier, void *data)
{
    Piix4Pm *self = (Piix4Pm *)((char *)notifier - offsetof(Piix4Pm, powerdown));

    if (run_state() == RUN_STATE_SUSPENDED) {
        request_wakeup();
    } else {
        acpi_pm_raise(&self->pm, PM1_POWER_BUTTON);
    }
}

static void piix4_pm_reset(Object *obj)
{
    Piix4Pm *self = (Piix4Pm *)obj;
    uint8_t *config = self->pci.config;

    pci_registers_reset(&self->pci, registers);
    pci_set_u16(config + SMBBASE, (uint16_t)((self->smb_io_base & 0xfff0) | 1));
    config[DEVRESC_HIGH] = (uint8_t)((space_find(&io_space, COM1_PORT) ? DEVRESC_COM1 : 0) |
                                     (space_find(&io_space, COM2_PORT) ? DEVRESC_COM2 : 0));
    self->apm_control = self->apm_status = 0;
    acpi_pm_reset(&self->pm);
    piix4_smbus_reset(&self->smbus);
    acpi_pci_hotplug_reset(&self->hotplug);
    update_ports(self);
    if (self->waking) {
        acpi_pm_raise(&self->pm, PM1_WAKE | PM1_POWER_BUTTON);
    }
    irq_set(&self->s3_resume, self->waking);
    self->waking = false;
}

/* ---- life ---- */

static void piix4_pm_init(Object *obj)
{
    ((PciDevice *)obj)->devfn = PCI_DEVFN_OF(1, 3);
}

static bool piix4_pm_realize(Object *obj, Error **errp)
{
    Piix4Pm *self = (Piix4Pm *)obj;
    Region *io = self->pci.bus->io;

    acpi_pm_init(&self->pm, isa_irq(ACPI_SCI_IRQ));
    self->pm.sleep = sleep_now;
    self->pm.opaque = self;
    piix4_smbus_init(&self->smbus);
    acpi_pci_hotplug_init(&self->hotplug, &self->pm, self->root_hotplug ? self->pci.bus : NULL);
    region_init_io(&self->pm_ports, "piix4 pm", ACPI_PM_LEN, &pm_ops, self);
    region_init_io(&self->gpe_ports, "piix4 gpe0", ACPI_GPE0_LEN, &gpe_ops, self);
    region_init_io(&self->apm_ports, "apm", 2, &apm_ops, self);
    self->pm_ports.hidden = self->smbus.ports.hidden = true;
    region_transaction_begin();
    region_add(io, &self->pm_ports, 0, 0);
    region_add(io, &self->smbus.ports, 0, 0);
    region_add(io, &self->gpe_ports, ACPI_GPE0_BASE, 0);
    region_add(io, &self->apm_ports, ACPI_SMI_CMD, 0);
    if (self->root_hotplug || self->bridge_hotplug) {
        region_add(io, &self->hotplug.ports, ACPI_PCI_HOTPLUG_BASE, 0);
    }
    region_transaction_commit();
    self->powerdown.notify = on_powerdown;
    notifier_add(&powerdown_notifiers, &self->powerdown);
    self->wakeup.notify = on_wakeup;
    notifier_add(&wakeup_notifiers, &self->wakeup);
    piix4_pm_reset(obj);
    return true;
}

static void piix4_pm_unrealize(Object *obj)
{
    Piix4Pm *self = (Piix4Pm *)obj;

    notifier_del(&powerdown_notifiers, &self->powerdown);
    notifier_del(&wakeup_notifiers, &self->wakeup);
    acpi_pci_hotplug_finish(&self->hotplug);
    acpi_pm_finish(&self->pm);
    region_finish(&self->pm_ports);
    region_finish(&self->gpe_ports);
    region_finish(&self->apm_ports);
    region_finish(&self->smbus.ports);
}

CLASS(piix4_pm_class) = {
    .name = "PIIX4_PM",
    .parent = &pci_device_class,
    .desc = "Power management",
    .size = sizeof(Piix4Pm),
    .internal = true,
    .ops = &(const PciOps){
        .vendor = 0x8086,
        .device = 0x7113,
        .class_code = 0x068000,
        .revision = 3,
        .config_write = config_write,
    },
    .props = (const Property[]){
        PROP(Piix4Pm, disable_s3, u8, "disable_s3", "1", "0: suspend to RAM, from which only the power button wakes"),
        PROP(Piix4Pm, disable_s4, u8, "disable_s4", "0", "1: the machine has no suspend to disk"),
        PROP(Piix4Pm, s4_val, u8, "s4_val", "2", "Sleep type that means suspend to disk"),
        PROP(Piix4Pm, smb_io_base, u32, "smb_io_base", "0xb100", "Ports of the SMBus before firmware moves them"),
        PROP(Piix4Pm, root_hotplug, bool, "acpi-root-pci-hotplug", "on",
             "Devices in slots of the root bus can come and go"),
        PROP(Piix4Pm, bridge_hotplug, bool, "acpi-pci-hotplug-with-bridge-support", "on",
             "The same behind bridges, of which this machine has none"),
        { }
    },
    .init = piix4_pm_init,
    .realize = piix4_pm_realize,
    .unrealize = piix4_pm_unrealize,
    .reset = piix4_pm_reset,
};
