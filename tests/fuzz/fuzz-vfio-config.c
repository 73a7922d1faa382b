/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assigned devices of every make: the input says what regions, interrupts and
 * configuration space a device has (capabilities of all kinds, also impossible
 * ones), and then what a guest does to it.
 */
#include <errno.h>

#include "core/guarded.h"
#include "tests/fuzz/vfio-guest.h"
#include "tests/unit/vfio-machine.h"

enum { SIZE_LOG2_MAX = 20, MMAP = 1 << 7, NOT_WRITABLE = 1 << 6 };

static uint8_t config[PCIE_CONFIG_SIZE];
static FakeSpec spec;

static const char *const settings[] = {
    "", "x-no-mmap=on", "x-vga=on", "x-igd-opregion=on", "x-no-kvm-intx=on,x-no-kvm-msi=on,x-no-kvm-msix=on",
    "rombar=0", "x-pci-vendor-id=0x8086,x-pci-device-id=0x1916", "x-intx-mmap-timeout-ms=0",
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    test_machine_init();
    return 0;
}

/* ---- the device ---- */

/* Two bytes a region: log2 of its size and flags; what to take off the size. */
static void describe_regions(Input *in)
{
    for (unsigned i = 0; i < VFIO_PCI_CONFIG_REGION_INDEX; i++) {
        unsigned how = (unsigned)input_take(in, 1);
        uint64_t less = input_take(in, 1), size = UINT64_C(1) << how % (SIZE_LOG2_MAX + 1);
        spec.regions[i] = (FakeRegion){
            .size = how & 0x3f && size > less ? size - less : 0,
            .flags = VFIO_REGION_INFO_FLAG_READ | (how & MMAP ? VFIO_REGION_INFO_FLAG_MMAP : 0) |
                     (how & NOT_WRITABLE ? 0 : VFIO_REGION_INFO_FLAG_WRITE),
        };
    }
}

static void describe_interrupts(Input *in)
{
    for (unsigned i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
        unsigned how = (unsigned)input_take(in, 1);
        spec.irqs[i] = (VfioIrqInfo){ how & 0xf, how >> 4 };
    }
}

/* Ids, then pieces: place, length, bytes. A length of 0 ends them. */
static void describe_config(Input *in)
{
    uint16_t vendor = (uint16_t)input_take(in, 2), device = (uint16_t)input_take(in, 2);

    memset(config, 0, sizeof(config));
    test_config_init(config, vendor, device, (uint32_t)input_take(in, 3));
    pci_set_u16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
    for (size_t len; (len = input_take(in, 1)) > 0 && in->left > 0;) {
        size_t at = input_take(in, 2) % sizeof(config);
        len = MIN(len, sizeof(config) - at);
        const uint8_t *piece = input_bytes(in, &len);
        memcpy(config + at, piece, len);
    }
}

static const char *describe(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1);

    spec = (FakeSpec){ .flags = how & 1 ? VFIO_DEVICE_FLAGS_RESET : 0, .mediated = how & 2 };
    describe_regions(in);
    describe_interrupts(in);
    describe_config(in);
    spec.regions[VFIO_PCI_CONFIG_REGION_INDEX] = (FakeRegion){
        .size = how & 4 ? PCIE_CONFIG_SIZE : PCI_CONFIG_SIZE, .data = config, .data_size = PCI_CONFIG_SIZE,
    };
    return settings[(how >> 3) % G_N_ELEMENTS(settings)];
}

/* ---- the guest ---- */

static FakeDevice *fake;
static VfioPci *dev;

static void interrupt(Input *in)
{
    unsigned index = (unsigned)input_take(in, 1) % VFIO_PCI_NUM_IRQS;

    fake_interrupt(fake, index, (unsigned)input_take(in, 1) % FAKE_VECTORS);
    test_turn_loop();
}

static void reset(Input *in)
{
    object_reset(&dev->pci.obj);
}

/* The host answers an error, some calls long. */
static void fail_calls(Input *in)
{
    static const int errors[] = { -EINVAL, -EIO, -ENODEV, -EBUSY, -ENOSPC, -ENOTTY };
    unsigned call = (unsigned)input_take(in, 1) % FAKE_DMA_LIMITS, how = (unsigned)input_take(in, 1);

    fake_fail(&fake->calls, call, errors[(how & 15) % G_N_ELEMENTS(errors)], 0, (int)(how >> 4));
}

/* A BAR's memory stops answering, or answers again. */
static void vanish(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1), index = how % PCI_BAR_COUNT;

    if (spec.regions[index].size > 0) {
        fake_vanish(fake, index, how & 0x80);
    }
}

/* A processor has met memory that does not answer. */
static void fault(Input *in)
{
    unsigned how = (unsigned)input_take(in, 1);

    if (memory_space.view->len > 0) {
        uint64_t addr = g_array_index(memory_space.view, Range, how % memory_space.view->len).first;
        device_fault(how & 0x80 ? NULL : &addr);
    }
}

static void (*const steps[])(Input *in) = {
    vfio_guest_configure, vfio_guest_configure, vfio_guest_configure, vfio_guest_move_bar,
    vfio_guest_access_ports, vfio_guest_access_memory, vfio_guest_access_memory, interrupt, reset, fail_calls,
    vanish, fault,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    const char *chosen = describe(&in);
    Error *err = NULL;

    test_accel.refuses_lines = input_take(&in, 1) & 1;
    fake = fake_device_new(&spec);
    dev = test_assign(fake, "05.0", chosen, &err);
    check_outcome(dev != NULL, &err);
    while (dev && in.left > 0) {
        steps[input_take(&in, 1) % G_N_ELEMENTS(steps)](&in);
    }
    fake->calls = (FakeCalls){ 0 };
    test_release(dev, fake);
    g_assert(test_accel.routes == 0);
    return 0;
}
