/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Monitors: whoever is on the other side of a character device controls the
 * machine, a program with QMP (mode=control, monitor-control) or a person with
 * HMP (mode=readline, monitor-readline).
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "chardev/sender.h"
#include "core/command.h"

typedef struct Monitor {
    Object obj;
    char *chardev_id;
    bool pretty;
    Chardev *chr;           /* NULL before realize */
    Sender sender;
    GArray *descriptors;    /* of int: came with what is being executed, and nobody took them yet */
} Monitor;

/* "monitor", abstract; ops of what descends from it are its ChardevFront, whose opaque is the Monitor. */
extern const Class monitor_class;

/* The next descriptor that came with the command, the caller's from now on; -1: there is none. */
int monitor_take_fd(Monitor *monitor);

/* For fronts: descriptors came; those nobody took are closed. */
void monitor_receive_descriptors(void *monitor, const int *fds, unsigned count);

/* What there is to command. */
typedef enum MonitorStage {
    MONITOR_STAGE_NOTHING,      /* connections are made; commands wait */
    MONITOR_STAGE_PRECONFIG,    /* the machine can still be configured: only commands that say so */
    MONITOR_STAGE_MACHINE,
} MonitorStage;

MonitorStage monitor_stage(void);
void monitor_set_stage(MonitorStage stage);

#endif
