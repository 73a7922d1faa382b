/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic GPU: what it is (from its data file) and the state it is in. */
#ifndef LAB_IGD_DEVICE_H
#define LAB_IGD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_SIZE = 256,
    BAR_COUNT = 6,
    REGISTER_MAX = 16,
    MIRROR_MAX = 8,
};

typedef struct {
    uint64_t size;      /* zero: absent */
    bool is_memory;
    uint8_t *content;   /* size bytes, sparse */
} Bar;

/* A config register with a name, so that the journal speaks of BDSM and not of 0x5c. */
typedef struct {
    char name[16];
    unsigned offset, bytes;
    bool locked;        /* writes change nothing, as behind the firmware's lock bit */
} Register;

/* A place in a BAR that shows a config register. */
typedef struct {
    unsigned bar, bytes, config_offset;
    uint64_t offset;
} Mirror;

/* An I/O BAR whose index and data registers reach the registers and the GTT of another BAR. */
typedef struct {
    bool present;
    unsigned through, target;
} Indexed;

/* The video BIOS table: in mailbox 4, or, too large for it, somewhere behind the OpRegion. */
typedef struct {
    char platform[16];  /* empty: the OpRegion has none */
    uint16_t version;   /* of its data blocks */
    uint64_t offset;    /* from the start of the OpRegion; zero: in mailbox 4 */
    uint64_t size;      /* of the room behind the OpRegion */
} Vbt;

typedef struct {
    uint64_t address;   /* in the memory of the virtual host; zero: no OpRegion */
    uint16_t version;
    uint32_t size_kib;
    Vbt vbt;
} OpRegionPlace;

typedef struct {
    char name[64];
    unsigned generation;
    uint8_t config[CONFIG_SIZE];
    uint8_t power_on[CONFIG_SIZE];      /* config space after reset */
    uint8_t writable[CONFIG_SIZE];      /* bits software may change */
    Bar bars[BAR_COUNT];
    Register registers[REGISTER_MAX];
    unsigned register_count;
    Mirror mirrors[MIRROR_MAX];
    unsigned mirror_count;
    Indexed indexed;
    unsigned reset_offset;              /* byte whose reset_mask bits reset the function; zero: none */
    uint8_t reset_mask;
    OpRegionPlace opregion;
} Device;

/* Little-endian access to at most eight bytes. */
uint64_t bytes_get(const uint8_t *bytes, unsigned count);
void bytes_put(uint8_t *bytes, unsigned count, uint64_t value);

/* Reads the data file. On a fault says where on stderr and returns false. */
bool description_load(Device *device, const char *path);

/* Config space. An access is 1, 2 or 4 bytes; outside of the 256 bytes it reads all ones. */
uint32_t config_read(Device *device, unsigned offset, unsigned bytes);
void config_write(Device *device, unsigned offset, unsigned bytes, uint32_t value);
void device_reset(Device *device, const char *reason);

/* Where software has put a BAR. */
uint64_t bar_base(const Device *device, unsigned index);

/* BAR accesses by bus address, up to 8 bytes; nobody home reads all ones. */
uint64_t bar_read(Device *device, uint64_t address, unsigned bytes, bool is_memory);
void bar_write(Device *device, uint64_t address, unsigned bytes, bool is_memory, uint64_t value);

#endif
