/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest does to an assigned device at 05.0 of test_bus (tests/unit/vfio-machine.h): steps of an input. */
#ifndef TESTS_FUZZ_VFIO_GUEST_H
#define TESTS_FUZZ_VFIO_GUEST_H

#include "tests/fuzz/fuzz.h"

void vfio_guest_configure(Input *in);

/* Put a BAR somewhere, and set what it decodes. */
void vfio_guest_move_bar(Input *in);

void vfio_guest_access_ports(Input *in);
void vfio_guest_access_memory(Input *in);

#endif
