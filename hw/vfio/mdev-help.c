/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of what the host offers: mdev-parent=help, mdev-type=help. */
#include <glib.h>
#include <string.h>

#include "hw/vfio/igd.h"
#include "hw/vfio/mdev-host.h"
#include "hw/vfio/mdev.h"

/* ---- tables ---- */

enum { COLUMNS = 7 };

typedef struct Row {
    char *cells[COLUMNS];               /* NULL from the last one on */
} Row;

static void row_free(void *opaque)
{
    Row *row = opaque;

    for (unsigned i = 0; i < COLUMNS; i++) {
        g_free(row->cells[i]);
    }
    g_free(row);
}

static GPtrArray *table_new(const char *const head[])
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    Row *row = g_new0(Row, 1);

    for (unsigned i = 0; head[i]; i++) {
        row->cells[i] = g_strdup(head[i]);
    }
    g_ptr_array_add(rows, row);
    return rows;
}

static unsigned column_width(const GPtrArray *rows, unsigned column)
{
    size_t width = 0;

    for (unsigned i = 0; i < rows->len; i++) {
        const char *cell = ((const Row *)rows->pdata[i])->cells[column];
        width = MAX(width, cell ? strlen(cell) : 0);
    }
    return (unsigned)width;
}

/* As wide as its widest cell each column, two spaces between them; frees @rows. */
static char *table_print(GPtrArray *rows)
{
    GString *text = g_string_new(NULL);
    unsigned widths[COLUMNS];

    for (unsigned c = 0; c < COLUMNS; c++) {
        widths[c] = column_width(rows, c);
    }
    for (unsigned i = 0; i < rows->len; i++) {
        const Row *row = rows->pdata[i];
        for (unsigned c = 0; c < COLUMNS && row->cells[c]; c++) {
            bool last = c + 1 == COLUMNS || !row->cells[c + 1];
            g_string_append_printf(text, "%-*s%s", last ? 0 : (int)widths[c], row->cells[c], last ? "\n" : "  ");
        }
    }
    g_ptr_array_unref(rows);
    return g_string_free(text, false);
}

/* ---- parents ---- */

/* "Skylake (generation 9)", "8086:1916", or "-" for what is no PCI device. */
static char *parent_title(const char *folder)
{
    g_autofree char *vendor = vfio_host_attribute(folder, "vendor"), *device = vfio_host_attribute(folder, "device");
    uint64_t vendor_id, device_id;
    Error *err = NULL;

    if (!vendor || !device || !parse_hex(vendor, UINT16_MAX, &vendor_id, &err) ||
        !parse_hex(device, UINT16_MAX, &device_id, &err)) {
        error_free(err);
        return g_strdup("-");
    }
    const IgdPlatform *platform = igd_platform((uint16_t)device_id);
    return vendor_id == PCI_VENDOR_INTEL && igd_platform_is_known(platform)
               ? igd_platform_title(platform, (uint16_t)device_id)
               : g_strdup_printf("%04x:%04x", (unsigned)vendor_id, (unsigned)device_id);
}

/* Sample drivers are bound to nothing. */
static char *parent_driver(const char *folder)
{
    char *driver = vfio_host_driver(folder);

    return driver ? driver : g_strdup("-");
}

static Row *parent_row(const char *folder)
{
    g_autoptr(GPtrArray) types = mdev_types(folder), devices = mdev_devices(folder);
    Row *row = g_new0(Row, 1);

    row->cells[0] = g_path_get_basename(folder);
    row->cells[1] = parent_driver(folder);
    row->cells[2] = g_strdup_printf("%u", types->len);
    row->cells[3] = g_strdup_printf("%u", devices->len);
    row->cells[4] = parent_title(folder);
    return row;
}

/* GPUs that are no parents, and why. */
static void append_gpus(GString *text, const GPtrArray *parents)
{
    g_autofree char *folder = vfio_host_path("/sys/bus/pci/devices");
    g_autoptr(GPtrArray) functions = vfio_host_list(folder);
    g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < functions->len; i++) {
        g_autofree char *name = g_path_get_basename(functions->pdata[i]);
        bool is_parent = false;
        for (unsigned p = 0; p < parents->len && !is_parent; p++) {
            g_autofree char *parent = g_path_get_basename(parents->pdata[p]);
            is_parent = g_str_equal(parent, name);
        }
        if (!is_parent) {
            mdev_explain_gpu(functions->pdata[i], why);
        }
    }
    for (unsigned i = 0; i < why->len; i++) {
        g_string_append_printf(text, "%s\n", (const char *)why->pdata[i]);
    }
}

char *mdev_parents_help(const KeyVals *kv)
{
    static const char *const head[] = { "PARENT", "DRIVER", "TYPES", "DEVICES", "WHAT", NULL };
    g_autoptr(GPtrArray) parents = mdev_parents();
    GPtrArray *rows = table_new(head);

    for (unsigned i = 0; i < parents->len; i++) {
        g_ptr_array_add(rows, parent_row(parents->pdata[i]));
    }
    g_autofree char *table = table_print(rows);
    GString *text = g_string_new(parents->len ? table : "No driver of this host offers mediated devices.\n");
    append_gpus(text, parents);
    return g_string_free(text, false);
}

/* ---- types ---- */

/*
 * What the description tells of a display: "1920x1200" ("resolution: 1920x1200",
 * "max_resolution=4096x2160"), "yes", or "-": nothing.
 */
static char *display_of(const char *description)
{
    g_autoptr(GRegex) size = g_regex_new("[0-9]+x[0-9]+", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    if (g_regex_match(size, description, 0, &match)) {
        return g_match_info_fetch(match, 0);
    }
    return g_strdup(strstr(description, "display") ? "yes" : "-");
}

static char *attribute_or_dash(const char *folder, const char *name)
{
    char *text = vfio_host_attribute(folder, name);

    if (text && *text) {
        return text;
    }
    g_free(text);
    return g_strdup("-");
}

static Row *type_row(const char *parent, const char *type)
{
    g_autofree char *description = attribute_or_dash(type, "description");
    g_auto(GStrv) lines = g_strsplit(description, "\n", -1);
    Row *row = g_new0(Row, 1);

    row->cells[0] = g_path_get_basename(parent);
    row->cells[1] = g_path_get_basename(type);
    row->cells[2] = attribute_or_dash(type, "available_instances");
    row->cells[3] = attribute_or_dash(type, "device_api");
    row->cells[4] = display_of(description);
    row->cells[5] = attribute_or_dash(type, "name");
    row->cells[6] = g_strjoinv(", ", lines);
    return row;
}

static void add_types(GPtrArray *rows, const char *parent)
{
    g_autoptr(GPtrArray) types = mdev_types(parent);

    for (unsigned i = 0; i < types->len; i++) {
        g_ptr_array_add(rows, type_row(parent, types->pdata[i]));
    }
}

char *mdev_types_help(const KeyVals *kv)
{
    static const char *const head[] = { "PARENT", "TYPE", "LEFT", "API", "DISPLAY", "NAME", "DESCRIPTION", NULL };
    const char *wanted = keyval_get(kv, "mdev-parent");
    g_autoptr(GPtrArray) parents = wanted ? g_ptr_array_new_with_free_func(g_free) : mdev_parents();
    Error *err = NULL;
    char *parent = wanted ? mdev_parent_find(wanted, &err) : NULL;

    if (err) {
        g_autofree char *list = g_strdup_printf("%s\n%s\n", error_message(err), error_advice(err));
        error_free(err);
        return g_steal_pointer(&list);
    }
    if (parent) {
        g_ptr_array_add(parents, parent);
    }
    if (parents->len == 0) {
        return mdev_parents_help(kv);
    }
    GPtrArray *rows = table_new(head);
    for (unsigned i = 0; i < parents->len; i++) {
        add_types(rows, parents->pdata[i]);
    }
    return table_print(rows);
}
