/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pages of guest memory were written: for displays, which look only while somebody watches. Writes of our own
 * (DMA, accesses that exit) are marked as they happen; those of the guest are fetched from the accelerator. All calls
 * need vm_lock.
 */
#ifndef CORE_DIRTY_H
#define CORE_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIRTY_PAGE = 4096 };

/* Embedded in its owner; zero: off. */
typedef struct DirtyLog {
    const uint8_t *host;
    uint64_t size;
    uint64_t *pages;        /* a bit a page; NULL: off */
} DirtyLog;

/* Log writes to @size bytes at @host, whole pages, until the owner stops it. All pages begin as written. */
void dirty_log_start(DirtyLog *log, const uint8_t *host, uint64_t size);

/* A log that is off is accepted. */
void dirty_log_stop(DirtyLog *log);

static inline bool dirty_log_is_on(const DirtyLog *log)
{
    return log->pages != NULL;
}

/* Fetch what the accelerator knows. */
void dirty_log_sync(DirtyLog *log);

/* Something in the pages of these @len bytes was written since dirty_log_clear(). A log that is off: always. */
bool dirty_log_has(const DirtyLog *log, uint64_t offset, uint64_t len);
void dirty_log_clear(DirtyLog *log);

/* ---- for those who write or know who wrote ---- */

/* @len bytes at @host were written. */
void dirty_mark(const uint8_t *host, uint64_t len);

/* A log is interested in some of these bytes. */
bool dirty_is_logged(const uint8_t *host, uint64_t len);

#endif
