/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's backdoor: a port through which drivers of guests ask the hypervisor. A command and its parameters are in the
 * processor's registers, and so is the answer.
 */
#ifndef HW_INPUT_VMPORT_H
#define HW_INPUT_VMPORT_H

#include "core/class.h"
#include "core/cpu.h"

enum { VMPORT_COMMANDS = 0x100 };

/* Answer a command: bx holds its parameter, all registers can hold the answer. */
typedef void (*VmportFn)(void *opaque, CpuRegisters *registers);

/* Answer @command (below VMPORT_COMMANDS) from now on by @fn; NULL: nobody does. */
void vmport_serve(unsigned command, VmportFn fn, void *opaque);

#endif
