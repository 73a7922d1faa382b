/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to values; see parse.h. */
#include "lib/parse.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

bool parse_bool(const char *text, bool *ret, Error **errp)
{
    static const char *const yes[] = { "on", "yes", "true", "y", NULL };
    static const char *const no[] = { "off", "no", "false", "n", NULL };

    if (g_strv_contains(yes, text)) {
        *ret = true;
        return true;
    }
    if (g_strv_contains(no, text)) {
        *ret = false;
        return true;
    }
    return fail(errp, "'%s' is neither 'on' nor 'off'", text);
}

static bool parse_number(const char *text, unsigned base, uint64_t max, uint64_t *ret, Error **errp)
{
    char *end;

    errno = 0;
    uint64_t value = g_ascii_strtoull(text, &end, base);
    if (!g_ascii_isxdigit(text[0]) || *end) {
        return fail(errp, "'%s' is not a %snumber", text, base == 16 ? "hexadecimal " : "");
    }
    if (errno == ERANGE || value > max) {
        return fail(errp, "%s is too large (at most %" G_GUINT64_FORMAT ")", text, max);
    }
    *ret = value;
    return true;
}

bool parse_u64(const char *text, uint64_t max, uint64_t *ret, Error **errp)
{
    return parse_number(text, 0, max, ret, errp);
}

bool parse_hex(const char *text, uint64_t max, uint64_t *ret, Error **errp)
{
    return parse_number(text, 16, max, ret, errp);
}

bool parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret, Error **errp)
{
    char *end;

    errno = 0;
    int64_t value = g_ascii_strtoll(text, &end, 0);
    if (end == text || *end || g_ascii_isspace(text[0])) {
        return fail(errp, "'%s' is not a number", text);
    }
    if (errno == ERANGE || value < min || value > max) {
        return fail(errp, "%s is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, text, min, max);
    }
    *ret = value;
    return true;
}

bool parse_double(const char *text, double *ret, Error **errp)
{
    char *end;
    double value = g_ascii_strtod(text, &end);

    if (end == text || *end || g_ascii_isspace(text[0])) {
        return fail(errp, "'%s' is not a number", text);
    }
    if (!isfinite(value)) {
        return fail(errp, "%s is too large", text);
    }
    *ret = value;
    return true;
}

/* The power of two a suffix stands for, or -1. */
static int suffix_shift(char suffix)
{
    static const char suffixes[] = "BKMGTPE";
    const char *at = suffix ? strchr(suffixes, g_ascii_toupper(suffix)) : NULL;

    return at ? (int)(at - suffixes) * 10 : -1;
}

/* Read ".digits" as a fraction of @scale; exact for the sizes people write. */
static uint64_t parse_fraction(const char **at, uint64_t scale)
{
    double value = 0, weight = 0.1;

    for ((*at)++; g_ascii_isdigit(**at); (*at)++, weight /= 10) {
        value += weight * (**at - '0');
    }
    return (uint64_t)(value * (double)scale + 0.5);
}

static bool bad_size(Error **errp, const char *text)
{
    return fail(errp, "'%s' is not a size (a number and one of the suffixes B, K, M, G, T, P, E)", text);
}

bool parse_size(const char *text, uint64_t unit, uint64_t *ret, Error **errp)
{
    char *end;
    errno = 0;
    bool hex = g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X");
    uint64_t whole = g_ascii_strtoull(text, &end, hex ? 16 : 10);
    const char *fraction = !hex && *end == '.' ? end : NULL;
    const char *rest = end;

    if (!g_ascii_isdigit(text[0])) {
        return bad_size(errp, text);
    }
    if (fraction) {
        for (rest++; g_ascii_isdigit(*rest); rest++) {
        }
    }
    int shift = suffix_shift(*rest);
    if (shift >= 0 ? rest[1] != '\0' : *rest != '\0') {
        return bad_size(errp, text);
    }
    uint64_t scale = shift >= 0 ? 1ULL << shift : unit;
    uint64_t part = fraction ? parse_fraction(&fraction, scale) : 0;
    if (errno == ERANGE || whole > (UINT64_MAX - part) / scale) {
        return fail(errp, "the size %s is too large", text);
    }
    *ret = whole * scale + part;
    return true;
}

bool parse_id(const char *text, Error **errp)
{
    if (g_ascii_isalpha(text[0]) && strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._") == strlen(text)) {
        return true;
    }
    fail(errp, "Parameter 'id' expects an identifier");
    return hint(errp, "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.");
}

bool parse_uuid(const char *text, uint8_t ret[16], Error **errp)
{
    uint8_t bytes[16];

    if (!g_uuid_string_is_valid(text)) {
        return fail(errp, "'%s' is not a UUID (8-4-4-4-12 hexadecimal digits)", text);
    }
    for (unsigned i = 0; i < 16; i++) {
        text += *text == '-';
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        text += 2;
    }
    memcpy(ret, bytes, sizeof(bytes));
    return true;
}

/* Read 1 to @digits hex digits; the result is at most @max. */
static bool hex_field(const char **at, unsigned digits, unsigned max, unsigned *ret)
{
    unsigned n = 0, value = 0;

    for (; n < digits && g_ascii_isxdigit(**at); n++, (*at)++) {
        value = value << 4 | (unsigned)g_ascii_xdigit_value(**at);
    }
    *ret = value;
    return n > 0 && value <= max;
}

static bool skip(const char **at, char c)
{
    return **at == c ? (*at)++, true : false;
}

bool parse_pci_address(const char *text, PciAddress *ret, Error **errp)
{
    const char *at = text, *colon = strchr(text, ':');
    unsigned domain = 0, bus, slot, function;
    bool has_domain = colon && strchr(colon + 1, ':');

    if ((!has_domain || (hex_field(&at, 4, 0xffff, &domain) && skip(&at, ':'))) &&
        hex_field(&at, 2, 0xff, &bus) && skip(&at, ':') && hex_field(&at, 2, 0x1f, &slot) &&
        skip(&at, '.') && hex_field(&at, 1, 7, &function) && !*at) {
        *ret = (PciAddress){ (uint16_t)domain, (uint8_t)bus, (uint8_t)slot, (uint8_t)function };
        return true;
    }
    return fail(errp, "'%s' is not a PCI address ([DDDD:]BB:DD.F, hexadecimal)", text);
}

bool parse_devfn(const char *text, int32_t *ret, Error **errp)
{
    const char *at = text;
    unsigned slot, function = 0;

    at += g_str_has_prefix(text, "0x") ? 2 : 0;
    if (hex_field(&at, 2, 0x1f, &slot) && (!*at || (skip(&at, '.') && hex_field(&at, 1, 7, &function))) && !*at) {
        *ret = (int32_t)(slot << 3 | function);
        return true;
    }
    return fail(errp, "'%s' is not a PCI slot (SLOT[.FUNCTION], hexadecimal, 0 to 1f and 0 to 7)", text);
}
