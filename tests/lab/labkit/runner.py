# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs cases in a virtual host and judges them."""

import dataclasses
import pathlib
import shlex
import shutil
import time
import traceback

from . import places
from .case import HOST_TROUBLE, Seen
from .cpio import Archive
from .jobs import Job
from .steps import HostEnded, LabError, step

SAVE_TIMEOUT = 20

# Runs in the virtual host. The emulator writes to memory there, because one byte written to the share
# costs as much as a thousand; at the end, or when the time is up, the files are handed over.
SCRIPT = """\
WORK={work}; LOGS={logs}; EMULATOR={emulator}; KERNEL={kernel}; INITRD={initrd}
MEMORY={memory}; APPEND={append}; AS=
section() {{ name=$1; shift; echo "<<< $name"; "$@" 2>&1; echo ">>> $name"; }}
emulate() {{ $AS "$EMULATOR" {arguments} "$@"; }}
rm -rf $WORK; mkdir -p $WORK; cd $WORK || exit 126
dmesg >dmesg.before
{{
:
{before}
}} >before.log 2>&1
{{
{run}
}} >stdout.log 2>stderr.log </dev/null
echo $? >status
{{
:
{after}
}} >after.log 2>&1
{save}
"""

# Also run on its own, when the time was up and the script was killed.
SAVE = """\
dmesg >{work}/dmesg.after
cp -r {work}/. {logs}/; cd /; rm -rf {work}
"""


@dataclasses.dataclass
class Outcome:
    """How a case ended."""

    case: object
    verdict: str
    """passed, failed or skipped."""
    seconds: float
    faults: list
    logs: object
    seen: object = None
    """A Seen, when the emulator has run to its end."""


class Runner:
    """Runs cases with one emulator in one virtual host."""

    def __init__(self, host, emulator_path, emulator_name, every_case=False):
        self.host = host
        self.emulator_path = emulator_path
        self.emulator = emulator_name
        self.every_case = every_case

    def run(self, case):
        """Runs one case; everything it saw is in its log folder afterwards."""
        start = time.monotonic()
        logs = places.LOGS / self.emulator / case.name
        if case.only and case.only != self.emulator and not self.every_case:
            return Outcome(case, "skipped", 0, [f"only for {case.only}"], logs)
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        faults, seen = self._run_or_retry(case, logs)
        verdict = "failed" if faults else "passed"
        return Outcome(case, verdict, time.monotonic() - start, faults, logs, seen)

    def _run_or_retry(self, case, logs):
        """An emulated host can crash by itself; a case that crashes a second one is at fault."""
        try:
            return self._run(case, logs)
        except HostEnded as error:
            step(f"{error}\nstarting another virtual host")
            shutil.copy(self.host.console, logs / "crashed-host.log")
            self.host.restart()
        try:
            return self._run(case, logs)
        except HostEnded as error:
            self.host.restart()
            return [f"twice {error}"], None

    def _run(self, case, logs):
        exchange = self.host.share / case.name
        shutil.rmtree(exchange, ignore_errors=True)
        exchange.mkdir()
        journals = {path: path.stat().st_size for path in self.host.journals().values()}
        script = self._script(case, exchange)
        (logs / "script").write_text(script)
        job = Job(self.host, script)
        status = job.wait(case.timeout)
        if status is None:
            self._save(case, exchange)
        self._collect(exchange, logs, journals)
        if status is None:
            return [self._time_out(case, logs)], None
        return self._judge(case, logs, job)

    def _script(self, case, exchange):
        """The whole run as a shell script for the host, kept with the logs for those who repeat it."""
        initrd = Archive()
        initrd.file("case", case.guest)
        (exchange / "initrd").write_bytes(places.GUEST_INITRD.read_bytes() + initrd.content())
        values = {
            "work": f"/tmp/{case.name}", "logs": exchange, "emulator": self.emulator_path,
            "kernel": places.kernel_image(), "initrd": exchange / "initrd", "memory": case.memory,
            "append": case.append,
        }
        values = {name: shlex.quote(str(value)) for name, value in values.items()}
        return SCRIPT.format(**values, arguments=f"{case.machine} {case.arguments}", before=case.before,
                             run=case.run, after=case.after, save=SAVE.format(**values))

    def _save(self, case, exchange):
        """After a time-out the script could not hand over its files; another command does."""
        script = SAVE.format(work=shlex.quote(f"/tmp/{case.name}"), logs=shlex.quote(str(exchange)))
        try:
            Job(self.host, script).wait(SAVE_TIMEOUT)
        except LabError as error:
            step(f"the logs of {case.name} could not be saved: {error}")

    def _collect(self, exchange, logs, journals):
        (exchange / "initrd").unlink(missing_ok=True)
        shutil.copytree(exchange, logs, dirs_exist_ok=True)
        shutil.rmtree(exchange)
        for path, start in journals.items():
            with open(path, "rb") as journal:
                journal.seek(start)
                (logs / path.name).write_bytes(journal.read())
        shutil.copy(self.host.console, logs / "host-console.log")
        self._write_host_messages(logs)

    def _write_host_messages(self, logs):
        """What the host's kernel said during the case, in dmesg.log."""
        before, after = logs / "dmesg.before", logs / "dmesg.after"
        if before.exists() and after.exists():
            known = set(before.read_text(errors="replace").splitlines())
            new = [line for line in after.read_text(errors="replace").splitlines() if line not in known]
            (logs / "dmesg.log").write_text("".join(f"{line}\n" for line in new))
            before.unlink()
            after.unlink()

    def _time_out(self, case, logs):
        guest = logs / "guest.log"
        lines = guest.read_text(errors="replace").split("\n") if guest.exists() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        return (f"gave up after {case.timeout:g} s waiting for the emulator to end; "
                f"the guest's last line: {last}")

    def _judge(self, case, logs, job):
        if not (logs / "status").exists():
            return [f"the script did not run: {job.output('stderr').strip()}"], None
        seen = Seen(self.emulator, logs, int((logs / "status").read_text()))
        if seen.status != case.status:
            lines = seen.text("stderr").strip().splitlines()
            seen.faults.append(f"exit status {seen.status}, not {case.status}"
                               + (f"; stderr: {lines[-1]}" if lines else ""))
            if not seen.text("guest") and not seen.text("firmware"):
                return seen.faults, seen
        trouble = HOST_TROUBLE.search(seen.text("dmesg"))
        seen.expect(not trouble, f"the host's kernel complains: {trouble and trouble.group(0)}")
        for check in case.checks:
            self._apply(check, seen)
        return seen.faults, seen

    def _apply(self, check, seen):
        """A guest can print anything; a check that stumbles over it has found a fault."""
        try:
            check(seen)
        except Exception as error:  # pylint: disable=broad-exception-caught
            place = traceback.extract_tb(error.__traceback__)[-1]
            seen.faults.append(f"a check stumbled: {type(error).__name__}: {error} "
                               f"({pathlib.Path(place.filename).name}:{place.lineno})")


def describe(outcome, verbose):
    """The lines that tell how a case ended."""
    words = {"passed": "ok     ", "failed": "FAILED ", "skipped": "skipped"}[outcome.verdict]
    line = f"{words} {outcome.case.name} ({outcome.seconds:.1f} s)"
    if outcome.verdict == "skipped":
        return f"{line}: {outcome.faults[0]}"
    if verbose or outcome.verdict == "failed":
        line += f"\n           logs: {outcome.logs}"
    return line + "".join(f"\n           {fault}" for fault in outcome.faults)
