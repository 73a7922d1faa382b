/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the vfio-user protocol as a server sees them, in blocking calls; for tests. */
#ifndef TESTS_UNIT_VFIO_USER_WIRE_H
#define TESTS_UNIT_VFIO_USER_WIRE_H

#include "hw/vfio/user-socket.h"

enum { FDS_MAX = 64, MESSAGE_MAX = 2 << 20 };

typedef struct Message {
    VfioUserHeader header;
    uint8_t *data;
    size_t len;
    int fds[FDS_MAX];
    unsigned fd_count;
} Message;

/* The next whole message, to be cleared; false: the peer has gone. */
bool message_get(int socket, Message *m);

/* Closes its files, too. */
void message_clear(Message *m);

/* Files go with the first byte. A peer that has gone is no error. */
void send_bytes(int socket, const void *bytes, size_t len, const int *fds, unsigned fd_count);

#endif
