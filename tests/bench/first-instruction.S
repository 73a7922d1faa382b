/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A firmware image of 64 KiB whose first instructions end the emulator: status 3 by isa-debug-exit. */
	.set	EXIT_PORT, 0x501
	.set	EXIT_VALUE, 1
	.set	RESET_VECTOR, 0xfff0
	.set	SIZE, 0x10000

	.code16
	.text
	.org	RESET_VECTOR, 0xff
	mov	$EXIT_PORT, %dx
	mov	$EXIT_VALUE, %al
	out	%al, %dx
1:	hlt
	jmp	1b
	.org	SIZE, 0xff
