/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row of the table of command-line options is; options.c has the table. */
#ifndef SYSTEM_OPTION_H
#define SYSTEM_OPTION_H

#include "system/settings.h"

/* A key an option takes. The kind reads its value, to find mistakes early; NULL: whoever uses it does. */
typedef struct Key {
    const char *name;
    const PropKind *kind;       /* of a plain value: the result is thrown away */
} Key;

typedef struct Option Option;

struct Option {
    const char *name;           /* without the dash */
    const char *arg;            /* what -help calls the argument; NULL: none */
    const char *help;
    bool (*set)(Settings *settings, const Option *option, const char *arg, Error **errp);
    size_t offset;              /* of the field a generic setter fills */
    const char *implied;        /* key of a first value without '=' */
    const Key *keys;            /* all there are; NULL: whoever uses the settings knows them */
    char *(*list)(void);        /* text of "help" as argument */
    const Class *(*find)(const char *name);     /* of what "NAME,help" shows the properties; NULL: of nothing */
    bool unadvertised;          /* query-command-line-options leaves it out */
};

/* Ended by an empty row. */
extern const Option options[];

/* The option called @name, without dashes, or NULL. */
const Option *option_find(const char *name);

/* -readconfig: the setter that uses the options in the file @path. */
bool read_config(Settings *settings, const Option *option, const char *path, Error **errp);

#endif
