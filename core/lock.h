/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one lock of the machine's state. The main loop holds it except while it
 * waits; vCPU threads take it to handle an exit.
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <stdbool.h>

void vm_lock(void);
void vm_unlock(void);

/* This thread holds it. */
bool vm_locked(void);

#endif
