/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the virtual host's kernel, after kvm-amd and before any guest.
 *
 * QEMU 7.2, which plays the virtual host, aborts when a guest in it writes CR8 while KVM waits for the
 * guest to take interrupts (V_IRQ is set): its emulation of that write raises an interrupt without
 * the lock that this needs ("tcg_handle_interrupt: assertion failed"). The interrupt handlers of UEFI
 * firmware write CR8 at their end, with the next tick of the timer pending. KVM intercepts these
 * writes from the start of a guest until svm_update_cr8_intercept() says that it need not. Without
 * that function the interception stays, KVM does the write itself, and guests see no difference.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

/* Takes the place of svm_update_cr8_intercept(). */
static noinline void keep_intercept(void)
{
	barrier();
}

static int divert(struct kprobe *probe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)keep_intercept);
	return 1;
}

/* Its presence tells kprobes that the handler above changes the instruction pointer. */
static void never_called(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probe = {
	.symbol_name = "svm_update_cr8_intercept",
	.pre_handler = divert,
	.post_handler = never_called,
};

static int __init lab_cr8_init(void)
{
	return register_kprobe(&probe);
}

static void __exit lab_cr8_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(lab_cr8_init);
module_exit(lab_cr8_exit);
MODULE_DESCRIPTION("CR8 writes of guests stay intercepted");
MODULE_LICENSE("GPL");
