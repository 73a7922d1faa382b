/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capability chains, read with distrust; see chain.h. */
#include "hw/vfio/chain.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <string.h>

const uint8_t *vfio_chain_find(const void *info, size_t len, uint32_t first, uint16_t id, size_t min_size,
                               size_t *ret_size)
{
    struct vfio_info_cap_header header;
    size_t at = first;

    /* A chain without loops has no more links than fit side by side. */
    for (size_t links = len / sizeof(header); links > 0 && at != 0; links--, at = header.next) {
        if (at > len || len - at < sizeof(header)) {
            return NULL;
        }
        memcpy(&header, (const uint8_t *)info + at, sizeof(header));
        if (header.id == id) {
            *ret_size = len - at;
            return *ret_size >= min_size ? (const uint8_t *)info + at : NULL;
        }
    }
    return NULL;
}

/* ---- regions ---- */

static bool area_fits(const VfioRegionInfo *info, uint64_t offset, uint64_t size)
{
    return size > 0 && offset <= info->size && size <= info->size - offset;
}

static void add_area(VfioRegionInfo *info, uint64_t offset, uint64_t size)
{
    if (area_fits(info, offset, size)) {
        info->areas[info->area_count++] = (VfioArea){ offset, size };
    }
}

static void parse_sparse(VfioRegionInfo *info, const uint8_t *cap, size_t cap_size)
{
    struct vfio_region_info_cap_sparse_mmap head;
    struct vfio_region_sparse_mmap_area area;

    memcpy(&head, cap, sizeof(head));
    size_t count = MIN(head.nr_areas, (cap_size - sizeof(head)) / sizeof(area));
    info->areas = g_new0(VfioArea, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(&area, cap + sizeof(head) + i * sizeof(area), sizeof(area));
        add_area(info, area.offset, area.size);
    }
}

static void parse_areas(VfioRegionInfo *info, const void *answer, size_t len, uint32_t first)
{
    size_t size;
    const uint8_t *sparse = vfio_chain_find(answer, len, first, VFIO_REGION_INFO_CAP_SPARSE_MMAP,
                                            sizeof(struct vfio_region_info_cap_sparse_mmap), &size);

    if (sparse) {
        parse_sparse(info, sparse, size);
    } else {
        info->areas = g_new0(VfioArea, 1);
        add_area(info, 0, info->size);
    }
}

static void parse_type(VfioRegionInfo *info, const void *answer, size_t len, uint32_t first)
{
    struct vfio_region_info_cap_type type;
    size_t size;
    const uint8_t *cap = vfio_chain_find(answer, len, first, VFIO_REGION_INFO_CAP_TYPE, sizeof(type), &size);

    if (cap) {
        memcpy(&type, cap, sizeof(type));
        info->type = type.type;
        info->subtype = type.subtype;
    }
}

int vfio_region_info_parse(const void *answer, size_t len, VfioRegionInfo *ret)
{
    struct vfio_region_info fixed;
    size_t size;

    if (len < sizeof(fixed)) {
        return -EINVAL;
    }
    memcpy(&fixed, answer, sizeof(fixed));
    uint32_t first = fixed.flags & VFIO_REGION_INFO_FLAG_CAPS ? fixed.cap_offset : 0;

    *ret = (VfioRegionInfo){
        .index = fixed.index,
        .flags = fixed.flags,
        .size = fixed.size,
        .offset = fixed.offset,
        .msix_mappable = vfio_chain_find(answer, len, first, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
                                         sizeof(struct vfio_info_cap_header), &size) != NULL,
    };
    parse_type(ret, answer, len, first);
    if (fixed.flags & VFIO_REGION_INFO_FLAG_MMAP) {
        parse_areas(ret, answer, len, first);
    }
    return 0;
}

void vfio_region_info_clear(VfioRegionInfo *info)
{
    g_free(info->areas);
    *info = (VfioRegionInfo){ 0 };
}

/* ---- DMA limits ---- */

static void parse_iova_ranges(VfioDmaLimits *limits, const uint8_t *cap, size_t cap_size)
{
    struct vfio_iommu_type1_info_cap_iova_range head;
    struct vfio_iova_range range;

    memcpy(&head, cap, sizeof(head));
    size_t count = MIN(head.nr_iovas, (cap_size - sizeof(head)) / sizeof(range));
    limits->ranges = g_new0(VfioArea, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(&range, cap + sizeof(head) + i * sizeof(range), sizeof(range));
        if (range.start <= range.end) {     /* end is inclusive; a range of all 2^64 bytes loses its last one */
            uint64_t size = range.end - range.start;
            limits->ranges[limits->range_count++] = (VfioArea){ range.start, size == UINT64_MAX ? size : size + 1 };
        }
    }
}

int vfio_limits_parse(const void *answer, size_t len, VfioDmaLimits *ret)
{
    struct vfio_iommu_type1_info fixed = { 0 };
    struct vfio_iommu_type1_info_dma_avail available;
    size_t size, fixed_size = offsetof(struct vfio_iommu_type1_info, cap_offset);

    if (len < fixed_size) {
        return -EINVAL;
    }
    memcpy(&fixed, answer, MIN(len, sizeof(fixed)));
    uint32_t first = fixed.flags & VFIO_IOMMU_INFO_CAPS ? fixed.cap_offset : 0;

    /* An IOMMU that does not say maps pages of 4 KiB. */
    *ret = (VfioDmaLimits){
        .page_sizes = fixed.flags & VFIO_IOMMU_INFO_PGSIZES && fixed.iova_pgsizes ? fixed.iova_pgsizes : 4096,
        .max_mappings = UINT_MAX,
    };
    const uint8_t *cap = vfio_chain_find(answer, len, first, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, sizeof(available), &size);
    if (cap) {
        memcpy(&available, cap, sizeof(available));
        ret->max_mappings = available.avail;
    }
    cap = vfio_chain_find(answer, len, first, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
                          sizeof(struct vfio_iommu_type1_info_cap_iova_range), &size);
    if (cap) {
        parse_iova_ranges(ret, cap, size);
    }
    return 0;
}

void vfio_limits_clear(VfioDmaLimits *limits)
{
    g_free(limits->ranges);
    *limits = (VfioDmaLimits){ 0 };
}
