/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM that the BIOS boots and that shows something in one mode of the video BIOS after the other: characters in
 * the first, a line of pixels in the others. It says so at COM1 and waits there for a byte before it goes on.
 */
	.include "option-rom.inc"

	.set	EXIT_VALUE, 0x17
	.set	VESA, 0x100
	.set	NO_CURSOR, 0x2000
	.set	ATTRIBUTE, 0x1e
	.set	PIXELS, 100

boot_entry:
	enter
	call	serial_init
	mov	$3, %ax
	int	$0x10
	mov	$0x0100, %ax
	mov	$NO_CURSOR, %cx
	int	$0x10
	mov	$0x0912, %ax		/* characters 12, 13, 14 ..., each with an attribute of its own */
	xor	%bh, %bh
1:	mov	$ATTRIBUTE, %bl
	add	%al, %bl
	and	$0x7f, %bl		/* bit 7 blinks */
	mov	$1, %cx
	int	$0x10
	push	%ax
	mov	$0x0200, %ax
	mov	%bl, %dl
	and	$63, %dl
	mov	$5, %dh
	int	$0x10
	pop	%ax
	inc	%al
	cmp	$0x7f, %al
	jne	1b
	call	wait

	mov	$modes, %si
next_mode:
	lodsw
	test	%ax, %ax
	jz	done
	push	%si
	cmp	$VESA, %ax
	jae	1f
	int	$0x10
	jmp	2f
1:	mov	%ax, %bx
	mov	$0x4f02, %ax
	int	$0x10
2:	mov	$PIXELS, %cx
3:	push	%cx
	mov	%cx, %dx
	mov	%cl, %al
	and	$15, %al
	mov	$0x0c, %ah
	xor	%bh, %bh
	int	$0x10
	pop	%cx
	loop	3b
	call	wait
	pop	%si
	jmp	next_mode
done:	mov	$EXIT_VALUE, %al
	jmp	leave

/* Say that the screen is ready, wait until it was looked at. */
wait:
	mov	$ready, %si
	call	print
	mov	$(COM1 + 5), %dx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	mov	$COM1, %dx
	in	%dx, %al
	ret

modes:
	.word	0x04, 0x06, 0x0d, 0x12, 0x13, 0x101, 0x103, 0x111, 0x115, 0
product:
	.asciz	"qemu-igd screen test"
ready:
	.asciz	"ready\r\n"
