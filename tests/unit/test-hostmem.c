/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory: where it is mapped, that all of it is there, and who may claim it. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

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

/* Object class and settings; what the error says, or NULL: it works. %s is a folder of the test's own. */
static const struct {
    const char *class_name, *settings, *error;
} backends[] = {
    { "memory-backend-ram", "size=0", "can't create backend with size 0" },
    { "memory-backend-ram", "size=1M,merge=on,dump=off,prealloc=on", NULL },
    { "memory-backend-ram", "size=64T,prealloc=on", "cannot preallocate * MiB of guest memory: the host has * MiB" },
    { "memory-backend-ram", "size=8E", "cannot set up guest memory 'mem' of 9223372036854775808 bytes: *" },
    { "memory-backend-memfd", "size=0", "can't create backend with size 0" },
    { "memory-backend-memfd", "size=1M,share=off", NULL },
    { "memory-backend-memfd", "size=1M,seal=off,prealloc=on", NULL },
    { "memory-backend-memfd", "size=2M,hugetlb=on,hugetlbsize=3M", "hugetlbsize 3145728 is not a power of two" },
    { "memory-backend-memfd", "size=2M,hugetlb=on,hugetlbsize=4k", "cannot create a memfd of huge pages: *" },
    { "memory-backend-file", "size=1M", "mem-path property not set" },
    { "memory-backend-file", "size=0,mem-path=%s/new", "can't create backend with size 0" },
    { "memory-backend-file", "size=1M,share=on,mem-path=%s/new", NULL },
    { "memory-backend-file", "size=2M,mem-path=%s/new",
      "backing store '*' size 0x100000 does not match 'size' option 0x200000" },
    { "memory-backend-file", "size=512k,mem-path=%s/new", NULL },
    { "memory-backend-file", "size=1M,mem-path=%s", NULL },
    { "memory-backend-file", "size=1M,mem-path=%s/no/such", "can't open backing store '*' for guest memory: No such file or directory" },
};

static void test_backends(void)
{
    g_autofree char *folder = g_dir_make_tmp("hostmem-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(folder, "new", NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(backends); i++) {
        g_auto(GStrv) parts = g_strsplit(backends[i].settings, "%s", 2);
        g_autofree char *text = g_strjoinv(folder, parts);
        Error *err = NULL;
        g_autoptr(KeyVals) kv = keyval_parse(text, NULL, &err);
        Object *obj = object_create(class_find(backends[i].class_name), "mem", kv, &err);
        g_test_message("%s,%s", backends[i].class_name, text);
        if (backends[i].error) {
            g_assert_null(obj);
            g_assert_true(g_pattern_match_simple(backends[i].error, error_message(err)));
            error_free(err);
            continue;
        }
        g_assert_nonnull(obj);
        memset(((HostMem *)obj)->memory.host, 0xa5, 4096);
        object_free(obj);
    }
    g_unlink(file);
    g_assert_cmpint(g_rmdir(folder), ==, 0);    /* what was made in the folder has no name */
}

/* Another process maps the file: only what is mapped shared is in it. */
static void test_only_shared_memory_has_a_file(void)
{
    HostMem *mem = make("memory-backend-memfd", MIB);
    uint8_t byte;

    mem->memory.host[5] = 0x77;
    g_assert_cmpint(pread(mem->memory.fd, &byte, 1, 5), ==, 1);
    g_assert_cmphex(byte, ==, 0x77);
    g_assert_cmpint(fcntl(mem->memory.fd, F_GET_SEALS) & F_SEAL_SHRINK, ==, F_SEAL_SHRINK);
    object_free(&mem->obj);
    mem = make("memory-backend-ram", MIB);
    g_assert_cmpint(mem->memory.fd, ==, -1);
    object_free(&mem->obj);
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("size=1M,share=off", NULL, &err);
    mem = (HostMem *)object_create(class_find("memory-backend-memfd"), "mem", kv, &err);
    g_assert_cmpint(mem->memory.fd, ==, -1);
    object_free(&mem->obj);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostmem/lies at a multiple of 2 MiB", test_alignment);
    g_test_add_func("/hostmem/smaller than that", test_small);
    g_test_add_func("/hostmem/claim", test_claim);
    g_test_add_func("/hostmem/backends", test_backends);
    g_test_add_func("/hostmem/only shared memory has a file", test_only_shared_memory_has_a_file);
    return g_test_run();
}
