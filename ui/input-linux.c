/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `input-linux`: a keyboard, mouse, touchpad or tablet of the host is the guest's. The guest has it alone (it is
 * grabbed) until the user presses the keys of the toggle, which give it back to the host and take it again.
 */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/class.h"
#include "core/clock.h"
#include "core/mainloop.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "ui/evdev-reader.h"
#include "ui/input.h"

enum { EVENTS_AT_ONCE = 64, RETRY_MS = 1000 };

static const char *const toggle_names[] = {
    [EVDEV_TOGGLE_CTRL_CTRL] = "ctrl-ctrl", [EVDEV_TOGGLE_ALT_ALT] = "alt-alt",
    [EVDEV_TOGGLE_SHIFT_SHIFT] = "shift-shift", [EVDEV_TOGGLE_META_META] = "meta-meta",
    [EVDEV_TOGGLE_SCROLLLOCK] = "scrolllock", [EVDEV_TOGGLE_CTRL_SCROLLLOCK] = "ctrl-scrolllock", NULL,
};

typedef struct InputLinux {
    Object obj;
    char *path;
    bool grab_all, repeat;
    int toggle;                 /* EvdevToggle */

    int fd;                     /* -1: the device is gone */
    Watch *watch;
    bool known;                 /* info is that of the device, also of one that is gone */
    EvdevInfo info;
    EvdevReader reader;
    bool wanted;                /* grabbed: as soon as none of its keys is down */
    bool grabbed;
    uint8_t host_leds[EVDEV_BYTES(LED_CNT)];    /* as they were before the guest's */
    Notifier leds_changed;
    Timer retry;
} InputLinux;

extern const Class input_linux_class;

/* ---- lights ---- */

static void write_led(InputLinux *input, uint16_t led, bool lit)
{
    struct input_event events[] = { { .type = EV_LED, .code = led, .value = lit }, { .type = EV_SYN, .code = SYN_REPORT } };

    if (evdev_bit(input->info.leds, led) && write(input->fd, events, sizeof(events)) < 0) {
        return;     /* read-only, or unplugged: lights are not worth a word */
    }
}

static const struct {
    uint16_t led;
    uint8_t bit;
} leds[] = { { LED_SCROLLL, INPUT_LED_SCROLL }, { LED_NUML, INPUT_LED_NUM }, { LED_CAPSL, INPUT_LED_CAPS } };

static void show_guest_leds(InputLinux *input)
{
    for (unsigned i = 0; input->grabbed && i < G_N_ELEMENTS(leds); i++) {
        write_led(input, leds[i].led, input_leds() & leds[i].bit);
    }
}

static void show_host_leds(InputLinux *input)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(leds); i++) {
        write_led(input, leds[i].led, evdev_bit(input->host_leds, leds[i].led));
    }
}

static void on_leds_changed(Notifier *notifier, void *data)
{
    show_guest_leds((InputLinux *)((char *)notifier - offsetof(InputLinux, leds_changed)));
}

/* ---- whose it is ---- */

/* It is grabbed: from now on the guest has it. */
static void begin(InputLinux *input)
{
    evdev->leds_lit(input->fd, input->host_leds);
    input->grabbed = true;
    evdev_reader_activate(&input->reader, true);
    show_guest_leds(input);
}

static void give_back(InputLinux *input)
{
    evdev_reader_activate(&input->reader, false);
    show_host_leds(input);
    evdev->grab(input->fd, false);
    input->grabbed = false;
}

/* A key that is down belongs to who saw it go down; who does not see it go up would have it stuck. */
static void settle(InputLinux *input)
{
    if (input->fd < 0 || input->wanted == input->grabbed || input->reader.down_count > 0) {
        return;
    }
    if (!input->wanted) {
        give_back(input);
        return;
    }
    int err = evdev->grab(input->fd, true);
    if (err == 0) {
        begin(input);
    } else {
        warn("input-linux '%s': %s stays the host's: %s", input->obj.id, input->path, g_strerror(-err));
        input->wanted = false;
    }
}

static void toggle(InputLinux *input)
{
    g_autoptr(GPtrArray) all = object_list(&input_linux_class);

    input->wanted = !input->wanted;
    for (unsigned i = 0; input->grab_all && i < all->len; i++) {
        ((InputLinux *)all->pdata[i])->wanted = input->wanted;
        settle(all->pdata[i]);
    }
    settle(input);
}

/* ---- events ---- */

static void try_again(void *opaque);

/* Closing the file lets go of the device. */
static void disconnect(InputLinux *input)
{
    evdev_reader_activate(&input->reader, false);
    input->grabbed = false;
    g_clear_pointer(&input->watch, watch_free);
    fd_close(&input->fd);
}

static void retry_later(InputLinux *input)
{
    timer_init(&input->retry, CLOCK_HOST, try_again, input);
    timer_set(&input->retry, clock_now(CLOCK_HOST) + RETRY_MS * NS_PER_MS);
}

static void lost(InputLinux *input, int err)
{
    warn("input-linux '%s': %s (%s) is gone (%s); the guest goes on without it, and has it again when it is plugged in",
         input->obj.id, input->path, input->info.name, g_strerror(err));
    disconnect(input);
    retry_later(input);
}

static void on_events(void *opaque, GIOCondition got)
{
    InputLinux *input = opaque;
    struct input_event events[EVENTS_AT_ONCE];
    ssize_t len = read(input->fd, events, sizeof(events));

    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (len <= 0) {
        lost(input, len < 0 ? errno : ENODEV);
        return;
    }
    for (size_t i = 0; i < (size_t)len / sizeof(events[0]); i++) {
        evdev_reader_take(&input->reader, &events[i]);
        if (evdev_reader_toggled(&input->reader)) {
            toggle(input);
        }
        settle(input);
    }
}

/* ---- opening ---- */

static void hint_what_there_is(Error **errp)
{
    g_auto(GStrv) paths = evdev_paths();
    g_autofree char *list = g_strjoinv(" ", paths);

    if (paths[0]) {
        hint(errp, "There are: %s", list);
    }
    hint(errp, "-object input-linux,evdev=help says what each of them is.");
}

/* Devices belong to a group; management tools keep what they start from devices in another way, which is EPERM. */
static void hint_rights(const char *path, int err, Error **errp)
{
    struct stat status;
    struct group *owner = stat(path, &status) == 0 ? getgrgid(status.st_gid) : NULL;

    if (err == EPERM) {
        hint(errp, "Under libvirt: add it to cgroup_device_acl in /etc/libvirt/qemu.conf, or use <input type='evdev'>.");
    } else {
        hint(errp, "Add the user who runs this to the group '%s' (usermod -aG), and log in again.",
             owner ? owner->gr_name : "input");
    }
}

static bool cannot_open(const InputLinux *input, int err, Error **errp)
{
    fail_errno(errp, err, "Could not open '%s'", input->path);
    if (err == EACCES || err == EPERM) {
        hint_rights(input->path, err, errp);
    } else {
        hint_what_there_is(errp);
    }
    return false;
}

static bool no_evdev(const InputLinux *input, Error **errp)
{
    fail(errp, "%s: is not an evdev device", input->path);
    hint_what_there_is(errp);
    return false;
}

static bool cannot_take(const InputLinux *input, int err, Error **errp)
{
    fail_errno(errp, err, "%s (%s): cannot grab it", input->path, input->info.name);
    if (err == EBUSY) {
        hint(errp, "Another guest or program has it to itself: fuser -v %s shows who.", input->path);
    }
    return false;
}

/*
 * Take it now, to know that it can be taken; when keys are down, let go of it and wait. The keys are asked for while it
 * is ours: none can come in between.
 */
static bool take_at_start(InputLinux *input, Error **errp)
{
    int err = evdev->grab(input->fd, true);

    err = err < 0 ? err : evdev_reader_init(&input->reader, input->fd, &input->info);
    if (err < 0) {
        return cannot_take(input, -err, errp);
    }
    if (input->reader.down_count == 0 && input->wanted) {
        begin(input);
    } else {
        evdev->grab(input->fd, false);
    }
    return true;
}

/* eventN may be something else by now, which nobody gave to the guest. */
static bool is_the_same(const EvdevInfo *a, const EvdevInfo *b)
{
    return strcmp(a->name, b->name) == 0 && memcmp(&a->id, &b->id, sizeof(a->id)) == 0;
}

static bool connect_device(InputLinux *input, Error **errp)
{
    EvdevInfo found;

    input->fd = evdev->open(input->path);
    if (input->fd < 0) {
        return cannot_open(input, -input->fd, errp);
    }
    if (evdev->describe(input->fd, &found) < 0) {
        return no_evdev(input, errp);
    }
    if (input->known && !is_the_same(&found, &input->info)) {
        return fail(errp, "%s is another device now: %s", input->path, found.name);
    }
    input->info = found;
    input->known = true;
    if (!take_at_start(input, errp)) {
        return false;
    }
    input->watch = watch_new(input->fd, G_IO_IN, on_events, input);
    return true;
}

static void try_again(void *opaque)
{
    InputLinux *input = opaque;
    Error *err = NULL;

    if (connect_device(input, &err)) {
        info("input-linux '%s': %s (%s) is back", input->obj.id, input->path, input->info.name);
        return;
    }
    error_free(err);
    fd_close(&input->fd);
    retry_later(input);
}

/* ---- the class ---- */

static bool input_linux_realize(Object *obj, Error **errp)
{
    InputLinux *input = (InputLinux *)obj;

    if (!input->path) {
        fail(errp, "Parameter 'evdev' is missing");
        hint_what_there_is(errp);
        return false;
    }
    input->reader.toggle = (EvdevToggle)input->toggle;
    input->reader.repeat = input->repeat;
    if (!connect_device(input, errp)) {
        return false;
    }
    if (!evdev_kind(&input->info)) {
        warn("input-linux '%s': %s (%s) has neither keys nor a pointer", obj->id, input->path, input->info.name);
    }
    input->leds_changed.notify = on_leds_changed;
    notifier_add(&input_led_notifiers, &input->leds_changed);
    return true;
}

static void input_linux_unrealize(Object *obj)
{
    InputLinux *input = (InputLinux *)obj;

    notifier_del(&input_led_notifiers, &input->leds_changed);
    timer_cancel(&input->retry);
    if (input->grabbed) {
        give_back(input);
    }
    disconnect(input);
}

static void input_linux_init(Object *obj)
{
    ((InputLinux *)obj)->fd = -1;
    ((InputLinux *)obj)->wanted = true;
}

static char *choices(const KeyVals *kv)
{
    return evdev_table();
}

CLASS(input_linux_class) = {
    .name = "input-linux",
    .parent = &user_creatable_class,
    .desc = "Keyboard, mouse, touchpad or tablet of the host",
    .size = sizeof(InputLinux),
    .props = (const Property[]){
        PROP_CHOICES(InputLinux, path, "evdev", "Event device, /dev/input/by-id/... ('help' lists them)", choices),
        PROP(InputLinux, grab_all, bool, "grab_all", "off", "Its toggle gives and takes all input-linux objects"),
        PROP(InputLinux, repeat, bool, "repeat", "off", "The guest gets the repetitions of keys that are held"),
        PROP_ENUM(InputLinux, toggle, toggle_names, "grab-toggle", "ctrl-ctrl", "Keys that give it to the host and take it again"),
        { }
    },
    .init = input_linux_init,
    .realize = input_linux_realize,
    .unrealize = input_linux_unrealize,
};
