/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QMP client that says anything, in pieces of any size: every line that comes back is a JSON object
 * that is a greeting, a reply or an event, and the monitor goes on afterwards. Only
 * commands for the time before the machine are carried out: no files, no guest.
 */
#include "core/mainloop.h"
#include "monitor/monitor.h"
#include "tests/fuzz/fuzz.h"

enum { RING = 1024 * 1024 };

static Monitor *monitor;
static const ChardevFront *front;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_new();

    main_loop_init();
    keyval_add(kv, "chardev", "ring");
    g_assert(chardev_create("ringbuf,id=ring,size=1048576", &err));
    monitor = (Monitor *)object_create(class_find("monitor-control"), NULL, kv, &err);
    front = class_ops(monitor->obj.class);
    monitor_set_stage(MONITOR_STAGE_PRECONFIG);
    return 0;
}

static void let_it_run(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static void say(Input in, size_t piece)
{
    while (in.left > 0) {
        size_t len = MIN(front->can_receive(monitor), piece);
        const uint8_t *data = input_bytes(&in, &len);
        front->receive(monitor, data, len);
        let_it_run();
    }
}

static void check_line(const char *line)
{
    Error *err = NULL;
    g_autoptr(Json) value = json_parse(line, &err);

    g_assert(json_object_is_type(value, json_type_object));
    g_assert(json_get(value, "QMP") || json_get(value, "return") || json_get(value, "error") || json_get(value, "event"));
}

/* Lines that came; the last one begins with @ending when that is not NULL. */
static void hear(const char *ending)
{
    Error *err = NULL;
    g_autoptr(GBytes) bytes = chardev_ringbuf_read(monitor->chr, RING, &err);
    gsize len = 0;
    const char *data = g_bytes_get_data(bytes, &len);
    g_autofree char *text = g_strndup(data ? data : "", len);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    guint count = g_strv_length(lines);

    g_assert(len < RING && strlen(text) == len && (count == 0 || !*lines[count - 1]));
    for (guint i = 0; i + 1 < count; i++) {
        check_line(lines[i]);
    }
    g_assert(!ending || (count > 1 && g_str_has_prefix(lines[count - 2], ending)));
}

static void say_text(const char *text)
{
    say((Input){ (const uint8_t *)text, strlen(text) }, SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, MIN(size, 4096) };
    uint64_t how = input_take(&in, 1);      /* bit 0: out of band; the others: bytes of a piece, less one */

    front->event(monitor, CHARDEV_OPENED);
    if (how & 1) {
        say_text("{'execute':'qmp_capabilities','arguments':{'enable':['oob']}}");
    }
    let_it_run();
    hear("{");
    say(in, (how >> 1) + 1);
    hear(NULL);
    say_text("\xff\n{'execute':'no-such-command'}");     /* whatever was begun ends here */
    hear("{\"error\": {\"class\": \"CommandNotFound\"");
    front->event(monitor, CHARDEV_CLOSED);
    return 0;
}
