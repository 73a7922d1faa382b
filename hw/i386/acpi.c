/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of the PC. Section and table numbers are ACPI 6.5's;
 * everything here exists since ACPI 4.0 and is accepted by systems that know
 * only ACPI 2.0.
 */
#include "hw/i386/acpi.h"

#include "hw/i386/acpi-loader.h"
#include "hw/i386/aml.h"
#include "hw/i386/blob.h"

#define HEADER_SIZE         36      /* 5.2.6 */
#define HEADER_CHECKSUM     9
#define HEADER_OEM_ID       10
#define HEADER_OEM_TABLE_ID 16

#define PAGE_SIZE           4096

#define FACS_SIZE           64      /* 5.2.10 */
#define FACS_ALIGN          64

#define IOAPIC_ID           0
#define IOAPIC_BASE         0xfec00000
#define LAPIC_BASE          0xfee00000

/* What is being built: the configuration, the blobs, the offsets of the tables so far. */
typedef struct Builder {
    const AcpiConfig *config;
    AcpiBlobs blobs;
    GArray *listed;         /* uint32_t: offsets of the tables that RSDT and XSDT name */
} Builder;

static const char *oem_id(const AcpiConfig *config)
{
    return config->oem_id ? config->oem_id : "BOCHS";
}

static const char *oem_table_id(const AcpiConfig *config)
{
    return config->oem_table_id ? config->oem_table_id : "BXPC";
}

/* The fields of a header from OEMID on (table 5.4). */
static void put_oem(GByteArray *out, const AcpiConfig *config)
{
    blob_put_text(out, oem_id(config), 6, ' ');
    blob_put_text(out, oem_table_id(config), 8, ' ');
    blob_put(out, 1, 4);                    /* OEM revision */
    blob_put_text(out, "QIGD", 4, ' ');     /* creator */
    blob_put(out, 1, 4);
}

/* Begin a table; its length and checksum come with table_end(). Returns its offset. */
static uint32_t table_begin(Builder *builder, const char *signature, uint8_t revision)
{
    GByteArray *out = builder->blobs.tables;

    blob_align(out, 8);
    uint32_t start = out->len;
    blob_put_text(out, signature, 4, ' ');
    blob_put(out, 0, 4);
    blob_put(out, revision, 1);
    blob_put(out, 0, 1);
    put_oem(out, builder->config);
    return start;
}

static void table_end(Builder *builder, uint32_t start)
{
    GByteArray *out = builder->blobs.tables;

    blob_set(out, start + 4, out->len - start, 4);
    acpi_loader_add_checksum(builder->blobs.loader, ACPI_TABLES_FILE, start + HEADER_CHECKSUM, start,
                             out->len - start);
}

static void table_list(Builder *builder, uint32_t start)
{
    g_array_append_val(builder->listed, start);
}

/* Append a pointer of @size bytes to @target, an offset in the tables file. */
static void put_pointer(Builder *builder, uint32_t target, uint8_t size)
{
    uint32_t offset = builder->blobs.tables->len;

    blob_put(builder->blobs.tables, target, size);
    acpi_loader_add_pointer(builder->blobs.loader, ACPI_TABLES_FILE, offset, size, ACPI_TABLES_FILE);
}

/* Firmware ACPI Control Structure: shared with the OS, has neither header nor checksum. */
static uint32_t build_facs(Builder *builder)
{
    GByteArray *out = builder->blobs.tables;

    blob_align(out, FACS_ALIGN);
    uint32_t start = out->len;
    blob_put_text(out, "FACS", 4, ' ');
    blob_put(out, FACS_SIZE, 4);
    blob_align(out, FACS_SIZE);
    return start;
}

/* The compiled DSDT, with our OEM fields in its header. */
static uint32_t build_dsdt(Builder *builder)
{
    const AcpiConfig *config = builder->config;
    GByteArray *out = builder->blobs.tables;
    g_autoptr(GByteArray) oem = g_byte_array_new();

    g_assert(config->dsdt_size >= HEADER_SIZE);
    blob_align(out, 8);
    uint32_t start = out->len;
    g_byte_array_append(out, config->dsdt, config->dsdt_size);
    put_oem(oem, config);
    memcpy(out->data + start + HEADER_OEM_ID, oem->data, oem->len);
    blob_set(out, start + HEADER_CHECKSUM, 0, 1);
    table_end(builder, start);
    return start;
}

/* Generic Address Structure in I/O space (5.2.3.2). */
static void put_gas_io(GByteArray *out, uint64_t port, unsigned bytes, uint8_t access_size)
{
    blob_put(out, 1, 1);                    /* System I/O */
    blob_put(out, bytes * 8, 1);
    blob_put(out, 0, 1);
    blob_put(out, access_size, 1);          /* 1 byte, 2 word, 3 dword */
    blob_put(out, port, 8);
}

static void put_gas_none(GByteArray *out)
{
    blob_put(out, 0, 4);
    blob_put(out, 0, 8);
}

/* 5.2.9, table 5.10 */
enum {
    FADT_WBINVD = 1 << 0,
    FADT_PROC_C1 = 1 << 2,
    FADT_SLP_BUTTON = 1 << 5,               /* no fixed sleep button; the power button is fixed */
    FADT_RTC_S4 = 1 << 7,
    FADT_RESET_REG = 1 << 10,
    FADT_USE_PLATFORM_CLOCK = 1 << 15,      /* prefer the PM timer to the TSC of a virtual CPU */
    FADT_APIC_CLUSTER = 1 << 18,
};

/* 5.2.9.3 */
enum { BOOT_LEGACY_DEVICES = 1 << 0, BOOT_8042 = 1 << 1, BOOT_NO_VGA = 1 << 2 };

static uint32_t fadt_flags(const AcpiConfig *config)
{
    uint32_t flags = FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON | FADT_RTC_S4 | FADT_RESET_REG |
                     FADT_USE_PLATFORM_CLOCK;

    /* Flat logical mode can name eight APICs; Windows needs the hint beyond that. */
    return config->cpu_count > 8 ? flags | FADT_APIC_CLUSTER : flags;
}

/* A field of the FADT that needs no pointer: value and width. */
typedef struct FadtField {
    uint32_t value;
    uint8_t bytes;
} FadtField;

static void put_fields(GByteArray *out, const FadtField *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        blob_put(out, fields[i].value, fields[i].bytes);
    }
}

/* Where firmware put power management, or will put it. */
static uint16_t pm_base(const AcpiConfig *config)
{
    return config->pm_base ? config->pm_base : ACPI_PM_BASE;
}

/* The extended addresses: same registers as above, as an ACPI 2.0 system wants them. */
static void put_fadt_gas(GByteArray *out, uint16_t pm)
{
    put_gas_io(out, pm, 4, 2);                      /* X_PM1a_EVT_BLK */
    put_gas_none(out);                              /* X_PM1b_EVT_BLK */
    put_gas_io(out, pm + 4, 2, 2);                  /* X_PM1a_CNT_BLK */
    put_gas_none(out);                              /* X_PM1b_CNT_BLK */
    put_gas_none(out);                              /* X_PM2_CNT_BLK */
    put_gas_io(out, pm + 8, 4, 3);                  /* X_PM_TMR_BLK */
    put_gas_io(out, ACPI_GPE0_BASE, ACPI_GPE0_LEN, 1);
    put_gas_none(out);                              /* X_GPE1_BLK */
}

/* Fixed ACPI Description Table, revision 3 (ACPI 2.0: 244 bytes), table 5.9. */
static void build_fadt(Builder *builder, uint32_t facs, uint32_t dsdt)
{
    const AcpiConfig *config = builder->config;
    GByteArray *out = builder->blobs.tables;
    uint16_t pm = pm_base(config);
    uint32_t boot = BOOT_LEGACY_DEVICES | BOOT_8042 | (config->no_vga ? BOOT_NO_VGA : 0);
    const FadtField fields[] = {
        { 0, 1 },                           /* was INT_MODEL */
        { 0, 1 },                           /* Preferred_PM_Profile: unspecified */
        { ACPI_SCI_IRQ, 2 },
        { ACPI_SMI_CMD, 4 }, { ACPI_ENABLE, 1 }, { ACPI_DISABLE, 1 },
        { 0, 1 }, { 0, 1 },                 /* S4BIOS_REQ, PSTATE_CNT */
        { pm, 4 }, { 0, 4 },                /* PM1a, PM1b event block */
        { pm + 4, 4 }, { 0, 4 },            /* PM1a, PM1b control block */
        { 0, 4 },                           /* PM2 control block */
        { pm + 8, 4 },                      /* PM timer block */
        { ACPI_GPE0_BASE, 4 }, { 0, 4 },    /* GPE0, GPE1 block */
        { 4, 1 }, { 2, 1 }, { 0, 1 }, { 4, 1 }, { ACPI_GPE0_LEN, 1 }, { 0, 1 }, /* their lengths */
        { 0, 1 }, { 0, 1 },                 /* GPE1_BASE, CST_CNT */
        { 0xfff, 2 }, { 0xfff, 2 },         /* C2 and C3 latency: more than the limits, none */
        { 0, 2 }, { 0, 2 },                 /* FLUSH_SIZE, FLUSH_STRIDE: WBINVD works */
        { 0, 1 }, { 0, 1 },                 /* DUTY_OFFSET, DUTY_WIDTH */
        { 0, 1 }, { 0, 1 },                 /* DAY_ALRM, MON_ALRM */
        { 0x32, 1 },                        /* CENTURY: index in CMOS */
        { boot, 2 }, { 0, 1 },
        { fadt_flags(config), 4 },
    };

    uint32_t start = table_begin(builder, "FACP", 3);
    table_list(builder, start);
    put_pointer(builder, facs, 4);
    put_pointer(builder, dsdt, 4);
    put_fields(out, fields, G_N_ELEMENTS(fields));
    put_gas_io(out, ACPI_RESET_PORT, 1, 1);
    blob_put(out, ACPI_RESET_VALUE, 1);
    blob_put(out, 0, 3);
    blob_put(out, 0, 8);                    /* X_FIRMWARE_CTRL: only one of the two may be set */
    put_pointer(builder, dsdt, 8);
    put_fadt_gas(out, pm);
    table_end(builder, start);
}

/* 5.2.12.2 and .12: an id from 255 on needs the x2APIC form. */
static void put_processor(GByteArray *out, uint32_t uid, uint32_t apic_id)
{
    if (apic_id < 255 && uid < 255) {
        blob_put(out, 0, 1);
        blob_put(out, 8, 1);
        blob_put(out, uid, 1);
        blob_put(out, apic_id, 1);
        blob_put(out, 1, 4);                /* enabled */
    } else {
        blob_put(out, 9, 1);
        blob_put(out, 16, 1);
        blob_put(out, 0, 2);
        blob_put(out, apic_id, 4);
        blob_put(out, 1, 4);                /* enabled */
        blob_put(out, uid, 4);
    }
}

/* 5.2.12.7 and .13: LINT1 of all processors is NMI. */
static void put_nmi(GByteArray *out, bool x2apic)
{
    blob_put(out, 4, 1);
    blob_put(out, 6, 1);
    blob_put(out, 0xff, 1);
    blob_put(out, 0, 2);
    blob_put(out, 1, 1);
    if (x2apic) {
        blob_put(out, 0x0a, 1);
        blob_put(out, 12, 1);
        blob_put(out, 0, 2);
        blob_put(out, 0xffffffff, 4);
        blob_put(out, 1, 1);
        blob_put(out, 0, 3);
    }
}

/*
 * 5.2.12.5: ISA interrupts that are not "edge, pin of the same number". The
 * timer is wired to pin 2; the others carry PCI interrupts and the SCI, level
 * triggered and, unlike on a PCI bus of copper, active high.
 */
static void put_overrides(GByteArray *out)
{
    enum { CONFORMS = 0, LEVEL_HIGH = 0xd };
    static const struct {
        uint8_t irq, gsi, flags;
    } rows[] = {
        { 0, 2, CONFORMS }, { 5, 5, LEVEL_HIGH }, { 9, 9, LEVEL_HIGH }, { 10, 10, LEVEL_HIGH },
        { 11, 11, LEVEL_HIGH },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        blob_put(out, 2, 1);
        blob_put(out, 10, 1);
        blob_put(out, 0, 1);                /* ISA */
        blob_put(out, rows[i].irq, 1);
        blob_put(out, rows[i].gsi, 4);
        blob_put(out, rows[i].flags, 2);
    }
}

/* Multiple APIC Description Table (5.2.12), revision 3: the first with x2APIC entries. */
static void build_madt(Builder *builder)
{
    const AcpiConfig *config = builder->config;
    GByteArray *out = builder->blobs.tables;
    bool x2apic = false;

    uint32_t start = table_begin(builder, "APIC", 3);
    table_list(builder, start);
    blob_put(out, LAPIC_BASE, 4);
    blob_put(out, 1, 4);                    /* PCAT_COMPAT: two 8259 are there as well */
    for (size_t i = 0; i < config->cpu_count; i++) {
        put_processor(out, i, config->apic_ids[i]);
        x2apic |= config->apic_ids[i] >= 255 || i >= 255;
    }
    blob_put(out, 1, 1);                    /* 5.2.12.3: I/O APIC */
    blob_put(out, 12, 1);
    blob_put(out, IOAPIC_ID, 1);
    blob_put(out, 0, 1);
    blob_put(out, IOAPIC_BASE, 4);
    blob_put(out, 0, 4);                    /* its first global interrupt */
    put_overrides(out);
    put_nmi(out, x2apic);
    table_end(builder, start);
}

/* Device (Cnnn) { Name (_HID, "ACPI0007") Name (_UID, n) } for every processor (8.4). */
static void put_processor_devices(GByteArray *scope, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autoptr(GByteArray) body = g_byte_array_new();
        g_autofree char *name = g_strdup_printf("C%03X", (unsigned)i);

        aml_name_string(body, "_HID", "ACPI0007");
        aml_name_integer(body, "_UID", i);
        aml_device(scope, name, body);
    }
}

/* Name (\_Sx, Package () { SLP_TYPa, SLP_TYPb, 0, 0 }), 7.4.2 */
static void put_sleep_state(GByteArray *out, const char *path, uint64_t slp_typ)
{
    const uint64_t values[] = { slp_typ, slp_typ, 0, 0 };

    aml_name_package(out, path, values, G_N_ELEMENTS(values));
}

/* The run-time values that dsdt-pc.asl refers to. */
static void build_ssdt(Builder *builder)
{
    const AcpiConfig *config = builder->config;
    GByteArray *out = builder->blobs.tables;
    g_autoptr(GByteArray) scope = g_byte_array_new();
    const MemoryMapWindow *pci32 = &config->pci32, *pci64 = &config->pci64;

    aml_name_integer(scope, "COMS", config->serial_ports);
    aml_name_integer(scope, "PMBA", pm_base(config));
    aml_name_integer(scope, "P32B", pci32->base);
    aml_name_integer(scope, "P32L", pci32->base + pci32->size - 1);
    aml_name_integer(scope, "P64B", pci64->base);
    aml_name_integer(scope, "P64L", pci64->size ? pci64->base + pci64->size - 1 : 0);
    put_processor_devices(scope, config->cpu_count);

    uint32_t start = table_begin(builder, "SSDT", 2);
    table_list(builder, start);
    aml_scope(out, "\\_SB_", scope);
    if (config->s3) {
        put_sleep_state(out, "\\_S3_", ACPI_SLP_TYP_S3);
    }
    if (config->s4) {
        put_sleep_state(out, "\\_S4_", ACPI_SLP_TYP_S4);
    }
    table_end(builder, start);
}

/*
 * Windows ACPI Emulated devices Table (Microsoft, 2009): bit 0: no need to
 * acknowledge RTC interrupts; bit 1: one read of the PM timer is enough.
 */
static void build_waet(Builder *builder)
{
    uint32_t start = table_begin(builder, "WAET", 1);

    table_list(builder, start);
    blob_put(builder->blobs.tables, builder->config->rtc_needs_no_ack ? 3 : 2, 4);
    table_end(builder, start);
}

static void put_oem_table_id(GByteArray *tables, uint32_t start, const char *id)
{
    g_autoptr(GByteArray) text = g_byte_array_new();

    blob_put_text(text, id, 8, '\0');
    memcpy(tables->data + start + HEADER_OEM_TABLE_ID, text->data, text->len);
}

/* The commands that place @page and tell where. */
static void link_page(const Builder *builder, uint32_t start, const AcpiSharedPage *page)
{
    GByteArray *loader = builder->blobs.loader;

    acpi_loader_allocate(loader, page->file, PAGE_SIZE, ACPI_LOADER_HIGH);
    acpi_loader_add_pointer(loader, ACPI_TABLES_FILE, start + HEADER_SIZE + page->pointer, 4, page->file);
    acpi_loader_write_pointer(loader, page->address_file, page->file, page->offset);
}

static void build_extra(Builder *builder, const AcpiTable *table)
{
    uint32_t start = table_begin(builder, table->signature, table->revision);

    table_list(builder, start);
    if (table->size) {
        g_byte_array_append(builder->blobs.tables, table->body, table->size);
    }
    if (table->oem_table_id) {
        put_oem_table_id(builder->blobs.tables, start, table->oem_table_id);
    }
    if (table->page) {
        link_page(builder, start, table->page);
    }
    table_end(builder, start);
}

/* RSDT (5.2.7) with 4-byte or XSDT (5.2.8) with 8-byte pointers to the listed tables. */
static uint32_t build_root_table(Builder *builder, const char *signature, uint8_t pointer_size)
{
    uint32_t start = table_begin(builder, signature, 1);

    for (guint i = 0; i < builder->listed->len; i++) {
        put_pointer(builder, g_array_index(builder->listed, uint32_t, i), pointer_size);
    }
    table_end(builder, start);
    return start;
}

/* Root System Description Pointer, revision 2 (5.2.5.3). */
static void build_rsdp(Builder *builder, uint32_t rsdt, uint32_t xsdt)
{
    enum { CHECKSUM = 8, RSDT = 16, V1_SIZE = 20, XSDT = 24, EXTENDED_CHECKSUM = 32, SIZE = 36 };
    GByteArray *rsdp = builder->blobs.rsdp, *loader = builder->blobs.loader;

    blob_put_text(rsdp, "RSD PTR ", 8, ' ');
    blob_put(rsdp, 0, 1);
    blob_put_text(rsdp, oem_id(builder->config), 6, ' ');
    blob_put(rsdp, 2, 1);
    blob_put(rsdp, rsdt, 4);
    blob_put(rsdp, SIZE, 4);
    blob_put(rsdp, xsdt, 8);
    blob_put(rsdp, 0, 4);                   /* extended checksum, reserved */
    acpi_loader_add_pointer(loader, ACPI_RSDP_FILE, RSDT, 4, ACPI_TABLES_FILE);
    acpi_loader_add_pointer(loader, ACPI_RSDP_FILE, XSDT, 8, ACPI_TABLES_FILE);
    acpi_loader_add_checksum(loader, ACPI_RSDP_FILE, CHECKSUM, 0, V1_SIZE);
    acpi_loader_add_checksum(loader, ACPI_RSDP_FILE, EXTENDED_CHECKSUM, 0, SIZE);
}

void acpi_build(const AcpiConfig *config, AcpiBlobs *ret)
{
    Builder builder = {
        .config = config,
        .blobs = { g_byte_array_new(), g_byte_array_new(), g_byte_array_new() },
        .listed = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
    };

    g_assert(config->cpu_count >= 1 && config->cpu_count <= 4096);
    /* Files are allocated before anything points into them. */
    acpi_loader_allocate(builder.blobs.loader, ACPI_RSDP_FILE, 16, ACPI_LOADER_FSEG);
    acpi_loader_allocate(builder.blobs.loader, ACPI_TABLES_FILE, FACS_ALIGN, ACPI_LOADER_HIGH);

    uint32_t facs = build_facs(&builder);
    uint32_t dsdt = build_dsdt(&builder);
    build_fadt(&builder, facs, dsdt);
    build_madt(&builder);
    build_ssdt(&builder);
    build_waet(&builder);
    for (size_t i = 0; i < config->extra_count; i++) {
        build_extra(&builder, &config->extra[i]);
    }
    uint32_t rsdt = build_root_table(&builder, "RSDT", 4);
    uint32_t xsdt = build_root_table(&builder, "XSDT", 8);
    build_rsdp(&builder, rsdt, xsdt);
    g_array_free(builder.listed, TRUE);
    *ret = builder.blobs;
}

void acpi_blobs_finish(AcpiBlobs *blobs)
{
    g_clear_pointer(&blobs->tables, g_byte_array_unref);
    g_clear_pointer(&blobs->rsdp, g_byte_array_unref);
    g_clear_pointer(&blobs->loader, g_byte_array_unref);
}
