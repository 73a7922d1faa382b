/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing little-endian fields of firmware tables into a GByteArray. */
#ifndef HW_I386_BLOB_H
#define HW_I386_BLOB_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* Append the low @bytes (1..8) bytes of @value, least significant first. */
static inline void blob_put(GByteArray *blob, uint64_t value, unsigned bytes)
{
    uint64_t le = GUINT64_TO_LE(value);

    g_assert(bytes >= 1 && bytes <= 8);
    g_byte_array_append(blob, (const guint8 *)&le, bytes);
}

/* Overwrite @bytes bytes at @offset; they must exist. */
static inline void blob_set(GByteArray *blob, size_t offset, uint64_t value, unsigned bytes)
{
    uint64_t le = GUINT64_TO_LE(value);

    g_assert(bytes <= 8 && offset <= blob->len && bytes <= blob->len - offset);
    memcpy(blob->data + offset, &le, bytes);
}

/* Append @text without its final NUL, padded with @pad or cut to exactly @width bytes. */
static inline void blob_put_text(GByteArray *blob, const char *text, size_t width, char pad)
{
    for (size_t i = 0, len = strlen(text); i < width; i++) {
        blob_put(blob, (uint8_t)(i < len ? text[i] : pad), 1);
    }
}

/* Append zeroes until the length is a multiple of @align (a power of two). */
static inline void blob_align(GByteArray *blob, size_t align)
{
    while (blob->len & (align - 1)) {
        blob_put(blob, 0, 1);
    }
}

/* The byte that makes the sum of [offset, offset + len) zero when added to it. */
static inline uint8_t blob_checksum(const GByteArray *blob, size_t offset, size_t len)
{
    uint8_t sum = 0;

    g_assert(offset <= blob->len && len <= blob->len - offset);
    for (size_t i = 0; i < len; i++) {
        sum += blob->data[offset + i];
    }
    return -sum;
}

#endif
