/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the pc: RAM, and what devices have set aside for themselves. */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "core/accel.h"
#include "hw/i386/pc.h"

#define PAGE UINT64_C(4096)
#define MIB UINT64_C(0x100000)

/* KVM keeps its task state segment and identity page table here on Intel hosts (accel/kvm/kvm.c). */
static const MemoryMapWindow reserved_for_kvm = { 0xfeffc000, 0x4000 };

/* ---- the map ---- */

/* The map with @carved in it, which the caller keeps. */
static MemoryMapConfig map_config(const PcMachine *pc, const GArray *carved)
{
    return (MemoryMapConfig){
        .ram_size = pc->machine.ram_size,
        .max_ram_below_4g = pc->machine.max_ram_below_4g,
        .phys_bits = accel_phys_bits(),
        .reserved = &reserved_for_kvm,
        .reserved_count = 1,
        .carved = (const MemoryMapWindow *)(const void *)carved->data,
        .carved_count = carved->len,
        .holes = machine_firmware_is_seabios(),
    };
}

static GArray *carved_with(const PcMachine *pc, MemoryMapWindow more)
{
    GArray *carved = g_array_new(false, false, sizeof(MemoryMapWindow));

    if (pc->carved) {
        g_array_append_vals(carved, pc->carved->data, pc->carved->len);
    }
    if (more.size) {
        g_array_append_val(carved, more);
    }
    return carved;
}

/* Make the map anew with @more carved out of it; nothing has changed when that fails. */
static bool make_map(PcMachine *pc, MemoryMapWindow more, Error **errp)
{
    GArray *carved = carved_with(pc, more);
    MemoryMapConfig config = map_config(pc, carved);
    MemoryMap map;

    if (!memory_map_init(&config, &map, errp)) {
        g_array_unref(carved);
        return false;
    }
    memory_map_finish(&pc->map);
    pc->map = map;
    g_clear_pointer(&pc->carved, g_array_unref);
    pc->carved = carved;
    return true;
}

/* Room for @size bytes, and the map with it. */
static bool carve_anywhere(PcMachine *pc, uint64_t size, uint64_t align, uint64_t *ret_base, Error **errp)
{
    MemoryMapConfig config = map_config(pc, pc->carved);

    return memory_map_find_room(&config, size, align, ret_base, errp) &&
           make_map(pc, (MemoryMapWindow){ *ret_base, size }, errp);
}

bool pc_memory_make(PcMachine *pc, Error **errp)
{
    const char *backend = pc->machine.memory_backend;

    if (!make_map(pc, (MemoryMapWindow){ 0 }, errp)) {
        return false;
    }
    pc->ram = backend ? hostmem_claim(backend, pc->machine.ram_size, errp)
                      : hostmem_anonymous("pc.ram", pc->machine.ram_size, errp);
    if (!pc->ram) {
        return backend ? fail(errp, "-machine memory-backend=%s", backend) : false;
    }
    region_init_ram(&pc->ram_region, "pc.ram", pc->machine.ram_size, pc->ram->memory);
    return true;
}

/* ---- what is set aside for devices that are plugged in ---- */

static MemoryMapWindow window_of(const MachineReservation *reservation)
{
    return (MemoryMapWindow){ reservation->base, reservation->size };
}

static bool overlap(MemoryMapWindow a, MemoryMapWindow b)
{
    return a.base < b.base + b.size && b.base < a.base + a.size;
}

/* The first place from @base up that no other reservation has. */
static uint64_t skip_taken(const PcMachine *pc, uint64_t base, uint64_t size, uint64_t align)
{
    for (unsigned i = 0; i < pc->reservations->len;) {
        MemoryMapWindow taken = window_of(pc->reservations->pdata[i++]);
        if (overlap((MemoryMapWindow){ base, size }, taken)) {
            base = (taken.base + taken.size + align - 1) & ~(align - 1);
            i = 0;
        }
    }
    return base;
}

/* In the pool: at the address asked for, or the first that is free. */
static bool take_from_pool(PcMachine *pc, MachineReservation *reservation, Error **errp)
{
    bool anywhere = reservation->base == MACHINE_ANYWHERE;
    uint64_t want = anywhere ? (pc->pool.base + reservation->align - 1) & ~(reservation->align - 1) : reservation->base;
    uint64_t base = skip_taken(pc, want, reservation->size, reservation->align);

    if (pc->pool.size == 0) {
        return fail(errp, "guest memory cannot be set aside while the guest runs: start it with -machine igd-reserve=%"
                    PRIu64 "M, or with the device", (reservation->size + 2 * MIB - 1) / MIB);
    }
    if ((!anywhere && base != want) || base < pc->pool.base ||
        base + reservation->size > pc->pool.base + pc->pool.size) {
        return fail(errp, "%" PRIu64 " KiB at %s do not fit in what -machine igd-reserve= has set aside, %" PRIu64
                    " MiB at 0x%" PRIx64 ": %s", reservation->size / 1024, anywhere ? "any address" : "a given address",
                    pc->pool.size / MIB, pc->pool.base,
                    anywhere ? "give igd-reserve= more" : "only the start of the guest can do that");
    }
    reservation->base = base;
    return true;
}

/* With an alignment stolen memory needs, and room for the OpRegion behind it. */
static bool make_pool(PcMachine *pc, Error **errp)
{
    /* More than there can be room for is still that when it is rounded up. */
    uint64_t size = (MIN(pc->machine.igd_reserve, MEMORY_MAP_4G) + PAGE - 1) & ~(PAGE - 1), base;

    if (size == 0) {
        return true;
    }
    if (!carve_anywhere(pc, size, MIB, &base, errp)) {
        return fail(errp, "-machine igd-reserve=");
    }
    pc->pool = (MemoryMapWindow){ base, size };
    return true;
}

/* ---- reservations ---- */

static bool find_place(PcMachine *pc, MachineReservation *reservation, Error **errp)
{
    if (pc->laid) {
        return take_from_pool(pc, reservation, errp);
    }
    if (reservation->base != MACHINE_ANYWHERE) {
        return make_map(pc, window_of(reservation), errp);
    }
    return carve_anywhere(pc, reservation->size, reservation->align, &reservation->base, errp);
}

bool pc_memory_reserve(Machine *machine, MachineReservation *reservation, Error **errp)
{
    PcMachine *pc = (PcMachine *)machine;
    uint64_t asked = reservation->base;
    void *host = mmap(NULL, reservation->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    g_assert(!reservation->memory.host && reservation->size % PAGE == 0 && reservation->align % PAGE == 0);
    if (host == MAP_FAILED) {
        return fail_errno(errp, errno, "no memory for %" PRIu64 " MiB of the guest", reservation->size / MIB);
    }
    if (!find_place(pc, reservation, errp)) {
        reservation->base = asked;
        munmap(host, reservation->size);
        return false;
    }
    madvise(host, reservation->size, MADV_DONTFORK);
    reservation->memory = (HostMemory){ .host = host, .fd = -1 };
    region_init_ram(&reservation->region, reservation->name, reservation->size, reservation->memory);
    region_add(&pc->memory_root, &reservation->region, reservation->base, 0);
    g_ptr_array_add(pc->reservations, reservation);
    return true;
}

/* What was carved stays so: the guest has been told. */
void pc_memory_unreserve(Machine *machine, MachineReservation *reservation)
{
    PcMachine *pc = (PcMachine *)machine;

    region_finish(&reservation->region);
    munmap(reservation->memory.host, reservation->size);
    reservation->memory.host = NULL;
    g_ptr_array_remove(pc->reservations, reservation);
}

/* ---- the end of building ---- */

bool pc_memory_lay(Machine *machine, Error **errp)
{
    PcMachine *pc = (PcMachine *)machine;

    if (!make_pool(pc, errp)) {
        return false;
    }
    pc->laid = true;
    i440fx_lay_ram(pc->i440fx, &pc->map.ram);
    return space_settle(&memory_space, errp);
}

void pc_memory_forget(PcMachine *pc)
{
    region_finish(&pc->ram_region);
    memory_map_finish(&pc->map);
    g_clear_pointer(&pc->carved, g_array_unref);
    g_clear_pointer(&pc->reservations, g_ptr_array_unref);
}
