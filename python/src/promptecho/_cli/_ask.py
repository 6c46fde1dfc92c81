"""Asks before a command writes."""

from __future__ import annotations

import sys


def confirmed(question: str) -> bool:
    """Whether the user says yes. Without a terminal nobody is asked, and nothing is written."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("Nothing is written: there is no terminal to ask. Pass --yes to write.\n")
        return False
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
