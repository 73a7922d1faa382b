/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: the kernel's PIC pair, IOAPIC and PIT, the table that says where
 * each GSI leads, and eventfds that raise GSIs without us (core/msi.h).
 *
 * The chips are made when they are first needed, at the latest before the first
 * vCPU. Their making leaves the kernel (6.16 and later) with a grace period to
 * wait for, and whoever changes memory slots meanwhile waits with it, 10 ms and
 * more: so the machine's memory goes first.
 */
#include <string.h>

#include "accel/kvm/kvm.h"
#include "core/msi.h"
#include "lib/log.h"

enum {
    PIC_PINS = 8,
    PIC_CASCADE = 2,        /* input of the first PIC that the second one drives */
    PIT_GSI = 0,
    PIT_IOAPIC_PIN = 2,     /* as on PCs, and as the MADT's override 0 -> 2 says */
    MSI_ADDRESS_EXTENDED_SHIFT = 5,     /* address bits 11:5 are bits 14:8 of the destination ... */
    MSI_ADDRESS_EXTENDED_MASK = 0x7f,   /* ... with KVM_FEATURE_MSI_EXT_DEST_ID */
};

struct MsiRoute {
    unsigned entry;         /* in the table; the GSI is the entry's */
    int fd;
    bool attached;
};

static struct {
    int vm_fd;
    uint32_t last_id;       /* APIC id of the last CPU that may come */
    bool extended_ids;      /* destinations above 254 */
    uint32_t levels;        /* bit n: GSI n is driven high */
    bool made;
    bool fresh;             /* they are as the kernel made them */
    bool dirty;             /* the kernel has not seen the table */
    unsigned gsi_limit;
    GArray *table;          /* of struct kvm_irq_routing_entry */
    unsigned fixed;         /* first entries: pins of chips */
    GArray *free_entries;   /* of unsigned: message entries that nobody uses */
    GPtrArray *waiting;     /* MsiRoutes to attach at commit */
} chips = { .vm_fd = -1 };

/* ---- pins ---- */

static void add_pin(unsigned gsi, unsigned chip, unsigned pin)
{
    struct kvm_irq_routing_entry entry = {
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_IRQCHIP,
        .u.irqchip = { .irqchip = chip, .pin = pin },
    };

    g_array_append_val(chips.table, entry);
}

/* GSI 0 to 15 reach PIC and IOAPIC, 16 to 23 the IOAPIC; GSI 0 is its pin 2 and GSI 2, the cascade, leads nowhere. */
static void add_pins(void)
{
    for (unsigned gsi = 0; gsi < ACCEL_GSI_COUNT; gsi++) {
        if (gsi == PIC_CASCADE) {
            continue;
        }
        if (gsi < 2 * PIC_PINS) {
            add_pin(gsi, gsi < PIC_PINS ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, gsi % PIC_PINS);
        }
        add_pin(gsi, KVM_IRQCHIP_IOAPIC, gsi == PIT_GSI ? PIT_IOAPIC_PIN : gsi);
    }
    chips.fixed = chips.table->len;
}

static int send_table(void)
{
    g_autofree struct kvm_irq_routing *routing =
        g_malloc0(sizeof(*routing) + chips.table->len * sizeof(struct kvm_irq_routing_entry));

    routing->nr = chips.table->len;
    memcpy(routing->entries, chips.table->data, chips.table->len * sizeof(struct kvm_irq_routing_entry));
    int err = kvm_call(chips.vm_fd, KVM_SET_GSI_ROUTING, routing);
    chips.dirty = err < 0;
    return err;
}

/* ---- the chips ---- */

static bool create_chips(int vm_fd, Error **errp)
{
    struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };     /* port 0x61 is the kernel's, too */
    int err = kvm_call_number(vm_fd, KVM_CREATE_IRQCHIP, 0);

    if (err < 0) {
        return fail_errno(errp, err, "Create kernel irqchip failed");
    }
    err = kvm_call(vm_fd, KVM_CREATE_PIT2, &pit);
    return err >= 0 || fail_errno(errp, err, "Create kernel PIC irqchip failed");
}

static bool widen_ids(Error **errp)
{
    uint64_t flags = KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
    int err = chips.last_id >= 255 ? kvm_enable(chips.vm_fd, KVM_CAP_X2APIC_API, flags) : 0;

    chips.extended_ids = chips.last_id >= 255;
    return err >= 0 || fail_errno(errp, err, "KVM does not support APIC ids above 254, the last CPU needs %u", chips.last_id);
}

bool kvm_irqchip_ensure(Error **errp)
{
    if (chips.made) {
        return true;
    }
    if (!widen_ids(errp) || !create_chips(chips.vm_fd, errp)) {
        return false;
    }
    chips.made = chips.fresh = true;
    int err = send_table();
    return err >= 0 || fail_errno(errp, err, "KVM refuses the interrupt routes of the machine");
}

/* For callers without a way to report: kvm_irqchip_ensure() will fail again, and be heard, before the guest runs. */
static bool ensure_quietly(void)
{
    Error *err = NULL;
    bool made = kvm_irqchip_ensure(&err);

    error_free(err);
    return made;
}

void kvm_irqchip_set_gsi(Object *accel, int gsi, int level)
{
    struct kvm_irq_level line = { .irq = (uint32_t)gsi, .level = (uint32_t)level };
    uint32_t bit = 1u << gsi;

    if (!!(chips.levels & bit) == !!level || !ensure_quietly()) {   /* a line starts low */
        return;
    }
    chips.levels ^= bit;
    kvm_call(chips.vm_fd, KVM_IRQ_LINE, &line);
}

/* ---- messages ---- */

/* KVM wants bits 31:8 of the destination in the upper half of the address (API documentation, KVM_CAP_X2APIC_API). */
static uint64_t kvm_address(uint64_t address)
{
    uint64_t extended = (address >> MSI_ADDRESS_EXTENDED_SHIFT) & MSI_ADDRESS_EXTENDED_MASK;

    return chips.extended_ids && address >> 32 == 0 ? address | extended << 40 : address;
}

static void message_send(MsiMessage message)
{
    bool made = ensure_quietly();
    uint64_t address = kvm_address(message.address);
    struct kvm_msi msi = {
        .address_lo = (uint32_t)address,
        .address_hi = (uint32_t)(address >> 32),
        .data = message.data,
    };

    if (made) {
        kvm_call(chips.vm_fd, KVM_SIGNAL_MSI, &msi);
    }
}

static struct kvm_irq_routing_entry *entry_at(unsigned entry)
{
    return &g_array_index(chips.table, struct kvm_irq_routing_entry, entry);
}

static int irqfd(const MsiRoute *route, uint32_t flags)
{
    struct kvm_irqfd request = { .fd = (uint32_t)route->fd, .gsi = entry_at(route->entry)->gsi, .flags = flags };

    return kvm_call(chips.vm_fd, KVM_IRQFD, &request);
}

static bool set_entry(unsigned entry, MsiMessage message)
{
    struct kvm_irq_routing_entry *at = entry_at(entry);
    uint64_t address = kvm_address(message.address);
    struct kvm_irq_routing_entry new = {
        .gsi = ACCEL_GSI_COUNT + entry - chips.fixed,
        .type = KVM_IRQ_ROUTING_MSI,
        .u.msi = { .address_lo = (uint32_t)address, .address_hi = (uint32_t)(address >> 32), .data = message.data },
    };
    bool changed = memcmp(at, &new, sizeof(new)) != 0;

    *at = new;
    return changed;
}

/* An unused entry, or a new one. */
static bool take_entry(unsigned *ret_entry, Error **errp)
{
    if (chips.free_entries->len > 0) {
        *ret_entry = g_array_index(chips.free_entries, unsigned, chips.free_entries->len - 1);
        g_array_set_size(chips.free_entries, chips.free_entries->len - 1);
        return true;
    }
    if (chips.table->len >= chips.gsi_limit) {      /* KVM limits entries and their numbers alike */
        return fail(errp, "KVM has no interrupt route left (it has %u)", chips.gsi_limit);
    }
    *ret_entry = chips.table->len;
    g_array_set_size(chips.table, chips.table->len + 1);
    return true;
}

static MsiRoute *route_new(MsiMessage message, int fd, Error **errp)
{
    unsigned entry = 0;

    if (!take_entry(&entry, errp)) {
        return NULL;
    }
    MsiRoute *route = g_new0(MsiRoute, 1);
    *route = (MsiRoute){ .entry = entry, .fd = fd };
    chips.dirty |= set_entry(entry, message);
    /* Not before the table is in force: what the eventfd already holds would be lost. */
    g_ptr_array_add(chips.waiting, route);
    return route;
}

static void route_update(MsiRoute *route, MsiMessage message)
{
    chips.dirty |= set_entry(route->entry, message);
}

/* The entry stays in the kernel's table until it gets a new use; without an eventfd it is inert. */
static void route_free(MsiRoute *route)
{
    g_ptr_array_remove(chips.waiting, route);
    if (route->attached) {
        irqfd(route, KVM_IRQFD_FLAG_DEASSIGN);
    }
    if (chips.free_entries) {
        g_array_append_val(chips.free_entries, route->entry);
    }
    g_free(route);
}

static void attach_route(void *data, void *opaque)
{
    MsiRoute *route = data;
    int err = irqfd(route, 0);

    route->attached = err >= 0;
    if (err < 0) {
        warn("KVM cannot deliver an interrupt by eventfd: %s", g_strerror(-err));
    }
}

static void routes_commit(void)
{
    if (!ensure_quietly()) {
        return;
    }
    int err = chips.dirty ? send_table() : 0;
    if (err < 0) {
        warn_limited("KVM refuses the interrupt routes: %s", g_strerror(-err));
        return;     /* routes that wait are attached when it takes the table */
    }
    g_ptr_array_foreach(chips.waiting, attach_route, NULL);
    g_ptr_array_set_size(chips.waiting, 0);
}

/* ---- level lines ---- */

static int line_attach(int gsi, int trigger, int resample)
{
    struct kvm_irqfd request = {
        .fd = (uint32_t)trigger,
        .gsi = (uint32_t)gsi,
        .flags = KVM_IRQFD_FLAG_RESAMPLE,
        .resamplefd = (uint32_t)resample,
    };

    if (!ensure_quietly() || !kvm_capability(chips.vm_fd, KVM_CAP_IRQFD_RESAMPLE)) {
        return -ENOSYS;
    }
    return kvm_call(chips.vm_fd, KVM_IRQFD, &request);
}

static void line_detach(int gsi, int trigger)
{
    struct kvm_irqfd request = { .fd = (uint32_t)trigger, .gsi = (uint32_t)gsi, .flags = KVM_IRQFD_FLAG_DEASSIGN };

    kvm_call(chips.vm_fd, KVM_IRQFD, &request);
}

static const MsiOps msi_ops = {
    .send = message_send,
    .route_new = route_new,
    .route_update = route_update,
    .route_free = route_free,
    .commit = routes_commit,
    .line_attach = line_attach,
    .line_detach = line_detach,
};

/* ---- life ---- */

void kvm_irqchip_start(KvmAccel *accel)
{
    chips.vm_fd = accel->vm_fd;
    chips.last_id = cpu_apic_id(&accel->topology, accel->topology.max_cpus - 1);
    chips.gsi_limit = (unsigned)kvm_capability(chips.vm_fd, KVM_CAP_IRQ_ROUTING);
    chips.table = g_array_new(false, true, sizeof(struct kvm_irq_routing_entry));
    chips.free_entries = g_array_new(false, false, sizeof(unsigned));
    chips.waiting = g_ptr_array_new();
    add_pins();
    msi_set_ops(&msi_ops);
}

void kvm_irqchip_stop(void)
{
    msi_set_ops(NULL);
    g_clear_pointer(&chips.table, g_array_unref);
    g_clear_pointer(&chips.free_entries, g_array_unref);
    g_clear_pointer(&chips.waiting, g_ptr_array_unref);
    chips.vm_fd = -1;
    chips.made = false;
}

static void reset_pic(uint32_t id, uint8_t elcr_mask)
{
    /* elcr_mask: inputs whose trigger mode can be chosen; 0, 1, 2, 8 and 13 are always edge-triggered. */
    struct kvm_irqchip chip = { .chip_id = id, .chip.pic.elcr_mask = elcr_mask };

    kvm_call(chips.vm_fd, KVM_SET_IRQCHIP, &chip);
}

static void reset_ioapic(void)
{
    struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC, .chip.ioapic.base_address = 0xfec00000 };

    for (unsigned pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++) {
        chip.chip.ioapic.redirtbl[pin].fields.mask = 1;
    }
    kvm_call(chips.vm_fd, KVM_SET_IRQCHIP, &chip);
}

static void reset_pit(void)
{
    struct kvm_pit_state2 state = { 0 };

    for (unsigned i = 0; i < 3; i++) {
        state.channels[i].mode = 0xff;      /* none: the counter does not run until it is programmed */
        state.channels[i].gate = i != 2;    /* channel 2's gate is a bit of port 0x61 */
    }
    kvm_call(chips.vm_fd, KVM_SET_PIT2, &state);
}

/* A device that holds its line over the reset is heard by the new chips, too. */
static void drive_lines(void)
{
    for (unsigned gsi = 0; gsi < ACCEL_GSI_COUNT; gsi++) {
        struct kvm_irq_level line = { .irq = gsi, .level = 1 };
        if (chips.levels & 1u << gsi) {
            kvm_call(chips.vm_fd, KVM_IRQ_LINE, &line);
        }
    }
}

void kvm_irqchip_reset(int vm_fd)
{
    if (chips.fresh || !chips.made) {
        chips.fresh = false;
        return;
    }
    reset_pic(KVM_IRQCHIP_PIC_MASTER, 0xf8);
    reset_pic(KVM_IRQCHIP_PIC_SLAVE, 0xde);
    reset_ioapic();
    reset_pit();
    drive_lines();
}
