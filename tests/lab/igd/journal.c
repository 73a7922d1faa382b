/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of everything that was done to the GPU. */
#include "journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static FILE *journal_file;
static struct timespec journal_start;

bool journal_open(const char *path)
{
    journal_file = fopen(path, "we");
    if (!journal_file) {
        perror(path);
        return false;
    }
    setvbuf(journal_file, NULL, _IOLBF, 0);
    clock_gettime(CLOCK_MONOTONIC, &journal_start);
    return true;
}

static double seconds_since_start(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - journal_start.tv_sec) +
           (double)(now.tv_nsec - journal_start.tv_nsec) / 1e9;
}

void journal(const char *format, ...)
{
    va_list args;

    fprintf(journal_file, "%12.6f ", seconds_since_start());
    va_start(args, format);
    vfprintf(journal_file, format, args);
    va_end(args);
    fputc('\n', journal_file);
}
