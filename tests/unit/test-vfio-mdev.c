/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices that live as long as their guest: made, removed, left behind by the killed, wanted by two. */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/device.h"
#include "hw/vfio/mdev.h"
#include "hw/vfio/sysfs.h"
#include "tests/unit/host-tree.h"
#include "tests/unit/mdev-kernel.h"
#include "tests/unit/vfio-machine.h"

#define A "0a0a0a0a-1111-2222-3333-00000000000a"
#define B "0b0b0b0b-1111-2222-3333-00000000000b"
#define MTTY_2 MTTY_FOLDER "/mdev_supported_types/mtty-2"

static const MdevWish wish_a = { .parent = "mtty", .type = "mtty-2", .uuid = A };
static const MdevWish wish_b = { .parent = "mtty", .type = "mtty-2", .uuid = B };

/* ---- helpers ---- */

static Mdev *acquire(const MdevWish *wish)
{
    Error *err = NULL;
    Mdev *mdev = mdev_acquire(wish, &err);

    g_test_message("%s", err ? error_message(err) : mdev_uuid(mdev));
    g_assert_nonnull(mdev);
    return mdev;
}

/* What must be in the message and, unless NULL, in the advice. */
static void expect_refusal(const MdevWish *wish, const char *message, const char *advice)
{
    Error *err = NULL;

    g_assert_null(mdev_acquire(wish, &err));
    g_test_message("%s\n%s", error_message(err), error_advice(err) ? error_advice(err) : "");
    g_assert_true(g_pattern_match_simple(message, error_message(err)));
    g_assert_true(!advice || g_pattern_match_simple(advice, error_advice(err)));
    error_free(err);
}

static unsigned records(void)
{
    g_autofree char *folder = host_tree_path("run/qemu-igd/mdev");
    g_autoptr(GPtrArray) files = vfio_host_list(folder);

    return files->len;
}

/* Another emulator, which acquires the device and stays. It says '+' or '-' on @say when it has, or has not. */
static pid_t emulator(const MdevWish *wish, int say)
{
    pid_t pid = fork();

    if (pid == 0) {
        Error *err = NULL;
        g_random_set_seed((guint32)getpid());   /* else all children of a fork think of the same UUID */
        bool got = mdev_acquire(wish, &err);
        g_assert_cmpint(write(say, got ? "+" : "-", 1), ==, 1);
        for (;;) {
            pause();
        }
    }
    g_assert_cmpint(pid, >, 0);
    return pid;
}

static void kill_it(pid_t pid)
{
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

/* One that has the device now. */
static pid_t living(const MdevWish *wish)
{
    int pipes[2];
    char word = 0;

    g_assert_cmpint(pipe(pipes), ==, 0);
    pid_t pid = emulator(wish, pipes[1]);
    g_assert_cmpint(read(pipes[0], &word, 1), ==, 1);
    g_assert_cmpint(word, ==, '+');
    close(pipes[0]);
    close(pipes[1]);
    return pid;
}

/* One that was killed when it had the device, or in the middle of making it. */
static void one_is_killed(const MdevWish *wish)
{
    if (mdev_kernel.dies_before || mdev_kernel.dies_after) {
        g_assert_cmpint(waitpid(emulator(wish, -1), NULL, 0), >, 0);
        mdev_kernel = (MdevKernel){ 0 };
    } else {
        kill_it(living(wish));
    }
}

/* ---- a life in order ---- */

static void test_it_lives_as_long_as_it_is_held(void)
{
    Mdev *mdev = acquire(&wish_a);

    g_assert_cmpstr(mdev_uuid(mdev), ==, A);
    g_assert_true(mdev_kernel_has(A));
    g_assert_true(g_str_has_suffix(mdev_folder(mdev), "/sys/bus/mdev/devices/" A));
    g_assert_cmpuint(records(), ==, 1);
    mdev_release(mdev);
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
    g_assert_cmpuint(records(), ==, 0);
    mdev_release(NULL);
}

static void test_parents_and_types_have_several_names(void)
{
    static const MdevWish wishes[] = {
        { "mtty", "mtty-2", A }, { "mtty", "Dual port serial", A }, { "00:02.0", "i915-GVTg_V5_4", A },
        { "0000:00:02.0", "GVTg_V5_4", A }, { "mtty", "mtty-2", "0A0A0A0A-1111-2222-3333-00000000000A" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(wishes); i++) {
        Mdev *mdev = acquire(&wishes[i]);
        g_autofree char *type = vfio_host_link(mdev_folder(mdev), "mdev_type");
        g_assert_cmpstr(type, ==, strchr(wishes[i].parent, ':') ? "i915-GVTg_V5_4" : "mtty-2");
        g_assert_true(mdev_kernel_has(A));
        mdev_release(mdev);
    }
}

static void test_without_a_uuid_it_gets_a_fresh_one(void)
{
    const MdevWish wish = { .parent = "mtty", .type = "mtty-2" };
    Mdev *one = acquire(&wish), *two = acquire(&wish);

    g_assert_true(g_uuid_string_is_valid(mdev_uuid(one)));
    g_assert_cmpstr(mdev_uuid(one), !=, mdev_uuid(two));
    g_assert_cmpuint(mdev_kernel_count(), ==, 2);
    expect_refusal(&wish, "mdev-type=mtty-2: no instance is left", "There is * (mtty-2): echo 1 > *");
    mdev_release(one);
    mdev_release(two);
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
}

static void test_what_the_kernel_refuses_leaves_nothing(void)
{
    mdev_kernel.create_error = EIO;
    expect_refusal(&wish_a, "*the host does not make the device " A ": Input/output error", "*dmesg*");
    g_assert_cmpuint(records(), ==, 0);
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
}

static void test_a_device_that_stays_goes_next_time(void)
{
    Mdev *mdev = acquire(&wish_a);

    mdev_kernel.remove_error = EBUSY;
    mdev_release(mdev);
    g_assert_true(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 1);
    mdev_release(acquire(&wish_b));         /* still busy: left alone, and still known */
    mdev_kernel.remove_error = 0;
    mdev = acquire(&wish_b);
    g_assert_false(mdev_kernel_has(A));
    mdev_release(mdev);
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
    g_assert_cmpuint(records(), ==, 0);
}

static void test_a_device_that_was_taken_away_is_no_trouble(void)
{
    Mdev *mdev = acquire(&wish_a);

    g_assert_cmpint(mdev_kernel_write("sys/bus/mdev/devices/" A "/remove", "1"), ==, 0);
    mdev_release(mdev);
    g_assert_cmpuint(records(), ==, 0);
}

/* ---- the killed ---- */

static void test_what_the_killed_left_goes(void)
{
    one_is_killed(&wish_a);
    g_assert_true(mdev_kernel_has(A));
    Mdev *mdev = acquire(&wish_b);
    g_assert_false(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 1);
    mdev_release(mdev);
}

static void test_the_same_uuid_can_be_had_again(void)
{
    one_is_killed(&wish_a);
    one_is_killed(&wish_a);
    Mdev *mdev = acquire(&wish_a);
    g_assert_true(mdev_kernel_has(A));
    mdev_release(mdev);
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
}

static void test_killed_in_the_middle_of_making(void)
{
    mdev_kernel.dies_after = true;
    one_is_killed(&wish_a);
    g_assert_true(mdev_kernel_has(A));
    mdev_release(acquire(&wish_b));
    g_assert_false(mdev_kernel_has(A));
    mdev_kernel.dies_before = true;
    one_is_killed(&wish_a);
    g_assert_false(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 1);
    mdev_release(acquire(&wish_b));
    g_assert_cmpuint(records(), ==, 0);
}

/* The old folder stays somewhere: file systems of tests use inode numbers again at once. */
static void somebody_makes_his_own(void)
{
    g_autofree char *entry = host_tree_path("sys/bus/mdev/devices/" A);
    g_autofree char *old = host_tree_path(MTTY_FOLDER "/" A), *away = host_tree_path("sys/away");

    g_assert_cmpint(g_rename(old, away), ==, 0);
    g_assert_cmpint(g_unlink(entry), ==, 0);
    g_assert_cmpint(mdev_kernel_write(MTTY_2 "/create", A), ==, 0);
}

static void test_a_device_of_somebody_else_stays(void)
{
    one_is_killed(&wish_a);
    somebody_makes_his_own();
    expect_refusal(&(MdevWish){ "mtty", "mtty-1", B "x" }, "*not a UUID*", NULL);
    expect_refusal(&wish_a, "the mediated device " A " is there already", "mdev-uuid=" A " alone uses it*");
    g_assert_true(mdev_kernel_has(A));
    mdev_release(acquire(&(MdevWish){ "mtty", "mtty-1", B }));
    g_assert_true(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 0);
}

static void test_somebody_who_is_faster_keeps_his_device(void)
{
    mdev_kernel.somebody_is_faster = true;
    expect_refusal(&wish_a, "*: File exists", "*UUID already*");
    g_assert_true(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 0);
}

static void test_a_device_that_changed_hands_stays(void)
{
    Mdev *mdev = acquire(&wish_a);

    somebody_makes_his_own();
    mdev_release(mdev);
    g_assert_true(mdev_kernel_has(A));
}

static void test_odd_records_do_no_harm(void)
{
    static const char *const odd[] = { "", "x", "1", "1 ", "4711 0 0", "-1 7", "99999999999999999999 1", "1 -1" };

    g_assert_cmpint(mdev_kernel_write(MTTY_2 "/create", A), ==, 0);
    host_tree_add("run/qemu-igd/mdev");
    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_autofree char *row = g_strdup_printf("run/qemu-igd/mdev/" A " = %s", odd[i]);
        host_tree_add(row);
        mdev_release(acquire(&wish_b));
        g_assert_true(mdev_kernel_has(A));
        g_assert_cmpuint(records(), ==, 0);
    }
}

/* ---- two at a time ---- */

static void test_the_second_is_told_who_has_it(void)
{
    pid_t pid = living(&wish_a);
    g_autofree char *words = g_strdup_printf("the mediated device " A " belongs to another emulator, process %d", (int)pid);

    expect_refusal(&wish_a, words, "*leave mdev-uuid= out*");
    mdev_release(acquire(&wish_b));
    g_assert_true(mdev_kernel_has(A));
    kill_it(pid);
    mdev_release(acquire(&wish_a));
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
}

enum { CROWD = 8 };

/* How many of a crowd that starts at once get one. */
static unsigned crowd(const MdevWish *wish)
{
    pid_t pids[CROWD];
    int pipes[2];
    unsigned got = 0;
    char words[CROWD];

    g_assert_cmpint(pipe(pipes), ==, 0);
    for (unsigned i = 0; i < CROWD; i++) {
        pids[i] = emulator(wish, pipes[1]);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        g_assert_cmpint(read(pipes[0], &words[i], 1), ==, 1);
        got += words[i] == '+';
    }
    g_assert_cmpuint(mdev_kernel_count(), ==, got);
    for (unsigned i = 0; i < CROWD; i++) {
        kill_it(pids[i]);
    }
    close(pipes[0]);
    close(pipes[1]);
    return got;
}

static void test_of_a_crowd_as_many_win_as_there_are(void)
{
    for (unsigned round = 0; round < 5; round++) {
        g_assert_cmpuint(crowd(&wish_a), ==, 1);
        g_assert_cmpuint(crowd(&(MdevWish){ .parent = "mtty", .type = "mtty-2" }), ==, 2);
    }
    mdev_release(acquire(&wish_a));
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
    g_assert_cmpuint(records(), ==, 0);
}

/* ---- a UUID alone ---- */

static void test_a_uuid_alone_finds_what_is_there(void)
{
    g_assert_cmpint(mdev_kernel_write(MTTY_2 "/create", A), ==, 0);
    Mdev *mdev = acquire(&(MdevWish){ .uuid = "0A0A0A0A-1111-2222-3333-00000000000a" });
    g_assert_cmpstr(mdev_uuid(mdev), ==, A);
    mdev_release(mdev);
    g_assert_true(mdev_kernel_has(A));
    g_assert_cmpuint(records(), ==, 0);
}

static void test_a_uuid_alone_takes_over_from_the_killed(void)
{
    const MdevWish alone = { .uuid = A };

    one_is_killed(&wish_a);
    one_is_killed(&alone);
    g_assert_true(mdev_kernel_has(A));
    mdev_release(acquire(&alone));
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
    g_assert_cmpuint(records(), ==, 0);
    pid_t pid = living(&wish_a);
    mdev_release(acquire(&alone));          /* the group's file would not open; the device is not touched */
    g_assert_true(mdev_kernel_has(A));
    kill_it(pid);
    somebody_makes_his_own();
    mdev_release(acquire(&alone));
    g_assert_true(mdev_kernel_has(A));
}

/* Put a program mdevctl, with @body, where programs are looked for; @body NULL: none. */
static void install_mdevctl(const char *body)
{
    g_autofree char *folder = host_tree_path("bin");

    host_tree_add("bin");
    if (body) {
        g_autofree char *row = g_strdup_printf("bin/mdevctl = #!/bin/sh\n%s\n", body), *path = host_tree_path("bin/mdevctl");
        host_tree_add(row);
        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    }
    g_setenv("PATH", folder, true);
}

static void test_mdevctl_starts_what_it_knows(void)
{
    g_autofree char *before = g_strdup(g_getenv("PATH")), *device = host_tree_path(MTTY_FOLDER "/" A);
    g_autofree char *type = host_tree_path(MTTY_2), *entry = host_tree_path("sys/bus/mdev/devices/" A);
    g_autofree char *body = g_strdup_printf("test \"$*\" = 'start -u " A "' || { echo unknown >&2; exit 1; }\n"
                                            "PATH=%s; mkdir %s && ln -s %s %s/mdev_type && ln -s %s %s",
                                            before, device, type, device, device, entry);

    install_mdevctl(NULL);
    expect_refusal(&(MdevWish){ .uuid = A }, "there is no mediated device " A, "*mdev-parent=help*mdevctl installed*");
    install_mdevctl(body);
    Mdev *mdev = acquire(&(MdevWish){ .uuid = A });
    g_assert_true(mdev_kernel_has(A));
    mdev_release(mdev);
    g_assert_false(mdev_kernel_has(A));     /* it was started for this guest */
    expect_refusal(&(MdevWish){ .uuid = B }, "there is no mediated device " B ", and mdevctl does not start it: unknown",
                   "*mdevctl list -d*");
    install_mdevctl("exit 0");
    expect_refusal(&(MdevWish){ .uuid = A }, "*was made, and has gone", NULL);
    g_assert_cmpuint(records(), ==, 0);
    g_setenv("PATH", before, true);
}

/* ---- in a machine ---- */

static Object *plug(const char *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", errp);

    return device_create(kv, errp);
}

/* The tree has no /dev/vfio: the device is made, cannot be opened, and goes. */
static void test_a_device_that_cannot_be_opened_goes(void)
{
    Error *err = NULL;

    g_assert_null(plug("vfio-pci,addr=5.0,mdev-parent=mtty,mdev-type=mtty-2,mdev-uuid=" A, &err));
    g_assert_true(g_pattern_match_simple("vfio " A ": Could not open '*/dev/vfio/*", error_message(err)));
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
    g_assert_cmpuint(records(), ==, 0);
    error_free(err);
}

static void test_settings_that_do_not_fit(void)
{
    static const struct {
        const char *settings, *message, *advice;
    } rows[] = {
        { "host=00:02.0,mdev-uuid=" A, "host= and mdev-...= both name a device*", NULL },
        { "sysfsdev=/x,mdev-parent=mtty", "sysfsdev= and mdev-...= both name a device*", NULL },
        { "mdev-parent=mtty", "vfio mtty: mdev-parent=mtty: of which type? mdev-type= is missing",
          "There are: mtty-1 (Single port serial), mtty-2 (Dual port serial)." },
        { "mdev-type=mtty-2", "vfio mtty-2: mdev-type=mtty-2: of which parent?*", "There are: 0000:00:02.0, mtty." },
        { "mdev-parent=mtty,mdev-type=mtty-9", "vfio mtty: mdev-type=mtty-9: there is no such type", "*mtty-1*mtty-2*" },
        { "mdev-parent=mtty,mdev-type=", "vfio mtty: mdev-type=: there is no such type", NULL },
        { "mdev-parent=mtty,mdev-type=../..", "vfio mtty: *there is no such type", NULL },
        { "mdev-parent=..,mdev-type=x", "vfio ..: mdev-parent=..: offers no mediated devices", NULL },
        { "mdev-parent=,mdev-type=x", "vfio : mdev-parent=: offers no mediated devices", NULL },
        { "mdev-parent=00:02.0,mdev-type=ccw-1", "*makes vfio-ccw devices*", NULL },
        { "mdev-uuid=1234", "vfio 1234: mdev-uuid: '1234' is not a UUID*", NULL },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *settings = g_strconcat("vfio-pci,addr=5.0,", rows[i].settings, NULL);
        Error *err = NULL;
        g_assert_null(plug(settings, &err));
        g_test_message("%s", error_message(err));
        g_assert_true(g_pattern_match_simple(rows[i].message, error_message(err)));
        g_assert_true(!rows[i].advice || g_pattern_match_simple(rows[i].advice, error_advice(err)));
        error_free(err);
    }
    g_assert_cmpuint(mdev_kernel_count(), ==, 0);
}

static bool was_there_at_close;

static void close_and_look(VfioDevice *dev)
{
    was_there_at_close = mdev_kernel_has(A);
}

static void test_it_goes_after_the_last_file_of_it(void)
{
    static const VfioTransportOps ops = { .name = "closing", .close = close_and_look };
    VfioDevice *dev = g_new0(VfioDevice, 1);

    *dev = (VfioDevice){ .ops = &ops, .mdev = acquire(&wish_a) };
    vfio_device_close(dev);
    g_assert_true(was_there_at_close);
    g_assert_false(mdev_kernel_has(A));
}

/* ---- all ---- */

static void with_host(gconstpointer test)
{
    mdev_kernel_up();
    ((void (*)(void))test)();
    mdev_kernel_down();
}

#define ADD(name, test) g_test_add_data_func("/vfio-mdev/" name, (gconstpointer)(test), with_host)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    ADD("it-lives-as-long-as-it-is-held", test_it_lives_as_long_as_it_is_held);
    ADD("parents-and-types-have-several-names", test_parents_and_types_have_several_names);
    ADD("without-a-uuid-it-gets-a-fresh-one", test_without_a_uuid_it_gets_a_fresh_one);
    ADD("what-the-kernel-refuses-leaves-nothing", test_what_the_kernel_refuses_leaves_nothing);
    ADD("a-device-that-stays-goes-next-time", test_a_device_that_stays_goes_next_time);
    ADD("a-device-that-was-taken-away-is-no-trouble", test_a_device_that_was_taken_away_is_no_trouble);
    ADD("what-the-killed-left-goes", test_what_the_killed_left_goes);
    ADD("the-same-uuid-can-be-had-again", test_the_same_uuid_can_be_had_again);
    ADD("killed-in-the-middle-of-making", test_killed_in_the_middle_of_making);
    ADD("a-device-of-somebody-else-stays", test_a_device_of_somebody_else_stays);
    ADD("somebody-who-is-faster-keeps-his-device", test_somebody_who_is_faster_keeps_his_device);
    ADD("a-device-that-changed-hands-stays", test_a_device_that_changed_hands_stays);
    ADD("odd-records-do-no-harm", test_odd_records_do_no_harm);
    ADD("the-second-is-told-who-has-it", test_the_second_is_told_who_has_it);
    ADD("of-a-crowd-as-many-win-as-there-are", test_of_a_crowd_as_many_win_as_there_are);
    ADD("a-uuid-alone-finds-what-is-there", test_a_uuid_alone_finds_what_is_there);
    ADD("a-uuid-alone-takes-over-from-the-killed", test_a_uuid_alone_takes_over_from_the_killed);
    ADD("mdevctl-starts-what-it-knows", test_mdevctl_starts_what_it_knows);
    ADD("a-device-that-cannot-be-opened-goes", test_a_device_that_cannot_be_opened_goes);
    ADD("settings-that-do-not-fit", test_settings_that_do_not_fit);
    ADD("it-goes-after-the-last-file-of-it", test_it_goes_after_the_last_file_of_it);
    return g_test_run();
}
