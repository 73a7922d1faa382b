/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's side of mediated devices; see mdev-kernel.h. */
#include "tests/unit/mdev-kernel.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "hw/vfio/mdev-host.h"
#include "hw/vfio/mdev.h"
#include "lib/fd.h"
#include "tests/unit/host-tree.h"

MdevKernel mdev_kernel;

static const char *const tree[] = {
    "run",
    "proc",
    "sys/bus/pci/devices",
    "sys/bus/mdev/devices",
    "sys/class/mdev_bus",
    "sys/kernel/iommu_groups/9",
    "sys/module/i915/parameters",
    "sys/module/i915/parameters/enable_gvt = Y\n",
    "sys/module/i915/parameters/enable_guc = 0\n",
    "sys/module/kvmgt",
    "sys/bus/pci/drivers/i915",
    MTTY_FOLDER "/mdev_supported_types/mtty-1",
    MTTY_FOLDER "/mdev_supported_types/mtty-1/name = Single port serial\n",
    MTTY_FOLDER "/mdev_supported_types/mtty-1/device_api = vfio-pci\n",
    MTTY_FOLDER "/mdev_supported_types/mtty-1/available_instances = 24\n",
    MTTY_FOLDER "/mdev_supported_types/mtty-2",
    MTTY_FOLDER "/mdev_supported_types/mtty-2/name = Dual port serial\n",
    MTTY_FOLDER "/mdev_supported_types/mtty-2/device_api = vfio-pci\n",
    MTTY_FOLDER "/mdev_supported_types/mtty-2/available_instances = 2\n",
    "sys/class/mdev_bus/mtty -> ../../devices/virtual/mtty/mtty",
    GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4",
    GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/name = GVTg_V5_4\n",
    GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/device_api = vfio-pci\n",
    GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/available_instances = 1\n",
    GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/description = low_gm_size: 128MB\nhigh_gm_size: 512MB\n"
               "fence: 4\nresolution: 1920x1200\nweight: 4\n",
    GPU_FOLDER "/mdev_supported_types/ccw-1",
    GPU_FOLDER "/mdev_supported_types/ccw-1/device_api = vfio-ccw\n",
    GPU_FOLDER "/class = 0x030000\n",
    GPU_FOLDER "/vendor = 0x8086\n",
    GPU_FOLDER "/device = 0x1916\n",
    GPU_FOLDER "/driver -> ../../../bus/pci/drivers/i915",
    GPU_FOLDER "/resource = 0x00000000de000000 0x00000000deffffff 0x0000000000140204\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x00000000c0000000 0x00000000cfffffff 0x000000000014220c\n",
    "sys/class/mdev_bus/0000:00:02.0 -> ../../devices/pci0000:00/0000:00:02.0",
    "sys/bus/pci/devices/0000:00:02.0 -> ../../../devices/pci0000:00/0000:00:02.0",
    NULL,
};

/* ---- the tree ---- */

bool mdev_kernel_has(const char *uuid)
{
    g_autofree char *folder = mdev_device_folder(uuid);

    return g_file_test(folder, G_FILE_TEST_IS_DIR);
}

unsigned mdev_kernel_count(void)
{
    g_autofree char *folder = host_tree_path("sys/bus/mdev/devices");
    g_autoptr(GPtrArray) devices = vfio_host_list(folder);

    return devices->len;
}

static void link_below(const char *folder, const char *name, const char *target)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_cmpint(symlink(target, path), ==, 0);
}

static int instances(const char *type, int change)
{
    g_autofree char *path = g_build_filename(type, "available_instances", NULL), *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    int left = (int)g_ascii_strtoll(text, NULL, 10) + change;
    g_autofree char *changed = g_strdup_printf("%d\n", left);
    g_assert_true(left < 0 || g_file_set_contents(path, changed, -1, NULL));
    return left;
}

/* ---- what the kernel does ---- */

/* @type: ".../PARENT/mdev_supported_types/TYPE" */
static int create(const char *type, const char *uuid)
{
    char real[PATH_MAX];
    g_autofree char *up = g_build_filename(type, "..", "..", NULL), *bus = host_tree_path("sys/bus/mdev");
    g_autofree char *group = host_tree_path("sys/kernel/iommu_groups/9"), *entry = mdev_device_folder(uuid);

    if (mdev_kernel_has(uuid)) {
        return -EEXIST;
    }
    if (instances(type, -1) < 0) {
        return -ENOSPC;
    }
    g_assert_nonnull(realpath(up, real));
    g_autofree char *device = g_build_filename(real, uuid, NULL);
    g_assert_cmpint(g_mkdir_with_parents(device, 0755), ==, 0);
    g_assert_nonnull(realpath(type, real));
    link_below(device, "mdev_type", real);
    link_below(device, "subsystem", bus);
    link_below(device, "iommu_group", group);
    g_assert_cmpint(symlink(device, entry), ==, 0);
    return 0;
}

static int remove_device(const char *folder)
{
    char real[PATH_MAX], type[PATH_MAX];
    g_autofree char *kind = g_build_filename(folder, "mdev_type", NULL);

    if (!realpath(folder, real)) {
        return -ENOENT;
    }
    g_assert_nonnull(realpath(kind, type));
    instances(type, 1);
    g_autofree char *uuid = g_path_get_basename(real), *entry = mdev_device_folder(uuid);
    g_assert_cmpint(unlink(entry), ==, 0);
    host_tree_remove(real);
    return 0;
}

/* The kernel's own lock, over processes. */
static int locked(int (*act)(const char *folder, const char *text), const char *folder, const char *text)
{
    g_autofree char *path = host_tree_path("proc");
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
    int got = act(folder, text);
    fd_close(&fd);
    return got;
}

static int remove_by_one(const char *folder, const char *text)
{
    return g_str_equal(text, "1") ? remove_device(folder) : -EINVAL;
}

static int actor(const char *path, const char *text)
{
    g_autofree char *folder = g_path_get_dirname(path);
    bool creates = g_str_has_suffix(path, "/create");
    int error = creates ? mdev_kernel.create_error : mdev_kernel.remove_error;

    g_assert_true(creates || g_str_has_suffix(path, "/remove"));
    if (creates && mdev_kernel.dies_before) {
        kill(getpid(), SIGKILL);
    }
    if (creates && mdev_kernel.somebody_is_faster) {
        g_assert_cmpint(locked(create, folder, text), ==, 0);
    }
    int got = error ? -error : locked(creates ? create : remove_by_one, folder, text);
    if (creates && mdev_kernel.dies_after) {
        kill(getpid(), SIGKILL);
    }
    return got;
}

/* An emulator writes: no other may be about to. */
static int emulator_writes(const char *path, const char *text)
{
    g_autofree char *records = host_tree_path("run/qemu-igd/mdev");
    int fd = open(records, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    g_assert_true(fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK));
    fd_close(&fd);
    return actor(path, text);
}

int mdev_kernel_write(const char *below, const char *text)
{
    g_autofree char *path = host_tree_path(below);

    return actor(path, text);
}

/* ---- up and down ---- */

void mdev_kernel_up(void)
{
    host_tree_new(tree);
    g_autofree char *run = host_tree_path("run");
    g_setenv("XDG_RUNTIME_DIR", run, true);
    mdev_kernel = (MdevKernel){ 0 };
    mdev_set_writer(emulator_writes);
}

void mdev_kernel_down(void)
{
    host_tree_free();
}
