/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all assigned devices are: their settings, and the table of parts one is
 * made of. Parts come up in the order of the table and go down in reverse.
 */
#include "hw/vfio/display.h"
#include "hw/vfio/igd.h"
#include "hw/vfio/pci.h"

/* ---- names ---- */

static const VfioPciOps *ops_of(const VfioPci *dev)
{
    return class_ops(dev->pci.obj.class);
}

const char *vfio_pci_name(const VfioPci *dev)
{
    return dev->dev ? dev->dev->name : ops_of(dev)->setting(dev);
}

/* ---- settings ---- */

static bool refuse_unsupported(const VfioPci *dev, Error **errp)
{
    if (dev->msix_relocation && !g_str_equal(dev->msix_relocation, "off")) {
        return fail(errp, "x-msix-relocation=%s is not supported: only 'off' is", dev->msix_relocation);
    }
    if (dev->migration == ON_OFF_AUTO_ON) {
        return fail(errp, "enable-migration=on: VFIO migration is not supported");
    }
    return true;
}

static bool settings_up(VfioPci *dev, Error **errp)
{
    dev->vga_wanted = dev->x_vga;
    return refuse_unsupported(dev, errp) || fail(errp, "vfio %s", vfio_pci_name(dev));
}

/* ---- the device ---- */

static bool device_up(VfioPci *dev, Error **errp)
{
    if (!dev->dev) {    /* else it was opened in another way: by a test */
        dev->dev = ops_of(dev)->open(dev, errp);
    }
    return dev->dev != NULL;
}

static void device_down(VfioPci *dev)
{
    vfio_device_close(dev->dev);
    dev->dev = NULL;
}

static bool nature_up(VfioPci *dev, Error **errp)
{
    if (!(dev->dev->info.flags & VFIO_DEVICE_FLAGS_PCI)) {
        return fail(errp, "this isn't a PCI device");
    }
    /* Six BARs, ROM and configuration space; INTx, MSI and MSI-X (linux/vfio.h) */
    if (dev->dev->info.regions < VFIO_PCI_CONFIG_REGION_INDEX + 1) {
        return fail(errp, "unexpected number of io regions %u", dev->dev->info.regions);
    }
    if (dev->dev->info.irqs < VFIO_PCI_MSIX_IRQ_INDEX + 1) {
        return fail(errp, "unexpected number of irqs %u", dev->dev->info.irqs);
    }
    return true;
}

/* ---- BARs ---- */

enum { GUEST_PAGE = 4096, BEHIND_OTHER_BARS = 0 };

static const char *const bar_names[PCI_BAR_COUNT] = { "BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5" };

/* The type bits of BAR @n (PCI Local Bus 3.0, 6.2.5.1). */
static uint8_t bar_type(const VfioPci *dev, unsigned n)
{
    uint8_t low = dev->config.host[PCI_BASE_ADDRESS_0 + 4 * n];

    if (low & PCI_BASE_ADDRESS_SPACE_IO) {
        return PCI_BASE_ADDRESS_SPACE_IO;
    }
    return low & (PCI_BASE_ADDRESS_MEM_TYPE_MASK | PCI_BASE_ADDRESS_MEM_PREFETCH);
}

/* What the type of a BAR can address: a larger one would have no bit left to write. */
static bool check_bar_size(const VfioPci *dev, unsigned n, uint8_t type, Error **errp)
{
    static const uint64_t io_max = 0x10000, memory_max = UINT64_C(1) << 31, wide_max = UINT64_C(1) << 62;
    bool is_io = type & PCI_BASE_ADDRESS_SPACE_IO, wide = !is_io && (type & PCI_BASE_ADDRESS_MEM_TYPE_64);
    uint64_t max = is_io ? io_max : wide ? wide_max : memory_max, size = region_size(&dev->bars[n].region);

    if (size - 1 > max - 1) {
        return fail(errp, "BAR %u: 0x%" G_GINT64_MODIFIER "x bytes are more than a BAR of its type can have (0x%"
                    G_GINT64_MODIFIER "x)", n, size, max);
    }
    if (n == PCI_BAR_COUNT - 1 && wide) {
        return fail(errp, "BAR %u says it has 64 bits, but there is no BAR for the upper half", n);
    }
    return true;
}

static bool bars_up(VfioPci *dev, Error **errp)
{
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        uint8_t type = bar_type(dev, i);
        if (!vfio_region_up(&dev->bars[i], dev->dev, i, bar_names[i], errp)) {
            return fail(errp, "BAR %u", i);
        }
        if (dev->bars[i].info.size == 0) {
            continue;
        }
        if (!check_bar_size(dev, i, type, errp)) {
            return false;
        }
        dev->bars[i].info.posted = !(type & PCI_BASE_ADDRESS_SPACE_IO) && !dev->no_posted_writes;
        pci_bar_add(&dev->pci, (int)i, type, &dev->bars[i].region);
        if (!(type & PCI_BASE_ADDRESS_SPACE_IO) && (type & PCI_BASE_ADDRESS_MEM_TYPE_64)) {
            i++;        /* the upper half */
        }
    }
    return true;
}

static void bars_down(VfioPci *dev)
{
    for (unsigned i = PCI_BAR_COUNT; i-- > 0;) {
        vfio_region_down(&dev->bars[i]);
    }
}

/*
 * A BAR smaller than a page can be mapped into the guest while the guest has
 * put it at the start of a page; it then covers the whole page, behind any BAR
 * that shares the page with it.
 */
void vfio_pci_bar_moved(PciDevice *pci, int n)
{
    PciBar *bar = &pci->bars[n];

    if (n == PCI_ROM_BAR || bar->size >= GUEST_PAGE || (bar->type & PCI_BASE_ADDRESS_SPACE_IO)) {
        return;
    }
    region_transaction_begin();
    vfio_region_subpage(&vfio_pci_of(pci)->bars[n], bar->addr % GUEST_PAGE == 0);
    region_set_size(&bar->window, MAX(region_size(bar->region), bar->size));
    if (bar->addr != PCI_BAR_UNMAPPED && region_size(bar->region) > bar->size) {
        region_del(&bar->window);
        region_add(pci->bus->memory, &bar->window, bar->addr, BEHIND_OTHER_BARS);
    }
    region_transaction_commit();
}

/* Pages that must trap because registers of ours lie in them. */
static unsigned holes_of(const VfioPci *dev, unsigned bar, VfioArea holes[2])
{
    const VfioMsix *msix = &dev->msix;
    unsigned count = 0;

    if (msix->cap && msix->table_bar == bar) {
        holes[count++] = (VfioArea){ msix->table_offset, region_size(&msix->table_region) };
    }
    if (msix->cap && msix->pba_bar == bar) {
        holes[count++] = (VfioArea){ msix->pba_offset, region_size(&msix->pba_region) };
    }
    return count;
}

static bool mappings_up(VfioPci *dev, Error **errp)
{
    for (unsigned i = 0; i < PCI_BAR_COUNT && !dev->no_mmap; i++) {
        VfioArea holes[2];
        if (dev->bars[i].info.size > 0) {
            vfio_region_map(&dev->bars[i], holes, holes_of(dev, i, holes));
        }
    }
    return true;
}

/* ---- the end ---- */

static bool remember_up(VfioPci *dev, Error **errp)
{
    vfio_config_remember(dev);
    return true;
}

/* ---- the parts ---- */

static const struct {
    const char *name;
    bool (*up)(VfioPci *dev, Error **errp);
    void (*down)(VfioPci *dev);         /* NULL: nothing to undo */
    bool late;                          /* made when all devices are there; such rows are last */
} parts[] = {
    { "settings", settings_up, NULL },
    { "device", device_up, device_down },
    { "nature", nature_up, NULL },
    { "configuration space", vfio_config_up, vfio_config_down },
    { "BARs", bars_up, bars_down },
    { "capabilities", vfio_caps_up, vfio_msix_finish },
    { "ROM", vfio_rom_up, vfio_rom_down },
    { "quirks", vfio_quirks_up, vfio_quirks_down },
    { "mappings", mappings_up, NULL },                  /* after all overlays: fewer changes of the guest's memory */
    { "interrupts", vfio_irqs_up, vfio_irqs_down },
    { "display", vfio_display_up, vfio_display_down },
    { "errors", vfio_err_up, vfio_err_down },
    { "requests", vfio_req_up, vfio_req_down },
    { "arrangement", vfio_quirks_complete, NULL, true },    /* may want VGA */
    { "VGA", vfio_vga_up, vfio_vga_down, true },
    { "reset state", remember_up, NULL, true },
};

static bool bring_parts_up(VfioPci *dev, bool late, Error **errp)
{
    while (dev->parts_up < G_N_ELEMENTS(parts) && parts[dev->parts_up].late == late) {
        unsigned i = dev->parts_up++;
        if (!parts[i].up(dev, errp)) {
            if (dev->dev && dev->dev->ops->explain) {
                dev->dev->ops->explain(dev->dev, errp);
            }
            /* errors of parts that come before an open device name it themselves */
            return dev->dev && fail(errp, "vfio %s", vfio_pci_name(dev));
        }
    }
    return true;
}

static bool vfio_pci_realize(Object *obj, Error **errp)
{
    return bring_parts_up((VfioPci *)obj, false, errp);
}

static bool vfio_pci_complete(Object *obj, Error **errp)
{
    return bring_parts_up((VfioPci *)obj, true, errp);
}

static void vfio_pci_unrealize(Object *obj)
{
    VfioPci *dev = (VfioPci *)obj;

    while (dev->parts_up > 0) {
        unsigned i = --dev->parts_up;
        if (parts[i].down) {
            parts[i].down(dev);
        }
    }
}

static void vfio_pci_init(Object *obj)
{
    VfioPci *dev = (VfioPci *)obj;

    dev->pci.rom_handled = true;    /* rom.c */
}

CLASS(vfio_pci_base_class) = {
    .name = "vfio-pci-base",
    .parent = &pci_device_class,
    .desc = "What assigned PCI devices have in common",
    .size = sizeof(VfioPci),
    .abstract = true,
    .props = (const Property[]) {
        PROP(VfioPci, x_vga, bool, "x-vga", "off", "Give the guest the device's legacy VGA ranges"),
        PROP(VfioPci, x_req, bool, "x-req", "on", "Say so when the host asks for the device back"),
        PROP(VfioPci, igd_opregion, onoffauto, "x-igd-opregion", "auto",
             "OpRegion for the guest; auto: as the primary or only display, not for mediated devices"),
        PROP(VfioPci, igd_lpc, bool, "x-igd-lpc", "off", "Ids of the host's LPC bridge at 00:1f.0"),
        PROP(VfioPci, igd_legacy_mode, onoffauto, "x-igd-legacy-mode", "auto",
             "Intel graphics as the primary VGA adapter; auto: when all conditions are met"),
        PROP(VfioPci, igd_gms, u32, "x-igd-gms", "0", "Stolen memory as coded in GGC.GMS; 0: as on the host"),
        PROP_ENUM(VfioPci, igd_place, igd_placer_words, "x-igd-place", "auto",
                  "Who places OpRegion and stolen memory; auto: SeaBIOS where it can, else the machine"),
        PROP_ENUM(VfioPci, igd_dsm, igd_dsm_words, "x-igd-dsm", "auto",
                  "Stolen memory at the host's address (identity) or anywhere; auto: identity for generations 11 and 12"),
        PROP(VfioPci, dsm, size, "dsm", "0", "Stolen memory as a size (64M), instead of x-igd-gms; 0: as on the host"),
        /* Windows trusts the power state left by the host, which lags behind when the device was reset: stripes. */
        PROP(VfioPci, igd_dbuf, bool, "x-igd-dbuf", "on",
             "Intel graphics of generations 9 to 12: hide power states of the display buffer that nobody asked for"),
        /* Entries of the host's firmware point into the host's memory: faults of the IOMMU until a driver replaces them. */
        PROP(VfioPci, igd_clear_gtt, bool, "x-igd-clear-gtt", "off",
             "Invalidate the graphics translation table once at start: its entries are the host's"),
        PROP(VfioPci, vendor_id, u32, "x-pci-vendor-id", "0xffffffff", "Vendor id the guest sees"),
        PROP(VfioPci, device_id, u32, "x-pci-device-id", "0xffffffff", "Device id the guest sees"),
        PROP(VfioPci, sub_vendor_id, u32, "x-pci-sub-vendor-id", "0xffffffff", "Subsystem vendor id the guest sees"),
        PROP(VfioPci, sub_device_id, u32, "x-pci-sub-device-id", "0xffffffff", "Subsystem id the guest sees"),
        PROP(VfioPci, class_code, u32, "x-pci-class-code", "0xffffffff", "Class code (24 bits) the guest sees"),
        PROP(VfioPci, no_mmap, bool, "x-no-mmap", "off", "Trap all accesses to BARs"),
        PROP(VfioPci, no_kvm_intx, bool, "x-no-kvm-intx", "off", "Deliver INTx through the emulator"),
        PROP(VfioPci, no_kvm_msi, bool, "x-no-kvm-msi", "off", "Deliver MSI through the emulator"),
        PROP(VfioPci, no_kvm_msix, bool, "x-no-kvm-msix", "off", "Deliver MSI-X through the emulator"),
        PROP(VfioPci, intx_mmap_timeout_ms, u32, "x-intx-mmap-timeout-ms", "1100",
             "BARs trap this long after an INTx that the emulator delivers; 0: always, once there was one"),
        PROP(VfioPci, msix_relocation, str, "x-msix-relocation", "off", "Move the MSI-X table: only 'off'"),
        PROP(VfioPci, migration, onoffauto, "enable-migration", "auto", "Not supported: only auto or off"),
        PROP(VfioPci, display, onoffauto, "display", "off", "Show a virtual GPU's display on a console; auto: if it has one"),
        PROP(VfioPci, xres, u32, "xres", "0", "Preferred width of its monitor in pixels; 0: the largest it can have, or 1280"),
        PROP(VfioPci, yres, u32, "yres", "0", "Preferred height"),
        { }
    },
    .init = vfio_pci_init,
    .realize = vfio_pci_realize,
    .complete = vfio_pci_complete,
    .unrealize = vfio_pci_unrealize,
    .reset = vfio_pci_reset,
};
