/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vfio-user server that may be anything; see vfio-server.h. */
#include "tests/fuzz/vfio-server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hw/display/pixels.h"
#include "hw/pci/pci.h"
#include "hw/vfio/user-socket.h"
#include "lib/fd.h"
#include "tests/unit/vfio-machine.h"

enum {
    FILES = 8,                  /* of the client that are kept */
    FILES_OUT_MAX = 15,         /* with one message: more than the client takes */
    CHUNK = 64 << 10,
    PIECES_MAX = 64,            /* of what is to be sent, whatever the input says */
    MAPPED_SIZE = 0x4000,       /* BAR 2 */
    VECTORS = 8,
    EDID_REGION = VFIO_PCI_NUM_REGIONS,     /* and all after it, if the client is made to ask */
    DMA_ID = 0x7777,            /* of our commands */
};

typedef struct Server {
    Input script;
    unsigned offer;
    size_t piece, config_size;
    int fd;                     /* of the connection; -1: none */
    GByteArray *in, *out;
    int files[FILES];           /* of the client; -1 */
    unsigned next_file;
    int with[FILES_OUT_MAX];    /* files that go with the next byte; not ours to close */
    unsigned with_count;
    unsigned honest, next;      /* so many answers before this deed; when decided */
    bool decided, silent, closing;
    int silence_ms;             /* the client waited for nothing */
    uint8_t config[PCIE_CONFIG_SIZE];
} Server;

static Server server = { .fd = -1 };
static int64_t now_us = 1;
static int mapped = -1, devnull = -1;

static const char *const offers[] = {
    "{\"capabilities\":{\"max_msg_fds\":8,\"write_multiple\":true,\"x-gfx-plane\":true}}",
    "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":8}}",
    "{\"capabilities\":{\"max_msg_fds\":0,\"max_data_xfer_size\":100,\"pgsizes\":69632}}",
    "{\"capabilities\":{\"max_dma_maps\":2,\"pgsizes\":4097,\"twin_socket\":true}}",
    "", "{}", "{\"capabilities\":{\"max_msg_fds\":200,\"migration\":{\"pgsize\":4096}}}", " {\"a\":[{}]} ",
};

static const size_t pieces[] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, 1, 15, 17, 1000, 4096 };

/* ---- the honest device ---- */

static void describe_config(uint8_t *config)
{
    test_config_init(config, 0x8086, 0x1916, 0x030000);
    pci_set_u16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
    config[PCI_CAPABILITY_LIST] = 0x40;
    pci_set_u32(config + 0x40, 0x00035001);                 /* power management */
    pci_set_u32(config + 0x50, 0x01887005);                 /* MSI: 64 bits, masks */
    pci_set_u32(config + 0x70, (VECTORS - 1) << 16 | 0x9011);   /* MSI-X in BAR 0 */
    pci_set_u32(config + 0x74, 0x2000);
    pci_set_u32(config + 0x78, 0x3000);
    pci_set_u32(config + 0x90, 0x00020010);                 /* PCI Express endpoint */
    pci_set_u32(config + PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_MEM_TYPE_64);
    pci_set_u32(config + PCI_BASE_ADDRESS_4, PCI_BASE_ADDRESS_SPACE_IO);
    pci_set_u32(config + 0x100, 0x14010001);                /* error reporting */
    pci_set_u32(config + 0x140, 0x00010003);                /* serial number */
}

/* The beginning of a question; the client is ours, and asks whole ones. */
static void take(void *to, size_t size, const GByteArray *question)
{
    g_assert(question->len >= sizeof(VfioUserHeader) + size);
    memcpy(to, question->data + sizeof(VfioUserHeader), size);
}

static void give(GByteArray *answer, const void *data, size_t len)
{
    g_byte_array_append(answer, data, (guint)len);
}

static void answer_version(const GByteArray *question, GByteArray *answer)
{
    const uint16_t version[2] = { 0, 1 };
    const char *offer = offers[server.offer];

    give(answer, version, sizeof(version));
    give(answer, offer, *offer ? strlen(offer) + 1 : 0);
}

static void answer_nothing(const GByteArray *question, GByteArray *answer)
{
}

static void answer_info(const GByteArray *question, GByteArray *answer)
{
    const uint32_t info[] = { 16, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET, EDID_REGION + 1,
                              VFIO_PCI_NUM_IRQS };

    give(answer, info, sizeof(info));
}

/* With a capability, if there is room for it. */
static void give_region(GByteArray *answer, const struct vfio_region_info *ask, struct vfio_region_info *info,
                        const void *cap, size_t size)
{
    info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
    info->argsz += (uint32_t)size;
    bool room = ask->argsz >= info->argsz;
    info->cap_offset = room ? sizeof(*info) : 0;
    give(answer, info, sizeof(*info));
    give(answer, cap, room ? size : 0);
}

/* BAR 2 has its second and fourth page to map; the client must make room to hear of it. */
static void answer_region(const GByteArray *question, GByteArray *answer)
{
    static const uint64_t sizes[VFIO_PCI_NUM_REGIONS] = { 0x10000, 0, MAPPED_SIZE, 0, 0x40, 0, 0x800 };
    static const struct { struct vfio_info_cap_header head; uint32_t count, reserved; uint64_t areas[4]; } sparse = {
        { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 0 }, 2, 0, { 0x1000, 0x1000, 0x3000, 0x1000 },
    };
    static const struct vfio_region_info_cap_type type = {
        { VFIO_REGION_INFO_CAP_TYPE, 1, 0 }, VFIO_REGION_TYPE_GFX, VFIO_REGION_SUBTYPE_GFX_EDID,
    };
    struct vfio_region_info ask, info = { .argsz = sizeof(info), .flags = 3 };

    take(&ask, sizeof(ask), question);
    g_assert(ask.index < UINT16_MAX);
    info.index = ask.index;
    info.size = ask.index < VFIO_PCI_NUM_REGIONS ? sizes[ask.index] : 0x1000;
    info.size = ask.index == VFIO_PCI_CONFIG_REGION_INDEX ? server.config_size : info.size;
    if (ask.index == VFIO_PCI_BAR2_REGION_INDEX) {
        info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
        server.with[server.with_count++] = mapped;
        give_region(answer, &ask, &info, &sparse, sizeof(sparse));
    } else if (ask.index >= EDID_REGION) {
        give_region(answer, &ask, &info, &type, sizeof(type));
    } else {
        give(answer, &info, sizeof(info));
    }
}

static void answer_irq(const GByteArray *question, GByteArray *answer)
{
    static const uint32_t counts[VFIO_PCI_NUM_IRQS] = { 1, 1, VECTORS, 1, 1 };
    struct vfio_irq_info info;

    take(&info, sizeof(info), question);
    info.flags = VFIO_IRQ_INFO_EVENTFD;
    info.count = info.index < VFIO_PCI_NUM_IRQS ? counts[info.index] : 1;
    give(answer, &info, sizeof(info));
}

/* Where configuration space has these bytes; NULL: elsewhere. */
static uint8_t *config_at(const VfioUserAccess *at)
{
    bool inside = at->offset <= sizeof(server.config) && at->count <= sizeof(server.config) - at->offset;

    return at->region == VFIO_PCI_CONFIG_REGION_INDEX && inside ? server.config + at->offset : NULL;
}

static void answer_read(const GByteArray *question, GByteArray *answer)
{
    VfioUserAccess at;

    take(&at, sizeof(at), question);
    g_assert(at.count <= VFIO_USER_XFER_MAX);
    give(answer, &at, sizeof(at));
    guint head = answer->len;
    g_byte_array_set_size(answer, head + at.count);
    if (config_at(&at)) {
        memcpy(answer->data + head, config_at(&at), at.count);
    } else {
        memset(answer->data + head, 0x55, at.count);
    }
}

static void answer_write(const GByteArray *question, GByteArray *answer)
{
    VfioUserAccess at;

    take(&at, sizeof(at), question);
    g_assert(question->len == sizeof(VfioUserHeader) + sizeof(at) + at.count);
    if (config_at(&at)) {
        memcpy(config_at(&at), question->data + sizeof(VfioUserHeader) + sizeof(at), at.count);
    }
    give(answer, &at, sizeof(at));
}

/* With what was asked. */
static void answer_same(const GByteArray *question, GByteArray *answer)
{
    give(answer, question->data + sizeof(VfioUserHeader), question->len - sizeof(VfioUserHeader));
}

/* A picture in the file of BAR 2, and a cursor. */
static void answer_plane(const GByteArray *question, GByteArray *answer)
{
    struct vfio_device_gfx_plane_info plane;

    take(&plane, sizeof(plane), question);
    plane.drm_format = PIXELS_ARGB8888;
    plane.width = 64;
    plane.height = 16;
    plane.stride = 256;
    plane.size = 0x1000;
    plane.dmabuf_id = plane.drm_plane_type;
    give(answer, &plane, sizeof(plane));
}

static void answer_dmabuf(const GByteArray *question, GByteArray *answer)
{
    VfioUserDmabuf dmabuf;

    take(&dmabuf, sizeof(dmabuf), question);
    server.with[server.with_count++] = mapped;
    give(answer, &dmabuf, sizeof(dmabuf));
}

typedef void Answer(const GByteArray *question, GByteArray *answer);

static Answer *const answers[] = {
    [VFIO_USER_VERSION] = answer_version,
    [VFIO_USER_DMA_MAP] = answer_nothing,
    [VFIO_USER_DMA_UNMAP] = answer_same,
    [VFIO_USER_DEVICE_GET_INFO] = answer_info,
    [VFIO_USER_DEVICE_GET_REGION_INFO] = answer_region,
    [VFIO_USER_DEVICE_GET_IRQ_INFO] = answer_irq,
    [VFIO_USER_DEVICE_SET_IRQS] = answer_nothing,
    [VFIO_USER_REGION_READ] = answer_read,
    [VFIO_USER_REGION_WRITE] = answer_write,
    [VFIO_USER_DEVICE_RESET] = answer_nothing,
    [VFIO_USER_REGION_WRITE_MULTI] = answer_nothing,
    [VFIO_USER_DEVICE_FEATURE] = answer_same,
};

/* NULL: nothing the client should ask. */
static Answer *answer_to(unsigned command)
{
    switch (command) {
    case VFIO_USER_X_QUERY_PLANE:
        return answer_plane;
    case VFIO_USER_X_GET_DMABUF:
        return answer_dmabuf;
    default:
        return command < G_N_ELEMENTS(answers) ? answers[command] : NULL;
    }
}

/* ---- what it does otherwise ---- */

static VfioUserHeader *header_of(GByteArray *message)
{
    return (VfioUserHeader *)(void *)message->data;
}

/* Other bytes in [@from, @to) of it: where, how many, and they. */
static void overwrite(GByteArray *message, size_t from, size_t to)
{
    size_t at = from + input_take(&server.script, 2) % MAX(to - from, 1);
    size_t len = 1 + input_take(&server.script, 1) % 16;
    const uint8_t *bytes = input_bytes(&server.script, &len);

    if (at < to) {
        memcpy(message->data + at, bytes, MIN(len, to - at));
    }
}

static void leave(GByteArray *answer)
{
}

static void spoil_payload(GByteArray *answer)
{
    overwrite(answer, sizeof(VfioUserHeader), answer->len);
}

static void spoil_header(GByteArray *answer)
{
    overwrite(answer, 0, sizeof(VfioUserHeader));
}

/* A payload of another length, which begins as the input says. */
static void replace_payload(GByteArray *answer)
{
    size_t size = input_take(&server.script, 2), len = input_take(&server.script, 1);
    const uint8_t *bytes = input_bytes(&server.script, &len);

    g_byte_array_set_size(answer, (guint)(sizeof(VfioUserHeader) + size));
    memset(answer->data + sizeof(VfioUserHeader), 0, size);
    memcpy(answer->data + sizeof(VfioUserHeader), bytes, MIN(len, size));
    header_of(answer)->size = answer->len;
}

static void refuse(GByteArray *answer)
{
    header_of(answer)->flags |= VFIO_USER_ERROR;
    header_of(answer)->error = (uint32_t)input_take(&server.script, 4);
}

static void speak_first(GByteArray *answer)
{
    vfio_server_speak(&server.script);
}

/* The last words: so many bytes of the answer, and then the end or silence. */
static void fall_silent(GByteArray *answer)
{
    unsigned how = (unsigned)input_take(&server.script, 1);

    g_byte_array_set_size(answer, MIN(answer->len, how & 2 ? UINT_MAX : how >> 2));
    server.closing = how & 1;
    server.silent = true;
}

/* Files nobody asked for, of which the first may be in the place of one that was; or the answer twice. */
static void add_files(GByteArray *answer)
{
    unsigned how = (unsigned)input_take(&server.script, 1);

    if (how == 0) {
        give(server.out, answer->data, answer->len);
    }
    server.with_count = how & 0x10 ? 0 : server.with_count;
    for (unsigned i = how & 0xf; i > 0 && server.with_count < FILES_OUT_MAX; i--) {
        server.with[server.with_count++] = how & 0x20 ? devnull : how & 0x40 ? server.fd : mapped;
    }
}

static void (*const deeds[])(GByteArray *answer) = {
    leave, spoil_payload, replace_payload, spoil_header, speak_first, refuse, add_files, fall_silent,
};

static void act(GByteArray *answer)
{
    if (!server.decided) {
        unsigned plan = (unsigned)input_take(&server.script, 1);
        server.honest = plan >> 3;
        server.next = plan % G_N_ELEMENTS(deeds);
        server.decided = true;
    }
    if (server.honest-- == 0) {
        deeds[server.next](answer);
        server.decided = false;
    }
}

void vfio_server_speak(Input *in)
{
    enum { OTHER = 1 << 1, NO_REPLY = 1 << 2, BITS = 1 << 3, LONGER = 1 << 4, HIGH = 1 << 5, MANY = 1 << 6 };
    unsigned how = (unsigned)input_take(in, 1);
    VfioUserHeader header = { .id = DMA_ID, .command = VFIO_USER_DMA_READ + (how & 1) };
    VfioUserDmaAccess access = { input_take(in, 4), input_take(in, how & HIGH ? 8 : 3) };
    size_t data = how & 1 && access.count <= VFIO_USER_XFER_MAX ? access.count : 0;

    header.command = how & OTHER ? (uint16_t)input_take(in, 2) : header.command;
    header.flags = (how & NO_REPLY ? VFIO_USER_NO_REPLY : 0) | (how & BITS ? (uint32_t)input_take(in, 4) : 0);
    data += how & LONGER ? input_take(in, 1) : 0;
    header.size = (uint32_t)(sizeof(header) + sizeof(access) + data);
    for (unsigned i = how & MANY ? 3 : 1; i > 0; i--) {
        give(server.out, &header, sizeof(header));
        give(server.out, &access, sizeof(access));
        g_byte_array_set_size(server.out, server.out->len + (guint)data);
        memset(server.out->data + server.out->len - data, 0xaa, data);
    }
}

/* ---- messages ---- */

static bool is_dma(uint16_t command)
{
    return command == VFIO_USER_DMA_READ || command == VFIO_USER_DMA_WRITE;
}

/* To a command, or to an answer spoilt into one: all that was read, the head of what was written, or why not. */
static void check_reply(const GByteArray *reply)
{
    const VfioUserHeader *header = (const VfioUserHeader *)(const void *)reply->data;
    VfioUserDmaAccess access = { 0 };

    if (header->flags & VFIO_USER_ERROR) {
        g_assert(header->error > 0 && reply->len == sizeof(*header));
        return;
    }
    g_assert(is_dma(header->command) && header->error == 0);
    take(&access, sizeof(access), reply);
    size_t data = header->command == VFIO_USER_DMA_READ ? access.count : 0;
    g_assert(reply->len == sizeof(*header) + sizeof(access) + data);
}

static void on_message(GByteArray *message)
{
    const VfioUserHeader asked = *header_of(message);
    VfioUserHeader header = { .id = asked.id, .command = asked.command, .flags = VFIO_USER_REPLY };
    g_autoptr(GByteArray) answer = g_byte_array_new();

    if ((asked.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_REPLY) {
        check_reply(message);
        return;
    }
    g_assert(answer_to(asked.command));
    give(answer, &header, sizeof(header));
    answer_to(asked.command)(message, answer);
    if (asked.flags & VFIO_USER_NO_REPLY) {
        return;
    }
    header_of(answer)->size = answer->len;
    act(answer);
    give(server.out, answer->data, answer->len);
}

/* All whole messages that are there. */
static void handle(void)
{
    while (!server.silent && server.in->len >= sizeof(VfioUserHeader)) {
        uint32_t size = header_of(server.in)->size;
        g_assert(size >= sizeof(VfioUserHeader) && size <= 2 * VFIO_USER_XFER_MAX);
        if (size > server.in->len) {
            break;
        }
        g_autoptr(GByteArray) message = g_byte_array_sized_new(size);
        give(message, server.in->data, size);
        g_byte_array_remove_range(server.in, 0, size);
        on_message(message);
    }
}

/* ---- the socket ---- */

static void keep_files(struct msghdr *msg)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
        const int *fds = (const int *)(const void *)CMSG_DATA(head);
        for (size_t i = 0; i < (head->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
            int *file = &server.files[server.next_file++ % FILES];
            fd_close(file);
            *file = fds[i];
        }
    }
}

static bool receive_some(void)
{
    static uint8_t chunk[CHUNK];
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * VFIO_USER_FDS_OUT_MAX)]; } control;
    struct iovec data = { chunk, sizeof(chunk) };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    ssize_t n = recvmsg(server.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n <= 0) {
        return false;
    }
    keep_files(&msg);
    give(server.in, chunk, (size_t)n);
    return true;
}

/* The next piece, as far as the client has room. A MiB in single bytes would take too long. */
static void send_piece(void)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * FILES_OUT_MAX)]; } control = { 0 };
    size_t piece = MAX(server.piece, server.out->len / PIECES_MAX);
    struct iovec data = { server.out->data, MIN(server.out->len, piece) };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };

    if (server.with_count > 0) {
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * server.with_count);
        struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * server.with_count);
        memcpy(CMSG_DATA(head), server.with, sizeof(int) * server.with_count);
    }
    ssize_t n = sendmsg(server.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
        g_byte_array_remove_range(server.out, 0, (guint)n);
        server.with_count = 0;
    }
}

void vfio_server_turn(void)
{
    while (server.fd >= 0 && receive_some()) {
        handle();
    }
    if (server.fd >= 0 && server.out->len > 0) {
        send_piece();
    }
    if (server.closing && server.out->len == 0) {
        fd_close(&server.fd);
    }
}

void vfio_server_signal(unsigned n)
{
    if (server.files[n % FILES] >= 0) {
        eventfd_signal(server.files[n % FILES]);
    }
}

void vfio_server_start(unsigned how, Input script)
{
    if (mapped < 0) {
        mapped = memfd_create("BAR 2", MFD_CLOEXEC);
        devnull = open("/dev/null", O_RDWR | O_CLOEXEC);
        g_assert(mapped >= 0 && devnull >= 0 && ftruncate(mapped, MAPPED_SIZE) == 0);
    }
    server = (Server){
        .script = script, .fd = -1, .in = g_byte_array_new(), .out = g_byte_array_new(),
        .offer = how % G_N_ELEMENTS(offers), .piece = pieces[(how >> 3) % G_N_ELEMENTS(pieces)],
        .config_size = how & 0x40 ? PCIE_CONFIG_SIZE : PCI_CONFIG_SIZE,
    };
    memset(server.files, 0xff, sizeof(server.files));
    describe_config(server.config);
    now_us = 1;
}

void vfio_server_end(void)
{
    vfio_server_turn();
    fd_close(&server.fd);
    for (unsigned i = 0; i < FILES; i++) {
        fd_close(&server.files[i]);
    }
    g_byte_array_unref(server.in);
    g_byte_array_unref(server.out);
}

/* ---- what the client calls, as the linker leads it here ---- */

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
gint64 __wrap_g_get_monotonic_time(void);

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    int ends[2];

    g_assert(server.fd < 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    g_assert(dup3(ends[0], fd, O_CLOEXEC) == fd);
    close(ends[0]);
    server.fd = ends[1];
    return 0;
}

/* x-msg-timeout as it is by default, and the end of a millisecond that has begun. */
enum { PATIENCE_MS = 5000 + 1 };

/* Who does not speak now never will: a client must not wait for that longer than once its time. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    vfio_server_turn();
    int ready = __real_poll(fds, count, 0);
    if (ready > 0) {
        now_us++;
    } else {
        server.silence_ms += timeout_ms;
        g_assert(server.silence_ms <= PATIENCE_MS);
        now_us += INT64_C(1000) * timeout_ms;
    }
    return ready;
}

gint64 __wrap_g_get_monotonic_time(void)
{
    return now_us;
}
