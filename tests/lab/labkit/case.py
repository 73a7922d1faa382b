# SPDX-License-Identifier: GPL-2.0-or-later
"""What a case is: one emulator, one guest, and what both sides must have seen.

A file in tests/lab/cases says CASES = [Case(...), ...].  Checks look at what the guest and the host
saw, never only at what the emulator said.
"""

import dataclasses
import fnmatch
import importlib.util
import re

from . import places
from .steps import LabError

# Every guest's machine. The names are variables of the shell that runs it (see runner.SCRIPT).
MACHINE_OF_FIRMWARE = ("-M pc -accel kvm -cpu host -m $MEMORY -nodefaults -no-user-config -display none "
           "-chardev file,id=console,path=$WORK/guest.log -serial chardev:console "
           "-chardev file,id=firmware,path=$WORK/firmware.log "
           "-device isa-debugcon,iobase=0x402,chardev=firmware")
MACHINE_THAT_REBOOTS = MACHINE_OF_FIRMWARE + " -kernel $KERNEL -initrd $INITRD -append \"$APPEND\""

# A kernel that panics ends the run at once.
MACHINE = MACHINE_THAT_REBOOTS + " -no-reboot"

# Kernel messages of the host that no case may cause.
HOST_TROUBLE = re.compile(r"BUG:|Oops|Call Trace|DMAR:.*fault|\[(?:INTR-REMAP|DMA Read|DMA Write)")


@dataclasses.dataclass(frozen=True)
class Case:
    """One run of the emulator. Names are unique over all files."""

    name: str
    about: str
    arguments: str = ""
    """The emulator's arguments beyond MACHINE; $NVME and the like are host.DEVICES."""
    guest: str = ""
    """Shell script that the guest runs; guest/init has the functions it may call."""
    checks: tuple = ()
    """Functions that take a Seen; see the functions below that make them."""
    machine: str = MACHINE
    memory: str = "512"
    append: str = "console=ttyS0 quiet panic=-1"
    before: str = ""
    """Shell script for the host before the emulator starts; what it prints is before.log."""
    run: str = "emulate"
    """Shell command that runs the emulator ("emulate" does); for cases that do so as somebody else, or twice."""
    after: str = ""
    """Shell script for the host when the emulator has ended; what it prints is after.log."""
    status: int = 0
    """The exit status the emulator must have."""
    timeout: float = 90
    main: bool = False
    """One of the three that "lab demo" shows."""
    report: tuple = ()
    """For the demo: (sentence, section, regular expression of the lines to show)."""
    only: str = ""
    """'ours' or 'stock': the other one is skipped, with the reason in about."""


class Seen:
    """What there is to see after a run, and the list of what was not as expected."""

    def __init__(self, emulator, folder, status):
        self.emulator = emulator
        self.folder = folder
        self.status = status
        self.faults = []
        self._texts = {}

    def text(self, name):
        """A log by name: guest, firmware, stderr, igd, before ...; "guest:x" is section x of it.

        A section that is not there is a fault, because a check that looks at nothing proves nothing.
        """
        if name not in self._texts:
            log, _, section = name.partition(":")
            path = self.folder / f"{log}.log"
            text = path.read_text(errors="replace").replace("\r", "") if path.exists() else ""
            self._texts[name] = self._section(name, text, section) if section else text
        return self._texts[name]

    def _section(self, name, text, section):
        found = re.findall(rf"^<<< {re.escape(section)}\n(.*?)^>>> {re.escape(section)}$", text, re.M | re.S)
        if not found:
            self.faults.append(f"there is no section {name}")
        return "".join(found)

    def expect(self, condition, sentence):
        """Notes the sentence as a fault unless the condition is true; returns the condition."""
        if not condition:
            self.faults.append(sentence)
        return condition

    def number(self, name, pattern):
        """The number (decimal, or 0x...) that the pattern's group finds in a text; a fault and 0 if none."""
        found = re.search(pattern, self.text(name), re.M)
        if not self.expect(found, f"{name}: no match for {pattern}"):
            return 0
        return int(found.group(1), 0)


def shows(name, *patterns):
    """A check: every regular expression matches (a line of) the text."""
    def check(seen):
        for pattern in patterns:
            seen.expect(re.search(pattern, seen.text(name), re.M), f"{name}: no match for {pattern}")
    return check


def never(name, *patterns):
    """A check: no regular expression matches the text."""
    def check(seen):
        for pattern in patterns:
            found = re.search(pattern, seen.text(name), re.M)
            seen.expect(not found, f"{name}: unwanted {found and found.group(0)!r}")
    return check


def says(stock, ours):
    """A check for messages, which may differ between the emulators (regular expressions)."""
    def check(seen):
        pattern = stock if seen.emulator == "stock" else ours
        message = seen.text("stderr").strip()
        seen.expect(re.search(pattern, message, re.S), f"stderr: no match for {pattern} in {message!r}")
    return check


def interrupts(name, pattern):
    """Counts of the lines of /proc/interrupts that match, added up over lines and CPUs, as a function of Seen."""
    def count(seen):
        total = 0
        for line in seen.text(name).splitlines():
            if re.search(pattern, line):
                words = line.split()[1:]
                numbers = [word for word in words if word.isdigit()]
                total += sum(int(number) for number in numbers)
        return total
    return count


def load_cases():
    """All cases, in the order of their files and in them."""
    cases = []
    for path in sorted((places.LAB / "cases").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"cases.{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases += module.CASES
    return cases


def choose_cases(names):
    """The cases that are meant, by name or pattern (nvme*); all when none is named."""
    cases = load_cases()
    if not names:
        return cases
    chosen = []
    for name in names:
        matching = [case for case in cases if fnmatch.fnmatchcase(case.name, name)]
        if not matching:
            raise LabError(f"there is no case {name}; 'lab list' shows them")
        chosen += [case for case in matching if case not in chosen]
    return chosen
