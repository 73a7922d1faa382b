# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a guest needs from the start of the emulator to its init, ours against stock.

The clock is the virtual host's; absolute values are those of an emulated machine, the ratio counts.
The emulators take turns, so that a busy machine disturbs both alike.
"""

import re
import shlex
import statistics

from . import places
from .cpio import Archive
from .jobs import Job
from .steps import LabError, step

RUN_TIMEOUT = 120

# The shell reads the clock itself: a program to do it would be slower than what is measured.
SCRIPT = """\
read start rest </proc/uptime
{emulator} -M pc -accel kvm -cpu host -m 512 -nodefaults -no-user-config -display none -no-reboot \
    -serial stdio -kernel {kernel} -initrd {initrd} -append 'console=ttyS0 quiet panic=-1' {arguments} |
while read -r line; do
    case $line in
    *'lab: guest init'*)
        read end rest </proc/uptime
        echo "seconds $start $end"
        ;;
    esac
done
"""


def measure(host, emulators, runs, arguments=""):
    """Runs each emulator so often, after one run that warms the caches; returns lists of seconds by name."""
    initrd = host.share / "bench-initrd"
    case = Archive()
    case.file("case", "")
    initrd.write_bytes(places.GUEST_INITRD.read_bytes() + case.content())
    seconds = {name: [] for name in emulators}
    for turn in range(runs + 1):
        for name, path in emulators.items():
            value = _one_run(host, path, initrd, arguments)
            step(f"{name}: {value:.2f} s" + ("" if turn else " (warms the caches, not counted)"))
            if turn:
                seconds[name].append(value)
    return seconds


def _one_run(host, emulator, initrd, arguments):
    script = SCRIPT.format(emulator=shlex.quote(str(emulator)), kernel=places.kernel_image(),
                           initrd=shlex.quote(str(initrd)), arguments=arguments)
    job = Job(host, script)
    status = job.wait(RUN_TIMEOUT)
    found = re.search(r"^seconds (\S+) (\S+)$", job.output(), re.M)
    if status or not found:
        raise LabError(f"{emulator} did not bring a guest to its init: {job.output('stderr').strip()}")
    return float(found.group(2)) - float(found.group(1))


def table(seconds):
    """The lines of the result: median, fastest, slowest, and the ratio of the medians to the first."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    base = next(iter(medians.values()))
    lines = [f"{'start to init':14} {'median':>8} {'fastest':>8} {'slowest':>8} {'ratio':>6}"]
    for name, values in seconds.items():
        lines.append(f"{name:14} {medians[name]:7.2f}s {min(values):7.2f}s {max(values):7.2f}s "
                     f"{medians[name] / base:6.2f}")
    return "\n".join(lines)
