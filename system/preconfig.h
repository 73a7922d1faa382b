/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --preconfig: the machine waits to be configured over QMP before it is made. */
#ifndef SYSTEM_PRECONFIG_H
#define SYSTEM_PRECONFIG_H

#include "system/settings.h"

/* The phase: with --preconfig, serve monitors until x-exit-preconfig or the end of the run. */
bool preconfig(Settings *settings, Error **errp);

#endif
