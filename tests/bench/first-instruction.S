/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A firmware image of 64 KiB: its first instructions write a byte to a debug console and end the emulator. */
	.set	FIRST_PORT, 0x402
	.set	EXIT_PORT, 0x501
	.set	EXIT_VALUE, 1
	.set	RESET_VECTOR, 0xfff0
	.set	SIZE, 0x10000

	.code16
	.text
	.org	RESET_VECTOR, 0xff
	mov	$FIRST_PORT, %dx
	out	%al, %dx
	mov	$EXIT_PORT >> 8, %dh
	mov	$EXIT_PORT & 0xff, %dl
	mov	$EXIT_VALUE, %al
	out	%al, %dx
1:	hlt
	jmp	1b
	.org	SIZE, 0xff
