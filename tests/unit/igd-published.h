/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integrated graphics as published in Linux include/drm/intel/pciids.h, by the
 * names used there, Sandy Bridge to Nova Lake (discrete ones left out), and what
 * Intel's documents say about each: written apart from the emulator's own table.
 */
#ifndef TESTS_UNIT_IGD_PUBLISHED_H
#define TESTS_UNIT_IGD_PUBLISHED_H

#include <stdint.h>

typedef enum Coding { CODED_NONE, CODED_GEN6, CODED_GEN8, CODED_GEN9, CODED_CHV } Coding;

static const struct {
    const char *family;
    int generation;
    uint16_t bdsm;
    Coding coding;
    unsigned dbuf_slices;
    const char *ids;
} published[] = {
    { "SNB", 6, 0x5c, CODED_GEN6, 0,
      "0102 0106 010a 0112 0116 0122 0126" },
    { "IVB", 7, 0x5c, CODED_GEN6, 0,
      "0152 0156 015a 0162 0166 016a" },
    { "HSW", 7, 0x5c, CODED_GEN6, 0,
      "0402 0406 040a 040b 040e 0412 0416 041a 041b 041e 0422 0426 042a 042b 042e 0a02 "
      "0a06 0a0a 0a0b 0a0e 0a12 0a16 0a1a 0a1b 0a1e 0a22 0a26 0a2a 0a2b 0a2e 0c02 0c06 "
      "0c0a 0c0b 0c0e 0c12 0c16 0c1a 0c1b 0c1e 0c22 0c26 0c2a 0c2b 0c2e 0d02 0d06 0d0a "
      "0d0b 0d0e 0d12 0d16 0d1a 0d1b 0d1e 0d22 0d26 0d2a 0d2b 0d2e" },
    { "VLV", 7, 0x5c, CODED_GEN6, 0,
      "0f30 0f31 0f32 0f33" },
    { "BDW", 8, 0x5c, CODED_GEN8, 0,
      "1602 1606 160a 160b 160d 160e 1612 1616 161a 161b 161d 161e 1622 1626 162a 162b "
      "162d 162e 1632 1636 163a 163b 163d 163e" },
    { "CHV", 8, 0x5c, CODED_CHV, 0,
      "22b0 22b1 22b2 22b3" },
    { "SKL", 9, 0x5c, CODED_GEN9, 1,
      "1902 1906 190a 190b 190e 1912 1913 1915 1916 1917 191a 191b 191d 191e 1921 1923 "
      "1926 1927 192a 192b 192d 1932 193a 193b 193d" },
    { "BXT", 9, 0x5c, CODED_GEN9, 1,
      "0a84 1a84 1a85 5a84 5a85" },
    { "GLK", 9, 0x5c, CODED_GEN9, 1,
      "3184 3185" },
    { "KBL", 9, 0x5c, CODED_GEN9, 1,
      "5902 5906 5908 590a 590b 590e 5912 5913 5915 5916 5917 591a 591b 591d 591e 5921 "
      "5923 5926 5927 593b" },
    { "AML", 9, 0x5c, CODED_GEN9, 1,
      "591c 87c0 87ca" },
    { "CFL", 9, 0x5c, CODED_GEN9, 1,
      "3e90 3e91 3e92 3e93 3e94 3e96 3e98 3e99 3e9a 3e9b 3e9c 3ea5 3ea6 3ea7 3ea8 3ea9" },
    { "WHL", 9, 0x5c, CODED_GEN9, 1,
      "3ea0 3ea1 3ea2 3ea3 3ea4" },
    { "CML", 9, 0x5c, CODED_GEN9, 1,
      "9b21 9b41 9ba2 9ba4 9ba5 9ba8 9baa 9bac 9bc2 9bc4 9bc5 9bc6 9bc8 9bca 9bcc 9be6 "
      "9bf6" },
    { "CNL", 10, 0x5c, CODED_GEN9, 1,
      "5a40 5a41 5a42 5a44 5a49 5a4a 5a4c 5a50 5a51 5a52 5a54 5a59 5a5a 5a5c" },
    { "ICL", 11, 0xc0, CODED_GEN9, 2,
      "8a50 8a51 8a52 8a53 8a54 8a56 8a57 8a58 8a59 8a5a 8a5b 8a5c 8a5d 8a70 8a71" },
    { "EHL", 11, 0xc0, CODED_GEN9, 2,
      "4541 4551 4555 4557 4570 4571" },
    { "JSL", 11, 0xc0, CODED_GEN9, 2,
      "4e51 4e55 4e57 4e61 4e71" },
    { "TGL", 12, 0xc0, CODED_GEN9, 2,
      "9a40 9a49 9a59 9a60 9a68 9a70 9a78 9ac0 9ac9 9ad9 9af8" },
    { "RKL", 12, 0xc0, CODED_GEN9, 2,
      "4c80 4c8a 4c8b 4c8c 4c90 4c9a" },
    { "ADLS", 12, 0xc0, CODED_GEN9, 2,
      "4680 4682 4688 468a 468b 4690 4692 4693" },
    { "ADLP", 12, 0xc0, CODED_GEN9, 4,
      "4626 4628 462a 46a0 46a1 46a2 46a3 46a6 46a8 46aa 46b0 46b1 46b2 46b3 46c0 46c1 "
      "46c2 46c3" },
    { "ADLN", 12, 0xc0, CODED_GEN9, 4,
      "46d0 46d1 46d2 46d3 46d4" },
    { "RPLS", 12, 0xc0, CODED_GEN9, 2,
      "a780 a781 a782 a783 a788 a789 a78a a78b" },
    { "RPLP", 12, 0xc0, CODED_GEN9, 4,
      "a720 a721 a7a0 a7a1 a7a8 a7a9 a7aa a7ab a7ac a7ad" },
    { "MTL", 0, 0x00, CODED_NONE, 0,
      "7d40 7d45 7d55 7d60 7dd5" },
    { "ARL", 0, 0x00, CODED_NONE, 0,
      "7d51 7dd1 7d41 7d67 b640" },
    { "LNL", 0, 0x00, CODED_NONE, 0,
      "6420 64a0 64b0" },
    { "PTL", 0, 0x00, CODED_NONE, 0,
      "b080 b081 b082 b083 b084 b085 b086 b087 b08f b090 b0a0 b0b0" },
    { "WCL", 0, 0x00, CODED_NONE, 0,
      "fd80 fd81" },
    { "NVLS", 0, 0x00, CODED_NONE, 0,
      "d740 d741 d742 d743 d745 d74a d74b" },
    { "NVLP", 0, 0x00, CODED_NONE, 0,
      "d750 d751 d752 d753 d754 d755 d756 d757 d75f" },
};

#endif
