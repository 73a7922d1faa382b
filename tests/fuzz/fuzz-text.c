/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that reads a short text: settings, JSON, numbers, sizes, addresses, ids, telnet. A line is a text. */
#include "chardev/backend.h"
#include "chardev/telnet.h"
#include "lib/json.h"
#include "lib/keyval.h"
#include "lib/parse.h"
#include "tests/fuzz/fuzz.h"

static void read_settings(const char *text)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(text, "implied", &err);

    check_outcome(kv != NULL, &err);
    for (unsigned i = 0; kv && i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        g_assert(item->key && item->value && keyval_get(kv, item->key));
    }
}

/* What we print we can read. (Not always the same: json-c takes "21e" for a number and prints 21.) */
static void read_json(const char *text)
{
    Error *err = NULL;
    g_autoptr(Json) value = json_parse(text, &err);

    check_outcome(value != NULL, &err);
    if (value) {
        g_autofree char *printed = json_print(value);
        g_autoptr(Json) again = json_parse(printed, &err);
        g_assert(again);
    }
}

static void read_numbers(const char *text)
{
    uint64_t value = 0;
    int64_t number = 0;
    bool on;
    Error *err = NULL;

    check_outcome(parse_bool(text, &on, &err), &err);
    check_outcome(parse_u64(text, 1000, &value, &err), &err);
    g_assert(value <= 1000);
    check_outcome(parse_hex(text, 0xff, &value, &err), &err);
    check_outcome(parse_i64(text, -5, 5, &number, &err), &err);
    g_assert(number >= -5 && number <= 5);
    check_outcome(parse_size(text, 1 << 20, &value, &err), &err);
}

static void read_names(const char *text)
{
    PciAddress address = { 0 };
    int32_t devfn = 0;
    uint8_t uuid[16];
    Error *err = NULL;

    check_outcome(parse_id(text, &err), &err);
    check_outcome(parse_uuid(text, uuid, &err), &err);
    check_outcome(parse_pci_address(text, &address, &err), &err);
    g_assert(address.slot < 32 && address.function < 8);
    check_outcome(parse_devfn(text, &devfn, &err), &err);
    g_assert(devfn >= 0 && devfn < 256);
}

static void read_address(const char *text)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_new();
    bool ok = legacy_host_port(kv, text, &err);

    check_outcome(ok, &err);
    g_assert(!ok || (keyval_get(kv, "host") && keyval_get(kv, "port")));
}

/* What a peer types does not depend on how it is cut into packets. */
static void read_telnet(const char *text)
{
    size_t len = strlen(text), half = len / 2;
    g_autofree uint8_t *whole = (uint8_t *)g_strdup(text), *cut = (uint8_t *)g_strdup(text);
    TelnetState state = TELNET_DATA, cut_state = TELNET_DATA;

    size_t kept = telnet_filter(&state, whole, len);
    size_t first = telnet_filter(&cut_state, cut, half);
    size_t rest = telnet_filter(&cut_state, cut + half, len - half);
    g_assert(state == cut_state && kept == first + rest && kept <= len);
    g_assert(memcmp(whole, cut, first) == 0 && memcmp(whole + first, cut + half, rest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (Input in = { data, size }; in.left > 0;) {
        g_autofree char *text = input_text(&in, '\n');
        read_settings(text);
        read_json(text);
        read_numbers(text);
        read_names(text);
        read_address(text);
        read_telnet(text);
    }
    return 0;
}
