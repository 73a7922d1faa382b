/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-user-pci with a server that does what it should; see test-vfio-user-faults.c for the others. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "hw/vfio/user.h"
#include "tests/unit/vfio-machine.h"
#include "tests/unit/vfio-user-server.h"

enum { MEMORY_SIZE = 4 << 20, BAR0_AT = 0x10000000, BAR2_AT = 0x20000000, BAR4_AT = 0xc000 };

static Region ram, rom;
static uint8_t *ram_host;

static void memory_init(void)
{
    int fd = memfd_create("ram", MFD_CLOEXEC);

    g_assert_cmpint(ftruncate(fd, MEMORY_SIZE), ==, 0);
    ram_host = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    region_init_ram(&ram, "ram", MEMORY_SIZE, (HostMemory){ .host = ram_host, .fd = fd });
    region_add(memory_space.root, &ram, 0, 0);
    uint8_t *host = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    region_init_ram(&rom, "rom", 0x10000, (HostMemory){ .host = host, .fd = -1 });
    region_set_readonly(&rom, true);
    region_add(memory_space.root, &rom, 0xfff0000, 0);
}

static VfioPci *plug_well(Server *server, const char *settings)
{
    Error *err = NULL;
    VfioPci *dev = server_plug(server, settings, &err);

    if (!dev) {
        g_error("%s", error_message(err));
    }
    test_config_write(dev, PCI_BASE_ADDRESS_0, BAR0_AT, 4);
    test_config_write(dev, PCI_BASE_ADDRESS_2, BAR2_AT, 4);
    test_config_write(dev, PCI_BASE_ADDRESS_4, BAR4_AT, 4);
    test_config_write(dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    return dev;
}

static void unplug(VfioPci *dev, Server *server)
{
    object_free(&dev->pci.obj);
    server_free(server);
}

/* All that was sent so far has been worked on. */
static void sync_with(VfioPci *dev)
{
    test_config_read(dev, PCI_VENDOR_ID, 2);
}

static VfioUserWrite write_seen(Server *server, unsigned i)
{
    g_assert_cmpuint(i, <, server->writes->len);
    return g_array_index(server->writes, VfioUserWrite, i);
}

/* ---- registers ---- */

static void test_registers_are_reached(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on");

    g_assert_cmphex(test_config_read(dev, PCI_VENDOR_ID, 4), ==, 0x56781234);
    g_assert_cmphex(space_read(&memory_space, BAR0_AT + SERVER_ALIVE_REGISTER, 4), ==, SERVER_ALIVE);
    space_write(&memory_space, BAR0_AT + 8, 0x1122334455667788, 8);
    g_assert_cmphex(space_read(&memory_space, BAR0_AT + 8, 8), ==, 0x1122334455667788);
    g_assert_cmphex(space_read(&memory_space, BAR0_AT + 10, 2), ==, 0x5566);
    unplug(dev, server);
}

static void test_ram_is_shared_by_its_file(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on");
    unsigned files = 0, readonly = 0;
    uint64_t sum = 0;

    sync_with(dev);
    for (unsigned i = 0; i < server->mappings->len; i++) {
        const ServerMapping *m = &g_array_index(server->mappings, ServerMapping, i);
        files += m->file;
        readonly += m->flags == 1;
        sum += m->size;
        g_assert_true(m->file == (m->addr < MEMORY_SIZE));
    }
    g_assert_cmpuint(files, >=, 1);
    g_assert_cmpuint(readonly, ==, 1);
    g_assert_cmpuint(sum, ==, MEMORY_SIZE + 0x10000);
    region_hide(&rom, true);
    sync_with(dev);
    g_assert_cmpuint(server_count(server, VFIO_USER_DMA_UNMAP), ==, 1);
    region_hide(&rom, false);
    unplug(dev, server);
}

static unsigned readonly_mappings(const Server *server)
{
    unsigned count = 0;

    for (unsigned i = 0; i < server->mappings->len; i++) {
        count += g_array_index(server->mappings, ServerMapping, i).flags == 1;
    }
    return count;
}

/* The server maps and says it failed, or has something there already: both sides know the same all the same. */
static void test_a_failed_mapping_leaves_nothing(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on");

    region_hide(&rom, true);
    server_arm(server, VFIO_USER_DMA_MAP, 0, FAULT_ERROR);
    region_hide(&rom, false);
    g_assert_true(server->fault == FAULT_NONE);
    g_assert_cmpuint(readonly_mappings(server), ==, 0);
    region_hide(&rom, true);
    region_hide(&rom, false);
    g_assert_cmpuint(readonly_mappings(server), ==, 1);
    region_hide(&rom, true);
    ServerMapping left = { 0xfff0000, 0x10000, 1, false };
    g_array_append_val(server->mappings, left);
    region_hide(&rom, false);
    g_assert_cmpuint(readonly_mappings(server), ==, 1);
    sync_with(dev);
    g_assert_cmphex(space_read(&memory_space, BAR0_AT + SERVER_ALIVE_REGISTER, 4), ==, SERVER_ALIVE);
    unplug(dev, server);
}

static void test_its_own_memory_is_not_sent_back_to_it(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "");

    sync_with(dev);
    g_assert_cmpuint(dev->bars[2].area_count, ==, 2);
    for (unsigned i = 0; i < server->mappings->len; i++) {
        g_assert_cmphex(g_array_index(server->mappings, ServerMapping, i).addr, <, BAR0_AT);
    }
    unplug(dev, server);
}

/* The server asks for memory before it answers the write that made it do so. */
static void test_dma_by_messages_during_a_call(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on,x-no-posted-writes=on");

    memset(ram_host + 0x9000, 0x5a, 0x1000);
    memset(ram_host + 0xa000, 0, 0x2000);
    space_write(&memory_space, BAR0_AT + SERVER_DMA_REGISTER, 0x9000, 8);
    g_assert_cmpint(server->dma_error, ==, 0);
    g_assert_cmpint(memcmp(ram_host + 0x9000, ram_host + 0xa000, 0x1000), ==, 0);
    g_assert_cmpuint(ram_host[0xb000], ==, 0);
    space_write(&memory_space, BAR0_AT + SERVER_DMA_REGISTER, 0x9ff00, 8);      /* two mappings meet at 640 KiB */
    g_assert_cmpint(server->dma_error, ==, 0);
    unplug(dev, server);
}

static void test_dma_beyond_memory_is_refused(void)
{
    static const struct { uint64_t addr; int error; } rows[] = {
        { MEMORY_SIZE, EFAULT }, { MEMORY_SIZE - 1, EFAULT },
        { UINT64_MAX - 4096, EFAULT }, { UINT64_MAX - 4094, EINVAL }, { UINT64_MAX, EINVAL },
        { BAR2_AT + 0x1000, EFAULT }, { 0xfff0000, EACCES }, { 0xfff8000, EACCES },
    };
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-posted-writes=on");

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        space_write(&memory_space, BAR0_AT + SERVER_DMA_REGISTER, rows[i].addr, 8);
        g_assert_cmpint(server->dma_error, ==, rows[i].error);
    }
    g_assert_cmphex(space_read(&memory_space, BAR0_AT + SERVER_ALIVE_REGISTER, 4), ==, SERVER_ALIVE);
    unplug(dev, server);
}

/* ---- posted writes ---- */

static void test_writes_to_memory_bars_are_posted(void)
{
    static const struct { const char *settings; bool posted; } rows[] = {
        { "x-no-mmap=on", true }, { "x-no-mmap=on,x-no-posted-writes=on", false }, { "", false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Server *server = server_new();
        VfioPci *dev = plug_well(server, rows[i].settings);
        sync_with(dev);
        unsigned before = server->posted;
        space_write(&memory_space, BAR0_AT + 0x20, 1, 4);
        space_write(&io_space, BAR4_AT + 4, 1, 4);      /* a port is never posted */
        test_config_write(dev, PCI_CACHE_LINE_SIZE, 1, 1);
        sync_with(dev);
        g_assert_cmpuint(server->posted - before, ==, rows[i].posted);
        g_assert_cmpuint(server->writes->len, ==, 2);
        unplug(dev, server);
    }
}

/* The server stands still; what it then finds is in order, and most of it in messages of many. */
static void test_a_server_that_is_behind_gets_batches(void)
{
    enum { WRITES = 5000 };
    static const struct { const char *version; bool multi; } rows[] = {
        { "{\"capabilities\":{\"write_multiple\":true}}", true }, { "{\"capabilities\":{}}", false },
        { "{\"capabilities\":{\"write_multiple\":false}}", false }, { NULL, false },
    };

    for (unsigned row = 0; row < G_N_ELEMENTS(rows); row++) {
        Server *server = server_new();
        server->version = rows[row].version;
        VfioPci *dev = plug_well(server, "x-no-mmap=on");
        sync_with(dev);
        g_mutex_lock(&server->lock);
        for (uint32_t i = 0; i < WRITES; i++) {
            space_write(&memory_space, BAR0_AT + 0x400 + (i & 0xff) * 4, i, 4);
        }
        g_mutex_unlock(&server->lock);
        g_assert_cmphex(space_read(&memory_space, BAR0_AT + 0x400 + ((WRITES - 1) & 0xff) * 4, 4), ==, WRITES - 1);
        g_assert_cmpuint(server->writes->len, ==, WRITES);
        for (uint32_t i = 0; i < WRITES; i++) {
            VfioUserWrite write = write_seen(server, i);
            g_assert_cmpint(memcmp(write.data, &i, sizeof(i)), ==, 0);
        }
        g_assert_true((server_count(server, VFIO_USER_REGION_WRITE_MULTI) > 10) == rows[row].multi);
        unplug(dev, server);
    }
}

/* Nobody waits, and yet all of it gets there. */
static void test_what_is_posted_is_sent_by_the_main_loop(void)
{
    enum { WRITES = 2000 };
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on");
    int64_t until_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    unsigned done = 0;

    sync_with(dev);
    g_mutex_lock(&server->lock);
    for (uint32_t i = 0; i < WRITES; i++) {
        space_write(&memory_space, BAR0_AT + 0x400, i, 4);
    }
    g_mutex_unlock(&server->lock);
    while (done < WRITES && g_get_monotonic_time() < until_us) {
        test_turn_loop();
        g_usleep(1000);
        g_mutex_lock(&server->lock);
        done = server->writes->len;
        g_mutex_unlock(&server->lock);
    }
    g_assert_cmpuint(done, ==, WRITES);
    unplug(dev, server);
}

/* ---- mapping ---- */

static void test_areas_are_mapped(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "");
    uint8_t *bar2 = mmap(NULL, SERVER_BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, server->bar2, 0);
    unsigned before = server_count(server, VFIO_USER_REGION_WRITE);

    space_write(&memory_space, BAR2_AT + 0x1008, 0xabcd, 4);
    g_assert_cmphex(bar2[0x1008], ==, 0xcd);
    bar2[0x3ffc] = 0x42;
    g_assert_cmphex(space_read(&memory_space, BAR2_AT + 0x3ffc, 1), ==, 0x42);
    g_assert_cmpuint(server_count(server, VFIO_USER_REGION_WRITE), ==, before);
    space_write(&memory_space, BAR2_AT + 0x2000, 1, 4);
    g_assert_cmpuint(server_count(server, VFIO_USER_REGION_WRITE), ==, before + 1);
    munmap(bar2, SERVER_BAR_SIZE);
    unplug(dev, server);
}

static void test_what_cannot_be_mapped_is_trapped(void)
{
    for (unsigned i = 0; i < 3; i++) {
        Server *server = server_new();
        server->no_file = i == 0;
        server->many_areas = i == 2;
        g_assert_cmpint(i == 1 ? ftruncate(server->bar2, 0x1800) : 0, ==, 0);
        VfioPci *dev = plug_well(server, "");
        g_assert_cmpuint(dev->bars[2].area_count, ==, 0);
        space_write(&memory_space, BAR2_AT + 0x1008, 0xabcd, 4);
        g_assert_cmphex(space_read(&memory_space, BAR2_AT + 0x1008, 4), ==, 0xabcd);
        unplug(dev, server);
    }
}

/* ---- interrupts ---- */

static void enable_msix(VfioPci *dev)
{
    for (unsigned i = 0; i < 2; i++) {
        space_write(&memory_space, BAR0_AT + 0x2000 + i * 16, 0xfee00000, 4);
        space_write(&memory_space, BAR0_AT + 0x2008 + i * 16, 0x40 + i, 4);
        space_write(&memory_space, BAR0_AT + 0x200c + i * 16, 0, 4);
    }
    test_config_write(dev, 0x42, PCI_MSIX_FLAGS_ENABLE, 2);
}

static void test_interrupts_arrive(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on,x-no-kvm-msix=on");
    uint64_t one = 1;

    g_assert_cmpint(server->triggers[VFIO_PCI_INTX_IRQ_INDEX][0], >=, 0);
    enable_msix(dev);
    g_assert_cmpint(server->triggers[VFIO_PCI_INTX_IRQ_INDEX][0], <, 0);
    unsigned before = test_accel.sent;
    g_assert_cmpint(write(server->triggers[VFIO_PCI_MSIX_IRQ_INDEX][1], &one, 8), ==, 8);
    test_turn_loop();
    g_assert_cmpuint(test_accel.sent, ==, before + 1);
    g_assert_cmphex(test_accel.last.data, ==, 0x41);
    object_reset(&dev->pci.obj);
    g_assert_cmpuint(server_count(server, VFIO_USER_DEVICE_RESET), ==, 1);
    g_assert_cmpint(server->triggers[VFIO_PCI_MSIX_IRQ_INDEX][1], <, 0);
    unplug(dev, server);
}

/* Files go in messages of what the server takes, and gaps as messages without. */
static void test_vectors_are_divided(void)
{
    Server *server = server_new();
    server->version = "{\"capabilities\":{\"max_msg_fds\":3}}";
    VfioPci *dev = plug_well(server, "x-no-mmap=on");
    int fds[20];

    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = i == 4 || i >= 18 ? -1 : server->bar2;
    }
    unsigned before = server_count(server, VFIO_USER_DEVICE_SET_IRQS);
    g_assert_cmpint(vfio_irq_set_eventfds(dev, VFIO_PCI_MSIX_IRQ_INDEX, 1, G_N_ELEMENTS(fds), fds), ==, 0);
    /* 3 + 1, none, 3 + 3 + 3 + 3 + 1, none */
    g_assert_cmpuint(server_count(server, VFIO_USER_DEVICE_SET_IRQS) - before, ==, 9);
    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_assert_true((server->triggers[VFIO_PCI_MSIX_IRQ_INDEX][1 + i] >= 0) == (fds[i] >= 0));
    }
    unplug(dev, server);
}

static void test_features_are_passed_on(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, "x-no-mmap=on");
    uint64_t data = 0;

    g_assert_cmpint(dev->dev->ops->feature(dev->dev, VFIO_DEVICE_FEATURE_GET | 5, &data, sizeof(data)), ==, 0);
    g_assert_cmphex(data, ==, 0x4242424242424242);
    g_assert_cmpint(dev->dev->ops->feature(dev->dev, VFIO_DEVICE_FEATURE_GET | 6, &data, sizeof(data)), ==, -ENOTTY);
    unplug(dev, server);
}

/* ---- negotiation ---- */

static void test_transfers_are_divided(void)
{
    Server *server = server_new();
    server->version = "{\"capabilities\":{\"max_data_xfer_size\":48,\"max_msg_fds\":8}}";
    server->max_xfer = 48;
    VfioPci *dev = plug_well(server, "x-no-mmap=on");
    uint8_t out[1000], in[1000];

    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = (uint8_t)(i * 7);
    }
    g_assert_cmpint(dev->dev->ops->write(dev->dev, &dev->bars[0].info, 0x800, out, sizeof(out)), ==, sizeof(out));
    g_assert_cmpint(dev->dev->ops->read(dev->dev, &dev->bars[0].info, 0x800, in, sizeof(in)), ==, sizeof(in));
    g_assert_cmpint(memcmp(in, out, sizeof(in)), ==, 0);
    g_assert_cmpuint(server->xfer_seen, ==, 48);
    unplug(dev, server);
}

static void test_servers_of_another_kind_are_refused(void)
{
    static const struct { const char *version; uint16_t minor; const char *says; } rows[] = {
        { "{}", 2, "*version 0.2 of the protocol*not compatible with 0.1*" },
        { "hello", 0, "*capabilities are not a JSON object*" },
        { "{\"capabilities\":{\"max_msg_fds\":", 0, "*not a JSON object*" },
        { "{\"capabilities\":{\"max_msg_fds\":-1}}", 0, "*capabilities.max_msg_fds*'-1' is not a number*" },
        { "{\"capabilities\":{\"max_data_xfer_size\":0}}", 0, "*max_data_xfer_size is 0, which is too small*" },
        { "{\"capabilities\":{\"max_dma_maps\":0}}", 0, "*max_dma_maps is 0, which is too small*" },
        { "{\"capabilities\":{\"max_dma_maps\":1}}", 0, "*dma_map*No space left*" },
        { "{\"capabilities\":{\"pgsizes\":1073741824}}", 0, "*pgsizes is 0x40000000*" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Server *server = server_new();
        Error *err = NULL;
        server->version = rows[i].version;
        server->minor = rows[i].minor;
        g_assert_null(server_plug(server, "x-no-mmap=on", &err));
        g_autofree char *says = g_strdup_printf("vfio-user %s: %s", server->path, rows[i].says);
        if (!g_pattern_match_simple(says, error_message(err))) {
            g_error("row %u: %s", i, error_message(err));
        }
        error_free(err);
        server_free(server);
    }
}

static void test_odd_capabilities_are_fine(void)
{
    static const char *const rows[] = {
        NULL, "", "{}", " \n{\"capabilities\":{}}", "{\"capabilities\":[1,2]}", "{\"capabilities\":3}",
        "{\"capabilities\":{\"pgsizes\":1,\"max_dma_maps\":18446744073709551615}}",
        "{\"capabilities\":{\"max_msg_fds\":18446744073709551615,\"max_data_xfer_size\":18446744073709551615}}",
        "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}},\"more\":{\"x\":[{}]}}",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Server *server = server_new();
        server->version = rows[i];
        VfioPci *dev = plug_well(server, "x-no-mmap=on");
        enable_msix(dev);
        g_assert_cmphex(space_read(&memory_space, BAR0_AT + SERVER_ALIVE_REGISTER, 4), ==, SERVER_ALIVE);
        unplug(dev, server);
    }
}

/* A server that takes no files, or is to have none of memory, does with messages. */
static void test_a_server_without_files(void)
{
    for (unsigned i = 0; i < 2; i++) {
        Server *server = server_new();
        server->version = i ? NULL : "{\"capabilities\":{\"max_msg_fds\":0}}";
        VfioPci *dev = plug_well(server, i ? "x-no-direct-dma=on,x-no-posted-writes=on" : "x-no-posted-writes=on");
        for (unsigned j = 0; j < server->mappings->len; j++) {
            g_assert_false(g_array_index(server->mappings, ServerMapping, j).file);
        }
        g_assert_cmpuint(test_config_read(dev, PCI_INTERRUPT_PIN, 1), ==, i);     /* an eventfd is a file, too */
        space_write(&memory_space, BAR0_AT + SERVER_DMA_REGISTER, 0x9000, 8);
        g_assert_cmpint(server->dma_error, ==, 0);
        unplug(dev, server);
    }
}

/* ---- settings ---- */

static void expect_refusal(const char *settings, const char *says, const char *advice)
{
    Error *err = NULL;
    Server *server = server_new();
    g_autofree char *text = g_strdup_printf("addr=05.0,%s", settings);
    g_autoptr(KeyVals) kv = keyval_parse(text, NULL, &err);
    VfioPci *dev = (VfioPci *)object_new(&vfio_user_pci_class, NULL, &err);

    g_assert(kv && dev && object_set_all(&dev->pci.obj, kv, &err));
    g_assert_false(object_realize(&dev->pci.obj, &err));
    if (!g_pattern_match_simple(says, error_message(err)) ||
        (advice && !g_pattern_match_simple(advice, error_advice(err) ? error_advice(err) : ""))) {
        g_error("%s: %s\n%s", settings, error_message(err), error_advice(err));
    }
    error_free(err);
    object_free(&dev->pci.obj);
    server_free(server);
}

static void test_addresses_that_lead_nowhere(void)
{
    g_autofree char *file = NULL, *of_file = NULL, *deep = NULL, *long_path = g_strnfill(200, 'x');
    g_autofree char *of_long = g_strdup_printf("socket=/tmp/%s", long_path);
    int fd = g_file_open_tmp("vfio-user-file-XXXXXX", &file, NULL);

    of_file = g_strdup_printf("socket=%s", file);
    deep = g_strdup_printf("socket=%s/x", file);
    expect_refusal("rombar=1", "No provided socket", "*socket=PATH*");
    expect_refusal("socket=", "No provided socket", "*socket=PATH*");
    expect_refusal("socket.type=vsock,socket.path=3", "Unsupported socket type 'vsock': only 'unix' is",
                   "*this host*");
    expect_refusal("socket=/a,socket.path=/b", "'socket' and 'socket.path' both name a socket", NULL);
    expect_refusal("socket=/a,x-msg-timeout=0", "x-msg-timeout=0: give the server at least 1 ms to answer", NULL);
    expect_refusal("socket=/nowhere/s", "Failed to connect to '/nowhere/s': No such file or directory",
                   "Start the*");
    expect_refusal(of_file, "Failed to connect to '*': Connection refused", "This is not a socket*");
    expect_refusal(deep, "Failed to connect to '*/x': Not a directory", NULL);
    expect_refusal(of_long, "UNIX socket path '*' is too long", "Path must be less than 108 bytes");
    close(fd);
    unlink(file);
}

/* One connection is being served, others wait, and no more may. */
static void test_a_server_that_accepts_nobody(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_autofree char *folder = g_dir_make_tmp("vfio-user-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "s", NULL);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[8];

    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    g_assert_cmpint(bind(listener, (const struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(listener, 1), ==, 0);
    g_autofree char *settings = g_strdup_printf("socket=%s,x-msg-timeout=50", path);
    expect_refusal(settings, "vfio-user *: the server does not answer in 50 ms (x-msg-timeout)", "*serve another*");
    for (unsigned i = 0; i < G_N_ELEMENTS(waiting); i++) {
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(waiting[i], (const struct sockaddr *)&addr, sizeof(addr));
    }
    expect_refusal(settings, "Failed to connect to '*': Resource temporarily unavailable", "The server does not*");
    for (unsigned i = 0; i < G_N_ELEMENTS(waiting); i++) {
        close(waiting[i]);
    }
    close(listener);
    expect_refusal(settings, "Failed to connect to '*': Connection refused", "The socket is there, but nobody*");
    unlink(path);
    listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(listener, (const struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    expect_refusal(settings, "Failed to connect to '*': Protocol wrong type for socket", "*is not a stream*");
    close(listener);
    unlink(path);
    rmdir(folder);
}

static void test_a_socket_in_json(void)
{
    Server *server = server_new();
    Error *err = NULL;
    g_autofree char *json = g_strdup_printf("{\"addr\":\"05.0\",\"socket\":{\"type\":\"unix\",\"path\":\"%s\"}}",
                                            server->path);
    g_autoptr(KeyVals) kv = keyval_parse(json, NULL, &err);
    VfioPci *dev = (VfioPci *)object_create(&vfio_user_pci_class, NULL, kv, &err);

    g_assert_nonnull(dev);
    g_assert_cmphex(test_config_read(dev, PCI_VENDOR_ID, 4), ==, 0x56781234);
    unplug(dev, server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    memory_init();
    g_test_add_func("/vfio-user/registers are reached", test_registers_are_reached);
    g_test_add_func("/vfio-user/RAM is shared by its file", test_ram_is_shared_by_its_file);
    g_test_add_func("/vfio-user/a failed mapping leaves nothing", test_a_failed_mapping_leaves_nothing);
    g_test_add_func("/vfio-user/its own memory is not sent back to it", test_its_own_memory_is_not_sent_back_to_it);
    g_test_add_func("/vfio-user/DMA by messages during a call", test_dma_by_messages_during_a_call);
    g_test_add_func("/vfio-user/DMA beyond memory is refused", test_dma_beyond_memory_is_refused);
    g_test_add_func("/vfio-user/writes to memory BARs are posted", test_writes_to_memory_bars_are_posted);
    g_test_add_func("/vfio-user/a server that is behind gets batches", test_a_server_that_is_behind_gets_batches);
    g_test_add_func("/vfio-user/areas are mapped", test_areas_are_mapped);
    g_test_add_func("/vfio-user/what is posted is sent by the main loop",
                    test_what_is_posted_is_sent_by_the_main_loop);
    g_test_add_func("/vfio-user/what cannot be mapped is trapped", test_what_cannot_be_mapped_is_trapped);
    g_test_add_func("/vfio-user/interrupts arrive", test_interrupts_arrive);
    g_test_add_func("/vfio-user/features are passed on", test_features_are_passed_on);
    g_test_add_func("/vfio-user/vectors are divided", test_vectors_are_divided);
    g_test_add_func("/vfio-user/transfers are divided", test_transfers_are_divided);
    g_test_add_func("/vfio-user/servers of another kind are refused", test_servers_of_another_kind_are_refused);
    g_test_add_func("/vfio-user/odd capabilities are fine", test_odd_capabilities_are_fine);
    g_test_add_func("/vfio-user/a server without files", test_a_server_without_files);
    g_test_add_func("/vfio-user/addresses that lead nowhere", test_addresses_that_lead_nowhere);
    g_test_add_func("/vfio-user/a server that accepts nobody", test_a_server_that_accepts_nobody);
    g_test_add_func("/vfio-user/a socket in JSON", test_a_socket_in_json);
    return g_test_run();
}
