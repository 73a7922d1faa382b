/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what the device is, where it is, and of its neighbours: the bridges whose ids a video BIOS reads. */
	.include "igd-test.inc"

	.set	HOST_BRIDGE, 0x80000000			/* 00:00.0 */
	.set	LPC_BRIDGE, 0x80000000 | 0x1f << 11	/* 00:1f.0 */
	.set	IGD_ADDRESS, 0x0010			/* 00:02.0 */
	.set	CLASS_HOST, 0x0600
	.set	CLASS_ISA, 0x0601
	.set	COMMAND_IO_MEMORY, 3

	.globl	check_rom, check_address, check_device, check_class, check_command
	.globl	check_lpc_bridge, check_host_bridge

/* The image in memory names this device, and its bytes add up to 0. */
check_rom:
	call	sum_of_image
	mov	bl, al
	own_config 0
	cmp	eax, [pcir_ids]
	setne	al
	test	bl, bl
	setnz	ah
	or	al, ah
	verdict	"rom"
	say	" made for "
	mov	eax, [pcir_ids]
	call	say_ids
	say	", sum "
	mov	al, bl
	call	say_hex2
	jmp	say_end

/* al: the sum of all bytes of the image. Changes cx, si. */
sum_of_image:
	movzx	cx, byte ptr ds:[2]
	shl	cx, 9
	xor	si, si
	xor	ah, ah
1:	lodsb
	add	ah, al
	loop	1b
	mov	al, ah
	ret

check_address:
	mov	bx, [bp + ENTRY_AX]
	cmp	bx, IGD_ADDRESS
	setne	al
	verdict	"address"
	say	" "
	mov	al, bh
	call	say_hex2
	say	":"
	mov	al, bl
	shr	al, 3
	call	say_hex2
	say	"."
	mov	al, bl
	and	ax, 7
	call	say_decimal
	jmp	say_end

/* Intel's, and which generation: GENERATION. */
check_device:
	own_config 0
	mov	ebx, eax
	cmp	ax, VENDOR_INTEL
	setne	al
	verdict	"device"
	say	" "
	mov	eax, ebx
	call	say_ids
	shr	ebx, 16
	call	find_generation
	mov	[bp + GENERATION], ax
	say	" generation "
	call	say_decimal
	jmp	say_end

/* ax: the generation of device bx. Changes si. */
find_generation:
	mov	si, offset families
1:	mov	ax, bx
	and	ax, [si]
	cmp	ax, [si + 2]
	mov	ax, [si + 4]
	je	2f
	add	si, 6
	cmp	si, offset families_end
	jb	1b
	xor	ax, ax
2:	ret

/* Mask, value, generation of families of device ids (Linux include/drm/intel/pciids.h); the first that matches. */
families:
	.word	0xfff0, 0x0150, 7	/* Ivy Bridge */
	.word	0xfff0, 0x0160, 7
	.word	0xff00, 0x0100, 6	/* Sandy Bridge */
	.word	0x0ffe, 0x0a84, 9	/* Broxton, Apollo Lake: before Haswell and Cannon Lake */
	.word	0xff00, 0x0400, 7	/* Haswell */
	.word	0xff00, 0x0a00, 7
	.word	0xff00, 0x0c00, 7
	.word	0xff00, 0x0d00, 7
	.word	0xff00, 0x0f00, 7	/* Bay Trail */
	.word	0xff00, 0x1600, 8	/* Broadwell */
	.word	0xff00, 0x2200, 8	/* Cherryview */
	.word	0xff00, 0x1900, 9	/* Skylake */
	.word	0xff00, 0x3100, 9	/* Gemini Lake */
	.word	0xff00, 0x5900, 9	/* Kaby Lake */
	.word	0xff00, 0x8700, 9	/* Amber Lake */
	.word	0xff00, 0x3e00, 9	/* Coffee Lake */
	.word	0xff00, 0x9b00, 9	/* Comet Lake */
	.word	0xff00, 0x5a00, 10	/* Cannon Lake */
	.word	0xff00, 0x8a00, 11	/* Ice Lake */
	.word	0xff00, 0x4500, 11	/* Elkhart Lake */
	.word	0xff00, 0x4e00, 11	/* Jasper Lake */
	.word	0xff00, 0x9a00, 12	/* Tiger Lake */
	.word	0xff00, 0x4c00, 12	/* Rocket Lake */
	.word	0xff00, 0x4600, 12	/* Alder Lake */
	.word	0xff00, 0xa700, 12	/* Raptor Lake */
families_end:

check_class:
	own_config PCI_CLASS
	shr	eax, 8
	mov	ebx, eax
	shr	eax, 8
	cmp	ax, 0x0300		/* VGA compatible */
	setne	al
	verdict	"class"
	say	" "
	mov	eax, ebx
	shr	eax, 8
	call	say_hex4
	mov	al, bl
	call	say_hex2
	jmp	say_end

/* The BIOS lets the device answer at its ports and its memory before it runs its ROM. */
check_command:
	own_config PCI_COMMAND
	mov	bx, ax
	and	al, COMMAND_IO_MEMORY
	cmp	al, COMMAND_IO_MEMORY
	setne	al
	verdict	"command"
	say	" "
	mov	ax, bx
	call	say_hex4
	jmp	say_end

/* An Intel ISA bridge that has a device id: video BIOSes of generation 6 on refuse to go on without. */
check_lpc_bridge:
	mov	ebx, LPC_BRIDGE
	mov	cx, CLASS_ISA
	call	judge_bridge
	verdict	"lpc-bridge"
	jmp	say_bridge

check_host_bridge:
	mov	ebx, HOST_BRIDGE
	mov	cx, CLASS_HOST
	call	judge_bridge
	verdict	"host-bridge"
	jmp	say_bridge

/* al: the verdict on the function at address ebx: of Intel, with a device id, of class cx. Changes eax, dx. */
judge_bridge:
	mov	eax, ebx
	call	config_read
	mov	dl, FAILED
	cmp	ax, VENDOR_INTEL
	jne	1f
	shr	eax, 16
	jz	1f
	cmp	ax, 0xffff
	je	1f
	lea	eax, [ebx + PCI_CLASS]
	call	config_read
	shr	eax, 16
	cmp	ax, cx
	setne	dl
1:	mov	al, dl
	ret

/* Its ids, class, revision and subsystem. Changes eax. */
say_bridge:
	say	" "
	mov	eax, ebx
	call	config_read
	call	say_ids
	say	" class "
	lea	eax, [ebx + PCI_CLASS]
	call	config_read
	ror	eax, 16
	call	say_hex4
	say	" revision "
	shr	eax, 16
	call	say_hex2
	say	" subsystem "
	lea	eax, [ebx + PCI_SUBSYSTEM]
	call	config_read
	call	say_ids
	jmp	say_end

/* Print eax, a dword of ids, as vendor:device. */
say_ids:
	call	say_hex4
	say	":"
	ror	eax, 16
	call	say_hex4
	ror	eax, 16
	ret
