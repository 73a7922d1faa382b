/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects from settings: the machine, the accelerator, character devices, devices. */
#ifndef SYSTEM_CREATE_H
#define SYSTEM_CREATE_H

#include "core/accel.h"
#include "system/settings.h"

/* Classes and ids that options name, and what cannot go together. */
bool check_names(const Settings *settings, Error **errp);

/* The settings of one -blockdev, alone and against those before it. */
bool check_blockdev(const Settings *settings, const OptionUse *use, Error **errp);

/* -machine pflash0=NODE and pflash1=NODE become what -drive if=pflash says. */
bool blockdev_take_flashes(Settings *settings, Error **errp);

/* The machine with all its settings, not yet realized. NULL with *errp set. */
Machine *create_machine(Settings *settings, Error **errp);

/* Start the first accelerator of the list that works; says why others did not. */
bool create_accel(Settings *settings, const AccelConfig *config, Error **errp);

/* The sets of -add-fd. */
bool create_fdsets(Settings *settings, Error **errp);

bool create_chardevs(Settings *settings, Error **errp);

/*
 * Monitors for programs, and the character devices of all. Those for people
 * come after the devices, so that on a shared terminal the guest's port is first.
 */
bool create_monitors(Settings *settings, Error **errp);
bool create_human_monitors(Settings *settings, Error **errp);

/* Servers that show what the devices' consoles show; devices and secrets are there. */
bool create_vncs(Settings *settings, Error **errp);

bool create_objects(Settings *settings, Error **errp);
bool create_devices(Settings *settings, Error **errp);

/* The server of -qtest. */
bool create_qtest(Settings *settings, Error **errp);

#endif
