/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on stderr; see log.h. */
#include "lib/log.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>

enum { LINES_PER_SECOND = 10 };

static const char *const program = "qemu-system-x86_64";
static const char *guest;
static bool with_timestamp;
static bool guest_errors;
static FILE *guest_log;      /* NULL: stderr */

void log_set_format(bool timestamp, const char *guest_name)
{
    with_timestamp = timestamp;
    guest = guest_name;
}

static void print_line(FILE *to, const char *kind, const char *text)
{
    g_autoptr(GString) line = g_string_new(NULL);

    if (with_timestamp) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
        g_string_append_printf(line, "%s.%06dZ ", stamp, g_date_time_get_microsecond(now));
    }
    if (guest) {
        g_string_append_printf(line, "%s ", guest);
    }
    g_string_append_printf(line, "%s: %s%s\n", program, kind, text);
    fputs(line->str, to);
    fflush(to);
}

static void print_formatted(FILE *to, const char *kind, const char *fmt, va_list ap)
{
    g_autofree char *text = g_strdup_vprintf(fmt, ap);

    print_line(to, kind, text);
}

static void report(Error *err, const char *level, const char *context)
{
    g_autofree char *text = g_strconcat(context ? context : "", context ? ": " : "", error_message(err), NULL);

    print_line(stderr, level, text);
    if (error_advice(err)) {
        fprintf(stderr, "%s\n", error_advice(err));
    }
    error_free(err);
}

void error_report(Error *err, const char *context)
{
    report(err, "", context);
}

void warn_report(Error *err, const char *context)
{
    report(err, "warning: ", context);
}

void warn(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_formatted(stderr, "warning: ", fmt, ap);
    va_end(ap);
}

void info(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    print_formatted(stderr, "info: ", fmt, ap);
    va_end(ap);
}

bool log_limit_pass(LogLimit *limit)
{
    int64_t now = g_get_monotonic_time();

    if (now - limit->window_start_us > G_USEC_PER_SEC) {
        limit->window_start_us = now;
        limit->count = 0;
    }
    return limit->count++ < LINES_PER_SECOND;
}

void log_guest_enable(bool on)
{
    guest_errors = on;
}

bool log_guest_file(const char *path, Error **errp)
{
    FILE *file = fopen(path, "ae");

    if (!file) {
        return fail_errno(errp, errno, "cannot open the log '%s'", path);
    }
    if (guest_log) {
        fclose(guest_log);
    }
    guest_log = file;
    return true;
}

void log_guest_limited(LogLimit *limit, const char *fmt, ...)
{
    va_list ap;

    if (!guest_errors || !log_limit_pass(limit)) {
        return;
    }
    va_start(ap, fmt);
    print_formatted(guest_log ? guest_log : stderr, "guest: ", fmt, ap);
    va_end(ap);
}
