/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual host's memory, as far as it was shared with us. */
#include "memory.h"

#include "journal.h"

#include <sys/mman.h>

typedef struct {
    uint64_t address, size;
    uint8_t *content;
} Range;

static Range ranges[WIRE_RANGES];

static void forget_ranges(void)
{
    for (unsigned i = 0; i < WIRE_RANGES; i++) {
        if (ranges[i].content) {
            munmap(ranges[i].content, ranges[i].size);
        }
        ranges[i] = (Range) { .size = 0 };
    }
}

void memory_sync(const WireMessage *message)
{
    forget_ranges();
    for (unsigned i = 0; i < message->fd_count; i++) {
        const WireMemory *memory = &message->body.memory;
        void *content = mmap(NULL, memory->size[i], PROT_READ | PROT_WRITE, MAP_SHARED,
                             message->fds[i], memory->file_offset[i]);

        journal("sync-sysmem  0x%llx 0x%llx%s", (unsigned long long)memory->address[i],
                (unsigned long long)memory->size[i], content == MAP_FAILED ? " not mapped" : "");
        if (content != MAP_FAILED) {
            ranges[i] = (Range) { memory->address[i], memory->size[i], content };
        }
    }
}

uint8_t *memory_at(uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < WIRE_RANGES; i++) {
        const Range *range = &ranges[i];

        if (range->content && address >= range->address && size <= range->size &&
            address - range->address <= range->size - size) {
            return range->content + (address - range->address);
        }
    }
    return NULL;
}
