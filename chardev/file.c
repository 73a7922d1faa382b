/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backends that are a path: file, pipe (one FIFO or a pair PATH.in and PATH.out) and serial (a tty of the host). */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "chardev/backend.h"
#include "lib/fd-names.h"
#include "lib/fd.h"

typedef struct FileChardev {
    Chardev chr;
    char *path, *input_path;
    bool append;
} FileChardev;

int chardev_open_file(const char *path, int flags, Error **errp)
{
    int fd = file_open(path, flags | O_NOCTTY, 0666);

    if (fd < 0) {
        fail_errno(errp, fd, "Could not open '%s'", path);
    }
    return fd;
}

static bool need_path(const FileChardev *self, const char *backend, Error **errp)
{
    return self->path || fail(errp, "chardev: %s: no filename given", backend);
}

/* A FIFO is opened so that nobody waits for its other side. */
static int output_flags(const FileChardev *self)
{
    struct stat st;

    if (stat(self->path, &st) == 0 && S_ISFIFO(st.st_mode)) {
        return O_RDWR | O_NONBLOCK;
    }
    return O_WRONLY | O_CREAT | (self->append ? O_APPEND : O_TRUNC);
}

static bool file_realize(Object *obj, Error **errp)
{
    FileChardev *self = (FileChardev *)obj;
    int in = -1;

    if (!need_path(self, "file", errp)) {
        return false;
    }
    int out = chardev_open_file(self->path, output_flags(self), errp);
    if (out >= 0 && self->input_path) {
        in = chardev_open_file(self->input_path, O_RDONLY | O_NONBLOCK, errp);
    }
    if (out < 0 || (self->input_path && in < 0)) {
        fd_close(&out);
        return false;
    }
    stream_open(&self->chr, in, out);
    chardev_set_open(&self->chr, true);
    return true;
}

CLASS(chardev_file) = {
    .name = "chardev-file",
    .parent = &chardev_class,
    .desc = "Output to a file, input from another",
    .size = sizeof(FileChardev),
    .props = (const Property[]) {
        PROP(FileChardev, path, str, "path", NULL, "File that gets the output"),
        PROP(FileChardev, input_path, str, "input-path", NULL, "File the input is read from"),
        PROP(FileChardev, append, bool, "append", "off", "Keep what the file holds"),
        { }
    },
    .realize = file_realize,
};

/* O_RDWR: opening a FIFO neither waits for the other side nor ends when it leaves. */
static bool open_fifos(FileChardev *self, Error **errp)
{
    g_autofree char *in_path = g_strconcat(self->path, ".in", NULL);
    g_autofree char *out_path = g_strconcat(self->path, ".out", NULL);
    int flags = O_RDWR | O_NONBLOCK;
    bool pair = access(in_path, F_OK) == 0 && access(out_path, F_OK) == 0;
    int in = chardev_open_file(pair ? in_path : self->path, flags, errp);
    int out = pair && in >= 0 ? chardev_open_file(out_path, flags, errp) : in;

    if (in < 0 || out < 0) {
        fd_close(&in);
        return hint(errp, "Make it with mkfifo '%s', or the pair '%s' and '%s'.", self->path, in_path, out_path);
    }
    stream_open(&self->chr, in, out);
    return true;
}

static bool pipe_realize(Object *obj, Error **errp)
{
    FileChardev *self = (FileChardev *)obj;

    if (!need_path(self, "pipe", errp) || !open_fifos(self, errp)) {
        return false;
    }
    chardev_set_open(&self->chr, true);
    return true;
}

CLASS(chardev_pipe) = {
    .name = "chardev-pipe",
    .parent = &chardev_class,
    .desc = "A named pipe, or the pair PATH.in and PATH.out",
    .size = sizeof(FileChardev),
    .props = (const Property[]) {
        PROP(FileChardev, path, str, "path", NULL, "The named pipe"),
        { }
    },
    .realize = pipe_realize,
};

static bool make_raw(int fd, const char *path, Error **errp)
{
    struct termios tty;

    if (tcgetattr(fd, &tty) < 0) {
        return fail_errno(errp, errno, "'%s' is not a terminal", path);
    }
    cfmakeraw(&tty);
    tty.c_cflag |= CLOCAL | CREAD;
    return tcsetattr(fd, TCSANOW, &tty) == 0 || fail_errno(errp, errno, "Could not set up '%s'", path);
}

static bool serial_realize(Object *obj, Error **errp)
{
    FileChardev *self = (FileChardev *)obj;

    if (!need_path(self, "serial", errp)) {
        return false;
    }
    int fd = chardev_open_file(self->path, O_RDWR | O_NONBLOCK, errp);
    if (fd < 0 || !make_raw(fd, self->path, errp)) {
        fd_close(&fd);
        return false;
    }
    stream_open(&self->chr, fd, fd);
    chardev_set_open(&self->chr, true);
    return true;
}

CLASS(chardev_serial) = {
    .name = "chardev-serial",
    .parent = &chardev_class,
    .desc = "A serial port or other terminal of the host",
    .size = sizeof(FileChardev),
    .props = (const Property[]) {
        PROP(FileChardev, path, str, "path", NULL, "The device, for example /dev/ttyS0"),
        { }
    },
    .realize = serial_realize,
};
