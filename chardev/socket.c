/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream socket, UNIX or TCP. A server has one client at a time and listens
 * again when it leaves; a client with reconnect= tries until somebody answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "chardev/backend.h"
#include "chardev/socket-address.h"
#include "chardev/telnet.h"
#include "core/runstate.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"

typedef struct SocketChardev SocketChardev;

typedef struct Listening {
    int fd;
    Watch *watch;           /* NULL while a client is served */
    SocketChardev *owner;
} Listening;

struct SocketChardev {
    Chardev chr;
    char *path, *host, *port, *fd;
    bool abstract, tight, server, delay, telnet, ipv4, ipv6;
    OnOffAuto wait;
    uint32_t reconnect;     /* seconds; 0: never again */

    SocketAddress address;
    Listening listening[SOCKET_ADDRESSES_MAX];
    unsigned listening_count;
    bool own_path;          /* the socket file is ours to remove */
    Timer retry;
    int connecting;         /* a connection being made, or -1 */
    Watch *connecting_watch;
    TelnetState telnet_state;
};

static SocketChardev *as_socket(Chardev *chr)
{
    return (SocketChardev *)chr;
}

/* ---- connected ---- */

static void set_no_delay(const SocketChardev *self, int fd)
{
    int on = 1;

    if (!self->delay) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  /* a UNIX socket refuses it, and needs it not */
    }
}

static void connected(SocketChardev *self, int fd)
{
    set_no_delay(self, fd);
    stream_open(&self->chr, fd, fd);
    if (self->telnet && self->server) {
        self->telnet_state = TELNET_DATA;
        stream_write(&self->chr, telnet_greeting, sizeof(telnet_greeting));
    }
    chardev_set_open(&self->chr, true);
}

/* ---- server ---- */

static void stop_listening(SocketChardev *self)
{
    for (unsigned i = 0; i < self->listening_count; i++) {
        watch_free(self->listening[i].watch);
        self->listening[i].watch = NULL;
    }
}

static void on_client(void *opaque, GIOCondition got)
{
    Listening *listening = opaque;
    int fd = accept4(listening->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        stop_listening(listening->owner);
        connected(listening->owner, fd);
    }
}

static void start_listening(SocketChardev *self)
{
    for (unsigned i = 0; i < self->listening_count; i++) {
        Listening *listening = &self->listening[i];
        listening->watch = watch_new(listening->fd, G_IO_IN, on_client, listening);
    }
}

static void add_listening(SocketChardev *self, int fd)
{
    self->listening[self->listening_count++] = (Listening){ .fd = fd, .owner = self };
}

/* One address that works is enough: "localhost" may have one that this host lacks. */
static bool listen_all(SocketChardev *self, Error **errp)
{
    int err = 0;

    for (unsigned i = 0; i < self->address.count; i++) {
        int fd = socket_listen(&self->address, i);
        if (fd >= 0) {
            add_listening(self, fd);
        } else {
            err = fd;
        }
    }
    if (self->listening_count == 0) {
        return fail_errno(errp, err, "Failed to bind socket to '%s'", self->address.text);
    }
    self->own_path = self->path && !self->abstract;
    return true;
}

/* The rest of the machine does not exist yet: only signals and this socket can wake the loop. */
static void wait_for_client(SocketChardev *self)
{
    g_autofree char *name = chardev_filename(&self->chr);

    info("QEMU waiting for connection on: %s", name);
    while (!chardev_is_open(&self->chr) && run_state() != RUN_STATE_SHUTDOWN) {
        g_main_context_iteration(NULL, true);
    }
}

static bool serve(SocketChardev *self)
{
    start_listening(self);
    if (self->wait != ON_OFF_AUTO_OFF) {
        wait_for_client(self);
    }
    return true;
}

/* ---- client ---- */

static void retry_later(SocketChardev *self)
{
    timer_set(&self->retry, clock_now(CLOCK_HOST) + self->reconnect * NS_PER_SECOND);
}

static void stop_connecting(SocketChardev *self)
{
    watch_free(self->connecting_watch);
    self->connecting_watch = NULL;
    fd_close(&self->connecting);
}

static int socket_error(int fd)
{
    int err = 0;
    socklen_t len = sizeof(err);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? -errno : -err;
}

static void on_connect_done(void *opaque, GIOCondition got)
{
    SocketChardev *self = opaque;

    if (socket_error(self->connecting) != 0) {
        stop_connecting(self);
        retry_later(self);
        return;
    }
    int fd = self->connecting;
    self->connecting = -1;
    stop_connecting(self);
    connected(self, fd);
}

/* In the background, over and over. */
static void connect_again(void *opaque)
{
    SocketChardev *self = opaque;
    int fd = -ECONNREFUSED;

    for (unsigned i = 0; i < self->address.count && fd < 0; i++) {
        fd = socket_connect_start(&self->address, i);
    }
    if (fd < 0) {
        retry_later(self);
        return;
    }
    self->connecting = fd;
    self->connecting_watch = watch_new(fd, G_IO_OUT, on_connect_done, self);
}

/* Until connected or refused; returns the fd or -errno. */
static int connect_wait(const SocketAddress *address, unsigned i)
{
    int fd = socket_connect_start(address, i);
    struct pollfd done = { .fd = fd, .events = POLLOUT };

    if (fd < 0) {
        return fd;
    }
    while (poll(&done, 1, -1) < 0 && errno == EINTR) {
    }
    int err = socket_error(fd);
    if (err) {
        fd_close(&fd);
        return err;
    }
    return fd;
}

/* At the start, once: the user wants to know when it does not work. */
static bool connect_now(SocketChardev *self, Error **errp)
{
    int fd = -ECONNREFUSED;

    for (unsigned i = 0; i < self->address.count && fd < 0; i++) {
        fd = connect_wait(&self->address, i);
    }
    if (fd < 0) {
        return fail_errno(errp, fd, "Failed to connect to '%s'", self->address.text);
    }
    connected(self, fd);
    return true;
}

static bool connect_first(SocketChardev *self, Error **errp)
{
    if (self->reconnect > 0) {
        connect_again(self);
        return true;
    }
    return connect_now(self, errp);
}

/* ---- fd= ---- */

/* A socket that was given to us by its number: listening for a server, connected for a client. */
static bool use_fd(SocketChardev *self, Error **errp)
{
    uint64_t number;

    if (!parse_u64(self->fd, INT_MAX, &number, errp)) {
        return fail(errp, "Unable to parse FD number %s", self->fd);
    }
    int fd = (int)number, flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return fail_errno(errp, errno, "cannot use file descriptor %d", fd);
    }
    if (self->server) {
        add_listening(self, fd);
        return serve(self);
    }
    connected(self, fd);
    return true;
}

/* ---- the class ---- */

static bool check_mode(const SocketChardev *self, Error **errp)
{
    if (!self->server && self->wait == ON_OFF_AUTO_ON) {
        return fail(errp, "'wait' option is incompatible with socket in client connect mode");
    }
    if (self->server && self->reconnect > 0) {
        return fail(errp, "'reconnect' option is incompatible with socket in server listen mode");
    }
    return true;
}

static bool check_address(const SocketChardev *self, Error **errp)
{
    int given = !!self->path + !!self->host + !!self->fd;

    if (given == 0 && self->port) {
        return true;        /* of this host */
    }
    if (given == 0) {
        return fail(errp, "chardev: socket: one of path, host or fd is needed");
    }
    if (given > 1) {
        return fail(errp, "None or one of path, fd or host option is allowed.");
    }
    return !self->host || self->port || fail(errp, "chardev: socket: no port given");
}

static int family(const SocketChardev *self)
{
    return self->ipv4 == self->ipv6 ? AF_UNSPEC : self->ipv4 ? AF_INET : AF_INET6;
}

static bool resolve(SocketChardev *self, Error **errp)
{
    if (self->path) {
        return socket_address_unix(&self->address, self->path, self->abstract, self->tight, errp);
    }
    const char *host = self->host ? self->host : "";
    return socket_address_inet(&self->address, host, self->port, family(self), self->server, errp);
}

static void socket_init(Object *obj)
{
    ((SocketChardev *)obj)->connecting = -1;
}

static bool socket_realize(Object *obj, Error **errp)
{
    SocketChardev *self = (SocketChardev *)obj;

    timer_init(&self->retry, CLOCK_HOST, connect_again, self);
    if (!check_mode(self, errp) || !check_address(self, errp)) {
        return false;
    }
    if (self->fd) {
        return use_fd(self, errp);
    }
    if (!resolve(self, errp)) {
        return false;
    }
    return self->server ? listen_all(self, errp) && serve(self) : connect_first(self, errp);
}

static void socket_unrealize(Object *obj)
{
    SocketChardev *self = (SocketChardev *)obj;

    timer_cancel(&self->retry);
    stop_connecting(self);
    stop_listening(self);
    for (unsigned i = 0; i < self->listening_count; i++) {
        fd_close(&self->listening[i].fd);
    }
    if (self->own_path) {
        unlink(self->path);
    }
    self->listening_count = 0;
    self->own_path = false;
    socket_address_finish(&self->address);
}

static void socket_hangup(Chardev *chr)
{
    SocketChardev *self = as_socket(chr);

    stream_close(chr);
    chardev_set_open(chr, false);
    if (self->server) {
        start_listening(self);
    } else if (self->reconnect > 0) {
        retry_later(self);
    }
}

static size_t socket_filter(Chardev *chr, uint8_t *data, size_t len)
{
    SocketChardev *self = as_socket(chr);

    return self->telnet ? telnet_filter(&self->telnet_state, data, len) : len;
}

static char *socket_filename(const Chardev *chr)
{
    const SocketChardev *self = (const SocketChardev *)chr;
    const char *kind = self->path ? "unix" : self->fd ? "fd" : self->telnet ? "telnet" : "tcp";
    const char *address = self->fd ? self->fd : self->address.text ? self->address.text : "";

    return g_strdup_printf("%s%s:%s%s", chr->open ? "" : "disconnected:", kind, address,
                           self->server ? ",server=on" : "");
}

static const ChardevOps socket_ops = {
    .hangup = socket_hangup,
    .filter = socket_filter,
    .filename = socket_filename,
};

CLASS(chardev_socket) = {
    .name = "chardev-socket",
    .parent = &chardev_class,
    .desc = "A UNIX or TCP stream socket, as client or server",
    .size = sizeof(SocketChardev),
    .ops = &socket_ops,
    .props = (const Property[]) {
        PROP(SocketChardev, path, str, "path", NULL, "UNIX socket"),
        PROP(SocketChardev, abstract, bool, "abstract", "off", "The path is a name in the abstract namespace"),
        PROP(SocketChardev, tight, bool, "tight", "on", "The abstract name has no trailing zeroes"),
        PROP(SocketChardev, host, str, "host", NULL, "TCP: host; empty: all addresses, or this host"),
        PROP(SocketChardev, port, str, "port", NULL, "TCP: port number or service"),
        PROP(SocketChardev, ipv4, bool, "ipv4", "off", "IPv4 only"),
        PROP(SocketChardev, ipv6, bool, "ipv6", "off", "IPv6 only"),
        PROP(SocketChardev, fd, str, "fd", NULL, "Number of a socket that is open already"),
        PROP(SocketChardev, server, bool, "server", "off", "Listen rather than connect"),
        PROP(SocketChardev, wait, onoffauto, "wait", "auto", "Server: wait for a client before the machine starts"),
        PROP(SocketChardev, reconnect, u32, "reconnect", "0", "Client: seconds between attempts; 0: fail at once"),
        PROP(SocketChardev, delay, bool, "delay", "on", "TCP: collect small writes (Nagle)"),
        PROP(SocketChardev, telnet, bool, "telnet", "off", "Speak telnet"),
        { }
    },
    .init = socket_init,
    .realize = socket_realize,
    .unrealize = socket_unrealize,
};
