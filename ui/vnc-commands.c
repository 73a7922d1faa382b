/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands and events about VNC: who listens, who looks, passwords. */
#include "core/command.h"
#include "lib/parse.h"
#include "ui/vnc-internal.h"

/* ---- events ---- */

#define PLACE "host:str,service:str,family:ipv4|ipv6|unix|vsock|unknown,websocket:bool"
#define BOTH "{server:{" PLACE ",auth:str},client:{" PLACE "}}"

EVENT(event_vnc_connected) = { "VNC_CONNECTED", "A VNC client has come, and was not let in yet", BOTH };
EVENT(event_vnc_initialized) = { "VNC_INITIALIZED", "A VNC client was let in", BOTH };
EVENT(event_vnc_disconnected) = { "VNC_DISCONNECTED", "A VNC client has gone", BOTH };

static void tell(const Event *event, const VncListener *listener, const VncClient *client)
{
    Json *server = json_add_str(vnc_address_json(&listener->address), "auth", vnc_auth(listener->server));
    Json *data = json_add(json_new(), "server", server);

    event_emit(event, json_add(data, "client", vnc_address_json(vnc_client_address(client))));
}

void vnc_tell_connected(const VncListener *listener, const VncClient *client)
{
    tell(&event_vnc_connected, listener, client);
}

void vnc_tell_initialized(const VncListener *listener, const VncClient *client)
{
    tell(&event_vnc_initialized, listener, client);
}

void vnc_tell_disconnected(const VncListener *listener, const VncClient *client)
{
    tell(&event_vnc_disconnected, listener, client);
}

/* ---- who is there ---- */

static const VncServer *server_at(unsigned i)
{
    return vnc_servers && i < vnc_servers->len ? vnc_servers->pdata[i] : NULL;
}

static Json *clients_json(const VncServer *server)
{
    Json *list = json_array();

    for (unsigned i = 0; i < server->clients->len; i++) {
        json_append(list, vnc_address_json(vnc_client_address(server->clients->pdata[i])));
    }
    return list;
}

/* The first server's first address. */
static bool query_vnc(QmpCall *call, Error **errp)
{
    const VncServer *server = server_at(0);

    call->ret = json_add_bool(json_new(), "enabled", server != NULL);
    if (server) {
        const VncListener *listener = server->listeners->pdata[0];
        json_add_str(call->ret, "host", listener->address.host);
        json_add_str(call->ret, "service", listener->address.service);
        json_add_str(call->ret, "family", listener->address.family);
        json_add_str(call->ret, "auth", vnc_auth(server));
        json_add(call->ret, "clients", clients_json(server));
    }
    return true;
}

#define CLIENTS "[{" PLACE "}]"

QMP_COMMAND(qmp_query_vnc) = {
    .name = "query-vnc",
    .help = "The first VNC server",
    .returns = "{enabled:bool,?host:str,?service:str,?family:ipv4|ipv6|unix|vsock|unknown,?auth:str,?clients:" CLIENTS "}",
    .run = query_vnc,
};

static Json *server_json(const VncServer *server)
{
    Json *json = json_add_str(json_new(), "id", server->id), *places = json_array();

    for (unsigned i = 0; i < server->listeners->len; i++) {
        const VncListener *listener = server->listeners->pdata[i];
        json_append(places, json_add_str(vnc_address_json(&listener->address), "auth", vnc_auth(server)));
    }
    json_add(json, "server", places);
    json_add(json, "clients", clients_json(server));
    if (server->device) {
        json_add_str(json, "display", server->device);
    }
    return json_add_str(json, "auth", vnc_auth(server));
}

static bool query_vnc_servers(QmpCall *call, Error **errp)
{
    call->ret = json_array();
    for (unsigned i = 0; server_at(i); i++) {
        json_append(call->ret, server_json(server_at(i)));
    }
    return true;
}

QMP_COMMAND(qmp_query_vnc_servers) = {
    .name = "query-vnc-servers",
    .help = "VNC servers and their clients",
    .returns = "[{id:str,server:[{" PLACE ",auth:str}],clients:" CLIENTS ",auth:str,?display:str}]",
    .run = query_vnc_servers,
};

static void print_place(GString *out, const char *what, const VncAddress *address)
{
    g_string_append_printf(out, "  %s: %s:%s (%s)\n", what, address->host, address->service, address->family);
}

static bool info_vnc(GString *out, const char *args, Error **errp)
{
    for (unsigned i = 0; server_at(i); i++) {
        const VncServer *server = server_at(i);
        g_string_append_printf(out, "%s:\n", server->id);
        for (unsigned j = 0; j < server->listeners->len; j++) {
            print_place(out, "Server", &((const VncListener *)server->listeners->pdata[j])->address);
            g_string_append_printf(out, "    Auth: %s (Sub: none)\n", vnc_auth(server));
        }
        for (unsigned j = 0; j < server->clients->len; j++) {
            print_place(out, "Client", vnc_client_address(server->clients->pdata[j]));
        }
    }
    if (!server_at(0)) {
        g_string_append(out, "None\n");
    }
    return true;
}

HMP_COMMAND(hmp_info_vnc) = { .name = "info vnc", .help = "VNC servers and their clients", .run = info_vnc };

/* ---- passwords ---- */

static const char *const protocols[] = { "vnc", "spice", NULL };
static const char *const connected_words[] = { "keep", "fail", "disconnect", NULL };

/* The server @display (NULL: the first) if it asks for passwords, or NULL. */
static VncServer *find_server(const char *display)
{
    for (unsigned i = 0; vnc_servers && i < vnc_servers->len; i++) {
        VncServer *server = vnc_servers->pdata[i];
        if (!display || g_str_equal(server->id, display)) {
            return server->wants_password ? server : NULL;
        }
    }
    return NULL;
}

static bool check_protocol(int protocol, Error **errp)
{
    if (protocol == 0) {
        return true;
    }
    fail(errp, "SPICE is not in use");
    return error_set_class(errp, ERROR_DEVICE_NOT_ACTIVE);
}

static bool put_password(const char *display, const char *password, Error **errp)
{
    VncServer *server = find_server(display);

    if (!server) {
        fail(errp, "Could not set password");
        return hint(errp, "A server asks for passwords with -vnc DISPLAY,password=on.");
    }
    g_free(server->password);
    server->password = g_strdup(password);
    return true;
}

typedef struct SetPassword {
    int protocol, connected;
    char *password, *display;
} SetPassword;

static bool apply_password(const SetPassword *args, Error **errp)
{
    if (!check_protocol(args->protocol, errp)) {
        return false;
    }
    if (args->connected != 0) {
        return fail(errp, "Invalid parameter 'connected'");
    }
    return put_password(args->display, args->password, errp);
}

static bool set_password(QmpCall *call, Error **errp)
{
    return apply_password(call->args, errp);
}

QMP_COMMAND(qmp_set_password) = {
    .name = "set_password",
    .help = "The password clients must know from now on",
    .size = sizeof(SetPassword),
    .args = (const Property[]){
        ARG_ENUM(SetPassword, protocol, protocols, "protocol", "Of which server"),
        ARG(SetPassword, password, str, "password", "At most eight letters count"),
        PROP_ENUM(SetPassword, connected, connected_words, "connected", "keep", "What becomes of clients that are there"),
        PROP(SetPassword, display, str, "display", NULL, "Id of the server (default: the first)"),
        { }
    },
    .run = set_password,
};

typedef struct ChangePassword {
    char *password;
} ChangePassword;

static bool change_vnc_password(QmpCall *call, Error **errp)
{
    return put_password(NULL, ((ChangePassword *)call->args)->password, errp);
}

QMP_COMMAND(qmp_change_vnc_password) = {
    .name = "change-vnc-password",
    .help = "Same as set_password with protocol vnc",
    .size = sizeof(ChangePassword),
    .args = (const Property[]){ ARG(ChangePassword, password, str, "password", "At most eight letters count"), { } },
    .run = change_vnc_password,
};

/* "now", "never", "+SECONDS" from now, or seconds since 1970. */
static bool read_end(const char *text, int64_t *ret, Error **errp)
{
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    bool relative = text[0] == '+';
    uint64_t seconds;

    if (g_str_equal(text, "now") || g_str_equal(text, "never")) {
        *ret = text[1] == 'o' ? 0 : INT64_MAX;
        return true;
    }
    if (!parse_u64(text + relative, INT32_MAX, &seconds, errp)) {
        return fail(errp, "Parameter 'time'");
    }
    *ret = (relative ? now : 0) + (int64_t)seconds;
    return true;
}

typedef struct ExpirePassword {
    int protocol;
    char *time, *display;
} ExpirePassword;

static bool apply_end(const ExpirePassword *args, Error **errp)
{
    int64_t end = 0;

    if (!read_end(args->time, &end, errp) || !check_protocol(args->protocol, errp)) {
        return false;
    }
    VncServer *server = find_server(args->display);
    if (!server) {
        return fail(errp, "Could not set password expire time");
    }
    server->password_ends = end;
    return true;
}

static bool expire_password(QmpCall *call, Error **errp)
{
    return apply_end(call->args, errp);
}

QMP_COMMAND(qmp_expire_password) = {
    .name = "expire_password",
    .help = "How long the password lets clients in",
    .size = sizeof(ExpirePassword),
    .args = (const Property[]){
        ARG_ENUM(ExpirePassword, protocol, protocols, "protocol", "Of which server"),
        ARG(ExpirePassword, time, str, "time", "now, never, +SECONDS or seconds since 1970"),
        PROP(ExpirePassword, display, str, "display", NULL, "Id of the server (default: the first)"),
        { }
    },
    .run = expire_password,
};

/* ---- the same for people ---- */

static bool take_word(const char *word, const char *const *words, int *ret, Error **errp)
{
    for (int i = 0; words[i]; i++) {
        if (g_str_equal(words[i], word)) {
            *ret = i;
            return true;
        }
    }
    return fail(errp, "invalid parameter value: %s", word);
}

/* PROTOCOL VALUE [-d DISPLAY] [ACTION]; *ret_action is left alone when there is none, NULL: there cannot be one. */
static bool take_words(char **words, int *ret_protocol, char **ret_display, int *ret_action, Error **errp)
{
    unsigned at = 2;

    if (!words[0] || !words[1]) {
        return fail(errp, "a protocol (vnc) and a value expected");
    }
    if (words[at] && words[at + 1] && g_str_equal(words[at], "-d")) {
        *ret_display = words[at + 1];
        at += 2;
    }
    if (words[at] && ret_action && !take_word(words[at++], connected_words, ret_action, errp)) {
        return false;
    }
    return words[at] ? fail(errp, "extra words: %s", words[at]) : take_word(words[0], protocols, ret_protocol, errp);
}

static bool hmp_run_set_password(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", -1);
    SetPassword set = { 0 };

    if (!take_words(words, &set.protocol, &set.display, &set.connected, errp)) {
        return false;
    }
    set.password = words[1];
    return apply_password(&set, errp);
}

HMP_COMMAND(hmp_set_password) = {
    .name = "set_password",
    .args = "protocol password [-d display] [action-if-connected]",
    .help = "The password clients of VNC must know from now on",
    .run = hmp_run_set_password,
};

static bool hmp_run_expire_password(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", -1);
    ExpirePassword expire = { 0 };

    if (!take_words(words, &expire.protocol, &expire.display, NULL, errp)) {
        return false;
    }
    expire.time = words[1];
    return apply_end(&expire, errp);
}

HMP_COMMAND(hmp_expire_password) = {
    .name = "expire_password",
    .args = "protocol time [-d display]",
    .help = "How long the password lets clients of VNC in: now, never, +SECONDS or seconds since 1970",
    .run = hmp_run_expire_password,
};
