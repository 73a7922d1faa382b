/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space by rules: a row says which bits of a register we answer
 * for. read = (shadow & ours) | (device & ~ours); a write reaches the device
 * only in bits that are not ours, so that addresses of the guest (BARs, stolen
 * memory, OpRegion) never get to the hardware and the host's never to the guest.
 */
#include "hw/vfio/pci.h"

#include <string.h>

#include "lib/log.h"

enum { HEADER_LAYOUT_MASK = 0x7f, HEADER_MULTIFUNCTION = 0x80 };

/* Registers of the header that the emulator answers for (PCI Local Bus 3.0, 6.1). */
static const VfioConfigRule header_rules[] = {
    /* The device decodes what the guest enables; pci.c follows to show and hide BARs. */
    { PCI_COMMAND, 2, 0, 0, vfio_vga_update },
    { PCI_STATUS, 2, PCI_STATUS_CAP_LIST },
    { PCI_HEADER_TYPE, 1, HEADER_MULTIFUNCTION },  /* multifunction: the guest's slot, not the host's */
    { PCI_BASE_ADDRESS_0, 8, UINT64_MAX },  /* guest addresses; writable bits come with pci_bar_add() */
    { PCI_BASE_ADDRESS_2, 8, UINT64_MAX },
    { PCI_BASE_ADDRESS_4, 8, UINT64_MAX },
    { PCI_ROM_ADDRESS, 4, UINT32_MAX },
    { PCI_CAPABILITY_LIST, 1, 0xff },       /* caps.c rebuilds the list */
    { PCI_INTERRUPT_LINE, 1, 0xff, 0xff },  /* the guest firmware's scratch register */
};

/* ---- rules ---- */

void vfio_config_rule(VfioPci *dev, const VfioConfigRule *rule, uint64_t value)
{
    g_assert(rule->len <= 8 && rule->addr + rule->len <= dev->pci.config_size);

    for (unsigned i = 0; i < rule->len; i++) {
        unsigned at = rule->addr + i, shift = 8 * i;
        uint8_t ours = (uint8_t)(rule->ours >> shift);
        uint8_t *shadow = &dev->pci.config[at], *writable = &dev->pci.wmask[at];
        dev->config.ours[at] |= ours;
        *writable = (uint8_t)((*writable & ~ours) | (uint8_t)(rule->writable >> shift));
        *shadow = (uint8_t)((*shadow & ~ours) | ((value >> shift) & ours));
    }
    if (rule->written) {
        g_array_append_val(dev->config.rules, *rule);
    }
}

static void tell_rules(VfioPci *dev, unsigned addr, unsigned len)
{
    for (unsigned i = 0; i < dev->config.rules->len; i++) {
        const VfioConfigRule *rule = &g_array_index(dev->config.rules, VfioConfigRule, i);
        if (addr < rule->addr + rule->len && rule->addr < addr + len) {
            rule->written(dev);
        }
    }
}

/* The bits of the rule's register that a write sets to one. */
static uint64_t ones_written(const VfioConfigRule *rule, unsigned addr, uint32_t value, unsigned len)
{
    uint64_t ones = 0;

    for (unsigned i = 0; i < rule->len; i++) {
        unsigned at = rule->addr + i - addr;    /* below the first byte written it wraps */
        ones |= at < len ? (uint64_t)(uint8_t)(value >> (8 * at)) << (8 * i) : 0;
    }
    return ones;
}

static bool takes_bars_away(VfioPci *dev, unsigned addr, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < dev->config.rules->len; i++) {
        const VfioConfigRule *rule = &g_array_index(dev->config.rules, VfioConfigRule, i);
        if (rule->takes_away && !(rule->takes_away & ~ones_written(rule, addr, value, len))) {
            return true;
        }
    }
    return false;
}

/* ---- the device's side ---- */

static bool host_access_ok(VfioPci *dev, const char *what, unsigned addr, ssize_t got, unsigned len)
{
    if (got == (ssize_t)len) {
        return true;
    }
    if (!dev->config.gone) {    /* once: the guest may try as often as it likes */
        warn("vfio %s: cannot %s configuration register 0x%x: %s", vfio_pci_name(dev), what, addr,
             got < 0 ? g_strerror((int)-got) : "short answer");
    }
    dev->config.gone = true;
    return false;
}

static bool host_read(VfioPci *dev, unsigned addr, void *data, unsigned len)
{
    return host_access_ok(dev, "read", addr,
                          dev->dev->ops->read(dev->dev, &dev->config.region, addr, data, len), len);
}

uint32_t vfio_config_host_read(VfioPci *dev, unsigned addr, unsigned len)
{
    uint8_t bytes[4] = { 0 };

    if (!host_read(dev, addr, bytes, len)) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_get_u32(bytes);
}

void vfio_config_host_write(VfioPci *dev, unsigned addr, uint32_t value, unsigned len)
{
    uint8_t bytes[4];

    pci_set_u32(bytes, value);
    host_access_ok(dev, "write", addr, dev->dev->ops->write(dev->dev, &dev->config.region, addr, bytes, len), len);
}

/*
 * The next naturally aligned piece, from *addr and before @end, of bytes in
 * which the device has a say; its length, or 0 when none is left.
 */
static unsigned next_host_piece(const VfioConfig *config, unsigned *addr, unsigned end)
{
    unsigned len = 4, run = 0;

    end = MIN(end, config->size);
    while (*addr < end && config->ours[*addr] == 0xff) {
        ++*addr;
    }
    while (run < 4 && *addr + run < end && config->ours[*addr + run] != 0xff) {
        run++;
    }
    while (len > run || (len > 0 && *addr % len != 0)) {
        len /= 2;
    }
    return len;
}

/* ---- the guest's side ---- */

uint32_t vfio_config_read(PciDevice *pci, unsigned addr, unsigned len)
{
    VfioPci *dev = vfio_pci_of(pci);
    const VfioConfig *config = &dev->config;
    uint8_t host[4] = { 0 }, bytes[4] = { 0 };

    for (unsigned at = addr, piece; (piece = next_host_piece(config, &at, addr + len)) > 0; at += piece) {
        if (!host_read(dev, at, host + (at - addr), piece)) {
            return UINT32_MAX >> (32 - 8 * len);
        }
    }
    for (unsigned i = 0; i < len; i++) {
        uint8_t ours = config->ours[addr + i];
        bytes[i] = (uint8_t)((pci->config[addr + i] & ours) | (host[i] & ~ours));
    }
    return pci_get_u32(bytes);
}

/*
 * Pass on what is not ours. Bits of ours inside a shared byte go out as zero:
 * the rows have no such bit that the device would keep (read-only, or cleared
 * by writing one).
 */
static void write_host(VfioPci *dev, unsigned addr, uint32_t value, unsigned len)
{
    const VfioConfig *config = &dev->config;

    for (unsigned at = addr, piece; (piece = next_host_piece(config, &at, addr + len)) > 0; at += piece) {
        uint32_t part = value >> (8 * (at - addr));
        for (unsigned i = 0; i < piece; i++) {
            part &= ~((uint32_t)config->ours[at + i] << (8 * i));
        }
        vfio_config_host_write(dev, at, part, piece);
        dev->config.touched = true;
    }
}

/* The write takes memory or I/O decoding away. */
static bool ends_decoding(const PciDevice *pci, unsigned addr, uint32_t value)
{
    uint8_t decode = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;

    return addr == PCI_COMMAND && (pci->config[PCI_COMMAND] & ~value & decode);
}

void vfio_config_write(PciDevice *pci, unsigned addr, uint32_t value, unsigned len)
{
    VfioPci *dev = vfio_pci_of(pci);
    /* A vCPU must not touch a BAR any more when the device stops decoding it. */
    bool shadow_first = ends_decoding(pci, addr, value);

    if (shadow_first) {
        pci_config_write_default(pci, addr, value, len);
    }
    if (takes_bars_away(dev, addr, value, len)) {
        vfio_power_leave(dev);
    }
    write_host(dev, addr, value, len);
    if (!shadow_first) {
        pci_config_write_default(pci, addr, value, len);
    }
    tell_rules(dev, addr, len);
}

/* ---- reset ---- */

void vfio_config_remember(VfioPci *dev)
{
    memcpy(dev->config.initial, dev->pci.config, dev->pci.config_size);
}

void vfio_config_preset(VfioPci *dev, unsigned addr, unsigned len, uint64_t value)
{
    for (unsigned i = 0; i < len; i++) {
        dev->pci.config[addr + i] = dev->config.initial[addr + i] = (uint8_t)(value >> (8 * i));
    }
}

void vfio_config_restore(VfioPci *dev)
{
    dev->config.gone = false;
    /* The command register and BARs, which lie below, are hw/pci's to reset. */
    for (unsigned i = PCI_CAPABILITY_LIST; i < dev->pci.config_size; i++) {
        uint8_t mask = dev->pci.wmask[i];
        dev->pci.config[i] = (uint8_t)((dev->pci.config[i] & ~mask) | (dev->config.initial[i] & mask));
    }
}

/* ---- overridden ids ---- */

typedef struct IdOverride {
    size_t setting;         /* offset of the uint32_t in VfioPci; UINT32_MAX there: unset */
    uint8_t addr, len;
    const char *what;
} IdOverride;

static const IdOverride id_overrides[] = {
    { offsetof(VfioPci, vendor_id), PCI_VENDOR_ID, 2, "vendor ID" },
    { offsetof(VfioPci, device_id), PCI_DEVICE_ID, 2, "device ID" },
    { offsetof(VfioPci, sub_vendor_id), PCI_SUBSYSTEM_VENDOR_ID, 2, "subsystem vendor ID" },
    { offsetof(VfioPci, sub_device_id), PCI_SUBSYSTEM_ID, 2, "subsystem device ID" },
    { offsetof(VfioPci, class_code), PCI_CLASS_PROG, 3, "class code" },
};

static bool override_ids(VfioPci *dev, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(id_overrides); i++) {
        const IdOverride *id = &id_overrides[i];
        uint32_t value = *(const uint32_t *)((const char *)dev + id->setting);
        uint32_t max = UINT32_MAX >> (32 - 8 * id->len);
        if (value == UINT32_MAX) {
            continue;
        }
        /* 0xffff means "no device here" to whoever reads a vendor id */
        if (value > max || (id->addr == PCI_VENDOR_ID && value == max)) {
            return fail(errp, "invalid PCI %s provided", id->what);
        }
        vfio_config_rule(dev, &(VfioConfigRule){ .addr = id->addr, .len = id->len, .ours = max }, value);
    }
    return true;
}

/* ---- the part ---- */

/* The device's registers at start become the shadow, so that what only we look at (class, pin) is right. */
static bool load_host_config(VfioPci *dev, Error **errp)
{
    VfioConfig *config = &dev->config;

    config->size = (unsigned)MIN(config->region.size, dev->pci.config_size);
    if (config->size < PCI_STD_HEADER_SIZEOF) {
        return fail(errp, "the device's configuration space has only %u bytes", config->size);
    }
    if (!host_read(dev, 0, config->host, config->size)) {
        return fail(errp, "cannot read the device's configuration space");
    }
    int layout = config->host[PCI_HEADER_TYPE] & HEADER_LAYOUT_MASK;
    if (layout != PCI_HEADER_TYPE_NORMAL) {
        return fail(errp, "header type %d: only ordinary functions can be assigned, no bridges", layout);
    }
    memcpy(dev->pci.config, config->host, config->size);
    pci_set_u16(dev->pci.config + PCI_COMMAND, 0);
    return true;
}

bool vfio_config_up(VfioPci *dev, Error **errp)
{
    VfioConfig *config = &dev->config;

    config->rules = g_array_new(false, false, sizeof(VfioConfigRule));
    if (!vfio_region_info(dev->dev, VFIO_PCI_CONFIG_REGION_INDEX, &config->region, errp) ||
        !load_host_config(dev, errp)) {
        return false;
    }
    memset(config->ours + config->size, 0xff, sizeof(config->ours) - config->size);
    for (unsigned i = 0; i < G_N_ELEMENTS(header_rules); i++) {
        vfio_config_rule(dev, &header_rules[i], 0);
    }
    dev->pci.config[PCI_HEADER_TYPE] |= dev->pci.multifunction ? HEADER_MULTIFUNCTION : 0;
    /* A device that cannot be reset by function was not when it was opened: reset it in another way at first. */
    config->touched = !(dev->dev->info.flags & VFIO_DEVICE_FLAGS_RESET);
    return override_ids(dev, errp);
}

void vfio_config_down(VfioPci *dev)
{
    g_clear_pointer(&dev->config.rules, g_array_unref);
    vfio_region_info_clear(&dev->config.region);
}
