/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parallel flash, Intel command set; see pflash.h. The array is memory the
 * guest reads and executes directly; writes are commands. While a command has
 * the chip answer something else than its contents, a trapping region lies in
 * front of the memory.
 */
#include "hw/block/pflash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/fd.h"
#include "lib/log.h"

/* Commands: Intel 28F128J3 data sheet, table "Command Bus-Cycle Definitions". */
enum {
    CMD_PROGRAM_ALT = 0x10,
    CMD_ERASE = 0x20,
    CMD_PROGRAM = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK = 0x60,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_CFI_QUERY = 0x98,
    CMD_CONFIRM = 0xd0,
    CMD_WRITE_BUFFER = 0xe8,
    CMD_READ_ARRAY = 0xff,
};

/* Status register: same data sheet, "Status Register Definitions". */
enum {
    STATUS_LOCKED = 0x02,
    STATUS_PROGRAM_ERROR = 0x10,
    STATUS_ERASE_ERROR = 0x20,
    STATUS_READY = 0x80,
};

enum { WRITE_BUFFER = 256, CFI_SIZE = 0x40 };

typedef enum Mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_CFI } Mode;

/* What the next write is, when it is not a command. */
typedef enum Expects {
    EXPECTS_COMMAND, EXPECTS_BYTE, EXPECTS_ERASE_CONFIRM, EXPECTS_LOCK_KIND, EXPECTS_COUNT, EXPECTS_DATA, EXPECTS_WRITE_CONFIRM,
} Expects;

struct Pflash {
    Object obj;
    char *name;
    int fd;
    uint8_t *data;
    uint64_t size;
    bool readonly;
    Region window, contents, trap;      /* the chip: contents below, trap in front while not in array mode */
    Mode mode;
    Expects expects;
    uint8_t status;
    unsigned count;                     /* bytes of the write buffer that are to come */
    uint64_t buffer_base;
    uint8_t buffer[WRITE_BUFFER];       /* with a bit for each byte that came */
    bool written[WRITE_BUFFER];
    uint8_t cfi[CFI_SIZE];
};

/* ---- what the chip says ---- */

static unsigned log2_of(uint64_t value)
{
    return 63u - (unsigned)__builtin_clzll(value);
}

/* CFI query structure (JESD68.01, section 2): identification, voltages and times, geometry, an empty "PRI" table. */
static void fill_cfi(Pflash *flash)
{
    uint64_t sectors = flash->size / PFLASH_SECTOR - 1;
    const uint8_t table[CFI_SIZE] = {
        [0x10] = 'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00,             /* Intel command set, its table at 0x31 */
        [0x1b] = 0x45, 0x55, 0x00, 0x00,                            /* 4.5 V to 5.5 V, no programming voltage */
        [0x1f] = 0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00,    /* times as powers of two */
        [0x27] = (uint8_t)log2_of(flash->size), 0x02, 0x00,         /* size; x8 and x16 */
        [0x2a] = (uint8_t)log2_of(WRITE_BUFFER), 0x00,
        [0x2c] = 0x01,                                              /* one erase region: */
        [0x2d] = (uint8_t)sectors, (uint8_t)(sectors >> 8),
        [0x2f] = (uint8_t)(PFLASH_SECTOR >> 8), (uint8_t)(PFLASH_SECTOR >> 16),
        [0x31] = 'P', 'R', 'I', '1', '0',
    };

    memcpy(flash->cfi, table, sizeof(table));
}

static uint8_t answer(const Pflash *flash, uint64_t offset)
{
    switch (flash->mode) {
    case MODE_STATUS:
        return flash->status;
    case MODE_CFI:
        return offset < CFI_SIZE ? flash->cfi[offset] : 0;
    case MODE_ID:       /* no manufacturer and device of its own; no block is locked */
        return 0;
    default:
        return flash->data[offset];
    }
}

static void set_mode(Pflash *flash, Mode mode)
{
    bool was_array = flash->mode == MODE_ARRAY;

    flash->mode = mode;
    flash->expects = EXPECTS_COMMAND;
    if (was_array != (mode == MODE_ARRAY)) {
        region_hide(&flash->trap, mode == MODE_ARRAY);
    }
}

/* ---- programming ---- */

static bool protect(Pflash *flash, uint8_t error)
{
    if (flash->readonly) {
        flash->status |= error | STATUS_LOCKED;
    }
    return flash->readonly;
}

static void program(Pflash *flash, uint64_t offset, const uint8_t *data, const bool *written, unsigned len)
{
    flash->status |= STATUS_READY;
    if (protect(flash, STATUS_PROGRAM_ERROR)) {
        return;
    }
    for (unsigned i = 0; i < len && offset + i < flash->size; i++) {
        if (!written || written[i]) {
            flash->data[offset + i] = data[i];      /* not ANDed: firmware writes without an erase, as it may on QEMU's */
        }
    }
}

static void erase(Pflash *flash, uint64_t offset)
{
    flash->status |= STATUS_READY;
    if (!protect(flash, STATUS_ERASE_ERROR)) {
        memset(flash->data + offset / PFLASH_SECTOR * PFLASH_SECTOR, 0xff, PFLASH_SECTOR);
    }
}

static void begin_buffer(Pflash *flash, uint64_t offset)
{
    flash->buffer_base = offset / WRITE_BUFFER * WRITE_BUFFER;
    memset(flash->written, 0, sizeof(flash->written));
}

static void fill_buffer(Pflash *flash, uint64_t offset, uint8_t value)
{
    if (offset - flash->buffer_base < WRITE_BUFFER) {
        flash->buffer[offset - flash->buffer_base] = value;
        flash->written[offset - flash->buffer_base] = true;
    } else {
        flash->status |= STATUS_PROGRAM_ERROR;      /* outside the block the command named */
    }
    if (--flash->count == 0) {
        flash->expects = EXPECTS_WRITE_CONFIRM;
    }
}

/* ---- commands ---- */

static void command(Pflash *flash, uint64_t offset, uint8_t value)
{
    static const struct {
        uint8_t command;
        Mode mode;
        Expects expects;
    } commands[] = {
        { CMD_READ_ARRAY, MODE_ARRAY, EXPECTS_COMMAND },
        { 0x00, MODE_ARRAY, EXPECTS_COMMAND },
        { CMD_READ_ID, MODE_ID, EXPECTS_COMMAND },
        { CMD_CFI_QUERY, MODE_CFI, EXPECTS_COMMAND },
        { CMD_READ_STATUS, MODE_STATUS, EXPECTS_COMMAND },
        { CMD_CLEAR_STATUS, MODE_STATUS, EXPECTS_COMMAND },
        { CMD_PROGRAM, MODE_STATUS, EXPECTS_BYTE },
        { CMD_PROGRAM_ALT, MODE_STATUS, EXPECTS_BYTE },
        { CMD_ERASE, MODE_STATUS, EXPECTS_ERASE_CONFIRM },
        { CMD_LOCK, MODE_STATUS, EXPECTS_LOCK_KIND },
        { CMD_WRITE_BUFFER, MODE_STATUS, EXPECTS_COUNT },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (commands[i].command == value) {
            set_mode(flash, commands[i].mode);
            flash->expects = commands[i].expects;
            flash->status = value == CMD_CLEAR_STATUS ? 0 : flash->status;
            flash->status |= flash->expects != EXPECTS_COMMAND ? STATUS_READY : 0;
            return;
        }
    }
    log_guest("%s: unknown flash command 0x%02x at 0x%" G_GINT64_MODIFIER "x", flash->name, value, offset);
    set_mode(flash, MODE_ARRAY);
}

/* The second cycle of a command that must be confirmed; anything else is a sequence error (both error bits). */
static void confirmed(Pflash *flash, uint64_t offset, uint8_t value)
{
    if (value != CMD_CONFIRM) {
        flash->status |= STATUS_READY | STATUS_PROGRAM_ERROR | STATUS_ERASE_ERROR;
    } else if (flash->expects == EXPECTS_ERASE_CONFIRM) {
        erase(flash, offset);
    } else {
        program(flash, flash->buffer_base, flash->buffer, flash->written, WRITE_BUFFER);
    }
    flash->expects = EXPECTS_COMMAND;
}

static void write_byte(Pflash *flash, uint64_t offset, uint8_t value)
{
    switch (flash->expects) {
    case EXPECTS_COMMAND:
        command(flash, offset, value);
        break;
    case EXPECTS_BYTE:
        program(flash, offset, &value, NULL, 1);
        flash->expects = EXPECTS_COMMAND;
        break;
    case EXPECTS_LOCK_KIND:
        flash->status |= STATUS_READY;
        flash->expects = EXPECTS_COMMAND;
        break;
    case EXPECTS_COUNT:
        flash->count = value + 1u;
        flash->expects = EXPECTS_DATA;
        begin_buffer(flash, offset);
        break;
    case EXPECTS_DATA:
        fill_buffer(flash, offset, value);
        break;
    default:
        confirmed(flash, offset, value);
    }
}

/* ---- the guest ---- */

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    const Pflash *flash = opaque;
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)answer(flash, offset + i) << (8 * i);
    }
    return value;
}

/* The bus is eight bits wide: data of a wide access goes byte by byte, a command is its lowest byte. */
static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Pflash *flash = opaque;
    bool data = flash->expects == EXPECTS_DATA || flash->expects == EXPECTS_BYTE;

    for (unsigned i = 0; i < (data ? size : 1); i++) {
        if (flash->expects == EXPECTS_COMMAND && i > 0) {
            flash->expects = EXPECTS_BYTE;      /* the rest of a word that is programmed at once */
        }
        write_byte(flash, offset + i, (uint8_t)(value >> (8 * i)));
    }
}

static const RegionOps flash_ops = { .read = flash_read, .write = flash_write, .min_size = 1, .max_size = 8 };

/* ---- life ---- */

static bool map_file(Pflash *flash, const char *path, Error **errp)
{
    struct stat st;
    int prot = PROT_READ | (flash->readonly ? 0 : PROT_WRITE);

    flash->fd = open(path, (flash->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (flash->fd < 0 || fstat(flash->fd, &st) < 0) {
        fail_errno(errp, errno, "Could not open '%s'", path);
        return errno == EACCES || errno == EROFS ? hint(errp, "readonly=on needs no right to write.") : false;
    }
    if (st.st_size <= 0 || st.st_size % PFLASH_SECTOR != 0) {
        fail(errp, "system firmware block device '%s' has invalid size %" G_GINT64_FORMAT, path, (int64_t)st.st_size);
        return hint(errp, "Its size must be a non-zero multiple of 4 KiB.");
    }
    flash->size = (uint64_t)st.st_size;
    void *data = mmap(NULL, flash->size, prot, MAP_SHARED, flash->fd, 0);
    if (data == MAP_FAILED) {
        return fail_errno(errp, errno, "Could not map '%s'", path);
    }
    flash->data = data;
    return true;
}

static void init_regions(Pflash *flash)
{
    HostMemory memory = { .host = flash->data, .fd = -1 };

    region_init_container(&flash->window, flash->name, flash->size);
    region_init_ram(&flash->contents, flash->name, flash->size, memory);
    flash->contents.readonly = true;
    flash->contents.ops = &flash_ops;
    flash->contents.opaque = flash;
    region_init_io(&flash->trap, flash->name, flash->size, &flash_ops, flash);
    flash->trap.hidden = true;
    region_add(&flash->window, &flash->contents, 0, 0);
    region_add(&flash->window, &flash->trap, 0, 1);
}

static void pflash_reset(Object *obj)
{
    Pflash *flash = (Pflash *)obj;

    set_mode(flash, MODE_ARRAY);
    flash->status = 0;
}

static void pflash_finish(Object *obj)
{
    Pflash *flash = (Pflash *)obj;

    region_finish(&flash->trap);
    region_finish(&flash->contents);
    region_finish(&flash->window);
    if (flash->data) {
        munmap(flash->data, flash->size);
    }
    fd_close(&flash->fd);
    g_free(flash->name);
}

static void pflash_init(Object *obj)
{
    ((Pflash *)obj)->fd = -1;
}

CLASS(pflash_class) = {
    .name = "cfi.pflash01",
    .desc = "Parallel flash chip, Intel command set",
    .size = sizeof(Pflash),
    .internal = true,
    .init = pflash_init,
    .reset = pflash_reset,
    .finish = pflash_finish,
};

Pflash *pflash_new(const char *name, const char *path, bool readonly, Error **errp)
{
    Pflash *flash = (Pflash *)object_new(&pflash_class, NULL, errp);

    if (!flash) {
        return NULL;
    }
    flash->name = g_strdup(name);
    flash->readonly = readonly;
    if (!map_file(flash, path, errp)) {
        object_free(&flash->obj);
        return NULL;
    }
    fill_cfi(flash);
    init_regions(flash);
    bool realized = object_realize(&flash->obj, errp);
    g_assert(realized);
    return flash;
}

uint64_t pflash_size(const Pflash *flash)
{
    return flash->size;
}

Region *pflash_region(Pflash *flash)
{
    return &flash->window;
}

uint8_t *pflash_data(Pflash *flash)
{
    return flash->data;
}
