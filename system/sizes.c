/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much: -m and -smp. */
#include "lib/parse.h"
#include "system/settings.h"

#define MIB ((uint64_t)1024 * 1024)

enum { DEFAULT_RAM_MIB = 128, RAM_ALIGN = 8192, MAX_CPUS = 4096 };

static bool read_ram_size(const Settings *settings, uint64_t *ret, Error **errp)
{
    const char *size = keyval_get(settings->memory, "size");
    const char *maxmem = keyval_get(settings->memory, "maxmem");
    uint64_t bytes = DEFAULT_RAM_MIB * MIB, max;

    if (size && !parse_size(size, MIB, &bytes, errp)) {
        return false;
    }
    if (bytes == 0) {   /* as users know it: -m 0 means the default */
        bytes = DEFAULT_RAM_MIB * MIB;
    }
    if (keyval_get(settings->memory, "slots") && !maxmem) {
        return fail(errp, "slots specified but no max-size");
    }
    if (maxmem && !parse_size(maxmem, 1, &max, errp)) {
        return fail(errp, "maxmem");
    }
    if (maxmem && max < bytes) {
        return fail(errp, "maxmem=%s is less than the memory size (%" G_GUINT64_FORMAT " MiB)", maxmem, bytes / MIB);
    }
    if (bytes > UINT64_MAX - RAM_ALIGN) {
        return fail(errp, "the size %s is too large", size);
    }
    *ret = (bytes + RAM_ALIGN - 1) & ~(uint64_t)(RAM_ALIGN - 1);
    return true;
}

bool settings_ram_size(const Settings *settings, uint64_t *ret, Error **errp)
{
    return read_ram_size(settings, ret, errp) || fail(errp, "-m");
}

/* A count of @key, 0 when not given. */
static bool read_count(const KeyVals *kv, const char *key, unsigned *ret, Error **errp)
{
    const char *text = keyval_get(kv, key);
    uint64_t value = 0;

    if (text && !parse_u64(text, MAX_CPUS, &value, errp)) {
        return fail(errp, "%s=%s", key, text);
    }
    if (text && value == 0) {
        return fail(errp, "%s=%s: must be greater than zero", key, text);
    }
    *ret = (unsigned)value;
    return true;
}

/* At most MAX_CPUS each: the product fits. */
static uint64_t product(uint64_t a, uint64_t b, uint64_t c)
{
    return a * b * c;
}

/* Fill in what was not given: cores before sockets, as current QEMU does. */
static void complete(CpuTopology *t)
{
    t->dies = t->dies ? t->dies : 1;
    if (t->cpus == 0 && t->max_cpus == 0) {
        t->sockets = t->sockets ? t->sockets : 1;
        t->cores = t->cores ? t->cores : 1;
        t->threads = t->threads ? t->threads : 1;
    } else {
        unsigned wanted = t->max_cpus ? t->max_cpus : t->cpus;
        if (t->cores == 0) {
            t->sockets = t->sockets ? t->sockets : 1;
            t->threads = t->threads ? t->threads : 1;
            t->cores = (unsigned)(wanted / product(t->sockets, t->dies, t->threads));
        } else if (t->sockets == 0) {
            t->threads = t->threads ? t->threads : 1;
            t->sockets = (unsigned)(wanted / product(t->dies, t->cores, t->threads));
        }
        if (t->threads == 0) {
            t->threads = (unsigned)(wanted / product(t->sockets, t->dies, t->cores));
        }
    }
    uint64_t all = MIN(product(t->sockets, t->dies, t->cores) * t->threads, UINT32_MAX);
    t->max_cpus = t->max_cpus ? t->max_cpus : MAX(t->cpus, (unsigned)all);
    t->cpus = t->cpus ? t->cpus : t->max_cpus;
}

static bool check_topology(const CpuTopology *t, Error **errp)
{
    if (product(t->sockets, t->dies, t->cores) * t->threads != t->max_cpus) {
        fail(errp, "Invalid CPU topology: sockets (%u) * dies (%u) * cores (%u) * threads (%u) != maxcpus (%u)",
             t->sockets, t->dies, t->cores, t->threads, t->max_cpus);
        return hint(errp, "Give only the counts that matter; the others are completed.");
    }
    if (t->cpus > t->max_cpus) {
        return fail(errp, "Invalid CPU topology: maxcpus (%u) < cpus (%u)", t->max_cpus, t->cpus);
    }
    return true;
}

bool settings_topology(const Settings *settings, CpuTopology *ret, Error **errp)
{
    CpuTopology t = { 0 };
    unsigned clusters;
    const struct {
        const char *key;
        unsigned *count;
    } counts[] = {
        { "cpus", &t.cpus }, { "maxcpus", &t.max_cpus }, { "sockets", &t.sockets }, { "dies", &t.dies },
        { "clusters", &clusters }, { "cores", &t.cores }, { "threads", &t.threads },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (!read_count(settings->smp, counts[i].key, counts[i].count, errp)) {
            return fail(errp, "-smp");
        }
    }
    if (clusters > 1) {
        return fail(errp, "-smp: clusters > 1 not supported by this machine's CPU topology");
    }
    complete(&t);
    if (!check_topology(&t, errp)) {
        return fail(errp, "-smp");
    }
    *ret = t;
    return true;
}
