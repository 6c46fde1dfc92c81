"""Rewrite cassettes of format 2.0, which promptecho 0.1.3 wrote, as 2.1.

The bytes that are played never change; keys are made anew by the present rules.
"""

from __future__ import annotations

import argparse

from . import _rewrite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The bytes that are played never change; keys are made anew by the present rules; comments"
        " are lost. Files of format 2.1 are left alone. Exit status: 0 all is well, 1 a file"
        " cannot be used (or, under --check, would change), 2 could not run."
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
