/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a mediated device; see mdev.h, and mdev-record.h for what is left when an emulator is killed. */
#include "hw/vfio/mdev.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "hw/vfio/mdev-host.h"
#include "hw/vfio/mdev-record.h"
#include "lib/fd.h"
#include "lib/log.h"

struct Mdev {
    char *uuid, *folder;
    MdevRecord *record;         /* NULL: it was there before, and stays */
};

static Mdev *mdev_new(const char *uuid, MdevRecord *record)
{
    Mdev *mdev = g_new(Mdev, 1);

    *mdev = (Mdev){ .uuid = g_strdup(uuid), .folder = mdev_device_folder(uuid), .record = record };
    return mdev;
}

const char *mdev_uuid(const Mdev *mdev)
{
    return mdev->uuid;
}

const char *mdev_folder(const Mdev *mdev)
{
    return mdev->folder;
}

static bool is_there(const char *uuid)
{
    g_autofree char *folder = mdev_device_folder(uuid);

    return g_file_test(folder, G_FILE_TEST_IS_DIR);
}

/* ---- two ways to make one ---- */

static bool make_by_type(const MdevWish *wish, const char *uuid, Error **errp)
{
    g_autofree char *parent = mdev_parent_find(wish->parent, errp);
    g_autofree char *type = parent ? mdev_type_find(parent, wish->type, errp) : NULL;

    if (!type) {
        return false;
    }
    int got = mdev_create(type, uuid);
    if (got < 0) {
        fail_errno(errp, got, "mdev-type=%s: the host does not make the device %s", wish->type, uuid);
        return mdev_advise_create(type, -got, errp);
    }
    return true;
}

/* It knows the parent, the type and the attributes of a device that was defined with it. */
static bool make_by_mdevctl(const char *uuid, Error **errp)
{
    const char *const argv[] = { "mdevctl", "start", "-u", uuid, NULL };
    g_autofree char *program = g_find_program_in_path(argv[0]), *said = NULL;
    g_autoptr(GError) trouble = NULL;
    int status = 0;

    if (!program) {
        fail(errp, "there is no mediated device %s", uuid);
        return hint(errp, "Name its parent and type to make it: mdev-parent=help and mdev-type=help list them."
                    " With mdevctl installed, devices defined there are started.");
    }
    if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                     &said, &status, &trouble) && g_spawn_check_wait_status(status, NULL)) {
        return true;
    }
    fail(errp, "there is no mediated device %s, and mdevctl does not start it: %s", uuid,
         trouble ? trouble->message : g_strstrip(said));
    return hint(errp, "mdevctl list -d lists what is defined; mdev-parent= and mdev-type= make a device without it.");
}

/* ---- making ---- */

enum { TRIES = 40, BETWEEN_TRIES_US = 25 * 1000 };

/*
 * udev gives the file of a new group to its user a moment after the kernel has
 * made it; root need not wait.
 */
static void wait_for_udev(const char *device)
{
    g_autofree char *group = vfio_host_link(device, "iommu_group"), *below = g_strconcat("/dev/vfio/", group, NULL);
    g_autofree char *node = vfio_host_path(below);

    for (unsigned i = 0; i < TRIES && group && access(node, R_OK | W_OK) < 0 && errno == EACCES; i++) {
        g_usleep(BETWEEN_TRIES_US);
    }
}

static bool make(const MdevWish *wish, const char *uuid, Error **errp)
{
    if (!(wish->type ? make_by_type(wish, uuid, errp) : make_by_mdevctl(uuid, errp))) {
        return false;
    }
    return is_there(uuid) || fail(errp, "the mediated device %s was made, and has gone", uuid);
}

/* With the records locked: nobody else of us makes or removes one. */
static Mdev *make_ours(const MdevWish *wish, const char *uuid, Error **errp)
{
    MdevRecord *record = mdev_record_begin(uuid, errp);
    Error *err = NULL;

    if (!record) {
        return NULL;
    }
    if (!make(wish, uuid, errp)) {
        mdev_record_forget(record);
        return NULL;
    }
    if (!mdev_record_confirm(record, &err)) {
        error_report(err, NULL);        /* without the number the record still tells that it is ours */
    }
    return mdev_new(uuid, record);
}

/* A device that is there stays, unless it was one of ours, whose emulator was killed. */
static Mdev *use(const char *uuid)
{
    Error *err = NULL;
    int lock = mdev_records_lock(&err);
    MdevRecord *record = lock < 0 ? NULL : mdev_record_adopt(uuid);

    error_free(err);
    fd_close(&lock);
    return mdev_new(uuid, record);
}

/* ---- what the user asks for ---- */

static bool check_wish(const MdevWish *wish, Error **errp)
{
    uint8_t uuid[16];

    if (wish->uuid && !parse_uuid(wish->uuid, uuid, errp)) {
        return fail(errp, "mdev-uuid");
    }
    if (wish->parent && !wish->type) {
        g_autofree char *parent = mdev_parent_find(wish->parent, errp), *names = parent ? mdev_type_names(parent) : NULL;
        if (!parent) {
            return false;
        }
        fail(errp, "mdev-parent=%s: of which type? mdev-type= is missing", wish->parent);
        return hint(errp, "There are: %s.", names);
    }
    if (wish->type && !wish->parent) {
        g_autofree char *names = mdev_parent_names();
        fail(errp, "mdev-type=%s: of which parent? mdev-parent= is missing", wish->type);
        return *names ? hint(errp, "There are: %s.", names) : hint(errp, "mdev-parent=help says why there is none.");
    }
    return true;
}

Mdev *mdev_acquire(const MdevWish *wish, Error **errp)
{
    if (!check_wish(wish, errp)) {
        return NULL;
    }
    g_autofree char *uuid = wish->uuid ? g_ascii_strdown(wish->uuid, -1) : g_uuid_string_random();
    if (!wish->type && is_there(uuid)) {
        return use(uuid);
    }
    int lock = mdev_records_lock(errp);
    if (lock < 0) {
        return NULL;
    }
    mdev_records_sweep();
    Mdev *mdev = make_ours(wish, uuid, errp);
    fd_close(&lock);
    if (mdev) {
        wait_for_udev(mdev->folder);
    }
    return mdev;
}

/* ---- the end ---- */

void mdev_release(Mdev *mdev)
{
    Error *err = NULL;

    if (!mdev) {
        return;
    }
    if (mdev->record) {
        int lock = mdev_records_lock(&err);
        error_free(err);        /* the device is ours all the same */
        mdev_record_end(mdev->record);
        fd_close(&lock);
    }
    g_free(mdev->uuid);
    g_free(mdev->folder);
    g_free(mdev);
}
