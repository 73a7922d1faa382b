/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pc tells its firmware: fw_cfg items, CMOS, ACPI and SMBIOS tables. */
#include <string.h>

#include "core/accel.h"
#include "hw/acpi/vmgenid.h"
#include "hw/i386/acpi-devices.h"
#include "hw/i386/acpi.h"
#include "hw/i386/e820.h"
#include "hw/i386/pc-boot.h"
#include "hw/i386/pc.h"
#include "hw/i386/smbios.h"
#include "hw/misc/panic.h"
#include "lib/fd.h"
#include "lib/log.h"
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

static void fill_boot_order(PcMachine *pc)
{
    const MachineBoot *boot = &pc->machine.boot;
    const char *order = boot->once && !pc->was_started ? boot->once : boot->order ? boot->order : "cad";

    rtc_set_cmos(pc->rtc, CMOS_BOOT_FLAG1, (uint8_t)(boot_code(order, 0) | boot_code(order, 1) << 4));
    rtc_set_cmos(pc->rtc, CMOS_BOOT_FLAG2, (uint8_t)(boot_code(order, 2) << 4 | 1));
}

static void fill_cmos(PcMachine *pc)
{
    CmosByte sizes[MEMORY_MAP_CMOS_BYTES];

    memory_map_cmos(&pc->map, sizes);
    for (unsigned i = 0; i < MEMORY_MAP_CMOS_BYTES; i++) {
        rtc_set_cmos(pc->rtc, sizes[i].index, sizes[i].value);
    }
    rtc_set_cmos(pc->rtc, CMOS_EQUIPMENT, EQUIPMENT);
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

/* ---- ACPI ---- */

enum { DEVICE_TABLES_MAX = 4 };

/* Tables of the devices there are; @bodies is what they are made of. */
typedef struct DeviceTables {
    AcpiTable tables[DEVICE_TABLES_MAX];
    GByteArray *bodies[DEVICE_TABLES_MAX];
    unsigned count;
} DeviceTables;

static AcpiTable *add_device_table(DeviceTables *all, GByteArray *body)
{
    AcpiTable *table = &all->tables[all->count];

    all->bodies[all->count++] = body;
    *table = (AcpiTable){ .signature = "SSDT", .revision = 2, .body = body->data, .size = body->len };
    return table;
}

static const IsaPanic *find_pvpanic(void)
{
    g_autoptr(GPtrArray) devices = object_list(&pvpanic_class);

    return devices->len > 0 ? devices->pdata[0] : NULL;
}

/* All that is carved out of the map, in use or waiting for a device: firmware that goes by ACPI must stay off it too. */
static GByteArray *reserved_body(const PcMachine *pc)
{
    return acpi_reserved_body((const MemoryMapWindow *)(const void *)pc->carved->data, pc->carved->len);
}

static void make_device_tables(const PcMachine *pc, DeviceTables *all, AcpiSharedPage *page)
{
    const IsaPanic *panic = find_pvpanic();

    if (pc->pm->root_hotplug) {
        add_device_table(all, acpi_pci_hotplug_body(acpi_pci_removable_slots(pc->pm->pci.bus)));
    }
    if (pc->carved->len > 0) {
        add_device_table(all, reserved_body(pc));
    }
    if (panic) {
        add_device_table(all, acpi_pvpanic_body(panic->ioport));
    }
    if (vmgenid_find()) {
        AcpiTable *table = add_device_table(all, acpi_vmgenid_body());
        *page = (AcpiSharedPage){
            .file = VMGENID_GUID_FILE,
            .pointer = acpi_vmgenid_pointer(),
            .address_file = VMGENID_ADDRESS_FILE,
            .offset = VMGENID_OFFSET,
        };
        table->revision = 1;    /* integers of 32 bits: what the address has */
        table->oem_table_id = "VMGENID";
        table->page = page;
    }
}

/* fw_cfg_add_file() for the first time, fw_cfg_set_file() to renew them. */
typedef bool PutFile(FwCfg *fw, const char *name, GBytes *data, Error **errp);

static bool put_blobs(PcMachine *pc, AcpiBlobs *blobs, PutFile *put, Error **errp)
{
    g_autoptr(GBytes) tables = g_byte_array_free_to_bytes(g_steal_pointer(&blobs->tables));
    g_autoptr(GBytes) rsdp = g_byte_array_free_to_bytes(g_steal_pointer(&blobs->rsdp));
    g_autoptr(GBytes) loader = g_byte_array_free_to_bytes(g_steal_pointer(&blobs->loader));

    return put(pc->fw_cfg, ACPI_TABLES_FILE, tables, errp) && put(pc->fw_cfg, ACPI_RSDP_FILE, rsdp, errp) &&
           put(pc->fw_cfg, ACPI_LOADER_FILE, loader, errp);
}

static bool put_acpi(PcMachine *pc, PutFile *put, Error **errp)
{
    g_autofree uint32_t *apic_ids = present_apic_ids(&pc->machine.topology);
    AcpiConfig config = {
        .apic_ids = apic_ids,
        .cpu_count = pc->machine.topology.cpus,
        .pm_base = pc->pm->ports_base,
        .pci32 = pc->map.pci32,
        .pci64 = pc->map.pci64,
        .serial_ports = serial_mask(pc),
        .s3 = !pc->pm->disable_s3,
        .s4 = !pc->pm->disable_s4,
    };
    AcpiBlobs blobs = { 0 };
    DeviceTables devices = { 0 };
    AcpiSharedPage page;

    if (!pc->machine.acpi) {
        return true;
    }
    make_device_tables(pc, &devices, &page);
    config.extra = devices.tables;
    config.extra_count = devices.count;
    config.dsdt = acpi_dsdt_pc(&config.dsdt_size);
    acpi_build(&config, &blobs);
    for (unsigned i = 0; i < devices.count; i++) {
        g_byte_array_unref(devices.bodies[i]);
    }
    return put_blobs(pc, &blobs, put, errp);
}

/* SeaBIOS and OVMF choose different ports, and both do it before they ask for the tables. */
static void renew_acpi(void *opaque)
{
    Error *err = NULL;

    if (!put_acpi(opaque, fw_cfg_set_file, &err)) {
        warn("%s", error_message(err));
        error_free(err);
    }
}

static bool add_acpi(PcMachine *pc, Error **errp)
{
    pc->pm->opaque = pc;
    pc->pm->ports_moved = renew_acpi;
    return put_acpi(pc, fw_cfg_add_file, errp);
}

/* ---- SMBIOS ---- */

/* What machines of QEMU say they run at; UEFI firmware shows it. */
enum { PROCESSOR_MHZ = 2000 };

/* What the configuration points to. */
typedef struct SmbiosStorage {
    SmbiosConfig config;
    uint8_t uuid[16];
    GPtrArray *oem_strings;
} SmbiosStorage;

static bool add_file_string(GPtrArray *strings, const char *path, Error **errp)
{
    g_autoptr(GBytes) contents = file_map(path, errp);
    size_t size;

    if (!contents) {
        return false;
    }
    const char *text = g_bytes_get_data(contents, &size);
    if (size > 0 && memchr(text, '\0', size)) {
        return fail(errp, "NUL in OEM strings value in %s", path);
    }
    g_ptr_array_add(strings, g_strndup(text ? text : "", size));
    return true;
}

/* Fields that need storage: the UUID, and OEM strings, which may be given more than once. */
static bool apply_smbios_field(SmbiosStorage *to, unsigned type, const KeyVal *item, Error **errp)
{
    if (type == 1 && g_str_equal(item->key, "uuid")) {
        to->config.uuid = to->uuid;
        return parse_uuid(item->value, to->uuid, errp);
    }
    if (type == SMBIOS_OEM_STRINGS && g_str_equal(item->key, "value")) {
        g_ptr_array_add(to->oem_strings, g_strdup(item->value));
        return true;
    }
    if (type == SMBIOS_OEM_STRINGS && g_str_equal(item->key, "path")) {
        return add_file_string(to->oem_strings, item->value, errp);
    }
    return smbios_config_set(&to->config, type, item->key, item->value, errp);
}

/* One -smbios type=N,field=value,... */
static bool apply_smbios_option(SmbiosStorage *to, const KeyVals *kv, Error **errp)
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
        if (!apply_smbios_field(to, (unsigned)type, item, errp)) {
            return fail(errp, "-smbios type=%s", text);
        }
    }
    return true;
}

static bool add_smbios(PcMachine *pc, Error **errp)
{
    const Machine *machine = &pc->machine;
    g_autoptr(GPtrArray) oem_strings = g_ptr_array_new_with_free_func(g_free);
    SmbiosStorage storage = { .oem_strings = oem_strings, .config = {
        .machine_desc = machine->obj.class->desc,
        .machine_name = "pc-i440fx-7.2",
        .uuid = machine->uuid_set ? machine->uuid : NULL,
        .sockets = machine->topology.sockets,
        .cores_per_socket = machine->topology.cores * machine->topology.dies,
        .threads_per_core = machine->topology.threads,
        .processor = { .max_speed_mhz = PROCESSOR_MHZ, .current_speed_mhz = PROCESSOR_MHZ },
        .map = &pc->map,
    } };
    SmbiosBlobs blobs = { 0 };

    for (unsigned i = 0; machine->smbios && i < machine->smbios->len; i++) {
        if (!apply_smbios_option(&storage, machine->smbios->pdata[i], errp)) {
            return false;
        }
    }
    g_ptr_array_add(oem_strings, NULL);
    storage.config.oem_strings = (const char *const *)oem_strings->pdata;
    bool ok = smbios_build(&storage.config, &blobs, errp) && add_array(pc, SMBIOS_TABLES_FILE, &blobs.tables, errp) &&
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

/* Firmware writes the register on every CPU: out of reset it forbids VMXON (Intel SDM vol. 3, 24.7). */
static void set_feature_control(PcMachine *pc)
{
    uint64_t value = GUINT64_TO_LE(accel_feature_control());
    g_autoptr(GBytes) bytes = g_bytes_new(&value, sizeof(value));
    Error *err = NULL;

    if (value && !fw_cfg_set_file(pc->fw_cfg, "etc/msr_feature_control", bytes, &err)) {
        warn("%s", error_message(err));
        error_free(err);
    }
}

void pc_tables_reset(PcMachine *pc)
{
    set_feature_control(pc);
    fill_boot_order(pc);
    pc->was_started = true;
}
