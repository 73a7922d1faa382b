/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pc tells its firmware: fw_cfg items, CMOS, ACPI and SMBIOS tables. */
#include <string.h>

#include "hw/i386/acpi.h"
#include "hw/i386/e820.h"
#include "hw/i386/pc-boot.h"
#include "hw/i386/pc.h"
#include "hw/i386/smbios.h"
#include "lib/parse.h"

/* CMOS registers SeaBIOS reads on this machine (SeaBIOS src/hw/rtc.h). */
enum {
    CMOS_EQUIPMENT = 0x14,
    CMOS_BOOT_FLAG2 = 0x38,     /* bits 7:4 third boot device, bit 0: no floppy signature check */
    CMOS_BOOT_FLAG1 = 0x3d,     /* bits 7:4 second, bits 3:0 first boot device */
    CMOS_SMP_COUNT = 0x5f,      /* processors - 1 */
};

/* IBM AT equipment byte: a mathematics coprocessor, a PS/2 pointer. */
#define EQUIPMENT (0x02 | 0x04)

/* Firmware sees the first serial port as its console when there is no display. */
#define SERCON_PORT 0x3f8

static bool add_array(PcMachine *pc, const char *name, GByteArray **array, Error **errp)
{
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(g_steal_pointer(array));

    return fw_cfg_add_file(pc->fw_cfg, name, bytes, errp);
}

static bool add_integer(PcMachine *pc, const char *name, uint64_t value, unsigned size, Error **errp)
{
    uint64_t le = GUINT64_TO_LE(value);
    g_autoptr(GBytes) bytes = g_bytes_new(&le, size);

    return fw_cfg_add_file(pc->fw_cfg, name, bytes, errp);
}

/* "cad" to device codes: floppy 1, disk 2, CD 3, network 4 (the letters of -boot order=). */
static unsigned boot_code(const char *order, unsigned n)
{
    static const char letters[] = "acdn";
    const char *at = strlen(order) > n ? strchr(letters, order[n]) : NULL;

    return at ? (unsigned)(at - letters) + 1 : 0;
}

static void fill_cmos(PcMachine *pc)
{
    const char *order = pc->machine.boot.order ? pc->machine.boot.order : "cad";
    CmosByte sizes[MEMORY_MAP_CMOS_BYTES];

    memory_map_cmos(&pc->map, sizes);
    for (unsigned i = 0; i < MEMORY_MAP_CMOS_BYTES; i++) {
        rtc_set_cmos(pc->rtc, sizes[i].index, sizes[i].value);
    }
    rtc_set_cmos(pc->rtc, CMOS_EQUIPMENT, EQUIPMENT);
    rtc_set_cmos(pc->rtc, CMOS_BOOT_FLAG1, (uint8_t)(boot_code(order, 0) | boot_code(order, 1) << 4));
    rtc_set_cmos(pc->rtc, CMOS_BOOT_FLAG2, (uint8_t)(boot_code(order, 2) << 4 | 1));
    rtc_set_cmos(pc->rtc, CMOS_SMP_COUNT, (uint8_t)(pc->machine.topology.cpus - 1));
}

static bool has_serial(const PcMachine *pc, unsigned n)
{
    const GPtrArray *serials = pc->machine.serials;

    return serials && n < serials->len && serials->pdata[n];
}

static bool add_fixed_items(PcMachine *pc, Error **errp)
{
    const Machine *machine = &pc->machine;
    FwCfg *fw = pc->fw_cfg;
    g_autoptr(GBytes) uuid = g_bytes_new(machine->uuid, sizeof(machine->uuid));

    fw_cfg_set_bytes(fw, FW_CFG_UUID, uuid);
    fw_cfg_set_u64(fw, FW_CFG_RAM_SIZE, machine->ram_size);
    fw_cfg_set_u16(fw, FW_CFG_NOGRAPHIC, !machine->graphics);
    fw_cfg_set_u16(fw, FW_CFG_NB_CPUS, (uint16_t)machine->topology.cpus);
    fw_cfg_set_u16(fw, FW_CFG_MAX_CPUS, (uint16_t)machine->topology.max_cpus);
    fw_cfg_set_u16(fw, FW_CFG_BOOT_MENU, machine->boot.menu == ON_OFF_AUTO_ON);
    fw_cfg_set_u32(fw, FW_CFG_IRQ0_OVERRIDE, 1);
    return machine->graphics || !has_serial(pc, 0) ||
           add_integer(pc, "etc/sercon-port", SERCON_PORT, sizeof(uint16_t), errp);
}

/* One byte for each of S0 to S5: bit 7 says it can be entered, the low bits are its SLP_TYP. */
static bool add_system_states(PcMachine *pc, Error **errp)
{
    const uint8_t can = 0x80;
    const uint8_t states[] = {
        can, 0, 0,
        (pc->pm->disable_s3 ? 0 : can) | ACPI_SLP_TYP_S3,
        (uint8_t)((pc->pm->disable_s4 ? 0 : can) | pc->pm->s4_val),
        can | ACPI_SLP_TYP_S5,
    };
    g_autoptr(GBytes) bytes = g_bytes_new(states, sizeof(states));

    return fw_cfg_add_file(pc->fw_cfg, "etc/system-states", bytes, errp);
}

static bool add_e820(PcMachine *pc, Error **errp)
{
    g_autoptr(GByteArray) e820 = e820_build(&pc->map);

    return add_array(pc, "etc/e820", &e820, errp);
}

static uint32_t *present_apic_ids(const CpuTopology *topology)
{
    uint32_t *ids = g_new(uint32_t, topology->cpus);

    for (unsigned i = 0; i < topology->cpus; i++) {
        ids[i] = cpu_apic_id(topology, i);
    }
    return ids;
}

static unsigned serial_mask(const PcMachine *pc)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < 4; i++) {
        mask |= (unsigned)has_serial(pc, i) << i;
    }
    return mask;
}

static bool add_acpi(PcMachine *pc, Error **errp)
{
    g_autofree uint32_t *apic_ids = present_apic_ids(&pc->machine.topology);
    AcpiConfig config = {
        .apic_ids = apic_ids,
        .cpu_count = pc->machine.topology.cpus,
        .pci32 = pc->map.pci32,
        .pci64 = pc->map.pci64,
        .serial_ports = serial_mask(pc),
        .s3 = !pc->pm->disable_s3,
        .s4 = !pc->pm->disable_s4,
    };
    AcpiBlobs blobs = { 0 };

    if (!pc->machine.acpi) {
        return true;
    }
    config.dsdt = acpi_dsdt_pc(&config.dsdt_size);
    acpi_build(&config, &blobs);
    bool ok = add_array(pc, ACPI_TABLES_FILE, &blobs.tables, errp) &&
              add_array(pc, ACPI_RSDP_FILE, &blobs.rsdp, errp) && add_array(pc, ACPI_LOADER_FILE, &blobs.loader, errp);
    acpi_blobs_finish(&blobs);
    return ok;
}

/* One -smbios type=N,field=value,...; type and uuid are not fields of the tables. */
static bool apply_smbios_option(SmbiosConfig *config, const KeyVals *kv, uint8_t uuid[16], Error **errp)
{
    const char *text = keyval_get(kv, "type");
    uint64_t type;

    if (!text) {
        fail(errp, "-smbios: Parameter 'type' is missing");
        return hint(errp, "Tables from a file (-smbios file=) are not supported.");
    }
    if (!parse_u64(text, 127, &type, errp)) {
        return fail(errp, "-smbios type");
    }
    if (!smbios_config_knows((unsigned)type)) {
        return fail(errp, "-smbios type=%s: Don't know how to build fields for SMBIOS type %s", text, text);
    }
    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        if (g_str_equal(item->key, "type")) {
            continue;
        }
        bool is_uuid = type == 1 && g_str_equal(item->key, "uuid");
        if (is_uuid ? !parse_uuid(item->value, uuid, errp)
                    : !smbios_config_set(config, (unsigned)type, item->key, item->value, errp)) {
            return fail(errp, "-smbios type=%s", text);
        }
        config->uuid = is_uuid ? uuid : config->uuid;
    }
    return true;
}

static bool add_smbios(PcMachine *pc, Error **errp)
{
    const Machine *machine = &pc->machine;
    uint8_t uuid[16];
    SmbiosConfig config = {
        .machine_desc = machine->obj.class->desc,
        .machine_name = "pc-i440fx-7.2",
        .uuid = machine->uuid_set ? machine->uuid : NULL,
        .sockets = machine->topology.sockets,
        .cores_per_socket = machine->topology.cores * machine->topology.dies,
        .threads_per_core = machine->topology.threads,
        .map = &pc->map,
    };
    SmbiosBlobs blobs = { 0 };

    for (unsigned i = 0; machine->smbios && i < machine->smbios->len; i++) {
        if (!apply_smbios_option(&config, machine->smbios->pdata[i], uuid, errp)) {
            return false;
        }
    }
    bool ok = smbios_build(&config, &blobs, errp) && add_array(pc, SMBIOS_TABLES_FILE, &blobs.tables, errp) &&
              add_array(pc, SMBIOS_ANCHOR_FILE, &blobs.anchor, errp);
    smbios_blobs_finish(&blobs);
    return ok;
}

bool pc_tables_finish(PcMachine *pc, Error **errp)
{
    fill_cmos(pc);
    return add_fixed_items(pc, errp) && add_system_states(pc, errp) && add_e820(pc, errp) && add_acpi(pc, errp) &&
           add_smbios(pc, errp) && pc_boot_finish(pc, errp);
}
