/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: files mapped as bytes, eventfds, writing all of it; folders that are searched. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/datadir.h"
#include "lib/fd.h"
#include "lib/interrupt.h"

static char *folder;

static void test_files_as_bytes(void)
{
    static const struct {
        const char *contents;       /* NULL: not there */
        const char *error;          /* NULL: works */
    } rows[] = {
        { "abc", NULL }, { "", NULL }, { NULL, "Could not open '*': No such file or directory" },
    };
    g_autofree char *path = g_build_filename(folder, "file", NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        g_unlink(path);
        g_assert_true(!rows[i].contents || g_file_set_contents(path, rows[i].contents, -1, NULL));
        g_autoptr(GBytes) bytes = file_map(path, &err);
        if (rows[i].error) {
            g_assert_null(bytes);
            g_assert_true(g_pattern_match_simple(rows[i].error, error_message(err)));
            error_free(err);
        } else {
            g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), rows[i].contents, strlen(rows[i].contents));
        }
    }
    Error *err = NULL;
    g_assert_null(file_map(folder, &err));
    g_assert_true(g_str_has_suffix(error_message(err), "is not a regular file"));
    error_free(err);
}

static gpointer write_pipe(gpointer path)
{
    int fd = open(path, O_WRONLY);

    g_assert_cmpint(fd_write_all(fd, "through ", 8), ==, 0);
    g_usleep(20000);
    g_assert_cmpint(fd_write_all(fd, "a pipe", 6), ==, 0);
    close(fd);
    return NULL;
}

static void test_a_pipe_is_read_to_its_end(void)
{
    g_autofree char *path = g_build_filename(folder, "pipe", NULL);
    Error *err = NULL;

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    GThread *writer = g_thread_new("writer", write_pipe, path);
    g_autoptr(GBytes) bytes = file_map(path, &err);
    g_assert_null(err);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "through a pipe", 14);
    g_thread_join(writer);
    g_unlink(path);
}

/* Blocked, as in the emulator: the main loop would read it. */
static void test_a_signal_ends_the_wait_for_a_pipe(void)
{
    g_autofree char *path = g_build_filename(folder, "pipe", NULL);
    sigset_t set = interrupt_signals(), old;
    Error *err = NULL;
    int number;

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    g_assert_false(interrupt_pending());
    kill(getpid(), SIGTERM);
    g_assert_true(interrupt_pending());
    g_assert_null(file_map(path, &err));
    g_assert_true(g_str_has_prefix(error_message(err), "interrupted while reading"));
    error_free(err);
    g_assert_cmpint(sigwait(&set, &number), ==, 0);
    g_assert_cmpint(number, ==, SIGTERM);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    g_unlink(path);
}

static void test_eventfds_count_once(void)
{
    int fd = eventfd_new();

    g_assert_false(eventfd_take(fd));
    eventfd_signal(fd);
    eventfd_signal(fd);
    g_assert_true(eventfd_take(fd));
    g_assert_false(eventfd_take(fd));
    errno = EXDEV;
    fd_close(&fd);
    g_assert_cmpint(fd, ==, -1);
    g_assert_cmpint(errno, ==, EXDEV);
    fd_close(&fd);
}

static gpointer read_slowly(gpointer opaque)
{
    int fd = GPOINTER_TO_INT(opaque);
    char buffer[4096];
    uintptr_t sum = 0;

    for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) {
        sum += (uintptr_t)n;
    }
    return (gpointer)sum;
}

static void test_all_is_written(void)
{
    enum { MUCH = 1024 * 1024 };
    g_autofree char *data = g_malloc0(MUCH);
    int fds[2];

    g_assert_cmpint(pipe(fds), ==, 0);
    GThread *reader = g_thread_new("reader", read_slowly, GINT_TO_POINTER(fds[0]));
    g_assert_cmpint(fd_write_all(fds[1], data, MUCH), ==, 0);
    close(fds[1]);
    g_assert_cmpuint((uintptr_t)g_thread_join(reader), ==, MUCH);
    g_assert_cmpint(fd_write_all(fds[1], data, 1), ==, -EBADF);
    close(fds[0]);
}

static void test_folders_of_the_user_come_first(void)
{
    g_autofree char *a = g_build_filename(folder, "a", NULL), *b = g_build_filename(folder, "b", NULL);
    g_autofree char *in_a = g_build_filename(a, "image", NULL), *in_b = g_build_filename(b, "image", NULL);
    Error *err = NULL;

    g_assert_cmpint(g_mkdir(a, 0700) | g_mkdir(b, 0700), ==, 0);
    datadir_add_default(b);
    datadir_add(a);
    g_assert_true(g_file_set_contents(in_b, "b", 1, NULL));
    g_autofree char *found = datadir_find("image", &err);
    g_assert_cmpstr(found, ==, in_b);
    g_assert_true(g_file_set_contents(in_a, "a", 1, NULL));
    g_autofree char *first = datadir_find("image", &err);
    g_assert_cmpstr(first, ==, in_a);
    g_autofree char *path = datadir_find("no/such", &err);      /* a path is taken as it is */
    g_assert_cmpstr(path, ==, "no/such");
    g_assert_null(datadir_find("nowhere", &err));
    g_assert_cmpstr(error_message(err), ==, "could not find 'nowhere'");
    error_free(err);
    g_autofree char *list = datadir_describe(), *expected = g_strdup_printf("%s\n%s\n", a, b);
    g_assert_cmpstr(list, ==, expected);
    g_unlink(in_a);
    g_unlink(in_b);
    g_rmdir(a);
    g_rmdir(b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("fd-XXXXXX", NULL);
    g_test_add_func("/fd/files", test_files_as_bytes);
    g_test_add_func("/fd/pipe", test_a_pipe_is_read_to_its_end);
    g_test_add_func("/fd/pipe-signal", test_a_signal_ends_the_wait_for_a_pipe);
    g_test_add_func("/fd/eventfds", test_eventfds_count_once);
    g_test_add_func("/fd/write-all", test_all_is_written);
    g_test_add_func("/datadir/order", test_folders_of_the_user_come_first);
    int status = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return status;
}
