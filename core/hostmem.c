/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory on the host; see hostmem.h. */
#include "core/hostmem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/command.h"
#include "core/tree.h"
#include "lib/fd.h"

#define MIB ((uint64_t)1024 * 1024)

static bool check_size(HostMem *mem, Error **errp)
{
    if (mem->size == 0) {
        fail(errp, "can't create backend with size 0");
        return hint(errp, "Give its size, for example size=1G.");
    }
    return true;
}

/* The bytes of a page when @fd is a file of huge pages, else 0. */
static uint64_t huge_page_size(int fd)
{
    struct statfs fs;

    return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize : 0;
}

static bool check_huge_size(const HostMem *mem, Error **errp)
{
    uint64_t page = huge_page_size(mem->fd);

    if (page && mem->size % page) {
        return fail(errp, "the size %" G_GUINT64_FORMAT " is not a multiple of the huge page size %" G_GUINT64_FORMAT,
                    mem->size, page);
    }
    return true;
}

/* Touching more memory than there is would have the kernel kill somebody. Files on a disk can be larger. */
static bool check_fits_host(const HostMem *mem, Error **errp)
{
    struct sysinfo host;

    if (!mem->prealloc || mem->mem_path || huge_page_size(mem->fd) || sysinfo(&host) < 0) {
        return true;
    }
    uint64_t bytes = ((uint64_t)host.totalram + host.totalswap) * host.mem_unit;
    return mem->size <= bytes ||
           fail(errp, "cannot preallocate %" G_GUINT64_FORMAT " MiB of guest memory: the host has %" G_GUINT64_FORMAT " MiB",
                mem->size / MIB, bytes / MIB);
}

static bool prefault(HostMem *mem, Error **errp)
{
    if (mem->prealloc && madvise(mem->memory.host, mem->size, MADV_POPULATE_WRITE) < 0) {
        fail_errno(errp, errno, "cannot preallocate %" G_GUINT64_FORMAT " bytes of guest memory", mem->size);
        return hint(errp, "Give the guest less memory, or reserve more huge pages on the host.");
    }
    return true;
}

/* Huge pages are reserved: the guest would die at the first one that is missing. */
static int map_flags(const HostMem *mem, int fd)
{
    return (mem->share ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
           (huge_page_size(fd) ? 0 : MAP_NORESERVE);
}

static bool cannot_map(const HostMem *mem, int fd, int err, Error **errp)
{
    fail_errno(errp, err, "cannot set up guest memory '%s' of %" G_GUINT64_FORMAT " bytes",
               mem->obj.id ? mem->obj.id : mem->obj.class->name, mem->size);
    return hint(errp, huge_page_size(fd) ? "Reserve more huge pages on the host: /proc/sys/vm/nr_hugepages."
                                         : "Give the guest less memory.");
}

/*
 * Map @fd at a multiple of 2 MiB: host and guest addresses that agree in their
 * low 21 bits are what KVM and the IOMMU need for huge pages. Kernels before
 * 6.7 do not align by themselves.
 */
static void *map_aligned(const HostMem *mem, int fd)
{
    const uint64_t align = 2 * MIB;
    uint64_t size = (mem->size + 0xfff) & ~UINT64_C(0xfff);
    int flags = map_flags(mem, fd), access = PROT_READ | PROT_WRITE;

    if (size < align || huge_page_size(fd)) {   /* a file of huge pages is aligned */
        return mmap(NULL, mem->size, access, flags, fd, 0);
    }
    uint8_t *room = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return room;
    }
    uint64_t before = -(uintptr_t)room & (align - 1);
    void *host = mmap(room + before, mem->size, access, flags | MAP_FIXED, fd, 0);
    int err = errno;
    if (host == MAP_FAILED) {
        munmap(room, size + align);
        errno = err;
        return host;
    }
    if (before > 0) {
        munmap(room, before);
    }
    munmap(room + before + size, align - before);
    return host;
}

/* Map @fd (-1: anonymous), advise and prefault it. */
static bool map_memory(HostMem *mem, int fd, Error **errp)
{
    if (!check_fits_host(mem, errp)) {
        return false;
    }
    void *host = map_aligned(mem, fd);
    if (host == MAP_FAILED) {
        return cannot_map(mem, fd, errno, errp);
    }
    mem->memory.host = host;
    mem->memory.fd = mem->share ? fd : -1;      /* a private mapping is not what the file holds */
    madvise(host, mem->size, MADV_DONTFORK);
    if (fd < 0) {
        madvise(host, mem->size, MADV_HUGEPAGE);
    }
    if (mem->merge) {
        madvise(host, mem->size, MADV_MERGEABLE);
    }
    if (!mem->dump) {
        madvise(host, mem->size, MADV_DONTDUMP);
    }
    return prefault(mem, errp);
}

static void hostmem_unrealize(Object *obj)
{
    HostMem *mem = (HostMem *)obj;

    if (mem->memory.host) {
        munmap(mem->memory.host, mem->size);
        mem->memory.host = NULL;
    }
    fd_close(&mem->fd);
}

static void hostmem_init(Object *obj)
{
    HostMem *mem = (HostMem *)obj;

    mem->fd = mem->memory.fd = -1;
}

CLASS(hostmem_class) = {
    .name = "memory-backend",
    .parent = &user_creatable_class,
    .desc = "Guest memory",
    .size = sizeof(HostMem),
    .abstract = true,
    .props = (const Property[]){
        PROP(HostMem, size, size, "size", NULL, "Size in bytes"),
        PROP(HostMem, share, bool, "share", "off", "Map it shared, so that another process can map the same pages"),
        PROP(HostMem, prealloc, bool, "prealloc", "off", "Touch every page before the guest starts"),
        PROP(HostMem, dump, bool, "dump", "on", "Include it in core dumps"),
        PROP(HostMem, merge, bool, "merge", "off", "Let the kernel merge equal pages (KSM)"),
        { }
    },
    .init = hostmem_init,
    .unrealize = hostmem_unrealize,
};

static bool ram_realize(Object *obj, Error **errp)
{
    HostMem *mem = (HostMem *)obj;

    return check_size(mem, errp) && map_memory(mem, -1, errp);
}

CLASS(hostmem_ram_class) = {
    .name = "memory-backend-ram",
    .parent = &hostmem_class,
    .desc = "Anonymous guest memory",
    .size = sizeof(HostMem),
    .realize = ram_realize,
};

static bool memfd_realize(Object *obj, Error **errp)
{
    HostMem *mem = (HostMem *)obj;
    unsigned flags = MFD_CLOEXEC | (mem->seal ? MFD_ALLOW_SEALING : 0) | (mem->hugetlb ? MFD_HUGETLB : 0);

    if (!check_size(mem, errp)) {
        return false;
    }
    if (mem->hugetlb && mem->hugetlbsize) {
        if (mem->hugetlbsize & (mem->hugetlbsize - 1)) {
            return fail(errp, "hugetlbsize %" G_GUINT64_FORMAT " is not a power of two", mem->hugetlbsize);
        }
        flags |= (unsigned)__builtin_ctzll(mem->hugetlbsize) << MFD_HUGE_SHIFT;
    }
    mem->fd = memfd_create("guest-memory", flags);
    if (mem->fd < 0) {
        fail_errno(errp, errno, "cannot create a memfd%s", mem->hugetlb ? " of huge pages" : "");
        return mem->hugetlb ? hint(errp, "/sys/kernel/mm/hugepages has the sizes this host knows.") : false;
    }
    if (!check_huge_size(mem, errp)) {
        return false;
    }
    if (ftruncate(mem->fd, (off_t)mem->size) < 0) {
        return fail_errno(errp, errno, "cannot size a memfd to %" G_GUINT64_FORMAT " bytes", mem->size);
    }
    if (mem->seal) {
        fcntl(mem->fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    }
    return map_memory(mem, mem->fd, errp);
}

CLASS(hostmem_memfd_class) = {
    .name = "memory-backend-memfd",
    .parent = &hostmem_class,
    .desc = "Guest memory in a memfd",
    .size = sizeof(HostMem),
    .props = (const Property[]){
        PROP(HostMem, share, bool, "share", "on", "Map it shared, so that another process can map the same pages"),
        PROP(HostMem, hugetlb, bool, "hugetlb", "off", "Use huge pages"),
        PROP(HostMem, hugetlbsize, size, "hugetlbsize", "0", "Size of the huge pages; 0: the host's default"),
        PROP(HostMem, seal, bool, "seal", "on", "Forbid later changes of size"),
        { }
    },
    .realize = memfd_realize,
};

/* A file, or a new unlinked file when the path is a folder (hugetlbfs). */
static int open_path(HostMem *mem, Error **errp)
{
    struct stat st;
    bool folder = stat(mem->mem_path, &st) == 0 && S_ISDIR(st.st_mode);
    g_autofree char *name = folder ? g_build_filename(mem->mem_path, "guest-memory.XXXXXX", NULL) : NULL;
    int fd = folder ? g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600)
                    : open(mem->mem_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) {
        fail_errno(errp, errno, "can't open backing store '%s' for guest memory", mem->mem_path);
        return -1;
    }
    if (folder) {
        unlink(name);
    }
    return fd;
}

static bool fit_file(HostMem *mem, Error **errp)
{
    struct stat st;

    if (!check_huge_size(mem, errp)) {
        return false;
    }
    if (fstat(mem->fd, &st) < 0) {
        return fail_errno(errp, errno, "cannot inspect '%s'", mem->mem_path);
    }
    if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size < mem->size) {
        return fail(errp, "backing store '%s' size 0x%" G_GINT64_MODIFIER "x does not match 'size' option 0x%" G_GINT64_MODIFIER "x",
                    mem->mem_path, (uint64_t)st.st_size, mem->size);
    }
    if (S_ISREG(st.st_mode) && st.st_size == 0 && ftruncate(mem->fd, (off_t)mem->size) < 0) {
        return fail_errno(errp, errno, "cannot size '%s' to %" G_GUINT64_FORMAT " bytes", mem->mem_path, mem->size);
    }
    return true;
}

static bool file_realize(Object *obj, Error **errp)
{
    HostMem *mem = (HostMem *)obj;

    if (!mem->mem_path) {
        return fail(errp, "mem-path property not set");
    }
    if (!check_size(mem, errp)) {
        return false;
    }
    mem->fd = open_path(mem, errp);
    return mem->fd >= 0 && fit_file(mem, errp) && map_memory(mem, mem->fd, errp);
}

CLASS(hostmem_file_class) = {
    .name = "memory-backend-file",
    .parent = &hostmem_class,
    .desc = "Guest memory in a file",
    .size = sizeof(HostMem),
    .props = (const Property[]){
        PROP(HostMem, mem_path, str, "mem-path", NULL, "File, or folder to make a file in (hugetlbfs)"),
        PROP(HostMem, discard_data, bool, "discard-data", "off", "Accepted; the file keeps its contents"),
        PROP(HostMem, align, size, "align", "0", "Accepted; mappings are page-aligned"),
        { }
    },
    .realize = file_realize,
};

HostMem *hostmem_anonymous(const char *id, uint64_t size, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_new();
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size);

    keyval_add(settings, "size", text);
    Object *obj = object_create(&hostmem_ram_class, id, settings, errp);
    if (obj) {
        obj->in_use = true;
    }
    if (obj && id) {
        tree_place(tree_at(TREE_OBJECTS), id, obj);
    }
    return (HostMem *)obj;
}

HostMem *hostmem_claim(const char *id, uint64_t size, Error **errp)
{
    HostMem *mem = (HostMem *)object_find(&hostmem_class, id);

    if (!mem) {
        fail(errp, "Memory backend '%s' not found", id);
        hint(errp, "Make it with -object memory-backend-ram,id=ID,size=SIZE, or -file, or -memfd.");
    } else if (mem->obj.in_use) {
        fail(errp, "memory backend '%s' is already in use", id);
    } else if (mem->size != size) {
        fail(errp, "Machine memory size does not match the size of the memory backend '%s' (%" G_GUINT64_FORMAT
             " and %" G_GUINT64_FORMAT " bytes)", id, size, mem->size);
        hint(errp, "Give -m and size= the same value.");
    } else {
        mem->obj.in_use = true;
        return mem;
    }
    return NULL;
}

/* ---- commands ---- */

static const struct {
    const char *name;
    size_t offset;
} switches[] = {
    { "merge", offsetof(HostMem, merge) },
    { "dump", offsetof(HostMem, dump) },
    { "prealloc", offsetof(HostMem, prealloc) },
    { "share", offsetof(HostMem, share) },
};

static bool switch_of(const HostMem *mem, unsigned i)
{
    return *(const bool *)((const char *)mem + switches[i].offset);
}

static Json *describe_memory(const HostMem *mem)
{
    Json *item = json_add_int(json_new(), "size", (int64_t)mem->size);

    for (unsigned i = 0; i < G_N_ELEMENTS(switches); i++) {
        json_add_bool(item, switches[i].name, switch_of(mem, i));
    }
    json_add_bool(item, "reserve", true);
    json_add(item, "host-nodes", json_array());
    json_add_str(item, "policy", "default");
    return mem->obj.id ? json_add_str(item, "id", mem->obj.id) : item;
}

/* Of the user's and the machine's memory; ROM images have no name and are nobody's backend. */
static GPtrArray *named_memory(void)
{
    GPtrArray *list = object_list(&hostmem_class);

    for (unsigned i = list->len; i-- > 0;) {
        if (!((const Object *)list->pdata[i])->id) {
            g_ptr_array_remove_index(list, i);
        }
    }
    return list;
}

static bool query_memdev(QmpCall *call, Error **errp)
{
    g_autoptr(GPtrArray) list = named_memory();

    call->ret = json_array();
    for (unsigned i = 0; i < list->len; i++) {
        json_append(call->ret, describe_memory(list->pdata[i]));
    }
    return true;
}

QMP_COMMAND(qmp_query_memdev) = {
    .name = "query-memdev",
    .help = "Backends of guest memory",
    .returns = "[{?id:str,size:int,merge:bool,dump:bool,prealloc:bool,share:bool,?reserve:bool,host-nodes:[int],"
               "policy:default|preferred|bind|interleave}]",
    .run = query_memdev,
    .preconfig = true,
};

static bool info_memdev(GString *out, const char *args, Error **errp)
{
    g_autoptr(GPtrArray) list = named_memory();

    for (unsigned i = 0; i < list->len; i++) {
        const HostMem *mem = list->pdata[i];
        g_string_append_printf(out, "memory backend: %s\n  size:  %" G_GUINT64_FORMAT "\n", mem->obj.id, mem->size);
        for (unsigned j = 0; j < G_N_ELEMENTS(switches); j++) {
            g_string_append_printf(out, "  %s: %s\n", switches[j].name, switch_of(mem, j) ? "true" : "false");
        }
        g_string_append(out, "  reserve: true\n  policy: default\n  host nodes: \n");
    }
    g_string_append_c(out, '\n');
    return true;
}

HMP_COMMAND(hmp_info_memdev) = { .name = "info memdev", .help = "Backends of guest memory", .run = info_memdev };
