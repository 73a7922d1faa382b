/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message of a QMP client taken apart, and the reply to it. */
#ifndef MONITOR_QMP_REQUEST_H
#define MONITOR_QMP_REQUEST_H

#include "core/command.h"

typedef struct QmpRequest {
    const char *command;
    Json *arguments;        /* NULL: none */
    bool oob;               /* exec-oob */
} QmpRequest;

/* Members of @message, which keeps them. @oob: the client may execute out of band. */
bool qmp_request_read(QmpRequest *ret, Json *message, bool oob, Error **errp);

/*
 * {"return": ...} or, when @err is not NULL, {"error": ...}, with the id of @message if there is one. Takes over
 * @ret and @err. @message may be NULL.
 */
Json *qmp_reply_new(Json *message, Json *ret, Error *err);

#endif
