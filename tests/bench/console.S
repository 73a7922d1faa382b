/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests/bench/console measures: a display with 16 MiB at 00:05.0 in a mode of 1024x768x32, filled with
 * colours, and below it another such picture. Then the byte that comes in at COM1, and is sent back, says
 * what the guest does:
 *
 * 'i'  nothing more
 * 'l'  at each tick LINES lines are written
 * 's'  at each tick the picture begins a line lower, so that all pixels change
 * 'p'  all pixels are written as fast as the processor can
 *
 * Between the ticks the processor stands still. 's' is there because not every KVM is fast with code that has no paging.
 */
	.set	EXIT_VALUE, 0
	.include "../kvm/flat.inc"

	.set	WIDTH, 1024
	.set	HEIGHT, 768
	.set	FACTOR, 0x010307
	.set	LINE, WIDTH * 4			/* bytes */
	.set	LINES, 4
	.set	OWN_LINES, 16
	.set	PIXELS, 0xe0000000
	.set	REGISTERS, 0xe8000000
	.set	DISPI, REGISTERS + 0x500
	.set	COM1_DATA, 0x3f8
	.set	COM1_STATUS, 0x3fd
	.set	TICK_HZ, 100
	.set	LAPIC_SPURIOUS, 0xfee000f0
	.set	LAPIC_LINT0, 0xfee00350
	.set	PIT_HZ, 1193182
	.set	PIC_VECTOR, 0x20
	.set	IDT, 0x1000

	.macro	dispi index, value
	movw	$\value, DISPI + 2 * \index
	.endm

	.macro	port number, value
	mov	$\value, %al
	out	%al, $\number
	.endm

/*
 * Two pictures. Compression finds no repetition: the lines that are copied, shifted by a pixel each time, are more than
 * the 32 KiB that zlib looks back.
 */
draw:
	mov	$PIXELS, %edi
	mov	$(OWN_LINES * WIDTH), %ecx
	xor	%eax, %eax
1:	stosl
	add	$FACTOR, %eax
	loop	1b
	mov	$(PIXELS + 4), %esi
	mov	$((2 * HEIGHT - OWN_LINES) * WIDTH), %ecx
	rep movsl
	ret

/* The timer interrupts by vector PIC_VECTOR, nobody else does. */
start_ticks:
	mov	$(BASE + tick), %eax
	mov	$(CODE << 16), %ebx
	mov	%ax, %bx
	mov	%ebx, IDT + 8 * PIC_VECTOR
	mov	$0x8e00, %ax			/* a gate that is present, for interrupts, of 32 bits */
	mov	%eax, IDT + 8 * PIC_VECTOR + 4
	lidtl	%cs:(BASE + idt_pointer)
	port	0x20, 0x11
	port	0x21, PIC_VECTOR
	port	0x21, 0x04
	port	0x21, 0x01
	port	0x21, 0xfe
	port	0x43, 0x34			/* channel 0, both bytes, mode 2 */
	port	0x40, (PIT_HZ / TICK_HZ) & 0xff
	port	0x40, (PIT_HZ / TICK_HZ) >> 8
	movl	$0x1ff, LAPIC_SPURIOUS		/* on */
	movl	$0x700, LAPIC_LINT0		/* the PIC's interrupts pass */
	ret

/*
 * Wait for the next tick. The processor goes on at tick with interrupts off, where three words are thrown away and not
 * returned by: KVM's emulator, which may be what runs this, has no iret.
 */
wait:
	sti
1:	hlt
	jmp	1b
tick:
	add	$12, %esp
	push	%eax
	port	0x20, 0x20
	pop	%eax
	ret

idt_pointer:
	.word	8 * (PIC_VECTOR + 1) - 1
	.long	IDT

main:
	config	COMMAND, 0
	config	BAR0, PIXELS
	config	BAR2, REGISTERS
	config	COMMAND, 2
	dispi	4, 0
	dispi	1, WIDTH
	dispi	2, HEIGHT
	dispi	3, 32
	dispi	4, 0x41				/* enabled, linear */
	movb	$0x20, REGISTERS + 0x400	/* the attribute controller lets it through */
	call	draw

	mov	$COM1_STATUS, %edx
1:	in	%dx, %al
	test	$1, %al
	jz	1b
	mov	$COM1_DATA, %edx
	in	%dx, %al
	out	%al, %dx
	cmp	$'i', %al
	je	idle
	cmp	$'p', %al
	je	paint
	push	%eax
	call	start_ticks
	pop	%eax
	cmp	$'s', %al
	je	scroll

lines:
	mov	$PIXELS, %edi
1:	call	wait
	inc	%eax
	mov	$(LINES * WIDTH), %ecx
	rep stosl
	cmp	$(PIXELS + HEIGHT * LINE), %edi
	jb	1b
	jmp	lines

scroll:
	xor	%ebx, %ebx
1:	call	wait
	inc	%ebx
	movw	%bx, DISPI + 2 * 9
	cmp	$HEIGHT, %ebx
	jb	1b
	jmp	scroll

paint:
	inc	%eax
	mov	$PIXELS, %edi
	mov	$(WIDTH * HEIGHT), %ecx
	rep stosl
	jmp	paint

idle:
	cli
	hlt
	jmp	idle

	image_end
