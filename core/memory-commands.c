/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that look into the guest's memory and ports. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/accel.h"
#include "core/command.h"
#include "core/cpu.h"
#include "core/dispatch.h"
#include "lib/fd-names.h"
#include "lib/interrupt.h"
#include "lib/parse.h"

/* ---- memory to files ---- */

typedef struct SaveMemory {
    uint64_t address, size;
    char *filename;
    uint64_t cpu;
} SaveMemory;

/* Where bytes come from: @address and as many of @len as follow each other. False: nobody there. */
typedef bool TranslateFn(unsigned cpu, uint64_t *address, uint64_t *len);

static bool write_memory(FILE *file, TranslateFn *translate, const SaveMemory *args, Error **errp)
{
    enum { LOOK_AROUND = 1 << 20 };    /* bytes between two looks for a signal */
    uint8_t bytes[4096];

    for (uint64_t done = 0, len; done < args->size; done += len) {
        uint64_t address = args->address + done;
        len = MIN(sizeof(bytes), args->size - done);
        if (!translate((unsigned)args->cpu, &address, &len)) {
            return fail(errp, "Invalid addr 0x%016" G_GINT64_MODIFIER "x/size %" G_GUINT64_FORMAT " specified",
                        args->address, args->size);
        }
        space_read_bytes(&memory_space, address, bytes, len);
        if (done % LOOK_AROUND == 0 && interrupt_pending()) {
            return fail(errp, "interrupted while writing '%s'", args->filename);
        }
        if (fwrite(bytes, 1, len, file) != len) {
            return fail_errno(errp, errno, "writing '%s' failed", args->filename);
        }
    }
    return true;
}

static bool save_memory(TranslateFn *translate, const SaveMemory *args, Error **errp)
{
    /* not to wait for the reader of a pipe */
    int fd = file_open(args->filename, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0666);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

    if (!file) {
        return fail_errno(errp, fd, "Could not open '%s'", args->filename);
    }
    bool ok = write_memory(file, translate, args, errp);
    if (fclose(file) != 0 && ok) {
        return fail_errno(errp, errno, "writing '%s' failed", args->filename);
    }
    return ok;
}

static bool stay_physical(unsigned cpu, uint64_t *address, uint64_t *len)
{
    return true;
}

/* Pages may lie anywhere: at most to the end of one. */
static bool to_physical(unsigned cpu, uint64_t *address, uint64_t *len)
{
    enum { PAGE = 4096 };

    *len = MIN(*len, PAGE - *address % PAGE);
    return accel_translate(cpu, address);
}

static bool pmemsave(QmpCall *call, Error **errp)
{
    return save_memory(stay_physical, call->args, errp);
}

QMP_COMMAND(qmp_pmemsave) = {
    .name = "pmemsave",
    .help = "Save physical memory of the guest to a file",
    .size = sizeof(SaveMemory),
    .args = (const Property[]){
        ARG(SaveMemory, address, u64, "val", "Physical address"),
        ARG(SaveMemory, size, u64, "size", "Bytes"),
        ARG(SaveMemory, filename, str, "filename", "File to write"),
        { }
    },
    .run = pmemsave,
};

static bool memsave(QmpCall *call, Error **errp)
{
    const SaveMemory *args = call->args;

    if (args->cpu > UINT32_MAX || !cpu_find((unsigned)args->cpu)) {
        return fail(errp, "Parameter 'cpu-index' expects a CPU number");
    }
    return save_memory(to_physical, args, errp);
}

QMP_COMMAND(qmp_memsave) = {
    .name = "memsave",
    .help = "Save memory as a processor of the guest sees it to a file",
    .size = sizeof(SaveMemory),
    .args = (const Property[]){
        ARG(SaveMemory, address, u64, "val", "Virtual address"),
        ARG(SaveMemory, size, u64, "size", "Bytes"),
        ARG(SaveMemory, filename, str, "filename", "File to write"),
        PROP(SaveMemory, cpu, u64, "cpu-index", "0", "Number of the processor"),
        { }
    },
    .run = memsave,
};

/* "ADDRESS SIZE FILE", the file perhaps in quotes. */
static bool save_for_people(TranslateFn *translate, const char *args, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 3);
    SaveMemory save = { 0 };

    if (g_strv_length(words) < 3) {
        return fail(errp, "expected an address, a size and a file");
    }
    if (!parse_u64(words[0], UINT64_MAX, &save.address, errp) || !parse_u64(words[1], UINT64_MAX, &save.size, errp)) {
        return false;
    }
    save.filename = words[2];
    return save_memory(translate, &save, errp);
}

static bool hmp_pmemsave(GString *out, const char *args, Error **errp)
{
    return save_for_people(stay_physical, args, errp);
}

HMP_COMMAND(hmp_pmemsave_row) = {
    .name = "pmemsave", .args = "addr size file", .help = "Save physical memory to a file", .run = hmp_pmemsave,
};

static bool hmp_memsave(GString *out, const char *args, Error **errp)
{
    return save_for_people(to_physical, args, errp);
}

HMP_COMMAND(hmp_memsave_row) = {
    .name = "memsave", .args = "addr size file", .help = "Save memory as the first processor sees it", .run = hmp_memsave,
};

/* ---- formats ---- */

/* "/COUNT FORMAT SIZE" of x, xp, i and o. */
typedef struct DumpFormat {
    unsigned count;
    char letter;                /* x o u d c */
    unsigned size;              /* bytes of an item */
    bool sized;                 /* ... the user said so */
} DumpFormat;

static bool take_letter(DumpFormat *format, char letter)
{
    static const char sizes[] = "bhwg";
    const char *at = strchr(sizes, letter);

    if (at) {
        format->size = 1u << (at - sizes);
        format->sized = true;
    } else if (strchr("xoudc", letter)) {
        format->letter = letter;
    } else {
        return false;
    }
    return true;
}

/* Read the format when there is one, and move *args behind it. */
static bool parse_format(const char **args, DumpFormat *format, Error **errp)
{
    uint64_t count;

    if (**args != '/') {
        return true;
    }
    g_autofree char *word = g_strndup(*args + 1, strcspn(*args, " \t") - 1);
    size_t digits = strspn(word, G_CSET_DIGITS);
    g_autofree char *number = g_strndup(word, digits);
    if (digits && !parse_u64(number, UINT16_MAX, &count, errp)) {
        return false;
    }
    format->count = digits ? (unsigned)count : format->count;
    for (const char *at = word + digits; *at; at++) {
        if (!take_letter(format, *at)) {
            return fail(errp, "invalid char in format: '%c'", *at);
        }
    }
    *args += 1 + strlen(word);
    *args += strspn(*args, " \t");
    return true;
}

static bool parse_address(const char *text, uint64_t *ret, Error **errp)
{
    return *text ? parse_u64(text, UINT64_MAX, ret, errp) : fail(errp, "unexpected end of expression");
}

static int64_t sign_extend(uint64_t value, unsigned size)
{
    unsigned unused = 64 - 8 * size;

    return (int64_t)(value << unused) >> unused;
}

static void print_char(GString *out, uint8_t c)
{
    if (c == '\'' || c == '\\') {
        g_string_append_printf(out, "'\\%c'", c);
    } else if (g_ascii_isprint(c)) {
        g_string_append_printf(out, "'%c'", c);
    } else {
        g_string_append_printf(out, "'\\x%02x'", c);
    }
}

/* Characters a number takes, so that columns line up. */
static int width_of(const DumpFormat *format)
{
    static const int octal[] = { [1] = 3, [2] = 6, [4] = 11, [8] = 22 };
    static const int decimal[] = { [1] = 3, [2] = 5, [4] = 10, [8] = 20 };

    return format->letter == 'o' ? octal[format->size] : decimal[format->size];
}

static void print_item(GString *out, const DumpFormat *format, uint64_t value)
{
    int width = width_of(format);

    switch (format->letter) {
    case 'c':
        print_char(out, (uint8_t)value);
        break;
    case 'd':
        g_string_append_printf(out, "%*" G_GINT64_FORMAT, width, sign_extend(value, format->size));
        break;
    case 'u':
        g_string_append_printf(out, "%*" G_GUINT64_FORMAT, width, value);
        break;
    case 'o':
        g_string_append_printf(out, "%#*" G_GINT64_MODIFIER "o", width, value);
        break;
    default:
        g_string_append_printf(out, "0x%0*" G_GINT64_MODIFIER "x", (int)(2 * format->size), value);
    }
}

/* ---- dumps ---- */

/* The last format given counts until another is. */
static DumpFormat last_dump = { .count = 1, .letter = 'x', .size = 4 };

static bool dump(GString *out, const char *args, TranslateFn *translate, Error **errp)
{
    enum { LINE_BYTES = 16, LINE_CHARS = 8 };
    DumpFormat format = { .count = 1, .letter = last_dump.letter, .size = last_dump.size };
    uint64_t address;

    if (!parse_format(&args, &format, errp) || !parse_address(args, &address, errp)) {
        return false;
    }
    last_dump = format;
    format.size = format.letter == 'c' ? 1 : format.size;
    unsigned a_line = format.letter == 'c' ? LINE_CHARS : LINE_BYTES / format.size;
    for (unsigned i = 0; i < format.count; i++, address += format.size) {
        uint64_t at = address, len = format.size;
        g_string_append_printf(out, i % a_line == 0 ? "%016" G_GINT64_MODIFIER "x: " : " ", address);
        if (!translate(0, &at, &len)) {
            g_string_append(out, "Cannot access memory\n");
            return true;
        }
        print_item(out, &format, space_read(&memory_space, at, format.size));
        g_string_append(out, i % a_line == a_line - 1 || i == format.count - 1 ? "\n" : "");
    }
    return true;
}

static bool hmp_xp(GString *out, const char *args, Error **errp)
{
    return dump(out, args, stay_physical, errp);
}

HMP_COMMAND(hmp_xp_row) = {
    .name = "xp",
    .args = "/fmt addr",
    .help = "Physical memory at addr; fmt: count, format x o u d c, size b h w g",
    .run = hmp_xp,
};

static bool hmp_x(GString *out, const char *args, Error **errp)
{
    return dump(out, args, to_physical, errp);
}

HMP_COMMAND(hmp_x_row) = {
    .name = "x",
    .args = "/fmt addr",
    .help = "Memory at addr as the first processor sees it; fmt: count, format x o u d c, size b h w g",
    .run = hmp_x,
};

static bool hmp_gpa2hva(GString *out, const char *args, Error **errp)
{
    uint64_t address;

    if (!parse_address(args, &address, errp)) {
        return false;
    }
    const Range *range = space_find(&memory_space, address);
    if (!range) {
        return fail(errp, "No memory is mapped at address 0x%" G_GINT64_MODIFIER "x", address);
    }
    if (!range_is_ram(range)) {
        return fail(errp, "Memory at address 0x%" G_GINT64_MODIFIER "x is not RAM", address);
    }
    g_string_append_printf(out, "Host virtual address for 0x%" G_GINT64_MODIFIER "x (%s) is %p\n", address,
                           range->region->name, (void *)(range_host(range) + (address - range->first)));
    return true;
}

HMP_COMMAND(hmp_gpa2hva_row) = {
    .name = "gpa2hva", .args = "addr", .help = "Where physical memory of the guest lies in this process", .run = hmp_gpa2hva,
};

/* ---- ports ---- */

static bool parse_port(const char *text, uint64_t *ret, Error **errp)
{
    return *text ? parse_u64(text, UINT16_MAX, ret, errp) : fail(errp, "unexpected end of expression");
}

static bool check_port_size(const DumpFormat *format, Error **errp)
{
    return format->size <= 4 || fail(errp, "a port has at most 4 bytes");
}

static bool hmp_in(GString *out, const char *args, Error **errp)
{
    static const char suffixes[] = { [1] = 'b', [2] = 'w', [4] = 'l' };
    DumpFormat format = { .count = 1, .letter = 'x', .size = 4 };
    uint64_t port;

    if (!parse_format(&args, &format, errp) || !check_port_size(&format, errp) || !parse_port(args, &port, errp)) {
        return false;
    }
    uint32_t value = (uint32_t)space_read(&io_space, port, format.size);
    g_string_append_printf(out, "port%c[0x%04x] = 0x%0*x\n", suffixes[format.size], (unsigned)port,
                           (int)(2 * format.size), value);
    return true;
}

HMP_COMMAND(hmp_in_row) = { .name = "i", .args = "/fmt addr", .help = "Read a port; fmt: size b h w", .run = hmp_in };

static bool hmp_out(GString *out, const char *args, Error **errp)
{
    DumpFormat format = { .count = 1, .letter = 'x', .size = 4 };
    uint64_t port, value;

    if (!parse_format(&args, &format, errp) || !check_port_size(&format, errp)) {
        return false;
    }
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    if (!words[0] || !words[1]) {
        return fail(errp, "unexpected end of expression");
    }
    if (!parse_port(words[0], &port, errp) || !parse_u64(g_strstrip(words[1]), UINT32_MAX, &value, errp)) {
        return false;
    }
    space_write(&io_space, port, value, format.size);
    return true;
}

HMP_COMMAND(hmp_out_row) = { .name = "o", .args = "/fmt addr value", .help = "Write a port; fmt: size b h w", .run = hmp_out };
