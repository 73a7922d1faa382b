/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chosen accelerator; see accel.h. */
#include "core/accel.h"

#include <string.h>
#include <unistd.h>

static Object *selected;
static const AccelOps *ops;
static Irq board_chips[ACCEL_GSI_COUNT];

/* One who drives an interrupt input. */
typedef struct Source {
    bool up;
} Source;

static GPtrArray *sources;              /* of Source, of all lines */
static unsigned up_count[ACCEL_GSI_COUNT];  /* sources that pull each line up */

NotifierList accel_eoi_notifiers;

CLASS(accel_class) = {
    .name = "accel",
    .desc = "What executes the guest",
    .option = "-accel",
    .size = sizeof(Object),
    .abstract = true,
};

void accel_select(Object *accel)
{
    selected = accel;
    ops = accel ? class_ops(accel->class) : NULL;
    memset(board_chips, 0, sizeof(board_chips));
    memset(up_count, 0, sizeof(up_count));
    g_clear_pointer(&sources, g_ptr_array_unref);
}

bool accel_start(const AccelConfig *config, Error **errp)
{
    return ops->start(selected, config, errp);
}

bool accel_create_vcpus(Error **errp)
{
    return !ops || !ops->create_vcpus || ops->create_vcpus(selected, errp);
}

bool accel_has_chips(void)
{
    return ops && ops->set_gsi;
}

void accel_set_board_chips(const Irq inputs[ACCEL_GSI_COUNT])
{
    memcpy(board_chips, inputs, sizeof(board_chips));
}

static void set_gsi(int gsi, int level)
{
    if (accel_has_chips()) {
        ops->set_gsi(selected, gsi, level);
    } else {
        irq_set(&board_chips[gsi], level);
    }
}

/* The chips are told when the first source goes up and when the last one goes down. */
static void set_source(void *to, int gsi, int level)
{
    Source *source = to;
    unsigned before = up_count[gsi];

    up_count[gsi] = before - source->up + (level != 0);
    source->up = level != 0;
    if ((up_count[gsi] > 0) != (before > 0)) {
        set_gsi(gsi, level != 0);
    }
}

Irq accel_gsi(int gsi)
{
    Source *source = g_new0(Source, 1);

    g_assert(gsi >= 0 && gsi < ACCEL_GSI_COUNT);
    if (!sources) {
        sources = g_ptr_array_new_with_free_func(g_free);
    }
    g_ptr_array_add(sources, source);
    return (Irq){ .set = set_source, .to = source, .n = gsi };
}

void accel_gsi_free(Irq *source)
{
    irq_set(source, 0);
    if (source->to) {
        g_ptr_array_remove_fast(sources, source->to);
    }
    *source = (Irq){ 0 };
}

int accel_vfio_file(int fd, bool add)
{
    return ops && ops->vfio_file ? ops->vfio_file(selected, fd, add) : 0;
}

void accel_log_dirty(const uint8_t *host, uint64_t size)
{
    if (ops && ops->log_dirty) {
        ops->log_dirty(selected, host, size);
    }
}

void accel_sync_dirty(const uint8_t *host, uint64_t size)
{
    if (ops && ops->sync_dirty) {
        ops->sync_dirty(selected, host, size);
    }
}

void accel_flush_posted(void)
{
    if (ops && ops->flush_posted) {
        ops->flush_posted(selected);
    }
}

unsigned accel_phys_bits(void)
{
    enum { WITHOUT_ACCEL = 40 };

    return ops && ops->phys_bits ? ops->phys_bits(selected) : WITHOUT_ACCEL;
}

uint64_t accel_feature_control(void)
{
    return ops && ops->feature_control ? ops->feature_control(selected) : 0;
}

char *accel_name(void)
{
    return selected ? class_user_name(selected->class) : NULL;
}

int accel_cpu_thread(unsigned index)
{
    return ops && ops->cpu_thread ? ops->cpu_thread(selected, index) : getpid();
}

void accel_cpu_registers(unsigned index, GString *out)
{
    if (ops && ops->cpu_registers) {
        ops->cpu_registers(selected, index, out);
    }
}

bool accel_translate(unsigned index, uint64_t *address)
{
    return !ops || !ops->translate || ops->translate(selected, index, address);
}

bool accel_get_registers(CpuRegisters *ret)
{
    return ops && ops->get_registers && ops->get_registers(selected, ret);
}

void accel_set_registers(const CpuRegisters *registers)
{
    if (ops && ops->set_registers) {
        ops->set_registers(selected, registers);
    }
}

uint64_t accel_tsc_hz(void)
{
    return ops && ops->tsc_hz ? ops->tsc_hz(selected) : 0;
}

void accel_inject_nmi(void)
{
    if (ops && ops->inject_nmi) {
        ops->inject_nmi(selected);
    }
}

void accel_hold(void)
{
    if (ops && ops->hold) {
        ops->hold(selected);
    }
}

void accel_pause(void)
{
    if (ops && ops->pause) {
        ops->pause(selected);
    }
}

void accel_resume(void)
{
    if (ops && ops->resume) {
        ops->resume(selected);
    }
}

void accel_reset(void)
{
    if (ops && ops->reset) {
        ops->reset(selected);
    }
}

void accel_stop(void)
{
    if (ops && ops->stop) {
        ops->stop(selected);
    }
}
