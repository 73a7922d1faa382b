/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of a multi-process PCI device: the virtual host sends them over a stream socket, some
 * with file descriptors beside them.
 */
#ifndef LAB_IGD_WIRE_H
#define LAB_IGD_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WIRE_SYNC_SYSMEM,
    WIRE_RET,
    WIRE_CONFIG_WRITE,
    WIRE_CONFIG_READ,
    WIRE_BAR_WRITE,
    WIRE_BAR_READ,
    WIRE_SET_IRQFD,
    WIRE_RESET,
};

enum {
    WIRE_RANGES = 8,
};

typedef struct {
    uint64_t address[WIRE_RANGES];  /* in the virtual host's physical memory */
    uint64_t size[WIRE_RANGES];
    int64_t file_offset[WIRE_RANGES];
} WireMemory;

typedef struct {
    uint32_t offset;
    uint32_t value;
    int32_t bytes;
} WireConfig;

typedef struct {
    uint64_t address;
    uint64_t value;
    uint32_t bytes;
    uint8_t is_memory;
    uint8_t pad[3];
} WireBar;

typedef struct {
    int32_t command;
    uint64_t size;
    union {
        WireMemory memory;
        WireConfig config;
        WireBar bar;
        uint64_t value;
    } body;
    int fds[WIRE_RANGES];
    unsigned fd_count;              /* the receiver closes them */
} WireMessage;

/* One message. Returns false when the other side is gone or talks nonsense. */
bool wire_receive(int socket, WireMessage *message);

/* Tells the other side, which waits, that its command is done. */
bool wire_reply(int socket, uint64_t value);

#endif
