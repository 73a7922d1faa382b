/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's lock; see lock.h. */
#include "core/lock.h"

#include <glib.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread bool held;

void vm_lock(void)
{
    g_assert(!held);
    pthread_mutex_lock(&mutex);
    held = true;
}

void vm_unlock(void)
{
    g_assert(held);
    held = false;
    pthread_mutex_unlock(&mutex);
}

bool vm_locked(void)
{
    return held;
}
