/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of a multi-process PCI device. */
#include "wire.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The header has the layout of a C structure on the sender's side: four bytes of padding in it. */
typedef struct {
    int32_t command;
    uint32_t pad;
    uint64_t size;
} WireHeader;

static void take_descriptors(struct msghdr *header, WireMessage *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
            message->fd_count = (unsigned)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(message->fds, CMSG_DATA(part), message->fd_count * sizeof(int));
        }
    }
}

/* Descriptors come with the first byte of a message, wherever that is read. */
static ssize_t receive_some(int socket, void *buffer, size_t size, WireMessage *message)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(message->fds))];
    } control;
    struct iovec part = { .iov_base = buffer, .iov_len = size };
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof(control.space),
    };
    ssize_t got;

    do {
        got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        take_descriptors(&header, message);
    }
    return got;
}

static bool receive_all(int socket, void *buffer, size_t size, WireMessage *message)
{
    char *next = buffer;

    while (size) {
        ssize_t got = receive_some(socket, next, size, message);

        if (got <= 0) {
            return false;
        }
        next += got;
        size -= (size_t)got;
    }
    return true;
}

bool wire_receive(int socket, WireMessage *message)
{
    WireHeader header;

    memset(message, 0, sizeof(*message));
    if (!receive_all(socket, &header, sizeof(header), message) ||
        header.size > sizeof(message->body)) {
        return false;
    }
    message->command = header.command;
    message->size = header.size;
    return receive_all(socket, &message->body, header.size, message);
}

bool wire_reply(int socket, uint64_t value)
{
    struct {
        WireHeader header;
        uint64_t value;
    } reply = {
        .header = { .command = WIRE_RET, .size = sizeof(value) },
        .value = value,
    };

    return send(socket, &reply, sizeof(reply), MSG_NOSIGNAL) == (ssize_t)sizeof(reply);
}
