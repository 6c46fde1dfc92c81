"""Rewrite cassettes that were edited by hand in the exact form; comments are lost.

Keys and replayed bytes never change.
"""

from __future__ import annotations

import argparse

from . import _rewrite


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Keys, replayed bytes and x- members never change; comments are lost. Files of format 2.0"
        " are not changed; use `promptecho migrate` for them. Exit status: 0 for success, 1 if a"
        " file cannot be used (with --check, also if a file would change), 2 if a path names no"
        " file."
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
        return (
            f"{name} has format 2.0 and was not changed. Run `promptecho migrate` to rewrite it as "
            "2.1."
        )
    for finding in findings(before, name, own_additions()):
        if finding.code == "finding.key-mismatch" and finding.severity == ERROR:
            return (
                f"{name}:{finding.line}: match_key or matched_on does not fit this url and body. "
                "It was not changed. Run `promptecho validate` for details."
            )
    return ""
