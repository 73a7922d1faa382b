/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remedies for host devices that cannot be had; see advice.h. */
#include "hw/vfio/advice.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

/* ---- no group ---- */

static bool folder_has_entries(const char *below)
{
    g_autofree char *path = vfio_host_path(below);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    return dir && g_dir_read_name(dir);
}

bool vfio_advise_no_group(const VfioHostDevice *host, Error **errp)
{
    if (host->mediated) {
        return hint(errp, "The mediated device is not bound to the driver vfio_mdev, or its parent's driver"
                    " went away: remove it (echo 1 > %s/remove) and create it anew.", host->path);
    }
    if (folder_has_entries("/sys/class/iommu")) {
        return hint(errp, "The host has an IOMMU, but this device is not behind it. An Intel GPU needs VT-d for"
                    " graphics: remove intel_iommu=igfx_off from the host's kernel command line.");
    }
    return hint(errp, "The host has no active IOMMU: enable VT-d (AMD: AMD-Vi or IOMMU) in its firmware set-up"
                " and boot its kernel with intel_iommu=on.");
}

/* ---- the group's file ---- */

/* "PID (name)" of a process that has @node open, for the caller to free; NULL: none that we may see. */
static char *holder_in(const char *proc, const char *pid, const char *node)
{
    g_autofree char *folder = g_build_filename(proc, pid, "fd", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_autofree char *target = g_file_read_link(file, NULL);
        if (g_strcmp0(target, node) == 0) {
            g_autofree char *comm_path = g_build_filename(proc, pid, "comm", NULL);
            g_autofree char *comm = NULL;
            g_file_get_contents(comm_path, &comm, NULL, NULL);
            return g_strdup_printf("%s (%s)", pid, comm ? g_strchomp(comm) : "?");
        }
    }
    return NULL;
}

/* A process besides this one. */
static char *holder_of(const char *node)
{
    g_autofree char *proc = vfio_host_path("/proc"), *self = g_strdup_printf("%d", getpid());
    g_autoptr(GDir) dir = g_dir_open(proc, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        bool other = g_ascii_isdigit(name[0]) && !g_str_equal(name, self);
        char *holder = other ? holder_in(proc, name, node) : NULL;
        if (holder) {
            return holder;
        }
    }
    return NULL;
}

static bool advise_busy(const VfioHostDevice *host, const char *node, Error **errp)
{
    g_autofree char *holder = holder_of(node);

    if (holder) {
        return hint(errp, "Process %s holds group %u: end it, or give the guest another device.", holder, host->group);
    }
    return hint(errp, "Another process holds group %u (fuser -v %s names it).", host->group, node);
}

static bool advise_permission(const VfioHostDevice *host, const char *node, Error **errp)
{
    hint(errp, "This user (%s) may not open the group of %s. Either", g_get_user_name(), host->name);
    hint(errp, "  chown %s %s    (until the next boot), or", g_get_user_name(), node);
    return hint(errp, "  echo 'SUBSYSTEM==\"vfio\", OWNER=\"%s\"' > /etc/udev/rules.d/70-vfio.rules;"
                " udevadm control --reload; udevadm trigger    (for good)", g_get_user_name());
}

static bool advise_bind(const VfioHostDevice *host, Error **errp)
{
    g_autofree char *driver = vfio_host_driver(host->path);

    if (host->mediated || (driver && strstr(driver, "vfio"))) {
        return hint(errp, "%s is bound to '%s', so group %u has a file: is /dev/vfio visible here"
                    " (containers, chroots)?", host->name, driver ? driver : "none", host->group);
    }
    hint(errp, "%s has %s%s. It must be bound to vfio-pci:", host->name, driver ? "driver " : "no driver",
         driver ? driver : "");
    hint(errp, "  modprobe vfio-pci");
    hint(errp, "  echo vfio-pci > /sys/bus/pci/devices/%s/driver_override", host->name);
    if (driver) {
        hint(errp, "  echo %s > /sys/bus/pci/devices/%s/driver/unbind", host->name, host->name);
    }
    return hint(errp, "  echo %s > /sys/bus/pci/drivers_probe", host->name);
}

bool vfio_advise_group_open(const VfioHostDevice *host, const char *node, int err, Error **errp)
{
    switch (err) {
    case ENOENT:
        return advise_bind(host, errp);
    case EACCES:
    case EPERM:
        return advise_permission(host, node, errp);
    case EBUSY:
        return advise_busy(host, node, errp);
    default:
        return false;
    }
}

bool vfio_advise_container_open(int err, Error **errp)
{
    if (err == ENOENT || err == ENODEV || err == ENXIO) {
        return hint(errp, "The host's kernel has no VFIO loaded: modprobe vfio-pci.");
    }
    if (err == EACCES || err == EPERM) {
        return hint(errp, "Every user may open it as udev makes it: chmod 0666 /dev/vfio/vfio.");
    }
    return false;
}

/* ---- the group ---- */

bool vfio_advise_not_viable(unsigned group, Error **errp)
{
    g_autoptr(GPtrArray) members = vfio_group_members(group);
    g_autoptr(GString) bad = g_string_new(NULL);

    for (unsigned i = 0; i < members->len; i++) {
        g_autofree char *name = g_path_get_basename(members->pdata[i]);
        g_autofree char *driver = vfio_host_driver(members->pdata[i]);
        if (!vfio_driver_is_harmless(driver)) {
            g_string_append_printf(bad, "%s%s (driver %s)", bad->len ? ", " : "", name, driver);
        }
    }
    hint(errp, "Please ensure all devices within the iommu_group are bound to their vfio bus driver.");
    return bad->len ? hint(errp, "These are not: %s.", bad->str) : false;
}

bool vfio_advise_iommu(int err, Error **errp)
{
    if (err == EPERM) {
        return hint(errp, "The host cannot remap interrupts (see its dmesg). Enable it in the firmware set-up, or"
                    " accept that guests can forge interrupts: modprobe vfio_iommu_type1 allow_unsafe_interrupts=1.");
    }
    if (err == EINVAL) {
        return hint(errp, "The host's dmesg says why; often a reserved memory region (RMRR) of the device's firmware.");
    }
    return false;
}

/* ---- the device ---- */

static const struct {
    int err;
    bool mediated;
    const char *advice;
} open_advice[] = {
    { ENODEV, false, "The device is not bound to vfio-pci, or has gone." },
    { EBUSY, false, "The device is in use." },
    { EAGAIN, false, "The device is being reset; try again." },
    { EACCES, false, "A virtual function wants the token of its physical function: vf-token=UUID." },
    { EIO, false, "The device does not wake up (see the host's dmesg): power-cycle the host." },
    { ESRCH, true, "Intel vGPUs need KVM: use -accel kvm." },
    { EEXIST, true, "The vGPU is in use, or the guest already has one: a guest takes one Intel vGPU." },
    { ENODEV, true, "The mediated device has gone, or its parent's driver has." },
    { EBUSY, true, "The mediated device is in use." },
};

bool vfio_advise_device_open(const VfioHostDevice *host, int err, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(open_advice); i++) {
        if (open_advice[i].err == err && open_advice[i].mediated == host->mediated) {
            hint(errp, "%s", open_advice[i].advice);
        }
    }
    return hint(errp, "Verify all devices in group %u are bound to vfio-<bus> or pci-stub and not already in use.",
                host->group);
}
