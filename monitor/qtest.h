/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The qtest server: a test reads and writes ports and memory, moves the clock
 * and watches interrupt lines, one line of text a request. It is the object
 * class "qtest"; -qtest makes one.
 */
#ifndef MONITOR_QTEST_H
#define MONITOR_QTEST_H

#include "core/class.h"

extern const Class qtest_class;

/* What requests work on. */
typedef struct QtestIrqs {
    Object *observed;               /* NULL: no irq_intercept yet */
    GByteArray *levels;             /* of the observed lines */
    void (*send)(void *opaque, const char *line);
    void *opaque;
} QtestIrqs;

/*
 * Carry out one request, a line without its end; the reply, "OK", "OK VALUE",
 * "FAIL why" or "ERR why", without its end, for the caller to free. Interrupt
 * lines that change meanwhile are sent before it returns.
 */
char *qtest_request(QtestIrqs *irqs, const char *line);

#endif
