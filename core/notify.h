/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of functions to call when something happened. */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <glib.h>

typedef struct Notifier Notifier;

/* Embedded in the listener's own structure; notify gets it back. */
struct Notifier {
    void (*notify)(Notifier *self, void *data);
};

typedef struct NotifierList {
    GPtrArray *notifiers;
} NotifierList;

static inline void notifier_add(NotifierList *list, Notifier *notifier)
{
    if (!list->notifiers) {
        list->notifiers = g_ptr_array_new();
    }
    g_ptr_array_add(list->notifiers, notifier);
}

/* A notifier that was never added is accepted. */
static inline void notifier_del(NotifierList *list, Notifier *notifier)
{
    if (list->notifiers) {
        g_ptr_array_remove(list->notifiers, notifier);
    }
}

/* Call all in the order added; a notifier may remove itself. */
static inline void notify_all(NotifierList *list, void *data)
{
    if (!list->notifiers) {
        return;
    }
    g_autoptr(GPtrArray) copy = g_ptr_array_copy(list->notifiers, NULL, NULL);
    for (unsigned i = 0; i < copy->len; i++) {
        Notifier *notifier = copy->pdata[i];
        notifier->notify(notifier, data);
    }
}

#endif
