/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vfio-user server in the client's own thread, so that an input always does the same: it runs when the
 * client connects, waits or looks at the clock (connect(), poll() and g_get_monotonic_time() are
 * wrapped by the linker). When it has nothing to say, time passes at once: silence costs none.
 *
 * It has a small honest PCI device. Its script, pieces of an input, says what it does otherwise:
 * a byte of how many answers are honest first (bits 7:3) and what happens to the
 * next one (bits 2:0, a row of the table in vfio-server.c), and what that needs.
 */
#ifndef TESTS_FUZZ_VFIO_SERVER_H
#define TESTS_FUZZ_VFIO_SERVER_H

#include "tests/fuzz/fuzz.h"

/* Wait for a client. @how: bits 2:0 what it offers, 5:3 the pieces its bytes come in, 6: PCI Express. */
void vfio_server_start(unsigned how, Input script);

/* Read what is there and say what is to be said. */
void vfio_server_turn(void);

/* A command of its own: its number, flags, an address, a length, and whether the data is as long. */
void vfio_server_speak(Input *in);

/* Signal one of the files the client has passed, as for an interrupt. */
void vfio_server_signal(unsigned n);

/* The client has gone. */
void vfio_server_end(void);

#endif
