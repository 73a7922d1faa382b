/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printing: every character goes to the debug port and to the text screen. The
 * cursor is where the BIOS data area has it, so that int 10h goes on below our
 * lines. Behind the last row the screen begins again at the top: rows of an
 * assigned device's memory are slow to move.
 */
	.include "igd-test.inc"

	.set	DEBUG_PORT, 0x402
	.set	BDA_CURSOR, 0x450	/* u8 column, u8 row, of page 0 */
	.set	COLUMNS, 80
	.set	ROWS, 25
	.set	BLANK, 0x07200720	/* two cells: light grey on black */

	.globl	say_char, say_string, say_hex2, say_hex4, say_hex8, say_decimal, say_end, say_verdict
	.globl	screen_put, screen_clear

/* Print al; 10 begins a new line. */
say_char:
	push	ax
	push	dx
	mov	dx, DEBUG_PORT
	out	dx, al
	pop	dx
	cmp	al, 10
	jne	1f
	mov	al, 13
	call	screen_put
	mov	al, 10
1:	call	screen_put
	pop	ax
	ret

/* Print the text at si, which ends with 0. */
say_string:
	push	ax
	push	si
1:	lodsb
	test	al, al
	jz	2f
	call	say_char
	jmp	1b
2:	pop	si
	pop	ax
	ret

say_end:
	push	ax
	mov	al, 10
	call	say_char
	pop	ax
	ret

/* Print al, ax, eax in hexadecimal, with all digits. */
say_hex2:
	push	ecx
	mov	cx, 2
	jmp	say_hex
say_hex4:
	push	ecx
	mov	cx, 4
	jmp	say_hex
say_hex8:
	push	ecx
	mov	cx, 8
say_hex:				/* the lowest cx digits of eax */
	push	eax
	push	cx
	shl	cl, 2
	ror	eax, cl
	pop	cx
1:	rol	eax, 4
	push	ax
	and	al, 0xf
	add	al, '0'
	cmp	al, '9'
	jbe	2f
	add	al, 'a' - '9' - 1
2:	call	say_char
	pop	ax
	loop	1b
	pop	eax
	pop	ecx
	ret

/* Print ax in decimal. */
say_decimal:
	pusha
	xor	dx, dx
	mov	bx, 10
	div	bx
	test	ax, ax
	jz	1f
	call	say_decimal
1:	mov	al, dl
	add	al, '0'
	call	say_char
	popa
	ret

/* Count the verdict in al, and begin the line of the check whose name is at si. */
say_verdict:
	say	"igd-test: "
	call	say_string
	cmp	al, FAILED
	je	1f
	ja	2f
	inc	word ptr [bp + PASSED]
	say	" ok"
	ret
1:	inc	word ptr [bp + FAILED_LINES]
	say	" FAILED"
	ret
2:	say	" n/a"
	ret

/* ---- the screen ---- */

/* Put al at the cursor and move it; knows backspace, line feed, carriage return, and no bell. */
screen_put:
	pusha
	push	es
	push	0
	pop	es
	mov	dx, es:[BDA_CURSOR]	/* dl: column, dh: row */
	cmp	al, 7
	je	4f
	cmp	al, 8
	je	2f
	cmp	al, 10
	je	1f
	cmp	al, 13
	je	3f
	call	screen_write
	inc	dl
	cmp	dl, COLUMNS
	jb	4f
	xor	dl, dl
1:	call	screen_next_row
	jmp	4f
2:	sub	dl, 1
	adc	dl, 0
	jmp	4f
3:	xor	dl, dl
4:	push	0
	pop	es
	mov	es:[BDA_CURSOR], dx
	pop	es
	popa
	ret

/* The character al at column dl of row dh. Changes ax, es, di. */
screen_write:
	push	ax
	mov	al, COLUMNS
	mul	dh
	mov	di, ax
	pop	ax
	push	dx
	xor	dh, dh
	add	di, dx
	pop	dx
	shl	di, 1
	push	VGA_CELLS
	pop	es
	mov	ah, BLANK >> 24
	mov	es:[di], ax
	ret

/* dh: the row below, which is made blank. Changes ax, cx, di, es. */
screen_next_row:
	inc	dh
	cmp	dh, ROWS
	jb	screen_blank_row
	xor	dh, dh
screen_blank_row:
	mov	al, COLUMNS * 2
	mul	dh
	mov	di, ax
	push	VGA_CELLS
	pop	es
	push	eax
	mov	eax, BLANK
	mov	cx, COLUMNS / 2
	rep stosd
	pop	eax
	ret

/* Make all rows blank, and put the cursor into the first. */
screen_clear:
	pushad
	push	es
	mov	dh, ROWS - 1
1:	call	screen_blank_row
	dec	dh
	jns	1b
	push	0
	pop	es
	mov	word ptr es:[BDA_CURSOR], 0
	pop	es
	popad
	ret
