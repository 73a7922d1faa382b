/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parents, types and devices in sysfs; see mdev-host.h. */
#include "hw/vfio/mdev-host.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hw/vfio/mdev.h"
#include "lib/fd.h"

#define PARENTS "/sys/class/mdev_bus"
#define TYPES "mdev_supported_types"

/* Folder @name in @folder, for the caller to free; NULL: there is none, or it is no name. */
static char *folder_in(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    bool is_name = *name && *name != '.' && !strchr(name, '/');

    return is_name && g_file_test(path, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&path) : NULL;
}

/* ---- parents ---- */

GPtrArray *mdev_parents(void)
{
    g_autofree char *folder = vfio_host_path(PARENTS);

    return vfio_host_list(folder);
}

/* "A, B", with the file "name" of each in parentheses where there is one; frees @folders. */
static char *join_names(GPtrArray *folders)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < folders->len; i++) {
        g_autofree char *base = g_path_get_basename(folders->pdata[i]);
        g_autofree char *title = vfio_host_attribute(folders->pdata[i], "name");
        g_string_append_printf(text, "%s%s", i ? ", " : "", base);
        if (title && *title) {
            g_string_append_printf(text, " (%s)", title);
        }
    }
    g_ptr_array_unref(folders);
    return g_string_free(text, false);
}

char *mdev_parent_names(void)
{
    return join_names(mdev_parents());
}

char *mdev_type_names(const char *parent)
{
    return join_names(mdev_types(parent));
}

/* As sysfs calls it, for the caller to free. */
static char *parent_name(const char *text)
{
    PciAddress at;
    Error *err = NULL;

    if (parse_pci_address(text, &at, &err)) {
        return vfio_host_pci_name(&at);
    }
    error_free(err);
    return g_strdup(text);
}

char *mdev_parent_find(const char *text, Error **errp)
{
    g_autofree char *name = parent_name(text), *folder = vfio_host_path(PARENTS);
    char *found = folder_in(folder, name);

    if (!found) {
        fail(errp, "mdev-parent=%s: offers no mediated devices", text);
        mdev_advise_no_parent(name, errp);
    }
    return found;
}

GPtrArray *mdev_devices(const char *parent)
{
    GPtrArray *entries = vfio_host_list(parent);
    uint8_t uuid[16];

    for (unsigned i = entries->len; i-- > 0;) {
        g_autofree char *name = g_path_get_basename(entries->pdata[i]);
        Error *err = NULL;
        if (!parse_uuid(name, uuid, &err)) {
            error_free(err);
            g_ptr_array_remove_index(entries, i);
        }
    }
    return entries;
}

/* ---- types ---- */

GPtrArray *mdev_types(const char *parent)
{
    g_autofree char *folder = g_build_filename(parent, TYPES, NULL);

    return vfio_host_list(folder);
}

/* A type's own name goes before what its file "name" calls it. */
static char *find_type(const char *parent, const char *name, Error **errp)
{
    g_autofree char *folder = g_build_filename(parent, TYPES, NULL), *exact = folder_in(folder, name);
    g_autoptr(GPtrArray) types = mdev_types(parent);
    const char *found = NULL;
    unsigned count = 0;

    if (exact) {
        return g_steal_pointer(&exact);
    }
    for (unsigned i = 0; i < types->len; i++) {
        g_autofree char *title = vfio_host_attribute(types->pdata[i], "name");
        if (g_strcmp0(title, name) == 0) {
            found = types->pdata[i];
            count++;
        }
    }
    if (count == 1) {
        return g_strdup(found);
    }
    g_autofree char *names = mdev_type_names(parent);
    fail(errp, "mdev-type=%s: %s", name, count ? "several types have this name" : "there is no such type");
    hint(errp, "There are: %s.", names);
    return NULL;
}

/* The type makes PCI devices, and one more. */
static bool check_type(const char *type, Error **errp)
{
    g_autofree char *name = g_path_get_basename(type), *api = vfio_host_attribute(type, "device_api");
    g_autofree char *left = vfio_host_attribute(type, "available_instances");
    uint64_t count = 1;
    Error *err = NULL;

    if (api && !g_str_equal(api, "vfio-pci")) {
        return fail(errp, "mdev-type=%s makes %s devices, and a guest of this machine takes vfio-pci", name, api);
    }
    if (left && !parse_u64(left, UINT_MAX, &count, &err)) {
        error_free(err);        /* the kernel will say */
    }
    if (count == 0) {
        fail(errp, "mdev-type=%s: no instance is left", name);
        return mdev_advise_full(type, errp);
    }
    return true;
}

char *mdev_type_find(const char *parent, const char *name, Error **errp)
{
    g_autofree char *type = find_type(parent, name, errp);

    return type && check_type(type, errp) ? g_steal_pointer(&type) : NULL;
}

/* ---- devices ---- */

char *mdev_device_folder(const char *uuid)
{
    g_autofree char *folder = vfio_host_path("/sys/bus/mdev/devices");

    return g_build_filename(folder, uuid, NULL);
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    int got = fd_write_all(fd, text, strlen(text));
    fd_close(&fd);
    return got;
}

static MdevWriter *writer = write_file;

void mdev_set_writer(MdevWriter *new_writer)
{
    writer = new_writer ? new_writer : write_file;
}

int mdev_create(const char *type, const char *uuid)
{
    g_autofree char *path = g_build_filename(type, "create", NULL);

    return writer(path, uuid);
}

int mdev_remove(const char *device)
{
    g_autofree char *path = g_build_filename(device, "remove", NULL);

    return writer(path, "1");
}

/* A group's file opens once, and not while a device of the group is open by its own file (drivers/vfio/group.c). */
bool mdev_in_use(const char *device)
{
    g_autofree char *group = vfio_host_link(device, "iommu_group"), *below = g_strconcat("/dev/vfio/", group, NULL);
    g_autofree char *node = vfio_host_path(below);
    int fd = group ? open(node, O_RDWR | O_CLOEXEC) : -1;
    bool busy = group && fd < 0 && errno == EBUSY;

    fd_close(&fd);
    return busy;
}
