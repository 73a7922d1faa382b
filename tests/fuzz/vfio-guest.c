/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of an assigned device; see vfio-guest.h. */
#include "tests/fuzz/vfio-guest.h"

#include "tests/fuzz/access.h"
#include "tests/unit/vfio-machine.h"

enum { DEVFN = PCI_DEVFN_OF(5, 0) };

void vfio_guest_configure(Input *in)
{
    Access access = access_take(in);
    unsigned addr = (unsigned)input_take(in, 2) % PCIE_CONFIG_SIZE, size = MIN(access.size, 4);

    if (access.write) {
        pci_bus_config_write(test_bus, 0, DEVFN, addr, (uint32_t)input_take(in, size), size);
    } else {
        pci_bus_config_read(test_bus, 0, DEVFN, addr, size);
    }
}

void vfio_guest_move_bar(Input *in)
{
    unsigned n = (unsigned)input_take(in, 1) % (PCI_BAR_COUNT + 1);
    unsigned addr = n == PCI_ROM_BAR ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * n;

    pci_bus_config_write(test_bus, 0, DEVFN, addr, (uint32_t)input_take(in, 4), 4);
    pci_bus_config_write(test_bus, 0, DEVFN, PCI_COMMAND, (uint32_t)input_take(in, 1), 2);
}

void vfio_guest_access_ports(Input *in)
{
    access_space(in, &io_space);
}

void vfio_guest_access_memory(Input *in)
{
    access_space(in, &memory_space);
}
