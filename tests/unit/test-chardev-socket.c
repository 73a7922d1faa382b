/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices on sockets: both sides, reconnecting, telnet; and readers and writers of different speed. */
#include "chardev/telnet.h"
#include "tests/unit/chardev-front.h"

/* ---- sockets ---- */

static void test_unix_server_serves_one_after_another(void)
{
    setup();
    Chardev *chr = make("socket,id=s,path=%s/sock,server=on,wait=off");
    Front *front = attach(chr);
    g_assert_cmpuint(front->opened, ==, 0);
    g_assert_cmpuint(chardev_write(chr, "nobody", 6), ==, 6);
    for (unsigned i = 1; i <= 3; i++) {
        int fd = connect_to("sock");
        wait_until(front->opened == i);
        g_autofree char *name = chardev_filename(chr);
        g_assert_true(g_str_has_prefix(name, "unix:"));
        converse(chr, front, fd);
        close(fd);
        wait_until(front->closed == i);
        g_assert_false(chardev_is_open(chr));
    }
    front_free(chr, front);
    object_free((Object *)chr);
    g_autofree char *path = path_of("sock");
    g_assert_cmpint(access(path, F_OK), !=, 0);     /* the socket file goes with us */
    teardown();
}

static void test_unix_client(void)
{
    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock");
    Front *front = attach(chr);
    g_assert_cmpuint(front->opened, ==, 1);
    int fd = accept(listening, NULL, NULL);
    converse(chr, front, fd);
    close(fd);
    wait_until(front->closed == 1);
    g_assert_cmpuint(chardev_write(chr, "gone", 4), ==, 4);
    front_free(chr, front);
    close(listening);
    teardown();
}

static void test_reconnect(void)
{
    setup();
    Chardev *chr = make("socket,id=s,path=%s/sock,reconnect=1");
    Front *front = attach(chr);
    g_assert_cmpuint(front->opened, ==, 0);
    int listening = listen_on("sock");
    for (unsigned i = 1; i <= 2; i++) {
        wait_until(front->opened == i);
        int fd = accept(listening, NULL, NULL);
        converse(chr, front, fd);
        close(fd);
        wait_until(front->closed == i);
    }
    front_free(chr, front);
    close(listening);
    teardown();
}

static void test_given_fds(void)
{
    int pair[2];

    setup();
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    g_autofree char *text = g_strdup_printf("socket,id=s,fd=%d", pair[0]);
    Chardev *chr = make(text);
    Front *front = attach(chr);
    converse(chr, front, pair[1]);
    front_free(chr, front);
    close(pair[1]);
    g_autofree char *server = g_strdup_printf("socket,id=t,fd=%d,server=on,wait=off", listen_on("sock"));
    chr = make(server);
    front = attach(chr);
    int fd = connect_to("sock");
    wait_until(front->opened == 1);
    converse(chr, front, fd);
    close(fd);
    front_free(chr, front);
    teardown();
}

static void test_abstract(void)
{
    setup();
    Chardev *server = make("socket,id=s,path=%s/abstract,abstract=on,server=on,wait=off");
    Front *front = attach(server);
    Chardev *client = make("socket,id=c,path=%s/abstract,abstract=on");
    wait_until(front->opened == 1);
    chardev_write(client, "hi", 2);
    wait_until(front->got->len == 2);
    front_free(server, front);
    teardown();
}

static void test_tcp(void)
{
    static const char *const hosts[] = { "127.0.0.1", "" };     /* names are for the resolver of the host */

    for (unsigned i = 0; i < G_N_ELEMENTS(hosts); i++) {
        setup();
        int port = 20000 + getpid() % 10000;    /* below the range the kernel gives to clients */
        g_autofree char *address = g_strdup_printf("host=%s,port=%d", hosts[i], port);
        g_autofree char *server_text = g_strdup_printf("socket,id=s,%s,server=on,wait=off", address);
        g_autofree char *client_text = g_strdup_printf("socket,id=c,%s,nodelay", address);
        Chardev *server = make(server_text);
        Front *front = attach(server);
        Chardev *client = make(client_text);
        Front *far = attach(client);
        wait_until(front->opened == 1);
        chardev_write(client, "ping", 4);
        wait_until(front->got->len == 4);
        chardev_write(server, "pong", 4);
        wait_until(far->got->len == 4);
        front_free(client, far);
        object_free((Object *)client);
        wait_until(front->closed == 1);
        front_free(server, front);
        teardown();
    }
}

static gpointer connect_soon(gpointer path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    while (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
        g_usleep(10000);
    }
    return GINT_TO_POINTER(fd);
}

static void test_server_that_waits(void)
{
    setup();
    g_autofree char *path = path_of("sock");
    GThread *thread = g_thread_new("client", connect_soon, path);
    Chardev *chr = make("socket,id=s,path=%s/sock,server");
    g_assert_true(chardev_is_open(chr));
    close(GPOINTER_TO_INT(g_thread_join(thread)));
    teardown();
}

static void test_telnet(void)
{
    char greeting[64];

    setup();
    Chardev *chr = make("socket,id=s,path=%s/sock,server=on,wait=off,telnet=on");
    Front *front = attach(chr);
    int fd = connect_to("sock");
    wait_until(front->opened == 1);
    g_assert_cmpint(read(fd, greeting, sizeof(greeting)), ==, sizeof(telnet_greeting));
    g_assert_cmpmem(greeting, sizeof(telnet_greeting), telnet_greeting, sizeof(telnet_greeting));
    say(fd, "a\xff\xfd\x03" "b\xff\xfa\x18\x01\xff\xf0" "c\xff\xff\xff\xf1" "d\xff");
    say(fd, "\xfb\x01" "e");
    wait_until(front->got->len >= 6);
    g_assert_cmpstr(front->got->str, ==, "abc\xff" "de");
    close(fd);
    front_free(chr, front);
    teardown();
}

/* ---- flow ---- */

static void test_front_end_without_room(void)
{
    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock");
    Front *front = attach(chr);
    front->room = 3;
    int fd = accept(listening, NULL, NULL);
    say(fd, "0123456789");
    wait_until(front->got->len == 3);
    for (int i = 0; i < 10; i++) {
        g_main_context_iteration(NULL, false);
    }
    g_assert_false(g_main_context_pending(NULL));       /* no busy loop while it is full */
    front->room = 100;
    chardev_accept_input(chr);
    wait_until(front->got->len == 10);
    g_assert_cmpstr(front->got->str, ==, "0123456789");
    front_free(chr, front);
    close(fd);
    close(listening);
    teardown();
}

/* Everything that was accepted arrives, in order, through a reader that is slow. */
static void test_slow_reader_gets_all(void)
{
    uint32_t next = 0, expected = 0, numbers[256];

    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock");
    Front *front = attach(chr);
    int fd = accept(listening, NULL, NULL);
    for (size_t accepted = 4; accepted == 4; next++) {
        accepted = chardev_write(chr, &next, 4);
        g_assert_cmpuint(next, <, 10000000);
        next -= accepted < 4;       /* the bound is a multiple of 4, and so is what a UNIX socket takes */
    }
    g_assert_cmpuint(front->writable, ==, 0);
    while (expected < next) {
        ssize_t n = recv(fd, numbers, sizeof(numbers), MSG_DONTWAIT);
        for (ssize_t i = 0; i < n / 4; i++) {
            g_assert_cmpuint(numbers[i], ==, expected++);
        }
        g_main_context_iteration(NULL, false);
    }
    g_assert_cmpuint(front->writable, ==, 1);
    front_free(chr, front);
    close(fd);
    close(listening);
    teardown();
}

static void test_stuck_reader(void)
{
    static const uint8_t block[4096];

    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock");
    Front *front = attach(chr);
    int fd = accept(listening, NULL, NULL);
    while (chardev_write(chr, block, sizeof(block)) == sizeof(block)) {
    }
    wait_until(front->writable == 1);               /* after CHARDEV_STALL_MS */
    for (int i = 0; i < 100; i++) {
        g_assert_cmpuint(chardev_write(chr, block, sizeof(block)), ==, sizeof(block));
    }
    close(fd);
    wait_until(front->closed == 1);
    front_free(chr, front);
    close(listening);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chardev/socket/server", test_unix_server_serves_one_after_another);
    g_test_add_func("/chardev/socket/client", test_unix_client);
    g_test_add_func("/chardev/socket/reconnect", test_reconnect);
    g_test_add_func("/chardev/socket/fd", test_given_fds);
    g_test_add_func("/chardev/socket/abstract", test_abstract);
    g_test_add_func("/chardev/socket/tcp", test_tcp);
    g_test_add_func("/chardev/socket/wait", test_server_that_waits);
    g_test_add_func("/chardev/socket/telnet", test_telnet);
    g_test_add_func("/chardev/flow/input", test_front_end_without_room);
    g_test_add_func("/chardev/flow/slow", test_slow_reader_gets_all);
    g_test_add_func("/chardev/flow/stuck", test_stuck_reader);
    return g_test_run();
}
