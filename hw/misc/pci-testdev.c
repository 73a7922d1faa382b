/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI device for tests of I/O (QEMU's docs/specs/pci-testdev): BAR 0 is memory, BAR 1 ports, and both begin with the
 * header of the test that was chosen by writing its number there. BAR 2 is nothing but as large as membar= says.
 */
#include "hw/pci/pci.h"

enum { MEMORY_SIZE = 0x1000, PORTS_SIZE = 0x100, MEMBAR_MIN = 16 };

/* Offsets of the header: published, little endian. */
enum { HEADER_TEST = 0, HEADER_WIDTH = 1, HEADER_OFFSET = 4, HEADER_DATA = 8, HEADER_COUNT = 12, HEADER_NAME = 16 };

enum { HEADER_SIZE = 64, WIDTH_BYTE = 1, TESTS_PER_BAR = 3, NO_TEST = -1 };

/* Numbers go on from one BAR to the next. A test with @any counts every write, the others those of @data. */
static const struct {
    const char *name;
    uint16_t offset;
    uint8_t data;
    bool any;
} tests[2 * TESTS_PER_BAR] = {
    { "mmio-no-eventfd", 0x800, 0xfa, false },
    { "mmio-wildcard-eventfd", 0x801, 0xce, true },
    { "mmio-datamatch-eventfd", 0x802, 0xfa, false },
    { "portio-no-eventfd", 0x83, 0xfa, false },
    { "portio-wildcard-eventfd", 0x84, 0xce, true },
    { "portio-datamatch-eventfd", 0x85, 0xfa, false },
};

typedef struct TestDevice {
    PciDevice pci;
    Region bars[3];
    uint64_t membar;
    int test;                   /* chosen, or NO_TEST: the header is zero */
    uint32_t count;             /* writes seen since */
} TestDevice;

static void fill_header(const TestDevice *self, uint8_t header[HEADER_SIZE])
{
    if (self->test == NO_TEST) {
        return;
    }
    header[HEADER_TEST] = (uint8_t)self->test;
    header[HEADER_WIDTH] = WIDTH_BYTE;
    pci_set_u32(header + HEADER_OFFSET, tests[self->test].offset);
    header[HEADER_DATA] = tests[self->test].data;
    pci_set_u32(header + HEADER_COUNT, self->count);
    g_strlcpy((char *)header + HEADER_NAME, tests[self->test].name, HEADER_SIZE - HEADER_NAME);
}

static uint64_t test_read(void *opaque, uint64_t offset, unsigned size)
{
    uint8_t header[HEADER_SIZE] = { 0 };

    fill_header(opaque, header);
    return offset < HEADER_SIZE ? header[offset] : 0;
}

static void choose(TestDevice *self, unsigned first, uint64_t number)
{
    self->test = number < TESTS_PER_BAR ? (int)(first + number) : NO_TEST;
    self->count = 0;
}

static void write_bar(TestDevice *self, unsigned first, uint64_t offset, uint64_t value)
{
    if (offset == HEADER_TEST) {
        choose(self, first, value & 0xff);
    } else if (self->test != NO_TEST && (unsigned)self->test / TESTS_PER_BAR == first / TESTS_PER_BAR &&
               offset == tests[self->test].offset) {
        self->count += tests[self->test].any || value == tests[self->test].data;
    }
}

static void memory_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_bar(opaque, 0, offset, value);
}

static void ports_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_bar(opaque, TESTS_PER_BAR, offset, value);
}

static uint64_t nothing_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void nothing_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const RegionOps memory_ops = { .read = test_read, .write = memory_write, .max_size = 1 };
static const RegionOps ports_ops = { .read = test_read, .write = ports_write, .max_size = 1 };
static const RegionOps nothing_ops = { .read = nothing_read, .write = nothing_write };

static void test_reset(Object *obj)
{
    TestDevice *self = (TestDevice *)obj;

    self->test = NO_TEST;
    self->count = 0;
}

static bool add_membar(TestDevice *self, Error **errp)
{
    if (self->membar == 0) {
        return true;
    }
    if (self->membar < MEMBAR_MIN || (self->membar & (self->membar - 1))) {
        return fail(errp, "membar is not a power of two of at least %d bytes", MEMBAR_MIN);
    }
    region_init_io(&self->bars[2], "pci-testdev membar", self->membar, &nothing_ops, self);
    pci_bar_add(&self->pci, 2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH, &self->bars[2]);
    return true;
}

static bool test_realize(Object *obj, Error **errp)
{
    TestDevice *self = (TestDevice *)obj;

    region_init_io(&self->bars[0], "pci-testdev memory", MEMORY_SIZE, &memory_ops, self);
    region_init_io(&self->bars[1], "pci-testdev ports", PORTS_SIZE, &ports_ops, self);
    pci_bar_add(&self->pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &self->bars[0]);
    pci_bar_add(&self->pci, 1, PCI_BASE_ADDRESS_SPACE_IO, &self->bars[1]);
    test_reset(obj);
    return add_membar(self, errp);
}

static void test_unrealize(Object *obj)
{
    TestDevice *self = (TestDevice *)obj;

    for (unsigned i = 0; i < G_N_ELEMENTS(self->bars); i++) {
        region_finish(&self->bars[i]);
    }
}

CLASS(pci_testdev_class) = {
    .name = "pci-testdev",
    .parent = &pci_device_class,
    .desc = "Device for tests of I/O",
    .size = sizeof(TestDevice),
    .ops = &(const PciOps){ .vendor = 0x1b36, .device = 0x0005, .class_code = 0x00ff00 },
    .props = (const Property[]){
        PROP(TestDevice, membar, size, "membar", "0", "Size of BAR 2, a power of two; 0: there is none"),
        { }
    },
    .realize = test_realize,
    .unrealize = test_unrealize,
    .reset = test_reset,
};
