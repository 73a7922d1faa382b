/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A region of a VFIO device as a Region of the guest: a trap that reads and
 * writes through the transport, and direct mappings above it; see vfio.h.
 */
#include <errno.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/guarded.h"
#include "hw/vfio/vfio.h"
#include "lib/log.h"

#define HEX "0x%" G_GINT64_MODIFIER "x"

/* Why direct areas are hidden: bits of VfioRegion.trapped. */
enum {
    TRAPPED_BY_OWNER = 1 << 0,      /* vfio_region_trap_all() */
    TRAPPED_BY_FAULT = 1 << 1,      /* a vCPU met memory that did not answer */
    TRAPPED_FOR_GOOD = 1 << 2,      /* vfio_region_give_up() */
    TRAPPED_ASLEEP = 1 << 3,        /* vfio_region_sleep() */
};

/* How long accesses trap after a fault. Then the guest's next touch shows whether the device answers again. */
#define FAULT_PAUSE_NS (100 * NS_PER_MS)

/* Faults forgiven during the pause: other vCPUs may have been on their way. One that goes on is not ours. */
enum { FAULT_REPEATS_MAX = 1000 };

struct VfioMappedArea {
    Region region;
    VfioArea area;      /* in the VFIO region */
    void *host;
    size_t host_size;   /* whole pages; more than area.size for a BAR smaller than a page */
};

struct VfioRegionFault {
    Notifier notifier;  /* of device_fault_notifiers; first, so that it leads back here */
    VfioRegion *region;
    Timer timer;
    unsigned repeats;   /* since the pause began */
};

static uint64_t page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- trapped accesses ---- */

static uint64_t all_ones(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ULL << (8 * size)) - 1;
}

static void tell_access(VfioRegion *region)
{
    if (region->on_access) {
        region->on_access(region->opaque);
    }
}

/* The kernel would refuse each access, and a device server may know nothing of sleep. */
static bool is_asleep(const VfioRegion *region, const char *what, uint64_t offset, unsigned size)
{
    bool asleep = region->trapped & TRAPPED_ASLEEP;

    if (asleep) {
        log_guest("%s: %u byte %s at " HEX " while the device sleeps", region->name, size, what, offset);
    }
    return asleep;
}

uint64_t vfio_region_read(VfioRegion *region, uint64_t offset, unsigned size)
{
    uint64_t raw = 0;

    if (is_asleep(region, "read", offset, size)) {
        return all_ones(size);
    }
    ssize_t got = region->dev->ops->read(region->dev, &region->info, offset, &raw, size);

    tell_access(region);
    if (got < 0) {
        warn_limited("vfio_region_read(%s:region%u+" HEX ", %u) failed: %s", region->dev->name, region->info.index,
                     offset, size, g_strerror((int)-got));
        return all_ones(size);
    }
    return GUINT64_FROM_LE(raw);
}

void vfio_region_write(VfioRegion *region, uint64_t offset, uint64_t value, unsigned size)
{
    uint64_t raw = GUINT64_TO_LE(value);

    if (is_asleep(region, "write", offset, size)) {
        return;
    }
    ssize_t got = region->dev->ops->write(region->dev, &region->info, offset, &raw, size);

    tell_access(region);
    if (got < 0) {
        warn_limited("vfio_region_write(%s:region%u+" HEX ", " HEX ", %u) failed: %s", region->dev->name,
                     region->info.index, offset, value, size, g_strerror((int)-got));
    }
}

static uint64_t trap_read(void *opaque, uint64_t offset, unsigned size)
{
    return vfio_region_read(opaque, offset, size);
}

static void trap_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    vfio_region_write(opaque, offset, value, size);
}

static const RegionOps trap_ops = { .read = trap_read, .write = trap_write, .min_size = 1, .max_size = 8 };

/* ---- up, down ---- */

static uint64_t bar_size(uint64_t size)
{
    return size <= 4 ? 4 : 1ULL << (64 - __builtin_clzll(size - 1));
}

bool vfio_region_up(VfioRegion *region, VfioDevice *dev, unsigned index, const char *name, Error **errp)
{
    region->dev = dev;
    if (!vfio_region_info(dev, index, &region->info, errp)) {
        return false;
    }
    if (region->info.size == 0) {
        return true;
    }
    if (region->info.size > INT64_MAX) {
        return fail(errp, "region %u of %s has an impossible size: " HEX, index, dev->name, region->info.size);
    }
    region->name = g_strdup_printf("%s %s", dev->name, name);
    region_init_container(&region->region, region->name, bar_size(region->info.size));
    region_init_io(&region->trap, region->name, region->info.size, &trap_ops, region);
    region_add(&region->region, &region->trap, 0, 0);
    return true;
}

static void areas_down(VfioRegion *region)
{
    for (unsigned i = 0; i < region->area_count; i++) {
        region_finish(&region->areas[i].region);
        munmap(region->areas[i].host, region->areas[i].host_size);
    }
    g_clear_pointer(&region->areas, g_free);
    region->area_count = 0;
}

static void fault_down(VfioRegion *region)
{
    if (region->fault) {
        notifier_del(&device_fault_notifiers, &region->fault->notifier);
        timer_cancel(&region->fault->timer);
        g_clear_pointer(&region->fault, g_free);
    }
}

void vfio_region_down(VfioRegion *region)
{
    region_finish(&region->region);
    fault_down(region);
    areas_down(region);
    region_finish(&region->trap);
    vfio_region_info_clear(&region->info);
    g_clear_pointer(&region->name, g_free);
    region->trapped = 0;
}

/* ---- hiding direct areas ---- */

static void set_trapped(VfioRegion *region, unsigned reason, bool on)
{
    region->trapped = on ? region->trapped | reason : region->trapped & ~reason;
    region_transaction_begin();
    for (unsigned i = 0; i < region->area_count; i++) {
        region_hide(&region->areas[i].region, region->trapped != 0);
    }
    region_transaction_commit();
}

void vfio_region_trap_all(VfioRegion *region, bool trap)
{
    set_trapped(region, TRAPPED_BY_OWNER, trap);
}

void vfio_region_sleep(VfioRegion *region, bool asleep)
{
    set_trapped(region, TRAPPED_ASLEEP, asleep);
}

void vfio_region_give_up(VfioRegion *region)
{
    set_trapped(region, TRAPPED_FOR_GOOD, true);
}

static bool lies_in(VfioRegion *region, uint64_t addr)
{
    const Range *range = space_find(&memory_space, addr);

    for (unsigned i = 0; range && i < region->area_count; i++) {
        if (range->region == &region->areas[i].region) {
            return true;
        }
    }
    return range && range->region == &region->trap;     /* it was hidden meanwhile */
}

/* A vCPU touched memory the kernel has taken away: let it come through the trap, which answers with all ones. */
static void on_device_fault(Notifier *notifier, void *data)
{
    VfioRegionFault *fault = (VfioRegionFault *)notifier;
    VfioRegion *region = fault->region;
    DeviceFault *event = data;

    if (event->addr && !lies_in(region, *event->addr)) {
        return;
    }
    if (!(region->trapped & TRAPPED_BY_FAULT)) {
        fault->repeats = 0;
        set_trapped(region, TRAPPED_BY_FAULT, true);
        timer_set(&fault->timer, clock_now(CLOCK_HOST) + FAULT_PAUSE_NS);
    }
    event->handled |= fault->repeats++ < FAULT_REPEATS_MAX;
}

static void on_fault_timer(void *opaque)
{
    set_trapped(opaque, TRAPPED_BY_FAULT, false);
}

static void fault_up(VfioRegion *region)
{
    guarded_install();
    region->fault = g_new0(VfioRegionFault, 1);
    region->fault->notifier.notify = on_device_fault;
    region->fault->region = region;
    timer_init(&region->fault->timer, CLOCK_HOST, on_fault_timer, region);
    notifier_add(&device_fault_notifiers, &region->fault->notifier);
}

/* ---- mapping ---- */

static void add_plan(GArray *plan, uint64_t first, uint64_t end)
{
    VfioArea area = { first, end - first };

    if (end > first) {
        g_array_append_val(plan, area);
    }
}

/* Take @hole, rounded out to pages, out of every area of @plan; returns the new plan and frees the old. */
static GArray *cut_hole(GArray *plan, const VfioArea *hole)
{
    GArray *cut = g_array_new(false, false, sizeof(VfioArea));
    uint64_t mask = page_size() - 1, hole_first = hole->offset & ~mask;
    uint64_t hole_end = (hole->offset + hole->size + mask) & ~mask;

    for (unsigned i = 0; i < plan->len; i++) {
        const VfioArea *area = &g_array_index(plan, VfioArea, i);
        uint64_t end = area->offset + area->size;
        add_plan(cut, area->offset, MIN(end, hole_first));
        add_plan(cut, MAX(area->offset, hole_end), end);
    }
    g_array_unref(plan);
    return cut;
}

static bool is_subpage(const VfioRegion *region)
{
    return region->info.size < page_size();
}

/*
 * What to map: the areas in whole pages, less the holes. A region smaller than
 * a page is mapped whole. The caller frees it.
 */
static GArray *plan_areas(const VfioRegion *region, const VfioArea *holes, unsigned hole_count)
{
    GArray *plan = g_array_new(false, false, sizeof(VfioArea));
    uint64_t mask = page_size() - 1;

    for (unsigned i = 0; i < region->info.area_count; i++) {
        const VfioArea *area = &region->info.areas[i];
        uint64_t end = area->offset + area->size;
        if (is_subpage(region)) {
            add_plan(plan, 0, region->info.size == end && area->offset == 0 ? end : 0);
        } else {
            add_plan(plan, (area->offset + mask) & ~mask, end & ~mask);
        }
    }
    for (unsigned i = 0; i < hole_count; i++) {
        plan = holes[i].size ? cut_hole(plan, &holes[i]) : plan;
    }
    return plan;
}

static bool map_area(VfioRegion *region, const VfioArea *area)
{
    void *host = region->dev->ops->map(region->dev, &region->info, area, NULL);

    if (host == MAP_FAILED) {
        warn("Failed to mmap %s. Performance may be slow: %s", region->name, g_strerror(errno));
        return false;
    }
    struct VfioMappedArea *mapped = &region->areas[region->area_count++];
    *mapped = (struct VfioMappedArea){
        .area = *area, .host = host, .host_size = (area->size + page_size() - 1) & ~(page_size() - 1),
    };
    region_init_device_ram(&mapped->region, region->name, area->size, (HostMemory){ .host = host, .fd = -1 });
    region_hide(&mapped->region, region->trapped != 0);
    region_set_readonly(&mapped->region, !(region->info.flags & VFIO_REGION_INFO_FLAG_WRITE));
    region_add(&region->region, &mapped->region, area->offset, 1);
    return true;
}

void vfio_region_map(VfioRegion *region, const VfioArea *holes, unsigned hole_count)
{
    g_autoptr(GArray) plan = plan_areas(region, holes, hole_count);

    if (plan->len == 0 || region->area_count > 0) {
        return;
    }
    region->areas = g_new0(struct VfioMappedArea, plan->len);
    region_transaction_begin();
    for (unsigned i = 0; i < plan->len && map_area(region, &g_array_index(plan, VfioArea, i)); i++) {
    }
    region_transaction_commit();
    if (region->area_count > 0) {
        fault_up(region);
    }
}

const void *vfio_region_host(const VfioRegion *region, uint64_t offset, uint64_t len)
{
    for (unsigned i = 0; i < region->area_count; i++) {
        const VfioArea *area = &region->areas[i].area;
        if (offset >= area->offset && len <= area->size && offset - area->offset <= area->size - len) {
            return (const uint8_t *)region->areas[i].host + (offset - area->offset);
        }
    }
    return NULL;
}

void vfio_region_subpage(VfioRegion *region, bool guest_addr_page_aligned)
{
    if (region->area_count != 1 || !is_subpage(region)) {
        return;
    }
    region_transaction_begin();
    region_set_size(&region->region, guest_addr_page_aligned ? page_size() : bar_size(region->info.size));
    region_set_size(&region->areas[0].region, guest_addr_page_aligned ? page_size() : region->info.size);
    region_transaction_commit();
}
