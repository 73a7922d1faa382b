/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of CPUID leaves: finding, adding, removing; see cpuid.h. */
#include "accel/kvm/cpuid.h"

#include <string.h>

struct kvm_cpuid_entry2 *cpuid_find(CpuidTable *table, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct kvm_cpuid_entry2 *entry = &table->entries[i];
        bool indexed = entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
        if (entry->function == function && (!indexed || entry->index == index)) {
            return entry;
        }
    }
    return NULL;
}

struct kvm_cpuid_entry2 *cpuid_add(CpuidTable *table, uint32_t function, uint32_t index, bool indexed)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, function, index);

    if (entry || table->count == CPUID_MAX_ENTRIES) {
        return entry;
    }
    entry = &table->entries[table->count++];
    *entry = (struct kvm_cpuid_entry2){
        .function = function,
        .index = index,
        .flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
    };
    return entry;
}

void cpuid_remove(CpuidTable *table, uint32_t first, uint32_t last)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t function = table->entries[i].function;
        if (function < first || function > last) {
            table->entries[kept++] = table->entries[i];
        }
    }
    table->count = kept;
}

uint32_t *cpuid_register(struct kvm_cpuid_entry2 *entry, CpuidRegister reg)
{
    uint32_t *const registers[] = { &entry->eax, &entry->ebx, &entry->ecx, &entry->edx };

    return registers[reg];
}

void cpuid_change(CpuidTable *table, uint32_t function, CpuidRegister reg, uint32_t clear, uint32_t set)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, function, 0);

    if (entry) {
        uint32_t *value = cpuid_register(entry, reg);
        *value = (*value & ~clear) | set;
    }
}

bool cpuid_vendor_is(CpuidTable *table, const char *four)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(table, 0, 0);

    return entry && memcmp(&entry->ebx, four, 4) == 0;
}

bool cpuid_is_amd(CpuidTable *table)
{
    return cpuid_vendor_is(table, "Auth") || cpuid_vendor_is(table, "Hygo");
}
