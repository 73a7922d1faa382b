# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds what the virtual host needs, each thing only when something it is made of has changed."""

import fcntl
import hashlib
import pathlib
import random
import shutil
import subprocess
import tempfile

from . import places
from .cpio import Archive
from .steps import LabError, step

# In the order in which the host loads them; what they depend on is found by depmod and comes first.
HOST_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "kvm-amd", "vfio_iommu_type1", "mdev", "vfio-pci", "evdev", "uinput")
# What a guest's load_modules loads, by the word it is given.
GUEST_MODULES = {
    "usual": ("nvme", "pvpanic-mmio", "pvpanic-pci", "qemu_fw_cfg", "efivarfs"),
    "display": ("bochs", "mdpy-fb"),
    "input": ("evdev",),
    "mouse": ("psmouse",),
}
SAMPLE_DRIVERS = ("mtty", "mdpy", "mbochs")
GUEST_DRIVERS = ("mdpy-fb",)
OUR_DRIVERS = ("lab_cr8",)
SAMPLES_ARCHIVE = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
DISK_SIZE = 8 << 20

COMPILER = ("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Wvla", "-Werror")


def prepare():
    """Installs and builds everything. A second call finds nothing to do and takes no time."""
    places.CACHE.mkdir(parents=True, exist_ok=True)
    with open(places.CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _prepare()


def _prepare():
    _run([places.LAB / "install"], "install what the lab needs", show=True)
    places.STAMPS.mkdir(parents=True, exist_ok=True)
    version = places.kernel_version()
    package = places.CACHE / "kernel" / f"linux-image-{version}.deb"
    _make("kernel", [package], lambda: _unpack_kernel(package, version))
    _make("modules", [SAMPLES_ARCHIVE, version, *sorted((places.LAB / "drivers").iterdir())],
          lambda: _build_drivers(version))
    _make("igd-server", sorted((places.LAB / "igd").glob("*.[ch]")), _build_igd_server)
    _make("painter", [places.LAB / "programs" / "paint.c", version], lambda: _build_painter(version))
    _make("host-initrd", [*sorted((places.LAB / "host").iterdir()), places.STAMPS / "modules"],
          lambda: _build_host_initrd(version))
    _make("guest-initrd", [*sorted((places.LAB / "guest").iterdir()),
                           *(places.STAMPS / name for name in ("modules", "painter"))],
          lambda: _build_guest_initrd(version))
    _make("disk", [str(DISK_SIZE)], _build_disk)


def _make(name, inputs, build):
    """Calls build() unless the stamp says that it was done with these very inputs."""
    stamp = places.STAMPS / name
    key = _fingerprint([*inputs, pathlib.Path(__file__)])
    if stamp.exists() and stamp.read_text() == key:
        return
    step(f"building: {name}")
    build()
    stamp.write_text(key)


def _fingerprint(inputs):
    digest = hashlib.sha256()
    for thing in inputs:
        digest.update(str(thing).encode())
        if isinstance(thing, pathlib.Path):
            state = thing.stat()
            large = state.st_size > 1 << 20
            digest.update(str(state.st_mtime_ns).encode() if large else thing.read_bytes())
    return digest.hexdigest()


def _run(command, purpose, show=False):
    """Runs a build command; its output is kept, and shown when it fails."""
    output = None if show else subprocess.PIPE
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, errors="replace", check=False)
    if done.returncode:
        details = f":\n{done.stdout}" if done.stdout else ""
        raise LabError(f"could not {purpose} ({' '.join(words[:3])} ...){details}")
    return done.stdout


def _unpack_kernel(package, version):
    shutil.rmtree(places.KERNEL, ignore_errors=True)
    _run(["dpkg", "-x", package, places.KERNEL], "unpack the kernel")
    _run(["depmod", "-b", places.KERNEL, version], "list the kernel's modules")


def _build_drivers(version):
    shutil.rmtree(places.MODULES, ignore_errors=True)
    places.MODULES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        _run(["tar", "-C", scratch, "-xf", SAMPLES_ARCHIVE, "--strip-components=3", "--wildcards",
              "*/samples/vfio-mdev"], "unpack the sample mediated devices")
        for name in OUR_DRIVERS:
            shutil.copy(places.LAB / "drivers" / f"{name}.c", scratch)
        built = SAMPLE_DRIVERS + OUR_DRIVERS + GUEST_DRIVERS
        objects = " ".join(f"{name}.o" for name in built)
        pathlib.Path(scratch, "Makefile").write_text(f"obj-m := {objects}\n")
        _run(["make", "-C", f"/usr/src/linux-headers-{version}", f"M={scratch}", "modules"],
             "build the drivers")
        for name in built:
            shutil.copy(pathlib.Path(scratch, f"{name}.ko"), places.MODULES)


def _build_igd_server():
    sources = sorted((places.LAB / "igd").glob("*.c"))
    _run([*COMPILER, "-o", places.IGD_SERVER, *sources], "compile the synthetic GPU")


def _build_painter(version):
    """The kernel's headers of displays are in no package of headers for programs; __user is for the kernel alone."""
    kernel = f"/usr/src/linux-headers-{version.rpartition('-')[0]}-common/include/uapi"
    _run([*COMPILER, "-static", "-D__user=", "-idirafter", kernel,
          "-o", places.PAINTER, places.LAB / "programs" / "paint.c"], "compile what guests paint with")


def _build_host_initrd(version):
    archive = _base_archive("host")
    for name in SAMPLE_DRIVERS + OUR_DRIVERS:
        archive.file(f"modules/{name}.ko", (places.MODULES / f"{name}.ko").read_bytes())
    _add_modules(archive, {"usual": HOST_MODULES}, version)
    archive.folder("outer")
    places.HOST_INITRD.write_bytes(archive.content())


def _build_guest_initrd(version):
    archive = _base_archive("guest")
    archive.file("bin/paint", places.PAINTER.read_bytes(), executable=True)
    _add_modules(archive, GUEST_MODULES, version)
    places.GUEST_INITRD.write_bytes(archive.content())


def _base_archive(role):
    """Busybox and the scripts of that role; /init is among them."""
    archive = Archive()
    for folder in ("proc", "sys", "dev", "tmp", "run"):
        archive.folder(folder)
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", places.BUSYBOX.read_bytes(), executable=True)
    archive.link("bin/sh", "busybox")
    for script in sorted((places.LAB / role).iterdir()):
        archive.file(script.name, script.read_bytes(), executable=True)
    return archive


def _add_modules(archive, groups, version):
    """Adds modules with all they depend on, and for each group modules/GROUP.order to load it by."""
    folder = places.KERNEL / "lib" / "modules" / version
    added = set()
    for group, wanted in groups.items():
        paths = [places.MODULES / f"{name}.ko" for name in wanted if name in GUEST_DRIVERS]
        paths += [folder / path for path in
                  _with_dependencies(folder, [name for name in wanted if name not in GUEST_DRIVERS])]
        for path in paths:
            if path not in added:
                archive.file(f"modules/{path.name}", path.read_bytes())
                added.add(path)
        archive.file(f"modules/{group}.order", "".join(f"{path.name}\n" for path in paths))


def _with_dependencies(folder, wanted):
    dependencies = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, needs = line.split(":")
        dependencies[path] = needs.split()
    by_name = {pathlib.Path(path).name.replace("-", "_"): path for path in dependencies}
    order = []
    for name in wanted:
        path = by_name[name.replace("-", "_") + ".ko"]
        # modules.dep names the nearest dependency first; the last one must be loaded first
        for needed in [*reversed(dependencies[path]), path]:
            if needed not in order:
                order.append(needed)
    return order


def _build_disk():
    """A disk whose every block differs, the same on every machine."""
    places.DISK.write_bytes(random.Random("qemu-igd lab").randbytes(DISK_SIZE))
