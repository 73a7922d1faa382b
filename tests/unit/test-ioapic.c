/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC: registers, messages by trigger mode and mask, remote IRR and end of interrupt. */
#include "core/msi.h"
#include "core/pins.h"
#include "tests/unit/isa-board.h"

#define BASE UINT64_C(0xfec00000)

enum {
    SELECT = 0x00, WINDOW = 0x10, EOI = 0x40,
    LEVEL = 0x8000, MASKED = 0x10000, REMOTE_IRR = 0x4000, LOW_ACTIVE = 0x2000,
};

static Object *ioapic;
static MsiMessage sent;
static unsigned sent_count;

static void send(MsiMessage message)
{
    sent = message;
    sent_count++;
}

static const MsiOps msi = { .send = send };

static int ended, lowered_by_eoi;
static unsigned ended_count;

/* As a device does: the end of its interrupt takes its line down. */
static void on_eoi(Notifier *self, void *data)
{
    ended = *(const int *)data;
    ended_count++;
    if (ended == lowered_by_eoi) {
        pin_set_input(ioapic, NULL, (unsigned)ended, 0);
    }
}

static Notifier eoi_notifier = { on_eoi };

static void up(void)
{
    isa_board_up();
    ioapic = isa_board_add("ioapic", "");
    msi_set_ops(&msi);
    notifier_add(&accel_eoi_notifiers, &eoi_notifier);
    sent = (MsiMessage){ 0 };
    sent_count = ended_count = 0;
    ended = lowered_by_eoi = -1;
}

static void down(void)
{
    notifier_del(&accel_eoi_notifiers, &eoi_notifier);
    msi_set_ops(NULL);
    isa_board_down();
}

static uint32_t get(unsigned reg)
{
    space_write(&memory_space, BASE + SELECT, reg, 4);
    return (uint32_t)space_read(&memory_space, BASE + WINDOW, 4);
}

static void put(unsigned reg, uint32_t value)
{
    space_write(&memory_space, BASE + SELECT, reg, 4);
    space_write(&memory_space, BASE + WINDOW, value, 4);
}

static void entry(unsigned pin, uint32_t low, uint32_t high)
{
    put(0x11 + 2 * pin, high);
    put(0x10 + 2 * pin, low);
}

static void line(unsigned input, int level)
{
    g_assert_true(pin_set_input(ioapic, NULL, input, level));
}

static void eoi(unsigned vector)
{
    space_write(&memory_space, BASE + EOI, vector, 4);
}

/* ---- registers ---- */

static const struct {
    unsigned reg;
    uint32_t reset, writable;
} registers[] = {
    { 0x00, 0, 0x0f000000 },            /* ID */
    { 0x01, 0x00170020, 0 },            /* version: 24 entries, EOI register */
    { 0x02, 0, 0 },                     /* arbitration */
    { 0x03, 0, 0 }, { 0x0f, 0, 0 }, { 0x40, 0, 0 }, { 0xff, 0, 0 },
    { 0x10, MASKED, 0xffffafff }, { 0x11, 0, 0xffffffff }, { 0x3e, MASKED, 0xffffafff }, { 0x3f, 0, 0xffffffff },
};

static void test_registers(void)
{
    up();
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(registers); i++) {
            g_test_message("register %x", registers[i].reg);
            g_assert_cmphex(get(registers[i].reg), ==, registers[i].reset);
            put(registers[i].reg, 0xffffffff);
            g_assert_cmphex(get(registers[i].reg), ==,
                            registers[i].writable | (registers[i].writable ? 0 : registers[i].reset));
            put(registers[i].reg, 0);
        }
        g_assert_cmphex(space_read(&memory_space, BASE + SELECT, 4), ==, 0x3f);
        object_reset_all();
        g_assert_cmphex(space_read(&memory_space, BASE + SELECT, 4), ==, 0);
    }
    g_assert_cmphex(space_read(&memory_space, BASE + 0x20, 4), ==, 0);
    g_assert_cmphex(space_read(&memory_space, BASE + EOI, 4), ==, 0);
    g_assert_cmpuint(sent_count, ==, 0);
    down();
}

/* ---- messages ---- */

/* A redirection entry and the message it makes (SDM volume 3, "Message Address Register Format"). */
static const struct {
    uint32_t low, high;
    uint64_t address;
    uint32_t data;
} messages[] = {
    { 0x0031, 0x00000000, 0xfee00000, 0x4031 },             /* fixed, physical, APIC 0 */
    { 0x0031, 0x05000000, 0xfee05000, 0x4031 },
    { 0x09fe, 0xff000000, 0xfeeff004, 0x41fe },             /* lowest priority, logical */
    { 0x0400, 0x01000000, 0xfee01000, 0x4400 },             /* NMI */
    { 0x0700, 0x00000000, 0xfee00000, 0x4700 },             /* ExtINT */
    { 0x8033, 0x02000000, 0xfee02000, 0xc033 },             /* level */
    { LOW_ACTIVE | 0x34, 0, 0xfee00000, 0x4034 },           /* an asserted line is up, whatever the voltage */
};

static void test_messages(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(messages); i++) {
        up();
        entry(9, messages[i].low, messages[i].high);
        g_assert_cmpuint(sent_count, ==, 0);
        line(9, 1);
        g_assert_cmpuint(sent_count, ==, 1);
        g_assert_cmphex(sent.address, ==, messages[i].address);
        g_assert_cmphex(sent.data, ==, messages[i].data);
        line(9, 0);
        g_assert_cmpuint(sent_count, ==, 1);
        down();
    }
}

static void test_every_pin_has_its_entry(void)
{
    up();
    for (unsigned pin = 0; pin < 24; pin++) {
        entry(pin, 0x40 + pin, 0);
    }
    for (unsigned input = 0; input < 24; input++) {
        unsigned pin = input == 0 ? 2 : input;      /* the timer */
        line(input, 1);
        g_assert_cmphex(sent.data & 0xff, ==, 0x40 + pin);
        line(input, 0);
        g_assert_cmpuint(sent_count, ==, input + 1);
    }
    g_assert_false(pin_set_input(ioapic, NULL, 24, 1));
    down();
}

/* ---- trigger modes ---- */

/*
 * One character each: '+' and '-' drive input 11; 'm' and 'u' mask and unmask; 'E' ends vector 0x5b, 'F' another;
 * 'e' and 'l' make it edge- and level-triggered. @sent: messages until now, a digit a step. Entries begin masked.
 */
static const struct {
    bool level;
    const char *steps, *sent;
} scripts[] = {
    { false, "u+-+-",      "01122" },
    { false, "u++-+",      "01112" },
    { false, "+u-+",       "0001" },        /* an edge while masked is lost */
    { false, "u+m-+u",     "011111" },
    { false, "u+E+",       "0111" },
    { true,  "u+-+",       "0111" },        /* the second level waits for the end of the first */
    { true,  "u+E",        "012" },         /* still up */
    { true,  "u+-E+",      "01112" },
    { true,  "u+FE",       "0112" },
    { true,  "+u",         "01" },          /* a level is heard when it is unmasked */
    { true,  "+-u",        "000" },
    { true,  "u+mEu",      "01112" },
    { true,  "u+muE",      "01112" },
    { true,  "u+el",       "0112" },        /* edge-triggered mode forgets remote IRR */
    { false, "u+l",        "012" },
};

static void step(char action, uint32_t *low)
{
    switch (action) {
    case '+':
    case '-':
        line(11, action == '+');
        return;
    case 'E':
    case 'F':
        eoi(action == 'E' ? 0x5b : 0x5c);
        return;
    case 'm':
    case 'u':
        *low = action == 'm' ? *low | MASKED : *low & ~(uint32_t)MASKED;
        break;
    default:
        *low = action == 'l' ? *low | LEVEL : *low & ~(uint32_t)LEVEL;
        break;
    }
    put(0x10 + 2 * 11, *low);
}

static void test_trigger_modes(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(scripts); i++) {
        up();
        uint32_t low = MASKED | 0x5b | (scripts[i].level ? LEVEL : 0);
        entry(11, low, 0);
        for (unsigned at = 0; scripts[i].steps[at]; at++) {
            g_test_message("row %u step %u", i, at);
            step(scripts[i].steps[at], &low);
            g_assert_cmpuint(sent_count, ==, (unsigned)(scripts[i].sent[at] - '0'));
        }
        down();
    }
}

static void test_remote_irr(void)
{
    up();
    entry(10, LEVEL | 0x51, 0);
    line(10, 1);
    g_assert_cmphex(get(0x10 + 20), ==, LEVEL | REMOTE_IRR | 0x51);
    put(0x10 + 20, LEVEL | 0x51);                           /* not writable */
    g_assert_cmphex(get(0x10 + 20), ==, LEVEL | REMOTE_IRR | 0x51);
    g_assert_cmpuint(sent_count, ==, 1);
    line(10, 0);
    eoi(0x51);
    g_assert_cmphex(get(0x10 + 20), ==, LEVEL | 0x51);
    down();
}

static void test_the_end_is_told_before_the_line_is_heard_again(void)
{
    up();
    entry(10, LEVEL | 0x51, 0);
    line(10, 1);
    lowered_by_eoi = 10;
    eoi(0x51);
    g_assert_cmpint(ended, ==, 10);
    g_assert_cmpuint(sent_count, ==, 1);
    eoi(0x51);                                              /* nothing to end */
    g_assert_cmpuint(ended_count, ==, 1);
    down();
}

static void test_one_end_is_of_all_pins_with_the_vector(void)
{
    up();
    entry(10, LEVEL | 0x51, 0);
    entry(2, LEVEL | 0x51, 0);
    entry(12, 0x51, 0);
    line(0, 1);
    line(10, 1);
    line(12, 1);
    eoi(0x51);
    g_assert_cmpuint(ended_count, ==, 2);                   /* not of the edge-triggered one */
    g_assert_cmpuint(sent_count, ==, 5);
    line(10, 0);
    eoi(0x51);
    g_assert_cmpuint(ended_count, ==, 4);
    g_assert_cmpuint(sent_count, ==, 6);
    line(0, 0);
    eoi(0x51);
    g_assert_cmpint(ended, ==, 0);                          /* pin 2 is GSI 0 */
    down();
}

static void test_reset(void)
{
    up();
    put(0x00, 0x05000000);
    entry(10, LEVEL | 0x51, 0xff000000);
    line(10, 1);
    object_reset_all();
    g_assert_cmphex(get(0x00), ==, 0);
    g_assert_cmphex(get(0x10 + 20), ==, MASKED);
    g_assert_cmphex(get(0x10 + 21), ==, 0);
    entry(10, LEVEL | 0x52, 0);                             /* the line is still up */
    g_assert_cmpuint(sent_count, ==, 2);
    down();
}

static void test_narrow_accesses(void)
{
    up();
    put(0x00, 0x05000000);
    space_write(&memory_space, BASE + SELECT, 1, 1);        /* registers are written 32 bits wide */
    g_assert_cmphex(space_read(&memory_space, BASE + SELECT, 4), ==, 0);
    space_write(&memory_space, BASE + WINDOW + 3, 0x0f, 1);
    g_assert_cmphex(get(0x00), ==, 0x05000000);
    g_assert_cmphex(space_read(&memory_space, BASE + WINDOW, 8), ==, 0x05000000);
    down();
}

static void test_anything_is_survived(void)
{
    up();
    for (int i = 0; i < 100000; i++) {
        put((unsigned)g_test_rand_int_range(0, 256), (uint32_t)g_test_rand_int());
        space_write(&memory_space, BASE + (unsigned)g_test_rand_int_range(0, 0x1000), (uint32_t)g_test_rand_int(), 4);
        line((unsigned)g_test_rand_int_range(0, 24), g_test_rand_bit());
        get((unsigned)g_test_rand_int_range(0, 256));
    }
    down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ioapic/registers", test_registers);
    g_test_add_func("/ioapic/messages", test_messages);
    g_test_add_func("/ioapic/pins", test_every_pin_has_its_entry);
    g_test_add_func("/ioapic/trigger-modes", test_trigger_modes);
    g_test_add_func("/ioapic/remote-irr", test_remote_irr);
    g_test_add_func("/ioapic/end/order", test_the_end_is_told_before_the_line_is_heard_again);
    g_test_add_func("/ioapic/end/all", test_one_end_is_of_all_pins_with_the_vector);
    g_test_add_func("/ioapic/reset", test_reset);
    g_test_add_func("/ioapic/narrow", test_narrow_accesses);
    g_test_add_func("/ioapic/garbage", test_anything_is_survived);
    return g_test_run();
}
