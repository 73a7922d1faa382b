/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of character devices: a folder, a front end that remembers, and the other side of a socket. */
#ifndef TESTS_UNIT_CHARDEV_FRONT_H
#define TESTS_UNIT_CHARDEV_FRONT_H

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chardev/chardev.h"
#include "core/mainloop.h"

static char *folder;

static inline char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* ---- a front end that remembers ---- */

typedef struct Front {
    GString *got;
    size_t room;            /* bytes it takes until this is raised */
    unsigned opened, closed, breaks, writable;
} Front;

static inline size_t front_can_receive(void *opaque)
{
    return ((Front *)opaque)->room;
}

static inline void front_receive(void *opaque, const uint8_t *data, size_t len)
{
    Front *front = opaque;

    g_assert_cmpuint(len, <=, front->room);
    front->room -= len;
    g_string_append_len(front->got, (const char *)data, (gssize)len);
}

static inline void front_event(void *opaque, ChardevEvent event)
{
    Front *front = opaque;

    front->opened += event == CHARDEV_OPENED;
    front->closed += event == CHARDEV_CLOSED;
    front->breaks += event == CHARDEV_BREAK;
}

static inline void front_writable(void *opaque)
{
    ((Front *)opaque)->writable++;
}

static const ChardevFront front_ops = { front_can_receive, front_receive, front_event, front_writable };

static inline Chardev *make(const char *text)
{
    Error *err = NULL;
    g_autofree char *full = g_strdup_printf(text, folder, folder);
    Object *obj = chardev_create(full, &err);

    g_assert_cmpstr(err ? error_message(err) : NULL, ==, NULL);
    return (Chardev *)obj;
}

static inline Front *attach(Chardev *chr)
{
    Error *err = NULL;
    Front *front = g_new0(Front, 1);

    front->got = g_string_new(NULL);
    front->room = SIZE_MAX;
    g_assert_true(chardev_attach(chr, &front_ops, front, &err));
    return front;
}

static inline void front_free(Chardev *chr, Front *front)
{
    chardev_detach(chr, front);
    g_string_free(front->got, true);
    g_free(front);
}

static inline void setup(void)
{
    folder = g_dir_make_tmp("chardev-XXXXXX", NULL);
}

static inline void teardown(void)
{
    const char *name;

    object_free_all();
    GDir *dir = g_dir_open(folder, 0, NULL);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = path_of(name);
        unlink(path);
    }
    g_dir_close(dir);
    g_assert_cmpint(rmdir(folder), ==, 0);
    g_clear_pointer(&folder, g_free);
}

/* Run the main loop until the condition holds; not longer than ten seconds. */
#define wait_until(condition)                                                           \
    do {                                                                                \
        int64_t end_ = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;                    \
        while (!(condition)) {                                                          \
            g_assert_cmpint(g_get_monotonic_time(), <, end_);                           \
            if (!g_main_context_iteration(NULL, false)) {                               \
                g_usleep(1000);                                                         \
            }                                                                           \
        }                                                                               \
    } while (0)

#define assert_reads(fd, text)                                                          \
    do {                                                                                \
        char got_[64] = "";                                                             \
        g_assert_cmpint(read((fd), got_, sizeof(got_) - 1), ==, (ssize_t)strlen(text)); \
        g_assert_cmpstr(got_, ==, (text));                                              \
    } while (0)

static inline void say(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

static inline int connect_to(const char *name)
{
    g_autofree char *path = path_of(name);
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
    return fd;
}

static inline int listen_on(const char *name)
{
    g_autofree char *path = path_of(name);
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&un, sizeof(un)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    return fd;
}

static inline void converse(Chardev *chr, Front *front, int fd)
{
    g_string_truncate(front->got, 0);
    say(fd, "hello");
    wait_until(front->got->len == 5);
    g_assert_cmpstr(front->got->str, ==, "hello");
    g_assert_cmpuint(chardev_write(chr, "world", 5), ==, 5);
    assert_reads(fd, "world");
}

#endif
