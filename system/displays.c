/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -display: what there is, and what to use instead of what users know from elsewhere. */
#include <string.h>

#include "system/settings.h"

typedef enum DisplayKind {
    DISPLAY_NONE,
    DISPLAY_VNC,                /* "vnc=": the same as -vnc */
    DISPLAY_READ_BY_CPU,        /* OpenGL for pictures of virtual GPUs: ours need none */
    DISPLAY_WINDOW, DISPLAY_TERMINAL, DISPLAY_REMOTE,       /* not here */
} DisplayKind;

static const struct {
    const char *name;
    DisplayKind kind;
} displays[] = {
    { "none", DISPLAY_NONE }, { "vnc", DISPLAY_VNC }, { "egl-headless", DISPLAY_READ_BY_CPU },
    { "gtk", DISPLAY_WINDOW }, { "sdl", DISPLAY_WINDOW }, { "cocoa", DISPLAY_WINDOW }, { "curses", DISPLAY_TERMINAL },
    { "spice-app", DISPLAY_REMOTE }, { "dbus", DISPLAY_REMOTE },
};

static const char *const advice[] = {
    [DISPLAY_WINDOW] = "This emulator opens no windows: use -vnc :0 and connect a VNC viewer to port 5900.",
    [DISPLAY_TERMINAL] = "For a guest with a serial console use -nographic; for its screen -vnc :0 and a VNC viewer.",
    [DISPLAY_REMOTE] = "Use -vnc :0 and connect a VNC viewer to port 5900.",
};

char *help_displays(void)
{
    GString *text = g_string_new("Available display backend types:\n");

    for (unsigned i = 0; i < G_N_ELEMENTS(displays) && displays[i].kind <= DISPLAY_READ_BY_CPU; i++) {
        g_string_append_printf(text, "%s\n", displays[i].name);
    }
    return g_string_free(text, false);
}

static bool has_name(const char *name, const char *arg, size_t len)
{
    return strlen(name) == len && strncmp(name, arg, len) == 0;
}

/* Only VNC has a value; settings of the others change nothing here. */
static bool may_follow(DisplayKind kind, char next)
{
    return kind == DISPLAY_VNC ? next == '=' : next == '\0' || next == ',';
}

bool display_check(const char *arg, Error **errp)
{
    size_t len = strcspn(arg, ",=");
    unsigned i = 0;

    while (i < G_N_ELEMENTS(displays) && !has_name(displays[i].name, arg, len)) {
        i++;
    }
    if (i < G_N_ELEMENTS(displays) && displays[i].kind >= DISPLAY_WINDOW) {
        fail(errp, "Display '%s' is not available", displays[i].name);
        return hint(errp, "%s", advice[displays[i].kind]);
    }
    if (i < G_N_ELEMENTS(displays) && may_follow(displays[i].kind, arg[len])) {
        return true;
    }
    if (i < G_N_ELEMENTS(displays) && displays[i].kind == DISPLAY_VNC) {
        return fail(errp, "VNC requires a display argument vnc=<display>");
    }
    fail(errp, "Parameter 'type' does not accept value '%s'", arg);
    return hint(errp, "-display help lists what there is.");
}
