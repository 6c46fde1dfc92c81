"""Rewrite cassettes of format 2.0 (promptecho 0.1.3) as 2.1; comments are lost.

Replayed bytes never change; keys are computed by the current rules.
"""

from __future__ import annotations

import argparse

from . import _rewrite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Replayed bytes never change; keys are computed by the current rules; comments are lost."
        " Files of format 2.1 are not changed. Exit status: 0 for success, 1 if a file cannot be"
        " used (with --check, also if a file would change), 2 if a path names no file."
    )
    _rewrite.configure(parser, would="has format 2.0")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._checks.formatting import migrated
    from promptecho._matching.rules import rules

    def change(data: bytes, name: str) -> bytes:
        return migrated(data, name, rules())

    return _rewrite.run("migrate", arguments, change, _nothing, "rewritten as 2.1")


def _nothing(before: bytes, name: str) -> str:
    return ""
