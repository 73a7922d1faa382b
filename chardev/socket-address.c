/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket addresses; see socket-address.h. */
#include "chardev/socket-address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "lib/fd.h"
#include "lib/parse.h"

bool socket_address_unix(SocketAddress *ret, const char *path, bool abstract, bool tight, Error **errp)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&ret->addr[0];
    size_t len = strlen(path), most = sizeof(un->sun_path) - 1;

    if (len > most) {
        fail(errp, "UNIX socket path '%s' is too long", path);
        return hint(errp, "Path must be at most %zu bytes", most);
    }
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path + (abstract ? 1 : 0), path, len);   /* a leading NUL makes it abstract */
    ret->len[0] = (socklen_t)(abstract && tight ? offsetof(struct sockaddr_un, sun_path) + 1 + len : sizeof(*un));
    ret->count = 1;
    ret->text = g_strdup(path);
    return true;
}

static void copy_addresses(SocketAddress *ret, const struct addrinfo *list)
{
    for (; list && ret->count < SOCKET_ADDRESSES_MAX; list = list->ai_next) {
        memcpy(&ret->addr[ret->count], list->ai_addr, list->ai_addrlen);
        ret->len[ret->count++] = list->ai_addrlen;
    }
}

/* A number, or the name of a service; the resolver takes too large numbers for others. */
static bool check_port(const char *port, Error **errp)
{
    uint64_t number;

    return !g_ascii_isdigit(port[0]) || parse_u64(port, UINT16_MAX, &number, errp) || fail(errp, "port");
}

bool socket_address_inet(SocketAddress *ret, const char *host, const char *port, int family, bool server, Error **errp)
{
    struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = server ? AI_PASSIVE : 0 };
    struct addrinfo *list;

    if (!check_port(port, errp)) {
        return false;
    }
    int err = getaddrinfo(*host ? host : NULL, port, &hints, &list);

    if (err) {
        return fail(errp, "address resolution failed for %s:%s: %s", host, port, gai_strerror(err));
    }
    copy_addresses(ret, list);
    freeaddrinfo(list);
    ret->text = g_strdup_printf("%s:%s", host, port);
    return true;
}

void socket_address_finish(SocketAddress *address)
{
    g_clear_pointer(&address->text, g_free);
    address->count = 0;
}

static int new_socket(const SocketAddress *address, unsigned i)
{
    int fd = socket(address->addr[i].ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

int socket_connect_start(const SocketAddress *address, unsigned i)
{
    const struct sockaddr *to = (const struct sockaddr *)&address->addr[i];
    int fd = new_socket(address, i);

    if (fd >= 0 && connect(fd, to, address->len[i]) < 0 && errno != EINPROGRESS) {
        int err = -errno;
        fd_close(&fd);
        return err;
    }
    return fd;
}

static void prepare_listen(const SocketAddress *address, unsigned i, int fd)
{
    int on = 1;
    const struct sockaddr_un *un = (const struct sockaddr_un *)&address->addr[i];

    if (un->sun_family == AF_UNIX) {
        if (un->sun_path[0]) {
            unlink(un->sun_path);
        }
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (un->sun_family == AF_INET6) {   /* the IPv4 address has a socket of its own */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
}

int socket_listen(const SocketAddress *address, unsigned i)
{
    int fd = new_socket(address, i);

    if (fd < 0) {
        return fd;
    }
    prepare_listen(address, i, fd);
    if (bind(fd, (const struct sockaddr *)&address->addr[i], address->len[i]) < 0 || listen(fd, 1) < 0) {
        int err = -errno;
        fd_close(&fd);
        return err;
    }
    return fd;
}
