/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON in a stream: where values end, what is wrong with others, what it goes on with; and JSON as text. */
#include <string.h>

#include "lib/json-stream.h"

/* Results, one a line: a value printed, or "!" and the message without what all have in front. */
static void on_result(void *opaque, Json *value, Error *err)
{
    GString *out = opaque;
    g_autofree char *text = err ? NULL : json_print(value);
    const char *message = err ? error_message(err) : "";

    if (g_str_has_prefix(message, "JSON parse error, ")) {
        message += strlen("JSON parse error, ");
    }
    g_string_append_printf(out, "%s%s%s\n", err ? "!" : "", message, text ? text : "");
    error_free(err);
    json_free(value);
}

static char *feed(JsonStream *stream, GString *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        json_stream_feed(stream, (uint8_t)bytes[i]);
    }
    return out->str;
}

#define ROW(bytes, expected) { bytes, sizeof(bytes) - 1, expected }

static const struct {
    const char *bytes;
    size_t len;
    const char *expected;
} rows[] = {
    /* where a value ends */
    ROW("{}", "{}\n"),
    ROW("[]{}[1]", "[]\n{}\n[1]\n"),
    ROW(" \t\r\n", ""),
    ROW("null", ""),
    ROW("null\n", "null\n"),
    ROW("'a'", "\"a\"\n"),
    ROW("12 -3\n", "12\n-3\n"),
    ROW("1a\n", "1\n!invalid keyword 'a'\n"),
    ROW("{\"a\": [1, 2.5, {\"b\": null}], 'c': true}", "{\"a\": [1, 2.5, {\"b\": null}], \"c\": true}\n"),
    ROW("{[}", ""),
    ROW("{[}]", "!expecting value\n"),
    /* numbers */
    ROW("[0,-0,1e5,1.0,0.1,1E+2,1e-2]", "[0, 0, 100000, 1, 0.10000000000000001, 100, 0.01]\n"),
    ROW("[9223372036854775807,9223372036854775808,99999999999999999999]",
        "[9223372036854775807, 9223372036854775808, 1e+20]\n"),
    ROW("[1e999]", "!1e999 is too large\n"),
    ROW("01\n", "!stray '01'\n"),
    ROW("-\n", "!stray '-\n'\n"),
    ROW("1.\n", "!stray '1.\n'\n"),
    ROW("1.5e+\n", "!stray '1.5e+\n'\n"),
    ROW("+1\n", "!stray '+'\n"),
    /* strings */
    ROW("'\\/\\b\\f\\n\\r\\t\\\"\\\\\\''", "\"/\\b\\f\\n\\r\\t\\\"\\\\'\"\n"),
    ROW("'\\u00e9\xc3\xa9\x7f'", "\"\\u00E9\\u00E9\\u007F\"\n"),
    ROW("'\\ud83d\\ude00\xf0\x9f\x98\x80'", "\"\\uD83D\\uDE00\\uD83D\\uDE00\"\n"),
    ROW("'\\u0000'", "\"\\u0000\"\n"),
    ROW("'\\ud800'", "!\\ud800 is not a valid Unicode character\n"),
    ROW("'\\uFFFF'", "!\\uFFFF is not a valid Unicode character\n"),
    ROW("'\\u12'", "!\\u12' is not a valid Unicode character\n"),
    ROW("'\\q'", "!invalid escape sequence in string\n"),
    ROW("'\xf8'", "!invalid UTF-8 sequence in string\n"),
    ROW("'\xed\xa0\x80'", "!invalid UTF-8 sequence in string\n"),
    ROW("'\xef\xbf\xbf'", "!invalid UTF-8 sequence in string\n"),
    ROW("'\xc3'", "!invalid UTF-8 sequence in string\n"),
    ROW("{'a\\u0000b':1}", "!NUL in the name of a member\n"),
    /* syntax */
    ROW("{]", "!expecting value\n"),
    ROW("{,}", "!expecting value\n"),
    ROW("{'a':1,}", "!expecting value\n"),
    ROW("[1,]", "!expecting value\n"),
    ROW("[1 2]", "!expected separator in list\n"),
    ROW("{'a':1 2}", "!expected separator in dict\n"),
    ROW("{1:2}", "!key is not a string in object\n"),
    ROW("{'a' 'b'}", "!missing : in object pair\n"),
    ROW("{'a':1,'a':2}", "!duplicate key\n"),
    ROW("{'a':1,'a':}", "!expecting value\n"),
    ROW("}{}", "!expecting value\n{}\n"),
    ROW("foo\n", "!invalid keyword 'foo'\n"),
    ROW("[[[1,2}{}", "!expected separator in list\n{}\n"),
    /* what cannot be a token is told at once, and the next value is found */
    ROW("{\xff", "!stray '\xff'\n"),
    ROW("{\x01", "!stray '\x01'\n"),
    ROW("{'bad \xff", "!stray ''bad \xff'\n"),
    ROW("{'execute': 'x', 'id':'\n{}", "!stray ''\n'\n{}\n"),
    ROW("%", "!stray '%'\n"),
    ROW("%p{}", "!stray '%'\n{}\n"),
    ROW("%a\tb\rnull\n", "!stray '%'\nnull\n"),
    ROW("%a b 'c' 1 null {}", "!stray '%'\n{}\n"),
    ROW("%\x01\xff{}", "!stray '%'\n!stray '\x01'\n!stray '\xff'\n{}\n"),
    ROW("%\xfe'a'{}", "!stray '%'\n!stray '\xfe'\n{}\n"),
    ROW("nul\x01null\n", "!invalid keyword 'nul'\n!stray '\x01'\n"),
    ROW("{'a':'b\tc',1\n", "!stray ''b\t'\n!expecting value\n1\n"),
    ROW("\xc3\xa9{}", "!stray '\xc3'\n{}\n"),
};

static void test_rows(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        JsonStream *stream = json_stream_new(on_result, out);
        g_test_message("row %u", i);
        g_assert_cmpstr(feed(stream, out, rows[i].bytes, rows[i].len), ==, rows[i].expected);
        json_stream_free(stream);
    }
}

/* A newline, a bracket and 0xff bring the reader back from anything. */
static void test_any_bytes(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    static const char alphabet[] = "{}[]:,'\"\\ \n\t09-+.eEutrnlf%\x01\x80\xc3\xf8\xfe\xff";

    for (unsigned round = 0; round < 20000; round++) {
        g_autoptr(GString) out = g_string_new(NULL);
        JsonStream *stream = json_stream_new(on_result, out);
        for (unsigned i = 0; i < 24; i++) {
            json_stream_feed(stream, (uint8_t)alphabet[g_rand_int_range(rand, 0, sizeof(alphabet) - 1)]);
        }
        json_stream_feed(stream, 0xff);     /* ends whatever was begun, as a stray byte */
        json_stream_feed(stream, '\n');
        g_string_truncate(out, 0);
        g_assert_cmpstr(feed(stream, out, "{'a':1}", 7), ==, "{\"a\": 1}\n");
        json_stream_free(stream);
    }
}

static void test_reset(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonStream *stream = json_stream_new(on_result, out);

    feed(stream, out, "[{'a", 4);
    g_assert_false(json_stream_idle(stream));
    json_stream_reset(stream);
    g_assert_true(json_stream_idle(stream));
    g_assert_cmpstr(feed(stream, out, "{}", 2), ==, "{}\n");
    json_stream_free(stream);
}

/* ---- limits ---- */

static char *feed_many(const char *bytes, size_t count, const char *end)
{
    GString *out = g_string_new(NULL);
    JsonStream *stream = json_stream_new(on_result, out);

    for (size_t i = 0; i < count; i++) {
        feed(stream, out, bytes, strlen(bytes));
    }
    feed(stream, out, end, strlen(end));
    json_stream_free(stream);
    return g_string_free(out, false);
}

static void assert_many(const char *bytes, size_t count, const char *end, const char *expected)
{
    g_autofree char *got = feed_many(bytes, count, end);

    g_assert_cmpstr(got, ==, expected);
}

static void test_limits(void)
{
    g_autofree char *deep = feed_many("[", 1024, "}");

    g_assert_cmpstr(deep, ==, "!expecting value\n");
    assert_many("[", 1025, "", "!JSON nesting depth limit exceeded\n");
    assert_many("{'a':", 1024, "]", "!expecting value\n");
    assert_many("{'a':", 1025, "{}", "!JSON nesting depth limit exceeded\n!expecting value\n{}\n");
}

static void test_long_token(void)
{
    g_autofree char *got = NULL;
    g_autofree char *kilobyte = g_strnfill(1024, 'a');

    got = feed_many(kilobyte, 17 * 1024, "{}");
    g_assert_true(g_str_has_prefix(got, "!JSON token size limit exceeded\n"));
    g_assert_true(g_str_has_suffix(got, "{}\n"));
}

static void test_many_tokens(void)
{
    GString *out = g_string_new("");
    JsonStream *stream = json_stream_new(on_result, out);

    feed(stream, out, "[0", 2);
    for (unsigned i = 0; i < 600000; i++) {
        feed(stream, out, ",0", 2);
    }
    g_assert_true(g_str_has_prefix(out->str, "!JSON token count limit exceeded\n"));
    json_stream_free(stream);
    g_string_free(out, true);
}

/* ---- text ---- */

static void test_pretty(void)
{
    Error *err = NULL;
    g_autoptr(Json) value = json_parse("{'a':[1,{}],'b':'c'}", &err);
    g_autofree char *text = json_print_pretty(value);

    g_assert_cmpstr(text, ==, "{\n    \"a\": [\n        1,\n        {\n        }\n    ],\n    \"b\": \"c\"\n}");
}

static const struct {
    const char *text, *error;
} whole[] = {
    { "{'a':1}", NULL },
    { " 5 ", NULL },
    { "", "JSON parse error, expecting value" },
    { "null", "JSON parse error, unexpected null" },
    { "{} {}", "Expecting at most one JSON value" },
    { "{'a':", "JSON parse error, premature EOI" },
    { "{'a' 5}", "JSON parse error, missing : in object pair" },
    { "'a", "JSON parse error, premature EOI" },
    { "{} x", "JSON parse error, invalid keyword 'x'" },
};

static void test_parse(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(whole); i++) {
        Error *err = NULL;
        g_autoptr(Json) value = json_parse(whole[i].text, &err);
        g_assert_cmpstr(err ? error_message(err) : NULL, ==, whole[i].error);
        g_assert_true((value != NULL) == (err == NULL));
        error_free(err);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-stream/bytes", test_rows);
    g_test_add_func("/json-stream/comes back from anything", test_any_bytes);
    g_test_add_func("/json-stream/reset", test_reset);
    g_test_add_func("/json-stream/limits of nesting", test_limits);
    g_test_add_func("/json-stream/limit of a token", test_long_token);
    g_test_add_func("/json-stream/limit of tokens", test_many_tokens);
    g_test_add_func("/json/pretty", test_pretty);
    g_test_add_func("/json/one value", test_parse);
    return g_test_run();
}
