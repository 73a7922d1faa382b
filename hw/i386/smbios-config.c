/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of -smbios type=N,field=value; see smbios_config_set(). */
#include <stddef.h>
#include <string.h>

#include "hw/i386/smbios.h"
#include "lib/parse.h"

typedef struct SmbiosField SmbiosField;

struct SmbiosField {
    uint8_t type;
    const char *name;
    bool (*set)(SmbiosConfig *config, const SmbiosField *field, const char *value, Error **errp);
    size_t offset;          /* in SmbiosConfig */
};

static bool set_string(SmbiosConfig *config, const SmbiosField *field, const char *value, Error **errp)
{
    const char **place = (const char **)((char *)config + field->offset);

    *place = value;
    return true;
}

static bool set_u16(SmbiosConfig *config, const SmbiosField *field, const char *value, Error **errp)
{
    uint16_t *place = (uint16_t *)((char *)config + field->offset);
    uint64_t number;

    if (!parse_u64(value, UINT16_MAX, &number, errp)) {
        return false;
    }
    *place = number;
    return true;
}

static bool set_bool(SmbiosConfig *config, const SmbiosField *field, const char *value, Error **errp)
{
    return parse_bool(value, (bool *)((char *)config + field->offset), errp);
}

/* release=MAJOR.MINOR */
static bool set_release(SmbiosConfig *config, const SmbiosField *field, const char *value, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(value, ".", 2);
    uint64_t major, minor;

    if (g_strv_length(parts) != 2) {
        return fail(errp, "'%s' is not MAJOR.MINOR", value);
    }
    if (!parse_u64(parts[0], UINT8_MAX, &major, errp) || !parse_u64(parts[1], UINT8_MAX, &minor, errp)) {
        return false;
    }
    config->bios.has_release = true;
    config->bios.major = major;
    config->bios.minor = minor;
    return true;
}

#define STRING(type, name, member) { type, name, set_string, offsetof(SmbiosConfig, member) }
#define U16(type, name, member)    { type, name, set_u16, offsetof(SmbiosConfig, member) }

static const SmbiosField fields[] = {
    STRING(0, "vendor", bios.vendor),
    STRING(0, "version", bios.version),
    STRING(0, "date", bios.date),
    { 0, "release", set_release, 0 },
    { 0, "uefi", set_bool, offsetof(SmbiosConfig, bios.uefi) },
    STRING(1, "manufacturer", system.manufacturer),
    STRING(1, "product", system.product),
    STRING(1, "version", system.version),
    STRING(1, "serial", system.serial),
    STRING(1, "sku", system.sku),
    STRING(1, "family", system.family),
    STRING(2, "manufacturer", board.manufacturer),
    STRING(2, "product", board.product),
    STRING(2, "version", board.version),
    STRING(2, "serial", board.serial),
    STRING(2, "asset", board.asset),
    STRING(2, "location", board.location),
    STRING(3, "manufacturer", chassis.manufacturer),
    STRING(3, "version", chassis.version),
    STRING(3, "serial", chassis.serial),
    STRING(3, "asset", chassis.asset),
    STRING(3, "sku", chassis.sku),
    STRING(4, "sock_pfx", processor.socket_prefix),
    STRING(4, "manufacturer", processor.manufacturer),
    STRING(4, "version", processor.version),
    STRING(4, "serial", processor.serial),
    STRING(4, "asset", processor.asset),
    STRING(4, "part", processor.part),
    U16(4, "max-speed", processor.max_speed_mhz),
    U16(4, "current-speed", processor.current_speed_mhz),
    STRING(17, "loc_pfx", memory.locator_prefix),
    STRING(17, "bank", memory.bank),
    STRING(17, "manufacturer", memory.manufacturer),
    STRING(17, "serial", memory.serial),
    STRING(17, "asset", memory.asset),
    STRING(17, "part", memory.part),
    U16(17, "speed", memory.speed_mts),
};

bool smbios_config_knows(unsigned type)
{
    if (type == SMBIOS_OEM_STRINGS) {
        return true;    /* its fields are the caller's */
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].type == type) {
            return true;
        }
    }
    return false;
}

bool smbios_config_set(SmbiosConfig *config, unsigned type, const char *name, const char *value,
                       Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        const SmbiosField *field = &fields[i];

        if (field->type == type && !strcmp(field->name, name)) {
            return field->set(config, field, value, errp) || fail(errp, "type=%u: %s", type, name);
        }
    }
    return fail(errp, "SMBIOS type %u has no field '%s'", type, name);
}
