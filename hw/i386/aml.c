/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encoding of AML terms; see aml.h. Section numbers are ACPI 6.5's. */
#include "hw/i386/aml.h"

#include <string.h>

#include "hw/i386/blob.h"

/* 20.3, AML byte stream byte values */
enum {
    OP_ZERO = 0x00, OP_ONE = 0x01, OP_NAME = 0x08, OP_BYTE = 0x0a, OP_WORD = 0x0b, OP_DWORD = 0x0c,
    OP_STRING = 0x0d, OP_QWORD = 0x0e, OP_SCOPE = 0x10, OP_PACKAGE = 0x12, OP_METHOD = 0x14,
    OP_EXTENDED = 0x5b, OP_EXTENDED_DEVICE = 0x82,
    PREFIX_DUAL_NAME = 0x2e, PREFIX_MULTI_NAME = 0x2f,
};

/* 20.2.2: NameString is [\] and one, two or more segments of four characters */
static void put_path(GByteArray *out, const char *path)
{
    if (*path == '\\') {
        blob_put(out, '\\', 1);
        path++;
    }
    size_t segments = (strlen(path) + 1) / 5;
    g_assert(strlen(path) == segments * 5 - 1);

    if (segments == 2) {
        blob_put(out, PREFIX_DUAL_NAME, 1);
    } else if (segments > 2) {
        blob_put(out, PREFIX_MULTI_NAME, 1);
        blob_put(out, segments, 1);
    }
    for (size_t i = 0; i < segments; i++) {
        blob_put_text(out, path + 5 * i, 4, '_');
    }
}

/*
 * 20.2.4: PkgLength counts itself. Up to 63 it is one byte; above, bits 7:6
 * of the lead byte count the bytes that follow, which hold bits 4 and up.
 */
static void put_package_length(GByteArray *out, size_t content)
{
    unsigned following = 0;

    if (content + 1 > 0x3f) {
        for (following = 1; content + 1 + following >= 1ull << (4 + 8 * following);) {
            following++;
        }
    }
    size_t length = content + 1 + following;
    if (!following) {
        blob_put(out, length, 1);
        return;
    }
    g_assert(following <= 3);
    blob_put(out, following << 6 | (length & 0xf), 1);
    blob_put(out, length >> 4, following);
}

void aml_integer(GByteArray *out, uint64_t value)
{
    static const struct {
        uint64_t max;
        uint8_t op, bytes;
    } forms[] = {
        { 0xff, OP_BYTE, 1 }, { 0xffff, OP_WORD, 2 }, { 0xffffffff, OP_DWORD, 4 },
        { UINT64_MAX, OP_QWORD, 8 },
    };
    size_t i = 0;

    if (value <= 1) {
        blob_put(out, value ? OP_ONE : OP_ZERO, 1);
        return;
    }
    while (value > forms[i].max) {
        i++;
    }
    blob_put(out, forms[i].op, 1);
    blob_put(out, value, forms[i].bytes);
}

static void put_name(GByteArray *out, const char *path)
{
    blob_put(out, OP_NAME, 1);
    put_path(out, path);
}

void aml_name_integer(GByteArray *out, const char *path, uint64_t value)
{
    put_name(out, path);
    aml_integer(out, value);
}

void aml_name_string(GByteArray *out, const char *path, const char *text)
{
    put_name(out, path);
    blob_put(out, OP_STRING, 1);
    g_byte_array_append(out, (const guint8 *)text, strlen(text) + 1);
}

void aml_name_package(GByteArray *out, const char *path, const uint64_t *values, size_t count)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    g_assert(count <= 255);
    blob_put(content, count, 1);
    for (size_t i = 0; i < count; i++) {
        aml_integer(content, values[i]);
    }
    put_name(out, path);
    blob_put(out, OP_PACKAGE, 1);
    put_package_length(out, content->len);
    g_byte_array_append(out, content->data, content->len);
}

static void put_block(GByteArray *out, const char *path, const GByteArray *body)
{
    g_autoptr(GByteArray) name = g_byte_array_new();

    put_path(name, path);
    put_package_length(out, name->len + body->len);
    g_byte_array_append(out, name->data, name->len);
    if (body->len) {
        g_byte_array_append(out, body->data, body->len);
    }
}

void aml_scope(GByteArray *out, const char *path, const GByteArray *body)
{
    blob_put(out, OP_SCOPE, 1);
    put_block(out, path, body);
}

void aml_device(GByteArray *out, const char *path, const GByteArray *body)
{
    blob_put(out, OP_EXTENDED, 1);
    blob_put(out, OP_EXTENDED_DEVICE, 1);
    put_block(out, path, body);
}

void aml_package(GByteArray *out, uint8_t op, const GByteArray *body)
{
    blob_put(out, op, 1);
    put_package_length(out, body->len);
    g_byte_array_append(out, body->data, body->len);
}

/* 20.2.5.2: MethodFlags are the number of arguments and, in bit 3, SerializeFlag. */
void aml_method(GByteArray *out, const char *path, unsigned args, const GByteArray *body)
{
    enum { SERIALIZED = 1 << 3 };
    g_autoptr(GByteArray) content = g_byte_array_new();

    put_path(content, path);
    blob_put(content, args | SERIALIZED, 1);
    if (body->len) {
        g_byte_array_append(content, body->data, body->len);
    }
    aml_package(out, OP_METHOD, content);
}
