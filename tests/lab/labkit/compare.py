# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/comparison.md: what stock QEMU and ours do in the same cases, from real runs."""

import datetime
import re
import subprocess

from . import places

PACKAGES = ("qemu-system-x86", "seabios", "ovmf")
FAULTS_SHOWN = 2

HEAD = """\
# What stock QEMU does, and what we do

Made by `tests/lab/lab compare` on {date}: every row was run with both emulators, same command line, same
virtual host, same GPU, same guest. "yes" means that every check of the case held, in what the guest, its
firmware and the host saw; otherwise the first that did not hold is told. Checks that `lab run` leaves out
for stock QEMU because of a known difference are made here.

| what | version |
| --- | --- |
{versions}

| case | what it shows | stock | ours |
| --- | --- | --- | --- |
{rows}
"""

ROW = "| {name} | {about} | {stock} | {ours} |"


def compare(cases, run, path):
    """Writes the document, anew after every case, so that a run that is cut short leaves what it has.

    run(case, name) runs a case with the emulator of that name and returns an Outcome.
    """
    head = {"date": datetime.date.today().isoformat(), "versions": "\n".join(_versions())}
    rows = []
    for case in cases:
        cells = {name: _cell(run(case, name)) for name in ("stock", "ours")}
        rows.append(ROW.format(name=case.name, about=_plain(case.about), **cells))
        path.write_text(HEAD.format(**head, rows="\n".join(rows)))


def _cell(outcome):
    if outcome.verdict == "passed":
        return "yes"
    faults = [_plain(fault) for fault in outcome.faults[:FAULTS_SHOWN]]
    return "no: " + "; ".join(faults)


def _plain(text):
    """Text that fits a table and names no place of the machine it was made on."""
    text = text.replace(str(places.CACHE), "LAB").replace(str(places.REPOSITORY), ".")
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _versions():
    for name, path in (("stock", places.STOCK), ("ours", places.OURS)):
        words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        yield f"| {name} | {_plain(words.splitlines()[0])} |"
    yield f"| kernel of host and guests | {places.kernel_version()} |"
    for package in PACKAGES:
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                                 capture_output=True, text=True, check=False).stdout
        yield f"| package {package} | {version} |"
