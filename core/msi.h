/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of devices that go to the guest without the emulator: message
 * routes (MSI, MSI-X) and level-triggered lines (INTx), each driven by an
 * eventfd. Implemented by the accelerator; devices know only this.
 */
#ifndef CORE_MSI_H
#define CORE_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/* What an MSI write carries (PCI 3.0, 6.8.1). */
typedef struct MsiMessage {
    uint64_t address;
    uint32_t data;
} MsiMessage;

typedef struct MsiRoute MsiRoute;   /* the implementation's */

typedef struct MsiOps {
    void (*send)(MsiMessage message);
    /* A route whose eventfd @fd delivers @message; takes effect at commit. NULL with *errp set. */
    MsiRoute *(*route_new)(MsiMessage message, int fd, Error **errp);
    void (*route_update)(MsiRoute *route, MsiMessage message);
    void (*route_free)(MsiRoute *route);
    void (*commit)(void);
    /*
     * Level line @gsi: an event on @trigger raises it; when the guest ends the interrupt the line
     * falls and @resample gets an event. 0 or -errno (-ENOSYS: not possible here).
     */
    int (*line_attach)(int gsi, int trigger, int resample);
    void (*line_detach)(int gsi, int trigger);
} MsiOps;

/* The accelerator's implementation; NULL takes it away. */
void msi_set_ops(const MsiOps *ops);

/* Deliver now, from the emulator. Without an implementation the message is dropped. */
void msi_send(MsiMessage message);

/*
 * Routes. Changes between msi_batch_begin() and msi_batch_commit() reach the
 * accelerator at once (a device with many vectors sets them all up together).
 */
bool msi_routes_available(void);
MsiRoute *msi_route_new(MsiMessage message, int fd, Error **errp);
void msi_route_update(MsiRoute *route, MsiMessage message);
void msi_route_free(MsiRoute *route);       /* NULL is accepted */
void msi_batch_begin(void);
void msi_batch_commit(void);

int msi_line_attach(int gsi, int trigger, int resample);
void msi_line_detach(int gsi, int trigger);

#endif
