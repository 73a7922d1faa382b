/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VNC clients that say anything, in pieces of any size, to a server with or without a password, while displays come,
 * change and go. Whatever they do, the next client, which keeps to the protocol, is let in and sees the picture pixel
 * for pixel, and nothing is left of them but what the library keeps.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/mainloop.h"
#include "tests/fuzz/fuzz.h"
#include "ui/input.h"
#include "ui/vnc-internal.h"

enum { WIDTH = 24, HEIGHT = 16, CLIENTS = 3, STEPS_MAX = 400, ROUNDS_MAX = 1000, HEARD_MAX = 1 << 24, FILES_MAX = 64 };

/* ---- time, which goes as fast as we like ---- */

enum { TURN_NS = 40 * NS_PER_MS };      /* some updates of the picture */

static int64_t now = NS_PER_SECOND;
static int64_t alarm_at = INT64_MAX;
static int alarm_fd = -1;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *ret_before);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    *ret = (struct timespec){ .tv_sec = now / NS_PER_SECOND, .tv_nsec = now % NS_PER_SECOND };
    return 0;
}

int __wrap_timerfd_create(int clock, int flags)
{
    g_assert(alarm_fd < 0);
    alarm_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return alarm_fd;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *ret_before)
{
    int64_t at = when->it_value.tv_sec * NS_PER_SECOND + when->it_value.tv_nsec;

    alarm_at = at == 0 ? INT64_MAX : at;
    return 0;
}

static void ring(void)
{
    const uint64_t once = 1;

    now = MAX(now, alarm_at);
    alarm_at = INT64_MAX;
    g_assert(write(alarm_fd, &once, sizeof(once)) == sizeof(once));
}

static void turn_loop(void)
{
    int64_t end = now + TURN_NS;

    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        if (!g_main_context_iteration(NULL, false)) {
            if (alarm_at > end) {
                break;
            }
            ring();
        }
    }
    now = MAX(now, end);
}

/* ---- displays ---- */

typedef struct Display {
    Console *console;
    pixman_image_t *image;
    unsigned windows;
} Display;

static Display displays[2];

static bool resize(void *opaque, unsigned width, unsigned height)
{
    g_assert(width > 0 && height > 0);
    ((Display *)opaque)->windows++;
    return true;
}

static const ConsoleOps console_ops[] = { { .resize = resize }, { 0 } };

static pixman_image_t *picture_new(int width, int height, uint32_t seed)
{
    pixman_image_t *image = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
    uint32_t *at = pixman_image_get_data(image);

    for (int i = 0; i < width * height; i++) {
        at[i] = (seed + (uint32_t)i) * 2654435761u >> 8;
    }
    return image;
}

static void show(Display *display, pixman_image_t *image)
{
    g_clear_pointer(&display->image, pixman_image_unref);
    display->image = image;
    console_show(display->console, image);
}

static void switch_on(unsigned i)
{
    console_new(&displays[i].console, NULL, i, &console_ops[i], &displays[i]);
    show(&displays[i], picture_new(WIDTH, HEIGHT, i * 1000));
}

static void switch_off(unsigned i)
{
    console_free(displays[i].console);
    displays[i].console = NULL;
    g_clear_pointer(&displays[i].image, pixman_image_unref);
}

static void take_move(void *opaque, int dx, int dy)
{
}

static void take_place(void *opaque, unsigned x, unsigned y)
{
    g_assert(x <= INPUT_ABS_MAX && y <= INPUT_ABS_MAX);
}

static void take_button(void *opaque, InputButton button, bool down)
{
    g_assert(button < INPUT_BUTTONS);
}

static void take_wheel(void *opaque, int up, int right)
{
}

static void take_key(void *opaque, unsigned code, bool down)
{
    g_assert(key_scan_code(code) != 0);
}

static const InputSink keyboard = { .name = "Keyboard", .key = take_key };
static const InputSink mouse = { .name = "Mouse", .move = take_move, .button = take_button, .wheel = take_wheel };
static const InputSink tablet = { .name = "Tablet", .place = take_place, .button = take_button, .wheel = take_wheel };

/* ---- clients ---- */

static int clients[CLIENTS];

static VncServer *server(void)
{
    return vnc_servers->pdata[0];
}

static void call(unsigned i)
{
    int pair[2];

    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    clients[i] = pair[0];
    vnc_client_new(server()->listeners->pdata[0], pair[1]);
}

static void hang_up(unsigned i)
{
    if (clients[i] >= 0) {
        close(clients[i]);
        clients[i] = -1;
        turn_loop();
    }
}

static void say(unsigned i, const void *bytes, size_t len)
{
    if (clients[i] < 0) {
        call(i);
    }
    if (len > 0) {
        (void)!send(clients[i], bytes, len, MSG_NOSIGNAL);
    }
}

static void hear(unsigned i, GByteArray *heard)
{
    uint8_t bytes[4096];
    ssize_t got;

    while (clients[i] >= 0 && (got = recv(clients[i], bytes, sizeof(bytes), 0)) > 0) {
        g_byte_array_append(heard, bytes, (guint)got);
    }
    g_assert(heard->len < HEARD_MAX);
}

/* ---- steps ---- */

static void do_say(Input *in, unsigned i)
{
    size_t len = input_take(in, 1);
    const uint8_t *bytes = input_bytes(in, &len);

    say(i, bytes, len);
}

/* The same again and again: lists that are too long, and who asks without end. */
static void do_flood(Input *in, unsigned i)
{
    unsigned times = (unsigned)input_take(in, 1);
    size_t len = input_take(in, 1);
    const uint8_t *bytes = input_bytes(in, &len);

    for (unsigned n = 0; n < times && len > 0; n++) {
        say(i, bytes, len);
        turn_loop();
    }
}

static void do_read(Input *in, unsigned i)
{
    g_autoptr(GByteArray) heard = g_byte_array_new();

    turn_loop();
    hear(i, heard);
    turn_loop();
}

/* As far as a client that keeps to the protocol comes: until messages may follow. */
static void come_in(unsigned i)
{
    g_autoptr(GByteArray) heard = g_byte_array_new();
    char password[] = "password";

    say(i, "RFB 003.008\n", 12);
    turn_loop();
    say(i, server()->wants_password ? "\2" : "\1", 1);
    turn_loop();
    hear(i, heard);
    if (server()->wants_password && heard->len >= CHALLENGESIZE) {
        uint8_t *challenge = heard->data + heard->len - CHALLENGESIZE;
        vnc_library.rfbEncryptBytes(challenge, password);
        say(i, challenge, CHALLENGESIZE);
        turn_loop();
    }
    say(i, "\1", 1);
    turn_loop();
}

static void do_come_in(Input *in, unsigned i)
{
    hang_up(i);
    come_in(i);
}

static void do_hang_up(Input *in, unsigned i)
{
    hang_up(i);
}

static void do_change(Input *in, unsigned i)
{
    int x = (int8_t)input_take(in, 1), y = (int8_t)input_take(in, 1);

    if (displays[i % 2].console) {
        console_changed(displays[i % 2].console, x, y, (int)input_take(in, 1), (int)input_take(in, 1));
    }
}

static void do_show(Input *in, unsigned i)
{
    int width = (int)input_take(in, 1) + 1, height = (int)input_take(in, 1) + 1;

    if (displays[i % 2].console) {
        show(&displays[i % 2], picture_new(width, height, i));
    }
}

static void do_switch(Input *in, unsigned i)
{
    if (displays[i % 2].console) {
        switch_off(i % 2);
    } else {
        switch_on(i % 2);
    }
}

static void do_cursor(Input *in, unsigned i)
{
    static const uint32_t form[16 * 16] = { 0xffffffff, 0x80808080 };
    unsigned width = (unsigned)input_take(in, 1) % 17, height = (unsigned)input_take(in, 1) % 17;
    int x = (int8_t)input_take(in, 1), y = (int8_t)input_take(in, 1);

    if (displays[i % 2].console) {
        console_set_cursor(displays[i % 2].console, &(ConsoleCursor){ width, height, width / 2, 0, form });
        console_move_cursor(displays[i % 2].console, x, y, i & 2);
    }
}

static void do_point(Input *in, unsigned i)
{
    if (input_is_absolute()) {
        input_sink_del(&tablet);
    } else {
        input_sink_add(&tablet);
    }
}

static void do_light(Input *in, unsigned i)
{
    input_set_leds((unsigned)input_take(in, 1) & 7);
}

static void do_wait(Input *in, unsigned i)
{
    now += NS_PER_SECOND * (int64_t)input_take(in, 1) / 16;
    turn_loop();
}

static void (*const steps[])(Input *in, unsigned i) = {
    do_say, do_say, do_say, do_read, do_come_in, do_hang_up, do_change, do_show, do_switch, do_cursor, do_point, do_light,
    do_wait, do_flood,
};

/* ---- what must hold ---- */

static unsigned open_files(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < FILES_MAX; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

/* The last update that came is all of the picture, in one rectangle of raw pixels. */
static void check_pixels(const GByteArray *heard)
{
    enum { HEAD = 16, SIZE = WIDTH * HEIGHT * 4 };
    static const uint8_t head[HEAD] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0, 0, 0, 0 };

    g_assert(heard->len >= HEAD + SIZE);
    const uint8_t *at = heard->data + heard->len - HEAD - SIZE;
    g_assert(memcmp(at, head, HEAD) == 0);
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
        const uint8_t *pixel = at + HEAD + 4 * i;
        uint32_t got = (uint32_t)pixel[2] << 16 | (uint32_t)pixel[1] << 8 | pixel[0];
        g_assert_cmphex(got, ==, pixman_image_get_data(displays[0].image)[i] & 0xffffff);
    }
}

static void check_server(void)
{
    static const uint8_t ask[20 + 10] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0,
                                          3, 0, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT };
    g_autoptr(GByteArray) heard = g_byte_array_new();

    for (unsigned i = 0; i < CLIENTS; i++) {
        hang_up(i);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(displays); i++) {
        switch_off(i);
        switch_on(i);
    }
    server()->chosen = 0;
    come_in(0);
    hear(0, heard);
    say(0, ask, sizeof(ask));
    turn_loop();
    hear(0, heard);
    check_pixels(heard);
    hang_up(0);
    g_assert_cmpuint(server()->clients->len, ==, 0);
}

/* ---- one input ---- */

static void server_up(unsigned how)
{
    Error *err = NULL;
    g_autofree char *text = g_strdup_printf("unix:%s/fuzz-vnc-%d,share=%s%s", g_get_tmp_dir(), (int)getpid(),
                                            how & 2 ? "ignore" : "allow-exclusive", how & 1 ? ",password=on" : "");
    g_autoptr(KeyVals) kv = keyval_parse(text, "vnc", &err);

    g_assert(kv && vnc_start(kv, &err));
    if (how & 1) {
        server()->password = g_strdup("password");
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = -1;
    }
    switch_on(0);
    switch_on(1);
}

static void server_down(void)
{
    vnc_stop_all();
    for (unsigned i = 0; i < G_N_ELEMENTS(displays); i++) {
        switch_off(i);
    }
    input_sink_del(&tablet);
    turn_loop();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    Error *err = NULL;

    main_loop_init();
    g_assert(vnc_library_load(&err));
    input_sink_add(&keyboard);
    input_sink_add(&mouse);
    server_up(0);           /* what is made once is there */
    check_server();
    server_down();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    unsigned how = (unsigned)input_take(&in, 1), files = open_files();

    server_up(how);
    if (how & 4) {
        come_in(0);
    }
    for (unsigned i = 0; i < STEPS_MAX && in.left > 0; i++) {
        unsigned step = (unsigned)input_take(&in, 1);
        steps[step % 16 % G_N_ELEMENTS(steps)](&in, (step >> 4 & 3) % CLIENTS);
        if (step & 0x80) {
            turn_loop();
        }
    }
    turn_loop();
    check_server();
    server_down();
    g_assert_cmpuint(open_files(), ==, files);
    return 0;
}
