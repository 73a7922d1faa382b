/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor for programs: "monitor-control", mode=control of -mon. */
#ifndef MONITOR_QMP_H
#define MONITOR_QMP_H

#include "monitor/monitor.h"

extern const Class qmp_monitor_class;

#endif
