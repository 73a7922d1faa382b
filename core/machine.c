/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine of this run and the settings all machines share; see machine.h. */
#include "core/machine.h"

#include <string.h>

#include "core/tree.h"

static Machine *current;

static bool machine_realize(Object *obj, Error **errp)
{
    Machine *machine = (Machine *)obj;

    if (machine->igd_passthru) {
        fail(errp, "-machine igd-passthru=on belongs to Xen");
        return hint(errp, "Assign the Intel GPU with '-device vfio-pci,host=00:02.0,addr=2.0'.");
    }
    if (machine->hpet) {
        return fail(errp, "-machine hpet=on: this machine has no HPET");
    }
    return true;
}

/* What was made for this machine of the user's words; the words themselves are system/'s. */
static void machine_finish(Object *obj)
{
    Machine *machine = (Machine *)obj;
    GPtrArray **lists[] = { &machine->smbios, &machine->serials, &machine->boot.option_roms, &machine->boot.flashes };

    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_clear_pointer(lists[i], g_ptr_array_unref);
    }
    g_clear_pointer(&machine->boot.firmware, g_free);
    g_clear_pointer(&machine->cpu.name, g_free);
    g_clear_pointer(&machine->cpu.features, keyval_free);
}

CLASS(machine_class) = {
    .name = "machine",
    .desc = "A machine",
    .option = "-machine",
    .size = sizeof(Machine),
    .abstract = true,
    .props = (const Property[]){
        PROP(Machine, memory_backend, str, "memory-backend", NULL, "Id of the memory backend that is the machine's RAM"),
        PROP(Machine, max_ram_below_4g, size, "max-ram-below-4g", "0", "Where RAM below 4 GiB ends at the latest; 0: chosen by the machine"),
        PROP(Machine, igd_reserve, size, "igd-reserve", "0", "Guest memory set aside for an Intel GPU that is plugged in later"),
        PROP(Machine, graphics, bool, "graphics", "on", "Firmware uses a display"),
        PROP(Machine, usb, bool, "usb", "off", "Accepted; there is no USB controller"),
        PROP(Machine, vmport, onoffauto, "vmport", "auto", "VMware's port, with a pointer that can be placed; auto: on"),
        PROP(Machine, smm_auto, onoffauto, "smm", "auto", "Accepted; there is no system management mode"),
        PROP(Machine, acpi, bool, "acpi", "on", "Give the guest ACPI tables"),
        PROP(Machine, hpet, bool, "hpet", "off", "There is no HPET: only off is possible"),
        PROP(Machine, pit, bool, "pit", "on", "Accepted; the 8254 timer is always there"),
        PROP(Machine, i8042, bool, "i8042", "on", "PS/2 keyboard controller"),
        PROP(Machine, dump_guest_core, bool, "dump-guest-core", "on", "Include guest memory in core dumps"),
        PROP(Machine, mem_merge, bool, "mem-merge", "off", "Let the kernel merge equal pages of guests (KSM)"),
        PROP(Machine, igd_passthru, bool, "igd-passthru", "off", "Xen's way of assigning an Intel GPU: refused"),
        { }
    },
    .realize = machine_realize,
    .finish = machine_finish,
};

Machine *machine_get(void)
{
    return current;
}

void machine_set(Machine *machine)
{
    current = machine;
    tree_set_machine((Object *)machine);
}

static const MachineOps *ops(void)
{
    static const MachineOps none = { 0 };

    return current ? class_ops(current->obj.class) : &none;
}

bool machine_is_bare(void)
{
    return ops()->bare;
}

bool machine_reserve(MachineReservation *reservation, Error **errp)
{
    return ops()->reserve ? ops()->reserve(current, reservation, errp)
                          : fail(errp, "this machine has no memory to set aside");
}

void machine_unreserve(MachineReservation *reservation)
{
    if (reservation->memory.host) {
        ops()->unreserve(current, reservation);
    }
}

bool machine_lay_memory(Error **errp)
{
    return !ops()->lay_memory || ops()->lay_memory(current, errp);
}

bool machine_firmware_contains(const char *text)
{
    size_t size = 0;
    const uint8_t *image = ops()->firmware ? ops()->firmware(current, &size) : NULL;

    return image && memmem(image, size, text, strlen(text));
}

bool machine_firmware_is_seabios(void)
{
    return machine_firmware_contains("SeaBIOS");
}

const Class *machine_class_find(const char *name)
{
    g_autoptr(GPtrArray) classes = class_list(&machine_class);
    g_autofree char *full = g_strconcat(name, "-machine", NULL);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        const MachineOps *ops = class_ops(cls);
        if (!cls->abstract && (g_str_equal(cls->name, full) || (ops->alias && g_str_equal(ops->alias, name)))) {
            return cls;
        }
    }
    return NULL;
}
