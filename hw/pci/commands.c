/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query-pci and info pci: the devices as the guest finds them in configuration space. */
#include "core/command.h"
#include "hw/pci/internal.h"

/* Base and sub class to words (PCI Code and ID Assignment Specification 1.11, 1). */
static const struct {
    uint16_t class_id;
    const char *desc;
} class_words[] = {
    { 0x0001, "VGA controller" },
    { 0x0100, "SCSI controller" },
    { 0x0101, "IDE controller" },
    { 0x0102, "Floppy controller" },
    { 0x0103, "IPI controller" },
    { 0x0104, "RAID controller" },
    { 0x0106, "SATA controller" },
    { 0x0107, "SAS controller" },
    { 0x0108, "NVM controller" },
    { 0x0180, "Storage controller" },
    { 0x0200, "Ethernet controller" },
    { 0x0280, "Network controller" },
    { 0x0300, "VGA controller" },
    { 0x0301, "XGA controller" },
    { 0x0302, "3D controller" },
    { 0x0380, "Display controller" },
    { 0x0400, "Video controller" },
    { 0x0401, "Audio controller" },
    { 0x0403, "Audio controller" },
    { 0x0480, "Multimedia controller" },
    { 0x0500, "RAM controller" },
    { 0x0501, "Flash controller" },
    { 0x0580, "Memory controller" },
    { 0x0600, "Host bridge" },
    { 0x0601, "ISA bridge" },
    { 0x0602, "EISA bridge" },
    { 0x0604, "PCI bridge" },
    { 0x0680, "Bridge" },
    { 0x0700, "Serial port" },
    { 0x0780, "Communication controller" },
    { 0x0800, "Interrupt controller" },
    { 0x0880, "System peripheral" },
    { 0x0900, "Keyboard" },
    { 0x0c00, "Firewire controller" },
    { 0x0c03, "USB controller" },
    { 0x0c05, "SMBus" },
};

static const char *class_desc(uint16_t class_id)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(class_words); i++) {
        if (class_words[i].class_id == class_id) {
            return class_words[i].desc;
        }
    }
    return NULL;
}

/* A register as the guest reads it: an assigned device's are not all in our copy. */
static uint32_t reg(PciDevice *dev, unsigned addr, unsigned len)
{
    return pci_bus_config_read(dev->bus, dev->bus->number, dev->devfn, addr, len);
}

static bool has_subsystem(PciDevice *dev)
{
    return (reg(dev, PCI_HEADER_TYPE, 1) & 0x7f) == PCI_HEADER_TYPE_NORMAL;
}

static bool is_io(const PciBar *bar)
{
    return bar->type & PCI_BASE_ADDRESS_SPACE_IO;
}

static bool is_prefetchable(const PciBar *bar)
{
    return bar->type & PCI_BASE_ADDRESS_MEM_PREFETCH;
}

static bool is_64bit(const PciBar *bar)
{
    return (bar->type & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

/* ---- QMP ---- */

static Json *describe_bars(const PciDevice *dev)
{
    Json *list = json_array();

    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        const PciBar *bar = &dev->bars[n];
        if (!bar->region) {
            continue;
        }
        Json *item = json_add_int(json_new(), "bar", n);
        if (!is_io(bar)) {
            json_add_bool(item, "prefetch", is_prefetchable(bar));
            json_add_bool(item, "mem_type_64", is_64bit(bar));
        }
        json_add_int(item, "size", (int64_t)bar->size);
        json_add_int(item, "address", (int64_t)bar->addr);
        json_append(list, json_add_str(item, "type", is_io(bar) ? "io" : "memory"));
    }
    return list;
}

static Json *describe_ids(PciDevice *dev)
{
    Json *ids = json_add_int(json_new(), "device", reg(dev, PCI_DEVICE_ID, 2));

    json_add_int(ids, "vendor", reg(dev, PCI_VENDOR_ID, 2));
    if (has_subsystem(dev)) {
        json_add_int(ids, "subsystem-vendor", reg(dev, PCI_SUBSYSTEM_VENDOR_ID, 2));
        json_add_int(ids, "subsystem", reg(dev, PCI_SUBSYSTEM_ID, 2));
    }
    return ids;
}

static Json *describe_device(PciDevice *dev)
{
    uint32_t pin = reg(dev, PCI_INTERRUPT_PIN, 1), class_id = reg(dev, PCI_CLASS_DEVICE, 2);
    const char *desc = class_desc((uint16_t)class_id);
    Json *item = json_add_int(json_new(), "irq_pin", pin);
    Json *class_info = json_add_int(json_new(), "class", class_id);

    json_add_int(item, "bus", dev->bus->number);
    json_add_str(item, "qdev_id", dev->obj.id);
    if (pin) {
        json_add_int(item, "irq", reg(dev, PCI_INTERRUPT_LINE, 1));
    }
    json_add_int(item, "slot", PCI_SLOT_OF(dev->devfn));
    json_add(item, "class_info", desc ? json_add_str(class_info, "desc", desc) : class_info);
    json_add(item, "id", describe_ids(dev));
    json_add_int(item, "function", PCI_FUNCTION_OF(dev->devfn));
    return json_add(item, "regions", describe_bars(dev));
}

typedef void EachDeviceFn(PciDevice *dev, void *opaque);

static void for_each_device(const PciBus *bus, EachDeviceFn *fn, void *opaque)
{
    for (int devfn = 0; devfn < PCI_DEVFN_COUNT; devfn++) {
        PciDevice *dev = pci_bus_device(bus, devfn);
        if (dev) {
            fn(dev, opaque);
        }
    }
}

static void append_device(PciDevice *dev, void *list)
{
    json_append(list, describe_device(dev));
}

static bool query_pci(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) buses = object_list(&pci_bus_class);

    call->ret = json_array();
    for (unsigned i = 0; i < buses->len; i++) {
        const PciBus *bus = buses->pdata[i];
        Json *devices = json_array();
        for_each_device(bus, append_device, devices);
        Json *item = json_add_int(json_new(), "bus", bus->number);
        json_append(call->ret, json_add(item, "devices", devices));
    }
    return true;
}

QMP_COMMAND(qmp_query_pci) = {
    .name = "query-pci",
    .help = "PCI devices as the guest finds them",
    .returns = "[{bus:int,devices:[{bus:int,slot:int,function:int,class_info:{?desc:str,class:int},"
               "id:{device:int,vendor:int,?subsystem:int,?subsystem-vendor:int},?irq:int,irq_pin:int,qdev_id:str,"
               "regions:[{bar:int,type:io|memory,address:int,size:int,?prefetch:bool,?mem_type_64:bool}]}]}]",
    .run = query_pci,
};

/* ---- HMP ---- */

static void print_bars(GString *out, const PciDevice *dev)
{
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        const PciBar *bar = &dev->bars[n];
        uint64_t last = bar->addr + bar->size - 1;
        if (!bar->region) {
            continue;
        }
        g_string_append_printf(out, "      BAR%d: ", n);
        if (is_io(bar)) {
            g_string_append_printf(out, "I/O at 0x%04" G_GINT64_MODIFIER "x [0x%04" G_GINT64_MODIFIER "x].\n", bar->addr, last);
        } else {
            g_string_append_printf(out, "%d bit%s memory at 0x%08" G_GINT64_MODIFIER "x [0x%08" G_GINT64_MODIFIER "x].\n",
                                   is_64bit(bar) ? 64 : 32, is_prefetchable(bar) ? " prefetchable" : "", bar->addr, last);
        }
    }
}

static void print_device(PciDevice *dev, void *opaque)
{
    GString *out = opaque;
    uint32_t pin = reg(dev, PCI_INTERRUPT_PIN, 1), class_id = reg(dev, PCI_CLASS_DEVICE, 2);
    const char *desc = class_desc((uint16_t)class_id);

    g_string_append_printf(out, "  Bus %2d, device %3d, function %d:\n", dev->bus->number, PCI_SLOT_OF(dev->devfn),
                           PCI_FUNCTION_OF(dev->devfn));
    g_autofree char *unknown = desc ? NULL : g_strdup_printf("Class %04u", class_id);   /* in decimal, as scripts know it */
    g_string_append_printf(out, "    %s: PCI device %04x:%04x\n", desc ? desc : unknown, reg(dev, PCI_VENDOR_ID, 2), reg(dev, PCI_DEVICE_ID, 2));
    if (has_subsystem(dev)) {
        g_string_append_printf(out, "      PCI subsystem %04x:%04x\n", reg(dev, PCI_SUBSYSTEM_VENDOR_ID, 2),
                               reg(dev, PCI_SUBSYSTEM_ID, 2));
    }
    if (pin) {
        g_string_append_printf(out, "      IRQ %u, pin %c\n", reg(dev, PCI_INTERRUPT_LINE, 1), (int)('A' + pin - 1));
    }
    print_bars(out, dev);
    g_string_append_printf(out, "      id \"%s\"\n", dev->obj.id ? dev->obj.id : "");
}

static bool info_pci(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) buses = object_list(&pci_bus_class);

    for (unsigned i = 0; i < buses->len; i++) {
        for_each_device(buses->pdata[i], print_device, out);
    }
    if (buses->len == 0) {
        g_string_append(out, "PCI devices not supported\n");
    }
    return true;
}

HMP_COMMAND(hmp_info_pci) = { .name = "info pci", .help = "PCI devices as the guest finds them", .run = info_pci };

void pci_describe(const Object *obj, GString *out, unsigned indent)
{
    PciDevice *dev = (PciDevice *)obj;
    uint32_t class_id = reg(dev, PCI_CLASS_DEVICE, 2);
    const char *desc = class_desc((uint16_t)class_id);
    g_autofree char *unknown = desc ? NULL : g_strdup_printf("Class %04x", class_id);

    g_string_append_printf(out, "%*sclass %s, addr %s, pci id %04x:%04x (sub %04x:%04x)\n", (int)indent, "",
                           desc ? desc : unknown, pci_device_name(dev), reg(dev, PCI_VENDOR_ID, 2),
                           reg(dev, PCI_DEVICE_ID, 2), reg(dev, PCI_SUBSYSTEM_VENDOR_ID, 2), reg(dev, PCI_SUBSYSTEM_ID, 2));
    for (int n = 0; n <= PCI_ROM_BAR; n++) {
        const PciBar *bar = &dev->bars[n];
        if (bar->region) {
            g_string_append_printf(out, "%*sbar %d: %s at 0x%" G_GINT64_MODIFIER "x [0x%" G_GINT64_MODIFIER "x]\n", (int)indent,
                                   "", n, is_io(bar) ? "i/o" : "mem", bar->addr, bar->addr + bar->size - 1);
        }
    }
}
