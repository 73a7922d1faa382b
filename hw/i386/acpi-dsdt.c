/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled DSDT, generated at build time from dsdt-pc.asl. */
#include "hw/i386/acpi.h"

#include "hw/i386/dsdt-pc-aml.h"

const uint8_t *acpi_dsdt_pc(size_t *ret_size)
{
    *ret_size = dsdt_pc_aml_size;
    return dsdt_pc_aml;
}
