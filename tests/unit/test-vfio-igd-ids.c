/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel graphics by id: every published one, both ways; sizes by every code; what the user may choose. */
#include <string.h>

#include "hw/vfio/igd.h"
#include "tests/unit/igd-published.h"

#define MIB (UINT64_C(1) << 20)

/* ---- ids ---- */

typedef void EachId(unsigned row, uint16_t id);

static void each_published(EachId *fn)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(published); i++) {
        g_auto(GStrv) words = g_strsplit(published[i].ids, " ", -1);
        for (unsigned n = 0; words[n]; n++) {
            fn(i, (uint16_t)g_ascii_strtoull(words[n], NULL, 16));
        }
    }
}

static bool seen[0x10000];
static unsigned count;

static bool is_exact(const IgdPlatform *platform)
{
    return igd_platform_is_known(platform) && platform->ids != NULL;
}

static void check_platform(unsigned row, uint16_t id)
{
    const IgdPlatform *platform = igd_platform(id);

    g_test_message("%s %04x", published[row].family, id);
    g_assert_true(is_exact(platform));
    g_assert_cmpint(platform->generation, ==, published[row].generation);
    g_assert_cmphex(platform->bdsm, ==, published[row].bdsm);
    g_assert_cmpuint(platform->dbuf_slices, ==, published[row].dbuf_slices);
    g_assert_cmpint(platform->gms != NULL, ==, published[row].coding != CODED_NONE);
    g_assert_false(seen[id]);       /* published once */
    seen[id] = true;
    count++;
}

static void test_every_id(void)
{
    unsigned listed = 0;

    each_published(check_platform);
    for (unsigned id = 0; id < 0x10000; id++) {
        bool exact = is_exact(igd_platform((uint16_t)id));
        g_assert_false(exact && !seen[id]);
        listed += exact;
    }
    g_assert_cmpuint(listed, ==, count);
    g_assert_cmpuint(count, >, 300);
}

static void test_families(void)
{
    static const struct {
        uint16_t id;
        const char *title;
        unsigned dbuf_slices;
    } golden[] = {
        { 0x0a85, "Broxton family (generation 9)", 1 },     /* not Haswell's 0aXX */
        { 0x0a99, "Haswell family (generation 7)", 0 },
        { 0x19ff, "Skylake family (generation 9)", 1 },
        { 0x46ff, "Alder Lake family (generation 12)", 2 }, /* S or P: what both have */
        { 0xa7ff, "Raptor Lake family (generation 12)", 2 },
        { 0x7d55, "Meteor Lake", 0 },
        { 0x56a0, "unknown (device id 0x56a0)", 0 },        /* a discrete Arc */
        { 0x0046, "unknown (device id 0x0046)", 0 },        /* Ironlake: before all this */
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(golden); i++) {
        const IgdPlatform *platform = igd_platform(golden[i].id);
        g_autofree char *title = igd_platform_title(platform, golden[i].id);
        g_assert_cmpstr(title, ==, golden[i].title);
        g_assert_cmpuint(platform->dbuf_slices, ==, golden[i].dbuf_slices);
        if (!igd_platform_is_known(platform)) {
            g_assert_cmphex(platform->bdsm, ==, 0);
            g_assert_null(platform->gms);
        }
    }
}

/* ---- sizes ---- */

/* Codes from to, the size of the first and the step in MiB. */
static const struct {
    Coding coding;
    unsigned from, to, first, step;
} sizes[] = {
    { CODED_GEN6, 0x00, 0x10, 0, 32 },
    { CODED_GEN8, 0x00, 0x40, 0, 32 },
    { CODED_GEN9, 0x00, 0x40, 0, 32 }, { CODED_GEN9, 0xf0, 0xfe, 4, 4 },
    { CODED_CHV, 0x00, 0x10, 0, 32 }, { CODED_CHV, 0x11, 0x16, 8, 4 }, { CODED_CHV, 0x17, 0x1d, 36, 4 },
};

/* Where the fields are in GGC, and what GGMS stands for in MiB. */
static const struct {
    unsigned shift, mask, gtt_shift, gtt_mib[4];
} fields[] = {
    [CODED_GEN6] = { 3, 0x1f, 8, { 0, 1, 2, 0 } },
    [CODED_GEN8] = { 8, 0xff, 6, { 0, 2, 4, 8 } },
    [CODED_GEN9] = { 8, 0xff, 6, { 0, 2, 4, 8 } },
    [CODED_CHV] = { 3, 0x1f, 8, { 0, 2, 4, 8 } },
};

static bool golden_size(Coding coding, unsigned gms, uint64_t *ret)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        if (sizes[i].coding == coding && gms >= sizes[i].from && gms <= sizes[i].to) {
            *ret = (sizes[i].first + (gms - sizes[i].from) * sizes[i].step) * MIB;
            return true;
        }
    }
    *ret = 0;
    return false;
}

static void check_code(const IgdPlatform *platform, Coding coding, unsigned gms)
{
    uint16_t others = (uint16_t)~(fields[coding].mask << fields[coding].shift), made = 0;
    uint64_t size;
    bool valid = golden_size(coding, gms, &size);

    g_assert_cmpint(igd_ggc_with_gms(platform, 0xffff, gms, &made), ==, valid);
    if (valid) {
        g_assert_cmphex(made, ==, (uint16_t)(others | gms << fields[coding].shift));
        g_assert_cmpuint(igd_stolen_size(platform, made), ==, size);
    }
    if (gms <= fields[coding].mask) {
        g_assert_cmpuint(igd_stolen_size(platform, (uint16_t)(gms << fields[coding].shift)), ==, size);
    }
}

static void check_sizes(unsigned row, uint16_t id)
{
    const IgdPlatform *platform = igd_platform(id);
    Coding coding = published[row].coding;
    uint16_t made;

    if (coding == CODED_NONE) {
        g_assert_cmpuint(igd_stolen_size(platform, 0xffff) + igd_gtt_size(platform, 0xffff), ==, 0);
        g_assert_false(igd_ggc_with_gms(platform, 0, 1, &made));
        return;
    }
    for (unsigned gms = 0; gms < 0x102; gms++) {
        check_code(platform, coding, gms);
    }
    for (unsigned ggms = 0; ggms < 4; ggms++) {
        uint16_t ggc = (uint16_t)((0xffff & ~(3 << fields[coding].gtt_shift)) | ggms << fields[coding].gtt_shift);
        g_assert_cmpuint(igd_gtt_size(platform, ggc), ==, fields[coding].gtt_mib[ggms] * MIB);
    }
}

static void test_every_size(void)
{
    each_published(check_sizes);
}

/* ---- the user's choice ---- */

static const struct {
    uint16_t id;
    uint32_t gms;
    uint64_t mib;
    uint16_t ggc;               /* from 0xffff, when it is right */
    const char *error, *advice;
} choices[] = {
    { 0x1916, 0, 0, 0xffff, NULL, NULL },
    { 0x1916, 2, 0, 0x02ff, NULL, NULL },
    { 0x1916, 0, 64, 0x02ff, NULL, NULL },
    { 0x1916, 0, 4, 0xf0ff, NULL, NULL },
    { 0x1916, 0, 32, 0x01ff, NULL, NULL },              /* 0xf7 stands for it, too */
    { 0x1916, 0xf7, 32, 0xf7ff, NULL, NULL },           /* the same by both */
    { 0x0102, 0, 512, 0xff87, NULL, NULL },
    { 0x22b0, 0, 28, 0xffb7, NULL, NULL },
    { 0x7d55, 0, 0, 0xffff, NULL, NULL },
    { 0x1916, 0x41, 0, 0,
      "Unsupported IGD GMS value 0x41 for Skylake (generation 9): it has 0x1 to 0x40, 0xf0 to 0xfe",
      "Those are 32M to 2048M in steps of 32M, 4M to 60M in steps of 4M; dsm= takes the size instead of the code." },
    { 0x1616, 0xf0, 0, 0, "Unsupported IGD GMS value 0xf0 for Broadwell (generation 8): it has 0x1 to 0x40", "" },
    { 0x0166, 0x11, 0, 0, "Unsupported IGD GMS value 0x11 for Ivy Bridge (generation 7): it has 0x1 to 0x10", "" },
    { 0x22b1, 0x1e, 0, 0, "Unsupported IGD GMS value 0x1e for Cherryview (generation 8): it has 0x1 to 0x10, "
      "0x11 to 0x16, 0x17 to 0x1d", "8M to 28M in steps of 4M, 36M to 60M in steps of 4M" },
    { 0x1916, 0xffffffff, 0, 0, "Unsupported IGD GMS value 0xffffffff", "" },
    { 0x1916, 0, 65, 0, "dsm=65M: Skylake (generation 9) has stolen memory of 32M to 2048M in steps of 32M, "
      "4M to 60M in steps of 4M", NULL },
    { 0x0102, 0, 4, 0, "dsm=4M: Sandy Bridge (generation 6) has stolen memory of 32M to 512M in steps of 32M", NULL },
    { 0x1916, 2, 128, 0, "x-igd-gms=0x2 stands for 64M, but dsm=128M: give one of them", NULL },
    { 0x7d55, 2, 0, 0, "x-igd-gms is not possible: Meteor Lake has no register for the size of stolen memory", NULL },
    { 0x7d55, 0, 64, 0, "dsm is not possible: Meteor Lake has no register", NULL },
    { 0x56a0, 2, 0, 0, "x-igd-gms is not possible: unknown (device id 0x56a0) has no register", NULL },
};

static void check_refused(Error *err, const char *error, const char *advice)
{
    g_test_message("%s", error_message(err));
    g_assert_true(g_str_has_prefix(error_message(err), error));
    if (advice) {
        g_assert_nonnull(strstr(error_advice(err), advice));
    }
    error_free(err);
}

static void test_choices(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(choices); i++) {
        IgdSizeWish wish = { choices[i].gms, choices[i].mib * MIB };
        Error *err = NULL;
        uint16_t ggc = 0;
        bool ok = igd_ggc_choose(igd_platform(choices[i].id), choices[i].id, &wish, 0xffff, &ggc, &err);
        g_assert_cmpint(ok, ==, choices[i].error == NULL);
        g_assert_cmphex(ggc, ==, choices[i].ggc);
        if (!ok) {
            check_refused(err, choices[i].error, choices[i].advice);
        }
    }
}

/* A size between MiB, as the user wrote it. */
static void test_odd_size(void)
{
    IgdSizeWish wish = { 0, 64 * MIB + 1 };
    Error *err = NULL;
    uint16_t ggc;

    g_assert_false(igd_ggc_choose(igd_platform(0x1916), 0x1916, &wish, 0, &ggc, &err));
    check_refused(err, "dsm=67108865 bytes: Skylake", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/igd-ids/every-id", test_every_id);
    g_test_add_func("/igd-ids/families", test_families);
    g_test_add_func("/igd-ids/every-size", test_every_size);
    g_test_add_func("/igd-ids/choices", test_choices);
    g_test_add_func("/igd-ids/odd-size", test_odd_size);
    return g_test_run();
}
