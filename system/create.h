/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects from settings: the machine, the accelerator, character devices, devices. */
#ifndef SYSTEM_CREATE_H
#define SYSTEM_CREATE_H

#include "core/accel.h"
#include "system/settings.h"

/* Classes and ids that options name, and what cannot go together. */
bool check_names(const Settings *settings, Error **errp);

/* The machine with all its settings, not yet realized. NULL with *errp set. */
Machine *create_machine(Settings *settings, Error **errp);

/* Start the first accelerator of the list that works; says why others did not. */
bool create_accel(Settings *settings, const AccelConfig *config, Error **errp);

bool create_chardevs(Settings *settings, Error **errp);
bool create_objects(Settings *settings, Error **errp);
bool create_devices(Settings *settings, Error **errp);

/* The server of -qtest. */
bool create_qtest(Settings *settings, Error **errp);

#endif
