/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of everything that was done to the GPU: one line an event, seconds in front. */
#ifndef LAB_IGD_JOURNAL_H
#define LAB_IGD_JOURNAL_H

#include <stdbool.h>

bool journal_open(const char *path);
void journal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
