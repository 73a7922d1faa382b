/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes of stolen memory and of the GTT as GGC codes them, and which of them
 * the user may choose. Facts: "GMCH Graphics Control" in Intel's PRMs and
 * datasheets.
 */
#include "hw/vfio/igd.h"

#define MIB (UINT64_C(1) << 20)

enum { GMS_CODES = 0x100 };

/* ---- codes ---- */

static bool decode_gen6(unsigned gms, uint64_t *ret_bytes)
{
    *ret_bytes = gms * 32 * MIB;
    return gms <= 0x10;
}

static bool decode_gen8(unsigned gms, uint64_t *ret_bytes)
{
    *ret_bytes = gms * 32 * MIB;
    return gms <= 0x40;
}

/* Generation 9 added sizes in steps of 4 MiB. */
static bool decode_gen9(unsigned gms, uint64_t *ret_bytes)
{
    bool small = gms >= 0xf0 && gms <= 0xfe;

    *ret_bytes = small ? (gms - 0xf0 + 1) * 4 * MIB : gms * 32 * MIB;
    return small || gms <= 0x40;
}

/* Cherryview has steps of its own above 512 MiB: the field is where Sandy Bridge has it. */
static bool decode_chv(unsigned gms, uint64_t *ret_bytes)
{
    if (gms <= 0x10) {
        *ret_bytes = gms * 32 * MIB;
    } else if (gms <= 0x16) {
        *ret_bytes = (gms - 0x11 + 2) * 4 * MIB;        /* 8, 12 ... 28 MiB */
    } else {
        *ret_bytes = (gms - 0x17 + 9) * 4 * MIB;        /* 36, 40 ... 60 MiB */
    }
    return gms <= 0x1d;
}

const IgdGms igd_gms_gen6 = { 0x00f8, 3, 8, false, decode_gen6 };
const IgdGms igd_gms_gen8 = { 0xff00, 8, 6, true, decode_gen8 };
const IgdGms igd_gms_gen9 = { 0xff00, 8, 6, true, decode_gen9 };
const IgdGms igd_gms_chv = { 0x00f8, 3, 8, true, decode_chv };

uint64_t igd_stolen_size(const IgdPlatform *platform, uint16_t ggc)
{
    uint64_t bytes;

    if (!platform->gms ||
        !platform->gms->decode((unsigned)(ggc & platform->gms->mask) >> platform->gms->shift, &bytes)) {
        return 0;
    }
    return bytes;
}

uint64_t igd_gtt_size(const IgdPlatform *platform, uint16_t ggc)
{
    unsigned code = platform->gms ? ggc >> platform->gms->gtt_shift & 3 : 0;

    if (code == 0) {
        return 0;
    }
    if (platform->gms->gtt_powers) {
        return MIB << code;
    }
    return code < 3 ? code * MIB : 0;       /* 3 is reserved */
}

bool igd_ggc_with_gms(const IgdPlatform *platform, uint16_t ggc, uint32_t gms, uint16_t *ret)
{
    uint64_t bytes;

    if (!platform->gms || gms >= GMS_CODES || !platform->gms->decode(gms, &bytes)) {
        return false;
    }
    *ret = (uint16_t)((ggc & ~platform->gms->mask) | (gms << platform->gms->shift));
    return true;
}

/* ---- codes in words ---- */

/* Codes that follow each other and stand for sizes at the same distance. */
typedef struct Run {
    unsigned first, last;
    uint64_t start, end, step;          /* bytes */
} Run;

static bool continues(const Run *run, unsigned gms, uint64_t bytes)
{
    return gms == run->last + 1 && (run->first == run->last || bytes - run->end == run->step);
}

/* Code 0 is left out: as a wish it means the host's. The caller frees it. */
static GArray *runs_of(const IgdGms *gms)
{
    GArray *runs = g_array_new(false, false, sizeof(Run));

    for (unsigned code = 1; code < GMS_CODES; code++) {
        Run *run = runs->len ? &g_array_index(runs, Run, runs->len - 1) : NULL;
        uint64_t bytes;
        if (!gms->decode(code, &bytes)) {
            continue;
        }
        if (run && continues(run, code, bytes)) {
            *run = (Run){ run->first, code, run->start, bytes, bytes - run->end };
        } else {
            g_array_append_val(runs, ((Run){ code, code, bytes, bytes, 0 }));
        }
    }
    return runs;
}

/* "0x1 to 0x40, 0xf0 to 0xfe"; the caller frees it. */
static char *codes_text(const IgdGms *gms)
{
    g_autoptr(GArray) runs = runs_of(gms);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < runs->len; i++) {
        const Run *run = &g_array_index(runs, Run, i);
        g_string_append_printf(text, "%s0x%x to 0x%x", i ? ", " : "", run->first, run->last);
    }
    return g_string_free(text, false);
}

static unsigned mib(uint64_t bytes)
{
    return (unsigned)(bytes / MIB);
}

/* "32M to 2048M in steps of 32M, 4M to 60M in steps of 4M"; the caller frees it. */
static char *sizes_text(const IgdGms *gms)
{
    g_autoptr(GArray) runs = runs_of(gms);
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < runs->len; i++) {
        const Run *run = &g_array_index(runs, Run, i);
        g_string_append_printf(text, "%s%uM to %uM in steps of %uM", i ? ", " : "", mib(run->start), mib(run->end),
                               mib(run->step));
    }
    return g_string_free(text, false);
}

/* "64M", or bytes; the caller frees it. */
static char *size_text(uint64_t bytes)
{
    return bytes % MIB == 0 ? g_strdup_printf("%" G_GINT64_MODIFIER "uM", bytes / MIB)
                            : g_strdup_printf("%" G_GINT64_MODIFIER "u bytes", bytes);
}

/* ---- the user's choice ---- */

/* Two codes may stand for one size: the first is taken. */
static bool code_of_size(const IgdGms *gms, uint64_t wanted, uint32_t *ret_code)
{
    for (unsigned code = 1; code < GMS_CODES; code++) {
        uint64_t bytes;
        if (gms->decode(code, &bytes) && bytes == wanted) {
            *ret_code = code;
            return true;
        }
    }
    return false;
}

static bool fail_code(const IgdGms *gms, const char *title, uint32_t code, Error **errp)
{
    g_autofree char *codes = codes_text(gms), *sizes = sizes_text(gms);

    fail(errp, "Unsupported IGD GMS value 0x%x for %s: it has %s", code, title, codes);
    return hint(errp, "Those are %s; dsm= takes the size instead of the code.", sizes);
}

static bool fail_size(const IgdGms *gms, const char *title, uint64_t bytes, Error **errp)
{
    g_autofree char *size = size_text(bytes), *sizes = sizes_text(gms);

    return fail(errp, "dsm=%s: %s has stolen memory of %s", size, title, sizes);
}

static bool fail_contradiction(const IgdSizeWish *wish, uint64_t bytes, Error **errp)
{
    g_autofree char *size = size_text(wish->bytes), *coded = size_text(bytes);

    return fail(errp, "x-igd-gms=0x%x stands for %s, but dsm=%s: give one of them", wish->gms, coded, size);
}

static bool code_wished(const IgdGms *gms, const char *title, const IgdSizeWish *wish, uint32_t *ret, Error **errp)
{
    uint32_t code = wish->gms;
    uint64_t bytes = 0;

    if (code && (code >= GMS_CODES || !gms->decode(code, &bytes))) {
        return fail_code(gms, title, code, errp);
    }
    if (code && wish->bytes && bytes != wish->bytes) {
        return fail_contradiction(wish, bytes, errp);
    }
    if (!code && !code_of_size(gms, wish->bytes, &code)) {
        return fail_size(gms, title, wish->bytes, errp);
    }
    *ret = code;
    return true;
}

bool igd_ggc_choose(const IgdPlatform *platform, uint16_t device, const IgdSizeWish *wish, uint16_t ggc,
                    uint16_t *ret, Error **errp)
{
    g_autofree char *title = igd_platform_title(platform, device);
    uint32_t code = 0;

    if (wish->gms == 0 && wish->bytes == 0) {
        *ret = ggc;
        return true;
    }
    if (!platform->gms) {
        return fail(errp, "%s is not possible: %s has no register for the size of stolen memory",
                    wish->bytes ? "dsm" : "x-igd-gms", title);
    }
    return code_wished(platform->gms, title, wish, &code, errp) &&
           igd_ggc_with_gms(platform, ggc, code, ret);
}
