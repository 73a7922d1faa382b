/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyboard controller: its commands, the keyboard and mouse behind it, interrupts, scan codes. */
#include <linux/input-event-codes.h>
#include <string.h>

#include "core/runstate.h"
#include "hw/input/i8042.h"
#include "tests/unit/ask.h"
#include "tests/unit/isa-board.h"
#include "ui/input.h"

enum { DATA = 0x60, COMMAND = 0x64, OBF = 0x01, AUX = 0x20, GAP_NS = 300000 };

static void setup(void)
{
    isa_board_up();
    isa_board_add("i8042", "");
}

static void teardown(void)
{
    isa_board_down();
    g_assert_null(i8042_keyboard());
}

static void command(uint8_t byte)
{
    outb(COMMAND, byte);
}

static void command_with(uint8_t byte, uint8_t data)
{
    outb(COMMAND, byte);
    outb(DATA, data);
}

/* Bytes that are waiting, as hex words; those of the mouse have a '+' in front. */
static char *waiting(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 100 && (inb(COMMAND) & OBF); i++) {
        bool aux = inb(COMMAND) & AUX;
        g_string_append_printf(text, "%s%s%02x", text->len ? " " : "", aux ? "+" : "", inb(DATA));
        clock_step(GAP_NS);
    }
    return g_strdup(text->str);
}

#define assert_waiting(text)                        \
    do {                                            \
        g_autofree char *got_ = waiting();          \
        g_assert_cmpstr(got_, ==, (text));          \
    } while (0)

/* What is written where, and what can be read then: "64 aa" writes a command, "60 ff" data. */
static const struct {
    const char *writes, *answers;
} dialogues[] = {
    { "64:aa", "55" },
    { "64:ab", "00" },
    { "64:a9", "00" },
    { "64:20", "03" },
    { "64:60 60:47 64:20", "47" },
    { "64:a4", "f1" },
    { "64:c0", "80" },
    { "64:d0", "cf" },
    { "64:dd 64:d0", "cd" },
    { "64:dd 64:df 64:d0", "cf" },
    { "64:d1 60:dd 64:d0", "cd" },
    { "64:e0", "00" },
    { "64:7f 60:12 64:3f", "12" },
    { "64:a7 64:20", "23" },
    { "64:a7 64:a8 64:20", "03" },
    { "64:ad 64:20", "13" },
    { "64:ad 64:ae 64:20", "03" },
    { "64:d2 60:1c", "1c" },
    { "64:d3 60:1c", "+1c" },
    { "64:99", "" },
    { "64:f1", "" },
    /* the keyboard */
    { "60:ff", "fa aa" },
    { "60:f2", "fa ab 83" },
    { "60:ee", "ee" },
    { "60:ed 60:07", "fa fa" },
    { "60:f3 60:00", "fa fa" },
    { "60:f4", "fa" },
    { "60:f5", "fa" },
    { "60:f6", "fa" },
    { "60:f0 60:00", "fa fa 02" },
    { "60:f0 60:03 60:f0 60:00", "fa fa fa fa 03" },
    { "60:f0 60:04 60:f0 60:00", "fa fa fa fa 02" },
    { "60:fa", "fa" },
    { "60:fb 60:1c", "fa fa" },
    { "60:01", "fe" },
    { "60:ed 60:f4", "fa fa" },                 /* a command instead of the parameter */
    { "64:60 60:43 60:f2", "fa ab 41" },        /* translated, as every byte of the keyboard */
    { "64:ad 60:ee 64:20", "ee 03" },           /* a write turns the keyboard on again */
    /* the mouse */
    { "64:d4 60:ff", "+fa +aa +00" },
    { "64:d4 60:f2", "+fa +00" },
    { "64:d4 60:f4 64:d4 60:e8 64:d4 60:03 64:d4 60:f3 64:d4 60:c8 64:d4 60:e7 64:d4 60:e9",
      "+fa +fa +fa +fa +fa +fa +fa +30 +03 +c8" },
    { "64:d4 60:f6 64:d4 60:e9", "+fa +fa +00 +02 +64" },
    { "64:d4 60:eb", "+fa +08 +00 +00" },
    { "64:d4 60:ee 64:d4 60:f2 64:d4 60:ec 64:d4 60:f2", "+fa +f2 +fa +fa +00" },
    { "64:d4 60:01", "+fe" },
    { "64:a7 64:d4 60:f2", "+fa +00" },
    /* both: the keyboard goes first */
    { "64:ad 64:a7 64:d3 60:01 64:d2 60:02", "+01 02" },
};

static void write_all(const char *writes)
{
    g_auto(GStrv) words = g_strsplit(writes, " ", -1);

    for (unsigned i = 0; words[i]; i++) {
        outb((uint16_t)g_ascii_strtoull(words[i], NULL, 16), (uint8_t)g_ascii_strtoull(words[i] + 3, NULL, 16));
    }
}

static void test_dialogues(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(dialogues); i++) {
        setup();
        write_all(dialogues[i].writes);
        assert_waiting(dialogues[i].answers);
        teardown();
    }
}

static void test_status(void)
{
    setup();
    g_assert_cmphex(inb(COMMAND), ==, 0x18);
    command(0xaa);
    g_assert_cmphex(inb(COMMAND), ==, 0x1d);
    g_assert_cmphex(inb(DATA), ==, 0x55);
    g_assert_cmphex(inb(COMMAND), ==, 0x1c);
    g_assert_cmphex(inb(DATA), ==, 0x55);       /* the last byte stays readable */
    outb(DATA, 0xee);
    g_assert_cmphex(inb(COMMAND), ==, 0x15);
    inb(DATA);
    command_with(0xd4, 0xf2);
    g_assert_cmphex(inb(COMMAND), ==, 0x35);
    object_reset_all();
    g_assert_cmphex(inb(COMMAND), ==, 0x18);
    teardown();
}

static void test_interrupts(void)
{
    setup();
    outb(DATA, 0xf2);
    g_assert_cmpint(isa_board.level[1], ==, 1);
    assert_waiting("fa ab 83");
    g_assert_cmpint(isa_board.level[1], ==, 0);
    g_assert_cmpuint(isa_board.edges[1], ==, 3);    /* one for every byte */
    command_with(0xd4, 0xff);
    g_assert_cmpint(isa_board.level[12], ==, 1);
    assert_waiting("+fa +aa +00");
    g_assert_cmpuint(isa_board.edges[12], ==, 3);
    g_assert_cmpuint(isa_board.edges[1], ==, 3);
    command_with(0x60, 0x00);
    outb(DATA, 0xee);
    command_with(0xd4, 0xf2);
    assert_waiting("ee +fa +00");
    g_assert_cmpuint(isa_board.edges[1] + isa_board.edges[12], ==, 6);
    outb(DATA, 0xee);
    command_with(0x60, 0x01);                       /* enabled while a byte waits */
    g_assert_cmpint(isa_board.level[1], ==, 1);
    teardown();
}

static void press(unsigned scan_set, bool translated, uint8_t key)
{
    command_with(0x60, translated ? 0x43 : 0x03);
    outb(DATA, 0xf0);
    outb(DATA, (uint8_t)scan_set);
    g_free(waiting());
    ps2_keyboard_key(i8042_keyboard(), key, true);
    ps2_keyboard_key(i8042_keyboard(), key, false);
}

/* A key in the three sets, and set 2 translated, which must be set 1 again. */
static const struct {
    uint8_t key;
    const char *set1, *set2, *set3;
} keys[] = {
    { 0x1e, "1e 9e", "1c f0 1c", "1c f0 1c" },                                  /* A */
    { 0x01, "01 81", "76 f0 76", "08 f0 08" },                                  /* Esc */
    { 0x41, "41 c1", "83 f0 83", "37 f0 37" },                                  /* F7 */
    { 0x57, "57 d7", "78 f0 78", "56 f0 56" },                                  /* F11 */
    { 0x4e, "4e ce", "79 f0 79", "7c f0 7c" },                                  /* keypad + */
    { 0x1c, "1c 9c", "5a f0 5a", "5a f0 5a" },                                  /* Enter */
    { 0x9c, "e0 1c e0 9c", "e0 5a e0 f0 5a", "79 f0 79" },                      /* keypad Enter */
    { 0x9d, "e0 1d e0 9d", "e0 14 e0 f0 14", "58 f0 58" },                      /* right Ctrl */
    { 0xc8, "e0 48 e0 c8", "e0 75 e0 f0 75", "63 f0 63" },                      /* up */
    { 0xdb, "e0 5b e0 db", "e0 1f e0 f0 1f", "8b f0 8b" },                      /* left Win */
    { PS2_KEY_PRINT, "e0 2a e0 37 e0 b7 e0 aa", "e0 12 e0 7c e0 f0 7c e0 f0 12", "57 f0 57" },
    { PS2_KEY_PAUSE, "e1 1d 45 e1 9d c5", "e1 14 77 e1 f0 14 f0 77", "62 f0 62" },
};

static void test_scan_codes(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *expected[] = { keys[i].set1, keys[i].set2, keys[i].set3, keys[i].set1 };
        for (unsigned k = 0; k < 4; k++) {
            setup();
            press(k == 3 ? 2 : k + 1, k == 3, keys[i].key);
            assert_waiting(expected[k]);
            teardown();
        }
    }
}

/* Every key that has a code of set 2 comes back as itself through translation. */
static void test_translation_inverts_set_2(void)
{
    for (unsigned key = 1; key < 0x80; key++) {
        setup();
        press(2, true, (uint8_t)key);
        g_autofree char *got = waiting();
        g_autofree char *expected = g_strdup_printf("%02x %02x", key, key | 0x80);
        g_assert_true(g_str_equal(got, expected) || (g_str_equal(got, "") && key > 0x53));
        teardown();
    }
}

/* A handler may read a key's byte more than once: the next one comes later. */
static void test_gap_between_key_bytes(void)
{
    setup();
    ps2_keyboard_key(i8042_keyboard(), 0x1e, true);
    ps2_keyboard_key(i8042_keyboard(), 0x1e, false);
    g_assert_cmphex(inb(DATA), ==, 0x1c);
    g_assert_cmphex(inb(COMMAND) & OBF, ==, 0);
    g_assert_cmphex(inb(DATA), ==, 0x1c);
    clock_step(GAP_NS - 1);
    g_assert_cmphex(inb(COMMAND) & OBF, ==, 0);
    command(0x20);                                  /* the controller itself does not wait */
    g_assert_cmphex(inb(DATA), ==, 0x03);
    clock_step(1);
    g_assert_cmpint(isa_board.level[1], ==, 1);
    assert_waiting("f0 1c");
    g_assert_cmpint(clock_next_deadline(), ==, -1);
    teardown();
}

static void test_scanning_off_and_full_queue(void)
{
    setup();
    outb(DATA, 0xf5);
    assert_waiting("fa");
    ps2_keyboard_key(i8042_keyboard(), 0x1e, true);
    assert_waiting("");
    outb(DATA, 0xf4);
    assert_waiting("fa");
    for (int i = 0; i < 100; i++) {
        ps2_keyboard_key(i8042_keyboard(), 0xc8, true);
    }
    g_autofree char *got = waiting();
    g_assert_cmpuint(strlen(got) / 3 + 1, >=, 32);
    g_assert_true(g_str_has_suffix(got, "e0 75"));  /* never half a key */
    command(0xad);                                  /* keys wait while the port is off */
    ps2_keyboard_key(i8042_keyboard(), 0x1e, true);
    g_assert_cmphex(inb(COMMAND) & OBF, ==, 0);
    command(0xae);
    assert_waiting("1c");
    teardown();
}

static void test_answers_nobody_reads(void)
{
    setup();
    for (int i = 0; i < 1000; i++) {
        outb(DATA, 0xf2);
        command(0xaa);
        command_with(0xd4, 0xe9);
    }
    g_autofree char *got = waiting();
    g_assert_true(g_str_has_prefix(got, "fa 55"));
    g_free(waiting());
    g_assert_cmphex(inb(COMMAND) & OBF, ==, 0);     /* there is an end to what is kept */
    teardown();
}

/* Keys that tools type go down together, and up in the reverse order: when their time is over, or others come. */
static void test_typing_by_command(void)
{
    static const Asked rows[] = {
        { "send-key {\"keys\": [{\"type\": \"qcode\", \"data\": \"nosuch\"}]}", "GenericError: Parameter 'data' does not accept value 'nosuch'" },
        { "send-key {\"keys\": [{\"type\": \"number\", \"data\": \"a\"}]}", "GenericError: Invalid parameter type for 'data', expected: integer" },
        { "send-key {\"keys\": [{\"type\": \"number\", \"data\": 256}]}", "GenericError: Parameter 'data' does not accept value '256'" },
        { "send-key {\"keys\": [{\"type\": \"foo\", \"data\": 1}]}", "GenericError: Parameter 'type' does not accept value 'foo'" },
        { "send-key {\"keys\": [{\"type\": \"number\"}]}", "GenericError: *" },
        { "send-key {\"keys\": [3]}", "GenericError: *" },
        { "send-key {\"keys\": [{\"type\": \"number\", \"data\": 30}], \"hold-time\": 100000}", "{}" },
        { "query-mice", "[{\"index\": *, \"name\": \"PS/2 Mouse\", \"current\": true, \"absolute\": false}]" },
    };

    setup();
    ASK_ALL(rows);
    assert_waiting("1c");
    expect_answer("sendkey ctrl-alt-nosuch", "Error: unknown key: 'nosuch'\n", hmp_run);
    expect_answer("sendkey", "Error: *", hmp_run);
    assert_waiting("");
    expect_answer("sendkey ctrl-alt-delete 1", "", hmp_run);
    assert_waiting("f0 1c 14 11 e0 71");
    while (!(inb(COMMAND) & OBF)) {
        g_main_context_iteration(NULL, true);
    }
    assert_waiting("e0 f0 71 f0 11 f0 14");
    teardown();
    expect_answer("sendkey a 0", "", hmp_run);      /* nobody to type on */
    expect_answer("query-mice", "[]", ask);
}

/* ---- the mouse ---- */

/* Write these bytes to the mouse and forget its answers. */
static void tell_mouse(const char *bytes)
{
    g_auto(GStrv) words = g_strsplit(bytes, " ", -1);

    for (unsigned i = 0; words[i]; i++) {
        command_with(0xd4, (uint8_t)g_ascii_strtoull(words[i], NULL, 16));
        g_free(waiting());
    }
}

/* What is said to the mouse, what happens then, and the reports that come of it. */
static const struct {
    const char *name, *told;
    int dx, dy, wheel;
    const char *down;           /* buttons: "lrm45" */
    const char *reports;
} movements[] = {
    { "not asked", "f5", 1, 2, 3, "l", "" },
    { "right and down", "f4", 1, 2, 0, "", "+28 +01 +fe" },
    { "left and up", "f4", -1, -2, 0, "", "+18 +ff +02" },
    { "buttons", "f4", 0, 0, 0, "lrm", "+0f +00 +00" },
    { "no wheel, no more buttons", "f4", 0, 0, 1, "4", "" },
    { "far", "f4", 256, 0, 0, "", "+08 +ff +00 +08 +01 +00" },
    { "farther", "f4", -300, 300, 0, "", "+38 +01 +01 +38 +d3 +d3" },
    { "wheel", "f3 c8 f3 64 f3 50 f4", 0, 0, -1, "", "+08 +00 +00 +01" },
    { "wheel up far", "f3 c8 f3 64 f3 50 f4", 0, 0, 9, "", "+08 +00 +00 +f9 +08 +00 +00 +fe" },
    { "five buttons", "f3 c8 f3 64 f3 50 f3 c8 f3 c8 f3 50 f4", 0, 0, 2, "45", "+08 +00 +00 +3e" },
    { "half a knock", "f3 c8 f3 64 f3 51 f4", 0, 0, 1, "", "" },
    { "five at once", "f3 c8 f3 c8 f3 50 f4", 0, 0, 1, "", "" },
    { "scaled", "e7 f4", 3, -6, 0, "", "+08 +03 +0c" },
    { "remote", "f0 f4", 1, 1, 0, "", "" },
    { "reset", "f3 c8 f3 64 f3 50 ff f4", 1, 0, 1, "", "+08 +01 +00" },
};

static void test_mouse_reports(void)
{
    static const char names[] = "lmr45";    /* as InputButton counts */

    for (unsigned i = 0; i < G_N_ELEMENTS(movements); i++) {
        setup();
        g_test_message("%s", movements[i].name);
        command(0xa8);
        tell_mouse(movements[i].told);
        input_move(movements[i].dx, movements[i].dy);
        input_wheel(movements[i].wheel, 0);
        for (const char *button = movements[i].down; *button; button++) {
            input_button((InputButton)(strchr(names, *button) - names), true);
        }
        input_sync();
        assert_waiting(movements[i].reports);
        for (const char *button = movements[i].down; *button; button++) {
            input_button((InputButton)(strchr(names, *button) - names), false);
        }
        teardown();
    }
}

/* A guest that does not look gets one report of where it all went, and the first before. */
static void test_movements_become_one(void)
{
    setup();
    tell_mouse("f4");
    for (int i = 0; i < 1000; i++) {
        input_move(1, 0);
        input_sync();
    }
    assert_waiting("+08 +01 +00 +08 +ff +00 +08 +ff +00 +08 +ff +00 +08 +ea +00");
    for (int i = 0; i < 100000; i++) {
        input_move(0x7fffffff, -0x7fffffff);
        input_sync();
    }
    tell_mouse("f5");
    g_free(waiting());
    input_move(1, 1);       /* what happened while it was off is lost */
    input_sync();
    tell_mouse("f4");
    assert_waiting("");
    teardown();
}

static void test_mouse_is_read(void)
{
    setup();
    tell_mouse("f0 f4");
    input_move(2, 0);
    input_button(INPUT_RIGHT, true);
    input_button(INPUT_MIDDLE, true);
    input_sync();
    command_with(0xd4, 0xeb);
    assert_waiting("+fa +0e +02 +00");
    command_with(0xd4, 0xeb);
    assert_waiting("+fa +0e +00 +00");
    command_with(0xd4, 0xe9);
    assert_waiting("+fa +63 +02 +64");
    input_button(INPUT_RIGHT, false);
    input_button(INPUT_MIDDLE, false);
    teardown();
}

/* Keys of people take the same way as those of tools. */
static void test_typing(void)
{
    setup();
    input_key(KEY_A, true);
    input_key(KEY_A, true);
    input_key(KEY_A, false);
    input_key(KEY_MAX, true);       /* the keyboard has no such key */
    input_key(KEY_MAX, false);
    assert_waiting("1c 1c f0 1c");
    input_key(KEY_PAUSE, true);
    input_key(KEY_PAUSE, false);
    assert_waiting("e1 14 77 e1 f0 14 f0 77");
    teardown();
    input_key(KEY_A, true);         /* nobody listens any more */
    input_key(KEY_A, false);
}

static unsigned resets;

static void on_reset(Notifier *self, void *data)
{
    g_assert_cmpint(*(const Cause *)data, ==, CAUSE_GUEST_RESET);
    resets++;
}

static const struct {
    const char *writes;
    bool resets;
} reset_writes[] = {
    { "64:fe", true }, { "64:f0", true }, { "64:ff", false }, { "64:fd", false },
    { "64:d1 60:02", true }, { "64:d1 60:03", false },
};

static void test_guest_reset(void)
{
    Notifier notifier = { on_reset };

    notifier_add(&reset_notifiers, &notifier);
    for (unsigned i = 0; i < G_N_ELEMENTS(reset_writes); i++) {
        setup();
        resets = 0;
        write_all(reset_writes[i].writes);
        isa_board_settle();
        g_assert_cmpuint(resets, ==, reset_writes[i].resets);
        teardown();
    }
    notifier_del(&reset_notifiers, &notifier);
}

static void test_random_writes(void)
{
    setup();
    for (int i = 0; i < 100000; i++) {
        uint8_t byte = (uint8_t)g_test_rand_int_range(0, 256);
        outb(g_test_rand_bit() ? DATA : COMMAND, byte);
        ps2_keyboard_key(i8042_keyboard(), byte, g_test_rand_bit());
        input_move(byte, -byte);
        input_button(byte % INPUT_BUTTONS, byte & 0x80);
        input_sync();
        if (g_test_rand_bit()) {
            inb(DATA);
        }
        clock_step(g_test_rand_int_range(0, GAP_NS));
    }
    isa_board_settle();
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/i8042/dialogues", test_dialogues);
    g_test_add_func("/i8042/status", test_status);
    g_test_add_func("/i8042/interrupts", test_interrupts);
    g_test_add_func("/i8042/reset", test_guest_reset);
    g_test_add_func("/i8042/unread", test_answers_nobody_reads);
    g_test_add_func("/i8042/send-key", test_typing_by_command);
    g_test_add_func("/i8042/typing", test_typing);
    g_test_add_func("/ps2/mouse/reports", test_mouse_reports);
    g_test_add_func("/ps2/mouse/one", test_movements_become_one);
    g_test_add_func("/ps2/mouse/read", test_mouse_is_read);
    g_test_add_func("/i8042/random", test_random_writes);
    g_test_add_func("/ps2/scan-codes", test_scan_codes);
    g_test_add_func("/ps2/translation", test_translation_inverts_set_2);
    g_test_add_func("/ps2/gap", test_gap_between_key_bytes);
    g_test_add_func("/ps2/queue", test_scanning_off_and_full_queue);
    return g_test_run();
}
