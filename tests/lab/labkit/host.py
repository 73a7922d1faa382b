# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual host: a machine with KVM, VFIO and devices to assign, played by the distribution's QEMU.

It is emulated in software, so it runs wherever a process runs.  The outer machine's file tree is its
root, read-only; one folder (the share) can be written from both sides and carries commands and
results.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from . import places
from .cpio import Archive
from .steps import HostEnded, LabError, complain, wait_until

START_TIMEOUT = 120
START_ATTEMPTS = 3
SCRATCH_DISK_SIZE = 4 << 20
MTTY_UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
# 64 KiB for each GPU; igd/*.conf say where in it
OPREGIONS_RESERVED = "512K$0x30000000"

# The Intel GPUs: what cases call them, where they are, and their descriptions in igd/.
GPUS = {
    "IGD": ("00:02.0", "skylake"),
    "IGD6": ("00:10.0", "sandy-bridge"),
    "IGD8": ("00:11.0", "broadwell"),
    "IGD11": ("00:12.0", "ice-lake"),
    "IGD12": ("00:13.0", "tiger-lake"),
    "IGDRPL": ("00:14.0", "raptor-lake"),
    "IGD0380": ("00:15.0", "alder-lake-0380"),
    "IGDMTL": ("00:16.0", "meteor-lake"),
}

# What cases and "lab exec" may call these devices; host/devices binds them.
DEVICES = {
    **{name: address for name, (address, _) in GPUS.items()},
    "NVME": "00:04.0",
    "SCRATCH": "00:06.0",
    "NOT_VIABLE": "00:07.0",
    "NOT_BOUND": "00:08.0",
    "MTTY": f"/sys/class/mdev_bus/mtty/{MTTY_UUID}",
}


class VirtualHost:
    """One virtual host, started here or found running (see attach)."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.share = self.folder / "share"
        self.console = self.folder / "console.log"
        self.pid = None
        self._process = None
        self._gpu_servers = []
        self._settings = {}

    def start(self, memory="7G", keep=(), gpu="skylake", lasting=False):
        """Starts the host and waits until it takes commands. A lasting one outlives this process."""
        self._settings = {"memory": memory, "keep": keep, "gpu": gpu, "lasting": lasting}
        for attempt in range(START_ATTEMPTS):
            self._lay_out(keep)
            self._launch(memory, gpu, _detach if lasting else _die_with_parent)
            try:
                wait_until(self._is_ready, START_TIMEOUT, "the virtual host to start", self.console)
                break
            except HostEnded as error:
                # QEMU's software emulation crashes once in some hundred starts
                self.stop()
                if attempt + 1 == START_ATTEMPTS:
                    raise
                complain(f"{error}\ntrying again")
            except BaseException:
                self.stop()
                raise
        state = {"pid": self.pid, "started": time.time()}
        (self.folder / "state.json").write_text(json.dumps(state))

    def restart(self):
        """Starts the host afresh, after it has ended by itself."""
        self.stop()
        self.start(**self._settings)

    def interact(self, memory="7G", keep=(), gpu="skylake", cwd="/"):
        """Gives the terminal a shell in a fresh host; returns when the host has powered off."""
        self._lay_out(keep, shell=cwd)
        self._launch(memory, gpu, _die_with_parent, interactive=True)
        try:
            self._process.wait()
        finally:
            self.stop()

    @classmethod
    def attach(cls, folder):
        """The host that was started with lasting=True in this folder, or None when it is gone."""
        host = cls(folder)
        try:
            host.pid = json.loads((host.folder / "state.json").read_text())["pid"]
        except (OSError, ValueError, KeyError):
            return None
        return host if host.is_alive() else None

    def is_alive(self):
        """Whether the process is there, and is this host and not a later one with the same number."""
        if self._process:
            return self._process.poll() is None
        try:
            words = pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.folder).encode() in words

    def stop(self):
        """Ends the host. It keeps nothing, so there is nothing to save."""
        if self.pid and self.is_alive():
            os.kill(self.pid, signal.SIGTERM)
            self._wait_for_end()
        for server in self._gpu_servers:
            server.wait(timeout=10)
        self._gpu_servers = []
        (self.folder / "state.json").unlink(missing_ok=True)

    def _wait_for_end(self):
        try:
            wait_until(lambda: not self.is_alive(), 5, "the virtual host to end", self.console)
        except LabError:
            complain("the virtual host does not end by itself; killing it")
            os.kill(self.pid, signal.SIGKILL)

    def ring(self, verb, job_id):
        """Tells the agent in the host to look at a job."""
        with socket.socket(socket.AF_UNIX) as doorbell:
            doorbell.settimeout(10)
            # a relative name: the path of a socket may not be longer than 107 characters
            folder = os.open(self.folder, os.O_PATH)
            try:
                doorbell.connect(f"/proc/self/fd/{folder}/doorbell")
            finally:
                os.close(folder)
            doorbell.sendall(f"{verb} {job_id}\n".encode())
            # the host must have read it before the connection closes
            time.sleep(0.05)

    def console_tail(self, lines=15):
        """The last lines of the host's console, for messages."""
        if not self.console.exists():
            return ""
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-lines:])

    def _is_ready(self):
        if any(process.poll() is not None for process in (self._process, *self._gpu_servers)):
            log = self.folder / "qemu.log"
            raise HostEnded(f"the virtual host ended while starting (status {self._process.poll()}); "
                            f"its last words:\n{log.read_text(errors='replace')}{self.console_tail()}")
        return (self.share / "ready").exists()

    def _lay_out(self, keep, shell=""):
        """Makes the host's folder, with the common initrd followed by this host's settings."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.share / "jobs").mkdir(parents=True)
        (self.folder / "scratch.img").write_bytes(bytes(SCRATCH_DISK_SIZE))
        settings = Archive()
        folders = [str(folder) for folder in (places.REPOSITORY, places.CACHE, *keep)]
        hidden = [folder for folder in folders if folder.startswith(("/tmp/", "/run/"))]
        settings.file("lab.conf", f"SHARE='{self.share}'\nKEEP='{' '.join(hidden)}'\nSHELL='{shell}'\n"
                      f"GPUS='{' '.join(address for address, _ in GPUS.values())}'\n"
                      + "".join(f"export {name}={value}\n" for name, value in DEVICES.items()))
        (self.folder / "initrd").write_bytes(places.HOST_INITRD.read_bytes() + settings.content())

    def journals(self):
        """What was done to the GPUs: files by the GPU's name."""
        return {name: self.folder / f"{name.lower()}.log" for name in GPUS}

    def _launch(self, memory, gpu, prepare_child, interactive=False):
        """Starts the GPUs' servers and the host, which find each other by inherited sockets."""
        with contextlib.ExitStack() as open_files:
            log = open_files.enter_context(open(self.folder / "qemu.log", "wb"))
            sockets = {name: self._serve_gpu(name, gpu if name == "IGD" else usual, open_files, log, prepare_child)
                       for name, (_, usual) in GPUS.items()}
            streams = {} if interactive else {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self._process = subprocess.Popen(
                [*_machine(memory), *self._devices(sockets), *self._files(),
                 *self._serial_ports(interactive), *self._kernel()],
                pass_fds=list(sockets.values()), preexec_fn=prepare_child, **streams)
        self.pid = self._process.pid

    def _serve_gpu(self, name, description, open_files, log, prepare_child):
        """Starts the process that is this GPU; returns the host's end of the connection."""
        path = places.LAB / "igd" / f"{description}.conf"
        if not path.exists():
            raise LabError(f"there is no GPU description {path}")
        ours, theirs = (open_files.enter_context(end) for end in socket.socketpair())
        self._gpu_servers.append(subprocess.Popen(
            [places.IGD_SERVER, str(ours.fileno()), path, self.journals()[name]],
            pass_fds=[ours.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=prepare_child))
        return theirs.fileno()

    def _serial_ports(self, interactive):
        """The console, and the doorbell of host/agent."""
        console = "mon:stdio" if interactive else f"file:{self.console}"
        return ["-display", "none", *([] if interactive else ["-monitor", "none"]), "-serial", console,
                "-chardev", f"socket,id=doorbell,path={self.folder}/doorbell,server=on,wait=off",
                "-serial", "chardev:doorbell"]

    def _kernel(self):
        """A periodic tick, because the emulation can lose an interrupt; a lost one-shot timer never comes."""
        words = f"console=ttyS0 panic=-1 intel_iommu=on memmap={OPREGIONS_RESERVED} nohz=off highres=off quiet"
        return ["-kernel", str(places.kernel_image()), "-initrd", str(self.folder / "initrd"),
                "-append", words]

    def _devices(self, sockets):
        """host/devices says what becomes of each of them."""
        gpus = [f"x-pci-proxy-dev,id={name},fd={sockets[name]},addr={address.partition(':')[2]}"
                for name, (address, _) in GPUS.items()]
        return [
            "-device", "intel-iommu,intremap=on",
            *(word for gpu in gpus for word in ("-device", gpu)),
            # answers in the legacy VGA ranges, which the GPUs' connection does not carry
            "-device", "VGA,romfile=,vgamem_mb=1,addr=9.0",
            "-drive", f"file={places.DISK},format=raw,if=none,id=nvme,readonly=on",
            "-device", "nvme,serial=lab-disk,drive=nvme,addr=4.0",
            "-drive", f"file={self.folder}/scratch.img,format=raw,if=none,id=scratch",
            "-device", "nvme,serial=lab-scratch,drive=scratch,addr=6.0",
            "-device", "edu,addr=7.0,multifunction=on",
            "-device", "virtio-rng-pci,addr=7.1",
            "-device", "edu,addr=8.0",
        ]

    def _files(self):
        def export(tag, path, options):
            return ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,"
                               f"multidevs=remap{options}"]
        return [*export("outer", "/", ",readonly=on"), *export("usr", "/usr", ",readonly=on"),
                *export("share", self.share, "")]


def _machine(memory):
    return [
        str(places.STOCK), "-nodefaults", "-no-user-config", "-no-reboot",
        "-M", "q35,kernel-irqchip=split,memory-backend=memory",
        "-object", f"memory-backend-memfd,id=memory,size={memory},share=on",
        # One CPU: with more, nested SVM of the emulation corrupts the host's kernel now and then.
        "-accel", "tcg", "-smp", "1",
        # No XSAVE: that SVM does not switch the state, and guests would lose theirs.
        "-cpu", "max,xsave=off,la57=off",
        "-vga", "none", "-net", "none",
    ]


def _die_with_parent():
    """A killed lab must not leave a virtual host behind."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _detach():
    """Keeps the terminal's interrupts away from a host that is to stay."""
    os.setsid()
