/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said about mediated devices: tables of what there is, why there is none, what the kernel's errors mean. */
#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "core/class.h"
#include "hw/vfio/mdev-host.h"
#include "hw/vfio/mdev.h"
#include "tests/unit/host-tree.h"
#include "tests/unit/mdev-kernel.h"

#define A "0a0a0a0a-1111-2222-3333-00000000000a"

/* ---- tables ---- */

/* What "-device @settings" prints. */
static void expect_help(const char *settings, const char *text)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", &err);
    g_autofree char *got = class_choices(class_find("vfio-pci"), kv);

    g_assert_cmpstr(got, ==, text);
}

static void test_tables_of_what_there_is(void)
{
    g_assert_cmpint(mdev_kernel_write(MTTY_FOLDER "/mdev_supported_types/mtty-2/create", A), ==, 0);
    expect_help("vfio-pci,mdev-parent=help",
                "PARENT        DRIVER  TYPES  DEVICES  WHAT\n"
                "0000:00:02.0  i915    2      0        Skylake (generation 9)\n"
                "mtty          -       2      1        -\n");
    expect_help("vfio-pci,mdev-type=help",
                "PARENT        TYPE            LEFT  API       DISPLAY    NAME                DESCRIPTION\n"
                "0000:00:02.0  ccw-1           -     vfio-ccw  -          -                   -\n"
                "0000:00:02.0  i915-GVTg_V5_4  1     vfio-pci  1920x1200  GVTg_V5_4           low_gm_size: 128MB,"
                " high_gm_size: 512MB, fence: 4, resolution: 1920x1200, weight: 4\n"
                "mtty          mtty-1          24    vfio-pci  -          Single port serial  -\n"
                "mtty          mtty-2          1     vfio-pci  -          Dual port serial    -\n");
    expect_help("vfio-pci,mdev-parent=mtty,mdev-type=help",
                "PARENT  TYPE    LEFT  API       DISPLAY  NAME                DESCRIPTION\n"
                "mtty    mtty-1  24    vfio-pci  -        Single port serial  -\n"
                "mtty    mtty-2  1     vfio-pci  -        Dual port serial    -\n");
    expect_help("vfio-pci,mdev-type=help,mdev-parent=nobody",
                "mdev-parent=nobody: offers no mediated devices\nThere are: 0000:00:02.0, mtty.\n");
    expect_help("vfio-pci,host=00:02.0", NULL);
    expect_help("vfio-pci,host=help,id=help,nonsense=help", NULL);
}

static void test_displays_as_descriptions_tell_them(void)
{
    static const struct {
        const char *description, *display;
    } rows[] = {
        { "virtual display, 1024x768 framebuffer", "1024x768" },                            /* mdpy */
        { "virtual display, 16 MB video memory", "yes" },                                   /* mbochs */
        { "num_heads=4, frl_config=60, framebuffer=1024M, max_resolution=4096x2160", "4096x2160" },  /* NVIDIA */
        { "a coprocessor", "-" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *row = g_strdup_printf(MTTY_FOLDER "/mdev_supported_types/mtty-1/description = %s", rows[i].description);
        g_autofree char *pattern = g_strdup_printf("*mtty-1  24 * vfio-pci  %s * Single*%s\n*", rows[i].display, rows[i].description);
        Error *err = NULL;
        host_tree_add(row);
        g_autoptr(KeyVals) kv = keyval_parse("vfio-pci,mdev-parent=mtty,mdev-type=help", "driver", &err);
        g_autofree char *got = mdev_types_help(kv);
        g_assert_true(g_pattern_match_simple(pattern, got));
    }
}

/* ---- GPUs without mediated devices ---- */

static void remove_below(const char *below)
{
    g_autofree char *path = host_tree_path(below);

    host_tree_remove(path);
}

/* The types are not there; @change (NULL: nothing else) is why. A row that begins with "-" removes. */
static void expect_explanation(const char *change, const char *words)
{
    Error *err = NULL;

    remove_below("sys/class/mdev_bus");
    host_tree_add("sys/class/mdev_bus");
    if (change && *change == '-') {
        remove_below(change + 1);
    } else if (change) {
        host_tree_add(change);
    }
    g_assert_null(mdev_acquire(&(MdevWish){ "00:02.0", "i915-GVTg_V5_4", NULL }, &err));
    g_test_message("%s", error_advice(err));
    g_assert_cmpstr(error_message(err), ==, "mdev-parent=00:02.0: offers no mediated devices");
    g_assert_cmpstr(error_advice(err), ==, words);
    error_free(err);
    g_autoptr(KeyVals) kv = keyval_new();
    g_autofree char *help = mdev_parents_help(kv), *wanted = g_strdup_printf("No driver*\n%s\n", words);
    g_assert_true(g_pattern_match_simple(wanted, help));
}

static void test_why_gvt_g_is_missing(void)
{
    static const struct {
        const char *change, *words;
    } rows[] = {
        { NULL, "What GVT-g needs seems to be there; the host's dmesg may say more (dmesg | grep -i gvt)." },
        { "sys/module/i915/parameters/enable_gvt = N\n", "GVT-g is off: boot the host's kernel with i915.enable_gvt=1." },
        { "-sys/module/i915/parameters/enable_gvt",
          "The host's i915 has no GVT-g: its kernel needs CONFIG_DRM_I915_GVT_KVMGT." },
        { "-sys/module/kvmgt", "The module kvmgt is not loaded: modprobe kvmgt." },
        { "sys/module/i915/parameters/enable_guc = 3\n",
          "The GuC schedules the GPU, which GVT-g cannot share: boot the host's kernel with i915.enable_guc=0." },
        { "sys/module/i915/parameters/enable_guc = 2\n",    /* loads firmware for media alone */
          "What GVT-g needs seems to be there; the host's dmesg may say more (dmesg | grep -i gvt)." },
        { "-" GPU_FOLDER "/driver", "0000:00:02.0 has no driver; the host's i915 must drive it to share it." },
        { GPU_FOLDER "/device = 0x0412\n",
          "0000:00:02.0 is Haswell (generation 7): GVT-g is for Broadwell to Comet Lake.\n"
          "Give the guest the whole GPU (-device vfio-pci,host=0000:00:02.0)." },
        { GPU_FOLDER "/device = 0x3184\n",
          "0000:00:02.0 is Gemini Lake (generation 9): GVT-g is for Broadwell to Comet Lake.\n"
          "Give the guest the whole GPU (-device vfio-pci,host=0000:00:02.0)." },
        { GPU_FOLDER "/device = 0x22b0\n",
          "0000:00:02.0 is Cherryview (generation 8): GVT-g is for Broadwell to Comet Lake.\n"
          "Give the guest the whole GPU (-device vfio-pci,host=0000:00:02.0)." },
        { GPU_FOLDER "/device = 0x4680\n",
          "0000:00:02.0 is Alder Lake-S (generation 12): GVT-g is for Broadwell to Comet Lake.\n"
          "Give the guest the whole GPU (-device vfio-pci,host=0000:00:02.0), or a virtual function of it where the"
          " host's driver can make them (SR-IOV)." },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        mdev_kernel_down();
        mdev_kernel_up();
        expect_explanation(rows[i].change, rows[i].words);
    }
}

static void test_newer_gpus_have_virtual_functions(void)
{
    host_tree_add(GPU_FOLDER "/sriov_totalvfs = 7\n");
    expect_explanation(GPU_FOLDER "/device = 0x7d55\n",
                       "0000:00:02.0 is Meteor Lake: GVT-g is for Broadwell to Comet Lake.\n"
                       "It has virtual functions instead: echo 1 > /sys/bus/pci/devices/0000:00:02.0/sriov_numvfs, and"
                       " -device vfio-pci,host= with the function that appears.");
}

static void test_other_parents(void)
{
    static const struct {
        const char *change, *advice;
    } rows[] = {
        { GPU_FOLDER "/vendor = 0x10de\n", "*vGPU manager*current_vgpu_type*" },
        { GPU_FOLDER "/vendor = 0x1002\n", "No driver of this host offers any*" },
        { GPU_FOLDER "/class = 0x010802\n", "No driver of this host offers any*" },
        { GPU_FOLDER "/class = \n", "No driver of this host offers any*" },
    };

    remove_below("sys/class/mdev_bus");
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        host_tree_add(GPU_FOLDER "/class = 0x030000\n");
        host_tree_add(rows[i].change);
        g_assert_null(mdev_parent_find("00:02.0", &err));
        g_assert_true(g_pattern_match_simple(rows[i].advice, error_advice(err)));
        error_free(err);
    }
}

static void test_a_pci_device_that_is_not_there(void)
{
    Error *err = NULL;

    g_assert_null(mdev_parent_find("07:00.0", &err));
    g_assert_cmpstr(error_advice(err), ==, "This host has no PCI device 0000:07:00.0 (lspci -D lists them).\n"
                                           "There are: 0000:00:02.0, mtty.");
    error_free(err);
}

/* ---- the kernel's errors ---- */

static void test_errors_of_the_kernel_in_words(void)
{
    static const struct {
        int error;
        const char *advice;
    } rows[] = {
        { EEXIST, "*UUID already*" }, { EINVAL, "*one type at a time*" }, { EBUSY, "*try again*" },
        { EAGAIN, "*try again*" }, { ENODEV, "*going away*" }, { ENOENT, "*unloaded?*" }, { ENOMEM, "*no memory*" },
        { EIO, "*does not answer*" }, { EROFS, "*read-only*" }, { EPERM, "Only root*" }, { EACCES, "Only root*" },
        { ENOSPC, "The GPU's aperture has 256 MiB*mdev-type=help*" }, { EUSERS, "*aperture*" },
        { ENXIO, "The host's dmesg*" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        mdev_kernel.create_error = rows[i].error;
        g_assert_null(mdev_acquire(&(MdevWish){ "00:02.0", "i915-GVTg_V5_4", A }, &err));
        g_test_message("%s\n%s", error_message(err), error_advice(err));
        g_assert_true(g_str_has_suffix(error_message(err), g_strerror(rows[i].error)));
        g_assert_true(g_pattern_match_simple(rows[i].advice, error_advice(err)));
        error_free(err);
    }
}

static void test_a_full_gpu_says_what_fills_it(void)
{
    Error *err = NULL;

    g_assert_cmpint(mdev_kernel_write(GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/create", A), ==, 0);
    g_assert_null(mdev_acquire(&(MdevWish){ "00:02.0", "GVTg_V5_4", NULL }, &err));
    g_assert_cmpstr(error_message(err), ==, "mdev-type=i915-GVTg_V5_4: no instance is left");
    g_assert_cmpstr(error_advice(err), ==,
                    "There is " A " (i915-GVTg_V5_4): echo 1 > /sys/bus/mdev/devices/" A "/remove ends it.\n"
                    "The GPU's aperture has 256 MiB, which all vGPUs and the host share; the firmware set-up of the host"
                    " may have a larger \"aperture size\".\n"
                    "mdev-type=help shows what is left; smaller types have more instances.");
    error_free(err);
}

/* ---- the real files ---- */

static void test_files_of_sysfs_are_written(void)
{
    g_autofree char *type = host_tree_path("sys/type"), *none = host_tree_path("sys/none");

    mdev_set_writer(NULL);
    host_tree_add("sys/type");
    host_tree_add("sys/type/create = ");
    host_tree_add("sys/type/remove = ");
    g_assert_cmpint(mdev_create(type, A), ==, 0);
    g_assert_cmpint(mdev_remove(type), ==, 0);
    g_autofree char *created = vfio_host_attribute(type, "create"), *removed = vfio_host_attribute(type, "remove");
    g_assert_cmpstr(created, ==, A);
    g_assert_cmpstr(removed, ==, "1");
    g_assert_cmpint(mdev_create(none, A), ==, -ENOENT);
}

/* ---- all ---- */

static void with_host(gconstpointer test)
{
    mdev_kernel_up();
    ((void (*)(void))test)();
    mdev_kernel_down();
}

#define ADD(name, test) g_test_add_data_func("/vfio-mdev-words/" name, (gconstpointer)(test), with_host)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("tables-of-what-there-is", test_tables_of_what_there_is);
    ADD("displays-as-descriptions-tell-them", test_displays_as_descriptions_tell_them);
    ADD("why-gvt-g-is-missing", test_why_gvt_g_is_missing);
    ADD("newer-gpus-have-virtual-functions", test_newer_gpus_have_virtual_functions);
    ADD("other-parents", test_other_parents);
    ADD("a-pci-device-that-is-not-there", test_a_pci_device_that_is_not_there);
    ADD("errors-of-the-kernel-in-words", test_errors_of_the_kernel_in_words);
    ADD("a-full-gpu-says-what-fills-it", test_a_full_gpu_says_what_fills_it);
    ADD("files-of-sysfs-are-written", test_files_of_sysfs_are_written);
    return g_test_run();
}
