/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as a test saw them: "NAME {data}", in the order they came. */
#ifndef TESTS_UNIT_EVENT_LOG_H
#define TESTS_UNIT_EVENT_LOG_H

#include "core/command.h"

typedef struct EventLog {
    Notifier notifier;
    GString *text;          /* one line an event */
} EventLog;

static inline void event_log_note(Notifier *notifier, void *data)
{
    EventLog *log = (EventLog *)notifier;
    Json *more = json_get(data, "data");
    g_autofree char *text = more ? json_print(more) : NULL;

    g_string_append_printf(log->text, "%s%s%s\n", json_get_str(data, "event"), text ? " " : "", text ? text : "");
}

static inline void event_log_start(EventLog *log)
{
    *log = (EventLog){ { event_log_note }, g_string_new(NULL) };
    notifier_add(&event_notifiers, &log->notifier);
}

/* These came since the start or the last look. */
static inline void event_log_expect(EventLog *log, const char *expected)
{
    g_assert_cmpstr(log->text->str, ==, expected);
    g_string_truncate(log->text, 0);
}

static inline void event_log_stop(EventLog *log)
{
    notifier_del(&event_notifiers, &log->notifier);
    g_string_free(log->text, true);
}

#endif
