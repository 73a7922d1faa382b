/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VNC servers: what -vnc says, where they listen, and when they look at the console; see vnc.h. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chardev/socket-address.h"
#include "core/machine.h"
#include "core/secret.h"
#include "lib/fd.h"
#include "lib/parse.h"
#include "ui/input.h"
#include "ui/vnc-internal.h"
#include "ui/words.h"

enum { FIRST_PORT = 5900, DEFAULT_CONNECTIONS = 32 };

GPtrArray *vnc_servers;

/* ---- addresses ---- */

static const char *family_name(int family)
{
    return family == AF_UNIX ? "unix" : family == AF_INET6 ? "ipv6" : "ipv4";
}

void vnc_address_init(VncAddress *address, int fd, bool peer)
{
    struct sockaddr_storage name = { .ss_family = AF_UNIX };
    socklen_t len = sizeof(name) - 1;       /* a path that fills its field has no end of its own */
    char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
    int err = (peer ? getpeername : getsockname)(fd, (struct sockaddr *)&name, &len);

    if (err == 0 && name.ss_family == AF_UNIX) {
        address->service = g_strdup(((struct sockaddr_un *)&name)->sun_path);
    } else {
        getnameinfo((struct sockaddr *)&name, len, host, sizeof(host), service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV);
        address->service = g_strdup(service);
    }
    address->host = g_strdup(host);
    address->family = family_name(name.ss_family);
}

void vnc_address_finish(VncAddress *address)
{
    g_clear_pointer(&address->host, g_free);
    g_clear_pointer(&address->service, g_free);
}

Json *vnc_address_json(const VncAddress *address)
{
    Json *json = json_add_str(json_new(), "host", address->host);

    json_add_str(json, "service", address->service);
    json_add_str(json, "family", address->family);
    return json_add_bool(json, "websocket", false);
}

/* ---- the picture ---- */

static VncServer *server_of(ConsoleViewer *viewer)
{
    return (VncServer *)viewer;
}

static void changed(ConsoleViewer *viewer, int x, int y, int width, int height)
{
    vnc_picture_take(server_of(viewer), viewer->console, x, y, width, height);
}

static void shown(ConsoleViewer *viewer, pixman_image_t *image)
{
    int width = pixman_image_get_width(image), height = pixman_image_get_height(image);

    vnc_picture_resize(server_of(viewer), width, height);
    changed(viewer, 0, 0, width, height);
}

static void say(VncServer *server, const char *text)
{
    pixman_image_t *words = words_image(text);

    vnc_picture_show(server, words);
    pixman_image_unref(words);
}

/* ---- which console ---- */

static Console *wanted_console(const VncServer *server)
{
    Error *err = NULL;

    if (!server->device) {
        return console_at(server->chosen) ? console_at(server->chosen) : console_at(0);
    }
    Console *console = console_find(server->device, server->head, &err);
    error_free(err);            /* it was there once, and may come again */
    return console;
}

void vnc_server_look(VncServer *server)
{
    bool watched = false;

    for (unsigned i = 0; i < server->clients->len; i++) {
        watched |= vnc_client_is_viewer(server->clients->pdata[i]);
    }
    if (!watched) {
        console_unwatch(&server->viewer);
    } else if (!server->viewer.console && wanted_console(server)) {
        console_watch(wanted_console(server), &server->viewer);
    } else if (!server->viewer.console) {
        say(server, server->device ? "This display is not there." : "This machine has no display.");
    }
}

static void on_consoles(Notifier *notifier, void *data)
{
    vnc_server_look((VncServer *)((char *)notifier - offsetof(VncServer, consoles)));
}

bool vnc_server_choose(VncServer *server, unsigned number)
{
    if (server->device || !console_at(1) || !console_at(number)) {
        return false;
    }
    server->chosen = number;
    if (server->viewer.console != console_at(number)) {
        console_unwatch(&server->viewer);
        vnc_server_look(server);
    }
    return true;
}

VncSizeStatus vnc_server_resize(VncServer *server, unsigned width, unsigned height)
{
    if (width == 0 || height == 0) {
        return VNC_SIZE_INVALID;
    }
    return server->viewer.console && console_resize(server->viewer.console, width, height) ? VNC_SIZE_FORWARDED :
                                                                                             VNC_SIZE_PROHIBITED;
}

static void tell_clients(VncServer *server, unsigned notes)
{
    for (unsigned i = 0; i < server->clients->len; i++) {
        vnc_client_tell(server->clients->pdata[i], notes);
    }
}

static void on_absolute(Notifier *notifier, void *data)
{
    tell_clients((VncServer *)((char *)notifier - offsetof(VncServer, absolute)), VNC_NOTE_POINTER);
}

static void on_leds(Notifier *notifier, void *data)
{
    tell_clients((VncServer *)((char *)notifier - offsetof(VncServer, leds)), VNC_NOTE_LEDS);
}

static bool take_console(VncServer *server, const KeyVals *settings, Error **errp)
{
    const char *device = keyval_get(settings, "display"), *text = keyval_get(settings, "head");
    uint64_t head = 0;

    if (text && !parse_u64(text, UINT32_MAX, &head, errp)) {
        return fail(errp, "Parameter 'head'");
    }
    server->head = (unsigned)head;
    server->device = g_strdup(device);
    return !device || console_find(device, server->head, errp);
}

/* ---- passwords ---- */

/* The client has encrypted what it was sent with the password, as RFC 6143, 7.2.2 says. */
static rfbBool check_password(rfbClientPtr client, const char *response, int len)
{
    const VncServer *server = client->screen->screenData;
    unsigned char expected[CHALLENGESIZE];

    if (!server->password || g_get_real_time() / G_USEC_PER_SEC >= server->password_ends || len != CHALLENGESIZE) {
        return FALSE;
    }
    memcpy(expected, client->authChallenge, sizeof(expected));
    vnc_library.rfbEncryptBytes(expected, server->password);
    return memcmp(expected, response, sizeof(expected)) == 0;
}

static bool take_password(VncServer *server, const KeyVals *settings, Error **errp)
{
    const char *secret = keyval_get(settings, "password-secret"), *wanted = keyval_get(settings, "password");

    if (wanted && !parse_bool(wanted, &server->wants_password, errp)) {
        return fail(errp, "Parameter 'password'");
    }
    if (!secret) {
        return true;
    }
    g_autoptr(GBytes) bytes = secret_bytes(secret, errp);
    if (!bytes) {
        return false;
    }
    if (wanted) {
        return fail(errp, "'password' flag is redundant with 'password-secret'");
    }
    server->wants_password = true;
    server->password = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return true;
}

/* ---- libvncserver ---- */

static void keep_silent(const char *format, ...)
{
}

/* What windows of viewers are called. */
static char *title_new(void)
{
    const Machine *machine = machine_get();

    return machine && machine->guest_name ? g_strdup_printf("QEMU (%s)", machine->guest_name) : g_strdup("QEMU");
}

static rfbScreenInfo *screen_new(VncServer *server)
{
    int argc = 0;
    *vnc_library.log = *vnc_library.err = keep_silent;
    rfbScreenInfo *screen = vnc_library.rfbGetScreen(&argc, NULL, 0, 0, VNC_BITS_PER_COLOUR, VNC_COLOURS, VNC_BYTES_PER_PIXEL);

    screen->screenData = server;
    screen->desktopName = server->title;
    screen->cursor = NULL;                  /* the guest's is in the picture */
    screen->deferUpdateTime = 0;            /* vnc-client.c says when */
    screen->maxClientWait = 1;              /* ms: nothing ever waits, and if it did, not for long */
    screen->permitFileTransfer = FALSE;
    screen->alwaysShared = server->share == VNC_IGNORE;
    screen->passwordCheck = check_password;
    screen->authPasswdData = server->wants_password ? server : NULL;
    return screen;
}

/* ---- listening ---- */

static void on_connection(void *opaque, GIOCondition got)
{
    VncListener *listener = opaque;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0 && listener->server->clients->len >= listener->server->connections) {
        fd_close(&fd);
    } else if (fd >= 0) {
        vnc_client_new(listener, fd);
    }
}

static void listener_free(gpointer data)
{
    VncListener *listener = data;

    watch_free(listener->watch);
    fd_close(&listener->fd);
    vnc_address_finish(&listener->address);
    g_free(listener);
}

static void add_listener(VncServer *server, int fd)
{
    VncListener *listener = g_new0(VncListener, 1);

    listener->server = server;
    listener->fd = fd;
    vnc_address_init(&listener->address, fd, false);
    listener->watch = watch_new(fd, G_IO_IN, on_connection, listener);
    g_ptr_array_add(server->listeners, listener);
}

/* On all addresses of the list, or on those that are free: 0, or -errno of the last one when none is. */
static int listen_on(VncServer *server, const SocketAddress *address)
{
    int err = 0;

    for (unsigned i = 0; i < address->count; i++) {
        int fd = socket_listen(address, i);
        if (fd >= 0) {
            add_listener(server, fd);
        } else {
            err = fd;
        }
    }
    return server->listeners->len > 0 ? 0 : err;
}

static bool listen_unix(VncServer *server, const char *path, Error **errp)
{
    SocketAddress address = { 0 };

    if (!socket_address_unix(&address, path, false, false, errp)) {
        return false;
    }
    int err = listen_on(server, &address);
    socket_address_finish(&address);
    server->socket_path = err ? NULL : g_strdup(path);
    return !err || fail_errno(errp, err, "Failed to bind socket to %s", path);
}

static int family_of(const KeyVals *settings)
{
    const char *ipv4 = keyval_get(settings, "ipv4"), *ipv6 = keyval_get(settings, "ipv6");
    Error *err = NULL;
    bool four = false, six = false;

    if ((ipv4 && !parse_bool(ipv4, &four, &err)) || (ipv6 && !parse_bool(ipv6, &six, &err))) {
        error_free(err);        /* the table of options has looked at them */
    }
    return four && !six ? AF_INET : six && !four ? AF_INET6 : AF_UNSPEC;
}

/* Displays @first to @last: the first one that is free. */
static bool listen_inet(VncServer *server, const char *host, uint64_t first, uint64_t last, int family, Error **errp)
{
    int err = 0;

    for (uint64_t display = first; display <= last && server->listeners->len == 0; display++) {
        g_autofree char *port = g_strdup_printf("%u", (unsigned)(FIRST_PORT + display));
        SocketAddress address = { 0 };
        if (!socket_address_inet(&address, host, port, family, true, errp)) {
            return false;
        }
        err = listen_on(server, &address);
        socket_address_finish(&address);
        if (err && err != -EADDRINUSE) {
            break;
        }
    }
    return !err || fail_errno(errp, err, first < last ? "Failed to find an available port" : "Failed to bind socket");
}

/* "HOST:DISPLAY"; an IPv6 address is in brackets. */
static bool start_listening(VncServer *server, const KeyVals *settings, Error **errp)
{
    const char *where = keyval_get(settings, "vnc"), *to = keyval_get(settings, "to");
    uint64_t display, last;

    if (!where) {
        return fail(errp, "no vnc port specified");
    }
    if (g_str_has_prefix(where, "unix:")) {
        return listen_unix(server, where + strlen("unix:"), errp);
    }
    const char *colon = strrchr(where, ':');
    if (!colon) {
        return fail(errp, "no vnc port specified");
    }
    if (!parse_u64(colon + 1, UINT64_MAX, &display, errp)) {
        return fail(errp, "display");
    }
    if (display > UINT16_MAX - FIRST_PORT) {
        return fail(errp, "port %s out of range", colon + 1);
    }
    if (to && !parse_u64(to, UINT16_MAX - FIRST_PORT, &last, errp)) {
        return fail(errp, "Parameter 'to'");
    }
    bool bracketed = *where == '[' && colon > where + 1 && colon[-1] == ']';
    g_autofree char *host = bracketed ? g_strndup(where + 1, (gsize)(colon - where) - 2) : g_strndup(where, (gsize)(colon - where));
    return listen_inet(server, host, display, to ? MAX(last, display) : display, family_of(settings), errp);
}

/* ---- servers ---- */

static bool take_share(VncServer *server, const KeyVals *settings, Error **errp)
{
    static const char *const words[] = { "allow-exclusive", "force-shared", "ignore" };
    const char *word = keyval_get(settings, "share");

    for (unsigned i = 0; word && i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i], word)) {
            server->share = (VncShare)i;
            return true;
        }
    }
    return !word || fail(errp, "unknown vnc share= option");
}

static bool take_connections(VncServer *server, const KeyVals *settings, Error **errp)
{
    const char *text = keyval_get(settings, "connections");
    uint64_t number = DEFAULT_CONNECTIONS;

    if (text && !parse_u64(text, UINT16_MAX, &number, errp)) {
        return fail(errp, "Parameter 'connections'");
    }
    server->connections = (unsigned)number;
    return true;
}

static void server_free(gpointer data)
{
    VncServer *server = data;

    while (server->clients->len > 0) {
        vnc_client_free(server->clients->pdata[0]);
    }
    notifier_del(&console_notifiers, &server->consoles);
    notifier_del(&input_absolute_notifiers, &server->absolute);
    notifier_del(&input_led_notifiers, &server->leds);
    console_unwatch(&server->viewer);
    g_ptr_array_unref(server->clients);
    g_ptr_array_unref(server->listeners);
    if (server->screen) {
        vnc_library.rfbScreenCleanup(server->screen);
    }
    vnc_picture_finish(server);
    if (server->socket_path) {
        unlink(server->socket_path);
    }
    g_free(server->socket_path);
    g_free(server->password);
    g_free(server->device);
    g_free(server->title);
    g_free(server->id);
    g_free(server);
}

static VncServer *server_new(const char *id)
{
    VncServer *server = g_new0(VncServer, 1);

    server->id = g_strdup(id);
    server->title = title_new();
    server->viewer = (ConsoleViewer){ .shown = shown, .changed = changed };
    server->listeners = g_ptr_array_new_with_free_func(listener_free);
    server->clients = g_ptr_array_new();
    server->consoles.notify = on_consoles;
    server->absolute.notify = on_absolute;
    server->leds.notify = on_leds;
    server->password_ends = INT64_MAX;
    return server;
}

bool vnc_start(const KeyVals *settings, Error **errp)
{
    const char *id = keyval_get(settings, "id");

    if (!vnc_library_load(errp)) {
        return false;
    }
    VncServer *server = server_new(id ? id : "default");
    for (unsigned i = 0; vnc_servers && i < vnc_servers->len; i++) {
        if (g_str_equal(((VncServer *)vnc_servers->pdata[i])->id, server->id)) {
            fail(errp, "Duplicate ID '%s' for vnc", server->id);
            server_free(server);
            return false;
        }
    }
    if (!take_share(server, settings, errp) || !take_connections(server, settings, errp) ||
        !take_password(server, settings, errp) || !take_console(server, settings, errp) || !start_listening(server, settings, errp)) {
        server_free(server);
        return false;
    }
    server->screen = screen_new(server);
    say(server, "This machine has no display.");
    notifier_add(&console_notifiers, &server->consoles);
    notifier_add(&input_absolute_notifiers, &server->absolute);
    notifier_add(&input_led_notifiers, &server->leds);
    vnc_servers = vnc_servers ? vnc_servers : g_ptr_array_new_with_free_func(server_free);
    g_ptr_array_add(vnc_servers, server);
    return true;
}

void vnc_stop_all(void)
{
    g_clear_pointer(&vnc_servers, g_ptr_array_unref);
}
