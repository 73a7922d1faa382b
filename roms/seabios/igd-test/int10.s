/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video services the BIOS and boot loaders call without asking whether they
 * are there. There is one mode, 80x25 text, and it is always set: the lines of
 * the checks stay on the screen. What is not in the table returns with all
 * registers as they were, which callers take for "not supported".
 */
	.include "igd-test.inc"

	.set	BDA_MODE, 0x449		/* u8 mode, u16 columns, u16 bytes of a page, u16 offset of the page */
	.set	BDA_CURSOR, 0x450
	.set	BDA_SHAPE, 0x460	/* u16: the cursor's last and first line; u8: page; u16: port of the CRTC */
	.set	BDA_ROWS, 0x484		/* u8: rows less one; u16: lines of a character */
	.set	TEXT_MODE, 3
	.set	COLUMNS, 80
	.set	SHAPE, 0x0607

	.globl	int10_install

/* Take the vector and describe the screen in the BIOS data area. */
int10_install:
	push	es
	push	0
	pop	es
	mov	word ptr es:[0x10 * 4], offset int10_handler
	mov	word ptr es:[0x10 * 4 + 2], cs
	mov	byte ptr es:[BDA_MODE], TEXT_MODE
	mov	word ptr es:[BDA_MODE + 1], COLUMNS
	mov	word ptr es:[BDA_MODE + 3], 0x1000
	mov	word ptr es:[BDA_MODE + 5], 0
	mov	word ptr es:[BDA_SHAPE], SHAPE
	mov	byte ptr es:[BDA_SHAPE + 2], 0
	mov	word ptr es:[BDA_SHAPE + 3], 0x3d4
	mov	byte ptr es:[BDA_ROWS], 24
	mov	word ptr es:[BDA_ROWS + 1], 16
	pop	es
	jmp	screen_clear

/* Functions: ah, what it does. */
functions:
	.word	0x02, set_cursor
	.word	0x03, get_cursor
	.word	0x0e, teletype
	.word	0x0f, get_mode
functions_end:

int10_handler:
	cld
	push	si
	mov	si, offset functions
1:	cmp	ah, cs:[si]
	je	2f
	add	si, 4
	cmp	si, offset functions_end
	jb	1b
	pop	si
	iret
2:	call	word ptr cs:[si + 2]
	pop	si
	iret

/* dh, dl: row and column. */
set_cursor:
	push	es
	push	0
	pop	es
	mov	es:[BDA_CURSOR], dx
	pop	es
	ret

/* dh, dl: row and column; cx: shape. */
get_cursor:
	push	es
	push	0
	pop	es
	mov	dx, es:[BDA_CURSOR]
	mov	cx, es:[BDA_SHAPE]
	pop	es
	ret

/* The character al, on the screen only: SeaBIOS prints on the debug port what it prints here. */
teletype:
	jmp	screen_put

/* al: mode; ah: columns; bh: page. */
get_mode:
	mov	ax, COLUMNS << 8 | TEXT_MODE
	xor	bh, bh
	ret
