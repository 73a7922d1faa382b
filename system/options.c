/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of command-line options; settings.c reads argv with it. */
#include <stddef.h>
#include <string.h>

#include "accel/cpu-models.h"
#include "chardev/chardev.h"
#include "core/datadir.h"
#include "core/device.h"
#include "hw/rtc/mc146818.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "monitor/reference.h"
#include "system/option.h"
#include "ui/layout.h"

#define FIELD(f) .offset = offsetof(Settings, f)
#define AUDIO_KEYS(way) { way "frequency", &prop_u32 }, { way "channels", &prop_u32 }, { way "voices", &prop_u32 }, \
    { way "buffer-length", &prop_u32 }, { way "format" }, { way "fixed-settings", &prop_bool }, { way "mixing-engine", &prop_bool }
#define KEYS(...) .keys = (const Key[]){ __VA_ARGS__, { } }

/* ---- generic setters ---- */

static void *field_of(Settings *settings, const Option *option)
{
    return (char *)settings + option->offset;
}

static bool set_flag(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    *(bool *)field_of(settings, option) = true;
    return true;
}

static bool set_text(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    char **field = field_of(settings, option);

    g_free(*field);
    *field = g_strdup(arg);
    return true;
}

static bool check_item(const Key *keys, const KeyVal *item, Error **errp)
{
    uint64_t value;

    for (const Key *key = keys; key->name; key++) {
        if (g_str_equal(key->name, item->key)) {
            return !key->kind || key->kind->parse(NULL, item->value, &value, errp) || fail(errp, "Parameter '%s'", item->key);
        }
    }
    return fail(errp, "Invalid parameter '%s'", item->key);
}

static bool check_items(const Key *keys, const KeyVals *kv, Error **errp)
{
    for (unsigned i = 0; keys && i < kv->items->len; i++) {
        if (!check_item(keys, &g_array_index(kv->items, KeyVal, i), errp)) {
            return false;
        }
    }
    return true;
}

/* The settings in @arg, all of them known to the option; NULL with *errp set. */
static KeyVals *parse_settings(const Option *option, const char *arg, Error **errp)
{
    KeyVals *kv = keyval_parse(arg, option->implied, errp);

    if (kv && !check_items(option->keys, kv, errp)) {
        g_clear_pointer(&kv, keyval_free);
    }
    return kv;
}

/* Settings of several uses of the option, later ones winning. */
static bool merge(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) new = parse_settings(option, arg, errp);

    if (new && new->items->len == 0) {
        return fail(errp, "the argument is empty");
    }
    if (new) {
        keyval_add_all(*(KeyVals **)field_of(settings, option), new);
    }
    return new != NULL;
}

static OptionUse *option_use_new(const Option *option, const char *arg)
{
    OptionUse *use = g_new0(OptionUse, 1);

    use->context = g_strdup_printf("-%s%s%s", option->name, arg ? " " : "", arg ? arg : "");
    use->text = g_strdup(arg);
    return use;
}

void settings_add_accel(Settings *settings, const char *context, const char *name)
{
    OptionUse *use = g_new0(OptionUse, 1);

    use->context = g_strdup(context);
    use->settings = keyval_new();
    keyval_add(use->settings, "accel", name);
    g_ptr_array_add(settings->accels, use);
}

static bool add_text(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_ptr_array_add(*(GPtrArray **)field_of(settings, option), option_use_new(option, arg));
    return true;
}

static bool add_settings(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    OptionUse *use = option_use_new(option, arg);

    g_ptr_array_add(*(GPtrArray **)field_of(settings, option), use);
    use->settings = parse_settings(option, arg, errp);
    return use->settings != NULL;
}

static bool accept(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return true;
}

/* ---- options with a meaning of their own ---- */

static const Key smp_keys[] = {
    { "cpus" }, { "maxcpus" }, { "sockets" }, { "dies" }, { "clusters" }, { "cores" }, { "threads" }, { }
};

/* Those after "head" change nothing: tools set them, and there is no sound, no lock key and no lossy picture. */
static const Key vnc_keys[] = {
    { "vnc" }, { "id" }, { "to" }, { "share" }, { "password", &prop_bool }, { "password-secret" }, { "ipv4", &prop_bool },
    { "ipv6", &prop_bool }, { "connections" }, { "display" }, { "head" },
    { "audiodev" }, { "lossy", &prop_bool }, { "non-adaptive", &prop_bool }, { "lock-key-sync", &prop_bool },
    { "key-delay-ms", &prop_u32 }, { }
};

static bool add_vnc(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return g_str_equal(arg, "none") || add_settings(settings, option, arg, errp);
}

static bool set_display(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return display_check(arg, errp) && (!g_str_has_prefix(arg, "vnc=") || add_settings(settings, option, arg, errp));
}

/* Only "none": the option names something this version does not have. */
static bool only_none(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return g_str_equal(arg, "none") || fail(errp, "'%s' is not available, only 'none' is", arg);
}

static bool set_vga(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (g_str_equal(arg, "std") || g_str_equal(arg, "none")) {
        return set_text(settings, option, arg, errp);
    }
    return fail(errp, "'%s' is not available, only 'std' and 'none' are", arg);
}

static bool set_layout(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return layout_check(arg, errp) && set_text(settings, option, arg, errp);
}

static bool set_help(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    settings->help = help_options();
    return true;
}

static bool set_version(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    settings->help = help_version();
    return true;
}

static const Key action_keys[] = { { "reboot" }, { "shutdown" }, { "panic" }, { "watchdog" }, { } };

/* An option that is short for -action of what it implies. */
static bool set_action(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(option->implied, NULL, errp);

    keyval_add_all(settings->actions, kv);
    return true;
}

static bool set_watchdog_action(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    keyval_add(settings->actions, "watchdog", arg);
    return true;
}

/* Move "smp.KEY" to the settings of -smp: of both, the later one counts. */
static bool take_smp_settings(Settings *settings, KeyVals *machine, Error **errp)
{
    for (unsigned i = 0; i < machine->items->len;) {
        KeyVal *item = &g_array_index(machine->items, KeyVal, i);
        if (!g_str_has_prefix(item->key, "smp.")) {
            i++;
            continue;
        }
        KeyVal smp = { item->key + strlen("smp."), item->value };
        if (!check_item(smp_keys, &smp, errp)) {
            return false;
        }
        keyval_add(settings->smp, smp.key, smp.value);
        g_array_remove_index(machine->items, i);
    }
    return true;
}

static bool set_machine(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return merge(settings, option, arg, errp) && take_smp_settings(settings, settings->machine, errp);
}

static bool set_cpu(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return *arg ? set_text(settings, option, arg, errp) : fail(errp, "the argument is empty");
}

static bool add_set(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_auto(GStrv) sides = g_strsplit(arg, "=", 2);
    g_auto(GStrv) names = g_strsplit(sides[0] ? sides[0] : "", ".", 3);

    if (g_strv_length(sides) != 2 || g_strv_length(names) != 3 || !g_str_equal(names[0], "device")) {
        return fail(errp, "expected device.ID.PROPERTY=VALUE");
    }
    return add_text(settings, option, arg, errp);
}

/* The next chip in FILE. */
static bool add_pflash(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    OptionUse *use = option_use_new(option, arg);

    use->settings = keyval_new();
    keyval_add(use->settings, "if", "pflash");
    keyval_add(use->settings, "file", arg);
    g_ptr_array_add(settings->drives, use);
    return true;
}

static bool add_folder(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    datadir_add(arg);
    return true;
}

static bool set_rtc(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return rtc_configure(arg, errp);
}

/* The name may come before or after the wish for it. */
static bool set_message_format(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (*arg && !merge(settings, option, arg, errp)) {
        return false;
    }
    log_set_format(settings_switch(settings->messages, "timestamp"),
                   settings_switch(settings->messages, "guest-name") ? keyval_get(settings->name, "guest") : NULL);
    return true;
}

static bool set_log_items(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (!g_str_equal(arg, "guest_errors")) {
        fail(errp, "'%s' is not a log item", arg);
        return hint(errp, "-d help lists the items.");
    }
    log_guest_enable(true);
    return true;
}

static bool set_log_file(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return log_guest_file(arg, errp);
}

static bool prefault_memory(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    class_add_global("memory-backend", "prealloc", "on");
    return true;
}

static bool set_sandbox(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) kv = parse_settings(option, arg, errp);

    if (kv && settings_switch(kv, "enable")) {
        fail(errp, "there is no system call filter");
        return hint(errp, "Leave the option out, or use -sandbox off.");
    }
    return kv != NULL;
}

/* Tools give every machine one, which is nobody's as long as no device makes sounds. */
static bool check_audiodev(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) kv = parse_settings(option, arg, errp);
    const char *driver = kv ? keyval_get(kv, "driver") : NULL;

    if (driver && !g_str_equal(driver, "none")) {
        return fail(errp, "Parameter 'driver' does not accept value '%s'", driver);
    }
    return kv && ((driver && keyval_get(kv, "id")) || fail(errp, "Parameter '%s' is missing", driver ? "id" : "driver"));
}

/* ---- monitors ---- */

static void add_monitor_use(Settings *settings, OptionUse *use, const char *mode, bool pretty)
{
    use->settings = keyval_new();
    keyval_add(use->settings, "mode", mode);
    keyval_add(use->settings, "pretty", pretty ? "on" : "off");
    g_ptr_array_add(settings->monitors, use);
}

void settings_add_monitor(Settings *settings, const char *context, const char *id)
{
    OptionUse *use = g_new0(OptionUse, 1);

    use->context = g_strdup(context);
    add_monitor_use(settings, use, "readline", false);
    keyval_add(use->settings, "chardev", id);
}

void settings_add_monitor_device(Settings *settings, const char *context, const char *device)
{
    OptionUse *use = g_new0(OptionUse, 1);

    use->context = g_strdup(context);
    use->text = g_strdup(device);
    add_monitor_use(settings, use, "readline", false);
}

static bool add_mon(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    settings->monitor_given = true;
    if (!add_settings(settings, option, arg, errp)) {
        return false;
    }
    const OptionUse *use = settings->monitors->pdata[settings->monitors->len - 1];
    return keyval_get(use->settings, "chardev") || fail(errp, "Parameter 'chardev' is missing");
}

static bool add_monitor(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    settings->monitor_given = true;
    add_monitor_use(settings, option_use_new(option, arg), "readline", false);
    return true;
}

static bool add_qmp(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    add_monitor_use(settings, option_use_new(option, arg), "control", g_str_has_suffix(option->name, "-pretty"));
    return true;
}

/* ---- the table ---- */

const Option options[] = {
    { "help", NULL, "Print this text", set_help },
    { "h", NULL, "Same as -help", set_help },
    { "version", NULL, "Print the version", set_version },

    { "machine", "[type=]NAME[,PROP=VALUE...]", "Machine: pc ('help' lists them, 'NAME,help' the properties); accel=kvm, memory-backend=ID, smp.cpus=N ...",
      set_machine, FIELD(machine), "type", .list = help_machines, .find = machine_class_find },
    { "M", "[type=]NAME[,PROP=VALUE...]", "Same as -machine",
      set_machine, FIELD(machine), "type", .list = help_machines, .find = machine_class_find, .unadvertised = true },
    { "accel", "[accel=]NAME[,PROP=VALUE...]", "What executes the guest: kvm ('help' lists them); the first of several that works",
      add_settings, FIELD(accels), "accel", .list = help_accels, .find = accel_class_find },
    { "enable-kvm", NULL, "Accepted; KVM is what is used anyway", accept },
    { "cpu", "MODEL[,FEATURE=on|off...]", "Processor: host, max or a model's name ('help' lists them)",
      set_cpu, FIELD(cpu), .list = cpu_models_help },
    { "smp", "[cpus=]N[,maxcpus=,sockets=,dies=,cores=,threads=]", "Number of processors and their topology",
      merge, FIELD(smp), "cpus", smp_keys },
    { "m", "[size=]MEGS[,slots=N,maxmem=SIZE]", "Guest memory, in MiB or with a suffix (default: 128)",
      merge, FIELD(memory), "size", KEYS({ "size" }, { "slots", &prop_u64 }, { "maxmem", &prop_size }) },
    { "mem-prealloc", NULL, "Touch all guest memory before the guest starts", prefault_memory },
    { "object", "TYPE,id=ID[,PROP=VALUE...]", "Make an object: memory-backend-ram, -file, -memfd, secret ('help' lists them)",
      add_settings, FIELD(objects), "qom-type", .list = help_objects, .find = class_find },
    { "overcommit", "[mem-lock=on|off][,cpu-pm=on|off]", "Lock guest memory on the host",
      merge, FIELD(overcommit), KEYS({ "mem-lock", &prop_bool }, { "cpu-pm", &prop_bool }) },
    { "uuid", "UUID", "System UUID the guest sees", set_text, FIELD(uuid) },
    { "name", "[guest=]NAME[,process=NAME][,debug-threads=on|off]", "Name of the guest",
      set_message_format, FIELD(name), "guest", KEYS({ "guest" }, { "process" }, { "debug-threads", &prop_bool }) },
    { "smbios", "type=N[,FIELD=VALUE...]", "Fields of the SMBIOS tables", add_settings, FIELD(smbios) },

    { "bios", "FILE", "Firmware (default: bios-256k.bin)", set_text, FIELD(bios) },
    { "L", "PATH", "Search firmware in PATH first ('help' lists the folders)", add_folder, .list = datadir_describe },
    { "boot", "[order=]DRIVES[,menu=on|off,strict=on|off,splash-time=MS,reboot-timeout=MS]", "Boot order and menu",
      merge, FIELD(boot), "order",
      KEYS({ "order" }, { "once" }, { "menu", &prop_bool }, { "strict", &prop_bool }, { "splash" },
           { "splash-time", &prop_i64 }, { "reboot-timeout", &prop_i64 }) },
    { "kernel", "FILE", "Boot this Linux kernel (bzImage)", set_text, FIELD(kernel) },
    { "initrd", "FILE", "Initial RAM disk of the kernel", set_text, FIELD(initrd) },
    { "append", "TEXT", "Command line of the kernel", set_text, FIELD(append) },
    { "option-rom", "[romfile=]FILE[,bootindex=N]", "Have the firmware run an option ROM",
      add_settings, FIELD(option_roms), "romfile", KEYS({ "romfile" }, { "bootindex", &prop_i32 }) },
    { "fw_cfg", "[name=]NAME,file=FILE|string=TEXT", "Give the firmware a named item", add_text, FIELD(fw_cfgs) },
    { "drive", "if=pflash,file=FILE[,format=raw,unit=0|1,readonly=on|off]", "Firmware in a flash chip: unit 0 the code, 1 its variables",
      add_settings, FIELD(drives),
      KEYS({ "if" }, { "file" }, { "format" }, { "unit", &prop_u8 }, { "index", &prop_u8 }, { "readonly", &prop_bool }, { "id" }) },
    { "pflash", "FILE", "Same as -drive if=pflash,format=raw,file=FILE", add_pflash, FIELD(drives) },
    { "blockdev", "driver=file|raw,node-name=ID,filename=FILE|file=ID[,read-only=on|off]", "Name an image for -machine pflash0=ID and pflash1=ID",
      add_settings, FIELD(blockdevs), "driver",
      KEYS({ "driver" }, { "node-name" }, { "filename" }, { "file" }, { "read-only", &prop_bool }, { "auto-read-only", &prop_bool },
           { "discard" }, { "detect-zeroes" }, { "aio" }, { "cache.direct", &prop_bool }, { "cache.no-flush", &prop_bool }) },
    { "rtc", "[base=utc|localtime|DATE][,clock=host|rt|vm][,driftfix=none|slew]", "What the real-time clock shows", set_rtc },

    { "device", "NAME[,PROP=VALUE...] or '{JSON}'", "Add a device ('help' lists them, 'NAME,help' its properties)",
      add_settings, FIELD(devices), "driver", .list = device_help, .find = class_find },
    { "readconfig", "FILE", "Take options from FILE: sections [OPTION \"ID\"] of lines KEY = \"VALUE\"", read_config },
    { "global", "DRIVER.PROP=VALUE", "Change a default of a device", add_text, FIELD(globals) },
    { "set", "device.ID.PROP=VALUE", "Set a property of a device named by its id", add_set, FIELD(sets) },
    { "chardev", "BACKEND,id=ID[,PROP=VALUE...]", "Add a character device ('help' lists the backends, 'BACKEND,help' its properties)",
      add_settings, FIELD(chardevs), "backend", .list = chardev_help, .find = chardev_backend },
    { "add-fd", "fd=N,set=N[,opaque=TEXT]", "Put an inherited descriptor into a set; /dev/fdset/N opens it",
      add_settings, FIELD(fds), .keys = (const Key[]){ { "fd" }, { "set" }, { "opaque" }, { } } },
    { "serial", "DEV", "Connect a serial port: none, null, stdio, mon:stdio, file:PATH, pty, unix:PATH, chardev:ID ...", add_text, FIELD(serials) },
    { "debugcon", "DEV", "Connect the debug console at port 0xe9", add_text, FIELD(debugcons) },
    { "display", "none|egl-headless|vnc=ADDRESS[,PROP=VALUE...]", "No window (pictures of virtual GPUs are read without OpenGL); or the same as -vnc", set_display, FIELD(vncs), .keys = vnc_keys, .list = help_displays },
    { "vnc", "[HOST]:N|unix:PATH|none[,to=M][,share=...][,password=on][,password-secret=ID][,display=ID[,head=N]]",
      "Show a display to VNC clients at port 5900 + N: the device's of this id, or the first (Ctrl-Alt-1 to 9 choose another)", add_vnc, FIELD(vncs), "vnc", .keys = vnc_keys },
    { "k", "LANGUAGE", "Keyboard layout of VNC clients that tell letters and not keys (default: en-us)", set_layout, FIELD(layout) },
    { "nographic", NULL, "No window; firmware and the first serial port on the terminal", set_flag, FIELD(nographic) },
    { "vga", "std|none", "The emulated display adapter: a VGA, or none (the default, but for VNC with nothing else to show)", set_vga, FIELD(vga), .list = help_vga },
    { "mon", "[chardev=]ID[,mode=readline|control][,pretty=on|off]", "A monitor for people or (mode=control) for programs on a character device",
      add_mon, FIELD(monitors), "chardev", KEYS({ "chardev" }, { "mode" }, { "pretty", &prop_bool }, { "id" }) },
    { "monitor", "DEV", "A monitor for people: none, stdio, unix:PATH,server=on ...", add_monitor },
    { "qmp", "DEV", "A monitor for programs (QMP): unix:PATH,server=on,wait=off, tcp:HOST:PORT, stdio ... ('help' prints the reference)",
      add_qmp, .list = monitor_reference },
    { "qmp-pretty", "DEV", "Same as -qmp, with replies people can read", add_qmp },
    { "parallel", "none", "No parallel port", only_none, .list = help_none },
    { "net", "none", "No network", only_none, .list = help_none },
    { "nic", "none", "No network", only_none, .list = help_none },
    { "audiodev", "none,id=ID", "No sound", check_audiodev, .implied = "driver", .list = help_none,
      KEYS({ "driver" }, { "id" }, { "timer-period", &prop_u32 }, AUDIO_KEYS("in."), AUDIO_KEYS("out.")) },
    { "usb", NULL, "Accepted; there is no USB controller", accept },
    { "nodefaults", NULL, "No devices but the machine's own", set_flag, FIELD(nodefaults) },
    { "no-user-config", NULL, "Accepted; no configuration files are read", accept },
    { "no-acpi", NULL, "Same as -machine acpi=off", set_flag, FIELD(no_acpi) },
    { "no-hpet", NULL, "Accepted; there is no HPET", accept },
    { "no-fd-bootchk", NULL, "Accepted; floppies are not booted from", accept },

    { "qtest", "DEV", "Have a test drive the machine over DEV (with -accel qtest, or beside another one)", set_text, FIELD(qtest) },
    { "qtest-log", "FILE|none", "Log what the test says and hears (default: stderr)", set_text, FIELD(qtest_log) },
    { "preconfig", NULL, "Let QMP configure the machine before it is made; x-exit-preconfig goes on", set_flag, FIELD(preconfig) },
    { "S", NULL, "Do not start the guest yet", set_flag, FIELD(stopped) },
    { "action", "reboot=reset|shutdown,shutdown=poweroff|pause,panic=pause|shutdown|exit-failure|none,watchdog=ACTION",
      "What happens when the guest reboots, powers off, fails",
      merge, FIELD(actions), .keys = action_keys },
    { "no-reboot", NULL, "End when the guest reboots", set_action, FIELD(actions), "reboot=shutdown" },
    { "no-shutdown", NULL, "Stop instead of ending when the guest powers off", set_action, FIELD(actions), "shutdown=pause" },
    { "watchdog-action", "reset|shutdown|poweroff|pause|debug|none|inject-nmi", "What happens when a watchdog runs out",
      set_watchdog_action, FIELD(actions) },
    { "pidfile", "FILE", "Write the process id to FILE", set_text, FIELD(pidfile) },
    { "daemonize", NULL, "Go to the background once everything is set up", set_flag, FIELD(daemonize) },
    { "msg", "[timestamp=on|off][,guest-name=on|off]", "Put the time and the name of the guest in front of messages",
      set_message_format, FIELD(messages), KEYS({ "timestamp", &prop_bool }, { "guest-name", &prop_bool }) },
    { "d", "guest_errors", "Report odd things the guest does", set_log_items, .list = help_log_items },
    { "D", "FILE", "Report them in FILE", set_log_file },
    { "sandbox", "off", "System call filter: there is none",
      set_sandbox, .implied = "enable", .unadvertised = true,     /* tools that find it switch it on */
      KEYS({ "enable", &prop_bool }, { "obsolete" }, { "elevateprivileges" }, { "spawn" }, { "resourcecontrol" }) },
    { }
};
