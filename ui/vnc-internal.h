/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the VNC server share: servers, and clients as their server sees them. */
#ifndef UI_VNC_INTERNAL_H
#define UI_VNC_INTERNAL_H

#include <linux/input-event-codes.h>

#include "core/clock.h"
#include "core/mainloop.h"
#include "lib/json.h"
#include "ui/console.h"
#include "ui/vnc-library.h"
#include "ui/vnc.h"

typedef struct VncServer VncServer;
typedef struct VncClient VncClient;

/* One end of a connection, as QMP shows it. */
typedef struct VncAddress {
    char *host, *service;       /* of a unix socket: "" and its path */
    const char *family;         /* "ipv4", "ipv6", "unix" */
} VncAddress;

typedef enum VncShare { VNC_ALLOW_EXCLUSIVE, VNC_FORCE_SHARED, VNC_IGNORE } VncShare;

typedef struct VncListener {
    VncServer *server;
    VncAddress address;
    int fd;
    Watch *watch;
} VncListener;

struct VncServer {
    ConsoleViewer viewer;       /* first: it is cast back */
    char *id, *title;
    GPtrArray *listeners;       /* of VncListener */
    GPtrArray *clients;         /* of VncClient */
    Notifier consoles, absolute, leds;
    rfbScreenInfo *screen;      /* libvncserver's; it neither listens nor waits */
    pixman_image_t *picture;    /* a copy for libvncserver; x8r8g8b8 */
    pixman_image_t *band;       /* a strip of it, to draw in; as wide */
    char *device;               /* whose console is shown, NULL: any */
    unsigned head;              /* of the device */
    unsigned chosen;            /* number of the console when any will do */
    VncShare share;
    unsigned connections;       /* clients at most */
    bool wants_password;
    char *password;             /* NULL: nobody is let in */
    int64_t password_ends;      /* seconds since 1970; INT64_MAX: never */
    char *socket_path;          /* to remove at the end, or NULL */
};

/* Of VncServer; may be NULL. */
extern GPtrArray *vnc_servers;

static inline const char *vnc_auth(const VncServer *server)
{
    return server->wants_password ? "vnc" : "none";
}

/* "host", "service", "family" and "websocket" of @address. */
Json *vnc_address_json(const VncAddress *address);
/* Of the end of @fd that is @peer's or ours. */
void vnc_address_init(VncAddress *address, int fd, bool peer);
void vnc_address_finish(VncAddress *address);

/* The first client can see something, the last one has gone: look at the console or not. */
void vnc_server_look(VncServer *server);

/* Show the console of this number; false: only one can be shown here, or there is none of that number. */
bool vnc_server_choose(VncServer *server, unsigned number);

/* Status codes of ExtendedDesktopSize (rfbproto; the last one as the stock emulator and its clients have it). */
typedef enum VncSizeStatus {
    VNC_SIZE_DONE, VNC_SIZE_PROHIBITED, VNC_SIZE_NO_RESOURCES, VNC_SIZE_INVALID, VNC_SIZE_FORWARDED
} VncSizeStatus;

/* A client's window has this size: ask the guest to follow. */
VncSizeStatus vnc_server_resize(VncServer *server, unsigned width, unsigned height);

/* ---- vnc-notes.c ---- */

typedef enum VncNote { VNC_NOTE_KEYS = 1, VNC_NOTE_POINTER = 2, VNC_NOTE_LEDS = 4, VNC_NOTE_LAYOUT = 8 } VncNote;

/* What a client is still to be told, once its connection is free; that is bounded, however much it asks. */
typedef struct VncNotes {
    unsigned accepted, due;     /* VncNote */
    bool told_relative;         /* its pointer events are movements */
    bool asked;                 /* of the layout: an answer to SetDesktopSize */
    VncSizeStatus status;
} VncNotes;

/* The client knows this encoding. */
void vnc_notes_accept(VncNotes *notes, int32_t encoding);

/* Tell it these that it accepts; false: it accepts none of them. */
bool vnc_notes_add(VncNotes *notes, unsigned due);

/* Append what is due. */
void vnc_notes_write(VncNotes *notes, const rfbScreenInfo *screen, GByteArray *out);

/* ---- vnc-picture.c ---- */

/* The form libvncserver is told the picture has. */
enum { VNC_BITS_PER_COLOUR = 8, VNC_COLOURS = 3, VNC_BYTES_PER_PIXEL = 4 };

/* The picture has this size from now on. */
void vnc_picture_resize(VncServer *server, int width, int height);

/* This part of what @console shows may have changed: what has is taken over, and sent to clients. */
void vnc_picture_take(VncServer *server, Console *console, int x, int y, int width, int height);

/* @image is the picture, which no console shows. */
void vnc_picture_show(VncServer *server, pixman_image_t *image);

/* A server without a picture is accepted. */
void vnc_picture_finish(VncServer *server);

/* ---- vnc-client.c ---- */

/* A client came by @listener on @fd, which is the client's from now on. */
void vnc_client_new(VncListener *listener, int fd);
void vnc_client_free(VncClient *client);

/* The picture has changed: send what this client has asked for, when its turn comes. */
void vnc_client_update_soon(VncClient *client);

/* Tell it these (VncNote), when its turn comes, if it cares. */
void vnc_client_tell(VncClient *client, unsigned notes);

/* It has been let in and knows what the picture is like. */
bool vnc_client_is_viewer(const VncClient *client);
const VncAddress *vnc_client_address(const VncClient *client);

/* ---- vnc-input.c ---- */

/* What a client's pointer was last. */
typedef struct VncPointer {
    bool known;
    int x, y;
    unsigned buttons;
} VncPointer;

/* @relative: what the client sends are not places but movements, as differences from 0x7fff. */
void vnc_pointer_event(VncPointer *pointer, const rfbScreenInfo *screen, unsigned buttons, int x, int y, bool relative);

/* What a client's fingers are on. */
typedef struct VncKeys {
    uint64_t down[(KEY_CNT + 63) / 64];     /* bits by Linux key code */
    bool control, alt;
    unsigned swallowed;         /* the key that has chosen a console; 0: none */
} VncKeys;

/* The key of an X11 keysym: in the layout of -k, else on a US keyboard; 0: none. */
unsigned vnc_key_of_symbol(uint32_t symbol);

/*
 * A Linux key code (0: ignored) goes to the guest, but for left Ctrl, left Alt and 1 to 9: the client looks at the
 * console of that number, if it can.
 */
void vnc_key_event(VncServer *server, VncKeys *keys, unsigned code, bool down);

/* The client goes: what it holds down, and nobody else's, is let go. */
void vnc_let_go(VncKeys *keys, VncPointer *pointer);

/* ---- vnc-commands.c ---- */

void vnc_tell_connected(const VncListener *listener, const VncClient *client);
void vnc_tell_initialized(const VncListener *listener, const VncClient *client);
void vnc_tell_disconnected(const VncListener *listener, const VncClient *client);

#endif
