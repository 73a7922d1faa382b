/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capability list as it is rebuilt, and the interrupts its capabilities bring: INTx, MSI, MSI-X. */
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/dispatch.h"
#include "core/runstate.h"
#include "tests/unit/vfio-machine.h"

enum {
    PM = 0x40, MSI = 0x50, VENDOR = 0x68, EXPRESS = 0x80, MSIX = 0xc0,
    MSIX_COUNT = 8, MSIX_TABLE = 0x2000, MSIX_PBA = 0x3000,
    BAR_ADDR = 0xe0000000, BAR_SIZE = 0x4000,
    READ_WRITE_MMAP = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP,
};

static uint8_t config[PCI_CONFIG_SIZE];

static FakeSpec spec = {
    .flags = VFIO_DEVICE_FLAGS_RESET,
    .regions = {
        [0] = { .size = BAR_SIZE, .flags = READ_WRITE_MMAP },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE },
    },
    .irqs = {
        [VFIO_PCI_INTX_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED, 1 },
        [VFIO_PCI_MSI_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, 4 },
        [VFIO_PCI_MSIX_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, MSIX_COUNT },
        [VFIO_PCI_ERR_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD, 1 },
        [VFIO_PCI_REQ_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD, 1 },
    },
};

static void cap(unsigned at, uint8_t id, unsigned next)
{
    config[at] = id;
    config[at + 1] = (uint8_t)next;
}

/* PM -> MSI -> vendor specific -> Express endpoint -> MSI-X */
static void full_list(void)
{
    test_config_init(config, 0x1234, 0x5678, 0x010802);
    pci_set_u16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
    config[PCI_CAPABILITY_LIST] = PM;
    cap(PM, PCI_CAP_ID_PM, MSI);
    cap(MSI, PCI_CAP_ID_MSI, VENDOR);
    pci_set_u16(config + MSI + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT | 2 << 1);
    cap(VENDOR, PCI_CAP_ID_VNDR, EXPRESS);
    cap(EXPRESS, PCI_CAP_ID_EXP, MSIX);
    pci_set_u16(config + EXPRESS + PCI_EXP_FLAGS, 2);
    cap(MSIX, PCI_CAP_ID_MSIX, 0);
    pci_set_u16(config + MSIX + PCI_MSIX_FLAGS, MSIX_COUNT - 1);
    pci_set_u32(config + MSIX + PCI_MSIX_TABLE, MSIX_TABLE);
    pci_set_u32(config + MSIX + PCI_MSIX_PBA, MSIX_PBA);
}

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
} Fixture;

static void assign(Fixture *f, const char *settings)
{
    Error *err = NULL;

    test_accel = (TestAccel){ .gsi = -1 };
    f->fake = fake_device_new(&spec);
    f->dev = test_assign(f->fake, "05.0", settings, &err);
    g_assert(f->dev);
}

static void up(Fixture *f, gconstpointer settings)
{
    full_list();
    assign(f, settings);
}

static void down(Fixture *f, gconstpointer settings)
{
    test_release(f->dev, f->fake);
    g_assert_cmpuint(test_accel.routes, ==, 0);
    g_assert_cmpint(test_accel.gsi, ==, -1);
}

/* "40:01 50:05 ..." */
static char *list_text(VfioPci *dev)
{
    GString *text = g_string_new(NULL);
    unsigned at = test_config_read(dev, PCI_CAPABILITY_LIST, 1);

    for (unsigned i = 0; at && i < 64; i++) {
        g_string_append_printf(text, "%s%02x:%02x", text->len ? " " : "", at, test_config_read(dev, at, 1));
        at = test_config_read(dev, at + 1, 1);
    }
    return g_string_free(text, false);
}

/* ---- the list ---- */

typedef struct ListCase {
    const char *name, *expected;
    unsigned poke_at, poke_len;     /* change of the full list */
    uint32_t poke;
} ListCase;

static const ListCase list_cases[] = {
    { "whole", "40:01 50:05 68:09 80:10 c0:11" },
    { "no-list", "", PCI_STATUS, 2, 0 },
    { "loop-to-itself", "40:01", PM + 1, 1, PM },
    { "loop", "40:01 50:05 68:09", VENDOR + 1, 1, PM },
    { "into-header", "40:01", PM + 1, 1, 0x10 },
    { "low-bits", "40:01 50:05 68:09 80:10 c0:11", PM + 1, 1, MSI | 3 },
    { "kernel-hid-one", "40:01 50:05 80:10 c0:11", VENDOR, 1, 0 },
    { "table-outside", "40:01 50:05 68:09 80:10", MSIX + PCI_MSIX_TABLE, 4, 0x4000 },
    { "table-in-absent-bar", "40:01 50:05 68:09 80:10", MSIX + PCI_MSIX_TABLE, 4, 3 },
    { "express-switch", "40:01 50:05 68:09 c0:11", EXPRESS + PCI_EXP_FLAGS, 2, PCI_EXP_TYPE_UPSTREAM << 4 | 2 },
    { "express-legacy", "40:01 50:05 68:09 80:10 c0:11", EXPRESS + PCI_EXP_FLAGS, 2, PCI_EXP_TYPE_LEG_END << 4 | 2 },
    { "beyond-the-end", "40:01", PM + 1, 1, 0xfc },
    { "msix-twice", "40:01 50:05 68:11 80:10", VENDOR, 1, PCI_CAP_ID_MSIX },
    { "pm-twice", "40:01 68:09 80:10 c0:11", MSI, 1, PCI_CAP_ID_PM },
};

static void test_list(gconstpointer data)
{
    const ListCase *row = data;
    uint8_t bytes[4];
    Fixture f;

    full_list();
    cap(0xfc, PCI_CAP_ID_MSI, 0);   /* only the last row leads there: no room for one */
    pci_set_u32(bytes, row->poke);
    memcpy(config + row->poke_at, bytes, row->poke_len);
    assign(&f, NULL);
    g_autofree char *text = list_text(f.dev);
    g_assert_cmpstr(text, ==, row->expected);
    bool has = test_config_read(f.dev, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST;
    g_assert_cmpint(has, ==, *text != 0);
    down(&f, NULL);
}

/* The device's own next pointers are shown nowhere, also not of what is hidden. */
static void test_no_interrupts(void)
{
    FakeSpec saved = spec;
    Fixture f;

    memset(spec.irqs, 0, sizeof(spec.irqs));    /* as a mediated device without interrupts answers: -EINVAL */
    full_list();
    assign(&f, NULL);
    g_autofree char *text = list_text(f.dev);
    g_assert_cmpstr(text, ==, "40:01 68:09 80:10");
    g_assert_cmphex(test_config_read(f.dev, MSI + 1, 1), ==, 0);
    g_assert_cmphex(test_config_read(f.dev, PCI_INTERRUPT_PIN, 1), ==, 0);
    down(&f, NULL);
    spec = saved;
}

static void test_express_version(void)
{
    Fixture f;

    full_list();
    pci_set_u16(config + EXPRESS + PCI_EXP_FLAGS, PCI_EXP_TYPE_RC_END << 4);
    assign(&f, NULL);
    g_assert_cmphex(test_config_read(f.dev, EXPRESS + PCI_EXP_FLAGS, 2), ==, PCI_EXP_TYPE_RC_END << 4 | 1);
    down(&f, NULL);
}

/* ---- INTx ---- */

static void map_bar(Fixture *f)
{
    test_config_write(f->dev, PCI_BASE_ADDRESS_0, BAR_ADDR, 4);
    test_config_write(f->dev, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
}

static void test_intx_direct(Fixture *f, gconstpointer settings)
{
    g_assert_cmpint(test_accel.gsi, ==, 10);
    g_assert_cmpint(f->fake->trigger[VFIO_PCI_INTX_IRQ_INDEX][0], ==, test_accel.trigger);
    g_assert_cmpint(f->fake->unmask[VFIO_PCI_INTX_IRQ_INDEX][0], ==, test_accel.resample);
    g_assert_false(f->fake->masked[VFIO_PCI_INTX_IRQ_INDEX]);
    fake_interrupt(f->fake, VFIO_PCI_INTX_IRQ_INDEX, 0);
    test_turn_loop();
    g_assert_cmpint(test_accel.line_level, ==, 0);      /* not through us */
}

static RegionKind bar_kind(void)
{
    return space_find(&memory_space, BAR_ADDR)->region->kind;
}

static void test_intx_ours(Fixture *f, gconstpointer settings)
{
    clock_guest_manual();
    g_assert_cmpint(test_accel.gsi, ==, -1);
    map_bar(f);
    g_assert_cmpint(bar_kind(), ==, REGION_DEVICE_RAM);
    f->fake->masked[VFIO_PCI_INTX_IRQ_INDEX] = true;    /* as the kernel does */
    fake_interrupt(f->fake, VFIO_PCI_INTX_IRQ_INDEX, 0);
    test_turn_loop();
    g_assert_cmpint(test_accel.line_level, ==, 1);
    g_assert_cmpint(bar_kind(), ==, REGION_IO);
    space_read(&memory_space, BAR_ADDR, 4);
    g_assert_cmpint(test_accel.line_level, ==, 0);
    g_assert_false(f->fake->masked[VFIO_PCI_INTX_IRQ_INDEX]);
    g_assert_cmpint(bar_kind(), ==, REGION_IO);
    clock_step_to(clock_now(CLOCK_GUEST) + 1200 * NS_PER_MS);
    g_assert_cmpint(bar_kind(), ==, REGION_DEVICE_RAM);
}

/* A transport that notes how many writes the device had when its line was unmasked. */
static const VfioTransportOps *plain_ops;
static FakeDevice *spied;
static unsigned writes_at_unmask;

static int spying_set_irqs(VfioDevice *device, unsigned index, uint32_t flags, unsigned start, unsigned count,
                           const int *fds)
{
    if (flags == (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK)) {
        writes_at_unmask = spied->calls.of[FAKE_WRITE].count;
    }
    return plain_ops->set_irqs(device, index, flags, start, count, fds);
}

/* Unmasking before the guest's write has reached the device would raise the interrupt again, for nobody. */
static void test_intx_serving(Fixture *f, gconstpointer settings)
{
    VfioTransportOps spying = *f->fake->dev->ops;

    map_bar(f);
    plain_ops = f->fake->dev->ops;
    spying.set_irqs = spying_set_irqs;
    spied = f->fake;
    f->fake->dev->ops = &spying;
    fake_interrupt(f->fake, VFIO_PCI_INTX_IRQ_INDEX, 0);
    test_turn_loop();
    unsigned writes = f->fake->calls.of[FAKE_WRITE].count;
    space_write(&memory_space, BAR_ADDR, 1, 4);
    g_assert_cmpuint(writes_at_unmask, ==, writes + 1);
    g_assert_cmpint(test_accel.line_level, ==, 0);
    f->fake->dev->ops = plain_ops;
}

static void test_intx_refused_line(void)
{
    Fixture f;

    full_list();
    Error *err = NULL;
    f.fake = fake_device_new(&spec);
    test_accel = (TestAccel){ .gsi = -1, .refuses_lines = true };
    f.dev = test_assign(f.fake, "05.0", NULL, &err);
    g_assert(f.dev);
    fake_interrupt(f.fake, VFIO_PCI_INTX_IRQ_INDEX, 0);
    test_turn_loop();
    g_assert_cmpint(test_accel.line_level, ==, 1);
    down(&f, NULL);
    g_assert_cmpint(test_accel.line_level, ==, 0);
}

/* ---- MSI ---- */

static void set_msi(Fixture *f, uint16_t control)
{
    test_config_write(f->dev, MSI + PCI_MSI_ADDRESS_LO, 0xfee01000, 4);
    test_config_write(f->dev, MSI + PCI_MSI_DATA_64, 0x4040, 2);
    test_config_write(f->dev, MSI + PCI_MSI_FLAGS, control, 2);
}

static void test_msi(Fixture *f, gconstpointer settings)
{
    bool direct = !settings;

    set_msi(f, 2 << 4 | PCI_MSI_FLAGS_ENABLE);
    g_assert_cmpint(test_accel.gsi, ==, -1);    /* INTx has ended */
    g_assert_cmpint(f->fake->trigger[VFIO_PCI_INTX_IRQ_INDEX][0], ==, -1);
    g_assert_cmpint(f->fake->trigger[VFIO_PCI_MSI_IRQ_INDEX][3], >=, 0);
    g_assert_cmpuint(test_accel.routes, ==, direct ? 4 : 0);
    if (!direct) {
        fake_interrupt(f->fake, VFIO_PCI_MSI_IRQ_INDEX, 3);
        test_turn_loop();
        g_assert_cmpuint(test_accel.sent, ==, 1);
        g_assert_cmphex(test_accel.last.data, ==, 0x4043);
    }
    uint16_t host;
    fake_peek(f->fake, VFIO_PCI_CONFIG_REGION_INDEX, MSI + PCI_MSI_DATA_64, &host, 2);
    g_assert_cmphex(host, ==, 0);               /* the guest's message stays with us */
    test_config_write(f->dev, MSI + PCI_MSI_FLAGS, 0, 2);
    g_assert_cmpint(f->fake->trigger[VFIO_PCI_MSI_IRQ_INDEX][0], ==, -1);
    g_assert_cmpint(f->fake->trigger[VFIO_PCI_INTX_IRQ_INDEX][0], >=, 0);
}

static void test_msi_masked(Fixture *f, gconstpointer settings)
{
    test_config_write(f->dev, MSI + PCI_MSI_MASK_64, 1, 4);
    set_msi(f, PCI_MSI_FLAGS_ENABLE);
    fake_interrupt(f->fake, VFIO_PCI_MSI_IRQ_INDEX, 0);
    test_turn_loop();
    g_assert_cmpuint(test_accel.sent, ==, 0);
    g_assert_cmphex(test_config_read(f->dev, MSI + PCI_MSI_MASK_64 + 4, 4), ==, 1);
    test_config_write(f->dev, MSI + PCI_MSI_MASK_64, 0, 4);
    g_assert_cmpuint(test_accel.sent, ==, 1);
    g_assert_cmphex(test_config_read(f->dev, MSI + PCI_MSI_MASK_64 + 4, 4), ==, 0);
}

/* The kernel says how many it delivers; the guest is not shown more. */
static void test_msi_fewer(void)
{
    FakeSpec saved = spec;
    Fixture f;

    full_list();
    spec.irqs[VFIO_PCI_MSI_IRQ_INDEX].count = 1;
    assign(&f, NULL);
    g_assert_cmphex(test_config_read(f.dev, MSI + PCI_MSI_FLAGS, 2), ==, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
    down(&f, NULL);
    spec = saved;
}

static void test_msi_short(void)
{
    Fixture f;

    full_list();
    spec.vectors_max = 2;
    assign(&f, NULL);
    set_msi(&f, 2 << 4 | PCI_MSI_FLAGS_ENABLE);
    g_assert_cmpint(f.fake->trigger[VFIO_PCI_MSI_IRQ_INDEX][1], >=, 0);
    g_assert_cmpint(f.fake->trigger[VFIO_PCI_MSI_IRQ_INDEX][2], ==, -1);
    down(&f, NULL);
    spec.vectors_max = 0;
}

/* ---- MSI-X ---- */

static void set_entry(unsigned n, uint32_t data, uint32_t control)
{
    space_write(&memory_space, BAR_ADDR + MSIX_TABLE + 16 * n, 0xfee00000, 8);
    space_write(&memory_space, BAR_ADDR + MSIX_TABLE + 16 * n + 8, data, 4);
    space_write(&memory_space, BAR_ADDR + MSIX_TABLE + 16 * n + 12, control, 4);
}

static int msix_fd(Fixture *f, unsigned n)
{
    return f->fake->trigger[VFIO_PCI_MSIX_IRQ_INDEX][n];
}

static void test_msix_order(Fixture *f, gconstpointer settings)
{
    map_bar(f);
    /* Linux: enable with the function masked, fill the table, unmask */
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
    g_assert_cmpint(test_accel.gsi, ==, -1);
    const FakeIrqSet *set = fake_last_irq_set(f->fake);
    g_assert_cmpuint(set->index, ==, VFIO_PCI_MSIX_IRQ_INDEX);
    g_assert_cmpuint(set->count, ==, 1);
    g_assert_cmpint(set->fds[0], ==, -1);
    set_entry(0, 0x30, 0);
    set_entry(2, 0x32, 0);
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    g_assert_cmpint(msix_fd(f, 0), >=, 0);
    g_assert_cmpint(msix_fd(f, 1), ==, -1);
    g_assert_cmpint(msix_fd(f, 2), >=, 0);
    g_assert_cmpuint(test_accel.routes, ==, 2);
    /* one more, above: all are given anew, none is lost */
    set_entry(5, 0x35, 0);
    g_assert_cmpint(msix_fd(f, 0), >=, 0);
    g_assert_cmpint(msix_fd(f, 5), >=, 0);
    /* and one below: alone */
    set_entry(3, 0x33, 0);
    set = fake_last_irq_set(f->fake);
    g_assert_cmpuint(set->start, ==, 3);
    g_assert_cmpuint(set->count, ==, 1);
    g_assert_cmpuint(test_accel.routes, ==, 4);
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, 0, 2);
    g_assert_cmpuint(test_accel.routes, ==, 0);
    g_assert_cmpint(test_accel.gsi, ==, 10);            /* INTx again */
}

static void test_msix_pending(Fixture *f, gconstpointer settings)
{
    map_bar(f);
    set_entry(4, 0x34, 0);
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    set_entry(4, 0x34, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    fake_interrupt(f->fake, VFIO_PCI_MSIX_IRQ_INDEX, 4);
    test_turn_loop();
    g_assert_cmpuint(test_accel.sent, ==, 0);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_PBA, 8), ==, 1 << 4);
    set_entry(4, 0x44, 0);
    g_assert_cmpuint(test_accel.sent, ==, 1);
    g_assert_cmphex(test_accel.last.data, ==, 0x44);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_PBA, 8), ==, 0);
    /* function mask */
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
    fake_interrupt(f->fake, VFIO_PCI_MSIX_IRQ_INDEX, 4);
    test_turn_loop();
    g_assert_cmpuint(test_accel.sent, ==, 1);
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    g_assert_cmpuint(test_accel.sent, ==, 2);
}

static void test_msix_through_us(Fixture *f, gconstpointer settings)
{
    map_bar(f);
    set_entry(0, 0x30, 0);
    test_config_write(f->dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    fake_interrupt(f->fake, VFIO_PCI_MSIX_IRQ_INDEX, 0);
    test_turn_loop();
    g_assert_cmpuint(test_accel.routes, ==, 0);
    g_assert_cmpuint(test_accel.sent, ==, 1);
    g_assert_cmphex(test_accel.last.data, ==, 0x30);
    g_assert_cmphex(test_accel.last.address, ==, 0xfee00000);
}

/* The table hides the device's, bytes around it are the device's, pages of it trap. */
static void test_msix_overlay(Fixture *f, gconstpointer settings)
{
    uint32_t ones = UINT32_MAX;

    fake_poke(f->fake, 0, MSIX_TABLE, &ones, 4);
    fake_poke(f->fake, 0, MSIX_TABLE + 16 * MSIX_COUNT, &ones, 4);
    map_bar(f);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_TABLE, 4), ==, 0);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_TABLE + 12, 4), ==, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_TABLE + 16 * MSIX_COUNT, 4), ==, ones);
    g_assert_cmpint(space_find(&memory_space, BAR_ADDR + MSIX_TABLE + 16 * MSIX_COUNT)->region->kind, ==, REGION_IO);
    g_assert_cmpint(space_find(&memory_space, BAR_ADDR + 0x1000)->region->kind, ==, REGION_DEVICE_RAM);
    set_entry(1, 0x77, 0);
    object_reset(&f->dev->pci.obj);
    map_bar(f);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_TABLE + 16 + 8, 4), ==, 0);
    g_assert_cmphex(space_read(&memory_space, BAR_ADDR + MSIX_TABLE + 16 + 12, 4), ==, PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

/* Without NORESIZE a vector is added while the others go on. */
static void test_msix_dynamic(void)
{
    FakeSpec saved = spec;
    Fixture f;

    full_list();
    spec.irqs[VFIO_PCI_MSIX_IRQ_INDEX].flags &= ~(uint32_t)VFIO_IRQ_INFO_NORESIZE;
    assign(&f, NULL);
    map_bar(&f);
    set_entry(0, 0x30, 0);
    test_config_write(f.dev, MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE, 2);
    set_entry(6, 0x36, 0);
    const FakeIrqSet *set = fake_last_irq_set(f.fake);
    g_assert_cmpuint(set->start, ==, 6);
    g_assert_cmpuint(set->count, ==, 1);
    down(&f, NULL);
    spec = saved;
}

/* ---- what the host has to say ---- */

static void test_notices(Fixture *f, gconstpointer settings)
{
    g_assert_true(fake_interrupt(f->fake, VFIO_PCI_REQ_IRQ_INDEX, 0));
    test_turn_loop();
    g_assert_cmpint(run_state(), ==, RUN_STATE_PRELAUNCH);
    g_assert_true(fake_interrupt(f->fake, VFIO_PCI_ERR_IRQ_INDEX, 0));
    test_turn_loop();
    g_assert_cmpint(run_state(), ==, RUN_STATE_INTERNAL_ERROR);
}

static void test_no_request(Fixture *f, gconstpointer settings)
{
    g_assert_false(fake_interrupt(f->fake, VFIO_PCI_REQ_IRQ_INDEX, 0));
}

#define ADD(path, settings, fn) g_test_add("/vfio/caps/" path, Fixture, settings, up, fn, down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_machine_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(list_cases); i++) {
        g_autofree char *path = g_strdup_printf("/vfio/caps/list/%s", list_cases[i].name);
        g_test_add_data_func(path, &list_cases[i], test_list);
    }
    g_test_add_func("/vfio/caps/no-interrupts", test_no_interrupts);
    g_test_add_func("/vfio/caps/express-version", test_express_version);
    ADD("intx/direct", NULL, test_intx_direct);
    ADD("intx/ours", "x-no-kvm-intx=on", test_intx_ours);
    ADD("intx/serving", "x-no-kvm-intx=on", test_intx_serving);
    g_test_add_func("/vfio/caps/intx/refused-line", test_intx_refused_line);
    ADD("msi/direct", NULL, test_msi);
    ADD("msi/ours", "x-no-kvm-msi=on", test_msi);
    ADD("msi/masked", NULL, test_msi_masked);
    g_test_add_func("/vfio/caps/msi/short", test_msi_short);
    g_test_add_func("/vfio/caps/msi/fewer", test_msi_fewer);
    ADD("msix/order", NULL, test_msix_order);
    ADD("msix/pending", NULL, test_msix_pending);
    ADD("msix/ours", "x-no-kvm-msix=on", test_msix_through_us);
    ADD("msix/overlay", NULL, test_msix_overlay);
    g_test_add_func("/vfio/caps/msix/dynamic", test_msix_dynamic);
    ADD("notices", NULL, test_notices);
    ADD("no-request", "x-req=off", test_no_request);
    return g_test_run();
}
