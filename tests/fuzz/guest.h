/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest without sense, on the machine of machine.h: every step takes a few
 * bytes of the input and does one thing a guest, or the world outside, can do.
 * Addresses lean towards what is mapped now.
 */
#ifndef TESTS_FUZZ_GUEST_H
#define TESTS_FUZZ_GUEST_H

#include "tests/fuzz/fuzz.h"

/* Access configuration space of a device that is there, through the ports. */
void guest_configure(Input *in);

/* Any step. */
void guest_step(Input *in);

#endif
