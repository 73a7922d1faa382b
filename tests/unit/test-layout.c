/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where letters are on keyboards of other countries. */
#include <glib.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "ui/layout.h"

#define UNICODE UINT32_C(0x01000000)

/* Letters beyond Latin 1 have two keysyms: 0x6c6 is Cyrillic_ef, 0x1b1 aogonek (X11's keysymdef.h). */
static void test_letters(void)
{
    static const struct {
        const char *layout;
        uint32_t symbol;
        unsigned code;
    } rows[] = {
        { "en-us", 'z', KEY_Z }, { "en-us", '@', KEY_2 }, { "en-us", '"', KEY_APOSTROPHE }, { "en-gb", '"', KEY_2 },
        { "de", 'z', KEY_Y }, { "de", 'Z', KEY_Y }, { "de", 'y', KEY_Z }, { "de", '@', KEY_Q }, { "de", 0xfc, KEY_LEFTBRACE },
        { "de", 0xdf, KEY_MINUS }, { "de", '<', KEY_102ND }, { "de", '|', KEY_102ND }, { "de-ch", 0xe8, KEY_LEFTBRACE },
        { "fr", 'a', KEY_Q }, { "fr", 'q', KEY_A }, { "fr", '1', KEY_1 }, { "fr", '&', KEY_1 }, { "fr-ch", 0xe8, KEY_LEFTBRACE },
        { "bepo", 'b', KEY_Q }, { "es", 0xf1, KEY_SEMICOLON }, { "sv", 0xe5, KEY_LEFTBRACE }, { "pl", 0x1b1, KEY_A },
        { "ru", 0x6c6, KEY_A }, { "ru", UNICODE | 0x444, KEY_A }, { "ru", 'a', 0 }, { "pt-br", '/', KEY_RO },
        { "de", 0xffff, KEY_DELETE }, { "de", 0xffe1, KEY_LEFTSHIFT }, { "de", 0x1ffffff, 0 }, { "de", 0, 0 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        g_assert_true(layout_use(rows[i].layout, &err));
        g_test_message("%s: 0x%x", rows[i].layout, rows[i].symbol);
        g_assert_cmpuint(layout_key(rows[i].symbol), ==, rows[i].code);
    }
}

/* The host has each that -k knows. */
static void test_names(void)
{
    static const char names[] = "ar bepo cz da de de-ch en-gb en-us es et fi fo fr fr-be fr-ca fr-ch hr hu is it ja lt lv mk nl"
                                " no pl pt pt-br ru sl sv th tr";
    g_auto(GStrv) words = g_strsplit(names, " ", -1);

    for (unsigned i = 0; words[i]; i++) {
        Error *err = NULL;
        g_assert_true(layout_check(words[i], &err));
        g_assert_true(layout_use(words[i], &err));
        g_assert_cmpuint(layout_key(0xff0d), ==, KEY_ENTER);
    }
}

static void test_unknown(void)
{
    Error *err = NULL;

    g_assert_true(layout_use("de", &err));
    g_assert_false(layout_use("klingon", &err));
    g_assert_cmpstr(error_message(err), ==, "could not read keymap file: 'klingon'");
    error_clear(&err);
    g_assert_cmpuint(layout_key('z'), ==, 0);       /* none is in use */
    g_assert_false(layout_check("us", &err));
    error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/letters", test_letters);
    g_test_add_func("/layout/names", test_names);
    g_test_add_func("/layout/unknown", test_unknown);
    return g_test_run();
}
