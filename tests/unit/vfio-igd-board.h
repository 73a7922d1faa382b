/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A synthetic Intel GPU of each generation, with 64 MiB of stolen memory, for unit tests of its registers. */
#ifndef TESTS_UNIT_VFIO_IGD_BOARD_H
#define TESTS_UNIT_VFIO_IGD_BOARD_H

#include "hw/vfio/igd.h"
#include "tests/unit/vfio-machine.h"

#define MIB (UINT64_C(1) << 20)

enum {
    BAR0 = 0xe0000000, BAR4 = 0xc000,           /* guest addresses */
    BGSM = 0x108100, RESERVED = 0x1082c0, BDSM_MIRROR = 0x1080c0,   /* in BAR 0 */
    INDEX = BAR4, DATA = BAR4 + 4,
    HOST_BASE = 0x7c000000, GUEST_BASE = 0x1c000000,
};

enum { SANDY, HASWELL, CHERRY, BROADWELL, SKYLAKE, CANNON, ICE, TIGER, MODELS };

typedef struct IgdModel {
    uint16_t id, ggc;
    int generation;
    uint32_t gtt_mib;
} IgdModel;

extern const IgdModel models[MODELS];
extern uint8_t board_config[PCI_CONFIG_SIZE];
extern FakeSpec board_spec;

typedef struct Fixture {
    FakeDevice *fake;
    VfioPci *dev;
    Object *fw;
    Error *err;
} Fixture;

/* board_config and board_spec become those of the model. */
void describe(unsigned model, uint32_t class_code);

/* The device as described, before it is assigned; assigned (dev is NULL when refused). */
Fixture board_new(void);
void board_assign(Fixture *f, const char *settings);
Fixture assign(const char *settings);

/* The model as the guest's firmware would leave it: at BAR0 and BAR4, decoding. */
Fixture up(unsigned model, const char *settings);
void decode(Fixture *f);
void release(Fixture *f);

/* Behind the guest's back: a register in BAR 0, or one of any region. */
void poke(Fixture *f, uint64_t at, uint32_t value);
uint32_t peek(Fixture *f, unsigned region, uint64_t at);

/* Through the guest's BAR 0. */
uint64_t bar_read(uint64_t at, unsigned size);
void bar_write(uint64_t at, uint64_t value, unsigned size);

/* As the host's firmware leaves them: GTT memory below stolen memory, two reserved MiB at its end. */
void poke_host_values(Fixture *f, unsigned model);

/* The guest sets BDSM. */
void set_base(Fixture *f, unsigned model, uint64_t base);

/* What reaches the device's data register when the guest writes @value there; 0xdeadbeef: nothing. */
uint32_t written(Fixture *f, uint32_t index, uint32_t value);

#endif
