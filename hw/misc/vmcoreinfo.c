/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in which the guest's kernel says where its notes for crash dumps are (QEMU's docs/specs/vmcoreinfo and
 * Linux's include/uapi/linux/qemu_fw_cfg.h).
 */
#include "core/device.h"
#include "hw/nvram/fw-cfg.h"

enum { FORMAT_ELF = 1 };

/* Contents of the file, little endian. */
typedef struct VmCoreInfoFile {
    uint16_t host_format, guest_format;
    uint32_t size;
    uint64_t address;
} VmCoreInfoFile;

typedef struct VmCoreInfo {
    Object obj;
    VmCoreInfoFile info;
} VmCoreInfo;

extern const Class vmcoreinfo_class;

static void vmcoreinfo_reset(Object *obj)
{
    VmCoreInfo *self = (VmCoreInfo *)obj;

    self->info = (VmCoreInfoFile){ .host_format = GUINT16_TO_LE(FORMAT_ELF) };
}

static bool vmcoreinfo_realize(Object *obj, Error **errp)
{
    VmCoreInfo *self = (VmCoreInfo *)obj;
    FwCfgWritable file = { .data = &self->info, .len = sizeof(self->info) };
    g_autoptr(GPtrArray) others = object_list(&vmcoreinfo_class);
    FwCfg *fw = fw_cfg_find();

    if (others->len > 0) {
        return fail(errp, "at most one vmcoreinfo device is permitted");
    }
    if (!fw) {
        return fail(errp, "vmcoreinfo device requires fw_cfg with DMA");
    }
    vmcoreinfo_reset(obj);
    return fw_cfg_add_writable(fw, "etc/vmcoreinfo", &file, errp);
}

CLASS(vmcoreinfo_class) = {
    .name = "vmcoreinfo",
    .parent = &device_class,
    .desc = "Where the guest's notes for crash dumps are",
    .size = sizeof(VmCoreInfo),
    .realize = vmcoreinfo_realize,
    .reset = vmcoreinfo_reset,
};
