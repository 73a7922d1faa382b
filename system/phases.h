/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From settings to a running guest and back, as one table of phases. */
#ifndef SYSTEM_PHASES_H
#define SYSTEM_PHASES_H

#include "system/settings.h"

/* Run all phases in order; the first failure stops. Call with vm_lock held. */
bool phases_up(Settings *settings, Error **errp);

/* Undo what was done: also after a failure half-way. */
void phases_down(void);

#endif
