/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device vmgenid; see vmgenid.h. */
#include "hw/acpi/vmgenid.h"

#include <string.h>
#include <sys/random.h>

#include "core/command.h"
#include "core/device.h"
#include "core/dispatch.h"
#include "hw/acpi/pc-ports.h"
#include "hw/acpi/piix4-pm.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/log.h"
#include "lib/parse.h"

/* ---- property guid ---- */

/* RFC 4122, 4.4: a random UUID is of version 4, variant 1. */
static bool make_random(uint8_t bytes[VMGENID_SIZE], Error **errp)
{
    if (getrandom(bytes, VMGENID_SIZE, 0) != VMGENID_SIZE) {
        return fail(errp, "the kernel gives no random numbers");
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return true;
}

static bool guid_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    VmGenIdValue *guid = field;
    uint8_t bytes[VMGENID_SIZE];

    if (g_str_equal(text, "auto") ? !make_random(bytes, errp) : !parse_uuid(text, bytes, errp)) {
        return false;
    }
    memcpy(guid->bytes, bytes, VMGENID_SIZE);
    if (guid->changed) {
        guid->changed(guid->opaque);
    }
    return true;
}

static char *guid_print(const Property *prop, const void *field)
{
    const uint8_t *bytes = ((const VmGenIdValue *)field)->bytes;
    GString *text = g_string_new(NULL);

    for (int i = 0; i < VMGENID_SIZE; i++) {
        g_string_append_printf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
    }
    return g_string_free(text, false);
}

typedef VmGenIdValue PropType_vmgenid;
static const PropKind prop_vmgenid = { .name = "str", .parse = guid_parse, .print = guid_print };

/* ---- the page ---- */

/* The first three fields of a GUID in memory are little endian, those of the text are not. */
static void put_guid(uint8_t *to, const uint8_t *bytes)
{
    static const uint8_t order[VMGENID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

    for (int i = 0; i < VMGENID_SIZE; i++) {
        to[i] = bytes[order[i]];
    }
}

/* The guest's page, where firmware said it is, or NULL: only RAM will do. */
static uint8_t *guest_copy(const VmGenId *self)
{
    uint64_t address = GUINT64_FROM_LE(self->address);

    return address ? space_host(&memory_space, address, VMGENID_SIZE, true) : NULL;
}

static void notify_guest(void)
{
    g_autoptr(GPtrArray) devices = object_list(&piix4_pm_class);

    if (devices->len > 0) {
        acpi_pm_raise_gpe(&((Piix4Pm *)devices->pdata[0])->pm, ACPI_GPE_VM_GENERATION);
    }
}

/* Firmware that comes later finds the new ID in the file, a guest that runs in its page. */
static void on_change(void *opaque)
{
    VmGenId *self = opaque;
    uint8_t *copy = guest_copy(self);

    put_guid(self->page + VMGENID_OFFSET, self->guid.bytes);
    if (copy) {
        put_guid(copy, self->guid.bytes);
        notify_guest();
    } else if (self->address) {
        log_guest("vmgenid: the address 0x%" G_GINT64_MODIFIER "x is not RAM", GUINT64_FROM_LE(self->address));
    }
}

/* ---- life ---- */

VmGenId *vmgenid_find(void)
{
    g_autoptr(GPtrArray) devices = object_list(&vmgenid_class);

    return devices->len > 0 ? devices->pdata[0] : NULL;
}

static bool add_files(VmGenId *self, FwCfg *fw, Error **errp)
{
    FwCfgWritable address = { .data = &self->address, .len = sizeof(self->address) };
    g_autoptr(GBytes) page = g_bytes_new_static(self->page, sizeof(self->page));

    return fw_cfg_add_file(fw, VMGENID_GUID_FILE, page, errp) &&
           fw_cfg_add_writable(fw, VMGENID_ADDRESS_FILE, &address, errp);
}

static bool vmgenid_realize(Object *obj, Error **errp)
{
    VmGenId *self = (VmGenId *)obj;
    FwCfg *fw = fw_cfg_find();

    if (vmgenid_find()) {
        return fail(errp, "at most one vmgenid device is permitted");
    }
    if (!fw) {
        return fail(errp, "vmgenid requires DMA write support in fw_cfg, which this machine type does not provide");
    }
    self->guid.changed = on_change;
    self->guid.opaque = self;
    on_change(self);
    return add_files(self, fw, errp);
}

/* Memory of the guest before is no longer ours. */
static void vmgenid_reset(Object *obj)
{
    ((VmGenId *)obj)->address = 0;
}

CLASS(vmgenid_class) = {
    .name = "vmgenid",
    .parent = &device_class,
    .desc = "VM generation ID",
    .size = sizeof(VmGenId),
    .props = (const Property[]){
        PROP(VmGenId, guid, vmgenid, "guid", "auto", "UUID of this generation; auto: a random one"),
        { }
    },
    .realize = vmgenid_realize,
    .reset = vmgenid_reset,
};

/* ---- QMP ---- */

static bool query_vm_generation_id(QmpCall *call, Error **errp)
{
    VmGenId *self = vmgenid_find();

    if (!self) {
        return fail(errp, "VM Generation ID device not found");
    }
    g_autofree char *text = guid_print(NULL, &self->guid);
    call->ret = json_add_str(json_new(), "guid", text);
    return true;
}

QMP_COMMAND(qmp_query_vm_generation_id) = {
    .name = "query-vm-generation-id",
    .help = "The VM generation ID",
    .returns = "{guid:str}",
    .run = query_vm_generation_id,
};

static bool info_vm_generation_id(GString *out, const char *args, Error **errp)
{
    VmGenId *self = vmgenid_find();
    g_autofree char *text = self ? guid_print(NULL, &self->guid) : NULL;

    if (!self) {
        return fail(errp, "VM Generation ID device not found");
    }
    g_string_append_printf(out, "%s\n", text);
    return true;
}

HMP_COMMAND(hmp_info_vm_generation_id) = {
    .name = "info vm-generation-id",
    .help = "The VM generation ID",
    .run = info_vm_generation_id,
};
