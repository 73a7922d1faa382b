/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chipset of pc: interrupt routing, power management, resets, and what lies between 640 KiB and 1 MiB. */
#include "core/runstate.h"
#include "hw/isa/isa.h"
#include "tests/unit/pci-board.h"

enum {
    HOST = PCI_DEVFN_OF(0, 0),
    ISA = PCI_DEVFN_OF(1, 0),
    PM = PCI_DEVFN_OF(1, 3),
    PM_BASE = 0x600,
    SMB_BASE = 0x700,
    GPE_BASE = 0xafe0,
};

/* What SeaBIOS writes. */
static void enable_pm(void)
{
    board.pm->disable_s3 = 0;   /* off by default: nothing but the power button ends it */
    config_out(PM, 0x40, PM_BASE | 1, 4);
    config_out(PM, 0x80, 1, 1);
    config_out(PM, 0x90, SMB_BASE | 1, 4);
    config_out(PM, 0xd2, 0x09, 1);
}

static unsigned resets;

static void on_reset(Notifier *notifier, void *data)
{
    resets++;
}

static Notifier reset_notifier = { .notify = on_reset };

static void up(void)
{
    board_up();
    notifier_add(&reset_notifiers, &reset_notifier);
    resets = 0;
    if (!vm_running()) {
        vm_start();
    }
}

static void down(void)
{
    notifier_del(&reset_notifiers, &reset_notifier);
    board_down();
}

/* ---- identity ---- */

static void test_functions_are_what_drivers_expect(void)
{
    static const struct {
        int devfn;
        unsigned addr;
        uint32_t value;
    } rows[] = {
        { HOST, 0x00, 0x12378086 }, { HOST, 0x04, 0 }, { HOST, 0x08, 0x06000002 }, { HOST, 0x0c, 0 },
        { HOST, 0x2c, 0x11001af4 }, { HOST, 0x54, 0x08000000 }, { HOST, 0x58, 0 }, { HOST, 0x5c, 0 },
        { HOST, 0x70, 0x00020000 },
        { ISA, 0x00, 0x70008086 }, { ISA, 0x04, 0x02000000 }, { ISA, 0x08, 0x06010000 }, { ISA, 0x0c, 0x00800000 },
        { ISA, 0x4c, 0x0003004d }, { ISA, 0x60, 0x80808080 }, { ISA, 0x68, 0x00000200 }, { ISA, 0x70, 0x80 },
        { ISA, 0x74, 0x0c0c0000 }, { ISA, 0x78, 0x02 }, { ISA, 0xa0, 0x08 }, { ISA, 0xa8, 0x0f },
        { PM, 0x00, 0x71138086 }, { PM, 0x04, 0x02800000 }, { PM, 0x08, 0x06800003 }, { PM, 0x3c, 0x00000109 },
        { PM, 0x40, 0x00000001 }, { PM, 0x58, 0x02000000 }, { PM, 0x5c, 0x10000000 }, { PM, 0x60, 0x60000000 },
        { PM, 0x64, 0 }, { PM, 0x80, 0 }, { PM, 0x90, 0x0000b101 }, { PM, 0xd0, 0x00090000 },
    };

    up();
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_test_message("%02x: %02x", (unsigned)rows[i].devfn, rows[i].addr);
            g_assert_cmphex(config_in(rows[i].devfn, rows[i].addr, 4), ==, rows[i].value);
        }
        for (unsigned addr = 4; addr < 256; addr += 4) {    /* everything changes, reset puts it back */
            config_out(HOST, addr, 0xffffffff, 4);
            config_out(ISA, addr, 0xffffffff, 4);
            config_out(PM, addr, 0xffffffff, 4);
        }
        machine_reset(CAUSE_GUEST_RESET);
        g_assert_cmphex(in(0xcf8, 4), ==, 0);
    }
    g_assert_cmphex(config_in(PCI_DEVFN_OF(1, 1), 0, 4), ==, UINT32_MAX);   /* no IDE */
    down();
}

/* ---- interrupts ---- */

static void test_pins_turn_with_the_slots(void)
{
    up();
    PciBus *bus = i440fx_bus(board.i440fx);
    static const int first[] = { 3, 0, 1, 2 };      /* PIRQ of INTA in slots 0 to 3 */

    for (int slot = 0; slot < 32; slot++) {
        for (int pin = 0; pin < PCI_PIN_COUNT; pin++) {
            g_assert_cmpint(bus->router.map(bus->router.opaque, slot, pin), ==, (first[slot % 4] + pin) % 4);
        }
    }
    down();
}

static void test_pirqs_are_routed_to_isa_interrupts(void)
{
    up();
    PciBus *bus = i440fx_bus(board.i440fx);

    for (int irq = 0; irq < 16; irq++) {
        bool routable = irq >= 3 && irq != 8 && irq != 13;
        config_out(ISA, 0x60, (uint32_t)irq, 1);
        g_assert_cmpint(bus->router.gsi(bus->router.opaque, 0), ==, routable ? irq : -1);
        bus->router.set(bus->router.opaque, 0, 1);
        g_assert_cmphex(board_gsi_levels, ==, routable ? 1u << irq : 0);
        bus->router.set(bus->router.opaque, 0, 0);
        g_assert_cmphex(board_gsi_levels, ==, 0);
    }
    down();
}

static void test_pirqs_on_one_interrupt_are_ored(void)
{
    up();
    PciIrqRouter router = i440fx_bus(board.i440fx)->router;

    config_out(ISA, 0x60, 0x800b0b0a, 4);
    router.set(router.opaque, 1, 1);
    router.set(router.opaque, 2, 1);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 11);
    router.set(router.opaque, 1, 0);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 11);
    router.set(router.opaque, 2, 0);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    router.set(router.opaque, 3, 1);        /* disabled */
    g_assert_cmphex(board_gsi_levels, ==, 0);
    router.set(router.opaque, 3, 0);
    down();
}

static void test_pirqs_share_an_interrupt_with_isa_devices(void)
{
    up();
    PciIrqRouter router = i440fx_bus(board.i440fx)->router;
    Irq device = isa_irq(9);

    config_out(ISA, 0x60, 0x80808009, 4);
    router.set(router.opaque, 0, 1);
    irq_set(&device, 1);
    router.set(router.opaque, 0, 0);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 9);
    irq_set(&device, 0);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    irq_set(&device, 1);
    router.set(router.opaque, 0, 1);
    irq_set(&device, 0);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 9);
    router.set(router.opaque, 0, 0);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    down();
}

/* ---- power management ---- */

static void test_the_ports_follow_pmbase(void)
{
    up();
    g_assert_cmphex(in(PM_BASE, 2), ==, 0xffff);
    enable_pm();
    g_assert_cmphex(in(PM_BASE + 4, 2), ==, 0);
    g_assert_cmphex(in(SMB_BASE, 1), ==, 0);
    config_out(PM, 0x40, 0xb041, 4);
    g_assert_cmphex(in(PM_BASE, 2), ==, 0xffff);
    g_assert_cmphex(in(0xb040 + 4, 2), ==, 0);
    config_out(PM, 0x80, 0, 1);
    g_assert_cmphex(in(0xb040 + 4, 2), ==, 0xffff);
    config_out(PM, 0xd2, 0, 1);
    g_assert_cmphex(in(SMB_BASE, 1), ==, 0xff);
    down();
}

/* Ticks of 3.579545 MHz at @ns. */
static uint32_t ticks(int64_t ns)
{
    return (uint32_t)((unsigned __int128)ns * 3579545 / NS_PER_SECOND) & 0xffffff;
}

static void test_the_timer_counts_guest_time(void)
{
    up();
    enable_pm();
    for (unsigned i = 0; i < 40; i++) {
        clock_step_to(clock_now(CLOCK_GUEST) + 617283945);
        int64_t now = clock_now(CLOCK_GUEST);
        g_assert_cmphex(in(PM_BASE + 8, 4), ==, ticks(now));
        g_assert_cmphex(in(PM_BASE + 10, 1), ==, ticks(now) >> 16);
    }
    down();
}

static void test_timer_overflow_interrupts(void)
{
    up();
    enable_pm();
    int64_t half = (int64_t)((INT64_C(1) << 23) * NS_PER_SECOND / 3579545) + 1;

    out(PM_BASE, 0xffff, 2);
    clock_step_to((clock_now(CLOCK_GUEST) / half + 1) * half + 1000);
    g_assert_cmphex(in(PM_BASE, 2), ==, PM1_TIMER_OVERFLOW);
    out(PM_BASE, PM1_TIMER_OVERFLOW, 2);
    g_assert_cmphex(in(PM_BASE, 2), ==, 0);
    g_assert_cmpint(clock_next_deadline(), ==, -1);     /* nobody wants to know */

    out(0xb2, 0xf1, 1);
    out(PM_BASE + 2, PM1_TIMER_OVERFLOW, 2);
    g_assert_cmpint(clock_next_deadline(), >, clock_now(CLOCK_GUEST));
    clock_step_to(clock_next_deadline() - 1);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    clock_step_to(clock_next_deadline());
    g_assert_cmphex(board_gsi_levels, ==, 1 << 9);
    g_assert_cmphex(in(PM_BASE + 8, 4) & 0x7fffff, ==, 0);
    out(PM_BASE, PM1_TIMER_OVERFLOW, 2);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    down();
}

static void test_the_power_button_raises_the_sci_in_acpi_mode(void)
{
    up();
    enable_pm();
    out(PM_BASE + 2, PM1_POWER_BUTTON, 2);
    request_powerdown();
    board_settle();
    g_assert_cmphex(in(PM_BASE, 2), ==, PM1_POWER_BUTTON);
    g_assert_cmphex(board_gsi_levels, ==, 0);
    out(0xb2, 0xf1, 1);
    g_assert_cmphex(in(0xb2, 1), ==, 0xf1);
    g_assert_cmphex(in(PM_BASE + 4, 2), ==, PM1_SCI_ENABLE);
    g_assert_cmphex(board_gsi_levels, ==, 1 << 9);
    out(PM_BASE + 1, PM1_POWER_BUTTON >> 8, 1);     /* byte access clears it */
    g_assert_cmphex(board_gsi_levels, ==, 0);
    out(0xb2, 0xf0, 1);
    g_assert_cmphex(in(PM_BASE + 4, 2), ==, 0);
    out(0xb3, 0x77, 1);
    g_assert_cmphex(in(0xb3, 1), ==, 0x77);
    down();
}

static void test_gpe_registers(void)
{
    up();
    out(GPE_BASE + 2, 0x1234, 2);
    g_assert_cmphex(in(GPE_BASE, 4), ==, 0x12340000);
    out(GPE_BASE + 3, 0x56, 1);
    g_assert_cmphex(in(GPE_BASE + 2, 2), ==, 0x5634);
    board.pm->pm.gpe_status = 0x0304;
    out(GPE_BASE, 0x04, 1);
    g_assert_cmphex(in(GPE_BASE, 2), ==, 0x0300);
    machine_reset(CAUSE_GUEST_RESET);
    g_assert_cmphex(in(GPE_BASE, 4), ==, 0);
    down();
}

static void test_the_smbus_has_no_devices(void)
{
    up();
    enable_pm();
    out(SMB_BASE + 4, 0xa1, 1);
    out(SMB_BASE + 2, 0x48, 1);
    g_assert_cmphex(in(SMB_BASE, 1), ==, 0x04);     /* not busy, device error */
    g_assert_cmphex(in(SMB_BASE + 2, 1), ==, 0x08);
    out(SMB_BASE, 0xff, 1);
    g_assert_cmphex(in(SMB_BASE, 1), ==, 0);
    for (unsigned i = 0; i < 100; i++) {
        out(SMB_BASE + 7, i, 1);
    }
    in(SMB_BASE + 2, 1);
    g_assert_cmphex(in(SMB_BASE + 7, 1), ==, 96);
    down();
}

/* ---- sleep and reset ---- */

static void test_resets_by_port(void)
{
    static const struct {
        uint16_t port;
        uint8_t value;
        bool resets;
    } rows[] = {
        { 0xcf9, 0x02, false }, { 0xcf9, 0x06, true }, { 0xcf9, 0x04, true }, { 0xcf9, 0x00, false },
    };

    up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        resets = 0;
        out(rows[i].port, rows[i].value, 1);
        board_settle();
        g_assert_cmpuint(resets, ==, rows[i].resets);
        g_assert_cmphex(in(0xcf9, 1), ==, rows[i].resets ? 0 : rows[i].value);
    }
    out(0xcf8, 0x80000600, 4);      /* the dword register, not the byte inside it */
    board_settle();
    g_assert_cmpuint(resets, ==, 0);
    g_assert_cmphex(in(0xcf8, 4), ==, 0x80000600);
    down();
}

static void sleep_with(unsigned type)
{
    out(PM_BASE + 4, type << 10, 2);
    g_assert_true(vm_running());
    out(PM_BASE + 4, type << 10 | PM1_SLEEP_ENABLE, 2);
    g_assert_cmphex(in(PM_BASE + 4, 2), ==, type << 10);
    board_settle();
}

static int resume_level;

static void on_resume_line(void *to, int n, int level)
{
    resume_level = level;
}

static void test_sleep_types(void)
{
    up();
    enable_pm();
    sleep_with(7);
    g_assert_true(vm_running());

    board.pm->s3_resume = (Irq){ .set = on_resume_line };
    board.ram[0x5000] = 0x77;
    sleep_with(1);
    g_assert_cmpint(run_state(), ==, RUN_STATE_SUSPENDED);
    request_powerdown();            /* the power button wakes */
    board_settle();
    board_settle();
    g_assert_true(vm_running());
    g_assert_cmpuint(resets, ==, 1);
    g_assert_cmpint(resume_level, ==, 1);
    enable_pm();
    g_assert_cmphex(in(PM_BASE, 2), ==, PM1_WAKE | PM1_POWER_BUTTON);
    g_assert_cmphex(board.ram[0x5000], ==, 0x77);
    machine_reset(CAUSE_GUEST_RESET);
    g_assert_cmpint(resume_level, ==, 0);
    enable_pm();

    sleep_with(2);
    g_assert_cmpint(run_state(), ==, RUN_STATE_SHUTDOWN);
    vm_start();
    sleep_with(0);
    g_assert_cmpint(run_state(), ==, RUN_STATE_SHUTDOWN);
    down();
}

static void test_sleep_can_be_disabled(void)
{
    up();
    enable_pm();
    board.pm->disable_s3 = board.pm->disable_s4 = 1;
    sleep_with(1);
    g_assert_true(vm_running());
    sleep_with(2);
    g_assert_true(vm_running());
    down();
}

/* ---- memory ---- */

static uint8_t rom[0x20000];
static Region rom_region;

/* PCI shows a ROM of 0x55 at e0000-fffff; RAM is filled with 0xaa. */
static void put_rom(void)
{
    memset(rom, 0x55, sizeof(rom));
    memset(board.ram, 0xaa, 0x100000);
    region_init_ram(&rom_region, "rom", sizeof(rom), (HostMemory){ .host = rom, .fd = -1 });
    rom_region.readonly = true;
    region_add(&board.pci_memory, &rom_region, 0xe0000, 0);
}

static unsigned peek(uint32_t addr)
{
    return (unsigned)space_read(&memory_space, addr, 1);
}

static void test_pam_sends_reads_and_writes_their_way(void)
{
    static const struct {
        uint8_t pam;
        unsigned first, after;      /* what a read gives before and after writing 0x11 */
        uint8_t ram;                /* what RAM holds then */
    } rows[] = {
        { 0x00, 0x55, 0x55, 0xaa }, { 0x10, 0xaa, 0xaa, 0xaa }, { 0x20, 0x55, 0x55, 0x11 }, { 0x30, 0xaa, 0x11, 0x11 },
    };

    up();
    put_rom();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        board.ram[0xf8000] = 0xaa;
        config_out(HOST, 0x59, rows[i].pam, 1);
        g_test_message("PAM %02x", rows[i].pam);
        g_assert_cmphex(peek(0xf8000), ==, rows[i].first);
        space_write(&memory_space, 0xf8000, 0x11, 1);
        g_assert_cmphex(peek(0xf8000), ==, rows[i].after);
        g_assert_cmphex(board.ram[0xf8000], ==, rows[i].ram);
        g_assert_cmphex(rom[0x18000], ==, 0x55);
        g_assert_cmphex(peek(0xeffff), ==, 0x55);
    }
    machine_reset(CAUSE_GUEST_RESET);
    g_assert_cmphex(peek(0xf8000), ==, 0x55);
    region_finish(&rom_region);
    down();
}

static void test_pam_segments_are_where_the_data_sheet_says(void)
{
    up();
    put_rom();
    for (unsigned n = 0; n < 12; n++) {
        uint32_t base = 0xc0000 + n * 0x4000;
        config_out(HOST, 0x5a + n / 2, n % 2 ? 0x10 : 0x01, 1);
        for (uint32_t addr = 0xa0000; addr < 0x100000; addr += 0x2000) {
            g_test_message("segment %u: %05x", n, addr);
            unsigned pci = addr >= 0xe0000 ? 0x55 : 0xff;
            g_assert_cmphex(peek(addr), ==, addr >= base && addr < base + 0x4000 ? 0xaa : pci);
        }
        config_out(HOST, 0x5a + n / 2, 0, 1);
    }
    g_assert_cmphex(peek(0x9ffff), ==, 0xaa);
    g_assert_cmphex(peek(0x100000), ==, 0);
    region_finish(&rom_region);
    down();
}

static unsigned commits;

static void on_commit(Listener *listener)
{
    commits++;
}

static void test_all_of_pam_is_one_change(void)
{
    Listener listener = { .commit = on_commit };

    up();
    space_listen(&memory_space, &listener);
    commits = 0;
    config_out(HOST, 0x58, 0x33333300, 4);
    g_assert_cmpuint(commits, ==, 1);
    config_out(HOST, 0x5c, 0x33333333, 4);
    config_out(HOST, 0x59, 0x30, 1);
    g_assert_cmpuint(commits, ==, 2);           /* the last says what is so already */
    const Range *range = space_find(&memory_space, 0xfffff);
    g_assert_cmphex(range->first, ==, 0xc0000);
    g_assert_cmphex(range->last, ==, BOARD_RAM_SIZE / 2 - 1);   /* one stretch of RAM again */
    config_out(HOST, 0x59, 0x30, 1);
    space_unlisten(&memory_space, &listener);
    down();
}

static void test_smram_opens_and_locks(void)
{
    up();
    put_rom();
    g_assert_cmphex(peek(0xa0000), ==, 0xff);
    config_out(HOST, 0x72, 0x40, 1);            /* open, but not enabled */
    g_assert_cmphex(peek(0xa0000), ==, 0xff);
    config_out(HOST, 0x72, 0x4a, 1);
    g_assert_cmphex(peek(0xa0000), ==, 0xaa);
    g_assert_cmphex(peek(0xbffff), ==, 0xaa);
    config_out(HOST, 0x72, 0x5a, 1);            /* locked: closed, and stays so */
    g_assert_cmphex(config_in(HOST, 0x72, 1), ==, 0x1a);
    g_assert_cmphex(peek(0xa0000), ==, 0xff);
    config_out(HOST, 0x72, 0x4a, 1);
    g_assert_cmphex(config_in(HOST, 0x72, 1), ==, 0x1a);
    machine_reset(CAUSE_GUEST_RESET);
    g_assert_cmphex(config_in(HOST, 0x72, 1), ==, 0x02);
    config_out(HOST, 0x72, 0x4a, 1);
    g_assert_cmphex(peek(0xa0000), ==, 0xaa);
    region_finish(&rom_region);
    down();
}

static void test_ram_goes_on_above_4_gib(void)
{
    up();
    board.ram[0] = 1;
    board.ram[BOARD_RAM_SIZE / 2] = 2;
    g_assert_cmphex(space_read(&memory_space, 0, 1), ==, 1);
    g_assert_cmphex(space_read(&memory_space, 0x100000000, 1), ==, 2);
    g_assert_cmphex(space_read(&memory_space, BOARD_RAM_SIZE / 2, 1), ==, 0xff);
    g_assert_cmphex(space_read(&memory_space, 0x100000000 + BOARD_RAM_SIZE / 2, 1), ==, 0xff);
    down();
}

/* ---- ports of the ISA side ---- */

static Object *add(const char *name)
{
    Error *err = NULL;
    Object *obj = object_create(class_find(name), NULL, NULL, &err);

    g_assert_nonnull(obj);
    return obj;
}

static void test_isa_ports(void)
{
    up();
    add("i8257");
    add("port92");
    add("ioport80");
    g_assert_cmphex(in(0, 1), ==, 0);
    out(0x80, 0x12, 1);
    out(0x0d, 0, 1);                            /* master clear */
    out(0x02, 0x34, 1);
    out(0x02, 0x12, 1);
    out(0x0c, 0, 1);
    g_assert_cmphex(in(0x02, 1) | in(0x02, 1) << 8, ==, 0x1234);
    out(0xc4, 0x78, 1);
    out(0xc4, 0x56, 1);
    g_assert_cmphex(in(0xc4, 1) | in(0xc4, 1) << 8, ==, 0x5678);
    out(0x8f, 0x5a, 1);
    g_assert_cmphex(in(0x8f, 1), ==, 0x5a);
    out(0x92, 0x02, 1);
    g_assert_cmphex(in(0x92, 1), ==, 0x02);
    board_settle();
    g_assert_cmpuint(resets, ==, 0);
    out(0x92, 0x03, 1);
    board_settle();
    g_assert_cmpuint(resets, ==, 1);
    g_assert_cmphex(in(0x92, 1), ==, 0);
    down();
}

static void test_isa_ports_must_be_free(void)
{
    Error *err = NULL;

    up();
    add("port92");
    g_assert_null(object_create(class_find("port92"), NULL, NULL, &err));
    g_assert_cmpstr(error_message(err), ==, "I/O ports 0x92 to 0x92 of port92 overlap those of port92");
    error_free(err);
    down();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(void);
    } tests[] = {
        { "functions are what drivers expect", test_functions_are_what_drivers_expect },
        { "pins turn with the slots", test_pins_turn_with_the_slots },
        { "PIRQs are routed to ISA interrupts", test_pirqs_are_routed_to_isa_interrupts },
        { "PIRQs on one interrupt are ORed", test_pirqs_on_one_interrupt_are_ored },
        { "PIRQs share an interrupt with ISA devices", test_pirqs_share_an_interrupt_with_isa_devices },
        { "the ports follow PMBASE", test_the_ports_follow_pmbase },
        { "the timer counts guest time", test_the_timer_counts_guest_time },
        { "timer overflow interrupts", test_timer_overflow_interrupts },
        { "the power button raises the SCI in ACPI mode", test_the_power_button_raises_the_sci_in_acpi_mode },
        { "GPE registers", test_gpe_registers },
        { "the SMBus has no devices", test_the_smbus_has_no_devices },
        { "resets by port", test_resets_by_port },
        { "sleep types", test_sleep_types },
        { "sleep can be disabled", test_sleep_can_be_disabled },
        { "PAM sends reads and writes their way", test_pam_sends_reads_and_writes_their_way },
        { "PAM segments are where the data sheet says", test_pam_segments_are_where_the_data_sheet_says },
        { "all of PAM is one change", test_all_of_pam_is_one_change },
        { "SMRAM opens and locks", test_smram_opens_and_locks },
        { "RAM goes on above 4 GiB", test_ram_goes_on_above_4_gib },
        { "ISA ports", test_isa_ports },
        { "ISA ports must be free", test_isa_ports_must_be_free },
    };

    g_test_init(&argc, &argv, NULL);
    clock_guest_manual();
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/piix/%s", tests[i].name);
        g_test_add_func(path, tests[i].test);
    }
    return g_test_run();
}
