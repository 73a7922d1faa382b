/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What management tools may ask and are told: QMP commands, HMP commands and
 * events. Each is a constant next to the code that does the work and registers
 * itself as a class does; the monitor finds them here and needs to know no
 * device, and the schema and docs/qmp.md are made from the same rows.
 *
 *     typedef struct SystemReset { ... } Args;
 *     QMP_COMMAND(qom_list) = {
 *         .name = "qom-list", .help = "...", .size = sizeof(QomList),
 *         .args = (const Property[]){ ARG(QomList, path, str, "path", "Path of the object"), { } },
 *         .returns = "[{name:str,type:str,?description:str}]",
 *         .run = qom_list,
 *     };
 *
 * Shapes say what JSON looks like: str, int, number, bool, any, null; [SHAPE]; {name:SHAPE,?optional:SHAPE};
 * a|b|c one of these words (core/shape.h). They become the types of query-qmp-schema.
 */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include "core/class.h"
#include "core/notify.h"
#include "core/property.h"
#include "lib/json.h"

/* ---- QMP commands ---- */

typedef struct QmpCall {
    void *args;             /* the command's structure, filled from its rows */
    Json *given;            /* the arguments as they came, {} when there were none */
    Json *ret;              /* what run leaves here is returned; NULL: {} */
    void *session;          /* the monitor's: who asked; NULL for calls from elsewhere */
} QmpCall;

typedef struct QmpCommand {
    const char *name;
    const char *help;
    size_t size;            /* of the arguments' structure; 0 without rows */
    const Property *args;   /* ended by an empty row; NULL: none */
    const char *returns;    /* shape; NULL: {} */
    bool (*run)(QmpCall *call, Error **errp);
    bool any_args;          /* members without a row are fine: run looks at call->given */
    bool oob;               /* may be executed out of band */
    bool preconfig;         /* also before the machine exists (--preconfig) */
    const char *const *features;    /* of the schema, ended by NULL; NULL: none */
    /*
     * The argument @tag is the name users give a class below @tag_class, whose properties are then arguments too
     * (any_args): object-add's qom-type. NULL: none.
     */
    const char *tag;
    const Class *tag_class;
} QmpCommand;

#define QMP_COMMAND(ident)                                                                                      \
    static const QmpCommand ident;                                                                              \
    static const QmpCommand *const ident##_entry __attribute__((section("igd_commands"), used)) = &ident;       \
    static const QmpCommand ident

/* A row of arguments that must be given; PROP() is one that may be. */
#define ARG(S, f, k, n, h) \
    { .name = (n), .kind = &prop_##k, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, PropType_##k), .required = true, .help = (h) }

/* A required word of @w: the field is an int. */
#define ARG_ENUM(S, f, w, n, h) \
    { .name = (n), .kind = &prop_enum, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, int), .required = true, .help = (h), .words = (w) }

/* Arguments that are not scalars: the field is a Json * of shape @s. */
#define ARG_JSON(S, f, s, n, h) \
    { .name = (n), .kind = &prop_json, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, Json *), .required = true, .shape = (s), .help = (h) }
#define OPT_JSON(S, f, s, n, h) \
    { .name = (n), .kind = &prop_json, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, Json *), .shape = (s), .help = (h) }

/* Every command, sorted by name; the caller frees the array. */
GPtrArray *qmp_commands(void);
const QmpCommand *qmp_command_find(const char *name);

/*
 * Check @arguments (NULL: none) against the rows, fill the structure and run.
 * The value returned is the caller's to free, {} for commands that return
 * nothing; NULL with *errp set: "Parameter 'x' is missing", "Parameter 'x' is unexpected",
 * "Invalid parameter type for 'x', expected: string", or what the command says.
 */
Json *qmp_command_run(const QmpCommand *command, Json *arguments, void *session, Error **errp);

/* The argument @name was given. */
static inline bool qmp_given(const QmpCall *call, const char *name)
{
    return json_object_object_get_ex(call->given, name, NULL);
}

/* ---- HMP commands ---- */

typedef struct HmpCommand {
    const char *name;       /* "quit", "info pci": what it is called with */
    const char *alias;      /* "q", or NULL */
    const char *args;       /* as help shows them: "id", "[-f] path"; NULL: none */
    const char *help;
    /* @args: the rest of the line, white space stripped. Text goes to @out; an error is printed as "Error: ...". */
    bool (*run)(GString *out, const char *args, Error **errp);
    const char *qmp;        /* instead of run: the QMP command without arguments that does it */
} HmpCommand;

#define HMP_COMMAND(ident)                                                                                      \
    static const HmpCommand ident;                                                                              \
    static const HmpCommand *const ident##_entry __attribute__((section("igd_hmp_commands"), used)) = &ident;   \
    static const HmpCommand ident

/* Every HMP command, sorted by name; the caller frees the array. */
GPtrArray *hmp_commands(void);

/* Run a line; what it printed, errors included, for the caller to free. */
char *hmp_run(const char *line);

/* ---- events ---- */

typedef struct Event {
    const char *name;
    const char *help;
    const char *data;       /* shape; NULL: none */
} Event;

#define EVENT(ident)                                                                                            \
    extern const Event ident;                                                                                   \
    static const Event *const ident##_entry __attribute__((section("igd_events"), used)) = &ident;              \
    const Event ident

/* Every event, sorted by name; the caller frees the array. */
GPtrArray *event_list(void);

/* Tell everybody; takes over @data (NULL: none). From any thread with vm_lock held. */
void event_emit(const Event *event, Json *data);

/* What listeners get: the whole object {"timestamp":..., "event":..., "data":...}; data: Json *, not theirs. */
extern NotifierList event_notifiers;

#endif
