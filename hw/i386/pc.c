/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine pc: memory, chipset and the devices every PC has; see pc.h. */
#include "hw/i386/pc.h"

#include "core/accel.h"
#include "core/tree.h"
#include "lib/log.h"

enum {
    MAX_CPUS = 255,             /* 8-bit APIC ids: the tables and SeaBIOS of this machine */
    MAX_SERIALS = 4,
    CMOS_SHUTDOWN_STATUS = 0x0f,
    CMOS_STATUS_RESUME = 0xfe,  /* resume from S3 */
};

/* Memory reads 0xff and ports 0xff where nobody answers: the bus is pulled up. */
#define OPEN_BUS UINT64_MAX

static bool make_chipset(PcMachine *pc, Error **errp)
{
    I440fxConfig config = {
        .memory = &pc->memory_root,
        .io = &pc->io_root,
        .pci_memory = &pc->pci_memory,
        .ram = &pc->ram_region,
    };

    region_init_container(&pc->memory_root, "system", 0);
    region_init_container(&pc->io_root, "io", 0x10000);
    region_init_container(&pc->pci_memory, "pci", 0);
    space_init(&memory_space, "memory", &pc->memory_root, OPEN_BUS);
    space_init(&io_space, "I/O", &pc->io_root, OPEN_BUS);
    pc->i440fx = i440fx_new(&config, errp);
    return pc->i440fx != NULL;
}

/* A device of the board: class name and settings, "key=value,...", and whether this machine has it (NULL: always). */
typedef struct BoardDevice {
    const char *class_name;
    const char *settings;
    bool (*wanted)(const Machine *machine);
} BoardDevice;

static bool has_i8042(const Machine *machine)
{
    return machine->i8042;
}

static bool has_vmport(const Machine *machine)
{
    return machine->vmport != ON_OFF_AUTO_OFF;
}

/* Its driver is told by the PS/2 mouse. */
static bool has_vmmouse(const Machine *machine)
{
    return has_vmport(machine) && has_i8042(machine);
}

static const BoardDevice board_devices[] = {
    { "PIIX3", "addr=01.0,multifunction=on" },
    { "PIIX4_PM", "addr=01.3" },
    { "i8257", "" },
    { "port92", "" },
    { "ioport80", "" },
    { "i8042", "", has_i8042 },
    { "vmport", "", has_vmport },
    { "vmmouse", "", has_vmmouse },
    { "mc146818rtc", "" },
    { "fw_cfg", "" },
};

Object *pc_make_device(const char *class_name, const char *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(settings, NULL, errp);

    return kv ? object_create(class_find(class_name), NULL, kv, errp) : NULL;
}

/* After a wake-up firmware goes the resume path when CMOS says so (SeaBIOS src/resume.c). */
static void mark_resume(void *to, int n, int level)
{
    PcMachine *pc = to;

    rtc_set_cmos(pc->rtc, CMOS_SHUTDOWN_STATUS, level ? CMOS_STATUS_RESUME : 0);
}

static void connect_power_management(PcMachine *pc)
{
    g_autoptr(GPtrArray) devices = object_list(&piix4_pm_class);

    pc->pm = devices->pdata[0];
    pc->pm->s3_resume = (Irq){ .set = mark_resume, .to = pc };
}

static bool make_board_devices(PcMachine *pc, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(board_devices); i++) {
        const BoardDevice *row = &board_devices[i];
        bool wanted = !row->wanted || row->wanted(&pc->machine);
        if (wanted && !pc_make_device(row->class_name, row->settings, errp)) {
            return false;
        }
    }
    pc->fw_cfg = fw_cfg_find();
    tree_place(&pc->machine.obj, "fw_cfg", (Object *)pc->fw_cfg);
    pc->rtc = rtc_find();
    connect_power_management(pc);
    return true;
}

static bool make_serials(PcMachine *pc, Error **errp)
{
    const GPtrArray *serials = pc->machine.serials;

    if (serials && serials->len > MAX_SERIALS) {
        return fail(errp, "-serial: at most %d serial ports are possible", MAX_SERIALS);
    }
    for (unsigned i = 0; serials && i < serials->len; i++) {
        g_autofree char *settings = g_strdup_printf("index=%u,chardev=%s", i, (char *)serials->pdata[i]);
        if (serials->pdata[i] && !pc_make_device("isa-serial", settings, errp)) {
            return fail(errp, "-serial");
        }
    }
    return true;
}

static bool pc_realize(Object *obj, Error **errp)
{
    PcMachine *pc = (PcMachine *)obj;

    region_transaction_begin();     /* listeners hear of the finished map only */
    bool ok = pc_memory_make(pc, errp) && make_chipset(pc, errp) && pc_firmware_load(pc, errp) &&
              pc_chips_make(pc, errp) && make_board_devices(pc, errp) && make_serials(pc, errp);
    region_transaction_commit();
    return ok;
}

static void pc_unrealize(Object *obj)
{
    PcMachine *pc = (PcMachine *)obj;

    pc_chips_forget();
    pc_firmware_unload(pc);
    region_finish(&pc->memory_root);
    region_finish(&pc->io_root);
    region_finish(&pc->pci_memory);
    space_finish(&memory_space);
    space_finish(&io_space);
    pc_memory_forget(pc);
}

static bool pc_finish(Machine *machine, Error **errp)
{
    return pc_tables_finish((PcMachine *)machine, errp);
}

static Json *get_rtc_time(Object *obj)
{
    return rtc_date(((PcMachine *)obj)->rtc);
}

static void pc_init(Object *obj)
{
    ((PcMachine *)obj)->reservations = g_ptr_array_new();
}

static void pc_reset(Object *obj)
{
    pc_tables_reset((PcMachine *)obj);
}

CLASS(pc_machine_class) = {
    .name = "pc-i440fx-7.2-machine",
    .parent = &machine_class,
    .desc = "Standard PC (i440FX + PIIX, 1996)",
    .size = sizeof(PcMachine),
    .internal = true,
    .attributes = (const Attribute[]){ { "rtc-time", "struct tm", get_rtc_time }, { } },
    .ops = &(const MachineOps){
        .alias = "pc",
        .is_default = true,
        .max_cpus = MAX_CPUS,
        .cpu_model = "qemu64",
        .ram_id = "pc.ram",
        .wakes_up = true,
        .reserve = pc_memory_reserve,
        .unreserve = pc_memory_unreserve,
        .lay_memory = pc_memory_lay,
        .firmware = pc_firmware_image,
        .finish = pc_finish,
    },
    .init = pc_init,
    .realize = pc_realize,
    .unrealize = pc_unrealize,
    .reset = pc_reset,
};
