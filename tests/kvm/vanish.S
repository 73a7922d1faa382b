/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware image of 64 KiB that uses an assigned device while its memory vanishes and comes back, by itself (the
 * server cuts it off) and by registers: command, PMCSR. BAR 0 traps, and each read of it is a signal to the server;
 * BAR 2 is mapped. What is read is printed to the debug port, a word a line; all ones end a round.
 */
	.set	DEBUG_PORT, 0x402
	.set	EXIT_PORT, 0x501
	.set	EXIT_VALUE, 0x33
	.set	CONFIG_ADDRESS, 0xcf8
	.set	CONFIG_DATA, 0xcfc
	.set	DEVICE, 0x80002800		/* 00:05.0 */
	.set	COMMAND, DEVICE + 0x04
	.set	BAR0, DEVICE + 0x10
	.set	BAR2, DEVICE + 0x18
	.set	PMCSR, DEVICE + 0x44
	.set	SIGNAL, 0xe0000000
	.set	MEMORY, 0xe0100000
	.set	BUFFER, 0x8000
	.set	STACK, 0x7000
	.set	MARK, 0x12345678
	.set	PAUSE, 60000			/* reads of a port that exit: longer than the emulator's pause */
	.set	BASE, 0xffff0000
	.set	RESET_VECTOR, 0xfff0
	.set	SIZE, 0x10000
	.set	CODE, 0x08
	.set	DATA, 0x10

	.text
	.code16
enter:
	cli
	lgdtl	%cs:gdt_pointer
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CODE, $(BASE + flat)

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* code, all 4 GiB */
	.quad	0x00cf93000000ffff		/* data */
gdt_pointer:
	.word	. - gdt - 1
	.long	BASE + gdt

	.code32
/* Write ebx to the configuration register eax. */
config_write:
	mov	$CONFIG_ADDRESS, %edx
	out	%eax, %dx
	mov	$CONFIG_DATA, %edx
	mov	%ebx, %eax
	out	%eax, %dx
	ret

	.macro	config register, value
	mov	$\register, %eax
	mov	$\value, %ebx
	call	config_write
	.endm

/* Print ebx: eight digits and the end of the line. */
print:
	mov	$DEBUG_PORT, %edx
	mov	$8, %ecx
1:	rol	$4, %ebx
	mov	%bl, %al
	and	$15, %al
	add	$'0', %al
	cmp	$'9', %al
	jbe	2f
	add	$('a' - '9' - 1), %al
2:	out	%al, %dx
	loop	1b
	mov	$'\n', %al
	out	%al, %dx
	ret

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

flat:
	mov	$DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$STACK, %esp
	config	BAR0, SIGNAL
	config	BAR2, MEMORY
	config	COMMAND, 2
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

	mov	$EXIT_PORT, %edx
	mov	$EXIT_VALUE, %al
	out	%al, %dx
1:	hlt
	jmp	1b

	.org	RESET_VECTOR, 0xff
	.code16
	jmp	enter
	.org	SIZE, 0xff
