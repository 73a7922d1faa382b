/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that end the run; see signals.h. */
#include "system/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/mainloop.h"
#include "core/runstate.h"
#include "lib/log.h"

static int signal_fd = -1;

static void on_signal(void *opaque, GIOCondition got)
{
    struct signalfd_siginfo event = { 0 };
    ssize_t n = read(signal_fd, &event, sizeof(event));
    unsigned signo = event.ssi_signo, pid = event.ssi_pid;

    if (n != sizeof(event)) {
        return;
    }
    if (pid != 0) {
        warn("terminating on signal %u from pid %u", signo, pid);
    }
    request_shutdown(CAUSE_HOST_SIGNAL);
}

bool signals_start(Error **errp)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signal_fd < 0) {
        return fail_errno(errp, errno, "cannot read signals");
    }
    watch_new(signal_fd, G_IO_IN, on_signal, NULL);
    return true;
}
