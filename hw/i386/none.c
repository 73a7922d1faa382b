/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine none: no memory, no processor, no bus. Management tools start it
 * to ask what the program can do.
 */
#include "core/machine.h"
#include "core/region.h"

typedef struct NoneMachine {
    Machine machine;
    Region memory_root, io_root;
} NoneMachine;

static bool none_realize(Object *obj, Error **errp)
{
    NoneMachine *none = (NoneMachine *)obj;

    region_init_container(&none->memory_root, "system", 0);
    region_init_container(&none->io_root, "io", 0x10000);
    space_init(&memory_space, "memory", &none->memory_root, 0);
    space_init(&io_space, "I/O", &none->io_root, 0);
    return true;
}

static void none_unrealize(Object *obj)
{
    NoneMachine *none = (NoneMachine *)obj;

    region_finish(&none->memory_root);
    region_finish(&none->io_root);
    space_finish(&memory_space);
    space_finish(&io_space);
}

CLASS(none_machine_class) = {
    .name = "none-machine",
    .parent = &machine_class,
    .desc = "empty machine",
    .size = sizeof(NoneMachine),
    .internal = true,
    .ops = &(const MachineOps){ .max_cpus = 1, .ram_id = "ram", .bare = true },
    .realize = none_realize,
    .unrealize = none_unrealize,
};
