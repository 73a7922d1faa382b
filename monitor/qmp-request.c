/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of QMP, in and out; see qmp-request.h. */
#include "monitor/qmp-request.h"

static bool read_command(QmpRequest *ret, const char *name, Json *value, Error **errp)
{
    if (!json_object_is_type(value, json_type_string)) {
        return fail(errp, "QMP input member '%s' must be a string", name);
    }
    if (ret->command) {
        return fail(errp, "QMP input member 'execute' clashes with 'exec-oob'");
    }
    ret->command = json_object_get_string(value);
    ret->oob = g_str_equal(name, "exec-oob");
    return true;
}

static bool read_member(QmpRequest *ret, const char *name, Json *value, bool oob, Error **errp)
{
    if (g_str_equal(name, "execute") || (oob && g_str_equal(name, "exec-oob"))) {
        return read_command(ret, name, value, errp);
    }
    if (g_str_equal(name, "arguments")) {
        ret->arguments = value;
        return json_object_is_type(value, json_type_object) ||
               fail(errp, "QMP input member 'arguments' must be an object");
    }
    return g_str_equal(name, "id") || fail(errp, "QMP input member '%s' is unexpected", name);
}

bool qmp_request_read(QmpRequest *ret, Json *message, bool oob, Error **errp)
{
    QmpRequest request = { 0 };

    if (!json_object_is_type(message, json_type_object)) {
        return fail(errp, "QMP input must be a JSON object");
    }
    json_object_object_foreach(message, name, value) {
        if (!read_member(&request, name, value, oob, errp)) {
            return false;
        }
    }
    if (!request.command) {
        return fail(errp, "QMP input lacks member 'execute'");
    }
    *ret = request;
    return true;
}

/* ---- replies ---- */

static const char *const class_names[] = {
    [ERROR_GENERIC] = "GenericError",
    [ERROR_COMMAND_NOT_FOUND] = "CommandNotFound",
    [ERROR_DEVICE_NOT_FOUND] = "DeviceNotFound",
    [ERROR_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
};

/* An id of null is an id. */
static void add_id(Json *reply, Json *message)
{
    Json *id;

    if (json_object_is_type(message, json_type_object) && json_object_object_get_ex(message, "id", &id)) {
        json_add(reply, "id", json_object_ref(id));
    }
}

Json *qmp_reply_new(Json *message, Json *ret, Error *err)
{
    Json *reply = json_new();

    if (!err) {
        json_add(reply, "return", ret);
        add_id(reply, message);
        return reply;
    }
    Json *error = json_new();
    json_add_str(error, "class", class_names[error_class(err)]);
    json_add_str(error, "desc", error_message(err));
    add_id(reply, message);
    json_add(reply, "error", error);
    json_free(ret);
    error_free(err);
    return reply;
}
