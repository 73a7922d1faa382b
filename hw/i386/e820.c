/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fw_cfg file etc/e820; see e820.h. */
#include "hw/i386/e820.h"

#include "hw/i386/blob.h"

GByteArray *e820_build(const MemoryMap *map)
{
    GByteArray *blob = g_byte_array_new();

    for (guint i = 0; i < map->ranges->len; i++) {
        const MemoryMapRange *range = &g_array_index(map->ranges, MemoryMapRange, i);

        blob_put(blob, range->base, 8);
        blob_put(blob, range->size, 8);
        blob_put(blob, range->type, 4);
    }
    return blob;
}
