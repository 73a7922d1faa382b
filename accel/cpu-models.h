/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of processor models after -cpu. The guest always gets the host's
 * processor: a name of another one is understood, and said to be mapped.
 */
#ifndef ACCEL_CPU_MODELS_H
#define ACCEL_CPU_MODELS_H

#include <glib.h>
#include <stdbool.h>

#include "core/cpu.h"
#include "lib/error.h"

#define CPU_MODEL_DEFAULT "qemu64"

/* The name is "host", "max", a model's, or a model's with a version: "Skylake-Client-v2". */
bool cpu_model_known(const char *name);

/* The class of CPU objects for a model's name, or NULL. */
const Class *cpu_model_class(const char *name);

/* The guest gets something else than the name says: worth a line. */
bool cpu_model_is_mapped(const char *name);

/* Model, features and settings of -cpu are words we know; also without an accelerator. */
bool cpu_model_check(const CpuModel *model, Error **errp);

/* Text of -cpu help; the caller frees it. */
char *cpu_models_help(void);

/* The lines about models in it. */
void cpu_models_print(GString *text);

#endif
