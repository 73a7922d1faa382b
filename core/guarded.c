/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and stores that survive SIGBUS; see guarded.h. Each is one instruction
 * with a row in a table of the linker's: where it is and where to go on when
 * it faults. The path without a fault costs nothing, and there is no state
 * between threads.
 */
#include "core/guarded.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

NotifierList device_fault_notifiers;

/* Distances from the fields themselves, so that the table needs no relocation. */
typedef struct Fixup {
    int32_t fault, resume;
} Fixup;

extern const Fixup fixups_first[] __asm__("__start_igd_fixups");
extern const Fixup fixups_end[] __asm__("__stop_igd_fixups");

static struct sigaction previous;

#define FIXUP_ROW                                   \
    "2:\n\t"                                        \
    ".pushsection igd_fixups, \"a\"\n\t"            \
    ".balign 4\n\t"                                 \
    ".long 1b - .\n\t"                              \
    ".long 2b - .\n\t"                              \
    ".popsection"

/* The result is all ones before; a load that faults leaves it so. */
#define LOAD(type, host)                                                                            \
    ({                                                                                              \
        type value_ = (type)UINT64_MAX;                                                             \
        __asm__ volatile("1: mov %1, %0\n\t" FIXUP_ROW                                              \
                         : "+r"(value_) : "m"(*(const volatile type *)(host)));                     \
        value_;                                                                                     \
    })

#define STORE(type, host, value)                                                                    \
    __asm__ volatile("1: mov %1, %0\n\t" FIXUP_ROW : "=m"(*(volatile type *)(host)) : "r"((type)(value)))

uint64_t guarded_read(const void *host, unsigned size)
{
    switch (size) {
    case 1:
        return LOAD(uint8_t, host);
    case 2:
        return LOAD(uint16_t, host);
    case 4:
        return LOAD(uint32_t, host);
    default:
        return LOAD(uint64_t, host);
    }
}

void guarded_write(void *host, uint64_t value, unsigned size)
{
    switch (size) {
    case 1:
        STORE(uint8_t, host, value);
        break;
    case 2:
        STORE(uint16_t, host, value);
        break;
    case 4:
        STORE(uint32_t, host, value);
        break;
    default:
        STORE(uint64_t, host, value);
        break;
    }
}

/* One instruction too: where it stopped is in its registers. */
void guarded_load(void *to, const void *host, size_t len)
{
    __asm__ volatile("1: rep movsb\n\t" FIXUP_ROW : "+D"(to), "+S"(host), "+c"(len) : : "memory");
    memset(to, 0xff, len);
}

static uintptr_t pointed_at(const int32_t *field)
{
    return (uintptr_t)field + (uintptr_t)(intptr_t)*field;
}

/* Where to go on after a fault at @at, or 0: not one of ours. */
static uintptr_t resume_address(uintptr_t at)
{
    for (const Fixup *fixup = fixups_first; fixup < fixups_end; fixup++) {
        if (pointed_at(&fixup->fault) == at) {
            return pointed_at(&fixup->resume);
        }
    }
    return 0;
}

/* Not ours: as if we had never been here. The signal is sent again, for those that no instruction repeats. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(sig, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(sig);
    } else {
        sigaction(sig, &previous, NULL);
        raise(sig);
    }
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uintptr_t resume = resume_address((uintptr_t)*rip);

    if (resume) {
        *rip = (greg_t)resume;
    } else {
        pass_on(sig, info, context);
    }
}

void guarded_install(void)
{
    static bool installed;
    struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

    if (!installed) {
        sigemptyset(&action.sa_mask);
        installed = sigaction(SIGBUS, &action, &previous) == 0;
    }
}

bool device_fault(const uint64_t *addr)
{
    DeviceFault fault = { .addr = addr };

    notify_all(&device_fault_notifiers, &fault);
    return fault.handled;
}
