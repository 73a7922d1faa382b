/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What firmware boots, in which order: the bootorder file, -boot, -kernel, -option-rom. */
#include "hw/i386/pc-boot.h"

#include <string.h>

#include "hw/i386/linux-boot.h"
#include "lib/fd.h"
#include "lib/parse.h"

/* SeaBIOS runs every file under genroms/; a boot entry of one is named "/rom@genroms/NAME". */
#define ROM_FILES "genroms/"
#define ROM_PATH "/rom@" ROM_FILES

/* Firmware aligns stolen memory to this (SeaBIOS, intel_igd_setup). */
#define STOLEN_ALIGN 0x100000ull

/* One line of fw_cfg's bootorder file and where it stands. */
typedef struct BootEntry {
    int64_t index;
    char *path;
} BootEntry;

static void clear_entry(void *data)
{
    g_free(((BootEntry *)data)->path);
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
    int64_t x = ((const BootEntry *)a)->index, y = ((const BootEntry *)b)->index;

    return (x > y) - (x < y);
}

static void add_entry(GArray *entries, int64_t index, char *path)
{
    BootEntry entry = { index, path };

    g_array_append_val(entries, entry);
}

/* PCI devices with a bootindex, as SeaBIOS names them: "/pci@i0cf8/NAME@SLOT[,FUNCTION]". */
static void add_devices(GArray *entries)
{
    g_autoptr(GPtrArray) devices = object_list(&pci_device_class);

    for (unsigned i = 0; i < devices->len; i++) {
        const PciDevice *dev = devices->pdata[i];
        int function = PCI_FUNCTION_OF(dev->devfn);
        if (dev->bootindex < 0) {
            continue;
        }
        g_autofree char *suffix = function ? g_strdup_printf(",%x", function) : g_strdup("");
        add_entry(entries, dev->bootindex,
                  g_strdup_printf("/pci@i0cf8/%s@%x%s", dev->obj.class->name, PCI_SLOT_OF(dev->devfn), suffix));
    }
}

static bool add_rom(PcMachine *pc, const char *name, GBytes *image, Error **errp)
{
    g_autofree char *file = g_strconcat(ROM_FILES, name, NULL);

    return fw_cfg_add_file(pc->fw_cfg, file, image, errp);
}

static bool add_user_rom(PcMachine *pc, GArray *entries, const KeyVals *kv, Error **errp)
{
    const char *path = keyval_get(kv, "romfile"), *bootindex = keyval_get(kv, "bootindex");
    int64_t index = -1;

    if (!path) {
        return fail(errp, "-option-rom: the file name is missing");
    }
    if (bootindex && !parse_i64(bootindex, -1, INT32_MAX, &index, errp)) {
        return fail(errp, "-option-rom bootindex");
    }
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GBytes) image = file_map(path, errp);
    if (!image || !add_rom(pc, name, image, errp)) {
        return fail(errp, "-option-rom %s", path);
    }
    if (index >= 0) {
        add_entry(entries, index, g_strconcat(ROM_PATH, name, NULL));
    }
    return true;
}

static bool add_user_roms(PcMachine *pc, GArray *entries, Error **errp)
{
    const GPtrArray *roms = pc->machine.boot.option_roms;

    for (unsigned i = 0; roms && i < roms->len; i++) {
        if (!add_user_rom(pc, entries, roms->pdata[i], errp)) {
            return false;
        }
    }
    return true;
}

/* Bytes a fw_cfg file makes firmware reserve at the top of low RAM: its own size, or the number in it. */
static uint64_t asked_of_firmware(PcMachine *pc, const char *name, bool by_value)
{
    GBytes *file = fw_cfg_file(pc->fw_cfg, name);
    gsize size = 0;
    const void *data = file ? g_bytes_get_data(file, &size) : NULL;
    uint64_t value = 0;

    if (by_value && data) {
        memcpy(&value, data, MIN(size, sizeof(value)));
    }
    return by_value ? GUINT64_FROM_LE(value) : size;
}

/* The picture of ramfb's video BIOS (1024 x 768 pixels of four bytes), and 1 MiB because SeaBIOS aligns it. */
enum { RAMFB_PICTURE = 4 << 20 };

/*
 * The initrd stays below what SeaBIOS takes for itself and for a ramfb, and, for an Intel GPU,
 * for the OpRegion and the stolen memory (1 MiB aligned).
 */
static uint64_t firmware_reserve(PcMachine *pc)
{
    uint64_t stolen = asked_of_firmware(pc, "etc/igd-bdsm-size", true);
    uint64_t ramfb = asked_of_firmware(pc, "vgaroms/vgabios-ramfb.bin", false) ? RAMFB_PICTURE : 0;

    return ramfb + LINUX_BOOT_FIRMWARE_RESERVE + asked_of_firmware(pc, "etc/igd-opregion", false) +
           (stolen ? stolen + STOLEN_ALIGN : 0);
}

static bool add_kernel(PcMachine *pc, GArray *entries, Error **errp)
{
    const MachineBoot *boot = &pc->machine.boot;
    LinuxBootConfig config = {
        .kernel = boot->kernel,
        .initrd = boot->initrd,
        .cmdline = boot->append,
        .map = &pc->map,
        .firmware_reserve = firmware_reserve(pc),
    };
    LinuxBoot linux_boot = { 0 };

    if (!boot->kernel) {
        return true;
    }
    if (!linux_boot_load(&config, &linux_boot, errp)) {
        return false;
    }
    for (unsigned i = 0; i < linux_boot.count; i++) {
        fw_cfg_set_bytes(pc->fw_cfg, linux_boot.items[i].key, linux_boot.items[i].data);
    }
    linux_boot_finish(&linux_boot);
    add_entry(entries, 0, g_strdup(LINUX_BOOT_ROM_ENTRY));
    g_autoptr(GBytes) rom = linux_boot_rom();
    return fw_cfg_add_file(pc->fw_cfg, LINUX_BOOT_ROM_FILE, rom, errp);
}

/* Lines separated by newlines and a final NUL; "HALT" stops SeaBIOS from trying what is not listed. */
static bool add_bootorder(PcMachine *pc, GArray *entries, Error **errp)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_array_sort(entries, compare_entries);
    for (unsigned i = 0; i < entries->len; i++) {
        g_string_append_printf(text, "%s%s", i ? "\n" : "", g_array_index(entries, BootEntry, i).path);
    }
    if (pc->machine.boot.strict && entries->len > 0) {
        g_string_append(text, "\nHALT");
    }
    g_autoptr(GBytes) bytes = g_bytes_new(text->str, text->len + 1);
    return entries->len == 0 || fw_cfg_add_file(pc->fw_cfg, "bootorder", bytes, errp);
}

static bool add_wait(PcMachine *pc, const char *name, int time_ms, Error **errp)
{
    uint32_t le = GUINT32_TO_LE((uint32_t)time_ms);
    g_autoptr(GBytes) bytes = g_bytes_new(&le, sizeof(le));

    return time_ms < 0 || fw_cfg_add_file(pc->fw_cfg, name, bytes, errp);
}

bool pc_boot_finish(PcMachine *pc, Error **errp)
{
    g_autoptr(GArray) entries = g_array_new(false, false, sizeof(BootEntry));

    g_array_set_clear_func(entries, clear_entry);
    add_devices(entries);
    return add_kernel(pc, entries, errp) && add_user_roms(pc, entries, errp) && add_bootorder(pc, entries, errp) &&
           add_wait(pc, "etc/boot-menu-wait", pc->machine.boot.splash_time_ms, errp) &&
           add_wait(pc, "etc/boot-fail-wait", pc->machine.boot.reboot_timeout_ms, errp);
}
