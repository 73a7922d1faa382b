/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of commands: arguments are checked before anything runs; JSON glue. */
#include "core/command.h"

typedef struct Args {
    char *name;
    uint32_t count;
    bool flag;
    Json *list;
} Args;

static bool run_probe(QmpCall *call, Error **errp)
{
    const Args *args = call->args;

    if (args->count == 13) {
        return fail(errp, "13 brings no luck");
    }
    call->ret = json_add_str(json_add_int(json_new(), "count", args->count), "name", args->name);
    json_add_bool(call->ret, "flag-given", qmp_given(call, "flag"));
    return true;
}

QMP_COMMAND(probe) = {
    .name = "test-probe",
    .help = "For this test",
    .size = sizeof(Args),
    .args = (const Property[]){
        ARG(Args, name, str, "name", "A name"),
        PROP(Args, count, u32, "count", "7", "A number"),
        PROP(Args, flag, bool, "flag", NULL, "A switch"),
        OPT_JSON(Args, list, "[str]", "list", "Words"),
        { }
    },
    .run = run_probe,
};

static bool run_nothing(QmpCall *call, Error **errp)
{
    return true;
}

QMP_COMMAND(nothing) = { .name = "test-nothing", .help = "For this test", .run = run_nothing };

EVENT(event_probe) = { "TEST_PROBE", "For this test", "{n:int}" };

static bool run_echo(GString *out, const char *args, Error **errp)
{
    g_string_append_printf(out, "<%s>", args);
    return *args || fail(errp, "nothing to echo");
}

HMP_COMMAND(hmp_echo) = { "test echo", "te", "text", "For this test", run_echo };
HMP_COMMAND(hmp_echo_loud) = { "test echo loud", NULL, "text", "For this test", run_echo };

static const struct {
    const char *arguments, *expected;   /* what it returns, or "!" and the error */
} calls[] = {
    { "{\"name\": \"x\"}", "{\"count\": 7, \"name\": \"x\", \"flag-given\": false}" },
    { "{\"name\": \"x\", \"count\": 1, \"flag\": false}", "{\"count\": 1, \"name\": \"x\", \"flag-given\": true}" },
    { "{\"name\": \"x\", \"list\": [\"a\"]}", "{\"count\": 7, \"name\": \"x\", \"flag-given\": false}" },
    { "{}", "!Parameter 'name' is missing" },
    { "{\"name\": 1}", "!Invalid parameter type for 'name', expected: string" },
    { "{\"name\": \"x\", \"count\": \"1\"}", "!Invalid parameter type for 'count', expected: integer" },
    { "{\"name\": \"x\", \"count\": 4294967296}", "!Parameter 'count': 4294967296 is too large (at most 4294967295)" },
    { "{\"name\": \"x\", \"flag\": 1}", "!Invalid parameter type for 'flag', expected: boolean" },
    { "{\"name\": \"x\", \"list\": {}}", "!Invalid parameter type for 'list', expected: array" },
    { "{\"name\": \"x\", \"other\": 1}", "!Parameter 'other' is unexpected" },
    { "{\"name\": \"x\", \"count\": 13}", "!13 brings no luck" },
};

static void test_arguments(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
        Error *err = NULL;
        g_autoptr(Json) arguments = json_parse(calls[i].arguments, &err);
        g_autoptr(Json) ret = qmp_command_run(qmp_command_find("test-probe"), arguments, NULL, &err);
        g_autofree char *text = ret ? json_print(ret) : g_strconcat("!", error_message(err), NULL);
        g_assert_cmpstr(text, ==, calls[i].expected);
        error_free(err);
    }
}

static void test_no_value_is_an_empty_object(void)
{
    Error *err = NULL;
    g_autoptr(Json) ret = qmp_command_run(qmp_command_find("test-nothing"), NULL, NULL, &err);
    g_autofree char *text = json_print(ret);

    g_assert_cmpstr(text, ==, "{}");
    g_assert_null(qmp_command_find("test-none"));
}

static void test_registries_are_sorted(void)
{
    g_autoptr(GPtrArray) commands = qmp_commands();

    for (unsigned i = 1; i < commands->len; i++) {
        g_assert_cmpstr(((const QmpCommand *)commands->pdata[i - 1])->name, <, ((const QmpCommand *)commands->pdata[i])->name);
    }
}

static char *last_event;

static void on_event(Notifier *self, void *data)
{
    g_free(last_event);
    last_event = json_print(data);
}

static void test_events_have_a_time_and_their_data(void)
{
    Notifier listener = { on_event };

    notifier_add(&event_notifiers, &listener);
    event_emit(&event_probe, json_add_int(json_new(), "n", 1));
    g_assert_true(g_regex_match_simple("^{\"timestamp\": {\"seconds\": \\d+, \"microseconds\": \\d+}, "
                                       "\"event\": \"TEST_PROBE\", \"data\": {\"n\": 1}}$", last_event, 0, 0));
    notifier_del(&event_notifiers, &listener);
    g_clear_pointer(&last_event, g_free);
}

static const struct {
    const char *line, *expected;
} lines[] = {
    { "test echo a b", "<a b>" },
    { "  te a", "<a>" },
    { "test echo loud a", "<a>" },
    { "test echo", "<>Error: nothing to echo\n" },
    { "test echoes", "unknown command: 'test'\n" },
    { "   ", "" },
};

static void test_lines_of_the_human_monitor(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *out = hmp_run(lines[i].line);
        g_assert_cmpstr(out, ==, lines[i].expected);
    }
}

static void test_json_text(void)
{
    static const char *const same[] = { "{\"a\": [1, 2.5, \"x/y\\\"\", true, {}], \"b\": {\"c\": 18446744073709551615}}", "[]", "\"\"" };
    static const char *const bad[] = { "", "{", "{\"a\": 1} x", "null", "[1,]2" };

    for (unsigned i = 0; i < G_N_ELEMENTS(same); i++) {
        Error *err = NULL;
        g_autoptr(Json) value = json_parse(same[i], &err);
        g_autofree char *text = json_print(value);
        g_assert_cmpstr(text, ==, same[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        Error *err = NULL;
        g_assert_null(json_parse(bad[i], &err));
        g_assert_nonnull(err);
        error_free(err);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/arguments", test_arguments);
    g_test_add_func("/command/no-value", test_no_value_is_an_empty_object);
    g_test_add_func("/command/sorted", test_registries_are_sorted);
    g_test_add_func("/command/events", test_events_have_a_time_and_their_data);
    g_test_add_func("/command/hmp", test_lines_of_the_human_monitor);
    g_test_add_func("/command/json", test_json_text);
    return g_test_run();
}
