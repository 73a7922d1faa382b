/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors; see fd.h. */
#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd-names.h"

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

static GBytes *map_fd(int fd, const char *path, Error **errp)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        fail_errno(errp, errno, "Could not read '%s'", path);
        return NULL;
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
    int fd = file_open(path, O_RDONLY, 0);

    if (fd < 0) {
        fail_errno(errp, fd, "Could not open '%s'", path);
        return NULL;
    }
    GBytes *bytes = map_fd(fd, path, errp);
    fd_close(&fd);
    return bytes;
}
