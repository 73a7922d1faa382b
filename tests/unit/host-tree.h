/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A canned host: folders, symlinks and files below a temporary folder that hw/vfio takes for the root. */
#ifndef TESTS_UNIT_HOST_TREE_H
#define TESTS_UNIT_HOST_TREE_H

/* Rows, ended by NULL: "path" is a folder, "path -> target" a symlink, "path = text" a file. Returns the root. */
const char *host_tree_new(const char *const *rows);

/* More of the same, or other contents. */
void host_tree_add(const char *row);

/* "a/b" below the root, for the caller to free. */
char *host_tree_path(const char *below);

/* Remove @path and all in it; symlinks are not followed. */
void host_tree_remove(const char *path);

void host_tree_free(void);

#endif
