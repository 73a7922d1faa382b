/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM that the BIOS boots: it counts its boots in a byte of the CMOS, resets the machine
 * in a different way each time, and ends the emulator when it has been through all of them.
 */
	.include "option-rom.inc"

	.set	EXIT_VALUE, 0x2a
	.set	CMOS_INDEX, 0x70
	.set	CMOS_DATA, 0x71
	.set	COUNTER, 0x60	/* a byte that neither BIOS nor emulator uses; 0 after power-on */

boot_entry:
	enter
	call	serial_init
	mov	$hello, %si
	call	print
	mov	$COUNTER, %al
	out	%al, $CMOS_INDEX
	in	$CMOS_DATA, %al
	inc	%al
	mov	%al, %bl
	mov	$COUNTER, %al
	out	%al, $CMOS_INDEX
	mov	%bl, %al
	out	%al, $CMOS_DATA
	xor	%bh, %bh
	mov	%bx, %ax
	call	print_number
	cmp	$((ways_end - ways) / 4), %bx
	ja	out_of_ways
	dec	%bx
	shl	$2, %bx
	mov	ways(%bx), %si
	call	print
	jmp	*(ways + 2)(%bx)

out_of_ways:
	mov	$done, %si
	call	print
	mov	$EXIT_VALUE, %al
	jmp	leave

/* What it is called, how it is done. */
ways:
	.word	name_cf9, reset_cf9
	.word	name_keyboard, reset_keyboard
	.word	name_port92, reset_port92
ways_end:

/* Reset control register of the PIIX3: request a hard reset, then start it. */
reset_cf9:
	mov	$0xcf9, %dx
	mov	$0x02, %al
	out	%al, %dx
	mov	$0x06, %al
	out	%al, %dx
	jmp	halt

/* Keyboard controller: pulse output line 0. */
reset_keyboard:
	in	$0x64, %al
	test	$0x02, %al
	jnz	reset_keyboard
	mov	$0xfe, %al
	out	%al, $0x64
	jmp	halt

/* System control port A: bit 0 going up is a fast reset. */
reset_port92:
	in	$0x92, %al
	and	$0xfe, %al
	out	%al, $0x92
	or	$0x01, %al
	out	%al, $0x92
	jmp	halt

product:
	.asciz	"qemu-igd reset test"
hello:
	.asciz	"reset test: boot "
name_cf9:
	.asciz	", reset by port cf9\r\n"
name_keyboard:
	.asciz	", reset by the keyboard controller\r\n"
name_port92:
	.asciz	", reset by port 92\r\n"
done:
	.asciz	", no ways left\r\n"
