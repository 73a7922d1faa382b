/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option -rtc; see rtc-option.h. */
#include "hw/rtc/rtc-option.h"

#include <string.h>

#include "lib/keyval.h"

static RtcOptions chosen;

const RtcOptions *rtc_options(void)
{
    return &chosen;
}

int64_t rtc_options_base(const RtcOptions *options)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();

    if (options->fixed) {
        return options->seconds;
    }
    int64_t shift = options->local_time ? g_date_time_get_utc_offset(now) / G_TIME_SPAN_SECOND : 0;
    return g_date_time_to_unix(now) + shift;
}

/* 2006-06-17T16:01:21 or 2006-06-17, in no time zone but the guest's. */
static bool set_date(const char *text, Error **errp)
{
    g_autofree char *full = strchr(text, 'T') ? g_strdup(text) : g_strconcat(text, "T00:00:00", NULL);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(full, utc);

    if (!date) {
        fail(errp, "invalid datetime format '%s'", text);
        return hint(errp, "valid formats: '2006-06-17T16:01:21' or '2006-06-17'");
    }
    chosen.fixed = true;
    chosen.seconds = g_date_time_to_unix(date);
    return true;
}

static bool set_base(const char *text, Error **errp)
{
    chosen.fixed = false;
    chosen.local_time = g_str_equal(text, "localtime");
    return chosen.local_time || g_str_equal(text, "utc") || set_date(text, errp);
}

static bool set_clock(const char *text, Error **errp)
{
    static const char *const words[] = {
        [RTC_CLOCK_HOST] = "host", [RTC_CLOCK_RT] = "rt", [RTC_CLOCK_VM] = "vm",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i], text)) {
            chosen.clock = (RtcClock)i;
            return true;
        }
    }
    return fail(errp, "invalid option value '%s' for clock: host, rt or vm", text);
}

static bool set_driftfix(const char *text, Error **errp)
{
    if (g_str_equal(text, "slew")) {
        class_add_global("mc146818rtc", "lost_tick_policy", "slew");
        return true;
    }
    return g_str_equal(text, "none") || fail(errp, "invalid option value '%s' for driftfix: none or slew", text);
}

static const struct {
    const char *key;
    bool (*set)(const char *text, Error **errp);
} settings[] = {
    { "base", set_base },
    { "clock", set_clock },
    { "driftfix", set_driftfix },
};

static bool set_one(const KeyVal *item, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (g_str_equal(settings[i].key, item->key)) {
            return settings[i].set(item->value, errp);
        }
    }
    return fail(errp, "Invalid parameter '%s'", item->key);
}

bool rtc_configure(const char *option_text, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(option_text, NULL, errp);

    for (unsigned i = 0; kv && i < kv->items->len; i++) {
        if (!set_one(&g_array_index(kv->items, KeyVal, i), errp)) {
            return false;
        }
    }
    return kv != NULL;
}
