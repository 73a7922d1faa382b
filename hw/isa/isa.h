/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ISA devices: fixed ports in io_space and the sixteen interrupt lines, which
 * are the accelerator's GSIs 0 to 15.
 */
#ifndef HW_ISA_ISA_H
#define HW_ISA_ISA_H

#include "core/class.h"
#include "core/irq.h"
#include "core/region.h"

typedef struct IsaDevice {
    Object obj;
    char *bus_name;         /* property bus: accepted ("isa.0") */
} IsaDevice;

extern const Class isa_device_class;    /* "isa-device", abstract */

/* A source on the line of ISA interrupt @irq (0 to 15), which others may share: accel_gsi(). */
Irq isa_irq(unsigned irq);

/* Put @region at @port of the I/O space; an overlap with another device's ports is an error. */
bool isa_ports_add(IsaDevice *dev, Region *region, uint16_t port, Error **errp);

#endif
