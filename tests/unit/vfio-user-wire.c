/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a vfio-user server for tests; see vfio-user-wire.h. */
#include "tests/unit/vfio-user-wire.h"

#include <glib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fd.h"

static bool get_bytes(int socket, Message *m, void *to, size_t len)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)]; } control;

    for (size_t done = 0; done < len;) {
        struct iovec data = { (uint8_t *)to + done, len - done };
        struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof(control) };
        ssize_t n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
        struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
        if (head && head->cmsg_type == SCM_RIGHTS) {
            m->fd_count = (unsigned)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(m->fds, CMSG_DATA(head), m->fd_count * sizeof(int));
        }
    }
    return true;
}

void message_clear(Message *m)
{
    for (unsigned i = 0; i < m->fd_count; i++) {
        fd_close(&m->fds[i]);
    }
    g_free(m->data);
    *m = (Message){ 0 };
}

bool message_get(int socket, Message *m)
{
    *m = (Message){ 0 };
    if (!get_bytes(socket, m, &m->header, sizeof(m->header))) {
        return false;
    }
    g_assert_cmpuint(m->header.size, >=, sizeof(m->header));
    g_assert_cmpuint(m->header.size, <=, MESSAGE_MAX);
    m->len = m->header.size - sizeof(m->header);
    m->data = g_malloc0(m->len + 1);
    return get_bytes(socket, m, m->data, m->len);
}

void send_bytes(int socket, const void *bytes, size_t len, const int *fds, unsigned fd_count)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)]; } control = { 0 };

    for (size_t done = 0; done < len;) {
        struct iovec data = { (uint8_t *)bytes + done, len - done };
        struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };
        if (fd_count > 0 && done == 0) {
            msg.msg_control = &control;
            msg.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
            struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
            memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
        }
        ssize_t n = sendmsg(socket, &msg, MSG_NOSIGNAL);
        if (n <= 0) {
            return;     /* the client has had enough */
        }
        done += (size_t)n;
    }
}
