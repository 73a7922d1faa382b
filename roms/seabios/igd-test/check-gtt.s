/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of BAR 4, by which the video BIOS of generations 6 to 10 reaches
 * registers and the GTT without leaving real mode: an index and a data port.
 * Entries of the GTT have 32 bits before generation 8, and 64 from there on.
 */
	.include "igd-test.inc"

	.set	LAST_GENERATION, 10
	.set	WIDE_ENTRIES, 8			/* generation */
	.set	GTT, 1				/* bit of an index */
	.set	GTT_OFFSET_NARROW, 2 << 20	/* where BAR 0 shows it: in its upper half */
	.set	GTT_OFFSET_WIDE, 8 << 20
	.set	VALID, 1			/* bit of an entry */
	.set	PAGE, 4096
	.set	ENTRIES, 32			/* of as many pages as the VGA window has */

	.globl	check_index, check_gtt

/* BAR 4 is ports; an index reads back; what it shows of BAR 0 is what BAR 0 shows: INDEX_PORT. */
check_index:
	mov	al, NOT_APPLICABLE
	call	has_index
	jc	4f
	own_config PCI_BAR4
	mov	ebx, eax
	xor	ecx, ecx
	test	al, 1
	jz	1f
	and	ax, 0xfffc
	jz	1f
	mov	[bp + INDEX_PORT], ax
	mov	dx, ax
	mov	eax, MIRROR_BDSM
	call	index_read
	mov	ecx, eax
	in	eax, dx
	cmp	eax, MIRROR_BDSM
	jne	1f
	call	bar0_read
	jc	2f
	cmp	eax, ecx
	je	2f
1:	mov	al, FAILED
	jmp	3f
2:	mov	al, OK
3:	verdict	"index"
	say	" port "
	mov	ax, bx
	call	say_hex4
	say	" data "
	mov	eax, ecx
	call	say_hex8
	jmp	say_end
4:	verdict	"index"
	jmp	say_end

/* Carry set: this generation's video BIOS does not use BAR 4, or we do not know. Changes no register. */
has_index:
	push	ax
	mov	ax, [bp + GENERATION]
	dec	ax			/* 0 becomes the largest */
	cmp	ax, LAST_GENERATION
	cmc
	pop	ax
	ret

/* Entries for the first pages of stolen memory are written, and read back by both ways. */
check_gtt:
	cmp	word ptr [bp + INDEX_PORT], 0
	je	3f
	cmp	dword ptr [bp + BDSM], 0
	je	3f
	call	write_entries
	call	count_wrong
	mov	bx, dx
	test	dx, dx
	setnz	al
	verdict	"gtt"
	say	" bits "
	call	entry_size
	mov	al, cl
	xor	ah, ah
	shl	ax, 3
	call	say_decimal
	say	" entries "
	mov	ax, ENTRIES
	call	say_decimal
	say	" wrong "
	mov	ax, bx
	call	say_decimal
	jmp	say_end
3:	mov	al, NOT_APPLICABLE
	verdict	"gtt"
	jmp	say_end

/* ecx: bytes of an entry. */
entry_size:
	mov	ecx, 4
	cmp	word ptr [bp + GENERATION], WIDE_ENTRIES
	jb	1f
	shl	cx, 1
1:	ret

/* Changes all but bp. */
write_entries:
	call	entry_size
	mov	edi, ecx
	mov	esi, ENTRIES
	mov	eax, GTT
	mov	ecx, [bp + BDSM]
	or	cl, VALID
1:	call	index_write
	cmp	di, 4
	je	2f
	push	ecx
	add	eax, 4
	xor	ecx, ecx		/* stolen memory lies below 4 GiB */
	call	index_write
	sub	eax, 4
	pop	ecx
2:	add	eax, edi
	add	ecx, PAGE
	dec	si
	jnz	1b
	ret

/* dx: how many dwords differ from what was written, through BAR 4 or in BAR 0. Changes all but bp. */
count_wrong:
	call	entry_size
	mov	edi, ecx
	xor	dx, dx
	xor	esi, esi		/* offset into the GTT */
	mov	ecx, [bp + BDSM]
	or	cl, VALID
1:	call	compare_dword
	cmp	di, 4
	je	2f
	push	ecx
	add	si, 4
	xor	ecx, ecx
	call	compare_dword
	sub	si, 4
	pop	ecx
2:	add	si, di
	add	ecx, PAGE
	mov	ax, ENTRIES
	push	dx
	mul	di
	pop	dx
	cmp	si, ax
	jb	1b
	ret

/* dx grows by the number of ways by which the dword at offset esi of the GTT is not ecx. Changes eax. */
compare_dword:
	lea	eax, [esi + GTT]
	call	index_read
	cmp	eax, ecx
	je	1f
	inc	dx
1:	mov	eax, GTT_OFFSET_NARROW
	cmp	di, 4
	je	2f
	mov	eax, GTT_OFFSET_WIDE
2:	add	eax, esi
	call	bar0_read
	jc	3f			/* above 4 GiB: BAR 4 must do */
	cmp	eax, ecx
	je	3f
	inc	dx
3:	ret
