/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assignment of Intel integrated graphics: registers that hold addresses of the
 * host are emulated wherever the device is put (igd-registers.c); its OpRegion and stolen
 * memory are placed in the guest (igd-place.c); legacy mode makes it the machine's VGA
 * adapter (igd-legacy.c). An item that cannot be had is left out and named.
 */
#include "hw/vfio/igd.h"

#include "lib/log.h"

/* ---- the items ---- */

/* What the user asked for by name must work; what we add by ourselves may be missing, and is then named. */
static bool must_or_warn(bool asked, const char *item, Error *err, Error **errp)
{
    if (asked) {
        *errp = err;
        return false;
    }
    g_autofree char *context = g_strconcat("igd: ", item, NULL);
    warn_report(err, context);
    return true;
}

/* In legacy mode, and where it is the only display: beside an emulated one a driver would wait for a monitor. */
static bool wants_opregion(const VfioPci *dev)
{
    if (dev->igd_opregion != ON_OFF_AUTO_AUTO) {
        return dev->igd_opregion == ON_OFF_AUTO_ON;
    }
    return dev->igd->kind == IGD_INTEGRATED && (dev->igd->legacy || !igd_beside_emulated_display());
}

/* What came of reading it, in @err, matters if the guest is to have it. */
static bool keep_opregion(VfioPci *dev, Error *err, Error **errp)
{
    Igd *igd = dev->igd;

    if (!wants_opregion(dev)) {
        g_clear_pointer(&igd->opregion, g_bytes_unref);
        error_free(err);
        return true;
    }
    return !err || must_or_warn(dev->igd_opregion == ON_OFF_AUTO_ON, "no OpRegion for the guest", err, errp);
}

static GBytes *read_opregion(VfioPci *dev, Error **err)
{
    bool never = dev->igd_opregion == ON_OFF_AUTO_OFF || dev->igd->kind == IGD_VIRTUAL_FUNCTION;

    if (dev->igd_opregion == ON_OFF_AUTO_ON && dev->igd->kind == IGD_VIRTUAL_FUNCTION) {
        warn("igd: x-igd-opregion=on: a virtual function has no OpRegion and no display");
    }
    return never ? NULL : igd_opregion_load(dev, err);
}

static bool lpc_up(VfioPci *dev, Error **errp)
{
    Error *err = NULL;

    if (dev->igd_lpc && dev->igd->kind != IGD_INTEGRATED) {
        warn("igd: x-igd-lpc=on: only a whole GPU brings the ids of its bridges along");
        return true;
    }
    if (dev->igd_lpc && dev->pci.obj.hotplugged) {
        fail(errp, "IGD LPC is not supported on hotplugged device");
        return hint(errp, "The guest looks for the bridges when it starts: start it with the device.");
    }
    /* legacy mode has already named what it lacks */
    if (!dev->igd_lpc && !(dev->igd->legacy && igd_lpc_is_possible(dev) && igd_bridges_offered(dev))) {
        return true;
    }
    return igd_bridges_up(dev, &err) || must_or_warn(dev->igd_lpc, "no LPC bridge ids", err, errp);
}

/* A function that shares the GPU has no ranges of its own; scripts made for the whole GPU ask for them all the same. */
static void forgo_vga(VfioPci *dev)
{
    if (dev->vga_wanted && !vfio_vga_offered(dev)) {
        warn("igd: x-vga=on: a virtual function has no VGA ranges");
        dev->vga_wanted = false;
    }
}

/* ---- what it is ---- */

/* The kernel links a virtual function to its parent; elsewhere it is known by registers that only a whole GPU has. */
static bool is_virtual_function(const VfioPci *dev)
{
    const VfioDevice *host = dev->dev;
    g_autofree char *link = host->sysfs_path ? g_build_filename(host->sysfs_path, "physfn", NULL) : NULL;

    if (link) {
        return g_file_test(link, G_FILE_TEST_EXISTS);
    }
    IgdStolen stolen = igd_stolen_host(dev);
    return !dev->igd->has_opregion && stolen.size == 0 && stolen.base == 0 && dev->rom.info.size == 0;
}

/* It shares the stolen memory and the GTT of the GPU; scripts made for the whole of it need not be changed. */
static void forgo_stolen(const VfioPci *dev)
{
    if (dev->igd_gms || dev->dsm || dev->igd_clear_gtt) {
        warn("igd: x-igd-gms, dsm and x-igd-clear-gtt do nothing: a virtual function has no stolen memory");
    }
}

static bool region_is_there(VfioPci *dev, uint32_t subtype)
{
    VfioRegionInfo region = { 0 };
    bool found = igd_region_find(dev, subtype, &region);

    vfio_region_info_clear(&region);
    return found;
}

/* What only a whole GPU of the host can have, and the user insists on. */
static bool insists_on_whole(const VfioPci *dev)
{
    return dev->igd_legacy_mode == ON_OFF_AUTO_ON || dev->igd_gms || dev->dsm || dev->igd_clear_gtt;
}

/* A discrete GPU: nothing of all this. */
static bool not_integrated(VfioPci *dev, Error **errp)
{
    if (insists_on_whole(dev) || dev->igd_opregion == ON_OFF_AUTO_ON) {
        fail(errp, "%04x:%04x is no integrated Intel graphics with an OpRegion", PCI_VENDOR_INTEL,
             vfio_pci_device_id(dev));
        return hint(errp, "x-igd-legacy-mode, x-igd-opregion, x-igd-gms, dsm and x-igd-clear-gtt are not for it.");
    }
    return true;
}

/* GVT-g emulates its registers: what the guest writes must reach it. */
static bool mediated_up(VfioPci *dev, Error **errp)
{
    dev->igd->kind = IGD_MEDIATED;
    if (insists_on_whole(dev)) {
        fail(errp, "a mediated GPU has no video BIOS, VGA ranges or stolen memory of the host");
        return hint(errp, "x-igd-legacy-mode, x-igd-gms, dsm and x-igd-clear-gtt are not for it; x-igd-opregion is.");
    }
    return true;
}

/* ---- the quirk ---- */

/* Also without an OpRegion on offer (a kernel before 6.15, class 0380) the registers hold the host's addresses. */
static bool igd_up(VfioPci *dev, Error **errp)
{
    const IgdPlatform *platform = igd_platform(vfio_pci_device_id(dev));
    bool has_opregion = region_is_there(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION);

    if (!dev->dev->mediated && !has_opregion && !igd_platform_is_known(platform)) {
        return not_integrated(dev, errp);
    }
    dev->igd = g_new0(Igd, 1);
    dev->igd->platform = platform;
    dev->igd->has_opregion = has_opregion;
    if (dev->dev->mediated) {
        return mediated_up(dev, errp);
    }
    if (is_virtual_function(dev)) {
        dev->igd->kind = IGD_VIRTUAL_FUNCTION;
        forgo_stolen(dev);
    }
    return igd_registers_up(dev, errp);
}

/* The other devices are there: what this one is to the guest can be said. */
static bool igd_complete(VfioPci *dev, Error **errp)
{
    Igd *igd = dev->igd;
    Error *err = NULL;

    if (!igd) {
        return true;
    }
    if (igd->kind == IGD_INTEGRATED) {
        igd->stolen = igd_stolen_size(igd->platform, igd->ggc);
    }
    if (igd->kind == IGD_VIRTUAL_FUNCTION) {
        forgo_vga(dev);
    }
    igd->opregion = read_opregion(dev, &err);
    if ((igd->kind == IGD_INTEGRATED || dev->igd_legacy_mode == ON_OFF_AUTO_ON) && !igd_legacy_up(dev, errp)) {
        error_free(err);
        return false;
    }
    if (!keep_opregion(dev, err, errp) || !igd_place(dev, errp) || !lpc_up(dev, errp) || !igd_gtt_clear(dev, errp)) {
        return false;
    }
    igd_say_summary(dev);
    return true;
}

static void igd_reset(VfioPci *dev)
{
    if (dev->igd) {
        igd_registers_reset(dev);
        igd_place_reset(dev);
    }
}

static void igd_down(VfioPci *dev)
{
    if (dev->igd) {
        igd_unplace(dev);
        igd_bridges_down(dev);
        g_clear_pointer(&dev->igd, g_free);
    }
}

QUIRK(intel_display_quirk) = {
    .name = "Intel graphics",
    .vendor = PCI_VENDOR_INTEL,
    .device = VFIO_ANY_ID,
    .class_code = IGD_CLASS_DISPLAY << 16,
    .class_mask = 0xff0000,
    .up = igd_up,
    .complete = igd_complete,
    .reset = igd_reset,
    .down = igd_down,
};

/* ---- other devices ---- */

/* Settings that would be passed over in silence. */
static bool foreign_up(VfioPci *dev, Error **errp)
{
    bool is_ours = vfio_pci_vendor(dev) == PCI_VENDOR_INTEL && vfio_pci_class_code(dev) >> 16 == IGD_CLASS_DISPLAY;

    if (!is_ours && (insists_on_whole(dev) || dev->igd_opregion == ON_OFF_AUTO_ON || dev->igd_lpc)) {
        warn("vfio %s: its settings for Intel graphics (x-igd-*, dsm) do nothing: %04x:%04x of class %04x is no Intel display",
             vfio_pci_name(dev), vfio_pci_vendor(dev), vfio_pci_device_id(dev), vfio_pci_class_code(dev) >> 8);
    }
    return true;
}

QUIRK(intel_settings_elsewhere) = {
    .name = "settings of Intel graphics",
    .vendor = VFIO_ANY_ID,
    .device = VFIO_ANY_ID,
    .up = foreign_up,
};
