/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VM generation ID: a number in guest memory that changes when the guest is not the one that ran before (Microsoft,
 * "Virtual Machine Generation ID", 2012; QEMU's docs/specs/vmgenid). Firmware makes a page of the file
 * VMGENID_GUID_FILE and writes the ID's address to VMGENID_ADDRESS_FILE.
 */
#ifndef HW_ACPI_VMGENID_H
#define HW_ACPI_VMGENID_H

#include "core/class.h"

#define VMGENID_GUID_FILE       "etc/vmgenid_guid"
#define VMGENID_ADDRESS_FILE    "etc/vmgenid_addr"

enum {
    VMGENID_PAGE_SIZE = 4096,
    VMGENID_OFFSET = 40,        /* of the ID: firmware that looks for table headers in the page finds none */
    VMGENID_SIZE = 16,
};

/* The property: an ID in text order, and whom to tell when it changes. */
typedef struct VmGenIdValue {
    uint8_t bytes[VMGENID_SIZE];
    void (*changed)(void *opaque);
    void *opaque;
} VmGenIdValue;

typedef struct VmGenId {
    Object obj;
    VmGenIdValue guid;
    uint8_t page[VMGENID_PAGE_SIZE];
    uint64_t address;           /* little endian, written by firmware; 0: not yet */
} VmGenId;

extern const Class vmgenid_class;

/* The machine's, or NULL. */
VmGenId *vmgenid_find(void);

#endif
