/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-user-pci with servers that die, lie and fall silent, at every place where they can. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "tests/unit/vfio-machine.h"
#include "tests/unit/vfio-user-server.h"
#include "tests/unit/vfio-user-wire.h"

enum { BAR0_AT = 0x10000000, BAR2_AT = 0x20000000, PATIENT_MS = 5000, IMPATIENT_MS = 150 };

static Region ram, rom, spare;

/* What a fault does to a connection whose answers are checked. */
typedef struct FaultRow {
    const char *name;
    bool ends;          /* the connection, whatever the command */
    bool silent;        /* it takes the time-out to see it */
    bool refused;       /* the command fails */
} FaultRow;

static const FaultRow faults[FAULTS] = {
    [FAULT_CLOSE] = { "close", .ends = true },
    [FAULT_STALL] = { "stall", .ends = true, .silent = true },
    [FAULT_HALF_CLOSE] = { "half and close", .ends = true },
    [FAULT_HALF_STALL] = { "half and stall", .ends = true, .silent = true },
    [FAULT_WRONG_ID] = { "wrong id", .ends = true, .silent = true },
    [FAULT_WRONG_COMMAND] = { "wrong command", .refused = true },
    [FAULT_TWICE] = { "twice" },
    [FAULT_EMPTY] = { "empty" },
    [FAULT_SHORT] = { "short" },
    [FAULT_LONG] = { "long", .refused = true },
    [FAULT_GARBAGE] = { "garbage" },
    [FAULT_TINY_SIZE] = { "tiny size", .ends = true },
    [FAULT_HUGE_SIZE] = { "huge size", .ends = true },
    [FAULT_TYPE] = { "type", .ends = true },
    [FAULT_ERROR] = { "error", .refused = true },
    [FAULT_ERROR_ZERO] = { "error 0", .refused = true },
    [FAULT_ERROR_ABSURD] = { "absurd error", .refused = true },
    [FAULT_SOME_FILES] = { "files" },
    [FAULT_MANY_FILES] = { "many files", .ends = true },
};

/* ---- the surroundings ---- */

static void add_memory(Region *region, const char *name, uint64_t size, uint64_t at)
{
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    region_init_ram(region, name, size, (HostMemory){ .host = host, .fd = -1 });
    region_add(memory_space.root, region, at, 0);
}

static unsigned open_files(void)
{
    GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

/* stderr goes to a file from now on; heard() gives it back and what was said, for the caller to free. */
static int real_stderr, said;

static void listen_in(void)
{
    real_stderr = dup(2);
    said = memfd_create("stderr", 0);
    dup2(said, 2);
}

static char *heard(void)
{
    off_t size = lseek(said, 0, SEEK_END);
    char *text = g_malloc0((size_t)size + 1);

    g_assert_cmpint(pread(said, text, (size_t)size, 0), ==, size);
    dup2(real_stderr, 2);
    close(real_stderr);
    close(said);
    return text;
}

static unsigned times_said(const char *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)); at++) {
        count++;
    }
    return count;
}

static VfioPci *plug(Server *server, unsigned timeout_ms, Error **errp)
{
    g_autofree char *settings = g_strdup_printf("x-msg-timeout=%u,x-no-posted-writes=on", timeout_ms);
    VfioPci *dev = server_plug(server, settings, errp);

    if (dev) {
        test_config_write(dev, PCI_BASE_ADDRESS_0, BAR0_AT, 4);
        test_config_write(dev, PCI_BASE_ADDRESS_2, BAR2_AT, 4);
        test_config_write(dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
    }
    return dev;
}

static VfioPci *plug_well(Server *server, unsigned timeout_ms)
{
    Error *err = NULL;
    VfioPci *dev = plug(server, timeout_ms, &err);

    if (!dev) {
        g_error("%s", error_message(err));
    }
    return dev;
}

static void unplug(VfioPci *dev, Server *server)
{
    if (dev) {
        object_free(&dev->pci.obj);
    }
    server_free(server);
}

/* Every kind of call, most of them more than once. */
static void use_everything(VfioPci *dev)
{
    test_config_read(dev, PCI_VENDOR_ID, 4);
    test_config_write(dev, PCI_CACHE_LINE_SIZE, 8, 1);
    space_read(&memory_space, BAR0_AT, 4);
    space_write(&memory_space, BAR0_AT, 1, 4);
    space_write(&memory_space, BAR0_AT + 0x200c, 0, 4);
    test_config_write(dev, 0x42, PCI_MSIX_FLAGS_ENABLE, 2);
    region_hide(&spare, true);
    region_hide(&spare, false);
    test_config_write(dev, 0x42, 0, 2);
    object_reset(&dev->pci.obj);
    test_config_write(dev, PCI_BASE_ADDRESS_0, BAR0_AT, 4);
    test_config_write(dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    test_turn_loop();
    space_write(&memory_space, BAR0_AT + 4, 1, 8);
}

static bool is_alive(VfioPci *dev)
{
    uint64_t value = space_read(&memory_space, BAR0_AT + SERVER_ALIVE_REGISTER, 4);

    g_assert_true(value == SERVER_ALIVE || value == UINT32_MAX);
    return value == SERVER_ALIVE;
}

/* The server's commands were served during the first read; it has read the answers before the second. */
static void expect_replies(VfioPci *dev, const Server *server, unsigned count)
{
    g_assert_true(is_alive(dev));
    g_assert_true(is_alive(dev));
    g_assert_cmpuint(server->replies, ==, count);
}

/* Time that passes without a time-out is far below it. */
static void check_time(int64_t start_us, bool silent)
{
    int64_t ms = (g_get_monotonic_time() - start_us) / 1000;

    g_assert_cmpint(ms, <, silent ? 20 * IMPATIENT_MS : PATIENT_MS);
}

/* ---- during realize ---- */

static const uint16_t realize_commands[] = {
    VFIO_USER_VERSION, VFIO_USER_DMA_MAP, VFIO_USER_DEVICE_GET_INFO, VFIO_USER_DEVICE_GET_REGION_INFO,
    VFIO_USER_DEVICE_GET_IRQ_INFO, VFIO_USER_DEVICE_SET_IRQS, VFIO_USER_REGION_READ,
};

static void fail_in_realize(uint16_t command, unsigned skip, Fault fault)
{
    const FaultRow *row = &faults[fault];
    unsigned files = open_files();
    int64_t start_us = g_get_monotonic_time();
    Server *server = server_new();
    Error *err = NULL;

    g_test_message("command %u, after %u, %s", command, skip, row->name);
    server_arm(server, command, skip, fault);
    listen_in();
    VfioPci *dev = plug(server, row->silent ? IMPATIENT_MS : PATIENT_MS, &err);
    bool met = server->fault == FAULT_NONE;
    if (row->ends && met) {
        g_assert_null(dev);
    }
    if (dev) {
        g_assert_null(err);
        use_everything(dev);
    } else {
        g_assert_true(g_pattern_match_simple("vfio*socket: *", error_message(err)));
        error_free(err);
    }
    bool plugged = dev;
    unplug(dev, server);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the guest goes on without the device"), <=, plugged);
    check_time(start_us, row->silent);
    g_assert_cmpuint(open_files(), ==, files);
}

static void test_faults_during_realize(void)
{
    for (unsigned c = 0; c < G_N_ELEMENTS(realize_commands); c++) {
        for (unsigned skip = 0; skip < 3; skip++) {
            for (Fault fault = FAULT_CLOSE; fault < FAULTS; fault++) {
                if (skip == 0 || !faults[fault].silent) {      /* those take their time */
                    fail_in_realize(realize_commands[c], skip, fault);
                }
            }
        }
    }
}

/* ---- while the guest runs ---- */

typedef struct RunRow {
    uint16_t command;
    bool vital;         /* a refusal ends the connection */
} RunRow;

static const RunRow run_rows[] = {
    { VFIO_USER_REGION_READ }, { VFIO_USER_REGION_WRITE },
    { VFIO_USER_DEVICE_SET_IRQS }, { VFIO_USER_DEVICE_RESET },
    { VFIO_USER_DMA_MAP, .vital = true }, { VFIO_USER_DMA_UNMAP, .vital = true },
};

static void fail_at_run_time(const RunRow *run, Fault fault)
{
    const FaultRow *row = &faults[fault];
    unsigned files = open_files();
    Server *server = server_new();
    VfioPci *dev = plug_well(server, row->silent ? IMPATIENT_MS : PATIENT_MS);
    int64_t start_us = g_get_monotonic_time();

    g_test_message("command %u, %s", run->command, row->name);
    server_arm(server, run->command, 0, fault);
    listen_in();
    use_everything(dev);
    g_assert_true(server->fault == FAULT_NONE);
    bool alive = is_alive(dev);
    use_everything(dev);
    g_assert_true(is_alive(dev) == alive);
    if (!alive) {
        space_write(&memory_space, BAR0_AT + 0x20, 1, 4);
        g_assert_cmphex(test_config_read(dev, PCI_VENDOR_ID, 4), ==, UINT32_MAX);
    }
    unplug(dev, server);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the guest goes on without the device"), ==, !alive);
    g_assert_cmpint(alive, ==, !row->ends && !(run->vital && row->refused));
    if (!alive && times_said(text, "\n") != 1 && fault != FAULT_WRONG_ID) {
        g_error("too many words:\n%s", text);
    }
    check_time(start_us, row->silent);
    g_assert_cmpuint(open_files(), ==, files);
}

static void test_faults_while_the_guest_runs(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(run_rows); i++) {
        for (Fault fault = FAULT_CLOSE; fault < FAULTS; fault++) {
            fail_at_run_time(&run_rows[i], fault);
        }
    }
}

/* The server asks for memory in the middle of a write, and dies instead of reading it. */
static void test_death_in_a_nested_command(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    VfioUserHeader header = { .id = 9, .command = VFIO_USER_DMA_READ,
                              .size = sizeof(header) + sizeof(VfioUserDmaAccess) };

    server_say(server, header, "half of", 7);
    listen_in();
    server_arm(server, VFIO_USER_REGION_WRITE, 0, FAULT_CLOSE);
    space_write(&memory_space, BAR0_AT, 1, 4);
    g_assert_false(is_alive(dev));
    unplug(dev, server);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "\n"), ==, 1);
}

/* A posted write is the first to notice; it takes no notice. */
static void test_death_before_a_posted_write(void)
{
    Server *server = server_new();
    Error *err = NULL;
    VfioPci *dev = server_plug(server, "x-no-mmap=on", &err);

    test_config_write(dev, PCI_BASE_ADDRESS_0, BAR0_AT, 4);
    test_config_write(dev, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    listen_in();
    server_die(server);
    for (unsigned i = 0; i < 3; i++) {
        space_write(&memory_space, BAR0_AT, 1, 4);
    }
    g_assert_false(is_alive(dev));
    unplug(dev, server);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "\n"), ==, 1);
}

/* As many as may be come with the header, and as many with the rest. */
static void test_files_in_two_parts(void)
{
    unsigned files = open_files();
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    VfioUserHeader header = { .id = 1, .command = 99, .size = sizeof(header) + 1 };
    int fds[VFIO_USER_FDS_MAX];

    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = server->bar2;
    }
    listen_in();
    send_bytes(server->fd, &header, sizeof(header), fds, G_N_ELEMENTS(fds));
    send_bytes(server->fd, "x", 1, fds, 1);
    g_assert_false(is_alive(dev));
    unplug(dev, server);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the server sends more files with a message than it may;"), ==, 1);
    g_assert_cmpuint(open_files(), ==, files);
}

/* Nobody is waiting for anything when the server dies. */
static void test_death_while_idle(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);

    test_config_write(dev, 0x42, PCI_MSIX_FLAGS_ENABLE, 2);
    g_assert_cmpuint(dev->bars[2].area_count, ==, 2);
    space_write(&memory_space, BAR2_AT + 0x1000, 0x5555, 4);
    g_assert_cmphex(space_read(&memory_space, BAR2_AT + 0x1000, 4), ==, 0x5555);
    listen_in();
    server_die(server);
    for (unsigned i = 0; i < 100 && dev->irq_mode != VFIO_IRQ_NONE; i++) {
        g_usleep(1000);
        test_turn_loop();
    }
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the server has closed the connection; the guest goes on"), ==, 1);
    g_assert_cmpuint(dev->irq_mode, ==, VFIO_IRQ_NONE);
    g_assert_cmphex(space_read(&memory_space, BAR2_AT + 0x1000, 4), ==, UINT32_MAX);    /* also what was mapped */
    vfio_region_trap_all(&dev->bars[2], true);
    vfio_region_trap_all(&dev->bars[2], false);
    g_assert_cmphex(space_read(&memory_space, BAR2_AT + 0x1000, 4), ==, UINT32_MAX);
    unplug(dev, server);
}

/* A line the server has raised falls with it. */
static void test_a_raised_line_falls(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    uint64_t one = 1;

    g_assert_cmpuint(dev->irq_mode, ==, VFIO_IRQ_INTX);
    g_assert_cmpint(write(server->triggers[VFIO_PCI_INTX_IRQ_INDEX][0], &one, 8), ==, 8);
    test_turn_loop();
    g_assert_cmpint(test_accel.line_level, ==, 1);
    listen_in();
    server_die(server);
    for (unsigned i = 0; i < 100 && test_accel.line_level; i++) {
        g_usleep(1000);
        test_turn_loop();
    }
    g_free(heard());
    g_assert_cmpint(test_accel.line_level, ==, 0);
    unplug(dev, server);
}

/* Half a message does not keep the main loop; the rest of it may come later, or in the middle of a call. */
static void test_half_a_message_is_waited_for(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    VfioUserDmaAccess access = { 0x1000, 16 };
    VfioUserHeader header = { .id = 9, .command = VFIO_USER_DMA_READ, .size = sizeof(header) + sizeof(access) };
    int64_t start_us = g_get_monotonic_time();

    for (unsigned cut = 0; cut < sizeof(access); cut += 5) {
        unsigned before = server->replies;
        server_say(server, header, &access, cut);
        test_turn_loop();
        g_assert_cmpint(g_get_monotonic_time() - start_us, <, PATIENT_MS * 1000 / 2);
        g_mutex_lock(&server->lock);
        g_assert_cmpint(send(server->fd, (uint8_t *)&access + cut, sizeof(access) - cut, 0), >, 0);
        g_mutex_unlock(&server->lock);
        expect_replies(dev, server, before + 1);
        g_assert_cmpint(server->dma_error, ==, 0);
    }
    unplug(dev, server);
}

/* ---- commands nobody should send ---- */

static void test_bad_commands_get_errors(void)
{
    static const struct { uint16_t command; uint64_t addr, count; size_t len; int error; } rows[] = {
        { VFIO_USER_DMA_READ, 0x1000, 16, 16, 0 },
        { VFIO_USER_DMA_READ, 0x1000, 0, 16, 0 },
        { VFIO_USER_DMA_READ, 0x1000, 16, 15, EINVAL },
        { VFIO_USER_DMA_READ, 0x1000, 16, 0, EINVAL },
        { VFIO_USER_DMA_READ, 0, VFIO_USER_XFER_MAX + 1, 16, EINVAL },
        { VFIO_USER_DMA_READ, 0, UINT64_MAX, 16, EINVAL },
        { VFIO_USER_DMA_READ, UINT64_MAX, 16, 16, EINVAL },
        { VFIO_USER_DMA_WRITE, 0x1000, 16, 16, EINVAL },
        { VFIO_USER_DMA_WRITE, 0x1000, 8, 32, EINVAL },
        { VFIO_USER_DMA_WRITE, 0x1000, 16, 32, 0 },
        { VFIO_USER_DMA_WRITE, 0x40000000, 16, 32, EFAULT },
        { VFIO_USER_DEVICE_RESET, 0, 0, 0, ENOSYS },
        { VFIO_USER_REGION_READ, 0, 0, 16, ENOSYS },
        { 0, 0, 0, 0, ENOSYS },
        { 0xffff, 0, 0, 32, ENOSYS },
    };
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    uint8_t data[32] = { 0 };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned before = server->replies;
        VfioUserHeader header = { .id = (uint16_t)i, .command = rows[i].command,
                                  .size = (uint32_t)(sizeof(header) + rows[i].len) };
        memcpy(data, &rows[i].addr, 8);
        memcpy(data + 8, &rows[i].count, 8);
        server_say(server, header, data, rows[i].len);
        expect_replies(dev, server, before + 1);
        g_assert_cmpint(server->dma_error, ==, rows[i].error);
        header.flags = VFIO_USER_NO_REPLY;
        server_say(server, header, data, rows[i].len);
        expect_replies(dev, server, before + 1);
    }
    unplug(dev, server);
}

static void test_answers_to_nothing_are_dropped(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    VfioUserHeader header = { .id = 12345, .command = VFIO_USER_REGION_READ, .size = sizeof(header) + 20,
                              .flags = VFIO_USER_REPLY };

    listen_in();
    for (unsigned i = 0; i < 1000; i++) {
        header.id += (uint16_t)i;
        server_say(server, header, "12345678901234567890", 20);
        test_turn_loop();
    }
    g_assert_true(is_alive(dev));
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the server answers what was not asked"), <=, 40);
    unplug(dev, server);
}

/* Requests whose answers the server never reads must not fill our memory or hold the guest. */
static void test_a_server_that_does_not_read(void)
{
    Server *server = server_new();
    VfioPci *dev = plug_well(server, PATIENT_MS);
    VfioUserDmaAccess access = { 0, 512 << 10 };
    VfioUserHeader header = { .id = 1, .command = VFIO_USER_DMA_READ, .size = sizeof(header) + sizeof(access) };
    g_autofree uint8_t *message = g_malloc(header.size);
    int64_t start_us = g_get_monotonic_time();

    memcpy(message, &header, sizeof(header));
    memcpy(message + sizeof(header), &access, sizeof(access));
    listen_in();
    g_mutex_lock(&server->lock);
    for (unsigned i = 0; i < 300; i++) {
        g_assert_cmpint(send(server->fd, message, header.size, MSG_NOSIGNAL | MSG_DONTWAIT), !=, 0);
        test_turn_loop();
    }
    g_mutex_unlock(&server->lock);
    g_autofree char *text = heard();
    g_assert_cmpuint(times_said(text, "the server does not read what it asks for; the guest goes on"), ==, 1);
    g_assert_false(is_alive(dev));
    check_time(start_us, false);
    unplug(dev, server);
}

/* ---- absurd descriptions ---- */

/* Nothing is known of what comes out, but that it comes to an end. */
static void test_random_answers(void)
{
    unsigned files = open_files(), plugged = 0;

    for (unsigned i = 0; i < 100; i++) {
        Server *server = server_new();
        Error *err = NULL;
        uint32_t seed = g_test_rand_int();
        g_test_message("seed %u", seed);
        server->mutate = g_rand_new_with_seed(seed);
        listen_in();
        VfioPci *dev = plug(server, IMPATIENT_MS, &err);
        if (dev) {
            plugged++;
            use_everything(dev);
            use_everything(dev);
        }
        error_free(err);
        unplug(dev, server);
        g_free(heard());
        g_assert_cmpuint(open_files(), ==, files);
    }
    g_test_message("%u devices came up", plugged);
}

static void test_absurd_descriptions(void)
{
    static const struct { uint32_t regions, irqs; uint64_t bar_size; const char *says; } rows[] = {
        { UINT32_MAX, 5, 0, "*error getting device info: Argument list too long" },
        { 257, 5, 0, "*error getting device info: *" },
        { 9, UINT32_MAX, 0, "*error getting device info: *" },
        { 0, 5, 0, "*unexpected number of io regions 0" },
        { 9, 2, 0, "*unexpected number of irqs 2" },
        { 9, 5, 1ULL << 63, "*region 0 *impossible size*" },
        { 9, 5, UINT64_MAX, "*region 0 *impossible size*" },
        { 256, 256, 0, NULL }, { 9, 5, 1, NULL }, { 9, 5, 0x3001, NULL },
        { 9, 5, 1ULL << 40, "*more than a BAR of its type can have*" },
        { 9, 5, INT64_MAX, "*more than a BAR of its type can have*" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Server *server = server_new();
        Error *err = NULL;
        server->regions = rows[i].regions;
        server->irqs = rows[i].irqs;
        server->bar_size = rows[i].bar_size;
        VfioPci *dev = plug(server, PATIENT_MS, &err);
        if (rows[i].says) {
            g_assert_null(dev);
            g_assert_true(g_pattern_match_simple(rows[i].says, error_message(err)));
            error_free(err);
        } else {
            g_assert_nonnull(dev);
        }
        unplug(dev, server);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    add_memory(&ram, "ram", 1 << 20, 0);
    add_memory(&spare, "spare", 0x10000, 0x1000000);
    add_memory(&rom, "rom", 0x10000, 0xfff0000);
    g_test_add_func("/vfio-user/faults during realize", test_faults_during_realize);
    g_test_add_func("/vfio-user/faults while the guest runs", test_faults_while_the_guest_runs);
    g_test_add_func("/vfio-user/death in a nested command", test_death_in_a_nested_command);
    g_test_add_func("/vfio-user/death before a posted write", test_death_before_a_posted_write);
    g_test_add_func("/vfio-user/files in two parts", test_files_in_two_parts);
    g_test_add_func("/vfio-user/death while idle", test_death_while_idle);
    g_test_add_func("/vfio-user/a raised line falls", test_a_raised_line_falls);
    g_test_add_func("/vfio-user/half a message is waited for", test_half_a_message_is_waited_for);
    g_test_add_func("/vfio-user/bad commands get errors", test_bad_commands_get_errors);
    g_test_add_func("/vfio-user/answers to nothing are dropped", test_answers_to_nothing_are_dropped);
    g_test_add_func("/vfio-user/a server that does not read", test_a_server_that_does_not_read);
    g_test_add_func("/vfio-user/random answers", test_random_answers);
    g_test_add_func("/vfio-user/absurd descriptions", test_absurd_descriptions);
    return g_test_run();
}
