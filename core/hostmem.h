/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory on the host: -object memory-backend-ram|file|memfd, and what -m alone makes. */
#ifndef CORE_HOSTMEM_H
#define CORE_HOSTMEM_H

#include "core/class.h"
#include "core/region.h"

typedef struct HostMem {
    Object obj;
    uint64_t size;          /* bytes */
    bool share, prealloc, hugetlb, dump, merge, seal, readonly, discard_data;
    uint64_t hugetlbsize, align;
    char *mem_path;         /* memory-backend-file */
    int fd;                 /* of the file or memfd, or -1 */
    HostMemory memory;      /* valid once realized */
} HostMem;

extern const Class hostmem_class;       /* abstract */
extern const Class hostmem_ram_class;   /* "memory-backend-ram" */

/* Anonymous memory of @size bytes, or NULL with *errp set: for RAM without a backend and for ROM images. */
HostMem *hostmem_anonymous(const char *id, uint64_t size, Error **errp);

/* Take the backend @id for the machine's RAM; errors when there is none, it is taken, or its size is not @size. */
HostMem *hostmem_claim(const char *id, uint64_t size, Error **errp);

#endif
