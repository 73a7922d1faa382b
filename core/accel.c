/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chosen accelerator; see accel.h. */
#include "core/accel.h"

static Object *selected;
static const AccelOps *ops;

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
}

bool accel_start(const AccelConfig *config, Error **errp)
{
    return ops->start(selected, config, errp);
}

bool accel_create_vcpus(Error **errp)
{
    return ops->create_vcpus(selected, errp);
}

static void set_gsi(void *to, int gsi, int level)
{
    if (ops) {
        ops->set_gsi(selected, gsi, level);
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

void accel_hold(void)
{
    if (ops) {
        ops->hold(selected);
    }
}

void accel_pause(void)
{
    if (ops) {
        ops->pause(selected);
    }
}

void accel_resume(void)
{
    if (ops) {
        ops->resume(selected);
    }
}

void accel_reset(void)
{
    if (ops) {
        ops->reset(selected);
    }
}

void accel_stop(void)
{
    if (ops) {
        ops->stop(selected);
    }
}
