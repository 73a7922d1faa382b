/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vCPU that cannot go on looked like: registers and the code at its instruction pointer, on stderr. */
#include <stdio.h>

#include "accel/kvm/kvm.h"
#include "core/dispatch.h"

enum { CODE_BEFORE = 16, CODE_BYTES = 48, REGISTERS_A_LINE = 4 };

typedef struct NamedOffset {
    const char *name;
    size_t offset;
} NamedOffset;

static const NamedOffset registers[] = {
#define REG(name, field) { name, offsetof(struct kvm_regs, field) }
    REG("RAX", rax), REG("RBX", rbx), REG("RCX", rcx), REG("RDX", rdx), REG("RSI", rsi), REG("RDI", rdi),
    REG("RBP", rbp), REG("RSP", rsp), REG("R8 ", r8),  REG("R9 ", r9),  REG("R10", r10), REG("R11", r11),
    REG("R12", r12), REG("R13", r13), REG("R14", r14), REG("R15", r15),
#undef REG
};

static const NamedOffset control[] = {
#define REG(name, field) { name, offsetof(struct kvm_sregs, field) }
    REG("CR2", cr2), REG("CR3", cr3), REG("CR4", cr4), REG("EFER", efer), REG("APIC", apic_base),
#undef REG
};

static const NamedOffset segments[] = {
#define REG(name, field) { name, offsetof(struct kvm_sregs, field) }
    REG("ES ", es), REG("CS ", cs), REG("SS ", ss), REG("DS ", ds), REG("FS ", fs), REG("GS ", gs), REG("LDT", ldt),
    REG("TR ", tr),
#undef REG
};

static void print_values(GString *text, const void *from, const NamedOffset *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const uint64_t *value = (const uint64_t *)((const char *)from + names[i].offset);
        bool line_ends = i % REGISTERS_A_LINE == REGISTERS_A_LINE - 1 || i == count - 1;
        g_string_append_printf(text, "%s=%016" G_GINT64_MODIFIER "x%c", names[i].name, *value, line_ends ? '\n' : ' ');
    }
}

/* The bits of a descriptor's second dword that are neither base nor limit (Intel SDM vol. 3, 3.4.5). */
static uint32_t descriptor_bits(const struct kvm_segment *s)
{
    return s->type << 8 | (uint32_t)s->s << 12 | (uint32_t)s->dpl << 13 | (uint32_t)s->present << 15 |
           (uint32_t)s->avl << 20 | (uint32_t)s->l << 21 | (uint32_t)s->db << 22 | (uint32_t)s->g << 23;
}

static void print_segments(GString *text, const struct kvm_sregs *sregs)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(segments); i++) {
        const struct kvm_segment *s = (const struct kvm_segment *)((const char *)sregs + segments[i].offset);
        g_string_append_printf(text, "%s=%04x %016" G_GINT64_MODIFIER "x %08x %08x DPL=%u\n", segments[i].name, s->selector,
                               (uint64_t)s->base, s->limit, descriptor_bits(s), s->dpl);
    }
    g_string_append_printf(text, "GDT=     %016" G_GINT64_MODIFIER "x %08x\nIDT=     %016" G_GINT64_MODIFIER "x %08x\n",
                           (uint64_t)sregs->gdt.base, sregs->gdt.limit, (uint64_t)sregs->idt.base, sregs->idt.limit);
}

/* One byte of code, looked up without side effects: only RAM and ROM are read. */
static void print_code_byte(KvmVcpu *vcpu, GString *text, uint64_t linear, bool current)
{
    struct kvm_translation translation = { .linear_address = linear };
    const uint8_t *byte = NULL;

    if (kvm_call(vcpu->fd, KVM_TRANSLATE, &translation) >= 0 && translation.valid) {
        byte = space_host(&memory_space, translation.physical_address, 1, false);
    }
    if (byte) {
        g_string_append_printf(text, current ? " <%02x>" : " %02x", *byte);
    } else {
        g_string_append(text, current ? " <-->" : " --");
    }
}

static void print_code(KvmVcpu *vcpu, GString *text, uint64_t linear)
{
    g_string_append(text, "Code=");
    for (unsigned i = 0; i < CODE_BYTES; i++) {
        print_code_byte(vcpu, text, linear - CODE_BEFORE + i, i == CODE_BEFORE);
    }
    g_string_append_c(text, '\n');
}

void kvm_describe(KvmVcpu *vcpu, GString *text)
{
    struct kvm_regs regs = { 0 };
    struct kvm_sregs sregs = { 0 };

    if (kvm_call(vcpu->fd, KVM_GET_REGS, &regs) < 0 || kvm_call(vcpu->fd, KVM_GET_SREGS, &sregs) < 0) {
        return;
    }
    print_values(text, &regs, registers, G_N_ELEMENTS(registers));
    g_string_append_printf(text, "RIP=%016" G_GINT64_MODIFIER "x RFL=%08x CPL=%u\n", (uint64_t)regs.rip, (uint32_t)regs.rflags,
                           sregs.ss.dpl);
    print_segments(text, &sregs);
    g_string_append_printf(text, "CR0=%08x ", (uint32_t)sregs.cr0);
    print_values(text, &sregs, control, G_N_ELEMENTS(control));
    print_code(vcpu, text, sregs.cs.base + regs.rip);
}

void kvm_dump(KvmVcpu *vcpu)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "CPU %u:\n", vcpu->index);
    kvm_describe(vcpu, text);
    fputs(text->str, stderr);
    fflush(stderr);
}
