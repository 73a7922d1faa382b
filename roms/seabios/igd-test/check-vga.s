/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check of the legacy VGA ranges. Nobody at home reads as all ones, and so may a
 * device that has no VGA; both are "absent", which is no failure of the ROM's
 * world: whether ranges should be there is for the reader to say. Ports
 * without memory or memory without ports is what no device looks like.
 */
	.include "igd-test.inc"

	.set	FIRST_PORT, 0x3c0
	.set	LAST_PORT, 0x3df
	.set	MISC_OUTPUT, 0x3cc
	.set	GRAPHICS, 0xa000	/* segment */
	.set	LAST_CELL, 80 * 25 * 2 - 2	/* of the text screen; we have not come so far down */

	.globl	check_vga

check_vga:
	call	ports_absent
	mov	bl, al
	call	memory_absent
	mov	bh, al
	cmp	bl, bh
	mov	al, FAILED
	jne	1f
	mov	al, OK
	test	bl, bl
	jz	1f
	mov	al, NOT_APPLICABLE
1:	verdict	"vga"
	say	" ports"
	mov	al, bl
	call	say_presence
	say	" memory"
	mov	al, bh
	call	say_presence
	say	" 3cc "
	mov	dx, MISC_OUTPUT
	in	al, dx
	call	say_hex2
	say	" b8000 "
	call	say_cell
	jmp	say_end

say_presence:
	test	al, al
	jnz	1f
	say	" present"
	ret
1:	say	" absent"
	ret

/* al: 1 when all ports read as ones. Changes dx. */
ports_absent:
	mov	dx, FIRST_PORT
1:	in	al, dx
	cmp	al, 0xff
	jne	2f
	inc	dx
	cmp	dx, LAST_PORT
	jbe	1b
2:	cmp	al, 0xff
	sete	al
	ret

/* al: 1 when both ends of the graphics window and the text screen read as ones, whatever is written. Changes dx, es. */
memory_absent:
	push	GRAPHICS
	pop	es
	mov	ax, es:[0]
	and	ax, es:[0xfffe]
	cmp	ax, 0xffff
	jne	1f
	call	try_cell
	mov	ax, dx
1:	cmp	ax, 0xffff
	sete	al
	ret

/* dx: what the last cell of the text screen has read, of what was there and of 0 written, which is undone. Changes es. */
try_cell:
	push	VGA_CELLS
	pop	es
	mov	dx, es:[LAST_CELL]
	mov	word ptr es:[LAST_CELL], 0
	push	dx
	and	dx, es:[LAST_CELL]
	pop	word ptr es:[LAST_CELL]
	ret

/* Print what the last cell reads, as it is and after each of two writes. Changes ax, es. */
say_cell:
	push	VGA_CELLS
	pop	es
	push	word ptr es:[LAST_CELL]
	mov	ax, es:[LAST_CELL]
	call	say_hex4
	mov	word ptr es:[LAST_CELL], 0x55aa
	say	" "
	mov	ax, es:[LAST_CELL]
	call	say_hex4
	mov	word ptr es:[LAST_CELL], 0xaa55
	say	" "
	mov	ax, es:[LAST_CELL]
	call	say_hex4
	pop	word ptr es:[LAST_CELL]
	ret
