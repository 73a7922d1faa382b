/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of processor models; see cpu-models.h. */
#include "accel/cpu-models.h"

#include <string.h>

typedef struct ModelName {
    const char *name;
    const char *desc;
} ModelName;

static const ModelName models[] = {
    { "486", "Intel 486" },
    { "Broadwell", "Intel Core Processor (Broadwell)" },
    { "Broadwell-IBRS", NULL },
    { "Broadwell-noTSX", NULL },
    { "Broadwell-noTSX-IBRS", NULL },
    { "Cascadelake-Server", "Intel Xeon Processor (Cascadelake)" },
    { "Cascadelake-Server-noTSX", NULL },
    { "ClearwaterForest", "Intel Xeon Processor (ClearwaterForest)" },
    { "Conroe", "Intel Celeron_4x0 (Conroe/Merom Class Core 2)" },
    { "Cooperlake", "Intel Xeon Processor (Cooperlake)" },
    { "Denverton", "Intel Atom Processor (Denverton)" },
    { "Dhyana", "Hygon Dhyana Processor" },
    { "EPYC", "AMD EPYC Processor" },
    { "EPYC-Genoa", "AMD EPYC-Genoa Processor" },
    { "EPYC-IBPB", NULL },
    { "EPYC-Milan", "AMD EPYC-Milan Processor" },
    { "EPYC-Rome", "AMD EPYC-Rome Processor" },
    { "EPYC-Turin", "AMD EPYC-Turin Processor" },
    { "GraniteRapids", "Intel Xeon Processor (GraniteRapids)" },
    { "Haswell", "Intel Core Processor (Haswell)" },
    { "Haswell-IBRS", NULL },
    { "Haswell-noTSX", NULL },
    { "Haswell-noTSX-IBRS", NULL },
    { "Icelake-Client", "Intel Core Processor (Icelake)" },
    { "Icelake-Client-noTSX", NULL },
    { "Icelake-Server", "Intel Xeon Processor (Icelake)" },
    { "Icelake-Server-noTSX", NULL },
    { "IvyBridge", "Intel Xeon E3-12xx v2 (Ivy Bridge)" },
    { "IvyBridge-IBRS", NULL },
    { "KnightsMill", "Intel Xeon Phi Processor (Knights Mill)" },
    { "Nehalem", "Intel Core i7 9xx (Nehalem Class Core i7)" },
    { "Nehalem-IBRS", NULL },
    { "Opteron_G1", "AMD Opteron 240 (Gen 1 Class Opteron)" },
    { "Opteron_G2", "AMD Opteron 22xx (Gen 2 Class Opteron)" },
    { "Opteron_G3", "AMD Opteron 23xx (Gen 3 Class Opteron)" },
    { "Opteron_G4", "AMD Opteron 62xx class CPU" },
    { "Opteron_G5", "AMD Opteron 63xx class CPU" },
    { "Penryn", "Intel Core 2 Duo P9xxx (Penryn Class Core 2)" },
    { "SandyBridge", "Intel Xeon E312xx (Sandy Bridge)" },
    { "SandyBridge-IBRS", NULL },
    { "SapphireRapids", "Intel Xeon Processor (SapphireRapids)" },
    { "SierraForest", "Intel Xeon Processor (SierraForest)" },
    { "Skylake-Client", "Intel Core Processor (Skylake)" },
    { "Skylake-Client-IBRS", NULL },
    { "Skylake-Client-noTSX-IBRS", NULL },
    { "Skylake-Server", "Intel Xeon Processor (Skylake)" },
    { "Skylake-Server-IBRS", NULL },
    { "Skylake-Server-noTSX-IBRS", NULL },
    { "Snowridge", "Intel Atom Processor (SnowRidge)" },
    { "Westmere", "Westmere E56xx/L56xx/X56xx (Nehalem-C)" },
    { "Westmere-IBRS", NULL },
    { "YongFeng", "Zhaoxin YongFeng Processor" },
    { "athlon", "AMD Athlon" },
    { "base", "base CPU model type with no features enabled" },
    { "core2duo", "Intel(R) Core(TM)2 Duo CPU" },
    { "coreduo", "Genuine Intel(R) CPU T2600" },
    { "kvm32", "Common 32-bit KVM processor" },
    { "kvm64", "Common KVM processor" },
    { "n270", "Intel(R) Atom(TM) CPU N270" },
    { "pentium", "Intel Pentium" },
    { "pentium2", "Intel Pentium II" },
    { "pentium3", "Intel Pentium III" },
    { "phenom", "AMD Phenom(tm) 9550 Quad-Core Processor" },
    { "qemu32", "32-bit processor of old machines" },
    { "qemu64", "What a machine has when nothing is said" },
    { "host", "The host's processor, with all features KVM supports" },
    { "max", "The same as host" },
};

/* Names whose guest is what they promise, or who promise nothing. */
static const char *const direct[] = { "host", "max", CPU_MODEL_DEFAULT };

/* Length of @name without "-vNUMBER" at its end. */
static size_t base_length(const char *name)
{
    const char *dash = strrchr(name, '-');

    if (!dash || dash[1] != 'v' || dash[2] == '\0' || strspn(dash + 2, "0123456789") != strlen(dash + 2)) {
        return strlen(name);
    }
    return (size_t)(dash - name);
}

static bool is_model(const char *name, size_t len)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        if (strlen(models[i].name) == len && memcmp(models[i].name, name, len) == 0) {
            return true;
        }
    }
    return false;
}

bool cpu_model_known(const char *name)
{
    return is_model(name, base_length(name));
}

bool cpu_model_is_mapped(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(direct); i++) {
        if (g_str_equal(direct[i], name)) {
            return false;
        }
    }
    return true;
}

void cpu_models_print(GString *text)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        g_string_append_printf(text, "x86 %-28s  %s\n", models[i].name,
                               models[i].desc ? models[i].desc : "(a version of the one above)");
    }
}
