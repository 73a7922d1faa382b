/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the VNC server share: servers, and clients as their server sees them. */
#ifndef UI_VNC_INTERNAL_H
#define UI_VNC_INTERNAL_H

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
    char *id;
    GPtrArray *listeners;       /* of VncListener */
    GPtrArray *clients;         /* of VncClient */
    Notifier console_came;
    rfbScreenInfo *screen;      /* libvncserver's; it neither listens nor waits */
    pixman_image_t *picture;    /* a copy in the form libvncserver has */
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

/* ---- vnc-client.c ---- */

/* A client came by @listener on @fd, which is the client's from now on. */
void vnc_client_new(VncListener *listener, int fd);
void vnc_client_free(VncClient *client);

/* The picture has changed: send what this client has asked for, when its turn comes. */
void vnc_client_update_soon(VncClient *client);

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

void vnc_pointer_event(VncPointer *pointer, const rfbScreenInfo *screen, unsigned buttons, int x, int y);

/* By the symbol (X11's keysym) on a keyboard that has the letters of a US one where the guest expects them. */
void vnc_key_symbol(uint32_t symbol, bool down);

/* By a scan code of set 1, 0xe0 as bit 7: what QEMU Extended Key Event messages carry. */
void vnc_key_scan_code(uint32_t scan_code, bool down);

/* ---- vnc-commands.c ---- */

void vnc_tell_connected(const VncListener *listener, const VncClient *client);
void vnc_tell_initialized(const VncListener *listener, const VncClient *client);
void vnc_tell_disconnected(const VncListener *listener, const VncClient *client);

#endif
