/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of graphics control and of stolen memory: its size, its place, and that nobody else will use it. */
	.include "igd-test.inc"

	.set	GGC_LOCK, 1		/* bits of GGC */
	.set	GGC_IVD, 2
	.set	CHERRYVIEW, 0x22	/* its ids begin so */

	.globl	check_ggc, check_bdsm, check_bdsm_reserved, check_bdsm_mirror

/* Three lines: VGA cycles are the device's; stolen memory has a size, STOLEN_SIZE; both are locked. */
check_ggc:
	own_config IGD_GGC
	mov	bx, ax
	test	al, GGC_IVD
	setnz	al
	verdict	"ggc-vga"
	call	say_ggc
	call	stolen_size
	mov	[bp + STOLEN_SIZE], eax
	mov	ecx, eax
	test	eax, eax
	setz	al
	call	unless_unknown
	verdict	"ggc-stolen"
	say	" "
	mov	eax, ecx
	call	say_hex8
	call	say_end
	test	bl, GGC_LOCK
	setz	al
	verdict	"ggc-lock"
say_ggc:
	say	" "
	mov	ax, bx
	call	say_hex4
	jmp	say_end

/* al: not applicable, when nothing is known of such a device's stolen memory; else as it was. */
unless_unknown:
	cmp	word ptr [bp + GENERATION], 0
	jne	1f
	mov	al, NOT_APPLICABLE
1:	ret

/* eax: bytes of stolen memory by GGC bx; 0: none, or a code that nobody knows. Changes cx, si. */
stolen_size:
	mov	si, offset codes_narrow
	mov	cl, bl
	shr	cl, 3			/* GMS: bits 7:3 of Cherryview, and before Broadwell ... */
	cmp	word ptr [bp + GENERATION], 8
	jb	1f
	own_config 0
	shr	eax, 24
	cmp	al, CHERRYVIEW
	je	1f
	mov	si, offset codes_wide
	mov	cl, bh			/* ... and bits 15:8 of all others */
1:	cmp	cl, [si]
	jb	3f
	cmp	cl, [si + 1]
	jbe	2f
	add	si, 4
	jmp	1b
2:	movzx	eax, cl
	sub	al, [si + 2]
	mov	cl, [si + 3]
	shl	eax, cl
	ret
3:	xor	eax, eax
	ret

/* First and last code, what to take away from it, and its unit as a power of two. */
codes_narrow:
	.byte	0x00, 0x10, 0x00, 25
	.byte	0x11, 0x16, 0x0f, 22	/* Cherryview: 8, 12 ... 28 MiB */
	.byte	0x17, 0x1d, 0x0e, 22	/* 36, 40 ... 60 MiB */
	.byte	0xff, 0xff, 0xff, 0
codes_wide:
	.byte	0x00, 0x40, 0x00, 25
	.byte	0xf0, 0xfe, 0xef, 22	/* from generation 9 on: 4, 8 ... 60 MiB */
	.byte	0xff, 0xff, 0xff, 0

/* edx, eax: the register's high and low half. */
read_bdsm:
	xor	edx, edx
	cmp	word ptr [bp + GENERATION], 11
	jae	1f
	own_config IGD_BDSM_32
	ret
1:	own_config IGD_BDSM_64+4
	mov	edx, eax
	own_config IGD_BDSM_64
	ret

/* Set, on a boundary of 1 MiB (bit 0 is the lock), and all of stolen memory below 4 GiB: BDSM. */
check_bdsm:
	mov	al, NOT_APPLICABLE
	cmp	word ptr [bp + GENERATION], 0
	je	3f
	call	read_bdsm
	mov	ebx, eax
	mov	ecx, eax
	and	ecx, 0xfff00000
	jz	1f
	test	edx, edx
	jnz	1f
	test	eax, 0xffffe
	jnz	1f
	mov	eax, [bp + STOLEN_SIZE]
	sub	eax, 1
	jc	1f
	add	eax, ecx
	jc	1f
	mov	[bp + BDSM], ecx
	mov	al, OK
	jmp	2f
1:	mov	al, FAILED
2:	verdict	"bdsm"
	say	" "
	mov	eax, edx
	call	say_hex8
	mov	eax, ebx
	call	say_hex8
	jmp	say_end
3:	verdict	"bdsm"
	jmp	say_end

check_bdsm_reserved:
	mov	al, NOT_APPLICABLE
	mov	eax, [bp + BDSM]
	test	eax, eax
	jz	1f
	mov	ecx, [bp + STOLEN_SIZE]
	call	judge_reserved
	jmp	2f
1:	mov	al, NOT_APPLICABLE
2:	verdict	"bdsm-reserved"
	jmp	say_end

/* What BAR 0 shows is what the register shows, be it set or not. */
check_bdsm_mirror:
	mov	al, NOT_APPLICABLE
	cmp	word ptr [bp + GENERATION], 0
	je	1f
	call	read_bdsm
	mov	ebx, eax
	mov	eax, MIRROR_BDSM
	call	bar0_read
	mov	ecx, eax
	mov	al, NOT_APPLICABLE
	jc	1f
	cmp	ecx, ebx
	setne	bl
	xor	eax, eax
	cmp	word ptr [bp + GENERATION], 11
	jb	2f
	mov	eax, MIRROR_BDSM + 4
	call	bar0_read
2:	cmp	eax, edx
	setne	dl
	xchg	eax, edx
	or	al, bl
	verdict	"bdsm-mirror"
	say	" "
	mov	eax, edx
	call	say_hex8
	mov	eax, ecx
	call	say_hex8
	jmp	say_end
1:	verdict	"bdsm-mirror"
	jmp	say_end
