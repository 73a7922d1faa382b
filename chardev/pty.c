/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pseudo terminal: users open /dev/pts/N with minicom, screen or libvirt's console. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "chardev/backend.h"
#include "lib/fd.h"

/* The kernel tells when the last user leaves, not when one comes. */
enum { LOOK_FOR_USER_MS = 1000, PTS_NAME_MAX = 64 };

typedef struct PtyChardev {
    Chardev chr;
    int master;         /* kept while users come and go; the stream has a copy */
    char name[PTS_NAME_MAX];
    Timer look;
} PtyChardev;

static bool has_user(const PtyChardev *self)
{
    struct pollfd poll_master = { .fd = self->master, .events = POLLOUT };

    return poll(&poll_master, 1, 0) >= 0 && !(poll_master.revents & POLLHUP);
}

static void look_later(PtyChardev *self)
{
    timer_set(&self->look, clock_now(CLOCK_HOST) + LOOK_FOR_USER_MS * NS_PER_MS);
}

static void look_for_user(void *opaque)
{
    PtyChardev *self = opaque;

    if (!has_user(self)) {
        look_later(self);
        return;
    }
    int fd = fcntl(self->master, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        look_later(self);
        return;
    }
    stream_open(&self->chr, fd, fd);
    chardev_set_open(&self->chr, true);
}

static void pty_hangup(Chardev *chr)
{
    stream_close(chr);
    look_later((PtyChardev *)chr);
    chardev_set_open(chr, false);
}

static char *pty_filename(const Chardev *chr)
{
    return g_strconcat("pty:", ((const PtyChardev *)chr)->name, NULL);
}

/* Open and close the user's side once: raw from the start, and a hang-up until somebody comes. */
static bool prepare_user_side(const PtyChardev *self)
{
    struct termios tty;
    int fd = open(self->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok = fd >= 0 && tcgetattr(fd, &tty) == 0;

    if (ok) {
        cfmakeraw(&tty);
        ok = tcsetattr(fd, TCSANOW, &tty) == 0;
    }
    fd_close(&fd);
    return ok;
}

static bool open_master(PtyChardev *self)
{
    self->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return self->master >= 0 && grantpt(self->master) == 0 && unlockpt(self->master) == 0 &&
           ptsname_r(self->master, self->name, sizeof(self->name)) == 0 && prepare_user_side(self);
}

static void pty_init(Object *obj)
{
    ((PtyChardev *)obj)->master = -1;
}

static bool pty_realize(Object *obj, Error **errp)
{
    PtyChardev *self = (PtyChardev *)obj;

    timer_init(&self->look, CLOCK_HOST, look_for_user, self);
    if (!open_master(self)) {
        return fail_errno(errp, errno, "Failed to create PTY");
    }
    printf("char device redirected to %s (label %s)\n", self->name, self->chr.label);
    fflush(stdout);
    look_for_user(self);
    return true;
}

static void pty_unrealize(Object *obj)
{
    PtyChardev *self = (PtyChardev *)obj;

    timer_cancel(&self->look);
    fd_close(&self->master);
}

static const ChardevOps pty_ops = { .hangup = pty_hangup, .filename = pty_filename };

CLASS(chardev_pty) = {
    .name = "chardev-pty",
    .parent = &chardev_class,
    .desc = "A new pseudo terminal",
    .size = sizeof(PtyChardev),
    .ops = &pty_ops,
    .init = pty_init,
    .realize = pty_realize,
    .unrealize = pty_unrealize,
};
