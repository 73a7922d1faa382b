/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine for unit tests of vfio-pci; see vfio-machine.h. */
#include "tests/unit/vfio-machine.h"

#include <string.h>
#include <sys/mman.h>

#include "core/machine.h"

TestMachine test_machine;
TestAccel test_accel;
PciBus *test_bus;

static Region memory_root, io_root;

/* ---- the accelerator ---- */

static void accel_send(MsiMessage message)
{
    test_accel.sent++;
    test_accel.last = message;
}

static MsiRoute *accel_route_new(MsiMessage message, int fd, Error **errp)
{
    test_accel.routes++;
    return (MsiRoute *)g_memdup2(&message, sizeof(message));
}

static void accel_route_update(MsiRoute *route, MsiMessage message)
{
    memcpy(route, &message, sizeof(message));
}

static void accel_route_free(MsiRoute *route)
{
    test_accel.routes--;
    g_free(route);
}

static void accel_commit(void)
{
}

static int accel_line_attach(int gsi, int trigger, int resample)
{
    if (test_accel.refuses_lines) {
        return -38;
    }
    test_accel.gsi = gsi;
    test_accel.trigger = trigger;
    test_accel.resample = resample;
    return 0;
}

static void accel_line_detach(int gsi, int trigger)
{
    g_assert_cmpint(gsi, ==, test_accel.gsi);
    test_accel.gsi = -1;
}

static const MsiOps accel_ops = {
    .send = accel_send,
    .route_new = accel_route_new,
    .route_update = accel_route_update,
    .route_free = accel_route_free,
    .commit = accel_commit,
    .line_attach = accel_line_attach,
    .line_detach = accel_line_detach,
};

/* ---- the machine ---- */

static bool machine_reserve_memory(Machine *machine, MachineReservation *reservation, Error **errp)
{
    static uint64_t next;

    if (test_machine.full || reservation->base == test_machine.refused) {
        return fail(errp, "the test machine has no room");
    }
    if (reservation->base == MACHINE_ANYWHERE) {
        next = test_machine.reservations ? next : TEST_RESERVED;
        reservation->base = next;
        next += reservation->size;
    }
    /* Stolen memory can be gigabytes, and nobody touches it. */
    reservation->memory = (HostMemory){
        .host = mmap(NULL, reservation->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
        .fd = -1,
    };
    g_assert(reservation->memory.host != MAP_FAILED);
    region_init_ram(&reservation->region, reservation->name, reservation->size, reservation->memory);
    region_add(&memory_root, &reservation->region, reservation->base, 0);
    test_machine.reservations++;
    return true;
}

static void machine_unreserve_memory(Machine *machine, MachineReservation *reservation)
{
    region_finish(&reservation->region);
    munmap(reservation->memory.host, reservation->size);
    reservation->memory.host = NULL;
    test_machine.reservations--;
}

static const uint8_t *machine_firmware(const Machine *machine, size_t *ret_size)
{
    *ret_size = test_machine.firmware ? strlen(test_machine.firmware) : 0;
    return (const uint8_t *)test_machine.firmware;
}

CLASS(test_machine_class) = {
    .name = "vfio-test-machine",
    .parent = &machine_class,
    .desc = "What igd.c asks of a machine",
    .size = sizeof(Machine),
    .internal = true,
    .ops = &(const MachineOps){
        .reserve = machine_reserve_memory,
        .unreserve = machine_unreserve_memory,
        .firmware = machine_firmware,
    },
};

static void make_machine(void)
{
    Error *err = NULL;
    Machine *machine = (Machine *)object_create(&test_machine_class, NULL, NULL, &err);

    g_assert(machine);
    machine_set(machine);
    test_machine = (TestMachine){ .firmware = "SeaBIOS etc/igd-opregion etc/igd-bdsm-size" };
}

/* ---- the bus ---- */

static int router_map(void *opaque, int slot, int pin)
{
    return 0;
}

static void router_set(void *opaque, int input, int level)
{
    test_accel.line_level = level;
}

static int router_gsi(void *opaque, int input)
{
    return 10;
}

void test_machine_init(void)
{
    main_loop_init();
    region_init_container(&memory_root, "memory", 0);
    region_init_container(&io_root, "io", 0x10000);
    space_init(&memory_space, "memory", &memory_root, UINT64_MAX);
    memory_space.settled = true;        /* the machine is built */
    space_init(&io_space, "I/O", &io_root, UINT64_MAX);
    test_accel = (TestAccel){ .gsi = -1 };
    msi_set_ops(&accel_ops);
    make_machine();

    Error *err = NULL;
    test_bus = pci_root_bus_new("pci.0", &memory_root, &io_root, &err);
    g_assert(test_bus);
    pci_bus_set_router(test_bus, (PciIrqRouter){ router_map, router_set, router_gsi, NULL });
}

void test_turn_loop(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

/* ---- the device ---- */

VfioPci *test_assign(FakeDevice *fake, const char *addr, const char *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(settings ? settings : "", NULL, errp);

    g_assert(kv);
    VfioPci *dev = (VfioPci *)object_new(&vfio_pci_class, NULL, errp);
    keyval_add(kv, "addr", addr);
    g_assert(dev && object_set_all(&dev->pci.obj, kv, errp));
    dev->dev = fake->dev;
    if (!object_realize(&dev->pci.obj, errp) || !object_complete(&dev->pci.obj, errp)) {
        object_free(&dev->pci.obj);
        return NULL;
    }
    return dev;
}

void test_release(VfioPci *dev, FakeDevice *fake)
{
    if (dev) {
        object_free(&dev->pci.obj);
    }
    fake_device_free(fake);
}

void test_config_init(uint8_t config[PCI_CONFIG_SIZE], uint16_t vendor, uint16_t device, uint32_t class_code)
{
    memset(config, 0, PCI_CONFIG_SIZE);
    pci_set_u16(config + PCI_VENDOR_ID, vendor);
    pci_set_u16(config + PCI_DEVICE_ID, device);
    pci_set_u32(config + PCI_CLASS_REVISION, class_code << 8);
    config[PCI_INTERRUPT_PIN] = 1;
}

uint32_t test_config_read(VfioPci *dev, unsigned addr, unsigned len)
{
    return pci_bus_config_read(test_bus, 0, dev->pci.devfn, addr, len);
}

void test_config_write(VfioPci *dev, unsigned addr, uint32_t value, unsigned len)
{
    pci_bus_config_write(test_bus, 0, dev->pci.devfn, addr, value, len);
}
