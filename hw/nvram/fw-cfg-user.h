/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of the user's own: -fw_cfg. */
#ifndef HW_NVRAM_FW_CFG_USER_H
#define HW_NVRAM_FW_CFG_USER_H

#include <stdbool.h>

#include "lib/error.h"

/*
 * Add the file of "-fw_cfg [name=]NAME,file=PATH|string=TEXT" to the machine's
 * fw_cfg; a name outside "opt/" gets a warning. The machine must exist.
 */
bool fw_cfg_add_user(const char *option_text, Error **errp);

#endif
