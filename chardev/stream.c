/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes between a character device and file descriptors, without ever waiting. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chardev/backend.h"
#include "lib/fd.h"

enum { READ_MAX = 4096 };

static void on_stall(void *opaque);

void stream_init(Chardev *chr)
{
    chr->stream.in_fd = chr->stream.out_fd = -1;
    timer_init(&chr->stream.stall, CLOCK_HOST, on_stall, chr);
}

static bool fd_is_socket(int fd)
{
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

void stream_open(Chardev *chr, int in_fd, int out_fd)
{
    Stream *stream = &chr->stream;

    signal(SIGPIPE, SIG_IGN);   /* a reader that leaves is an error of write(), not our end */
    stream_close(chr);
    stream->in_fd = in_fd;
    stream->out_fd = out_fd;
    stream->is_socket = fd_is_socket(out_fd);
    stream->pending = g_byte_array_new();
    stream_watch_input(chr);
}

static void drop_watch(Watch **watch)
{
    watch_free(*watch);
    *watch = NULL;
}

void stream_close(Chardev *chr)
{
    Stream *stream = &chr->stream;

    drop_watch(&stream->in_watch);
    drop_watch(&stream->out_watch);
    timer_cancel(&stream->stall);
    if (stream->out_fd == stream->in_fd) {
        stream->out_fd = -1;
    }
    fd_close(&stream->in_fd);
    fd_close(&stream->out_fd);
    g_clear_pointer(&stream->pending, g_byte_array_unref);
    stream->stalled = stream->refused = false;
}

/* ---- output ---- */

/* Bytes taken; 0 when the other side takes none now, -1 when it never will again. */
static ssize_t write_some(const Stream *stream, const uint8_t *data, size_t len)
{
    ssize_t n;

    do {
        n = stream->is_socket ? send(stream->out_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : write(stream->out_fd, data, len);
    } while (n < 0 && errno == EINTR);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

/* There is room again, or the time to wait for it is over. */
static void tell_writable(Chardev *chr)
{
    if (!chr->stream.refused) {
        return;
    }
    chr->stream.refused = false;
    for (unsigned i = 0; i < chr->front_count; i++) {
        if (chr->fronts[i].front->writable) {
            chr->fronts[i].front->writable(chr->fronts[i].opaque);
        }
    }
}

static void start_stall_timer(Stream *stream)
{
    timer_set(&stream->stall, clock_now(CLOCK_HOST) + CHARDEV_STALL_MS * NS_PER_MS);
}

static void on_stall(void *opaque)
{
    Chardev *chr = opaque;

    chr->stream.stalled = true;
    tell_writable(chr);
}

static void on_writable(void *opaque, GIOCondition got)
{
    Chardev *chr = opaque;
    Stream *stream = &chr->stream;
    ssize_t n = write_some(stream, stream->pending->data, stream->pending->len);

    if (n == 0) {
        return;
    }
    /* Nobody will ever read the rest: a hang-up is told by the input side. */
    g_byte_array_remove_range(stream->pending, 0, n < 0 ? stream->pending->len : (guint)n);
    stream->stalled = false;
    if (stream->pending->len > 0) {
        start_stall_timer(stream);
    } else {
        timer_cancel(&stream->stall);
        drop_watch(&stream->out_watch);
    }
    tell_writable(chr);
}

/* Keep what the other side did not take. */
static size_t queue(Chardev *chr, const uint8_t *data, size_t len)
{
    Stream *stream = &chr->stream;
    size_t room = CHARDEV_PENDING_MAX - stream->pending->len;
    size_t n = MIN(room, len);

    if (stream->pending->len == 0) {
        start_stall_timer(stream);
    }
    g_byte_array_append(stream->pending, data, (guint)n);
    if (!stream->out_watch) {
        stream->out_watch = watch_new(stream->out_fd, G_IO_OUT, on_writable, chr);
    }
    if (n == len || (stream->stalled && !chardev_is_patient(chr))) {
        return len;
    }
    stream->refused = true;
    return n;
}

size_t stream_write(Chardev *chr, const uint8_t *data, size_t len)
{
    Stream *stream = &chr->stream;
    ssize_t n = 0;

    if (stream->out_fd < 0 || len == 0) {
        return len;
    }
    if (stream->pending->len == 0) {
        n = write_some(stream, data, len);
    }
    if (n < 0 || (size_t)n == len) {
        return len;
    }
    return (size_t)n + queue(chr, data + n, len - (size_t)n);
}

/* ---- input ---- */

enum { DESCRIPTORS_MAX = 16 };   /* of one message; the kernel closes what does not fit */

static unsigned copy_descriptors(struct msghdr *message, int *fds)
{
    unsigned count = 0;

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
            unsigned n = (unsigned)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds + count, CMSG_DATA(part), n * sizeof(int));
            count += n;
        }
    }
    return count;
}

/* As read(); on a socket descriptors may come along, unix(7). */
static ssize_t read_some(Chardev *chr, uint8_t *data, size_t room)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec vector = { data, room };
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
    };
    int fds[DESCRIPTORS_MAX];

    if (!chr->stream.is_socket || chr->stream.in_fd != chr->stream.out_fd) {
        return read(chr->stream.in_fd, data, room);
    }
    ssize_t n = recvmsg(chr->stream.in_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    unsigned count = n >= 0 ? copy_descriptors(&message, fds) : 0;
    if (count > 0) {
        chardev_deliver_descriptors(chr, fds, count);
    }
    return n;
}

static void end_of_input(Chardev *chr)
{
    const ChardevOps *ops = chardev_ops(chr);

    drop_watch(&chr->stream.in_watch);
    if (ops && ops->hangup) {
        ops->hangup(chr);
    } else if (chr->stream.in_fd == chr->stream.out_fd) {
        stream_close(chr);
    } else {
        fd_close(&chr->stream.in_fd);
    }
}

static void on_input(void *opaque, GIOCondition got)
{
    Chardev *chr = opaque;
    const ChardevOps *ops = chardev_ops(chr);
    uint8_t data[READ_MAX];
    size_t room = chr->mux ? READ_MAX : MIN(chardev_room(chr), READ_MAX);

    if (room == 0) {
        drop_watch(&chr->stream.in_watch);
        return;
    }
    ssize_t n = read_some(chr, data, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        end_of_input(chr);
        return;
    }
    size_t len = ops && ops->filter ? ops->filter(chr, data, (size_t)n) : (size_t)n;
    if (chr->mux) {
        mux_receive(chr, data, len);
    } else {
        chardev_deliver(chr, data, len);
    }
}

void stream_watch_input(Chardev *chr)
{
    Stream *stream = &chr->stream;
    bool wanted = stream->in_fd >= 0 && chr->front_count > 0 && (chr->mux || chardev_room(chr) > 0);

    if (!wanted) {
        drop_watch(&stream->in_watch);
    } else if (!stream->in_watch) {
        stream->in_watch = watch_new(stream->in_fd, G_IO_IN, on_input, chr);
    }
}
