/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct kernel boot; see linux-boot.h. Field names and offsets are those of
 * the boot protocol, section "The Real-Mode Kernel Header".
 */
#include "hw/i386/linux-boot.h"

#include <inttypes.h>
#include <string.h>

#include "hw/i386/blob.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/fd.h"
#include "lib/parse.h"

#define SECTOR  512
#define PAGE    4096
#define MIB     UINT64_C(0x100000)

/* Offsets in the first sectors of the file */
enum {
    CMD_LINE_MAGIC = 0x020, CMD_LINE_OFFSET = 0x022,    /* protocol 2.01 and older */
    SETUP_SECTS = 0x1f1, SYSSIZE = 0x1f4, VID_MODE = 0x1fa, BOOT_FLAG = 0x1fe,
    HEADER_MAGIC = 0x202, VERSION = 0x206, TYPE_OF_LOADER = 0x210, LOADFLAGS = 0x211,
    SETUP_MOVE_SIZE = 0x212, RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21c, HEAP_END_PTR = 0x224,
    EXT_LOADER_VER = 0x226, EXT_LOADER_TYPE = 0x227, CMD_LINE_PTR = 0x228, INITRD_ADDR_MAX = 0x22c,
    CMDLINE_SIZE = 0x238, PREF_ADDRESS = 0x258, INIT_SIZE = 0x260, HEADER_END = 0x268,
};

enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80 };

/* Registered id of this family of loaders (boot.rst, type_of_loader: "B Qemu"). */
#define LOADER_ID 0xb0

/* Special values of vid_mode, section "Special Command Line Options" */
enum { VID_MODE_NORMAL = 0xffff, VID_MODE_EXT = 0xfffe, VID_MODE_ASK = 0xfffd };

/* A bzImage's protected-mode code belongs here. */
#define KERNEL_ADDR 0x100000

/* Where setup code and command line go. Setup code older than 2.02 cannot run anywhere else. */
typedef struct LowLayout {
    uint16_t min_version;
    uint32_t setup_addr, cmdline_addr;
    uint32_t cmdline_max;       /* what the place holds, without the NUL */
} LowLayout;

static const LowLayout low_layouts[] = {
    { 0x202, 0x10000, 0x20000, 0xffff },
    { 0x200, 0x90000, 0x9a000, 0xff },
};

/* What we need of the header. */
typedef struct Header {
    uint16_t version;
    uint32_t setup_size;        /* bytes, boot sector included */
    uint32_t initrd_addr_max;   /* the highest address an initrd's last byte may have */
    uint32_t cmdline_max;       /* characters */
    uint64_t memory_end;        /* the kernel unpacks itself up to here */
    const LowLayout *layout;
} Header;

static uint64_t get(const uint8_t *data, size_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | data[offset + i];
    }
    return value;
}

/* What people give to -kernel by mistake. */
static const char *guess_content(const uint8_t *data, size_t size)
{
    static const struct {
        const char *magic;
        uint8_t len;
        const char *words;
    } guesses[] = {
        { "\177ELF", 4, "an ELF file (vmlinux?)" },
        { "MZ", 2, "an EFI program without a Linux boot header" },
        { "\x1f\x8b", 2, "gzip data" },
        { "\xfd" "7zXZ", 5, "xz data" },
        { "\x28\xb5\x2f\xfd", 4, "zstd data" },
        { "070701", 6, "a cpio archive (an initrd?)" },
        { "!<arch>", 7, "a package or library" },
    };

    if (!size) {
        return "an empty file";
    }
    for (size_t i = 0; i < G_N_ELEMENTS(guesses); i++) {
        if (size >= guesses[i].len && !memcmp(data, guesses[i].magic, guesses[i].len)) {
            return guesses[i].words;
        }
    }
    return size < HEADER_END ? "a file too short for a kernel" : "no Linux boot header";
}

static bool check_magic(const char *path, const uint8_t *data, size_t size, Error **errp)
{
    if (size >= HEADER_END && get(data, BOOT_FLAG, 2) == 0xaa55 && !memcmp(data + HEADER_MAGIC, "HdrS", 4)) {
        return true;
    }
    fail(errp, "kernel file '%s' is not a Linux bzImage: found %s", path, guess_content(data, size));
    return hint(errp, "Use the compressed image: /boot/vmlinuz-* or arch/x86/boot/bzImage.");
}

/* Fields that came with later versions have these values before. */
static void read_versioned(const uint8_t *data, size_t prot_size, Header *header)
{
    uint16_t version = header->version;

    header->initrd_addr_max = version >= 0x203 ? get(data, INITRD_ADDR_MAX, 4) : 0x37ffffff;
    header->cmdline_max = version >= 0x206 ? get(data, CMDLINE_SIZE, 4) : 255;
    header->cmdline_max = MIN(header->cmdline_max, header->layout->cmdline_max);
    header->memory_end = KERNEL_ADDR + prot_size;
    if (version >= 0x20a) {
        uint64_t pref_address = MIN(get(data, PREF_ADDRESS, 8), MEMORY_MAP_4G);
        uint64_t unpacked_end = MAX(pref_address, KERNEL_ADDR) + get(data, INIT_SIZE, 4);

        header->memory_end = MAX(header->memory_end, unpacked_end);
    }
}

/* syssize counts paragraphs of protected-mode code; it has 16 bits before 2.04 and is then useless for a bzImage. */
static bool check_size(const char *path, const uint8_t *data, size_t size, const Header *header, Error **errp)
{
    uint64_t need = header->setup_size + 1;

    if (header->version >= 0x204) {
        need = header->setup_size + MAX(get(data, SYSSIZE, 4) * 16, 16) - 15;
    }
    if (size >= need) {
        return true;
    }
    return fail(errp, "kernel file '%s' is truncated: %zu bytes, its header promises %" PRIu64, path, size, need);
}

static bool read_header(const char *path, GBytes *kernel, Header *ret, Error **errp)
{
    Header header = { 0 };
    size_t size;
    const uint8_t *data = g_bytes_get_data(kernel, &size);

    if (!check_magic(path, data, size, errp)) {
        return false;
    }
    header.version = get(data, VERSION, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(low_layouts) && !header.layout; i++) {
        header.layout = header.version >= low_layouts[i].min_version ? &low_layouts[i] : NULL;
    }
    if (!header.layout) {
        return fail(errp, "kernel file '%s' has boot protocol %u.%02u, 2.00 is the oldest supported", path,
                    header.version >> 8, header.version & 0xff);
    }
    if (!(data[LOADFLAGS] & LOADED_HIGH)) {
        return fail(errp, "kernel file '%s' is a zImage, only bzImage is supported", path);
    }
    /* 0 stands for 4 (boot.rst, setup_sects); the boot sector comes on top */
    header.setup_size = ((data[SETUP_SECTS] ? data[SETUP_SECTS] : 4) + 1) * SECTOR;
    if (!check_size(path, data, size, &header, errp)) {
        return false;
    }
    read_versioned(data, size - header.setup_size, &header);
    *ret = header;
    return true;
}

/* The value of the last vga= on the command line; words we do not know mean what no word means. */
static uint16_t video_mode(const char *cmdline)
{
    static const struct {
        const char *word;
        uint16_t mode;
    } words[] = { { "normal", VID_MODE_NORMAL }, { "ext", VID_MODE_EXT }, { "ask", VID_MODE_ASK } };
    g_auto(GStrv) options = g_strsplit_set(cmdline, " \t\n", -1);
    uint64_t mode = VID_MODE_NORMAL;
    Error *err = NULL;

    for (char **option = options; *option; option++) {
        const char *value = *option + strlen("vga=");

        if (!g_str_has_prefix(*option, "vga=") || parse_u64(value, UINT16_MAX, &mode, &err)) {
            continue;
        }
        error_clear(&err);
        mode = VID_MODE_NORMAL;
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
            mode = strcmp(value, words[i].word) ? mode : words[i].mode;
        }
    }
    return mode;
}

static bool check_cmdline(const char *path, const Header *header, const char *cmdline, Error **errp)
{
    size_t len = strlen(cmdline);

    if (len <= header->cmdline_max) {
        return true;
    }
    return fail(errp, "kernel command line has %zu characters, '%s' takes at most %u", len, path,
                header->cmdline_max);
}

/* The kernel needs room to unpack itself; without it, it would die without a word. */
static bool check_kernel_fits(const LinuxBootConfig *config, const Header *header, Error **errp)
{
    if (header->memory_end <= config->map->below_4g) {
        return true;
    }
    fail(errp, "kernel '%s' needs %" PRIu64 " MiB of memory to start, there are %" PRIu64 " MiB",
         config->kernel, (header->memory_end + MIB - 1) / MIB, config->map->below_4g / MIB);
    return hint(errp, "Give the guest more memory (-m).");
}

/* As high as kernel and firmware allow: far from where the kernel unpacks itself. */
static bool place_initrd(const LinuxBootConfig *config, const Header *header, uint64_t size,
                         uint64_t *ret_base, Error **errp)
{
    uint64_t low_ram = config->map->below_4g;
    uint64_t top = low_ram - MIN(config->firmware_reserve, low_ram);
    uint64_t base = 0;

    top = MIN(top, (uint64_t)header->initrd_addr_max + 1);
    if (memory_map_place_high(config->map, size, top, PAGE, &base) && base >= header->memory_end) {
        *ret_base = base;
        return true;
    }
    fail(errp, "initrd '%s' is too large, cannot support (max: %" PRIu64 ", need %" PRIu64 ")", config->initrd,
         top > header->memory_end ? top - header->memory_end : 0, size);
    return hint(errp, "Give the guest more memory (-m) or use a smaller initrd.");
}

/* What the loader fills in, section "The Real-Mode Kernel Header", types "write" and "modify". */
static GBytes *patched_setup(const Header *header, GBytes *kernel, const char *cmdline, uint64_t initrd_addr,
                             uint64_t initrd_size)
{
    const LowLayout *layout = header->layout;
    uint32_t heap_end = layout->cmdline_addr - layout->setup_addr;
    GByteArray *setup = g_byte_array_new();

    g_byte_array_append(setup, g_bytes_get_data(kernel, NULL), header->setup_size);
    blob_set(setup, VID_MODE, video_mode(cmdline), 2);
    blob_set(setup, TYPE_OF_LOADER, LOADER_ID, 1);
    blob_set(setup, RAMDISK_IMAGE, initrd_addr, 4);
    blob_set(setup, RAMDISK_SIZE, initrd_size, 4);
    if (header->version >= 0x201) {
        blob_set(setup, LOADFLAGS, setup->data[LOADFLAGS] | CAN_USE_HEAP, 1);
        blob_set(setup, HEAP_END_PTR, heap_end - 0x200, 2);
    }
    if (header->version >= 0x202) {
        blob_set(setup, EXT_LOADER_VER, 0, 1);
        blob_set(setup, EXT_LOADER_TYPE, 0, 1);
        blob_set(setup, CMD_LINE_PTR, layout->cmdline_addr, 4);
    } else {
        blob_set(setup, CMD_LINE_MAGIC, 0xa33f, 2);
        blob_set(setup, CMD_LINE_OFFSET, layout->cmdline_addr - layout->setup_addr, 2);
        blob_set(setup, SETUP_MOVE_SIZE, heap_end + strlen(cmdline) + 1, 2);
    }
    return g_byte_array_free_to_bytes(setup);
}

static void add_item(LinuxBoot *boot, uint16_t key, GBytes *data)
{
    g_assert(boot->count < LINUX_BOOT_ITEMS);
    boot->items[boot->count++] = (LinuxBootItem) { key, data };
}

static void add_number(LinuxBoot *boot, uint16_t key, uint32_t value)
{
    uint32_t le = GUINT32_TO_LE(value);

    add_item(boot, key, g_bytes_new(&le, sizeof(le)));
}

/* One part of the boot: where it goes, how long it is, what it is; takes @data. */
static void add_part(LinuxBoot *boot, const uint16_t keys[3], uint32_t addr, GBytes *data)
{
    add_number(boot, keys[0], addr);
    add_number(boot, keys[1], data ? g_bytes_get_size(data) : 0);
    if (data) {
        add_item(boot, keys[2], data);
    }
}

static const uint16_t setup_keys[] = { FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA };
static const uint16_t kernel_keys[] = { FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA };
static const uint16_t initrd_keys[] = { FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA };
static const uint16_t cmdline_keys[] = { FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA };

bool linux_boot_build(const LinuxBootConfig *config, GBytes *kernel, GBytes *initrd, LinuxBoot *ret,
                      Error **errp)
{
    const char *cmdline = config->cmdline ? config->cmdline : "";
    uint64_t initrd_size = initrd ? g_bytes_get_size(initrd) : 0;
    uint64_t initrd_addr = 0;
    LinuxBoot boot = { 0 };
    Header header = { 0 };

    if (!read_header(config->kernel, kernel, &header, errp) ||
        !check_cmdline(config->kernel, &header, cmdline, errp) ||
        !check_kernel_fits(config, &header, errp)) {
        return false;
    }
    if (initrd_size && !place_initrd(config, &header, initrd_size, &initrd_addr, errp)) {
        return false;
    }
    add_part(&boot, setup_keys, header.layout->setup_addr,
             patched_setup(&header, kernel, cmdline, initrd_addr, initrd_size));
    add_part(&boot, kernel_keys, KERNEL_ADDR,
             g_bytes_new_from_bytes(kernel, header.setup_size, g_bytes_get_size(kernel) - header.setup_size));
    add_part(&boot, initrd_keys, initrd_addr, initrd_size ? g_bytes_ref(initrd) : NULL);
    add_part(&boot, cmdline_keys, header.layout->cmdline_addr, g_bytes_new(cmdline, strlen(cmdline) + 1));
    *ret = boot;
    return true;
}

bool linux_boot_load(const LinuxBootConfig *config, LinuxBoot *ret, Error **errp)
{
    g_autoptr(GBytes) kernel = NULL, initrd = NULL;

    if (!config->kernel) {
        return fail(errp, "%s only allowed with -kernel option", config->initrd ? "-initrd" : "-append");
    }
    kernel = file_map(config->kernel, errp);
    if (!kernel) {
        return fail(errp, "could not load kernel");
    }
    if (config->initrd && !(initrd = file_map(config->initrd, errp))) {
        return fail(errp, "could not load initrd");
    }
    return linux_boot_build(config, kernel, initrd, ret, errp);
}

void linux_boot_finish(LinuxBoot *boot)
{
    for (unsigned i = 0; i < boot->count; i++) {
        g_bytes_unref(boot->items[i].data);
    }
    *boot = (LinuxBoot) { 0 };
}
