/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware that accesses ports as it is told at COM1: a letter (l, w, b: read of 4, 2, 1 bytes; L, W, B: write) and what is
 * then in EAX, EBX, ECX, EDX, ESI and EDI, 4 bytes each. It answers with what is in these afterwards. "q" ends it.
 */
	.set	EXIT_VALUE, 0x17
	.set	COM1, 0x3f8
	.include "flat.inc"
	.set	REGISTERS, 0x1000		/* in memory: 6 times 4 bytes */

main:
	call	get
	mov	%al, %bl
	cmp	$'q', %bl
	je	done
	mov	$REGISTERS, %edi
	mov	$24, %ecx
1:	call	get
	stosb
	loop	1b
	mov	%bl, %al
	mov	$accesses, %esi
	add	$BASE, %esi
2:	cmpb	$0, (%esi)
	je	done
	cmp	%al, (%esi)
	je	3f
	add	$8, %esi
	jmp	2b
3:	mov	4(%esi), %eax
	add	$BASE, %eax
	push	%eax
	mov	REGISTERS, %eax
	mov	REGISTERS + 4, %ebx
	mov	REGISTERS + 8, %ecx
	mov	REGISTERS + 12, %edx
	mov	REGISTERS + 16, %esi
	mov	REGISTERS + 20, %edi
	call	*(%esp)
	mov	%eax, REGISTERS
	mov	%ebx, REGISTERS + 4
	mov	%ecx, REGISTERS + 8
	mov	%edx, REGISTERS + 12
	mov	%esi, REGISTERS + 16
	mov	%edi, REGISTERS + 20
	pop	%eax
	mov	$REGISTERS, %esi
	mov	$24, %ecx
4:	lodsb
	call	put
	loop	4b
	jmp	main
done:	ret

/* A byte from COM1 in al. */
get:
	mov	$(COM1 + 5), %edx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	mov	$COM1, %edx
	in	%dx, %al
	ret

put:
	mov	%al, %ah
	mov	$(COM1 + 5), %edx
1:	in	%dx, %al
	test	$0x20, %al
	jz	1b
	mov	%ah, %al
	mov	$COM1, %edx
	out	%al, %dx
	ret

read4:	in	%dx, %eax
	ret
read2:	in	%dx, %ax
	ret
read1:	in	%dx, %al
	ret
write4:	out	%eax, %dx
	ret
write2:	out	%ax, %dx
	ret
write1:	out	%al, %dx
	ret

	.balign	4
accesses:
	.long	'l', read4, 'w', read2, 'b', read1, 'L', write4, 'W', write2, 'B', write1, 0

	image_end
