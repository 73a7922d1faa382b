/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands and events look like, as query-qmp-schema says it: QEMU's QAPI
 * introspection. Types have numbers for names; equal types are one.
 */
#ifndef MONITOR_SCHEMA_H
#define MONITOR_SCHEMA_H

#include "core/command.h"

/* All commands, events and the types they use. */
Json *schema_new(void);

#endif
