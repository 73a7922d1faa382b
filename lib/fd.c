/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors; see fd.h. */
#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd-names.h"
#include "lib/interrupt.h"

void fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
    errno = saved;
}

int fd_write_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int eventfd_new(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

bool eventfd_take(int fd)
{
    uint64_t count;

    return read(fd, &count, sizeof(count)) == sizeof(count);
}

void eventfd_signal(int fd)
{
    uint64_t one = 1;
    ssize_t n;

    do {
        n = write(fd, &one, sizeof(one));
    } while (n < 0 && errno == EINTR);
}

enum { PIPE_MAX = 1 << 30 };

typedef struct Mapping {
    void *data;
    size_t size;
} Mapping;

static void unmap(void *opaque)
{
    Mapping *map = opaque;

    munmap(map->data, map->size);
    g_free(map);
}

/* Something can be read, or the writer has gone; false: a signal is to end the run instead. */
static bool wait_for_pipe(int fd)
{
    enum { LOOK_AROUND_MS = 100 };
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

    while (poll(&poll_fd, 1, LOOK_AROUND_MS) <= 0) {
        if (interrupt_pending()) {
            return false;
        }
    }
    return true;
}

/* A pipe that another process writes: all until its end. */
static GBytes *read_pipe(int fd, const char *path, Error **errp)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    uint8_t buffer[64 * 1024];

    while (wait_for_pipe(fd)) {
        ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n == 0) {
            return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            fail_errno(errp, errno, "Could not read '%s'", path);
            return NULL;
        }
        if (bytes->len + MAX(n, 0) > PIPE_MAX) {
            fail(errp, "'%s' gave more than %u MiB", path, PIPE_MAX >> 20);
            return NULL;
        }
        g_byte_array_append(bytes, buffer, (guint)MAX(n, 0));
    }
    fail(errp, "interrupted while reading '%s'", path);
    return NULL;
}

static GBytes *map_fd(int fd, const char *path, Error **errp)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        fail_errno(errp, errno, "Could not read '%s'", path);
        return NULL;
    }
    if (S_ISFIFO(st.st_mode)) {
        return read_pipe(fd, path, errp);
    }
    if (!S_ISREG(st.st_mode)) {
        fail(errp, "'%s' is not a regular file", path);
        return NULL;
    }
    if (st.st_size == 0) {
        return g_bytes_new_static("", 0);
    }
    Mapping map = { .size = (size_t)st.st_size };
    map.data = mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (map.data == MAP_FAILED) {
        fail_errno(errp, errno, "Could not read '%s'", path);
        return NULL;
    }
    return g_bytes_new_with_free_func(map.data, map.size, unmap, g_memdup2(&map, sizeof(map)));
}

GBytes *file_map(const char *path, Error **errp)
{
    int fd = file_open(path, O_RDONLY | O_NONBLOCK, 0);

    if (fd < 0) {
        fail_errno(errp, fd, "Could not open '%s'", path);
        return NULL;
    }
    GBytes *bytes = map_fd(fd, path, errp);
    fd_close(&fd);
    return bytes;
}
