/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs of written pages; see dirty.h. */
#include "core/dirty.h"

#include <glib.h>
#include <string.h>

#include "core/accel.h"

enum { BITS = 64 };

static GPtrArray *logs;     /* of DirtyLog, those that are on */

static uint64_t page_count(const DirtyLog *log)
{
    return log->size / DIRTY_PAGE;
}

static size_t bitmap_bytes(const DirtyLog *log)
{
    return (page_count(log) + BITS - 1) / BITS * sizeof(uint64_t);
}

void dirty_log_start(DirtyLog *log, const uint8_t *host, uint64_t size)
{
    g_assert(!log->pages && size % DIRTY_PAGE == 0);

    *log = (DirtyLog){ .host = host, .size = size };
    log->pages = g_malloc(bitmap_bytes(log));
    memset(log->pages, 0xff, bitmap_bytes(log));
    if (!logs) {
        logs = g_ptr_array_new();
    }
    g_ptr_array_add(logs, log);
    accel_log_dirty(host, size);
}

void dirty_log_stop(DirtyLog *log)
{
    if (!log->pages) {
        return;
    }
    g_ptr_array_remove_fast(logs, log);
    accel_log_dirty(log->host, log->size);
    g_free(log->pages);
    *log = (DirtyLog){ 0 };
}

void dirty_log_sync(DirtyLog *log)
{
    if (log->pages) {
        accel_sync_dirty(log->host, log->size);
    }
}

bool dirty_log_has(const DirtyLog *log, uint64_t offset, uint64_t len)
{
    uint64_t end = len > 0 ? MIN((offset + len - 1) / DIRTY_PAGE + 1, page_count(log)) : 0;

    if (!log->pages) {
        return true;
    }
    for (uint64_t page = offset / DIRTY_PAGE; page < end; page++) {
        uint64_t word = log->pages[page / BITS];
        if (word >> page % BITS & 1) {
            return true;
        }
        page |= word == 0 ? BITS - 1 : 0;       /* most of a picture stands still */
    }
    return false;
}

void dirty_log_clear(DirtyLog *log)
{
    if (log->pages) {
        memset(log->pages, 0, bitmap_bytes(log));
    }
}

/* Where @host to @host + @len overlaps the log, as offsets in it; an empty stretch: nowhere. */
static bool overlap(const DirtyLog *log, const uint8_t *host, uint64_t len, uint64_t *ret_first, uint64_t *ret_end)
{
    uintptr_t log_first = (uintptr_t)log->host, first = MAX((uintptr_t)host, log_first);
    uintptr_t end = MIN((uintptr_t)host + len, log_first + log->size);

    if (first >= end) {
        return false;
    }
    *ret_first = first - log_first;
    *ret_end = end - log_first;
    return true;
}

void dirty_mark(const uint8_t *host, uint64_t len)
{
    uint64_t first = 0, end = 0;

    for (unsigned i = 0; logs && i < logs->len; i++) {
        DirtyLog *log = logs->pdata[i];
        if (!overlap(log, host, len, &first, &end)) {
            continue;
        }
        for (uint64_t page = first / DIRTY_PAGE; page <= (end - 1) / DIRTY_PAGE; page++) {
            log->pages[page / BITS] |= UINT64_C(1) << page % BITS;
        }
    }
}

bool dirty_is_logged(const uint8_t *host, uint64_t len)
{
    uint64_t first, end;

    for (unsigned i = 0; logs && i < logs->len; i++) {
        if (overlap(logs->pdata[i], host, len, &first, &end)) {
            return true;
        }
    }
    return false;
}
