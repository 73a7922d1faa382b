/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video BIOS table in an OpRegion: which outputs the board has. Pure
 * functions. Facts: Intel's OpRegion specification 2.1 (mailboxes 3 and 4), and the
 * layout of VBT and BDB as Linux drivers/gpu/drm/i915/display/intel_vbt_defs.h names it.
 */
#ifndef HW_VFIO_IGD_VBT_H
#define HW_VFIO_IGD_VBT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

enum { IGD_VBT_CHILDREN_MAX = 16 };

typedef struct IgdVbtChild {
    uint16_t handle, type;      /* of the device: its class bits; never 0 */
    uint8_t port;               /* DVO port code */
} IgdVbtChild;

typedef struct IgdVbt {
    char product[21];           /* "$VBT SKYLAKE": without trailing blanks */
    uint16_t version;           /* of the BDB: 221 ... */
    size_t offset, size;        /* bytes, in the OpRegion */
    unsigned child_count;
    IgdVbtChild children[IGD_VBT_CHILDREN_MAX];
} IgdVbt;

/* Read the table of an OpRegion of @size bytes; false with *errp set when there is none that makes sense. */
bool igd_vbt_parse(const uint8_t *opregion, size_t size, IgdVbt *ret, Error **errp);

/* "HDMI-B", "DP-A", "eDP/LVDS" ...; "port 42" in @buffer for codes nobody knows. */
const char *igd_vbt_port_name(const IgdVbtChild *child, char buffer[16]);

#endif
