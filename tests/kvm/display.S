/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A display of 1 MiB at 00:05.0: sets a mode of 640x400x32 by its registers and fills it with colours, each pixel its
 * own number times FACTOR. For every byte that comes in at COM1 the next line of SPOTS changes by one pixel.
 */
	.set	EXIT_VALUE, 0x36
	.include "flat.inc"

	.set	WIDTH, 640
	.set	HEIGHT, 400
	.set	FACTOR, 0x010307
	.set	SPOT, 0xfedcba
	.set	SPOT_LINE, 200 * WIDTH * 4	/* bytes */
	.set	SPOT_STEP, (WIDTH + 1) * 4
	.set	PIXELS, SIGNAL
	.set	REGISTERS, MEMORY
	.set	DISPI, REGISTERS + 0x500
	.set	COM1_DATA, 0x3f8
	.set	COM1_STATUS, 0x3fd
	.set	LAST, 'q'

	.macro	dispi index, value
	movw	$\value, DISPI + 2 * \index
	.endm

main:
	dispi	4, 0
	dispi	1, WIDTH
	dispi	2, HEIGHT
	dispi	3, 32
	dispi	4, 0x41				/* enabled, linear */
	movb	$0x20, REGISTERS + 0x400	/* the attribute controller lets it through */
	mov	$PIXELS, %edi
	mov	$(WIDTH * HEIGHT), %ecx
	xor	%eax, %eax
1:	stosl
	add	$FACTOR, %eax
	loop	1b
	mov	$1, %ebx
	call	print

	mov	$(PIXELS + SPOT_LINE), %edi
1:	mov	$COM1_STATUS, %edx
2:	in	%dx, %al
	test	$1, %al
	jz	2b
	mov	$COM1_DATA, %edx
	in	%dx, %al
	cmp	$LAST, %al
	je	3f
	movl	$SPOT, (%edi)
	add	$SPOT_STEP, %edi
	jmp	1b
3:	ret

	image_end
