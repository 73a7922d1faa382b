/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets: what is read from words and files, what is refused and in which words, and that a lost file does not matter. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/secret.h"
#include "core/user-object.h"

#define BYTES(text) text, sizeof(text) - 1

static char *folder;

static Object *make(const char *settings, Error **errp)
{
    g_autofree char *text = g_strdup_printf("secret,id=s,%s", settings);
    g_autoptr(KeyVals) kv = keyval_parse(text, "qom-type", errp);

    return kv ? user_object_create(kv, errp) : NULL;
}

static char *write_file(const char *contents, gssize len)
{
    char *path = g_build_filename(folder, "secret", NULL);

    g_assert_true(g_file_set_contents(path, contents, len, NULL));
    return path;
}

/* Settings, "file" when @text goes through one; the bytes, or the error. */
static const struct {
    const char *settings, *text;
    size_t text_len;
    const char *bytes;
    size_t len;
    const char *error;
} rows[] = {
    { "data=abc", NULL, 0, BYTES("abc") },
    { "data=", NULL, 0, BYTES("") },
    { "data=a,,b", NULL, 0, BYTES("a,b") },
    { "data=YWI=,format=raw", NULL, 0, BYTES("YWI=") },
    { "data=YWI=,format=base64", NULL, 0, BYTES("ab") },
    { "data=YWJj,format=base64", NULL, 0, BYTES("abc") },
    { "data=YQ==,format=base64", NULL, 0, BYTES("a") },
    { "data=,format=base64", NULL, 0, BYTES("") },
    { "file", BYTES("\xff\0\n"), BYTES("\xff\0\n") },
    { "file", BYTES(""), BYTES("") },
    { "file,format=base64", BYTES("AAE=\n"), BYTES("\0\1") },
    { "file,format=base64", BYTES("AA\r\nE=\r\n"), BYTES("\0\1") },
    { "file,format=base64", BYTES(""), BYTES("") },
    { "file,format=base64", BYTES("AAE=\0AAE="), NULL, 0, "Base64 data contains invalid characters" },
    { "data=Y*I=,format=base64", NULL, 0, NULL, 0, "Base64 data contains invalid characters" },
    { "data=YW I,format=base64", NULL, 0, NULL, 0, "Base64 data contains invalid characters" },
    { "data=YWI=YWI=,format=base64", NULL, 0, NULL, 0, "Base64 data contains invalid characters" },
    { "data=Y,format=base64", NULL, 0, NULL, 0, "Base64 data is incomplete" },
    { "data=YWI,format=base64", NULL, 0, NULL, 0, "Base64 data is incomplete" },
    { "data=Y===,format=base64", NULL, 0, NULL, 0, "Base64 data is incomplete" },
    { "format=raw", NULL, 0, NULL, 0, "Either 'file' or 'data' must be provided" },
    { "data=a,file=b", NULL, 0, NULL, 0, "'file' and 'data' are mutually exclusive" },
    { "data=a,format=hex", NULL, 0, NULL, 0, "*'format'*'hex'*" },
    { "data=a,keyid=k", NULL, 0, NULL, 0, "Property 'secret.keyid' not found" },
    { "file=/no/x", NULL, 0, NULL, 0, "Unable to read /no/x: *No such file or directory" },
    { "file=/", NULL, 0, NULL, 0, "Unable to read /: *" },
};

static void assert_bytes(GBytes *bytes, const char *expected, size_t len)
{
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected, len);
}

static char *settings_of(gsize i)
{
    if (!rows[i].text) {
        return g_strdup(rows[i].settings);
    }
    g_autofree char *path = write_file(rows[i].text, (gssize)rows[i].text_len);
    return g_strdup_printf("file=%s%s", path, rows[i].settings + strlen("file"));
}

static void assert_refused(gsize i, Object *obj, Error *err)
{
    Error *none = NULL;

    g_assert_null(obj);
    if (!g_pattern_match_simple(rows[i].error, error_message(err))) {
        g_error("'%s': '%s' is not '%s'", rows[i].settings, error_message(err), rows[i].error);
    }
    error_free(err);
    g_assert_null(secret_bytes("s", &none));
    g_assert_cmpstr(error_message(none), ==, "No secret with id 's'");
    error_free(none);
}

static void test_rows(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *settings = settings_of(i);
        Error *err = NULL;
        Object *obj = make(settings, &err);
        if (rows[i].error) {
            assert_refused(i, obj, err);
            continue;
        }
        g_assert_null(err);
        g_autoptr(GBytes) bytes = secret_bytes("s", &err);
        assert_bytes(bytes, rows[i].bytes, rows[i].len);
        g_assert_true(user_object_delete("s", &err));
    }
}

/* libvirt removes the file of its master key when the guest ends; a mapping would die with SIGBUS. */
static void test_file_truncated(void)
{
    g_autofree char *path = write_file(BYTES("0123456789abcdef"));
    g_autofree char *settings = g_strdup_printf("file=%s", path);
    Error *err = NULL;

    g_assert_nonnull(make(settings, &err));
    g_assert_cmpint(truncate(path, 0), ==, 0);
    g_autoptr(GBytes) bytes = secret_bytes("s", &err);
    g_assert_true(user_object_delete("s", &err));
    assert_bytes(bytes, BYTES("0123456789abcdef"));     /* who holds them keeps them */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("secret-XXXXXX", NULL);
    g_test_add_func("/secret/given and read", test_rows);
    g_test_add_func("/secret/file truncated later", test_file_truncated);
    int status = g_test_run();
    g_autofree char *path = g_build_filename(folder, "secret", NULL);
    g_unlink(path);
    g_rmdir(folder);
    g_free(folder);
    return status;
}
