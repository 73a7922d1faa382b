/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capability chains of VFIO's INFO answers (linux/vfio.h, struct
 * vfio_info_cap_header), and what they say about a region. Whoever wrote the
 * answer is not trusted: nothing here reads past its end or follows a loop.
 */
#ifndef HW_VFIO_CHAIN_H
#define HW_VFIO_CHAIN_H

#include "hw/vfio/vfio.h"

/*
 * The capability @id of the chain whose first header is at offset @first of the
 * @len bytes at @info, or NULL. At least @min_size bytes lie behind the result,
 * *ret_size in all up to the end of the answer; it need not be aligned.
 */
const uint8_t *vfio_chain_find(const void *info, size_t len, uint32_t first, uint16_t id, size_t min_size,
                               size_t *ret_size);

/*
 * Fill *ret from the answer of @len bytes at @answer (a struct vfio_region_info
 * and its chain). Areas outside the region are left out. -EINVAL: too short.
 */
int vfio_region_info_parse(const void *answer, size_t len, VfioRegionInfo *ret);

/* Fill *ret from a struct vfio_iommu_type1_info and its chain. -EINVAL: too short. */
int vfio_limits_parse(const void *answer, size_t len, VfioDmaLimits *ret);

void vfio_limits_clear(VfioDmaLimits *limits);

#endif
