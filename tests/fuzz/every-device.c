/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ten thousand random accesses to every device class there is, one line a
 * class. Always the same ones: the seed is the class's name. Most go to the
 * device's own ports, memory and configuration space, the rest anywhere. Words
 * of classes' names as arguments choose; none: all.
 */
#include <stdio.h>

#include "core/class.h"
#include "hw/isa/isa.h"
#include "tests/fuzz/access.h"
#include "tests/fuzz/guest.h"
#include "tests/fuzz/machine.h"

enum { ACCESSES = 10000, STEP_BYTES = 64, SETTLE_EVERY = 256, BEGIN_EVERY = 2048 };

typedef struct Place {
    Space *space;
    Range range;
} Place;

static bool lies_in(const Object *obj, const void *at)
{
    const char *start = (const char *)obj;

    return (const char *)at >= start && (const char *)at < start + obj->class->size;
}

/* A device's regions are members of it, or are told that they are its. */
static void add_places(GArray *places, Space *space, const Object *obj)
{
    for (unsigned i = 0; i < space->view->len; i++) {
        Place place = { space, g_array_index(space->view, Range, i) };
        const Region *region = place.range.region;
        if (lies_in(obj, region) || lies_in(obj, region->opaque)) {
            g_array_append_val(places, place);
        }
    }
}

/* False: the device has no place in either space now. */
static bool access_own(Input *in, const Object *obj)
{
    g_autoptr(GArray) places = g_array_new(false, false, sizeof(Place));

    add_places(places, &io_space, obj);
    add_places(places, &memory_space, obj);
    if (places->len == 0) {
        return false;
    }
    Place place = g_array_index(places, Place, input_take(in, 2) % places->len);
    access_range(in, place.space, &place.range);
    return true;
}

/* Its configuration space, when it is a PCI device: the first byte chooses who is meant. */
static void configure_own(Input *in, const Object *obj)
{
    if (class_is_a(obj->class, &pci_device_class)) {
        uint8_t bytes[STEP_BYTES] = { (uint8_t)((const PciDevice *)obj)->devfn };
        size_t len = sizeof(bytes) - 1;
        const uint8_t *rest = input_bytes(in, &len);
        memcpy(bytes + 1, rest, len);
        guest_configure(&(Input){ bytes, len + 1 });
    } else {
        guest_step(in);
    }
}

static bool step(GRand *random, const Object *obj)
{
    uint8_t bytes[STEP_BYTES];
    bool own = false;

    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)g_rand_int(random);
    }
    Input in = { bytes, sizeof(bytes) };
    unsigned kind = (unsigned)input_take(&in, 1) % 8;
    if (kind < 5) {
        own = access_own(&in, obj);
    }
    if (!own && kind < 7) {
        configure_own(&in, obj);
    } else if (!own) {
        guest_step(&in);
    }
    return own;
}

static void run(unsigned number, const Object *obj)
{
    GRand *random = g_rand_new_with_seed(g_str_hash(obj->class->name));
    unsigned own = 0;

    for (unsigned i = 0; i < ACCESSES; i++) {
        if (i % BEGIN_EVERY == 0) {
            machine_begin();
        }
        if (i % SETTLE_EVERY == 0) {
            machine_settle();
        }
        own += step(random, obj);
    }
    printf("ok %u - %s: %u accesses, %u to its own ports and memory\n", number, obj->class->name, ACCESSES,
           own);
    fflush(stdout);
    g_rand_free(random);
}

/* Also what is neither ISA nor PCI but has a place of its own. */
static bool is_device(const Object *obj)
{
    g_autoptr(GArray) places = g_array_new(false, false, sizeof(Place));

    add_places(places, &memory_space, obj);
    return class_is_a(obj->class, &isa_device_class) || class_is_a(obj->class, &pci_device_class) ||
           (places->len > 0 && !class_is_a(obj->class, &machine_class));
}

static bool is_chosen(const char *name, int argc, char **argv)
{
    bool chosen = argc <= 1;

    for (int i = 1; i < argc; i++) {
        chosen |= strstr(name, argv[i]) != NULL;
    }
    return chosen;
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    machine_up();
    g_autoptr(GPtrArray) objects = object_list(NULL);
    for (unsigned i = 0; i < objects->len; i++) {
        const Object *obj = objects->pdata[i];
        if (is_device(obj) && is_chosen(obj->class->name, argc, argv)) {
            run(++count, obj);
        }
    }
    printf("1..%u\n", count);
    machine_down();
    return count == 0;
}
