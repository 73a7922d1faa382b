/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of settings as users write them: key=value and JSON. */
#include "lib/keyval.h"

#include <string.h>

/* "key=value;key=value" of a list; bare words as "word!". */
static char *flat(const KeyVals *kv)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        g_string_append_printf(text, "%s%s", i ? ";" : "", item->key);
        g_string_append_printf(text, item->bare ? "!" : "=%s", item->value);
    }
    return g_string_free(text, false);
}

typedef struct Row {
    const char *text, *implied, *expected;      /* expected: NULL: malformed */
} Row;

static void check_rows(const Row *row)
{
    for (; row->text; row++) {
        Error *err = NULL;
        g_autoptr(KeyVals) kv = keyval_parse(row->text, row->implied, &err);
        g_autofree char *text = kv ? flat(kv) : NULL;
        g_assert_true((kv == NULL) == (err != NULL));
        if (g_strcmp0(text, row->expected) != 0) {
            g_test_message("%s: got %s, not %s", row->text, text ? text : error_message(err), row->expected);
            g_test_fail();
        }
        error_free(err);
    }
}

static void test_pairs(void)
{
    check_rows((const Row[]){
        { "", NULL, "" },
        { "a=b", NULL, "a=b" },
        { "a=b,c=d", NULL, "a=b;c=d" },
        { "a=b,", NULL, "a=b" },
        { "a=", NULL, "a=" },
        { "a=b=c", NULL, "a=b=c" },
        { "a=b,,c", NULL, "a=b,c" },
        { "a=b,,,c=d", NULL, "a=b,;c=d" },
        { "flag", NULL, "flag!" },
        { "a=b,flag,c=d", NULL, "a=b;flag!;c=d" },
        { "vfio-pci", "driver", "driver=vfio-pci" },
        { "vfio-pci,host=00:02.0,x-no-mmap", "driver", "driver=vfio-pci;host=00:02.0;x-no-mmap!" },
        { "driver=x", "driver", "driver=x" },
        { "a,,b", "driver", "driver=a,b" },
        { "help", "driver", "help!" },
        { "?", "driver", "?!" },
        { "=b", NULL, NULL },
        { "a=b,,=c", NULL, "a=b,=c" },
        { "a=b,=c", NULL, NULL },
        { ",a=b", NULL, NULL },
        { NULL }
    });
}

static void test_json(void)
{
    check_rows((const Row[]){
        { "{}", NULL, "" },
        { "{\"driver\": \"vfio-pci\", \"host\": \"0000:00:02.0\"}", "driver", "driver=vfio-pci;host=0000:00:02.0" },
        { "{'driver': 'isa-debug-exit', 'iobase': 244}", "driver", "driver=isa-debug-exit;iobase=244" },
        { "{\"a\": true, \"b\": false, \"c\": -5}", NULL, "a=on;b=off;c=-5" },
        { "{\"addr\": {\"type\": \"unix\", \"path\": \"/x,y\"}}", NULL, "addr.type=unix;addr.path=/x,y" },
        { "{\"l\": [\"a\", 2, {\"b\": \"c\"}]}", NULL, "l.0=a;l.1=2;l.2.b=c" },
        { "{\"a\": \"x\\u00e4\\\"y\"}", NULL, "a=x\xc3\xa4\"y" },
        { "{\"a\": 18446744073709551615}", NULL, "a=18446744073709551615" },
        { "{\"a\": 1} \n", NULL, "a=1" },
        { "{\"a\": 1} // b", NULL, NULL },          /* JSON has no comments */
        { "{\"a\": {\"b\": [1]//", NULL, NULL },
        { "{\"a\": 1} b", NULL, NULL },
        { "{\"a\": null}", NULL, NULL },
        { "{\"a\": 1", NULL, NULL },
        { "{\"a\"}", NULL, NULL },
        { "{", NULL, NULL },
        { NULL }
    });
}

static void test_the_last_setting_wins(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("a=1,b=2,a=3", NULL, &err);

    g_assert_cmpstr(keyval_get(kv, "a"), ==, "3");
    g_assert_null(keyval_get(kv, "c"));
    g_autofree char *taken = keyval_take(kv, "a");
    g_assert_cmpstr(taken, ==, "3");
    g_assert_null(keyval_get(kv, "a"));
    g_assert_null(keyval_take(kv, "a"));
    g_assert_cmpuint(kv->items->len, ==, 1);
}

static void test_help_is_a_bare_word(void)
{
    static const struct {
        const char *text;
        bool help;
    } rows[] = {
        { "help", true }, { "vfio-pci,help", true }, { "vfio-pci,?", true }, { "vfio-pci", false },
        { "vfio-pci,help=on", false }, { "{\"driver\": \"help\"}", false },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        g_autoptr(KeyVals) kv = keyval_parse(rows[i].text, "driver", &err);
        g_test_message("%s", rows[i].text);
        g_assert_true(keyval_wants_help(kv) == rows[i].help);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keyval/pairs", test_pairs);
    g_test_add_func("/keyval/JSON", test_json);
    g_test_add_func("/keyval/the last setting wins", test_the_last_setting_wins);
    g_test_add_func("/keyval/help is a bare word", test_help_is_a_bare_word);
    return g_test_run();
}
