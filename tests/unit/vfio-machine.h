/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Just enough of a machine to put a vfio-pci device into: a root bus, the two
 * spaces, a main loop that can be turned, and an accelerator that writes down
 * what interrupts it is given.
 */
#ifndef TESTS_UNIT_VFIO_MACHINE_H
#define TESTS_UNIT_VFIO_MACHINE_H

#include "core/msi.h"
#include "hw/vfio/pci.h"
#include "tests/unit/vfio-fake.h"

/* What reached the guest through the emulator, and what the accelerator was told. */
typedef struct TestAccel {
    unsigned sent;              /* messages */
    MsiMessage last;
    unsigned routes;            /* that exist now */
    int gsi;                    /* of line_attach(); -1: none */
    int trigger, resample;
    int line_level;             /* of the bus's only input */
    bool refuses_lines;
} TestAccel;

/* What the machine says of itself, and what was set aside in it. */
typedef struct TestMachine {
    const char *firmware;       /* its image */
    unsigned reservations;      /* that exist now */
    bool full;                  /* nothing can be set aside */
    uint64_t refused;           /* this address cannot be had */
} TestMachine;

/* Where reservations go that may be anywhere: the first one. */
#define TEST_RESERVED UINT64_C(0x70000000)

extern TestMachine test_machine;
extern TestAccel test_accel;
extern PciBus *test_bus;

/* Once, before all else. */
void test_machine_init(void);

/*
 * A realized vfio-pci at @addr ("05.0") on the fake, with settings as -device
 * has them ("x-no-mmap=on,..."; NULL: none). NULL with *errp set.
 */
VfioPci *test_assign(FakeDevice *fake, const char *addr, const char *settings, Error **errp);

/* Unplug it, and free the fake. */
void test_release(VfioPci *dev, FakeDevice *fake);

/* Handle the events that are there. */
void test_turn_loop(void);

/* An ordinary device's configuration space: ids, class, INTA, no BARs. */
void test_config_init(uint8_t config[PCI_CONFIG_SIZE], uint16_t vendor, uint16_t device, uint32_t class_code);

uint32_t test_config_read(VfioPci *dev, unsigned addr, unsigned len);
void test_config_write(VfioPci *dev, unsigned addr, uint32_t value, unsigned len);

#endif
