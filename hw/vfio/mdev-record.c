/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of mediated devices that are ours; see mdev-record.h. */
#include "hw/vfio/mdev-record.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/vfio/mdev-host.h"
#include "lib/fd.h"
#include "lib/log.h"

enum { RECORD_MAX = 64 };

/* "PID INODE" */
typedef struct Content {
    uint64_t pid, inode;
} Content;

/* ---- the folder ---- */

/* For the caller to free; NULL with *errp set. */
static char *records_folder(Error **errp)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");

    if (geteuid() == 0) {
        return vfio_host_path("/run/qemu-igd/mdev");
    }
    if (runtime && *runtime) {
        return g_build_filename(runtime, "qemu-igd", "mdev", NULL);
    }
    fail(errp, "there is no place to remember mediated devices in: XDG_RUNTIME_DIR is not set");
    hint(errp, "Log in with a session of your own, or run as root; or make the device beforehand and use mdev-uuid=UUID.");
    return NULL;
}

/* flock() over signals; errno is set when it fails. */
static bool lock_file(int fd, int how)
{
    while (flock(fd, how) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

int mdev_records_lock(Error **errp)
{
    g_autofree char *folder = records_folder(errp);

    if (!folder) {
        return -1;
    }
    g_mkdir_with_parents(folder, 0700);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !lock_file(fd, LOCK_EX)) {
        fail_errno(errp, errno, "cannot remember mediated devices in %s", folder);
        fd_close(&fd);
    }
    return fd;
}

/* ---- the file ---- */

static MdevRecord *record_open(const char *path, int flags)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

    if (fd < 0) {
        return NULL;
    }
    g_autofree char *uuid = g_path_get_basename(path);
    MdevRecord *record = g_new(MdevRecord, 1);
    *record = (MdevRecord){ .path = g_strdup(path), .device = mdev_device_folder(uuid), .fd = fd };
    return record;
}

/* Give up the lock; the file stays. */
static void record_close(MdevRecord *record)
{
    fd_close(&record->fd);
    g_free(record->device);
    g_free(record->path);
    g_free(record);
}

static Content record_read(const MdevRecord *record)
{
    char text[RECORD_MAX + 1] = "";
    ssize_t n = pread(record->fd, text, RECORD_MAX, 0);
    Content content = { 0 };
    Error *err = NULL;

    text[MAX(n, 0)] = '\0';
    g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", -1);
    if (g_strv_length(words) != 2 || !parse_u64(words[0], INT_MAX, &content.pid, &err) ||
        !parse_u64(words[1], UINT64_MAX, &content.inode, &err)) {
        error_free(err);        /* killed before it was written: nothing was made yet */
        return (Content){ 0 };
    }
    return content;
}

static bool record_write(const MdevRecord *record, uint64_t inode, Error **errp)
{
    g_autofree char *text = g_strdup_printf("%d %" G_GUINT64_FORMAT "\n", (int)getpid(), inode);
    ssize_t n = pwrite(record->fd, text, strlen(text), 0);

    if (n != (ssize_t)strlen(text) || ftruncate(record->fd, n) < 0) {
        return fail_errno(errp, n < 0 ? errno : ENOSPC, "cannot write %s", record->path);
    }
    return true;
}

/* ---- the life of a record ---- */

static uint64_t inode_of(const char *folder)
{
    struct stat at;

    return stat(folder, &at) == 0 ? (uint64_t)at.st_ino : 0;
}

/* The device is there, and the one that was made with this record: not another that got its UUID. */
static bool is_its_device(const MdevRecord *record)
{
    Content content = record_read(record);
    uint64_t here = inode_of(record->device);

    return here != 0 && content.pid != 0 && (content.inode == 0 || content.inode == here);
}

static bool begin(const MdevRecord *record, const char *uuid, Error **errp)
{
    if (!lock_file(record->fd, LOCK_EX | LOCK_NB)) {
        fail(errp, "the mediated device %s belongs to another emulator, process %" G_GUINT64_FORMAT, uuid,
             record_read(record).pid);
        return hint(errp, "Use another UUID, or leave mdev-uuid= out for a fresh one.");
    }
    if (inode_of(record->device) != 0) {
        fail(errp, "the mediated device %s is there already", uuid);
        return hint(errp, "mdev-uuid=%s alone uses it and leaves it; echo 1 > /sys/bus/mdev/devices/%s/remove ends it.",
                    uuid, uuid);
    }
    return record_write(record, 0, errp);
}

MdevRecord *mdev_record_begin(const char *uuid, Error **errp)
{
    g_autofree char *folder = records_folder(errp), *path = folder ? g_build_filename(folder, uuid, NULL) : NULL;
    MdevRecord *record = path ? record_open(path, O_CREAT) : NULL;

    if (path && !record) {
        fail_errno(errp, errno, "cannot remember mediated devices in %s", folder);
    }
    if (record && !begin(record, uuid, errp)) {
        record_close(g_steal_pointer(&record));
    }
    return record;
}

MdevRecord *mdev_record_adopt(const char *uuid)
{
    Error *err = NULL;
    g_autofree char *folder = records_folder(&err), *path = folder ? g_build_filename(folder, uuid, NULL) : NULL;
    MdevRecord *record = path ? record_open(path, 0) : NULL;

    if (record && !(lock_file(record->fd, LOCK_EX | LOCK_NB) && is_its_device(record) &&
                    mdev_record_confirm(record, &err))) {
        record_close(g_steal_pointer(&record));
    }
    error_free(err);
    return record;
}

bool mdev_record_confirm(MdevRecord *record, Error **errp)
{
    return record_write(record, inode_of(record->device), errp);
}

void mdev_record_forget(MdevRecord *record)
{
    unlink(record->path);
    record_close(record);
}

/* ---- the end of a device ---- */

enum { TRIES = 20, BETWEEN_TRIES_US = 50 * 1000 };

/* A process that was just killed lets go of its files one by one. */
static bool is_let_go(const char *device)
{
    for (unsigned i = 0; i < TRIES; i++) {
        if (!mdev_in_use(device)) {
            return true;
        }
        g_usleep(BETWEEN_TRIES_US);
    }
    return false;
}

/* false: it stays, for a reason that was said. */
static bool remove_device(const MdevRecord *record)
{
    if (!is_its_device(record)) {
        return true;            /* gone, never made, or somebody else's by now */
    }
    int got = is_let_go(record->device) ? mdev_remove(record->device) : -EBUSY;
    if (got < 0 && got != -ENODEV && got != -ENOENT) {
        g_autofree char *uuid = g_path_get_basename(record->device);
        warn("the mediated device %s of process %" G_GUINT64_FORMAT " stays: %s", uuid, record_read(record).pid,
             mdev_remove_words(-got));
        return false;
    }
    return true;
}

void mdev_record_end(MdevRecord *record)
{
    if (remove_device(record)) {
        mdev_record_forget(record);
    } else {
        record_close(record);
    }
}

void mdev_records_sweep(void)
{
    Error *err = NULL;
    g_autofree char *folder = records_folder(&err);
    g_autoptr(GPtrArray) paths = vfio_host_list(folder ? folder : "");

    error_free(err);
    for (unsigned i = 0; i < paths->len; i++) {
        MdevRecord *record = record_open(paths->pdata[i], 0);
        if (record && lock_file(record->fd, LOCK_EX | LOCK_NB)) {
            mdev_record_end(record);
        } else if (record) {
            record_close(record);       /* its emulator lives */
        }
    }
}
