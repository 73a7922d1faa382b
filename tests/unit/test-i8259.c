/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pair of 8259A: what its data sheet says as scripts, and priorities against brute force. */
#include "core/pins.h"
#include "hw/intc/i8259.h"
#include "tests/unit/isa-board.h"

static Object *pics[2];
static int intr;                        /* the master's INT */
static int ended[16], ended_count;      /* GSIs the chips reported the end of, in order */

static void on_intr(void *to, int n, int level)
{
    intr = level;
}

static void on_eoi(Notifier *self, void *data)
{
    if (ended_count < 16) {
        ended[ended_count++] = *(const int *)data;
    }
}

static Notifier eoi_notifier = { on_eoi };

static void up(void)
{
    isa_board_up();
    pics[0] = isa_board_add("isa-i8259", "master=on,elcr_mask=0xf8");
    pics[1] = isa_board_add("isa-i8259", "iobase=0xa0,elcr_addr=0x4d1,elcr_mask=0xde");
    i8259_cascade((I8259 *)pics[0], (I8259 *)pics[1]);
    pin_wire_output(pics[0], NULL, 0, (Irq){ .set = on_intr });
    intr = ended_count = 0;
    notifier_add(&accel_eoi_notifiers, &eoi_notifier);
}

static void down(void)
{
    notifier_del(&accel_eoi_notifiers, &eoi_notifier);
    isa_board_down();
}

static void line(unsigned irq, int level)
{
    pin_set_input(pics[irq / 8], NULL, irq % 8, level);
}

static void initialize(uint8_t icw4)
{
    static const struct {
        uint16_t port;
        uint8_t icw2, icw3;
    } chips[] = { { 0x20, 0x30, 0x04 }, { 0xa0, 0x70, 0x02 } };

    for (unsigned i = 0; i < G_N_ELEMENTS(chips); i++) {
        outb(chips[i].port, 0x11);
        outb(chips[i].port + 1, chips[i].icw2);
        outb(chips[i].port + 1, chips[i].icw3);
        outb(chips[i].port + 1, icw4);
    }
}

/* ---- scripts ---- */

/*
 * Words: "init" (vectors 0x30 and 0x70) or "init=ICW4"; "w20=11" writes a port, "r20=08" reads it; "+3" and "-3" drive
 * IRQ lines (hex); "INT" and "int" expect the processor's line high and low; "a=33" acknowledges and expects the
 * vector; "e=5" expects that the end of IRQ 5 was reported since the last e, "e" that none was.
 */
static const struct {
    const char *name, *script;
} scripts[] = {
    /* IRR and ISR, the fully nested mode, non-specific EOI */
    { "edge", "init +3 INT r20=08 a=33 int r20=00 w20=0b r20=08 w20=20 r20=00 int -3 int +3 INT" },
    { "an edge is remembered", "init +3 -3 INT r20=08 a=33 w20=20 int" },
    { "no new edge, no request", "init +3 a=33 w20=20 int -3 +3 a=33" },
    { "higher goes first", "init +5 +3 a=33 int w20=20 INT a=35 w20=20 int" },
    { "higher interrupts lower", "init +5 a=35 int +3 INT a=33 w20=20 w20=0b r20=20 w20=20 r20=00" },
    { "lower waits", "init +3 a=33 +5 int w20=20 INT a=35" },
    { "specific eoi", "init +5 a=35 +3 a=33 w20=65 w20=0b r20=08" },
    { "mask", "init w21=08 +3 int r20=08 r21=08 w21=00 INT w21=08 int" },
    { "init clears", "init w21=ff +3 w20=0b init r21=00 r20=00 int -3 +3 INT a=33 init w20=0b r20=00" },
    /* spurious interrupts */
    { "spurious 7", "init +3 INT w21=08 a=37 w20=0b r20=00" },
    { "spurious 15", "init +b INT wa1=08 INT a=77 w20=0b r20=04 wa0=0b ra0=00" },
    { "level gone", "init w4d0=08 +3 INT -3 int a=37" },
    /* cascade */
    { "slave", "init +c INT ra0=10 r20=04 a=74 w20=0b r20=04 wa0=0b ra0=10 wa0=20 w20=20 int ra0=00 r20=00" },
    { "slave lower waits", "init +9 a=71 +c int wa0=20 int w20=20 INT a=74" },
    { "slave higher waits for the master", "init +c a=74 +9 int w20=20 INT a=71" },
    { "special fully nested", "init=11 +c a=74 +9 INT a=71 wa0=20 wa0=0b ra0=10 +f int wa0=20 INT a=77" },
    { "special fully nested is for slaves only", "init=11 w4d0=08 +3 a=33 int" },
    { "master above slave", "init +c a=74 +1 INT a=31 w20=0b r20=06" },
    /* automatic EOI and rotation */
    { "aeoi", "init=03 +3 a=33 w20=0b r20=00 +5 a=35 r20=00" },
    { "rotate in aeoi", "init=03 w20=80 +3 +4 a=33 +1 a=34 -3 +3 a=31 a=33" },
    { "rotate in aeoi off", "init=03 w20=80 w20=00 +3 +4 a=33 +1 a=31" },
    { "rotate on non-specific eoi", "init +4 +6 a=34 w20=a0 -4 +4 +5 a=35 w20=20 a=36 w20=20 a=34" },
    { "rotate on specific eoi", "init +4 +6 a=34 w20=e4 -4 +4 a=36 w20=20 a=34" },
    { "set priority", "init w20=c5 +5 +6 +1 a=36 w20=20 a=31 w20=20 a=35" },
    { "no operation", "init w20=42 +3 +1 a=31" },
    { "eoi without service", "init w20=20 w20=a0 +0 +1 a=30" },
    /* special mask mode */
    { "special mask", "init +3 a=33 +5 int w21=08 int w20=68 INT a=35 -3 +3 int" },
    { "eoi in special mask", "init +3 a=33 w21=08 w20=68 +5 a=35 w20=20 w20=0b r20=08 w20=20 r20=08 w20=63 r20=00" },
    { "special mask off", "init +3 a=33 w21=08 w20=68 +5 INT w20=48 int" },
    { "special mask kept", "init +3 a=33 w21=08 w20=68 w20=2b +5 INT" },
    /* poll */
    { "poll", "init +3 w20=0c r20=83 int r20=00 w20=0b r20=08 w20=20 w20=0c r20=00 r20=00" },
    { "poll of the odd port", "init w21=01 +3 w20=0c r21=83 r21=01" },
    { "poll of the cascade", "init +c w20=0c r20=82 wa0=0c ra0=84 wa0=0c ra0=00" },
    { "poll respects service", "init +3 a=33 +5 w20=0c r20=00 +1 w20=0c r20=81" },
    { "poll before read", "init +3 w20=0f r20=83 r20=08" },
    /* triggers and the end of level-triggered interrupts */
    { "elcr", "w4d0=ff r4d0=f8 w4d1=ff r4d1=de w4d0=00 r4d0=00" },
    { "level", "init w4d0=20 +5 INT a=35 w20=20 INT a=35 -5 w20=20 int r20=00" },
    { "end of level", "init w4d0=20 w4d1=02 +5 a=35 w20=20 e=5 -5 +9 a=71 -9 wa0=20 e=9 w20=20 e +4 a=34 w20=20 e" },
    { "end of level, aeoi", "init=03 w4d0=20 +5 a=35 e=5 INT" },
    { "init keeps levels", "init w4d0=20 +5 init INT r20=20" },
    /* initialization words */
    { "single", "w20=13 w21=40 w21=01 r21=00 w21=5c r21=5c +1 INT a=41" },
    { "no icw4", "w20=10 w21=40 w21=04 w21=5a r21=5a" },
    { "no icw3, no icw4", "w20=12 w21=47 w21=02 r21=02 +0 a=40" },
    { "vector has no low bits", "w20=13 w21=4f w21=01 +1 a=49" },
    { "init starts again", "init w20=11 w21=60 w20=13 w21=40 w21=01 w21=02 +3 a=43" },
    { "icw4 forgets aeoi", "init=03 init +3 a=33 w20=0b r20=08" },
};

static unsigned hex(const char *text)
{
    return (unsigned)strtoul(text, NULL, 16);
}

static void run_port(const char *word)
{
    uint16_t port = (uint16_t)hex(word + 1);
    uint8_t value = (uint8_t)hex(strchr(word, '=') + 1);

    if (word[0] == 'w') {
        outb(port, value);
    } else {
        g_assert_cmphex(inb(port), ==, value);
    }
}

static void run_word(const char *word)
{
    if (g_str_has_prefix(word, "init")) {
        initialize(word[4] == '=' ? (uint8_t)hex(word + 5) : 0x01);
    } else if (g_ascii_strcasecmp(word, "int") == 0) {
        g_assert_cmpint(intr, ==, word[0] == 'I');
    } else if (word[0] == '+' || word[0] == '-') {
        line(hex(word + 1), word[0] == '+');
    } else if (word[0] == 'a') {
        g_assert_cmphex(i8259_acknowledge((I8259 *)pics[0]), ==, hex(word + 2));
    } else if (word[0] == 'e') {
        g_assert_cmpint(ended_count, ==, word[1] == '=');
        g_assert_true(!ended_count || (unsigned)ended[0] == hex(word + 2));
        ended_count = 0;
    } else {
        run_port(word);
    }
}

static void test_script(const void *data)
{
    g_auto(GStrv) words = g_strsplit(data, " ", -1);

    up();
    for (char **word = words; *word; word++) {
        g_test_message("%s", *word);
        run_word(*word);
    }
    down();
}

/* ---- brute force ---- */

typedef struct Model {
    bool lines[8], requests[8], serving[8], masked[8], level[8];
    bool special_mask, nested_special, auto_eoi, rotate;
    unsigned lowest;
} Model;

static unsigned place(const Model *model, unsigned input)
{
    return (input + 7 - model->lowest) % 8;
}

static bool wanted(const Model *model, unsigned input)
{
    return model->level[input] ? model->lines[input] : model->requests[input];
}

/* Nobody in service is in the way, nobody else asks with more right. */
static bool goes_first(const Model *model, unsigned input)
{
    if (!wanted(model, input) || model->masked[input]) {
        return false;
    }
    for (unsigned other = 0; other < 8; other++) {
        bool serves = model->serving[other] && !(model->special_mask && model->masked[other]);
        bool before = place(model, other) < place(model, input);
        bool again = other == input && model->nested_special && input == I8259_CASCADE;
        if ((serves && (before || (other == input && !again))) ||
            (before && wanted(model, other) && !model->masked[other])) {
            return false;
        }
    }
    return true;
}

static int first(const Model *model)
{
    for (unsigned input = 0; input < 8; input++) {
        if (goes_first(model, input)) {
            return (int)input;
        }
    }
    return -1;
}

static void model_end(Model *model, unsigned input, bool rotate)
{
    model->serving[input] = false;
    model->lowest = rotate ? input : model->lowest;
}

static void model_end_highest(Model *model, bool rotate)
{
    for (unsigned at = 0; at < 8; at++) {
        unsigned input = (model->lowest + 1 + at) % 8;
        if (model->serving[input] && !(model->special_mask && model->masked[input])) {
            model_end(model, input, rotate);
            return;
        }
    }
}

static int model_acknowledge(Model *model)
{
    int input = first(model);

    if (input >= 0) {
        model->requests[input] = false;
        model->serving[input] = true;
        if (model->auto_eoi) {
            model_end(model, (unsigned)input, model->rotate);
        }
    }
    return input;
}

static uint8_t bits(const bool flags[8])
{
    unsigned value = 0;

    for (unsigned i = 0; i < 8; i++) {
        value |= (unsigned)flags[i] << i;
    }
    return (uint8_t)value;
}

static void model_line(Model *model, unsigned input)
{
    model->lines[input] = !model->lines[input];
    model->requests[input] = model->requests[input] || model->lines[input];
    line(input, model->lines[input]);
}

static void model_mask(Model *model, uint8_t mask)
{
    for (unsigned i = 0; i < 8; i++) {
        model->masked[i] = mask >> i & 1;
    }
    outb(0x21, mask);
}

static void model_command(Model *model, unsigned command, unsigned input)
{
    outb(0x20, (uint8_t)(command << 5 | input));
    if (command == 0 || command == 4) {
        model->rotate = command == 4;
    } else if (command == 1 || command == 5) {
        model_end_highest(model, command == 5);
    } else if (command == 3 || command == 7) {
        model_end(model, input, command == 7);
    } else if (command == 6) {
        model->lowest = input;
    }
}

static void model_step(Model *model)
{
    switch (g_test_rand_int_range(0, 10)) {
    case 0:
        model_mask(model, (uint8_t)(g_test_rand_int_range(0, 256) & g_test_rand_int_range(0, 256)));
        break;
    case 1:
        model->special_mask = g_test_rand_bit();
        outb(0x20, model->special_mask ? 0x68 : 0x48);
        break;
    case 2:
    case 3:
        model_command(model, (unsigned)g_test_rand_int_range(0, 8), (unsigned)g_test_rand_int_range(0, 8));
        break;
    case 4:
    case 5: {
        int input = model_acknowledge(model);
        outb(0x20, 0x0c);
        g_assert_cmphex(inb(0x20), ==, input < 0 ? 0 : 0x80 | (unsigned)input);
        break;
    }
    default:
        model_line(model, (unsigned)g_test_rand_int_range(0, 8));
        break;
    }
}

static void model_compare(const Model *model)
{
    bool wants[8];

    for (unsigned i = 0; i < 8; i++) {
        wants[i] = wanted(model, i);
    }
    g_assert_cmpint(intr, ==, first(model) >= 0);
    outb(0x20, 0x0a);
    g_assert_cmphex(inb(0x20), ==, bits(wants));
    outb(0x20, 0x0b);
    g_assert_cmphex(inb(0x20), ==, bits(model->serving));
    g_assert_cmphex(inb(0x21), ==, bits(model->masked));
}

static void test_priorities_by_brute_force(void)
{
    for (unsigned variant = 0; variant < 16; variant++) {
        Model model = { .lowest = 7, .nested_special = variant & 1, .auto_eoi = variant & 2 };
        up();
        initialize((uint8_t)(1 | (model.auto_eoi ? 2 : 0) | (model.nested_special ? 0x10 : 0)));
        outb(0x4d0, (uint8_t)(variant << 4));
        for (unsigned i = 4; i < 8; i++) {
            model.level[i] = variant << 4 >> i & 1;
        }
        for (int i = 0; i < 20000; i++) {
            model_step(&model);
            model_compare(&model);
        }
        down();
    }
}

/* ---- the rest ---- */

static void test_reset(void)
{
    up();
    initialize(0x03);
    outb(0x21, 0xff);
    outb(0x4d0, 0x20);
    line(4, 1);
    object_reset_all();
    g_assert_cmphex(inb(0x20), ==, 0);
    g_assert_cmphex(inb(0x21), ==, 0);
    g_assert_cmphex(inb(0x4d0), ==, 0);
    g_assert_cmpint(intr, ==, 0);
    line(4, 0);
    line(4, 1);
    g_assert_cmpint(intr, ==, 1);
    down();
}

static void test_any_words_are_survived(void)
{
    static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };

    up();
    for (int i = 0; i < 200000; i++) {
        uint16_t port = ports[g_test_rand_int_range(0, G_N_ELEMENTS(ports))];
        outb(port, (uint8_t)g_test_rand_int_range(0, 256));
        inb(port);
        line((unsigned)g_test_rand_int_range(0, 16), g_test_rand_bit());
        if (g_test_rand_bit()) {
            i8259_acknowledge((I8259 *)pics[0]);
        }
    }
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autofree char *path = g_strdup_printf("/i8259/script/%s", scripts[i].name);
        g_test_add_data_func(path, scripts[i].script, test_script);
    }
    g_test_add_func("/i8259/oracle", test_priorities_by_brute_force);
    g_test_add_func("/i8259/reset", test_reset);
    g_test_add_func("/i8259/garbage", test_any_words_are_survived);
    return g_test_run();
}
