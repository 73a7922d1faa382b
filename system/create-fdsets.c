/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inherited descriptors that -add-fd puts into sets. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "lib/fd-names.h"
#include "lib/parse.h"
#include "system/create.h"

static bool read_number(const KeyVals *kv, const char *key, uint64_t *ret, Error **errp)
{
    const char *text = keyval_get(kv, key);

    return (text && parse_u64(text, INT_MAX, ret, errp)) ||
           fail(errp, "%s option is required and must be non-negative", key);
}

static bool add_one(const KeyVals *kv, Error **errp)
{
    uint64_t number, set;

    if (!read_number(kv, "fd", &number, errp) || !read_number(kv, "set", &set, errp)) {
        return false;
    }
    if (number <= STDERR_FILENO) {
        return fail(errp, "fd cannot be a standard I/O stream");
    }
    int fd = fcntl((int)number, F_DUPFD_CLOEXEC, 3);    /* the same one may be in several sets */
    if (fd < 0) {
        return fail_errno(errp, errno, "fd is not valid or already in use");
    }
    fdset_add((int64_t)set, fd, keyval_get(kv, "opaque"));
    return true;
}

/* Whoever was given a set has no use for the number, and no child of ours either. */
static void close_on_exec(const KeyVals *kv)
{
    Error *err = NULL;
    uint64_t number;

    if (read_number(kv, "fd", &number, &err)) {
        fcntl((int)number, F_SETFD, FD_CLOEXEC);
    }
    error_free(err);
}

bool create_fdsets(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->fds->len; i++) {
        const OptionUse *use = settings->fds->pdata[i];
        if (!add_one(use->settings, errp)) {
            return fail(errp, "%s", use->context);
        }
        close_on_exec(use->settings);
    }
    return true;
}
