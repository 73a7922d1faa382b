/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fw_cfg: how the emulator hands items to firmware, by ports 0x510-0x51b with
 * DMA. The interface is the published one (QEMU's docs/specs/fw_cfg and Linux's
 * include/uapi/linux/qemu_fw_cfg.h): fixed keys, and named files in a sorted directory.
 */
#ifndef HW_NVRAM_FW_CFG_H
#define HW_NVRAM_FW_CFG_H

#include <glib.h>

#include "core/class.h"

typedef struct FwCfg FwCfg;

/* Fixed keys the machine fills. */
enum {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_MACHINE_ID = 0x06,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_KERNEL_CMDLINE = 0x09,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_DEVICE = 0x0c,
    FW_CFG_NUMA = 0x0d,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

/* The machine's fw_cfg device, or NULL before it exists. */
FwCfg *fw_cfg_find(void);

/* Items by key; the bytes are referenced, not copied. A key set twice keeps the last. */
void fw_cfg_set_bytes(FwCfg *fw, uint16_t key, GBytes *data);
void fw_cfg_set_u16(FwCfg *fw, uint16_t key, uint16_t value);
void fw_cfg_set_u32(FwCfg *fw, uint16_t key, uint32_t value);
void fw_cfg_set_u64(FwCfg *fw, uint16_t key, uint64_t value);

/*
 * A named file (at most 55 characters); errors: name too long, name taken
 * ("duplicate fw_cfg file name: NAME"), directory full.
 */
bool fw_cfg_add_file(FwCfg *fw, const char *name, GBytes *data, Error **errp);

/* Replace the contents of a file, or add it: for contents that depend on devices and are renewed at reset. */
bool fw_cfg_set_file(FwCfg *fw, const char *name, GBytes *data, Error **errp);

/*
 * A file that the guest writes too, by DMA: its contents are the @len bytes at @data, which stay the caller's and live
 * as long as @fw. @written, which may be NULL, is told after each write. Resets are the caller's to notice.
 */
typedef struct FwCfgWritable {
    void *data;
    size_t len;
    void (*written)(void *opaque);
    void *opaque;
} FwCfgWritable;

bool fw_cfg_add_writable(FwCfg *fw, const char *name, const FwCfgWritable *file, Error **errp);

/* The contents of a file, or NULL; valid until it is replaced. */
GBytes *fw_cfg_file(FwCfg *fw, const char *name);

#endif
