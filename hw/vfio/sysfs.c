/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From host= or sysfsdev= to a device, its group and its driver; see sysfs.h. */
#include "hw/vfio/sysfs.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hw/vfio/advice.h"
#include "lib/parse.h"

static const char *root = "";

void vfio_host_set_root(const char *new_root)
{
    root = new_root;
}

char *vfio_host_path(const char *path)
{
    return g_strconcat(root, path, NULL);
}

char *vfio_host_link(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *target = g_file_read_link(path, NULL);

    return target ? g_path_get_basename(target) : NULL;
}

char *vfio_host_attribute(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strstrip(text) : NULL;
}

char *vfio_host_driver(const char *path)
{
    return vfio_host_link(path, "driver");
}

char *vfio_host_pci_name(const PciAddress *at)
{
    return g_strdup_printf("%04x:%02x:%02x.%x", at->domain, at->bus, at->slot, at->function);
}

bool vfio_driver_is_harmless(const char *driver)
{
    /* pci-stub touches nothing; pcieport is a bridge's, which does no DMA. Variant drivers have vfio in their names. */
    return !driver || strstr(driver, "vfio") || g_str_equal(driver, "pci-stub") || g_str_equal(driver, "pcieport");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *vfio_host_list(const char *folder)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    }
    g_ptr_array_sort(paths, compare_names);
    return paths;
}

GPtrArray *vfio_group_members(unsigned group)
{
    g_autofree char *below = g_strdup_printf("/sys/kernel/iommu_groups/%u/devices", group);
    g_autofree char *folder = vfio_host_path(below);

    return vfio_host_list(folder);
}

/* ---- one device ---- */

/* The folder the user means, for the caller to free, or NULL with *errp set. */
static char *named_folder(const VfioOpen *open, Error **errp)
{
    PciAddress address;

    if (open->sysfsdev) {
        return g_strdup(open->sysfsdev);
    }
    if (!open->host) {
        fail(errp, "No provided host device");
        hint(errp, "Use -device vfio-pci,host=DDDD:BB:DD.F or -device vfio-pci,sysfsdev=PATH_TO_DEVICE");
        return NULL;
    }
    if (!parse_pci_address(open->host, &address, errp)) {
        return NULL;
    }
    g_autofree char *name = vfio_host_pci_name(&address), *below = g_build_filename("/sys/bus/pci/devices", name, NULL);
    return vfio_host_path(below);
}

static bool find_folder(const char *named, VfioHostDevice *host, Error **errp)
{
    char real[PATH_MAX];

    if (!realpath(named, real)) {
        g_autofree char *name = g_path_get_basename(named);
        fail_errno(errp, errno, "vfio %s: no such host device", name);
        return hint(errp, "There is no %s. lspci -D lists PCI devices, ls /sys/bus/mdev/devices mediated ones.", named);
    }
    host->path = g_strdup(real);
    host->name = g_path_get_basename(real);
    return true;
}

static bool check_bus(const VfioHostDevice *host, const char *bus, Error **errp)
{
    if (host->mediated || g_strcmp0(bus, "pci") == 0) {
        return true;
    }
    fail(errp, "vfio %s: not a PCI or mediated device (%s is on bus '%s')", host->name, host->path,
         bus ? bus : "none");
    return hint(errp, "sysfsdev= takes a folder such as /sys/bus/pci/devices/0000:00:02.0"
                " or /sys/bus/mdev/devices/UUID.");
}

static bool find_group(VfioHostDevice *host, Error **errp)
{
    g_autofree char *name = vfio_host_link(host->path, "iommu_group");
    uint64_t group;

    if (!name) {
        fail_errno(errp, ENOENT, "vfio %s: no iommu_group found", host->name);
        return vfio_advise_no_group(host, errp);
    }
    if (!parse_u64(name, UINT_MAX, &group, errp)) {
        return fail(errp, "vfio %s: failed to read iommu_group", host->name);
    }
    host->group = (unsigned)group;
    return true;
}

/* A device without a group is told so whatever its bus: those are the words users know. */
static bool find_bus_and_group(VfioHostDevice *host, Error **errp)
{
    g_autofree char *bus = vfio_host_link(host->path, "subsystem");

    host->mediated = g_strcmp0(bus, "mdev") == 0;
    return find_group(host, errp) && check_bus(host, bus, errp);
}

bool vfio_host_device_find(const VfioOpen *open, VfioHostDevice *ret, Error **errp)
{
    VfioHostDevice host = { 0 };
    g_autofree char *named = named_folder(open, errp);

    if (!named || !find_folder(named, &host, errp) || !find_bus_and_group(&host, errp)) {
        vfio_host_device_clear(&host);
        return false;
    }
    *ret = host;
    return true;
}

void vfio_host_device_clear(VfioHostDevice *host)
{
    g_free(host->name);
    g_free(host->path);
    *host = (VfioHostDevice){ 0 };
}
