/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that live in another process, reached over a UNIX socket by the
 * vfio-user protocol: a VfioTransport and a VfioDma. See user-socket.h for the messages.
 */
#ifndef HW_VFIO_USER_H
#define HW_VFIO_USER_H

#include "hw/vfio/dma.h"
#include "hw/vfio/user-socket.h"
#include "hw/vfio/vfio.h"

/* ---- user-version.c: connecting ---- */

/* What the two sides have agreed on (spec, VFIO_USER_VERSION). */
typedef struct VfioUserLimits {
    uint64_t max_fds;                   /* the server takes with a message */
    uint64_t max_xfer;                  /* bytes of data it takes, and sends, in a message */
    uint64_t max_dma_maps;
    uint64_t page_sizes;                /* bitmap */
    bool write_multiple;
    bool planes;                        /* it knows VFIO_USER_X_QUERY_PLANE */
} VfioUserLimits;

/* The server the user named. */
typedef struct VfioUserServer {
    const char *path;                   /* of its socket */
    unsigned timeout_ms;                /* 1 or more: a call that takes longer ends the connection */
    bool no_files;                      /* it gets no file of guest memory, all DMA goes by messages */
} VfioUserServer;

/* Connect to the socket at @path; a file descriptor, or -1 with *errp set, with advice. */
int vfio_user_connect(const char *path, unsigned timeout_ms, Error **errp);

/* The first exchange; false with *errp set when the server is none, or of another kind. */
bool vfio_user_negotiate(VfioUserSocket *socket, VfioUserLimits *ret, Error **errp);

/* ---- user-dma.c ---- */

/* Guest memory for the server of @socket, which outlives it. max_fds 0 in @limits: by messages only. */
VfioDma *vfio_user_dma_new(VfioUserSocket *socket, const VfioUserLimits *limits);

/* VFIO_USER_DMA_READ and _WRITE, of memory the server was told about: see VfioUserServe. */
int vfio_user_dma_serve(VfioDma *dma, uint16_t command, const uint8_t *data, size_t len, uint8_t **ret_reply,
                        size_t *ret_len);

/* ---- user.c ---- */

/*
 * Connect to @server, map guest memory for it and ask what it is. NULL with
 * *errp set; unless connecting failed the text begins with "vfio-user PATH: ".
 */
VfioDevice *vfio_user_open(const VfioUserServer *server, Error **errp);

/*
 * The device is complete. From now on the loss of the server is reported once and
 * told by @lost, from the main loop; the device then reads as all ones and takes every write.
 * False with *errp set when the server is lost already.
 */
bool vfio_user_settle(VfioDevice *dev, void (*lost)(void *opaque), void *opaque, Error **errp);

#endif
