/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that look at a machine: objects, classes, processors, memory, ports, PCI, character devices. */
#include <glib/gstdio.h>

#include "core/accel.h"
#include "core/cpu.h"
#include "core/device.h"
#include "core/hostmem.h"
#include "core/machine.h"
#include "core/tree.h"
#include "core/user-object.h"
#include "tests/unit/ask.h"
#include "tests/unit/pci-board.h"

/* ---- a machine with two of six processors ---- */

CLASS(test_machine_class) = {
    .name = "test-7.2-machine",
    .parent = &machine_class,
    .desc = "Machine of a test",
    .size = sizeof(Machine),
    .internal = true,
    .ops = &(const MachineOps){ .alias = "test", .max_cpus = 6, .cpu_model = "toy", .ram_id = "test.ram" },
};

CLASS(toy_cpu_class) = {
    .name = "toy" CPU_CLASS_SUFFIX,
    .parent = &x86_cpu_class,
    .desc = "Processor of a test",
    .size = sizeof(Cpu),
    .internal = true,
};

static void machine_up(void)
{
    Error *err = NULL;
    Machine *machine = (Machine *)object_new(&test_machine_class, NULL, &err);

    machine->topology = (CpuTopology){ .cpus = 2, .max_cpus = 6, .sockets = 1, .dies = 1, .cores = 3, .threads = 2 };
    machine->guest_name = "guest";
    machine->ram_size = BOARD_RAM_SIZE;
    machine_set(machine);
    g_assert_true(cpus_create(&toy_cpu_class, machine->topology.cpus, &err));
    g_assert_true(object_realize(&machine->obj, &err));
}

static void up(void)
{
    machine_up();
    board_up();
}

static void down(void)
{
    board_down();
    machine_set(NULL);
}

static void test_objects(void)
{
    static const Asked rows[] = {
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"m\", \"size\": 4096}", "{}" },
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"m\", \"size\": 4096}",
          "GenericError: attempt to add duplicate property 'm' to object (type 'container')" },
        { "object-add {\"qom-type\": \"nosuch\", \"id\": \"n\"}", "GenericError: Parameter 'qom-type' does not accept value 'nosuch'" },
        { "object-add {\"qom-type\": \"PIIX3\", \"id\": \"n\"}", "GenericError: Parameter 'qom-type' does not accept value 'PIIX3'" },
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"1\"}", "GenericError: Parameter 'id' expects an identifier" },
        { "object-add {\"qom-type\": \"memory-backend-ram\"}", "GenericError: Parameter 'id' is missing" },
        { "object-add {\"id\": \"n\"}", "GenericError: Parameter 'qom-type' is missing" },
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"n\", \"size\": \"1M\"}", "GenericError: Parameter 'size' expects uint64" },
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"n\", \"size\": 1.5}", "GenericError: Parameter 'size' expects uint64" },
        { "object-add {\"qom-type\": \"memory-backend-ram\", \"id\": \"n\", \"size\": 1, \"share\": \"on\"}",
          "GenericError: Invalid parameter type for 'share', expected: boolean" },
        { "query-memdev", "[{\"size\": 4096, \"merge\": false, \"dump\": true, \"prealloc\": false, \"share\": false, "
          "\"reserve\": true, \"host-nodes\": [], \"policy\": \"default\", \"id\": \"m\"}]" },
        { "qom-list {\"path\": \"/objects\"}", "[{\"name\": \"type\", \"type\": \"string\"}, "
          "{\"name\": \"m\", \"type\": \"child<memory-backend-ram>\"}]" },
        { "qom-get {\"path\": \"/objects/m\", \"property\": \"size\"}", "4096" },
        { "qom-get {\"path\": \"/objects\", \"property\": \"m\"}", "\"/objects/m\"" },
        { "object-del {\"id\": \"m\"}", "{}" },
        { "object-del {\"id\": \"m\"}", "GenericError: object 'm' not found" },
        { "qom-get {\"path\": \"/objects/m\", \"property\": \"size\"}", "DeviceNotFound: Device '/objects/m' not found" },
    };

    up();
    ASK_ALL(rows);
    down();
}

static void test_what_is_in_use_stays(void)
{
    Error *err = NULL;

    up();
    HostMem *ram = hostmem_anonymous("test.ram", 4096, &err);
    g_assert_nonnull(ram);
    expect_answer("object-del {\"id\": \"test.ram\"}", "GenericError: object 'test.ram' is in use, can not be deleted", ask);
    expect_answer("info memdev", "memory backend: test.ram\n  size:  4096\n  merge: false\n  dump: true\n  prealloc: false\n"
                  "  share: false\n  reserve: true\n  policy: default\n  host nodes: \n\n", hmp_run);
    expect_answer("object_add memory-backend-ram,id=m,size=4k", "", hmp_run);
    expect_answer("object_add memory-backend-ram,id=m,size=4k",
                  "Error: attempt to add duplicate property 'm' to object (type 'container')\n", hmp_run);
    expect_answer("object_del test.ram", "Error: object 'test.ram' is in use, can not be deleted\n", hmp_run);
    down();
}

#define BUS_PROPERTY "{\"name\": \"parent_bus\", \"type\": \"link<bus>\"}"

static void test_the_tree(void)
{
    static const Asked rows[] = {
        { "qom-list {\"path\": \"/machine/peripheral\"}", "[{\"name\": \"type\", \"type\": \"string\"}]" },
        { "qom-list {\"path\": \"/machine/unattached/device[0]\"}", "[{\"name\": \"type\", \"type\": \"string\"}, " BUS_PROPERTY "*" },
        { "qom-list {\"path\": \"pci.0\"}", "[{\"name\": \"type\", \"type\": \"string\"}]" },
        { "qom-list {\"path\": \"container\"}", "DeviceNotFound: Device 'container' not found" },
        { "qom-list {\"path\": \"\"}", "GenericError: Path '' is ambiguous" },
        { "qom-get {\"path\": \"/machine\", \"property\": \"type\"}", "\"test-7.2-machine\"" },
        { "qom-get {\"path\": \"/machine\", \"property\": \"graphics\"}", "true" },
        { "qom-get {\"path\": \"/machine\", \"property\": \"foo\"}", "GenericError: Property 'test-7.2-machine.foo' not found" },
        { "qom-get {\"path\": \"/foo\", \"property\": \"foo\"}", "DeviceNotFound: Device '/foo' not found" },
        { "qom-get {\"path\": \"/machine/unattached/device[1]\", \"property\": \"thread-id\"}", "1" },
        { "qom-get {\"path\": \"/machine/unattached/device[1]\", \"property\": \"apic-id\"}", "1" },
        { "qom-set {\"path\": \"/machine\", \"property\": \"type\", \"value\": \"x\"}",
          "GenericError: Property 'test-7.2-machine.type' is not writable" },
        { "qom-set {\"path\": \"/machine\", \"property\": \"foo\", \"value\": 1}",
          "GenericError: Property 'test-7.2-machine.foo' not found" },
        { "qom-set {\"path\": \"/machine/i440fx\", \"property\": \"rombar\", \"value\": 1}",
          "GenericError: Attempt to set property 'rombar' on device 'i440fx' (type 'i440FX') after it was realized" },
        { "qom-set {\"path\": \"/machine\", \"property\": \"graphics\"}", "GenericError: Parameter 'value' is missing" },
    };
    static const Asked people[] = {
        { "info qom-tree", "/machine (test-7.2-machine)\n  /i440fx (i440FX)\n    /pci.0 (PCI)\n*" },
        { "info qom-tree /objects", "/objects (container)\n" },
        { "info qom-tree /nosuch", "Path '/nosuch' could not be resolved.\n" },
        { "qom-list /machine/peripheral", "type (string)\n" },
        { "qom-get /machine graphics", "true\n" },
        { "qom-get /machine", "Error: *" },
        { "qom-set /machine type foo", "Error: Property 'test-7.2-machine.type' is not writable\n" },
    };

    up();
    ASK_ALL(rows);
    SAY_ALL(people);
    down();
}

/* Every object that is listed can be listed, every property that is listed can be read. */
static void walk(const char *path, unsigned *count)
{
    g_autofree char *line = g_strdup_printf("qom-list {\"path\": \"%s\"}", path);
    g_autofree char *reply = ask(line);
    Error *err = NULL;
    g_autoptr(Json) list = json_parse(reply, &err);

    g_assert_nonnull(list);
    for (size_t i = 0; i < json_object_array_length(list); i++, (*count)++) {
        Json *item = json_object_array_get_idx(list, i);
        const char *name = json_get_str(item, "name");
        g_autofree char *get = g_strdup_printf("qom-get {\"path\": \"%s\", \"property\": \"%s\"}", path, name);
        g_autofree char *value = ask(get);
        g_assert_false(g_str_has_prefix(value, "GenericError") || g_str_has_prefix(value, "DeviceNotFound"));
        if (g_str_has_prefix(json_get_str(item, "type"), "child<")) {
            g_autofree char *below = g_strdup_printf("%s/%s", g_str_equal(path, "/") ? "" : path, name);
            walk(below, count);
        }
    }
}

static void test_all_that_is_listed_can_be_read(void)
{
    unsigned count = 0;

    up();
    walk("/", &count);
    g_assert_cmpuint(count, >, 50);
    down();
}

static void test_classes(void)
{
    static const Asked rows[] = {
        { "qom-list-types {\"implements\": \"x86_64-cpu\"}", "[{\"name\": \"toy-x86_64-cpu\", \"parent\": \"x86_64-cpu\"}]" },
        { "qom-list-types {\"implements\": \"x86_64-cpu\", \"abstract\": true}",
          "[{\"name\": \"toy-x86_64-cpu\", \"parent\": \"x86_64-cpu\"}, "
          "{\"abstract\": true, \"name\": \"x86_64-cpu\", \"parent\": \"cpu\"}]" },
        { "qom-list-types {\"implements\": \"nosuch\"}", "[]" },
        { "qom-list-types {\"implements\": 3}", "GenericError: Invalid parameter type for 'implements', expected: string" },
        { "qom-list-properties {\"typename\": \"device\"}", "[{\"name\": \"type\", \"type\": \"string\"}, " BUS_PROPERTY
          ", {\"name\": \"realized\", \"type\": \"bool\"}, {\"name\": \"hotplugged\", \"type\": \"bool\"}, "
          "{\"name\": \"hotpluggable\", \"type\": \"bool\"}]" },
        { "qom-list-properties {\"typename\": \"nosuch\"}", "DeviceNotFound: Class 'nosuch' not found" },
        { "device-list-properties {\"typename\": \"nosuch\"}", "DeviceNotFound: Device 'nosuch' not found" },
        { "device-list-properties {\"typename\": \"device\"}",
          "GenericError: Parameter 'typename' expects a non-abstract device type" },
        { "device-list-properties {\"typename\": \"memory-backend-ram\"}",
          "GenericError: Parameter 'typename' expects a non-abstract device type" },
        { "device-list-properties {\"typename\": \"isa-debug-exit\"}",
          "[{\"name\": \"bus\", \"type\": \"str\", \"description\": \"Bus the device sits on: isa.0\"}, "
          "{\"name\": \"iobase\", \"type\": \"uint32\", \"description\": \"First I/O port\", \"default-value\": 1281}, *" },
    };

    ASK_ALL(rows);
}

/* Each class's parent is listed too, up to "object": what introspecting tools walk. */
static void test_every_class_descends_from_object(void)
{
    g_autofree char *reply = ask("qom-list-types {\"abstract\": true}");
    Error *err = NULL;
    g_autoptr(Json) list = json_parse(reply, &err);
    g_autoptr(GHashTable) parents = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        Json *item = json_object_array_get_idx(list, i);
        const char *parent = json_get_str(item, "parent");
        g_hash_table_insert(parents, (gpointer)json_get_str(item, "name"), (gpointer)(parent ? parent : ""));
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *name = json_get_str(json_object_array_get_idx(list, i), "name");
        while (name && !g_str_equal(name, "object")) {
            name = g_hash_table_lookup(parents, name);
        }
        g_assert_nonnull(name);
    }
}

#define PLACE(core, thread) "\"props\": {\"core-id\": " #core ", \"thread-id\": " #thread ", \"socket-id\": 0}"
#define EMPTY_PLACE(core, thread) "{" PLACE(core, thread) ", \"vcpus-count\": 1, \"type\": \"toy-x86_64-cpu\"}, "
#define TAKEN_PLACE(core, thread, n) "{" PLACE(core, thread) ", \"vcpus-count\": 1, " \
        "\"qom-path\": \"/machine/unattached/device[" #n "]\", \"type\": \"toy-x86_64-cpu\"}"

static void test_the_machine_and_its_processors(void)
{
    static const Asked rows[] = {
        { "query-hotpluggable-cpus", "[" EMPTY_PLACE(2, 1) EMPTY_PLACE(2, 0) EMPTY_PLACE(1, 1) EMPTY_PLACE(1, 0)
          TAKEN_PLACE(0, 1, 1) ", " TAKEN_PLACE(0, 0, 0) "]" },
        { "query-name", "{\"name\": \"guest\"}" },
        { "query-uuid", "{\"UUID\": \"00000000-0000-0000-0000-000000000000\"}" },
        { "query-current-machine", "{\"wakeup-suspend-support\": false}" },
        { "query-memory-size-summary", "{\"base-memory\": 4194304, \"plugged-memory\": 0}" },
        { "query-kvm", "{\"enabled\": false, \"present\": false}" },    /* no accelerator is linked in */
        { "query-target", "{\"arch\": \"x86_64\"}" },
    };
    static const Asked people[] = {
        { "info name", "guest\n" },
        { "info uuid", "00000000-0000-0000-0000-000000000000\n" },
        { "info kvm", "kvm support: disabled\n" },
        { "info registers", "\nCPU#0\n" },
        { "info registers -a", "\nCPU#0\n\nCPU#1\n" },
        { "info registers 2", "CPU#2 not available\n" },
        { "info registers x", "Error: *" },
        { "info memory_size_summary", "base memory: 4194304\nplugged memory: 0\n" },
        { "info hotpluggable-cpus", "Hotpluggable CPUs:\n  type: \"toy-x86_64-cpu\"\n  vcpus_count: \"1\"\n"
          "  CPUInstance Properties:\n    core-id: \"2\"\n*" },
    };

    up();
    ASK_ALL(rows);
    SAY_ALL(people);
    g_autofree char *cpus = ask("query-cpus-fast"), *machines = ask("query-machines");
    g_assert_nonnull(strstr(cpus, "\"qom-path\": \"/machine/unattached/device[1]\", \"cpu-index\": 1, \"target\": \"x86_64\""));
    g_assert_nonnull(strstr(machines, "{\"hotpluggable-cpus\": false, \"name\": \"test-7.2\", \"numa-mem-supported\": false, "
                                      "\"default-cpu-type\": \"toy-x86_64-cpu\", \"cpu-max\": 6, \"deprecated\": false, "
                                      "\"default-ram-id\": \"test.ram\", \"alias\": \"test\"}"));
    down();
}

/* ---- an accelerator whose processors see memory 64 KiB lower, and nothing from 1 MiB on ---- */

static unsigned nmis;

static int toy_thread(Object *accel, unsigned index)
{
    return 100 + (int)index;
}

static void toy_registers(Object *accel, unsigned index, GString *out)
{
    g_string_append_printf(out, "IP=%u\n", index);
}

static bool toy_translate(Object *accel, unsigned index, uint64_t *address)
{
    *address += 0x10000;
    return *address < 0x110000;
}

static void toy_nmi(Object *accel)
{
    nmis++;
}

CLASS(toy_accel_class) = {
    .name = "toy-accel",
    .parent = &accel_class,
    .desc = "Accelerator of a test",
    .size = sizeof(Object),
    .ops = &(const AccelOps){
        .cpu_thread = toy_thread,
        .cpu_registers = toy_registers,
        .translate = toy_translate,
        .inject_nmi = toy_nmi,
    },
};

static void test_what_the_accelerator_tells(void)
{
    static const Asked rows[] = {
        { "query-cpus-fast", "[{\"thread-id\": 100, *" },
        { "inject-nmi", "{}" },
        { "memsave {\"val\": 1048576, \"size\": 16, \"filename\": \"/dev/null\"}",
          "GenericError: Invalid addr 0x0000000000100000/size 16 specified" },
        { "memsave {\"val\": 1048560, \"size\": 16, \"filename\": \"/dev/null\"}", "{}" },
    };
    static const Asked people[] = {
        { "info cpus", "* CPU #0: thread_id=100\n  CPU #1: thread_id=101\n" },
        { "info registers -a", "\nCPU#0\nIP=0\n\nCPU#1\nIP=1\n" },
        { "x /2xb 0", "0000000000000000: 0x11 0x22\n" },
        { "x /2xb 0xfffff", "00000000000fffff: 0x00 Cannot access memory\n" },
        { "nmi", "" },
    };
    static uint8_t memory[0x110000] = { [0x10000] = 0x11, 0x22 };
    Region root = { 0 };
    Error *err = NULL;

    accel_select(object_create(&toy_accel_class, NULL, NULL, &err));
    machine_up();
    region_init_ram(&root, "ram", sizeof(memory), (HostMemory){ .host = memory, .fd = -1 });
    space_init(&memory_space, "memory", &root, UINT64_MAX);
    g_autofree char *name = accel_name();
    g_assert_cmpstr(name, ==, "toy");
    ASK_ALL(rows);
    SAY_ALL(people);
    g_assert_cmpuint(nmis, ==, 2);
    space_finish(&memory_space);
    object_free_all();
    machine_set(NULL);
    accel_select(NULL);
}

static void test_memory_and_ports(void)
{
    static const Asked people[] = {
        { "xp /4xb 0x1000", "0000000000001000: 0xea 0x5b 0xe0 0x00\n" },
        { "xp/8xb 0x1000", "0000000000001000: 0xea 0x5b 0xe0 0x00 0xf0 0x30 0x36 0x2f\n" },
        { "xp /3xh 0x1000", "0000000000001000: 0x5bea 0x00e0 0x30f0\n" },
        { "xp /2xg 0x1000", "0000000000001000: 0x2f3630f000e05bea 0x0000000000000000\n" },
        { "xp /4c 0x1000", "0000000000001000: '\\xea' '[' '\\xe0' '\\x00'\n" },
        { "xp /2xw 0x1000", "0000000000001000: 0x00e05bea 0x2f3630f0\n" },
        { "xp /3dh 0x1000", "0000000000001000: 23530   224 12528\n" },
        { "xp 0x1000", "0000000000001000: 23530\n" },       /* the last format counts */
        { "xp /5ub 0x1000", "0000000000001000: 234  91 224   0 240\n" },
        { "xp /5ob 0x1000", "0000000000001000: 0352 0133 0340   0 0360\n" },
        { "xp /1db 0x1000", "0000000000001000: -22\n" },
        { "xp /5xw 0x1000", "0000000000001000: 0x00e05bea 0x2f3630f0 0x00000000 0x00000000\n0000000000001010: 0x00000000\n" },
        { "x /1xb 0x1000", "0000000000001000: 0xea\n" },
        { "xp", "Error: unexpected end of expression\n" },
        { "xp /", "Error: unexpected end of expression\n" },
        { "xp /q 0", "Error: invalid char in format: 'q'\n" },
        { "xp /1xb foo", "Error: *" },
        { "xp /99999999xb 0", "Error: *" },
        { "xp /2xg 0xfffffffffffffff8", "fffffffffffffff8: 0xffffffffffffffff 0x2f3630f000e05bea\n*" },
        { "i /w 0xcf8", "portl[0x0cf8] = 0x00000000\n" },
        { "o /w 0xcf8 0x80000000", "" },
        { "i /w 0xcfc", "portl[0x0cfc] = 0x12378086\n" },
        { "i /h 0xcfe", "portw[0x0cfe] = 0x1237\n" },
        { "i /b 0xcfc", "portb[0x0cfc] = 0x86\n" },
        { "i 0x10000", "Error: *" },
        { "i", "Error: unexpected end of expression\n" },
        { "o 0x80", "Error: unexpected end of expression\n" },
        { "o /g 0x80 1", "Error: a port has at most 4 bytes\n" },
        { "gpa2hva 0x100000", "Host virtual address for 0x100000 (ram) is 0x*" },
        { "log guest_errors", "" },
        { "log none", "" },
        { "log", "Error: log: string expected\n" },
        { "log help", "Log items:\nnone *" },
        { "gpa2hva 0xe0000000", "Error: No memory is mapped at address 0xe0000000\n" },
    };

    up();
    memcpy(board.ram + 0x1000, "\xea\x5b\xe0\x00\xf0\x30\x36\x2f", 8);
    memcpy(board.ram, "\xea\x5b\xe0\x00\xf0\x30\x36\x2f", 8);
    SAY_ALL(people);
    down();
}

static void expect_file(const char *path, const void *data, gsize len)
{
    g_autofree char *got = NULL;
    gsize got_len;

    g_assert_true(g_file_get_contents(path, &got, &got_len, NULL));
    g_assert_cmpmem(got, got_len, data, len);
    g_unlink(path);
}

static void test_memory_to_files(void)
{
    g_autofree char *folder = g_dir_make_tmp("memory-XXXXXX", NULL), *path = g_build_filename(folder, "image", NULL);
    static const Asked ways[] = {
        { "pmemsave {\"val\": 4096, \"size\": 8195, \"filename\": \"%s\"}", "{}" },
        { "memsave {\"val\": 4096, \"size\": 8195, \"filename\": \"%s\"}", "{}" },
        { "pmemsave 0x1000 8195 %s", "" },
        { "memsave 4096 8195 \"%s\"", "" },
    };
    static const Asked wrong[] = {
        { "pmemsave {\"val\": 0, \"size\": 16, \"filename\": \"/nosuch/x\"}",
          "GenericError: Could not open '/nosuch/x': No such file or directory" },
        { "pmemsave {\"val\": 0, \"size\": 16384, \"filename\": \"/dev/full\"}",
          "GenericError: writing '/dev/full' failed: No space left on device" },
        { "memsave {\"val\": 0, \"size\": 16, \"filename\": \"/nosuch/x\", \"cpu-index\": 2}",
          "GenericError: Parameter 'cpu-index' expects a CPU number" },
    };
    static const Asked people[] = {
        { "memsave 0 16", "Error: expected an address, a size and a file\n" },
        { "memsave x 16 y", "Error: *" },
    };

    up();
    for (unsigned i = 0; i < 3 * 4096; i++) {
        board.ram[0x1000 + i] = (uint8_t)(i * 7);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_auto(GStrv) around = g_strsplit(ways[i].line, "%s", 2);
        g_autofree char *line = g_strconcat(around[0], path, around[1], NULL);
        expect_answer(line, ways[i].answer, *ways[i].answer ? ask : hmp_run);
        expect_file(path, board.ram + 0x1000, 8195);
    }
    ASK_ALL(wrong);
    SAY_ALL(people);
    g_rmdir(folder);
    down();
}

static void test_pci(void)
{
    up();
    config_out(0x0b, 0x40, 0x0601, 4);      /* the power management of PIIX4 */
    g_autofree char *query = ask("query-pci"), *info = hmp_run("info pci"), *qtree = hmp_run("info qtree");
    g_assert_true(g_str_has_prefix(query,
        "[{\"bus\": 0, \"devices\": [{\"irq_pin\": 0, \"bus\": 0, \"qdev_id\": \"\", \"slot\": 0, "
        "\"class_info\": {\"class\": 1536, \"desc\": \"Host bridge\"}, "
        "\"id\": {\"device\": 4663, \"vendor\": 32902, \"subsystem-vendor\": 6900, \"subsystem\": 4352}, "
        "\"function\": 0, \"regions\": []}, "));
    g_assert_true(g_str_has_prefix(info, "  Bus  0, device   0, function 0:\n    Host bridge: PCI device 8086:1237\n"
                                         "      PCI subsystem 1af4:1100\n      id \"\"\n"));
    g_assert_nonnull(strstr(qtree, "bus: pci.0\n  type PCI\n"));
    g_assert_nonnull(strstr(qtree, "    class Host bridge, addr 00:00.0, pci id 8086:1237 (sub 1af4:1100)\n"));
    down();
}

static void test_where_things_lie(void)
{
    static const Asked people[] = {
        { "info mtree", "address-space: memory\n  0000000000000000-ffffffffffffffff (prio 0, i/o): memory\n*" },
        { "info mtree -f", "FlatView #0\n AS \"memory\", root: memory\n Root memory region: memory\n"
          "  0000000000000000-000000000009ffff (prio 0, ram): ram\n*" },
        { "info mtree -x", "Error: unsupported option '-x'\n" },
    };

    up();
    SAY_ALL(people);
    g_autofree char *tree = hmp_run("info mtree");
    g_assert_nonnull(strstr(tree, "    0000000000000000-00000000001fffff (prio 0, ram): alias ram below 4G @ram "
                                  "0000000000000000-00000000001fffff\n"));
    g_assert_nonnull(strstr(tree, "memory-region: pci\n"));
    down();
}

static void test_character_devices(void)
{
    static const Asked rows[] = {
        { "chardev-add {\"id\": \"c\", \"backend\": {\"type\": \"ringbuf\", \"data\": {\"size\": 64}}}", "{}" },
        { "chardev-add {\"id\": \"c\", \"backend\": {\"type\": \"null\", \"data\": {}}}",
          "GenericError: Chardev with id 'c' already exists" },
        { "chardev-add {\"id\": \"d\", \"backend\": {\"type\": \"nosuch\", \"data\": {}}}",
          "GenericError: Parameter 'type' does not accept value 'nosuch'" },
        { "chardev-add {\"id\": \"d\", \"backend\": {\"type\": \"null\"}}", "GenericError: Parameter 'backend.data' is missing" },
        { "chardev-add {\"id\": \"d\", \"backend\": {}}", "GenericError: Parameter 'backend.type' is missing" },
        { "chardev-add {\"id\": \"d\", \"backend\": {\"type\": \"null\", \"data\": 3}}",
          "GenericError: Invalid parameter type for 'backend.data', expected: object" },
        { "chardev-add {\"id\": \"n\", \"backend\": {\"type\": \"null\", \"data\": {}}}", "{}" },
        { "query-chardev", "[{\"frontend-open\": false, \"filename\": \"ringbuf\", \"label\": \"c\"}, "
          "{\"frontend-open\": false, \"filename\": \"null\", \"label\": \"n\"}]" },
        { "qom-list {\"path\": \"/chardevs\"}", "[{\"name\": \"type\", \"type\": \"string\"}, "
          "{\"name\": \"c\", \"type\": \"child<chardev-ringbuf>\"}, {\"name\": \"n\", \"type\": \"child<chardev-null>\"}]" },
        { "ringbuf-write {\"device\": \"c\", \"data\": \"hello\"}", "{}" },
        { "ringbuf-read {\"device\": \"c\", \"size\": 3}", "\"hel\"" },
        { "ringbuf-read {\"device\": \"c\", \"size\": 30, \"format\": \"base64\"}", "\"bG8=\"" },
        { "ringbuf-write {\"device\": \"c\", \"data\": \"bG8=\", \"format\": \"base64\"}", "{}" },
        { "ringbuf-read {\"device\": \"c\", \"size\": 30}", "\"lo\"" },
        { "ringbuf-read {\"device\": \"c\", \"size\": 0}", "GenericError: size must be greater than zero" },
        { "ringbuf-read {\"device\": \"n\", \"size\": 3}", "GenericError: n is not a ringbuf device" },
        { "ringbuf-write {\"device\": \"x\", \"data\": \"\"}", "GenericError: Device 'x' not found" },
        { "query-chardev-backends", "[{\"name\": \"file\"}, {\"name\": \"null\"}, *" },
        { "chardev-remove {\"id\": \"c\"}", "{}" },
        { "chardev-remove {\"id\": \"c\"}", "GenericError: Chardev 'c' not found" },
    };
    static const Asked people[] = {
        { "chardev-add ringbuf,id=r", "" },
        { "info chardev", "n: filename=null\nr: filename=ringbuf\n" },
        { "ringbuf_write r hello", "" },
        { "ringbuf_read r 3", "hel\n" },
        { "ringbuf_read n 3", "Error: n is not a ringbuf device\n" },
        { "ringbuf_read r", "Error: ringbuf_read: integer expected\n" },
        { "ringbuf_write", "Error: ringbuf_write: string expected\n" },
        { "chardev-remove r", "" },
        { "chardev-remove r", "Error: Chardev 'r' not found\n" },
    };

    up();
    ASK_ALL(rows);
    SAY_ALL(people);
    down();
}

static void test_a_socket_made_by_command(void)
{
    g_autofree char *folder = g_dir_make_tmp("chardev-XXXXXX", NULL), *path = g_build_filename(folder, "sock", NULL);
    g_autofree char *line = g_strdup_printf("chardev-add {\"id\": \"s\", \"backend\": {\"type\": \"socket\", \"data\": "
        "{\"addr\": {\"type\": \"unix\", \"data\": {\"path\": \"%s\"}}, \"server\": true, \"wait\": false}}}", path);
    g_autofree char *there = g_strdup_printf("[{\"frontend-open\": false, \"filename\": \"disconnected:unix:%s,server=on\", "
                                             "\"label\": \"s\"}]", path);

    up();
    expect_answer(line, "{}", ask);
    expect_answer("query-chardev", there, ask);
    expect_answer("chardev-remove {\"id\": \"s\"}", "{}", ask);
    g_unlink(path);
    g_rmdir(folder);
    down();
}

static void test_what_there_is_not(void)
{
    static const Asked rows[] = {
        { "query-block", "[]" },
        { "query-named-block-nodes {\"flat\": true}", "[]" },
        { "query-blockstats {\"query-nodes\": true}", "[]" },
        { "query-iothreads", "[]" },
        { "query-jobs", "[]" },
        { "query-tpm-models", "[]" },
        { "query-migrate", "{}" },
        { "query-display-options", "{\"type\": \"none\"}" },
        { "query-rx-filter", "[]" },
        { "query-rx-filter {\"name\": \"x\"}", "GenericError: invalid net client name: x" },
        { "query-balloon", "DeviceNotActive: No balloon device has been activated" },
        { "balloon {\"value\": 1}", "DeviceNotActive: No balloon device has been activated" },
        { "query-migrate-capabilities", "[{\"state\": false, \"capability\": \"events\"}]" },
        { "migrate-set-capabilities {\"capabilities\": [{\"capability\": \"events\", \"state\": true}]}", "{}" },
        { "query-migrate-capabilities", "[{\"state\": true, \"capability\": \"events\"}]" },
        { "migrate-set-capabilities {\"capabilities\": [{\"capability\": \"xbzrle\", \"state\": true}]}",
          "GenericError: Parameter 'capability' does not accept value 'xbzrle'" },
        { "migrate-set-capabilities {\"capabilities\": [3]}", "GenericError: *" },
        { "migrate-set-capabilities {\"capabilities\": {}}", "GenericError: Invalid parameter type for 'capabilities', expected: array" },
    };

    ASK_ALL(rows);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inspect/objects", test_objects);
    g_test_add_func("/inspect/in-use", test_what_is_in_use_stays);
    g_test_add_func("/inspect/tree", test_the_tree);
    g_test_add_func("/inspect/walk", test_all_that_is_listed_can_be_read);
    g_test_add_func("/inspect/classes", test_classes);
    g_test_add_func("/inspect/ancestors", test_every_class_descends_from_object);
    g_test_add_func("/inspect/machine", test_the_machine_and_its_processors);
    g_test_add_func("/inspect/memory", test_memory_and_ports);
    g_test_add_func("/inspect/accelerator", test_what_the_accelerator_tells);
    g_test_add_func("/inspect/files", test_memory_to_files);
    g_test_add_func("/inspect/pci", test_pci);
    g_test_add_func("/inspect/mtree", test_where_things_lie);
    g_test_add_func("/inspect/chardevs", test_character_devices);
    g_test_add_func("/inspect/socket", test_a_socket_made_by_command);
    g_test_add_func("/inspect/absent", test_what_there_is_not);
    return g_test_run();
}
