/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of command-line options and the loop that reads argv with it. */
#include <stddef.h>
#include <string.h>

#include "accel/cpu-models.h"
#include "chardev/chardev.h"
#include "core/datadir.h"
#include "hw/rtc/mc146818.h"
#include "lib/log.h"
#include "system/settings.h"

typedef struct Option Option;

struct Option {
    const char *name;           /* without the dash */
    const char *arg;            /* what -help calls the argument; NULL: none */
    const char *help;
    bool (*set)(Settings *settings, const Option *option, const char *arg, Error **errp);
    size_t offset;              /* of the field a generic setter fills */
    const char *implied;        /* key of a first value without '=' */
};

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

/* Settings of several uses of the option, later ones winning. */
static bool merge(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) new = keyval_parse(arg, option->implied, errp);
    KeyVals **field = field_of(settings, option);

    for (unsigned i = 0; new && i < new->items->len; i++) {
        const KeyVal *item = &g_array_index(new->items, KeyVal, i);
        keyval_add(*field, item->key, item->value);
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

static void option_use_free(gpointer data)
{
    OptionUse *use = data;

    g_free(use->context);
    g_free(use->text);
    keyval_free(use->settings);
    g_free(use);
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
    use->settings = keyval_parse(arg, option->implied, errp);
    return use->settings != NULL;
}

static bool accept(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return true;
}

/* ---- options with a meaning of their own ---- */

static bool is_help(const char *arg)
{
    return g_str_equal(arg, "help") || g_str_equal(arg, "?");
}

/* Only "none": the option names something this version does not have. */
static bool only_none(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return g_str_equal(arg, "none") || fail(errp, "'%s' is not available, only 'none' is", arg);
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

static bool set_machine(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (is_help(arg)) {
        settings->help = help_machines();
        return true;
    }
    if (!merge(settings, option, arg, errp)) {
        return false;
    }
    const char *type = keyval_get(settings->machine, "type");
    const Class *board = type ? machine_class_find(type) : NULL;
    if (g_str_has_suffix(arg, ",help") && board) {
        settings->help = class_help(board);
    }
    return true;
}

static bool add_accel(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (is_help(arg)) {
        settings->help = help_accels();
        return true;
    }
    return add_settings(settings, option, arg, errp);
}

static bool enable_kvm(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return add_settings(settings, option, "kvm", errp);
}

static bool set_cpu(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (is_help(arg)) {
        settings->help = cpu_models_help();
        return true;
    }
    return set_text(settings, option, arg, errp);
}

/* "help" lists classes, "NAME,help" the properties of one. */
static bool add_class_use(Settings *settings, const Option *option, const char *arg, char *(*list)(void), Error **errp)
{
    if (is_help(arg)) {
        settings->help = list();
        return true;
    }
    if (!add_settings(settings, option, arg, errp)) {
        return false;
    }
    GPtrArray *uses = *(GPtrArray **)field_of(settings, option);
    OptionUse *use = uses->pdata[uses->len - 1];
    const char *name = keyval_get(use->settings, option->implied);
    const Class *cls = name ? class_find(name) : NULL;
    if (cls && keyval_wants_help(use->settings)) {
        settings->help = class_help(cls);
    }
    return true;
}

static bool add_device(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return add_class_use(settings, option, arg, help_devices, errp);
}

static bool add_object(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return add_class_use(settings, option, arg, help_objects, errp);
}

static bool add_chardev(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (is_help(arg)) {
        settings->help = chardev_help();
        return true;
    }
    return add_text(settings, option, arg, errp);
}

static bool add_datadir(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (is_help(arg)) {
        settings->help = datadir_describe();
        return true;
    }
    datadir_add(arg);
    return true;
}

static bool set_rtc(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return rtc_configure(arg, errp);
}

static bool set_msg(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(arg, NULL, errp);
    bool on = false;

    if (!kv) {
        return false;
    }
    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        if (!g_str_equal(item->key, "timestamp") && !g_str_equal(item->key, "guest-name")) {
            return fail(errp, "Invalid parameter '%s'", item->key);
        }
    }
    on = g_strcmp0(keyval_get(kv, "timestamp"), "on") == 0;
    log_set_format(on, NULL);
    return true;
}

static bool set_log_items(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    if (!g_str_equal(arg, "guest_errors")) {
        return fail(errp, "'%s' is not a log item (guest_errors is)", arg);
    }
    log_guest_enable(true);
    return true;
}

static bool set_sandbox(Settings *settings, const Option *option, const char *arg, Error **errp)
{
    return g_str_equal(arg, "off") || fail(errp, "'%s' is not available, only 'off' is", arg);
}

/* ---- the table ---- */

#define FIELD(f) .offset = offsetof(Settings, f)

static const Option options[] = {
    { "help", NULL, "Print this text", set_help },
    { "h", NULL, NULL, set_help },
    { "version", NULL, "Print the version", set_version },

    { "machine", "[type=]NAME[,PROP=VALUE...]", "Machine: pc ('help' lists them); accel=kvm, memory-backend=ID, max-ram-below-4g=SIZE, graphics=, acpi= ...",
      set_machine, FIELD(machine), "type" },
    { "M", "NAME[,PROP=VALUE...]", NULL, set_machine, FIELD(machine), "type" },
    { "accel", "[accel=]NAME[,PROP=VALUE...]", "What executes the guest: kvm ('help' lists them); the first of several that works",
      add_accel, FIELD(accels), "accel" },
    { "enable-kvm", NULL, "Same as -accel kvm", enable_kvm, FIELD(accels), "accel" },
    { "cpu", "MODEL[,FEATURE=on|off...]", "Processor: host, max or a model's name ('help' lists them)", set_cpu, FIELD(cpu) },
    { "smp", "[cpus=]N[,maxcpus=,sockets=,dies=,cores=,threads=]", "Number of processors and their topology", merge, FIELD(smp), "cpus" },
    { "m", "[size=]MEGS[,slots=N,maxmem=SIZE]", "Guest memory, in MiB or with a suffix (default: 128)", merge, FIELD(memory), "size" },
    { "object", "TYPE,id=ID[,PROP=VALUE...]", "Make an object: memory-backend-ram, -file, -memfd ('help' lists them)", add_object, FIELD(objects), "qom-type" },
    { "overcommit", "[mem-lock=on|off][,cpu-pm=on|off]", "Lock guest memory on the host", merge, FIELD(overcommit) },
    { "uuid", "UUID", "System UUID the guest sees", set_text, FIELD(uuid) },
    { "name", "[guest=]NAME[,process=NAME][,debug-threads=on|off]", "Name of the guest", merge, FIELD(name), "guest" },
    { "smbios", "type=N[,FIELD=VALUE...]", "Fields of the SMBIOS tables", add_settings, FIELD(smbios) },

    { "bios", "FILE", "Firmware (default: bios-256k.bin)", set_text, FIELD(bios) },
    { "L", "PATH", "Search firmware in PATH first ('help' lists the folders)", add_datadir },
    { "boot", "[order=]DRIVES[,menu=on|off,strict=on|off,splash-time=MS,reboot-timeout=MS]", "Boot order and menu", merge, FIELD(boot), "order" },
    { "kernel", "FILE", "Boot this Linux kernel (bzImage)", set_text, FIELD(kernel) },
    { "initrd", "FILE", "Initial RAM disk of the kernel", set_text, FIELD(initrd) },
    { "append", "TEXT", "Command line of the kernel", set_text, FIELD(append) },
    { "option-rom", "[romfile=]FILE[,bootindex=N]", "Have the firmware run an option ROM", add_settings, FIELD(option_roms), "romfile" },
    { "fw_cfg", "[name=]NAME,file=FILE|string=TEXT", "Give the firmware a named item", add_text, FIELD(fw_cfgs) },
    { "rtc", "[base=utc|localtime|DATE][,clock=host|rt|vm][,driftfix=none|slew]", "What the real-time clock shows", set_rtc },

    { "device", "NAME[,PROP=VALUE...] or '{JSON}'", "Add a device ('help' lists them, 'NAME,help' its properties)", add_device, FIELD(devices), "driver" },
    { "global", "DRIVER.PROP=VALUE", "Change a default of a device", add_text, FIELD(globals) },
    { "set", "device.ID.PROP=VALUE", "Set a property of a device named by its id", add_text, FIELD(sets) },
    { "chardev", "BACKEND,id=ID[,PROP=VALUE...]", "Add a character device ('help' lists the backends)", add_chardev, FIELD(chardevs) },
    { "serial", "DEV", "Connect a serial port: none, null, stdio, mon:stdio, file:PATH, pty, unix:PATH, chardev:ID ...", add_text, FIELD(serials) },
    { "debugcon", "DEV", "Connect the debug console at port 0xe9", add_text, FIELD(debugcons) },
    { "display", "none", "No window", only_none, FIELD(display) },
    { "nographic", NULL, "No window; the first serial port on the terminal", set_flag, FIELD(nographic) },
    { "vga", "none", "No emulated display adapter", only_none, FIELD(vga) },
    { "monitor", "none", "No monitor", only_none, FIELD(monitor) },
    { "parallel", "none", "No parallel port", only_none },
    { "net", "none", "No network", only_none },
    { "nic", "none", "No network", only_none },
    { "nodefaults", NULL, "No devices but the machine's own", set_flag, FIELD(nodefaults) },
    { "no-user-config", NULL, "Read no configuration files (none are read)", set_flag, FIELD(no_user_config) },
    { "no-acpi", NULL, "Same as -machine acpi=off", set_flag, FIELD(no_acpi) },
    { "no-hpet", NULL, "Accepted; there is no HPET", accept },
    { "no-fd-bootchk", NULL, "Accepted; floppies are not booted from", accept },

    { "S", NULL, "Do not start the guest yet", set_flag, FIELD(stopped) },
    { "no-reboot", NULL, "End when the guest reboots", set_flag, FIELD(no_reboot) },
    { "no-shutdown", NULL, "Stop instead of ending when the guest powers off", set_flag, FIELD(no_shutdown) },
    { "pidfile", "FILE", "Write the process id to FILE", set_text, FIELD(pidfile) },
    { "daemonize", NULL, "Go to the background once everything is set up", set_flag, FIELD(daemonize) },
    { "msg", "[timestamp=on|off][,guest-name=on|off]", "Form of messages", set_msg },
    { "d", "guest_errors", "Report odd things the guest does", set_log_items },
    { "sandbox", "off", "System call filter", set_sandbox },
    { }
};

static const Option *find_option(const char *word)
{
    const char *name = word + (word[1] == '-' ? 2 : 1);

    for (const Option *option = options; option->name; option++) {
        if (g_str_equal(option->name, name)) {
            return option;
        }
    }
    return NULL;
}

char *help_options(void)
{
    GString *text = g_string_new("Usage: qemu-system-x86_64 [options]\n\nOptions:\n");

    for (const Option *option = options; option->name; option++) {
        if (option->help) {
            g_string_append_printf(text, "-%s%s%s\n                %s\n", option->name, option->arg ? " " : "",
                                   option->arg ? option->arg : "", option->help);
        }
    }
    return g_string_free(text, false);
}

static void settings_init(Settings *settings)
{
    static const size_t lists[] = {
        offsetof(Settings, accels), offsetof(Settings, objects), offsetof(Settings, chardevs),
        offsetof(Settings, devices), offsetof(Settings, globals), offsetof(Settings, sets),
        offsetof(Settings, serials), offsetof(Settings, debugcons), offsetof(Settings, fw_cfgs),
        offsetof(Settings, option_roms), offsetof(Settings, smbios),
    };
    static const size_t maps[] = {
        offsetof(Settings, machine), offsetof(Settings, memory), offsetof(Settings, smp), offsetof(Settings, boot),
        offsetof(Settings, name), offsetof(Settings, overcommit),
    };

    memset(settings, 0, sizeof(*settings));
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        *(GPtrArray **)((char *)settings + lists[i]) = g_ptr_array_new_with_free_func(option_use_free);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(maps); i++) {
        *(KeyVals **)((char *)settings + maps[i]) = keyval_new();
    }
}

/* One option and its argument; *at ends behind them. */
static bool parse_one(Settings *settings, int argc, char **argv, int *at, Error **errp)
{
    const char *word = argv[(*at)++];

    if (word[0] != '-' || !word[1]) {
        fail(errp, "'%s': disk images are not supported", word);
        return hint(errp, "Assign a disk controller with -device vfio-pci, or boot with -kernel.");
    }
    const Option *option = find_option(word);
    if (!option) {
        return fail(errp, "%s: invalid option", word);
    }
    if (option->arg && *at >= argc) {
        return fail(errp, "%s: requires an argument", word);
    }
    const char *arg = option->arg ? argv[(*at)++] : NULL;
    if (!option->set(settings, option, arg, errp)) {
        return fail(errp, "%s%s%s", word, arg ? " " : "", arg ? arg : "");
    }
    return true;
}

bool settings_parse(Settings *ret, int argc, char **argv, Error **errp)
{
    settings_init(ret);
    for (int at = 1; at < argc && !ret->help;) {
        if (!parse_one(ret, argc, argv, &at, errp)) {
            return false;
        }
    }
    return true;
}
