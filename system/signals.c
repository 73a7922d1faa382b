/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that end the run; see signals.h. */
#include "system/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/mainloop.h"
#include "core/runstate.h"
#include "lib/interrupt.h"
#include "lib/log.h"

static int signal_fd = -1;

static void change_mask(int how)
{
    sigset_t set = interrupt_signals();

    pthread_sigmask(how, &set, NULL);
}

void signals_block(void)
{
    change_mask(SIG_BLOCK);
}

void signals_unblock(void)
{
    change_mask(SIG_UNBLOCK);
}

/* In the words users and libvirt know from their logs. */
static void report_sender(unsigned number, unsigned pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%u/comm", pid), *name = NULL;
    Error *err = NULL;

    if (!g_file_get_contents(path, &name, NULL, NULL)) {
        name = g_strdup("unknown process");
    }
    fail(&err, "terminating on signal %u from pid %u (%s)", number, pid, g_strchomp(name));
    error_report(err, NULL);
}

static void on_signal(void *opaque, GIOCondition got)
{
    struct signalfd_siginfo event = { 0 };
    ssize_t n = read(signal_fd, &event, sizeof(event));

    if (n != sizeof(event)) {
        return;
    }
    if (event.ssi_pid != 0) {       /* 0: the terminal's Ctrl-C, where the user knows */
        report_sender(event.ssi_signo, event.ssi_pid);
    }
    request_shutdown(CAUSE_HOST_SIGNAL);
}

bool signals_start(Error **errp)
{
    sigset_t set = interrupt_signals();

    signal(SIGPIPE, SIG_IGN);
    signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signal_fd < 0) {
        return fail_errno(errp, errno, "cannot read signals");
    }
    watch_new(signal_fd, G_IO_IN, on_signal, NULL);
    return true;
}
