/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where OpRegion and stolen memory are in the guest. Firmware that knows Intel
 * graphics (SeaBIOS, in part) is handed fw_cfg files and places them itself; for
 * any other the machine sets memory aside, fills it and presets the registers,
 * so that whatever boots finds them. Stolen memory of generations 11 and 12 is at
 * the host's own address where that can be: their microcontrollers use addresses in
 * it that the host's firmware has fixed.
 */
#include "hw/vfio/igd.h"

#include <inttypes.h>
#include <string.h>

#include "hw/nvram/fw-cfg.h"
#include "lib/log.h"

#define PAGE UINT64_C(4096)
#define MIB UINT64_C(0x100000)

/* SeaBIOS src/fw/pciinit.c, intel_igd_setup(): the files it looks for. */
#define OPREGION_FILE "etc/igd-opregion"
#define STOLEN_FILE "etc/igd-bdsm-size"

enum { IDENTITY_GENERATION = 11 };

const char *const igd_placer_words[] = { "auto", "firmware", "machine", NULL };
const char *const igd_dsm_words[] = { "auto", "identity", "relocate", NULL };

/* ---- by whom ---- */

/* What keeps the firmware from placing it; NULL: nothing. */
static const char *obstacle(const VfioPci *dev)
{
    const Igd *igd = dev->igd;
    FwCfg *fw = fw_cfg_find();

    if (dev->pci.obj.hotplugged) {
        return "plugged in while the guest runs";
    }
    if (!fw || !machine_firmware_is_seabios()) {
        return "the firmware is not SeaBIOS";
    }
    if (!machine_firmware_contains(OPREGION_FILE) || !machine_firmware_contains(STOLEN_FILE)) {
        return "this SeaBIOS knows no Intel graphics";
    }
    if (vfio_pci_class_code(dev) >> 8 != IGD_CLASS_VGA) {
        return "SeaBIOS knows class 0300 only";
    }
    if (igd->stolen && igd->platform->bdsm == IGD_BDSM_64) {
        return "SeaBIOS knows no BDSM of 64 bits";
    }
    if (igd->stolen && dev->pci.devfn != IGD_DEVFN) {
        return "SeaBIOS gives stolen memory to 00:02.0 only";
    }
    if (fw_cfg_file(fw, OPREGION_FILE) || fw_cfg_file(fw, STOLEN_FILE)) {
        return "the firmware's files are another display's, or the user's";
    }
    return NULL;
}

static void choose_placer(VfioPci *dev)
{
    Igd *igd = dev->igd;
    const char *against = obstacle(dev);

    if (dev->igd_place != IGD_PLACER_AUTO) {
        igd->placer = (IgdPlacer)dev->igd_place;
        igd->placer_reason = "x-igd-place";
        if (against && igd->placer == IGD_PLACER_FIRMWARE) {
            warn("igd: x-igd-place=firmware, but %s: what it does not place the guest will not have", against);
        }
    } else if (dev->igd_dsm == IGD_DSM_IDENTITY) {
        igd->placer = IGD_PLACER_MACHINE;
        igd->placer_reason = "x-igd-dsm=identity";
    } else {
        igd->placer = against ? IGD_PLACER_MACHINE : IGD_PLACER_FIRMWARE;
        igd->placer_reason = against ? against : "SeaBIOS does it";
    }
}

static bool check_settings(const VfioPci *dev, Error **errp)
{
    const Igd *igd = dev->igd;

    if (dev->igd_dsm == IGD_DSM_IDENTITY && igd->stolen == 0) {
        return fail(errp, "x-igd-dsm=identity: %s has no stolen memory", igd->platform->name);
    }
    if (dev->igd_dsm == IGD_DSM_IDENTITY && dev->igd_place == IGD_PLACER_FIRMWARE) {
        fail(errp, "x-igd-dsm=identity and x-igd-place=firmware exclude each other");
        return hint(errp, "The firmware takes what memory is free; only the machine keeps an address: x-igd-place=machine.");
    }
    if (dev->igd_place == IGD_PLACER_FIRMWARE && dev->pci.obj.hotplugged) {
        fail(errp, "x-igd-place=firmware: the firmware has done its work when a device is plugged in");
        return hint(errp, "Use x-igd-place=machine, and start the machine with -machine igd-reserve=SIZE.");
    }
    return true;
}

/* ---- by the firmware ---- */

/* What displays have brought, as long as it is what the files hold: they outlive an unplugged display. */
static struct {
    const GBytes *opregion, *stolen;
} handed;

static bool hand_to_firmware(const char *name, GBytes *data, Error **errp)
{
    FwCfg *fw = fw_cfg_find();

    if (!fw) {
        return fail(errp, "%s: this machine has no fw_cfg to hand it to firmware by", name);
    }
    if (fw_cfg_file(fw, name)) {
        fail(errp, "duplicate fw_cfg file name: %s", name);
        return hint(errp, "Firmware is handed the OpRegion and stolen memory of one Intel display, and another one or "
                    "-fw_cfg has them. Use x-igd-place=machine or x-igd-opregion=off for all but one.");
    }
    return fw_cfg_add_file(fw, name, data, errp);
}

static bool place_by_firmware(VfioPci *dev, Error **errp)
{
    const Igd *igd = dev->igd;
    uint64_t size = GUINT64_TO_LE(igd->stolen);
    g_autoptr(GBytes) data = g_bytes_new(&size, sizeof(size));

    if ((igd->opregion && !hand_to_firmware(OPREGION_FILE, igd->opregion, errp)) ||
        (igd->kind != IGD_MEDIATED && !hand_to_firmware(STOLEN_FILE, data, errp))) {
        return false;
    }
    handed.opregion = igd->opregion ? igd->opregion : handed.opregion;
    handed.stolen = igd->kind != IGD_MEDIATED ? data : handed.stolen;
    return true;
}

/* ---- by the machine ---- */

static bool reserve_at_host_address(VfioPci *dev, Error **errp)
{
    Igd *igd = dev->igd;
    uint64_t base = igd_stolen_host(dev).base;

    if (base == 0) {
        return fail(errp, "the host's BDSM register says it has none");
    }
    igd->stolen_at.base = base;
    igd->identity = machine_reserve(&igd->stolen_at, errp);
    return igd->identity;
}

static bool wants_identity(const VfioPci *dev)
{
    return dev->igd_dsm == IGD_DSM_IDENTITY ||
           (dev->igd_dsm == IGD_DSM_AUTO && dev->igd->platform->generation >= IDENTITY_GENERATION);
}

/* At the host's address, or, when nobody insists, anywhere. */
static bool reserve_stolen(VfioPci *dev, Error **errp)
{
    Igd *igd = dev->igd;
    Error *err = NULL;

    if (igd->stolen == 0) {
        return true;
    }
    igd->stolen_at = (MachineReservation){ .name = "igd-stolen", .size = igd->stolen, .align = MIB };
    if (wants_identity(dev)) {
        if (reserve_at_host_address(dev, &err)) {
            return true;
        }
        if (dev->igd_dsm == IGD_DSM_IDENTITY) {
            *errp = err;
            return fail(errp, "x-igd-dsm=identity");
        }
        fail(&err, "igd: stolen memory is not at the host's address, which GuC, HuC and display of generation %d need",
             igd->platform->generation);
        warn_report(err, NULL);
    }
    igd->stolen_at.base = MACHINE_ANYWHERE;
    return machine_reserve(&igd->stolen_at, errp);
}

static bool reserve_opregion(Igd *igd, Error **errp)
{
    if (!igd->opregion) {
        return true;
    }
    igd->opregion_at = (MachineReservation){
        .name = "igd-opregion",
        .size = (g_bytes_get_size(igd->opregion) + PAGE - 1) & ~(PAGE - 1),
        .align = PAGE,
        .base = MACHINE_ANYWHERE,
    };
    return machine_reserve(&igd->opregion_at, errp);
}

/* Programs in an EFI option ROM read the OpRegion there; SeaBIOS would place it a second time. */
static bool offer_to_option_roms(const VfioPci *dev, Error **errp)
{
    const Igd *igd = dev->igd;
    FwCfg *fw = fw_cfg_find();

    if (!igd->opregion || !fw || machine_firmware_is_seabios() || dev->pci.obj.hotplugged || fw_cfg_file(fw, OPREGION_FILE)) {
        return true;
    }
    return fw_cfg_add_file(fw, OPREGION_FILE, igd->opregion, errp);
}

static bool place_by_machine(VfioPci *dev, Error **errp)
{
    Igd *igd = dev->igd;

    if (!reserve_stolen(dev, errp) || !reserve_opregion(igd, errp) || !offer_to_option_roms(dev, errp)) {
        return false;
    }
    if (igd->stolen) {
        igd_preset_bdsm(dev, igd->stolen_at.base);
    }
    if (igd->opregion && igd->kind != IGD_MEDIATED) {
        igd_preset_asls(dev, (uint32_t)igd->opregion_at.base);
    }
    return true;
}

/* ---- all of it ---- */

bool igd_place(VfioPci *dev, Error **errp)
{
    const Igd *igd = dev->igd;

    if (!check_settings(dev, errp)) {
        return false;
    }
    /* Firmware that finds no file has nothing to do; a size of zero says so. */
    choose_placer(dev);
    return igd->placer == IGD_PLACER_FIRMWARE ? place_by_firmware(dev, errp) : place_by_machine(dev, errp);
}

/*
 * The guest's firmware must not write @addr, @len bytes: SeaBIOS gives the address of its copy of a file to every Intel
 * display of class 0300, also to one for which the machine has done it. A mediated device does not hear of it then.
 */
static void protect(VfioPci *dev, unsigned addr, unsigned len, bool from_firmware)
{
    memset(dev->pci.wmask + addr, from_firmware ? 0 : 0xff, len);
    if (dev->igd->kind == IGD_MEDIATED) {
        memset(dev->config.ours + addr, from_firmware ? 0xff : 0, len);
    }
}

/* The files are another display's, which has brought them; a user's are for all. */
static void protect_registers(VfioPci *dev)
{
    const Igd *igd = dev->igd;
    FwCfg *fw = fw_cfg_find();
    bool by_firmware = igd->placer == IGD_PLACER_FIRMWARE;
    bool opregion = fw && !by_firmware && handed.opregion && fw_cfg_file(fw, OPREGION_FILE) == handed.opregion;
    bool stolen = fw && !by_firmware && handed.stolen && fw_cfg_file(fw, STOLEN_FILE) == handed.stolen;

    protect(dev, IGD_ASLS, 4, opregion);
    if (igd->kind == IGD_MEDIATED) {
        pci_set_u32(dev->pci.config + IGD_ASLS, opregion ? (uint32_t)igd->opregion_at.base : 0);
    } else if (igd->platform->bdsm) {
        protect(dev, igd->platform->bdsm, igd->platform->bdsm == IGD_BDSM_64 ? 8 : 4, stolen && igd->stolen_at.memory.host);
    }
}

static void fill_opregion(Igd *igd)
{
    size_t size;
    const void *data = g_bytes_get_data(igd->opregion, &size);

    memset(igd->opregion_at.memory.host, 0, igd->opregion_at.size);
    memcpy(igd->opregion_at.memory.host, data, size);
}

/* The register of a mediated device is its driver's: it must see the address. */
void igd_place_reset(VfioPci *dev)
{
    Igd *igd = dev->igd;

    protect_registers(dev);
    if (!igd->opregion_at.memory.host) {
        return;
    }
    fill_opregion(igd);
    if (igd->kind == IGD_MEDIATED) {
        vfio_config_host_write(dev, IGD_ASLS, (uint32_t)igd->opregion_at.base, 4);
    }
}

void igd_unplace(VfioPci *dev)
{
    machine_unreserve(&dev->igd->opregion_at);
    machine_unreserve(&dev->igd->stolen_at);
    g_clear_pointer(&dev->igd->opregion, g_bytes_unref);
}
