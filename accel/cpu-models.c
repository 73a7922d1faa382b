/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of processor models; see cpu-models.h. */
#include "accel/cpu-models.h"

#include <string.h>

#include "core/command.h"

/*
 * Each model is a class of CPU objects: what a user may name, what query-cpu-definitions lists. The identifier is
 * made from the line.
 */
#define MODEL(model, text)  MODEL_AT(__LINE__, model, text)
#define MODEL_AT(line, model, text)  MODEL_CLASS(line, model, text)
#define MODEL_CLASS(line, model, text)                                                                          \
    static const Class model_##line;                                                                            \
    static const Class *const model_##line##_entry __attribute__((section("igd_classes"), used)) = &model_##line;   \
    static const Class model_##line = {                                                                         \
        .name = model CPU_CLASS_SUFFIX, .parent = &x86_cpu_class, .desc = text, .size = sizeof(Cpu), .internal = true,  \
    }

MODEL("486", "Intel 486");
MODEL("Broadwell", "Intel Core Processor (Broadwell)");
MODEL("Broadwell-IBRS", "Intel Core Processor (Broadwell, IBRS)");
MODEL("Broadwell-noTSX", "Intel Core Processor (Broadwell, no TSX)");
MODEL("Broadwell-noTSX-IBRS", "Intel Core Processor (Broadwell, no TSX, IBRS)");
MODEL("Cascadelake-Server", "Intel Xeon Processor (Cascadelake)");
MODEL("Cascadelake-Server-noTSX", "Intel Xeon Processor (Cascadelake, no TSX)");
MODEL("ClearwaterForest", "Intel Xeon Processor (ClearwaterForest)");
MODEL("Conroe", "Intel Celeron_4x0 (Conroe/Merom Class Core 2)");
MODEL("Cooperlake", "Intel Xeon Processor (Cooperlake)");
MODEL("Denverton", "Intel Atom Processor (Denverton)");
MODEL("Dhyana", "Hygon Dhyana Processor");
MODEL("EPYC", "AMD EPYC Processor");
MODEL("EPYC-Genoa", "AMD EPYC-Genoa Processor");
MODEL("EPYC-IBPB", "AMD EPYC Processor (IBPB)");
MODEL("EPYC-Milan", "AMD EPYC-Milan Processor");
MODEL("EPYC-Rome", "AMD EPYC-Rome Processor");
MODEL("EPYC-Turin", "AMD EPYC-Turin Processor");
MODEL("GraniteRapids", "Intel Xeon Processor (GraniteRapids)");
MODEL("Haswell", "Intel Core Processor (Haswell)");
MODEL("Haswell-IBRS", "Intel Core Processor (Haswell, IBRS)");
MODEL("Haswell-noTSX", "Intel Core Processor (Haswell, no TSX)");
MODEL("Haswell-noTSX-IBRS", "Intel Core Processor (Haswell, no TSX, IBRS)");
MODEL("Icelake-Client", "Intel Core Processor (Icelake)");
MODEL("Icelake-Client-noTSX", "Intel Core Processor (Icelake, no TSX)");
MODEL("Icelake-Server", "Intel Xeon Processor (Icelake)");
MODEL("Icelake-Server-noTSX", "Intel Xeon Processor (Icelake, no TSX)");
MODEL("IvyBridge", "Intel Xeon E3-12xx v2 (Ivy Bridge)");
MODEL("IvyBridge-IBRS", "Intel Xeon E3-12xx v2 (Ivy Bridge, IBRS)");
MODEL("KnightsMill", "Intel Xeon Phi Processor (Knights Mill)");
MODEL("Nehalem", "Intel Core i7 9xx (Nehalem Class Core i7)");
MODEL("Nehalem-IBRS", "Intel Core i7 9xx (Nehalem Class Core i7, IBRS)");
MODEL("Opteron_G1", "AMD Opteron 240 (Gen 1 Class Opteron)");
MODEL("Opteron_G2", "AMD Opteron 22xx (Gen 2 Class Opteron)");
MODEL("Opteron_G3", "AMD Opteron 23xx (Gen 3 Class Opteron)");
MODEL("Opteron_G4", "AMD Opteron 62xx class CPU");
MODEL("Opteron_G5", "AMD Opteron 63xx class CPU");
MODEL("Penryn", "Intel Core 2 Duo P9xxx (Penryn Class Core 2)");
MODEL("SandyBridge", "Intel Xeon E312xx (Sandy Bridge)");
MODEL("SandyBridge-IBRS", "Intel Xeon E312xx (Sandy Bridge, IBRS)");
MODEL("SapphireRapids", "Intel Xeon Processor (SapphireRapids)");
MODEL("SierraForest", "Intel Xeon Processor (SierraForest)");
MODEL("Skylake-Client", "Intel Core Processor (Skylake)");
MODEL("Skylake-Client-IBRS", "Intel Core Processor (Skylake, IBRS)");
MODEL("Skylake-Client-noTSX-IBRS", "Intel Core Processor (Skylake, no TSX, IBRS)");
MODEL("Skylake-Server", "Intel Xeon Processor (Skylake)");
MODEL("Skylake-Server-IBRS", "Intel Xeon Processor (Skylake, IBRS)");
MODEL("Skylake-Server-noTSX-IBRS", "Intel Xeon Processor (Skylake, no TSX, IBRS)");
MODEL("Snowridge", "Intel Atom Processor (SnowRidge)");
MODEL("Westmere", "Westmere E56xx/L56xx/X56xx (Nehalem-C)");
MODEL("Westmere-IBRS", "Westmere E56xx/L56xx/X56xx (Nehalem-C, IBRS)");
MODEL("YongFeng", "Zhaoxin YongFeng Processor");
MODEL("athlon", "AMD Athlon");
MODEL("base", "base CPU model type with no features enabled");
MODEL("core2duo", "Intel(R) Core(TM)2 Duo CPU");
MODEL("coreduo", "Genuine Intel(R) CPU T2600");
MODEL("kvm32", "Common 32-bit KVM processor");
MODEL("kvm64", "Common KVM processor");
MODEL("n270", "Intel(R) Atom(TM) CPU N270");
MODEL("pentium", "Intel Pentium");
MODEL("pentium2", "Intel Pentium II");
MODEL("pentium3", "Intel Pentium III");
MODEL("phenom", "AMD Phenom(tm) 9550 Quad-Core Processor");
MODEL("qemu32", "32-bit processor of old machines");
MODEL("qemu64", "What a machine has when nothing is said");
MODEL("host", "The host's processor, with all features KVM supports");
MODEL("max", "The same as host");

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

const Class *cpu_model_class(const char *name)
{
    g_autofree char *class_name = g_strdup_printf("%.*s%s", (int)base_length(name), name, CPU_CLASS_SUFFIX);
    const Class *cls = class_find(class_name);

    return cls && !cls->abstract && class_is_a(cls, &x86_cpu_class) ? cls : NULL;
}

bool cpu_model_known(const char *name)
{
    return cpu_model_class(name) != NULL;
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

/* "max" of "max-x86_64-cpu", for the caller to free; "" of the abstract "x86_64-cpu". */
static char *model_name(const Class *cls)
{
    const char *suffix = strstr(cls->name, CPU_CLASS_SUFFIX);

    return g_strndup(cls->name, suffix ? (size_t)(suffix - cls->name) : 0);
}

void cpu_models_print(GString *text)
{
    g_autoptr(GPtrArray) classes = class_list(&x86_cpu_class);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        g_autofree char *name = model_name(cls);
        if (!cls->abstract) {
            g_string_append_printf(text, "x86 %-28s  %s\n", name, cls->desc);
        }
    }
}

/* The guest always gets the host's processor, whatever the name: nothing is missing, and no model is the same elsewhere. */
static Json *describe_model(const Class *cls)
{
    g_autofree char *name = model_name(cls);
    Json *item = json_add_str(json_new(), "name", name);

    json_add_str(item, "typename", cls->name);
    json_add(item, "unavailable-features", json_array());
    json_add_bool(item, "static", false);
    json_add_bool(item, "migration-safe", false);
    return json_add_bool(item, "deprecated", false);
}

static bool query_cpu_definitions(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) classes = class_list(&x86_cpu_class);

    call->ret = json_array();
    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (!cls->abstract) {
            json_append(call->ret, describe_model(cls));
        }
    }
    return true;
}

QMP_COMMAND(qmp_query_cpu_definitions) = {
    .name = "query-cpu-definitions",
    .help = "Names of processor models",
    .returns = "[{name:str,typename:str,migration-safe:bool,static:bool,?unavailable-features:[str],deprecated:bool}]",
    .run = query_cpu_definitions,
};
