/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which emulator this is, to those who ask. */
#ifndef MONITOR_VERSION_H
#define MONITOR_VERSION_H

#include "lib/json.h"

/* The version of QEMU whose interfaces these are: libvirt decides by it what to expect. */
#define VERSION_QEMU "7.2.22"
enum { VERSION_QEMU_MAJOR = 7, VERSION_QEMU_MINOR = 2, VERSION_QEMU_MICRO = 22 };

/* Ours. */
#define VERSION_PACKAGE "qemu-igd " QEMU_IGD_VERSION

/* {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "qemu-igd 0.1.0"} */
Json *version_json(void);

#endif
