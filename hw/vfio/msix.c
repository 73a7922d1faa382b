/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X (PCI Local Bus 3.0, 6.8.2). The guest's vector table and pending bits
 * are regions of ours, laid over the BAR that holds the device's. A vector gets
 * an eventfd, and the device a host interrupt, when the guest first unmasks it.
 */
#include "hw/vfio/pci.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

enum { OVERLAY_PRIORITY = 10 };

static uint8_t *entry(const VfioMsix *msix, unsigned n)
{
    return msix->table + n * PCI_MSIX_ENTRY_SIZE;
}

static MsiMessage message_of(const VfioMsix *msix, unsigned n)
{
    const uint8_t *at = entry(msix, n);

    return (MsiMessage){
        .address = pci_get_u32(at + PCI_MSIX_ENTRY_LOWER_ADDR) |
                   (uint64_t)pci_get_u32(at + PCI_MSIX_ENTRY_UPPER_ADDR) << 32,
        .data = pci_get_u32(at + PCI_MSIX_ENTRY_DATA),
    };
}

static bool is_masked(const VfioPci *dev, unsigned n)
{
    uint16_t control = pci_get_u16(dev->pci.config + dev->msix.cap + PCI_MSIX_FLAGS);

    return (control & PCI_MSIX_FLAGS_MASKALL) ||
           (entry(&dev->msix, n)[PCI_MSIX_ENTRY_VECTOR_CTRL] & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

/* ---- giving vectors to the device ---- */

static int fd_of(const VfioMsix *msix, unsigned n)
{
    return msix->vectors[n].open ? msix->vectors[n].fd : -1;
}

/*
 * Give the device vectors 0 to @count - 1 in one call. The kernel has to take
 * what it has apart first. It may offer fewer; then those above stay silent.
 */
static int allocate(VfioPci *dev, unsigned count)
{
    VfioMsix *msix = &dev->msix;
    g_autofree int *fds = g_new(int, count);

    for (unsigned i = 0; i < count; i++) {
        fds[i] = fd_of(msix, i);
    }
    if (msix->allocated > 0) {
        vfio_irq_disable(dev, VFIO_PCI_MSIX_IRQ_INDEX);
        msix->allocated = 0;
    }
    int rc = vfio_irq_set_eventfds(dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, count, fds);
    if (rc > 0 && (unsigned)rc < count) {
        warn_limited("vfio %s: the host offers %d of %u MSI-X vectors", vfio_pci_name(dev), rc, count);
        count = (unsigned)rc;
        rc = vfio_irq_set_eventfds(dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, count, fds);
    }
    if (rc == 0) {
        msix->allocated = count;
    }
    return rc > 0 ? -ENOSPC : rc;
}

/* Give the device the vectors from @first to @last, of which some were just opened. */
static int hand_over(VfioPci *dev, unsigned first, unsigned last)
{
    VfioMsix *msix = &dev->msix;
    int rc = 0;

    if (msix->allocated == 0 || (last >= msix->allocated && !msix->resizable)) {
        return allocate(dev, MAX(last + 1, msix->allocated));
    }
    for (unsigned i = first; rc >= 0 && i <= last; i++) {
        int fd = fd_of(msix, i);
        if (fd >= 0) {
            rc = vfio_irq_set_eventfds(dev, VFIO_PCI_MSIX_IRQ_INDEX, i, 1, &fd);
        }
    }
    msix->allocated = MAX(msix->allocated, last + 1);
    return rc;
}

/*
 * Open the unmasked vectors of [from, to) that were not, and hand them to the
 * device. Opening sets them masked, so deliver() follows.
 */
static int open_unmasked(VfioPci *dev, unsigned from, unsigned to)
{
    unsigned first = to, last = from;

    for (unsigned i = from; i < to; i++) {
        if (dev->msix.vectors[i].open || is_masked(dev, i)) {
            continue;
        }
        int rc = vfio_vector_open(&dev->msix.vectors[i]);
        if (rc < 0) {
            return rc;
        }
        first = MIN(first, i);
        last = MAX(last, i);
    }
    return first < to ? hand_over(dev, first, last) : 0;
}

/* Bring vectors [from, to) to what the table and the control register say. */
static int update(VfioPci *dev, unsigned from, unsigned to)
{
    int rc = open_unmasked(dev, from, to);

    msi_batch_begin();
    for (unsigned i = from; i < to; i++) {
        vfio_vector_deliver(&dev->msix.vectors[i], message_of(&dev->msix, i), is_masked(dev, i));
    }
    msi_batch_commit();
    return rc;
}

static void update_said(VfioPci *dev, unsigned from, unsigned to)
{
    int rc = update(dev, from, to);

    if (rc < 0) {
        warn_limited("vfio %s: Error: Failed to setup MSI-X vectors: %s", vfio_pci_name(dev), g_strerror(-rc));
    }
}

static void control_written(VfioPci *dev)
{
    VfioIrqMode before = dev->irq_mode;

    vfio_irq_update(dev);
    if (before == VFIO_IRQ_MSIX && dev->irq_mode == VFIO_IRQ_MSIX) {
        update_said(dev, 0, dev->msix.count);   /* the function mask may have changed */
    }
}

bool vfio_msix_up(VfioPci *dev, Error **errp)
{
    int rc = update(dev, 0, dev->msix.count);

    /*
     * With every vector still masked the device must have MSI-X on all the same, or it
     * would go on with INTx: vector 0 without an eventfd does it.
     */
    if (rc == 0 && dev->msix.allocated == 0) {
        rc = allocate(dev, 1);
    }
    return rc == 0 || fail_errno(errp, rc, "Error: Failed to setup MSI-X fds");
}

void vfio_msix_down(VfioPci *dev)
{
    vfio_irq_disable(dev, VFIO_PCI_MSIX_IRQ_INDEX);
    dev->msix.allocated = 0;
    msi_batch_begin();
    for (unsigned i = 0; i < dev->msix.count; i++) {
        vfio_vector_close(&dev->msix.vectors[i]);
    }
    msi_batch_commit();
}

/* ---- the table and the pending bits ---- */

static uint64_t bytes_read(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, at, size);
    return GUINT64_FROM_LE(value);
}

static uint64_t table_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioPci *dev = opaque;

    return bytes_read(dev->msix.table + offset, size);
}

static void table_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VfioPci *dev = opaque;
    unsigned n = (unsigned)(offset / PCI_MSIX_ENTRY_SIZE);

    value = GUINT64_TO_LE(value);
    memcpy(dev->msix.table + offset, &value, size);
    if (dev->irq_mode == VFIO_IRQ_MSIX) {
        update_said(dev, n, (unsigned)((offset + size - 1) / PCI_MSIX_ENTRY_SIZE) + 1);
    }
}

static uint64_t pba_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioPci *dev = opaque;

    return bytes_read(dev->msix.pending + offset, size);
}

/* 6.8.2 allows dwords and quadwords; other widths do what bytes of memory would. */
static const RegionOps table_ops = { .read = table_read, .write = table_write };
static const RegionOps pba_ops = { .read = pba_read };

/* One bit a vector, in quadwords. */
static uint64_t pba_size(const VfioMsix *msix)
{
    return (msix->count + 63) / 64 * 8;
}

/* ---- the capability ---- */

static bool overlay_fits(VfioPci *dev, unsigned bar, uint64_t offset, uint64_t size)
{
    return bar < PCI_BAR_COUNT && dev->bars[bar].info.size >= size && offset <= dev->bars[bar].info.size - size;
}

static void overlay_add(VfioPci *dev)
{
    VfioMsix *msix = &dev->msix;

    region_init_io(&msix->table_region, "msix-table", (uint64_t)msix->count * PCI_MSIX_ENTRY_SIZE, &table_ops, dev);
    region_add(&dev->bars[msix->table_bar].region, &msix->table_region, msix->table_offset, OVERLAY_PRIORITY);
    region_init_io(&msix->pba_region, "msix-pba", pba_size(msix), &pba_ops, dev);
    region_add(&dev->bars[msix->pba_bar].region, &msix->pba_region, msix->pba_offset, OVERLAY_PRIORITY);
}

static void table_reset(VfioMsix *msix)
{
    memset(msix->table, 0, (size_t)msix->count * PCI_MSIX_ENTRY_SIZE);
    for (unsigned i = 0; i < msix->count; i++) {
        entry(msix, i)[PCI_MSIX_ENTRY_VECTOR_CTRL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
    }
}

static void allocate_vectors(VfioPci *dev)
{
    VfioMsix *msix = &dev->msix;

    msix->table = g_malloc0((size_t)msix->count * PCI_MSIX_ENTRY_SIZE);
    msix->pending = g_malloc0(pba_size(msix));
    msix->vectors = g_new0(VfioVector, msix->count);
    for (unsigned i = 0; i < msix->count; i++) {
        msix->vectors[i] = (VfioVector){ .fd = -1, .masked = true, .direct_refused = dev->no_kvm_msix,
                                         .pending = &msix->pending[i / 8], .pending_bit = (uint8_t)(1 << i % 8) };
    }
    table_reset(msix);
}

static bool kernel_delivers(VfioPci *dev, VfioMsix *msix)
{
    VfioIrqInfo irq = { 0 };

    if (dev->dev->ops->irq_info(dev->dev, VFIO_PCI_MSIX_IRQ_INDEX, &irq) < 0 || irq.count == 0) {
        return false;
    }
    msix->resizable = !(irq.flags & VFIO_IRQ_INFO_NORESIZE);
    return true;
}

bool vfio_msix_found(VfioPci *dev, unsigned cap)
{
    const uint8_t *host = dev->config.host + cap;
    uint32_t table = pci_get_u32(host + PCI_MSIX_TABLE), pba = pci_get_u32(host + PCI_MSIX_PBA);
    uint16_t mine = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
    const VfioConfigRule rule = { (uint16_t)(cap + PCI_MSIX_FLAGS), 2, 0xffff, mine, control_written };
    VfioMsix msix = {
        .cap = cap,
        .count = (pci_get_u16(host + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE) + 1u,
        .table_bar = table & PCI_MSIX_TABLE_BIR, .table_offset = table & PCI_MSIX_TABLE_OFFSET,
        .pba_bar = pba & PCI_MSIX_PBA_BIR, .pba_offset = pba & PCI_MSIX_PBA_OFFSET,
    };

    if (!kernel_delivers(dev, &msix)) {
        return false;
    }
    if (!overlay_fits(dev, msix.table_bar, msix.table_offset, (uint64_t)msix.count * PCI_MSIX_ENTRY_SIZE) ||
        !overlay_fits(dev, msix.pba_bar, msix.pba_offset, pba_size(&msix))) {
        warn("vfio %s: its MSI-X table or pending bits lie outside its BARs; MSI-X is hidden", vfio_pci_name(dev));
        return false;
    }
    dev->msix = msix;
    allocate_vectors(dev);
    overlay_add(dev);
    vfio_config_rule(dev, &rule, (uint16_t)(msix.count - 1));
    return true;
}

void vfio_msix_reset(VfioPci *dev)
{
    if (dev->msix.cap) {
        table_reset(&dev->msix);
    }
}

void vfio_msix_finish(VfioPci *dev)
{
    VfioMsix *msix = &dev->msix;

    region_finish(&msix->table_region);
    region_finish(&msix->pba_region);
    g_clear_pointer(&msix->vectors, g_free);
    g_clear_pointer(&msix->pending, g_free);
    g_clear_pointer(&msix->table, g_free);
    msix->cap = 0;
}
