/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going to the background; see daemon.h. */
#include "system/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "system/signals.h"

static int ready_pipe = -1;
static char *pidfile;

/* The parent's whole life: 0 when the child says it is ready, 1 when it ended before. */
static void wait_for_child(int pipe)
{
    char word;
    ssize_t n;

    do {
        n = read(pipe, &word, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? 0 : 1);
}

bool daemon_start(Error **errp)
{
    int pipes[2];

    if (pipe2(pipes, O_CLOEXEC) < 0) {
        return fail_errno(errp, errno, "cannot daemonize");
    }
    pid_t child = fork();
    if (child < 0) {
        return fail_errno(errp, errno, "cannot daemonize");
    }
    if (child > 0) {
        signals_unblock();
        close(pipes[1]);
        wait_for_child(pipes[0]);
    }
    close(pipes[0]);
    ready_pipe = pipes[1];
    setsid();
    umask(027);
    return true;
}

void daemon_ready(void)
{
    if (ready_pipe < 0) {
        return;
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
    if (chdir("/") == 0) {
        fd_write_all(ready_pipe, "", 1);
    }
    fd_close(&ready_pipe);
}

bool daemon_write_pidfile(const char *path, Error **errp)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) {
        return fail_errno(errp, errno, "cannot create PID file '%s'", path);
    }
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        fail_errno(errp, errno, "cannot lock PID file '%s'", path);
        fd_close(&fd);
        return hint(errp, "Another emulator uses this file.");
    }
    g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
    int written = ftruncate(fd, 0) < 0 ? -errno : fd_write_all(fd, text, strlen(text));
    if (written < 0) {
        fd_close(&fd);
        return fail_errno(errp, written, "cannot write PID file '%s'", path);
    }
    pidfile = realpath(path, NULL);     /* daemon_ready() changes the folder */
    return true;                        /* the descriptor stays open: it holds the lock */
}

void daemon_remove_pidfile(void)
{
    if (pidfile) {
        unlink(pidfile);
        free(pidfile);
        pidfile = NULL;
    }
}
