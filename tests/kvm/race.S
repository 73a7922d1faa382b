/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One processor uses the memory of a device without pause while another takes it away and gives it back: decoding
 * off, D3hot, cut off by the server. The words printed: 1 when the other processor has started; whether it saw
 * anything but what it had written and all ones; 1 for each way in which it went on; what it reads in the end.
 */
	.set	EXIT_VALUE, 0x34
	.include "flat.inc"

	.set	TRAMPOLINE, 0x9000		/* the page of the start-up message */
	.set	ROUNDS, 0x8000			/* of the other processor */
	.set	STRANGE, 0x8004			/* something it should not have read */
	.set	APIC_COMMAND, 0xfee00300
	.set	APIC_SPURIOUS, 0xfee000f0
	.set	INIT_OTHERS, 0x000c4500
	.set	START_OTHERS, 0x000c4600 | TRAMPOLINE >> 12
	.set	MARK, 0x5a5a5a5a
	.set	TOGGLES, 100
	.set	SEGMENT, 0xf000

	.code16
other_enter:
	cli
	lgdtl	%cs:gdt_pointer
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CODE, $(BASE + other)

	.code32
other:
	mov	$DATA, %eax
	mov	%eax, %ds
1:	movl	$MARK, MEMORY
	mov	MEMORY, %eax
	lock incl ROUNDS
	cmp	$MARK, %eax
	je	1b
	cmp	$0xffffffff, %eax
	je	1b
	test	%eax, %eax			/* fresh memory of the server */
	je	1b
	mov	%eax, STRANGE
	jmp	1b

	.macro	wait_for_rounds
	mov	ROUNDS, %esi
	add	$20, %esi
1:	in	$0x92, %al
	cmp	%esi, ROUNDS
	jb	1b
	.endm

	.macro	report_rounds
	wait_for_rounds
	mov	$1, %ebx
	call	print
	.endm

main:
	movl	$0, ROUNDS
	movl	$0, STRANGE
	movb	$0xea, TRAMPOLINE		/* ljmp */
	movl	$(SEGMENT << 16), TRAMPOLINE + 1
	movw	$other_enter, TRAMPOLINE + 1
	movl	$0x1ff, APIC_SPURIOUS
	movl	$INIT_OTHERS, APIC_COMMAND
	movl	$START_OTHERS, APIC_COMMAND
	report_rounds

	mov	$TOGGLES, %edi
2:	config	COMMAND, 0
	config	COMMAND, 2
	dec	%edi
	jnz	2b
	report_rounds

	mov	$TOGGLES, %edi
2:	config	PMCSR, 3
	config	PMCSR, 0
	dec	%edi
	jnz	2b
	report_rounds

	mov	SIGNAL, %eax			/* cut off */
	report_rounds
	mov	SIGNAL, %eax			/* there again */
	report_rounds

	mov	STRANGE, %ebx
	call	print
	mov	MEMORY, %ebx
	jmp	print

	image_end
