/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assignment of Intel integrated graphics: registers that hold addresses of the
 * host are emulated wherever the device is put; its OpRegion and the size of its
 * stolen memory go to the guest's firmware, which places both; legacy mode makes
 * it the machine's VGA adapter. An item that cannot be had is left out and named.
 */
#include "hw/vfio/igd.h"

#include "hw/nvram/fw-cfg.h"
#include "lib/log.h"

enum {
    IGD_DEVFN = PCI_DEVFN_OF(2, 0),     /* where firmware and drivers look for it */
    /* Registers in BAR 0 that show configuration registers (i915: GEN6_GGC, GEN6_DSMBASE). */
    MIRROR_BAR = 0,
    MIRROR_GGC = 0x108040,
    MIRROR_BDSM = 0x1080c0,
    CLASS_VGA = 0x0300,                 /* PCI class code assignments 1.x: base 03, display */
    CLASS_DISPLAY = 0x03,
};

/* ---- registers ---- */

static bool ggc_up(VfioPci *dev, Error **errp)
{
    const VfioConfigRule rule = { IGD_GGC, 2, 0xffff };
    Igd *igd = dev->igd;

    igd->ggc = pci_get_u16(dev->config.host + IGD_GGC);
    if (dev->igd_gms == 0) {
        return true;    /* the device's own, which no guest can change: firmware has locked it */
    }
    if (!igd_ggc_with_gms(igd->platform, igd->ggc, dev->igd_gms, &igd->ggc)) {
        return fail(errp, "Unsupported IGD GMS value 0x%x for %s (generation %d)", dev->igd_gms, igd->platform->name,
                    igd->platform->generation);
    }
    vfio_config_rule(dev, &rule, igd->ggc);
    vfio_mirror_add(dev, MIRROR_BAR, MIRROR_GGC, IGD_GGC, 2);
    return true;
}

/* Zero until the guest's firmware writes the place it has chosen; the device keeps the host's. */
static void bdsm_up(VfioPci *dev)
{
    uint16_t at = dev->igd->platform->bdsm;
    const VfioConfigRule rule = { at, at == IGD_BDSM_64 ? 8 : 4, UINT64_MAX, UINT64_MAX };

    if (at) {
        vfio_config_rule(dev, &rule, 0);
        vfio_mirror_add(dev, MIRROR_BAR, MIRROR_BDSM, at, rule.len);
    }
}

static void asls_up(VfioPci *dev)
{
    const VfioConfigRule rule = { IGD_ASLS, 4, UINT32_MAX, UINT32_MAX };

    vfio_config_rule(dev, &rule, 0);
}

/* ---- what firmware is told ---- */

static bool hand_to_firmware(const char *name, GBytes *data, Error **errp)
{
    FwCfg *fw = fw_cfg_find();

    if (!fw) {
        return fail(errp, "%s: this machine has no fw_cfg to hand it to firmware by", name);
    }
    if (fw_cfg_file(fw, name)) {
        fail(errp, "duplicate fw_cfg file name: %s", name);
        return hint(errp, "Firmware is handed the OpRegion and stolen memory of one Intel display; another one has "
                    "them. Use x-igd-opregion=off for all but one.");
    }
    return fw_cfg_add_file(fw, name, data, errp);
}

static bool publish_opregion(VfioPci *dev, Error **errp)
{
    g_autoptr(GBytes) opregion = igd_opregion_load(dev, errp);

    if (!opregion || !hand_to_firmware("etc/igd-opregion", opregion, errp)) {
        return false;
    }
    if (dev->igd) {
        dev->igd->opregion = g_bytes_get_size(opregion);
    }
    return true;
}

static bool publish_stolen_size(VfioPci *dev, Error **errp)
{
    uint64_t size = GUINT64_TO_LE(dev->igd->stolen);
    g_autoptr(GBytes) data = g_bytes_new(&size, sizeof(size));

    return hand_to_firmware("etc/igd-bdsm-size", data, errp);
}

/* ---- legacy mode ---- */

static bool is_vga(VfioPci *dev)
{
    return vfio_pci_class_code(dev) >> 8 == CLASS_VGA;
}

static bool generation_fits(VfioPci *dev)
{
    return dev->igd->platform->generation >= 6 && dev->igd->platform->generation <= 9;
}

static bool vga_cycles_enabled(VfioPci *dev)
{
    return !(dev->igd->ggc & IGD_GGC_IVD);
}

static bool is_at_its_place(VfioPci *dev)
{
    return dev->pci.bus->number == 0 && dev->pci.devfn == IGD_DEVFN;
}

static bool bus_is_conventional(VfioPci *dev)
{
    return !dev->pci.bus->express;
}

static bool has_rom(VfioPci *dev)
{
    uint64_t size;

    return vfio_rom_source(dev, &size) != NULL;
}

/*
 * One list for everything legacy mode asks for. Place: the user's choice, so
 * auto is silent about it. Nature: of the device. Items: legacy mode goes on
 * without one, and says so.
 */
static const struct {
    enum { PLACE, NATURE, ITEM } kind;
    bool (*met)(VfioPci *dev);
    const char *what;           /* is the matter when it is not met */
    const char *remedy;
} conditions[] = {
    { PLACE, bus_is_conventional, "the machine is not i440FX", "use -machine pc" },
    { PLACE, is_at_its_place, "its address in the guest is not 00:02.0", "use bus=pci.0,addr=2.0" },
    { NATURE, is_vga, "it is not a VGA controller (class 0300)",
      "make it the primary display in the host's firmware set-up, or try x-pci-class-code=0x030000" },
    { NATURE, generation_fits, "its generation is not 6 to 9 (Sandy Bridge to Comet Lake)",
      "use an EFI guest with x-igd-lpc=on and an EFI option ROM as romfile=" },
    { NATURE, vga_cycles_enabled, "its VGA cycles are disabled (GGC.IVD)",
      "make it the primary display in the host's firmware set-up" },
    { ITEM, has_rom, "there is no video BIOS", "give one by romfile=, and not rombar=0" },
    { ITEM, vfio_vga_offered, "the host does not offer its VGA ranges",
      "use a host kernel with CONFIG_VFIO_PCI_VGA and vfio-pci without disable_vga=1" },
    { ITEM, igd_lpc_is_possible, "another device is at 00:1f.0, where the LPC bridge must be",
      "move that device" },
    { ITEM, igd_bridges_offered, "the host does not offer the ids of its bridges",
      "use a host kernel with CONFIG_VFIO_PCI_IGD" },
};

enum { CONDITION_COUNT = G_N_ELEMENTS(conditions) };

static bool all_met(const bool met[CONDITION_COUNT], int kind)
{
    bool all = true;

    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        all &= met[i] || (int)conditions[i].kind != kind;
    }
    return all;
}

/* x-igd-legacy-mode=on: everything that is missing, in one error. */
static bool check_strictly(const bool met[CONDITION_COUNT], Error **errp)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        if (!met[i]) {
            g_string_append_printf(text, "%s%s", text->len ? "; " : "", conditions[i].what);
        }
    }
    if (text->len == 0) {
        return true;
    }
    fail(errp, "IGD legacy mode is not possible: %s", text->str);
    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        if (!met[i]) {
            hint(errp, "- %s: %s", conditions[i].what, conditions[i].remedy);
        }
    }
    return false;
}

static void say_unmet(const bool met[CONDITION_COUNT], int kind, const char *consequence)
{
    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        if (!met[i] && (int)conditions[i].kind == kind) {
            warn("igd: %s: %s; %s", consequence, conditions[i].what, conditions[i].remedy);
        }
    }
}

static bool legacy_up(VfioPci *dev, Error **errp)
{
    bool met[CONDITION_COUNT];

    if (dev->igd_legacy_mode == ON_OFF_AUTO_OFF) {
        return true;
    }
    for (unsigned i = 0; i < CONDITION_COUNT; i++) {
        met[i] = conditions[i].met(dev);
    }
    if (dev->igd_legacy_mode == ON_OFF_AUTO_ON && !check_strictly(met, errp)) {
        return false;
    }
    if (!all_met(met, PLACE)) {
        return true;
    }
    if (!all_met(met, NATURE)) {
        say_unmet(met, NATURE, "no legacy mode");
        return true;
    }
    say_unmet(met, ITEM, "legacy mode is incomplete");
    dev->igd->legacy = true;
    dev->vga_wanted |= vfio_vga_offered(dev);
    return true;
}

/* ---- the items ---- */

/* What the user asked for by name must work; what we add by ourselves may be missing, and is then named. */
static bool must_or_warn(bool asked, const char *item, Error *err, Error **errp)
{
    if (asked) {
        *errp = err;
        return false;
    }
    warn("igd: %s: %s", item, error_message(err));
    error_free(err);
    return true;
}

static bool opregion_up(VfioPci *dev, Error **errp)
{
    bool asked = dev->igd_opregion == ON_OFF_AUTO_ON;
    Error *err = NULL;

    if (dev->igd_opregion == ON_OFF_AUTO_OFF || (!asked && !dev->igd->has_opregion)) {
        return true;
    }
    return publish_opregion(dev, &err) || must_or_warn(asked, "no OpRegion for the guest", err, errp);
}

static bool stolen_up(VfioPci *dev, Error **errp)
{
    Error *err = NULL;

    dev->igd->stolen = igd_stolen_size(dev->igd->platform, dev->igd->ggc);
    if (publish_stolen_size(dev, &err)) {
        return true;
    }
    dev->igd->stolen = 0;
    return must_or_warn(false, "no stolen memory for the guest", err, errp);
}

static bool lpc_up(VfioPci *dev, Error **errp)
{
    Error *err = NULL;

    /* legacy mode has already named what it lacks */
    if (!dev->igd_lpc && !(dev->igd->legacy && igd_lpc_is_possible(dev) && igd_bridges_offered(dev))) {
        return true;
    }
    return igd_bridges_up(dev, &err) || must_or_warn(dev->igd_lpc, "no LPC bridge ids", err, errp);
}

/* " LABEL=64M SOURCE", or " LABEL=none" */
static void append_size(GString *text, const char *label, uint64_t bytes, const char *source)
{
    const uint64_t mib = 1 << 20;

    if (bytes == 0) {
        g_string_append_printf(text, " %s=none", label);
    } else if (bytes % mib == 0) {
        g_string_append_printf(text, " %s=%" G_GINT64_MODIFIER "uM %s", label, bytes / mib, source);
    } else {
        g_string_append_printf(text, " %s=%" G_GINT64_MODIFIER "uK %s", label, bytes / 1024, source);
    }
}

static void say_summary(VfioPci *dev)
{
    const Igd *igd = dev->igd;
    uint64_t rom_size = 0;
    const char *rom = vfio_rom_source(dev, &rom_size);
    g_autoptr(GString) text = g_string_new("igd:");

    g_string_append_printf(text, " %04x:%04x %s", PCI_VENDOR_INTEL, vfio_pci_device_id(dev), igd->platform->name);
    if (igd->platform->generation) {
        g_string_append_printf(text, " gen%d", igd->platform->generation);
    }
    g_string_append_printf(text, " mode=%s", igd->legacy ? "legacy" : "upt");
    append_size(text, "opregion", igd->opregion, "(firmware)");
    append_size(text, "dsm", igd->stolen, "(firmware)");
    if (igd->lpc) {
        g_string_append_printf(text, " lpc=%04x:%04x", igd->lpc >> 16, igd->lpc & 0xffff);
    }
    g_string_append_printf(text, " vga=%s", dev->vga_wanted ? "on" : "off");
    append_size(text, "rom", rom_size, rom);
    info("%s", text->str);
}

/* ---- the quirk ---- */

/*
 * A mediated GPU (GVT-g) emulates its own registers: the guest's ASLS must reach
 * it. Only the OpRegion can be handed on, when asked for.
 */
static bool mediated_up(VfioPci *dev, Error **errp)
{
    return dev->igd_opregion != ON_OFF_AUTO_ON || publish_opregion(dev, errp);
}

/* A discrete GPU: nothing of all this, unless the user insists. */
static bool not_integrated(VfioPci *dev, Error **errp)
{
    if (dev->igd_legacy_mode == ON_OFF_AUTO_ON || dev->igd_opregion == ON_OFF_AUTO_ON || dev->igd_gms) {
        fail(errp, "%04x:%04x is no integrated Intel graphics with an OpRegion", PCI_VENDOR_INTEL,
             vfio_pci_device_id(dev));
        return hint(errp, "x-igd-legacy-mode, x-igd-opregion and x-igd-gms are not for it.");
    }
    return true;
}

static bool integrated_up(VfioPci *dev, Error **errp)
{
    bdsm_up(dev);
    asls_up(dev);
    if (!ggc_up(dev, errp) || !legacy_up(dev, errp) || !opregion_up(dev, errp) || !stolen_up(dev, errp) ||
        !lpc_up(dev, errp)) {
        return false;
    }
    say_summary(dev);
    return true;
}

static bool igd_up(VfioPci *dev, Error **errp)
{
    VfioRegionInfo opregion = { 0 };

    if (dev->dev->mediated) {
        return mediated_up(dev, errp);
    }
    dev->igd = g_new0(Igd, 1);
    dev->igd->platform = igd_platform(vfio_pci_device_id(dev));
    dev->igd->has_opregion = igd_region_find(dev, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION, &opregion);
    vfio_region_info_clear(&opregion);
    /* Also without an OpRegion on offer (a kernel before 6.15, class 0380) the registers hold the host's addresses. */
    if (!dev->igd->has_opregion && !igd_platform_is_known(dev->igd->platform)) {
        return not_integrated(dev, errp);
    }
    return integrated_up(dev, errp);
}

static void igd_down(VfioPci *dev)
{
    if (dev->igd) {
        object_free(dev->igd->bridge);
        g_clear_pointer(&dev->igd, g_free);
    }
}

QUIRK(intel_display_quirk) = {
    .name = "Intel graphics",
    .vendor = PCI_VENDOR_INTEL,
    .device = VFIO_ANY_ID,
    .class_code = CLASS_DISPLAY << 16,
    .class_mask = 0xff0000,
    .up = igd_up,
    .down = igd_down,
};
