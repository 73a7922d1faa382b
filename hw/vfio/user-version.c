/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a vfio-user connection: connect, and agree on a version and limits. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hw/vfio/user.h"
#include "lib/fd.h"
#include "lib/keyval.h"
#include "lib/parse.h"

enum {
    MAJOR = 0, MINOR = 1,
    ANSWER_MAX = 16 << 10,      /* the capabilities of today fit in a few hundred bytes */
    XFER_MIN = 8,               /* the widest access of a CPU goes in one message */
    PAGE_SIZE_MIN = 4096,
    PAGE_SIZE_MAX = 64 << 10,   /* larger ones would leave out the guest's memory below 1 MiB */
    CONNECT_PAUSE_US = 10000,
};

/* Spec, VFIO_USER_VERSION: capabilities follow as JSON. */
typedef struct VersionHead {
    uint16_t major, minor;
} VersionHead;

/* ---- connecting ---- */

static bool hint_connect(const char *path, int err, Error **errp)
{
    struct stat st;

    switch (err) {
    case ENOENT:
        return hint(errp, "Start the device's server first, and give it the same socket path.");
    case ECONNREFUSED:
        if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
            return hint(errp, "This is not a socket: socket= takes the one the device's server listens on.");
        }
        return hint(errp, "The socket is there, but nobody listens: start the device's server again.");
    case EACCES:
    case EPERM:
        return hint(errp, "You may not write to the socket, or enter a folder above it: "
                    "change its owner or mode, or start the server as the same user.");
    case EPROTOTYPE:
        return hint(errp, "This socket is not a stream: it does not belong to a vfio-user server.");
    case EAGAIN:
        return hint(errp, "The server does not accept connections: it may serve another machine already.");
    default:
        return false;
    }
}

static int connect_failed(const char *path, int err, Error **errp)
{
    fail_errno(errp, err, "Failed to connect to '%s'", path);
    hint_connect(path, err, errp);
    return -1;
}

int vfio_user_connect(const char *path, unsigned timeout_ms, Error **errp)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int64_t deadline_us = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        fail(errp, "UNIX socket path '%s' is too long", path);
        hint(errp, "Path must be less than %zu bytes", sizeof(addr.sun_path));
        return -1;
    }
    g_strlcpy(addr.sun_path, path, sizeof(addr.sun_path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return connect_failed(path, errno, errp);
    }
    /* EAGAIN: other connections wait to be accepted; a UNIX socket cannot be polled for that */
    while (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
        if ((errno != EAGAIN && errno != EINTR) || g_get_monotonic_time() > deadline_us) {
            int err = errno;
            fd_close(&fd);
            return connect_failed(path, err, errp);
        }
        g_usleep(CONNECT_PAUSE_US);
    }
    return fd;
}

/* ---- capabilities ---- */

/* A number the server may name; without it the specification's default counts. */
typedef struct Capability {
    const char *name;
    size_t offset;              /* of the uint64_t in VfioUserLimits */
    uint64_t def, min, max;     /* larger ones count as max */
} Capability;

#define LIMIT(f) offsetof(VfioUserLimits, f)

static const Capability capabilities[] = {
    { "capabilities.max_msg_fds", LIMIT(max_fds), 1, 0, VFIO_USER_FDS_OUT_MAX },
    { "capabilities.max_data_xfer_size", LIMIT(max_xfer), VFIO_USER_XFER_MAX, XFER_MIN, VFIO_USER_XFER_MAX },
    { "capabilities.max_dma_maps", LIMIT(max_dma_maps), 65535, 1, UINT64_MAX },
    { "capabilities.pgsizes", LIMIT(page_sizes), PAGE_SIZE_MIN, 1, UINT64_MAX },
};

static bool read_number(const KeyVals *kv, const Capability *cap, uint64_t *ret, Error **errp)
{
    const char *text = keyval_get(kv, cap->name);
    uint64_t value = cap->def;

    if (text && !parse_u64(text, UINT64_MAX, &value, errp)) {
        return fail(errp, "the server's %s", cap->name);
    }
    if (value < cap->min) {
        return fail(errp, "the server's %s is %" G_GUINT64_FORMAT ", which is too small", cap->name, value);
    }
    *ret = MIN(value, cap->max);
    return true;
}

static bool can(const KeyVals *kv, const char *name)
{
    return g_strcmp0(keyval_get(kv, name), "on") == 0;
}

/* Mappings are of whole pages of 4 KiB at least, whatever else the server can do. */
static bool check_pages(VfioUserLimits *limits, Error **errp)
{
    uint64_t small = limits->page_sizes & (PAGE_SIZE_MIN - 1);
    uint64_t sizes = (limits->page_sizes & ~small) | (small ? PAGE_SIZE_MIN : 0);

    if ((sizes & -sizes) > PAGE_SIZE_MAX) {
        return fail(errp, "the server's capabilities.pgsizes is 0x%" G_GINT64_MODIFIER "x: it cannot map"
                    " pages of %d KiB or less", limits->page_sizes, PAGE_SIZE_MAX >> 10);
    }
    limits->page_sizes = sizes;
    return true;
}

/* NULL: not JSON. What the server wrote is not repeated: it may be anything. */
static KeyVals *parse_capabilities(const char *json)
{
    Error *err = NULL;

    json += strspn(json, " \t\r\n");
    KeyVals *kv = *json ? *json == '{' ? keyval_parse(json, NULL, &err) : NULL : keyval_new();
    error_free(err);
    return kv;
}

static bool read_limits(const char *json, VfioUserLimits *ret, Error **errp)
{
    g_autoptr(KeyVals) kv = parse_capabilities(json);

    if (!kv) {
        return fail(errp, "the server's capabilities are not a JSON object");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(capabilities); i++) {
        uint64_t *field = (uint64_t *)(void *)((char *)ret + capabilities[i].offset);
        if (!read_number(kv, &capabilities[i], field, errp)) {
            return false;
        }
    }
    ret->write_multiple = can(kv, "capabilities.write_multiple");
    ret->planes = can(kv, "capabilities.x-gfx-plane");
    return check_pages(ret, errp);
}

/* ---- the exchange ---- */

/*
 * What we offer. No migration. No twin_socket: commands of the server are served while we wait
 * for an answer, so one socket does.
 */
static char *our_capabilities(void)
{
    return g_strdup_printf("{\"capabilities\":{\"max_msg_fds\":%d,\"max_data_xfer_size\":%d,"
                           "\"max_dma_maps\":65535,\"pgsizes\":%d,\"write_multiple\":true,"
                           "\"x-gfx-plane\":true}}",
                           VFIO_USER_FDS_MAX, VFIO_USER_XFER_MAX, PAGE_SIZE_MIN);
}

static bool no_answer(VfioUserSocket *socket, int err, Error **errp)
{
    if (vfio_user_lost(socket)) {
        fail(errp, "%s", vfio_user_lost(socket));
        return hint(errp, "It may not be a vfio-user server, speak another version of the protocol, or serve"
                    " another machine already.");
    }
    if (err == -EPROTO) {
        fail(errp, "the answer to the version is none");
        return hint(errp, "The socket does not belong to a vfio-user server.");
    }
    return fail_errno(errp, err, "the server refuses version %d.%d of the protocol", MAJOR, MINOR);
}

static bool check_version(VersionHead version, Error **errp)
{
    if (version.major == MAJOR && version.minor <= MINOR) {
        return true;
    }
    fail(errp, "the server speaks version %u.%u of the protocol, which is not compatible with %d.%d",
         version.major, version.minor, MAJOR, MINOR);
    return hint(errp, "Use a server for version %d.%d.", MAJOR, MINOR);
}

bool vfio_user_negotiate(VfioUserSocket *socket, VfioUserLimits *ret, Error **errp)
{
    VersionHead version = { MAJOR, MINOR };
    VfioUserLimits limits = { 0 };
    g_autofree char *offer = our_capabilities(), *answer = g_malloc0(ANSWER_MAX + 1);
    VfioUserCall call = {
        .command = VFIO_USER_VERSION, .head = &version, .head_len = sizeof(version),
        .data = offer, .data_len = strlen(offer) + 1, .reply = answer, .reply_room = ANSWER_MAX,
    };
    int got = vfio_user_call(socket, &call);

    if (got < 0 || call.reply_len < sizeof(version)) {
        return no_answer(socket, got < 0 ? got : -EPROTO, errp);
    }
    memcpy(&version, answer, sizeof(version));
    if (!check_version(version, errp) || !read_limits(answer + sizeof(version), &limits, errp)) {
        return false;
    }
    *ret = limits;
    return true;
}
