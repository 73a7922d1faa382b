/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VFIO device and a DMA backend in memory; see vfio-fake.h. */
#include "tests/unit/vfio-fake.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fd.h"

void fake_fail(FakeCalls *calls, FakeCall call, int error, int skip, int times)
{
    calls->of[call].error = error;
    calls->of[call].skip = skip;
    calls->of[call].times = times;
}

/* Count the call; 0 or the error it is to have. */
static int called(FakeCalls *calls, FakeCall call)
{
    calls->of[call].count++;
    if (calls->of[call].times == 0) {
        return 0;
    }
    if (calls->of[call].skip > 0) {
        calls->of[call].skip--;
        return 0;
    }
    calls->of[call].times--;
    return calls->of[call].error;
}

/* ---- the transport ---- */

static FakeDevice *fake_of(VfioDevice *dev)
{
    return dev->opaque;
}

static uint64_t backing_size(uint64_t size)
{
    return (size + 4095) & ~UINT64_C(4095);
}

static int fake_info(VfioDevice *dev, VfioInfo *ret)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_INFO);

    *ret = (VfioInfo){
        .flags = VFIO_DEVICE_FLAGS_PCI | fake->spec->flags,
        .regions = fake->spec->region_count ? fake->spec->region_count : VFIO_PCI_NUM_REGIONS,
        .irqs = VFIO_PCI_NUM_IRQS,
    };
    return error;
}

static uint32_t region_flags(const FakeRegion *region)
{
    return region->flags ? region->flags : VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
}

static int fake_region_info(VfioDevice *dev, unsigned index, VfioRegionInfo *ret)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_REGION_INFO);

    if (error < 0 || index >= dev->info.regions || index >= FAKE_REGIONS) {
        return error < 0 ? error : -EINVAL;
    }
    const FakeRegion *region = &fake->spec->regions[index];
    VfioArea whole = { 0, region->size };
    const VfioArea *areas = region->areas ? region->areas : &whole;
    unsigned count = region->areas ? region->area_count : 1;
    *ret = (VfioRegionInfo){
        .index = index, .flags = region_flags(region), .size = region->size, .offset = (uint64_t)index << 40,
        .type = region->type, .subtype = region->subtype, .msix_mappable = region->msix_mappable,
    };
    if (ret->flags & VFIO_REGION_INFO_FLAG_MMAP && region->size > 0) {
        ret->area_count = count;
        ret->areas = g_memdup2(areas, count * sizeof(VfioArea));
    }
    return 0;
}

static int fake_irq_info(VfioDevice *dev, unsigned index, VfioIrqInfo *ret)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_IRQ_INFO);

    if (error < 0 || index >= FAKE_IRQS || fake->spec->irqs[index].count == 0) {
        return error < 0 ? error : -EINVAL;
    }
    *ret = fake->spec->irqs[index];
    return 0;
}

static bool in_region(const VfioRegionInfo *region, uint64_t offset, size_t len)
{
    return offset <= region->size && len <= region->size - offset;
}

static ssize_t fake_read(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, void *data, size_t len)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_READ);

    g_assert(region->offset == (uint64_t)region->index << 40);
    fake->last_access_size = (unsigned)len;
    if (error < 0 || !in_region(region, offset, len)) {
        return error < 0 ? error : -EINVAL;
    }
    return pread(fake->memory[region->index], data, len, (off_t)offset) == (ssize_t)len ? (ssize_t)len : -EIO;
}

static ssize_t fake_write(VfioDevice *dev, const VfioRegionInfo *region, uint64_t offset, const void *data, size_t len)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_WRITE);
    char probe;

    g_assert(region->offset == (uint64_t)region->index << 40);
    fake->last_access_size = (unsigned)len;
    if (error < 0 || !in_region(region, offset, len)) {
        return error < 0 ? error : -EINVAL;
    }
    if (pread(fake->memory[region->index], &probe, 1, 0) != 1) {
        return -EIO;    /* it has vanished */
    }
    ssize_t got = pwrite(fake->memory[region->index], data, len, (off_t)offset);
    if (fake->on_write) {
        fake->on_write(fake, region->index, offset);
    }
    return got == (ssize_t)len ? got : -EIO;
}

static void *fake_map(VfioDevice *dev, const VfioRegionInfo *region, const VfioArea *area, void *at)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_MAP);

    if (error < 0 || area->offset % 4096 || !in_region(region, area->offset, area->size)) {
        errno = error < 0 ? -error : EINVAL;
        return MAP_FAILED;
    }
    return mmap(at, backing_size(area->size), PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0),
                fake->memory[region->index], (off_t)area->offset);
}

static void keep_irq_set(FakeDevice *fake, FakeIrqSet set, const int *fds)
{
    if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD) {
        memcpy(set.fds, fds, set.count * sizeof(int));
    }
    g_array_append_val(fake->irq_sets, set);
}

static void forget_fds(FakeDevice *fake, unsigned index)
{
    for (unsigned i = 0; i < FAKE_VECTORS; i++) {
        fake->trigger[index][i] = fake->unmask[index][i] = -1;
    }
}

/* What the kernel does with it, as far as a test can see. */
static void apply_irq_set(FakeDevice *fake, const FakeIrqSet *set)
{
    bool unmask = set->flags & VFIO_IRQ_SET_ACTION_UNMASK;
    int (*fds)[FAKE_VECTORS] = unmask ? &fake->unmask[set->index] : &fake->trigger[set->index];

    if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
        memcpy(&(*fds)[set->start], set->fds, set->count * sizeof(int));
    } else if (set->flags & VFIO_IRQ_SET_ACTION_TRIGGER && set->count == 0) {
        forget_fds(fake, set->index);
    } else if (!(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER)) {
        fake->masked[set->index] = !unmask;
    }
}

static int fake_set_irqs(VfioDevice *dev, unsigned index, uint32_t flags, unsigned start, unsigned count,
                         const int *fds)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_SET_IRQS);
    unsigned max = fake->spec->vectors_max ? fake->spec->vectors_max : FAKE_VECTORS;

    if (error < 0 || index >= FAKE_IRQS || start + count > MIN(fake->spec->irqs[index].count, FAKE_VECTORS)) {
        return error < 0 ? error : -EINVAL;
    }
    keep_irq_set(fake, (FakeIrqSet){ .index = index, .start = start, .count = count, .flags = flags }, fds);
    if ((flags & VFIO_IRQ_SET_DATA_EVENTFD) && start + count > max) {
        return (int)max;
    }
    apply_irq_set(fake, fake_last_irq_set(fake));
    return 0;
}

static int fake_feature(VfioDevice *dev, uint32_t feature, void *data, size_t len)
{
    FakeDevice *fake = fake_of(dev);
    int error = called(&fake->calls, FAKE_FEATURE);

    fake->last_feature = feature;
    return error < 0 ? error : -ENOTTY;
}

static int fake_reset(VfioDevice *dev)
{
    fake_of(dev)->resets++;
    return called(&fake_of(dev)->calls, FAKE_RESET);
}

static int fake_hot_reset(VfioDevice *dev, Error **errp)
{
    fake_of(dev)->hot_resets++;
    return called(&fake_of(dev)->calls, FAKE_HOT_RESET);
}

static void fake_close(VfioDevice *dev)
{
    fake_of(dev)->closed = true;
    fake_of(dev)->dev = NULL;
}

static const VfioTransportOps fake_ops = {
    .name = "fake",
    .info = fake_info,
    .region_info = fake_region_info,
    .irq_info = fake_irq_info,
    .read = fake_read,
    .write = fake_write,
    .map = fake_map,
    .set_irqs = fake_set_irqs,
    .feature = fake_feature,
    .reset = fake_reset,
    .hot_reset = fake_hot_reset,
    .close = fake_close,
};

/* ---- the device from outside ---- */

static int memory_new(const FakeRegion *region)
{
    int fd = memfd_create("vfio-fake", MFD_CLOEXEC);

    g_assert(fd >= 0 && ftruncate(fd, (off_t)backing_size(region->size)) == 0);
    if (region->data_size > 0) {
        g_assert(pwrite(fd, region->data, region->data_size, 0) == (ssize_t)region->data_size);
    }
    return fd;
}

FakeDevice *fake_device_new(const FakeSpec *spec)
{
    FakeDevice *fake = g_new0(FakeDevice, 1);

    fake->spec = spec;
    fake->irq_sets = g_array_new(false, false, sizeof(FakeIrqSet));
    for (unsigned i = 0; i < FAKE_REGIONS; i++) {
        fake->memory[i] = memory_new(&spec->regions[i]);
    }
    for (unsigned i = 0; i < FAKE_IRQS; i++) {
        forget_fds(fake, i);
    }
    fake->dev = g_new0(VfioDevice, 1);
    *fake->dev = (VfioDevice){
        .ops = &fake_ops, .opaque = fake, .name = g_strdup(spec->name ? spec->name : "0000:00:02.0"),
        .mediated = spec->mediated,
    };
    fake_info(fake->dev, &fake->dev->info);
    fake->calls = (FakeCalls){ 0 };
    return fake;
}

void fake_device_free(FakeDevice *fake)
{
    g_assert(fake->closed);
    for (unsigned i = 0; i < FAKE_REGIONS; i++) {
        fd_close(&fake->memory[i]);
    }
    g_array_unref(fake->irq_sets);
    g_free(fake);
}

void fake_peek(FakeDevice *fake, unsigned index, uint64_t offset, void *data, size_t len)
{
    g_assert(pread(fake->memory[index], data, len, (off_t)offset) == (ssize_t)len);
}

void fake_poke(FakeDevice *fake, unsigned index, uint64_t offset, const void *data, size_t len)
{
    g_assert(pwrite(fake->memory[index], data, len, (off_t)offset) == (ssize_t)len);
}

/* A mapping beyond the end of its file faults as a BAR does that the kernel took away. */
void fake_vanish(FakeDevice *fake, unsigned index, bool gone)
{
    uint64_t size = gone ? 0 : backing_size(fake->spec->regions[index].size);

    g_assert(ftruncate(fake->memory[index], (off_t)size) == 0);
}

bool fake_interrupt(FakeDevice *fake, unsigned index, unsigned vector)
{
    int fd = fake->trigger[index][vector];

    if (fd < 0) {
        return false;
    }
    eventfd_signal(fd);
    return true;
}

const FakeIrqSet *fake_last_irq_set(const FakeDevice *fake)
{
    unsigned len = fake->irq_sets->len;

    return len ? &g_array_index(fake->irq_sets, FakeIrqSet, len - 1) : NULL;
}

/* ---- DMA ---- */

static FakeDma *fake_dma_of(VfioDma *dma)
{
    return dma->opaque;
}

static int fake_dma_limits(VfioDma *dma, VfioDmaLimits *ret)
{
    FakeDma *fake = fake_dma_of(dma);
    int error = called(&fake->calls, FAKE_DMA_LIMITS);

    *ret = fake->limits;
    ret->ranges = g_memdup2(fake->limits.ranges, fake->limits.range_count * sizeof(VfioArea));
    if (ret->max_mappings != UINT_MAX) {
        ret->max_mappings -= fake->mappings->len;   /* the kernel counts what is still free */
    }
    return error;
}

static bool overlaps(const VfioMapping *a, const VfioMapping *b)
{
    return a->iova < b->iova + b->size && b->iova < a->iova + a->size;
}

static bool aligned(const FakeDma *fake, const VfioMapping *mapping)
{
    uint64_t mask = (fake->limits.page_sizes & -fake->limits.page_sizes) - 1;

    return ((mapping->iova | mapping->size | (uintptr_t)mapping->host) & mask) == 0 && mapping->size > 0;
}

static int fake_dma_map(VfioDma *dma, const VfioMapping *mapping)
{
    FakeDma *fake = fake_dma_of(dma);
    int error = called(&fake->calls, FAKE_DMA_MAP);
    unsigned at = 0;

    if (error < 0 || !aligned(fake, mapping)) {
        return error < 0 ? error : -EINVAL;
    }
    for (unsigned i = 0; i < fake->mappings->len; i++) {
        const VfioMapping *other = &g_array_index(fake->mappings, VfioMapping, i);
        if (overlaps(mapping, other)) {
            return -EEXIST;
        }
        at += other->iova < mapping->iova;
    }
    g_array_insert_val(fake->mappings, at, *mapping);
    return 0;
}

/* As type 1 version 2: whole mappings only. */
static int fake_dma_unmap(VfioDma *dma, uint64_t iova, uint64_t size)
{
    FakeDma *fake = fake_dma_of(dma);
    int error = called(&fake->calls, FAKE_DMA_UNMAP);
    VfioMapping range = { .iova = iova, .size = size };

    for (unsigned i = 0; error == 0 && i < fake->mappings->len;) {
        const VfioMapping *mapping = &g_array_index(fake->mappings, VfioMapping, i);
        if (!overlaps(mapping, &range)) {
            i++;
        } else if (mapping->iova < iova || mapping->iova + mapping->size > iova + size) {
            error = -EINVAL;
        } else {
            g_array_remove_index(fake->mappings, i);
        }
    }
    return error;
}

static void fake_dma_close(VfioDma *dma)
{
    fake_dma_of(dma)->dma = NULL;
}

static const VfioDmaOps fake_dma_ops = {
    .name = "fake",
    .limits = fake_dma_limits,
    .map = fake_dma_map,
    .unmap = fake_dma_unmap,
    .free = fake_dma_close,
};

FakeDma *fake_dma_new(bool pins)
{
    FakeDma *fake = g_new0(FakeDma, 1);

    fake->limits = (VfioDmaLimits){ .page_sizes = ~UINT64_C(4095), .max_mappings = UINT_MAX };
    fake->mappings = g_array_new(false, false, sizeof(VfioMapping));
    fake->dma = vfio_dma_new(&fake_dma_ops, fake, pins);
    return fake;
}

void fake_dma_free(FakeDma *fake)
{
    g_assert(!fake->dma);
    g_array_unref(fake->mappings);
    g_free(fake);
}

const VfioMapping *fake_dma_find(const FakeDma *fake, uint64_t iova)
{
    for (unsigned i = 0; i < fake->mappings->len; i++) {
        const VfioMapping *mapping = &g_array_index(fake->mappings, VfioMapping, i);
        if (iova >= mapping->iova && iova - mapping->iova < mapping->size) {
            return mapping;
        }
    }
    return NULL;
}
