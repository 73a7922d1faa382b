/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor for programs. Messages are executed one after the other; those a
 * client may execute out of band (exec-oob) overtake the ones that wait. The
 * other side decides how fast: nothing is read while a reply is not out, so what
 * a client can make us keep is one reply and a few requests. Events are dropped
 * while more than EVENTS_WAITING_MAX bytes wait, and never hold up the machine.
 */
#include "monitor/qmp.h"

#include <string.h>

#include "core/clock.h"
#include "lib/json-stream.h"
#include "lib/log.h"
#include "monitor/qmp-request.h"
#include "monitor/version.h"

enum {
    REQUESTS_MAX = 8,       /* that wait, when the client may send some out of band */
    READ_MAX = 4096,
    EVENTS_WAITING_MAX = 1024 * 1024,
};

/* What a client sent: a message, or what was wrong with it. */
typedef struct Waiting {
    Json *message;
    Error *err;
} Waiting;

typedef struct QmpMonitor {
    Monitor mon;
    JsonStream *stream;
    GByteArray *input;      /* came while as many requests waited as may */
    GQueue requests;        /* of Waiting */
    Timer run;              /* set: execute the next one soon */
    Notifier on_event;
    bool negotiated, oob;
} QmpMonitor;

static QmpMonitor *as_qmp(void *opaque)
{
    return opaque;
}

/* ---- output ---- */

/* Every line ends in "\r\n": clients wait for that. */
static void send_json(QmpMonitor *self, Json *value)
{
    g_autofree char *text = self->mon.pretty ? json_print_pretty(value) : json_print(value);
    g_autoptr(GString) lines = g_string_new(text);

    g_string_append_c(lines, '\n');
    g_string_replace(lines, "\n", "\r\n", 0);
    sender_write(&self->mon.sender, lines->str, lines->len);
}

static void greet(QmpMonitor *self)
{
    g_autoptr(Json) greeting = json_new();
    Json *body = json_new(), *capabilities = json_array();

    json_append(capabilities, json_text("oob"));
    json_add(body, "version", version_json());
    json_add(body, "capabilities", capabilities);
    json_add(greeting, "QMP", body);
    send_json(self, greeting);
}

static void on_event(Notifier *notifier, void *data)
{
    QmpMonitor *self = (QmpMonitor *)((char *)notifier - offsetof(QmpMonitor, on_event));

    if (!self->negotiated) {
        return;
    }
    if (sender_waiting(&self->mon.sender) > EVENTS_WAITING_MAX) {
        warn_limited("%s: the QMP client does not read, an event is dropped", self->mon.chardev_id);
        return;
    }
    send_json(self, data);
}

static void reply(QmpMonitor *self, Json *message, Json *ret, Error *err)
{
    g_autoptr(Json) value = qmp_reply_new(message, ret, err);

    send_json(self, value);
}

/* ---- execution ---- */

static bool not_found(Error **errp)
{
    return error_set_class(errp, ERROR_COMMAND_NOT_FOUND);
}

/* What a command is allowed to depends on negotiation; see the QMP specification, "Capabilities Negotiation". */
static bool check_negotiation(const QmpMonitor *self, const char *name, Error **errp)
{
    bool negotiates = g_str_equal(name, "qmp_capabilities");

    if (self->negotiated && negotiates) {
        fail(errp, "Capabilities negotiation is already complete, command ignored");
        return not_found(errp);
    }
    if (!self->negotiated && !negotiates) {
        fail(errp, "Expecting capabilities negotiation with 'qmp_capabilities'");
        return not_found(errp);
    }
    return true;
}

static bool check_allowed(const QmpCommand *command, const QmpRequest *request, Error **errp)
{
    if (request->oob && !command->oob) {
        return fail(errp, "The command %s does not support OOB", command->name);
    }
    if (monitor_stage() == MONITOR_STAGE_PRECONFIG && !command->preconfig) {
        return fail(errp, "The command '%s' is permitted only after machine initialization has completed",
                    command->name);
    }
    return true;
}

/* The value to return; NULL with *errp set. */
static Json *execute(QmpMonitor *self, Json *message, Error **errp)
{
    QmpRequest request;

    if (!qmp_request_read(&request, message, self->oob, errp) || !check_negotiation(self, request.command, errp)) {
        return NULL;
    }
    const QmpCommand *command = qmp_command_find(request.command);
    if (!command) {
        fail(errp, "The command %s has not been found", request.command);
        not_found(errp);
        return NULL;
    }
    return check_allowed(command, &request, errp) ? qmp_command_run(command, request.arguments, self, errp) : NULL;
}

/* Takes over what waited. */
static void answer(QmpMonitor *self, Waiting waiting)
{
    Json *ret = NULL;

    if (!waiting.err) {
        ret = execute(self, waiting.message, &waiting.err);
    }
    reply(self, waiting.message, ret, waiting.err);
    json_free(waiting.message);
}

static void run_soon(QmpMonitor *self)
{
    timer_set(&self->run, 0);
}

static void on_message(void *opaque, Json *value, Error *err)
{
    QmpMonitor *self = as_qmp(opaque);
    Waiting waiting = { value, err };

    if (self->oob && json_object_is_type(value, json_type_object) && json_object_object_get_ex(value, "exec-oob", NULL)) {
        answer(self, waiting);
        return;
    }
    g_queue_push_tail(&self->requests, g_memdup2(&waiting, sizeof(waiting)));
    run_soon(self);
}

/* Without out of band there is no point in reading ahead; what is not read tells the client to wait. */
static bool has_room(const QmpMonitor *self)
{
    return self->requests.length < (self->oob ? REQUESTS_MAX : 1);
}

static void read_input(QmpMonitor *self)
{
    guint at = 0;

    while (at < self->input->len && has_room(self)) {
        json_stream_feed(self->stream, self->input->data[at++]);
    }
    g_byte_array_remove_range(self->input, 0, at);
}

/* Execute the next request once the reply to the last one is out. */
static void run_next(void *opaque)
{
    QmpMonitor *self = as_qmp(opaque);

    if (monitor_stage() == MONITOR_STAGE_NOTHING || sender_waiting(&self->mon.sender) > 0) {
        return;     /* a stage and writable() come back */
    }
    Waiting *waiting = g_queue_pop_head(&self->requests);
    if (waiting) {
        answer(self, *waiting);
        g_free(waiting);
    }
    read_input(self);
    if (self->requests.length > 0) {
        run_soon(self);
    } else if (json_stream_idle(self->stream)) {
        monitor_receive_descriptors(self, NULL, 0);     /* all that came with them was executed */
    }
    chardev_accept_input(self->mon.chr);
}

/* ---- the character device ---- */

static size_t can_receive(void *opaque)
{
    QmpMonitor *self = as_qmp(opaque);
    bool ready = monitor_stage() != MONITOR_STAGE_NOTHING && sender_waiting(&self->mon.sender) == 0;

    return ready && self->input->len == 0 && has_room(self) ? READ_MAX : 0;
}

static void receive(void *opaque, const uint8_t *data, size_t len)
{
    QmpMonitor *self = as_qmp(opaque);

    g_byte_array_append(self->input, data, (guint)len);
    read_input(self);
}

static void writable(void *opaque)
{
    QmpMonitor *self = as_qmp(opaque);

    sender_flush(&self->mon.sender);
    if (sender_waiting(&self->mon.sender) == 0) {
        run_soon(self);
    }
}

static void free_waiting(gpointer data)
{
    Waiting *waiting = data;

    json_free(waiting->message);
    error_free(waiting->err);
    g_free(waiting);
}

/* Another client knows nothing of what this one said. */
static void forget_client(QmpMonitor *self)
{
    self->negotiated = self->oob = false;
    sender_clear(&self->mon.sender);
    monitor_receive_descriptors(self, NULL, 0);
    json_stream_reset(self->stream);
    g_byte_array_set_size(self->input, 0);
    g_queue_clear_full(&self->requests, free_waiting);
}

static void event(void *opaque, ChardevEvent what)
{
    if (what == CHARDEV_OPENED) {
        forget_client(as_qmp(opaque));
        greet(as_qmp(opaque));
    } else if (what == CHARDEV_CLOSED) {
        forget_client(as_qmp(opaque));
    }
}

/* ---- qmp_capabilities ---- */

typedef struct Capabilities {
    Json *enable;
} Capabilities;

static bool qmp_capabilities(QmpCall *call, Error **errp)
{
    const Capabilities *args = call->args;
    QmpMonitor *self = call->session;

    if (!self) {
        return fail(errp, "There is nobody to negotiate with");
    }
    self->oob = args->enable && json_object_array_length(args->enable) > 0;
    self->negotiated = true;
    return true;
}

QMP_COMMAND(qmp_capabilities_command) = {
    .name = "qmp_capabilities",
    .help = "Leave negotiation; commands are accepted from now on.",
    .size = sizeof(Capabilities),
    .args = (const Property[]){
        OPT_JSON(Capabilities, enable, "[oob]", "enable", "What the client wants of the greeting's capabilities"),
        { }
    },
    .run = qmp_capabilities,
    .preconfig = true,
};

/* ---- the class ---- */

static const ChardevFront front = {
    .can_receive = can_receive,
    .receive = receive,
    .event = event,
    .writable = writable,
    .descriptors = monitor_receive_descriptors,
    .patient = true,
};

static void qmp_init(Object *obj)
{
    QmpMonitor *self = as_qmp(obj);

    self->stream = json_stream_new(on_message, self);
    self->input = g_byte_array_new();
    self->on_event.notify = on_event;
    g_queue_init(&self->requests);
    timer_init(&self->run, CLOCK_HOST, run_next, self);
}

static bool qmp_realize(Object *obj, Error **errp)
{
    notifier_add(&event_notifiers, &as_qmp(obj)->on_event);
    return true;
}

static void qmp_unrealize(Object *obj)
{
    QmpMonitor *self = as_qmp(obj);

    notifier_del(&event_notifiers, &self->on_event);
    timer_cancel(&self->run);
}

static void qmp_finish(Object *obj)
{
    QmpMonitor *self = as_qmp(obj);

    g_queue_clear_full(&self->requests, free_waiting);
    json_stream_free(self->stream);
    g_byte_array_unref(self->input);
}

CLASS(qmp_monitor_class) = {
    .name = "monitor-control",
    .parent = &monitor_class,
    .desc = "Monitor for programs (QMP)",
    .size = sizeof(QmpMonitor),
    .ops = &front,
    .internal = true,
    .init = qmp_init,
    .realize = qmp_realize,
    .unrealize = qmp_unrealize,
    .finish = qmp_finish,
};
