/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requests of the qtest protocol. A malformed one is answered FAIL and
 * changes nothing.
 */
#include "core/clock.h"
#include "core/dispatch.h"
#include "core/pins.h"
#include "core/tree.h"
#include "lib/parse.h"
#include "monitor/qtest.h"

#include <string.h>

/* One access moves no more than this: a length is a word of the request. */
#define BLOCK_MAX (UINT64_C(256) << 20)

/* The words of data are 0x and two digits a byte at the least. */
enum { DATA_WORD_MIN = 3 };

/* Of a request, with its name: set_irq_in has most. */
enum { WORDS_MAX = 5 };

typedef struct Request {
    QtestIrqs *irqs;
    char **words;           /* the request's name and its arguments */
    const struct Verb *verb;
    GString *reply;
} Request;

typedef struct Verb {
    const char *name;
    unsigned words;         /* the least that must follow the name */
    bool (*run)(Request *request, Error **errp);
    unsigned size;          /* of one access */
    bool manual_clock;      /* exists only where the clock stands still by itself */
} Verb;

static bool number(const Request *request, unsigned n, uint64_t max, uint64_t *ret, Error **errp)
{
    return parse_u64(request->words[n], max, ret, errp) || fail(errp, "%s", request->words[0]);
}

static uint64_t mask(unsigned size)
{
    return size < 8 ? (UINT64_C(1) << (8 * size)) - 1 : UINT64_MAX;
}

/* ---- ports and memory, one access ---- */

static bool endianness(Request *request, Error **errp)
{
    g_string_append(request->reply, " little");
    return true;
}

static bool port_write(Request *request, Error **errp)
{
    uint64_t port, value;

    if (!number(request, 1, UINT16_MAX, &port, errp) || !number(request, 2, UINT64_MAX, &value, errp)) {
        return false;
    }
    space_write(&io_space, port, value & mask(request->verb->size), request->verb->size);
    return true;
}

static bool port_read(Request *request, Error **errp)
{
    uint64_t port;

    if (!number(request, 1, UINT16_MAX, &port, errp)) {
        return false;
    }
    g_string_append_printf(request->reply, " 0x%04" G_GINT64_MODIFIER "x",
                           space_read(&io_space, port, request->verb->size));
    return true;
}

static bool memory_write(Request *request, Error **errp)
{
    uint64_t addr, value;

    if (!number(request, 1, UINT64_MAX, &addr, errp) || !number(request, 2, UINT64_MAX, &value, errp)) {
        return false;
    }
    space_write(&memory_space, addr, value & mask(request->verb->size), request->verb->size);
    return true;
}

static bool memory_read(Request *request, Error **errp)
{
    uint64_t addr;

    if (!number(request, 1, UINT64_MAX, &addr, errp)) {
        return false;
    }
    g_string_append_printf(request->reply, " 0x%016" G_GINT64_MODIFIER "x",
                           space_read(&memory_space, addr, request->verb->size));
    return true;
}

/* ---- memory, blocks ---- */

static bool block(const Request *request, uint64_t *addr, uint64_t *len, Error **errp)
{
    if (!number(request, 1, UINT64_MAX, addr, errp) || !number(request, 2, BLOCK_MAX, len, errp)) {
        return false;
    }
    return *len <= UINT64_MAX - *addr || fail(errp, "%s: the block ends above the last address", request->words[0]);
}

/* The bytes a reading request asks for; NULL with *errp set. */
static uint8_t *read_block(const Request *request, uint64_t *ret_len, Error **errp)
{
    uint64_t addr, len;

    if (!block(request, &addr, &len, errp)) {
        return NULL;
    }
    if (len == 0) {
        fail(errp, "%s: the length is 0", request->words[0]);
        return NULL;
    }
    uint8_t *data = g_malloc(len);
    space_read_bytes(&memory_space, addr, data, len);
    *ret_len = len;
    return data;
}

static bool block_read(Request *request, Error **errp)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t len;
    g_autofree uint8_t *data = read_block(request, &len, errp);

    if (!data) {
        return false;
    }
    g_string_append(request->reply, " 0x");
    for (uint64_t i = 0; i < len; i++) {
        g_string_append_c(request->reply, digits[data[i] >> 4]);
        g_string_append_c(request->reply, digits[data[i] & 15]);
    }
    return true;
}

static bool block_read_base64(Request *request, Error **errp)
{
    uint64_t len;
    g_autofree uint8_t *data = read_block(request, &len, errp);

    if (!data) {
        return false;
    }
    g_autofree char *text = g_base64_encode(data, len);
    g_string_append_printf(request->reply, " %s", text);
    return true;
}

/* Data shorter than @len is followed by zeros. */
static void write_padded(uint64_t addr, const uint8_t *data, uint64_t data_len, uint64_t len)
{
    g_autofree uint8_t *whole = g_malloc0(MAX(len, 1));

    memcpy(whole, data, MIN(data_len, len));
    space_write_bytes(&memory_space, addr, whole, len);
}

/* The tests' one reply that is not FAIL. */
static bool refuse_size(Request *request)
{
    g_string_assign(request->reply, "ERR invalid argument size");
    return true;
}

static bool block_write(Request *request, Error **errp)
{
    const char *text = request->words[3];
    uint64_t addr, len;

    if (!block(request, &addr, &len, errp)) {
        return false;
    }
    if (strlen(text) < DATA_WORD_MIN) {
        return refuse_size(request);
    }
    if (!g_str_has_prefix(text, "0x")) {
        return fail(errp, "write: the data does not begin with 0x");
    }
    const char *digits = text + 2;
    size_t count = strspn(digits, "0123456789abcdefABCDEF");
    if (digits[count]) {
        return fail(errp, "write: '%c' is not a hexadecimal digit", digits[count]);
    }
    g_autofree uint8_t *data = g_malloc(count / 2 + 1);
    for (size_t i = 0; i < count / 2; i++) {    /* an odd last digit is dropped */
        data[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4 | g_ascii_xdigit_value(digits[2 * i + 1]));
    }
    write_padded(addr, data, count / 2, len);
    return true;
}

static bool block_write_base64(Request *request, Error **errp)
{
    const char *text = request->words[3];
    uint64_t addr, len;
    gsize data_len;

    if (!block(request, &addr, &len, errp)) {
        return false;
    }
    if (strlen(text) < DATA_WORD_MIN) {
        return refuse_size(request);
    }
    g_autofree uint8_t *data = g_base64_decode(text, &data_len);
    write_padded(addr, data, data_len, len);
    return true;
}

static bool fill_memory(Request *request, Error **errp)
{
    uint64_t addr, len, byte;

    if (!block(request, &addr, &len, errp) || !number(request, 3, UINT64_MAX, &byte, errp)) {
        return false;
    }
    g_autofree uint8_t *data = g_malloc(MAX(len, 1));
    memset(data, (int)(byte & 0xff), len);
    space_write_bytes(&memory_space, addr, data, len);
    return true;
}

/* ---- the clock ---- */

static void append_now(Request *request)
{
    g_string_append_printf(request->reply, " %" G_GINT64_FORMAT, clock_now(CLOCK_GUEST));
}

static bool clock_step(Request *request, Error **errp)
{
    int64_t now = clock_now(CLOCK_GUEST), target = MAX(clock_next_deadline(), now), step;

    if (request->words[1]) {
        if (!parse_i64(request->words[1], 0, INT64_MAX - now, &step, errp)) {
            return fail(errp, "clock_step");
        }
        target = now + step;
    }
    clock_step_to(target);
    append_now(request);
    return true;
}

static bool clock_set(Request *request, Error **errp)
{
    int64_t target;

    if (!parse_i64(request->words[1], INT64_MIN, INT64_MAX, &target, errp)) {
        return fail(errp, "clock_set");
    }
    clock_step_to(MAX(target, clock_now(CLOCK_GUEST)));
    append_now(request);
    return true;
}

/* ---- interrupt lines ---- */

/* A change of level is a line of its own, before the reply of the request that caused it. */
static void on_level(void *opaque, unsigned n, int level)
{
    QtestIrqs *irqs = opaque;
    uint8_t now = level != 0;

    if (n >= irqs->levels->len) {
        guint had = irqs->levels->len;
        g_byte_array_set_size(irqs->levels, n + 1);
        memset(irqs->levels->data + had, 0, n + 1 - had);
    }
    if (irqs->levels->data[n] != now) {
        g_autofree char *line = g_strdup_printf("IRQ %s %u", now ? "raise" : "lower", n);
        irqs->levels->data[n] = now;
        irqs->send(irqs->opaque, line);
    }
}

static bool observe(Request *request, bool (*attach)(Object *obj, PinObserver *fn, void *opaque), Error **errp)
{
    QtestIrqs *irqs = request->irqs;
    Object *obj = tree_find(request->words[1], NULL);

    if (!obj) {
        return fail(errp, "Unknown device");
    }
    if (irqs->observed) {
        return irqs->observed == obj || fail(errp, "IRQ intercept already enabled");
    }
    if (!attach(obj, on_level, irqs)) {
        return fail(errp, "'%s' has no unnamed lines", request->words[1]);
    }
    irqs->observed = obj;
    return true;
}

static bool intercept_inputs(Request *request, Error **errp)
{
    return observe(request, pins_observe_inputs, errp);
}

static bool intercept_outputs(Request *request, Error **errp)
{
    return observe(request, pins_observe_outputs, errp);
}

static bool set_input(Request *request, Error **errp)
{
    Object *obj = tree_find(request->words[1], NULL);
    const char *name = request->words[2];
    uint64_t n;
    int64_t level;

    if (!obj) {
        return fail(errp, "Unknown device");
    }
    if (!number(request, 3, UINT32_MAX, &n, errp) || !parse_i64(request->words[4], INT32_MIN, INT32_MAX, &level, errp)) {
        return false;
    }
    return pin_set_input(obj, g_str_equal(name, "unnamed-gpio-in") ? NULL : name, (unsigned)n, level != 0) ||
           fail(errp, "'%s' has no input %s %u", request->words[1], name, (unsigned)n);
}

/* ---- the rest ---- */

/* Everything is built in: there is nothing to load. */
static bool module_load(Request *request, Error **errp)
{
    g_string_assign(request->reply, "FAIL");
    return true;
}

static const Verb verbs[] = {
    { "endianness", 0, endianness },
    { "outb", 2, port_write, 1 }, { "outw", 2, port_write, 2 }, { "outl", 2, port_write, 4 },
    { "inb", 1, port_read, 1 }, { "inw", 1, port_read, 2 }, { "inl", 1, port_read, 4 },
    { "writeb", 2, memory_write, 1 }, { "writew", 2, memory_write, 2 },
    { "writel", 2, memory_write, 4 }, { "writeq", 2, memory_write, 8 },
    { "readb", 1, memory_read, 1 }, { "readw", 1, memory_read, 2 },
    { "readl", 1, memory_read, 4 }, { "readq", 1, memory_read, 8 },
    { "read", 2, block_read }, { "write", 3, block_write }, { "memset", 3, fill_memory },
    { "b64read", 2, block_read_base64 }, { "b64write", 3, block_write_base64 },
    { "clock_step", 0, clock_step, .manual_clock = true },
    { "clock_set", 1, clock_set, .manual_clock = true },
    { "irq_intercept_in", 1, intercept_inputs }, { "irq_intercept_out", 1, intercept_outputs },
    { "set_irq_in", 4, set_input },
    { "module_load", 2, module_load },
};

static const Verb *find_verb(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verbs[i].name, name) && (!verbs[i].manual_clock || clock_is_manual())) {
            return &verbs[i];
        }
    }
    return NULL;
}

static bool run(Request *request, Error **errp)
{
    unsigned count = g_strv_length(request->words);

    request->verb = count > 0 ? find_verb(request->words[0]) : NULL;
    if (!request->verb) {
        return fail(errp, "Unknown command '%s'", count > 0 ? request->words[0] : "");
    }
    if (count - 1 < request->verb->words) {
        return fail(errp, "%s: %u words must follow, there are %u", request->words[0], request->verb->words, count - 1);
    }
    return request->verb->run(request, errp);
}

char *qtest_request(QtestIrqs *irqs, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", WORDS_MAX + 1);    /* the last one is the rest, which nobody reads */
    Request request = { .irqs = irqs, .words = words, .reply = g_string_new("OK") };
    Error *err = NULL;

    if (!run(&request, &err)) {
        g_string_printf(request.reply, "FAIL %s", error_message(err));
        error_free(err);
    }
    return g_string_free(request.reply, false);
}
