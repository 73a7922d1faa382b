/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a socket chardev connects to or listens: what the user wrote, resolved once. */
#ifndef CHARDEV_SOCKET_ADDRESS_H
#define CHARDEV_SOCKET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "core/property.h"

enum { SOCKET_ADDRESSES_MAX = 4 };

typedef struct SocketAddress {
    struct sockaddr_storage addr[SOCKET_ADDRESSES_MAX];    /* "localhost" is several */
    socklen_t len[SOCKET_ADDRESSES_MAX];
    unsigned count;
    char *text;             /* for messages: "/run/x.sock", "localhost:1234" */
} SocketAddress;

/* @abstract: a name in Linux's abstract namespace; @tight: without trailing zeroes. */
bool socket_address_unix(SocketAddress *ret, const char *path, bool abstract, bool tight, Error **errp);

/* @host may be empty: all addresses for a server, this host for a client. */
bool socket_address_inet(SocketAddress *ret, const char *host, const char *port, int family, bool server, Error **errp);

void socket_address_finish(SocketAddress *address);

/* Connect to address @i. A non-blocking socket that may still be connecting, or -errno. */
int socket_connect_start(const SocketAddress *address, unsigned i);

/* Listen on address @i; a socket file left by a former run is replaced. The fd or -errno. */
int socket_listen(const SocketAddress *address, unsigned i);

#endif
