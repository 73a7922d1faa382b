/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A board for tests: memory, i440FX, PIIX3 and PIIX4, and an accelerator that remembers its interrupt inputs. */
#ifndef TESTS_UNIT_PCI_BOARD_H
#define TESTS_UNIT_PCI_BOARD_H

#include "core/dispatch.h"
#include "hw/acpi/piix4-pm.h"
#include "hw/i386/i440fx.h"
#include "hw/isa/piix3.h"

enum { BOARD_RAM_SIZE = 4 << 20 };

typedef struct Board {
    uint8_t *ram;
    Region memory, io, pci_memory, ram_region;
    I440fx *i440fx;
    Piix3 *piix3;
    Piix4Pm *pm;
} Board;

/* The only board of a test; ends with board_down(). */
extern Board board;

/* Levels of the accelerator's inputs, bit n: GSI n; and how often any of them changed. */
extern uint32_t board_gsi_levels;
extern unsigned board_gsi_changes;

/* What the accelerator does about written memory; NULL: nothing. */
extern void (*board_log_dirty)(const uint8_t *host, uint64_t size);
extern void (*board_sync_dirty)(const uint8_t *host, uint64_t size);

/* The same about writes that wait. */
extern void (*board_flush_posted)(void);

void board_up(void);
void board_down(void);

/* Carry out requests of the guest: reset, shutdown, suspend. */
void board_settle(void);

/* Ports. */
uint32_t in(uint16_t port, unsigned size);
void out(uint16_t port, uint32_t value, unsigned size);

/* Configuration registers through 0xCF8 and 0xCFC. */
uint32_t config_in(int devfn, unsigned addr, unsigned size);
void config_out(int devfn, unsigned addr, uint32_t value, unsigned size);

/* Write @len bytes to the fw_cfg file of @key by DMA, through RAM from 0x1000 on; the control word afterwards. */
uint32_t write_file(uint16_t key, const void *bytes, uint32_t len);

#endif
