/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the data file that says which GPU this is. One row of a table reads one kind of line. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CAPABILITY_POINTER = 0x34,
    STATUS = 0x06,
    STATUS_CAPABILITIES = 0x10,
    WORDS_MAX = 32,
};

typedef struct {
    char *words[WORDS_MAX];
    unsigned count;
} Line;

static bool number(const char *word, int base, uint64_t limit, uint64_t *ret_value)
{
    char *end;
    unsigned long long value = strtoull(word, &end, base);

    if (end == word || *end || value > limit) {
        return false;
    }
    *ret_value = value;
    return true;
}

static bool word_number(const Line *line, unsigned index, uint64_t limit, uint64_t *ret_value)
{
    return index < line->count && number(line->words[index], 0, limit, ret_value);
}

/* A place in config space and how many bytes there: two words of the line. */
static bool word_place(const Line *line, unsigned index, uint64_t *ret_offset, uint64_t *ret_bytes)
{
    return word_number(line, index, CONFIG_SIZE - 1, ret_offset) &&
           word_number(line, index + 1, 8, ret_bytes) && *ret_offset + *ret_bytes <= CONFIG_SIZE;
}

/* Ids and raw bytes are written without 0x, as lspci shows them. */
static bool word_hex(const Line *line, unsigned index, uint64_t limit, uint64_t *ret_value)
{
    return index < line->count && number(line->words[index], 16, limit, ret_value);
}

static bool read_name(Device *device, const Line *line)
{
    size_t used = 0;

    for (unsigned i = 1; i < line->count && used < sizeof(device->name); i++) {
        used += (size_t)snprintf(device->name + used, sizeof(device->name) - used, "%s%s",
                                 i > 1 ? " " : "", line->words[i]);
    }
    return line->count > 1;
}

static bool read_generation(Device *device, const Line *line)
{
    uint64_t generation;

    if (!word_number(line, 1, 99, &generation)) {
        return false;
    }
    device->generation = (unsigned)generation;
    return true;
}

static bool read_identity(Device *device, const Line *line)
{
    static const struct {
        unsigned offset, bytes;
    } places[] = {
        { 0x00, 2 },    /* vendor */
        { 0x02, 2 },    /* device */
        { 0x2c, 2 },    /* subsystem vendor */
        { 0x2e, 2 },    /* subsystem */
        { 0x09, 3 },    /* class */
        { 0x08, 1 },    /* revision */
        { 0x3d, 1 },    /* interrupt pin */
    };

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint64_t value;

        if (!word_hex(line, i + 1, (1ull << (8 * places[i].bytes)) - 1, &value)) {
            return false;
        }
        bytes_put(device->power_on + places[i].offset, places[i].bytes, value);
    }
    return true;
}

static bool read_bar(Device *device, const Line *line)
{
    uint64_t index, size;
    Bar *bar;

    if (!word_number(line, 1, BAR_COUNT - 1, &index) || line->count < 4 ||
        !word_number(line, 3, 1u << 31, &size) || size < 16 || (size & (size - 1))) {
        return false;
    }
    bar = &device->bars[index];
    bar->is_memory = !strcmp(line->words[2], "memory");
    if (!bar->is_memory && strcmp(line->words[2], "io")) {
        return false;
    }
    bar->size = size;
    bar->content = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bytes_put(device->writable + 0x10 + 4 * index, 4, ~(size - 1));
    device->power_on[0x10 + 4 * index] = bar->is_memory ? 0 : 1;
    return bar->content != MAP_FAILED;
}

static bool read_register(Device *device, const Line *line)
{
    Register *named = &device->registers[device->register_count];
    uint64_t offset, bytes, value;

    if (device->register_count == REGISTER_MAX || line->count != 6 ||
        !word_place(line, 2, &offset, &bytes) || !word_number(line, 4, UINT64_MAX, &value)) {
        return false;
    }
    snprintf(named->name, sizeof(named->name), "%s", line->words[1]);
    named->offset = (unsigned)offset;
    named->bytes = (unsigned)bytes;
    named->locked = !strcmp(line->words[5], "locked");
    device->register_count++;
    bytes_put(device->power_on + offset, named->bytes, value);
    if (named->locked) {
        return true;
    }
    memset(device->writable + offset, 0xff, bytes);
    return !strcmp(line->words[5], "scratch");
}

/* A capability is hung on the end of the list, whatever its offset. */
static bool read_capability(Device *device, const Line *line)
{
    unsigned link = CAPABILITY_POINTER;
    uint64_t offset;

    if (!word_number(line, 1, CONFIG_SIZE - WORDS_MAX, &offset) || offset < 0x40) {
        return false;
    }
    while (device->power_on[link]) {
        link = device->power_on[link] + 1u;
    }
    device->power_on[link] = (uint8_t)offset;
    device->power_on[STATUS] |= STATUS_CAPABILITIES;
    for (unsigned i = 2; i < line->count; i++) {
        uint64_t value;
        /* the next pointer lies between the id and the rest */
        unsigned place = (unsigned)offset + (i == 2 ? 0 : i - 1);

        if (!word_hex(line, i, 0xff, &value)) {
            return false;
        }
        device->power_on[place] = (uint8_t)value;
    }
    return line->count > 2;
}

static bool read_writable(Device *device, const Line *line)
{
    uint64_t offset, bytes, mask;

    if (!word_place(line, 1, &offset, &bytes) || !word_number(line, 3, UINT64_MAX, &mask)) {
        return false;
    }
    bytes_put(device->writable + offset, (unsigned)bytes, mask);
    return true;
}

static bool read_function_reset(Device *device, const Line *line)
{
    uint64_t offset, bit;

    if (!word_number(line, 1, CONFIG_SIZE - 1, &offset) || !word_number(line, 2, 7, &bit)) {
        return false;
    }
    device->reset_offset = (unsigned)offset;
    device->reset_mask = (uint8_t)(1u << bit);
    return true;
}

static bool read_mirror(Device *device, const Line *line)
{
    Mirror *mirror = &device->mirrors[device->mirror_count];
    uint64_t bar, bytes, config_offset;

    if (device->mirror_count == MIRROR_MAX || !word_number(line, 1, BAR_COUNT - 1, &bar) ||
        !word_number(line, 2, UINT32_MAX, &mirror->offset) || !word_number(line, 3, 8, &bytes) ||
        !word_number(line, 4, CONFIG_SIZE - 8, &config_offset)) {
        return false;
    }
    mirror->bar = (unsigned)bar;
    mirror->bytes = (unsigned)bytes;
    mirror->config_offset = (unsigned)config_offset;
    device->mirror_count++;
    return true;
}

static bool read_preset(Device *device, const Line *line)
{
    uint64_t bar, offset, bytes, value;

    if (!word_number(line, 1, BAR_COUNT - 1, &bar) || !device->bars[bar].size ||
        !word_number(line, 2, device->bars[bar].size - 8, &offset) ||
        !word_number(line, 3, 8, &bytes) || !word_number(line, 4, UINT64_MAX, &value)) {
        return false;
    }
    bytes_put(device->bars[bar].content + offset, (unsigned)bytes, value);
    return true;
}

static bool read_indexed(Device *device, const Line *line)
{
    uint64_t through, target;

    if (!word_number(line, 1, BAR_COUNT - 1, &through) || !word_number(line, 2, BAR_COUNT - 1, &target) ||
        !device->bars[through].size || !device->bars[target].size || through == target) {
        return false;
    }
    device->indexed.present = true;
    device->indexed.through = (unsigned)through;
    device->indexed.target = (unsigned)target;
    return true;
}

static bool read_opregion(Device *device, const Line *line)
{
    uint64_t version, size_kib;

    if (!word_number(line, 1, UINT64_MAX, &device->opregion.address) ||
        !word_number(line, 2, UINT16_MAX, &version) || !word_number(line, 3, 64, &size_kib) ||
        size_kib < 8) {
        return false;
    }
    device->opregion.version = (uint16_t)version;
    device->opregion.size_kib = (uint32_t)size_kib;
    return true;
}

static bool read_vbt(Device *device, const Line *line)
{
    Vbt *vbt = &device->opregion.vbt;
    uint64_t version;

    if (line->count < 3 || !word_number(line, 2, UINT16_MAX, &version) ||
        (line->count == 5 && (!word_number(line, 3, UINT32_MAX, &vbt->offset) ||
                              !word_number(line, 4, 1 << 20, &vbt->size)))) {
        return false;
    }
    snprintf(vbt->platform, sizeof(vbt->platform), "%s", line->words[1]);
    vbt->version = (uint16_t)version;
    return line->count == 3 || line->count == 5;
}

static const struct {
    const char *word;
    bool (*read)(Device *device, const Line *line);
} kinds[] = {
    { "name", read_name },
    { "generation", read_generation },
    { "identity", read_identity },
    { "bar", read_bar },
    { "register", read_register },
    { "capability", read_capability },
    { "writable", read_writable },
    { "function_reset", read_function_reset },
    { "mirror", read_mirror },
    { "preset", read_preset },
    { "indexed", read_indexed },
    { "opregion", read_opregion },
    { "vbt", read_vbt },
};

static Line split(char *text)
{
    Line line = { .count = 0 };
    char *rest = NULL;

    text[strcspn(text, "#\n")] = '\0';
    for (char *word = strtok_r(text, " \t", &rest); word && line.count < WORDS_MAX;
         word = strtok_r(NULL, " \t", &rest)) {
        line.words[line.count++] = word;
    }
    return line;
}

static bool read_line(Device *device, const Line *line)
{
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(line->words[0], kinds[i].word)) {
            return kinds[i].read(device, line);
        }
    }
    return false;
}

/* What every PCI device lets software change. */
static void standard_header(Device *device)
{
    bytes_put(device->writable + 0x04, 2, 0x0547);  /* command: I/O, memory, master, parity, SERR, INTx off */
    device->writable[0x0c] = 0xff;                  /* cache line size */
    device->writable[0x0d] = 0xff;                  /* latency timer */
    device->writable[0x3c] = 0xff;                  /* interrupt line */
}

bool description_load(Device *device, const char *path)
{
    char text[512];
    unsigned row = 0;
    bool good = true;
    FILE *file = fopen(path, "re");

    if (!file) {
        perror(path);
        return false;
    }
    memset(device, 0, sizeof(*device));
    standard_header(device);
    while (good && fgets(text, sizeof(text), file)) {
        Line line = split(text);

        row++;
        good = !line.count || read_line(device, &line);
        if (!good) {
            fprintf(stderr, "%s:%u: cannot read this '%s' line\n", path, row, line.words[0]);
        }
    }
    fclose(file);
    memcpy(device->config, device->power_on, sizeof(device->config));
    return good;
}
