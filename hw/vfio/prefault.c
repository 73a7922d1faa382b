/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Touching guest memory by several threads before it is pinned; see dma.h. */
#include <glib.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hw/vfio/dma.h"

enum { THREADS_MAX = 8 };

#define WORTHWHILE_BYTES (1ULL << 30)
#define CHUNK_BYTES (128ULL << 20)

typedef struct Work {
    GArray *chunks;     /* of VfioStretch */
    int next;           /* atomic */
} Work;

static void *work(void *opaque)
{
    Work *all = opaque;

    for (;;) {
        unsigned i = (unsigned)g_atomic_int_add(&all->next, 1);
        if (i >= all->chunks->len) {
            return NULL;
        }
        const VfioStretch *chunk = &g_array_index(all->chunks, VfioStretch, i);
        madvise(chunk->host, chunk->size, MADV_POPULATE_WRITE);
    }
}

static void add_chunks(GArray *chunks, VfioStretch stretch)
{
    while (stretch.size > 0) {
        VfioStretch chunk = { stretch.host, MIN(stretch.size, CHUNK_BYTES) };
        g_array_append_val(chunks, chunk);
        stretch.host += chunk.size;
        stretch.size -= chunk.size;
    }
}

static void run(Work *all)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    GThread *threads[THREADS_MAX];
    unsigned want = (unsigned)CLAMP(cpus - 1, 0, THREADS_MAX), started = 0;

    while (started < want && (threads[started] = g_thread_try_new("prefault", work, all, NULL))) {
        started++;
    }
    work(all);
    while (started > 0) {
        g_thread_join(threads[--started]);
    }
}

void vfio_prefault(const VfioStretch *stretches, unsigned count)
{
    Work all = { .chunks = g_array_new(false, false, sizeof(VfioStretch)) };
    uint64_t total = 0;

    for (unsigned i = 0; i < count; i++) {
        total += stretches[i].size;
        add_chunks(all.chunks, stretches[i]);
    }
    if (total > WORTHWHILE_BYTES) {
        run(&all);
    }
    g_array_unref(all.chunks);
}

static bool has_capability(unsigned n)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

    return syscall(SYS_capget, &header, sets) == 0 && (sets[CAP_TO_INDEX(n)].effective & CAP_TO_MASK(n));
}

bool vfio_may_lock(uint64_t size)
{
    struct rlimit limit = { 0 };

    getrlimit(RLIMIT_MEMLOCK, &limit);
    return limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size || has_capability(CAP_IPC_LOCK);
}
