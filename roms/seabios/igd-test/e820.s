/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory map of int 15h, as an operating system reads it (ACPI 6.4, 15.1). */
	.include "igd-test.inc"

	.set	SMAP, 0x534d4150
	.set	ENTRY_SIZE, 24
	.set	ENTRY_BASE, E820_ENTRY		/* u64 */
	.set	ENTRY_LENGTH, E820_ENTRY + 8	/* u64 */
	.set	ENTRY_TYPE, E820_ENTRY + 16	/* u32 */
	.set	TYPE_RESERVED, 2
	.set	TYPE_NVS, 4

	.globl	judge_reserved

/*
 * al: OK when all ecx bytes at eax are reserved, or ACPI NVS, by one entry or by
 * several without a gap: no system will use them as memory or put a device there.
 */
judge_reserved:
	pushad
	mov	[bp + E820_CURSOR], eax
	dec	ecx
	add	eax, ecx
	jc	2f
	mov	[bp + E820_LAST], eax
1:	call	find_entry
	jc	2f
	cmp	eax, [bp + E820_LAST]
	jae	3f
	inc	eax
	mov	[bp + E820_CURSOR], eax
	jmp	1b
2:	popad
	mov	al, FAILED
	ret
3:	popad
	mov	al, OK
	ret

/* eax: the last byte, below 4 GiB, of the entry that reserves E820_CURSOR. Carry set: none does. Changes all but bp. */
find_entry:
	xor	ebx, ebx
1:	push	ss
	pop	es
	lea	di, [bp + E820_ENTRY]
	mov	eax, 0xe820
	mov	ecx, ENTRY_SIZE
	mov	edx, SMAP
	push	bp
	int	0x15
	pop	bp
	jc	3f
	cmp	eax, SMAP
	jne	2f
	call	holds_cursor
	jnc	3f
	test	ebx, ebx
	jnz	1b
2:	stc
3:	ret

/* The same for the entry in the frame. Changes ecx. */
holds_cursor:
	cmp	dword ptr [bp + ENTRY_TYPE], TYPE_RESERVED
	je	1f
	cmp	dword ptr [bp + ENTRY_TYPE], TYPE_NVS
	jne	3f
1:	cmp	dword ptr [bp + ENTRY_BASE + 4], 0
	jne	3f
	mov	eax, [bp + ENTRY_BASE]
	cmp	eax, [bp + E820_CURSOR]
	ja	3f
	mov	ecx, [bp + ENTRY_LENGTH + 4]
	sub	dword ptr [bp + ENTRY_LENGTH], 1
	sbb	ecx, 0
	jc	3f				/* an entry without bytes */
	add	eax, [bp + ENTRY_LENGTH]
	adc	ecx, 0
	jz	2f
	or	eax, -1				/* it goes on beyond 4 GiB */
2:	cmp	eax, [bp + E820_CURSOR]
	ret					/* carry set: it ends before the cursor */
3:	stc
	ret
