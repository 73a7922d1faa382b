/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 82441FX host bridge; see i440fx.h. Facts: Intel 82441FX data sheet (290549). */
#include "hw/i386/i440fx.h"

#include "core/dispatch.h"
#include "core/tree.h"
#include "hw/i386/memory-map.h"

enum {
    PAM_FIRST = 0x59,
    SMRAM = 0x72,
};

enum { PAM_READ = 1, PAM_WRITE = 2 };   /* enable RAM for reads, for writes */

/* SMRAM. There is no SMM: RAM at 0xA0000 is reachable only while it is open to everybody. */
enum {
    SMRAM_BASE_SEGMENT = 0x02,          /* C_BASE_SEG, hardwired: 0xA0000 */
    SMRAM_ENABLE = 0x08,                /* G_SMRAME */
    SMRAM_LOCK = 0x10,                  /* D_LCK */
    SMRAM_CLOSED = 0x20,                /* D_CLS */
    SMRAM_OPEN = 0x40,                  /* D_OPEN */
    SMRAM_WRITABLE = SMRAM_ENABLE | SMRAM_LOCK | SMRAM_CLOSED | SMRAM_OPEN,
};

enum {
    PCI_HOLE_PRIORITY = -1,             /* PCI gets what nobody else has */
    CHIPSET_PRIORITY = 1,               /* what hides RAM */
};

/* Where RAM may make way for PCI: VGA, then the PAM segments. */
enum {
    HOLES_BASE = 0xa0000,
    HOLES_SIZE = 0x60000,
    VGA_HOLE_SIZE = 0x20000,
};

static const struct {
    uint8_t reg, shift;
    uint32_t base, size;
} pam_segments[PAM_SEGMENT_COUNT] = {
    { 0x59, 4, 0xf0000, 0x10000 },
    { 0x5a, 0, 0xc0000, 0x4000 }, { 0x5a, 4, 0xc4000, 0x4000 },
    { 0x5b, 0, 0xc8000, 0x4000 }, { 0x5b, 4, 0xcc000, 0x4000 },
    { 0x5c, 0, 0xd0000, 0x4000 }, { 0x5c, 4, 0xd4000, 0x4000 },
    { 0x5d, 0, 0xd8000, 0x4000 }, { 0x5d, 4, 0xdc000, 0x4000 },
    { 0x5e, 0, 0xe0000, 0x4000 }, { 0x5e, 4, 0xe4000, 0x4000 },
    { 0x5f, 0, 0xe8000, 0x4000 }, { 0x5f, 4, 0xec000, 0x4000 },
};

/* Cache-enable bits of PAM are stored nowhere: the guest's caches are the host's. */
static const PciRegister registers[] = {
    { 0x57, 0x08, 0xff },               /* DRAMC: refresh rate */
    { 0x59, 0, 0x30 }, { 0x5a, 0, 0x33 }, { 0x5b, 0, 0x33 }, { 0x5c, 0, 0x33 },
    { 0x5d, 0, 0x33 }, { 0x5e, 0, 0x33 }, { 0x5f, 0, 0x33 },
    { SMRAM, SMRAM_BASE_SEGMENT, SMRAM_WRITABLE },
    { 0 }
};

/* ---- RAM or PCI ---- */

/* Reads all ones, loses writes. */
static const RegionOps nobody_ops = { 0 };

static uint64_t write_ram_read(void *opaque, uint64_t offset, unsigned size)
{
    I440fx *bridge = opaque;

    return space_read(&bridge->pci_view, offset, size);
}

static void write_ram_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const I440fx *bridge = opaque;
    uint8_t *ram = bridge->config.ram->memory.host;

    for (unsigned i = 0; i < size; i++) {      /* a PC has at least a MiB of RAM */
        ram[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

/* Trapped, so a guest cannot execute there under KVM; firmware of this age copies from its place below 4 GiB. */
static const RegionOps write_ram_ops = { .read = write_ram_read, .write = write_ram_write };

static void pam_init(I440fx *bridge, unsigned i)
{
    PamSegment *segment = &bridge->pam[i];
    uint64_t base = pam_segments[i].base, size = pam_segments[i].size;
    const I440fxConfig *config = &bridge->config;

    region_init_alias(&segment->to_pci, "pam pci", config->pci_memory, base, size);
    region_init_alias(&segment->read_ram, "pam rom", config->ram, base, size);
    region_init_alias(&segment->write_ram, "pam write", &bridge->write_ram, base, size);
    segment->read_ram.readonly = true;
    segment->read_ram.hidden = segment->write_ram.hidden = true;
    region_add(config->memory, &segment->to_pci, base, CHIPSET_PRIORITY);
    region_add(config->memory, &segment->read_ram, base, CHIPSET_PRIORITY);
    region_add(config->memory, &segment->write_ram, base, CHIPSET_PRIORITY);
}

static void pam_finish(PamSegment *segment)
{
    region_finish(&segment->to_pci);
    region_finish(&segment->read_ram);
    region_finish(&segment->write_ram);
}

static unsigned pam_mode(const I440fx *bridge, unsigned i)
{
    return bridge->pci.config[pam_segments[i].reg] >> pam_segments[i].shift & (PAM_READ | PAM_WRITE);
}

/* The view of PCI alone exists while a segment needs it. */
static void pci_view_update(I440fx *bridge)
{
    bool needed = false;

    for (unsigned i = 0; i < PAM_SEGMENT_COUNT; i++) {
        needed |= pam_mode(bridge, i) == PAM_WRITE;
    }
    if (needed && !bridge->pci_view_needed) {
        space_init(&bridge->pci_view, "PCI", bridge->config.pci_memory, UINT64_MAX);
    } else if (!needed && bridge->pci_view_needed) {
        space_finish(&bridge->pci_view);
    }
    bridge->pci_view_needed = needed;
}

static bool smram_is_open(const I440fx *bridge)
{
    uint8_t smram = bridge->pci.config[SMRAM];

    return (smram & SMRAM_ENABLE) && (smram & SMRAM_OPEN);
}

/* With both bits of a segment set the RAM below shows through. */
static void memory_update(I440fx *bridge)
{
    pci_view_update(bridge);
    region_transaction_begin();
    for (unsigned i = 0; i < PAM_SEGMENT_COUNT; i++) {
        unsigned mode = pam_mode(bridge, i);
        region_hide(&bridge->pam[i].to_pci, mode != 0);
        region_hide(&bridge->pam[i].read_ram, mode != PAM_READ);
        region_hide(&bridge->pam[i].write_ram, mode != PAM_WRITE);
    }
    region_hide(&bridge->smram_hole, smram_is_open(bridge));
    region_transaction_commit();
}

static void memory_init(I440fx *bridge)
{
    const I440fxConfig *config = &bridge->config;

    region_add(config->memory, config->pci_memory, 0, PCI_HOLE_PRIORITY);
    region_init_io(&bridge->pci_nobody, "pci nobody", HOLES_SIZE, &nobody_ops, bridge);
    region_add(config->pci_memory, &bridge->pci_nobody, HOLES_BASE, PCI_HOLE_PRIORITY);
    region_init_io(&bridge->write_ram, "pam write", 0x100000, &write_ram_ops, bridge);
    for (unsigned i = 0; i < PAM_SEGMENT_COUNT; i++) {
        pam_init(bridge, i);
    }
    region_init_alias(&bridge->smram_hole, "vga hole", config->pci_memory, HOLES_BASE, VGA_HOLE_SIZE);
    region_add(config->memory, &bridge->smram_hole, HOLES_BASE, CHIPSET_PRIORITY);
}

void i440fx_lay_ram(I440fx *bridge, const RamLayout *layout)
{
    g_assert(bridge->ram_count == 0);
    region_transaction_begin();
    for (unsigned i = 0; i < layout->count; i++) {
        const RamPiece *piece = &layout->pieces[i];
        const char *name = i == 0 ? "ram below 4G" : piece->base < MEMORY_MAP_4G ? "ram behind" : "ram above 4G";
        region_init_alias(&bridge->ram[i], name, bridge->config.ram, piece->offset, piece->size);
        region_add(bridge->config.memory, &bridge->ram[i], piece->base, 0);
    }
    bridge->ram_count = layout->count;
    region_transaction_commit();
}

/* ---- registers ---- */

/* D_LCK, once set, closes SMRAM and fixes the register until reset. */
static void smram_lock(PciDevice *dev)
{
    if (dev->config[SMRAM] & SMRAM_LOCK) {
        dev->config[SMRAM] &= (uint8_t)~SMRAM_OPEN;
        dev->wmask[SMRAM] &= SMRAM_CLOSED;
    }
}

static void config_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    pci_config_write_default(dev, addr, value, len);
    if (addr <= SMRAM && addr + len > PAM_FIRST) {
        smram_lock(dev);
        memory_update((I440fx *)dev);
    }
}

static void i440fx_reset(Object *obj)
{
    I440fx *bridge = (I440fx *)obj;

    pci_registers_reset(&bridge->pci, registers);
    pci_host_reset(&bridge->host);
    memory_update(bridge);
}

/* ---- life ---- */

static void i440fx_init(Object *obj)
{
    ((PciDevice *)obj)->devfn = PCI_DEVFN_OF(0, 0);
}

static bool i440fx_realize(Object *obj, Error **errp)
{
    I440fx *bridge = (I440fx *)obj;

    region_transaction_begin();
    memory_init(bridge);
    pci_host_init(&bridge->host, bridge->pci.bus, bridge->config.io);
    i440fx_reset(obj);
    region_transaction_commit();
    return true;
}

static void i440fx_unrealize(Object *obj)
{
    I440fx *bridge = (I440fx *)obj;

    region_transaction_begin();
    pci_host_finish(&bridge->host);
    for (unsigned i = 0; i < PAM_SEGMENT_COUNT; i++) {
        pam_finish(&bridge->pam[i]);
    }
    region_finish(&bridge->smram_hole);
    region_finish(&bridge->pci_nobody);
    region_finish(&bridge->write_ram);
    for (unsigned i = 0; i < bridge->ram_count; i++) {
        region_finish(&bridge->ram[i]);
    }
    region_transaction_commit();
    if (bridge->pci_view_needed) {
        space_finish(&bridge->pci_view);
        bridge->pci_view_needed = false;
    }
}

CLASS(i440fx_class) = {
    .name = "i440FX",
    .parent = &pci_device_class,
    .desc = "Host bridge",
    .size = sizeof(I440fx),
    .internal = true,
    .ops = &(const PciOps){
        .vendor = 0x8086,
        .device = 0x1237,
        .class_code = 0x060000,
        .revision = 2,
        .config_write = config_write,
    },
    .init = i440fx_init,
    .realize = i440fx_realize,
    .unrealize = i440fx_unrealize,
    .reset = i440fx_reset,
};

I440fx *i440fx_new(const I440fxConfig *config, Error **errp)
{
    PciBus *bus = pci_root_bus_new("pci.0", config->pci_memory, config->io, errp);
    I440fx *bridge = bus ? (I440fx *)object_new(&i440fx_class, NULL, errp) : NULL;

    if (!bridge) {
        return NULL;
    }
    bridge->config = *config;
    tree_place(tree_at(TREE_MACHINE), "i440fx", &bridge->pci.obj);
    tree_place(&bridge->pci.obj, bus->obj.id, &bus->obj);
    if (!object_realize(&bridge->pci.obj, errp)) {
        object_free(&bridge->pci.obj);
        return NULL;
    }
    return bridge;
}
