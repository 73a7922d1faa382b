/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chosen accelerator; see accel.h. */
#include "core/accel.h"

#include <string.h>
#include <unistd.h>

static Object *selected;
static const AccelOps *ops;
static Irq board_chips[ACCEL_GSI_COUNT];

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

static void set_gsi(void *to, int gsi, int level)
{
    if (accel_has_chips()) {
        ops->set_gsi(selected, gsi, level);
    } else {
        irq_set(&board_chips[gsi], level);
    }
}

Irq accel_gsi(int gsi)
{
    g_assert(gsi >= 0 && gsi < ACCEL_GSI_COUNT);
    return (Irq){ .set = set_gsi, .n = gsi };
}

int accel_vfio_file(int fd, bool add)
{
    return ops && ops->vfio_file ? ops->vfio_file(selected, fd, add) : 0;
}

unsigned accel_phys_bits(void)
{
    enum { WITHOUT_ACCEL = 40 };

    return ops && ops->phys_bits ? ops->phys_bits(selected) : WITHOUT_ACCEL;
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
