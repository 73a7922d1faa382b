/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device memory that may not answer. The host's kernel takes a mapped BAR away
 * while the guest has memory decoding off, the device sleeps or is being reset;
 * a CPU that touches it then gets SIGBUS. On the bus nobody answers: a read is
 * all ones and a write vanishes, and so it is here.
 */
#ifndef CORE_GUARDED_H
#define CORE_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/notify.h"

/* Catch SIGBUS of the accesses below; all others go where they went before. Once is enough, more do no harm. */
void guarded_install(void);

/* One load or store of 1, 2, 4 or 8 bytes at @host; all ones, or nothing written, when nobody answers. */
uint64_t guarded_read(const void *host, unsigned size);
void guarded_write(void *host, uint64_t value, unsigned size);

/* Copy @len bytes from @host; from the first that nobody answers for, all are ones. */
void guarded_load(void *to, const void *host, size_t len);

/* A vCPU touched device memory that did not answer. */
typedef struct DeviceFault {
    const uint64_t *addr;       /* guest address, or NULL: the accelerator does not know it */
    bool handled;               /* a listener took the memory out of the guest's direct reach for now */
} DeviceFault;

/* data: DeviceFault *. Owners of device memory listen. */
extern NotifierList device_fault_notifiers;

/*
 * The accelerator could not let a vCPU reach memory (KVM_RUN: EFAULT). With
 * vm_lock held. True: run the vCPU again, the access now comes as an exit.
 */
bool device_fault(const uint64_t *addr);

#endif
