/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet; see telnet.h. */
#include "chardev/telnet.h"

#include <arpa/telnet.h>
#include <stdbool.h>

enum { OPTION_BINARY = TELOPT_BINARY, OPTION_ECHO = TELOPT_ECHO, OPTION_SGA = TELOPT_SGA };

const uint8_t telnet_greeting[12] = {
    IAC, WILL, OPTION_ECHO, IAC, WILL, OPTION_SGA, IAC, WILL, OPTION_BINARY, IAC, DO, OPTION_BINARY,
};

static TelnetState after_command(uint8_t byte)
{
    return byte == SB ? TELNET_SUB : byte >= WILL && byte <= DONT ? TELNET_OPTION : TELNET_DATA;
}

/* The next state; *ret_keep: the byte belongs to the data. */
static TelnetState next_state(TelnetState state, uint8_t byte, bool *ret_keep)
{
    *ret_keep = false;
    switch (state) {
    case TELNET_COMMAND:
        *ret_keep = byte == IAC;    /* twice: the byte 255 itself */
        return byte == IAC ? TELNET_DATA : after_command(byte);
    case TELNET_OPTION:
        return TELNET_DATA;
    case TELNET_SUB:
        return byte == IAC ? TELNET_SUB_COMMAND : TELNET_SUB;
    case TELNET_SUB_COMMAND:
        return byte == SE ? TELNET_DATA : TELNET_SUB;
    default:
        *ret_keep = byte != IAC;
        return byte == IAC ? TELNET_COMMAND : TELNET_DATA;
    }
}

size_t telnet_filter(TelnetState *state, uint8_t *data, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        bool keep;
        *state = next_state(*state, data[i], &keep);
        if (keep) {
            data[kept++] = data[i];
        }
    }
    return kept;
}
