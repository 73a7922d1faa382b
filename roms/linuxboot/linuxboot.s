/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option ROM that boots a Linux kernel out of fw_cfg.
 *
 * The BIOS finds the PnP header, lists us as a boot device and calls
 * `boot`. We copy four items (initrd, kernel, command line, setup code) to the
 * addresses fw_cfg names, by DMA where the device has it, else byte by byte
 * through its data port, and enter the kernel's setup code in real mode, as
 * the Linux boot protocol asks (boot.rst, "Running the Kernel"). Memory map,
 * video and the rest the kernel finds out from the BIOS itself.
 *
 * If anything is wrong we say so and return: the BIOS tries the next device.
 *
 * References: PnP BIOS Specification 1.0A, BIOS Boot Specification 1.01,
 * fw_cfg as in Linux (include/uapi/linux/qemu_fw_cfg.h).
 *
 * Registers: bp is our stack frame throughout; es has base 0 and, in port
 * mode, a limit of 4 GiB.
 */
        .code16
        .text
        .intel_syntax noprefix

        .set    FW_CFG_SELECT, 0x510
        .set    FW_CFG_DATA, 0x511
        .set    FW_CFG_DMA_HIGH, 0x514      /* big-endian, as is all that DMA deals with */
        .set    FW_CFG_DMA_LOW, 0x518       /* writing here starts the transfer */

        .set    ITEM_SIGNATURE, 0x00
        .set    ITEM_ID, 0x01
        .set    ITEM_KERNEL_ADDR, 0x07
        .set    ITEM_KERNEL_SIZE, 0x08
        .set    ITEM_INITRD_ADDR, 0x0a
        .set    ITEM_INITRD_SIZE, 0x0b
        .set    ITEM_KERNEL_DATA, 0x11
        .set    ITEM_INITRD_DATA, 0x12
        .set    ITEM_CMDLINE_ADDR, 0x13
        .set    ITEM_CMDLINE_SIZE, 0x14
        .set    ITEM_CMDLINE_DATA, 0x15
        .set    ITEM_SETUP_ADDR, 0x16
        .set    ITEM_SETUP_SIZE, 0x17
        .set    ITEM_SETUP_DATA, 0x18

        .set    ID_DMA, 0x02                /* bit of ITEM_ID */
        .set    DMA_ERROR, 0x01             /* bits of the control word */
        .set    DMA_READ, 0x02
        .set    DMA_SELECT, 0x08

        .set    SIGNATURE, 0x554d4551       /* "QEMU" */

        /* The frame: the DMA descriptor first, it needs an address below 1 MiB only. */
        .set    FRAME_SIZE, 24
        .set    DMA_CONTROL, -24
        .set    DMA_LENGTH, -20
        .set    DMA_ADDRESS, -16            /* 8 bytes */
        .set    USE_DMA, -8                 /* 1 byte */
        .set    GDT_POINTER, -6             /* 6 bytes */

/* Expansion ROM header; roms/finish-rom.py fills in size and checksums. */
        .globl  _start
_start:
        .byte   0x55, 0xaa
        .byte   0                           /* size in units of 512 bytes */
        jmp     init
        .org    0x18
        .word   0                           /* no PCI data: we belong to no device */
        .word   pnp_header

        .balign 16
pnp_header:
        .ascii  "$PnP"
        .byte   1                           /* revision of the structure */
        .byte   2                           /* its length in units of 16 bytes */
        .word   0                           /* next header: none */
        .byte   0
        .byte   0                           /* checksum */
        .long   0                           /* device identifier */
        .word   manufacturer
        .word   product
        .byte   0, 0, 0                     /* device type */
        .byte   0x14                        /* indicators: initial program load device, read cacheable */
        .word   0                           /* boot connection vector */
        .word   0                           /* disconnect vector */
        .word   boot                        /* bootstrap entry vector */
        .word   0
        .word   0                           /* static resource information */

manufacturer:
        .asciz  "qemu-igd"
product:
        .asciz  "Linux loader"

/* Called once at start-up: report an IPL device (PnP BIOS 3.3, bit 5 of ax). */
init:
        mov     ax, 0x20
        retf

/*
 * The bootstrap entry. The image read last is the one the stack could be in:
 * setup code; it gets a stack of its own afterwards.
 */
boot:
        cld
        push    bp
        mov     bp, sp
        sub     sp, FRAME_SIZE
        push    cs
        pop     ds
        xor     ax, ax
        mov     es, ax
        call    find_fw_cfg
        mov     si, offset no_fw_cfg
        jc      give_up
        mov     al, ITEM_KERNEL_SIZE
        call    read_u32
        test    eax, eax
        mov     si, offset no_kernel
        jz      give_up

        mov     di, offset parts
load_next:
        call    load_part
        mov     si, offset dma_failed
        jc      give_up
        add     di, 3
        cmp     di, offset parts_end
        jb      load_next

/*
 * "Running the Kernel": all segments at the setup code, stack at the end of
 * its heap (the command line follows), entry 0x20 paragraphs behind.
 */
        mov     al, ITEM_CMDLINE_ADDR
        call    read_u32
        mov     ecx, eax
        mov     al, ITEM_SETUP_ADDR
        call    read_u32
        sub     ecx, eax
        sub     ecx, 16
        shr     eax, 4
        cli
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        movzx   esp, cx
        add     ax, 0x20
        push    ax
        push    0
        xor     eax, eax
        xor     ebx, ebx
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        retf

/* What to copy, as keys of address, size and data. Setup code last. */
parts:
        .byte   ITEM_INITRD_ADDR, ITEM_INITRD_SIZE, ITEM_INITRD_DATA
        .byte   ITEM_KERNEL_ADDR, ITEM_KERNEL_SIZE, ITEM_KERNEL_DATA
        .byte   ITEM_CMDLINE_ADDR, ITEM_CMDLINE_SIZE, ITEM_CMDLINE_DATA
        .byte   ITEM_SETUP_ADDR, ITEM_SETUP_SIZE, ITEM_SETUP_DATA
parts_end:

no_fw_cfg:
        .asciz  "linuxboot: no fw_cfg device\r\n"
no_kernel:
        .asciz  "linuxboot: no kernel in fw_cfg\r\n"
dma_failed:
        .asciz  "linuxboot: fw_cfg DMA failed\r\n"

/* Print the text at si and leave the boot to the next device (BBS 1.01, 6.7.2: int 18h). */
give_up:
        lodsb
        test    al, al
        jz      give_up_now
        mov     ah, 0x0e
        mov     bx, 0x0007
        push    bp                          /* old video BIOSes lose it */
        int     0x10
        pop     bp
        jmp     give_up
give_up_now:
        mov     sp, bp
        pop     bp
        int     0x18
        retf

/* Is there a fw_cfg device, and has it DMA? Carry set: there is none. */
find_fw_cfg:
        mov     al, ITEM_SIGNATURE
        call    read_u32
        cmp     eax, SIGNATURE
        stc
        jne     find_done
        mov     al, ITEM_ID
        call    read_u32
        and     al, ID_DMA
        mov     [bp + USE_DMA], al
        clc
find_done:
        ret

/* eax: the 32-bit item with key al. Changes dx. */
read_u32:
        call    select
        push    cx
        mov     cx, 4
read_u32_next:
        in      al, dx
        ror     eax, 8                      /* after four rounds, the first byte is the lowest */
        loop    read_u32_next
        pop     cx
        ret

/* Select item al; dx becomes the data port. */
select:
        movzx   ax, al
        mov     dx, FW_CFG_SELECT
        out     dx, ax
        inc     dx
        ret

/* Copy the part described at di. Carry set: it failed. Changes eax, ebx, ecx, edx. */
load_part:
        mov     al, [di + 1]
        call    read_u32
        mov     ecx, eax
        jecxz   load_done
        mov     al, [di]
        call    read_u32
        mov     ebx, eax
        mov     al, [di + 2]
        cmp     byte ptr [bp + USE_DMA], 0
        jne     load_by_dma
        jmp     load_by_port
load_done:
        clc
        ret

/* Copy ecx bytes of item al to address ebx. Carry set: the device reported an error. */
load_by_dma:
        movzx   eax, al
        shl     eax, 16
        mov     al, DMA_READ | DMA_SELECT
        bswap   eax
        mov     ss:[bp + DMA_CONTROL], eax
        bswap   ecx
        mov     ss:[bp + DMA_LENGTH], ecx
        xor     eax, eax
        mov     ss:[bp + DMA_ADDRESS], eax
        bswap   ebx
        mov     ss:[bp + DMA_ADDRESS + 4], ebx

        mov     dx, FW_CFG_DMA_HIGH
        out     dx, eax
        mov     ax, ss                      /* where the descriptor is: ss * 16 + bp + offset */
        shl     eax, 4
        movzx   ebx, bp
        lea     eax, [eax + ebx + DMA_CONTROL]
        bswap   eax
        mov     dx, FW_CFG_DMA_LOW
        out     dx, eax
dma_wait:
        mov     eax, ss:[bp + DMA_CONTROL]
        bswap   eax
        test    al, DMA_ERROR
        jnz     dma_error
        test    eax, eax
        jz      load_done
        pause
        jmp     dma_wait
dma_error:
        stc
        ret

/*
 * The same through the data port, to addresses above 1 MiB: es gets a limit of
 * 4 GiB, which it keeps in real mode. Interrupts stay off meanwhile: a handler
 * that visits protected mode would put the limit back.
 */
load_by_port:
        call    select
        pushf
        push    edi
        cli
        call    widen_es
        mov     edi, ebx
        rep insb [edi], dx
        pop     edi
        popf
        clc
        ret

/* es: base 0, limit 4 GiB. Changes eax, bx is kept. Interrupts are off. */
widen_es:
        push    ebx
        xor     eax, eax
        mov     ax, cs
        shl     eax, 4
        add     eax, offset gdt
        mov     word ptr ss:[bp + GDT_POINTER], gdt_end - gdt - 1
        mov     ss:[bp + GDT_POINTER + 2], eax
        lgdt    ss:[bp + GDT_POINTER]
        mov     eax, cr0
        mov     ebx, eax
        or      al, 1
        mov     cr0, eax
        jmp     widen_protected
widen_protected:
        mov     ax, gdt_flat - gdt
        mov     es, ax
        mov     cr0, ebx
        jmp     widen_real
widen_real:
        xor     ax, ax
        mov     es, ax
        pop     ebx
        ret

        .balign 8
gdt:
        .quad   0
gdt_flat:
        .quad   0x00cf93000000ffff          /* data, writable, accessed, 0 to 4 GiB */
gdt_end:
