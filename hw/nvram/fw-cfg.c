/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw_cfg: the store of items and the registers firmware reads them by; see
 * fw-cfg.h. Registers as in the published interface description: selector
 * 0x510 (16 bits), data 0x511 (8 bits), DMA address 0x514 (64 bits, big endian).
 */
#include "hw/nvram/fw-cfg.h"

#include <string.h>

#include "core/dispatch.h"
#include "hw/isa/isa.h"
#include "lib/log.h"

enum {
    SELECTOR_PORT = 0x510,
    DMA_PORT = 0x514,
    FILES_MAX = 0x100,
    KEYS_MAX = FW_CFG_FILE_FIRST + FILES_MAX,
    KEY_ARCH_LOCAL = 0x8000,    /* a second set of keys */
    KEY_INDEX_MASK = 0x3fff,    /* 0x4000 once selected a writable copy */
    NAME_MAX_LEN = 55,
    DIRECTORY_ENTRY_SIZE = 64,  /* size, key, reserved, name[56] */
};

/* Bits of FW_CFG_ID. */
enum { ID_PORTS = 1 << 0, ID_DMA = 1 << 1 };

/* The control word of a DMA descriptor; a selected key is in its upper half. */
enum {
    DMA_ERROR = 1 << 0,
    DMA_READ = 1 << 1,
    DMA_SKIP = 1 << 2,
    DMA_SELECT = 1 << 3,
    DMA_WRITE = 1 << 4,
};

/* In guest memory, big endian. */
typedef struct DmaDescriptor {
    uint32_t control, length;
    uint64_t address;
} DmaDescriptor;

/* What the DMA register reads as: firmware looks for it before it trusts DMA. */
static const char dma_signature[8] = { 'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G' };

struct FwCfg {
    IsaDevice isa;
    Region ports, dma_port;
    GBytes *items[2][KEYS_MAX];         /* [1]: arch-local keys; NULL: no such item */
    char *names[FILES_MAX];             /* of key FW_CFG_FILE_FIRST + index */
    FwCfgWritable writable[FILES_MAX];  /* data NULL: the guest only reads it */
    unsigned file_count;
    bool directory_stale;
    uint16_t key;                       /* selected */
    size_t offset;                      /* of the next byte in it */
    uint64_t dma_address;               /* its upper half waits here for the lower */
};

static FwCfg *machine_fw_cfg;

FwCfg *fw_cfg_find(void)
{
    return machine_fw_cfg;
}

/* ---- items ---- */

/* Where the item of @key is kept, or NULL: no such key. */
static GBytes **item_slot(FwCfg *fw, uint16_t key)
{
    unsigned index = key & KEY_INDEX_MASK;

    return index < KEYS_MAX ? &fw->items[!!(key & KEY_ARCH_LOCAL)][index] : NULL;
}

void fw_cfg_set_bytes(FwCfg *fw, uint16_t key, GBytes *data)
{
    GBytes **slot = item_slot(fw, key);

    g_assert(slot);     /* keys are ours */
    g_bytes_ref(data);
    g_clear_pointer(slot, g_bytes_unref);
    *slot = data;
}

static void set_copy(FwCfg *fw, uint16_t key, const void *data, size_t len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, len);

    fw_cfg_set_bytes(fw, key, bytes);
}

void fw_cfg_set_u16(FwCfg *fw, uint16_t key, uint16_t value)
{
    uint16_t le = GUINT16_TO_LE(value);

    set_copy(fw, key, &le, sizeof(le));
}

void fw_cfg_set_u32(FwCfg *fw, uint16_t key, uint32_t value)
{
    uint32_t le = GUINT32_TO_LE(value);

    set_copy(fw, key, &le, sizeof(le));
}

void fw_cfg_set_u64(FwCfg *fw, uint16_t key, uint64_t value)
{
    uint64_t le = GUINT64_TO_LE(value);

    set_copy(fw, key, &le, sizeof(le));
}

/* ---- files ---- */

/* Index of the file, or -1. */
static int find_file(const FwCfg *fw, const char *name)
{
    for (unsigned i = 0; i < fw->file_count; i++) {
        if (g_str_equal(fw->names[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

static void set_file_bytes(FwCfg *fw, unsigned index, GBytes *data)
{
    fw_cfg_set_bytes(fw, FW_CFG_FILE_FIRST + index, data);
    fw->directory_stale = true;
}

bool fw_cfg_add_file(FwCfg *fw, const char *name, GBytes *data, Error **errp)
{
    if (strlen(name) > NAME_MAX_LEN) {
        return fail(errp, "fw_cfg file name too long (max. %d char): %s", NAME_MAX_LEN, name);
    }
    if (find_file(fw, name) >= 0) {
        fail(errp, "duplicate fw_cfg file name: %s", name);
        return hint(errp, "-fw_cfg cannot give a name twice, nor one that the machine uses itself.");
    }
    if (fw->file_count == FILES_MAX) {
        return fail(errp, "no room for fw_cfg file %s: there are %d already", name, FILES_MAX);
    }
    fw->names[fw->file_count] = g_strdup(name);
    set_file_bytes(fw, fw->file_count++, data);
    return true;
}

bool fw_cfg_set_file(FwCfg *fw, const char *name, GBytes *data, Error **errp)
{
    int index = find_file(fw, name);

    if (index < 0) {
        return fw_cfg_add_file(fw, name, data, errp);
    }
    set_file_bytes(fw, (unsigned)index, data);
    return true;
}

bool fw_cfg_add_writable(FwCfg *fw, const char *name, const FwCfgWritable *file, Error **errp)
{
    g_autoptr(GBytes) contents = g_bytes_new_static(file->data, file->len);

    if (!fw_cfg_add_file(fw, name, contents, errp)) {
        return false;
    }
    fw->writable[fw->file_count - 1] = *file;
    return true;
}

GBytes *fw_cfg_file(FwCfg *fw, const char *name)
{
    int index = find_file(fw, name);

    return index < 0 ? NULL : fw->items[0][FW_CFG_FILE_FIRST + index];
}

static gint compare_names(gconstpointer a, gconstpointer b, gpointer opaque)
{
    const FwCfg *fw = opaque;

    return strcmp(fw->names[*(const unsigned *)a], fw->names[*(const unsigned *)b]);
}

static void append_entry(const FwCfg *fw, GByteArray *to, unsigned index)
{
    uint8_t entry[DIRECTORY_ENTRY_SIZE] = { 0 };
    uint32_t size = GUINT32_TO_BE((uint32_t)g_bytes_get_size(fw->items[0][FW_CFG_FILE_FIRST + index]));
    uint16_t key = GUINT16_TO_BE((uint16_t)(FW_CFG_FILE_FIRST + index));

    memcpy(entry, &size, sizeof(size));
    memcpy(entry + 4, &key, sizeof(key));
    memcpy(entry + 8, fw->names[index], strlen(fw->names[index]));
    g_byte_array_append(to, entry, sizeof(entry));
}

/* The item FW_CFG_FILE_DIR: a count and the entries by name, all big endian. Made when firmware looks at it. */
static void renew_directory(FwCfg *fw)
{
    unsigned order[FILES_MAX];
    uint32_t count = GUINT32_TO_BE(fw->file_count);
    GByteArray *directory = g_byte_array_new();

    for (unsigned i = 0; i < fw->file_count; i++) {
        order[i] = i;
    }
    g_qsort_with_data(order, (gint)fw->file_count, sizeof(order[0]), compare_names, fw);
    g_byte_array_append(directory, (const uint8_t *)&count, sizeof(count));
    for (unsigned i = 0; i < fw->file_count; i++) {
        append_entry(fw, directory, order[i]);
    }
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(directory);
    fw_cfg_set_bytes(fw, FW_CFG_FILE_DIR, bytes);
    fw->directory_stale = false;
}

/* ---- reading ---- */

static void select_key(FwCfg *fw, uint16_t key)
{
    fw->key = key;
    fw->offset = 0;
    if (key == FW_CFG_FILE_DIR && fw->directory_stale) {
        renew_directory(fw);
    }
}

/* The unread rest of the selected item; 0 bytes when there is no such item. */
static const uint8_t *rest_of_item(FwCfg *fw, size_t *ret_len)
{
    GBytes **slot = item_slot(fw, fw->key);
    size_t size = 0;
    const uint8_t *data = slot && *slot ? g_bytes_get_data(*slot, &size) : NULL;
    size_t at = MIN(fw->offset, size);

    *ret_len = size - at;
    return data ? data + at : NULL;
}

/* Behind the end of an item, and of an item that is not there, all bytes are 0. */
static uint8_t read_byte(FwCfg *fw)
{
    size_t len;
    const uint8_t *data = rest_of_item(fw, &len);

    if (len == 0) {
        return 0;
    }
    fw->offset++;
    return *data;
}

static uint64_t ports_read(void *opaque, uint64_t offset, unsigned size)
{
    return offset == 1 ? read_byte(opaque) : 0;     /* the selector is write-only */
}

static void ports_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    if (offset == 0) {
        select_key(opaque, (uint16_t)value);
    }   /* writing items through the data port was given up by the interface */
}

static const RegionOps ports_ops = { .read = ports_read, .write = ports_write, .max_size = 2 };

/* ---- DMA ---- */

/*
 * Host memory behind guest RAM at @address, at most @len bytes of it, or NULL.
 * Only RAM: a descriptor is the guest's, and gigabytes of single writes to some
 * device's registers would hold the lock for as long as the guest likes.
 */
static uint8_t *ram_at(uint64_t address, size_t len, size_t *ret_len)
{
    const Range *range = space_find(&memory_space, address);

    if (!range || range->region->kind != REGION_RAM || range->readonly) {
        return NULL;
    }
    *ret_len = MIN(len - 1, range->last - address) + 1;
    return range_host(range) + (address - range->first);
}

/* Copy @len bytes of @data, or zeroes when @data is NULL, into guest RAM. */
static bool put(uint64_t address, const uint8_t *data, size_t len)
{
    for (size_t n; len > 0; address += n, len -= n) {
        uint8_t *to = ram_at(address, len, &n);
        if (!to) {
            return false;
        }
        if (data) {
            memcpy(to, data, n);
            data += n;
        } else {
            memset(to, 0, n);
        }
    }
    return true;
}

static bool dma_to_guest(FwCfg *fw, uint64_t address, uint32_t length)
{
    size_t rest;
    const uint8_t *data = rest_of_item(fw, &rest);
    size_t n = MIN(rest, length);

    fw->offset += n;
    bool wraps = length > 0 && address + (length - 1) < address;
    return !wraps && put(address, data, n) && put(address + n, NULL, length - n);
}

/* What the guest may write of the selected item, or NULL. */
static const FwCfgWritable *selected_writable(FwCfg *fw)
{
    unsigned index = (fw->key & KEY_INDEX_MASK) - FW_CFG_FILE_FIRST;     /* wraps for the fixed keys */
    bool is_file = !(fw->key & KEY_ARCH_LOCAL) && index < fw->file_count;

    return is_file && fw->writable[index].data ? &fw->writable[index] : NULL;
}

static bool get(uint64_t address, uint8_t *data, size_t len)
{
    for (size_t n; len > 0; address += n, data += n, len -= n) {
        const uint8_t *from = ram_at(address, len, &n);
        if (!from) {
            return false;
        }
        memcpy(data, from, n);
    }
    return true;
}

/* All of it or nothing: what would end behind the item, or comes from where there is no RAM, is an error. */
static bool dma_from_guest(FwCfg *fw, uint64_t address, uint32_t length)
{
    const FwCfgWritable *file = selected_writable(fw);
    bool wraps = length > 0 && address + (length - 1) < address;

    if (!file || wraps || fw->offset > file->len || length > file->len - fw->offset) {
        return false;
    }
    g_autofree uint8_t *data = g_malloc(MAX(length, 1));
    if (!get(address, data, length)) {
        return false;
    }
    memcpy((uint8_t *)file->data + fw->offset, data, length);
    fw->offset += length;
    if (file->written) {
        file->written(file->opaque);
    }
    return true;
}

static void skip(FwCfg *fw, uint32_t length)
{
    size_t rest;

    rest_of_item(fw, &rest);
    fw->offset += MIN(rest, length);
}

/* One transfer; false: the error bit. Of several operations the first of read, write, skip is done. */
static bool transfer(FwCfg *fw, const DmaDescriptor *descriptor)
{
    uint32_t control = GUINT32_FROM_BE(descriptor->control);
    uint32_t length = GUINT32_FROM_BE(descriptor->length);

    if (control & DMA_SELECT) {
        select_key(fw, (uint16_t)(control >> 16));
    }
    if (control & DMA_READ) {
        return dma_to_guest(fw, GUINT64_FROM_BE(descriptor->address), length);
    }
    if (control & DMA_WRITE) {
        return dma_from_guest(fw, GUINT64_FROM_BE(descriptor->address), length);
    }
    if (control & DMA_SKIP) {
        skip(fw, length);
    }
    return true;
}

static void run_dma(FwCfg *fw, uint64_t address)
{
    DmaDescriptor descriptor;

    dma_read(address, &descriptor, sizeof(descriptor));
    bool ok = transfer(fw, &descriptor);
    if (!ok) {
        log_guest("fw_cfg: DMA of key 0x%x refused", fw->key);
    }
    uint32_t done = GUINT32_TO_BE(ok ? 0u : DMA_ERROR);
    dma_write(address + offsetof(DmaDescriptor, control), &done, sizeof(done));
}

static uint64_t dma_port_read(void *opaque, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, dma_signature + offset, MIN(size, sizeof(dma_signature) - offset));
    return GUINT64_FROM_LE(value);
}

/* Upper half first; the lower half starts the transfer. */
static void dma_port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    FwCfg *fw = opaque;
    uint64_t half = GUINT32_SWAP_LE_BE((uint32_t)value);

    if (size != 4) {
        log_guest("fw_cfg: %u byte write to the DMA address dropped", size);
    } else if (offset == 0) {
        fw->dma_address = half << 32;
    } else if (offset == 4) {
        uint64_t address = fw->dma_address | half;
        fw->dma_address = 0;
        run_dma(fw, address);
    }
}

static const RegionOps dma_ops = { .read = dma_port_read, .write = dma_port_write, .max_size = 4 };

/* ---- the class ---- */

static bool fw_cfg_realize(Object *obj, Error **errp)
{
    FwCfg *fw = (FwCfg *)obj;

    region_init_io(&fw->ports, "fw_cfg", 2, &ports_ops, fw);
    region_init_io(&fw->dma_port, "fw_cfg.dma", 8, &dma_ops, fw);
    set_copy(fw, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_set_u32(fw, FW_CFG_ID, ID_PORTS | ID_DMA);
    renew_directory(fw);
    machine_fw_cfg = fw;
    return isa_ports_add(&fw->isa, &fw->ports, SELECTOR_PORT, errp) &&
           isa_ports_add(&fw->isa, &fw->dma_port, DMA_PORT, errp);
}

static void fw_cfg_unrealize(Object *obj)
{
    FwCfg *fw = (FwCfg *)obj;

    region_finish(&fw->ports);
    region_finish(&fw->dma_port);
    if (machine_fw_cfg == fw) {
        machine_fw_cfg = NULL;
    }
}

static void fw_cfg_reset(Object *obj)
{
    FwCfg *fw = (FwCfg *)obj;

    select_key(fw, FW_CFG_SIGNATURE);
    fw->dma_address = 0;
}

static void fw_cfg_finish(Object *obj)
{
    FwCfg *fw = (FwCfg *)obj;

    for (unsigned i = 0; i < KEYS_MAX; i++) {
        g_clear_pointer(&fw->items[0][i], g_bytes_unref);
        g_clear_pointer(&fw->items[1][i], g_bytes_unref);
    }
    for (unsigned i = 0; i < fw->file_count; i++) {
        g_free(fw->names[i]);
    }
}

CLASS(fw_cfg_class) = {
    .name = "fw_cfg",
    .parent = &isa_device_class,
    .desc = "Items for the firmware",
    .size = sizeof(FwCfg),
    .internal = true,
    .realize = fw_cfg_realize,
    .unrealize = fw_cfg_unrealize,
    .reset = fw_cfg_reset,
    .finish = fw_cfg_finish,
};
