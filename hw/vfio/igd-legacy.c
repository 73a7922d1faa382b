/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy mode: the Intel GPU as the guest's primary display, with its video
 * BIOS, VGA ranges and the bridges it looks for. One list says what that takes;
 * an item that cannot be had is left out and named.
 */
#include "hw/vfio/igd.h"

#include "lib/log.h"

/* ---- other displays ---- */

static uint16_t class_of(const PciDevice *pci)
{
    return pci_get_u16(pci->config + PCI_CLASS_DEVICE);
}

static bool is_assigned(const PciDevice *pci)
{
    return class_is_a(pci->obj.class, &vfio_pci_base_class);
}

bool igd_beside_emulated_display(void)
{
    g_autoptr(GPtrArray) devices = object_list(&pci_device_class);

    for (unsigned i = 0; i < devices->len; i++) {
        const PciDevice *pci = devices->pdata[i];
        if (class_of(pci) >> 8 == IGD_CLASS_DISPLAY && !is_assigned(pci)) {
            return true;
        }
    }
    return false;
}

/* Another VGA adapter: its ranges, or firmware's choice of the primary display, would be in the way. */
static const PciDevice *other_vga(const VfioPci *dev)
{
    g_autoptr(GPtrArray) devices = object_list(&pci_device_class);

    for (unsigned i = 0; i < devices->len; i++) {
        const PciDevice *pci = devices->pdata[i];
        if (pci != &dev->pci && class_of(pci) == IGD_CLASS_VGA) {
            return pci;
        }
    }
    return NULL;
}

/* ---- the conditions ---- */

static bool bus_is_conventional(VfioPci *dev)
{
    return !dev->pci.bus->express;
}

static bool is_at_its_place(VfioPci *dev)
{
    return dev->pci.bus->number == 0 && dev->pci.devfn == IGD_DEVFN;
}

static bool was_there_at_boot(VfioPci *dev)
{
    return !dev->pci.obj.hotplugged;
}

static bool is_vga(VfioPci *dev)
{
    return vfio_pci_class_code(dev) >> 8 == IGD_CLASS_VGA;
}

/* The user's own video BIOS; the host's is read when the guest asks for it. */
static bool has_bios_file(const VfioPci *dev)
{
    const VfioRomImages *images = &dev->rom.images;

    for (unsigned i = 0; dev->rom.loaded && i < images->count; i++) {
        if (images->images[i].code == VFIO_ROM_X86) {
            return true;
        }
    }
    return false;
}

/* Hosts of later generations have no video BIOS, but one who has a BIOS for his device may use it. */
static bool generation_fits(VfioPci *dev)
{
    int generation = dev->igd->platform->generation;

    return generation >= 6 && (generation <= 9 || has_bios_file(dev));
}

static bool vga_cycles_enabled(VfioPci *dev)
{
    return !(dev->igd->ggc & IGD_GGC_IVD);
}

static bool is_only_vga(VfioPci *dev)
{
    return !other_vga(dev);
}

static bool has_rom(VfioPci *dev)
{
    uint64_t size;

    return vfio_rom_source(dev, &size) != NULL;
}

/* Read already, unless the user wants none. */
static bool has_opregion(VfioPci *dev)
{
    return dev->igd->opregion || dev->igd_opregion == ON_OFF_AUTO_OFF;
}

/* One list for everything legacy mode asks for. */
const IgdCondition igd_conditions[IGD_CONDITION_COUNT] = {
    { IGD_PLACE, "i440fx", bus_is_conventional, "the machine is not i440FX", "use -machine pc" },
    { IGD_PLACE, "at-00:02.0", is_at_its_place, "its address in the guest is not 00:02.0", "use bus=pci.0,addr=2.0" },
    { IGD_PLACE, "cold-plugged", was_there_at_boot, "it was plugged in while the guest ran",
      "start the guest with it" },
    { IGD_NATURE, "class-0300", is_vga, "it is not a VGA controller (class 0300)",
      "make it the primary display in the host's firmware set-up, or try x-pci-class-code=0x030000" },
    { IGD_NATURE, "generation", generation_fits, "its generation is not 6 to 9 (Sandy Bridge to Comet Lake), and there is no video BIOS by romfile=",
      "use an EFI guest with x-igd-lpc=on and an EFI option ROM as romfile=" },
    { IGD_NATURE, "vga-cycles", vga_cycles_enabled, "its VGA cycles are disabled (GGC.IVD)",
      "make it the primary display in the host's firmware set-up" },
    { IGD_ITEM, "only-display", is_only_vga, "the guest has another display", "use -vga none and no other display" },
    { IGD_ITEM, "opregion", has_opregion, "the host offers no OpRegion that makes sense",
      "enable the Intel graphics in the host's firmware set-up, best as the primary display" },
    { IGD_ITEM, "rom", has_rom, "there is no video BIOS", "give one by romfile=, and not rombar=0" },
    { IGD_ITEM, "vga-ranges", vfio_vga_offered, "the host does not offer its VGA ranges",
      "use a host kernel with CONFIG_VFIO_PCI_VGA and vfio-pci without disable_vga=1" },
    { IGD_ITEM, "lpc-slot", igd_lpc_is_possible, "another device is at 00:1f.0, where the LPC bridge must be",
      "move that device" },
    { IGD_ITEM, "bridge-ids", igd_bridges_offered, "the host does not offer the ids of its bridges",
      "use a host kernel with CONFIG_VFIO_PCI_IGD" },
};

static bool all_met(const Igd *igd, IgdConditionKind kind)
{
    bool all = true;

    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        all &= igd->met[i] || igd_conditions[i].kind != kind;
    }
    return all;
}

/* x-igd-legacy-mode=on: everything that is missing, in one error. */
static bool check_strictly(const Igd *igd, Error **errp)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        if (!igd->met[i]) {
            g_string_append_printf(text, "%s%s", text->len ? "; " : "", igd_conditions[i].what);
        }
    }
    if (text->len == 0) {
        return true;
    }
    fail(errp, "IGD legacy mode is not possible: %s", text->str);
    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        if (!igd->met[i]) {
            hint(errp, "- %s: %s", igd_conditions[i].what, igd_conditions[i].remedy);
        }
    }
    return false;
}

static void say_unmet(const Igd *igd, IgdConditionKind kind, const char *consequence)
{
    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        if (!igd->met[i] && igd_conditions[i].kind == kind) {
            warn("igd: %s: %s; %s", consequence, igd_conditions[i].what, igd_conditions[i].remedy);
        }
    }
}

/* Two adapters would answer at the same addresses: neither would work. */
static bool check_alone(const VfioPci *dev, Error **errp)
{
    const PciDevice *other = other_vga(dev);

    if (!other) {
        return true;
    }
    fail(errp, "IGD legacy mode makes this the guest's only display, but %s at %02x.%x is one too",
         other->obj.class->name, PCI_SLOT_OF(other->devfn), PCI_FUNCTION_OF(other->devfn));
    return hint(errp, "Leave that one out (-vga none), or use x-igd-legacy-mode=off, or another address than 00:02.0, for"
                " a secondary display.");
}

bool igd_legacy_up(VfioPci *dev, Error **errp)
{
    Igd *igd = dev->igd;

    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        igd->met[i] = igd_conditions[i].met(dev);
    }
    if (dev->igd_legacy_mode == ON_OFF_AUTO_OFF) {
        return true;
    }
    if (dev->igd_legacy_mode == ON_OFF_AUTO_ON && !check_strictly(igd, errp)) {
        return false;
    }
    if (!all_met(igd, IGD_PLACE)) {
        return true;
    }
    if (!all_met(igd, IGD_NATURE)) {
        say_unmet(igd, IGD_NATURE, "no legacy mode");
        return true;
    }
    if (!check_alone(dev, errp)) {
        return false;
    }
    say_unmet(igd, IGD_ITEM, "legacy mode is incomplete");
    igd->legacy = true;
    dev->vga_wanted |= vfio_vga_offered(dev);
    return true;
}
