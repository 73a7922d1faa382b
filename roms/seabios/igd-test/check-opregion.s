/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the OpRegion behind ASLS, and of the VBT in it (ACPI IGD OpRegion specification, 2.1). */
	.include "igd-test.inc"

	.set	HEADER_SIZE, 0x10	/* u32: KiB */
	.set	HEADER_VERSION, 0x16	/* u16: major, minor */
	.set	RVDA, 0x3ba		/* u64: where a VBT outside of mailbox 4 is, from version 2.0 on ... */
	.set	RVDS, 0x3c2		/* u32: ... and its size */
	.set	MAILBOX_4, 0x400
	.set	VERSION_ABSOLUTE, 0x200	/* RVDA is an address; in later versions an offset */

	.globl	check_asls, check_opregion, check_opregion_reserved, check_vbt

/* eax: the dword of the OpRegion at offset \at. */
	.macro	opregion at
	mov	eax, [bp + ASLS]
	add	eax, \at
	call	memory_read
	.endm

/* Set, to the beginning of a page: ASLS. */
check_asls:
	own_config IGD_ASLS
	mov	ebx, eax
	test	bx, 0xfff
	setnz	al
	test	ebx, ebx
	setz	ah
	or	al, ah
	jnz	1f
	mov	[bp + ASLS], ebx
1:	verdict	"asls"
	say	" "
	mov	eax, ebx
	call	say_hex8
	jmp	say_end

signature:
	.ascii	"IntelGraphicsMem"
signature_end:

/* When it is none, ASLS is forgotten: the checks below have nothing to look at. */
check_opregion:
	mov	eax, [bp + ASLS]
	test	eax, eax
	mov	al, NOT_APPLICABLE
	jz	2f
	xor	ebx, ebx
1:	opregion ebx
	cmp	eax, signature[bx]
	jne	3f
	add	bx, 4
	cmp	bx, signature_end - signature
	jb	1b
	mov	al, OK
	verdict	"opregion"
	say	" version "
	opregion HEADER_VERSION
	call	say_hex4
	say	" size "
	call	opregion_size
	call	say_hex8
	jmp	say_end
3:	mov	dword ptr [bp + ASLS], 0
	mov	al, FAILED
2:	verdict	"opregion"
	jmp	say_end

/* eax: bytes of the OpRegion with what is appended to it. Changes ecx, edx. */
opregion_size:
	opregion HEADER_SIZE
	shl	eax, 10
	push	eax
	call	find_vbt
	pop	eax
	jc	1f
	add	ecx, edx
	sub	ecx, [bp + ASLS]	/* where the VBT ends, from the beginning */
	cmp	ecx, eax
	jbe	1f
	mov	eax, ecx
1:	ret

/*
 * ecx: the address of the VBT, edx: its size if RVDS has it. Carry set: it is no part
 * of the OpRegion's memory, or of its mailbox 4. Changes eax.
 */
find_vbt:
	opregion RVDS
	mov	edx, eax
	opregion RVDA
	mov	ecx, eax
	jecxz	2f
	test	edx, edx
	jz	2f
	opregion HEADER_VERSION
	cmp	ax, VERSION_ABSOLUTE
	jb	2f
	je	1f
	add	ecx, [bp + ASLS]
	clc
	ret
2:	mov	ecx, [bp + ASLS]
	add	ecx, MAILBOX_4
1:	stc
	ret

check_opregion_reserved:
	cmp	dword ptr [bp + ASLS], 0
	mov	al, NOT_APPLICABLE
	je	1f
	call	opregion_size
	mov	ecx, eax
	mov	eax, [bp + ASLS]
	call	judge_reserved
1:	verdict	"opregion-reserved"
	jmp	say_end

check_vbt:
	cmp	dword ptr [bp + ASLS], 0
	mov	al, NOT_APPLICABLE
	je	1f
	call	find_vbt
	mov	eax, ecx
	call	memory_read
	cmp	eax, 0x54425624		/* "$VBT" */
	setne	al
	verdict	"vbt"
	say	" "
	mov	eax, ecx
	call	say_hex8
	jmp	say_end
1:	verdict	"vbt"
	jmp	say_end
