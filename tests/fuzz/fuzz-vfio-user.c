/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vfio-user-pci whose server does what the input's first part says (vfio-server.h), and what a guest
 * does to it meanwhile: nothing is leaked, memory the server may not write stays as it is, and no
 * silence of the server is waited for twice.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/fuzz/vfio-guest.h"
#include "tests/fuzz/vfio-server.h"
#include "tests/unit/vfio-machine.h"
#include "ui/console.h"

enum { RAM_SIZE = 4 << 20, SMALL_SIZE = 64 << 10, SPARE_AT = 16 << 20, ROM_AT = 0xfff0000, FILES_MAX = 128 };

static Region ram, spare, rom;
static VfioPci *dev;

static const char *const settings[] = {
    "", "x-no-posted-writes=on", "x-no-direct-dma=on", "x-no-mmap=on", "x-igd-opregion=on", "rombar=0",
    "x-pci-vendor-id=0x8086,x-pci-device-id=0x1916", "x-vga=on",
    "display=auto", "display=on,xres=64,yres=64", "x-mediated=on,x-pci-vendor-id=0x8086,x-pci-device-id=0x1916,display=auto",
};

static void add_memory(Region *region, const char *name, uint64_t size, uint64_t at)
{
    int fd = at ? -1 : memfd_create(name, MFD_CLOEXEC);

    g_assert(fd < 0 || ftruncate(fd, (off_t)size) == 0);
    uint8_t *host = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED,
                         fd, 0);
    g_assert(host != MAP_FAILED);
    region_init_ram(region, name, size, (HostMemory){ .host = host, .fd = fd });
    region_add(memory_space.root, region, at, 0);
}

static void nothing(void *opaque)
{
}

/* A clock has a file from its first timer on: let it be there before files are counted. */
static void use_clocks(void)
{
    for (Clock clock = CLOCK_GUEST; clock < CLOCK_COUNT; clock++) {
        Timer timer = { 0 };
        timer_init(&timer, clock, nothing, NULL);
        timer_set(&timer, INT64_MAX);
        timer_cancel(&timer);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    test_machine_init();
    use_clocks();
    add_memory(&ram, "ram", RAM_SIZE, 0);
    add_memory(&spare, "spare", SMALL_SIZE, SPARE_AT);
    add_memory(&rom, "rom", SMALL_SIZE, ROM_AT);
    region_set_readonly(&rom, true);
    return 0;
}

/* ---- steps ---- */

static void turn_loop(Input *in)
{
    vfio_server_turn();
    test_turn_loop();
}

static void interrupt(Input *in)
{
    vfio_server_signal((unsigned)input_take(in, 1));
    turn_loop(in);
}

static void speak(Input *in)
{
    vfio_server_speak(in);
    turn_loop(in);
}

static void reset(Input *in)
{
    object_reset(&dev->pci.obj);
}

/* Somebody takes a picture of the display. */
static void look(Input *in)
{
    if (console_at(0)) {
        pixman_image_unref(console_picture(console_at(0)));
    }
}

static void resize(Input *in)
{
    if (console_at(0)) {
        console_resize(console_at(0), (unsigned)input_take(in, 2), (unsigned)input_take(in, 2));
    }
}

/* Memory comes and goes, as when firmware switches its shadow. */
static void change_memory(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1);

    region_hide(how & 1 ? &spare : &rom, how & 2);
}

static void (*const steps[])(Input *in) = {
    vfio_guest_configure, vfio_guest_configure, vfio_guest_move_bar, vfio_guest_access_ports,
    vfio_guest_access_memory, vfio_guest_access_memory, turn_loop, interrupt, speak, reset, change_memory, look, look, resize,
};

/* ---- one input ---- */

static unsigned open_files(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < FILES_MAX; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static VfioPci *plug(const char *more)
{
    g_autofree char *text = g_strdup_printf("addr=05.0,socket=server,%s", more);
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(text, NULL, &err);
    VfioPci *made = (VfioPci *)object_new(&vfio_user_pci_class, NULL, &err);

    g_assert(kv && made && object_set_all(&made->pci.obj, kv, &err));
    bool ok = object_realize(&made->pci.obj, &err) && object_complete(&made->pci.obj, &err);
    check_outcome(ok, &err);
    if (!ok) {
        object_free(&made->pci.obj);
    }
    return ok ? made : NULL;
}

static void begin(void)
{
    memset(ram.memory.host, 0, RAM_SIZE);
    memset(spare.memory.host, 0, SMALL_SIZE);
    region_hide(&spare, false);
    region_hide(&rom, false);
}

static bool is_zero(const uint8_t *data, size_t len)
{
    return data[0] == 0 && memcmp(data, data + 1, len - 1) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size }, script;
    unsigned how = (unsigned)input_take(&in, 1), chosen = (unsigned)input_take(&in, 1);
    size_t len = input_take(&in, 2);

    begin();
    script.at = input_bytes(&in, &len);
    script.left = len;
    vfio_server_start(how, script);
    unsigned files = open_files();
    dev = plug(settings[chosen % G_N_ELEMENTS(settings)]);
    while (dev && in.left > 0) {
        steps[input_take(&in, 1) % G_N_ELEMENTS(steps)](&in);
    }
    if (dev) {
        object_free(&dev->pci.obj);
    }
    vfio_server_end();
    g_assert_cmpuint(test_accel.routes, ==, 0);
    g_assert_cmpuint(open_files(), ==, files);
    g_assert_true(is_zero(rom.memory.host, SMALL_SIZE));
    return 0;
}
