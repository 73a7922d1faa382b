/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A canned host in a temporary folder; see host-tree.h. */
#include "tests/unit/host-tree.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "hw/vfio/sysfs.h"

static char *root;

char *host_tree_path(const char *below)
{
    return g_build_filename(root, below, NULL);
}

void host_tree_add(const char *row)
{
    g_auto(GStrv) link = g_strsplit(row, " -> ", 2), file = g_strsplit(row, " = ", 2);
    g_autofree char *path = host_tree_path(link[1] ? link[0] : file[0]);

    if (link[1]) {
        g_assert_cmpint(symlink(link[1], path), ==, 0);
    } else if (file[1]) {
        g_assert_true(g_file_set_contents(path, file[1], -1, NULL));
    } else {
        g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
    }
}

const char *host_tree_new(const char *const *rows)
{
    root = g_dir_make_tmp("vfio-host-XXXXXX", NULL);
    for (; *rows; rows++) {
        host_tree_add(*rows);
    }
    vfio_host_set_root(root);
    return root;
}

void host_tree_remove(const char *path)
{
    g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        host_tree_remove(child);
    }
    g_assert_cmpint(g_remove(path), ==, 0);
}

void host_tree_free(void)
{
    host_tree_remove(root);
    vfio_host_set_root("");
    g_clear_pointer(&root, g_free);
}
