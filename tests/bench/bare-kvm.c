/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor under every KVM emulator's start-up: the least a process can do to
 * run a firmware image from the reset vector to a write to isa-debug-exit.
 *
 *     bare-kvm IMAGE [chips]
 *
 * With "chips" the VM has the interrupt controllers and the timer of a PC, which
 * the kernel takes long to remove. The byte written to the debug console goes to
 * descriptor 3. Exit status: value written * 2 + 1, or 1 after a message.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGE_SIZE 0x10000
#define FOUR_GIB 0x100000000ull
#define DEBUG_CONSOLE_PORT 0x402
#define DEBUG_EXIT_PORT 0x501
#define FIRST_FD 3

/* Intel processors without unrestricted guest mode keep a task state segment here (KVM API, 4.35). */
#define TSS_ADDRESS 0xfffbd000ul

static int kvm_call(int fd, unsigned long request, const char *name, unsigned long argument)
{
    int result = ioctl(fd, request, argument);

    if (result < 0) {
        err(1, "%s", name);
    }
    return result;
}

#define KVM_CALL(fd, request, argument) kvm_call(fd, request, #request, (unsigned long)(argument))

/* The image, readable by the guest. */
static void *load_image(const char *path)
{
    void *image = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (image == MAP_FAILED) {
        err(1, "memory");
    }
    if (fd < 0 || read(fd, image, IMAGE_SIZE) != IMAGE_SIZE) {
        err(1, "%s: cannot read %d bytes", path, IMAGE_SIZE);
    }
    close(fd);
    return image;
}

/* A virtual machine with nothing but the image below 4 GiB. */
static int create_vm(int kvm, void *image, bool chips)
{
    struct kvm_userspace_memory_region slot = {
        .guest_phys_addr = FOUR_GIB - IMAGE_SIZE,
        .memory_size = IMAGE_SIZE,
        .userspace_addr = (uintptr_t)image,
    };
    int vm = KVM_CALL(kvm, KVM_CREATE_VM, 0);

    KVM_CALL(vm, KVM_SET_TSS_ADDR, TSS_ADDRESS);
    KVM_CALL(vm, KVM_SET_USER_MEMORY_REGION, &slot);
    if (chips) {
        struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
        KVM_CALL(vm, KVM_CREATE_IRQCHIP, 0);
        KVM_CALL(vm, KVM_CREATE_PIT2, &pit);
    }
    return vm;
}

/* Run up to the guest's next exit, which must be a write to @port; the byte it wrote. */
static uint8_t run_to_write(int vcpu, const struct kvm_run *run, uint16_t port)
{
    KVM_CALL(vcpu, KVM_RUN, 0);
    if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT || run->io.port != port) {
        errx(1, "the guest stopped for reason %u", run->exit_reason);
    }
    return ((const uint8_t *)run)[run->io.data_offset];
}

int main(int argc, char **argv)
{
    struct kvm_run *run;
    int kvm, vcpu;

    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "chips"))) {
        errx(1, "usage: bare-kvm IMAGE [chips]");
    }
    kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0) {
        err(1, "/dev/kvm");
    }
    vcpu = KVM_CALL(create_vm(kvm, load_image(argv[1]), argc == 3), KVM_CREATE_VCPU, 0);
    run = mmap(NULL, KVM_CALL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED) {
        err(1, "memory of the virtual CPU");
    }
    uint8_t first = run_to_write(vcpu, run, DEBUG_CONSOLE_PORT);
    if (write(FIRST_FD, &first, 1) != 1) {
        err(1, "descriptor %d", FIRST_FD);
    }
    return run_to_write(vcpu, run, DEBUG_EXIT_PORT) * 2 + 1;
}
