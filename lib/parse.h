/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to values: the only place where numbers, sizes, switches and addresses
 * are read. Every function takes the whole text (trailing garbage is an error),
 * writes its result only on success, and says in *errp what was expected.
 */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* on/yes/true/y, off/no/false/n */
bool parse_bool(const char *text, bool *ret, Error **errp);

/* Decimal, 0x hex or 0 octal; at most @max. */
bool parse_u64(const char *text, uint64_t max, uint64_t *ret, Error **errp);

/* Hexadecimal with or without 0x; at most @max. */
bool parse_hex(const char *text, uint64_t max, uint64_t *ret, Error **errp);

/* Like parse_u64() with a sign; between @min and @max. */
bool parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret, Error **errp);

/* Decimal with '.' and an exponent, whatever the locale; finite. */
bool parse_double(const char *text, double *ret, Error **errp);

/*
 * A size in bytes: a number (decimal fractions allowed: 1.5G) and a suffix of
 * B K M G T P E in either case (powers of 1024). Without a suffix the number
 * counts @unit bytes.
 */
bool parse_size(const char *text, uint64_t unit, uint64_t *ret, Error **errp);

/* An id that users give: letters, digits, '-', '.', '_', beginning with a letter, as QMP and libvirt expect. */
bool parse_id(const char *text, Error **errp);

/* 8-4-4-4-12 hex digits to 16 bytes in text order (RFC 4122). */
bool parse_uuid(const char *text, uint8_t ret[16], Error **errp);

/* A PCI function on the host, [DDDD:]BB:DD.F in hex. */
typedef struct PciAddress {
    uint16_t domain;
    uint8_t bus, slot, function;
} PciAddress;

bool parse_pci_address(const char *text, PciAddress *ret, Error **errp);

/* SLOT[.FUNCTION] in hex to devfn 0..255 (slot << 3 | function). */
bool parse_devfn(const char *text, int32_t *ret, Error **errp);

#endif
