/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as values; see error.h. */
#include "lib/error.h"

#include <glib.h>
#include <stdarg.h>
#include <stdlib.h>

struct Error {
    char *message;
    char *advice;
    ErrorClass class;
};

static bool fail_text(Error **errp, char *text)
{
    Error *err = *errp;

    if (!err) {
        *errp = err = g_new0(Error, 1);
        err->message = text;
        return false;
    }
    char *joined = g_strconcat(text, ": ", err->message, NULL);
    g_free(err->message);
    g_free(text);
    err->message = joined;
    return false;
}

bool fail(Error **errp, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    return fail_text(errp, text);
}

bool fail_errno(Error **errp, int err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *what = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    char *text = g_strdup_printf("%s: %s", what, g_strerror(abs(err)));
    g_free(what);
    return fail_text(errp, text);
}

bool hint(Error **errp, const char *fmt, ...)
{
    Error *err = *errp;
    va_list ap;

    g_assert(err);
    va_start(ap, fmt);
    char *line = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (err->advice) {
        char *joined = g_strconcat(err->advice, "\n", line, NULL);
        g_free(err->advice);
        g_free(line);
        line = joined;
    }
    err->advice = line;
    return false;
}

bool error_set_class(Error **errp, ErrorClass class)
{
    g_assert(*errp);
    (*errp)->class = class;
    return false;
}

ErrorClass error_class(const Error *err)
{
    return err->class;
}

const char *error_message(const Error *err)
{
    return err->message;
}

const char *error_advice(const Error *err)
{
    return err->advice;
}

void error_free(Error *err)
{
    if (err) {
        g_free(err->message);
        g_free(err->advice);
        g_free(err);
    }
}

void error_clear(Error **err)
{
    error_free(*err);
    *err = NULL;
}
