/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device whose memory vanishes and comes back: by itself (the server cuts it off) and by registers, command and PMCSR.
 * What is read is printed to the debug port, a word a line.
 */
	.set	EXIT_VALUE, 0x33
	.include "flat.inc"

	.set	BUFFER, 0x8000
	.set	MARK, 0x12345678
	.set	PAUSE, 60000			/* reads of a port that exit: longer than the emulator's pause */

/* A word, a byte, a copied string, an addition in place: what the mapped BAR answers to each. */
look:
	mov	MEMORY, %ebx
	call	print
	xor	%ebx, %ebx
	mov	MEMORY + 0x11, %bl
	call	print
	mov	$MEMORY, %esi
	mov	$BUFFER, %edi
	mov	$16, %ecx
	rep movsl
	mov	BUFFER + 4, %ebx
	call	print
	lock addl $0, MEMORY + 8
	mov	MEMORY + 8, %ebx
	jmp	print

wait_a_while:
	mov	$PAUSE, %ecx
1:	in	$0x92, %al
	loop	1b
	ret

main:
	call	look				/* as it was described */

	mov	SIGNAL, %eax			/* the memory is cut off */
	call	look
	movl	$MARK, MEMORY
	mov	MEMORY, %ebx
	call	print

	mov	SIGNAL, %eax			/* there is memory again, of zeroes */
	movl	$MARK, MEMORY
	mov	MEMORY, %ebx
	call	print
	call	wait_a_while
	call	look				/* directly again */

	mov	SIGNAL, %eax			/* cut off once more, and for a while */
	movl	$1, MEMORY			/* this time a write finds out */
	call	wait_a_while
	call	look
	mov	SIGNAL, %eax
	call	wait_a_while
	movl	$MARK, MEMORY

	config	COMMAND, 0
	call	look
	config	COMMAND, 2
	config	PMCSR, 3
	call	look
	movl	$1, MEMORY
	config	PMCSR, 0
	call	look
	ret

	image_end
