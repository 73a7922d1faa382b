/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboard layouts; see layout.h. */
#include "ui/layout.h"

#include <glib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "ui/input.h"
#include "ui/library.h"

enum { XKB_OFFSET = 8 };            /* of a key code of X11 from Linux's (rules "evdev") */

#define UNICODE UINT32_C(0x01000000)   /* added to a character: its keysym (X Window System Protocol, "Unicode KEYSYMs") */

/* Names that documents of QEMU list for -k, and what X11 calls them where that is something else. */
static const struct {
    const char *name, *layout, *variant;
} layouts[] = {
    { "ar", "ara" }, { "bepo", "fr", "bepo" }, { "cz" }, { "da", "dk" }, { "de" }, { "de-ch", "ch" }, { "en-gb", "gb" },
    { "en-us", "us" }, { "es" }, { "et", "ee" }, { "fi" }, { "fo" }, { "fr" }, { "fr-be", "be" }, { "fr-ca", "ca" },
    { "fr-ch", "ch", "fr" }, { "hr" }, { "hu" }, { "is" }, { "it" }, { "ja", "jp" }, { "lt" }, { "lv" }, { "mk" }, { "nl" },
    { "no" }, { "pl" }, { "pt" }, { "pt-br", "br" }, { "ru" }, { "sl", "si" }, { "sv", "se" }, { "th" }, { "tr" },
};

/* ---- libxkbcommon ---- */

#define FUNCTIONS(F)                                                                                            \
    F(xkb_context_new) F(xkb_context_unref) F(xkb_keymap_new_from_names) F(xkb_keymap_unref)                     \
    F(xkb_keymap_num_levels_for_key) F(xkb_keymap_key_get_syms_by_level) F(xkb_keysym_to_utf32)
#define MEMBER(name) __typeof__(&name) name;
#define ROW(name) { #name, (void **)&xkb.name },

static struct {
    FUNCTIONS(MEMBER)
} xkb;

static bool load(Error **errp)
{
    static const LibraryName names[] = { FUNCTIONS(ROW) };
    static bool loaded;

    loaded = loaded || library_load("libxkbcommon.so.0", names, G_N_ELEMENTS(names), errp);
    if (!loaded) {
        fail(errp, "keyboard layouts need a library");
        return hint(errp, "Install it: apt-get install libxkbcommon0");
    }
    return true;
}

/* ---- the layout in use ---- */

static GHashTable *keys;            /* keysym to Linux key code; NULL: none */

static void add(uint32_t symbol, unsigned code)
{
    if (!g_hash_table_contains(keys, GUINT_TO_POINTER(symbol))) {
        g_hash_table_insert(keys, GUINT_TO_POINTER(symbol), GUINT_TO_POINTER(code));
    }
}

/* Letters beyond Latin 1 have two keysyms. */
static void add_symbols(struct xkb_keymap *keymap, unsigned code, unsigned level)
{
    const xkb_keysym_t *symbols;
    int count = xkb.xkb_keymap_key_get_syms_by_level(keymap, code + XKB_OFFSET, 0, level, &symbols);

    for (int i = 0; i < count; i++) {
        uint32_t character = xkb.xkb_keysym_to_utf32(symbols[i]);
        add(symbols[i], code);
        if (character > UINT8_MAX) {
            add(UNICODE | character, code);
        }
    }
}

/* The lower level wins: what is had without a modifier is not looked for with one. */
static void add_keys(struct xkb_keymap *keymap)
{
    enum { LEVELS = 8 };

    for (unsigned level = 0; level < LEVELS; level++) {
        for (unsigned scan_code = 1; scan_code <= UINT8_MAX; scan_code++) {
            unsigned code = key_of_scan_code((uint8_t)scan_code);
            if (code && level < xkb.xkb_keymap_num_levels_for_key(keymap, code + XKB_OFFSET, 0)) {
                add_symbols(keymap, code, level);
            }
        }
    }
}

static unsigned place_of(const char *name)
{
    unsigned i = 0;

    while (i < G_N_ELEMENTS(layouts) && !g_str_equal(layouts[i].name, name)) {
        i++;
    }
    return i;
}

bool layout_check(const char *name, Error **errp)
{
    return place_of(name) < G_N_ELEMENTS(layouts) || fail(errp, "could not read keymap file: '%s'", name);
}

bool layout_use(const char *name, Error **errp)
{
    g_clear_pointer(&keys, g_hash_table_unref);
    if (!layout_check(name, errp) || !load(errp)) {
        return false;
    }
    unsigned i = place_of(name);
    const struct xkb_rule_names wish = {
        .rules = "evdev", .model = "pc105", .layout = layouts[i].layout ? layouts[i].layout : name,
        .variant = layouts[i].variant, .options = "",
    };
    struct xkb_context *context = xkb.xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
    struct xkb_keymap *keymap =
        context ? xkb.xkb_keymap_new_from_names(context, &wish, XKB_KEYMAP_COMPILE_NO_FLAGS) : NULL;
    if (keymap) {
        keys = g_hash_table_new(NULL, NULL);
        add_keys(keymap);
        xkb.xkb_keymap_unref(keymap);
    }
    if (context) {
        xkb.xkb_context_unref(context);
    }
    if (!keymap) {
        fail(errp, "the host does not have keyboard layout '%s'", wish.layout);
        return hint(errp, "Install layouts: apt-get install xkb-data");
    }
    return true;
}

unsigned layout_key(uint32_t symbol)
{
    return keys ? GPOINTER_TO_UINT(g_hash_table_lookup(keys, GUINT_TO_POINTER(symbol))) : 0;
}
