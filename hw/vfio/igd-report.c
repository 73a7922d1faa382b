/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people and tools are told about an Intel GPU: the summary line, info igd, x-query-igd. */
#include <inttypes.h>

#include "core/command.h"
#include "hw/vfio/igd-vbt.h"
#include "hw/vfio/igd.h"
#include "lib/log.h"

/* ---- words ---- */

static const char *mode_of(const Igd *igd)
{
    static const char *const modes[] = {
        [IGD_INTEGRATED] = "upt", [IGD_VIRTUAL_FUNCTION] = "vf", [IGD_MEDIATED] = "mediated",
    };

    return igd->legacy ? "legacy" : modes[igd->kind];
}

static const char *placer_of(const Igd *igd)
{
    return igd_placer_words[igd->placer];
}

/* "64M", "8K" */
static char *size_text(uint64_t bytes)
{
    const uint64_t mib = 1 << 20;

    return bytes % mib == 0 ? g_strdup_printf("%" PRIu64 "M", bytes / mib) : g_strdup_printf("%" PRIu64 "K", bytes / 1024);
}

/* Where the guest's stolen memory is: its firmware may have written that. */
static uint64_t bdsm_now(VfioPci *dev)
{
    return dev->igd->kind == IGD_INTEGRATED ? igd_stolen_guest(dev).base : 0;
}

/* The register of a mediated device is its driver's: firmware may have written it. Before the first reset nobody has. */
static uint32_t asls_now(VfioPci *dev)
{
    const Igd *igd = dev->igd;

    if (igd->kind != IGD_MEDIATED) {
        return pci_get_u32(dev->pci.config + IGD_ASLS);
    }
    uint32_t asls = igd->opregion ? vfio_config_host_read(dev, IGD_ASLS, 4) : 0;
    return asls ? asls : (uint32_t)igd->opregion_at.base;
}

static size_t opregion_size(const Igd *igd)
{
    return igd->opregion ? g_bytes_get_size(igd->opregion) : 0;
}

/* ---- the summary ---- */

/* " dsm=64M@0x7c800000 (machine)", " dsm=64M (firmware)" while the firmware has not placed it, " dsm=none" */
static void append_placed(GString *text, const char *label, uint64_t bytes, uint64_t addr, const char *placer)
{
    g_autofree char *size = size_text(bytes);

    if (bytes == 0) {
        g_string_append_printf(text, " %s=none", label);
    } else if (addr) {
        g_string_append_printf(text, " %s=%s@0x%" PRIx64 " (%s)", label, size, addr, placer);
    } else {
        g_string_append_printf(text, " %s=%s (%s)", label, size, placer);
    }
}

static void append_identity(GString *text, VfioPci *dev)
{
    const Igd *igd = dev->igd;

    g_string_append_printf(text, " %04x:%04x %s", PCI_VENDOR_INTEL, vfio_pci_device_id(dev), igd->platform->name);
    if (igd->platform->generation) {
        g_string_append_printf(text, " gen%d", igd->platform->generation);
    }
    g_string_append_printf(text, " mode=%s", mode_of(igd));
}

void igd_say_summary(VfioPci *dev)
{
    const Igd *igd = dev->igd;
    uint64_t rom_size = 0;
    const char *rom = vfio_rom_source(dev, &rom_size);
    g_autoptr(GString) text = g_string_new("igd:");

    append_identity(text, dev);
    append_placed(text, "opregion", opregion_size(igd), asls_now(dev), placer_of(igd));
    append_placed(text, "dsm", igd->stolen, bdsm_now(dev), igd->identity ? "machine, as on the host" : placer_of(igd));
    if (igd->lpc) {
        g_string_append_printf(text, " lpc=%04x:%04x", igd->lpc >> 16, igd->lpc & 0xffff);
    }
    g_string_append_printf(text, " vga=%s", dev->vga_wanted ? "on" : "off");
    append_placed(text, "rom", rom_size, 0, rom);
    if (igd->opregion || igd->stolen) {
        g_string_append_printf(text, " place=%s (%s)", placer_of(igd), igd->placer_reason);
    }
    info("%s", text->str);
}

/* ---- the query ---- */

#define PLACED "{size:int,?address:int,?identity:bool}"

/* The host's is read when the guest first looks at it: before that nobody knows its images. */
#define ROM "{source:str,size:int,?images:[{type:str,size:int,vendor-id:int,device-id:int}]}"

#define IGD_SHAPE \
    "{device:str,?id:str,address:str,vendor-id:int,device-id:int,platform:str,generation:int,mode:legacy|upt|vf|mediated," \
    "?conditions:[{name:str,met:bool,what:str,remedy:str}],placed-by:firmware|machine|nobody,?placed-by-reason:str," \
    "opregion:" PLACED ",stolen:" PLACED ",?lpc:{vendor-id:int,device-id:int},vga:bool,?rom:" ROM "," \
    "?vbt:{product:str,version:int,offset:int,size:int,children:[{handle:int,type:int,port:str}]},?vbt-problem:str}"

/* Legacy mode's list; a mediated GPU or a virtual function is never asked. */
static Json *conditions_json(const Igd *igd)
{
    Json *list = json_object_new_array();

    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        const IgdCondition *condition = &igd_conditions[i];
        Json *row = json_new();
        json_add_str(row, "name", condition->name);
        json_add_bool(row, "met", igd->met[i]);
        json_add_str(row, "what", igd->met[i] ? "" : condition->what);
        json_add_str(row, "remedy", igd->met[i] ? "" : condition->remedy);
        json_object_array_add(list, row);
    }
    return list;
}

static Json *placed_json(uint64_t size, uint64_t addr)
{
    Json *placed = json_new();

    json_add_int(placed, "size", (int64_t)size);
    if (size && addr) {
        json_add_int(placed, "address", (int64_t)addr);
    }
    return placed;
}

static Json *children_json(const IgdVbt *vbt)
{
    Json *list = json_object_new_array();

    for (unsigned i = 0; i < vbt->child_count; i++) {
        char buffer[16];
        Json *row = json_new();
        json_add_int(row, "handle", vbt->children[i].handle);
        json_add_int(row, "type", vbt->children[i].type);
        json_add_str(row, "port", igd_vbt_port_name(&vbt->children[i], buffer));
        json_object_array_add(list, row);
    }
    return list;
}

/* The table in the OpRegion the guest has. */
static bool read_vbt(const Igd *igd, IgdVbt *ret, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(igd->opregion, &size);

    return igd_vbt_parse(data, size, ret, errp);
}

static void add_vbt(Json *to, const Igd *igd)
{
    IgdVbt vbt;
    Error *err = NULL;

    if (!igd->opregion) {
        return;
    }
    if (!read_vbt(igd, &vbt, &err)) {
        json_add_str(to, "vbt-problem", error_message(err));
        error_free(err);
        return;
    }
    Json *table = json_new();
    json_add_str(table, "product", vbt.product);
    json_add_int(table, "version", vbt.version);
    json_add_int(table, "offset", (int64_t)vbt.offset);
    json_add_int(table, "size", (int64_t)vbt.size);
    json_add(table, "children", children_json(&vbt));
    json_add(to, "vbt", table);
}

static Json *rom_images_json(const VfioRomImages *rom)
{
    Json *list = json_object_new_array();

    for (unsigned i = 0; i < rom->count; i++) {
        const VfioRomImage *image = &rom->images[i];
        Json *row = json_add_str(json_new(), "type", vfio_rom_code_name(image->code));
        json_add_int(row, "size", (int64_t)image->size);
        json_add_int(row, "vendor-id", image->vendor);
        json_add_int(row, "device-id", image->device);
        json_object_array_add(list, row);
    }
    return list;
}

static void add_rom(Json *to, VfioPci *dev)
{
    uint64_t size = 0;
    const char *source = vfio_rom_source(dev, &size);

    if (source) {
        Json *rom = json_new();
        json_add_str(rom, "source", source);
        json_add_int(rom, "size", (int64_t)size);
        if (dev->rom.loaded) {
            json_add(rom, "images", rom_images_json(&dev->rom.images));
        }
        json_add(to, "rom", rom);
    }
}

static void add_placement(Json *to, VfioPci *dev)
{
    const Igd *igd = dev->igd;
    bool placed = igd->opregion || igd->stolen;
    Json *stolen = placed_json(igd->stolen, bdsm_now(dev));

    json_add_str(to, "placed-by", placed ? placer_of(igd) : "nobody");
    if (placed) {
        json_add_str(to, "placed-by-reason", igd->placer_reason);
    }
    if (igd->stolen) {
        json_add_bool(stolen, "identity", igd->identity);
    }
    json_add(to, "opregion", placed_json(opregion_size(igd), asls_now(dev)));
    json_add(to, "stolen", stolen);
}

static Json *igd_json(VfioPci *dev)
{
    const Igd *igd = dev->igd;
    g_autofree char *address = g_strdup_printf("%02x:%02x.%x", dev->pci.bus->number, PCI_SLOT_OF(dev->pci.devfn),
                                               PCI_FUNCTION_OF(dev->pci.devfn));
    Json *row = json_new();

    json_add_str(row, "device", vfio_pci_name(dev));
    if (dev->pci.obj.id) {
        json_add_str(row, "id", dev->pci.obj.id);
    }
    json_add_str(row, "address", address);
    json_add_int(row, "vendor-id", PCI_VENDOR_INTEL);
    json_add_int(row, "device-id", vfio_pci_device_id(dev));
    json_add_str(row, "platform", igd->platform->name);
    json_add_int(row, "generation", igd->platform->generation);
    json_add_str(row, "mode", mode_of(igd));
    if (igd->kind == IGD_INTEGRATED) {
        json_add(row, "conditions", conditions_json(igd));
    }
    add_placement(row, dev);
    if (igd->lpc) {
        Json *lpc = json_new();
        json_add_int(lpc, "vendor-id", igd->lpc >> 16);
        json_add_int(lpc, "device-id", igd->lpc & 0xffff);
        json_add(row, "lpc", lpc);
    }
    json_add_bool(row, "vga", dev->vga_wanted);
    add_rom(row, dev);
    add_vbt(row, igd);
    return row;
}

static Json *all_igds(void)
{
    g_autoptr(GPtrArray) devices = object_list(&vfio_pci_base_class);
    Json *list = json_object_new_array();

    for (unsigned i = 0; i < devices->len; i++) {
        VfioPci *dev = devices->pdata[i];
        if (dev->igd) {
            json_object_array_add(list, igd_json(dev));
        }
    }
    return list;
}

static bool query_igd(QmpCall *call, Error **errp)
{
    call->ret = all_igds();
    return true;
}

QMP_COMMAND(qmp_query_igd) = {
    .name = "x-query-igd",
    .help = "Intel GPUs: mode, conditions of legacy mode, where OpRegion and stolen memory are and who placed them, ROM, outputs",
    .returns = "[" IGD_SHAPE "]",
    .run = query_igd,
};

/* ---- for people ---- */

static void print_conditions(GString *out, const Igd *igd)
{
    g_string_append(out, "  legacy mode asks for:\n");
    for (unsigned i = 0; i < IGD_CONDITION_COUNT; i++) {
        const IgdCondition *condition = &igd_conditions[i];
        g_string_append_printf(out, "    [%c] %s", igd->met[i] ? 'x' : ' ', condition->name);
        if (!igd->met[i]) {
            g_string_append_printf(out, ": %s; %s", condition->what, condition->remedy);
        }
        g_string_append_c(out, '\n');
    }
}

static void print_placed(GString *out, const char *what, uint64_t bytes, uint64_t addr, const char *more)
{
    g_autofree char *size = size_text(bytes);

    if (bytes == 0) {
        g_string_append_printf(out, "  %s: none\n", what);
    } else if (addr == 0) {
        g_string_append_printf(out, "  %s: %s, not placed yet\n", what, size);
    } else {
        g_string_append_printf(out, "  %s: %s at 0x%" PRIx64 "%s\n", what, size, addr, more);
    }
}

static void print_vbt(GString *out, const Igd *igd)
{
    IgdVbt vbt;
    Error *err = NULL;

    if (!igd->opregion) {
        return;
    }
    if (!read_vbt(igd, &vbt, &err)) {
        g_string_append_printf(out, "  outputs: unknown, %s\n", error_message(err));
        error_free(err);
        return;
    }
    g_string_append_printf(out, "  VBT: \"%s\" version %u, %zu bytes at 0x%zx\n", vbt.product, vbt.version, vbt.size,
                           vbt.offset);
    for (unsigned i = 0; i < vbt.child_count; i++) {
        char buffer[16];
        g_string_append_printf(out, "    output %s (handle 0x%x, type 0x%04x)\n",
                               igd_vbt_port_name(&vbt.children[i], buffer), vbt.children[i].handle,
                               vbt.children[i].type);
    }
}

static void print_rom(GString *out, VfioPci *dev)
{
    uint64_t bytes = 0;
    const char *source = vfio_rom_source(dev, &bytes);
    g_autofree char *size = size_text(bytes);

    if (source) {
        g_string_append_printf(out, "  ROM: %s (%s)\n", size, source);
        for (unsigned i = 0; i < dev->rom.images.count; i++) {
            const VfioRomImage *image = &dev->rom.images.images[i];
            g_string_append_printf(out, "    %s image of %zu bytes for %04x:%04x\n", vfio_rom_code_name(image->code),
                                   image->size, image->vendor, image->device);
        }
    } else {
        g_string_append(out, "  ROM: none\n");
    }
}

static void print_igd(GString *out, VfioPci *dev)
{
    const Igd *igd = dev->igd;

    g_string_append_printf(out, "%s at %02x:%02x.%x:", vfio_pci_name(dev), dev->pci.bus->number,
                           PCI_SLOT_OF(dev->pci.devfn), PCI_FUNCTION_OF(dev->pci.devfn));
    append_identity(out, dev);
    g_string_append_c(out, '\n');
    if (igd->kind == IGD_INTEGRATED) {
        print_conditions(out, igd);
    }
    if (igd->opregion || igd->stolen) {
        g_string_append_printf(out, "  placed by: %s (%s)\n", placer_of(igd), igd->placer_reason);
    }
    print_placed(out, "OpRegion", opregion_size(igd), asls_now(dev), "");
    print_placed(out, "stolen memory", igd->stolen, bdsm_now(dev), igd->identity ? ", as on the host" : "");
    if (igd->lpc) {
        g_string_append_printf(out, "  LPC bridge at 00:1f.0: %04x:%04x\n", igd->lpc >> 16, igd->lpc & 0xffff);
    }
    g_string_append_printf(out, "  VGA ranges: %s\n", dev->vga_wanted ? "on" : "off");
    print_rom(out, dev);
    print_vbt(out, igd);
}

static bool info_igd(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) devices = object_list(&vfio_pci_base_class);

    for (unsigned i = 0; i < devices->len; i++) {
        VfioPci *dev = devices->pdata[i];
        if (dev->igd) {
            print_igd(out, dev);
        }
    }
    if (out->len == 0) {
        g_string_append(out, "No Intel GPU is assigned.\n");
    }
    return true;
}

HMP_COMMAND(hmp_info_igd) = {
    .name = "info igd",
    .help = "Intel GPUs: mode and its conditions, OpRegion, stolen memory, ROM, outputs",
    .run = info_igd,
};
