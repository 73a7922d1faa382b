/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal the emulator was started from. It is put in raw mode while we
 * use it and given back as it was, at exit and at a crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "chardev/backend.h"
#include "lib/fd.h"

typedef struct StdioChardev {
    Chardev chr;
    bool signal;
} StdioChardev;

/* The process has one terminal, so its state is the process's. */
static StdioChardev *owner;
static struct termios saved, raw;
static volatile sig_atomic_t is_raw;

static void restore_terminal(void)
{
    if (is_raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);   /* async-signal-safe */
        is_raw = false;
    }
}

/* Back from Ctrl-Z: the shell had the terminal meanwhile. */
static void on_continue(int number)
{
    if (is_raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
}

static void on_crash(int number)
{
    restore_terminal();
    raise(number);      /* SA_RESETHAND: this time it does what it always did */
}

/* Handlers of others (sanitizers) stay. */
static void watch_crashes(void)
{
    static const int numbers[] = { SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGQUIT };
    struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND | SA_NODEFER }, old;

    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

/* No echo, no line editing; "\n" on output still becomes "\r\n", as terminals want it. */
static void set_raw(bool with_signals)
{
    static bool registered;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0) {
        return;
    }
    raw = saved;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    raw.c_lflag |= with_signals ? ISIG : 0;
    if (!registered) {
        registered = true;
        atexit(restore_terminal);
        watch_crashes();
        signal(SIGCONT, on_continue);
    }
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0) {
        is_raw = true;
    }
}

/*
 * A descriptor for output that never blocks. O_NONBLOCK belongs to the open
 * file, which we share with the shell and our own stderr: so open it again,
 * where that means the same file, and use it as it is otherwise.
 */
static int open_output(void)
{
    struct stat st;
    int fd = -1;

    if (fstat(STDOUT_FILENO, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
        fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static bool stdio_realize(Object *obj, Error **errp)
{
    StdioChardev *self = (StdioChardev *)obj;

    if (owner) {
        return fail(errp, "cannot use stdio by multiple character devices");
    }
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int out = open_output();
    if (out < 0) {
        fail_errno(errp, errno, "cannot use standard output");
        fd_close(&in);
        return false;
    }
    owner = self;
    set_raw(self->signal);
    stream_open(&self->chr, in, out);
    chardev_set_open(&self->chr, true);
    return true;
}

static void stdio_unrealize(Object *obj)
{
    if (owner == (StdioChardev *)obj) {
        restore_terminal();
        owner = NULL;
    }
}

CLASS(chardev_stdio) = {
    .name = "chardev-stdio",
    .parent = &chardev_class,
    .desc = "Standard input and output",
    .size = sizeof(StdioChardev),
    .props = (const Property[]) {
        PROP(StdioChardev, signal, bool, "signal", "on", "Ctrl-C ends the emulator; off: the guest gets it"),
        { }
    },
    .realize = stdio_realize,
    .unrealize = stdio_unrealize,
};
