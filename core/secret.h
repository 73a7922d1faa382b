/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secrets: -object secret keeps a password or a key out of the settings of what
 * uses it. libvirt gives every guest one (masterKey0) whether it is used or not.
 */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <glib.h>

#include "lib/error.h"

/* A reference to the bytes of the secret @id, decoded; NULL with *errp set when there is none. */
GBytes *secret_bytes(const char *id, Error **errp);

#endif
