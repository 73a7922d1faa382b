/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt controllers and timer of the machine pc, for an accelerator that has none. */
#include "hw/i386/pc.h"

#include "core/pins.h"
#include "core/tree.h"
#include "hw/intc/i8259.h"

enum { PIC_INPUTS = 8, TIMER_GSI = 0 };

typedef enum Chip { MASTER, SLAVE, IOAPIC, PIT, CHIP_COUNT } Chip;

/* ELCR: inputs 0, 1, 2, 8 and 13 are always edge-triggered (82371SB data sheet, ELCR1 and ELCR2). */
static const struct {
    const char *class_name, *settings;
} rows[CHIP_COUNT] = {
    [MASTER] = { "isa-i8259", "master=on,iobase=0x20,elcr_addr=0x4d0,elcr_mask=0xf8" },
    [SLAVE] = { "isa-i8259", "iobase=0xa0,elcr_addr=0x4d1,elcr_mask=0xde" },
    [IOAPIC] = { "ioapic", "" },
    [PIT] = { "isa-pit", "" },
};

/* GSI 0 to 15 reach PIC and IOAPIC, 16 to 23 the IOAPIC; GSI 2 would be the cascade and leads nowhere. */
static void set_gsi(void *to, int gsi, int level)
{
    PcChips *chips = to;

    if (gsi == I8259_CASCADE) {
        return;
    }
    if (gsi < 2 * PIC_INPUTS) {
        irq_set(&chips->pic[gsi], level);
    }
    irq_set(&chips->ioapic[gsi], level);
}

static void connect(PcChips *chips, Object *const objects[CHIP_COUNT])
{
    Irq inputs[ACCEL_GSI_COUNT];

    i8259_cascade((I8259 *)objects[MASTER], (I8259 *)objects[SLAVE]);
    for (unsigned n = 0; n < 2 * PIC_INPUTS; n++) {
        chips->pic[n] = pin_input(objects[n < PIC_INPUTS ? MASTER : SLAVE], NULL, n % PIC_INPUTS);
    }
    for (unsigned n = 0; n < ACCEL_GSI_COUNT; n++) {
        chips->ioapic[n] = pin_input(objects[IOAPIC], NULL, n);
        inputs[n] = (Irq){ .set = set_gsi, .to = chips, .n = (int)n };
    }
    accel_set_board_chips(inputs);
    pin_wire_output(objects[PIT], NULL, 0, accel_gsi(TIMER_GSI));
}

bool pc_chips_make(PcMachine *pc, Error **errp)
{
    Object *objects[CHIP_COUNT];

    if (accel_has_chips()) {
        return true;
    }
    for (Chip chip = 0; chip < CHIP_COUNT; chip++) {
        objects[chip] = pc_make_device(rows[chip].class_name, rows[chip].settings, errp);
        if (!objects[chip]) {
            return false;
        }
    }
    /* Tests look for the I/O APIC by this name. */
    tree_place(tree_at(TREE_MACHINE), "i440fx", &pc->i440fx->pci.obj);
    tree_place(&pc->i440fx->pci.obj, "ioapic", objects[IOAPIC]);
    connect(&pc->chips, objects);
    return true;
}

void pc_chips_forget(void)
{
    static const Irq nowhere[ACCEL_GSI_COUNT];

    accel_set_board_chips(nowhere);
}
