/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of capabilities in configuration space (PCI 3.0, 6.7); see pci.h. */
#include <string.h>

#include "hw/pci/internal.h"

static bool is_free(const PciDevice *dev, unsigned offset, unsigned len)
{
    for (unsigned i = offset; i < offset + len; i++) {
        if (i >= PCI_CONFIG_SIZE || dev->used[i]) {
            return false;
        }
    }
    return true;
}

/* The first dword-aligned gap of @len bytes behind the header, or 0. */
static unsigned find_gap(const PciDevice *dev, unsigned len)
{
    for (unsigned offset = PCI_STD_HEADER_SIZEOF; offset + len <= PCI_CONFIG_SIZE; offset += 4) {
        if (is_free(dev, offset, len)) {
            return offset;
        }
    }
    return 0;
}

/* Follow the list; ends at the first pointer that leads nowhere. The guest or a host device may have made a loop. */
static unsigned next_capability(const PciDevice *dev, unsigned pointer, unsigned *budget)
{
    unsigned next = dev->config[pointer] & ~3u;

    return next >= PCI_STD_HEADER_SIZEOF && (*budget)-- > 0 ? next : 0;
}

enum { MOST_CAPABILITIES = (PCI_CONFIG_SIZE - PCI_STD_HEADER_SIZEOF) / 4 };

/* Offset of the pointer that ends the list. */
static unsigned last_pointer(const PciDevice *dev)
{
    unsigned budget = MOST_CAPABILITIES, pointer = PCI_CAPABILITY_LIST, at;

    while ((at = next_capability(dev, pointer, &budget)) != 0) {
        pointer = at + PCI_CAP_LIST_NEXT;
    }
    return pointer;
}

int pci_capability_add(PciDevice *dev, uint8_t id, unsigned offset, unsigned len, Error **errp)
{
    unsigned at = offset ? offset : find_gap(dev, len);

    if (at == 0) {
        fail(errp, "no room for PCI capability 0x%02x of %u bytes in configuration space", id, len);
        return -1;
    }
    if (len < 2 || at % 4 || !is_free(dev, at, len)) {
        fail(errp, "PCI capability 0x%02x of %u bytes does not fit at offset 0x%02x", id, len, at);
        return -1;
    }
    memset(dev->used + at, 1, len);
    memset(dev->wmask + at, 0, len);
    memset(dev->w1cmask + at, 0, len);
    dev->config[last_pointer(dev)] = (uint8_t)at;
    dev->config[at + PCI_CAP_LIST_ID] = id;
    dev->config[at + PCI_CAP_LIST_NEXT] = 0;
    dev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    return (int)at;
}

unsigned pci_capability_find(const PciDevice *dev, uint8_t id)
{
    unsigned budget = MOST_CAPABILITIES, pointer = PCI_CAPABILITY_LIST, at;

    if (!(dev->config[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
        return 0;
    }
    while ((at = next_capability(dev, pointer, &budget)) != 0) {
        if (dev->config[at + PCI_CAP_LIST_ID] == id) {
            return at;
        }
        pointer = at + PCI_CAP_LIST_NEXT;
    }
    return 0;
}
