/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A video BIOS for tests of assigned Intel graphics. It lights no display: it
 * checks what the video BIOS of such a device relies on, and says what it found
 * on the debug port (0x402) and on the text screen. roms/seabios/README.md has
 * every line it can print.
 *
 * The BIOS calls it at offset 3 with the device's address in ax (PCI Firmware
 * 3.0, 5.2.1.3); it returns to it, and leaves an int 10h handler behind.
 */
	.include "igd-test.inc"

/* Expansion ROM header; roms/finish-rom.py fills in sizes and checksum. */
	.globl	_start
_start:
	.byte	0x55, 0xaa
	.byte	0			/* size in units of 512 bytes */
	jmp	entry
	.org	6
	.byte	0			/* an emulator that patches the device id below makes the sum zero here */
	.org	0x18
	.word	pcir
	.word	0			/* no PnP header: nothing can be booted */

	.balign	4
	.globl	pcir_ids
pcir:
	.ascii	"PCIR"			/* PCI data structure (PCI Firmware 3.0, 5.1.2) */
pcir_ids:
	.word	VENDOR_INTEL
	.word	0			/* device: the emulator's to fill in */
	.word	0			/* no vital product data */
	.word	pcir_end - pcir
	.byte	0			/* revision of the structure: PCI 2.1 */
	.byte	0x00, 0x00, 0x03	/* class: VGA compatible */
	.word	0			/* length of the image, in units of 512 bytes */
	.word	1			/* revision of the code */
	.byte	0			/* code type: PC-AT */
	.byte	0x80			/* the last image */
	.word	0
pcir_end:

entry:
	pushf
	pushad
	push	ds
	push	es
	cld
	push	cs
	pop	ds
	mov	bp, sp
	sub	sp, FRAME_SIZE
	call	clear_frame
	mov	[bp + ENTRY_AX], ax
	call	int10_install
	call	find_device
	call	run_checks
	call	say_sum
	mov	sp, bp
	pop	es
	pop	ds
	popad
	popf
	retf

/* The frame is all that lies above the return address. Changes cx, di, es. */
clear_frame:
	push	ax
	push	ss
	pop	es
	lea	di, [bp - FRAME_SIZE]
	mov	cx, FRAME_SIZE / 2
	xor	ax, ax
	rep stosw
	pop	ax
	ret

/* OWN: the device the BIOS has called us for. */
find_device:
	push	eax
	movzx	eax, word ptr [bp + ENTRY_AX]
	shl	eax, 8
	or	eax, 0x80000000
	mov	[bp + OWN], eax
	pop	eax
	ret

/* Each prints its lines; a later one may use what an earlier one has put into the frame. */
checks:
	.word	check_rom
	.word	check_address
	.word	check_device
	.word	check_class
	.word	check_command
	.word	check_lpc_bridge
	.word	check_host_bridge
	.word	check_ggc
	.word	check_bdsm
	.word	check_bdsm_reserved
	.word	check_bdsm_mirror
	.word	check_asls
	.word	check_opregion
	.word	check_opregion_reserved
	.word	check_vbt
	.word	check_vga
	.word	check_index
	.word	check_gtt
checks_end:

run_checks:
	mov	bx, offset checks
1:	push	bx
	call	word ptr [bx]		/* may change anything but bp and ds */
	pop	bx
	add	bx, 2
	cmp	bx, offset checks_end
	jb	1b
	ret

say_sum:
	say	"igd-test: "
	mov	ax, [bp + PASSED]
	call	say_decimal
	say	" passed, "
	mov	ax, [bp + FAILED_LINES]
	call	say_decimal
	say	" failed\n"
	ret
