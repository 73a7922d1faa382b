/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few words of ACPI Machine Language (ACPI 6.5, chapter 20) needed to
 * state run-time values: names, packages, scopes, devices. Methods are
 * written in ASL (dsdt-*.asl), where people can read them.
 *
 * Each function appends one term to @out. Name segments have exactly four
 * characters; a path may start with '\' and join segments with '.'.
 */
#ifndef HW_I386_AML_H
#define HW_I386_AML_H

#include <glib.h>
#include <stdint.h>

/* An integer constant in its shortest encoding. */
void aml_integer(GByteArray *out, uint64_t value);

/* Name (path, integer) */
void aml_name_integer(GByteArray *out, const char *path, uint64_t value);

/* Name (path, "text") */
void aml_name_string(GByteArray *out, const char *path, const char *text);

/* Name (path, Package () { values... }); at most 255 values */
void aml_name_package(GByteArray *out, const char *path, const uint64_t *values, size_t count);

/* Scope (path) { body } */
void aml_scope(GByteArray *out, const char *path, const GByteArray *body);

/* Device (path) { body } */
void aml_device(GByteArray *out, const char *path, const GByteArray *body);

/* Method (path, args) { body }, serialized */
void aml_method(GByteArray *out, const char *path, unsigned args, const GByteArray *body);

/* A term of opcode @op, a PkgLength and @body: If, While ... */
void aml_package(GByteArray *out, uint8_t op, const GByteArray *body);

#endif
