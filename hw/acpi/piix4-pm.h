/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PIIX4 function 3: ACPI power management, SMBus, and the APM control port of the chip. */
#ifndef HW_ACPI_PIIX4_PM_H
#define HW_ACPI_PIIX4_PM_H

#include "hw/acpi/acpi-pm.h"
#include "hw/acpi/pci-hotplug.h"
#include "hw/acpi/piix4-smbus.h"
#include "hw/pci/pci.h"

typedef struct Piix4Pm {
    PciDevice pci;
    /* properties */
    uint8_t disable_s3, disable_s4, s4_val;
    uint32_t smb_io_base;
    bool root_hotplug, bridge_hotplug;
    AcpiPm pm;
    Piix4Smbus smbus;
    AcpiPciHotplug hotplug;
    Region pm_ports, gpe_ports, apm_ports;
    uint8_t apm_control, apm_status;
    Notifier powerdown, wakeup;
    bool waking;                /* the reset that is coming ends S3 */
    uint16_t ports_base;        /* of pm_ports; 0: not decoded */
    void (*ports_moved)(void *opaque);  /* ports_base is another one: ACPI tables name it */
    void *opaque;               /* of ports_moved */
    Irq s3_resume;              /* 1 from a wake-up to the next reset: the board sets the CMOS shutdown status */
} Piix4Pm;

extern const Class piix4_pm_class;      /* "PIIX4_PM": at 00:01.3 unless told otherwise */

#endif
