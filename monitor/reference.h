/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference of all commands and events in Markdown: -qmp help prints it, docs/qmp.md is it. */
#ifndef MONITOR_REFERENCE_H
#define MONITOR_REFERENCE_H

/* For the caller to free. */
char *monitor_reference(void);

#endif
