/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where firmware images lie; see datadir.h. */
#include "core/datadir.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

static GPtrArray *folders;      /* those of the user, then the defaults */
static unsigned user_count;

static void insert(unsigned at, const char *path)
{
    if (!folders) {
        folders = g_ptr_array_new();
    }
    g_ptr_array_insert(folders, (int)at, g_strdup(path));
}

void datadir_add(const char *path)
{
    insert(user_count++, path);
}

void datadir_add_default(const char *path)
{
    insert(folders ? folders->len : 0, path);
}

char *datadir_describe(void)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; folders && i < folders->len; i++) {
        g_string_append_printf(text, "%s\n", (char *)folders->pdata[i]);
    }
    return g_string_free(text, false);
}

char *datadir_find(const char *name, Error **errp)
{
    if (access(name, R_OK) == 0 || strchr(name, '/')) {
        return g_strdup(name);  /* whoever opens it says what is wrong with it */
    }
    for (unsigned i = 0; folders && *name && i < folders->len; i++) {
        g_autofree char *path = g_build_filename(folders->pdata[i], name, NULL);
        if (access(path, R_OK) == 0) {
            return g_steal_pointer(&path);
        }
    }
    fail(errp, "could not find '%s'", name);
    hint(errp, "'-L help' lists the folders searched; -L PATH adds one.");
    return NULL;
}
