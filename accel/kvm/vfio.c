/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's VFIO device: tells the kernel which VFIO groups and devices belong to this VM. */
#include "accel/kvm/kvm.h"

int kvm_vfio_file(Object *obj, int fd, bool add)
{
    KvmAccel *accel = (KvmAccel *)obj;
    struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
    int32_t file = fd;
    /* The FILE group, which takes devices too, has the GROUP group's numbers (Documentation/virt/kvm/devices/vfio.rst). */
    struct kvm_device_attr attr = {
        .group = KVM_DEV_VFIO_GROUP,
        .attr = add ? KVM_DEV_VFIO_GROUP_ADD : KVM_DEV_VFIO_GROUP_DEL,
        .addr = (uintptr_t)&file,
    };

    if (accel->vfio_fd < 0) {
        int err = kvm_call(accel->vm_fd, KVM_CREATE_DEVICE, &create);
        if (err < 0) {
            return err;
        }
        accel->vfio_fd = (int)create.fd;
    }
    return kvm_call(accel->vfio_fd, KVM_SET_DEVICE_ATTR, &attr);
}
