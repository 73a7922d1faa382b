/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory: where it is mapped, that all of it is there, and who may claim it. */
#include <glib.h>

#include "core/hostmem.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)

static HostMem *make(const char *class_name, uint64_t size)
{
    g_autoptr(KeyVals) settings = keyval_new();
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    Error *err = NULL;

    keyval_add(settings, "size", text);
    HostMem *mem = (HostMem *)object_create(class_find(class_name), "mem", settings, &err);
    g_assert_null(err);
    g_assert_nonnull(mem);
    return mem;
}

/* Huge pages need host and guest addresses that agree in their low 21 bits. */
static void test_alignment(void)
{
    static const char *const classes[] = { "memory-backend-ram", "memory-backend-memfd" };
    static const uint64_t sizes[] = { 2 * MIB, 2 * MIB + 4 * KIB, 4 * MIB - 4 * KIB, 16 * MIB + 8 * KIB, 512 * MIB };

    for (unsigned c = 0; c < G_N_ELEMENTS(classes); c++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
            HostMem *mem = make(classes[c], sizes[i]);
            uint8_t *host = mem->memory.host;
            g_assert_cmphex((uintptr_t)host % (2 * MIB), ==, 0);
            host[0] = 1;
            host[sizes[i] - 1] = 2;
            g_assert_cmpint(host[0] + host[sizes[i] - 1], ==, 3);
            object_free(&mem->obj);
        }
    }
}

static void test_small(void)
{
    HostMem *mem = make("memory-backend-ram", 64 * KIB);

    mem->memory.host[64 * KIB - 1] = 1;
    object_free(&mem->obj);
}

static void assert_claim_fails(const char *id, uint64_t size, const char *pattern)
{
    Error *err = NULL;

    g_assert_null(hostmem_claim(id, size, &err));
    g_assert_true(g_pattern_match_simple(pattern, error_message(err)));
    error_free(err);
}

static void test_claim(void)
{
    HostMem *mem = make("memory-backend-ram", 4 * MIB);
    Error *err = NULL;

    assert_claim_fails("nobody", 4 * MIB, "Memory backend 'nobody' not found");
    assert_claim_fails("mem", 8 * MIB, "*does not match*(8388608 and 4194304 bytes)");
    g_assert_true(hostmem_claim("mem", 4 * MIB, &err) == mem);
    assert_claim_fails("mem", 4 * MIB, "memory backend 'mem' is already in use");
    object_free(&mem->obj);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostmem/lies at a multiple of 2 MiB", test_alignment);
    g_test_add_func("/hostmem/smaller than that", test_small);
    g_test_add_func("/hostmem/claim", test_claim);
    return g_test_run();
}
