/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Direct kernel boot: kernels made by hand, placements, error texts. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "hw/i386/linux-boot.h"
#include "hw/nvram/fw-cfg.h"

#define MIB 0x100000u

/* What a test kernel looks like; zero fields take the defaults of make_kernel(). */
typedef struct KernelSpec {
    uint16_t version;
    uint8_t setup_sects, loadflags;
    uint32_t prot_size, initrd_addr_max, cmdline_size, init_size;
    uint64_t pref_address;
} KernelSpec;

static void put(uint8_t *data, size_t offset, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        data[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get(const uint8_t *data, size_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | data[offset + i];
    }
    return value;
}

/* Setup code is 0x11 all over, protected-mode code 0x22. */
static GByteArray *make_kernel(const KernelSpec *spec)
{
    size_t setup_size = ((spec->setup_sects ? spec->setup_sects : 4) + 1) * 512u;
    size_t prot_size = spec->prot_size ? spec->prot_size : 64 * 1024;
    GByteArray *kernel = g_byte_array_new();

    g_byte_array_set_size(kernel, (guint)(setup_size + prot_size));
    memset(kernel->data, 0x11, setup_size);
    memset(kernel->data + setup_size, 0x22, prot_size);
    kernel->data[0x1f1] = spec->setup_sects;
    put(kernel->data, 0x1f4, prot_size / 16, 4);
    put(kernel->data, 0x1fe, 0xaa55, 2);
    memcpy(kernel->data + 0x202, "HdrS", 4);
    put(kernel->data, 0x206, spec->version ? spec->version : 0x20f, 2);
    kernel->data[0x211] = spec->loadflags ? spec->loadflags : 1;
    put(kernel->data, 0x22c, spec->initrd_addr_max ? spec->initrd_addr_max : 0x7fffffff, 4);
    put(kernel->data, 0x238, spec->cmdline_size ? spec->cmdline_size : 2047, 4);
    put(kernel->data, 0x258, spec->pref_address ? spec->pref_address : 16 * MIB, 8);
    put(kernel->data, 0x260, spec->init_size ? spec->init_size : 4 * MIB, 4);
    return kernel;
}

typedef struct Case {
    KernelSpec kernel;
    uint64_t ram;               /* 0: 256 MiB */
    uint64_t firmware_reserve;
    const char *cmdline;
    size_t initrd_size;
    MemoryMapWindow reserved;
} Case;

static bool boot_bytes(const Case *test, GBytes *kernel, LinuxBoot *ret, Error **errp)
{
    MemoryMapConfig memory = {
        .ram_size = test->ram ? test->ram : 256 * MIB, .phys_bits = 40,
        .reserved = &test->reserved, .reserved_count = test->reserved.size ? 1 : 0,
    };
    g_autoptr(GBytes) initrd = g_bytes_new_take(g_malloc0(test->initrd_size), test->initrd_size);
    MemoryMap map;

    g_assert_true(memory_map_init(&memory, &map, errp));
    LinuxBootConfig config = {
        .kernel = "k", .initrd = "i", .cmdline = test->cmdline, .map = &map,
        .firmware_reserve = test->firmware_reserve,
    };
    bool ok = linux_boot_build(&config, kernel, test->initrd_size ? initrd : NULL, ret, errp);
    memory_map_finish(&map);
    return ok;
}

static bool boot(const Case *test, LinuxBoot *ret, Error **errp)
{
    g_autoptr(GBytes) kernel = g_byte_array_free_to_bytes(make_kernel(&test->kernel));

    return boot_bytes(test, kernel, ret, errp);
}

static LinuxBoot must_boot(const Case *test)
{
    LinuxBoot result = { 0 };
    Error *err = NULL;

    if (!boot(test, &result, &err)) {
        g_error("%s", error_message(err));
    }
    return result;
}

static const uint8_t *item(const LinuxBoot *result, uint16_t key, size_t *ret_size)
{
    for (unsigned i = 0; i < result->count; i++) {
        if (result->items[i].key == key) {
            return g_bytes_get_data(result->items[i].data, ret_size);
        }
    }
    *ret_size = 0;
    return NULL;
}

static uint32_t number(const LinuxBoot *result, uint16_t key)
{
    size_t size;
    const uint8_t *data = item(result, key, &size);

    g_assert_cmpuint(size, ==, 4);
    return (uint32_t)get(data, 0, 4);
}

static void test_items(void)
{
    LinuxBoot result = must_boot(&(Case) { .cmdline = "console=ttyS0", .initrd_size = 5000 });
    size_t size;
    const uint8_t *setup = item(&result, FW_CFG_SETUP_DATA, &size);

    g_assert_cmpuint(result.count, ==, LINUX_BOOT_ITEMS);
    g_assert_cmphex(number(&result, FW_CFG_SETUP_ADDR), ==, 0x10000);
    g_assert_cmpuint(number(&result, FW_CFG_SETUP_SIZE), ==, size);
    g_assert_cmpuint(size, ==, 5 * 512);
    g_assert_cmphex(get(setup, 0x210, 1), ==, 0xb0);
    g_assert_cmphex(get(setup, 0x211, 1), ==, 0x81);
    g_assert_cmphex(get(setup, 0x224, 2), ==, 0xfe00);
    g_assert_cmphex(get(setup, 0x228, 4), ==, 0x20000);
    g_assert_cmphex(get(setup, 0x1fa, 2), ==, 0xffff);
    g_assert_cmphex(get(setup, 0x218, 4), ==, number(&result, FW_CFG_INITRD_ADDR));
    g_assert_cmpuint(get(setup, 0x21c, 4), ==, 5000);
    g_assert_cmphex(number(&result, FW_CFG_INITRD_ADDR), ==, 256 * MIB - 8192);
    g_assert_cmpuint(number(&result, FW_CFG_INITRD_SIZE), ==, 5000);

    const uint8_t *kernel = item(&result, FW_CFG_KERNEL_DATA, &size);
    g_assert_cmphex(number(&result, FW_CFG_KERNEL_ADDR), ==, 0x100000);
    g_assert_cmpuint(number(&result, FW_CFG_KERNEL_SIZE), ==, 64 * 1024);
    g_assert_cmpuint(size, ==, 64 * 1024);
    g_assert_cmphex(kernel[0], ==, 0x22);

    const uint8_t *cmdline = item(&result, FW_CFG_CMDLINE_DATA, &size);
    g_assert_cmphex(number(&result, FW_CFG_CMDLINE_ADDR), ==, 0x20000);
    g_assert_cmpuint(number(&result, FW_CFG_CMDLINE_SIZE), ==, size);
    g_assert_cmpmem(cmdline, size, "console=ttyS0", 14);
    linux_boot_finish(&result);
}

static void test_no_initrd(void)
{
    LinuxBoot result = must_boot(&(Case) { 0 });
    size_t size;

    g_assert_null(item(&result, FW_CFG_INITRD_DATA, &size));
    g_assert_cmpuint(number(&result, FW_CFG_INITRD_SIZE), ==, 0);
    g_assert_cmpuint(number(&result, FW_CFG_CMDLINE_SIZE), ==, 1);
    linux_boot_finish(&result);
}

static void test_initrd_places(void)
{
    static const struct {
        Case test;
        uint32_t addr;
    } rows[] = {
        { { .initrd_size = 1 }, 256 * MIB - 4096 },
        { { .initrd_size = 4097 }, 256 * MIB - 8192 },
        { { .initrd_size = 1, .firmware_reserve = 2 * MIB }, 254 * MIB - 4096 },
        { { .initrd_size = 1, .ram = 0xd0000000 }, 0x7ffff000 },
        { { .initrd_size = 1, .ram = 0xd0000000, .kernel.initrd_addr_max = 0xffffffff }, 0xcffff000 },
        { { .initrd_size = 1, .ram = 0xd0000000, .kernel.version = 0x202 }, 0x37fff000 },
        { { .initrd_size = 3 * MIB, .reserved = { 250 * MIB, 4 * MIB } }, 247 * MIB },
        { { .initrd_size = 2 * MIB, .reserved = { 250 * MIB, 4 * MIB } }, 254 * MIB },
        /* exactly behind what the kernel unpacks: 16 MiB + 4 MiB */
        { { .initrd_size = 12 * MIB, .ram = 32 * MIB }, 20 * MIB },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        LinuxBoot result = must_boot(&rows[i].test);

        g_assert_cmphex(number(&result, FW_CFG_INITRD_ADDR), ==, rows[i].addr);
        linux_boot_finish(&result);
    }
}

static void test_vga(void)
{
    static const struct {
        const char *cmdline;
        unsigned mode;
    } rows[] = {
        { "quiet", 0xffff }, { "vga=normal", 0xffff }, { "vga=ext", 0xfffe }, { "a vga=ask b", 0xfffd },
        { "vga=0x317", 0x317 }, { "vga=791", 791 }, { "vga=791 vga=ext", 0xfffe }, { "vga=current", 0xffff },
        { "vga=", 0xffff }, { "nvga=791", 0xffff }, { "vga=65536", 0xffff },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        LinuxBoot result = must_boot(&(Case) { .cmdline = rows[i].cmdline });
        size_t size;

        g_assert_cmphex(get(item(&result, FW_CFG_SETUP_DATA, &size), 0x1fa, 2), ==, rows[i].mode);
        linux_boot_finish(&result);
    }
}

/* Before 2.02 setup code runs at 0x90000 and takes the command line by magic and offset. */
static void test_old_protocol(void)
{
    LinuxBoot result = must_boot(&(Case) { .kernel.version = 0x201, .cmdline = "abc" });
    size_t size;
    const uint8_t *setup = item(&result, FW_CFG_SETUP_DATA, &size);

    g_assert_cmphex(number(&result, FW_CFG_SETUP_ADDR), ==, 0x90000);
    g_assert_cmphex(number(&result, FW_CFG_CMDLINE_ADDR), ==, 0x9a000);
    g_assert_cmphex(get(setup, 0x20, 2), ==, 0xa33f);
    g_assert_cmphex(get(setup, 0x22, 2), ==, 0xa000);
    g_assert_cmphex(get(setup, 0x212, 2), ==, 0xa004);
    g_assert_cmphex(get(setup, 0x224, 2), ==, 0x9e00);
    linux_boot_finish(&result);
}

/* Takes the error: *err is NULL afterwards. */
static void expect_error(bool ok, Error **err, const char *words)
{
    g_assert_false(ok);
    if (!strstr(error_message(*err), words) || strchr(error_message(*err), '\n')) {
        g_error("'%s' does not say '%s' in one line", error_message(*err), words);
    }
    error_clear(err);
}

static void test_bad_kernels(void)
{
    g_autofree char *long_cmdline = g_strnfill(2048, 'x');
    const struct {
        Case test;
        const char *words;
    } rows[] = {
        { { .kernel.version = 0x1ff }, "protocol 1.255" },
        { { .kernel.loadflags = 0x80 }, "zImage" },
        { { .cmdline = long_cmdline }, "2048 characters" },
        { { .kernel.version = 0x205, .cmdline = long_cmdline }, "at most 255" },
        { { .ram = 16 * MIB }, "needs 20 MiB of memory to start, there are 16 MiB" },
        { { .ram = 32 * MIB, .initrd_size = 12 * MIB + 1 }, "initrd 'i' is too large" },
        { { .ram = 32 * MIB, .initrd_size = 64 * MIB }, "(max: 12582912, need 67108864)" },
        { { .ram = 24 * MIB, .initrd_size = 1, .firmware_reserve = 32 * MIB }, "too large" },
        { { .kernel.pref_address = UINT64_MAX, .kernel.init_size = 0xffffffff }, "needs 8192 MiB" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        LinuxBoot result = { 0 };
        Error *err = NULL;
        bool ok = boot(&rows[i].test, &result, &err);

        expect_error(ok, &err, rows[i].words);
        g_assert_cmpuint(result.count, ==, 0);
    }
}

static void test_not_kernels(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } rows[] = {
        { "", 0, "an empty file" },
        { "\177ELF", 5000, "an ELF file" },
        { "MZ", 5000, "an EFI program" },
        { "\x1f\x8b", 5000, "gzip data" },
        { "070701", 6, "a cpio archive" },
        { "hello", 5000, "no Linux boot header" },
        { "hello", 5, "too short" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t *data = g_malloc0(rows[i].size + 1);
        LinuxBoot result = { 0 };
        Error *err = NULL;

        memcpy(data, rows[i].bytes, strlen(rows[i].bytes));
        g_autoptr(GBytes) kernel = g_bytes_new_take(data, rows[i].size);
        expect_error(boot_bytes(&(Case) { 0 }, kernel, &result, &err), &err, rows[i].words);
    }
}

/* A prefix of a kernel is refused or, when only padding is gone, boots; it never reads too far. */
static void test_truncated(void)
{
    g_autoptr(GByteArray) whole = make_kernel(&(KernelSpec) { .prot_size = 4096 });

    for (guint size = 0; size < whole->len; size++) {
        g_autoptr(GBytes) kernel = g_bytes_new(whole->data, size);
        LinuxBoot result = { 0 };
        Error *err = NULL;

        if (boot_bytes(&(Case) { 0 }, kernel, &result, &err)) {
            g_assert_cmpuint(size, >, whole->len - 16);
            linux_boot_finish(&result);
        } else {
            expect_error(false, &err, size < 0x268 ? "not a Linux bzImage" : "is truncated");
        }
    }
}

/* Random headers: any answer, but an answer. */
static void test_random_headers(void)
{
    for (int round = 0; round < 20000; round++) {
        g_autoptr(GByteArray) data = make_kernel(&(KernelSpec) { .setup_sects = 5 });
        LinuxBoot result = { 0 };
        Error *err = NULL;

        for (int i = 0; i < 6; i++) {
            int at = g_test_rand_int_range(0x1f1, 0x268);

            if (at < 0x1fe || at > 0x205) {
                data->data[at] = (uint8_t)g_test_rand_int();
            }
        }
        g_autoptr(GBytes) kernel = g_bytes_new(data->data, data->len);
        if (!boot_bytes(&(Case) { .initrd_size = 4096 }, kernel, &result, &err)) {
            error_free(err);
        }
        linux_boot_finish(&result);
    }
}

static void test_files(void)
{
    g_autofree char *dir = g_dir_make_tmp("linux-boot-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "vmlinuz", NULL);
    g_autoptr(GByteArray) kernel = make_kernel(&(KernelSpec) { 0 });
    MemoryMapConfig memory = { .ram_size = 64 * MIB, .phys_bits = 40 };
    MemoryMap map;
    LinuxBoot result = { 0 };
    Error *err = NULL;

    g_assert_true(memory_map_init(&memory, &map, &err));
    LinuxBootConfig config = { .kernel = path, .map = &map };
    expect_error(linux_boot_load(&config, &result, &err), &err, path);
    g_assert_true(g_file_set_contents(path, (char *)kernel->data, kernel->len, NULL));
    g_assert_true(linux_boot_load(&config, &result, &err));
    g_assert_cmpuint(number(&result, FW_CFG_KERNEL_SIZE), ==, 64 * 1024);
    linux_boot_finish(&result);

    config.initrd = "/nonexistent/initrd";
    expect_error(linux_boot_load(&config, &result, &err), &err, "/nonexistent/initrd");
    config.kernel = NULL;
    expect_error(linux_boot_load(&config, &result, &err), &err, "-initrd only allowed with -kernel option");
    memory_map_finish(&map);
    g_unlink(path);
    g_rmdir(dir);
}

/* The option ROM: signature, size, sum, PnP header (PnP BIOS Specification 1.0A, 3.2). */
static void test_rom(void)
{
    g_autoptr(GBytes) rom = linux_boot_rom();
    size_t size;
    const uint8_t *data = g_bytes_get_data(rom, &size);
    uint8_t sum = 0, pnp_sum = 0;

    g_assert_cmphex(get(data, 0, 2), ==, 0xaa55);
    g_assert_cmpuint(data[2] * 512u, ==, size);
    for (size_t i = 0; i < size; i++) {
        sum += data[i];
    }
    g_assert_cmpuint(sum, ==, 0);

    size_t pnp = get(data, 0x1a, 2);
    g_assert_cmpuint(pnp + 32, <=, size);
    g_assert_cmpmem(data + pnp, 4, "$PnP", 4);
    for (size_t i = 0; i < 32; i++) {
        pnp_sum += data[pnp + i];
    }
    g_assert_cmpuint(pnp_sum, ==, 0);
    g_assert_cmpuint(get(data, pnp + 0x1a, 2), !=, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux-boot/items and patched header", test_items);
    g_test_add_func("/linux-boot/no initrd", test_no_initrd);
    g_test_add_func("/linux-boot/places for the initrd", test_initrd_places);
    g_test_add_func("/linux-boot/vga= becomes vid_mode", test_vga);
    g_test_add_func("/linux-boot/protocol older than 2.02", test_old_protocol);
    g_test_add_func("/linux-boot/kernels that cannot boot", test_bad_kernels);
    g_test_add_func("/linux-boot/files that are no kernels", test_not_kernels);
    g_test_add_func("/linux-boot/truncated kernels", test_truncated);
    g_test_add_func("/linux-boot/random headers", test_random_headers);
    g_test_add_func("/linux-boot/files", test_files);
    g_test_add_func("/linux-boot/option ROM", test_rom);
    return g_test_run();
}
