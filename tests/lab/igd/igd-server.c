/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic Intel GPU of the lab. The virtual host is given a PCI device whose config space and
 * BARs are served from here, over an inherited socket; the host kernel cannot tell it from a real
 * one and offers its OpRegion and bridges through VFIO.
 *
 * Usage: igd-server SOCKET-FD DESCRIPTION JOURNAL
 */
#include "device.h"
#include "journal.h"
#include "memory.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Carries out one command. Returns the value its sender waits for. */
static uint64_t serve(Device *device, const WireMessage *message)
{
    const WireConfig *config = &message->body.config;
    const WireBar *bar = &message->body.bar;

    switch (message->command) {
    case WIRE_CONFIG_READ:
        return config_read(device, config->offset, (unsigned)config->bytes);
    case WIRE_CONFIG_WRITE:
        config_write(device, config->offset, (unsigned)config->bytes, config->value);
        return 0;
    case WIRE_BAR_READ:
        return bar_read(device, bar->address, bar->bytes, bar->is_memory);
    case WIRE_BAR_WRITE:
        bar_write(device, bar->address, bar->bytes, bar->is_memory, bar->value);
        return 0;
    case WIRE_RESET:
        device_reset(device, "machine");
        return 0;
    default:
        journal("unknown      command %d", message->command);
        return UINT64_MAX;
    }
}

static void take_memory(const Device *device, const WireMessage *message)
{
    memory_sync(message);
    opregion_place(device);
}

/* Returns false when the reply could not be sent. */
static bool handle(Device *device, int socket, const WireMessage *message)
{
    switch (message->command) {
    case WIRE_SYNC_SYSMEM:
        take_memory(device, message);
        return true;
    case WIRE_SET_IRQFD:
        journal("set-irqfd    %u descriptors", message->fd_count);
        return true;
    default:
        return wire_reply(socket, serve(device, message));
    }
}

int main(int argc, char **argv)
{
    static Device device;
    WireMessage message;
    bool good = true;
    int socket;

    if (argc != 4) {
        fprintf(stderr, "usage: %s SOCKET-FD DESCRIPTION JOURNAL\n", argv[0]);
        return 2;
    }
    socket = (int)strtol(argv[1], NULL, 10);
    if (!description_load(&device, argv[2]) || !journal_open(argv[3])) {
        return 1;
    }
    journal("start        %s, generation %u", device.name, device.generation);
    while (good && wire_receive(socket, &message)) {
        good = handle(&device, socket, &message);
        for (unsigned i = 0; i < message.fd_count; i++) {
            close(message.fds[i]);
        }
    }
    journal("end          the virtual host is gone");
    return 0;
}
