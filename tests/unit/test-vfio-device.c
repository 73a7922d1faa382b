/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a device on the host, what is said when it cannot be had, and what it says about itself. */
#include <errno.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "hw/vfio/advice.h"
#include "hw/vfio/chain.h"
#include "hw/vfio/sysfs.h"
#include "tests/unit/host-tree.h"
#include "tests/unit/vfio-fake.h"

/* ---- capability chains ---- */

/* An answer of GET_REGION_INFO under construction. */
typedef struct Answer {
    GByteArray *bytes;
    uint32_t last;      /* offset of the last capability */
} Answer;

static Answer answer_new(uint64_t size, uint32_t flags)
{
    struct vfio_region_info info = { .argsz = sizeof(info), .flags = flags, .index = 2, .size = size, .offset = 0x20 };
    Answer answer = { .bytes = g_byte_array_new() };

    g_byte_array_append(answer.bytes, (const guint8 *)&info, sizeof(info));
    return answer;
}

static void answer_add(Answer *answer, uint16_t id, const void *body, size_t len)
{
    struct vfio_info_cap_header header = { .id = id, .version = 1 };
    uint32_t at = answer->bytes->len;
    size_t link = answer->last ? answer->last + offsetof(struct vfio_info_cap_header, next)
                               : offsetof(struct vfio_region_info, cap_offset);

    memcpy(answer->bytes->data + link, &at, sizeof(at));
    g_byte_array_append(answer->bytes, (const guint8 *)&header, sizeof(header));
    g_byte_array_append(answer->bytes, body, (guint)len);
    answer->last = at;
}

/* Point the last capability's link to @next. */
static void answer_link(Answer *answer, uint32_t next)
{
    memcpy(answer->bytes->data + answer->last + offsetof(struct vfio_info_cap_header, next), &next, sizeof(next));
}

/* Parse from memory of exactly that size, so that the sanitizer sees every step beyond. */
static int answer_parse(Answer *answer, VfioRegionInfo *ret)
{
    g_autofree uint8_t *exact = g_memdup2(answer->bytes->data, answer->bytes->len);
    int got = vfio_region_info_parse(exact, answer->bytes->len, ret);

    g_byte_array_unref(answer->bytes);
    return got;
}

static const uint32_t mmap_caps = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;

static void test_a_whole_chain_is_read(void)
{
    Answer answer = answer_new(0x10000, mmap_caps);
    struct { uint32_t count, reserved; struct vfio_region_sparse_mmap_area areas[2]; }
        sparse = { 2, 0, { { 0x1000, 0x2000 }, { 0x8000, 0x8000 } } };
    uint32_t type[2] = { 0x80008086, VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION };
    VfioRegionInfo info;

    answer_add(&answer, 99, "unknown", 7);      /* the next header is not aligned */
    answer_add(&answer, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &sparse, sizeof(sparse));
    answer_add(&answer, VFIO_REGION_INFO_CAP_TYPE, type, sizeof(type));
    answer_add(&answer, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, "", 0);
    g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
    g_assert_cmphex(info.size, ==, 0x10000);
    g_assert_cmphex(info.offset, ==, 0x20);
    g_assert_cmpuint(info.index, ==, 2);
    g_assert_cmphex(info.type, ==, 0x80008086);
    g_assert_cmpuint(info.subtype, ==, 1);
    g_assert_true(info.msix_mappable);
    g_assert_cmpuint(info.area_count, ==, 2);
    g_assert_cmphex(info.areas[1].offset, ==, 0x8000);
    vfio_region_info_clear(&info);
}

static void test_without_a_chain_all_is_one_area(void)
{
    VfioRegionInfo info;
    Answer answer = answer_new(0x4000, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP);

    g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
    g_assert_cmpuint(info.area_count, ==, 1);
    g_assert_cmphex(info.areas[0].size, ==, 0x4000);
    vfio_region_info_clear(&info);
    answer = answer_new(0x4000, VFIO_REGION_INFO_FLAG_READ);
    g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
    g_assert_cmpuint(info.area_count, ==, 0);
    vfio_region_info_clear(&info);
}

static void test_lying_areas_are_left_out(void)
{
    Answer answer = answer_new(0x10000, mmap_caps);
    struct { uint32_t count, reserved; struct vfio_region_sparse_mmap_area areas[4]; } sparse = { 1000000, 0, {
        { 0x10000, 0x1000 }, { 0xF000, 0x2000 }, { UINT64_MAX - 0xFFF, 0x2000 }, { 0x2000, 0x1000 } } };
    VfioRegionInfo info;

    answer_add(&answer, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &sparse, sizeof(sparse));
    g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
    g_assert_cmpuint(info.area_count, ==, 1);
    g_assert_cmphex(info.areas[0].offset, ==, 0x2000);
    vfio_region_info_clear(&info);
}

static void test_broken_links_end_the_chain(void)
{
    static const uint32_t links[] = { 32, 33, 60, UINT32_MAX, UINT32_MAX - 7 };

    for (unsigned i = 0; i < G_N_ELEMENTS(links); i++) {
        Answer answer = answer_new(0x1000, mmap_caps);
        VfioRegionInfo info;
        answer_add(&answer, 77, "", 0);
        answer_add(&answer, 78, "", 0);
        answer_link(&answer, links[i]);     /* itself, the first, the middle of something, nowhere */
        g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
        g_assert_cmpuint(info.type, ==, 0);
        vfio_region_info_clear(&info);
    }
}

static void test_a_truncated_capability_is_not_there(void)
{
    Answer answer = answer_new(0x1000, mmap_caps);
    uint32_t half = 0x80008086;
    VfioRegionInfo info;

    answer_add(&answer, VFIO_REGION_INFO_CAP_TYPE, &half, sizeof(half));
    g_assert_cmpint(answer_parse(&answer, &info), ==, 0);
    g_assert_cmpuint(info.type, ==, 0);
    vfio_region_info_clear(&info);
    g_assert_cmpint(vfio_region_info_parse(&half, sizeof(half), &info), ==, -EINVAL);
}

static void test_random_answers_do_no_harm(void)
{
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = (size_t)g_test_rand_int_range(0, 200);
        g_autofree uint8_t *bytes = g_malloc(len);
        VfioRegionInfo info;
        VfioDmaLimits limits;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)(g_test_rand_int_range(0, 3) ? g_test_rand_int_range(0, 64) : g_test_rand_int());
        }
        if (vfio_region_info_parse(bytes, len, &info) == 0) {
            for (unsigned i = 0; i < info.area_count; i++) {
                g_assert_cmpuint(info.areas[i].offset + info.areas[i].size, <=, info.size);
            }
            vfio_region_info_clear(&info);
        }
        if (vfio_limits_parse(bytes, len, &limits) == 0) {
            g_assert_cmpuint(limits.page_sizes, !=, 0);
            vfio_limits_clear(&limits);
        }
    }
}

static void test_limits_of_the_iommu(void)
{
    struct {
        struct vfio_iommu_type1_info info;
        struct { struct vfio_info_cap_header header; uint32_t count, reserved; } ranges;
        struct vfio_iova_range range[2];
        struct vfio_iommu_type1_info_dma_avail avail;
    } answer = {
        .info = { .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS, .iova_pgsizes = 0x40201000 },
        .ranges = { .header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE }, .count = 2 },
        .range = { { 0, 0xFEDFFFFF }, { 0xFEF00000, 0x7FFFFFFFFF } },
        .avail = { .header = { .id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL }, .avail = 65535 },
    };
    VfioDmaLimits limits;

    answer.info.cap_offset = (uint32_t)((char *)&answer.ranges - (char *)&answer);
    answer.ranges.header.next = (uint32_t)((char *)&answer.avail - (char *)&answer);
    g_assert_cmpint(vfio_limits_parse(&answer, sizeof(answer), &limits), ==, 0);
    g_assert_cmphex(limits.page_sizes, ==, 0x40201000);
    g_assert_cmpuint(limits.max_mappings, ==, 65535);
    g_assert_cmpuint(limits.range_count, ==, 2);
    g_assert_cmphex(limits.ranges[1].offset + limits.ranges[1].size, ==, 0x8000000000);
    vfio_limits_clear(&limits);
    answer.info.flags = 0;
    g_assert_cmpint(vfio_limits_parse(&answer, offsetof(struct vfio_iommu_type1_info, cap_offset), &limits), ==, 0);
    g_assert_cmphex(limits.page_sizes, ==, 4096);
    g_assert_cmpuint(limits.max_mappings, ==, UINT_MAX);
    vfio_limits_clear(&limits);
}

/* ---- a canned host ---- */

#define MTTY "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static const char *const host_tree[] = {
    "sys/bus/pci/devices",
    "sys/bus/mdev/devices",
    "sys/devices/pci0/0000:00:02.0",
    "sys/devices/pci0/0000:00:02.0/iommu_group -> ../../../kernel/iommu_groups/1",
    "sys/devices/pci0/0000:00:02.0/subsystem -> ../../../bus/pci",
    "sys/devices/pci0/0000:00:02.0/driver -> ../../../bus/pci/drivers/i915",
    "sys/devices/pci0/0000:00:03.0",
    "sys/devices/pci0/0000:00:03.0/iommu_group -> ../../../kernel/iommu_groups/1",
    "sys/devices/pci0/0000:00:03.0/subsystem -> ../../../bus/pci",
    "sys/devices/pci0/0000:00:03.0/driver -> ../../../bus/pci/drivers/vfio-pci",
    "sys/devices/pci0/0000:00:04.0",
    "sys/devices/pci0/0000:00:04.0/subsystem -> ../../../bus/pci",
    "sys/devices/pci0/0000:00:05.0",
    "sys/devices/pci0/0000:00:05.0/iommu_group -> ../../../kernel/iommu_groups/5",
    "sys/devices/pci0/0000:00:05.0/subsystem -> ../../../bus/pci",
    "sys/devices/usb1",
    "sys/devices/usb1/subsystem -> ../../bus/usb",
    "sys/devices/usb1/iommu_group -> ../../kernel/iommu_groups/5",
    "sys/devices/usb2",
    "sys/devices/usb2/subsystem -> ../../bus/usb",
    "sys/bus/usb",
    "sys/bus/pci/drivers/i915",
    "sys/bus/pci/drivers/vfio-pci",
    "sys/bus/pci/drivers/pcieport",
    "sys/bus/pci/devices/0000:00:02.0 -> ../../../devices/pci0/0000:00:02.0",
    "sys/bus/pci/devices/0000:00:03.0 -> ../../../devices/pci0/0000:00:03.0",
    "sys/bus/pci/devices/0000:00:04.0 -> ../../../devices/pci0/0000:00:04.0",
    "sys/bus/pci/devices/0000:00:05.0 -> ../../../devices/pci0/0000:00:05.0",
    "sys/kernel/iommu_groups/1/devices",
    "sys/kernel/iommu_groups/1/devices/0000:00:02.0 -> ../../../../devices/pci0/0000:00:02.0",
    "sys/kernel/iommu_groups/1/devices/0000:00:03.0 -> ../../../../devices/pci0/0000:00:03.0",
    "sys/kernel/iommu_groups/5/devices",
    "sys/kernel/iommu_groups/9/devices",
    "sys/devices/virtual/mtty/mtty/" MTTY,
    "sys/devices/virtual/mtty/mtty/" MTTY "/subsystem -> ../../../../../bus/mdev",
    "sys/devices/virtual/mtty/mtty/" MTTY "/iommu_group -> ../../../../../kernel/iommu_groups/9",
    "sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/devices",
    "sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/devices/" MTTY " -> ../../../" MTTY,
    "sys/bus/mdev/devices/" MTTY " -> ../../../devices/virtual/mtty/mtty/" MTTY,
    "sys/class/mdev_bus",
    "sys/class/mdev_bus/mtty -> ../../devices/virtual/mtty/mtty",
    "dev/vfio",
    "dev/vfio/5 = not a group",
    "proc/self-is-no-number",
    "proc/4711/fd",
    "proc/4711/comm = qemu-system-x86\n",
    "proc/4711/fd/0 -> /dev/null",
    "proc/4711/fd/12 -> /dev/vfio/9",
    NULL,
};

/* What must be in the message and the advice of opening a device. */
static void expect_refusal(VfioOpen open, const char *message, const char *advice)
{
    Error *err = NULL;

    g_assert_null(vfio_device_open(&open, &err));
    g_test_message("%s\n%s", error_message(err), error_advice(err) ? error_advice(err) : "");
    g_assert_true(g_pattern_match_simple(message, error_message(err)));
    g_assert_true(!advice || g_pattern_match_simple(advice, error_advice(err)));
    error_free(err);
}

static void test_finds_a_pci_device(void)
{
    Error *err = NULL;
    VfioHostDevice host;
    g_autofree char *path = host_tree_path("sys/bus/pci/devices/0000:00:02.0");
    const VfioOpen ways[] = { { .host = "00:02.0" }, { .host = "0000:00:02.0" }, { .sysfsdev = path } };

    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_assert_true(vfio_host_device_find(&ways[i], &host, &err));
        g_assert_cmpstr(host.name, ==, "0000:00:02.0");
        g_assert_true(g_str_has_suffix(host.path, "/sys/devices/pci0/0000:00:02.0"));
        g_assert_false(host.mediated);
        g_assert_cmpuint(host.group, ==, 1);
        vfio_host_device_clear(&host);
    }
}

static void test_finds_a_mediated_device(void)
{
    Error *err = NULL;
    VfioHostDevice host;
    g_autofree char *sys = host_tree_path("sys"), *before = g_get_current_dir();
    /* What users write: by class, by bus, by hand; a slash or a dot too much; from inside /sys. */
    static const char *const ways[] = {
        "class/mdev_bus/mtty/" MTTY, "bus/mdev/devices/" MTTY, "devices/virtual/mtty/mtty/" MTTY,
        "class/mdev_bus/mtty/" MTTY "/", "./bus/mdev/devices/../devices/" MTTY "//",
        "devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/devices/" MTTY,
    };

    g_assert_cmpint(g_chdir(sys), ==, 0);
    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(ways); i++) {
        const char *way = ways[i / 2];
        g_autofree char *path = i % 2 ? g_build_filename(sys, way, NULL) : g_strdup(way);
        g_assert_true(vfio_host_device_find(&(VfioOpen){ .sysfsdev = path }, &host, &err));
        g_assert_cmpstr(host.name, ==, MTTY);
        g_assert_true(host.mediated);
        g_assert_cmpuint(host.group, ==, 9);
        vfio_host_device_clear(&host);
    }
    g_assert_cmpint(g_chdir(before), ==, 0);
}

static void test_refusals_name_cause_and_remedy(void)
{
    g_autofree char *usb = host_tree_path("sys/devices/usb1"), *bare = host_tree_path("sys/devices/usb2");
    g_autofree char *gone = host_tree_path("sys/devices/gone");

    expect_refusal((VfioOpen){ 0 }, "No provided host device", "*host=DDDD:BB:DD.F*sysfsdev=*");
    expect_refusal((VfioOpen){ .host = "banana" }, "*banana*", NULL);
    expect_refusal((VfioOpen){ .host = "07:00.0" },
                   "vfio 0000:07:00.0: no such host device: No such file or directory", "*lspci*");
    expect_refusal((VfioOpen){ .sysfsdev = gone }, "vfio gone: no such host device: No such file or directory", "*");
    expect_refusal((VfioOpen){ .sysfsdev = bare }, "vfio usb2: no iommu_group found: No such file or directory", NULL);
    expect_refusal((VfioOpen){ .sysfsdev = usb }, "vfio usb1: not a PCI or mediated device*'usb'*", "*sysfsdev=*");
    expect_refusal((VfioOpen){ .host = "00:04.0" },
                   "vfio 0000:00:04.0: no iommu_group found: No such file or directory", "*intel_iommu=on*");
    expect_refusal((VfioOpen){ .host = "00:02.0" },
                   "vfio 0000:00:02.0: Could not open '*/dev/vfio/1': No such file or directory",
                   "*has driver i915*echo vfio-pci > /sys/bus/pci/devices/0000:00:02.0/driver_override\n"
                   "*echo 0000:00:02.0 > /sys/bus/pci/devices/0000:00:02.0/driver/unbind\n*drivers_probe");
    expect_refusal((VfioOpen){ .host = "00:03.0" }, "*Could not open*", "*bound to 'vfio-pci'*");
    expect_refusal((VfioOpen){ .host = "00:05.0" }, "vfio 0000:00:05.0: failed to get group 5 status: *", NULL);
}

static void test_an_iommu_without_the_device(void)
{
    g_autofree char *unit = host_tree_path("sys/class/iommu/dmar0"), *class = host_tree_path("sys/class/iommu");

    g_assert_cmpint(g_mkdir_with_parents(unit, 0755), ==, 0);
    expect_refusal((VfioOpen){ .host = "00:04.0" }, "*no iommu_group found*", "*igfx_off*");
    host_tree_remove(class);
}

static void expect_group_advice(int err_value, const char *node, const char *advice)
{
    Error *err = NULL;
    VfioHostDevice host = { .name = (char *)"0000:00:02.0", .path = (char *)"/nowhere", .group = 9 };

    fail_errno(&err, err_value, "Could not open '%s'", node);
    vfio_advise_group_open(&host, node, err_value, &err);
    g_assert_true(g_pattern_match_simple(advice, error_advice(err)));
    error_free(err);
}

static void test_busy_names_the_holder(void)
{
    expect_group_advice(EBUSY, "/dev/vfio/9", "Process 4711 (qemu-system-x86) holds group 9*");
    expect_group_advice(EBUSY, "/dev/vfio/8", "Another process holds group 9*/dev/vfio/8*");
    expect_group_advice(EACCES, "/dev/vfio/9", "*chown * /dev/vfio/9*udev*");
}

static void test_not_viable_names_the_culprits(void)
{
    Error *err = NULL;

    fail(&err, "group 1 is not viable");
    vfio_advise_not_viable(1, &err);
    g_assert_cmpstr(error_advice(err), ==,
                    "Please ensure all devices within the iommu_group are bound to their vfio bus driver.\n"
                    "These are not: 0000:00:02.0 (driver i915).");
    error_free(err);
    g_assert_true(vfio_driver_is_harmless(NULL));
    g_assert_true(vfio_driver_is_harmless("pcieport"));
    g_assert_true(vfio_driver_is_harmless("mlx5_vfio_pci"));
    g_assert_false(vfio_driver_is_harmless("xhci_hcd"));
}

static void test_opening_advice_fits_the_device(void)
{
    VfioHostDevice mdev = { .name = (char *)"uuid", .mediated = true, .group = 3 }, pci = { .group = 3 };
    Error *err = NULL;

    fail(&err, "x");
    vfio_advise_device_open(&mdev, ESRCH, &err);
    g_assert_true(g_pattern_match_simple("*need KVM*", error_advice(err)));
    error_clear(&err);
    fail(&err, "x");
    vfio_advise_device_open(&pci, EACCES, &err);
    g_assert_true(g_pattern_match_simple("*vf-token*group 3*", error_advice(err)));
    error_free(err);
}

/* ---- regions of a device ---- */

static const FakeSpec igd = {
    .region_count = 12,
    .regions = {
        [9] = { .size = 0x2000, .type = 0x80008086, .subtype = 1, .data = "IntelGraphicsMem", .data_size = 16 },
        [10] = { .size = 0x100, .type = 0x80008086, .subtype = 2 },
        [11] = { .size = UINT64_C(1) << 40, .type = 7, .subtype = 7 },
    },
};

static void test_typed_regions_are_found_and_loaded(void)
{
    FakeDevice *fake = fake_device_new(&igd);
    VfioRegionInfo info = { 0 };
    Error *err = NULL;

    g_assert_true(vfio_region_find(fake->dev, 0x80008086, 1, &info));
    g_assert_cmpuint(info.index, ==, 9);
    uint8_t *data = vfio_region_load(fake->dev, &info, &err);
    g_assert_cmpmem(data, 16, "IntelGraphicsMem", 16);
    g_free(data);
    fake_fail(&fake->calls, FAKE_READ, -EIO, 0, 1);
    g_assert_null(vfio_region_load(fake->dev, &info, &err));
    g_assert_cmpstr(error_message(err), ==, "failed to read region 9 of 0000:00:02.0: Input/output error");
    error_clear(&err);
    vfio_region_info_clear(&info);
    g_assert_false(vfio_region_find(fake->dev, 0x80008086, 3, &info));
    g_assert_cmpuint(info.index, ==, 0);
    vfio_device_close(fake->dev);
    fake_device_free(fake);
    vfio_device_close(NULL);
}

static void test_impossible_sizes_are_not_loaded(void)
{
    VfioRegionInfo huge = { .index = 11, .size = UINT64_MAX }, none = { .index = 3 };
    FakeDevice *fake = fake_device_new(&(FakeSpec){ .region_count = 12 });
    Error *err = NULL;

    g_assert_null(vfio_region_load(fake->dev, &huge, &err));
    error_clear(&err);
    g_assert_null(vfio_region_load(fake->dev, &none, &err));
    error_free(err);
    vfio_device_close(fake->dev);
    fake_device_free(fake);
}

static void add_chain_tests(void)
{
    g_test_add_func("/vfio-device/a-whole-chain-is-read", test_a_whole_chain_is_read);
    g_test_add_func("/vfio-device/without-a-chain-all-is-one-area", test_without_a_chain_all_is_one_area);
    g_test_add_func("/vfio-device/lying-areas-are-left-out", test_lying_areas_are_left_out);
    g_test_add_func("/vfio-device/broken-links-end-the-chain", test_broken_links_end_the_chain);
    g_test_add_func("/vfio-device/a-truncated-capability-is-not-there", test_a_truncated_capability_is_not_there);
    g_test_add_func("/vfio-device/random-answers-do-no-harm", test_random_answers_do_no_harm);
    g_test_add_func("/vfio-device/limits-of-the-iommu", test_limits_of_the_iommu);
}

static void add_host_tests(void)
{
    g_test_add_func("/vfio-device/finds-a-pci-device", test_finds_a_pci_device);
    g_test_add_func("/vfio-device/finds-a-mediated-device", test_finds_a_mediated_device);
    g_test_add_func("/vfio-device/refusals-name-cause-and-remedy", test_refusals_name_cause_and_remedy);
    g_test_add_func("/vfio-device/an-iommu-without-the-device", test_an_iommu_without_the_device);
    g_test_add_func("/vfio-device/busy-names-the-holder", test_busy_names_the_holder);
    g_test_add_func("/vfio-device/not-viable-names-the-culprits", test_not_viable_names_the_culprits);
    g_test_add_func("/vfio-device/opening-advice-fits-the-device", test_opening_advice_fits_the_device);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    host_tree_new(host_tree);
    add_chain_tests();
    add_host_tests();
    g_test_add_func("/vfio-device/typed-regions-are-found-and-loaded", test_typed_regions_are_found_and_loaded);
    g_test_add_func("/vfio-device/impossible-sizes-are-not-loaded", test_impossible_sizes_are_not_loaded);
    int status = g_test_run();
    host_tree_free();
    return status;
}
