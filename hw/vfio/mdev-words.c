/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why mediated devices cannot be had, and the remedies; see mdev-host.h. What
 * GVT-g needs: Linux drivers/gpu/drm/i915/intel_gvt.c and gvt/; what the core
 * says: drivers/vfio/mdev/mdev_core.c.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "hw/vfio/igd.h"
#include "hw/vfio/mdev-host.h"

#define PARAMETERS "/sys/module/i915/parameters"

enum { PCI_VENDOR_NVIDIA = 0x10de, CLASS_DISPLAY = 0x03 };

/* ---- GPUs ---- */

typedef struct Gpu {
    const char *folder;
    char *name;                         /* "0000:00:02.0" */
    uint16_t vendor, device;
} Gpu;

static uint32_t id_of(const char *folder, const char *name)
{
    g_autofree char *text = vfio_host_attribute(folder, name);
    uint64_t id = 0;
    Error *err = NULL;

    if (!text || !parse_hex(text, UINT32_MAX, &id, &err)) {
        error_free(err);
    }
    return (uint32_t)id;
}

static void add(GPtrArray *why, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static void add(GPtrArray *why, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    g_ptr_array_add(why, g_strdup_vprintf(fmt, args));
    va_end(args);
}

/* Text of a file of the host's, for the caller to free; NULL: not there, or not for this user. */
static char *host_text(const char *folder, const char *name)
{
    g_autofree char *path = vfio_host_path(folder);

    return vfio_host_attribute(path, name);
}

static bool host_has(const char *below)
{
    g_autofree char *path = vfio_host_path(below);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* ---- GVT-g ---- */

/* Cherryview and Gemini Lake have the generation, but no GVT-g. */
static bool has_gvt(const IgdPlatform *platform)
{
    return (platform->generation == 8 || platform->generation == 9) && platform->gms != &igd_gms_chv &&
           !g_str_has_prefix(platform->name, "Gemini Lake");
}

static void explain_generation(const Gpu *gpu, const IgdPlatform *platform, GPtrArray *why)
{
    g_autofree char *title = igd_platform_title(platform, gpu->device);
    g_autofree char *functions = vfio_host_attribute(gpu->folder, "sriov_totalvfs");

    add(why, "%s is %s: GVT-g is for Broadwell to Comet Lake.", gpu->name, title);
    if (functions && !g_str_equal(functions, "0")) {
        add(why, "It has virtual functions instead: echo 1 > /sys/bus/pci/devices/%s/sriov_numvfs, and"
            " -device vfio-pci,host= with the function that appears.", gpu->name);
    } else {
        add(why, "Give the guest the whole GPU (-device vfio-pci,host=%s)%s.", gpu->name,
            platform->generation >= 12 || platform->generation == 0
                ? ", or a virtual function of it where the host's driver can make them (SR-IOV)" : "");
    }
}

/* The kernel takes 1 (submission) and 3; -1 is its own choice, which is off for these generations. */
static bool guc_submits(void)
{
    g_autofree char *text = host_text(PARAMETERS, "enable_guc");
    int64_t value = 0;
    Error *err = NULL;

    if (!text || !parse_i64(text, INT32_MIN, INT32_MAX, &value, &err)) {
        error_free(err);
    }
    return value > 0 && value % 2 == 1;
}

static void explain_i915(GPtrArray *why)
{
    g_autofree char *gvt = host_text(PARAMETERS, "enable_gvt");
    unsigned before = why->len;

    if (!host_has(PARAMETERS "/enable_gvt")) {
        add(why, "The host's i915 has no GVT-g: its kernel needs CONFIG_DRM_I915_GVT_KVMGT.");
    } else if (gvt && !g_str_equal(gvt, "Y") && !g_str_equal(gvt, "1")) {
        add(why, "GVT-g is off: boot the host's kernel with i915.enable_gvt=1.");
    }
    if (!host_has("/sys/module/kvmgt")) {
        add(why, "The module kvmgt is not loaded: modprobe kvmgt.");
    }
    if (guc_submits()) {
        add(why, "The GuC schedules the GPU, which GVT-g cannot share: boot the host's kernel with i915.enable_guc=0.");
    }
    if (why->len == before) {
        add(why, "What GVT-g needs seems to be there; the host's dmesg may say more (dmesg | grep -i gvt).");
    }
}

static void explain_intel(const Gpu *gpu, GPtrArray *why)
{
    const IgdPlatform *platform = igd_platform(gpu->device);
    g_autofree char *driver = vfio_host_driver(gpu->folder);

    if (!has_gvt(platform)) {
        explain_generation(gpu, platform, why);
    } else if (g_strcmp0(driver, "i915") != 0) {
        add(why, "%s has %s%s; the host's i915 must drive it to share it.", gpu->name, driver ? "the driver " : "no driver",
            driver ? driver : "");
    } else {
        explain_i915(why);
    }
}

static void explain_nvidia(const Gpu *gpu, GPtrArray *why)
{
    add(why, "%s needs NVIDIA's vGPU manager as its driver on the host.", gpu->name);
    add(why, "With kernels from 6.8 on it makes virtual functions instead: choose a type in the function's"
        " nvidia/current_vgpu_type and use -device vfio-pci,host= with it.");
}

bool mdev_explain_gpu(const char *pci_folder, GPtrArray *why)
{
    g_autofree char *name = g_path_get_basename(pci_folder);
    const Gpu gpu = {
        .folder = pci_folder,
        .name = name,
        .vendor = (uint16_t)id_of(pci_folder, "vendor"),
        .device = (uint16_t)id_of(pci_folder, "device"),
    };

    if (id_of(pci_folder, "class") >> 16 != CLASS_DISPLAY) {
        return false;
    }
    if (gpu.vendor == PCI_VENDOR_INTEL) {
        explain_intel(&gpu, why);
    } else if (gpu.vendor == PCI_VENDOR_NVIDIA) {
        explain_nvidia(&gpu, why);
    }
    return why->len > 0;
}

/* ---- parents ---- */

bool mdev_advise_no_parent(const char *name, Error **errp)
{
    g_autofree char *folder = vfio_host_path("/sys/bus/pci/devices"), *path = g_build_filename(folder, name, NULL);
    g_autofree char *names = mdev_parent_names();
    g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);

    if (strchr(name, ':') && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        hint(errp, "This host has no PCI device %s (lspci -D lists them).", name);
    }
    mdev_explain_gpu(path, why);
    for (unsigned i = 0; i < why->len; i++) {
        hint(errp, "%s", (const char *)why->pdata[i]);
    }
    if (*names) {
        return hint(errp, "There are: %s.", names);
    }
    return why->len ? false : hint(errp, "No driver of this host offers any: load the one of the parent"
                                         " (modprobe kvmgt, mtty ...).");
}

/* ---- no room ---- */

/* MiB of BAR 2 ("start end flags" in hexadecimal, a line each), where vGPUs get their share; 0: not known. */
static uint64_t aperture_mib(const char *pci_folder)
{
    g_autofree char *text = vfio_host_attribute(pci_folder, "resource");
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 4);
    g_auto(GStrv) words = g_strsplit(g_strv_length(lines) > 2 ? lines[2] : "", " ", 3);
    uint64_t start = 0, end = 0;
    Error *err = NULL;

    if (g_strv_length(words) < 3 || !parse_hex(words[0], UINT64_MAX, &start, &err) ||
        !parse_hex(words[1], UINT64_MAX, &end, &err)) {
        error_free(err);
        return 0;
    }
    return end > start ? (end - start + 1) >> 20 : 0;
}

/* Folder of the parent of @type, for the caller to free: PARENT/mdev_supported_types/TYPE. */
static char *parent_of(const char *type)
{
    g_autofree char *types = g_path_get_dirname(type);

    return g_path_get_dirname(types);
}

static void advise_aperture(const char *parent, Error **errp)
{
    uint64_t mib = id_of(parent, "vendor") == PCI_VENDOR_INTEL ? aperture_mib(parent) : 0;

    if (mib) {
        hint(errp, "The GPU's aperture has %" G_GUINT64_FORMAT " MiB, which all vGPUs and the host share; the firmware"
             " set-up of the host may have a larger \"aperture size\".", mib);
    }
}

bool mdev_advise_full(const char *type, Error **errp)
{
    g_autofree char *parent = parent_of(type);
    g_autoptr(GPtrArray) devices = mdev_devices(parent);

    for (unsigned i = 0; i < devices->len; i++) {
        g_autofree char *uuid = g_path_get_basename(devices->pdata[i]), *kind = vfio_host_link(devices->pdata[i], "mdev_type");
        hint(errp, "There is %s (%s): echo 1 > /sys/bus/mdev/devices/%s/remove ends it.", uuid, kind ? kind : "?", uuid);
    }
    advise_aperture(parent, errp);
    return hint(errp, "mdev-type=help shows what is left; smaller types have more instances.");
}

/* ---- what the kernel says ---- */

static bool is_root_only(int err)
{
    return err == EACCES || err == EPERM;
}

static const struct {
    int err;
    const char *advice;
} create_advice[] = {
    { EEXIST, "There is a mediated device with this UUID already: another UUID, or none, makes a new one." },
    { EINVAL, "The parent's driver refuses: some make one type at a time, or need another mode (see the host's dmesg)." },
    { EBUSY, "The parent is busy, or its driver is going away: try again." },
    { EAGAIN, "The parent is busy, or its driver is going away: try again." },
    { ENODEV, "The parent's driver is going away, or the GPU does not answer (see the host's dmesg)." },
    { ENOENT, "The type has gone: was the parent's driver unloaded?" },
    { ENOMEM, "The host has no memory left for it." },
    { EIO, "The parent's hardware does not answer (see the host's dmesg)." },
    { EROFS, "/sys is read-only here (a container?): make the device outside, and use mdev-uuid=UUID alone." },
    { EPERM, "Only root may make mediated devices. Let root make it (mdevctl), and use mdev-uuid=UUID alone." },
};

bool mdev_advise_create(const char *type, int err, Error **errp)
{
    /* EUSERS is newer kernels' own count; ENOSPC the driver's */
    if (err == ENOSPC || err == EUSERS) {
        return mdev_advise_full(type, errp);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(create_advice); i++) {
        if (create_advice[i].err == (is_root_only(err) ? EPERM : err)) {
            return hint(errp, "%s", create_advice[i].advice);
        }
    }
    return hint(errp, "The host's dmesg may say why.");
}

const char *mdev_remove_words(int err)
{
    switch (err) {
    case EBUSY:
    case EAGAIN:
        return "somebody still uses it";
    case EACCES:
    case EPERM:
        return "only root may remove it";
    default:
        return g_strerror(err);
    }
}
