/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the vfio-user protocol over a UNIX stream socket: commands out,
 * answers matched by id, commands of the server served, files passed along.
 * The server is not trusted: nothing it sends or leaves out can do more than
 * end the connection, and no call outlasts the time-out. All functions need vm_lock.
 *
 * Facts: vfio-user Protocol Specification 0.9.2 (docs/vfio-user.rst of libvfio-user),
 * "spec" below. All numbers are in the byte order of the host.
 */
#ifndef HW_VFIO_USER_SOCKET_H
#define HW_VFIO_USER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* Spec, "Commands". 14 was used by drafts. */
typedef enum VfioUserCommand {
    VFIO_USER_VERSION = 1,
    VFIO_USER_DMA_MAP = 2,
    VFIO_USER_DMA_UNMAP = 3,
    VFIO_USER_DEVICE_GET_INFO = 4,
    VFIO_USER_DEVICE_GET_REGION_INFO = 5,
    VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
    VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
    VFIO_USER_DEVICE_SET_IRQS = 8,
    VFIO_USER_REGION_READ = 9,
    VFIO_USER_REGION_WRITE = 10,
    VFIO_USER_DMA_READ = 11,            /* this and the next come from the server */
    VFIO_USER_DMA_WRITE = 12,
    VFIO_USER_DEVICE_RESET = 13,
    VFIO_USER_REGION_WRITE_MULTI = 15,
    VFIO_USER_DEVICE_FEATURE = 16,
    /*
     * Of our own, for servers whose capabilities say "x-gfx-plane": true. The payload both ways is that of
     * VFIO_DEVICE_QUERY_GFX_PLANE; and VfioUserDmabuf, whose answer brings the file.
     */
    VFIO_USER_X_QUERY_PLANE = 0x4001,
    VFIO_USER_X_GET_DMABUF = 0x4002,
} VfioUserCommand;

enum {
    VFIO_USER_TYPE_MASK = 0xf,
    VFIO_USER_COMMAND = 0,
    VFIO_USER_REPLY = 1,
    VFIO_USER_NO_REPLY = 1 << 4,
    VFIO_USER_ERROR = 1 << 5,
};

/* Spec, "Header". */
typedef struct VfioUserHeader {
    uint16_t id, command;
    uint32_t size;                      /* of the message, this header included */
    uint32_t flags;
    uint32_t error;                     /* errno of a reply with VFIO_USER_ERROR; may be 0 even then */
} VfioUserHeader;

/* VFIO_USER_REGION_READ, _WRITE: data follows */
typedef struct VfioUserAccess {
    uint64_t offset;
    uint32_t region, count;
} VfioUserAccess;

/* One write of VFIO_USER_REGION_WRITE_MULTI, which has a 64-bit number of them in front. */
typedef struct VfioUserWrite {
    VfioUserAccess at;                  /* count: at most 8 */
    uint8_t data[8];
} VfioUserWrite;

/* VFIO_USER_DMA_READ, _WRITE: data follows */
typedef struct VfioUserDmaAccess {
    uint64_t addr, count;
} VfioUserDmaAccess;

/* VFIO_USER_X_GET_DMABUF */
typedef struct VfioUserDmabuf {
    uint32_t argsz, id;
} VfioUserDmabuf;

enum {
    VFIO_USER_XFER_MAX = 1 << 20,       /* bytes of data we take in a message: the specification's default */
    VFIO_USER_FDS_MAX = 8,              /* files we take with a message; only a region's is of use */
    VFIO_USER_FDS_OUT_MAX = 128,        /* files we send with one; Linux takes 253 */
};

typedef struct VfioUserSocket VfioUserSocket;

/*
 * A command of the server: @len bytes at @data. 0 with *ret_reply (for the socket to free) of
 * *ret_len bytes, or -errno. It must not call the server.
 */
typedef int VfioUserServe(void *opaque, uint16_t command, const uint8_t *data, size_t len,
                          uint8_t **ret_reply, size_t *ret_len);

/* Talk over @fd, which is taken over. @name, for messages, is copied. */
VfioUserSocket *vfio_user_socket_new(int fd, const char *name, unsigned timeout_ms);

/* NULL is accepted. */
void vfio_user_socket_free(VfioUserSocket *socket);

/* Let @serve answer the server from now on; before, nothing it asks for is known. */
void vfio_user_socket_serve(VfioUserSocket *socket, VfioUserServe *serve, void *opaque);

/* A command and where its answer goes. */
typedef struct VfioUserCall {
    VfioUserCommand command;
    const void *head, *data;            /* two parts of what is sent; NULL: none */
    size_t head_len, data_len;
    const int *fds;                     /* files to go with it */
    unsigned fd_count;
    void *reply;                        /* the answer's payload; may be where head is */
    size_t reply_room;                  /* longer answers are refused */
    size_t reply_len;                   /* out: bytes of the answer */
    int *reply_fd;                      /* out: first file of the answer, the caller's to close; -1: none */
    int64_t deadline_us;                /* monotonic; 0: the time-out from now on */
} VfioUserCall;

/*
 * Send and wait for the answer, serving the server meanwhile. 0 or -errno: the
 * server's; -EPROTO for an answer that makes no sense, -ENOTCONN when it is lost.
 */
int vfio_user_call(VfioUserSocket *socket, VfioUserCall *call);

/* When a call that begins now has to end. */
int64_t vfio_user_deadline(const VfioUserSocket *socket);

/*
 * Send a write nobody waits for, in order with all else. While the server is
 * behind, writes gather in a message of many if @multi. 0 or -errno.
 */
int vfio_user_post(VfioUserSocket *socket, const VfioUserWrite *write, bool multi);

/* End the connection; the words say what the server did. Only the first reason counts. */
void vfio_user_give_up(VfioUserSocket *socket, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Why the connection was lost, NULL: it was not. */
const char *vfio_user_lost(const VfioUserSocket *socket);

/*
 * The device works. From now on the loss of the server is an error the socket reports, not its
 * callers (see vfio_user_gone()); @lost is called then, once, from the main loop. False with
 * *errp set when it is lost already.
 */
bool vfio_user_socket_settle(VfioUserSocket *socket, void (*lost)(void *opaque), void *opaque, Error **errp);

/* Lost after it had settled: reads are to be all ones, and everything else succeeds. */
bool vfio_user_gone(const VfioUserSocket *socket);

#endif
