/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM that the BIOS boots: it says so at COM1, writes characters to the screen, and does nothing more that
 * anybody would notice.
 */
	.include "option-rom.inc"

	.set	TEXT_SEGMENT, 0xb800
	.set	CHARACTER, 0x1e41
	.set	COUNT, 64		/* the kernel has room for more */

boot_entry:
	enter
	call	serial_init
	mov	$3, %ax
	int	$0x10
	mov	$ready, %si
	call	print
	cli
	mov	$TEXT_SEGMENT, %ax
	mov	%ax, %es
	xor	%di, %di
	mov	$CHARACTER, %ax
	mov	$COUNT, %cx
	rep stosw
1:	jmp	1b

product:
	.asciz	"qemu-igd posted writes test"
ready:
	.asciz	"ready\r\n"
