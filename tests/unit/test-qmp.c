/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QMP monitor on a socket: bytes in, replies out; order, events, slow readers, descriptors, another client. */
#include <errno.h>
#include <fcntl.h>

#include "lib/fd-names.h"
#include "monitor/monitor.h"
#include "tests/unit/chardev-front.h"

/* ---- commands and an event of our own ---- */

enum { BIG = 600 * 1024 };

static bool do_big(QmpCall *call, Error **errp)
{
    g_autofree char *text = g_strnfill(BIG, 'x');

    call->ret = json_text(text);
    return true;
}

static bool do_fail(QmpCall *call, Error **errp)
{
    fail(errp, "no such device");
    return error_set_class(errp, ERROR_DEVICE_NOT_FOUND);
}

EVENT(test_event) = { .name = "TEST", .help = "For the test" };

static bool do_event(QmpCall *call, Error **errp)
{
    event_emit(&test_event, json_add_int(json_new(), "n", 1));
    return true;
}

static bool do_nothing(QmpCall *call, Error **errp)
{
    return true;
}

static bool do_end(QmpCall *call, Error **errp)
{
    monitor_set_stage(MONITOR_STAGE_NOTHING);
    return true;
}

QMP_COMMAND(end_command) = { .name = "test-end", .help = "Ends a stage.", .run = do_end, .preconfig = true };
QMP_COMMAND(big_command) = { .name = "test-big", .help = "A long reply.", .returns = "str", .run = do_big };
QMP_COMMAND(fail_command) = { .name = "test-fail", .help = "Fails.", .run = do_fail };
QMP_COMMAND(event_command) = { .name = "test-event", .help = "Emits.", .run = do_event };
QMP_COMMAND(oob_command) = { .name = "test-oob", .help = "Overtakes.", .run = do_nothing, .oob = true };
QMP_COMMAND(early_command) = { .name = "test-early", .help = "Early.", .run = do_nothing, .preconfig = true };

/* ---- a client ---- */

#define NEGOTIATE "{'execute':'qmp_capabilities'}"
#define NEGOTIATE_OOB "{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}"

static int client;

static void start(MonitorStage stage)
{
    Error *err = NULL;
    int pair[2];
    g_autoptr(KeyVals) kv = keyval_new();

    setup();
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), ==, 0);
    g_autofree char *text = g_strdup_printf("socket,id=c,fd=%d", pair[1]);
    make(text);
    client = pair[0];
    keyval_add(kv, "chardev", "c");
    g_assert_nonnull(object_create(class_find("monitor-control"), NULL, kv, &err));
    monitor_set_stage(stage);
}

static void stop(void)
{
    close(client);
    teardown();
    monitor_set_stage(MONITOR_STAGE_NOTHING);
}

/* What has come when nothing has for some rounds of the loop; "\r\n" as a newline. */
static char *hear(void)
{
    GString *got = g_string_new(NULL);
    char bytes[65536];

    for (unsigned idle = 0; idle < 20; idle++) {
        ssize_t n = read(client, bytes, sizeof(bytes));
        if (n > 0) {
            g_string_append_len(got, bytes, n);
        }
        if (n > 0 || g_main_context_iteration(NULL, false)) {
            idle = 0;
        }
    }
    g_string_replace(got, "\r\n", "\n", 0);
    return g_string_free(got, false);
}

static char *ask(const char *text)
{
    say(client, text);
    return hear();
}

static void assert_answer(const char *text, const char *expected)
{
    g_autofree char *got = ask(text);

    g_assert_cmpstr(got, ==, expected);
}

static void begin(const char *negotiation)
{
    start(MONITOR_STAGE_MACHINE);
    g_autofree char *greeting = hear();
    g_assert_true(g_str_has_prefix(greeting, "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "));
    g_assert_true(g_str_has_suffix(greeting, "\"capabilities\": [\"oob\"]}}\n"));
    assert_answer(negotiation, "{\"return\": {}}\n");
}

/* ---- bytes in, replies out ---- */

#define GENERIC(desc) "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" desc "\"}}\n"
#define NOT_FOUND(desc) "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"" desc "\"}}\n"

typedef struct Row {
    const char *in, *out;
} Row;

static const Row negotiating[] = {
    { "{'execute':'query-version'}", NOT_FOUND("Expecting capabilities negotiation with 'qmp_capabilities'") },
    { "{'execute':'nope'}", NOT_FOUND("Expecting capabilities negotiation with 'qmp_capabilities'") },
    { "{'exec-oob':'test-oob'}", GENERIC("QMP input member 'exec-oob' is unexpected") },
    { "{'execute':'qmp_capabilities','arguments':{'enable':['x']}}",
      GENERIC("Parameter 'enable[0]' does not accept value 'x'") },
    { "{'execute':'qmp_capabilities','arguments':{'enable':'oob'}}",
      GENERIC("Invalid parameter type for 'enable', expected: array") },
    { "{'execute':'qmp_capabilities','arguments':{'enable':[5]}}",
      GENERIC("Invalid parameter type for 'enable[0]', expected: string") },
    { "{'execute':'qmp_capabilities','arguments':{'x':1}}", GENERIC("Parameter 'x' is unexpected") },
    { NEGOTIATE, "{\"return\": {}}\n" },
    { NEGOTIATE, NOT_FOUND("Capabilities negotiation is already complete, command ignored") },
};

static const Row commanding[] = {
    { "null\n", GENERIC("QMP input must be a JSON object") },
    { "[]", GENERIC("QMP input must be a JSON object") },
    { "{}", GENERIC("QMP input lacks member 'execute'") },
    { "{'id':'x'}", "{\"id\": \"x\", \"error\": {\"class\": \"GenericError\", \"desc\": \"QMP input lacks member 'execute'\"}}\n" },
    { "{'execute':true}", GENERIC("QMP input member 'execute' must be a string") },
    { "{'execute':'nope','arguments':[]}", GENERIC("QMP input member 'arguments' must be an object") },
    { "{'execute':'nope','extra':1}", GENERIC("QMP input member 'extra' is unexpected") },
    { "{'execute':'nope'}", NOT_FOUND("The command nope has not been found") },
    { "{'exec-oob':'test-oob'}", GENERIC("QMP input member 'exec-oob' is unexpected") },
    { "{'execute':'test-oob','id':{'a':[1,null]}}", "{\"return\": {}, \"id\": {\"a\": [1, null]}}\n" },
    { "{'execute':'test-oob','id':null}", "{\"return\": {}, \"id\": null}\n" },
    { "{'execute':'test-oob','arguments':{'a':1}}", GENERIC("Parameter 'a' is unexpected") },
    { "{'execute':'human-monitor-command'}", GENERIC("Parameter 'command-line' is missing") },
    { "{'execute':'human-monitor-command','arguments':{'command-line':'a b'}}",
      "{\"return\": \"unknown command: 'a'\\r\\n\"}\n" },
    { "{'execute':'test-fail'}", "{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such device\"}}\n" },
    { "{'execute':'test-oob','id':1}{'execute':'test-fail','id':2}{'execute':'test-oob','id':3}",
      "{\"return\": {}, \"id\": 1}\n"
      "{\"id\": 2, \"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such device\"}}\n"
      "{\"return\": {}, \"id\": 3}\n" },
    { "{'execute':'test-oob','id':'\n{'execute':'test-oob','id':2}",
      GENERIC("JSON parse error, stray ''\\n'") "{\"return\": {}, \"id\": 2}\n" },
};

static const Row out_of_band[] = {
    { "{'exec-oob':'test-fail'}", GENERIC("The command test-fail does not support OOB") },
    { "{'exec-oob':'nope'}", NOT_FOUND("The command nope has not been found") },
    { "{'exec-oob':true}", GENERIC("QMP input member 'exec-oob' must be a string") },
    { "{'exec-oob':'test-oob','execute':'test-oob'}", GENERIC("QMP input member 'execute' clashes with 'exec-oob'") },
};

static void run_rows(const Row *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_test_message("row %u", i);
        assert_answer(rows[i].in, rows[i].out);
    }
}

static void test_negotiation(void)
{
    start(MONITOR_STAGE_MACHINE);
    g_free(hear());
    run_rows(negotiating, G_N_ELEMENTS(negotiating));
    stop();
}

static void test_commands(void)
{
    begin(NEGOTIATE);
    run_rows(commanding, G_N_ELEMENTS(commanding));
    stop();
}

static void test_oob_overtakes(void)
{
    begin(NEGOTIATE_OOB);
    run_rows(out_of_band, G_N_ELEMENTS(out_of_band));
    assert_answer("{'execute':'test-fail','id':1}{'execute':'test-fail','id':2}{'exec-oob':'test-oob','id':3}",
                  "{\"return\": {}, \"id\": 3}\n"
                  "{\"id\": 1, \"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such device\"}}\n"
                  "{\"id\": 2, \"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no such device\"}}\n");
    stop();
}

static void test_preconfig(void)
{
    start(MONITOR_STAGE_PRECONFIG);
    g_free(hear());
    g_free(ask(NEGOTIATE));
    assert_answer("{'execute':'test-early'}", "{\"return\": {}}\n");
    assert_answer("{'execute':'test-oob'}",
                  GENERIC("The command 'test-oob' is permitted only after machine initialization has completed"));
    monitor_set_stage(MONITOR_STAGE_MACHINE);
    assert_answer("{'execute':'test-oob'}", "{\"return\": {}}\n");
    stop();
}

static void test_commands_wait_for_the_machine(void)
{
    start(MONITOR_STAGE_NOTHING);
    g_free(hear());
    assert_answer(NEGOTIATE "{'execute':'test-oob'}", "");
    monitor_set_stage(MONITOR_STAGE_MACHINE);
    g_autofree char *got = hear();
    g_assert_cmpstr(got, ==, "{\"return\": {}}\n{\"return\": {}}\n");
    stop();
}

/* As with x-exit-preconfig: what a client sent behind it waits until there is a machine. */
static void test_commands_wait_between_stages(void)
{
    start(MONITOR_STAGE_PRECONFIG);
    g_free(hear());
    g_free(ask(NEGOTIATE));
    assert_answer("{'execute':'test-end','id':1}{'execute':'test-oob','id':2}{'execute':'test-oob','id':3}",
                  "{\"return\": {}, \"id\": 1}\n");
    monitor_set_stage(MONITOR_STAGE_MACHINE);
    g_autofree char *got = hear();
    g_assert_cmpstr(got, ==, "{\"return\": {}, \"id\": 2}\n{\"return\": {}, \"id\": 3}\n");
    stop();
}

/* ---- events ---- */

static void test_events(void)
{
    start(MONITOR_STAGE_MACHINE);
    g_free(hear());
    event_emit(&test_event, NULL);
    g_autofree char *before = hear();
    g_assert_cmpstr(before, ==, "");
    g_free(ask(NEGOTIATE));
    g_autofree char *got = ask("{'execute':'test-event'}");
    g_auto(GStrv) lines = g_strsplit(got, "\n", 0);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    g_assert_true(g_str_has_prefix(lines[0], "{\"timestamp\": {\"seconds\": "));
    g_assert_true(g_str_has_suffix(lines[0], "}, \"event\": \"TEST\", \"data\": {\"n\": 1}}"));
    g_assert_cmpstr(lines[1], ==, "{\"return\": {}}");
    stop();
}

/* ---- readers that take their time ---- */

static void spin(unsigned rounds)
{
    while (rounds-- > 0) {
        g_main_context_iteration(NULL, false);
    }
}

static void test_slow_reader_gets_all(void)
{
    begin(NEGOTIATE);
    say(client, "{'execute':'test-big'}{'execute':'test-big'}{'execute':'test-oob','id':'end'}");
    spin(100);
    g_usleep((CHARDEV_STALL_MS + 200) * 1000);      /* a console would lose what does not fit */
    spin(100);
    g_autofree char *got = hear();
    g_assert_cmpuint(strlen(got), ==, 2 * (strlen("{\"return\": \"\"}\n") + BIG) + strlen("{\"return\": {}, \"id\": \"end\"}\n"));
    g_assert_true(g_str_has_suffix(got, "\"}\n{\"return\": {}, \"id\": \"end\"}\n"));
    stop();
}

/* Events do not pile up without end, and replies come after them all the same. */
static void test_events_are_bounded(void)
{
    enum { EMITTED = 100000 };
    unsigned came = 0;

    begin(NEGOTIATE);
    for (unsigned i = 0; i < EMITTED; i++) {
        event_emit(&test_event, NULL);
    }
    g_autofree char *got = hear();
    for (const char *at = got; (at = strstr(at, "\"TEST\"")); at++) {
        came++;
    }
    g_assert_cmpuint(came, >, 1000);
    g_assert_cmpuint(came, <, EMITTED / 2);
    assert_answer("{'execute':'test-oob'}", "{\"return\": {}}\n");
    stop();
}

/* ---- descriptors ---- */

static void send_with_fd(const char *text, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec vector = { (char *)text, strlen(text) };
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);

    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &fd, sizeof(int));
    g_assert_cmpint(sendmsg(client, &message, 0), ==, (ssize_t)strlen(text));
}

static void assert_answer_with_fd(const char *text, int fd, const char *expected)
{
    send_with_fd(text, fd);
    g_autofree char *got = hear();
    g_assert_cmpstr(got, ==, expected);
}

static void test_getfd(void)
{
    Error *err = NULL;
    int pipes[2];

    begin(NEGOTIATE);
    g_assert_cmpint(pipe(pipes), ==, 0);
    assert_answer("{'execute':'getfd','arguments':{'fdname':'p'}}", GENERIC("No file descriptor supplied via SCM_RIGHTS"));
    assert_answer_with_fd("{'execute':'getfd','arguments':{'fdname':'p'}}", pipes[1], "{\"return\": {}}\n");
    close(pipes[1]);
    int fd = fd_name_take("p", &err);
    g_assert_cmpint(fd, >=, 0);
    say(fd, "through");
    assert_reads(pipes[0], "through");
    close(fd);
    assert_answer("{'execute':'closefd','arguments':{'fdname':'p'}}", GENERIC("File descriptor named 'p' not found"));
    assert_answer_with_fd("{'execute':'getfd','arguments':{'fdname':'1p'}}", pipes[0],
                          GENERIC("Parameter 'fdname' expects a name not starting with a digit"));
    /* one that a failed command left is not the next command's */
    assert_answer_with_fd("{'execute':'nope'}", pipes[0], NOT_FOUND("The command nope has not been found"));
    assert_answer("{'execute':'getfd','arguments':{'fdname':'p'}}", GENERIC("No file descriptor supplied via SCM_RIGHTS"));
    /* in pieces, or behind another command, it is still found */
    assert_answer_with_fd("{'execute':'test-oob'}{'execute':'getfd','argu", pipes[0], "{\"return\": {}}\n");
    assert_answer("ments':{'fdname':'p'}}", "{\"return\": {}}\n");
    assert_answer("{'execute':'closefd','arguments':{'fdname':'p'}}", "{\"return\": {}}\n");
    close(pipes[0]);
    stop();
}

static void test_fdset(void)
{
    g_autofree char *path = NULL;

    begin(NEGOTIATE);
    path = path_of("file");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    send_with_fd("{'execute':'add-fd','arguments':{'fdset-id':4,'opaque':'note'}}", fd);
    close(fd);
    g_autofree char *got = hear(), *sets = ask("{'execute':'query-fdsets'}");
    g_assert_true(g_str_has_prefix(got, "{\"return\": {\"fdset-id\": 4, \"fd\": "));
    g_assert_nonnull(strstr(sets, "\"opaque\": \"note\""));
    fd = file_open("/dev/fdset/4", O_WRONLY, 0);
    say(fd, "x");
    close(fd);
    g_assert_cmpint(file_open("/dev/fdset/4", O_RDONLY, 0), ==, -EACCES);
    g_assert_cmpint(file_open("/dev/fdset/5", O_RDONLY, 0), ==, -ENOENT);
    assert_answer("{'execute':'remove-fd','arguments':{'fdset-id':4}}", "{\"return\": {}}\n");
    assert_answer("{'execute':'remove-fd','arguments':{'fdset-id':4}}", GENERIC("File descriptor named 'fdset-id:4' not found"));
    assert_answer("{'execute':'query-fdsets'}", "{\"return\": []}\n");
    stop();
}

/* ---- clients come and go ---- */

static void test_next_client_negotiates_again(void)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_new();

    setup();
    make("socket,id=c,path=%s/sock,server=on,wait=off");
    keyval_add(kv, "chardev", "c");
    g_assert_nonnull(object_create(class_find("monitor-control"), NULL, kv, &err));
    monitor_set_stage(MONITOR_STAGE_MACHINE);
    for (unsigned i = 0; i < 3; i++) {
        client = connect_to("sock");
        g_assert_cmpint(fcntl(client, F_SETFL, O_NONBLOCK), ==, 0);
        wait_until(chardev_is_open(chardev_find("c")));
        g_autofree char *greeting = hear();
        g_assert_true(g_str_has_prefix(greeting, "{\"QMP\""));
        assert_answer("{'execute':'test-oob'}", NOT_FOUND("Expecting capabilities negotiation with 'qmp_capabilities'"));
        assert_answer(NEGOTIATE, "{\"return\": {}}\n");
        assert_answer("{'execute':'getfd','arguments':{'fdname':'p'}}", GENERIC("No file descriptor supplied via SCM_RIGHTS"));
        send_with_fd("{'execute':'test-oob'}{'execute':'tes", STDERR_FILENO);       /* and leaves in the middle of it */
        g_free(hear());
        close(client);
        wait_until(!chardev_is_open(chardev_find("c")));
    }
    client = -1;
    stop();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    main_loop_init();
    g_test_add_func("/qmp/negotiation", test_negotiation);
    g_test_add_func("/qmp/commands", test_commands);
    g_test_add_func("/qmp/out of band overtakes", test_oob_overtakes);
    g_test_add_func("/qmp/before the machine exists", test_preconfig);
    g_test_add_func("/qmp/commands wait for the machine", test_commands_wait_for_the_machine);
    g_test_add_func("/qmp/commands wait between stages", test_commands_wait_between_stages);
    g_test_add_func("/qmp/events", test_events);
    g_test_add_func("/qmp/a slow reader gets all", test_slow_reader_gets_all);
    g_test_add_func("/qmp/events are bounded", test_events_are_bounded);
    g_test_add_func("/qmp/getfd", test_getfd);
    g_test_add_func("/qmp/sets of descriptors", test_fdset);
    g_test_add_func("/qmp/the next client negotiates again", test_next_client_negotiates_again);
    return g_test_run();
}
