/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vfio-user server for tests; see vfio-user-server.h. It follows the specification, not the client. */
#include "tests/unit/vfio-user-server.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tests/unit/vfio-user-wire.h"

/* ---- answers, right and wrong ---- */

typedef struct Answer {
    VfioUserHeader header;
    uint8_t data[MESSAGE_MAX];
    size_t len;
    int fds[FDS_MAX];
    unsigned fd_count;
} Answer;

static void add_files(const Server *server, Answer *a, unsigned count)
{
    while (a->fd_count < count) {
        a->fds[a->fd_count++] = server->bar2;
    }
}

/* What of the answer's content the fault changes. */
static void spoil(const Server *server, Answer *a, Fault fault)
{
    switch (fault) {
    case FAULT_WRONG_ID: a->header.id += 1000; break;
    case FAULT_WRONG_COMMAND: a->header.command ^= 1; break;
    case FAULT_EMPTY: a->len = 0; break;
    case FAULT_SHORT: a->len -= MIN(a->len, 1); break;
    case FAULT_LONG: memset(a->data + a->len, 0, 1024); a->len += 1024; break;
    case FAULT_GARBAGE: memset(a->data, 0xff, a->len); break;
    case FAULT_ERROR: a->header.flags |= VFIO_USER_ERROR; a->header.error = EINVAL; a->len = 0; break;
    case FAULT_ERROR_ZERO: a->header.flags |= VFIO_USER_ERROR; a->len = 0; break;
    case FAULT_ERROR_ABSURD: a->header.flags |= VFIO_USER_ERROR; a->header.error = 0x80000001; a->len = 0; break;
    case FAULT_SOME_FILES: add_files(server, a, 3); break;
    case FAULT_MANY_FILES: add_files(server, a, FDS_MAX); break;
    default: break;
    }
    a->header.size = (uint32_t)(sizeof(a->header) + a->len);
    if (fault == FAULT_TYPE) {
        a->header.flags = 7;
    } else if (fault == FAULT_TINY_SIZE || fault == FAULT_HUGE_SIZE) {
        a->header.size = fault == FAULT_TINY_SIZE ? 3 : UINT32_MAX;
    }
}

/* One bit or byte in half of the answers; rarely of the header, which mostly ends all. */
static void mutate(GRand *rand, Answer *a, uint8_t *bytes, size_t len)
{
    bool header = a->len == 0 || g_rand_int_range(rand, 0, 40) == 0;
    size_t at = (size_t)(header ? g_rand_int_range(rand, 0, sizeof(a->header))
                                : g_rand_int_range(rand, sizeof(a->header), (gint32)MIN(len, 400)));

    if (g_rand_boolean(rand) && (a->len > 0 || g_rand_int_range(rand, 0, 40) == 0)) {
        bytes[at] = g_rand_boolean(rand) ? bytes[at] ^ (uint8_t)(1 << g_rand_int_range(rand, 0, 8))
                                         : (uint8_t)g_rand_int(rand);
    }
}

/* Send it with @fault; false: and nothing any more. */
static bool send_answer(Server *server, Answer *a, Fault fault)
{
    g_autofree uint8_t *bytes = NULL;

    if (fault == FAULT_CLOSE || fault == FAULT_STALL) {
        return false;
    }
    spoil(server, a, fault);
    size_t len = sizeof(a->header) + a->len;
    bytes = g_malloc(len);
    memcpy(bytes, &a->header, sizeof(a->header));
    memcpy(bytes + sizeof(a->header), a->data, a->len);
    if (server->mutate) {
        mutate(server->mutate, a, bytes, len);
    }
    bool half = fault == FAULT_HALF_CLOSE || fault == FAULT_HALF_STALL;
    send_bytes(server->fd, bytes, half ? len / 2 : len, a->fds, a->fd_count);
    if (fault == FAULT_TWICE) {
        send_bytes(server->fd, bytes, len, NULL, 0);
    }
    return !half;
}

/* ---- DMA by messages ---- */

static bool dma(Server *server, uint16_t command, uint64_t addr, uint8_t *data, size_t count)
{
    VfioUserHeader header = { .id = 7, .command = command };
    VfioUserDmaAccess access = { addr, count };
    bool write = command == VFIO_USER_DMA_WRITE;
    Message m;

    header.size = (uint32_t)(sizeof(header) + sizeof(access) + (write ? count : 0));
    send_bytes(server->fd, &header, sizeof(header), NULL, 0);
    send_bytes(server->fd, &access, sizeof(access), NULL, 0);
    send_bytes(server->fd, data, write ? count : 0, NULL, 0);
    if (!message_get(server->fd, &m)) {
        message_clear(&m);
        return false;
    }
    g_assert_cmpuint(m.header.id, ==, 7);
    g_assert_cmpuint(m.header.command, ==, command);
    g_assert_cmpuint(m.header.flags & VFIO_USER_TYPE_MASK, ==, VFIO_USER_REPLY);
    server->dma_error = m.header.flags & VFIO_USER_ERROR ? (int)m.header.error : 0;
    if (!server->dma_error && !write) {
        g_assert_cmpuint(m.len, ==, sizeof(access) + count);
        memcpy(data, m.data + sizeof(access), count);
    }
    message_clear(&m);
    return !server->dma_error;
}

static void copy_page(Server *server, uint64_t addr)
{
    uint8_t page[4096];

    if (dma(server, VFIO_USER_DMA_READ, addr, page, sizeof(page))) {
        dma(server, VFIO_USER_DMA_WRITE, addr + sizeof(page), page, sizeof(page));
    }
}

/* ---- the device ---- */

static uint8_t *bytes_of(Server *server, uint32_t region, uint64_t offset, uint64_t count)
{
    if (region == VFIO_PCI_CONFIG_REGION_INDEX && offset + count <= sizeof(server->config)) {
        return server->config + offset;
    }
    return region <= VFIO_PCI_BAR5_REGION_INDEX && offset + count <= SERVER_BAR_SIZE ? server->bar + offset : NULL;
}

static void do_write(Server *server, const VfioUserAccess *at, const uint8_t *data)
{
    uint8_t *bytes = bytes_of(server, at->region, at->offset, at->count);
    VfioUserWrite write = { .at = *at };

    g_assert_nonnull(bytes);
    memcpy(bytes, data, at->count);
    memcpy(write.data, data, MIN(at->count, sizeof(write.data)));
    if (at->region != VFIO_PCI_CONFIG_REGION_INDEX) {
        g_array_append_val(server->writes, write);
    }
    if (at->region == 0 && at->offset == SERVER_DMA_REGISTER && at->count == 8) {
        uint64_t addr;
        memcpy(&addr, data, sizeof(addr));
        copy_page(server, addr);
    }
}

static int on_version(Server *server, const Message *m, Answer *a)
{
    uint16_t version[2] = { 0, server->minor };

    g_assert_cmpuint(m->len, >, 4);
    g_assert_cmpuint(m->data[m->len - 1], ==, 0);
    memcpy(a->data, version, sizeof(version));
    a->len = sizeof(version);
    if (server->version) {
        memcpy(a->data + a->len, server->version, strlen(server->version) + 1);
        a->len += strlen(server->version) + 1;
    }
    return 0;
}

static int on_dma_map(Server *server, const Message *m, Answer *a)
{
    struct { uint32_t argsz, flags; uint64_t offset, addr, size; } map;

    g_assert_cmpuint(m->len, ==, sizeof(map));
    memcpy(&map, m->data, sizeof(map));
    for (unsigned i = 0; i < server->mappings->len; i++) {
        const ServerMapping *old = &g_array_index(server->mappings, ServerMapping, i);
        if (map.addr < old->addr + old->size && old->addr < map.addr + map.size) {
            return -EEXIST;
        }
    }
    ServerMapping mapping = { map.addr, map.size, map.flags, m->fd_count == 1 };
    g_array_append_val(server->mappings, mapping);
    return 0;
}

static int on_dma_unmap(Server *server, const Message *m, Answer *a)
{
    struct { uint32_t argsz, flags; uint64_t addr, size; } unmap;

    g_assert_cmpuint(m->len, ==, sizeof(unmap));
    memcpy(&unmap, m->data, sizeof(unmap));
    memcpy(a->data, m->data, m->len);
    a->len = m->len;
    for (unsigned i = 0; i < server->mappings->len; i++) {
        const ServerMapping *mapping = &g_array_index(server->mappings, ServerMapping, i);
        if (mapping->addr == unmap.addr && mapping->size == unmap.size) {
            g_array_remove_index(server->mappings, i);
            return 0;
        }
    }
    return -ENOENT;
}

static int on_info(Server *server, const Message *m, Answer *a)
{
    uint32_t info[4] = { 16, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET, server->regions, server->irqs };

    memcpy(a->data, info, sizeof(info));
    a->len = sizeof(info);
    return 0;
}

/* BAR 2 has its second and fourth page to map, said in a chain the client must make room for. */
static int on_region_info(Server *server, const Message *m, Answer *a)
{
    struct { struct vfio_region_info info; struct vfio_info_cap_header head; uint32_t count, reserved;
             struct vfio_region_sparse_mmap_area areas[200]; } r = { .head = { .id = 1, .version = 1 } };
    struct vfio_region_info question;

    memcpy(&question, m->data, sizeof(question));
    uint32_t index = question.index;
    r.count = server->many_areas ? G_N_ELEMENTS(r.areas) : 2;
    for (unsigned i = 0; i < r.count; i++) {
        r.areas[i] = (struct vfio_region_sparse_mmap_area){ 0x1000 + 0x2000 * (i & 1), 0x1000 };
    }
    size_t size = offsetof(__typeof__(r), areas) + r.count * sizeof(r.areas[0]);
    bool config = index == VFIO_PCI_CONFIG_REGION_INDEX, mapped = index == 2;
    bool bar = index == 0 || mapped || index == 4;
    r.info = (struct vfio_region_info){ .argsz = sizeof(r.info), .index = index, .flags = 3,
        .size = config ? sizeof(server->config) : index == 4 ? 0x20 : bar ? SERVER_BAR_SIZE : 0 };
    r.info.size = index == 0 && server->bar_size ? server->bar_size : r.info.size;
    if (mapped) {
        r.info.flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
        r.info.argsz = (uint32_t)size;
        r.info.cap_offset = question.argsz >= size ? sizeof(r.info) : 0;
        add_files(server, a, server->no_file ? 0 : 1);
    }
    a->len = mapped && question.argsz >= size ? size : sizeof(r.info);
    memcpy(a->data, &r, a->len);
    return index < server->regions ? 0 : -EINVAL;
}

static int on_irq_info(Server *server, const Message *m, Answer *a)
{
    struct vfio_irq_info info;

    memcpy(&info, m->data, sizeof(info));
    g_assert_cmpuint(info.index, <, server->irqs);
    info.flags = VFIO_IRQ_INFO_EVENTFD;
    info.count = info.index == VFIO_PCI_INTX_IRQ_INDEX ? 1 : info.index == VFIO_PCI_MSIX_IRQ_INDEX ? 64 : 0;
    memcpy(a->data, &info, sizeof(info));
    a->len = sizeof(info);
    return 0;
}

static int on_set_irqs(Server *server, Message *m, Answer *a)
{
    struct vfio_irq_set set;

    memcpy(&set, m->data, sizeof(set));
    g_assert_cmpuint(m->len, ==, sizeof(set));
    g_assert_cmpuint(set.index, <, 5);
    g_assert_cmpuint(set.start + set.count, <=, 64);
    if (!(set.flags & VFIO_IRQ_SET_ACTION_TRIGGER)) {
        return 0;
    }
    if (set.count == 0) {
        for (unsigned i = 0; i < 64; i++) {
            fd_close(&server->triggers[set.index][i]);
        }
    }
    for (unsigned i = 0; i < set.count && (set.flags & VFIO_IRQ_SET_DATA_EVENTFD); i++) {
        int *trigger = &server->triggers[set.index][set.start + i];
        fd_close(trigger);
        if (m->fd_count > 0) {
            g_assert_cmpuint(m->fd_count, ==, set.count);
            *trigger = m->fds[i];
            m->fds[i] = -1;
        }
    }
    return 0;
}

static int on_read(Server *server, const Message *m, Answer *a)
{
    VfioUserAccess at;

    memcpy(&at, m->data, sizeof(at));
    g_assert_cmpuint(at.count, <=, server->max_xfer);
    server->xfer_seen = MAX(server->xfer_seen, at.count);
    const uint8_t *bytes = bytes_of(server, at.region, at.offset, at.count);
    if (!bytes) {
        return -EINVAL;
    }
    memcpy(a->data, &at, sizeof(at));
    memcpy(a->data + sizeof(at), bytes, at.count);
    a->len = sizeof(at) + at.count;
    return 0;
}

static int on_write(Server *server, const Message *m, Answer *a)
{
    VfioUserAccess at;

    memcpy(&at, m->data, sizeof(at));
    g_assert_cmpuint(m->len, ==, sizeof(at) + at.count);
    g_assert_cmpuint(at.count, <=, server->max_xfer);
    server->xfer_seen = MAX(server->xfer_seen, at.count);
    do_write(server, &at, m->data + sizeof(at));
    memcpy(a->data, &at, sizeof(at));
    a->len = sizeof(at);
    return 0;
}

static int on_write_multi(Server *server, const Message *m, Answer *a)
{
    uint64_t count;

    memcpy(&count, m->data, sizeof(count));
    g_assert_cmpuint(m->len, ==, sizeof(count) + count * sizeof(VfioUserWrite));
    for (uint64_t i = 0; i < count; i++) {
        VfioUserWrite write;
        memcpy(&write, m->data + sizeof(count) + i * sizeof(write), sizeof(write));
        do_write(server, &write.at, write.data);
    }
    memcpy(a->data, &count, sizeof(count));
    a->len = sizeof(count);
    return 0;
}

/* One feature, 5, which can be read: 8 bytes of 0x42. */
static int on_feature(Server *server, const Message *m, Answer *a)
{
    uint32_t flags;

    memcpy(&flags, m->data + 4, sizeof(flags));
    if (flags != (VFIO_DEVICE_FEATURE_GET | 5) || m->len != 16) {
        return -ENOTTY;
    }
    memcpy(a->data, m->data, 8);
    memset(a->data + 8, 0x42, 8);
    a->len = 16;
    return 0;
}

static int act(Server *server, Message *m, Answer *a)
{
    switch (m->header.command) {
    case VFIO_USER_VERSION: return on_version(server, m, a);
    case VFIO_USER_DMA_MAP: return on_dma_map(server, m, a);
    case VFIO_USER_DMA_UNMAP: return on_dma_unmap(server, m, a);
    case VFIO_USER_DEVICE_GET_INFO: return on_info(server, m, a);
    case VFIO_USER_DEVICE_GET_REGION_INFO: return on_region_info(server, m, a);
    case VFIO_USER_DEVICE_GET_IRQ_INFO: return on_irq_info(server, m, a);
    case VFIO_USER_DEVICE_SET_IRQS: return on_set_irqs(server, m, a);
    case VFIO_USER_REGION_READ: return on_read(server, m, a);
    case VFIO_USER_REGION_WRITE: return on_write(server, m, a);
    case VFIO_USER_REGION_WRITE_MULTI: return on_write_multi(server, m, a);
    case VFIO_USER_DEVICE_RESET: return 0;
    case VFIO_USER_DEVICE_FEATURE: return on_feature(server, m, a);
    default: return -ENOSYS;
    }
}

/* False: the server has said its last word. */
static bool handle(Server *server, Message *m, Answer *a)
{
    uint16_t command = m->header.command;
    Fault fault = FAULT_NONE;

    if ((m->header.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_REPLY) {     /* to server_say() */
        server->replies++;
        server->dma_error = m->header.flags & VFIO_USER_ERROR ? (int)m->header.error : 0;
        return true;
    }
    server->count[command % G_N_ELEMENTS(server->count)]++;
    a->header = (VfioUserHeader){ .id = m->header.id, .command = command, .flags = VFIO_USER_REPLY };
    a->len = a->fd_count = 0;
    int got = act(server, m, a);
    if (got < 0) {
        a->header.flags |= VFIO_USER_ERROR;
        a->header.error = (uint32_t)-got;
        a->len = 0;
    }
    if (m->header.flags & VFIO_USER_NO_REPLY) {
        server->posted++;
        return true;
    }
    if (server->fault != FAULT_NONE && server->fault_command == command && server->fault_skip-- == 0) {
        fault = server->fault;
        server->fault = FAULT_NONE;
    }
    if (send_answer(server, a, fault)) {
        return true;
    }
    if (fault == FAULT_CLOSE || fault == FAULT_HALF_CLOSE) {
        shutdown(server->fd, SHUT_RDWR);
    }
    return false;
}

static void *run(void *opaque)
{
    Server *server = opaque;
    g_autofree Answer *answer = g_new0(Answer, 1);
    bool more = true;
    Message m = { 0 };
    char byte;

    server->fd = accept(server->listener, NULL, NULL);
    while (more && server->fd >= 0 && message_get(server->fd, &m)) {
        g_mutex_lock(&server->lock);
        more = handle(server, &m, answer);
        g_mutex_unlock(&server->lock);
        message_clear(&m);
    }
    if (more) {
        message_clear(&m);
    }
    while (!more && recv(server->fd, &byte, 1, 0) > 0) {    /* until the client gives up */
    }
    return NULL;
}

/* ---- life ---- */

static void make_device(Server *server)
{
    uint8_t *c = server->config;
    static const uint8_t msix[] = { 0x11, 0, 0x01, 0, 0x00, 0x20, 0, 0, 0x00, 0x30, 0, 0 };    /* in BAR 0 */

    memcpy(c, (const uint8_t[]){ 0x34, 0x12, 0x78, 0x56 }, 4);
    c[PCI_STATUS] = PCI_STATUS_CAP_LIST;
    c[PCI_CLASS_DEVICE + 1] = 0xff;
    c[PCI_BASE_ADDRESS_4] = PCI_BASE_ADDRESS_SPACE_IO;
    c[PCI_CAPABILITY_LIST] = 0x40;
    c[PCI_INTERRUPT_PIN] = 1;
    memcpy(c + 0x40, msix, sizeof(msix));
    *(uint32_t *)(void *)(server->bar + SERVER_ALIVE_REGISTER) = SERVER_ALIVE;
}

Server *server_new(void)
{
    Server *server = g_new0(Server, 1);
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    g_autofree char *folder = g_dir_make_tmp("vfio-user-XXXXXX", NULL);

    server->path = g_build_filename(folder, "socket", NULL);
    server->version = "{\"capabilities\":{\"max_msg_fds\":8,\"write_multiple\":true}}";
    server->max_xfer = 1 << 20;
    server->regions = 9;
    server->irqs = 5;
    server->fd = -1;
    server->writes = g_array_new(false, false, sizeof(VfioUserWrite));
    server->mappings = g_array_new(false, false, sizeof(ServerMapping));
    memset(server->triggers, 0xff, sizeof(server->triggers));
    server->bar2 = memfd_create("bar2", MFD_CLOEXEC);
    g_assert_cmpint(ftruncate(server->bar2, SERVER_BAR_SIZE), ==, 0);
    g_mutex_init(&server->lock);
    make_device(server);
    g_strlcpy(addr.sun_path, server->path, sizeof(addr.sun_path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->listener, (const struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(server->listener, 1), ==, 0);
    server->thread = g_thread_new("server", run, server);
    return server;
}

void server_free(Server *server)
{
    if (!server) {
        return;
    }
    shutdown(server->listener, SHUT_RDWR);
    server_die(server);
    g_thread_join(server->thread);
    fd_close(&server->fd);
    fd_close(&server->listener);
    fd_close(&server->bar2);
    for (unsigned i = 0; i < 5 * 64; i++) {
        fd_close(&server->triggers[i / 64][i % 64]);
    }
    g_autofree char *folder = g_path_get_dirname(server->path);
    g_unlink(server->path);
    g_rmdir(folder);
    g_array_unref(server->writes);
    g_array_unref(server->mappings);
    g_mutex_clear(&server->lock);
    g_clear_pointer(&server->mutate, g_rand_free);
    g_free(server->path);
    g_free(server);
}

VfioPci *server_plug(const Server *server, const char *settings, Error **errp)
{
    VfioPci *dev = (VfioPci *)object_new(&vfio_user_pci_class, NULL, errp);
    g_autofree char *text = g_strdup_printf("addr=05.0,socket=%s,%s", server->path, settings);
    g_autoptr(KeyVals) kv = keyval_parse(text, NULL, errp);

    g_assert(dev && kv && object_set_all(&dev->pci.obj, kv, errp));
    if (!object_realize(&dev->pci.obj, errp) || !object_complete(&dev->pci.obj, errp)) {
        object_free(&dev->pci.obj);
        return NULL;
    }
    return dev;
}

void server_arm(Server *server, uint16_t command, unsigned skip, Fault fault)
{
    g_mutex_lock(&server->lock);
    server->fault_command = command;
    server->fault_skip = skip;
    server->fault = fault;
    g_mutex_unlock(&server->lock);
}

void server_say(Server *server, VfioUserHeader header, const void *data, size_t len)
{
    g_mutex_lock(&server->lock);
    send_bytes(server->fd, &header, sizeof(header), NULL, 0);
    send_bytes(server->fd, data, len, NULL, 0);
    g_mutex_unlock(&server->lock);
}

unsigned server_count(Server *server, uint16_t command)
{
    g_mutex_lock(&server->lock);
    unsigned count = server->count[command];
    g_mutex_unlock(&server->lock);
    return count;
}

void server_die(Server *server)
{
    if (server->fd >= 0) {
        shutdown(server->fd, SHUT_RDWR);
    }
}
