"""Rewrite cassettes that a hand has edited in the exact form, as a writer would; comments are lost.

Keys and the bytes that are played never change.
"""

from __future__ import annotations

import argparse

from . import _rewrite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Keys and the bytes that are played never change, and x- members are kept; comments are"
        " lost. Files of format 2.0 are left alone: `promptecho migrate` rewrites them. Exit"
        " status: 0 all is well, 1 a file cannot be used (or, under --check, would change), 2"
        " could not run."
    )
    _rewrite.configure(parser, would="is not in the exact form")


def run(arguments: argparse.Namespace) -> int:
    from promptecho._checks.formatting import formatted

    return _rewrite.run("fmt", arguments, formatted, _remark, "rewritten")


def _remark(before: bytes, name: str) -> str:
    from promptecho._checks.finding import ERROR
    from promptecho._checks.validate import findings
    from promptecho._format.reader import load

    from ._check import own_additions

    if load(before, name).minor == 0:
        return f"{name} has format 2.0 and was left alone: `promptecho migrate` rewrites it as 2.1"
    for finding in findings(before, name, own_additions()):
        if finding.code == "finding.key-mismatch" and finding.severity == ERROR:
            return (
                f"{name}:{finding.line}: match_key or matched_on is not what url and body give, "
                "and was left alone: run `promptecho validate`"
            )
    return ""
