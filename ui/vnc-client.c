/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VNC client and the gate between it and libvncserver (RFC 6143, "The Remote Framebuffer Protocol", and the RFB
 * community's rfbproto for message types the RFC does not have).
 *
 * libvncserver reads and writes as if it had a thread for each client: it waits until a message is whole and until an
 * answer is out. With a client that stops in the middle of a message, or reads nothing, it would hold the machine's lock
 * for as long. So it never gets to see the connection:
 *
 * - what comes is collected here until a message is whole, and given to it then through a socket pair;
 * - what it sends at once is small and taken from that socket pair; updates of the picture, which are large, it writes
 *   to a file in memory, which never makes anybody wait;
 * - the next update is made when the client has fetched the one before, and not too soon: a client costs one picture
 *   of memory and a part of the time, no more.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "ui/input.h"
#include "ui/vnc-internal.h"

enum {
    READ_SIZE = 4096,               /* of a client in one go: others have their turn */
    ENCODINGS_MAX = 256,            /* of SetEncodings; real clients send up to 30 */
    VERSION_SIZE = 12,
    UPDATE_MAX = 1 << 30,           /* bytes: no picture becomes as much */
};

/* Who has not been let in by then goes. */
#define HANDSHAKE_NS (10 * NS_PER_SECOND)
/* Between two updates at least; more when making one takes long, so that the machine has its half of the time. */
#define UPDATE_NS (16 * NS_PER_MS)

static const char version[VERSION_SIZE + 1] = "RFB 003.008\n";

struct VncClient {
    VncServer *server;
    const VncListener *listener;
    VncAddress address;
    int fd;
    int inside, outside;            /* the socket pair: libvncserver's end and ours; -1 before there is one */
    rfbClientRec *rfb;              /* NULL until the client has said its version */
    Watch *readable, *writable;
    Timer update, handshake;
    int64_t update_after;           /* CLOCK_HOST */
    GByteArray *in, *out;
    size_t sent;                    /* of out */
    uint64_t skip;                  /* bytes of a message nobody wants that are still to come */
    bool viewer, dropped;
    int width, height;              /* of the picture when it was let in */
    VncNotes notes;
    VncPointer pointer;
    VncKeys keys;
};

bool vnc_client_is_viewer(const VncClient *client)
{
    return client->viewer;
}

const VncAddress *vnc_client_address(const VncClient *client)
{
    return &client->address;
}

/* It goes when what is going on is over. */
static void drop(VncClient *client)
{
    client->dropped = true;
}

/* Clients that were dropped here, or by libvncserver (to leave a newcomer alone with the picture), go. */
static void sweep(VncServer *server)
{
    for (unsigned i = server->clients->len; i-- > 0;) {
        VncClient *client = server->clients->pdata[i];
        if (client->dropped || (client->rfb && client->rfb->sock < 0)) {
            vnc_client_free(client);
        }
    }
}

/* ---- to the client ---- */

static void on_writable(void *opaque, GIOCondition got);

static void send_out(VncClient *client)
{
    while (client->sent < client->out->len) {
        ssize_t done = send(client->fd, client->out->data + client->sent, client->out->len - client->sent, MSG_NOSIGNAL);
        if (done < 0 && errno == EAGAIN) {
            client->writable = client->writable ? client->writable : watch_new(client->fd, G_IO_OUT, on_writable, client);
            return;
        }
        if (done < 0 && errno != EINTR) {
            drop(client);
            break;
        }
        client->sent += (size_t)MAX(done, 0);
    }
    g_clear_pointer(&client->writable, watch_free);
    g_byte_array_unref(client->out);    /* the memory too: the next one may be long in coming */
    client->out = g_byte_array_new();
    client->sent = 0;
}

static void on_writable(void *opaque, GIOCondition got)
{
    VncClient *client = opaque;

    send_out(client);
    if (client->out->len == 0) {
        vnc_client_update_soon(client);
    }
    sweep(client->server);
}

/* What libvncserver has written to the file @fd goes out. */
static void take_file(VncClient *client, int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    guint at = client->out->len;

    if (size == 0) {
        return;
    }
    if (size < 0 || size > UPDATE_MAX) {
        drop(client);
        return;
    }
    g_byte_array_set_size(client->out, at + (guint)size);
    if (pread(fd, client->out->data + at, (size_t)size, 0) != size) {
        drop(client);
    }
}

/* libvncserver keeps descriptors in a set of fixed size. */
static bool fits(int fd)
{
    return fd >= 0 && fd < FD_SETSIZE;
}

/* Its socket is the file in memory as long as it makes an update. */
static void make_update(VncClient *client)
{
    int fd = memfd_create("vnc-update", MFD_CLOEXEC);

    if (!fits(fd)) {
        fd_close(&fd);
        drop(client);
        return;
    }
    client->rfb->sock = fd;
    vnc_library.rfbUpdateClient(client->rfb);
    if (client->rfb->sock != fd) {      /* it gave the client up, and has closed the file */
        drop(client);
        fd_close(&client->inside);
        return;
    }
    client->rfb->sock = client->inside;
    take_file(client, fd);
    fd_close(&fd);
}

static void on_update(void *opaque)
{
    VncClient *client = opaque;
    VncServer *server = client->server;

    if (client->viewer && client->out->len == 0) {
        int64_t begun = clock_now(CLOCK_HOST);
        vnc_notes_write(&client->notes, server->screen, client->out);
        make_update(client);
        int64_t now = clock_now(CLOCK_HOST);
        client->update_after = now + MAX(UPDATE_NS, now - begun);
    }
    if (client->out->len > 0) {
        send_out(client);
    }
    sweep(server);
}

void vnc_client_update_soon(VncClient *client)
{
    if (client->viewer && !timer_is_set(&client->update)) {
        timer_set(&client->update, MAX(clock_now(CLOCK_HOST), client->update_after));
    }
}

void vnc_client_tell(VncClient *client, unsigned notes)
{
    if (vnc_notes_add(&client->notes, notes)) {
        vnc_client_update_soon(client);
    }
}

/* ---- from the client ---- */

/* Take @count bytes from the front. */
static void take_in(VncClient *client, unsigned count)
{
    g_byte_array_remove_range(client->in, 0, count);
}

/* libvncserver's answers, which are small. */
static void collect_answers(VncClient *client)
{
    uint8_t bytes[READ_SIZE];
    ssize_t got;

    while ((got = recv(client->outside, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        g_byte_array_append(client->out, bytes, (guint)got);
    }
}

/* Show libvncserver a whole message. What it leaves of it would be the next one's beginning. */
static void give(VncClient *client, const void *message, size_t len)
{
    uint8_t byte;

    if (send(client->outside, message, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len) {
        drop(client);
        return;
    }
    vnc_library.rfbProcessClientMessage(client->rfb);
    collect_answers(client);
    if (client->rfb->sock < 0 || recv(client->inside, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
        drop(client);
    }
}

/*
 * The version: we have told ours already, and libvncserver, told the client's at once, need not wait to see whether
 * this is a browser.
 */
static void meet(VncClient *client, const uint8_t *message, size_t len)
{
    int pair[2];
    char ours[VERSION_SIZE];

    if (memcmp(message, version, strlen("RFB ")) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        drop(client);
        return;
    }
    client->inside = pair[0];
    client->outside = pair[1];
    if (!fits(client->inside) || send(client->outside, message, len, MSG_DONTWAIT) != (ssize_t)len) {
        drop(client);
        return;
    }
    client->rfb = vnc_library.rfbNewClient(client->server->screen, client->inside);
    if (!client->rfb) {
        client->inside = -1;    /* closed */
        drop(client);
        return;
    }
    client->rfb->clientData = client;
    if (recv(client->outside, ours, sizeof(ours), MSG_DONTWAIT) != sizeof(ours)) {
        drop(client);
        return;
    }
    vnc_library.rfbProcessClientMessage(client->rfb);
    collect_answers(client);
}

static void forward(VncClient *client, const uint8_t *message, size_t len)
{
    give(client, message, len);
}

/* libvncserver has one list of security types for all servers: nobody gets in by another one's. */
static void choose_security(VncClient *client, const uint8_t *message, size_t len)
{
    uint8_t type = client->server->wants_password ? rfbSecTypeVncAuth : rfbSecTypeNone;

    if (message[0] == type) {
        give(client, message, len);
    } else {
        drop(client);
    }
}

/* The byte says whether others may look too. The answer is the size of the picture, so it must be there. */
static void client_init(VncClient *client, const uint8_t *message, size_t len)
{
    if (client->server->share == VNC_FORCE_SHARED && !message[0]) {
        drop(client);
        return;
    }
    client->viewer = true;
    vnc_server_look(client->server);
    client->width = client->server->screen->width;
    client->height = client->server->screen->height;
    give(client, message, len);
    if (!client->dropped) {
        timer_cancel(&client->handshake);
        vnc_tell_initialized(client->listener, client);
    }
}

/* Bits of shifts that lie outside of a pixel are nothing to calculate with. */
static void set_pixel_format(VncClient *client, const uint8_t *message, size_t len)
{
    enum { SHIFTS = 14 };       /* of the message: red, green, blue */

    if (message[SHIFTS] >= 32 || message[SHIFTS + 1] >= 32 || message[SHIFTS + 2] >= 32) {
        drop(client);
    } else {
        give(client, message, len);
    }
}

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)read16(at) << 16 | read16(at + 2);
}

static void set_encodings(VncClient *client, const uint8_t *message, size_t len)
{
    give(client, message, len);
    if (client->width != client->server->screen->width || client->height != client->server->screen->height) {
        client->rfb->newFBSizePending = client->rfb->useNewFBSize;  /* it could not be told before */
    }
    client->notes = (VncNotes){ 0 };
    for (size_t at = 4; at + 4 <= len; at += 4) {
        vnc_notes_accept(&client->notes, (int32_t)read32(message + at));
    }
    vnc_client_tell(client, VNC_NOTE_KEYS | VNC_NOTE_POINTER | VNC_NOTE_LEDS);
}

/*
 * Who wants all of the picture learns how large it is (rfbproto, "ExtendedDesktopSize Pseudo-encoding"). libvncserver
 * would send nothing but that, and leave it to the client to ask once more.
 */
static void update_request(VncClient *client, const uint8_t *message, size_t len)
{
    bool incremental = message[1], pending = client->rfb->newFBSizePending;

    give(client, message, len);
    if (!incremental) {
        client->rfb->newFBSizePending = pending;
        vnc_client_tell(client, VNC_NOTE_LAYOUT);
    }
    vnc_client_update_soon(client);
}

/* What it is to be and of how many screens, which are one here. A client that was not told of sizes knows no answer. */
static void set_desktop_size(VncClient *client, const uint8_t *message, size_t len)
{
    unsigned screens = message[6];

    if (client->notes.accepted & VNC_NOTE_LAYOUT) {
        client->notes.asked = true;
        client->notes.status = screens == 0 ? VNC_SIZE_INVALID :
                               vnc_server_resize(client->server, read16(message + 2), read16(message + 4));
        vnc_client_tell(client, VNC_NOTE_LAYOUT);
    }
}

static void key_event(VncClient *client, const uint8_t *message, size_t len)
{
    vnc_key_event(client->server, &client->keys, vnc_key_of_symbol(read32(message + 4)), message[1]);
}

/* A scan code of set 1, 0xe0 as bit 7. */
static void extended_key_event(VncClient *client, const uint8_t *message, size_t len)
{
    uint32_t code = read32(message + 8);

    vnc_key_event(client->server, &client->keys, code <= UINT8_MAX ? key_of_scan_code((uint8_t)code) : 0, read16(message + 2));
}

static void pointer_event(VncClient *client, const uint8_t *message, size_t len)
{
    vnc_pointer_event(&client->pointer, client->server->screen, message[1], read16(message + 2), read16(message + 4),
                      client->notes.told_relative);
}

/* The guest has no clipboard: its text is read and forgotten. A negative length is that of the extended form. */
static void cut_text(VncClient *client, const uint8_t *message, size_t len)
{
    int64_t length = (int32_t)read32(message + 4);

    client->skip = (uint64_t)ABS(length);
}

typedef struct Message {
    uint8_t type;
    unsigned size;              /* bytes that are always there */
    unsigned count_at, count_size, each, most;  /* and those of a list: where its length is, in how many bytes; 0: none */
    void (*fn)(VncClient *client, const uint8_t *message, size_t len);
} Message;

/* What is not here no client sends without being asked to. */
static const Message messages[] = {
    { 0, 20, .fn = set_pixel_format },
    { 2, 4, 2, 2, 4, ENCODINGS_MAX, set_encodings },
    { 3, 10, .fn = update_request },
    { 4, 8, .fn = key_event },
    { 5, 6, .fn = pointer_event },
    { 6, 8, .fn = cut_text },
    { 251, 8, 6, 1, 16, UINT8_MAX, set_desktop_size },
    { 255, 12, .fn = extended_key_event },          /* QEMU's; others of them were not offered */
};

/* What comes before: one message in each state of libvncserver. */
static const Message phases[] = {
    { RFB_SECURITY_TYPE, 1, .fn = choose_security },
    { RFB_AUTHENTICATION, 16, .fn = forward },
    { RFB_INITIALISATION, 1, .fn = client_init },
};
static const Message first_message = { RFB_PROTOCOL_VERSION, VERSION_SIZE, .fn = meet };

static const Message *find_message(const Message *rows, unsigned count, unsigned type)
{
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

/* The kind of the message that begins to come; NULL: there is no such message. */
static const Message *next_message(const VncClient *client)
{
    if (!client->rfb) {
        return &first_message;
    }
    if (client->rfb->state == RFB_NORMAL) {
        return find_message(messages, G_N_ELEMENTS(messages), client->in->data[0]);
    }
    return find_message(phases, G_N_ELEMENTS(phases), client->rfb->state);
}

/* Its whole length, as far as can be told from what is there; 0: its list is too long. */
static size_t message_length(const Message *message, const GByteArray *in)
{
    if (message->count_size == 0 || in->len < message->size) {
        return message->size;
    }
    const uint8_t *at = in->data + message->count_at;
    unsigned count = message->count_size == 2 ? read16(at) : *at;
    return count > message->most ? 0 : message->size + (size_t)count * message->each;
}

/* Handle one message; false: there is no whole one. */
static bool handle_one(VncClient *client)
{
    unsigned skipped = (unsigned)MIN(client->skip, client->in->len);

    client->skip -= skipped;
    take_in(client, skipped);
    if (client->in->len == 0 || client->dropped) {
        return false;
    }
    const Message *message = next_message(client);
    size_t len = message ? message_length(message, client->in) : 0;
    if (len == 0) {
        drop(client);
    }
    if (len == 0 || client->in->len < len) {
        return false;
    }
    uint8_t bytes[20 + MAX(ENCODINGS_MAX * 4, UINT8_MAX * 16)];
    memcpy(bytes, client->in->data, len);
    take_in(client, (unsigned)len);
    message->fn(client, bytes, len);
    return true;
}

static void on_readable(void *opaque, GIOCondition got)
{
    VncClient *client = opaque;
    VncServer *server = client->server;
    uint8_t bytes[READ_SIZE];
    ssize_t count = recv(client->fd, bytes, sizeof(bytes), 0);

    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        drop(client);
    }
    if (count > 0) {
        g_byte_array_append(client->in, bytes, (guint)count);
        while (handle_one(client)) {
        }
        input_sync();
        console_hurry(server->viewer.console);
        if (client->out->len > 0) {
            send_out(client);
        }
    }
    sweep(server);
}

/* ---- coming and going ---- */

static void on_handshake_over(void *opaque)
{
    VncClient *client = opaque;
    VncServer *server = client->server;

    drop(client);
    sweep(server);
}

void vnc_client_new(VncListener *listener, int fd)
{
    VncClient *client = g_new0(VncClient, 1);

    client->server = listener->server;
    client->listener = listener;
    client->fd = fd;
    client->inside = client->outside = -1;
    client->in = g_byte_array_new();
    client->out = g_byte_array_new();
    vnc_address_init(&client->address, fd, true);
    timer_init(&client->update, CLOCK_HOST, on_update, client);
    timer_init(&client->handshake, CLOCK_HOST, on_handshake_over, client);
    timer_set(&client->handshake, clock_now(CLOCK_HOST) + HANDSHAKE_NS);
    client->readable = watch_new(fd, G_IO_IN, on_readable, client);
    g_ptr_array_add(client->server->clients, client);
    vnc_tell_connected(listener, client);
    g_byte_array_append(client->out, (const uint8_t *)version, VERSION_SIZE);
    send_out(client);
    sweep(client->server);
}

void vnc_client_free(VncClient *client)
{
    VncServer *server = client->server;
    bool was_viewer = client->viewer;

    g_ptr_array_remove(server->clients, client);
    watch_free(client->readable);
    watch_free(client->writable);
    timer_cancel(&client->update);
    timer_cancel(&client->handshake);
    if (client->rfb) {
        client->inside = -1;        /* goes with it */
        vnc_library.rfbClientConnectionGone(client->rfb);
    }
    fd_close(&client->inside);
    fd_close(&client->outside);
    fd_close(&client->fd);
    vnc_tell_disconnected(client->listener, client);
    vnc_address_finish(&client->address);
    g_byte_array_unref(client->in);
    g_byte_array_unref(client->out);
    vnc_let_go(&client->keys, &client->pointer);
    g_free(client);
    if (was_viewer) {
        vnc_server_look(server);
    }
}
