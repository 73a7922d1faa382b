/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An option ROM that the BIOS boots: it says so, says how much memory the BIOS found, and ends the emulator. */
	.include "option-rom.inc"

	.set	EXIT_VALUE, 0x15

boot_entry:
	enter
	call	serial_init
	mov	$hello, %si
	call	print
	int	$0x12		/* KiB of conventional memory in ax */
	call	print_number
	mov	$memory, %si
	call	print
	mov	$EXIT_VALUE, %al
	jmp	leave

product:
	.asciz	"qemu-igd boot test"
hello:
	.asciz	"boot test: entered\r\nboot test: "
memory:
	.asciz	" KiB of conventional memory\r\n"
