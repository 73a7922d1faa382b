# SPDX-License-Identifier: GPL-2.0-or-later
"""A short report of what the guests of the main cases saw, for people."""

import re

LINES_MAX = 6


def report(case, texts):
    """The sentences of a case, each with the lines that prove it; texts is a Seen."""
    parts = [f"{case.name}: {case.about}", f"    emulator {case.arguments.strip()}"]
    for sentence, name, pattern in case.report:
        lines = [line.strip() for line in texts.text(name).splitlines() if re.search(pattern, line)]
        parts.append(f"  {sentence}")
        parts += [f"    | {line}" for line in lines[:LINES_MAX] or ["(nothing)"]]
    return "\n".join(parts)
