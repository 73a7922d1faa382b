/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take descriptors a client sent along (SCM_RIGHTS). */
#include "lib/fd-names.h"

#include "lib/fd.h"
#include "monitor/monitor.h"

/* The one that came with the command. */
static int take_fd(const QmpCall *call, Error **errp)
{
    int fd = call->session ? monitor_take_fd(call->session) : -1;

    if (fd < 0) {
        fail(errp, "No file descriptor supplied via SCM_RIGHTS");
    }
    return fd;
}

typedef struct FdName {
    char *name;
} FdName;

static bool getfd(QmpCall *call, Error **errp)
{
    const FdName *args = call->args;
    int fd = take_fd(call, errp);

    if (fd < 0) {
        return false;
    }
    if (g_ascii_isdigit(args->name[0])) {
        fd_close(&fd);
        return fail(errp, "Parameter 'fdname' expects a name not starting with a digit");
    }
    fd_name_add(args->name, fd);
    return true;
}

QMP_COMMAND(getfd_command) = {
    .name = "getfd",
    .help = "Take the descriptor that was sent along and give it a name; one of that name is closed.",
    .size = sizeof(FdName),
    .args = (const Property[]){ ARG(FdName, name, str, "fdname", "Name other commands will say"), { } },
    .run = getfd,
    .preconfig = true,
};

static bool closefd(QmpCall *call, Error **errp)
{
    const FdName *args = call->args;
    int fd = fd_name_take(args->name, errp);

    if (fd < 0) {
        return false;
    }
    fd_close(&fd);
    return true;
}

QMP_COMMAND(closefd_command) = {
    .name = "closefd",
    .help = "Close a descriptor that getfd took.",
    .size = sizeof(FdName),
    .args = (const Property[]){ ARG(FdName, name, str, "fdname", "Its name"), { } },
    .run = closefd,
    .preconfig = true,
};

/* ---- sets ---- */

typedef struct FdSet {
    int64_t set, fd;
    char *opaque;
} FdSet;

static bool add_fd(QmpCall *call, Error **errp)
{
    const FdSet *args = call->args;
    int fd = take_fd(call, errp);

    if (fd < 0) {
        return false;
    }
    if (args->set < -1 || (args->set < 0 && qmp_given(call, "fdset-id"))) {
        fd_close(&fd);
        return fail(errp, "Parameter 'fdset-id' expects a non-negative value");
    }
    int64_t set = fdset_add(args->set, fd, args->opaque);
    call->ret = json_add_int(json_add_int(json_new(), "fdset-id", set), "fd", fd);
    return true;
}

QMP_COMMAND(add_fd_command) = {
    .name = "add-fd",
    .help = "Put the descriptor that was sent along into a set, which files are opened from as /dev/fdset/ID.",
    .size = sizeof(FdSet),
    .args = (const Property[]){
        PROP(FdSet, set, i64, "fdset-id", "-1", "The set; not given: a new one"),
        PROP(FdSet, opaque, str, "opaque", NULL, "A note for query-fdsets"),
        { }
    },
    .returns = "{fdset-id:int,fd:int}",
    .run = add_fd,
    .preconfig = true,
};

static bool remove_fd(QmpCall *call, Error **errp)
{
    const FdSet *args = call->args;
    bool one = qmp_given(call, "fd");

    if (one && (args->fd < 0 || args->fd > INT_MAX)) {
        return fail(errp, "File descriptor named 'fdset-id:%" G_GINT64_FORMAT ", fd:%" G_GINT64_FORMAT "' not found",
                    args->set, args->fd);
    }
    return fdset_remove(args->set, one ? (int)args->fd : -1, errp);
}

QMP_COMMAND(remove_fd_command) = {
    .name = "remove-fd",
    .help = "Close a descriptor of a set, or all of them; files opened from it stay open.",
    .size = sizeof(FdSet),
    .args = (const Property[]){
        ARG(FdSet, set, i64, "fdset-id", "The set"),
        PROP(FdSet, fd, i64, "fd", "-1", "The descriptor; not given: all"),
        { }
    },
    .run = remove_fd,
    .preconfig = true,
};

static Json *entry_json(const FdSetEntry *entry)
{
    Json *json = json_add_int(json_new(), "fd", entry->fd);

    return entry->opaque ? json_add_str(json, "opaque", entry->opaque) : json;
}

static bool query_fdsets(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) entries = fdset_list();
    Json *fds = NULL;

    call->ret = json_array();
    for (unsigned i = 0; i < entries->len; i++) {
        const FdSetEntry *entry = entries->pdata[i], *last = i > 0 ? entries->pdata[i - 1] : NULL;
        if (!last || last->set != entry->set) {
            fds = json_array();
            json_append(call->ret, json_add(json_add_int(json_new(), "fdset-id", entry->set), "fds", fds));
        }
        json_append(fds, entry_json(entry));
    }
    return true;
}

QMP_COMMAND(query_fdsets_command) = {
    .name = "query-fdsets",
    .help = "All sets of descriptors.",
    .returns = "[{fdset-id:int,fds:[{fd:int,?opaque:str}]}]",
    .run = query_fdsets,
    .preconfig = true,
};
