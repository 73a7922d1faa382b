# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the lab's files are: sources in the tree, everything made in one cache folder."""

import os
import pathlib

LAB = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = LAB.parent.parent
CACHE = pathlib.Path(os.environ.get("LAB_DIR") or REPOSITORY / "build" / "lab").resolve()

KERNEL = CACHE / "kernel" / "tree"
MODULES = CACHE / "modules"
IGD_SERVER = CACHE / "igd-server"
PAINTER = CACHE / "paint"
HOST_INITRD = CACHE / "host.cpio"
GUEST_INITRD = CACHE / "guest.cpio"
DISK = CACHE / "disk.img"
STAMPS = CACHE / "stamps"
LOGS = CACHE / "logs"
HOSTS = CACHE / "hosts"

OURS = REPOSITORY / "build" / "qemu-system-x86_64"
STOCK = pathlib.Path("/usr/bin/qemu-system-x86_64")
BUSYBOX = pathlib.Path("/bin/busybox")


def kernel_version():
    """The version of the kernel that tests/lab/install fetched."""
    return (CACHE / "kernel" / "version").read_text().strip()


def kernel_image():
    """The unmodified kernel image of the distribution, for the host and for its guests."""
    return KERNEL / "boot" / f"vmlinuz-{kernel_version()}"
