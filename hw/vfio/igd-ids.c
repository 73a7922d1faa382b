/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel graphics by device id: platform, generation, and where its registers
 * differ. Ids: the published list in Linux include/drm/intel/pciids.h; slices of
 * the display buffer (DBUF): the display engine volumes of Intel's PRMs.
 */
#include "hw/vfio/igd.h"

/* ---- platforms ---- */

#define IDS(...) (const uint16_t[]){ __VA_ARGS__, 0 }

static const IgdPlatform platforms[] = {
    { "Sandy Bridge", 6, &igd_gms_gen6, IGD_BDSM_32, 0,
      IDS(0x0102, 0x0106, 0x010a, 0x0112, 0x0116, 0x0122, 0x0126) },
    { "Ivy Bridge", 7, &igd_gms_gen6, IGD_BDSM_32, 0,
      IDS(0x0152, 0x0156, 0x015a, 0x0162, 0x0166, 0x016a) },
    { "Haswell", 7, &igd_gms_gen6, IGD_BDSM_32, 0,
      IDS(0x0402, 0x0406, 0x040a, 0x040b, 0x040e, 0x0412, 0x0416, 0x041a, 0x041b, 0x041e, 0x0422, 0x0426, 0x042a,
          0x042b, 0x042e, 0x0a02, 0x0a06, 0x0a0a, 0x0a0b, 0x0a0e, 0x0a12, 0x0a16, 0x0a1a, 0x0a1b, 0x0a1e, 0x0a22,
          0x0a26, 0x0a2a, 0x0a2b, 0x0a2e, 0x0c02, 0x0c06, 0x0c0a, 0x0c0b, 0x0c0e, 0x0c12, 0x0c16, 0x0c1a, 0x0c1b,
          0x0c1e, 0x0c22, 0x0c26, 0x0c2a, 0x0c2b, 0x0c2e, 0x0d02, 0x0d06, 0x0d0a, 0x0d0b, 0x0d0e, 0x0d12, 0x0d16,
          0x0d1a, 0x0d1b, 0x0d1e, 0x0d22, 0x0d26, 0x0d2a, 0x0d2b, 0x0d2e) },
    { "Bay Trail", 7, &igd_gms_gen6, IGD_BDSM_32, 0, IDS(0x0f30, 0x0f31, 0x0f32, 0x0f33) },
    { "Broadwell", 8, &igd_gms_gen8, IGD_BDSM_32, 0,
      IDS(0x1602, 0x1606, 0x160a, 0x160b, 0x160d, 0x160e, 0x1612, 0x1616, 0x161a, 0x161b, 0x161d, 0x161e, 0x1622,
          0x1626, 0x162a, 0x162b, 0x162d, 0x162e, 0x1632, 0x1636, 0x163a, 0x163b, 0x163d, 0x163e) },
    { "Cherryview", 8, &igd_gms_chv, IGD_BDSM_32, 0, IDS(0x22b0, 0x22b1, 0x22b2, 0x22b3) },
    { "Skylake", 9, &igd_gms_gen9, IGD_BDSM_32, 1,
      IDS(0x1902, 0x1906, 0x190a, 0x190b, 0x190e, 0x1912, 0x1913, 0x1915, 0x1916, 0x1917, 0x191a, 0x191b, 0x191d,
          0x191e, 0x1921, 0x1923, 0x1926, 0x1927, 0x192a, 0x192b, 0x192d, 0x1932, 0x193a, 0x193b, 0x193d) },
    { "Broxton", 9, &igd_gms_gen9, IGD_BDSM_32, 1, IDS(0x0a84, 0x1a84, 0x1a85) },
    { "Apollo Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1, IDS(0x5a84, 0x5a85) },
    { "Gemini Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1, IDS(0x3184, 0x3185) },
    { "Kaby Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1,
      IDS(0x5902, 0x5906, 0x5908, 0x590a, 0x590b, 0x590e, 0x5912, 0x5913, 0x5915, 0x5916, 0x5917, 0x591a, 0x591b,
          0x591d, 0x591e, 0x5921, 0x5923, 0x5926, 0x5927, 0x593b) },
    { "Amber Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1, IDS(0x591c, 0x87c0, 0x87ca) },
    { "Coffee Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1,
      IDS(0x3e90, 0x3e91, 0x3e92, 0x3e93, 0x3e94, 0x3e96, 0x3e98, 0x3e99, 0x3e9a, 0x3e9b, 0x3e9c, 0x3ea5, 0x3ea6,
          0x3ea7, 0x3ea8, 0x3ea9) },
    { "Whiskey Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1, IDS(0x3ea0, 0x3ea1, 0x3ea2, 0x3ea3, 0x3ea4) },
    { "Comet Lake", 9, &igd_gms_gen9, IGD_BDSM_32, 1,
      IDS(0x9b21, 0x9b41, 0x9ba2, 0x9ba4, 0x9ba5, 0x9ba8, 0x9baa, 0x9bac, 0x9bc2, 0x9bc4, 0x9bc5, 0x9bc6, 0x9bc8,
          0x9bca, 0x9bcc, 0x9be6, 0x9bf6) },
    { "Cannon Lake", 10, &igd_gms_gen9, IGD_BDSM_32, 1,
      IDS(0x5a40, 0x5a41, 0x5a42, 0x5a44, 0x5a49, 0x5a4a, 0x5a4c, 0x5a50, 0x5a51, 0x5a52, 0x5a54, 0x5a59, 0x5a5a,
          0x5a5c) },
    { "Ice Lake", 11, &igd_gms_gen9, IGD_BDSM_64, 2,
      IDS(0x8a50, 0x8a51, 0x8a52, 0x8a53, 0x8a54, 0x8a56, 0x8a57, 0x8a58, 0x8a59, 0x8a5a, 0x8a5b, 0x8a5c, 0x8a5d,
          0x8a70, 0x8a71) },
    { "Elkhart Lake", 11, &igd_gms_gen9, IGD_BDSM_64, 2, IDS(0x4541, 0x4551, 0x4555, 0x4557, 0x4570, 0x4571) },
    { "Jasper Lake", 11, &igd_gms_gen9, IGD_BDSM_64, 2, IDS(0x4e51, 0x4e55, 0x4e57, 0x4e61, 0x4e71) },
    { "Tiger Lake", 12, &igd_gms_gen9, IGD_BDSM_64, 2,
      IDS(0x9a40, 0x9a49, 0x9a59, 0x9a60, 0x9a68, 0x9a70, 0x9a78, 0x9ac0, 0x9ac9, 0x9ad9, 0x9af8) },
    { "Rocket Lake", 12, &igd_gms_gen9, IGD_BDSM_64, 2, IDS(0x4c80, 0x4c8a, 0x4c8b, 0x4c8c, 0x4c90, 0x4c9a) },
    { "Alder Lake-S", 12, &igd_gms_gen9, IGD_BDSM_64, 2,
      IDS(0x4680, 0x4682, 0x4688, 0x468a, 0x468b, 0x4690, 0x4692, 0x4693) },
    { "Alder Lake-P", 12, &igd_gms_gen9, IGD_BDSM_64, 4,
      IDS(0x4626, 0x4628, 0x462a, 0x46a0, 0x46a1, 0x46a2, 0x46a3, 0x46a6, 0x46a8, 0x46aa, 0x46b0, 0x46b1, 0x46b2,
          0x46b3, 0x46c0, 0x46c1, 0x46c2, 0x46c3) },
    { "Alder Lake-N", 12, &igd_gms_gen9, IGD_BDSM_64, 4, IDS(0x46d0, 0x46d1, 0x46d2, 0x46d3, 0x46d4) },
    { "Raptor Lake-S", 12, &igd_gms_gen9, IGD_BDSM_64, 2,
      IDS(0xa780, 0xa781, 0xa782, 0xa783, 0xa788, 0xa789, 0xa78a, 0xa78b) },
    { "Raptor Lake-P", 12, &igd_gms_gen9, IGD_BDSM_64, 4,
      IDS(0xa720, 0xa721, 0xa7a0, 0xa7a1, 0xa7a8, 0xa7a9, 0xa7aa, 0xa7ab, 0xa7ac, 0xa7ad) },
    /* From here on stolen memory lies behind BAR 2 (LMEMBAR): there is no base register to emulate. */
    { "Meteor Lake", 0, NULL, 0, 0, IDS(0x7d40, 0x7d45, 0x7d55, 0x7d60, 0x7dd5) },
    { "Arrow Lake", 0, NULL, 0, 0, IDS(0x7d41, 0x7d51, 0x7d67, 0x7dd1, 0xb640) },
    { "Lunar Lake", 0, NULL, 0, 0, IDS(0x6420, 0x64a0, 0x64b0) },
    { "Panther Lake", 0, NULL, 0, 0,
      IDS(0xb080, 0xb081, 0xb082, 0xb083, 0xb084, 0xb085, 0xb086, 0xb087, 0xb08f, 0xb090, 0xb0a0, 0xb0b0) },
    { "Wildcat Lake", 0, NULL, 0, 0, IDS(0xfd80, 0xfd81) },
    { "Nova Lake", 0, NULL, 0, 0,
      IDS(0xd740, 0xd741, 0xd742, 0xd743, 0xd745, 0xd74a, 0xd74b, 0xd750, 0xd751, 0xd752, 0xd753, 0xd754, 0xd755,
          0xd756, 0xd757, 0xd75f) },
};

/* Families of ids, for models newer than the list: the first row that matches counts. */
static const struct {
    uint16_t mask, value;
    IgdPlatform platform;
} families[] = {
    { 0x0ffe, 0x0a84, { "Broxton family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },     /* before Haswell's 0a00 */
    { 0xff00, 0x0100, { "Sandy/Ivy Bridge family", 6, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x0400, { "Haswell family", 7, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x0a00, { "Haswell family", 7, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x0c00, { "Haswell family", 7, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x0d00, { "Haswell family", 7, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x0f00, { "Bay Trail family", 7, &igd_gms_gen6, IGD_BDSM_32, 0 } },
    { 0xff00, 0x1600, { "Broadwell family", 8, &igd_gms_gen8, IGD_BDSM_32, 0 } },
    { 0xff00, 0x2200, { "Cherryview family", 8, &igd_gms_chv, IGD_BDSM_32, 0 } },
    { 0xff00, 0x1900, { "Skylake family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },
    { 0xff00, 0x3100, { "Gemini Lake family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },
    { 0xff00, 0x5900, { "Kaby Lake family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },
    { 0xff00, 0x3e00, { "Coffee Lake family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },
    { 0xff00, 0x9b00, { "Comet Lake family", 9, &igd_gms_gen9, IGD_BDSM_32, 1 } },
    { 0xff00, 0x8a00, { "Ice Lake family", 11, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0x4500, { "Elkhart Lake family", 11, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0x4e00, { "Jasper Lake family", 11, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0x9a00, { "Tiger Lake family", 12, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0x4c00, { "Rocket Lake family", 12, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0x4600, { "Alder Lake family", 12, &igd_gms_gen9, IGD_BDSM_64, 2 } },
    { 0xff00, 0xa700, { "Raptor Lake family", 12, &igd_gms_gen9, IGD_BDSM_64, 2 } },
};

static const IgdPlatform unknown = { .name = "unknown" };

static bool has_id(const IgdPlatform *platform, uint16_t device)
{
    for (const uint16_t *id = platform->ids; *id; id++) {
        if (*id == device) {
            return true;
        }
    }
    return false;
}

const IgdPlatform *igd_platform(uint16_t device)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(platforms); i++) {
        if (has_id(&platforms[i], device)) {
            return &platforms[i];
        }
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(families); i++) {
        if ((device & families[i].mask) == families[i].value) {
            return &families[i].platform;
        }
    }
    return &unknown;
}

bool igd_platform_is_known(const IgdPlatform *platform)
{
    return platform != &unknown;
}

char *igd_platform_title(const IgdPlatform *platform, uint16_t device)
{
    if (!igd_platform_is_known(platform)) {
        return g_strdup_printf("%s (device id 0x%04x)", platform->name, device);
    }
    return platform->generation ? g_strdup_printf("%s (generation %d)", platform->name, platform->generation)
                                : g_strdup(platform->name);
}
