/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and pointers on their way to the guest; see input.h. */
#include "ui/input.h"

#include <glib.h>
#include <linux/input-event-codes.h>

typedef struct Place {
    const InputSink *sink;
    unsigned number;                    /* of a pointer */
} Place;

NotifierList input_absolute_notifiers, input_led_notifiers;

static GArray *places;                  /* of Place, the one in use last */
static bool keys_down[KEY_CNT];
static bool buttons_down[INPUT_BUTTONS];

/* ---- who takes input ---- */

/* The @i-th, counted from the one in use; NULL: there are not so many. */
static const Place *place_at(unsigned i)
{
    return places && i < places->len ? &g_array_index(places, Place, places->len - 1 - i) : NULL;
}

static const InputSink *sink_at(unsigned i)
{
    const Place *place = place_at(i);

    return place ? place->sink : NULL;
}

static bool is_keyboard(const InputSink *sink)
{
    return sink->key != NULL;
}

static bool is_pointer(const InputSink *sink)
{
    return sink->button != NULL;
}

static bool takes_moves(const InputSink *sink)
{
    return sink->move != NULL;
}

static bool takes_places(const InputSink *sink)
{
    return sink->place != NULL;
}

/* The first that is asked for, or NULL. */
static const InputSink *find(bool (*fits)(const InputSink *sink))
{
    unsigned i = 0;

    while (sink_at(i) && !fits(sink_at(i))) {
        i++;
    }
    return sink_at(i);
}

bool input_is_absolute(void)
{
    const InputSink *sink = find(is_pointer);

    return sink && takes_places(sink);
}

bool input_takes_places(void)
{
    return find(takes_places) != NULL;
}

GPtrArray *input_pointers(void)
{
    GPtrArray *pointers = g_ptr_array_new();

    for (unsigned i = 0; sink_at(i); i++) {
        if (is_pointer(sink_at(i))) {
            g_ptr_array_add(pointers, (gpointer)sink_at(i));
        }
    }
    return pointers;
}

unsigned input_pointer_number(const InputSink *sink)
{
    unsigned i = 0;

    while (sink_at(i) != sink) {
        i++;
    }
    return place_at(i)->number;
}

/* ---- who comes and goes ---- */

static void release_keys(void)
{
    for (unsigned code = 0; code < KEY_CNT; code++) {
        if (keys_down[code]) {
            input_key(code, false);
        }
    }
}

static void release_buttons(void)
{
    for (unsigned button = 0; button < INPUT_BUTTONS; button++) {
        input_button(button, false);
    }
}

/* Take @sink out, or put it in @place (not NULL) as the one in use. What is pressed would stay so for ever. */
static void replace(const InputSink *sink, const Place *place)
{
    bool was_absolute = input_is_absolute();

    if (is_keyboard(sink)) {
        release_keys();
    }
    if (is_pointer(sink)) {
        release_buttons();
    }
    input_sync();
    for (unsigned i = 0; i < places->len; i++) {
        if (g_array_index(places, Place, i).sink == sink) {
            g_array_remove_index(places, i);
        }
    }
    if (place) {
        g_array_append_vals(places, place, 1);
    }
    if (input_is_absolute() != was_absolute) {
        notify_all(&input_absolute_notifiers, NULL);
    }
}

/* NULL: there is no pointer of that number. */
static const Place *find_number(unsigned number)
{
    unsigned i = 0;

    while (place_at(i) && (place_at(i)->number != number || !is_pointer(place_at(i)->sink))) {
        i++;
    }
    return place_at(i);
}

void input_sink_add(const InputSink *sink)
{
    Place place = { .sink = sink };

    while (find_number(place.number)) {
        place.number++;
    }
    if (!places) {
        places = g_array_new(false, false, sizeof(Place));
    }
    replace(sink, &place);
}

void input_sink_del(const InputSink *sink)
{
    for (unsigned i = 0; sink_at(i); i++) {
        if (sink_at(i) == sink) {
            replace(sink, NULL);
            return;
        }
    }
}

bool input_pointer_use(unsigned number, Error **errp)
{
    const Place *found = find_number(number);

    if (!found) {
        return fail(errp, "Mouse at index '%u' not found", number);
    }
    Place place = *found;
    replace(place.sink, &place);
    return true;
}

/* ---- input ---- */

/* A key that is down and goes down again is one that repeats; one that is not down cannot be let go. */
void input_key(unsigned code, bool down)
{
    const InputSink *sink = find(is_keyboard);

    if (code < KEY_CNT && (down || keys_down[code])) {
        keys_down[code] = down;
        if (sink) {
            sink->key(sink->opaque, code, down);
        }
    }
}

void input_move(int dx, int dy)
{
    const InputSink *sink = find(takes_moves);

    if (sink) {
        sink->move(sink->opaque, dx, dy);
    }
}

void input_place(unsigned x, unsigned y)
{
    const InputSink *sink = find(takes_places);

    if (sink) {
        sink->place(sink->opaque, MIN(x, INPUT_ABS_MAX), MIN(y, INPUT_ABS_MAX));
    }
}

void input_button(InputButton button, bool down)
{
    const InputSink *sink = find(is_pointer);

    if (buttons_down[button] != down) {
        buttons_down[button] = down;
        if (sink) {
            sink->button(sink->opaque, button, down);
        }
    }
}

void input_wheel(int up, int right)
{
    const InputSink *sink = find(is_pointer);

    if (sink) {
        sink->wheel(sink->opaque, up, right);
    }
}

void input_sync(void)
{
    for (unsigned i = 0; sink_at(i); i++) {
        if (sink_at(i)->sync) {
            sink_at(i)->sync(sink_at(i)->opaque);
        }
    }
}

/* ---- lights ---- */

static unsigned leds_lit;

unsigned input_leds(void)
{
    return leds_lit;
}

void input_set_leds(unsigned leds)
{
    if (leds != leds_lit) {
        leds_lit = leds;
        notify_all(&input_led_notifiers, NULL);
    }
}
