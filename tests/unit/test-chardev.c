/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices: spellings and errors, attaching, files, terminals, memory, sharing a terminal. */
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>

#include "tests/unit/chardev-front.h"

static void assert_file(const char *name, const char *text)
{
    g_autofree char *path = path_of(name), *contents = NULL;

    g_assert_true(g_file_get_contents(path, &contents, NULL, NULL));
    g_assert_cmpstr(contents, ==, text);
}

/* ---- spellings ---- */

static const struct {
    const char *text, *error;
} refused[] = {
    { "stdio", "chardev: no id specified" },
    { "id=a", "chardev: no backend specified" },
    { "foo,id=a", "'foo' is not a valid char driver name" },
    { "null,id=9a", "Parameter 'id' expects an identifier" },
    { "null,id=a b", "Parameter 'id' expects an identifier" },
    { "null,id=dup", "Duplicate ID 'dup' for chardev" },
    { "null,id=a,bogus=1", "Invalid parameter 'bogus'" },
    { "null,id=a,nobogus", "Invalid parameter 'nobogus'" },
    { "null,id=a,mux=maybe", NULL },
    { "file,id=a", "chardev: file: no filename given" },
    { "file,id=a,path=/nonexistent/x", "Could not open '/nonexistent/x': No such file or directory" },
    { "file,id=a,path=/dev/null,input-path=/nonexistent", "Could not open '/nonexistent': No such file or directory" },
    { "pipe,id=a,path=/nonexistent", "Could not open '/nonexistent': No such file or directory" },
    { "serial,id=a,path=/dev/null", "'/dev/null' is not a terminal: Inappropriate ioctl for device" },
    { "null,id=a,logfile=/nonexistent/l", "Could not open '/nonexistent/l': No such file or directory" },
    { "ringbuf,id=a,size=3", "size of ringbuf chardev must be power of two" },
    { "ringbuf,id=a,size=0", "size of ringbuf chardev must be power of two" },
    { "socket,id=a", "chardev: socket: one of path, host or fd is needed" },
    { "socket,id=a,host=1.2.3.4", "chardev: socket: no port given" },
    { "socket,id=a,path=/x,host=h", "None or one of path, fd or host option is allowed." },
    { "socket,id=a,path=/nonexistent", "Failed to connect to '/nonexistent': No such file or directory" },
    { "socket,id=a,path=/nonexistent/x,server=on,wait=off",
      "Failed to bind socket to '/nonexistent/x': No such file or directory" },
    { "socket,id=a,host=127.0.0.1,port=1", "Failed to connect to '127.0.0.1:1': Connection refused" },
    { "socket,id=a,path=/x,wait=on", "'wait' option is incompatible with socket in client connect mode" },
    { "socket,id=a,path=/x,server=on,reconnect=1",
      "'reconnect' option is incompatible with socket in server listen mode" },
    { "socket,id=a,fd=zero", NULL },
    { "socket,id=a,fd=999", "cannot use file descriptor 999: Bad file descriptor" },
};

static void test_errors(void)
{
    setup();
    make("null,id=dup");
    for (unsigned i = 0; i < G_N_ELEMENTS(refused); i++) {
        Error *err = NULL;
        g_assert_null(chardev_create(refused[i].text, &err));
        if (refused[i].error) {
            g_assert_cmpstr(error_message(err), ==, refused[i].error);
        }
        error_free(err);
        g_assert_null(chardev_find("a"));
    }
    teardown();
}

static const struct {
    const char *text, *filename;    /* NULL: an error */
} legacy[] = {
    { "null", "null" },
    { "vc", "vc" },
    { "vc:80Cx24C", "vc" },
    { "file:/dev/null", "file" },
    { "unix:%s/l,server,nowait", "disconnected:unix:%s/l,server=on" },
    { "unix:path=%s/l,server=on,wait=off", "disconnected:unix:%s/l,server=on" },
    { "tcp:127.0.0.1:0,server,nowait", "disconnected:tcp:127.0.0.1:0,server=on" },
    { "tcp::0,server=on,wait=off", "disconnected:tcp::0,server=on" },
    { "telnet:127.0.0.1:0,server,nowait", "disconnected:telnet:127.0.0.1:0,server=on" },
    { "mon:null", "null" },
    { "chardev:there", "ringbuf" },
    { "chardev:nowhere", NULL },
    { "none", NULL },
    { "foo", NULL },
    { "tcp:nohost", NULL },
    { "unix:/nonexistent/x", NULL },
    { "/dev/null", NULL },
};

static void test_legacy(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(legacy); i++) {
        Error *err = NULL;
        setup();
        make("ringbuf,id=there");
        g_autofree char *text = g_strdup_printf(legacy[i].text, folder);
        g_autofree char *expected = legacy[i].filename ? g_strdup_printf(legacy[i].filename, folder) : NULL;
        Chardev *chr = chardev_from_legacy(text, "serial0", &err);
        g_autofree char *filename = chr ? chardev_filename(chr) : NULL;
        g_assert_cmpstr(filename, ==, expected);
        g_assert_cmpint(err != NULL, ==, !chr && !g_str_equal(text, "none"));
        if (chr && !g_str_has_prefix(text, "chardev:")) {
            g_assert_true(chardev_find("serial0") == chr);
            g_assert_cmpstr(chardev_label(chr), ==, "serial0");
        }
        error_free(err);
        teardown();
    }
}

static void test_json_and_help(void)
{
    g_autofree char *help = chardev_help();

    setup();
    make("{\"backend\": \"ringbuf\", \"id\": \"r\", \"size\": 4096}");
    g_assert_nonnull(chardev_find("r"));
    g_assert_true(g_str_has_prefix(help, "Available chardev backend types:\n"));
    g_assert_nonnull(strstr(help, "\n  socket "));
    teardown();
}

/* ---- attaching ---- */

static void test_one_front_end(void)
{
    Error *err = NULL;
    Front other = { 0 };

    setup();
    Chardev *chr = make("null,id=a");
    Front *front = attach(chr);
    g_assert_cmpuint(front->opened, ==, 1);
    g_assert_true(chardev_in_use(chr));
    g_assert_false(chardev_attach(chr, &front_ops, &other, &err));
    g_assert_cmpstr(error_message(err), ==, "Device 'a' is in use");
    error_free(err);
    g_assert_cmpuint(chardev_write(chr, "xyz", 3), ==, 3);
    g_assert_cmpuint(chardev_write(NULL, "xyz", 3), ==, 3);
    chardev_detach(chr, &other);
    g_assert_true(chardev_in_use(chr));
    front_free(chr, front);
    g_assert_false(chardev_in_use(chr));
    teardown();
}

/* ---- backends ---- */

static void test_file(void)
{
    setup();
    g_autofree char *input = path_of("in");
    g_assert_true(g_file_set_contents(input, "typed", -1, NULL));
    Chardev *chr = make("file,id=f,path=%s/out,input-path=%s/in,logfile=/dev/null");
    Front *front = attach(chr);
    chardev_write(chr, "one", 3);
    wait_until(front->got->len == 5);
    g_assert_cmpstr(front->got->str, ==, "typed");
    g_main_context_iteration(NULL, false);          /* end of file: no more input, output goes on */
    chardev_write(chr, "two", 3);
    assert_file("out", "onetwo");
    front_free(chr, front);
    object_free((Object *)chr);
    chr = make("file,id=f,path=%s/out,append=on,logfile=%s/log");
    chardev_write(chr, "three", 5);
    assert_file("out", "onetwothree");
    assert_file("log", "three");
    object_free((Object *)chr);
    make("file,id=f,path=%s/out");
    assert_file("out", "");
    teardown();
}

/* The line that names the terminal is for users; here it would disturb the test's own output. */
static Chardev *make_pty_quietly(void)
{
    int nowhere = open("/dev/null", O_WRONLY), output = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO);
    Chardev *chr = make("pty,id=p");
    dup2(output, STDOUT_FILENO);
    close(output);
    close(nowhere);
    return chr;
}

static void test_pty(void)
{
    struct termios tty;

    setup();
    Chardev *chr = make_pty_quietly();
    Front *front = attach(chr);
    g_assert_cmpuint(front->opened, ==, 0);
    g_assert_cmpuint(chardev_write(chr, "nobody", 6), ==, 6);
    g_autofree char *name = chardev_filename(chr);
    g_assert_true(g_str_has_prefix(name, "pty:/dev/pts/"));
    for (unsigned i = 1; i <= 2; i++) {
        int fd = open(name + 4, O_RDWR | O_NOCTTY);
        wait_until(front->opened == i);
        g_assert_cmpint(tcgetattr(fd, &tty), ==, 0);
        g_assert_false(tty.c_lflag & (ECHO | ICANON));
        converse(chr, front, fd);
        close(fd);
        wait_until(front->closed == i);
    }
    front_free(chr, front);
    teardown();
}

static void test_ringbuf(void)
{
    Error *err = NULL;

    setup();
    Chardev *chr = make("memory,id=r,size=8");
    chardev_write(chr, "0123456789", 10);
    g_autoptr(GBytes) some = chardev_ringbuf_read(chr, 3, &err);
    g_autoptr(GBytes) rest = chardev_ringbuf_read(chr, 100, &err);
    g_autoptr(GBytes) none = chardev_ringbuf_read(chr, 100, &err);
    g_assert_cmpmem(g_bytes_get_data(some, NULL), g_bytes_get_size(some), "234", 3);
    g_assert_cmpmem(g_bytes_get_data(rest, NULL), g_bytes_get_size(rest), "56789", 5);
    g_assert_cmpuint(g_bytes_get_size(none), ==, 0);
    g_assert_null(chardev_ringbuf_read(make("null,id=n"), 1, &err));
    g_assert_cmpstr(error_message(err), ==, "'n' is not a ringbuf device");
    error_free(err);
    teardown();
}

/* In a process of its own: what was the terminal is now two pipes. */
static void test_stdio(void)
{
    if (g_test_subprocess()) {
        Error *err = NULL;
        int in[2], out[2], old_out = dup(STDOUT_FILENO);
        g_assert_true(pipe(in) == 0 && pipe(out) == 0);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        setup();
        Chardev *chr = make("stdio,id=s,signal=off");
        Front *front = attach(chr);
        g_assert_null(chardev_create("stdio,id=t", &err));
        g_assert_cmpstr(error_message(err), ==, "cannot use stdio by multiple character devices");
        error_free(err);
        g_assert_false(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK);     /* it is the shell's, too */
        say(in[1], "hello");
        wait_until(front->got->len == 5);
        chardev_write(chr, "world", 5);
        assert_reads(out[0], "world");
        close(in[1]);
        while (g_main_context_iteration(NULL, false)) {
        }
        chardev_write(chr, "still", 5);
        assert_reads(out[0], "still");
        front_free(chr, front);
        teardown();
        dup2(old_out, STDOUT_FILENO);
        return;
    }
    g_test_trap_subprocess(NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
    g_test_trap_assert_passed();
}

/* ---- mux ---- */

static void test_mux(void)
{
    char help[512] = "";

    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock,mux=on");
    Front *first = attach(chr), *second = attach(chr);
    int fd = accept(listening, NULL, NULL);
    say(fd, "a\x01\x01" "b");
    wait_until(first->got->len == 3);
    g_assert_cmpstr(first->got->str, ==, "a\x01" "b");
    say(fd, "\x01" "b\x01" "cxy");
    wait_until(second->got->len == 2);
    g_assert_cmpuint(first->breaks, ==, 1);
    g_assert_cmpstr(second->got->str, ==, "xy");
    say(fd, "\x01" "cz");
    wait_until(first->got->len == 4);
    chardev_write(chr, "out", 3);
    assert_reads(fd, "out");
    say(fd, "\x01" "h\x01?");
    wait_until(recv(fd, help, sizeof(help) - 1, MSG_DONTWAIT) > 0);
    g_assert_nonnull(strstr(help, "C-a x    exit emulator\r\n"));
    first->room = 0;                                /* busy: keys are kept, escapes still work */
    say(fd, "123\x01" "b");
    wait_until(first->breaks == 2);
    g_assert_cmpuint(first->got->len, ==, 4);
    first->room = 2;
    chardev_accept_input(chr);
    g_assert_cmpstr(first->got->str, ==, "a\x01" "bz12");
    front_free(chr, second);
    front_free(chr, first);
    close(fd);
    close(listening);
    teardown();
}

static void test_mux_quits(void)
{
    setup();
    int listening = listen_on("sock");
    Chardev *chr = make("socket,id=s,path=%s/sock,mux=on");
    Front *front = attach(chr);
    int fd = accept(listening, NULL, NULL);
    say(fd, "\x01x");
    g_assert_cmpint(main_loop_run(), ==, 0);
    front_free(chr, front);
    close(fd);
    close(listening);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chardev/errors", test_errors);
    g_test_add_func("/chardev/legacy", test_legacy);
    g_test_add_func("/chardev/json", test_json_and_help);
    g_test_add_func("/chardev/attach", test_one_front_end);
    g_test_add_func("/chardev/file", test_file);
    g_test_add_func("/chardev/ringbuf", test_ringbuf);
    g_test_add_func("/chardev/pty", test_pty);
    g_test_add_func("/chardev/stdio", test_stdio);
    g_test_add_func("/chardev/mux/keys", test_mux);
    g_test_add_func("/chardev/mux/quit", test_mux_quits);
    return g_test_run();
}
