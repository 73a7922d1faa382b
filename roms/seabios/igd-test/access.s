/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to the device from real mode: configuration space, memory below 4 GiB, index and data ports. */
	.include "igd-test.inc"

	.set	CONFIG_ADDRESS, 0xcf8	/* PCI 3.0, 3.2.2.3.2 */
	.set	CONFIG_DATA, 0xcfc

	.globl	config_read, memory_read, bar0_read, index_read, index_write

/* eax: the dword of configuration space at address eax, as it is written to the address port. */
config_read:
	push	dx
	mov	dx, CONFIG_ADDRESS
	out	dx, eax
	mov	dx, CONFIG_DATA
	in	eax, dx
	pop	dx
	ret

/*
 * eax: the dword of memory at address eax. fs gets a limit of 4 GiB for it,
 * which it keeps in real mode; interrupts stay off meanwhile, because a handler
 * that visits protected mode would put the limit back.
 */
memory_read:
	pushf
	cli
	push	fs
	push	ebx
	mov	ebx, eax
	call	widen_fs
	mov	eax, fs:[ebx]
	pop	ebx
	pop	fs
	popf
	ret

/* fs: base 0, limit 4 GiB. Interrupts are off. */
widen_fs:
	push	eax
	push	ecx
	push	bp
	xor	eax, eax
	mov	ax, cs
	shl	eax, 4
	add	eax, offset gdt
	push	eax			/* what lgdt takes: a word and a dword */
	push	gdt_end - gdt - 1
	mov	bp, sp
	lgdt	[bp]
	add	sp, 6
	mov	eax, cr0
	mov	ecx, eax
	or	al, 1
	mov	cr0, eax
	jmp	1f
1:	mov	ax, gdt_flat - gdt
	mov	fs, ax
	mov	cr0, ecx
	jmp	2f
2:	xor	ax, ax
	mov	fs, ax
	pop	bp
	pop	ecx
	pop	eax
	ret

	.balign	8
gdt:
	.quad	0
gdt_flat:
	.quad	0x00cf93000000ffff	/* data, writable, accessed, 0 to 4 GiB */
gdt_end:

/* eax: the dword of BAR 0 at offset eax. Carry set: BAR 0 cannot be reached, as it lies above 4 GiB or nowhere. */
bar0_read:
	push	ebx
	push	ecx
	mov	ebx, eax
	own_config PCI_BAR0
	mov	ecx, eax
	and	ecx, -16
	jz	2f
	test	al, 4			/* 64 bits wide */
	jz	1f
	own_config PCI_BAR0+4
	test	eax, eax
	jnz	2f
1:	lea	eax, [ecx + ebx]
	call	memory_read
	clc
	jmp	3f
2:	stc
3:	pop	ecx
	pop	ebx
	ret

/*
 * The dword at index eax of what BAR 4 leads to: an offset into BAR 0, or with bit
 * 0 set an offset into the GTT. eax: what is read. ecx: what is written.
 */
index_read:
	push	dx
	mov	dx, [bp + INDEX_PORT]
	out	dx, eax
	add	dx, 4
	in	eax, dx
	pop	dx
	ret

index_write:
	push	eax
	push	dx
	mov	dx, [bp + INDEX_PORT]
	out	dx, eax
	add	dx, 4
	mov	eax, ecx
	out	dx, eax
	pop	dx
	pop	eax
	ret
