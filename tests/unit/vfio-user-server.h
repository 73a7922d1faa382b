/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vfio-user server in a thread of the test, and what it can do wrong. It has
 * one PCI device: BAR 0 in messages, BAR 2 to be mapped, I/O BAR 4, MSI-X with two vectors.
 */
#ifndef TESTS_UNIT_VFIO_USER_SERVER_H
#define TESTS_UNIT_VFIO_USER_SERVER_H

#include <glib.h>

#include "hw/vfio/pci.h"
#include "hw/vfio/user-socket.h"

/* What happens to one answer. */
typedef enum Fault {
    FAULT_NONE,
    FAULT_CLOSE,            /* none: the connection ends */
    FAULT_STALL,            /* none: nothing more is said */
    FAULT_HALF_CLOSE,       /* half of it, and the end */
    FAULT_HALF_STALL,
    FAULT_WRONG_ID,
    FAULT_WRONG_COMMAND,
    FAULT_TWICE,
    FAULT_EMPTY,            /* no payload */
    FAULT_SHORT,            /* the payload's last byte is missing */
    FAULT_LONG,             /* a KiB too much */
    FAULT_GARBAGE,          /* all ones as payload */
    FAULT_TINY_SIZE,        /* of the header's size field */
    FAULT_HUGE_SIZE,
    FAULT_TYPE,             /* neither a command nor a reply */
    FAULT_ERROR,            /* EINVAL */
    FAULT_ERROR_ZERO,
    FAULT_ERROR_ABSURD,
    FAULT_SOME_FILES,       /* three nobody asked for */
    FAULT_MANY_FILES,       /* more than the client takes */
    FAULTS,
} Fault;

enum {
    SERVER_BAR_SIZE = 0x4000,
    SERVER_DMA_REGISTER = 0x100,    /* of BAR 0: 4 KiB at the address written there are copied to the next 4 KiB */
    SERVER_ALIVE_REGISTER = 0x200,  /* reads as SERVER_ALIVE */
    SERVER_ALIVE = 0x12345678,
};

typedef struct ServerMapping {
    uint64_t addr, size;
    uint32_t flags;
    bool file;
} ServerMapping;

typedef struct Server {
    char *path;
    const char *version;    /* capabilities to answer with; NULL: none at all */
    uint16_t minor;
    uint32_t max_xfer, regions, irqs;
    uint64_t bar_size;      /* of BAR 0, as told; 0: SERVER_BAR_SIZE */
    GRand *mutate;          /* change random bytes of answers; NULL: do not. Freed with the server */
    bool many_areas;        /* BAR 2 has more to map than anybody needs */
    bool no_file;           /* BAR 2 comes without its file */
    /* state; hold lock */
    GMutex lock;            /* held by the server while it handles a message: taking it stops the server */
    uint16_t fault_command;
    Fault fault;
    unsigned fault_skip;
    unsigned count[32];     /* messages of each command */
    unsigned posted;        /* that wanted no answer */
    GArray *writes;         /* of VfioUserWrite, in order of arrival, of BARs */
    GArray *mappings;       /* of ServerMapping */
    int triggers[5][64];    /* eventfds; -1 */
    int dma_error;          /* the client's answer to the last command */
    unsigned replies;       /* of the client, to server_say() */
    uint32_t xfer_seen;     /* the largest count */
    uint8_t config[256], bar[SERVER_BAR_SIZE];
    int bar2;               /* memfd */
    /* private */
    int listener, fd;
    GThread *thread;
} Server;

/* A server that listens at server->path; settings may be changed until a client connects. */
Server *server_new(void);

/* NULL is accepted. The client has gone. */
void server_free(Server *server);

/* A vfio-user-pci at 05.0 of test_bus that talks to it; settings as -device has them. NULL with *errp set. */
VfioPci *server_plug(const Server *server, const char *settings, Error **errp);

/* After @skip answers to @command, the next one has @fault. */
void server_arm(Server *server, uint16_t command, unsigned skip, Fault fault);

/* Send these bytes as they are, between messages. */
void server_say(Server *server, VfioUserHeader header, const void *data, size_t len);

unsigned server_count(Server *server, uint16_t command);

/* Now, whatever is going on: the connection ends. */
void server_die(Server *server);

#endif
