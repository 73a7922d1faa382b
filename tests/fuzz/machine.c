/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine pc in this process; see machine.h. */
#include "tests/fuzz/machine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chardev/chardev.h"
#include "core/accel.h"
#include "core/device.h"
#include "core/mainloop.h"
#include "core/runstate.h"
#include "hw/i386/pc.h"
#include "hw/isa/isa.h"
#include "hw/vfio/igd.h"
#include "lib/log.h"

enum { SERIAL_PORTS = 3, FLASH_SIZE = 64 << 10 };

FuzzMachine fuzz_machine;

static Object *accel;

/* @result, unless it is false or NULL: then the error is the last word. */
static void must(bool result, Error *err)
{
    if (!result) {
        error_report(err, "fuzz machine");
        abort();
    }
}

/* A realized object of the class, with settings as after -device NAME. */
static Object *make(const Class *cls, const char *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, NULL, &err);
    Object *obj = kv ? object_create(cls, NULL, kv, &err) : NULL;

    must(obj != NULL, err);
    return obj;
}

/* ---- the assigned device ---- */

#define INTEL_REGION (VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x8086u)
#define MAPPED (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP)

enum {
    IGD_DEVICE = 0x1916,        /* Skylake: generation 9, stolen memory, legacy mode */
    OPREGION = VFIO_PCI_NUM_REGIONS, HOST_BRIDGE, LPC_BRIDGE, IGD_REGIONS,
    OPREGION_SIZE = 0x2000, MSI_CAP = 0x90, MSIX_CAP = 0xa0, PM_CAP = 0xd0, MSIX_VECTORS = 8,
};

static uint8_t igd_config[PCI_CONFIG_SIZE], opregion[OPREGION_SIZE], bridge_config[PCI_CONFIG_SIZE];

static const FakeSpec igd_spec = {
    .flags = VFIO_DEVICE_FLAGS_RESET,
    .region_count = IGD_REGIONS,
    .regions = {
        [VFIO_PCI_BAR0_REGION_INDEX] = { .size = 0x10000, .flags = MAPPED },
        [VFIO_PCI_BAR2_REGION_INDEX] = { .size = 0x100000, .flags = MAPPED },
        [VFIO_PCI_BAR4_REGION_INDEX] = { .size = 0x40 },
        [VFIO_PCI_BAR5_REGION_INDEX] = { .size = 0x800, .flags = MAPPED },
        [VFIO_PCI_ROM_REGION_INDEX] = { .size = 0x10000 },
        [VFIO_PCI_CONFIG_REGION_INDEX] = { .size = PCI_CONFIG_SIZE, .data = igd_config,
                                           .data_size = PCI_CONFIG_SIZE },
        [VFIO_PCI_VGA_REGION_INDEX] = { .size = 0xc0000 },
        [OPREGION] = { .size = OPREGION_SIZE, .type = INTEL_REGION,
                       .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION, .data = opregion,
                       .data_size = OPREGION_SIZE },
        [HOST_BRIDGE] = { .size = PCI_CONFIG_SIZE, .type = INTEL_REGION,
                          .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG, .data = bridge_config,
                          .data_size = PCI_CONFIG_SIZE },
        [LPC_BRIDGE] = { .size = PCI_CONFIG_SIZE, .type = INTEL_REGION,
                         .subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG, .data = bridge_config,
                         .data_size = PCI_CONFIG_SIZE },
    },
    .irqs = {
        [VFIO_PCI_INTX_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_AUTOMASKED, 1 },
        [VFIO_PCI_MSI_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, 1 },
        [VFIO_PCI_MSIX_IRQ_INDEX] = { VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, MSIX_VECTORS },
    },
};

static void describe_capabilities(uint8_t *config)
{
    config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
    config[PCI_CAPABILITY_LIST] = MSI_CAP;
    config[MSI_CAP] = PCI_CAP_ID_MSI;
    config[MSI_CAP + PCI_CAP_LIST_NEXT] = MSIX_CAP;
    pci_set_u16(config + MSI_CAP + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
    config[MSIX_CAP] = PCI_CAP_ID_MSIX;
    config[MSIX_CAP + PCI_CAP_LIST_NEXT] = PM_CAP;
    pci_set_u16(config + MSIX_CAP + PCI_MSIX_FLAGS, MSIX_VECTORS - 1);
    pci_set_u32(config + MSIX_CAP + PCI_MSIX_TABLE, 0x2000);
    pci_set_u32(config + MSIX_CAP + PCI_MSIX_PBA, 0x3000);
    config[PM_CAP] = PCI_CAP_ID_PM;
    config[PM_CAP + PCI_PM_PMC] = 3;
}

static void describe_igd(void)
{
    pci_set_u32(igd_config + PCI_VENDOR_ID, (uint32_t)IGD_DEVICE << 16 | PCI_VENDOR_INTEL);
    pci_set_u32(igd_config + PCI_CLASS_REVISION, 0x030000u << 8);
    pci_set_u32(igd_config + PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_MEM_TYPE_64);
    pci_set_u32(igd_config + PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
    pci_set_u32(igd_config + PCI_BASE_ADDRESS_4, PCI_BASE_ADDRESS_SPACE_IO);
    igd_config[PCI_INTERRUPT_PIN] = 1;
    pci_set_u16(igd_config + IGD_GGC, 0xf1c0);
    describe_capabilities(igd_config);
    memcpy(opregion, "IntelGraphicsMem", 16);
    pci_set_u32(opregion + 0x10, OPREGION_SIZE / 1024);
    pci_set_u16(opregion + 0x16, 0x0201);
    pci_set_u32(bridge_config + PCI_VENDOR_ID, 0x9d488086);
}

static void make_vfio(void)
{
    Error *err = NULL;
    VfioPci *dev = (VfioPci *)object_new(&vfio_pci_class, NULL, &err);

    describe_igd();
    fuzz_machine.fake = fake_device_new(&igd_spec);
    must(dev && object_set(&dev->pci.obj, "addr", "02.0", &err), err);
    dev->dev = fuzz_machine.fake->dev;
    must(object_realize(&dev->pci.obj, &err) && object_complete(&dev->pci.obj, &err), err);
    fuzz_machine.dma = fake_dma_new(false);
    must(vfio_dma_start(fuzz_machine.dma->dma, &err), err);
}

/* ---- the machine ---- */

/* A chip for firmware, and one for its variables; the files can be removed once the machine has them. */
static GPtrArray *write_flashes(void)
{
    GPtrArray *flashes = g_ptr_array_new_with_free_func((GDestroyNotify)keyval_free);

    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), "fuzz-flash-XXXXXX", NULL);
        int fd = g_mkstemp(path);
        must(fd >= 0 && ftruncate(fd, FLASH_SIZE) == 0, NULL);
        close(fd);
        KeyVals *flash = keyval_new();
        keyval_add(flash, "file", path);
        g_ptr_array_add(flashes, flash);
    }
    g_ptr_array_add(flashes, NULL);
    return flashes;
}

static void remove_flashes(const GPtrArray *flashes)
{
    for (unsigned i = 0; flashes->pdata[i]; i++) {
        unlink(keyval_get(flashes->pdata[i], "file"));
    }
}

static void make_board(void)
{
    Error *err = NULL;
    g_autoptr(GPtrArray) flashes = write_flashes();
    Machine *machine = (Machine *)object_new(machine_class_find("pc"), NULL, &err);

    must(machine != NULL, err);
    /* Every input must find the same devices: none may be ejected. tests/unit/test-pci-hotplug.c does that. */
    class_add_global("PIIX4_PM", "acpi-root-pci-hotplug", "off");
    machine->ram_size = MACHINE_RAM;
    machine->max_ram_below_4g = MACHINE_RAM / 2;
    machine->topology = (CpuTopology){ 1, 1, 1, 1, 1, 1 };
    machine->boot = (MachineBoot){ .flashes = flashes, .splash_time_ms = -1, .reboot_timeout_ms = -1 };
    machine->serials = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < SERIAL_PORTS; i++) {
        g_ptr_array_add(machine->serials, g_strdup_printf("serial%u", i));
    }
    machine_set(machine);
    must(object_realize(&machine->obj, &err), err);
    remove_flashes(flashes);
    machine->boot.flashes = NULL;
}

static void make_chardevs(void)
{
    static const char *const texts[] = {
        "ringbuf,id=serial0", "ringbuf,id=serial1", "ringbuf,id=serial2", "ringbuf,id=debugcon",
    };
    Error *err = NULL;

    fuzz_machine.chardevs = g_ptr_array_new();
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        Object *chardev = chardev_create(texts[i], &err);
        must(chardev != NULL, err);
        g_ptr_array_add(fuzz_machine.chardevs, chardev);
    }
}

/* An assigned device, of whichever transport, needs something to assign: one is there already. */
static bool is_missing(const Class *cls)
{
    g_autoptr(GPtrArray) present = object_list(cls);

    return !cls->abstract && !cls->internal && present->len == 0 && !class_is_a(cls, &vfio_pci_base_class);
}

/* What a class cannot do without. */
static const char *needed_settings(const Class *cls)
{
    /* Its own port is among those of pc-testdev. */
    if (g_str_equal(cls->name, "isa-debugcon")) {
        return "chardev=debugcon,iobase=0x402";
    }
    /* Files of the distribution: not for machines that only build. */
    if (class_property(cls, "use-legacy-x86-rom")) {
        return "use-legacy-x86-rom=off";
    }
    return class_property(cls, "romfile") ? "romfile=" : "";
}

static void make_devices(const Class *base)
{
    g_autoptr(GPtrArray) classes = class_list(base);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (is_missing(cls)) {
            make(cls, needed_settings(cls));
        }
    }
}

void machine_up(void)
{
    const AccelConfig config = { .topology = { 1, 1, 1, 1, 1, 1 }, .machine_name = "pc" };
    Error *err = NULL;

    main_loop_init();
    accel = make(class_find("qtest-accel"), "");
    accel_select(accel);
    must(accel_start(&config, &err), err);
    make_chardevs();
    make_board();
    fuzz_machine.bus = pci_bus_find(NULL, &err);
    must(fuzz_machine.bus != NULL, err);
    make_vfio();
    make_devices(&isa_device_class);
    make_devices(&pci_device_class);
    make_devices(&system_device_class);
    make(class_find("vmgenid"), "");
    make(class_find("vmcoreinfo"), "");
    const MachineOps *ops = class_ops(machine_get()->obj.class);
    must(machine_lay_memory(&err), err);
    must(ops->finish(machine_get(), &err), err);
    vm_start();
    machine_begin();
}

void machine_down(void)
{
    vfio_dma_free(fuzz_machine.dma->dma);
    fake_dma_free(fuzz_machine.dma);
    g_clear_pointer(&machine_get()->serials, g_ptr_array_unref);
    object_free_all();
    machine_set(NULL);
    accel_select(NULL);
    fake_device_free(fuzz_machine.fake);
    g_ptr_array_unref(fuzz_machine.chardevs);
    memset(&fuzz_machine, 0, sizeof(fuzz_machine));
}

static void zero_memory(void)
{
    g_autoptr(GPtrArray) flashes = object_list(class_find("cfi.pflash01"));

    memset(((PcMachine *)machine_get())->ram->memory.host, 0, MACHINE_RAM);
    for (unsigned i = 0; i < flashes->len; i++) {
        memset(pflash_data(flashes->pdata[i]), 0, FLASH_SIZE);
    }
}

/* The assigned device forgets what it was told; the record of its interrupts would grow for ever. */
static void begin_fake(void)
{
    fake_poke(fuzz_machine.fake, VFIO_PCI_CONFIG_REGION_INDEX, 0, igd_config, sizeof(igd_config));
    g_array_set_size(fuzz_machine.fake->irq_sets, 0);
}

void machine_begin(void)
{
    machine_settle();
    machine_reset(CAUSE_HOST_QMP_SYSTEM_RESET);
    begin_fake();
    zero_memory();
    vm_start();
}

void machine_settle(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}
