/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors by name and in sets; see fd-names.h. */
#include "lib/fd-names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/parse.h"

#define FDSET_FOLDER "/dev/fdset/"

/* ---- by name ---- */

static GHashTable *names;   /* -> fd */

int fd_name_take(const char *name, Error **errp)
{
    gpointer key, value;

    if (!names || !g_hash_table_steal_extended(names, name, &key, &value)) {
        fail(errp, "File descriptor named '%s' not found", name);
        return -1;
    }
    g_free(key);
    return GPOINTER_TO_INT(value);
}

void fd_name_add(const char *name, int fd)
{
    Error *none = NULL;
    int old = fd_name_take(name, &none);

    error_free(none);
    fd_close(&old);
    if (!names) {
        names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    g_hash_table_insert(names, g_strdup(name), GINT_TO_POINTER(fd));
}

/* ---- in sets ---- */

static GPtrArray *sets;     /* of FdSetEntry, sorted by set */

static void entry_free(gpointer data)
{
    FdSetEntry *entry = data;

    fd_close(&entry->fd);
    g_free(entry->opaque);
    g_free(entry);
}

static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const FdSetEntry *one = *(const FdSetEntry *const *)a, *other = *(const FdSetEntry *const *)b;

    return one->set != other->set ? (one->set > other->set) - (one->set < other->set) : one->fd - other->fd;
}

static int64_t free_set(void)
{
    int64_t set = 0;

    for (unsigned i = 0; sets && i < sets->len; i++) {
        const FdSetEntry *entry = sets->pdata[i];
        if (entry->set > set) {
            break;          /* a gap */
        }
        set = entry->set + 1;
    }
    return set;
}

int64_t fdset_add(int64_t set, int fd, const char *opaque)
{
    FdSetEntry *entry = g_new0(FdSetEntry, 1);

    *entry = (FdSetEntry){ .set = set < 0 ? free_set() : set, .fd = fd, .opaque = g_strdup(opaque) };
    if (!sets) {
        sets = g_ptr_array_new_with_free_func(entry_free);
    }
    g_ptr_array_add(sets, entry);
    g_ptr_array_sort(sets, compare_entries);
    return entry->set;
}

bool fdset_remove(int64_t set, int fd, Error **errp)
{
    bool found = false;

    for (unsigned i = sets ? sets->len : 0; i-- > 0;) {
        const FdSetEntry *entry = sets->pdata[i];
        if (entry->set == set && (fd < 0 || entry->fd == fd)) {
            g_ptr_array_remove_index(sets, i);
            found = true;
        }
    }
    if (found) {
        return true;
    }
    g_autofree char *which = fd < 0 ? g_strdup("") : g_strdup_printf(", fd:%d", fd);
    return fail(errp, "File descriptor named 'fdset-id:%" G_GINT64_FORMAT "%s' not found", set, which);
}

GPtrArray *fdset_list(void)
{
    GPtrArray *list = g_ptr_array_new();

    for (unsigned i = 0; sets && i < sets->len; i++) {
        g_ptr_array_add(list, sets->pdata[i]);
    }
    return list;
}

static int fdset_open(int64_t set, int flags)
{
    int err = -ENOENT;

    for (unsigned i = 0; sets && i < sets->len; i++) {
        const FdSetEntry *entry = sets->pdata[i];
        if (entry->set != set) {
            continue;
        }
        if ((fcntl(entry->fd, F_GETFL) & O_ACCMODE) == (flags & O_ACCMODE)) {
            int fd = fcntl(entry->fd, F_DUPFD_CLOEXEC, 3);
            return fd < 0 ? -errno : fd;
        }
        err = -EACCES;
    }
    return err;
}

int file_open(const char *path, int flags, mode_t mode)
{
    Error *not_number = NULL;
    uint64_t set;

    if (g_str_has_prefix(path, FDSET_FOLDER)) {
        bool ok = parse_u64(path + strlen(FDSET_FOLDER), INT64_MAX, &set, &not_number);
        error_free(not_number);
        return ok ? fdset_open((int64_t)set, flags) : -EINVAL;
    }
    int fd = open(path, flags | O_CLOEXEC, mode);
    return fd < 0 ? -errno : fd;
}
