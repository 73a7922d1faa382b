/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine pc in this process, as the emulator makes it with -accel qtest:
 * 4 MiB of RAM, half of them above 4 GiB, flash chips that are all zeroes, three
 * serial ports, one device of every class that -device takes, and an assigned
 * Intel graphics device that lives in memory (tests/unit/vfio-fake.h).
 */
#ifndef TESTS_FUZZ_MACHINE_H
#define TESTS_FUZZ_MACHINE_H

#include "core/machine.h"
#include "hw/pci/pci.h"
#include "tests/unit/vfio-fake.h"

enum { MACHINE_RAM = 4 << 20 };

typedef struct FuzzMachine {
    PciBus *bus;
    FakeDevice *fake;           /* behind the vfio-pci device */
    FakeDma *dma;               /* what of the guest's memory an IOMMU maps */
    GPtrArray *chardevs;        /* of Chardev: the other ends of what the guest prints */
} FuzzMachine;

extern FuzzMachine fuzz_machine;

/* Make it; ends the process with a message when that is impossible. */
void machine_up(void);
void machine_down(void);

/* As after switching on: reset, all memory zero, the assigned device as it was. */
void machine_begin(void);

/* Let the main loop do what is due: requests of the guest such as resets, interrupts of the assigned device. */
void machine_settle(void);

#endif
