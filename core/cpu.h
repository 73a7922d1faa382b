/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processors: what the user asked for (model, features, topology), and the objects that stand for them. */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include <stdint.h>

#include "core/class.h"

/* -smp, completed: cpus <= max_cpus == sockets * dies * cores * threads. */
typedef struct CpuTopology {
    unsigned cpus, max_cpus;
    unsigned sockets, dies, cores, threads;
} CpuTopology;

/* -cpu MODEL,feature=on|off,+feature,-feature */
typedef struct CpuModel {
    char *name;                 /* "host", "max" or a model's name */
    KeyVals *features;          /* feature=on/off and settings such as host-phys-bits-limit; may be NULL */
} CpuModel;

/* General registers, for ports that speak in registers. */
typedef struct CpuRegisters {
    uint64_t ax, bx, cx, dx, si, di;
} CpuRegisters;

/* Bits needed to number @count things. */
static inline unsigned cpu_id_bits(unsigned count)
{
    return count > 1 ? 32u - (unsigned)__builtin_clz(count - 1) : 0;
}

/*
 * Initial APIC id of CPU @index: thread, core, die and socket fields, each as
 * wide as its count needs (Intel SDM vol. 3, 8.9.1; AMD APM vol. 2, 16.12).
 */
static inline uint32_t cpu_apic_id(const CpuTopology *topology, unsigned index)
{
    unsigned thread = index % topology->threads;
    unsigned core = index / topology->threads % topology->cores;
    unsigned die = index / (topology->threads * topology->cores) % topology->dies;
    unsigned socket = index / (topology->threads * topology->cores * topology->dies);
    unsigned core_shift = cpu_id_bits(topology->threads);
    unsigned die_shift = core_shift + cpu_id_bits(topology->cores);
    unsigned socket_shift = die_shift + cpu_id_bits(topology->dies);

    return thread | core << core_shift | die << die_shift | socket << socket_shift;
}

/*
 * A processor of the machine as management tools see it. What executes is the accelerator's; there is one object for
 * each of its CPUs, of a class named MODEL-x86_64-cpu.
 */
typedef struct Cpu {
    Object obj;
    unsigned index;
} Cpu;

extern const Class x86_cpu_class;       /* "x86_64-cpu", abstract, a "cpu", a "device" */

#define CPU_CLASS_SUFFIX "-x86_64-cpu"

/* Make the objects of the CPUs that are there at start, of class @cls; false with *errp set. */
bool cpus_create(const Class *cls, unsigned count, Error **errp);

/* CPU @index, or NULL. */
Cpu *cpu_find(unsigned index);

#endif
