/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The little of telnet (RFC 854) a console needs: character mode, and its commands taken out of the input. */
#ifndef CHARDEV_TELNET_H
#define CHARDEV_TELNET_H

#include <stddef.h>
#include <stdint.h>

typedef enum TelnetState { TELNET_DATA, TELNET_COMMAND, TELNET_OPTION, TELNET_SUB, TELNET_SUB_COMMAND } TelnetState;

/* What a server says first: it echoes, and bytes come one by one and as they are. */
extern const uint8_t telnet_greeting[12];

/* Take commands out of @data in place; returns the bytes that are left. @state starts as TELNET_DATA. */
size_t telnet_filter(TelnetState *state, uint8_t *data, size_t len);

#endif
