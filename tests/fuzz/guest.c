/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest without sense; see guest.h. */
#include "tests/fuzz/guest.h"

#include "chardev/backend.h"
#include "core/clock.h"
#include "core/dispatch.h"
#include "core/runstate.h"
#include "hw/input/i8042.h"
#include "hw/nvram/fw-cfg.h"
#include "tests/fuzz/access.h"
#include "tests/fuzz/machine.h"
#include "ui/console.h"

enum {
    CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc,
    LONGEST_STEP = 29,          /* log2 of nanoseconds: half a second */
};

/* ---- accesses ---- */

static void access_ports(Input *in)
{
    access_space(in, &io_space);
}

static void access_memory(Input *in)
{
    access_space(in, &memory_space);
}

static void access_any_port(Input *in)
{
    access_anywhere(in, &io_space);
}

static void access_any_memory(Input *in)
{
    access_anywhere(in, &memory_space);
}

/* Devices put descriptors and lists where the guest says: some of it should be there. */
static void fill_memory(Input *in)
{
    uint64_t addr = input_take(in, 2);
    size_t len = input_take(in, 1) % 64;
    const uint8_t *data = input_bytes(in, &len);

    space_write_bytes(&memory_space, addr, data, len);
}

/* One of the files that the guest can write by DMA, if it is one: where it has a picture, for example. */
static void write_file(Input *in)
{
    enum { DESCRIPTOR = 0x1000, BUFFER = 0x2000, SELECT_AND_WRITE = 8 | 16, DMA_ADDRESS_LOW = 0x518 };
    uint32_t key = FW_CFG_FILE_FIRST + (uint32_t)input_take(in, 1) % 16;
    size_t len = 28;
    const uint8_t *data = input_bytes(in, &len);
    const uint32_t words[] = { GUINT32_TO_BE(key << 16 | SELECT_AND_WRITE), GUINT32_TO_BE((uint32_t)len), 0,
                               GUINT32_TO_BE(BUFFER) };

    space_write_bytes(&memory_space, BUFFER, data, len);
    space_write_bytes(&memory_space, DESCRIPTOR, words, sizeof(words));
    space_write(&io_space, DMA_ADDRESS_LOW, GUINT32_TO_BE(DESCRIPTOR), 4);
}

/* ---- configuration space ---- */

static int choose_device(Input *in)
{
    const PciBus *bus = fuzz_machine.bus;
    int start = (int)input_take(in, 1);

    for (int i = 0; i < PCI_DEVFN_COUNT; i++) {
        int devfn = (start + i) % PCI_DEVFN_COUNT;
        if (bus->devices[devfn]) {
            return devfn;
        }
    }
    return start;
}

static void select_register(int devfn, unsigned addr)
{
    space_write(&io_space, CONFIG_ADDRESS, 0x80000000u | (uint32_t)devfn << 8 | (addr & 0xfc), 4);
}

void guest_configure(Input *in)
{
    int devfn = choose_device(in);
    unsigned addr = (unsigned)input_take(in, 1);
    Access access = access_take(in);

    select_register(devfn, addr);
    access_at(in, &io_space, CONFIG_DATA + (addr & 3), access);
}

/* Put a BAR somewhere, all decoding on. */
static void move_bar(Input *in)
{
    int devfn = choose_device(in);
    unsigned n = (unsigned)input_take(in, 1) % (PCI_BAR_COUNT + 1);

    select_register(devfn, n == PCI_ROM_BAR ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * n);
    space_write(&io_space, CONFIG_DATA, input_take(in, 4), 4);
    select_register(devfn, PCI_COMMAND);
    space_write(&io_space, CONFIG_DATA, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}

/* ---- time and the world outside ---- */

static void step_clock(Input *in)
{
    unsigned log = (unsigned)input_take(in, 1) % (LONGEST_STEP + 1);

    clock_step_to(clock_now(CLOCK_GUEST) + (INT64_C(1) << log));
}

static void settle(Input *in)
{
    machine_settle();
}

static void receive(Input *in)
{
    Chardev *chr = fuzz_machine.chardevs->pdata[input_take(in, 1) % fuzz_machine.chardevs->len];
    size_t len = MIN(chardev_room(chr), 16);
    const uint8_t *data = input_bytes(in, &len);

    chardev_deliver(chr, data, len);
}

static void press_key(Input *in)
{
    uint8_t key = (uint8_t)input_take(in, 1);

    ps2_keyboard_key(i8042_keyboard(), key, input_take(in, 1) & 1);
}

static void interrupt(Input *in)
{
    unsigned index = (unsigned)input_take(in, 1) % VFIO_PCI_NUM_IRQS;

    fake_interrupt(fuzz_machine.fake, index, (unsigned)input_take(in, 1) % FAKE_VECTORS);
    machine_settle();
}

/* Somebody looks at a display, and perhaps has another window for it. */
static void look(Input *in)
{
    Console *console = console_at((unsigned)input_take(in, 1) % 8);

    if (console && input_take(in, 1) % 4 == 0) {
        console_resize(console, (unsigned)input_take(in, 2), (unsigned)input_take(in, 2));
    }
    if (console) {
        pixman_image_unref(console_picture(console));
    }
}

static void press_power_button(Input *in)
{
    request_powerdown();
}

static void (*const steps[])(Input *in) = {
    access_ports, access_ports, access_ports, access_ports, access_memory, access_memory, access_memory,
    access_any_port, access_any_memory, fill_memory, guest_configure, guest_configure, move_bar, step_clock,
    settle, receive, press_key, interrupt, press_power_button, write_file, look,
};

void guest_step(Input *in)
{
    steps[input_take(in, 1) % G_N_ELEMENTS(steps)](in);
}
