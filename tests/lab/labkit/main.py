# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of the lab."""

import argparse
import contextlib
import fcntl
import os
import pathlib
import shlex
import shutil
import signal
import sys

from . import places
from .bench import measure, table
from .case import choose_cases
from .compare import compare
from .demo import report
from .host import DEVICES, VirtualHost
from .jobs import Job
from .prepare import prepare
from .runner import Runner, describe
from .steps import LabError, complain, step

UP = places.HOSTS / "up"


def find_emulator(word):
    """'stock', 'ours' or a path becomes a path; what is not there is an error at once."""
    known = {"stock": places.STOCK, "ours": places.OURS}
    path = known.get(word) or pathlib.Path(word).resolve()
    if not os.access(path, os.X_OK):
        raise LabError(f"there is no emulator {path}; build it, or say --emulator stock")
    return path


def command_up(args):
    """Start a virtual host that stays, so that "lab exec" need not wait for one."""
    prepare()
    with open(places.CACHE / "up.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if VirtualHost.attach(UP):
            print("the virtual host is up already")
            return 0
        step("starting the virtual host")
        VirtualHost(UP).start(memory=args.memory, lasting=True, gpu=args.gpu)
    step(f"the virtual host is up; its console: {UP}/console.log")
    return 0


def command_down(_args):
    """Stop the virtual host that "lab up" started."""
    host = VirtualHost.attach(UP)
    if host:
        host.stop()
    print("the virtual host is down" if host else "no virtual host was up")
    return 0


def command_exec(args):
    """Run a command in the virtual host, with its devices ready to be assigned."""
    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not words:
        raise LabError("what shall be run? lab exec -- COMMAND ARGUMENT...")
    host = VirtualHost.attach(UP)
    if host:
        return _execute(host, words, args.timeout)
    with temporary_host("exec", args, keep=[pathlib.Path.cwd()]) as host:
        return _execute(host, words, args.timeout)


def _execute(host, words, timeout):
    script = words[0] if len(words) == 1 else shlex.join(words)
    job = Job(host, script, cwd=pathlib.Path.cwd())
    try:
        status = job.wait(timeout, follow=True)
    except KeyboardInterrupt:
        job.kill()
        return 130
    if status is None:
        complain(f"killed after {timeout:g} s (--timeout)")
        return 124
    return status


def command_list(_args):
    """List the cases."""
    for case in choose_cases([]):
        print(f"{case.name:24} {case.about}")
    return 0


def command_run(args):
    """Run cases: all, or those named (patterns like nvme* too)."""
    return _run_cases(args, choose_cases(args.cases))


def command_demo(args):
    """Run the main cases and tell what the guests saw."""
    args.keep = args.verbose = False
    return _run_cases(args, [case for case in choose_cases([]) if case.main], tell=True)


def _run_cases(args, cases, tell=False):
    emulator = find_emulator(args.emulator)
    try:
        with temporary_host("run", args, keep=[emulator.parent]) as host:
            runner = Runner(host, emulator, "stock" if emulator == places.STOCK else "ours")
            return _close(**_run_each(runner, cases, args.verbose, tell))
    except LabImpossible as error:
        return _lab_impossible(error, len(cases))


def command_compare(args):
    """Run cases with stock QEMU and with ours, and write what each does to docs/comparison.md."""
    cases = choose_cases(args.cases or ["igd*"])
    emulators = {"stock": places.STOCK, "ours": find_emulator("ours")}
    with temporary_host("compare", args, keep=[emulators["ours"].parent]) as host:
        # other names than those of "lab run": no check is left out
        runners = {name: Runner(host, path, f"compare-{name}", every_case=True) for name, path in emulators.items()}
        compare(cases, lambda case, name: _run_and_tell(runners[name], case, name), pathlib.Path(args.output))
    step(f"written: {args.output}")
    return 0


def _run_and_tell(runner, case, name):
    outcome = runner.run(case)
    step(f"{case.name} with {name}: {outcome.verdict}")
    return outcome


def _run_each(runner, cases, verbose, tell):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in cases:
        step(f"{case.name}: {case.about}")
        outcome = runner.run(case)
        counts[outcome.verdict] += 1
        print(describe(outcome, verbose), flush=True)
        if tell and outcome.seen:
            print(f"\n{report(case, outcome.seen)}\n", flush=True)
    return counts


class LabImpossible(LabError):
    """The lab could not be set up; this says nothing about the emulator under test."""


@contextlib.contextmanager
def temporary_host(purpose, args, keep=()):
    """A virtual host of its own for one command."""
    host = VirtualHost(places.HOSTS / f"{purpose}-{os.getpid()}")
    try:
        prepare()
        step("starting the virtual host")
        host.start(memory=args.memory, gpu=args.gpu, keep=keep)
    except (LabError, OSError) as error:
        shutil.rmtree(host.folder, ignore_errors=True)
        raise LabImpossible(str(error)) from error
    try:
        yield host
    finally:
        host.stop()
        if not getattr(args, "keep", False):
            shutil.rmtree(host.folder, ignore_errors=True)


def command_bench(args):
    """Measure the time from the start of the emulator to the guest's init, ours against stock."""
    emulators = {"stock": find_emulator("stock"), "ours": find_emulator(args.emulator)}
    with temporary_host("bench", args, keep=[emulators["ours"].parent]) as host:
        print(table(measure(host, emulators, args.runs)))
    return 0


def command_shell(args):
    """Open a shell in a virtual host of its own."""
    prepare()
    host = VirtualHost(places.HOSTS / f"shell-{os.getpid()}")
    try:
        host.interact(memory=args.memory, gpu=args.gpu, keep=[pathlib.Path.cwd()], cwd=pathlib.Path.cwd())
    finally:
        shutil.rmtree(host.folder, ignore_errors=True)
    return 0


def _lab_impossible(error, count):
    """Where tests must run (CI=true) a lab that cannot be set up is a failure, elsewhere a reason to skip."""
    complain(f"the lab cannot be set up here: {error}")
    if os.environ.get("CI") == "true":
        return _close(0, count, 0)
    return _close(0, 0, count)


def _close(passed, failed, skipped):
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0


class Commands:
    """The commands of the lab: a name, a function, and the options that the function reads."""

    def __init__(self):
        self.parser = argparse.ArgumentParser(prog="lab", description="Run guests in a virtual host.")
        self._commands = self.parser.add_subparsers(dest="name", metavar="COMMAND", required=True)

    def add(self, name, function, *options, host=True):
        """Adds a command; an option is (flags..., {settings of add_argument})."""
        command = self._commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        for *flags, settings in [*(HOST_OPTIONS if host else ()), *options]:
            command.add_argument(*flags, **settings)


HOST_OPTIONS = (
    ("--memory", {"default": "7G", "help": "memory of the virtual host (%(default)s)"}),
    ("--gpu", {"default": "skylake", "help": "a description in tests/lab/igd (%(default)s)"}),
)
EMULATOR = ("--emulator", {"default": "ours", "help": "ours, stock, or a path (%(default)s)"})


def build_parser():
    """All commands of the lab, with their help."""
    commands = Commands()
    commands.add("list", command_list, host=False)
    commands.add(
        "run", command_run, EMULATOR,
        ("--keep", {"action": "store_true", "help": "keep the virtual host's folder"}),
        ("-v", "--verbose", {"action": "store_true", "help": "name the logs of every case"}),
        ("cases", {"nargs": "*", "metavar": "CASE"}))
    commands.add(
        "compare", command_compare,
        ("--output", {"default": str(places.REPOSITORY / "docs" / "comparison.md"), "help": "(%(default)s)"}),
        ("cases", {"nargs": "*", "metavar": "CASE", "help": "(igd*)"}))
    commands.add("demo", command_demo, EMULATOR)
    commands.add("bench", command_bench, EMULATOR,
                 ("--runs", {"type": int, "default": 5, "help": "runs that count (%(default)s)"}))
    commands.add("up", command_up)
    commands.add("down", command_down, host=False)
    commands.add(
        "exec", command_exec,
        ("--timeout", {"type": float, "default": 300, "help": "seconds (%(default)s)"}),
        ("command", {"nargs": argparse.REMAINDER, "metavar": "-- COMMAND...",
                     "help": f"set in it: {', '.join('$' + name for name in DEVICES)}"}))
    commands.add("shell", command_shell)
    return commands.parser


def main(arguments):
    """Runs one command; what the user can understand is a message, not a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    args = build_parser().parse_args(arguments)
    try:
        return args.function(args)
    except LabError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
