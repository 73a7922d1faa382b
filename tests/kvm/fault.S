/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As the beginning of vanish.S, by a program in ring 3 of 64-bit mode: where KVM emulates much of what a kernel does,
 * a program still runs on the processor itself, whose faults the host's kernel has to resolve and cannot.
 */
	.set	EXIT_VALUE, 0x35
	.include "flat.inc"

	.set	BUFFER, 0x8000
	.set	GDT_POINTER, 0x9000
	.set	PML4, 0x10000
	.set	PDPT, 0x11000
	.set	PAGES, 0x12000			/* four tables of 2 MiB pages: 4 GiB */
	.set	TABLE, 7			/* present, writable, for programs */
	.set	PAGE, 0x87			/* and large */
	.set	CODE64, 0x18
	.set	USER_CODE, 0x23
	.set	USER_DATA, 0x2b
	.set	USER_STACK, 0x6000
	.set	USER_FLAGS, 0x3002		/* it may use ports */
	.set	CR4_PAE, 0x20
	.set	CR0_PAGING, 0x80000000
	.set	EFER, 0xc0000080
	.set	EFER_LONG, 0x100
	.set	MARK, 0x12345678
	.set	PAUSE, 60000

main:
	movl	$(PDPT + TABLE), PML4
	movl	$0, PML4 + 4
	xor	%ecx, %ecx
	mov	$(PAGES + TABLE), %eax
1:	mov	%eax, PDPT(, %ecx, 8)
	movl	$0, PDPT + 4(, %ecx, 8)
	add	$0x1000, %eax
	inc	%ecx
	cmp	$4, %ecx
	jne	1b
	xor	%ecx, %ecx
	mov	$PAGE, %eax
1:	mov	%eax, PAGES(, %ecx, 8)
	movl	$0, PAGES + 4(, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$(4 * 512), %ecx
	jne	1b
	mov	$PML4, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$EFER, %ecx
	rdmsr
	or	$EFER_LONG, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PAGING, %eax
	mov	%eax, %cr0
	movw	$(gdt64_end - gdt64 - 1), GDT_POINTER
	movl	$(BASE + gdt64), GDT_POINTER + 2
	lgdtl	GDT_POINTER
	ljmpl	$CODE64, $(BASE + long)

	.balign	8
gdt64:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff		/* 64-bit code */
	.quad	0x00affb000000ffff		/* of programs */
	.quad	0x00cff3000000ffff		/* their data */
gdt64_end:

	.code64
long:
	mov	$STACK, %esp
	push	$USER_DATA
	push	$USER_STACK
	push	$USER_FLAGS
	push	$USER_CODE
	lea	user(%rip), %rax
	push	%rax
	iretq

print64:
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

/* r12: MEMORY. */
look64:
	mov	(%r12), %ebx
	call	print64
	xor	%ebx, %ebx
	mov	0x11(%r12), %bl
	call	print64
	mov	%r12, %rsi
	mov	$BUFFER, %edi
	mov	$16, %ecx
	rep movsl
	mov	BUFFER + 4, %ebx
	call	print64
	lock addl $0, 8(%r12)
	mov	8(%r12), %ebx
	jmp	print64

user:
	mov	$MEMORY, %r12d
	mov	$SIGNAL, %r13d
	call	look64
	mov	(%r13), %eax			/* cut off */
	call	look64
	movl	$MARK, (%r12)
	mov	(%r12), %ebx
	call	print64
	mov	(%r13), %eax			/* there again */
	movl	$MARK, (%r12)
	mov	(%r12), %ebx
	call	print64
	mov	$PAUSE, %ecx
1:	in	$0x92, %al
	loop	1b
	call	look64
	mov	(%r13), %eax			/* cut off: an atomic instruction finds out */
	lock addl $1, (%r12)
	call	look64
	mov	$EXIT_PORT, %edx
	mov	$EXIT_VALUE, %al
	out	%al, %dx
1:	jmp	1b

	image_end
