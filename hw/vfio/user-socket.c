/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Framing, waiting and ending of a vfio-user connection; see user-socket.h. */
#include "hw/vfio/user-socket.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mainloop.h"
#include "lib/fd.h"
#include "lib/interrupt.h"
#include "lib/log.h"

G_STATIC_ASSERT(sizeof(VfioUserHeader) == 16);
G_STATIC_ASSERT(sizeof(VfioUserWrite) == 24);

enum {
    PAYLOAD_MAX = VFIO_USER_XFER_MAX + sizeof(VfioUserAccess),
    QUEUE_MAX = 64 << 20,           /* bytes the server may leave unread before we give up */
    POSTED_MAX = 1 << 20,           /* bytes after which a posted write waits */
    WRITES_MAX = 128,               /* in one message; the specification names no limit */
    BURST_MAX = 64,                 /* messages handled in one turn of the main loop */
    ERRNO_MAX = 4095,               /* as of the kernel; the server's number may be anything */
};

/* A message on its way out. */
typedef struct Outgoing {
    GByteArray *bytes;
    size_t sent;
    const int *fds;                 /* the caller's, who waits */
    unsigned fd_count;
    unsigned writes;                /* of VFIO_USER_REGION_WRITE_MULTI; 0: another message */
} Outgoing;

/* The message that is coming in. */
typedef struct Incoming {
    VfioUserHeader header;
    uint8_t *data;
    size_t got;                     /* bytes, the header's included */
    int fds[VFIO_USER_FDS_MAX];
    unsigned fd_count;
} Incoming;

struct VfioUserSocket {
    int fd;
    char *name;
    unsigned timeout_ms;
    VfioUserServe *serve;           /* NULL: nothing */
    void *serve_opaque;
    void (*on_lost)(void *opaque);
    void *lost_opaque;
    Watch *in, *out;                /* out: only while the queue is not empty */
    GQueue queue;                   /* of Outgoing */
    size_t queued;                  /* bytes */
    Incoming incoming;
    uint16_t last_id;
    VfioUserCall *waiting;          /* the call that waits, and its result */
    bool answered;
    int result;
    bool settled;
    char *lost;                     /* why; NULL: it was not */
};

static size_t payload_len(const Incoming *incoming)
{
    return incoming->header.size - sizeof(VfioUserHeader);
}

/* ---- the end ---- */

static void outgoing_free(gpointer data)
{
    Outgoing *message = data;

    g_byte_array_unref(message->bytes);
    g_free(message);
}

static void incoming_clear(Incoming *incoming)
{
    for (unsigned i = 0; i < incoming->fd_count; i++) {
        fd_close(&incoming->fds[i]);
    }
    g_free(incoming->data);
    *incoming = (Incoming){ 0 };
}

static void queue_clear(VfioUserSocket *socket)
{
    g_queue_clear_full(&socket->queue, outgoing_free);
    socket->queued = 0;
    g_clear_pointer(&socket->out, watch_free);
}

/* The owner learns it in the main loop, which finds the socket shut down: now it may be in a call. */
void vfio_user_give_up(VfioUserSocket *socket, const char *fmt, ...)
{
    va_list args;

    if (socket->lost) {
        return;
    }
    va_start(args, fmt);
    socket->lost = g_strdup_vprintf(fmt, args);
    va_end(args);
    shutdown(socket->fd, SHUT_RDWR);
    queue_clear(socket);
    if (socket->settled) {
        Error *err = NULL;
        fail(&err, "vfio-user %s: %s; the guest goes on without the device", socket->name, socket->lost);
        error_report(err, NULL);
    }
}

const char *vfio_user_lost(const VfioUserSocket *socket)
{
    return socket->lost;
}

bool vfio_user_socket_settle(VfioUserSocket *socket, void (*lost)(void *opaque), void *opaque, Error **errp)
{
    if (socket->lost) {
        return fail(errp, "%s", socket->lost);
    }
    socket->settled = true;
    socket->on_lost = lost;
    socket->lost_opaque = opaque;
    return true;
}

bool vfio_user_gone(const VfioUserSocket *socket)
{
    return socket->settled && socket->lost;
}

static void broken(VfioUserSocket *socket, int err)
{
    if (err == EPIPE || err == ECONNRESET || err == 0) {
        vfio_user_give_up(socket, "the server has closed the connection");
    } else {
        vfio_user_give_up(socket, "the connection to the server has broken: %s", g_strerror(err));
    }
}

/* ---- out ---- */

static ssize_t send_some(VfioUserSocket *socket, const Outgoing *message)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * VFIO_USER_FDS_OUT_MAX)]; } control;
    struct iovec data = { message->bytes->data + message->sent, message->bytes->len - message->sent };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };

    if (message->fd_count > 0 && message->sent == 0) {
        size_t size = sizeof(int) * message->fd_count;
        memset(&control, 0, sizeof(control));
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(head), message->fds, size);
    }
    ssize_t n = sendmsg(socket->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

static void on_writable(void *opaque, GIOCondition got);

static void watch_out(VfioUserSocket *socket)
{
    bool wanted = socket->queue.length > 0;

    if (wanted && !socket->out) {
        socket->out = watch_new(socket->fd, G_IO_OUT, on_writable, socket);
    } else if (!wanted) {
        g_clear_pointer(&socket->out, watch_free);
    }
}

/* Send what the socket takes without waiting. */
static void flush(VfioUserSocket *socket)
{
    while (!socket->lost && socket->queue.length > 0) {
        Outgoing *message = g_queue_peek_head(&socket->queue);
        ssize_t n = send_some(socket, message);
        if (n == -EAGAIN) {
            break;
        }
        if (n < 0 && n != -EINTR) {
            broken(socket, (int)-n);
            return;
        }
        message->sent += (size_t)MAX(n, 0);
        socket->queued -= (size_t)MAX(n, 0);
        if (message->sent == message->bytes->len) {
            outgoing_free(g_queue_pop_head(&socket->queue));
        }
    }
    watch_out(socket);
}

static void on_writable(void *opaque, GIOCondition got)
{
    flush(opaque);
}

static void append(Outgoing *message, const void *data, size_t len)
{
    if (len > 0) {
        g_byte_array_append(message->bytes, data, (guint)len);
    }
}

static Outgoing *outgoing_new(VfioUserHeader header, size_t payload)
{
    Outgoing *message = g_new0(Outgoing, 1);

    header.size = (uint32_t)(sizeof(header) + payload);
    message->bytes = g_byte_array_sized_new(header.size);
    append(message, &header, sizeof(header));
    return message;
}

static void enqueue(VfioUserSocket *socket, Outgoing *message)
{
    socket->queued += message->bytes->len;
    g_queue_push_tail(&socket->queue, message);
    flush(socket);
    if (socket->queued > QUEUE_MAX) {
        vfio_user_give_up(socket, "the server does not read what it asks for");
    }
}

/* ---- commands of the server ---- */

static void on_command(VfioUserSocket *socket, const Incoming *incoming)
{
    VfioUserHeader header = incoming->header;
    g_autofree uint8_t *reply = NULL;
    size_t len = 0;
    int got = !socket->serve ? -ENOSYS : socket->serve(socket->serve_opaque, header.command, incoming->data,
                                                       payload_len(incoming), &reply, &len);

    if (header.flags & VFIO_USER_NO_REPLY) {
        return;
    }
    header.flags = VFIO_USER_REPLY | (got < 0 ? VFIO_USER_ERROR : 0);
    header.error = got < 0 ? (uint32_t)-got : 0;
    Outgoing *message = outgoing_new(header, len);
    append(message, reply, len);
    enqueue(socket, message);
}

/* ---- answers ---- */

static int take_answer(VfioUserCall *call, Incoming *incoming)
{
    const VfioUserHeader *header = &incoming->header;

    if (header->command != call->command) {
        return -EPROTO;
    }
    if (header->flags & VFIO_USER_ERROR) {
        return header->error > 0 && header->error <= ERRNO_MAX ? -(int)header->error : -EIO;
    }
    if (payload_len(incoming) > call->reply_room) {
        return -EPROTO;
    }
    call->reply_len = payload_len(incoming);
    if (call->reply_len > 0) {
        memcpy(call->reply, incoming->data, call->reply_len);
    }
    if (call->reply_fd && incoming->fd_count > 0) {
        *call->reply_fd = incoming->fds[0];
        incoming->fds[0] = -1;
    }
    return 0;
}

static void on_answer(VfioUserSocket *socket, Incoming *incoming)
{
    if (!socket->waiting || socket->answered || incoming->header.id != socket->last_id) {
        warn_limited("vfio-user %s: the server answers what was not asked (command %u, id %u)", socket->name,
                     incoming->header.command, incoming->header.id);
        return;
    }
    socket->result = take_answer(socket->waiting, incoming);
    socket->answered = true;
}

/* ---- in ---- */

/* Files that came along; false: there are more than we take. */
static bool take_files(Incoming *incoming, struct msghdr *msg)
{
    bool ok = !(msg->msg_flags & MSG_CTRUNC);

    for (struct cmsghdr *head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && head->cmsg_type == SCM_RIGHTS; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
            if (incoming->fd_count < VFIO_USER_FDS_MAX) {
                incoming->fds[incoming->fd_count++] = fd;
            } else {
                close(fd);
                ok = false;
            }
        }
    }
    return ok;
}

/* Up to @len bytes to @to; 0: nothing there now, or lost. */
static size_t receive_some(VfioUserSocket *socket, void *to, size_t len)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * VFIO_USER_FDS_MAX)]; } control;
    struct iovec data = { to, len };
    struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    ssize_t n = recvmsg(socket->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n > 0) {
        if (!take_files(&socket->incoming, &msg)) {
            vfio_user_give_up(socket, "the server sends more files with a message than it may");
        }
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        broken(socket, n == 0 ? 0 : errno);
    }
    return 0;
}

static void check_header(VfioUserSocket *socket)
{
    const VfioUserHeader *header = &socket->incoming.header;

    if (header->size < sizeof(*header) || payload_len(&socket->incoming) > PAYLOAD_MAX) {
        vfio_user_give_up(socket, "the server sends a message of an impossible size, %u bytes", header->size);
    } else if ((header->flags & VFIO_USER_TYPE_MASK) > VFIO_USER_REPLY) {
        vfio_user_give_up(socket, "the server sends a message of an unknown type (%u)",
                          header->flags & VFIO_USER_TYPE_MASK);
    }
}

static void handle(VfioUserSocket *socket)
{
    Incoming incoming = socket->incoming;

    socket->incoming = (Incoming){ 0 };
    if ((incoming.header.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_REPLY) {
        on_answer(socket, &incoming);
    } else {
        on_command(socket, &incoming);
    }
    incoming_clear(&incoming);
}

/* Take in what is there, up to the end of one message; true: that message was handled. */
static bool receive(VfioUserSocket *socket)
{
    Incoming *incoming = &socket->incoming;
    size_t head = sizeof(incoming->header), n;

    while (incoming->got < head) {
        n = receive_some(socket, (uint8_t *)&incoming->header + incoming->got, head - incoming->got);
        incoming->got += n;
        if (n == 0 || socket->lost) {
            return false;
        }
    }
    check_header(socket);
    if (socket->lost) {
        return false;
    }
    if (!incoming->data) {
        incoming->data = g_malloc(payload_len(incoming) + 1);
    }
    while (incoming->got < incoming->header.size) {
        size_t left = incoming->header.size - incoming->got;
        n = receive_some(socket, incoming->data + incoming->got - head, left);
        incoming->got += n;
        if (n == 0 || socket->lost) {
            return false;
        }
    }
    handle(socket);
    return !socket->lost;
}

/* Also finds the connection shut down by vfio_user_give_up(). */
static void on_readable(void *opaque, GIOCondition got)
{
    VfioUserSocket *socket = opaque;

    for (unsigned i = 0; i < BURST_MAX && !socket->lost && receive(socket); i++) {
    }
    if (socket->lost) {
        g_clear_pointer(&socket->in, watch_free);
        if (socket->settled) {
            socket->on_lost(socket->lost_opaque);
        }
    }
}

/* ---- waiting ---- */

int64_t vfio_user_deadline(const VfioUserSocket *socket)
{
    return g_get_monotonic_time() + (int64_t)socket->timeout_ms * 1000;
}

/* Wait until the socket is ready and serve it; false: lost, or @deadline_us has passed, which is the same. */
enum { LOOK_AROUND_MS = 100 };

static bool wait_once(VfioUserSocket *socket, int64_t deadline_us)
{
    struct pollfd ready = { .fd = socket->fd, .events = POLLIN | (socket->queue.length ? POLLOUT : 0) };
    int64_t left_us = deadline_us - g_get_monotonic_time();

    if (left_us <= 0) {
        vfio_user_give_up(socket, "the server does not answer in %u ms (x-msg-timeout)", socket->timeout_ms);
        return false;
    }
    if (interrupt_pending()) {      /* the run is to end: the main loop waits for us to come back */
        vfio_user_give_up(socket, "interrupted while waiting for the server");
        return false;
    }
    if (poll(&ready, 1, (int)MIN((left_us + 999) / 1000, LOOK_AROUND_MS)) <= 0) {
        return true;    /* a signal, or time is up: seen in the next turn */
    }
    if (ready.revents & POLLOUT) {
        flush(socket);
    }
    if (!socket->lost && (ready.revents & ~POLLOUT)) {
        receive(socket);
    }
    return !socket->lost;
}

int vfio_user_call(VfioUserSocket *socket, VfioUserCall *call)
{
    int64_t deadline_us = call->deadline_us ? call->deadline_us : vfio_user_deadline(socket);

    g_assert(!socket->waiting);     /* serve() does not call */
    if (call->reply_fd) {
        *call->reply_fd = -1;
    }
    if (socket->lost) {
        return -ENOTCONN;
    }
    VfioUserHeader header = { .id = ++socket->last_id, .command = (uint16_t)call->command };
    Outgoing *message = outgoing_new(header, call->head_len + call->data_len);
    append(message, call->head, call->head_len);
    append(message, call->data, call->data_len);
    message->fds = call->fds;
    message->fd_count = call->fd_count;
    socket->waiting = call;
    socket->answered = false;
    enqueue(socket, message);
    while (!socket->lost && !socket->answered) {
        wait_once(socket, deadline_us);
    }
    socket->waiting = NULL;
    return socket->answered ? socket->result : -ENOTCONN;
}

/* ---- posted writes ---- */

/* The last message in the queue, when it can take one more write. */
static Outgoing *open_batch(VfioUserSocket *socket)
{
    Outgoing *last = g_queue_peek_tail(&socket->queue);

    return last && last->sent == 0 && last->writes > 0 && last->writes < WRITES_MAX ? last : NULL;
}

static void batch_add(VfioUserSocket *socket, Outgoing *batch, const VfioUserWrite *write)
{
    VfioUserHeader *header = (VfioUserHeader *)(void *)batch->bytes->data;
    uint64_t count = ++batch->writes;

    header->size += sizeof(*write);
    memcpy(batch->bytes->data + sizeof(*header), &count, sizeof(count));
    append(batch, write, sizeof(*write));
    socket->queued += sizeof(*write);
}

static Outgoing *batch_new(VfioUserSocket *socket, const VfioUserWrite *write)
{
    uint64_t count = 1;
    VfioUserHeader header = { .id = ++socket->last_id, .command = VFIO_USER_REGION_WRITE_MULTI,
                              .flags = VFIO_USER_NO_REPLY };
    Outgoing *batch = outgoing_new(header, sizeof(count) + sizeof(*write));

    append(batch, &count, sizeof(count));
    append(batch, write, sizeof(*write));
    batch->writes = 1;
    return batch;
}

static Outgoing *single_new(VfioUserSocket *socket, const VfioUserWrite *write)
{
    VfioUserHeader header = { .id = ++socket->last_id, .command = VFIO_USER_REGION_WRITE,
                              .flags = VFIO_USER_NO_REPLY };
    Outgoing *message = outgoing_new(header, sizeof(write->at) + write->at.count);

    append(message, &write->at, sizeof(write->at));
    append(message, write->data, write->at.count);
    return message;
}

int vfio_user_post(VfioUserSocket *socket, const VfioUserWrite *write, bool multi)
{
    int64_t deadline_us = vfio_user_deadline(socket);

    flush(socket);
    while (socket->queued > POSTED_MAX && wait_once(socket, deadline_us)) {
    }
    if (socket->lost) {
        return -ENOTCONN;
    }
    bool behind = socket->queue.length > 0;
    Outgoing *batch = multi && behind ? open_batch(socket) : NULL;
    if (batch) {
        batch_add(socket, batch, write);
    } else {
        enqueue(socket, multi && behind ? batch_new(socket, write) : single_new(socket, write));
    }
    return 0;
}

/* ---- life ---- */

VfioUserSocket *vfio_user_socket_new(int fd, const char *name, unsigned timeout_ms)
{
    VfioUserSocket *socket = g_new0(VfioUserSocket, 1);

    socket->fd = fd;
    socket->name = g_strdup(name);
    socket->timeout_ms = timeout_ms;
    g_queue_init(&socket->queue);
    socket->in = watch_new(fd, G_IO_IN, on_readable, socket);
    return socket;
}

void vfio_user_socket_serve(VfioUserSocket *socket, VfioUserServe *serve, void *opaque)
{
    socket->serve = serve;
    socket->serve_opaque = opaque;
}

void vfio_user_socket_free(VfioUserSocket *socket)
{
    if (!socket) {
        return;
    }
    g_clear_pointer(&socket->in, watch_free);
    queue_clear(socket);
    incoming_clear(&socket->incoming);
    fd_close(&socket->fd);
    g_free(socket->lost);
    g_free(socket->name);
    g_free(socket);
}
